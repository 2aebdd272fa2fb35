"""A program that takes a message has a bounded time, and nothing of it is left behind."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from feedbot.core.alerts import Kind, Message
from feedbot.wire.messenger import send_by_apprise, send_by_command

MESSAGE = Message(Kind.TEST, "A subject", "A text\n" * 50_000)


@pytest.fixture
def program(tmp_path):
    def written(text):
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return ["./program", "a b", "$HOME;x"]

    return written


async def test_it_is_given_arguments_as_they_are_and_the_whole_text_in_its_folder(program, tmp_path):
    command = program('printf "%s|%s|%s|%s" "$1" "$2" "$FEEDBOT_SUBJECT" "$FEEDBOT_KIND" > said; cat > text')
    assert await send_by_command(command, tmp_path, "operator", MESSAGE) == ""
    assert (tmp_path / "said").read_text() == "a b|$HOME;x|A subject|test"
    assert (tmp_path / "text").read_text() == MESSAGE.text


async def test_who_reads_nothing_and_says_much_holds_nobody_up(program, tmp_path):
    command = program("yes complaint | head -n 100000 >&2; exit 7")
    assert await send_by_command(command, tmp_path, "operator", MESSAGE) == "ended with 7: complaint"


async def test_what_it_says_is_made_inert(program, tmp_path):
    command = program("printf '\\033[2Jno\\n' >&2; exit 1")
    assert (
        await send_by_command(command, tmp_path, "operator", MESSAGE) == "ended with 1: \N{REPLACEMENT CHARACTER}[2Jno"
    )


async def test_one_that_does_not_end_is_killed_with_all_that_it_started(program, tmp_path):
    command = program("sleep 600 & echo $! > child.new; mv child.new child; wait")
    # Long enough to start the other one, on a busy machine too.
    for within_s in (0.5, 5.0, 50.0):
        why = await send_by_command(command, tmp_path, "operator", MESSAGE, within_s=within_s)
        assert why == f"it did not end within {within_s:g} s, and was killed"
        if (tmp_path / "child").exists():
            break
    assert _is_gone(int((tmp_path / "child").read_text()))


async def test_who_is_told_to_stop_leaves_nothing_behind(program, tmp_path):
    command = program("sleep 600 & echo $! > child.new; mv child.new child; wait")
    sending = asyncio.create_task(send_by_command(command, tmp_path, "operator", MESSAGE))
    for _ in range(6000):
        if (tmp_path / "child").exists():
            break
        await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert _is_gone(int((tmp_path / "child").read_text()))


def _is_gone(process):
    """True once a process has ended; one that nobody waits for yet has ended as well."""
    for _ in range(6000):
        try:
            if Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    return False


async def test_one_that_was_killed_says_so(program, tmp_path):
    assert await send_by_command(program("kill -9 $$"), tmp_path, "operator", MESSAGE) == "ended by signal 9"


async def test_without_a_place_for_its_text_it_is_said_why(program, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "full"))
    why = await send_by_command(program("true"), tmp_path, "operator", MESSAGE)
    assert why == "./program cannot be started: No such file or directory"


async def test_without_apprise_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setenv("OPS_URL", "json://localhost/")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert (
        await send_by_apprise("OPS_URL", MESSAGE)
        == "apprise is not installed; pip install '.[alerts]' in a clone of feedbot does it"
    )
