"""What a page says against what else is known of its link."""

import msgspec
import pytest

from feedbot.core.context import Context, Sibling
from feedbot.core.page import RULES, PageSignals
from feedbot.core.soft_death import wants_sibling
from feedbot.core.verdict import VerdictKind, judge
from tests.core.histories import START, URL, answered, asked

TITLE = "A short history of region locks"


def page(words, title=TITLE, **signals):
    return PageSignals(RULES, media="text/html", title=title, words=words, **signals)


@pytest.mark.parametrize("signal", ["challenge", "wall", "login"])
def test_an_article_that_quotes_a_wall_is_none(signal):
    of_the_article = Context(titles=(TITLE,))

    def kind(words, context=of_the_article, **more):
        return judge(answered(asked(200, signals=page(words, **{signal: "text says so"}, **more))), context).kind

    assert kind(200) is VerdictKind.ALIVE
    # A notice may carry the title of what it stands before.
    assert kind(60) is VerdictKind.BLOCKED
    assert kind(200, title="Are you human?") is VerdictKind.BLOCKED
    assert kind(200, context=Context()) is VerdictKind.BLOCKED


def test_a_header_is_believed_whatever_the_page_says():
    seen = answered(asked(200, challenge="Cloudflare: header cf-mitigated", signals=page(200)))
    assert judge(seen, Context(titles=(TITLE,))).kind is VerdictKind.BLOCKED


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("https://registrar.example.net/forsale/example.org", VerdictKind.PARKED),
        ("https://registrar.example.net/lander?domain=EXAMPLE.org", VerdictKind.PARKED),
        ("https://registrar.example.net/forsale", VerdictKind.SUSPECT),
    ],
)
def test_a_name_offered_by_another_site_is_parked(place, kind):
    offer = page(40, title="Buy now", parked="text says 'this domain is for sale'")
    seen = answered(asked(302, location=place), asked(200, hop=1, url=place, signals=offer))
    assert seen.url == URL
    assert judge(seen, Context(titles=(TITLE,))).kind is kind


NOT_FOUND = "Article not found"


@pytest.mark.parametrize(
    ("titles", "signals", "kind"),
    [
        ((TITLE,), page(40, title=f"{NOT_FOUND} | News", h1=NOT_FOUND), VerdictKind.SOFT_DEAD),
        # One place only, much text, no title to know the article by, or the article's own title.
        ((TITLE,), page(40, title=f"{NOT_FOUND} | News", h1="Sorry"), VerdictKind.ALIVE),
        ((TITLE,), page(40, title=f"{NOT_FOUND} | News"), VerdictKind.ALIVE),
        ((TITLE,), page(900, title=f"{NOT_FOUND} | News", h1=NOT_FOUND), VerdictKind.ALIVE),
        ((), page(40, title=f"{NOT_FOUND} | News", h1=NOT_FOUND), VerdictKind.ALIVE),
        ((NOT_FOUND,), page(40, title=f"{NOT_FOUND} | News", h1=NOT_FOUND), VerdictKind.ALIVE),
    ],
)
def test_not_found_in_title_and_h1_leaves_no_doubt(titles, signals, kind):
    signals = msgspec.structs.replace(signals, not_found=f"title says '{NOT_FOUND}'")
    assert judge(answered(asked(200, signals=signals)), Context(titles=titles)).kind is kind


@pytest.mark.parametrize("titles", [(TITLE,), ("The Low Tide",)])
def test_a_front_page_under_every_address_is_no_article(titles):
    front = page(300, title="The Low Tide", canonical="https://example.org/", fingerprint="0123456789abcdef")
    beside = Sibling("https://example.org/made-up", START, "https://example.org/made-up", 200, front)
    verdict = judge(answered(asked(200, signals=front)), Context(titles=titles, sibling=beside))
    # Where it carries the article's title, the site may have put that there.
    assert verdict.kind is (VerdictKind.SOFT_DEAD if titles == (TITLE,) else VerdictKind.ALIVE)
    assert judge(answered(asked(200, signals=front)), Context(titles=titles)).kind is VerdictKind.ALIVE


@pytest.mark.parametrize("beside", [True, False])
def test_a_servers_own_page_under_every_address_is_no_article(beside):
    shown = page(40, title="Welcome to nginx!", default_page="nginx: title says so", fingerprint="0123456789abcdef")
    sibling = Sibling("https://example.org/made-up", START, "https://example.org/made-up", 200, shown)
    seen = answered(asked(200, signals=shown))
    assert wants_sibling(seen, Context())
    verdict = judge(seen, Context(sibling=sibling if beside else None))
    assert verdict.kind is (VerdictKind.SOFT_DEAD if beside else VerdictKind.ALIVE)
