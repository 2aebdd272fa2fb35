"""A program that a publication's alerts are handed to, and what it was told."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime

from tests.publication import Publication

# Writes what it is told, one block a message; it fails, or waits, as long as there is a file that says so.
_PROGRAM = """#!/bin/sh
test -e broken && { echo "no such host" >&2; exit 3; }
while test -e slow; do echo > waits; sleep 0.05; done
{ printf '%s %s: %s\\n' "$FEEDBOT_AUDIENCE" "$FEEDBOT_KIND" "$FEEDBOT_SUBJECT"; cat; echo --; } >> told
"""

_ALERT = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from feedbot.steps.alerting import alert
from feedbot.clock import StandingClock
from feedbot.config import load_config
from feedbot.core.alerts import Found
from feedbot.state.database import open_state
config, clock = load_config(Path(sys.argv[1])), StandingClock(datetime.fromisoformat(sys.argv[2]))
with open_state(config.state_path, who="a test") as state:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(3):
        asyncio.run(alert(config, state, clock, {"backup": Found("no backup", "no room")}))
"""


def with_alerts(news: Publication, alerts: str) -> Publication:
    """Add a section `alerts` to the config, in which `./tell` can be named."""
    program = news.folder / "tell"
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}alerts: {alerts}\n", encoding="utf-8")
    return news


def told(news: Publication) -> list[str]:
    """The messages since this was last asked."""
    path = news.folder / "told"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.unlink(missing_ok=True)
    return [one for one in text.split("--\n") if one]


def at_once(news: Publication, clocks: Sequence[datetime]) -> None:
    """Alert three times in each of several processes, with these clocks: each finds that there is no backup."""
    started = []
    for at in clocks:
        command = [sys.executable, "-c", _ALERT, str(news.config_file), at.isoformat()]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
        assert process.returncode == 0
