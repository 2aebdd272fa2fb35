"""What passes between feedbot and its worker processes: records in MessagePack, each with its length before it."""

import asyncio
from typing import BinaryIO

import msgspec

from feedbot.core.observation import Observation
from feedbot.wire.prober import Postponed, ProbeTarget

_LENGTH_BYTES = 4


class Order(msgspec.Struct, frozen=True):
    """What a worker is told at its start; `config` is the checker's section in JSON."""

    config: bytes
    contact: str
    head_refused: tuple[str, ...]
    plan: tuple[ProbeTarget, ...]


class Results(msgspec.Struct, frozen=True, tag=True):
    """Targets that are done."""

    results: tuple[Observation | Postponed, ...]


class Done(msgspec.Struct, frozen=True, tag=True):
    """A worker's last word: its plan is finished, or its time is over."""

    head_refused: tuple[str, ...]


_encoder = msgspec.msgpack.Encoder()
_orders = msgspec.msgpack.Decoder(Order)
_words: msgspec.msgpack.Decoder[Results | Done] = msgspec.msgpack.Decoder(Results | Done)


def encode(record: Order | Results | Done) -> bytes:
    """A record as a frame."""
    body = _encoder.encode(record)
    return len(body).to_bytes(_LENGTH_BYTES) + body


async def read_word(stream: asyncio.StreamReader) -> Results | Done | None:
    """What a worker says next; None where it ended without another word."""
    try:
        length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES))
        return _words.decode(await stream.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
        return None


def read_order(stream: BinaryIO) -> Order:
    """The order at the beginning of a worker's standard input; raises EOFError where there is none."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES))
    return _orders.decode(_exactly(stream, length))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the order breaks off")
    return data
