"""What a URL or a header says by itself: a sign-in page, a consent page, a page for what is not found."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from urllib.parse import unquote

from feedbot.core.page_signs import Sign, alternatives, table
from feedbot.core.url import InvalidUrl, path_of, split_url

_EXTENSIONS = frozenset(["html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "jsf", "do", "cfm", "cgi"])
_SAID = 80
# The front page of a site, or of one of its languages.
_FRONT_PAGE = re.compile(r"/(?:index\.\w{2,5}|home|default\.aspx?)?|/[a-z]{2}(?:-[a-z]{2})?/?", re.IGNORECASE)


def login_url(url: str) -> str | None:
    """What of a URL says that it is a sign-in page: "path '/wp-login.php'"; None where nothing does."""
    return _said_by_url("login_urls", url)


def consent_url(url: str) -> str | None:
    """What of a URL says that it asks for consent to cookies before it shows a page."""
    return _said_by_url("consent_urls", url)


def not_found_url(url: str) -> bool:
    """True where a URL is the address of a page for what is not found.

    It says so of where a redirect ends; a link may well point to an article whose number is 404.
    """
    return _said_by_url("not_found_urls", url) is not None


def is_front_page(url: str) -> bool:
    """True for the first page of a site, or of one of its languages; for canonical URLs."""
    return _FRONT_PAGE.fullmatch(path_of(url)) is not None


def marketplace_host(host: str) -> str | None:
    """The marketplace for domains, or the parking service, that a host belongs to; None for any other."""
    sign = _find_host(_url_signs("marketplaces"), host)
    return None if sign is None else sign.name or sign.pattern


def challenge_of_headers(status: int, headers: Mapping[str, str]) -> str | None:
    """The mark of a bot wall in an answer's headers, by lower-case name; at any status."""
    for name, needle, sign in _header_signs():
        value = headers.get(name)
        if value is not None and needle in value.lower() and (not sign.statuses or status in sign.statuses):
            return f"{sign.name}: header {name}: {value[:_SAID]}"
    return None


@cache
def _header_signs() -> tuple[tuple[str, str, Sign], ...]:
    signs = []
    for sign in table("challenge_headers").signs:
        name, _, needle = sign.pattern.partition(":")
        signs.append((name.strip(), needle.strip(), sign))
    return tuple(signs)


@cache
def _url_signs(subject: str) -> dict[tuple[str, str], Sign]:
    """A table of hosts, paths and queries, by kind and wording."""
    return {(sign.kind, wording): sign for sign in table(subject).signs for wording in alternatives(sign.pattern)}


@lru_cache(maxsize=1024)
def _said_by_url(subject: str, url: str) -> str | None:
    try:
        parts = split_url(url)
    except InvalidUrl:
        return None
    signs = _url_signs(subject)
    if _find_host(signs, parts.host) is not None:
        return f"host {parts.host}"
    path, _, query = parts.path.partition("?")
    if _has_path(signs, path):
        return f"path '{path[:_SAID]}'"
    for pair in query.lower().split("&"):
        if ("query", pair) in signs or ("query", pair.partition("=")[0]) in signs:
            return f"query '{pair[:_SAID]}'"
    return None


def _find_host(signs: Mapping[tuple[str, str], Sign], host: str) -> Sign | None:
    """The sign of a host, of one above it, or of its first label ("login.*")."""
    labels = host.lower().rstrip(".").split(".")
    for start in range(len(labels) - 1):
        sign = signs.get(("host", ".".join(labels[start:])))
        if sign is not None:
            return sign
    return signs.get(("host", f"{labels[0]}.*")) if len(labels) > 2 else None


def _has_path(signs: Mapping[tuple[str, str], Sign], path: str) -> bool:
    segments = [segment for segment in unquote(path).lower().split("/") if segment]
    if not segments:
        return False
    stem, _, extension = segments[-1].rpartition(".")
    if stem and extension in _EXTENSIONS:
        segments[-1] = stem
    whole = "/".join(segments)
    if ("path", f"/{whole}") in signs:
        return True
    for start in range(max(0, len(segments) - 4), len(segments)):
        if ("path", "/".join(segments[start:])) in signs:
            return True
    return any(("path", f"{segment}/*") in signs for segment in segments[:8])
