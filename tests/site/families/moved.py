"""Redirects that end well."""

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.pages import article, front_page
from tests.site.server import Reply, Script, turns


def to(status: int, location: str, body: bytes = b"") -> Reply:
    """A redirect."""
    return Reply(status, body, headers=(("Location", location),))


def _chain(expect: VerdictKind, title: str, why: str, *steps: tuple[str, int, str], last: str) -> Case:
    answers: dict[str, Script] = {url: to(status, location) for url, status, location in steps}
    answers[last] = Reply(200, article(title))
    ways = [url for url, _, _ in steps] + [last]
    # As far as the redirects are for good without a break.
    good = next((number for number, step in enumerate(steps) if step[1] not in {301, 308}), len(steps))
    moved_to = ways[good] if good else None
    return Case(steps[0][0], expect, why, answers, (title,), living=True, moved_to=moved_to)


def _moved() -> Iterator[Case]:
    def one(title: str, why: str, *steps: tuple[str, int, str], last: str) -> Case:
        return _chain(VerdictKind.MOVED, title, why, *steps, last=last)

    yield one(
        "A new path", "301 to a new path", ("https://relaid.test/old", 301, "/new"), last="https://relaid.test/new"
    )
    yield one("A newer path", "308", ("https://relaid-two.test/old", 308, "/new"), last="https://relaid-two.test/new")
    yield one(
        "Secured",
        "http to https",
        ("http://secured.test/story", 301, "https://secured.test/story"),
        last="https://secured.test/story",
    )
    yield one(
        "Slashed",
        "a slash at the end",
        ("https://slash.test/a", 301, "https://slash.test/a/"),
        last="https://slash.test/a/",
    )
    yield one(
        "With www",
        "www before the name",
        ("https://barename.test/a", 301, "https://www.barename.test/a"),
        last="https://www.barename.test/a",
    )
    yield one(
        "Without www",
        "www taken away",
        ("https://www.shortname.test/a", 308, "https://shortname.test/a"),
        last="https://shortname.test/a",
    )
    yield one(
        "Stripped",
        "tracking parameters taken away",
        ("https://stripper.test/a?utm_source=feed&fbclid=1", 301, "https://stripper.test/a"),
        last="https://stripper.test/a",
    )
    yield one(
        "Lower case",
        "another case of letters",
        ("https://casing.test/News/Bridge.HTML", 301, "/news/bridge.html"),
        last="https://casing.test/news/bridge.html",
    )
    yield one(
        "From the phone",
        "the mobile site given up",
        ("https://m.pocket.test/a", 301, "https://pocket.test/a"),
        last="https://pocket.test/a",
    )
    yield one(
        "Step by step",
        "http, www and slash, one after the other",
        ("http://stairs.test/a", 301, "https://stairs.test/a"),
        ("https://stairs.test/a", 301, "https://www.stairs.test/a"),
        ("https://www.stairs.test/a", 308, "https://www.stairs.test/a/"),
        last="https://www.stairs.test/a/",
    )
    yield one(
        "As many as are followed",
        "five redirects",
        *((f"https://five.test/{number}", 301, f"/{number + 1}") for number in range(5)),
        last="https://five.test/5",
    )
    yield one(
        "Half for good",
        "301 and then 302: the first is for good",
        ("https://halfgood.test/old", 301, "/new"),
        ("https://halfgood.test/new", 302, "/new?edition=int"),
        last="https://halfgood.test/new?edition=int",
    )
    yield one(
        "Brückenschlag",
        "a path in UTF-8, written as bytes in Location",
        ("https://umlaut.test/alt", 301, "/brücke"),
        last="https://umlaut.test/br%C3%BCcke",
    )
    yield one(
        "404 Media launches",
        "a new path with 404 in its name",
        ("https://presswatch.test/?p=404", 301, "/2023/404-media-launches/"),
        last="https://presswatch.test/2023/404-media-launches/",
    )
    yield one(
        "Under another roof: the tide tables",
        "two publishers became one; the story moved with its title",
        ("https://smallpaper.test/tides", 301, "https://bigpaper.test/regional/tides"),
        last="https://bigpaper.test/regional/tides",
    )
    yield one(
        "The long way to a short address",
        "a short link",
        ("https://tiny-link.test/x7Gq", 301, "https://essays.test/2024/a-short-address"),
        last="https://essays.test/2024/a-short-address",
    )
    yield one(
        "From one shortener to the next",
        "a short link behind another",
        ("https://tin.example/1", 301, "https://tiny-link-two.test/2"),
        ("https://tiny-link-two.test/2", 301, "https://essays-two.test/story"),
        last="https://essays-two.test/story",
    )
    yield one(
        "Deep roots of the harbour oaks",
        "another top-level domain",
        ("https://the-oak.example/story/4", 301, "https://the-oak.test/story/4"),
        last="https://the-oak.test/story/4",
    )
    title = "HEAD is told another thing"
    yield Case(
        "https://twofaced.test/old",
        VerdictKind.MOVED,
        "405 to HEAD before the redirect",
        {
            "https://twofaced.test/old": turns(to(301, "/new"), head=Reply(405)),
            "https://twofaced.test/new": turns(Reply(200, article(title)), head=Reply(405)),
        },
        (title,),
        living=True,
        moved_to="https://twofaced.test/new",
    )
    yield Case(
        "https://campaign.test/summer-2019",
        VerdictKind.MOVED,
        "one old page was sent to the front page for good; other paths have honest errors, so this is one sign only",
        {
            "https://campaign.test/summer-2019": to(301, "https://campaign.test/"),
            "https://campaign.test/": Reply(200, front_page("Summer by the Sea")),
        },
        ("Summer by the Sea",),
    )


def _on_the_way() -> Iterator[Case]:
    def one(title: str, why: str, *steps: tuple[str, int, str], last: str) -> Case:
        return _chain(VerdictKind.ALIVE, title, why, *steps, last=last)

    yield one("For now", "302", ("https://fornow.test/a", 302, "/b"), last="https://fornow.test/b")
    yield one("See other", "303", ("https://seeother.test/a", 303, "/b"), last="https://seeother.test/b")
    yield one("Same method", "307", ("https://samemethod.test/a", 307, "/b"), last="https://samemethod.test/b")
    yield one(
        "By country",
        "to the edition of a country",
        ("https://worldwide.test/story", 302, "https://worldwide.test/us/story"),
        last="https://worldwide.test/us/story",
    )
    yield one(
        "Home by language",
        "the front page in a language",
        ("https://polyglot.test/", 302, "/en/"),
        last="https://polyglot.test/en/",
    )
    yield one(
        "First for now, then for good",
        "302 and then 301",
        ("https://mixed.test/a", 302, "/b"),
        ("https://mixed.test/b", 301, "/c"),
        last="https://mixed.test/c",
    )
    yield one(
        "Relative",
        "a Location without a slash",
        ("https://relative.test/x/a", 302, "b?c=1"),
        last="https://relative.test/x/b?c=1",
    )
    yield one(
        "Schemeless",
        "a Location without a scheme",
        ("https://schemeless.test/a", 302, "//cdn.schemeless.test/a"),
        last="https://cdn.schemeless.test/a",
    )
    yield one(
        "Anchored",
        "a Location with a fragment",
        ("https://anchored.test/a", 302, "/b#part-2"),
        last="https://anchored.test/b",
    )
    yield one(
        "Syndicated: the frost",
        "to a partner’s site for now, with the title",
        ("https://partner-a.test/frost", 302, "https://partner-b.test/news/frost"),
        last="https://partner-b.test/news/frost",
    )
    yield one(
        "Counted clicks",
        "through a counter of clicks",
        ("https://clicks.test/c?u=https%3A%2F%2Fcounted.test%2Fa", 302, "https://counted.test/a"),
        last="https://counted.test/a",
    )
    yield one(
        "Spaced out",
        "a Location with spaces",
        ("https://spaces.test/a", 302, "/a story"),
        last="https://spaces.test/a%20story",
    )
    yield one(
        "There and back",
        "a cookie is set elsewhere and the way leads on",
        ("https://roundtrip.test/a", 302, "https://id.roundtrip.test/check?to=a"),
        ("https://id.roundtrip.test/check?to=a", 302, "https://roundtrip.test/a?checked=1"),
        last="https://roundtrip.test/a?checked=1",
    )
    yield one(
        "Another port",
        "a port of its own",
        ("http://porthole.test:8080/a", 302, "/b"),
        last="http://porthole.test:8080/b",
    )


FAMILIES: tuple[Family, ...] = (
    family("moved", "redirects for good that end at a living page", _moved()),
    family("on the way", "redirects for now that end at a living page", _on_the_way()),
)
