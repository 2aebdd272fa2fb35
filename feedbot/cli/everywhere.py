"""What every command takes, before its name or after it: -C, --config, -q, -v and --debug."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Told:
    """What was said to all commands alike."""

    config_path: Path = Path("config.yaml")
    config_was_named: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


_ALSO = "Also: -C DIR, --config FILE, -q, -v, --debug, as `feedbot --help` says."


class _Everywhere(click.Option):
    """An option that is in the help of `feedbot` alone: in that of each command it would stand before its own."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line in the help of `feedbot`; None in that of a command."""
        return None if ctx.parent is not None else super().get_help_record(ctx)


class Guessing(click.Group):
    """A group that names the command which a wrong word was probably meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; raises UsageError, with a guess, where there is none."""
        word = args[0]
        if self.get_command(ctx, word) is None and not ctx.resilient_parsing:
            from feedbot.cli.words import meant  # noqa: PLC0415 - only who mistypes waits for it

            ctx.fail(f"there is no command {word!r}{meant(word, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


def take_everywhere(command: click.Command) -> None:
    """Have a command, or a group with its commands, take these options from now on."""
    if any(isinstance(one, _Everywhere) for one in command.params):
        return
    command.params[:0] = _options()
    command.epilog = command.epilog or _ALSO
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        take_everywhere(one)


def _options() -> list[click.Parameter]:
    """The options, each with where it writes what it was told: `ctx.obj`, which commands get as `Told`."""
    return [
        _Everywhere(
            ["-C", "started_in"],
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            # Before all others: their paths are seen from there.
            is_eager=True,
            expose_value=False,
            callback=_go_to,
            help="Do everything as if started in this folder.",
        ),
        _Everywhere(
            ["--config", "config_path"],
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            expose_value=False,
            callback=_tell(lambda told, value: replace(told, config_path=value, config_was_named=True)),
            help="The config file.  [default: config.yaml]",
        ),
        _flag(
            ["-q", "--quiet"],
            "Tell only what is wrong, and what was asked for.",
            lambda told: replace(told, quiet=True),
        ),
        _flag(
            ["-v", "--verbose"],
            "Tell more: what is read and asked, and how long it takes.",
            lambda told: replace(told, verbose=True),
            _tell_more,
        ),
        _flag(["--debug"], "Show the traceback of an error.", lambda told: replace(told, debug=True), _say_what_is_set),
    ]


def _flag(
    names: list[str], text: str, changed: Callable[[Told], Told], then: Callable[[click.Context], None] | None = None
) -> click.Option:
    callback = _tell(lambda told, _: changed(told), then)
    return _Everywhere(names, is_flag=True, expose_value=False, callback=callback, help=text)


def _tell(
    changed: Callable[[Told, Any], Told], then: Callable[[click.Context], None] | None = None
) -> Callable[[click.Context, click.Parameter, Any], None]:
    """A callback that changes what was told so far, where the option was given, and then does this."""

    def callback(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value and not ctx.resilient_parsing:
            ctx.obj = changed(ctx.obj or Told(), value)
            if then is not None:
                then(ctx)

    return callback


def _tell_more(ctx: click.Context) -> None:
    from feedbot.cli.logs import tell_more  # noqa: PLC0415 - the help logs nothing

    if not ctx.meta.setdefault("feedbot.tells_more", False):
        ctx.meta["feedbot.tells_more"] = True
        ctx.find_root().call_on_close(tell_more())


def _say_what_is_set(_: click.Context) -> None:
    """Tell on standard error of the variables that come before the config file; what they hold may be a secret."""
    from feedbot.config import variables_set  # noqa: PLC0415 - the help needs no config

    if names := variables_set(os.environ):
        click.echo(f"feedbot: the environment comes before the config file for {', '.join(names)}", err=True)


def _go_to(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        try:
            os.chdir(value)
        except OSError as error:
            raise click.BadParameter(f"{value}: {error.strerror}", ctx, option) from None
