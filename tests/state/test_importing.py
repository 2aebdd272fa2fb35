"""An export that is broken, foreign or hostile changes nothing, and the sentence names the line."""

import gzip
import io
import json

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.core.forgotten import forgotten_hash
from feedbot.errors import LockHeld, StateError
from feedbot.state import files, importing
from feedbot.state.database import checking_run, daemon_life, one_at_a_time, open_state
from feedbot.state.schema import VERSION
from tests.carrying import exported, imported
from tests.state.killing import killed_folders
from tests.state.test_upgrades import EARLIER, frozen

LOCAL_TIME = "2026-11-01T12:00:00"
ARTICLE = {
    "path": "articles/bad.md",
    "title": "T",
    "source_url": "https://a.example/",
    "published_at": "2026-11-01T12:00:00Z",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An export with records of every kind."""
    path = frozen(tmp_path_factory.mktemp("old") / "state.db", EARLIER[-1])
    with open_state(path, who="a test"):
        pass
    return exported(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


def refused(path, data, sentence):
    """Import it where there is nothing, and over an empty database; both stay what they were."""
    with pytest.raises(StateError, match=rf"{sentence}.*nothing was changed"):
        imported(path, data)
    assert not path.exists()
    assert not list(path.parent.glob(".*"))
    with open_state(path, who="a test"):
        pass
    before = path.read_bytes()
    with pytest.raises(StateError, match=sentence):
        imported(path, data)
    assert path.read_bytes() == before


def changed(whole, kind, **fields):
    """The export with the first record of a kind changed."""
    lines = whole.splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(b'{"kind":"%s",' % kind.encode()))
    lines[place] = json.dumps({**json.loads(lines[place]), **fields}).encode() + b"\n"
    return b"".join(lines)


def test_cut_after_any_line_it_is_refused(path, whole):
    lines = whole.splitlines(keepends=True)
    for number in range(1, len(lines)):
        with pytest.raises(StateError, match=f"ends after line {number} without its last one: it was cut"):
            imported(path, b"".join(lines[:number]))
    assert not path.exists()


def test_cut_in_a_line_it_is_refused(path, whole):
    refused(path, whole[:-5], r"line \d+ is no line of an export that this feedbot knows")


def test_without_any_one_line_or_with_one_twice_it_is_refused(path, whole):
    lines = whole.splitlines(keepends=True)
    for number in range(len(lines)):
        for these in (lines[:number] + lines[number + 1 :], lines[: number + 1] + lines[number:]):
            with pytest.raises(StateError, match="nothing was changed"):
                imported(path, b"".join(these))
    assert not path.exists()


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "=======", ">>>>>>> state", "||||||| base"])
def test_the_mark_of_a_merge_is_named(path, whole, mark):
    lines = whole.splitlines(keepends=True)
    lines.insert(2, mark.encode() + b"\n")
    refused(path, b"".join(lines), "state.ndjson: line 3 is the mark of a merge that was not finished")


def test_two_exports_in_one_file_are_none(path, whole):
    refused(path, whole + whole, "comes after the last one")
    head, *rest = whole.splitlines(keepends=True)
    refused(path.with_name("other.db"), head + head + b"".join(rest), "line 2 is a first one again")


def test_records_out_of_their_order_are_refused(path, whole):
    lines = whole.splitlines(keepends=True)
    lines[1], lines[-2] = lines[-2], lines[1]
    refused(path, b"".join(lines), "is not where its kind is in an export")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\n", "line 1 is no line of an export"),
        (b"Dear diary,\n", "line 1 is no line of an export"),
        (b'{"url": "https://example.org/"}\n', "line 1 is no line of an export"),
        (b'{"kind":"host","host":"a.example"}\n', "line 1 is not the first one of an export"),
        (b"\xff\xfe{\x00", "line 1 is no line of an export"),
        (b"SQLite format 3\0" + bytes(4000), "line 1 is no line of an export"),
        (b"[" * 100_000, "line 1 is no line of an export"),
        (gzip.compress(b"x", mtime=0), "line 1 is compressed: `gunzip --stdout state.ndjson.gz | feedbot import -`"),
    ],
)
def test_what_is_no_export_is_refused(path, data, sentence):
    refused(path, data, sentence)


@pytest.mark.parametrize("newer", [{"format": 2}, {"schema": VERSION + 1}])
def test_what_a_newer_feedbot_exported_is_refused(path, whole, newer):
    refused(path, changed(whole, "feedbot state", feedbot="9.0", **newer), r"line 1 tells of a newer feedbot \(9\.0, ")


def test_what_an_earlier_feedbot_exported_is_read(path, whole):
    imported(path, changed(whole, "feedbot state", schema=VERSION - 1, feedbot="0.0.1"))
    assert exported(path) == whole


def test_lines_that_git_gave_the_ends_of_windows_are_read(path, whole):
    imported(path, whole.replace(b"\n", b"\r\n"))
    assert exported(path) == whole


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("link", {"status": "pondering"}, r"Invalid enum value 'pondering'"),
        ("link", {"shape": "round"}, r"unknown field `shape`"),
        ("link", {"strikes": "three"}, r"Expected `int`, got `str`"),
        ("link", {"strikes": 2**70}, r"strikes"),
        ("link", {"strikes": -1}, r"strikes"),
        ("link", {"next_check_at": "2026-02-30T00:00:00Z"}, r"Invalid RFC3339"),
        ("link", {"next_check_at": "2026-02-03T00:00:00"}, r"timezone"),
        ("link", {"next_check_at": "0001-01-01T00:00:00+14:00"}, r"holds what cannot be kept"),
        ("link", {"url": "x\ud800"}, r"surrogate"),
        ("link", {"rule_strikes": 1, "rule_over_s": 1.0}, r"has a rule of strikes that cannot be"),
        ("link", {"moved_to": "javascript:alert(1)"}, r"would lead readers to what is no web page"),
        ("archive", {"copy": "data:text/html,x"}, r"would lead readers to what is no web page"),
        ("archive", {"copy": "https://a.example/", "taken_at": None}, r"has a copy without its time"),
        ("published", {"name": "../../etc/passwd"}, r"names a published file that is not in the feeds folder"),
        ("published", {"name": ".."}, r"names a published file that is not in the feeds folder"),
        ("topic", {"slug": "../../x"}, r"has a slug that no topic can have"),
        ("topic", {"slug": "all"}, r"has a slug that no topic can have"),
        ("entry", {"id": "\0"}, r"has an id that no feed can hold"),
        ("topic", {"key": "another"}, r"has a key that is not that of its name"),
        ("link", {"url": "https://"}, r"is of a link whose URL is none"),
        ("look", {"exchanges": []}, r"has neither an answer nor a failure"),
        ("look", {"exchanges": [{"hop": 0, "method": "GET", "url": "https://a.example/"}]}, r"has neither an answer"),
        ("look", {"http_status": None}, r"has neither an answer nor a failure"),
        ("run", {"summary": None}, r"has ended, and has no summary"),
        ("hold", {"cause": "mood"}, r"has a cause that no hold has"),
        ("look", {"failure": "tls", "failure_text": None}, r"has half a failure"),
        ("look", {"run": 999}, r"tells of what no earlier one names"),
        ("look", {"url": "https://nowhere.example/"}, r"tells of what no earlier one names"),
        ("look", {"exchanges": [{"hop": "first"}]}, r"Expected `int`, got `str`"),
        ("rolled up", {"status": {"rule": {"strikes": 1, "over_s": 1.0}}}, r"has a rule of strikes that cannot be"),
        ("rolled up", {"status": {"since_at": LOCAL_TIME}}, r"has a time without its offset to UTC"),
        (
            "file",
            {"article": {**ARTICLE, "related": [{"title": "T", "source_url": None, "published_at": LOCAL_TIME}]}},
            r"has a time without its offset to UTC",
        ),
        ("file", {"article": {**ARTICLE, "path": "articles/other.md"}}, r"has the article of another file"),
        ("run", {"summary": {"alive": "many"}}, r"Expected `int`, got `str`"),
    ],
)
def test_a_value_that_cannot_be_or_would_do_harm_is_refused(path, whole, kind, fields, sentence):
    refused(path, changed(whole, kind, **fields), rf"state\.ndjson: line \d+ .*{sentence}")


def test_a_line_without_an_end_is_not_held_in_memory(path, whole):
    class Endless(io.RawIOBase):
        """Zeros for ever, as far as anybody reads."""

        def __init__(self):
            self.read = 0

        def readline(self, most=-1):
            assert most > 0
            self.read += most
            return b"0" * most

    endless = Endless()
    with pytest.raises(StateError, match=r"endless: line 1 is longer than 17 MB; nothing was changed"):
        importing.import_state(path, endless, "endless", None, who="a test", harmless=str)
    assert endless.read == importing.MAX_LINE_BYTES + 1


def test_markup_that_feeds_may_not_have_is_left_out(path, whole):
    head = whole.splitlines(keepends=True)[0]
    article = {
        **ARTICLE,
        "body_html": '<p onclick="alert(1)">Hello <script>alert(1)</script><a href="javascript:alert(1)">you</a></p>',
    }
    vanished = {"vanished_at": "2026-11-01T12:00:00Z", "article": article}
    file = {"kind": "file", "path": "articles/bad.md", "sha256": "", **vanished}
    lines = [json.dumps(file).encode() + b"\n", b'{"kind":"end","lines":1}\n']
    imported(path, head + b"".join(lines))
    with open_state(path, who="a test") as state:
        body = files.article(state, "articles/bad.md").body_html
    assert body == '<p>Hello <a rel="noopener noreferrer">you</a></p>'
    again = exported(path)
    imported(path, again, replaces=True)
    assert exported(path) == again


def test_a_database_that_holds_something_is_replaced_only_when_told_to_and_is_kept(path, whole):
    with open_state(path, who="a test") as state, state.write() as connection:
        connection.execute("INSERT INTO hosts (host) VALUES ('mine.example')")
    before = path.read_bytes()
    with pytest.raises(StateError, match="holds a state already; with --replace the export takes its place"):
        imported(path, whole)
    assert path.read_bytes() == before
    done = imported(path, whole, replaces=True)
    assert exported(path) == whole
    connection = sqlite3.connect(done.aside)
    assert connection.execute("SELECT host FROM hosts").fetchall() == [("mine.example",)]
    connection.close()


def test_what_is_no_database_is_replaced_only_when_told_to_and_is_kept(path, whole):
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(StateError, match="holds a state already"):
        imported(path, whole)
    done = imported(path, whole, replaces=True)
    assert done.aside.read_text() == "Dear diary, " * 1000
    assert exported(path) == whole


def test_takedowns_of_the_database_that_is_replaced_hold_on(path, whole):
    with open_state(path, who="a test") as state, state.write() as connection:
        row = [forgotten_hash("articles/x.md"), "2026-11-01T12:00:00Z"]
        connection.execute("INSERT INTO forgotten (hash, takedown, forgotten_at) VALUES (?, 1, ?)", row)
    assert imported(path, whole, replaces=True).takedowns == 1
    with open_state(path, who="a test") as state:
        assert state.value("SELECT count(*) FROM forgotten WHERE hash = ?", [row[0]]) == 1


@pytest.mark.parametrize("who", ["daemon", "check", "publish"])
def test_while_somebody_is_at_work_nothing_is_imported(path, whole, who):
    with open_state(path, who="a test") as state:
        holding = {"daemon": daemon_life(path, who="a test"), "check": checking_run(state)}.get(who)
        with holding or one_at_a_time(state):
            with pytest.raises(LockHeld, match=rf"{who}\.lock: held by a test"):
                imported(path, whole, replaces=True)


IMPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from feedbot.state.importing import import_state
with open(sys.argv[2], "rb") as lines:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    import_state(Path(sys.argv[1]), lines, "x", now, who="a child", harmless=str, replaces=True)
"""


@pytest.mark.debian("strace")
def test_killed_anywhere_it_is_what_was_there_or_the_import_and_the_next_try_ends_it(tmp_path, whole):
    def prepare(folder):
        with open_state(folder / "state.db", who="a test") as state, state.write() as connection:
            connection.execute("INSERT INTO hosts (host) VALUES ('mine.example')")
        (folder / "state.ndjson").write_bytes(whole)
        return [folder / "state.db", folder / "state.ndjson"]

    before = None
    for folder in killed_folders(IMPORT, tmp_path, prepare):
        before = before or exported(prepare(tmp_path)[0])
        path = folder / "state.db"
        assert exported(path) in {before, whole}
        imported(path, whole, replaces=True)
        assert exported(path) == whole
        assert not list(folder.glob(".*"))
