"""`feedbot why`: the evidence on one link, on one screen."""

import json
import os
import re

import click
import jsonschema
import msgspec
import pexpect
import pytest

from feedbot.cli.evidence import gather
from feedbot.cli.nearest import nearest
from feedbot.cli.reports.checking import said_of_history
from feedbot.cli.reports.why import why_document, why_lines
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.next_step import link_steps
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind
from feedbot.state import hosts, marks, targets
from feedbot.state.database import open_for_reading
from tests.cli.golden_files import expected
from tests.e2e.test_command import FEEDBOT, feedbot
from tests.publication import START, Publication, loopback_site

URL = "https://a.example/page"


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A source that dies, with an AMP page that lives; a related link that moves; and one that is well."""
    with loopback_site() as site:
        news = Publication(tmp_path_factory.mktemp("lived") / "news", site)
        news.article("lost", more=f"ampUrl: {site.link('/amp')}\n")
        news.article("old", more=f"related: [{{title: x, sourceUrl: '{site.link('/lost')}'}}]\n")
        news.run()
        site.answers |= {"/lost": 404, "/old": (301, site.link("/new"))}
        news.pass_days(10)
        yield news


def seen(news, path):
    with open_for_reading(news.config.state_path, who="a test") as state:
        target = targets.find(state, news.site.link(path))
        return gather(news.config, state, target, news.clock.now())


def told(news, path, *, every=False):
    text = click.unstyle("\n".join(why_lines(seen(news, path), every=every))) + "\n"
    text = text.replace(news.site.url, "http://127.0.0.1:80")
    text = re.sub(r"next look  .*", "next look  2026-11-13 00:00 UTC, in 40 hours", text)
    return re.sub(r"\d+ ms", "1 ms", text)


def test_the_text_is_as_it_was(lived):
    text = "".join(told(lived, path) for path in ("/lost", "/old", "/amp"))
    assert text == expected("why.text", text)


def test_with_all_each_request_is_told(lived):
    text = told(lived, "/lost", every=True)
    assert text == expected("why.all", text)


def test_it_is_one_screen(lived):
    for path in ("/lost", "/old", "/amp"):
        assert len(told(lived, path).splitlines()) <= 40


@pytest.mark.parametrize("path", ["/lost", "/old", "/amp"])
def test_the_json_has_the_promised_shape(lived, project, path):
    schema = json.loads((project / "feedbot" / "why.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(msgspec.json.encode(why_document(seen(lived, path))))
    jsonschema.validate(document, schema)
    assert schema["properties"]["status"]["enum"] == list(StatusKind)


def test_what_readers_get_is_told_for_each_place_where_it_differs(lived):
    text = told(lived, "/lost")
    assert (
        "  linked in  articles/lost.md:4 (source): readers get the AMP page http://127.0.0.1:80/amp\n"
        "  linked in  articles/old.md:6 (related.source): readers get nothing: it is left out\n"
    ) in text
    assert "  readers    get this link\n  linked in  articles/lost.md:6 (amp)\n" in told(lived, "/amp")


def test_the_command_tells_both_without_a_scheme_too_and_no_escape_goes_into_a_pipe(lived):
    url = lived.site.link("/lost")
    done = feedbot(lived.folder, "why", url.removeprefix("http://"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith(f"{url}\n  status     dead since ")
    document = json.loads(feedbot(lived.folder, "why", url, "--format", "json").stdout)
    assert (document["status"], document["links"][0]["readers_url"]) == ("dead", lived.site.link("/amp"))
    assert feedbot(lived.folder, "why", url, "-v").stdout == feedbot(lived.folder, "why", url, "--all").stdout


def test_a_terminal_shows_where_it_stands_in_colour(lived):
    ours = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    child = pexpect.spawn(
        str(FEEDBOT),
        ["why", lived.site.link("/lost")],
        cwd=lived.folder,
        encoding="utf-8",
        timeout=20,
        dimensions=(40, 200),
        env={**ours, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "  status     \x1b[31m\x1b[1mdead\x1b[0m since " in child.before
    assert "\x1b[31mmissing    \x1b[0m" in child.before


def test_an_unknown_url_is_told_with_those_most_like_it(lived):
    done = feedbot(lived.folder, "why", lived.site.link("/lots"))
    assert done.returncode == 1
    first, *others = done.stderr.splitlines()
    assert first.endswith("/lots: is not known; `feedbot check` looks at it")
    assert others == ["feedbot: these are known, and most like it:", f"feedbot:   {lived.site.link('/lost')}"]


def test_the_nearest_are_of_the_same_host_or_of_one_spelt_like_it(news):
    known = ["https://news.example/2020/police", "https://news.example/2021/courts", "https://other.example/x"]
    with news.state() as state:
        assert nearest(state, URL) == []
        for number, url in enumerate(known):
            host = url.split("/")[2]
            with state.write() as connection:
                connection.execute(
                    "INSERT INTO files (id, path, mtime_ns, size, inode, sha256, rules) VALUES (?, ?, 0, 0, 0, '', '')",
                    [number, f"{number}.md"],
                )
                host_id = hosts.numbers(connection, [url])[host]
                connection.execute(
                    "INSERT INTO targets (id, url, host_id, next_check_at) VALUES (?, ?, ?, 0)", [number, url, host_id]
                )
                connection.execute(
                    "INSERT INTO article_links (file_id, target_id, role, line) VALUES (?, ?, 'source', 1)",
                    [number, number],
                )
        assert nearest(state, "https://news.example/2020/polise") == [known[0]]
        assert nearest(state, "https://www.news.example/2021/courts") == [known[1]]
        assert nearest(state, "https://nevs.example/2021/courts") == [known[1]]
        assert nearest(state, "https://nowhere.invalid/2021/courts") == []


MOVED = Status(
    StatusKind.MOVED, verdict=VerdictKind.MOVED, checked_at=START.replace(day=20), moved_to="https://a.example/new",
    moved_looks=4, moved_first_at=START,
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "mark", "commands"),
    [
        (Status(), None, ["check URL"]),
        (Status(StatusKind.ALIVE), None, ["check URL", "mark URL dead"]),
        (Status(StatusKind.FAILING), None, ["check URL", "mark URL alive"]),
        (Status(StatusKind.DEAD), None, ["check URL", "mark URL alive", "forget URL"]),
        (Status(StatusKind.BLOCKED), None, ["check URL", "mark URL alive", "mark URL dead"]),
        (Status(StatusKind.DEAD), Mark(MarkKind.ALIVE, made_at=START), ["mark URL none", "forget URL"]),
        (Status(StatusKind.DEAD), Mark(MarkKind.IGNORE), ["check URL", "mark URL alive", "forget URL"]),
        (MOVED, None, ["check URL", "mark URL dead", "fix URL"]),
        (
            Status(StatusKind.ALIVE, verdict=VerdictKind.AMP_WITHDRAWN),
            None,
            ["check URL", "mark URL dead", "fix URL"],
        ),
    ],
)
def test_what_a_person_can_do_is_told(status, mark, commands):
    found = [step.command.removeprefix("feedbot ").replace(URL, "URL") for step in link_steps(URL, status, mark)]
    assert found == commands


def test_a_mark_is_in_the_object(lived):
    url, now = lived.site.link("/amp"), lived.clock.now()
    with lived.state() as state:
        marks.put(state, url, Mark(MarkKind.DEAD, "not ours", made_at=now), now)
        document = why_document(seen(lived, "/amp"))
        marks.remove(state, url, now)
    assert document["mark"] == "marked dead (not ours)"
    assert document["links"][0]["readers_get"] == "nothing: it is left out"


def test_a_link_that_is_left_alone_has_no_next_look(lived):
    url, now = lived.site.link("/lost"), lived.clock.now()
    with lived.state() as state:
        marks.put(state, url, Mark(MarkKind.IGNORE, made_at=now), now)
        lines = [click.unstyle(line) for line in why_lines(seen(lived, "/lost"), every=False)]
        marks.remove(state, url, now)
    assert "  next look  none: it is left alone" in lines
    assert not [line for line in lines if line.startswith("  changes ")]


def test_of_a_link_behind_walls_a_word_is_asked_for_until_it_is_given(news, site):
    news.article("walled")
    site.answers["/walled"] = 403
    news.run()
    news.clock.step(days=31)
    asked = []
    for kind in (None, MarkKind.ALIVE):
        if kind is not None:
            with news.state() as state:
                marks.put(state, site.link("/walled"), Mark(kind), news.clock.now())
        why = "\n".join(why_lines(seen(news, "/walled"), every=False))
        [result] = news.run().checking.results
        check = " ".join(said_of_history(result, news.clock.now()))
        asked.append(["and `feedbot mark` it" in text for text in (why, check)])
    assert asked == [[True, True], [False, False]]
