"""The `feedbot` command: which commands there are, and how every error becomes one sentence."""

import gc
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedbot import __version__
from feedbot.cli.everywhere import Guessing, take_everywhere
from feedbot.cli.everywhere import Told as Told  # noqa: PLC0414 - what commands get with @click.pass_obj
from feedbot.cli.text import plain, wants_colour
from feedbot.errors import FeedbotError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXIT_CODES = """\b
Exit codes:
  0   done
  1   failed: a sentence on standard error says why; or lint found errors
  2   the command line is off
  3   the config file is off
  4   links found that --fail-on names
  75  another run holds the lock
"""

# The modules are imported when their command is used, so that `feedbot --help` starts fast.
COMMANDS = {
    "demo": "Show a month of links that live and die; it takes seconds, and no network.",
    "init": "Write a commented config.yaml for the articles in this folder.",
    "run": "Read articles, check what is due, publish feeds; once or on a schedule.",
    "check": "Check links: the ones that are due, or those of these URLs and articles.",
    "build": "Read articles and publish feeds, without checking links.",
    "status": "Show where articles, links and feeds stand.",
    "why": "Show why a link has its status, with the evidence.",
    "mark": "Say what a link is worth: alive, dead, or to be left alone.",
    "lint": "Show what is wrong with the article files, and where.",
    "fix": "Rewrite links that have moved for good, in the article files.",
    "forget": "Take an article or a link down: out of the feeds and all that is stored.",
    "alert": "Send a test message to everybody whom alerts tell.",
    "serve": "Serve the feeds over HTTP, with health and metrics.",
    "systemd": "Show or install units that run feedbot unattended.",
    "doctor": "Look for what is wrong, in feeds as readers get them and inside.",
    "export": "Write the whole state as sorted lines of JSON, to be kept in git.",
    "import": "Go on from an exported state, on another machine or in CI.",
    "db": "Look after state.db: check, back up, restore, judge again.",
    "completion": "Print what bash, zsh or fish needs to complete what is typed.",
}


class _Commands(Guessing):
    """A group whose commands live in feedbot/cli/<name>.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"feedbot.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        take_everywhere(command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """What a word may become: a command, of which none is imported for it, or an option."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell asks

        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="feedbot", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Publish topic feeds from article files, and check that every link in them is alive."""
    ctx.color = wants_colour(os.environ)
    ctx.obj = ctx.obj or Told()
    if ctx.invoked_subcommand is None:
        from feedbot.cli.welcome import welcome_lines  # noqa: PLC0415 - only `feedbot` alone needs it
        from feedbot.clock import SystemClock  # noqa: PLC0415

        click.echo("\n".join(welcome_lines(ctx.obj, SystemClock().now())))


take_everywhere(main)


def entry_point() -> None:
    """Run the command line and exit with its code; no traceback reaches a user without --debug."""
    if sys.platform == "win32":
        click.echo("feedbot: runs on Linux and macOS; on Windows, start it inside WSL", err=True)
        sys.exit(1)
    # Articles and links by the thousand hold no circles: Python need not look for some at every 700 of them.
    gc.set_threshold(100_000)
    if sys.stdout is None:
        # It was closed before the start. This refuses every text, and keeps the database from getting its number.
        sys.stdout = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open until the end
    try:
        # In this mode a command's return value comes back, and so does the code of ctx.exit().
        code = main(standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into a sentence
        sys.exit(_say(error))
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: Exception) -> int:
    """Tell an error on standard error; returns the exit code."""
    if "--debug" in sys.argv and not isinstance(error, click.ClickException):
        sys.excepthook(type(error), error, error.__traceback__)
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.Abort():
            click.echo("feedbot: stopped", err=True)
            return 1
        case FeedbotError():
            for line in str(error).splitlines():
                click.echo(f"feedbot: {plain(line)}", err=True)
            return error.exit_code
        case BrokenPipeError():
            # The reader of a pipe went away (`feedbot status | head`): nobody is left to tell.
            sys.stderr.close()
            return 1
        case UnicodeEncodeError() if not all(map(_is_text, sys.argv)):
            click.echo("feedbot: a word of the command line is not UTF-8 text; write it in UTF-8", err=True)
            return UsageError.exit_code
        case OSError() if _is_of_output(error):
            # What still waits to be written would fail once more at the end of the process.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            why = error.strerror or "it is closed"
            click.echo(f"feedbot: standard output cannot be written: {why}", err=True)
            return 1
        case _:
            what = plain(f"{type(error).__name__}: {error}")
            click.echo(f"feedbot: an error of feedbot's own: {what}; please report it, --debug shows where", err=True)
            return 1


def _is_text(word: str) -> bool:
    """False for bytes that are not UTF-8: a file may be named so, and nothing else that feedbot knows."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_of_output(error: OSError) -> bool:
    """True where it came up while a text was written for the user."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code is click.echo.__code__
