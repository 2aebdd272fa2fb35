"""Which copies readers can be led to."""

from datetime import UTC, datetime

import pytest

from feedbot.core.observation import Answered, Failed, Failure, FailureKind, Observation
from feedbot.core.page import read_page
from feedbot.core.snapshot import Snapshot
from feedbot.core.snapshot_look import judge_snapshot
from tests.core.histories import asked

REPLAY = "https://web.archive.org/web/"
URL = "https://news.example/story"
COPY = f"{REPLAY}20261001083005/{URL}"
LATER = f"{REPLAY}20261003083005/{URL}"
TITLE = "A short history of region locks"
AT = datetime(2026, 11, 1, tzinfo=UTC)
GOOD = f"<title>{TITLE} | News</title><h1>{TITLE}</h1><p>" + "words " * 200


def page(html, url=COPY, status=200):
    return read_page(url, status, {"content-type": "text/html"}, html.encode())


def seen(status=200, html=GOOD, url=COPY, through=()):
    hops = [asked(302, hop=hop, url=one, location="x") for hop, one in enumerate(through)]
    last = asked(status, hop=len(hops), url=url, signals=page(html, url, status))
    return Observation(COPY, AT, 10, (*hops, last), Answered(status, url))


def look(observation, title=TITLE):
    return judge_snapshot(observation, REPLAY, URL, title)


@pytest.mark.parametrize("title", [TITLE, "", "The editors have called it otherwise"])
def test_a_copy_that_shows_a_page_is_good(title):
    assert look(seen(), title).snapshot == Snapshot(COPY, datetime(2026, 10, 1, 8, 30, 5, tzinfo=UTC))


def test_readers_are_led_to_where_the_archive_led():
    assert look(seen(url=LATER, through=[COPY])).snapshot == Snapshot(
        LATER, datetime(2026, 10, 3, 8, 30, 5, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "html",
    [
        "<title>Page not found</title><h1>Page not found</h1><p>Sorry.",
        # One sign alone: of a link, a made-up address beside it would be asked; there is none beside a copy.
        "<title>Page not found</title><h1>News</h1><p>" + "words " * 100,
        "",
        "<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x.js'></script>",
    ],
)
def test_a_copy_of_what_is_no_page_is_none(html):
    found = look(seen(html=html))
    assert found.snapshot is None
    assert found.is_sure
    assert found.why.startswith("a copy of no page: ")


def test_an_article_on_missing_pages_is_one():
    title = "Page not found"
    html = f"<title>{title}</title><h1>{title}</h1><p>" + "words " * 200
    assert look(seen(html=html), title).snapshot is not None
    assert look(seen(html=html), "Something else").snapshot is None


@pytest.mark.parametrize(
    ("url", "through"),
    [
        (f"{REPLAY}20261001083005/https://news.example/", [COPY]),
        ("https://news.example/story", [COPY]),
        ("https://web.archive.org/", [COPY]),
        (LATER, [COPY, "https://elsewhere.example/"]),
    ],
)
def test_what_leads_to_another_page_or_through_another_host_is_none(url, through):
    found = look(seen(url=url, through=through))
    assert (found.snapshot, found.is_sure) == (None, True)
    assert "no copy of the page" in found.why


@pytest.mark.parametrize(("status", "is_sure"), [(404, True), (410, True), (403, False), (429, False), (503, False)])
def test_a_copy_that_is_not_shown_is_none_and_an_archive_that_does_not_answer_is_asked_again(status, is_sure):
    found = look(seen(status))
    assert (found.snapshot, found.is_sure) == (None, is_sure)


def test_a_look_that_fails_says_nothing():
    failed = Observation(COPY, AT, 10, (), Failed(Failure(FailureKind.TIMEOUT, "no full answer in 30 s"), COPY))
    assert (look(failed).snapshot, look(failed).is_sure) == (None, False)
