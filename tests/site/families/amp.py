"""AMP pages, those that were withdrawn, and the cache that keeps copies of them."""

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import amp_page, article
from tests.site.server import Reply, Script

ALIVE, MISSING, WITHDRAWN = VerdictKind.ALIVE, VerdictKind.MISSING, VerdictKind.AMP_WITHDRAWN
TITLE = "The ferry that ran on time"


def _source(amp: str | None, canonical: str | None = None) -> Reply:
    """The page of the story itself, which names its AMP page or does not."""
    head = f'<link rel="amphtml" href="{amp}">' if amp else ""
    head += f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return Reply(200, article(TITLE, head=head))


def _pair(
    name: str,
    expect: VerdictKind,
    why: str,
    amp: Script,
    source: Script,
    **also: Script,
) -> Case:
    """An article with a source and an AMP page, of which the latter is judged."""
    source_url, amp_url = f"https://{name}.test/story", f"https://{name}.test/amp/story"
    answers = {amp_url: amp, source_url: source, **also}
    return Case(amp_url, expect, why, answers, (TITLE,), living=expect is ALIVE, role="amp", source=source_url)


def _pages() -> Iterator[Case]:
    def named(name: str) -> Reply:
        return _source(f"https://{name}.test/amp/story")

    page = Reply(200, amp_page(TITLE, "https://amp-alive.test/story"))
    yield _pair("amp-alive", ALIVE, "an AMP page that its source names", page, named("amp-alive"))
    yield _pair("amp-unnamed", ALIVE, "an AMP page that its source no longer names", page, _source(None))
    yield _pair(
        "amp-plain", ALIVE, "an AMP address that now shows the ordinary page", Reply(200, article(TITLE)), _source(None)
    )
    yield _pair(
        "amp-renamed",
        VerdictKind.MOVED,
        "an AMP page at a new AMP address",
        to(301, "https://amp-renamed.test/story.amp.html"),
        _source("https://amp-renamed.test/story.amp.html"),
        **{"https://amp-renamed.test/story.amp.html": page},
    )
    yield _pair("amp-walled", VerdictKind.BLOCKED, "403 for the AMP page alone", Reply(403), named("amp-walled"))
    url = "https://amp-only.test/amp/story"
    yield Case(
        url,
        ALIVE,
        "a story that has an AMP page only: it is the source",
        {url: Reply(200, amp_page(TITLE, url))},
        (TITLE,),
        living=True,
    )
    yield _pair("amp-lost", MISSING, "404, while the source still names it", Reply(404), named("amp-lost"))
    yield _pair("amp-gone", VerdictKind.GONE, "410, while the source still names it", Reply(410), named("amp-gone"))
    yield _pair("amp-orphan", MISSING, "404, and the source is 404 too", Reply(404), Reply(404))
    yield _pair("amp-unproven", MISSING, "404, and what the source names cannot be seen: 403", Reply(404), Reply(403))
    yield _pair("amp-broken", VerdictKind.UNREACHABLE, "500 each time", Reply(500), named("amp-broken"))


def _withdrawn() -> Iterator[Case]:
    def one(name: str, why: str, amp: Script, source: Script, **also: Script) -> Case:
        return _pair(name, WITHDRAWN, why, amp, source, **also)

    yield one("noamp-301", "301 to the source", to(301, "/story"), _source(None))
    yield one("noamp-302", "302 to the source", to(302, "https://noamp-302.test/story"), _source(None))
    yield one(
        "noamp-308",
        "308 to the source, which still names it",
        to(308, "/story"),
        _source("https://noamp-308.test/amp/story"),
    )
    yield one("noamp-404", "404, and the source no longer names it", Reply(404), _source(None))
    yield one("noamp-410", "410, and the source no longer names it", Reply(410), _source(None))
    yield one(
        "noamp-new",
        "404, and the source names another AMP page",
        Reply(404),
        _source("https://noamp-new.test/story/amp/"),
        **{"https://noamp-new.test/story/amp/": Reply(200, amp_page(TITLE, "https://noamp-new.test/story"))},
    )
    canonical = "https://noamp-canonical.test/story/"
    yield one(
        "noamp-canonical",
        "301 to the canonical address of the source, which is not quite the article’s",
        to(301, canonical),
        _source(None, canonical),
        **{canonical: _source(None, canonical)},
    )
    yield one(
        "noamp-moved",
        "301 to the source, which itself has moved",
        to(301, "https://noamp-moved.test/story"),
        to(301, "https://noamp-moved.test/2026/story"),
        **{"https://noamp-moved.test/2026/story": _source(None)},
    )
    amp, source = "https://amp.noamp-host.test/story", "https://www.noamp-host.test/story"
    yield Case(
        amp,
        WITHDRAWN,
        "301 from a host for AMP to the source",
        {amp: to(301, source), source: _source(None)},
        (TITLE,),
        role="amp",
        source=source,
    )


def _copies() -> Iterator[Case]:
    """The cache never decides alone: its page is judged with the AMP page it is a copy of."""

    def copy(
        name: str,
        expect: VerdictKind,
        why: str,
        cached: Script,
        amp: Script,
        *,
        is_named: bool,
    ) -> Case:
        source_url, amp_url = f"https://{name}.test/story", f"https://{name}.test/amp/story"
        cache_host = f"{name.replace('-', '--')}-test"
        url = f"https://{cache_host}.cdn.ampproject.org/c/s/{name}.test/amp/story"
        answers = {url: cached, amp_url: amp, source_url: _source(amp_url if is_named else None)}
        return Case(
            url,
            expect,
            why,
            answers,
            (TITLE,),
            living=expect is ALIVE,
            role="cdn_amp",
            source=source_url,
            amp=amp_url,
        )

    page = Reply(200, amp_page(TITLE, "https://harbourpost.test/story"))
    yield copy("harbourpost", ALIVE, "a copy of an AMP page that lives", page, page, is_named=True)
    yield copy("harbour-post", ALIVE, "the same of a host with a hyphen", page, page, is_named=True)
    yield copy(
        "uncached",
        WITHDRAWN,
        "404 in the cache, while the AMP page lives",
        Reply(404),
        page,
        is_named=True,
    )
    yield copy(
        "uncached-gone",
        WITHDRAWN,
        "410 in the cache, while the AMP page lives",
        Reply(410),
        page,
        is_named=True,
    )
    yield copy(
        "copy-outlives",
        WITHDRAWN,
        "a copy of an AMP page that was withdrawn: 404, no longer named",
        page,
        Reply(404),
        is_named=False,
    )
    yield copy(
        "copy-redirected",
        WITHDRAWN,
        "a copy of an AMP page that leads to its source",
        page,
        to(301, "/story"),
        is_named=False,
    )
    yield copy(
        "copy-of-lost",
        WITHDRAWN,
        "a copy of an AMP page that is 404 although the source names it",
        page,
        Reply(404),
        is_named=True,
    )
    yield copy(
        "neither",
        WITHDRAWN,
        "404 in the cache, and the AMP page was withdrawn",
        Reply(404),
        Reply(404),
        is_named=False,
    )
    yield copy("copy-walled", VerdictKind.BLOCKED, "403 by the cache", Reply(403), page, is_named=True)


FAMILIES: tuple[Family, ...] = (
    family("AMP pages", "AMP pages that live, moved, are lost or walled", _pages()),
    family("AMP withdrawn", "AMP pages that are no longer offered, while the source serves", _withdrawn()),
    family("AMP copies", "copies in the cache, which never decides alone", _copies()),
)
