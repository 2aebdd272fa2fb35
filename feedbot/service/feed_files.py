"""The files of the feeds folder as they are sent: opened once, known by their bytes.

A file is replaced by another under the same name, never written into (publish/files.py), so what is read from one
descriptor is one version, whatever happens to the name meanwhile.
"""

import errno
import hashlib
import os
import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feedbot.clock import Clock
from feedbot.publish.gzipped import GZIP_SUFFIX

SETTLED_S = 2.0
"""A file that is younger could change once more without a change of its stamp: clocks of file systems are coarse."""

_READ_BYTES = 64 * 1024
_MOST_KNOWN = 20_000

# The end of a file in gzip's format (RFC 1952, 2.3.1): CRC-32 and length of what is packed in it.
_TRAILER_BYTES = 8
_SHORTEST_GZIP = 18

# ENOTDIR and ELOOP: a part of the path is a file, or a symbolic link, which is not followed; ENXIO: a socket.
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file, or the .gz beside it; to be closed by whoever asked for it."""

    descriptor: int
    size: int
    etag: str
    """Made of the bytes, so that it changes when they do, and is the same on another machine."""
    modified_at: datetime | None
    """Of the file, also where its .gz is sent; None while the file is so young that the next one could say the same."""
    is_gzip: bool

    def read(self, offset: int) -> bytes:
        """The next bytes from there on, 64 KiB at most; b"" at the end."""
        return os.pread(self.descriptor, _READ_BYTES, offset)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class _Content:
    etag: str
    crc: int


@dataclass(frozen=True, slots=True)
class _Stamp:
    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class FeedFiles:
    """The files of one folder; what is remembered of each is its hash, as long as its stamp is the same."""

    def __init__(self, folder: Path, clock: Clock, *, fstat: Callable[[int], os.stat_result] = os.fstat) -> None:
        self._folder = folder
        self._clock = clock
        self._fstat = fstat
        self._known: dict[str, tuple[_Stamp, _Content]] = {}

    def open(self, parts: tuple[str, ...], *, gzip: bool) -> Opened | None:
        """The file at this path in the folder, in its packed form where `gzip` and that is of the same bytes.

        None where there is no plain file. `parts` are names, each without a slash, and none of them is followed where
        it is a symbolic link. Raises OSError where the disk fails.
        """
        folder = self._enter(parts[:-1])
        if folder is None:
            return None
        try:
            descriptor = _open_file(parts[-1], folder)
            if descriptor is None:
                return None
            try:
                found = self._fstat(descriptor)
                content = self._content("/".join(parts), descriptor, found)
                modified_at = self._modified_at(found)
                packed = self._packed(parts, folder, content, found.st_size, modified_at) if gzip else None
            except BaseException:
                os.close(descriptor)
                raise
            if packed is None:
                return Opened(descriptor, found.st_size, content.etag, modified_at, is_gzip=False)
            os.close(descriptor)
            return packed
        finally:
            os.close(folder)

    def _enter(self, parts: tuple[str, ...]) -> int | None:
        """A descriptor of the folder that the names lead to."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        try:
            # The folder itself may be a link: who runs this has set it.
            folder = os.open(self._folder, flags)
            for name in parts:
                above = folder
                try:
                    folder = os.open(name, flags | os.O_NOFOLLOW, dir_fd=above)
                finally:
                    os.close(above)
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        return folder

    def _packed(
        self, parts: tuple[str, ...], folder: int, content: _Content, size: int, modified_at: datetime | None
    ) -> Opened | None:
        """The .gz beside a file, where it is there and of the same bytes."""
        descriptor = _open_file(parts[-1] + GZIP_SUFFIX, folder)
        if descriptor is None:
            return None
        try:
            found = self._fstat(descriptor)
            if _is_packed_form(descriptor, found.st_size, content.crc, size):
                etag = self._content("/".join(parts) + GZIP_SUFFIX, descriptor, found).etag
                return Opened(descriptor, found.st_size, etag, modified_at, is_gzip=True)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _content(self, name: str, descriptor: int, found: os.stat_result) -> _Content:
        stamp = _Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        known = self._known.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        content = _content_of(descriptor)
        if self._is_settled(found):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[name] = (stamp, content)
        return content

    def _modified_at(self, found: os.stat_result) -> datetime | None:
        return datetime.fromtimestamp(found.st_mtime_ns // 10**9, UTC) if self._is_settled(found) else None

    def _is_settled(self, found: os.stat_result) -> bool:
        return max(found.st_mtime, found.st_ctime) + SETTLED_S <= self._clock.now().timestamp()


def _open_file(name: str, folder: int) -> int | None:
    """A descriptor of a plain file; None for anything else."""
    try:
        # O_NONBLOCK: a pipe of that name would be waited for.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _content_of(descriptor: int) -> _Content:
    digest, crc, offset = hashlib.sha256(), 0, 0
    while data := os.pread(descriptor, _READ_BYTES, offset):
        digest.update(data)
        crc = zlib.crc32(data, crc)
        offset += len(data)
    return _Content(f'"{digest.hexdigest()[:32]}"', crc)


def _is_packed_form(packed: int, packed_size: int, crc: int, size: int) -> bool:
    """True where a .gz is of these bytes, by what it says of itself: another program may have left an earlier one."""
    if packed_size < _SHORTEST_GZIP or os.pread(packed, 2, 0) != b"\x1f\x8b":
        return False
    trailer = os.pread(packed, _TRAILER_BYTES, packed_size - _TRAILER_BYTES)
    return trailer == crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
