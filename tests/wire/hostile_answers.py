"""Raw answers of servers that break the rules, by mistake or on purpose, and how a probe of each has to end."""

import base64
import gzip
import zlib
from dataclasses import dataclass, field
from enum import Enum

from feedbot.wire.wire import Method


class End(Enum):
    """How a server leaves a connection."""

    CLOSE = "close"
    RESET = "reset"
    HALF_CLOSE = "half-close"
    """Says that it has no more to say, and stays."""
    SILENCE = "silence"


@dataclass(frozen=True)
class Drip:
    """A piece every twentieth of a second, without end."""

    piece: bytes


@dataclass(frozen=True)
class Flood:
    """A piece as often as it is taken, 48 MiB in all."""

    piece: bytes


class Hear(Enum):
    """Waits for the first byte, as of a handshake."""

    SOMETHING = "something"


CLOSE, RESET, HALF_CLOSE, SILENCE = End
HELLO = Hear.SOMETHING
Step = bytes | Drip | Flood | End | Hear


@dataclass(frozen=True)
class Raw:
    """What a server does once it has read a request, or `at_once`; "{port}" in its bytes is its own port.

    `ends` is the outcome, a status or a FailureKind, over both wires; `httpx` over that one where it
    rightly differs, and `why` it does. Where the speed of the machine decides, two are named, with "or".
    Other paths than "/" are answered by `elsewhere`, else with a page.
    """

    steps: tuple[Step, ...]
    ends: str
    httpx: str = ""
    why: str = ""
    at_once: bool = False
    scheme: str = "http"
    method: Method = "GET"
    elsewhere: dict[str, tuple[Step, ...]] = field(default_factory=dict)


# Why the two wires differ.
PREFIX = "libcurl, like browsers, is content with a status line that begins well"
VERSIONS = "h11 takes any version of HTTP that is written like one"
PASSES_BY = "libcurl passes by a line that is no header"
LF_CR = "libcurl takes the CR for the beginning of the next line, and so never sees the end"
TOO_GREAT = "libcurl takes a length that is too great to be one for none"
DIGITS = "to h11 a size may have twenty digits"
EXTENSION = "libcurl skips it without keeping it, until the deadline or the end"
TINY = "a chunk costs h11 so much that the deadline may come before 64 kB do"
CODINGS = "h11 knows the one coding only, libcurl also what says nothing more"

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = OK + b"Content-Type: text/html\r\nContent-Length: 20\r\n\r\n<title>Page</title>\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MORE = b"ok" * 100_000


ZEROS = b"\0" * (48 << 20)
GZIP_BOMB = gzip.compress(ZEROS)


def again(body: bytes, times: int) -> bytes:
    """Compressed so many times more."""
    for _ in range(times):
        body = gzip.compress(body)
    return body


def coded(coding: str, body: bytes) -> bytes:
    head = f"Content-Encoding: {coding}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    return OK + head.encode() + body


def page(body: bytes, media: bytes = b"text/html") -> bytes:
    return OK + b"Content-Type: " + media + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


CONNECTION = {
    "closed at once": Raw((CLOSE,), "reset", at_once=True),
    "reset at once": Raw((RESET,), "reset", at_once=True),
    "silence": Raw((SILENCE,), "timeout"),
    "half-closed without a word": Raw((HALF_CLOSE,), "reset"),
    "closed after the request": Raw((CLOSE,), "reset"),
    "reset after the request": Raw((RESET,), "reset"),
    "closed in the status line": Raw((b"HTTP/1.1 2", CLOSE), "reset"),
    "reset in the status line": Raw((b"HTTP/1.1 2", RESET), "reset"),
    "silence in the status line": Raw((b"HTTP/1.1 2", SILENCE), "timeout"),
    "closed after the status line": Raw((OK, CLOSE), "reset"),
    "closed in a header": Raw((OK + b"Content-Ty", CLOSE), "reset"),
    "reset in a header": Raw((OK + b"Content-Ty", RESET), "reset"),
    "silence in a header": Raw((OK + b"Content-Ty", SILENCE), "timeout"),
    "closed in the body": Raw((OK + b"Content-Length: 9\r\n\r\nabc", CLOSE), "reset"),
    "reset in the body": Raw((OK + b"Content-Length: 9\r\n\r\nabc", RESET), "reset"),
    "silence in the body": Raw((OK + b"Content-Length: 9\r\n\r\nabc", SILENCE), "timeout"),
    "closed in the body of a 404": Raw((b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc", CLOSE), "404"),
    "silence in the body of a 404": Raw((b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc", SILENCE), "404"),
    "closed in the body of a redirect": Raw(
        (b"HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 9\r\n\r\nabc", CLOSE), "200"
    ),
    "an answer before the request": Raw((PAGE,), "200", at_once=True),
    "an answer before the request, then closed": Raw((PAGE, CLOSE), "200", at_once=True),
    "408 before the request, then closed": Raw(
        (b"HTTP/1.1 408 Late\r\nConnection: close\r\n\r\n", CLOSE), "408", at_once=True
    ),
    "two answers": Raw((PAGE + PAGE,), "200"),
    "an answer and a forged second": Raw((PAGE + b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",), "200"),
    "a page and 200 kB of nothing": Raw((PAGE + MORE,), "200"),
}

NOT_HTTP = {
    "HTTP/0.9": Raw((b"<html>hello</html>\r\n", CLOSE), "protocol"),
    "HTTP/0.9 without end": Raw((Flood(b"<html>hello</html>\r\n"),), "protocol"),
    "bytes": Raw((b"\x00\xff\xfe\x80 garbage\r\n\r\n", CLOSE), "protocol"),
    "bytes without end": Raw((Flood(b"\x00\xff\xfe\x80"),), "protocol"),
    "a greeting of SSH": Raw((b"SSH-2.0-OpenSSH_9.2\r\n", SILENCE), "protocol", at_once=True),
    "a greeting of SMTP": Raw((b"220 mail.test ESMTP\r\n", SILENCE), "protocol", at_once=True),
    "an error of Redis": Raw((b"-ERR unknown command 'GET'\r\n", CLOSE), "protocol"),
    "a frame of HTTP/2": Raw((b"\0\0\x12\4\0\0\0\0\0" + b"\0" * 18, SILENCE), "protocol"),
    "the preface of HTTP/2": Raw((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SILENCE), "protocol"),
    "an alert of TLS": Raw((b"\x15\x03\x01\0\x02\x02\x46", CLOSE), "protocol"),
    "a request": Raw((b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", CLOSE), "protocol"),
    "ICY": Raw((b"ICY 200 OK\r\n\r\n", CLOSE), "protocol"),
    "RTSP": Raw((b"RTSP/1.0 200 OK\r\n\r\n", CLOSE), "protocol"),
    "empty lines first": Raw((b"\r\n\r\n" + PAGE,), "protocol"),
    "empty lines without end": Raw((Flood(b"\r\n"),), "protocol"),
}

STATUS_LINES = {
    "no reason": Raw((b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",), "200"),
    "an empty reason": Raw((b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",), "200"),
    "a reason in latin-1": Raw((b"HTTP/1.1 200 \xe9\xff\r\nContent-Length: 0\r\n\r\n",), "200"),
    "a reason of control characters": Raw((b"HTTP/1.1 200 \x1b[31m\x07\r\nContent-Length: 0\r\n\r\n",), "200"),
    "a reason of 300 kB": Raw((b"HTTP/1.1 200 " + b"x" * 300_000 + b"\r\n\r\n", CLOSE), "protocol"),
    "a reason without end": Raw((b"HTTP/1.1 200 ", Flood(b"x" * 8192)), "protocol"),
    "words for a status": Raw((b"HTTP/1.1 OK fine\r\n\r\n", CLOSE), "protocol"),
    "no status": Raw((b"HTTP/1.1\r\n\r\n", CLOSE), "protocol"),
    "status 000": Raw((b"HTTP/1.1 000 Nil\r\n\r\n", CLOSE), "protocol"),
    "status 099": Raw((b"HTTP/1.1 099 Odd\r\n\r\n", CLOSE), "protocol"),
    "status 20": Raw((b"HTTP/1.1 20 OK\r\n\r\n", CLOSE), "protocol"),
    "status 2000": Raw((b"HTTP/1.1 2000 OK\r\n\r\n", CLOSE), "protocol"),
    "status -200": Raw((b"HTTP/1.1 -200 OK\r\n\r\n", CLOSE), "protocol"),
    "status 200.5": Raw((b"HTTP/1.1 200.5 OK\r\n\r\n", CLOSE), "200", "protocol", PREFIX),
    "status 2e2": Raw((b"HTTP/1.1 2e2 OK\r\n\r\n", CLOSE), "protocol"),
    "status in other digits": Raw(("HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(), CLOSE), "protocol"),
    "status 999": Raw((b"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n",), "999"),
    "two spaces": Raw((b"HTTP/1.1  200 OK\r\n\r\n", CLOSE), "protocol"),
    "a tab": Raw((b"HTTP/1.1\t200 OK\r\n\r\n", CLOSE), "protocol"),
    "a space in front": Raw((b" HTTP/1.1 200 OK\r\n\r\n", CLOSE), "protocol"),
    "small letters": Raw((b"http/1.1 200 ok\r\n\r\n", CLOSE), "protocol"),
    "HTTP/1.0": Raw((b"HTTP/1.0 200 OK\r\n\r\nhello", CLOSE), "200"),
    "HTTP/1.2": Raw((b"HTTP/1.2 200 OK\r\n\r\n", CLOSE), "protocol", "200", VERSIONS),
    "HTTP/1.10": Raw((b"HTTP/1.10 200 OK\r\n\r\n", CLOSE), "protocol"),
    "HTTP/1": Raw((b"HTTP/1 200 OK\r\n\r\n", CLOSE), "protocol"),
    "HTTP/2 in words": Raw((b"HTTP/2 200 OK\r\n\r\n", CLOSE), "protocol"),
    "HTTP/3 in words": Raw((b"HTTP/3 200\r\n\r\n", CLOSE), "protocol"),
    "HTTP/9.9": Raw((b"HTTP/9.9 200 OK\r\n\r\n", CLOSE), "protocol"),
    "HTTP/-1.1": Raw((b"HTTP/-1.1 200 OK\r\n\r\n", CLOSE), "protocol"),
}

INTERIM = {
    "a hundred 100s, then a page": Raw((b"HTTP/1.1 100 Go on\r\n\r\n" * 100 + PAGE,), "200"),
    "early hints, then a page": Raw((b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" + PAGE,), "200"),
    "100s without end": Raw((Flood(b"HTTP/1.1 100 Go on\r\n\r\n"),), "protocol"),
    "103s without end": Raw((Flood(b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n"),), "protocol"),
    "102s dripped": Raw((Drip(b"HTTP/1.1 102 Wait\r\n\r\n"),), "timeout"),
    "100, then silence": Raw((b"HTTP/1.1 100 Go on\r\n\r\n", SILENCE), "timeout"),
    "100, then closed": Raw((b"HTTP/1.1 100 Go on\r\n\r\n", CLOSE), "reset"),
    "199, then a page": Raw((b"HTTP/1.1 199 Odd\r\n\r\n" + PAGE,), "200"),
    "100 with a body": Raw((b"HTTP/1.1 100 Go on\r\nContent-Length: 3\r\n\r\nabc" + PAGE, CLOSE), "protocol"),
    "101 unasked": Raw(
        (b"HTTP/1.1 101 Switch\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", CLOSE),
        "protocol",
    ),
    "101 to HTTP/2": Raw(
        (b"HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\0\0\0\4\0\0\0\0\0", SILENCE),
        "protocol",
    ),
}

HEADERS = {
    "one of 300 kB": Raw((OK + b"a: " + b"x" * 300_000 + b"\r\n\r\n", CLOSE), "protocol"),
    "200 kB of them": Raw((OK + (b"a: " + b"x" * 995 + b"\r\n") * 200 + b"\r\n", CLOSE), "protocol"),
    "20,000 of them": Raw((OK + b"a: bcdefghij\r\n" * 20_000 + b"\r\n", CLOSE), "protocol"),
    "without end": Raw((OK, Flood(b"a: b\r\n")), "protocol"),
    "one without end": Raw((OK + b"a: ", Flood(b"x" * 8192)), "protocol"),
    "a name without end": Raw((OK, Flood(b"x" * 8192)), "protocol"),
    "dripped": Raw((OK, Drip(b"a: b\r\n")), "timeout"),
    "dripped by the byte": Raw((OK + b"a: ", Drip(b"b")), "timeout"),
    "NUL in a value": Raw((OK + b"a: b\0c\r\n\r\n", CLOSE), "protocol"),
    "NUL in a name": Raw((OK + b"a\0b: c\r\n\r\n", CLOSE), "protocol"),
    "control characters in a value": Raw((OK + b"a: \x01\x1b[31m\x7f\r\nContent-Length: 0\r\n\r\n",), "200"),
    "control characters in a name": Raw(
        (OK + b"a\x01b: c\r\nContent-Length: 0\r\n\r\n",), "200", "protocol", PASSES_BY
    ),
    "latin-1 and broken UTF-8": Raw((OK + b'a: \xe9\xff\xc3\r\nETag: "\xff"\r\nContent-Length: 0\r\n\r\n',), "200"),
    "folded": Raw((OK + b"a: b\r\n c\r\n\td\r\nContent-Length: 0\r\n\r\n",), "200"),
    "folded before the first": Raw((OK + b" a: b\r\nContent-Length: 0\r\n\r\n", CLOSE), "200", "protocol", PASSES_BY),
    "folded without end": Raw((OK + b"a: b\r\n", Flood(b" c\r\n")), "protocol"),
    "no colon": Raw((OK + b"no colon here\r\nContent-Length: 0\r\n\r\n", CLOSE), "protocol"),
    "no name": Raw((OK + b": value\r\nContent-Length: 0\r\n\r\n", CLOSE), "200", "protocol", PASSES_BY),
    "a space before the colon": Raw((OK + b"Content-Length : 0\r\n\r\n", CLOSE), "200", "protocol", PASSES_BY),
    "a space in a name": Raw((OK + b"a b: c\r\nContent-Length: 0\r\n\r\n", CLOSE), "200", "protocol", PASSES_BY),
    "lines that end in LF": Raw((PAGE.replace(b"\r\n", b"\n"),), "200"),
    "lines that end in CR": Raw((PAGE.replace(b"\r\n", b"\r"), CLOSE), "reset"),
    "lines that end in LF CR": Raw((PAGE.replace(b"\r\n", b"\n\r"), CLOSE), "reset", "protocol", LF_CR),
    "a CR in a value": Raw((OK + b"a: b\rLocation: /c\r\nContent-Length: 0\r\n\r\n", CLOSE), "protocol"),
    "1,000 cookies": Raw(
        (OK + b"Set-Cookie: a=b; Path=/; Domain=.test\r\n" * 1000 + b"Content-Length: 0\r\n\r\n",), "200"
    ),
    "a cookie of 90 kB": Raw((OK + b"Set-Cookie: a=" + b"b" * 90_000 + b"\r\nContent-Length: 0\r\n\r\n",), "200"),
    "ETag and dates of 20 kB": Raw(
        (OK + b"ETag: " + b"x" * 20_000 + b"\r\nLast-Modified: " + b"y" * 20_000 + b"\r\nContent-Length: 0\r\n\r\n",),
        "200",
    ),
}

LENGTHS = {
    "negative": Raw((OK + b"Content-Length: -5\r\n\r\nhello", CLOSE), "protocol"),
    "signed": Raw((OK + b"Content-Length: +5\r\n\r\nhello", CLOSE), "protocol"),
    "hexadecimal": Raw((OK + b"Content-Length: 0x5\r\n\r\nhello", CLOSE), "protocol"),
    "a word": Raw((OK + b"Content-Length: five\r\n\r\nhello", CLOSE), "protocol"),
    "a fraction": Raw((OK + b"Content-Length: 5.0\r\n\r\nhello", CLOSE), "protocol"),
    "empty": Raw((OK + b"Content-Length: \r\n\r\nhello", CLOSE), "protocol"),
    "of 31 digits": Raw((OK + b"Content-Length: " + b"9" * 31 + b"\r\n\r\nhello", CLOSE), "200", "protocol", TOO_GREAT),
    "of 20 kB": Raw((OK + b"Content-Length: " + b"9" * 20_000 + b"\r\n\r\nhello", CLOSE), "200", "protocol", TOO_GREAT),
    "the greatest there is": Raw((OK + b"Content-Length: 9223372036854775807\r\n\r\nhello", CLOSE), "reset"),
    "ten gigabytes, sent": Raw((OK + b"Content-Length: 10000000000\r\n\r\n", Flood(b"x" * 8192)), "200"),
    "twice the same": Raw((OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",), "200"),
    "twice, and not the same": Raw((OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", CLOSE), "protocol"),
    "a list of the same": Raw((OK + b"Content-Length: 5, 5\r\n\r\nhello",), "200"),
    "a list of others": Raw((OK + b"Content-Length: 5, 6\r\n\r\nhello", CLOSE), "protocol"),
    "too short": Raw((OK + b"Content-Length: 2\r\n\r\nhello",), "200"),
    "none, and closed": Raw((OK + b"\r\nhello", CLOSE), "200"),
    "none, and silence": Raw((OK + b"\r\nhello", SILENCE), "timeout"),
    "beside chunks": Raw(
        (OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",), "200"
    ),
}

CHUNKS = {
    "no size": Raw((CHUNKED + b"\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "size of letters": Raw((CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "size with a sign": Raw((CHUNKED + b"-1\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "size with 0x": Raw((CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "size of 40 digits": Raw((CHUNKED + b"f" * 40 + b"\r\nhello", CLOSE), "protocol"),
    "size that wraps to 5": Raw(
        (CHUNKED + b"10000000000000005\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol", "reset", DIGITS
    ),
    "size of zeros without end": Raw((CHUNKED, Flood(b"0" * 8192)), "protocol"),
    "size too small": Raw((CHUNKED + b"3\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "closed in a chunk": Raw((CHUNKED + b"ff\r\nhello", CLOSE), "reset"),
    "closed before the last": Raw((CHUNKED + b"5\r\nhello\r\n", CLOSE), "reset"),
    "silence before the last": Raw((CHUNKED + b"5\r\nhello\r\n", SILENCE), "timeout"),
    "an extension without end": Raw((CHUNKED + b"5;", Flood(b"x" * 8192)), "timeout or reset", "protocol", EXTENSION),
    "an extension dripped": Raw((CHUNKED + b"5;", Drip(b"x")), "timeout"),
    "dripped by the byte": Raw((CHUNKED, Drip(b"1\r\nx\r\n")), "timeout"),
    "of a byte without end": Raw((CHUNKED, Flood(b"1\r\nx\r\n" * 1000)), "200", "200 or timeout", TINY),
    "a huge one without end": Raw((CHUNKED + b"fffffff\r\n", Flood(b"x" * 8192)), "200"),
    "trailers": Raw((CHUNKED + b"5\r\nhello\r\n0\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n",), "200"),
    "trailers without end": Raw((CHUNKED + b"0\r\n", Flood(b"a: b\r\n")), "protocol"),
    "in HTTP/1.0": Raw((b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CLOSE), "200"),
    "twice chunked": Raw(
        (OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CLOSE), "200", "protocol", CODINGS
    ),
    "gzip, chunked": Raw((OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", CLOSE), "protocol"),
    "gzip alone": Raw((OK + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(PAGE), CLOSE), "protocol"),
    "unknown": Raw((OK + b"Transfer-Encoding: xyzzy\r\n\r\nhello", CLOSE), "protocol"),
    "identity": Raw((OK + b"Transfer-Encoding: identity\r\n\r\nhello", CLOSE), "200", "protocol", CODINGS),
}

BODIES = {
    "without end": Raw((OK + b"\r\n", Flood(b"x" * 8192)), "200"),
    "dripped": Raw((OK + b"\r\n", Drip(b"x")), "timeout"),
    "dripped, of a 404": Raw((b"HTTP/1.1 404 No\r\n\r\n", Drip(b"x")), "404"),
    "without end, of a 500": Raw((b"HTTP/1.1 500 Oh\r\n\r\n", Flood(b"x" * 8192)), "500"),
    "parts without end": Raw(
        (OK + b"Content-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n", Flood(b"--b\r\n\r\nx\r\n")), "200"
    ),
    "of a 204": Raw((b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello",), "204"),
    "of a 304": Raw((b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\nhello",), "304"),
    "of a 304 to HEAD": Raw((b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\nhello",), "304", method="HEAD"),
    "of a 205": Raw((b"HTTP/1.1 205 Reset\r\nContent-Length: 5\r\n\r\nhello",), "205"),
    "of a HEAD": Raw((PAGE,), "200", method="HEAD"),
    "of a HEAD without end": Raw((OK + b"\r\n", Flood(b"x" * 8192)), "200", method="HEAD"),
    "a bomb in gzip": Raw((coded("gzip", GZIP_BOMB),), "200"),
    "a bomb in gzip in gzip": Raw((coded("gzip, gzip", again(GZIP_BOMB, 1)),), "200"),
    "a bomb in gzip five times over": Raw((coded("gzip, gzip, gzip, gzip, gzip", again(GZIP_BOMB, 4)),), "200"),
    "a bomb in deflate": Raw((coded("deflate", zlib.compress(ZEROS)),), "200"),
    "a bomb in brotli": Raw(
        (coded("br", base64.b64decode("z///f/gnAOKxQCD3/p/////wTwDEYQGA7v0/////4Z8AiMMiAN37f/7//8M/ARCHBQC69/8D")),),
        "200",
    ),
    "a bomb of 20 codings": Raw((coded(", ".join(["gzip"] * 20), GZIP_BOMB),), "200"),
    "gzip that is none": Raw((coded("gzip", b"<title>plain</title>"),), "200"),
    "gzip cut short": Raw((coded("gzip", gzip.compress(PAGE * 100)[:-9]),), "200"),
    "a coding that nobody knows": Raw((coded("x" * 5000, b"\0\1\2"),), "200"),
    "brackets, 64 kB of them": Raw((page(b"<" * 65_000),), "200"),
    "elements 20,000 deep": Raw((page(b"<b>" * 20_000),), "200"),
    "tables 5,000 deep": Raw((page(b"<table><tr><td>" * 4_300),), "200"),
    "a tag of 20,000 attributes": Raw((page(b"<p " + b"".join(b"a%d " % n for n in range(10_000)) + b">"),), "200"),
    "a title of 64 kB": Raw((page(b"<title>" + b"not found " * 6_000),), "200"),
    "a refresh to everywhere": Raw((page(b"<meta http-equiv=refresh content='0;url=//10.0.0.1/'>" * 1_000),), "200"),
    "entities": Raw((page(b"<title>" + b"&#x110000;&#0;&notin;&CounterClockwiseContourIntegral" * 1_100),), "200"),
    "NULs": Raw((page(b"<title>\0</title>" * 4_000),), "200"),
    "UTF-16 that is none": Raw((page(b"<title>x</title>", b"text/html; charset=utf-16"),), "200"),
    "a charset of 10 kB": Raw((page(b"<title>x</title>", b"text/html; charset=" + b"z" * 10_000),), "200"),
    "a media type of 50 kB": Raw((page(b"<title>x</title>", b"text/" + b"h" * 50_000),), "200"),
}

RETRY_AFTER = {
    f"{status} {value[:30].decode('latin-1')!r}": Raw(
        (b"HTTP/1.1 %d Later\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n" % (status, value),), str(status)
    )
    for status in (429, 503)
    for value in (
        *(
            b"0",
            b"-1",
            b"99999999999999999999",
            b"1e99",
            b"NaN",
            b"Infinity",
            b"9" * 20_000,
            b"",
            b"soon",
            b"1;2",
            b"\xff",
        ),
        *("٩٩".encode(), b"Fri, 31 Dec 9999 23:59:59 GMT", b"Mon, 00 Jan 0000 00:00:00 GMT", b"1 Jan 99999", b"60, 60"),
        *(b"Sun, 06 Nov 1994 08:49:37 +9999", b"Tue, 29 Feb 2100 25:61:61 EST"),
    )
}


def moved(location: bytes, ends: str, httpx: str = "", why: str = "", **elsewhere: tuple[Step, ...]) -> Raw:
    answer = b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    return Raw((answer,), ends, httpx, why, elsewhere={f"/{path}": steps for path, steps in elsewhere.items()})


def redirect(location: bytes) -> tuple[bytes]:
    return (b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n",)


LOCATIONS = {
    "none": Raw((b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",), "redirect_invalid"),
    "empty": moved(b"", "redirect_invalid"),
    "blank": moved(b" \t ", "redirect_invalid"),
    "javascript:": moved(b"javascript:alert(1)", "policy_scheme"),
    "data:": moved(b"data:text/html,hello", "policy_scheme"),
    "file:": moved(b"file:///etc/passwd", "policy_scheme"),
    "ftp:": moved(b"ftp://a.test/", "policy_scheme"),
    "gopher:": moved(b"gopher://a.test/1", "policy_scheme"),
    "mailto:": moved(b"mailto:a@b.test", "policy_scheme"),
    "about:": moved(b"about:blank", "policy_scheme"),
    "blob:": moved(b"blob:http://a.test/1", "policy_scheme"),
    "ws:": moved(b"ws://a.test/", "policy_scheme"),
    "a scheme of 8 kB": moved(b"x" * 8_000 + b":y", "policy_scheme"),
    "no host": moved(b"http://", "redirect_invalid"),
    "no host, but a path": moved(b"https:///", "redirect_invalid"),
    "port 99999": moved(b"http://a.test:99999/", "redirect_invalid"),
    "port -1": moved(b"http://a.test:-1/", "redirect_invalid"),
    "port 80a": moved(b"http://a.test:80a/", "redirect_invalid"),
    "port 0": moved(b"http://a.test:0/", "policy_port"),
    "port 22": moved(b"http://a.test:22/", "policy_port"),
    "an open bracket": moved(b"http://[::1/", "redirect_invalid"),
    "no IPv6": moved(b"http://[::g]/", "redirect_invalid"),
    "IPv6 with a zone": moved(b"http://[fe80::1%25lo]/", "redirect_invalid"),
    "IPv4 that is too long": moved(b"http://1.2.3.4.5/", "redirect_invalid"),
    "a private address": moved(b"http://10.0.0.1/", "policy_address"),
    "a space in the host": moved(b"http://a b/", "redirect_invalid"),
    "%00 in the host": moved(b"http://a%00b/", "redirect_invalid"),
    "broken UTF-8 in the host": moved(b"http://a\xff\xc3:{port}/b", "200"),
    "a label of 64": moved(b"http://" + b"a" * 64 + b".test:{port}/b", "200"),
    "NUL": moved(b"/a\0b", "protocol"),
    "CR": moved(b"/a\rSet-Cookie: b", "protocol"),
    "200 kB": moved(b"/" + b"a" * 200_000, "protocol"),
    "90 kB": moved(b"/" + b"a" * 90_000, "redirect_invalid"),
    "8,000 that become 24,000": moved(b"/" + b"\xff" * 8_000, "redirect_invalid"),
    "backslashes": moved(b"\\\\a.test:{port}\\b", "200"),
    "dots": moved(b"../../.././%2e%2e/b", "200"),
    "two slashes": moved(b"//a.test:{port}/b", "200"),
    "no slashes": moved(b"http:b", "200"),
    "UTF-8": moved("/übersicht/☃?q=é".encode(), "200"),
    "a UTF-8 host": moved("http://bücher.test:{port}/b".encode(), "200"),
    "latin-1": moved(b"/\xfcbersicht", "200"),
    "a password": moved(b"http://u:p@a.test:{port}/b", "200"),
    "twice the same": moved(b"/b\r\nLocation: /b", "200"),
    "twice": moved(b"/b\r\nLocation: javascript:1", "protocol"),
    "itself": moved(b"/", "redirect_loop"),
    "a fragment": moved(b"#top", "redirect_loop"),
    "a loop of two": moved(b"/b", "redirect_loop", b=redirect(b"/")),
    "a loop of three over names": moved(
        b"http://b.test:{port}/b", "redirect_loop", b=redirect(b"http://c.test:{port}/c"), c=redirect(b"/b")
    ),
    "five of them": moved(b"/1", "200", **{f"{n}": redirect(b"/%d" % (n + 1)) for n in range(1, 5)}),
    "six of them": moved(b"/1", "redirect_limit", **{f"{n}": redirect(b"/%d" % (n + 1)) for n in range(1, 6)}),
    "always one more": moved(b"/1", "redirect_limit", **{f"{n}": redirect(b"/%d" % (n + 1)) for n in range(1, 30)}),
    "to a server that resets": moved(b"/b", "reset", b=(RESET,)),
    "to a server that is silent": moved(b"/b", "timeout", b=(SILENCE,)),
    "of a 304": Raw((b"HTTP/1.1 304 Same\r\nLocation: /b\r\n\r\n",), "304"),
    "of a 300": Raw((b"HTTP/1.1 300 Many\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",), "300"),
}

TLS = {
    "a plain server": Raw((HELLO, b"HTTP/1.1 400 Bad\r\n\r\n", CLOSE), "tls", scheme="https", at_once=True),
    "closed at once": Raw(
        (
            HELLO,
            CLOSE,
        ),
        "tls",
        scheme="https",
        at_once=True,
    ),
    "reset at once": Raw(
        (
            HELLO,
            RESET,
        ),
        "reset",
        scheme="https",
        at_once=True,
    ),
    "silence": Raw(
        (
            HELLO,
            SILENCE,
        ),
        "connect_timeout",
        scheme="https",
        at_once=True,
    ),
    "bytes": Raw((HELLO, b"\xff" * 500, SILENCE), "tls", scheme="https", at_once=True),
    "an alert": Raw((HELLO, b"\x15\x03\x01\0\x02\x02\x28", CLOSE), "tls", scheme="https", at_once=True),
    "alerts without end": Raw(
        (
            HELLO,
            Flood(b"\x15\x03\x01\0\x02\x01\x5a"),
        ),
        "tls",
        scheme="https",
        at_once=True,
    ),
    "a record without end": Raw(
        (HELLO, b"\x16\x03\x03\x40\0", Drip(b"\0")), "connect_timeout", scheme="https", at_once=True
    ),
    "a record too long": Raw(
        (HELLO, b"\x16\x03\x03\xff\xff" + b"\0" * 70_000, SILENCE), "tls", scheme="https", at_once=True
    ),
    "an empty hello": Raw((HELLO, b"\x16\x03\x03\0\x04\x02\0\0\0", SILENCE), "tls", scheme="https", at_once=True),
}

TABLES = {
    "connection": CONNECTION,
    "not HTTP": NOT_HTTP,
    "status line": STATUS_LINES,
    "interim": INTERIM,
    "headers": HEADERS,
    "length": LENGTHS,
    "chunks": CHUNKS,
    "body": BODIES,
    "Retry-After": RETRY_AFTER,
    "Location": LOCATIONS,
    "TLS": TLS,
}
del ZEROS

ANSWERS = {f"{table}: {name}": raw for table, raws in TABLES.items() for name, raw in raws.items()}
