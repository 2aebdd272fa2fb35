"""Article files as tests write them, and the rules to read them by."""

from dataclasses import replace

from feedbot.articles.rules import ReadRules
from feedbot.articles.understand import understand
from feedbot.config import DEFAULT_FIELDS
from feedbot.core.article import Article, LinkRole, Rejected, Remark

RULES = ReadRules(fields=DEFAULT_FIELDS, timezone="UTC", site_url="https://example.org/")
SOURCE = "https://news.example.com/story"
NEEDED = f"title: A story\ndate: 2020-01-24T14:57:00Z\nsourceUrl: {SOURCE}\n"


def read(front: str, body: str = "", path: str = "articles/story.md", **rules: object):
    """The outcome and remarks of a file with this front matter."""
    raw = f"---\n{front}---\n{body}".encode()
    return understand(path, raw, replace(RULES, **rules))


def article(front: str, body: str = "", path: str = "articles/story.md", **rules: object) -> Article:
    outcome, _ = read(front, body, path, **rules)
    assert isinstance(outcome, Article), outcome
    return outcome


def rejected(front: str, body: str = "", path: str = "articles/story.md", **rules: object) -> Rejected:
    outcome, _ = read(front, body, path, **rules)
    assert isinstance(outcome, Rejected), outcome
    return outcome


def remarks(front: str, body: str = "", **rules: object) -> list[tuple[int, str]]:
    """Line and text of each remark on a file that is an article."""
    outcome, said = read(front, body, **rules)
    assert isinstance(outcome, Article), outcome
    assert all(isinstance(remark, Remark) and remark.path == "articles/story.md" for remark in said)
    return [(remark.line, remark.text) for remark in said]


def targets(outcome: Article, role: LinkRole) -> list[str]:
    return [link.url for link in outcome.links if link.role is role]
