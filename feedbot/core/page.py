"""What the first 64 kB of a page say. Signals, not a judgement: that is `verdict.py`'s.

What counts as a sign of what stands in the tables of `signs/`; a page is parsed once, and its cost
has a bound whatever it holds.
"""

import re
from collections.abc import Mapping

import msgspec

from feedbot.core.page_address import (
    challenge_of_headers,
    consent_url,
    is_front_page,
    login_url,
    marketplace_host,
    not_found_url,
)
from feedbot.core.page_body import HTML_TYPES, MAX_BYTES, decoded, media_type, plain_bytes
from feedbot.core.page_fingerprint import fingerprint, same_page
from feedbot.core.page_marks import Shown, find_signs
from feedbot.core.page_markup import Markup, bounded, read_markup
from feedbot.core.page_title import resembles
from feedbot.core.page_words import count_words
from feedbot.core.url import InvalidUrl, resolve_url

__all__ = [
    "RULES",
    "PageSignals",
    "alike",
    "carries_title",
    "challenge_of_headers",
    "consent_url",
    "is_front_page",
    "login_url",
    "marketplace_host",
    "not_found_url",
    "read_page",
]

RULES = 1
"""The version of the rules below, and of the tables. Signals that others read are not compared."""

# Seconds, a fraction that nobody counts, and a URL with or without its name.
_REFRESH = re.compile(
    r"\s*+(?:([0-9]{1,9})|(?=\.))[0-9.]*+[\s;,]\s*+(?:[;,]\s*+)?+(?:url\s*+=\s*+)?+(\S.*)", re.IGNORECASE | re.DOTALL
)
_SOON_S = 10
_WALLS = ("consent", "region", "maintenance")

# A page of more words has something to say besides its form.
_LOGIN_WORDS = 250
_FORM_WORDS = 80
_SHELL_WORDS = 30
# Where the frameworks' own templates put the application, and the elements that Angular is started in.
_MOUNT = re.compile(
    r"<(?:div|main|section|body)[^<>]{0,200}?\sid=[\"']?"
    r"(?:root|app|__next|__nuxt|___gatsby|svelte|react-root|app-root|main-app|application|q-app)\b"
    r"|<(?:[a-z]+-)?(?:app|root)(?:-root)?[\s>]",
    re.IGNORECASE,
)

# A page that is cut before its body shows nothing either: styles of this size lead to more.
_MAX_EMPTY = 16_384

# Below this many words, a difference in their number says nothing.
_FEW_WORDS = 40
_SAME_LENGTH = 0.85


class PageSignals(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one page says; None and empty where it does not say it, or nobody could read it."""

    rules: int
    """RULES, the version of the rules that read the page."""
    media: str = ""
    """The media type in lower case; empty where none was said and none is recognised."""
    title: str = ""
    """White space collapsed, at most 300 characters; so are `h1` and `og_title`."""
    h1: str = ""
    og_title: str = ""
    canonical: str | None = None
    """The absolute, canonical URL of `rel=canonical`."""
    amphtml: str | None = None
    is_amp: bool = False
    refresh: str | None = None
    """Where a meta refresh or a Refresh header leads within 10 seconds, if to another URL."""
    login: str | None = None
    """What says that this is a sign-in page."""
    challenge: str | None = None
    """Which mark of a bot wall was found."""
    wall: str | None = None
    """Which mark of a consent wall, a region block or maintenance: "consent: ...", "region: ..."."""
    parked: str | None = None
    """Which wording of a parked domain, or of one for sale."""
    not_found: str | None = None
    """Where not-found wording stands, and which: "title says 'Page not found'"."""
    default_page: str | None = None
    """What says that a server or a host shows its own page where a site should be."""
    is_app: bool = False
    """The shell of a single-page application: scripts and a mount point, hardly any text."""
    is_empty: bool = False
    """Nothing to see: no words, no image, medium or frame, and no script that could bring some."""
    words: int = 0
    """Visible words in the part that was read."""
    fingerprint: str | None = None
    """Of the visible text, 16 hex digits, made to be compared by `alike` only; None where nothing asks for it."""


def read_page(url: str, status: int, headers: Mapping[str, str], body: bytes, *, compared: bool = False) -> PageSignals:
    """The signals of the page at `url`; total. `headers` are by lower-case name, `body` is raw and may be cut.

    A page that is to be `compared` has a fingerprint, as has one that bears a sign for which it will be held
    against the page of a made-up address (soft_death.py); of any other nobody would ask for it.
    """
    media = media_type(headers, body)
    plain = plain_bytes(headers, body)
    refresh = _refresh_target(url, url, headers.get("refresh", ""))
    challenge = challenge_of_headers(status, headers)
    if plain is None or media not in HTML_TYPES:
        is_empty = plain is not None and not plain.strip()
        return PageSignals(RULES, media=media, refresh=refresh, challenge=challenge, is_empty=is_empty)
    source = bounded(decoded(headers, plain))
    markup = read_markup(source)
    base = _resolved(markup.base, url) or url
    text = " ".join(markup.texts)
    words = count_words(text)
    is_app = _is_app(markup, source, words)
    # A shell has words that it has not shown yet: it is no wall for having none.
    seen = max(words, _SHELL_WORDS) if is_app else words
    is_whole = len(plain) < MAX_BYTES
    found = find_signs(Shown(markup.title, markup.h1s, markup.h2, text, seen, source, is_whole=is_whole))
    is_unseen = words <= (0 if is_whole else _SHELL_WORDS) and not markup.sources and len(plain) > _MAX_EMPTY
    is_empty = not (words or markup.embeds or markup.fields or markup.scripts or is_unseen)
    refresh = refresh or _refresh_target(url, base, markup.refresh)
    canonical = _canonical(markup.canonical, base)
    is_doubtful = (
        bool({"parked", "not_found", "default_page"} & found.keys())
        or is_empty
        or refresh is not None
        or (canonical is not None and is_front_page(canonical))
    )
    return PageSignals(
        RULES,
        media=media,
        title=markup.title,
        h1=markup.h1s[0] if markup.h1s else "",
        og_title=markup.og_title,
        canonical=canonical,
        amphtml=_canonical(markup.amphtml, base),
        is_amp=markup.is_amp,
        refresh=refresh,
        login=_login(markup, found.get("login"), words, is_whole=is_whole),
        challenge=challenge or found.get("challenge"),
        wall=_wall(found),
        parked=found.get("parked"),
        not_found=found.get("not_found"),
        default_page=found.get("default_page"),
        is_app=is_app,
        is_empty=is_empty,
        words=words,
        fingerprint=fingerprint(url, markup.title, markup.texts, markup.sources)
        if (compared or is_doubtful) and not is_unseen
        else None,
    )


def alike(one: PageSignals, other: PageSignals) -> bool:
    """True where two answers are one page, but for what each says of its own request.

    The law: symmetric, and true of a page and itself. What was not read as a page is like nothing.
    """
    if one.rules != other.rules or one.fingerprint is None or other.fingerprint is None:
        return False
    fewer, more = sorted((one.words, other.words))
    if more > _FEW_WORDS and fewer < more * _SAME_LENGTH:
        return False
    return same_page(one.fingerprint, other.fingerprint)


def carries_title(signals: PageSignals, title: str) -> bool:
    """True where a page's title, h1 or og:title resembles an article's title, in any script."""
    return resembles(title, (signals.title, signals.h1, signals.og_title))


def _login(markup: Markup, said: str | None, words: int, *, is_whole: bool) -> str | None:
    """What makes the page a sign-in page: its form is its substance, a small box beside an article is not."""
    if markup.password_fields:
        if said is not None and words <= _LOGIN_WORDS:
            return f"a password field and the {said}"
        if words <= _FORM_WORDS and is_whole:
            return "a password field and hardly anything else"
    elif said is not None and markup.text_fields and words <= _FORM_WORDS:
        # The name first, the password on the next page.
        return f"a field to fill in and the {said}"
    return None


def _wall(found: Mapping[str, str]) -> str | None:
    return next((f"{subject}: {found[subject]}" for subject in _WALLS if subject in found), None)


def _is_app(markup: Markup, source: str, words: int) -> bool:
    return markup.scripts > 0 and words <= _SHELL_WORDS and _MOUNT.search(source) is not None


def _refresh_target(url: str, base: str, written: str) -> str | None:
    """Where a refresh leads (HTML standard, "shared declarative refresh steps"), if soon and elsewhere."""
    refresh = _REFRESH.match(written)
    if refresh is None or int(refresh[1] or 0) > _SOON_S:
        return None
    target = refresh[2]
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    leads_to = _canonical(target, base)
    return leads_to if leads_to != url.partition("#")[0] else None


def _canonical(written: str, base: str) -> str | None:
    resolved = _resolved(written, base)
    if resolved is None or not resolved.startswith(("http://", "https://")):
        return None
    return resolved.partition("#")[0]


def _resolved(written: str, base: str) -> str | None:
    if not written.strip():
        return None
    try:
        return resolve_url(written, base)
    except InvalidUrl:
        return None
