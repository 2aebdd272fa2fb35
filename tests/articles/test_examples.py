"""The example articles show what their README says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedbot.articles.find import find_files
from feedbot.articles.understand import understand
from feedbot.config import DEFAULT_EXCLUDE
from feedbot.core.article import Article, Rejected, is_published
from tests.articles.written import RULES

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Article | Rejected]:
    found = find_files(EXAMPLES, ["articles/**/*.md"], DEFAULT_EXCLUDE)
    outcomes = {}
    for file in found.files:
        outcome, said = understand(file.path, Path(file.full_path).read_bytes(), RULES)
        assert said == ()
        outcomes[Path(file.path).name] = outcome
    return outcomes


def test_each_file_is_in_the_readme_and_the_other_way_round(outcomes):
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")]
    assert listed == list(outcomes)


def test_one_file_is_rejected_for_its_date(outcomes):
    assert [outcome for outcome in outcomes.values() if isinstance(outcome, Rejected)] == [
        Rejected(
            "articles/2026-03-09-broken-date.md",
            5,
            "publishedDateTime: expected a date such as 2020-01-24T14:57:00Z, not 'the day before yesterday'",
            column=20,
            code="date-invalid",
            field="publishedDateTime",
        )
    ]


def test_a_draft_and_a_future_article_are_not_published(outcomes):
    now = datetime(2026, 12, 1, tzinfo=UTC)
    withheld = [name for name, one in outcomes.items() if isinstance(one, Article) and not is_published(one, now)]
    assert withheld == ["2026-10-02-quantum-keys.md", "2099-01-01-when-the-clock-runs-out.md"]


def test_topics_are_many_and_not_only_in_latin_letters(outcomes):
    topics = {topic for one in outcomes.values() if isinstance(one, Article) for topic in one.topics}
    assert topics >= {"AI", "C++", "C#", "Computer Vision", "機械学習", "Feeds", "Web Standards"}


def test_one_file_has_the_line_ends_of_windows():
    assert b"\r\n" in (EXAMPLES / "articles" / "2026-08-19-a-framework-for-risk.md").read_bytes()


def test_one_article_has_a_body_and_one_has_amp_pages(outcomes):
    articles = [one for one in outcomes.values() if isinstance(one, Article)]
    assert sum("<table>" in one.body_html for one in articles) == 1
    assert sum(one.amp_url is not None and one.cdn_amp_url is not None for one in articles) == 1
