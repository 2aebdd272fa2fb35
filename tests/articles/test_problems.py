"""Each kind of problem: found, where it stands, and by its code."""

import json
import os
from dataclasses import replace

import msgspec
import pytest

from feedbot.articles.find import find_files
from feedbot.articles.understand import inspect
from feedbot.core.article import Article, Remark
from feedbot.core.problems import PROBLEMS, Code
from tests.articles.written import NEEDED, RULES

WITHOUT_SOURCE = "title: A\ndate: 2020-01-24\n"
MANY = f"a: [{'1,' * 20_000}]\n"

# Front matter, and the code, line, column and field of what costs the file.
REJECTED = [
    ("title: A\n", [(Code.DATE_MISSING, 0, 0, "publishedDateTime")]),
    ("date: 2020-01-24\nsourceUrl: https://a.example/\n", [(Code.TITLE_MISSING, 0, 0, "title")]),
    (
        "title: [A]\ndate: soon\nsourceUrl: nowhere\n",
        [
            (Code.DATE_INVALID, 3, 7, "date"),
            (Code.URL_INVALID, 4, 12, "sourceUrl"),
            (Code.WRONG_TYPE, 2, 8, "title"),
        ],
    ),
    (f"{NEEDED}a: [\n", [(Code.YAML_SYNTAX, 6, 1, "")]),
    (f"{NEEDED}a: &x 1\n", [(Code.YAML_ALIAS, 5, 4, "")]),
    (f"{NEEDED}a: *x\n", [(Code.YAML_ALIAS, 5, 4, "")]),
    (f"{NEEDED}[a]: 1\n", [(Code.KEY_NOT_TEXT, 5, 1, "")]),
    ("- a\n", [(Code.FRONT_MATTER_NO_FIELDS, 2, 1, "")]),
    (f"{NEEDED}a: {'[' * 21}{']' * 21}\n", [(Code.FRONT_MATTER_TOO_DEEP, 5, 23, "")]),
    (MANY, [(Code.FRONT_MATTER_TOO_LARGE, 2, 39_995, "")]),
    (WITHOUT_SOURCE + "permalink: '{{ page.url }}'\n", [(Code.TEMPLATE_MARKS, 4, 12, "permalink")]),
    (WITHOUT_SOURCE + "permalink: /:year/\n", [(Code.URL_INVALID, 4, 12, "permalink")]),
    (NEEDED.replace("/story", "/" + "ü" * 3000), [(Code.URL_TOO_LONG, 4, 12, "sourceUrl")]),
]
# Front matter below the needed one, and the code, line, column and field of what is left out.
ODD = [
    ("title: B\n", [(Code.DUPLICATE_KEY, 5, 1, "title")]),
    ("updated: soon\n", [(Code.DATE_INVALID, 5, 10, "updated")]),
    ("ampUrl: nowhere\n", [(Code.URL_INVALID, 5, 9, "ampUrl")]),
    ("ampUrl: https://me:pw@a.example/\n", [(Code.URL_CREDENTIALS, 5, 9, "ampUrl")]),
    ("ampUrl: 'https://a.example/{{ x }}'\n", [(Code.TEMPLATE_MARKS, 5, 9, "ampUrl")]),
    ("images: ['mailto:a@b.example']\n", [(Code.URL_NOT_HTTP, 5, 10, "images[1]")]),
    ("ampUrl: javascript:alert(1)\n", [(Code.URL_NOT_HTTP, 5, 9, "ampUrl")]),
    ("cdnAmpUrl: 'data:text/html,x'\n", [(Code.URL_NOT_HTTP, 5, 12, "cdnAmpUrl")]),
    (
        "related: [{title: B, sourceUrl: 'mailto:a@b.example'}]\n",
        [(Code.URL_NOT_HTTP, 5, 33, "related[1].sourceUrl")],
    ),
    ("images: [{width: 1}]\n", [(Code.URL_MISSING, 5, 10, "images[1]")]),
    ("images: [{url: /a.png, width: wide}]\n", [(Code.NUMBER_INVALID, 5, 31, "images[1].width")]),
    ("topics: {a: 1}\n", [(Code.WRONG_TYPE, 5, 9, "topics")]),
    (f"topics: [{'x' * 201}]\n", [(Code.TEXT_TOO_LONG, 5, 10, "topics[1]")]),
    (f"id: {'x' * 1001}\n", [(Code.TEXT_TOO_LONG, 5, 5, "id")]),
    ("quality: good\n", [(Code.NUMBER_INVALID, 5, 10, "quality")]),
    ("draft: perhaps\n", [(Code.FLAG_UNCLEAR, 5, 8, "draft")]),
    ("provider: {domain: nowhere}\n", [(Code.DOMAIN_INVALID, 5, 20, "provider.domain")]),
    ('excerpt: "a\\u202eb"\n', [(Code.HIDDEN_CHARACTERS, 5, 10, "excerpt")]),
    ("excerpt: a\x07b\n", [(Code.CONTROL_CHARACTERS, 5, 11, "")]),
    ("related:\n  - draft: true\n    title: A\n", [(Code.RELATED_DRAFT, 6, 5, "related[1]")]),
    ("related:\n  - excerpt: A\n", [(Code.RELATED_EMPTY, 6, 5, "related[1]")]),
    ("related:\n  - {title: A, url: https://a.example/}\n", [(Code.URL_MISSING, 6, 5, "related[1].sourceUrl")]),
    ("related:\n  - {title: A, sourceUrl: x y}\n", [(Code.URL_INVALID, 6, 27, "related[1].sourceUrl")]),
    ("related: x\n", [(Code.WRONG_TYPE, 5, 10, "related")]),
    ("ignore: nowhere\n", [(Code.URL_INVALID, 5, 9, "ignore")]),
]
# A whole file, and the code and line of why it is none.
FILES = [
    (b"", Code.FILE_EMPTY, 1),
    (b"x", Code.FRONT_MATTER_MISSING, 1),
    (b"+++\na = 1\n+++\n", Code.FRONT_MATTER_TOML, 1),
    (b"---\na: 1\n", Code.FRONT_MATTER_UNCLOSED, 1),
    (b"---\n" + b"a: 1\n" * 60_000, Code.FRONT_MATTER_TOO_LARGE, 1),
    (b"---\na: \xff\n---\n", Code.NOT_UTF8, 2),
    (b"\xff\xfe-", Code.NOT_UTF8, 1),
    (b"---\n\0\n---\n", Code.NOT_TEXT, 2),
    (b"x" * (1024 * 1024 + 1), Code.FILE_TOO_LARGE, 0),
]
BODIES = [
    ("x <a href='//['>y</a>\n", (Code.URL_NOT_HTTP, 6, 12)),
    ("\n\n[a](https://a.example/%7B%7Bx)\n", (Code.TEMPLATE_MARKS, 8, 5)),
    ("x" * 262_145, (Code.BODY_TOO_LARGE, 6, 0)),
    ("".join(f"[a](https://a.example/{n})\n" for n in range(1_100)), (Code.BODY_TOO_MANY_LINKS, 6, 0)),
]
# Found by more than the text of one file: test_files.py, tests/cli/test_lint.py.
ELSEWHERE = {
    Code.FILE_NAME,
    Code.FILE_UNREADABLE,
    Code.DUPLICATE_SOURCE,
    Code.DUPLICATE_ID,
    Code.YAML_DOCUMENTS,
}


def looked_at(front: str, body: str = "", **rules: object):
    raw = f"---\n{front}---\n{body}".encode()
    return inspect("articles/story.md", raw, replace(RULES, **rules))


def told(problems):
    return [(one.code, one.line, one.column, one.field) for one in problems]


@pytest.mark.parametrize(("front", "expected"), REJECTED)
def test_every_reason_against_a_file_is_found_with_its_place(front, expected):
    found = looked_at(front)
    assert told(found.faults) == expected
    assert found.outcome == found.faults[0]


@pytest.mark.parametrize(("front", "expected"), ODD)
def test_what_is_left_out_is_found_with_its_place(front, expected):
    found = looked_at(NEEDED + front)
    assert isinstance(found.outcome, Article)
    assert found.faults == ()
    assert told(found.remarks) == expected


@pytest.mark.parametrize(("raw", "code", "line"), FILES)
def test_a_file_that_is_no_article_has_one_reason(raw, code, line):
    found = inspect("a.md", raw, RULES)
    assert [(one.code, one.line) for one in found.faults] == [(code, line)]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_what_is_off_in_a_body_is_found_with_its_place(body, expected):
    assert [(one.code, one.line, one.column) for one in looked_at(NEEDED, body).remarks] == [expected]


def test_a_source_that_no_feed_carries_is_found_with_its_place():
    found = looked_at(NEEDED.replace("https:", "ftp:"))
    assert told(found.remarks) == [(Code.SOURCE_NOT_HTTP, 4, 12, "sourceUrl")]


def test_what_is_odd_in_a_rejected_file_is_found_too():
    found = looked_at("title: A\nquality: good\ndraft: perhaps\n")
    assert [one.code for one in found.faults] == [Code.DATE_MISSING]
    assert [one.code for one in found.remarks] == [Code.NUMBER_INVALID, Code.FLAG_UNCLEAR]


def test_a_date_that_is_missing_is_said_once_where_the_address_would_need_it_too():
    assert [one.code for one in looked_at("title: A\n").faults] == [Code.DATE_MISSING]


def test_columns_are_counted_in_characters():
    found = looked_at(f"{NEEDED}provider: {{name: 機械学習🤖, domain: nowhere}}\n")
    assert told(found.remarks) == [(Code.DOMAIN_INVALID, 5, 33, "provider.domain")]


def test_beyond_a_hundred_remarks_only_their_number_is_kept():
    topics = "".join(f"  - [{n}]\n" for n in range(150))
    found = looked_at(f"{NEEDED}topics:\n{topics}")
    assert len(found.remarks) == 101
    assert found.remarks[-1].code == Code.MORE_REMARKS
    assert len(looked_at(f"{NEEDED}topics:\n{topics}", every_remark=True).remarks) == 150


def test_places_of_source_and_id_are_told_for_whoever_compares_files():
    found = looked_at(f"{NEEDED}id: mine\n")
    assert (found.source_at, found.id_at) == ((4, 12), (5, 5))


def test_remarks_that_were_stored_without_a_code_are_still_read():
    stored = json.dumps([{"path": "a.md", "line": 3, "text": "updated: expected a date"}])
    (remark,) = msgspec.json.decode(stored, type=list[Remark])
    assert remark == Remark("a.md", 3, "updated: expected a date")


def test_links_and_pipes_are_found_by_their_code(tmp_path):
    (tmp_path / "a.md").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "b.md")
    found = find_files(tmp_path, ["*.md"], [])
    assert [one.code for one in found.rejected] == [Code.SYMLINK_LEADS_OUT, Code.FILE_NOT_REGULAR]


def test_every_code_is_explained_and_tried_here():
    assert list(PROBLEMS) == list(Code)
    tried = {code for _, expected in (*REJECTED, *ODD) for code, *_ in expected}
    tried |= {code for _, code, _ in FILES} | {expected[0] for _, expected in BODIES}
    tried |= {Code.MORE_REMARKS, Code.SOURCE_NOT_HTTP, Code.SYMLINK_LEADS_OUT, Code.FILE_NOT_REGULAR}
    assert set(Code) - tried == ELSEWHERE
