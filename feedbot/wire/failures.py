"""Every foreign exception of the wire as a Failure: the one place where they are told apart."""

import errno
import socket
import ssl
import sys
from collections.abc import Iterator

import anyio
import idna

from feedbot.core.observation import Failure, FailureKind

MAX_TEXT = 300
_MAX_CHAIN = 30


class CarriedFailure(Exception):
    """A Failure on its way through httpcore, which knows exceptions only."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


_Row = tuple[FailureKind, str]

# The system's own word for it, wherever in the chain of causes it is found.
_BY_ERRNO: dict[int, _Row] = {
    errno.ECONNREFUSED: (FailureKind.CONNECT_REFUSED, "connection refused"),
    errno.ETIMEDOUT: (FailureKind.CONNECT_TIMEOUT, "connection timed out"),
    errno.EHOSTUNREACH: (FailureKind.CONNECT_UNREACHABLE, "no route to host"),
    errno.ENETUNREACH: (FailureKind.CONNECT_UNREACHABLE, "network unreachable"),
    errno.EHOSTDOWN: (FailureKind.CONNECT_UNREACHABLE, "host is down"),
    errno.ENETDOWN: (FailureKind.CONNECT_UNREACHABLE, "network is down"),
    errno.ECONNRESET: (FailureKind.RESET, "connection reset"),
    errno.EPIPE: (FailureKind.RESET, "connection closed by the server"),
    errno.ECONNABORTED: (FailureKind.RESET, "connection aborted"),
    errno.ENOTCONN: (FailureKind.RESET, "connection closed by the server"),
    errno.ESHUTDOWN: (FailureKind.RESET, "connection closed by the server"),
    errno.ENETRESET: (FailureKind.RESET, "connection reset by the network"),
    errno.EPROTO: (FailureKind.PROTOCOL, "protocol error"),
    errno.EMFILE: (FailureKind.OURSELVES, "too many open files"),
    errno.ENFILE: (FailureKind.OURSELVES, "too many open files on this machine"),
    errno.ENOMEM: (FailureKind.OURSELVES, "out of memory"),
    errno.ENOBUFS: (FailureKind.OURSELVES, "out of socket buffers"),
    errno.EADDRNOTAVAIL: (FailureKind.OURSELVES, "no local address or port left"),
    errno.EAFNOSUPPORT: (FailureKind.OURSELVES, "this machine does not speak that address family"),
}

# X509_V_ERR_* of OpenSSL, as ssl.SSLCertVerificationError.verify_code carries them.
_BY_CERTIFICATE = {
    9: "certificate is not valid yet",
    10: "certificate has expired",
    18: "certificate is self-signed",
    19: "certificate is signed by an unknown authority",
    20: "certificate is signed by an unknown authority",
    21: "certificate is signed by an unknown authority",
    23: "certificate has been revoked",
    62: "certificate is for another name",
    64: "certificate is for another address",
}

# How OpenSSL asks for more bytes: the context of whatever then happens to the connection, such as a reset.
_NO_TLS_FAULT = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

# First row that fits, for the outermost exception of the chain that has one. Those of httpx, httpcore and
# h11 are in httpx_failures.py.
_BY_CLASS: tuple[tuple[type[BaseException], _Row], ...] = (
    (ssl.SSLError, (FailureKind.TLS, "TLS")),
    # What cannot be written in DNS is told by the look-up (failure_of_lookup). Anywhere else the name
    # was resolved before, so it exists: a library of ours refuses it, as IDNA 2008 does living emoji.
    (idna.IDNAError, (FailureKind.OURSELVES, "could not be asked")),
    (UnicodeDecodeError, (FailureKind.OURSELVES, "could not be read")),
    (UnicodeError, (FailureKind.OURSELVES, "could not be asked")),
    # Not in every anyio 4.
    (
        getattr(anyio, "ConnectionFailed", ConnectionRefusedError),
        (FailureKind.CONNECT_UNREACHABLE, "could not connect"),
    ),
    (anyio.BrokenResourceError, (FailureKind.RESET, "connection broke off")),
    (anyio.EndOfStream, (FailureKind.RESET, "connection closed by the server")),
    (anyio.IncompleteRead, (FailureKind.RESET, "connection closed by the server")),
    (anyio.DelimiterNotFound, (FailureKind.PROTOCOL, "not HTTP")),
    (EOFError, (FailureKind.RESET, "connection closed by the server")),
    (socket.herror, (FailureKind.DNS_SERVFAIL, "name server failed")),
    (TimeoutError, (FailureKind.TIMEOUT, "no answer in time")),
    (ConnectionRefusedError, (FailureKind.CONNECT_REFUSED, "connection refused")),
    (ConnectionError, (FailureKind.RESET, "connection broke off")),
    # Files, permissions, processes: nothing that a server could cause.
    (OSError, (FailureKind.OURSELVES, "operating system")),
    (MemoryError, (FailureKind.OURSELVES, "out of memory")),
)


def of_errno(number: int) -> _Row | None:
    """The kind and words of a socket's error; None where it is not of a socket."""
    return _BY_ERRNO.get(number)


def of_certificate(code: int) -> str | None:
    """What OpenSSL's X509_V_ERR_* means, in words; None where it is none of the common ones."""
    return _BY_CERTIFICATE.get(code)


def failure_of(error: BaseException) -> Failure:
    """The Failure that an exception stands for; total.

    What no rule knows becomes OURSELVES with its text, so that it never counts against a link.
    """
    known = known_failure(error)
    return known or Failure(FailureKind.OURSELVES, shortened(f"{type(error).__name__}: {_words(error)}"))


def known_failure(error: BaseException) -> Failure | None:
    """The Failure by the rules; None where no rule fits.

    The causes are searched too: httpx and httpcore wrap what the system said, twice and thrice.
    """
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, CarriedFailure):
            return one.failure
    for one in chain:
        if isinstance(one, socket.gaierror):
            return failure_of_lookup(one)
        if isinstance(one, ssl.SSLError) and not isinstance(one, _NO_TLS_FAULT):
            return Failure(FailureKind.TLS, shortened(_tls_words(one)))
    for one in chain:
        if isinstance(one, OSError) and one.errno in _BY_ERRNO:
            kind, text = _BY_ERRNO[one.errno]
            return Failure(kind, text)
    for one in chain:
        if (of_httpx := _failure_of_httpx(one)) is not None:
            return of_httpx
        for row, (kind, text) in _BY_CLASS:
            if isinstance(one, row):
                return Failure(kind, shortened(_with_detail(text, one)))
        if _is_of_anyio(one):
            return Failure(FailureKind.OURSELVES, shortened(f"{type(one).__name__}: {_words(one)}"))
    return None


def _failure_of_httpx(error: BaseException) -> Failure | None:
    """What httpx and its packages mean by an exception of theirs; None where it is not theirs."""
    if "httpcore" not in sys.modules:
        return None  # nobody can have raised one, and to load them takes 13 MB and a tenth of a second
    from feedbot.wire import httpx_failures  # noqa: PLC0415

    if (words := httpx_failures.closed_early(error)) is not None:
        return Failure(FailureKind.RESET, words)
    row = httpx_failures.of_class(error)
    return None if row is None else Failure(row[0], shortened(_with_detail(row[1], error)))


_LOOKUP_KINDS: dict[int, FailureKind] = {
    code: kind
    for name, kind in (
        ("EAI_NONAME", FailureKind.DNS_NXDOMAIN),
        ("EAI_NODATA", FailureKind.DNS_NO_ADDRESS),
        ("EAI_ADDRFAMILY", FailureKind.DNS_NO_ADDRESS),
        ("EAI_AGAIN", FailureKind.DNS_SERVFAIL),
        ("EAI_FAIL", FailureKind.DNS_SERVFAIL),
        ("EAI_MEMORY", FailureKind.OURSELVES),
    )
    # EAI_NODATA and EAI_ADDRFAMILY are not everywhere (RFC 3493 withdrew them).
    if (code := getattr(socket, name, None)) is not None
}

# The system's own words for the first ("nodename nor servname provided, or not known") need a translation.
_LOOKUP_WORDS = {
    FailureKind.DNS_NXDOMAIN: "no such host",
    FailureKind.DNS_NO_ADDRESS: "the host has no address",
}


def failure_of_lookup(error: OSError | UnicodeError) -> Failure:
    """What getaddrinfo's exception says of a name; what it does not name is a failing name server."""
    if isinstance(error, UnicodeError):
        return Failure(FailureKind.DNS_NXDOMAIN, shortened(f"no such name can exist: {_words(error)}"))
    if not isinstance(error, socket.gaierror):
        if error.errno in _BY_ERRNO and _BY_ERRNO[error.errno][0] is FailureKind.OURSELVES:
            return Failure(*_BY_ERRNO[error.errno])
        return Failure(FailureKind.DNS_SERVFAIL, shortened(f"name look-up failed: {_words(error)}"))
    kind = _LOOKUP_KINDS.get(error.errno or 0, FailureKind.DNS_SERVFAIL)
    words = _LOOKUP_WORDS.get(kind, "name look-up failed")
    return Failure(kind, shortened(f"{words}: {error.strerror or _words(error)}"))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, outermost first, at most 30.

    The context counts even where it was suppressed: httpcore re-raises "from None", which drops the
    cause of its own exceptions.
    """
    queue: list[BaseException] = [error]
    seen: set[int] = set()
    while queue and len(seen) < _MAX_CHAIN:
        one = queue.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inside = one.exceptions if isinstance(one, BaseExceptionGroup) else one.args
        queue += [cause for cause in (one.__cause__, one.__context__, *inside) if isinstance(cause, BaseException)]


def _is_of_anyio(error: BaseException) -> bool:
    """True for what is left of anyio's own: raised at a user who holds it wrong, never by a server."""
    return any(base.__module__.partition(".")[0] == "anyio" for base in type(error).__mro__)


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        code = getattr(error, "verify_code", None)
        said = getattr(error, "verify_message", "") or _words(error)
        return f"{_BY_CERTIFICATE.get(code or 0, 'certificate is not accepted')} ({said.rstrip('.')})"
    said = getattr(error, "reason", None) or _words(error)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return f"TLS connection closed by the server ({said})"
    return f"TLS handshake failed ({said})"


def _with_detail(text: str, error: BaseException) -> str:
    said = _words(error)
    return f"{text}: {said}" if said and said != text else text


def _words(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a foreign __str__ may fail; the class still says something
        return type(error).__name__


def shortened(text: str) -> str:
    """At most 300 characters of it."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
