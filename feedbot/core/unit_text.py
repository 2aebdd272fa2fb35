"""How paths are written in systemd's units and in crontabs, and how often either starts what ends by itself."""

import re
import shlex

_PLAIN = re.compile(r"[A-Za-z0-9/._@:=+,-]+")
_MINUTE_S = 60
_HOUR_S = 3600
_MINUTES = (30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1)
_HOURS = (12, 8, 6, 4, 3, 2, 1)


class InvalidWord(ValueError):
    """A path that a unit cannot name; the message says what is in the way."""


def unit_word(text: str) -> str:
    """One path or argument as a unit's settings read it: `%` doubled (systemd.unit(5), "Specifiers"), quoted if needed.

    Raises InvalidWord for quotes, backslashes and what cannot be printed: the settings do not agree on how
    to read an escape (in ExecStart= it is undone, in ReadWritePaths= it stays).
    """
    if not text.isprintable() or any(character in text for character in "\"'\\"):
        raise InvalidWord(f"{text!r} has a quote, a backslash or a character that cannot be seen in it")
    doubled = text.replace("%", "%%")
    return doubled if _PLAIN.fullmatch(text) else f'"{doubled}"'


def unit_command(words: tuple[str, ...]) -> str:
    """A command as ExecStart= reads it (systemd.service(5), "Command lines"). Raises InvalidWord.

    `$` is doubled in arguments alone: in the program's own path no variable is looked for.
    """
    program, *arguments = words
    return " ".join([unit_word(program), *(unit_word(one.replace("$", "$$")) for one in arguments)])


def cron_command(words: tuple[str, ...]) -> str:
    """A command as a crontab reads it: for the shell, with `%`, which would be a new line (crontab(5)), escaped."""
    return shlex.join(words).replace("%", r"\%")


def cron_times(every_s: float) -> str:
    """The five fields of a crontab for about this interval, once a day at most: cron knows parts of hours and days.

    What does not go into an hour or a day is rounded down, so that it comes rather too often.
    """
    if every_s < _HOUR_S:
        minutes = next((one for one in _MINUTES if one * _MINUTE_S <= every_s), 1)
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    if every_s < 24 * _HOUR_S:
        hours = next(one for one in _HOURS if one * _HOUR_S <= every_s)
        return "17 * * * *" if hours == 1 else f"17 */{hours} * * *"
    return "17 4 * * *"


def read_command(text: str) -> list[str]:
    """The words of a command that `unit_command` wrote; of any other, about those that systemd would read.

    No words where its quotes do not end.
    """
    try:
        program, *arguments = shlex.split(text) or [""]
    except ValueError:
        return []
    return [program.replace("%%", "%"), *(one.replace("%%", "%").replace("$$", "$") for one in arguments)]


def settings_of(text: str) -> list[str]:
    """The lines of a unit that say something, each with its section, such as `[Service] UMask=0022`."""
    found, section = [], ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif line and not line.startswith(("#", ";")):
            found.append(f"{section} {line}")
    return found
