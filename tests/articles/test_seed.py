"""The real article that the reading was made for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedbot.articles.understand import understand
from feedbot.core.article import Article, LinkRole, Provider
from tests.articles.written import RULES, targets

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "2020-01-24-london-police-facial-recognition.md"


@pytest.fixture(scope="module")
def raw() -> bytes:
    if not SEED.exists():
        pytest.skip("may be skipped: the seed article is not part of the repository")
    return SEED.read_bytes()


@pytest.fixture(scope="module")
def seed(raw: bytes) -> Article:
    outcome, said = understand("articles/seed.md", raw, RULES)
    assert isinstance(outcome, Article)
    assert said == ()
    return outcome


def test_title_date_and_provider_are_those_of_the_file(seed):
    assert seed.title == "London Police Amp Up Surveillance With Real-Time Facial Recognition"
    assert seed.published_at == datetime(2020, 1, 24, 14, 57, tzinfo=UTC)
    assert seed.provider == Provider("New York Times", "nytimes.com")
    assert seed.excerpt.startswith("The city, stepping into a debate over privacy, says it will use the technology “to")
    assert (seed.kind, seed.category, seed.quality, seed.heat, seed.draft) == ("article", "news", 89.0, 139.0, False)
    assert seed.body_html == ""


def test_both_topics_are_kept(seed):
    assert seed.topics == ("AI", "Computer Vision")


def test_the_image_has_its_size(seed):
    [image] = seed.images
    assert image.url.startswith("https://static01.nyt.com/images/2020/01/24/")
    assert (image.width, image.height) == (1050, 549)


def test_five_related_articles_have_their_urls_and_three_have_amp_pages(seed):
    assert [item.provider.name for item in seed.related] == ["TechCrunch", "Time", "Sky", "ABC", "Independent"]
    assert all(item.source_url for item in seed.related)
    assert [item.amp_url is not None for item in seed.related] == [True, False, True, True, False]
    assert [item.cdn_amp_url is not None for item in seed.related] == [True, False, True, True, False]
    assert all(len(item.images) == 1 and item.published_at for item in seed.related)


def test_every_url_is_a_link_with_its_role_at_its_line(seed, raw):
    counts = {role: len(targets(seed, role)) for role in LinkRole}
    assert counts == {
        LinkRole.SOURCE: 1,
        LinkRole.PAGE: 0,
        LinkRole.AMP: 1,
        LinkRole.CDN_AMP: 1,
        LinkRole.IMAGE: 1,
        LinkRole.PROVIDER_IMAGE: 1,
        LinkRole.RELATED_SOURCE: 5,
        LinkRole.RELATED_AMP: 3,
        LinkRole.RELATED_CDN_AMP: 3,
        LinkRole.RELATED_IMAGE: 5,
        LinkRole.BODY: 0,
    }
    assert len({link.url for link in seed.links}) == 21
    lines = raw.decode().splitlines()
    for link in seed.links:
        assert link.url.removeprefix("https://example.org") in lines[link.line - 1]


def test_secured_is_nowhere(seed, raw):
    secret = next(line for line in raw.decode().splitlines() if line.startswith("secured:"))
    cipher, _, vector = secret.partition('"')[2].rstrip('"').partition(";")
    shown = repr(seed)
    assert cipher[:12] not in shown
    assert vector not in shown
    assert "secured" not in shown
