"""Names are resolved by us: what a socket may be opened to is known before it is opened."""

import asyncio
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import failure_of, failure_of_lookup

Addresses = tuple[str, ...]
Lookup = Callable[[str], Addresses | Failure]

# How many times the timeout a look-up may wait for one of our threads before it is given up.
_PATIENCE = 6


class Resolver(Protocol):
    """Turns a host into addresses."""

    async def resolve(self, host: str) -> Addresses | Failure:
        """The addresses of a host as text, in the order to try them; never empty. Raises nothing."""
        ...


def literal_address(host: str) -> str | None:
    """The address that a host is by itself (`127.0.0.1`, `::1`, `[::1]`); None where it is a name."""
    if host[-1:].isalpha() and ":" not in host:
        return None  # most names, without the cost of an exception
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def getaddrinfo_lookup(host: str) -> Addresses | Failure:
    """What the system's resolver says of a name, as a value; blocks for as long as that takes.

    A name that cannot be written in DNS (a label over 63 or a name over 255 octets, RFC 1035, 2.3.4;
    an empty label) is DNS_NXDOMAIN: it cannot exist.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return failure_of_lookup(error)
    addresses = tuple(dict.fromkeys(_text(sockaddr) for *_, sockaddr in found))
    return addresses or Failure(FailureKind.DNS_NO_ADDRESS, "name has no address")


def _text(sockaddr: Sequence[Any]) -> str:
    address = str(sockaddr[0])
    scope = sockaddr[3] if len(sockaddr) > 3 else 0
    return f"{address}%{scope}" if scope and "%" not in address else address


class SystemResolver:
    """getaddrinfo in our own daemon threads; one look-up per host for as long as the object lives.

    `timeout_s` runs from the moment a thread takes the look-up: waiting for a thread is our own
    congestion, bounded at six times that and then OURSELVES, which is not remembered. Threads are
    started as needed, at most `threads`, and are daemons: a name server that is silent for a minute
    delays neither the others nor the end of the process. To be used from one event loop.
    """

    def __init__(self, threads: int = 64, timeout_s: float = 10.0, lookup: Lookup = getaddrinfo_lookup) -> None:
        self._max_threads = threads
        self._timeout_s = timeout_s
        self._lookup = lookup
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = 0
        self._open_jobs = 0
        self._answers: dict[str, asyncio.Future[Addresses | Failure]] = {}
        self._closed = False

    async def resolve(self, host: str) -> Addresses | Failure:
        """The addresses of a host in getaddrinfo's order; several askers share one look-up."""
        literal = literal_address(host)
        if literal is not None:
            return (literal,)
        key = host if host.islower() else host.lower()
        answer = self._answers.get(key)
        if answer is None:
            if self._closed:
                return Failure(FailureKind.OURSELVES, "the resolver is closed")
            answer = self._answers[key] = self._submit(key)
        if answer.done() and not answer.cancelled():
            result = answer.result()
            if not isinstance(result, Failure):
                return result
        # Shielded: an asker that is cancelled does not take the answer away from the others.
        result = await asyncio.shield(answer)
        if isinstance(result, Failure) and result.kind is FailureKind.OURSELVES and self._answers.get(key) is answer:
            del self._answers[key]
        return result

    def close(self) -> None:
        """Let the threads end; a look-up that is under way is not waited for."""
        if self._closed:
            return
        self._closed = True
        for answer in self._answers.values():
            _settle(answer, Failure(FailureKind.OURSELVES, "the resolver is closed"))
        for _ in range(self._threads):
            self._jobs.put(None)

    def _submit(self, host: str) -> asyncio.Future[Addresses | Failure]:
        job = _Job(host, asyncio.get_running_loop(), self._timeout_s, self._finished)
        self._open_jobs += 1
        if self._open_jobs > self._threads and self._threads < self._max_threads:
            self._threads += 1
            threading.Thread(target=_work, args=(self._jobs, self._lookup), name="resolver", daemon=True).start()
        self._jobs.put(job)
        return job.answer

    def _finished(self) -> None:
        self._open_jobs -= 1


class _Job:
    """One look-up: `taken` and `done` are called in its thread, everything else in the event loop."""

    def __init__(
        self, host: str, loop: asyncio.AbstractEventLoop, timeout_s: float, finished: Callable[[], None]
    ) -> None:
        self.host = host
        self.answer: asyncio.Future[Addresses | Failure] = loop.create_future()
        self._loop = loop
        self._timeout_s = timeout_s
        self._finished = finished
        late = Failure(FailureKind.OURSELVES, "no resolver thread became free")
        self._timer = loop.call_later(_PATIENCE * timeout_s, _settle, self.answer, late)

    @property
    def abandoned(self) -> bool:
        """True where nobody waits any more; read from the thread, where a stale value does no harm."""
        return self.answer.done()

    def taken(self) -> None:
        self._in_loop(self._start_timer)

    def done(self, result: Addresses | Failure) -> None:
        self._in_loop(self._finish, result)

    def _in_loop(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            return  # the loop is closed: the run is over and nobody waits

    def _start_timer(self) -> None:
        self._timer.cancel()
        late = Failure(FailureKind.DNS_TIMEOUT, f"no answer from the name server in {self._timeout_s:g} s")
        self._timer = self._loop.call_later(self._timeout_s, _settle, self.answer, late)

    def _finish(self, result: Addresses | Failure) -> None:
        self._timer.cancel()
        self._finished()
        _settle(self.answer, result)


def _settle(answer: asyncio.Future[Addresses | Failure], result: Addresses | Failure) -> None:
    if not answer.done():
        answer.set_result(result)


def _work(jobs: "queue.SimpleQueue[_Job | None]", lookup: Lookup) -> None:
    while (job := jobs.get()) is not None:
        if job.abandoned:
            job.done(Failure(FailureKind.OURSELVES, "given up"))
            continue
        job.taken()
        try:
            result = lookup(job.host)
        except Exception as error:  # noqa: BLE001 - a thread that dies would leave its askers waiting
            result = failure_of(error)
        job.done(result)
        del job
