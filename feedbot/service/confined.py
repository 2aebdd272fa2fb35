"""What the system's unit keeps from the service: folders of people and temporary ones, which are hidden from it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import feedbot
from feedbot.articles.find import base_of
from feedbot.config import Config

_DATA = "move that, such as to /var/lib/feedbot, or take --user"
_PROGRAM = "install feedbot anew elsewhere, such as with python3 -m venv /opt/feedbot, or take --user"

# systemd.exec(5). What a service has in /tmp is its own, and gone when it ends.
_HIDDEN = {
    "/home": "ProtectHome=yes",
    "/root": "ProtectHome=yes",
    "/run/user": "ProtectHome=yes",
    "/tmp": "PrivateTmp=yes",  # noqa: S108 - nothing is written there
    "/var/tmp": "PrivateTmp=yes",  # noqa: S108 - nothing is written there
    "/dev": "PrivateDevices=yes",
}


def places(config: Config, config_path: Path) -> list[tuple[str, Path]]:
    """Every file and folder that a run reads or writes, each with the name of what it is."""
    named = [
        ("the config", config_path),
        *(("the folder of articles.paths", folder) for folder in article_folders(config)),
        *written(config),
        ("checker.ca_bundle", config.checker.ca_bundle),
        *_alert_programs(config),
    ]
    return [(what, absolute(path)) for what, path in named if path is not None]


def written(config: Config) -> list[tuple[str, Path]]:
    """The folders that a run writes to; beside state.db lie its locks, its journal and copies of it."""
    site_data = config.site_data_path
    named = [
        ("the folder of state", config.state_path.parent),
        ("feeds.directory", config.feeds_path),
        ("reports.directory", config.private_reports_path),
        ("backup.directory", config.backups_path),
        ("the folder of feeds.site_data", None if site_data is None else site_data.parent),
    ]
    return [(what, absolute(path)) for what, path in named if path is not None]


def _alert_programs(config: Config) -> list[tuple[str, Path]]:
    """The programs that alerts start by a path; what is looked for on PATH is the system's."""
    told = config.alerts
    named = [("alerts.operator.command", told.operator.command), ("alerts.editor.command", told.editor.command)]
    return [(what, config.root / words[0]) for what, words in named if words and "/" in words[0]]


def article_folders(config: Config) -> list[Path]:
    """The folders in which the patterns of the articles begin."""
    return [absolute(config.root / base_of(config.root, pattern)) for pattern in config.articles.paths]


def program_places(command: Iterable[str]) -> list[tuple[str, Path]]:
    """What has to be read for the command to start: itself, its Python and where feedbot's code is."""
    return [
        *(("the command", Path(word)) for word in command if word.startswith("/")),
        ("its Python", Path(sys.prefix)),
        ("its Python", Path(sys.base_prefix)),
        ("its code", Path(feedbot.__file__).parent),
    ]


def hindrances(program: Iterable[tuple[str, Path]], data: Iterable[tuple[str, Path]]) -> list[str]:
    """A sentence for each folder that hides something of these from the system's service, with what to do.

    A link counts where it is and where it leads.
    """
    return [
        f"{hidden} is hidden from the system's services ({_HIDDEN[hidden]}), and there is {', '.join(what)}; {remedy}"
        for named, remedy in ((program, _PROGRAM), (data, _DATA))
        for hidden, what in _hidden(named).items()
    ]


def _hidden(named: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    """What each of the hidden folders hides."""
    found: dict[str, list[str]] = {}
    for what, path in named:
        for place in (path, Path(os.path.realpath(path))):
            hidden = next((one for one in _HIDDEN if place.is_relative_to(one)), None)
            if hidden is not None:
                leads = "" if place == path else f", which leads to {place}"
                found.setdefault(hidden, []).append(f"{what} ({path}{leads})")
                break
    return found


def absolute(path: Path) -> Path:
    """The path from the root, without `..`; links stay as they were named."""
    return Path(os.path.normpath(path.absolute()))
