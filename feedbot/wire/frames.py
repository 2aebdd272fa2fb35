"""What passes between feedbot and its worker processes: records in MessagePack, each with its length before it."""

import asyncio
from io import RawIOBase

import msgspec

from feedbot.core.checker import CheckerPolicy
from feedbot.wire.executor import Result
from feedbot.wire.prober import ProbeTarget

_LENGTH_BYTES = 4
MAX_WORD_BYTES = 1 << 28
"""No worker says more at once; what claims to is something else, such as text printed by mistake."""


class Order(msgspec.Struct, frozen=True):
    """What a worker is told at its start, one of so many; its share of the plan follows, in portions."""

    config: CheckerPolicy
    contact: str
    head_refused: tuple[str, ...]
    processes: int = 1


class Portion(msgspec.Struct, frozen=True):
    """A portion of a worker's share of the plan; the last one is empty."""

    targets: tuple[ProbeTarget, ...]


class Results(msgspec.Struct, frozen=True, tag=True):
    """Targets that are done."""

    results: tuple[Result, ...]


class Slow(msgspec.Struct, frozen=True, tag=True):
    """The hosts whose links have been under way longest, each with the seconds, longest first."""

    hosts: tuple[tuple[str, float], ...]


class Broken(msgspec.Struct, frozen=True, tag=True):
    """A worker's last word where an error of its own ends it, in words."""

    error: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """A worker's last word: its plan is finished, or its time is over."""

    head_refused: tuple[str, ...]


Word = Results | Slow | Broken | Done
_NONSENSE = Broken("it said what is no record")

_encoder = msgspec.msgpack.Encoder()
_orders = msgspec.msgpack.Decoder(Order)
_portions = msgspec.msgpack.Decoder(Portion)
_words: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def encode(record: Order | Portion | Word) -> bytes:
    """A record as a frame."""
    body = _encoder.encode(record)
    return len(body).to_bytes(_LENGTH_BYTES) + body


async def read_word(stream: asyncio.StreamReader) -> Word | None:
    """What a worker says next; None where it ended without another word, Broken for what is none."""
    try:
        length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES))
        if length > MAX_WORD_BYTES:
            return _NONSENSE
        return _words.decode(await stream.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except msgspec.DecodeError:
        return _NONSENSE


def read_order(stream: RawIOBase) -> Order:
    """The order at the beginning of a worker's standard input, and nothing beyond it; EOFError where it breaks off."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES))
    return _orders.decode(_exactly(stream, length))


async def read_portion(stream: asyncio.StreamReader) -> Portion | None:
    """What a worker is told next; None where whoever gave the order is gone."""
    try:
        length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES))
        return _portions.decode(await stream.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _exactly(stream: RawIOBase, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = stream.read(length - len(data))
        if not piece:
            raise EOFError("the order breaks off")
        data += piece
    return data
