"""AMP pages in caches: which address of a cache stands for a page.

The rule is that of "AMP Cache URL format" (amp.dev, learn, AMP caches and CORS): the page's domain becomes one
label of the cache's domain, its scheme and address the path.
"""

import hashlib
import unicodedata
from base64 import b32encode

from feedbot.core.url import InvalidUrl, split_url

CACHE_DOMAINS = ("cdn.ampproject.org", "bing-amp.com")

_MAX_LABEL = 63


def cache_of(url: str) -> str | None:
    """The AMP cache that a canonical URL belongs to, by its domain; None where it is of none."""
    host = split_url(url).host.rstrip(".")
    return next((cache for cache in CACHE_DOMAINS if host == cache or host.endswith(f".{cache}")), None)


def cache_address(url: str, cache: str = CACHE_DOMAINS[0]) -> str:
    """The address under which a cache serves the AMP page at a canonical http(s) URL.

    Raises InvalidUrl where it is no URL.
    """
    parts = split_url(url)
    scheme, _, rest = url.partition("://")
    secure = "s/" if scheme == "https" else ""
    return f"https://{cache_label(parts.host)}.{cache}/c/{secure}{rest}"


def why_not_cache_of(cached: str, page: str) -> str | None:
    """Why a canonical URL is not the cache address of an AMP page, in words; None where it is.

    The document forms `/c/` and `/v/` both stand for the page; a trailing slash and the scheme may differ, for
    caches serve both.
    """
    try:
        cache = cache_of(cached)
        expected = cache_address(page, cache or CACHE_DOMAINS[0])
    except InvalidUrl:
        return "is not the cache address of a page"
    if cache is None:
        return f"is not at an AMP cache that feedbot knows ({', '.join(CACHE_DOMAINS)})"
    if _essence(cached) != _essence(expected):
        return f"is not the cache address of its AMP page, which would be {expected}"
    return None


def cache_label(host: str) -> str:
    """The label that stands for a domain (lower case, in Punycode where it is international) in a cache's domain."""
    if _is_readable(host):
        label = _encoded(_in_unicode(host).replace("-", "--").replace(".", "-"))
        if len(label) <= _MAX_LABEL:
            return f"0-{label}-0" if _has_reserved_hyphens(label) else label
    return b32encode(hashlib.sha256(host.encode()).digest()).decode().rstrip("=").lower()


def _is_readable(host: str) -> bool:
    directions = {unicodedata.bidirectional(character) for character in _in_unicode(host)}
    is_mixed = "L" in directions and not directions.isdisjoint({"R", "AL"})
    return "." in host and len(host) <= _MAX_LABEL and not is_mixed and not _has_reserved_hyphens(host)


def _has_reserved_hyphens(name: str) -> bool:
    """True for hyphens where only Punycode may have them (RFC 5891, 4.2.3.1)."""
    return name[2:4] == "--" and not name.startswith("xn--")


def _in_unicode(host: str) -> str:
    return ".".join(_decoded(label) for label in host.split("."))


def _decoded(label: str) -> str:
    # The codec alone, not IDNA: caches take emoji too, which IDNA 2008 refuses.
    try:
        return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _encoded(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _essence(url: str) -> str:
    host, _, path = url.partition("://")[2].partition("/")
    for kind in ("c/", "v/"):
        path = path.removeprefix(kind)
    return f"{host}/{path.removeprefix('s/').rstrip('/')}"
