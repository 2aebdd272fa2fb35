"""Copies of a database: each made beside, found whole, durable, and only then given its name.

A process that is killed on the way leaves what was there before, and an unfinished copy that the next one sweeps.
"""

import gzip
import math
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where it is installed

from feedbot.errors import StateError
from feedbot.state.schema import APPLICATION_ID, VERSION

TEMP_SUFFIX = ".feedbot-tmp"
_CHUNK = 1024 * 1024

# 6 takes three times as long, to save a tenth.
_LEVEL = 4


def copy_of(connection: Any, target: Path) -> int:
    """Write what a database holds to a file of its own, as VACUUM INTO does; returns the schema it has.

    The database is read at one moment, and others may write meanwhile. Raises StateError where the copy is not whole
    or cannot be written, or the database cannot be read.
    """
    with unfinished(target) as temp:
        try:
            connection.execute("VACUUM INTO ?", [os.fspath(temp)])
        except sqlite3.Error as error:
            raise StateError(
                f"{target}: cannot be made ({error}); `feedbot db check` tells whether the database is damaged"
            ) from error
        try:
            version = require_whole(temp)
        except StateError as error:
            raise StateError(
                f"{target}: is not kept, for it is not whole ({error}); `feedbot db check` looks at the database itself"
            ) from error
        sync(temp)
    return version


def pack(source: Path, target: Path) -> None:
    """Write a file in gzip's format (RFC 1952), without name and time, and read it again; raises StateError."""
    with unfinished(target) as temp, source.open("rb") as plain:
        with (
            temp.open("wb") as packed,
            gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=packed, mtime=0) as file,
        ):
            shutil.copyfileobj(plain, file, _CHUNK)
        _read_through(temp)
        sync(temp)


def unpack(source: Path, target: Path) -> None:
    """Write the content of a file to another one, unpacked where its name ends in .gz; raises StateError."""
    is_packed = source.name.endswith(".gz")
    try:
        with gzip.open(source) if is_packed else source.open("rb") as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, _CHUNK)
        sync(target)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise StateError(f"{source}: is damaged ({error}); use another copy") from error
    except OSError as error:
        raise StateError(f"{error.filename or source}: cannot be copied: {error.strerror or error}") from error


def require_whole(path: Path) -> int:
    """The schema of a copy that nobody writes; raises StateError where it is damaged, or no database of feedbot's."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StateError(f"{path}: is damaged or no database ({error}); use another copy") from error
    if application != APPLICATION_ID:
        raise StateError(f"{path}: is a database of another program; use another copy")
    if version > VERSION:
        raise StateError(
            f"{path}: was written by a newer feedbot (schema {version}, this one knows {VERSION}); use another copy"
        )
    if problem != "ok":
        raise StateError(f"{path}: is damaged ({problem.splitlines()[0]}); use another copy")
    return version


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """Another name beside a file, under which it is written; the file has its own one when the block is done.

    Raises StateError where the folder cannot be written to.
    """
    temp = target.absolute().with_name(f".{target.name}{TEMP_SUFFIX}")
    try:
        _sweep(temp)
        yield temp
        temp.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StateError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            _sweep(temp)


def free_bytes(folder: Path) -> int:
    """How much more a folder's disk can hold, for who is not root; raises StateError where that cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise StateError(f"{folder}: cannot be used: {error.strerror or error}") from error


def why_full(folder: Path, free: int, low: int) -> str:
    """What is said of a disk with less free than there should be."""
    return f"{folder}: its disk has {megabytes(free)} free, less than the {megabytes(low)} of disk.low"


def bytes_in_use(connection: Any) -> int:
    """How large a copy of a database is, about."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def megabytes(number: int) -> str:
    """A number of bytes for people, such as "1,200 MB", "0.3 MB" or "12 kB"."""
    if 0 < number < 100_000:
        return f"{math.ceil(number / 1e3)} kB"
    return f"{number / 1e6:,.0f} MB" if number >= 10_000_000 else f"{number / 1e6:.1f} MB"


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    sync(folder)


def sync(path: Path) -> None:
    """Make what a file holds, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_through(packed: Path) -> None:
    """Raises StateError where its checksum does not fit, which the library finds at the end."""
    try:
        with gzip.open(packed) as file:
            while file.read(_CHUNK):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise StateError(f"{packed}: was not written as it should be ({error})") from error


def _sweep(temp: Path) -> None:
    for suffix in ("", "-journal", "-wal"):
        temp.with_name(temp.name + suffix).unlink(missing_ok=True)
