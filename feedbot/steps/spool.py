"""Records of a run that may be very many: the latest in memory, those before in a file that goes with the run."""

import os
import tempfile
import weakref
import zlib
from collections.abc import Callable, Iterator
from heapq import merge
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

_IN_MEMORY = 10_000
# Read back so many at once, of each block where they are merged.
_A_PIECE = 50
_FASTEST = 1

_T = TypeVar("_T", bound=msgspec.Struct)
_Pieces = list[tuple[int, int]]
"""Where the pieces of a block lie in the file: each offset and length."""


class Spool(Generic[_T]):
    """Keeps records; without a `key` they are read in the order of their adding, else in that of their keys.

    Beyond `in_memory` they go to a file in `folder` that has no name, so that it is gone however the process ends.
    Where that cannot be written, they stay in memory: a run does not fail for it.
    """

    def __init__(
        self,
        kind: type[_T],
        folder: Path | None = None,
        key: Callable[[_T], str] | None = None,
        in_memory: int = _IN_MEMORY,
    ) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[kind])  # type: ignore[valid-type]
        self._folder = folder
        self._key = key
        self._in_memory = in_memory
        self._room = in_memory
        self._here: list[_T] = []
        self._blocks: list[_Pieces] = []
        self._laid_aside = 0
        self._descriptor: int | None = None
        self._end = 0

    def add(self, record: _T) -> None:
        """Keep one more."""
        self._here.append(record)
        if len(self._here) >= self._room:
            self._lay_aside()

    def __len__(self) -> int:
        return self._laid_aside + len(self._here)

    def __iter__(self) -> Iterator[_T]:
        blocks = [self._read(pieces) for pieces in self._blocks]
        if self._key is not None:
            yield from merge(*blocks, sorted(self._here, key=self._key), key=self._key)
            return
        for block in blocks:
            yield from block
        yield from self._here

    def _lay_aside(self) -> None:
        records = self._here if self._key is None else sorted(self._here, key=self._key)
        pieces: _Pieces = []
        at = self._end
        try:
            descriptor = self._opened()
            for start in range(0, len(records), _A_PIECE):
                piece = zlib.compress(self._encoder.encode(records[start : start + _A_PIECE]), _FASTEST)
                _write(descriptor, piece, at)
                pieces.append((at, len(piece)))
                at += len(piece)
        except OSError:
            self._room += self._in_memory
            return
        self._end = at
        self._blocks.append(pieces)
        self._laid_aside += len(records)
        self._here = []
        self._room = self._in_memory

    def _opened(self) -> int:
        if self._descriptor is None:
            with tempfile.TemporaryFile(dir=self._folder, prefix="feedbot-") as file:
                self._descriptor = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._descriptor)
        return self._descriptor

    def _read(self, pieces: _Pieces) -> Iterator[_T]:
        for at, length in pieces:
            yield from self._decoder.decode(zlib.decompress(os.pread(self._opened(), length, at)))


def _write(descriptor: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written
