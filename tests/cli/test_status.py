"""`feedbot status`: where everything stands, for people and for programs."""

import json
import re
from datetime import timedelta

import jsonschema
import msgspec
import pytest

from feedbot.cli.overview import GROUPS, look
from feedbot.cli.reports.status import counted_lines, status_document, status_lines
from feedbot.cli.saying import wrong
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import StatusKind
from feedbot.state import jobs, marks, overview, targets
from feedbot.state.database import checking_run, open_for_reading
from feedbot.state.jobs import JobRecord
from tests.cli.golden_files import expected
from tests.e2e.test_command import feedbot
from tests.publication import Publication, loopback_site


def seen(news, by=None):
    with open_for_reading(news.config.state_path, who="a test") as state:
        return look(news.config, state, news.clock.now(), by)


def lines(news):
    return list(status_lines(news.config, seen(news)))


@pytest.fixture(scope="module")
def eventful(tmp_path_factory):
    """Ten days of five articles: one link dies on the way, one fails, one moves for good; a file is broken."""
    with loopback_site() as site:
        yield ten_days(Publication(tmp_path_factory.mktemp("eventful") / "news", site), site)


def ten_days(news, site):
    news.article("one", topics="AI, Robots", more="provider: {name: The News, domain: news.example}\n")
    news.article("lost", topics="AI", more="provider: {name: The News}\n")
    news.article("down", topics="Robots", more="provider: {domain: other.example}\n")
    news.article("old")
    news.article("later", date="2027-01-01T08:00:00Z")
    broken = news.folder / "articles" / "broken.md"
    broken.write_text("---\ntitle: [\n---\n", encoding="utf-8")
    news.age(broken)
    site.answers["/old"] = (301, site.link("/new"))
    news.run()
    site.answers |= {"/lost": 404, "/down": 503}
    news.pass_days(10)
    return news


def golden(news, name, text):
    told = text.replace(news.site.url, "http://127.0.0.1:80").replace(f"{news.folder}", "/srv/news")
    # When a link is due depends on its address as well, and so on the port.
    told = re.sub(r"is due in \d days", "is due in 6 days", told)
    assert told == expected(name, told)


def test_the_text_is_as_it_was(eventful):
    golden(eventful, "status.text", "\n".join(lines(eventful)) + "\n")


def test_the_tables_are_as_they_were(eventful):
    tables = ["\n".join(counted_lines(seen(eventful, by).counted)) for by in GROUPS]
    golden(eventful, "status.by", "\n".join(tables) + "\n")


@pytest.mark.parametrize("by", [None, *GROUPS])
def test_the_json_has_the_promised_shape(eventful, project, by):
    schema = json.loads((project / "feedbot" / "status.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(msgspec.json.encode(status_document(eventful.config, seen(eventful, by))))
    jsonschema.validate(document, schema)
    assert schema["$defs"]["status"]["enum"] == list(StatusKind)


def test_the_command_tells_both_and_no_escape_goes_into_a_pipe(eventful):
    text = feedbot(eventful.folder, "status")
    assert (text.returncode, text.stderr) == (0, "")
    assert "\x1b" not in text.stdout
    assert "  dead         " in text.stdout
    assert json.loads(feedbot(eventful.folder, "status", "--format", "json").stdout)["trend"]["dead"] == 1
    assert feedbot(eventful.folder, "status", "--by", "host").stdout.startswith("By host")
    quiet = feedbot(eventful.folder, "status", "-q").stdout
    assert quiet.startswith("  dead         ")
    assert "Articles" not in quiet


def test_a_publication_without_anything_is_told_what_it_lacks(news):
    news.build()
    said = lines(news)
    assert "Links      0 links: none; 0 due" in said
    assert "Last check none yet; `feedbot run --once` does it" in said
    assert not any(line.startswith(("Trend", "Worst", "For you")) for line in said)
    for by in GROUPS:
        assert list(counted_lines(seen(news, by).counted)) == [f"no {by} has links"]


def test_where_all_is_well_quiet_says_nothing(news):
    news.article("one")
    news.run()
    assert list(wrong(lines(news))) == []


def test_what_a_person_calls_well_is_no_trouble(eventful):
    with eventful.state() as state:
        now = eventful.clock.now()
        for name, kind in (("lost", MarkKind.ALIVE), ("down", MarkKind.IGNORE)):
            marks.put(state, eventful.site.link(f"/{name}"), Mark(kind, made_at=now), now)
        number = seen(eventful).trouble_number
        for name in ("lost", "down"):
            marks.remove(state, eventful.site.link(f"/{name}"), now)
    assert number == 0


def dead_on(news, start, *days):
    with open_for_reading(news.config.state_path, who="a test") as state:
        dead = targets.by_status(state).get("dead", 0)
        return [overview.dead_then(state, start + timedelta(days=one), dead) for one in days]


def test_dead_links_are_counted_as_they_stood_at_an_earlier_time(news, site):
    """One dies on the ninth day, and comes back later; of the time before the first run nothing is known."""
    news.article("lost")
    news.article("one")
    start = news.clock.now()
    news.run()
    site.answers["/lost"] = 404
    news.pass_days(10)
    assert dead_on(news, start, -1, 1, 9.5) == [None, 0, 1]
    site.answers.clear()
    news.pass_days(10)
    assert dead_on(news, start, -1, 1, 9.5, 19.5) == [None, 0, 1, 0]


def test_what_began_to_fail_within_a_week_is_told(eventful):
    assert seen(eventful).trend.failing_since_a_week == 0
    with open_for_reading(eventful.config.state_path, who="a test") as state:
        now = eventful.clock.now()
        assert [overview.failing_since(state, now - timedelta(days=days)) for days in (8, 12)] == [0, 1]


def test_a_job_that_fails_waits_for_a_person(news):
    news.build()
    with news.state() as state:
        jobs.note(state, JobRecord("check", news.clock.now(), None, 3, "the disk is full"))
    assert "  job        check failed 3 times in a row: the disk is full: feedbot doctor" in lines(news)


def test_a_link_of_several_articles_is_counted_once_in_each_group(news, site):
    provider = "provider: {name: The News}\n"
    news.article("one", topics="AI, Robots", more=provider)
    news.article("two", topics="AI", more=f"related: [{{title: x, sourceUrl: '{site.link('/one')}'}}]\n{provider}")
    news.build()
    found = {by: {one.name: one.links for one in seen(news, by).counted.groups} for by in GROUPS}
    assert found == {"topic": {"AI": 2, "Robots": 1}, "provider": {"The News": 2}, "host": {"127.0.0.1": 2}}


def test_who_is_at_work_is_named(news):
    news.build()
    assert lines(news)[-1] == "Next       nothing is linked; nothing is at work now"
    with news.state() as state, checking_run(state):
        assert "at work: a test, process" in lines(news)[-1]


def test_links_behind_walls_and_doubtful_ones_are_named(news):
    news.article("walled")
    news.article("strange")
    news.run()
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET status = 'blocked', since_at = 0 WHERE url LIKE '%walled'")
        connection.execute("UPDATE targets SET verdict = 'suspect' WHERE url LIKE '%strange'")
    said = lines(news)
    walled, strange = news.site.link("/walled"), news.site.link("/strange")
    said = "\n".join(said)
    begin = "look yourself, and mark:\n             feedbot why"
    assert f"  hidden     1 link is behind walls for 30 days; {begin} {walled}\n" in said
    assert f"  suspect    1 link seems to lead to something else; {begin} {strange}\n" in said


@pytest.fixture
def doubtful(news) -> Publication:
    """One link behind walls for long, one that is suspect, and one that has moved for good."""
    for name in ("walled", "strange", "away"):
        news.article(name)
    news.run()
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET status = 'blocked', since_at = 0 WHERE url LIKE '%walled'")
        connection.execute("UPDATE targets SET verdict = 'suspect' WHERE url LIKE '%strange'")
        connection.execute(
            "UPDATE targets SET status = 'moved', verdict = 'moved', moved_looks = 9, moved_first_at = 0"
            " WHERE url LIKE '%away'"
        )
    assert [one.kind for one in seen(news).waits] == ["fix", "hidden", "suspect"]
    return news


@pytest.mark.parametrize("kind", MarkKind)
def test_a_link_of_which_a_person_has_said_a_word_waits_for_none(doubtful, kind):
    now = doubtful.clock.now()
    for name, left in (("walled", ["fix", "suspect"]), ("strange", ["fix"]), ("away", [])):
        with doubtful.state() as state:
            marks.put(state, doubtful.site.link(f"/{name}"), Mark(kind, until=now.date(), made_at=now), now)
        assert [one.kind for one in seen(doubtful).waits] == left
    doubtful.clock.step(days=1)  # the words hold no more
    assert len(seen(doubtful).waits) == 3


def test_links_that_the_config_leaves_alone_wait_for_no_word(doubtful):
    with doubtful.config_file.open("a", encoding="utf-8") as file:
        file.write('links: {exclude: [{glob: "*/strange"}, {glob: "*/walled"}]}\n')
    assert [one.kind for one in seen(doubtful).waits] == ["fix"]
