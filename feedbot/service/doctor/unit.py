"""The units of systemd that are installed for this config, held against what `feedbot systemd` writes today."""

import os
from collections.abc import Mapping
from pathlib import Path

from feedbot.core.doctor import Finding, Level, Part
from feedbot.core.unit_text import InvalidWord, read_command, settings_of
from feedbot.service import units
from feedbot.service.doctor.case import Case
from feedbot.service.units import Installation, Manager, UnitFile

_MOST_BYTES = 256 * 1024
_SHOWN = 3


def _folders() -> dict[Manager, Path]:
    """Where `feedbot systemd` puts units; a person's own as systemd.unit(5) has it."""
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())
    return {Manager.SYSTEM: Path("/etc/systemd/system"), Manager.USER: own / "systemd" / "user"}


def installed_units(case: Case, folders: Mapping[Manager, Path] | None = None) -> list[Finding]:
    """Which units differ; drop-ins are a person's own, and say nothing. Without a unit for this config, nothing."""
    findings = []
    for manager, folder in (folders or _folders()).items():
        for name in ("feedbot.service", "feedbot-once.service"):
            text = _read(folder / name)
            installation = _installation(case, text)
            if installation is None:
                continue
            wanted = _as_today(installation, manager, folder, name, text)
            findings += [_judged(unit, _command(installation, manager, name, text)) for unit in wanted]
    return findings


def _read(path: Path) -> str:
    """What is in a unit; nothing where there is none, or it is not ours to read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return ""


def _value(text: str, key: str) -> str:
    """The last value of a setting of [Service]; empty where there is none."""
    found = [line for line in settings_of(text) if line.startswith(f"[Service] {key}=")]
    return found[-1].partition("=")[2] if found else ""


def _installation(case: Case, text: str) -> Installation | None:
    """Whom a unit runs, where that is feedbot with the config of this publication."""
    words = read_command(_value(text, "ExecStart"))
    if "--config" not in words[1:-1]:
        return None
    place = words.index("--config")
    config_path = Path(words[place + 1])
    if os.path.realpath(config_path.parent) != os.path.realpath(case.config.root):
        return None
    return Installation(tuple(words[:place]), config_path, case.config, _value(text, "User") or units.USER)


def _as_today(installation: Installation, manager: Manager, folder: Path, name: str, text: str) -> list[UnitFile]:
    try:
        if name == "feedbot-once.service":
            return units.once(installation, manager, folder)
        return [units.daemon(installation, manager, folder, serve=_serves(text))]
    except InvalidWord:
        return []  # a path that none of feedbot's units can name: it was written by hand


def _command(installation: Installation, manager: Manager, name: str, text: str) -> str:
    """The command that writes it anew."""
    words = [f"feedbot systemd --{manager}"]
    words += ["--timer"] if name == "feedbot-once.service" else []
    words += ["--serve"] if _serves(text) else []
    words += [f"--run-as {installation.user}"] if installation.user != units.USER else []
    return " ".join([*words, "--force"])


def _judged(unit: UnitFile, command: str) -> Finding:
    there = _read(unit.path)
    wanted, found = settings_of(unit.text), settings_of(there)
    lacks = [line for line in wanted if line not in found]
    has = [line for line in found if line not in wanted]
    if not lacks and not has:
        sentence = f"{unit.path} is as `feedbot systemd` writes it"
        return Finding(Part.UNIT, unit.path.name, Level.OK, sentence)
    told = "; ".join(f"{verb} {_some(lines)}" for verb, lines in (("it lacks", lacks), ("it has", has)) if lines)
    told = told if there else "it is not there"
    sentence = f"{unit.path} is not as `feedbot systemd` writes it for this config: {told}"
    mend = f"{command}\nsettings of your own belong in a drop-in: systemctl edit {unit.path.name}"
    return Finding(Part.UNIT, unit.path.name, Level.WARNING, sentence, mend)


def _serves(text: str) -> bool:
    return "--serve" in read_command(_value(text, "ExecStart"))


def _some(lines: list[str]) -> str:
    rest = len(lines) - _SHOWN
    return ", ".join(lines[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
