"""The units of systemd that run feedbot, written for one config; docs/systemd holds those of a usual one.

The templates lie in templates/. A value is a path or a number of the config, written as systemd reads it
(core/unit_text.py).
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from string import Template

from feedbot.config import Config
from feedbot.core.unit_text import cron_command, cron_times, unit_command, unit_word
from feedbot.service.confined import absolute, article_folders, written

USER = "feedbot"
"""The user of the system's units, whom the sysusers.d snippet makes."""

_NETWORK = "Wants=network-online.target\nAfter=network-online.target nss-lookup.target"
_ENVIRONMENT = "EnvironmentFile=-/etc/feedbot/environment"
_STATE = Path("/var/lib")
# What StateDirectory= takes as it is; the folder of any other name is one of ReadWritePaths=.
_STATE_NAME = re.compile(r"[A-Za-z0-9_.@-]+(/[A-Za-z0-9_.@-]+)*")
_BLANK_LINES = re.compile(r"\n{3,}")
_BESIDE_A_RUN_S = 3600
"""What reading, publishing and looking after state.db may take beside the checks."""


class Manager(StrEnum):
    """Whose systemd runs it: the machine's, or a person's own."""

    SYSTEM = "system"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Installation:
    """What is to be run: the words of the command, a full path first, for the config that lies at a full path."""

    command: tuple[str, ...]
    config_path: Path
    config: Config
    user: str = USER


@dataclass(frozen=True, slots=True)
class UnitFile:
    """One file of systemd's: where it goes, and what is in it."""

    path: Path
    text: str


def daemon(installation: Installation, manager: Manager, folder: Path, *, serve: bool = False) -> UnitFile:
    """feedbot.service, which stays: `feedbot run`. Raises InvalidWord where a path cannot be written in a unit."""
    name = "feedbot.service"
    return _unit(
        folder / name,
        "daemon.service",
        manager,
        command=unit_command((*_words(installation, "run"), *(["--serve"] if serve else []))),
        instance="",
        needs=_needs(installation, manager),
        process=_process(manager, installation.user, _folders(installation.config, installation.config_path)),
    )


def once(installation: Installation, manager: Manager, folder: Path) -> list[UnitFile]:
    """feedbot-once.service, a single run, and the timer that starts it. Raises InvalidWord as `daemon` does."""
    config = installation.config
    service = _unit(
        folder / "feedbot-once.service",
        "once.service",
        manager,
        command=unit_command(_words(installation, "run", "--once")),
        needs=_needs(installation, manager),
        timeout=_seconds(config.checker.max_run_s + _BESIDE_A_RUN_S),
        process=_process(manager, installation.user, _folders(config, installation.config_path)),
    )
    timer = _unit(folder / "feedbot-once.timer", "once.timer", manager, every=_seconds(config.schedule.check))
    return [service, timer]


def many(command: tuple[str, ...], user: str, folder: Path, *, serve: bool = False) -> UnitFile:
    """feedbot@.service, for several publications: feedbot@news has all it needs in /var/lib/feedbot/news.

    Its variables are those of all, and then those of /etc/feedbot/news.environment.
    """
    home = "/var/lib/feedbot/%i"
    lines = ["StateDirectory=feedbot/%i", f"ReadOnlyPaths=-{home}/config.yaml", f"ReadOnlyPaths=-{home}/articles"]
    return _unit(
        folder / "feedbot@.service",
        "daemon.service",
        Manager.SYSTEM,
        command=f"{unit_command(command)} --config {home}/config.yaml run{' --serve' if serve else ''}",
        instance=" (%i)",
        needs=f"{_NETWORK}\nRequiresMountsFor={home}",
        process=_process(Manager.SYSTEM, user, lines, [_ENVIRONMENT, "EnvironmentFile=-/etc/feedbot/%i.environment"]),
    )


def sysusers(folder: Path) -> UnitFile:
    """The snippet from which systemd-sysusers(8) makes the user."""
    return UnitFile(folder / "feedbot.conf", _template("sysusers.conf").template)


def crontab_line(installation: Installation) -> str:
    """A line for a crontab: runs that would overlap are kept apart by feedbot's own locks.

    cron sends what is said as mail: the summary of each run would be too much, errors are not.
    """
    times = cron_times(installation.config.schedule.check)
    return f"{times} {cron_command(_words(installation, 'run', '--once'))} >/dev/null"


def written_folders(config: Config) -> dict[Path, bool]:
    """The folders that a run writes to, none in another; True for those that systemd makes and gives to the user."""
    return {path: _state_name(path) is not None for path in _topmost(config)}


def _words(installation: Installation, *words: str) -> tuple[str, ...]:
    return (*installation.command, "--config", str(installation.config_path), *words)


def _needs(installation: Installation, manager: Manager) -> str:
    # A person's systemd knows of no network and mounts nothing.
    if manager is Manager.USER:
        return ""
    config = installation.config
    paths = [installation.config_path.parent, *article_folders(config), *(path for _, path in written(config))]
    mounts = [f"RequiresMountsFor={unit_word(str(path))}" for path in _outermost(paths)]
    return "\n".join([_NETWORK, *mounts])


def _folders(config: Config, config_path: Path) -> list[str]:
    """What the system's unit says of folders: those written to, and what is among them and is only read."""
    lines = []
    topmost = _topmost(config)
    for path in topmost:
        name = _state_name(path)
        lines.append(f"ReadWritePaths={unit_word(str(path))}" if name is None else f"StateDirectory={name}")
    every = [path for _, path in written(config)]
    for path in dict.fromkeys([absolute(config_path), *article_folders(config)]):
        is_inside = any(path.is_relative_to(one) and path != one for one in topmost)
        if is_inside and not any(one.is_relative_to(path) for one in every):
            # A folder that is not there yet is none that the service could write to.
            lines.append(f"ReadOnlyPaths={_optional(unit_word(str(path)))}")
    return lines


def _optional(word: str) -> str:
    return f'"-{word[1:]}' if word.startswith('"') else f"-{word}"


def _topmost(config: Config) -> list[Path]:
    return _outermost(path for _, path in written(config))


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Each folder once, and none that lies in another, sorted."""
    every = sorted(set(paths))
    return [path for path in every if not any(path != one and path.is_relative_to(one) for one in every)]


def _state_name(path: Path) -> str | None:
    """The name by which StateDirectory= makes the folder and gives it to the user; None where it cannot."""
    if path == _STATE or not path.is_relative_to(_STATE):
        return None
    name = str(path.relative_to(_STATE))
    return name if _STATE_NAME.fullmatch(name) else None


def _process(manager: Manager, user: str, folders: Sequence[str], environment: Sequence[str] = (_ENVIRONMENT,)) -> str:
    template = _template(f"process.{manager}")
    values = {"folders": "\n".join(folders), "environment": "\n".join(environment)}
    confinement = _template("confinement").template.rstrip()
    return template.substitute(user=user, confinement=confinement, **values).rstrip()


def _unit(path: Path, template: str, manager: Manager, **values: str) -> UnitFile:
    scope = "--user " if manager is Manager.USER else ""
    target = "default.target" if manager is Manager.USER else "multi-user.target"
    edit = f"systemctl {scope}edit {path.name}"
    text = _template(template).substitute(values, edit=edit, target=target)
    return UnitFile(path, _BLANK_LINES.sub("\n\n", text))


def _template(name: str) -> Template:
    return Template(files("feedbot.service").joinpath("templates", name).read_text(encoding="utf-8"))


def _seconds(seconds: float) -> str:
    """A time span (systemd.time(7)) in the largest unit that holds it whole, in whole seconds, rounded up."""
    whole = math.ceil(seconds)
    for unit, size in (("h", 3600), ("min", 60)):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"
