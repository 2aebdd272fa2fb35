"""What happens in the month of the demo: which pages there are on its first day, and what changes on which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from feedbot.demo.site import NOT_FOUND, Answer

DAYS = 30

_TEXT = (
    "This page stands for a real one in the demo of feedbot. It has a title, a heading and a few sentences, because"
    " feedbot reads the pages that it asks: one that says that it is not there counts as missing, whatever its code,"
    " and one that only asks visitors to prove that they are human counts as a wall. Nothing else is to be read here."
)


def page(title: str, *, amp: str | None = None, amp_of: str | None = None) -> Answer:
    """A page that lives; `amp` is the URL of its AMP page, `amp_of` that of the article whose AMP page it is."""
    link = f'<link rel="amphtml" href="{amp}">' if amp else f'<link rel="canonical" href="{amp_of}">' if amp_of else ""
    html = "<html amp>" if amp_of else "<html>"
    name = escape(title)
    return Answer(
        body=f"<!DOCTYPE html>{html}<title>{name}</title>{link}<body><h1>{name}</h1><p>{_TEXT}</p></body></html>"
    )


@dataclass(frozen=True, slots=True)
class Event:
    """What a day brings, from its first hour: what addresses answer, what is written, and what is up or down.

    `articles` are names of files in the demo's folder articles/. `lost` are hosts whose names are gone for good;
    `is_offline` tells whether the publication's own network is down from now on.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    opened: tuple[str, ...] = ()
    """Addresses that answer so no longer: what is behind a wall is there again."""
    articles: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    is_offline: bool = False


_TRAM_AMP = "https://tramways.example/amp/night-tram"
_COMET_AMP = "https://observatory.example/amp/comet"
_SIGN_IN = "https://oldfiles.example/login"
_COMET = "The Comet That Kept Its Appointment"
_MADE_UP_PAGE = Answer(body="<!DOCTYPE html><title>Page not found</title><h1>Page not found</h1><p>Sorry.")
_GONE = Answer(410, "<!DOCTYPE html><title>Gone</title><h1>Gone</h1><p>This report has been withdrawn.")
_BOT_WALL = Answer(403, "<!DOCTYPE html><title>Forbidden</title><p>Not for machines.")
_OVERLOADED = Answer(503, "<!DOCTYPE html><title>Too many bathers</title><p>Our machine is busy with the tides.")
_FOR_SALE = Answer(body="<!DOCTYPE html><title>crumbs.example</title><p>This domain is for sale! Make an offer.")
_CASINO = Answer(body=f"<!DOCTYPE html><title>Golden Reels: 200 free spins</title><p>{'Spin and win. ' * 40}")
_ASKS_TO_STAY_AWAY = Answer(body="User-agent: feedbot\nDisallow: /\n", media="text/plain")

AT_FIRST: Mapping[str, Answer] = {
    "canary-one.example/": page("Up"),
    "canary-two.example/": page("Up"),
    "canary-three.example/": page("Up"),
    "tramways.example/night-tram": page("The Last Night Tram", amp=_TRAM_AMP),
    "tramways.example/amp/night-tram": page("The Last Night Tram", amp_of="https://tramways.example/night-tram"),
    "townhall.example/reports/night-riders": page("Who Rides at Two in the Morning"),
    "townhall.example/reports/umbrellas": page("The Umbrella Report"),
    "townhall.example/reports/mail-room": page("What Became of the Mail Room"),
    "oldfiles.example/login": page("Sign In"),
    "openshelf.example/umbrellas": page("A Library That Lends Umbrellas"),
    "clockworks.example/umbrella-rib": page("How to Mend a Rib in Ten Minutes"),
    "clockworks.example/swift-tile": page("A Roof Tile With a Door in It"),
    "clockworks.example/no-maker": page("Mending a Clock That Has No Maker"),
    "oldfiles.example/wheel": page("A Wheel Cut by Hand"),
    "swiftwatch.example/count": page("Who Counts the Swifts"),
    "swifts.example/count": page("Who Counts the Swifts"),
    "riverpost.example/notebook": page("The River Keeper's Notebook"),
    "riverpost.example/nine-lines": page("The Great Flood in Nine Lines"),
    "millbread.example/nobodys-mill": page("Bread From a Mill That Nobody Owns"),
    "crumbs.example/map": page("A Map of Sourdoughs"),
    "quietmaps.example/town": page("A Map of Quiet Places"),
    "walledgarden.example/robots.txt": _ASKS_TO_STAY_AWAY,
    "observatory.example/comet": page(_COMET, amp=_COMET_AMP),
    "observatory.example/amp/comet": page(_COMET, amp_of="https://observatory.example/comet"),
    "cyclepost.example/letters": page("Letters by Bicycle"),
    "tideoffice.example/almanac": page("What the Tide Office Knows"),
    "lido.example/tides": page("Swimming by the Table"),
    "golden-reels.example/welcome": _CASINO,
    "stonework.example/bridge": page("How to Read an Old Bridge"),
}
"""What addresses answer on the first day; all others are not found."""

AGES = {"swifts": 33, "clock": 26, "river-keeper": 19, "mill": 12, "umbrellas": 9, "quiet-places": 5, "comet": 3}
"""The articles that are there before the first day, and how many days before it they were written."""

STORY: Mapping[int, Event] = {
    1: Event(articles=("night-tram",)),
    2: Event(answers={"townhall.example/reports/umbrellas": _GONE}),
    3: Event(answers={"tramways.example/night-tram": NOT_FOUND}),
    4: Event(
        answers={
            "swiftwatch.example/count": Answer(301, location="https://swifts.example/count"),
            "clockworks.example/no-maker": _MADE_UP_PAGE,
        }
    ),
    5: Event(articles=("letters",)),
    6: Event(answers={"riverpost.example/*": _BOT_WALL}),
    7: Event(lost=("cyclepost.example",)),
    10: Event(articles=("tide-office",), answers={"crumbs.example/*": _FOR_SALE}),
    11: Event(answers={"observatory.example/amp/comet": NOT_FOUND, "observatory.example/comet": page(_COMET)}),
    12: Event(opened=("riverpost.example/*",)),
    13: Event(is_offline=True),
    16: Event(answers={"clockworks.example/no-maker": page("Mending a Clock That Has No Maker")}),
    17: Event(answers={"lido.example/tides": Answer(302, location="https://golden-reels.example/welcome")}),
    20: Event(articles=("old-bridge",), answers={"oldfiles.example/wheel": Answer(302, location=_SIGN_IN)}),
    21: Event(answers={"tideoffice.example/almanac": _OVERLOADED}),
}
"""What happens on which day, counted from 1; a day without an event is like the one before it."""


def article_names() -> set[str]:
    """The names of all articles of the story."""
    return {*AGES, *(name for event in STORY.values() for name in event.articles)}


DIED = "https://tramways.example/night-tram"
SUSPECT = "https://lido.example/tides"
"""Two links of the story that are worth a look when it is over."""
