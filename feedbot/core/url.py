"""The URL of a link, made canonical by the WHATWG URL standard before anything else looks at it."""

import re
from dataclasses import dataclass
from functools import lru_cache

import ada_url

MAX_URL_LENGTH = 8192

# Fetch standard, "port blocking": ports of services that a request to could harm.
BAD_PORTS = frozenset(
    [0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103]
    + [
        104,
        109,
        110,
        111,
        113,
        115,
        117,
        119,
        123,
        135,
        137,
        139,
        143,
        161,
        179,
        389,
        427,
        465,
        512,
        513,
        514,
        515,
    ]
    + [526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049]
    + [3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080]
)

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What the standard leaves as it is: a plain host with no label in Punycode or number at its end, a path without dot
# segments or anything to be encoded, a query of plain characters. Most URLs in article files are written so, and need
# no parser.
_NORMALISED = re.compile(
    r"https?://(?:[a-z0-9-]++\.)++[a-z]{2,}+/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*+/)*+(?:[A-Za-z0-9_-][A-Za-z0-9._-]*+)?+"
    r"(?:\?[A-Za-z0-9._~=&%+,;:@/?-]*+)?+"
)

_PARTS = ("protocol", "hostname", "port", "pathname", "search")


class InvalidUrl(ValueError):
    """The text is not a URL; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class UrlParts:
    """A canonical URL taken apart; `port` is the effective one (0 where the scheme has none)."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host, with the port where that is not the scheme's own (RFC 9110, 7.2)."""
        return self.host if self.port == _DEFAULT_PORTS.get(self.scheme) else f"{self.host}:{self.port}"


def resolve_url(text: str, base: str | None = None) -> str:
    """The absolute, normalised form of a URL as written, with its fragment but without userinfo.

    Raises InvalidUrl where the text is no URL (WHATWG URL standard), is relative without a base,
    or is longer than 8,192 characters.
    """
    text = text.strip()
    if not text:
        raise InvalidUrl("empty URL")
    if len(text) > MAX_URL_LENGTH:
        raise InvalidUrl(f"URL of {len(text):,} characters (at most {MAX_URL_LENGTH:,})")
    if is_normalised(text):
        return text
    try:
        href = ada_url.normalize_url(text) if base is None else ada_url.join_url(base, text)
        if "@" in href:
            url = ada_url.URL(href)
            if url.username or url.password:  # a mailto: URL refuses to have none set
                url.username = ""
                url.password = ""
                href = url.href
    except (ValueError, UnicodeError):
        raise InvalidUrl(f"not a URL: {text[:200]!r}") from None
    return str(href)


def is_normalised(text: str) -> bool:
    """True for a canonical URL that needs no parser to tell so; `resolve_url` gives it back as it is."""
    return _NORMALISED.fullmatch(text) is not None and "xn--" not in text and len(text) <= MAX_URL_LENGTH


def has_userinfo(text: str) -> bool:
    """True where the URL as written carries a user name or password, which feedbot strips."""
    try:
        url = ada_url.URL(text.strip())
    except (ValueError, UnicodeError):
        return False
    return bool(url.username or url.password)


def canonical_url(url: str) -> str:
    """The target that a link points to: the resolved URL without its fragment, which no server sees.

    Raises InvalidUrl as `resolve_url` does.
    """
    return resolve_url(url).partition("#")[0]


# The same URL is taken apart by the executor, the prober and the wire in turn.
@lru_cache(maxsize=4096)
def split_url(url: str) -> UrlParts:
    """The parts of an absolute URL; the host of an IPv6 literal keeps its brackets.

    Raises InvalidUrl where it is no URL.
    """
    try:
        parts = ada_url.parse_url(url, _PARTS)
    except (ValueError, UnicodeError):
        raise InvalidUrl(f"not a URL: {url[:200]!r}") from None
    scheme = parts["protocol"].rstrip(":")
    port = int(parts["port"]) if parts["port"] else _DEFAULT_PORTS.get(scheme, 0)
    return UrlParts(scheme=scheme, host=parts["hostname"], port=port, path=parts["pathname"] + parts["search"])


def host_of(url: str) -> str:
    """The host of a canonical URL, without port; the whole of it where it has no authority.

    Cutting text is enough here: the standard's serialisation leaves no other form.
    """
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0] or url


def path_of(url: str) -> str:
    """The path of a canonical http or https URL, without query; cut from the text, as for `host_of`."""
    return "/" + url.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]


def why_never_asked(parts: UrlParts) -> str | None:
    """Why policy refuses the URL by its scheme or port, in words; None where it may be asked.

    Addresses are judged where a socket is opened, not here: a name says nothing about them.
    """
    if parts.scheme not in _DEFAULT_PORTS:
        return f"scheme {parts.scheme}: is not http or https"
    if not parts.host:
        return "no host"
    if parts.port in BAD_PORTS:
        return f"port {parts.port} is blocked by the Fetch standard"
    return None
