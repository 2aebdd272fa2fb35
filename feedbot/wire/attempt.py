"""What HttpxWire knows of an exchange under way: httpcore tells it by its trace, the connection by its bytes."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpcore
import httpx

from feedbot.core.observation import Failure, FailureKind, Phases
from feedbot.wire.certificate import certificate_date
from feedbot.wire.failures import CarriedFailure, failure_of, shortened

# The exchange that reads and writes in this task: a kept connection belongs to another one each time.
_under_way: ContextVar["Attempt | None"] = ContextVar("exchange under way", default=None)


@dataclass(slots=True)
class Attempt:
    """One try at an exchange; it holds what is known also when a deadline cuts it off.

    `head_limit` bounds the bytes of all heads together, interim answers (1xx) included.
    """

    head_limit: int
    head: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    peer: str | None = None
    certificate_expires_at: str | None = None
    head_bytes: int = 0
    started_at: dict[str, float] = field(default_factory=dict)
    ended_at: dict[str, float] = field(default_factory=dict)
    first_byte_at: float | None = None

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Let the connection tell this attempt what passes through it."""
        token = _under_way.set(self)
        try:
            yield
        finally:
            _under_way.reset(token)

    @property
    def is_new(self) -> bool:
        """True where a connection was made for it."""
        return _CONNECT in self.started_at

    @property
    def is_connected(self) -> bool:
        """True where its connection stood, the tunnel through a proxy included, and TLS not yet."""
        return _CONNECT in self.ended_at

    @property
    def was_asked(self) -> bool:
        """True where the connection stood and the request was about to be sent."""
        return _SEND in self.started_at

    @property
    def was_stale(self) -> bool:
        """True where a kept connection brought no answer at all: what came may be of an earlier exchange."""
        return self.was_asked and not self.is_new and self.head is None

    def named(self, failure: Failure) -> Failure:
        """The failure with the address asked, where a connection to it came about."""
        return failure if self.peer is None else Failure(failure.kind, shortened(f"{self.peer}: {failure.text}"))

    def phases(self, resolve_s: float) -> Phases:
        """How long each part took; `resolve_s` went before."""
        asked_at = self.started_at.get(_SEND, 0.0)
        return Phases(
            resolve=round(resolve_s * 1000),
            connect=self._took_ms(_CONNECT),
            tls=self._took_ms(_TLS),
            first_byte=round(max(0.0, (self.first_byte_at or asked_at) - asked_at) * 1000),
        )

    def _took_ms(self, step: str) -> int:
        if step not in self.ended_at:
            return 0
        return round((self.ended_at[step] - self.started_at[step]) * 1000)

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore (its "trace" extension) as the exchange goes on."""
        step, _, stage = event.rpartition(".")
        if step not in _STEPS:
            return
        if stage == "started":
            self.started_at[step] = time.monotonic()
        elif stage == "complete":
            self.ended_at[step] = time.monotonic()
            if step == _CONNECT:
                self.peer = peer_of(info["return_value"])
            elif step == _TLS:
                self.certificate_expires_at = _expiry(info["return_value"])

    def room_for_head(self) -> int | None:
        """How many bytes of a head may still come; None where it is complete. Raises CarriedFailure: PROTOCOL."""
        if self.head is not None:
            return None
        if self.head_bytes >= self.head_limit:
            text = f"not HTTP: more than {self.head_limit:,} bytes of headers"
            raise CarriedFailure(Failure(FailureKind.PROTOCOL, text))
        return self.head_limit - self.head_bytes

    def take(self, data: bytes) -> None:
        """Take note of bytes that were read; raises CarriedFailure: PROTOCOL, where they begin no answer.

        h11 would wait for the end of a line, and for a head that is none until the deadline.
        """
        if data and self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
            if data[: len(_START)] != _START[: len(data)]:
                raise CarriedFailure(Failure(FailureKind.PROTOCOL, f"not HTTP: {data[:40]!r}"))
        if self.head is None:
            self.head_bytes += len(data)


_CONNECT, _TLS, _SEND = "connection.connect_tcp", "connection.start_tls", "http11.send_request_headers"
_STEPS = frozenset({_CONNECT, _TLS, _SEND})
_START = b"HTTP/1."


class AttemptStream(httpcore.AsyncNetworkStream):
    """A connection that tells the attempt under way what it reads; TLS must stand by `ready_by` (monotonic)."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, ready_by: float | None) -> None:
        self._inner = inner
        self._ready_by = ready_by

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What the other end sent; raises CarriedFailure where its head is longer than may be."""
        attempt = _under_way.get()
        room = attempt.room_for_head() if attempt is not None else None
        data = await self._inner.read(max_bytes if room is None else min(room, max_bytes), timeout)
        if attempt is not None:
            attempt.take(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS; raises CarriedFailure: CONNECT_TIMEOUT, RESET, TLS, OURSELVES."""
        left_s = timeout if self._ready_by is None else max(0.0, self._ready_by - time.monotonic())
        try:
            secured = await self._inner.start_tls(ssl_context, server_hostname, left_s)
        except httpcore.ConnectTimeout:
            raise CarriedFailure(Failure(FailureKind.CONNECT_TIMEOUT, "TLS handshake timed out")) from None
        except Exception as error:  # noqa: BLE001 - each is mapped
            raise CarriedFailure(failure_of(error)) from None
        except BaseException:
            # httpcore closes after exceptions only, and a deadline of ours is none.
            with anyio.CancelScope(shield=True):
                await self._inner.aclose()
            raise
        return AttemptStream(secured, None)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


def peer_of(stream: httpcore.AsyncNetworkStream | None) -> str | None:
    """The address at the other end; None where the system no longer knows it, as after a reset."""
    try:
        address = stream.get_extra_info("server_addr") if stream is not None else None
    except Exception:  # noqa: BLE001 - asking who answered must not spoil the answer
        return None
    return str(address[0]) if isinstance(address, tuple) and address else None


def _expiry(stream: httpcore.AsyncNetworkStream) -> str | None:
    secured = stream.get_extra_info("ssl_object")
    return certificate_date(secured.getpeercert()["notAfter"]) if secured is not None else None
