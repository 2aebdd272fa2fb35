import asyncio
import errno
import socket
import ssl

import anyio
import h11
import httpcore
import httpx
import idna
import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import MAX_TEXT, CarriedFailure, failure_of, known_failure


def below(base):
    for child in base.__subclasses__():
        yield child
        yield from below(child)


def of_package(name):
    """Every exception class of a package, private modules included."""
    found = {one for one in below(Exception) if one.__module__.partition(".")[0] == name}
    return sorted(found, key=lambda one: (one.__module__, one.__qualname__))


FOREIGN = [
    *(one for name in ("httpx", "httpcore", "h11", "ssl", "idna", "anyio") for one in of_package(name)),
    *(one for one in below(OSError) if one.__module__.partition(".")[0] in ("builtins", "socket", "ssl", "asyncio")),
    OSError,
    TimeoutError,
    UnicodeError,
    UnicodeEncodeError,
    UnicodeDecodeError,
    asyncio.IncompleteReadError,
    EOFError,
    MemoryError,
]


def blank(cls):
    """An instance without its constructor, which may want anything."""
    try:
        return cls("said")
    except Exception:  # noqa: BLE001 - whatever it is that it wants
        return cls.__new__(cls)


def test_the_walk_finds_the_packages():
    names = {one.__name__ for one in FOREIGN}
    assert {"InvalidURL", "CookieConflict", "StreamClosed", "ConnectionNotAvailable", "SSLEOFError"} <= names
    assert {"IDNABidiError", "BrokenResourceError", "RemoteProtocolError", "gaierror", "PoolTimeout"} <= names
    exported = {name for name in httpx.__all__ if _is_exception(getattr(httpx, name, None))}
    assert exported <= names
    assert {name for name in httpcore.__all__ if _is_exception(getattr(httpcore, name, None))} <= names


def _is_exception(found):
    return isinstance(found, type) and issubclass(found, Exception)


@pytest.mark.parametrize("cls", FOREIGN, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_every_foreign_exception_has_a_rule(cls):
    known = known_failure(blank(cls))
    assert isinstance(known, Failure), cls
    assert known.text


def test_negative_control_an_unknown_class_has_none_and_is_our_own_fault():
    class NeverSeen(Exception):
        pass

    assert known_failure(NeverSeen("odd")) is None
    assert failure_of(NeverSeen("odd")) == Failure(FailureKind.OURSELVES, "NeverSeen: odd")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ECONNREFUSED, FailureKind.CONNECT_REFUSED),
        (errno.ECONNRESET, FailureKind.RESET),
        (errno.EPIPE, FailureKind.RESET),
        (errno.EHOSTUNREACH, FailureKind.CONNECT_UNREACHABLE),
        (errno.ENETUNREACH, FailureKind.CONNECT_UNREACHABLE),
        (errno.ETIMEDOUT, FailureKind.CONNECT_TIMEOUT),
        (errno.EMFILE, FailureKind.OURSELVES),
        (errno.ENFILE, FailureKind.OURSELVES),
        (errno.ENOMEM, FailureKind.OURSELVES),
        (errno.ENOBUFS, FailureKind.OURSELVES),
        (errno.EACCES, FailureKind.OURSELVES),
    ],
)
def test_finds_the_errno_under_what_httpx_wraps_it_in(code, kind):
    system = OSError(code, "words")
    assert failure_of(system).kind == kind
    core = httpcore.ConnectError(system)
    core.__context__ = system
    if code == errno.EACCES:
        return
    wrapped = httpx.ConnectError("")
    wrapped.__cause__ = core
    assert core.__cause__ is None
    assert failure_of(wrapped).kind == kind
    assert failure_of(ExceptionGroup("all", [system])).kind == kind


@pytest.mark.parametrize(
    ("error", "kind", "word"),
    [
        (httpx.PoolTimeout("x"), FailureKind.OURSELVES, "free"),
        (httpx.ConnectTimeout("x"), FailureKind.CONNECT_TIMEOUT, "timed out"),
        (httpx.ReadTimeout("x"), FailureKind.TIMEOUT, "in time"),
        (httpx.InvalidURL("bad port"), FailureKind.OURSELVES, "bad port"),
        (httpx.UnsupportedProtocol("x"), FailureKind.POLICY_SCHEME, "scheme"),
        (httpx.DecodingError("x"), FailureKind.PROTOCOL, "decoded"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), FailureKind.RESET, "closed"),
        (httpx.RemoteProtocolError("illegal status line"), FailureKind.PROTOCOL, "illegal status line"),
        (h11.RemoteProtocolError("x"), FailureKind.PROTOCOL, "not HTTP"),
        # Raised after the name was resolved; what a look-up raises is told by failure_of_lookup.
        (idna.IDNAError("x"), FailureKind.OURSELVES, "could not be asked"),
        (idna.InvalidCodepoint("U+2764"), FailureKind.OURSELVES, "U+2764"),
        (UnicodeError("label too long"), FailureKind.OURSELVES, "label too long"),
        (anyio.ClosedResourceError(), FailureKind.OURSELVES, "ClosedResource"),
        (anyio.BrokenResourceError(), FailureKind.RESET, "broke off"),
        (anyio.EndOfStream(), FailureKind.RESET, "closed"),
        (ssl.SSLEOFError(8, "EOF occurred"), FailureKind.TLS, "closed by the server"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong"), FailureKind.TLS, "WRONG_VERSION"),
        (TimeoutError(), FailureKind.TIMEOUT, "in time"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), FailureKind.DNS_NXDOMAIN, "not known"),
        (CarriedFailure(Failure(FailureKind.POLICY_ADDRESS, "why")), FailureKind.POLICY_ADDRESS, "why"),
    ],
    ids=repr,
)
def test_tells_them_apart(error, kind, word):
    failure = failure_of(error)
    assert failure.kind == kind
    assert word in failure.text


@pytest.mark.parametrize("asking", [ssl.SSLWantReadError, ssl.SSLWantWriteError])
def test_openssl_asking_for_more_is_no_fault_of_tls(asking):
    broken = httpx.ReadError("")
    broken.__context__ = anyio.BrokenResourceError()
    broken.__context__.__context__ = asking("The operation did not complete (read)")
    assert failure_of(broken).kind is FailureKind.RESET


def test_a_text_is_bounded_and_on_one_line():
    failure = failure_of(httpx.RemoteProtocolError("x\r\n" * 10_000))
    assert len(failure.text) <= MAX_TEXT
    assert "\n" not in failure.text


def test_an_exception_that_cannot_say_itself():
    class Mute(httpx.ReadError):
        def __str__(self):
            raise ValueError

    assert failure_of(Mute("x")).kind == FailureKind.RESET


def test_a_circle_of_causes_ends():
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert failure_of(one).kind == FailureKind.OURSELVES
