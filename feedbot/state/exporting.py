"""state.db as text: one line a record, sorted, the same for the same state."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from feedbot import __version__
from feedbot.errors import StateError
from feedbot.state import copies, files
from feedbot.state.carried import CARRIED, Carried
from feedbot.state.database import State, said_plainly
from feedbot.state.records import FORMAT, End, File, Head, Record
from feedbot.state.schema import VERSION

_CHUNK = 256 * 1024

_encode = msgspec.json.Encoder().encode


def export_lines(state: State) -> Iterator[bytes]:
    """The lines, each with its end, of the database at one moment; others may write meanwhile.

    To be read to the last. Raises StateError where a row is not as feedbot writes it.
    """
    connection = state.db.conn
    with said_plainly(state.path):
        connection.execute("BEGIN")
        try:
            yield _line(Head(FORMAT, VERSION, __version__))
            lines = 0
            for one in CARRIED:
                for record in _records(state, one):
                    yield _line(record)
                    lines += 1
            yield _line(End(lines))
        finally:
            connection.execute("COMMIT")


def export_chunks(state: State) -> Iterator[bytes]:
    """The same in pieces of 256 kB or so, which are cheaper to write."""
    chunk = bytearray()
    for line in export_lines(state):
        chunk += line
        if len(chunk) >= _CHUNK:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


def export_to(state: State, target: Path) -> int:
    """Write the lines to a file, which has its name when it is whole and durable; returns its size in bytes.

    Raises StateError where it cannot be written.
    """
    with copies.unfinished(target) as temp, temp.open("wb") as file:
        for chunk in export_chunks(state):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _records(state: State, one: Carried) -> Iterator[Record]:
    # Each is read back as an import reads it: no line is written that would be refused.
    decode = msgspec.json.Decoder(one.record, strict=False).decode
    for row in state.each(one.select):
        if one.record is File and row.pop("has_article"):
            row["article"] = _encode(files.linked_article(state, row["path"]))
        for name in one.json:
            row[name] = _raw(row.get(name))
        try:
            yield decode(_encode({"kind": one.record.__struct_config__.tag, **row}))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise StateError(
                f"{state.path}: a row of {one.table} is not as feedbot writes it ({error}); `feedbot db check` looks"
                " the database over"
            ) from error


def _raw(stored: Any) -> msgspec.Raw | None:
    """JSON as it is stored."""
    return None if stored is None else msgspec.Raw(stored if isinstance(stored, bytes) else stored.encode())


def _line(record: Record) -> bytes:
    return _encode(record) + b"\n"
