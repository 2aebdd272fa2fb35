"""What a page says against what else is known of its link."""

import pytest

from feedbot.core.context import Context
from feedbot.core.page import RULES, PageSignals
from feedbot.core.verdict import VerdictKind, judge
from tests.core.histories import URL, answered, asked

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
