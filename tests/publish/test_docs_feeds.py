"""docs/feeds.md is true: its feeds are what its article becomes, and its tables name what is in them."""

import os
import re
from pathlib import Path

import pytest
from lxml import etree

from feedbot.config import load_config
from feedbot.state.database import open_state
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from tests.documents import Document
from tests.publication import SteppedClock
from tests.publish.profile import faults

FILE = re.compile(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
XML = ("feeds/ai.rss", "feeds/ai.atom")


@pytest.fixture
def page(project: Path) -> str:
    return (project / "docs" / "feeds.md").read_text(encoding="utf-8")


@pytest.fixture
def shown(page: str) -> dict[str, str]:
    """Each file of the page, by its path."""
    return dict(FILE.findall(page))


def test_the_feeds_of_the_page_are_what_its_article_becomes(shown: dict[str, str], tmp_path: Path) -> None:
    feeds = {path: text for path, text in shown.items() if path.startswith("feeds/")}
    assert feeds.keys() == {*XML, "feeds/ai.json"}
    clock = SteppedClock()
    for name, text in shown.items():
        if name not in feeds:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            os.utime(path, (clock.at.timestamp() - 60,) * 2)
    config = load_config(tmp_path / "config.yaml")
    with open_state(config.state_path, who="a test") as state:
        assert read(config, state, clock).remarks == ()
        publish(config, state, clock)
    for name, text in feeds.items():
        assert (tmp_path / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", XML)
def test_the_feeds_of_the_page_hold_to_the_profile(shown: dict[str, str], name: str) -> None:
    (secret,) = re.findall(r'secured: "(.+)"', next(text for path, text in shown.items() if path.endswith(".md")))
    assert faults(shown[name].encode(), secret=secret) == []


@pytest.mark.parametrize("name", XML)
def test_the_tables_name_every_element_of_the_feeds(shown: dict[str, str], name: str) -> None:
    words = {word.partition(" ")[0] for word in Document("docs/feeds.md").spans}
    for element in etree.fromstring(shown[name].encode()).iter():
        tag = etree.QName(element).localname
        prefixed = f"{element.prefix}:{tag}" if element.prefix else tag
        assert prefixed in words | {"rss"}, prefixed
