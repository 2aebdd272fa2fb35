"""What the config names and does not hold: variables of the environment, programs, a file of authorities."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from feedbot.config import Config
from feedbot.core.doctor import Finding, Level, Part
from feedbot.errors import ConfigError
from feedbot.service.doctor.case import Case
from feedbot.wire.choice import require_usable

_SET_IT = "set it where feedbot starts: a service reads /etc/feedbot/environment (docs/operations.md)"
_INSTALL = "pip install '.[alerts]' in a clone of feedbot"


def named(case: Case) -> list[Finding]:
    """What is not there, found before a check or an alert needs it."""
    config = case.config
    findings = [*_for_checks(config), *_for_alerts(config)]
    return findings or [Finding(Part.CONFIG, "named", Level.OK, "all that the config names is there")]


def unusable(config: Config) -> list[str]:
    """Why no server can be asked by this config, each in a sentence; empty where servers can be asked."""
    try:
        require_usable(config.checker.policy())
    except ConfigError as error:
        return str(error).splitlines()
    return []


def _for_checks(config: Config) -> Iterator[Finding]:
    for why in unusable(config):
        mend = _SET_IT if "environment" in why else "checker.ca_bundle: a file of certificates in PEM that can be read"
        yield _finding(why.partition(": ")[0], Level.PROBLEM, f"no link can be checked: {why}", mend)


def _for_alerts(config: Config) -> Iterator[Finding]:
    """These may be set for the service alone, and not for a person's own commands: a warning."""
    alerts = config.alerts
    for key, told in (("alerts.operator", alerts.operator), ("alerts.editor", alerts.editor)):
        for variable in told.apprise:
            yield from _variable(f"{key}.apprise", variable)
        if told.command:
            yield from _program(f"{key}.command", config.root, told.command[0])
    if alerts.heartbeat_url_env is not None:
        yield from _variable("alerts.heartbeat_url_env", alerts.heartbeat_url_env)
    if (alerts.operator.apprise or alerts.editor.apprise) and importlib.util.find_spec("apprise") is None:
        yield _finding("apprise", Level.PROBLEM, "alerts name receivers by apprise, which is not installed", _INSTALL)


def _variable(key: str, variable: str) -> Iterator[Finding]:
    if not os.environ.get(variable, "").strip():
        sentence = f"{key}: the environment variable {variable} is not set here"
        yield _finding(f"{key} {variable}", Level.WARNING, sentence, _SET_IT)


def _program(key: str, root: Path, name: str) -> Iterator[Finding]:
    # As a message is handed to it: in the folder of the config, and a bare name is looked for on PATH.
    found = shutil.which(str(root.absolute() / name) if "/" in name else name)
    if found is None:
        sentence = f"{key}: there is no program {name} that can be started"
        yield _finding(key, Level.PROBLEM, sentence, f"chmod +x {name}, or {key}: one that is there")


def _finding(about: str, level: Level, sentence: str, mend: str) -> Finding:
    return Finding(Part.CONFIG, about, level, sentence, mend)
