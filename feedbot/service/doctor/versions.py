"""What feedbot runs on."""

import importlib
import platform

from feedbot import __version__
from feedbot.core.doctor import Finding, Level, Part
from feedbot.service.doctor.case import Case
from feedbot.state.database import sqlite_version
from feedbot.wire.choice import curl_is_here

# https://sqlite.org/wal.html, "The WAL-Reset Bug": two connections that write or checkpoint at one moment.
_RESET_BUG = ((3, 7, 0), (3, 51, 2))


def versions(_case: Case) -> list[Finding]:
    """The versions that matter when something is reported, and what is known of them."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    told = [f"feedbot {__version__} on {python}", _sqlite(sqlite_version()), _asks_with(curl_is_here())]
    return [Finding(Part.VERSIONS, f"version {number}", Level.OK, one) for number, one in enumerate(told)]


def _sqlite(version: tuple[int, int, int]) -> str:
    first, last = _RESET_BUG
    said = f"SQLite {'.'.join(map(str, version))}"
    if not first <= version <= last:
        return said
    return f"{said}: its WAL-reset bug needs two writers at one moment, and feedbot's lock admits one"


def _asks_with(is_curl: bool) -> str:
    if not is_curl:
        return "links are asked over httpx; feedbot[fast] asks over libcurl, with less of the processor"
    return f"links are asked over {str(importlib.import_module('pycurl').version).split(' ')[1]}"
