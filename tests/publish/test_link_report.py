"""The operator's page and feed of links, read as a browser and a feed reader would read them."""

import re
from dataclasses import replace
from itertools import pairwise

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from feedbot.core.status import StatusKind
from feedbot.publish.link_feed import LinkEntry, LinkFeed, render_link_feed
from feedbot.publish.link_report import Looks, ReadersGet, bars, render_report
from feedbot.publish.pages import page_part
from tests.publish.link_samples import AT, DEAD, FAILING, REPORT
from tests.publish.test_pages import TEXT

ENTRY = LinkEntry(
    "tag:example.org,2026:link:0:died:2026-11-20", "https://news.example/", "died", AT, ("failing → dead: 404",)
)
FEED = LinkFeed("tag:example.org,2026:links", "Links of AI News", AT, (ENTRY,))


def parsed(report=REPORT) -> LexborHTMLParser:
    return LexborHTMLParser(render_report(report).decode())


def test_the_same_report_gives_the_same_bytes():
    assert render_report(REPORT) == render_report(replace(REPORT))


def test_the_pages_script_is_the_only_one_and_its_policy_names_it():
    page = parsed()
    [script] = page.css("script")
    assert script.text() == page_part("links.js")
    policy = page.css_first("meta[http-equiv=Content-Security-Policy]").attributes["content"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}';", policy)
    assert "unsafe" not in policy
    assert page.css_first("meta[name=robots]").attributes["content"] == "noindex, nofollow"


def test_every_status_can_be_chosen_in_the_style_alone():
    style = page_part("links.css")
    for kind in StatusKind:
        assert f"body:has(#only-{kind}:checked) tbody tr:not(.{kind})" in style


def test_a_report_without_links_says_so():
    empty = replace(
        REPORT, counts=(), rows=(), rows_count=0, hosts=(), hosts_count=0, topics=(), topics_count=0, until=None
    )
    text = parsed(empty).css_first("body").text()
    assert "No link was looked at yet." in text
    assert "There are no links." in text
    assert "There are none." in text


def test_only_web_addresses_become_links():
    rows = tuple(replace(DEAD, url=url) for url in ("javascript:alert(1)", "data:text/html,x", "https://x.org/"))
    rows = (*rows, replace(DEAD, readers_get=(ReadersGet("the copy", "javascript:alert(2)"),)))
    hrefs = [link.attributes["href"] for link in parsed(replace(REPORT, rows=rows)).css("tbody a")]
    assert {href.partition(":")[0] for href in hrefs} == {"https"}


def test_an_endless_address_is_cut_where_it_is_shown_and_leads_where_it_leads():
    url = "https://x.org/" + "a" * 5000
    [link] = parsed(replace(REPORT, rows=(replace(DEAD, url=url, readers_get=()),))).css("tbody a")
    assert link.attributes["href"] == url
    assert len(link.text()) == 301


def test_a_host_may_be_parted_after_its_dots():
    page = parsed(replace(REPORT, hosts=(replace(REPORT.hosts[0], host="a.b.example"),)))
    name = page.css_first(".hosts .name")
    assert (name.text(), name.inner_html) == ("a.b.example", "a.<wbr>b.<wbr>example")


@given(TEXT)
def test_whatever_texts_say_the_page_keeps_its_shape(text):
    row = replace(
        *(DEAD,),
        url=f"https://x.org/{text}",
        host=text,
        reason=text,
        places=(text,),
        topics=(text,),
        remarks=(text,),
        readers_get=(ReadersGet("the copy", text),),
    )
    hosts = (replace(REPORT.hosts[0], host=text),)
    hostile = parsed(replace(REPORT, title=text, rows=(row, FAILING), hosts=hosts, topics=((text, 1),)))
    calm = parsed(replace(REPORT, rows=(DEAD, FAILING), hosts=REPORT.hosts[:1], topics=(("AI", 1),)))

    def tags(page):
        # Whether an address is a web address decides whether it is a link; a host has as many parts as it has.
        return [node.tag for node in page.css("*") if node.tag not in {"a", "span", "li", "p", "wbr"}]

    assert tags(hostile) == tags(calm)
    assert not [name for node in hostile.css("*") for name in node.attributes if name.startswith("on")]


@given(st.lists(st.builds(Looks, *[st.integers(0, 1000)] * 3), max_size=30))
def test_a_chart_stays_in_its_frame_and_no_bar_covers_another(history):
    found = bars(history)
    assert len(found) == sum(bool(looks) for day in history for looks in (day.good, day.hidden, day.failing))
    by_day = {}
    for bar in found:
        assert 0 <= bar.x < 240
        assert -0.1 <= bar.y <= bar.y + bar.height <= 40.1
        by_day.setdefault(bar.x, []).append(bar)
    for stacked in by_day.values():
        for below, above in pairwise(stacked):
            assert above.y + above.height == pytest.approx(below.y, abs=0.11)


def test_the_feed_of_links_is_valid_atom(project):
    schema = etree.RelaxNG(etree.parse(project / "tests" / "publish" / "atom.rng"))
    for feed in (FEED, replace(FEED, entries=()), replace(FEED, url="https://example.org/feeds/reports/links.atom")):
        schema.assertValid(etree.fromstring(render_link_feed(feed)))


@given(TEXT)
def test_whatever_a_server_said_the_feed_of_links_stays_valid(text):
    entry = replace(ENTRY, url=f"https://x.org/{text}", lines=(text, text))
    feed = feedparser.parse(render_link_feed(replace(FEED, title=text, entries=(entry, ENTRY))))
    assert not feed.bozo
    assert [one.id for one in feed.entries] == [ENTRY.id, ENTRY.id]
    assert feed.entries[1].title == "died: https://news.example/"
