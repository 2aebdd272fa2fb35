"""The schema for editors says what reading says."""

import json

import jsonschema
import pytest
import yaml

from feedbot.articles.front_matter_schema import front_matter_schema
from feedbot.articles.understand import inspect
from feedbot.config import DEFAULT_FIELDS
from tests.articles.written import NEEDED, RULES

SCHEMA = front_matter_schema(DEFAULT_FIELDS)


def is_valid(front: str) -> bool:
    # As editors read it: a date is text.
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(json.loads(json.dumps(yaml.safe_load(front), default=str)))


def test_the_one_that_ships_is_that_of_the_code(project):
    shipped = json.loads((project / "feedbot" / "article.schema.json").read_text(encoding="utf-8"))
    assert shipped == SCHEMA
    jsonschema.Draft202012Validator.check_schema(shipped)


def test_it_knows_every_name_of_every_field():
    assert SCHEMA["properties"].keys() == {name for names in DEFAULT_FIELDS.values() for name in names}


@pytest.mark.parametrize(
    "more",
    [
        "",
        "tags: [AI, 3]\n",
        "tags: AI, Robots\n",
        "quality: 0.8\nheat: '7'\n",
        "images: /a.png\n",
        "images: [{src: /a.png, width: 20px}, https://a.example/b.png]\n",
        "provider: The News\n",
        "provider: {name: The News, domain: news.example}\n",
        "related:\n  - {title: A, sourceUrl: https://a.example/}\n",
        "ignore: true\n",
        "ignore: [https://a.example/]\n",
        "published: no\n",
        "updated: Fri, 24 Jan 2020 14:57:00 GMT\n",
        "layout: post\nanything: {at: [all]}\n",
    ],
)
def test_what_is_read_without_a_remark_is_valid(more):
    found = inspect("a.md", f"---\n{NEEDED}{more}---\n".encode(), RULES)
    assert (found.faults, found.remarks) == ((), ())
    assert is_valid(NEEDED + more)


@pytest.mark.parametrize(
    "more",
    [
        "tags: {a: 1}\n",
        "quality: good\n",
        "images: [[a]]\n",
        "images: [{width: 3}]\n",
        "images: [{url: /a.png, width: wide}]\n",
        "provider: [a]\n",
        "related: x\n",
        "related: [x]\n",
        "draft: perhaps\n",
        "updated: soon\n",
        "ampUrl: [x]\n",
        "excerpt: {a: 1}\n",
    ],
)
def test_what_is_not_valid_is_remarked_by_reading(more):
    assert not is_valid(NEEDED + more)
    assert inspect("a.md", f"---\n{NEEDED}{more}---\n".encode(), RULES).remarks


def test_the_example_articles_are_valid_but_the_one_that_is_broken(project):
    wrong = []
    for path in sorted((project / "examples" / "articles").glob("*.md")):
        front = path.read_text(encoding="utf-8").split("---\n")[1]
        if not is_valid(front):
            wrong.append(path.name)
    assert wrong == ["2026-03-09-broken-date.md"]
