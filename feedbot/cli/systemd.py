"""`feedbot systemd`: units that run feedbot unattended, shown or installed; nothing is started."""

import difflib
import os
import pwd
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from feedbot.cli.main import Told
from feedbot.cli.text import plain
from feedbot.config import Config, load_config, variables_set
from feedbot.core.unit_text import InvalidWord
from feedbot.errors import FeedbotError, PublishError, UsageError
from feedbot.publish.files import publish_file
from feedbot.service import units
from feedbot.service.confined import absolute, hindrances, places, program_places
from feedbot.service.units import Installation, Manager, UnitFile

_SYSTEM_UNITS = Path("/etc/systemd/system")
_SYSUSERS = Path("/etc/sysusers.d")
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_FIRST_FREE_PORT = 1024
_OTHER_PORT = "give serve.port another, and put a web server in front (docs/serving.md)"
_MOST_UNIT_BYTES = 1024 * 1024


def _user_name(_: click.Context, option: click.Parameter, value: str) -> str:
    """The name of a user that is not root, who needs no right that the unit would leave."""
    if value == "root" or not _USER_NAME.fullmatch(value):
        raise UsageError(f"{option.opts[0]}: must be the name of a user other than root, not {value!r}")
    return value


@click.command()
@click.option("--system", "manager", flag_value="system", help="Install for this machine, as root.")
@click.option("--user", "manager", flag_value="user", help="Install for yourself; it needs no root.")
@click.option("--print", "shown", is_flag=True, help="Show the files; the default where neither is asked for.")
@click.option("--timer", "kind", flag_value="timer", help="A timer that starts single runs, in place of a service.")
@click.option("--cron", "kind", flag_value="cron", help="Show a line for a crontab, in place of a service.")
@click.option("--template", "kind", flag_value="template", help="feedbot@.service, for several publications.")
@click.option("--serve", is_flag=True, help="The service serves the feeds as well: feedbot run --serve.")
@click.option(
    "--run-as",
    "user",
    metavar="NAME",
    default=units.USER,
    show_default=True,
    callback=_user_name,
    help="The user of the system's service.",
)
@click.option("--force", is_flag=True, help="Write over files that differ.")
@click.pass_obj
def command(told: Told, manager: str | None, shown: bool, kind: str | None, serve: bool, user: str, force: bool) -> int:
    """Show units of systemd that run feedbot for this config, or install them.

    Without --system or --user it shows those of the system. It starts nothing: it says what to run for that.

    \b
    Examples:
      feedbot systemd                  look at them
      sudo feedbot systemd --system    a service that stays
      feedbot systemd --user --timer   single runs on a timer, of your own
      feedbot systemd --cron           a line for crontab -e
    """  # noqa: D301 - \b keeps click from folding the examples
    whose = Manager(manager or Manager.SYSTEM)
    if serve and kind in {"timer", "cron"}:
        raise UsageError(f"--serve: a server has to stay, which a run by --{kind} does not; see `feedbot serve`")
    if kind == "template" and whose is Manager.USER:
        raise UsageError(
            "--template: its publications lie in /var/lib/feedbot, which is the system's; leave out --user"
        )
    if kind == "cron" and manager is not None:
        raise UsageError(f"--cron: what it shows is for you to put in with crontab -e; leave out --{manager}")
    if user != units.USER and (whose is Manager.USER or kind == "cron"):
        raise UsageError("--run-as: is for the system's units; what is your own runs as you")
    program = _command()
    config_path = absolute(told.config_path)
    # The template is for configs that may not be there yet.
    config = None if kind == "template" else load_config(config_path)
    if whose is Manager.SYSTEM and kind != "cron":
        _refuse(hindrances(program_places(program), () if config is None else places(config, config_path)))
    if config is not None:
        _say_of_environment()
    try:
        if config is None:
            files, steps = _with_user([units.many(program, user, _SYSTEM_UNITS, serve=serve)], user)
        else:
            installation = Installation(program, config_path, config, user)
            if kind == "cron":
                click.echo(units.crontab_line(installation))
                return 0
            files, steps = _made(installation, whose, is_timer=kind == "timer", serve=serve)
    except InvalidWord as error:
        raise UsageError(f"{error}, which a unit cannot name; use another path") from None
    if shown or manager is None:
        _show(files)
        return 0
    written_ones = _install(files, force=force)
    unit = files[-1].path.name
    click.echo(f"next{', as root' if whose is Manager.SYSTEM else ''}:")
    for step in [*steps, *_starting(unit, whose, is_over=unit in written_ones)]:
        click.echo(f"  {step}")
    return 0


def _made(
    installation: Installation, manager: Manager, *, is_timer: bool, serve: bool
) -> tuple[list[UnitFile], list[str]]:
    """The files, the one to start last, and what has to be done before."""
    config, user = installation.config, installation.user
    is_system = manager is Manager.SYSTEM
    if is_system and serve and 0 < config.serve.port < _FIRST_FREE_PORT:
        raise UsageError(f"--serve: port {config.serve.port} needs root, which the service is not; {_OTHER_PORT}")
    folder = _SYSTEM_UNITS if is_system else _own_units()
    if is_timer:
        made = units.once(installation, manager, folder)
    else:
        made = [units.daemon(installation, manager, folder, serve=serve)]
    if not is_system:
        return made, []
    files, steps = _with_user(made, user)
    return files, [*steps, *_folder_steps(config, user)]


def _command() -> tuple[str, ...]:
    """The command that runs now: the script beside its Python, or that Python with feedbot's module."""
    script = Path(sys.executable).with_name("feedbot")
    return (str(script),) if os.access(script, os.X_OK) else (sys.executable, "-m", "feedbot")


def _own_units() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise UsageError("\n".join(reasons))


def _with_user(made: list[UnitFile], user: str) -> tuple[list[UnitFile], list[str]]:
    """The snippet that makes the user comes along where it is feedbot's own."""
    if user != units.USER:
        return made, []
    snippet = units.sysusers(_SYSUSERS)
    return [snippet, *made], [f"systemd-sysusers {snippet.path}"]


def _say_of_environment() -> None:
    """Tell on standard error of the variables that the units are made by, and that a service does not know."""
    if names := variables_set(os.environ):
        told = f"this is made for {', '.join(names)} of the environment, which neither a service nor cron has"
        click.echo(f"feedbot: {told}: set the same there (docs/operations.md), or in the config", err=True)


def _folder_steps(config: Config, user: str) -> list[str]:
    """What makes folders that are not there, and a sentence on those that are somebody else's."""
    steps = []
    for path, is_given in units.written_folders(config).items():
        owner = _owner(path)
        if owner is None and not is_given:
            steps.append(f"install -d -o {user} -g $(id -gn {user}) {shlex.quote(str(path))}")
        elif owner not in {None, user}:
            then = f"systemd gives it, with all that is in it, to {user}"
            if not is_given:
                then = f"give it to {user}, or take --run-as {owner}"
            steps.append(f"# {path} belongs to {owner}: {then}")
    return steps


def _owner(path: Path) -> str | None:
    try:
        number = path.stat().st_uid
    except OSError:
        return None
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _show(files: Sequence[UnitFile]) -> None:
    for number, file in enumerate(files):
        click.echo(f"{'' if number == 0 else chr(10)}# {file.path}")
        click.echo(file.text, nl=False)


def _install(files: Sequence[UnitFile], *, force: bool) -> set[str]:
    """Write what is not there as it should be; the names of units that were written over.

    Raises UsageError, and writes nothing, where a file differs and `force` does not say so.
    """
    earlier = {file.path: _text_of(file.path) for file in files}
    differing = [file for file in files if earlier[file.path] not in {None, file.text}]
    if differing and not force:
        for file in differing:
            _show_difference(file, earlier[file.path] or "")
        names = " and ".join(str(file.path) for file in differing)
        raise UsageError(f"{names}: would change as shown; nothing was written; --force writes it")
    for file in files:
        if earlier[file.path] == file.text:
            click.echo(f"{file.path}: is there, as it should be")
            continue
        try:
            publish_file(file.path.parent, file.path.name, file.text.encode())
        except PublishError as error:
            raise FeedbotError(f"{error}; --system needs root, --user needs none") from None
        click.echo(f"wrote {file.path}")
    return {file.path.name for file in differing}


def _text_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_UNIT_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FeedbotError(f"{path}: cannot be read: {error.strerror}") from None


def _show_difference(file: UnitFile, earlier: str) -> None:
    lines = difflib.unified_diff(
        earlier.splitlines(), file.text.splitlines(), str(file.path), f"{file.path} (new)", lineterm=""
    )
    for line in lines:
        click.echo(plain(line))


def _starting(unit: str, manager: Manager, *, is_over: bool) -> list[str]:
    systemctl = "systemctl --user" if manager is Manager.USER else "systemctl"
    steps = [f"{systemctl} daemon-reload"]
    if "@" in unit:
        return [*steps, f"{systemctl} enable --now feedbot@NAME.service   # with /var/lib/feedbot/NAME/config.yaml"]
    steps.append(f"{systemctl} enable --now {unit}")
    if is_over:
        steps.append(f"{systemctl} restart {unit}")
    if manager is Manager.USER:
        steps.append("loginctl enable-linger   # it then runs while you are not logged in")
    return steps
