"""The real article, from its file to its feeds."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from feedbot.core.article import LinkRole
from feedbot.state import planning, targets

SEED = Path(__file__).parents[2] / "shared" / "seed"


@pytest.fixture
def seeded(news):
    if not SEED.is_dir():
        pytest.skip("may be skipped: the real input is not part of the repository")
    for path in SEED.glob("*.md"):
        news.age(Path(shutil.copy(path, news.folder / "articles" / path.name)))
    news.build()
    return news


@pytest.mark.parametrize("name", ["all.rss", "all.atom", "ai.rss", "computer-vision.atom"])
def test_title_date_provider_topics_image_and_related_come_through(seeded, name):
    feed = feedparser.parse(seeded.feeds()[name])
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == "London Police Amp Up Surveillance With Real-Time Facial Recognition"
    assert entry.link == "https://www.nytimes.com/2020/01/24/business/london-police-facial-recognition.html"
    assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == datetime(2020, 1, 24, 14, 57, tzinfo=UTC)
    assert entry.author == "New York Times"
    assert [tag.term for tag in entry.tags] == ["AI", "Computer Vision"]
    assert "24london-recog" in entry.content[0].value
    related = [link.href for link in entry.links if link.rel == "related"]
    assert [url.split("/")[2] for url in related] == [
        "techcrunch.com",
        "time.com",
        "news.sky.com",
        "abcnews.go.com",
        "www.independent.co.uk",
    ]


def test_every_link_becomes_a_target_with_its_role(seeded):
    with seeded.state() as state:
        due = planning.due(state, seeded.clock.now())
        roles = [place.role for places in targets.places(state, [one.id for one in due]).values() for place in places]
    assert len(due) == 21
    assert {role: roles.count(role) for role in set(roles)} == {
        LinkRole.SOURCE: 1,
        LinkRole.AMP: 1,
        LinkRole.CDN_AMP: 1,
        LinkRole.IMAGE: 1,
        LinkRole.PROVIDER_IMAGE: 1,
        LinkRole.RELATED_SOURCE: 5,
        LinkRole.RELATED_AMP: 3,
        LinkRole.RELATED_CDN_AMP: 3,
        LinkRole.RELATED_IMAGE: 5,
    }


def test_the_secret_of_the_real_article_is_nowhere(seeded):
    text = next(SEED.glob("*.md")).read_text(encoding="utf-8")
    secret = text.split('secured: "')[1].split('"')[0]
    assert len(secret) > 500
    for path in seeded.folder.rglob("*"):
        if path.is_file() and path.parent.name != "articles":
            content = path.read_bytes()
            assert secret[:40].encode() not in content
            assert secret[-20:].encode() not in content
