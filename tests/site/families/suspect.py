"""Links that end at somebody else's, with another thing on the page."""

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, front_page, notice
from tests.site.server import Reply, Script


def _suspects() -> Iterator[Case]:
    def lapsed(
        name: str, place: str, why: str, status: int, page: bytes, *, everything: bool = True, **also: Script
    ) -> Case:
        url = f"https://{name}.test/2014/rowing-club-wins"
        answers: dict[str, Script] = {url: to(status, place), place: Reply(200, page), **also}
        if everything:
            answers[f"https://{name}.test/*"] = to(status, place)
        return Case(url, VerdictKind.SUSPECT, why, answers, ("Rowing club wins the autumn regatta",))

    casino = notice(
        "Lucky Reef: 200 free spins", "Welcome bonus up to 500", "Play slots, roulette and live tables now."
    )
    yield lapsed(
        "village-voice", "https://lucky-reef.test/", "a lapsed name that leads to a casino, for good", 301, casino
    )
    yield lapsed("valley-voice", "https://lucky-reef-two.test/?aff=77", "the same, for now", 302, casino)
    yield lapsed("meadow-voice", "https://slot-garden.test/en/promo", "to a casino’s inner page", 301, casino)
    yield lapsed(
        "hilltop-voice",
        "https://pills-direct.test/",
        "to a shop for pills",
        302,
        notice("Cheap pills without prescription", "Order online", "Fast delivery, discreet parcels."),
    )
    yield lapsed(
        "brook-voice",
        "https://essay-mill.test/",
        "to a seller of essays",
        301,
        article("Buy an essay written by experts", site="Essay Mill"),
    )
    yield lapsed(
        "forest-voice",
        "https://bet-harbour.test/",
        "in two steps, the first of which is its own",
        301,
        casino,
        **{
            "https://forest-voice.test/2014/rowing-club-wins": to(
                301, "https://www.forest-voice.test/2014/rowing-club-wins"
            ),
            "https://www.forest-voice.test/2014/rowing-club-wins": to(302, "https://bet-harbour.test/"),
        },
    )
    yield lapsed(
        "island-voice",
        "https://big-media.test/",
        "a bought publisher, whose stories were all sent to the buyer’s front page",
        301,
        front_page("Big Media"),
    )
    yield lapsed(
        "cape-voice",
        "https://other-news.test/2026/unrelated",
        "a short link that was given to another story",
        302,
        article("Budget vote postponed again", site="Other News"),
        everything=False,
    )
    yield lapsed(
        "delta-voice",
        "https://kazino-more.test/",
        "to a casino in Russian",
        302,
        notice("Казино Море: бонус 500", "Играть онлайн", "Слоты, рулетка, покер.", lang="ru"),
    )


FAMILIES: tuple[Family, ...] = (
    family("suspect", "another registrable domain, whose page has another title", _suspects()),
)
