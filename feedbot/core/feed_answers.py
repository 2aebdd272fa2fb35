"""What a web server's answers for one feed file are worth to readers; docs/serving.md says what they need, and why."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from feedbot.core.doctor import Level
from feedbot.core.observation import Failure
from feedbot.core.page import read_page
from feedbot.core.page_body import HTML_TYPES, media_type

MAX_BYTES = 16 * 1024 * 1024
"""What is read of an answer, and compared of a file."""

DAY_S = 86400.0

_GZIP = 31
_MOST_AGE_S = 7 * DAY_S
_PAGE = 65_536


class Fault(StrEnum):
    """What can be wrong with the way in which a feed is served."""

    SILENT = "no answer"
    REFUSED = "the address"
    STATUS = "the code"
    CHALLENGE = "a challenge"
    BYTES = "the bytes"
    TYPE = "the type"
    GZIP_OTHER = "the compressed form"
    GZIP_NONE = "compression"
    NOT_MODIFIED = "304"
    CORS = "reading by web pages"
    CACHE = "Cache-Control"
    MOVED = "a redirect"
    UNSAFE = "a redirect away from https"


LEVELS: Mapping[Fault, Level] = {
    Fault.SILENT: Level.PROBLEM,
    # The operator's own network may lie between: the world may see the feeds well.
    Fault.REFUSED: Level.WARNING,
    Fault.STATUS: Level.PROBLEM,
    Fault.CHALLENGE: Level.PROBLEM,
    Fault.BYTES: Level.PROBLEM,
    Fault.TYPE: Level.PROBLEM,
    Fault.GZIP_OTHER: Level.PROBLEM,
    Fault.GZIP_NONE: Level.WARNING,
    Fault.NOT_MODIFIED: Level.WARNING,
    Fault.CORS: Level.WARNING,
    Fault.CACHE: Level.WARNING,
    Fault.MOVED: Level.WARNING,
    Fault.UNSAFE: Level.PROBLEM,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, after its redirects: `headers` by lower-case name, `body` as sent, `url` where it came from."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Asked:
    """A feed file as it is on disk, and what was answered for it; None is what was not asked.

    `on_disk` is what it was before and after it was asked, `age_s` for how long it has been so.
    """

    name: str
    url: str
    media_type: str
    on_disk: Sequence[bytes]
    age_s: float
    ttl_s: float
    plain: Answer | Failure
    by_tag: Answer | Failure | None = None
    by_time: Answer | Failure | None = None
    packed: Answer | Failure | None = None
    """With `Accept-Encoding: gzip`; None also where no .gz lies beside."""


Faults = list[tuple[Fault, str]]


def faults_of(asked: Asked) -> Faults:
    """What is wrong with these answers, each with the end of a sentence that begins with the file's name."""
    plain = asked.plain
    if isinstance(plain, Failure):
        fault = Fault.REFUSED if plain.kind.startswith("policy") else Fault.SILENT
        return [(fault, f"brings no answer: {plain.text}")]
    is_ours = plain.body in asked.on_disk
    if not is_ours and (challenge := _challenge(plain)) is not None:
        return [(Fault.CHALLENGE, f"is hidden by a page that readers cannot pass ({challenge})")]
    if plain.status != 200:
        return [*_moved(asked.url, plain), (Fault.STATUS, f"is answered with {plain.status}")]
    if not is_ours and (not plain.body.strip() or media_type(plain.headers, plain.body) in HTML_TYPES):
        sentence = "is answered with 200 and something that is no feed"
        return [*_moved(asked.url, plain), (Fault.STATUS, sentence)]
    return [
        *_moved(asked.url, plain),
        *_bytes(asked, plain),
        *_type(asked.media_type, plain),
        *_packed(asked, plain),
        *_not_modified(asked, plain),
        *_cors(plain),
        *_cache(plain),
    ]


def _challenge(answer: Answer) -> str | None:
    signals = read_page(answer.url, answer.status, answer.headers, answer.body[:_PAGE])
    return signals.challenge or signals.wall or signals.login


def _moved(url: str, plain: Answer) -> Faults:
    if plain.url == url:
        return []
    if url.startswith("https:") and plain.url.startswith("http:"):
        return [(Fault.UNSAFE, f"leads to {plain.url}, which anybody on the way can read and change")]
    return [(Fault.MOVED, f"leads to {plain.url}, a step more for each reader at each look")]


def _bytes(asked: Asked, plain: Answer) -> Faults:
    if plain.body in asked.on_disk:
        return []
    if asked.age_s < asked.ttl_s and _is_kept(plain):
        return []  # a cache may do without asking for as long, and readers with it
    return [(Fault.BYTES, f"is answered with {len(plain.body):,} bytes that are not those of the file")]


def _is_kept(answer: Answer) -> bool:
    """True where the answer went through a cache that says so (RFC 9111, 5.1; RFC 9211)."""
    return any(name in answer.headers for name in ("age", "cf-cache-status", "x-cache", "cache-status"))


def _type(wanted: str, plain: Answer) -> Faults:
    said = plain.headers.get("content-type", "")
    media, _, rest = said.lower().partition(";")
    charset = rest.partition("charset=")[2].strip().strip('"')
    if media.strip() == wanted and charset in {"", "utf-8"}:
        return []
    return [(Fault.TYPE, f"has the type {said or 'none'} instead of {wanted}")]


def _packed(asked: Asked, plain: Answer) -> Faults:
    packed = asked.packed
    if packed is None or isinstance(packed, Failure) or packed.status != 200:
        return []
    if packed.headers.get("content-encoding", "").strip().lower() not in {"gzip", "x-gzip"}:
        return [(Fault.GZIP_NONE, "comes uncompressed to readers that take gzip")]
    try:
        body = zlib.decompressobj(_GZIP).decompress(packed.body, MAX_BYTES)
    except zlib.error:
        return [(Fault.GZIP_OTHER, "says that it is compressed with gzip, and is not")]
    if body != plain.body and body not in asked.on_disk:
        return [(Fault.GZIP_OTHER, "has another content where it is compressed")]
    return []


def _not_modified(asked: Asked, plain: Answer) -> Faults:
    """RFC 9110, 13.1.2 and 13.1.3: a poll that finds nothing new costs no download."""
    wrong = []
    if "etag" not in plain.headers:
        wrong.append("no ETag")
    elif (told := _instead_of_304(asked.by_tag)) is not None:
        wrong.append(f"{told} to If-None-Match")
    if "last-modified" not in plain.headers:
        wrong.append("no Last-Modified")
    elif (told := _instead_of_304(asked.by_time)) is not None:
        wrong.append(f"{told} to If-Modified-Since")
    return [(Fault.NOT_MODIFIED, f"is sent whole where nothing has changed ({', '.join(wrong)})")] if wrong else []


def _instead_of_304(answer: Answer | Failure | None) -> str | None:
    if answer is None or isinstance(answer, Failure):
        return None  # what the network did says nothing of the server's ways
    return None if answer.status == 304 else str(answer.status)


def _cors(plain: Answer) -> Faults:
    if plain.headers.get("access-control-allow-origin", "").strip() == "*":
        return []
    return [(Fault.CORS, "cannot be read by web pages, such as readers in the browser")]


def _cache(plain: Answer) -> Faults:
    said = plain.headers.get("cache-control", "")
    words = {word.strip().partition("=")[0]: word.strip().partition("=")[2] for word in said.lower().split(",")}
    if not said:
        return [(Fault.CACHE, "does not say how long it may be kept, so that each cache guesses")]
    if "no-store" in words or "private" in words:
        return [(Fault.CACHE, f"may not be kept by anybody (Cache-Control: {said})")]
    age = words.get("max-age", "").strip('"')
    if age.isdecimal() and len(age) < 20 and int(age) > _MOST_AGE_S:
        return [(Fault.CACHE, f"may be kept for {int(age) / DAY_S:,.0f} days without a look (Cache-Control: {said})")]
    return []
