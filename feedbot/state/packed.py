"""What state.db holds packed: JSON of which much repeats, as raw DEFLATE (RFC 1951) with a dictionary.

The dictionary is what such a text is expected to say again: words of its kind, and the URL of its link or, for a look,
the whole text of an earlier look at the same link, on which it leans. So a look that says what was seen before takes
some sixty bytes, and is given back to the byte. What is packed can be unpacked with the same words alone: they are
never changed.
"""

import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from feedbot.core.context import Context
from feedbot.core.observation import Exchange
from feedbot.errors import StateError
from feedbot.state.stored import damaged, decoder

_decode_exchanges = decoder(tuple[Exchange, ...])
_decode_context = decoder(Context)

_WINDOW_BITS = -12
"""Raw, with a window of 4 kB: what is said twice lies nearer, and a small window is soon made."""
_MEMORY_LEVEL = 5
_LEVEL = 6

_WHOLE_WINDOW_BITS = -15
_FAST = 1
"""An article is packed in 25 us of the millisecond that reading it takes; with level 6 it is 35, for a tenth less."""

_LOOK_WORDS = (
    b'"failure":{"kind":"connect_timeout","text":"}],"location":"https://,"retry_after_s":"challenge":"cf-mitigated"'
    b'"accepted":true,"http_version":"HTTP/1.1","certificate_expires_at":"2026-01-01T00:00:00Z","not_found":"title says'
    b'"fingerprint":""canonical":"https://www.","amphtml":"https://"words":"is_amp":true,"is_app":true'
    b'{"roles":["related.source","image"],"titles":["],"was_titled":true,"sibling":{"url":"asked_at":"source":{"amp":{'
    b',"length":"signals":{"rules":1,"media":"image/jpeg"}}]text/html","title":"","h1":"","og_title":"'
    b'"bytes_read":,"etag":"W/\\"","last_modified":"Mon, 01 Jan 2024 00:00:00 GMT","phases":['
    b'[{"hop":0,"method":"HEAD","url":"GET","url":"","status":304,"peer":"200,"peer":"","http_version":"HTTP/2","elapsed_ms":'
)
_PAGE_WORDS = (
    b'"canonical":"https://www.","amphtml":"https://"refresh":"login":"wall":"is_app":true,"is_amp":true,"words":,'
    b'"fingerprint":"{"rules":1,"media":"image/jpeg"}text/html","title":"","h1":"","og_title":"'
)
_STATUS_WORDS = (
    b'"by_request":true"nameless":true"moved_to":"https://www."moved_looks":"moved_first_at":"2026-"reason":"",'
    b'"strikes":,"first_strike_at":"2026-"last_strike_at":"2026-"rule":{"strikes":3,"over_s":518400.0},"revived_at":"'
    b'"kind":"moved""failing""dead","since_at":"missing""unreachable""blocked"{"kind":"alive","since_at":"2026-01-01T'
    b'","verdict":"alive","checked_at":"2026-01-01T00:00:00Z","first_alive_at":"2026-01-01T00:00:00Z"}'
)


_ARTICLE_WORDS = (
    b'{"path":"content/posts/index.mdarticles/2026-01-01-","title":"","source_url":"https://www.","published_at":'
    b'"2026-01-01T00:00:00Z","updated_at":null,"own_id":null,"amp_url":null,"cdn_amp_url":"https://www-","excerpt":"",'
    b'"body_html":"<p>","kind":"article","category":"","quality":null,"heat":null,"draft":false,"provider":{"name":"",'
    b'"domain":""},"topics":["",""],"images":[{"url":"https://www.","width":1200,"height":630,"title":""}],"related":['
    b'{"title":"","source_url":"https://www.","amp_url":null,"cdn_amp_url":null,"excerpt":"","published_at":null,'
    b'"provider":{"name":"","domain":""},"images":[{"url":"https://","width":1050,"height":549,"title":""}]},'
    b'{"title":"","source_url":"https://","amp_url":"https://www","cdn_amp_url":null,"excerpt":"","published_at":null,'
    b'"provider":{"name":"","domain":""},"images":[]}],"links":[]}'
)


def pack_article(article: bytes) -> bytes:
    """The last good version of an article file (Article in JSON)."""
    deflating = zlib.compressobj(_FAST, zlib.DEFLATED, _WHOLE_WINDOW_BITS, zdict=_ARTICLE_WORDS)
    return deflating.compress(article) + deflating.flush()


def unpack_article(packed: bytes) -> bytes:
    """The article again; raises StateError where that is none."""
    return _inflated(packed, _ARTICLE_WORDS, _WHOLE_WINDOW_BITS)


def pack_page(page: bytes, url: str) -> bytes:
    """What a page says (PageSignals in JSON), for the row of its link."""
    return _deflated(page, _PAGE_WORDS + url.encode())


def unpack_page(packed: bytes, url: str) -> bytes:
    """The page again; raises StateError where that is none."""
    return _inflated(packed, _PAGE_WORDS + url.encode())


def pack_status(status: bytes) -> bytes:
    """A status in JSON, for a link of which earlier looks are rolled up."""
    return _deflated(status, _STATUS_WORDS)


def unpack_status(packed: bytes) -> bytes:
    """The status again; raises StateError where that is none."""
    return _inflated(packed, _STATUS_WORDS)


def pack_look(exchanges: bytes, context: bytes | None, url: str, leans_on: bytes | None = None) -> bytes:
    """The exchanges of a look at this URL and its context, both JSON; `leans_on` is an earlier one, packed alone."""
    text = exchanges if context is None else exchanges + b"\n" + context
    return _deflated(text, _LOOK_WORDS + (url.encode() if leans_on is None else _whole(leans_on, url)))


def unpack_look(packed: bytes, url: str, leans_on: bytes | None = None) -> tuple[bytes, bytes | None]:
    """Exchanges and context again, the context None where none was kept; raises StateError where they are none."""
    known = url.encode() if leans_on is None else _whole(leans_on, url)
    # JSON has no line feed of its own.
    exchanges, has_context, context = _inflated(packed, _LOOK_WORDS + known).partition(b"\n")
    return exchanges, context if has_context else None


def page_of_look(packed: bytes, url: str, leans_on: bytes | None = None) -> bytes | None:
    """What the page says that a look has read (PageSignals in JSON), None where it read none; else as `unpack_look`."""
    exchanges = _decode_exchanges(unpack_look(packed, url, leans_on)[0])
    signals = exchanges[-1].signals if exchanges else None
    return None if signals is None else msgspec.json.encode(signals)


def _whole(packed: bytes, url: str) -> bytes:
    return _inflated(packed, _LOOK_WORDS + url.encode())


def _deflated(text: bytes, dictionary: bytes) -> bytes:
    deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=dictionary)
    return deflating.compress(text) + deflating.flush()


def _inflated(packed: bytes, dictionary: bytes, window_bits: int = _WINDOW_BITS) -> bytes:
    try:
        inflating = zlib.decompressobj(window_bits, zdict=dictionary)
        text = inflating.decompress(packed)
    except zlib.error as error:
        raise damaged(error) from error
    if not inflating.eof:
        raise damaged("a packed text has no end")
    return text


def is_readable(packed: bytes, url: str, leans_on: bytes | None = None) -> bool:
    """True for a packed look that says what one can have seen; some bits that are others still do."""
    try:
        exchanges, context = unpack_look(packed, url, leans_on)
        _decode_exchanges(exchanges)
        if context is not None:
            _decode_context(context)
    except StateError:
        return False
    return True


def _can_be(unpack: Callable[..., Any]) -> Callable[..., bool]:
    """Whether something can be unpacked, for queries."""

    def can_be(*packed: Any) -> bool:
        try:
            return packed[0] is None or unpack(*packed) is not None
        except StateError:
            return False

    return can_be


def teach(connection: Any) -> None:
    """Let the queries of a connection pack and unpack."""

    def look(exchanges: str, context: str | None, url: str, leans_on: bytes | None) -> bytes:
        return pack_look(exchanges.encode(), None if context is None else context.encode(), url, leans_on)

    def exchanges_of(packed: bytes, url: str, leans_on: bytes | None) -> str:
        return unpack_look(packed, url, leans_on)[0].decode()

    def context_of(packed: bytes, url: str, leans_on: bytes | None) -> str | None:
        context = unpack_look(packed, url, leans_on)[1]
        return None if context is None else context.decode()

    def page_text_of_look(packed: bytes, url: str, leans_on: bytes | None) -> str | None:
        text = page_of_look(packed, url, leans_on)
        return None if text is None else text.decode()

    def page(text: str | None, url: str) -> bytes | None:
        return None if text is None else pack_page(text.encode(), url)

    def page_text(packed: bytes | None, url: str) -> str | None:
        return None if packed is None else unpack_page(packed, url).decode()

    for name, arguments, function in (
        ("pack_look", 4, look),
        ("exchanges_of", 3, exchanges_of),
        ("context_of", 3, context_of),
        ("is_readable", 3, is_readable),
        ("is_page", 2, _can_be(unpack_page)),
        ("is_article", 1, _can_be(unpack_article)),
        ("is_status", 1, _can_be(unpack_status)),
        ("page_of_look", 3, page_text_of_look),
        ("pack_page", 2, page),
        ("page_text", 2, page_text),
        ("pack_status", 1, lambda text: pack_status(text.encode())),
        ("pack_article", 1, pack_article),
        ("article_text", 1, lambda packed: unpack_article(packed).decode()),
        ("status_text", 1, lambda packed: unpack_status(packed).decode()),
    ):
        connection.create_function(name, arguments, function, deterministic=True)
