import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from feedbot.publish.files import publish_file
from feedbot.publish.opml import OPML_NAME, FeedList, render_opml
from feedbot.publish.xml_text import xml_line
from tests.publish.feed_samples import FEED

ALL = replace(FEED, slug="all", title="Überall <3", description="", updated_at=datetime(2026, 10, 1, tzinfo=UTC))
LIST = FeedList("News & more", (ALL, FEED), ".rss")


def test_the_list_has_a_head_and_an_outline_for_each_feed_in_their_order() -> None:
    root = etree.fromstring(render_opml(LIST))
    assert (root.tag, dict(root.attrib)) == ("opml", {"version": "2.0"})
    head, body = root
    assert (head.tag, body.tag) == ("head", "body")
    assert [(child.tag, child.text) for child in head] == [
        ("title", "News & more"),
        ("dateModified", "Mon, 02 Nov 2026 07:08:09 GMT"),
    ]
    assert {outline.tag for outline in body} == {"outline"}
    shared = {"type": "rss", "htmlUrl": "https://example.org/news/", "language": "en-GB"}
    assert [dict(outline.attrib) for outline in body] == [
        {
            **shared,
            "text": "Überall <3",
            "title": "Überall <3",
            "xmlUrl": "https://example.org/feeds/all.rss",
        },
        {
            **shared,
            "text": "AI & more",
            "title": "AI & more",
            "xmlUrl": "https://example.org/feeds/ai.rss",
            "description": "What is new",
        },
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_date_is_that_of_the_newest_feed_in_gmt(order: tuple[int, int]) -> None:
    newest = datetime(2026, 11, 2, 1, 0, tzinfo=timezone(timedelta(hours=3)))
    feeds = (replace(FEED, updated_at=newest), ALL)
    data = render_opml(FeedList("x", tuple(feeds[n] for n in order), ".rss"))
    assert b"<dateModified>Sun, 01 Nov 2026 22:00:00 GMT</dateModified>" in data


@given(title=st.text(), description=st.text())
@example(title="\x00", description="\ud800\r\n\t\"'<>&")
def test_no_text_breaks_the_list_or_gets_lost(title: str, description: str) -> None:
    feed = replace(FEED, title=title, description=description)
    data = render_opml(FeedList(title, (feed,), ".json"))
    assert data == render_opml(FeedList(title, (feed,), ".json"))
    root = etree.fromstring(data)
    assert (root.findtext("head/title") or "") == xml_line(title)
    outline = root.find("body/outline")
    assert outline is not None
    assert outline.get("text") == outline.get("title") == (xml_line(title) or "ai")
    assert outline.get("description", "") == xml_line(description)


@pytest.mark.debian("newsboat")
def test_newsboat_imports_every_feed_once(tmp_path: Path) -> None:
    publish_file(tmp_path, OPML_NAME, render_opml(LIST))
    for _ in range(2):
        subprocess.run(
            ["newsboat", "-u", tmp_path / "urls", "-c", tmp_path / "cache.db", "-i", tmp_path / OPML_NAME],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            timeout=30,
        )
    lines = (tmp_path / "urls").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines] == [
        "https://example.org/feeds/all.rss",
        "https://example.org/feeds/ai.rss",
    ]
