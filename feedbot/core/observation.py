"""What the wire did and saw: Answered or Failed, exchange by exchange. Never an opinion.

The records are msgspec's structs, because they are written down, and passed between processes.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from feedbot.core.page import PageSignals


class FailureKind(StrEnum):
    """How an exchange ended without an answer. Values are stored and never change their meaning."""

    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_NO_ADDRESS = "dns_no_address"
    DNS_SERVFAIL = "dns_servfail"
    DNS_TIMEOUT = "dns_timeout"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_UNREACHABLE = "connect_unreachable"
    TLS = "tls"
    RESET = "reset"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT_LIMIT = "redirect_limit"
    REDIRECT_INVALID = "redirect_invalid"
    POLICY_SCHEME = "policy_scheme"
    POLICY_PORT = "policy_port"
    POLICY_ADDRESS = "policy_address"
    POLICY_ROBOTS = "policy_robots"
    POLICY_OPTOUT = "policy_optout"
    OURSELVES = "ourselves"
    """Our own congestion (pool, descriptors, memory): never the link's fault."""


# Failures that our own broken network would cause as well.
NETWORK_KINDS = frozenset(
    {
        FailureKind.DNS_NXDOMAIN,
        FailureKind.DNS_NO_ADDRESS,
        FailureKind.DNS_SERVFAIL,
        FailureKind.DNS_TIMEOUT,
        FailureKind.CONNECT_REFUSED,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.CONNECT_UNREACHABLE,
        FailureKind.TLS,
        FailureKind.RESET,
        FailureKind.TIMEOUT,
    }
)


# Not asked because the host asks for that: a reader may follow such a link all the same.
BY_REQUEST = frozenset({FailureKind.POLICY_ROBOTS, FailureKind.POLICY_OPTOUT})


class Failure(msgspec.Struct, frozen=True):
    """An exchange that brought no answer: its class and the system's own words."""

    kind: FailureKind
    text: str


class Phases(msgspec.Struct, frozen=True, array_like=True):
    """How long the parts of an exchange took, in milliseconds; 0 for what was not needed."""

    resolve: int = 0
    connect: int = 0
    tls: int = 0
    first_byte: int = 0
    """From the connection's readiness to the first byte of the answer."""


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One HTTP request and what came of it: either `status` or `failure` is set.

    `hop` is 0 for the target itself and n for the n-th redirect followed; a URL asked again
    (GET after HEAD, a retry) has several exchanges with the same hop. `location` is the absolute
    URL of a redirect. `peer` is the address asked. `retry_after_s` is seconds, as the server asked.
    `challenge` names the header of a bot wall, where one was sent. `accepted` tells that the operator
    takes this status of this host for a living page (`checker.hosts`). `bytes_read` counts the body,
    `length` is the whole body's as the server says it (Content-Length).
    `certificate_expires_at` is in ISO 8601 and UTC, where a new TLS connection was made. `signals` are
    what the page says, where one was read: of a GET that was not a redirect.
    """

    hop: int
    method: str
    url: str
    status: int | None = None
    failure: Failure | None = None
    location: str | None = None
    peer: str | None = None
    http_version: str | None = None
    elapsed_ms: int = 0
    bytes_read: int = 0
    retry_after_s: float | None = None
    challenge: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    length: int | None = None
    phases: Phases | None = None
    certificate_expires_at: str | None = None
    signals: PageSignals | None = None
    accepted: bool = False


class Answered(msgspec.Struct, frozen=True, tag=True):
    """The probe ended in an HTTP answer."""

    status: int
    final_url: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The probe ended without one; `final_url` is the URL that failed."""

    failure: Failure
    final_url: str


class Observation(msgspec.Struct, frozen=True, tag=True):
    """One probe of one target, from the first request to the outcome; durations in milliseconds."""

    url: str
    started_at: datetime
    elapsed_ms: int
    exchanges: tuple[Exchange, ...]
    outcome: Answered | Failed

    @property
    def chain(self) -> tuple[Exchange, ...]:
        """The last exchange of each hop, in order: how the target led to the final URL."""
        last = {exchange.hop: exchange for exchange in self.exchanges}
        return tuple(last[hop] for hop in sorted(last))

    @property
    def last_method(self) -> str | None:
        """The method of the final exchange; None where nothing was asked."""
        return self.exchanges[-1].method if self.exchanges else None
