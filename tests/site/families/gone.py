"""Links that are dead and say so."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, front_page, notice, shell
from tests.site.server import Reply, Script, turns

GONE, MISSING = VerdictKind.GONE, VerdictKind.MISSING


def _gone() -> Iterator[Case]:
    def one(url: str, why: str, script: Script, **also: Script) -> Case:
        return Case(url, GONE, why, {url: script, **also})

    yield one("https://taken-down.test/a", "410 and nothing", Reply(410))
    yield one(
        "https://taken-down-html.test/a",
        "410 with a page",
        Reply(410, notice("Gone", "Gone", "This story was withdrawn.")),
    )
    yield one("https://taken-down-json.test/a", "410 in JSON", Reply(410, b'{"error":"gone"}', "application/json"))
    yield one("https://taken-down-head.test/a", "405 to HEAD, 410 to GET", turns(Reply(410), head=Reply(405)))
    yield one(
        "https://taken-down-far.test/a",
        "410 behind a redirect",
        to(302, "https://taken-down-far.test/b"),
        **{"https://taken-down-far.test/b": Reply(410)},
    )
    yield one(
        "https://taken-down-lively.test/a",
        "410 with the page still in its body",
        Reply(410, article("A story that somebody linked to")),
    )
    yield one("https://taken-down-late.test/a", "500 once, then 410", turns(Reply(500), Reply(410)))


def _missing() -> Iterator[Case]:
    nginx = b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>"
    rows: tuple[tuple[str, str, Reply], ...] = (
        ("plain", "a plain server’s 404", Reply(404, nginx)),
        ("empty", "404 and nothing", Reply(404)),
        ("styled", "a 404 with all of the site around it", Reply(404, article("Page not found", weight_kb=20))),
        (
            "polite",
            "a 404 that says sorry in Spanish",
            Reply(404, notice("Página no encontrada", "Vaya", "No existe.", lang="es")),
        ),
        ("json", "a 404 in JSON", Reply(404, b'{"detail":"Not Found"}', "application/json")),
        ("text", "a 404 in plain words", Reply(404, b"404: Not Found", "text/plain")),
        (
            "wander",
            "a 404 that leads to the front page after five seconds",
            Reply(404, notice("404", "404", "Taking you home.", head='<meta http-equiv="refresh" content="5; url=/">')),
        ),
        ("front", "a 404 that shows the front page", Reply(404, front_page("The Low Tide"))),
        ("app", "a 404 drawn by a script", Reply(404, shell("Harbour"))),
        (
            "lockedup",
            "a 404 in place of a login, for what is private",
            Reply(404, notice("Not Found", "Not Found", "", more='<input type="password">')),
        ),
        (
            "guarded",
            "a 404 of a host with a guard that let it through",
            Reply(404, nginx, headers=(("X-Sucuri-ID", "14005"), ("CF-Ray", "8c1d"))),
        ),
        (
            "game",
            "a 404 with a game and a captcha in its search form",
            Reply(404, notice("404", "Lost?", "Play.", more='<div class="g-recaptcha"></div>')),
        ),
        ("image", "a 404 with a picture", Reply(404, b"\x89PNG\r\n\x1a\n" + bytes(900), "image/png")),
        ("heavy", "a 404 of 200 kB", Reply(404, article("404", weight_kb=200))),
    )
    for name, why, reply in rows:
        url = f"https://lost-{name}.test/2019/05/story"
        yield Case(url, MISSING, why, {url: reply, f"https://lost-{name}.test/*": reply})
    nowhere = "https://lost-headonly.test/a"
    yield Case(nowhere, MISSING, "200 to HEAD, 404 to GET", {nowhere: turns(Reply(404), head=Reply(200))})
    url = "https://lost-moved.test/a"
    yield Case(
        url,
        MISSING,
        "301 to a 404",
        {url: to(301, "https://lost-moved.test/b"), "https://lost-moved.test/b": Reply(404)},
    )
    url = "http://lost-www.test/a"
    yield Case(
        url,
        MISSING,
        "moved to another name without its pages",
        {url: to(301, "https://www.lost-www.test/a"), "https://www.lost-www.test/*": Reply(404, nginx)},
    )
    url = "https://lost-foreign.test/a"
    yield Case(
        url,
        MISSING,
        "sent on to another company’s 404",
        {url: to(302, "https://lost-buyer.test/a"), "https://lost-buyer.test/*": Reply(404, nginx)},
    )
    url = "https://lost-page.test/404"
    yield Case(url, MISSING, "a redirect to /404 that answers 404", {"https://lost-page.test/404": Reply(404)})
    url = "https://lost-soft.test/a"
    yield Case(
        url,
        MISSING,
        "302 to /404, which answers 404",
        {url: to(302, "/404"), "https://lost-soft.test/404": Reply(404, nginx)},
    )
    url = "https://lost-guard.test/a"
    yield Case(
        url,
        MISSING,
        "404 with DataDome’s header, as that host’s every answer",
        {url: Reply(404, nginx, headers=(("X-DataDome", "protected"),))},
    )


FAMILIES: tuple[Family, ...] = (
    family("gone", "410 in every style", _gone()),
    family("missing", "404 in every style", _missing()),
)
