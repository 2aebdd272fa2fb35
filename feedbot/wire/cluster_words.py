"""What passes between feedbot and the workers of a cluster: records in MessagePack.

Who greets and who asks says first, outside of any record, which feedbot it is: what another one writes cannot be read.
"""

from datetime import datetime

import msgspec

from feedbot import __version__
from feedbot.core.checker import CheckerPolicy
from feedbot.core.observation import Observation
from feedbot.wire.prober import Postponed, ProbeTarget

_WORDS = 1
"""The version of these records; raised whenever one changes within a version of feedbot."""

SPEAKS = f"{__version__}/{_WORDS}"
"""What two feedbots that work together must both say."""


class Stand(msgspec.Struct, frozen=True):
    """How a host is asked from now on: `delay_s` between two starts, and none for another `rests_s`."""

    host: str
    delay_s: float
    rests_s: float = 0.0


class Ask(msgspec.Struct, frozen=True):
    """A shard for a worker; `at_once` are the shards that may be under way in all of the cluster."""

    config: CheckerPolicy
    contact: str
    head_refused: tuple[str, ...]
    plan: tuple[ProbeTarget, ...]
    stands: tuple[Stand, ...]
    at_once: int


class Brought(msgspec.Struct, frozen=True, tag=True):
    """What came of a shard, as seen from a place that may have a name (FEEDBOT_VANTAGE).

    A target without a result was not asked, because its time was over.
    """

    results: tuple[Observation | Postponed, ...]
    head_refused: tuple[str, ...]
    stands: tuple[Stand, ...]
    vantage: str | None


class Unfit(msgspec.Struct, frozen=True, tag=True):
    """Nothing was asked, or nothing that was seen counts, because of the worker: why, in words that follow its name."""

    worker: str
    why: str


class Greeting(msgspec.Struct, frozen=True, tag=True):
    """A worker that can do its work, and what its clock says."""

    at: datetime
    vantage: str | None = None


_encoder = msgspec.msgpack.Encoder()
_asked: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)
_answers: msgspec.msgpack.Decoder[Brought | Unfit] = msgspec.msgpack.Decoder(Brought | Unfit)
_greeted: msgspec.msgpack.Decoder[Greeting | Unfit] = msgspec.msgpack.Decoder(Greeting | Unfit)
_policies: msgspec.msgpack.Decoder[CheckerPolicy] = msgspec.msgpack.Decoder(CheckerPolicy)


def encoded(record: msgspec.Struct) -> bytes:
    """A record as bytes."""
    return _encoder.encode(record)


def read_ask(data: bytes) -> Ask:
    """What a worker is asked."""
    return _asked.decode(data)


def read_answer(data: bytes) -> Brought | Unfit:
    """What a worker answers; raises msgspec.DecodeError for what is none."""
    return _answers.decode(data)


def read_greeting(data: bytes) -> Greeting | Unfit:
    """What a worker says when it is greeted; raises msgspec.DecodeError for what is none."""
    return _greeted.decode(data)


def read_policy(data: bytes) -> CheckerPolicy:
    """How links are asked."""
    return _policies.decode(data)
