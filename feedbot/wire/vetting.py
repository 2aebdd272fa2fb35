"""The one door to a socket: names are resolved, every address is vetted, then an address is connected."""

import time
from collections.abc import Iterable, Sequence
from typing import NoReturn

import httpcore

from feedbot.core.address import Network
from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.attempt import AttemptStream
from feedbot.wire.failures import CarriedFailure, failure_of
from feedbot.wire.peers import vetted
from feedbot.wire.resolver import Resolver


class VettingBackend(httpcore.AsyncNetworkBackend):
    """Connects to vetted literal addresses only, whatever name httpcore asks for.

    The address that is judged is the one that is connected, so a name that changes its mind between
    two look-ups gains nothing. `inner` opens the sockets (a recording one in tests).
    """

    def __init__(
        self,
        resolver: Resolver,
        allowed: Sequence[Network] = (),
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolver = resolver
        self._allowed = tuple(allowed)
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that answers; at most three share `timeout` (seconds).

        Raises CarriedFailure: DNS_*, POLICY_ADDRESS, or what became of the connecting.
        """
        found = await self._resolver.resolve(host)
        if isinstance(found, Failure):
            raise CarriedFailure(found)
        addresses = vetted(found, self._allowed)
        if isinstance(addresses, Failure):
            raise CarriedFailure(addresses)
        ready_by = None if timeout is None else time.monotonic() + timeout
        options = list(socket_options or ())
        stream = await connect_first(self._inner, addresses, port, timeout, local_address, options)
        return AttemptStream(stream, ready_by)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> NoReturn:
        """Refused: nothing that a link points to lives there."""
        raise CarriedFailure(Failure(FailureKind.POLICY_ADDRESS, "a unix socket is not a public address"))

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        await self._inner.sleep(seconds)


async def connect_first(
    backend: httpcore.AsyncNetworkBackend,
    addresses: Sequence[str],
    port: int,
    timeout: float | None,
    local_address: str | None,
    options: Sequence[httpcore.SOCKET_OPTION],
) -> httpcore.AsyncNetworkStream:
    """A connection to the first address that answers; they share `timeout` (seconds).

    Raises CarriedFailure: what became of the connecting.
    """
    ends_at = None if timeout is None else time.monotonic() + timeout
    failures: list[Failure] = []
    for index, address in enumerate(addresses):
        share = None if ends_at is None else max(0.0, ends_at - time.monotonic()) / (len(addresses) - index)
        try:
            return await backend.connect_tcp(address, port, share, local_address, options)
        except Exception as error:  # noqa: BLE001 - each is mapped, and the next address is tried
            failure = failure_of(error)
            failures.append(Failure(failure.kind, f"{address}: {failure.text}"))
    raise CarriedFailure(_most_telling(failures))


def _most_telling(failures: Sequence[Failure]) -> Failure:
    """What a server did says more than that this machine has no route, which IPv6 often lacks."""
    quiet = {FailureKind.CONNECT_UNREACHABLE, FailureKind.OURSELVES}
    return next((failure for failure in failures if failure.kind not in quiet), failures[0])
