"""The reference of the commands in docs/, made from their own help: `make docs` writes it."""

from collections.abc import Iterator

import click

from feedbot.cli.main import main

WIDTH = 78
"""Characters in a line of help: what click leaves of a terminal of 80 columns."""

_BEGINNING = """# Commands

<!-- Made by `make docs` from feedbot/cli/. What is wrong here is to be mended there. -->

Every command says this of itself with `--help`. The options of `feedbot` itself, such as `--config` and `-q`, may stand
before the command's name or after it.
"""
_MORE = {
    "demo": "tour.md",
    "init": "getting-started.md",
    "run": "operations.md",
    "check": "checking.md",
    "build": "publishing.md",
    "why": "verdicts.md",
    "mark": "verdicts.md#the-human-has-the-last-word",
    "lint": "articles.md#lint",
    "fix": "fixing.md",
    "forget": "publishing.md#taking-something-down",
    "alert": "operations.md#alerts",
    "serve": "serving.md",
    "systemd": "operations.md#install-a-service-a-timer-or-cron",
    "doctor": "operations.md#feedbot-doctor",
    "export": "state.md",
    "import": "state.md",
    "db": "operations.md#statedb-check-back-up-restore-upgrade",
}
"""Where a command's task is told."""


def command_reference() -> str:
    """The reference as Markdown: the help of feedbot, of each command, and of the commands within that."""
    return "\n".join([_BEGINNING, *_about(main, None, "feedbot", 2)])


def _about(command: click.Command, above: click.Context | None, name: str, level: int) -> Iterator[str]:
    # The width is said, because click would ask the terminal.
    ctx = click.Context(command, parent=above, info_name=name, terminal_width=WIDTH, **command.context_settings)
    yield f"{'#' * level} {ctx.command_path}\n"
    if above is not None and name in _MORE and above.parent is None:
        yield f"More: [{_MORE[name].partition('#')[0]}]({_MORE[name]}).\n"
    yield f"```text\n{command.get_help(ctx)}\n```\n"
    if isinstance(command, click.Group):
        for one in command.list_commands(ctx):
            inner = command.get_command(ctx, one)
            assert inner is not None
            yield from _about(inner, ctx, one, 2 if above is None else 3)
