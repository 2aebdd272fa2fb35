"""What an export carries, and that it is the same for the same state."""

import re

import pytest
from msgspec.structs import fields
from sqlite_utils.utils import sqlite3

from feedbot import __version__
from feedbot.errors import StateError
from feedbot.state import hosts, packed
from feedbot.state.carried import CARRIED, LEFT_OUT, LEFT_OUT_COLUMNS
from feedbot.state.database import open_for_reading, open_state
from feedbot.state.exporting import export_lines, export_to
from feedbot.state.schema import VERSION
from tests.carrying import exported, imported
from tests.state.test_upgrades import EARLIER, columns, frozen

# Its number is what others are named by.
NUMBERED = {"files": {"id"}, "targets": {"id"}}


@pytest.fixture
def full(tmp_path):
    """A database of this version with rows in every table."""
    path = frozen(tmp_path / "state.db", EARLIER[-1])
    with open_state(path, who="a test"):
        pass
    return path


def inserted(insert):
    """The columns that an INSERT or an UPDATE of all of a row names."""
    return set(re.search(r"\((.*?)\)", insert)[1].replace(" ", "").split(","))


def test_every_table_is_carried_or_can_be_had_again(full):
    connection = sqlite3.connect(full)
    tables = columns(connection)
    connection.close()
    carried = {one.table: one for one in CARRIED}
    assert carried.keys() | LEFT_OUT.keys() | {"articles"} == tables.keys(), "say in carried.py what becomes of it"
    assert not carried.keys() & LEFT_OUT.keys()
    for table, one in carried.items():
        left_out = LEFT_OUT_COLUMNS.get(table, set()) | NUMBERED.get(table, set())
        assert inserted(one.insert) | left_out == set(tables[table]), table


def test_every_field_of_a_record_is_read_and_kept(full):
    connection = sqlite3.connect(full)
    packed.teach(connection)
    for one in CARRIED:
        names = {column[0] for column in connection.execute(one.select).description} - {"has_article"}
        extra = {"article"} if one.table == "files" else set()
        assert names | extra == {field.name for field in fields(one.record)}, one.table
        assert set(re.findall(r":(\w+)", one.insert)) == names, one.table
    connection.close()


def test_what_was_imported_is_exported_as_the_same_bytes(full, tmp_path):
    first = exported(full)
    lines = first.splitlines()
    for one in CARRIED:
        kind = b'{"kind":"%s",' % one.record.__struct_config__.tag.encode()
        assert any(line.startswith(kind) for line in lines), f"no row of {one.table}: it proves nothing"
    imported(tmp_path / "other.db", first)
    assert exported(tmp_path / "other.db") == first
    with open_state(tmp_path / "other.db", who="a test") as state:
        assert state.value("PRAGMA integrity_check") == "ok"
        assert state.rows("PRAGMA foreign_key_check") == []
        assert state.value("PRAGMA journal_mode") == "wal"


def test_two_exports_of_one_state_are_equal_and_say_no_time_of_their_own(full):
    assert exported(full) == exported(full)
    assert exported(full).splitlines()[0] == (
        b'{"kind":"feedbot state","format":1,"schema":%d,"feedbot":"%s"}' % (VERSION, __version__.encode())
    )


def test_an_export_is_of_one_moment(full):
    before = exported(full)
    with open_for_reading(full, who="a test") as reading, open_state(full, who="a test") as writing:
        lines = export_lines(reading)
        begun = next(lines) + next(lines)
        with writing.write() as connection:
            connection.execute("INSERT INTO hosts (host) VALUES ('late.example')")
        assert begun + b"".join(lines) == before
    assert b"late.example" in exported(full)


def test_the_order_in_which_rows_came_is_not_that_of_the_lines(tmp_path):
    names = ["c.example", "a.example", "b.example"]
    for name, order in (("one.db", names), ("other.db", sorted(names))):
        with open_state(tmp_path / name, who="a test") as state, state.write() as connection:
            for host in order:
                connection.execute("INSERT INTO hosts (host) VALUES (?)", [host])
                connection.execute(
                    "INSERT INTO targets (url, host_id, next_check_at) VALUES (?, ?, 0)",
                    [f"https://{host}/", hosts.numbers(connection, [f"https://{host}/"])[host]],
                )
    one = exported(tmp_path / "one.db")
    assert one == exported(tmp_path / "other.db")
    assert [line.split(b'"')[7] for line in one.splitlines() if b'"link"' in line] == [
        b"https://a.example/",
        b"https://b.example/",
        b"https://c.example/",
    ]


def test_the_entries_of_a_feed_keep_their_order_in_one_line(tmp_path):
    with open_state(tmp_path / "one.db", who="a test") as state, state.write() as connection:
        for position, entry in [(3, "d"), (0, "c"), (2, "a"), (1, "b")]:
            connection.execute("INSERT INTO published_entries VALUES ('all', ?, ?)", [position, entry])
    assert b'{"kind":"feed","feed":"all","entries":["c","b","a","d"]}\n' in exported(tmp_path / "one.db")


def test_a_row_that_no_import_would_take_is_not_exported(full):
    with open_state(full, who="a test") as state, state.write() as connection:
        connection.execute("UPDATE targets SET status = 'pondering'")
    with pytest.raises(StateError, match=r"a row of targets is not as feedbot writes it .*pondering"):
        exported(full)


def test_a_file_is_written_whole_or_not_at_all(full, tmp_path):
    out = tmp_path / "state.ndjson"
    with open_state(full, who="a test") as state:
        assert export_to(state, out) == out.stat().st_size
        before = out.read_bytes()
        with state.write() as connection:
            connection.execute("UPDATE targets SET status = 'pondering'")
        with pytest.raises(StateError):
            export_to(state, out)
        with pytest.raises(StateError, match="cannot be written: No such file"):
            export_to(state, tmp_path / "nowhere" / "state.ndjson")
    assert out.read_bytes() == before == exported_of_before(before, tmp_path)
    assert not list(tmp_path.glob(".*"))


def exported_of_before(data, folder):
    imported(folder / "again.db", data)
    return exported(folder / "again.db")
