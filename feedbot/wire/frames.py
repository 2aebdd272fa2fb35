"""What passes between feedbot and its worker processes: records in MessagePack, each with its length before it."""

import asyncio
from typing import BinaryIO

import msgspec

from feedbot.core.checker import CheckerPolicy
from feedbot.core.observation import Observation
from feedbot.wire.prober import Postponed, ProbeTarget

_LENGTH_BYTES = 4
MAX_WORD_BYTES = 1 << 28
"""No worker says more at once; what claims to is something else, such as text printed by mistake."""


class Order(msgspec.Struct, frozen=True):
    """What a worker is told at its start, one of so many."""

    config: CheckerPolicy
    contact: str
    head_refused: tuple[str, ...]
    plan: tuple[ProbeTarget, ...]
    processes: int = 1


class Results(msgspec.Struct, frozen=True, tag=True):
    """Targets that are done."""

    results: tuple[Observation | Postponed, ...]


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
_words: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def encode(record: Order | Word) -> bytes:
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


def read_order(stream: BinaryIO) -> Order:
    """The order at the beginning of a worker's standard input; raises EOFError where it is not all there."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES))
    return _orders.decode(_exactly(stream, length))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the order breaks off")
    return data
