"""Log lines: plain, for the journal and as JSON; nothing in them moves a cursor or begins a line of its own."""

import json
import logging
import os
import sys

import pytest

from feedbot.cli.logs import LogFormat, _formatter

HOSTILE = "a\x1b[2Jb\n<0>c"


def record(level=logging.WARNING, error=None):
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("feedbot", level, "file.py", 1, "%s", (HOSTILE,), info)


def failed():
    try:
        raise LookupError(HOSTILE)
    except LookupError as error:
        return error


def test_a_plain_line_is_one_and_inert():
    line = _formatter(LogFormat.PLAIN, {}).format(record())
    assert line.endswith(" WARNING a�[2Jb�<0>c")
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2)]
)
def test_the_journal_gets_the_priority_and_no_time(level, priority):
    assert _formatter(LogFormat.JOURNAL, {}).format(record(level)) == f"<{priority}>a�[2Jb�<0>c"


@pytest.mark.parametrize("wanted", [LogFormat.PLAIN, LogFormat.JOURNAL])
def test_a_traceback_is_inert_and_each_line_has_its_priority(wanted):
    text = _formatter(wanted, {}).format(record(error=failed()))
    assert "\x1b" not in text
    assert len(text.splitlines()) > 3
    if wanted is LogFormat.JOURNAL:
        assert all(line.startswith("<4>") for line in text.splitlines())


def test_json_is_one_object_a_line():
    text = _formatter(LogFormat.JSON, {}).format(record(error=failed()))
    assert text.isascii()
    assert "\x1b" not in text
    assert len(text.splitlines()) == 1
    told = json.loads(text)
    assert (told["level"], told["logger"], told["message"]) == ("warning", "feedbot", HOSTILE)
    assert told["at"].endswith("Z")
    assert "LookupError" in told["traceback"]


def test_where_standard_error_leads_to_the_journal_lines_have_priorities(monkeypatch, tmp_path):
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        monkeypatch.setattr(sys, "stderr", log)
        status = os.fstat(log.fileno())
        stream = f"{status.st_dev}:{status.st_ino}"
        assert _formatter(LogFormat.AUTO, {"JOURNAL_STREAM": stream}).format(record()).startswith("<4>")
        assert not _formatter(LogFormat.AUTO, {"JOURNAL_STREAM": "8:1"}).format(record()).startswith("<4>")
        assert not _formatter(LogFormat.AUTO, {}).format(record()).startswith("<4>")
        assert not _formatter(LogFormat.PLAIN, {"JOURNAL_STREAM": stream}).format(record()).startswith("<4>")
