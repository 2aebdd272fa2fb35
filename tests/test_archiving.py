"""Copies in an archive, after real runs: asked for while articles live, and led to when they are dead."""

import asyncio
import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from feedbot.core.healing import Way
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.snapshot import Snapshot
from feedbot.forgetting import Named, forget
from feedbot.previewing import preview
from feedbot.state import locks, marks, planning, snapshots, targets
from feedbot.steps.archiving import Archiving, look_for_copies
from feedbot.steps.checking import check
from feedbot.steps.reading import read
from feedbot.steps.reporting import report as write_reports
from tests.archive import GOOD, NOT_FOUND, answer, configure, loopback_archive, table
from tests.publication import Publication
from tests.wire.scripted import ScriptedClock

# The articles of a Publication are of 2026-10-01, 08:00.
BEFORE, NEAR, LATER = "20260601080000", "20261002080000", "20261020080000"
NOTHING = Archiving()


@pytest.fixture
def archive():
    with loopback_archive() as archive:
        yield archive


@pytest.fixture
def archived(news, archive):
    """A publication that asks the archive."""
    configure(news, archive.config())
    return news


def holds(archive, site, *names, page=GOOD, stamps=(NEAR,)):
    for name in names:
        archive.copies[site.link(f"/{name}")] = dict.fromkeys(stamps, page)


def known(news, name="one"):
    """What is known of the copies of an article's source."""
    with news.state() as state:
        return snapshots.of(state, targets.find(state, news.site.link(f"/{name}")).id)


def look(news, online=True, **checker):
    """Ask the archive as the end of a run does."""
    config = news.config.model_copy(update={"checker": news.config.checker.model_copy(update=checker)})
    with news.state() as state:
        return asyncio.run(look_for_copies(config, state, news.clock, online=online))


def entry(news, feed="all"):
    """Link, via, id, updated and content of the only entry."""
    root = etree.fromstring((news.folder / "feeds" / f"{feed}.atom").read_bytes())
    (found,) = root.iter("{*}entry")
    links = {link.get("rel"): link.get("href") for link in found.iter("{*}link")}
    texts = [found.findtext(f"{{*}}{name}") for name in ("id", "updated", "content")]
    return (links.get("alternate"), links.get("via"), *texts)


def told_link(news, url):
    """Where the publication's own pages are told to lead instead of to a URL."""
    return json.loads((news.folder / "feedbot.json").read_text())[url]["link"]


def dies(news, site, *names, days=3.6):
    site.answers |= dict.fromkeys([f"/{name}" for name in names], 410)
    news.pass_days(days)


# From a copy to an entry


def test_when_a_source_dies_its_entry_leads_to_the_copy_that_was_found_while_it_lived(archived, site, archive):
    archived.configure_feeds("site_data: json")
    archived.article("one")
    holds(archive, site, "one", stamps=(BEFORE, NEAR, LATER))
    run = archived.run()
    assert run.archiving == Archiving(found=1)
    copy = archive.copy(site.link("/one"), NEAR)
    assert known(archived).snapshot == Snapshot(copy, datetime(2026, 10, 2, 8, tzinfo=UTC))
    before = entry(archived)
    assert before[:2] == (site.link("/one"), None)
    # All that was learnt before the death, the archive is not needed for.
    archive.instead = lambda path: answer(503)
    dies(archived, site, "one")
    after = entry(archived)
    assert after[:2] == (copy, site.link("/one"))
    assert after[2:4] == before[2:4]
    said = "The original page can no longer be read; this entry leads to a copy of it from 2026-10-02 at 127.0.0.1."
    assert said in after[4]
    assert said not in (before[4] or "")
    assert told_link(archived, site.link("/one")) == copy
    report = (archived.folder / "reports" / "links.html").read_text()
    assert "the archive&#39;s copy" in report
    assert copy in report
    with archived.state() as state:
        assert state.value("SELECT count(*) FROM snapshots") == 1


def test_an_amp_page_comes_before_the_archive(archived, site, archive):
    archived.article("one", more=f"ampUrl: {site.link('/one.amp')}\n")
    holds(archive, site, "one")
    archived.run()
    dies(archived, site, "one")
    assert entry(archived)[0] == site.link("/one.amp")
    dies(archived, site, "one.amp", days=15)
    assert entry(archived)[0] == archive.copy(site.link("/one"), NEAR)


def test_a_source_without_a_copy_goes_as_ever(archived, site):
    archived.article("one")
    archived.run()
    dies(archived, site, "one")
    assert archived.titles() == []


def test_the_preview_shows_which_entries_would_lead_to_a_copy(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    archived.clock.step(days=1.2)
    site.answers["/one"] = 410
    archived.check()
    archived.clock.step(days=1.2)
    archived.check()
    (change,) = [one for one in preview(archived.config, archived.clock).changes if one.feed == "all"]
    assert [one.link for one in change.mended] == [archive.copy(site.link("/one"), NEAR)]


def test_the_summary_of_the_publishing_names_the_way(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    dies(archived, site, "one")
    publishing = archived.build()[1]
    assert publishing.instead["articles/one.md"].way is Way.ARCHIVE


# Which copy


def test_a_copy_that_shows_no_page_gives_way_to_the_next_nearest(archived, site, archive):
    archived.article("one")
    archive.copies[site.link("/one")] = {BEFORE: GOOD, NEAR: NOT_FOUND, LATER: answer(404)}
    assert archived.run().archiving == Archiving(found=1)
    assert known(archived).snapshot.url == archive.copy(site.link("/one"), BEFORE)
    assert [path.split("/")[2] for path in archive.shown] == [NEAR, LATER, BEFORE]


def test_where_no_copy_shows_the_page_there_is_none(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one", page=NOT_FOUND, stamps=("20261001080000", NEAR, "20261003080000", LATER))
    assert archived.run().archiving == Archiving(absent=1)
    assert known(archived).snapshot is None
    assert known(archived).reason.startswith("a copy of no page: ")
    assert len(archive.shown) == 3


def test_a_redirect_within_the_archive_is_followed_and_one_out_of_it_is_no_copy(archived, site, archive):
    archived.article("one")
    archived.article("two")
    one, two = site.link("/one"), site.link("/two")
    archive.copies[one] = {NEAR: answer(302, location=f"/web/{LATER}/{one}"), LATER: GOOD}
    archive.copies[two] = {NEAR: answer(302, location=two)}
    assert archived.run().archiving == Archiving(found=1, absent=1)
    assert known(archived).snapshot == Snapshot(archive.copy(one, LATER), datetime(2026, 10, 20, 8, tzinfo=UTC))
    assert known(archived, "two").snapshot is None


def test_no_socket_is_opened_to_an_address_that_is_not_public(archived, archive):
    archived.article("one")
    archived.check()
    archived.build()
    archived.run()
    asked = len(archive.queries)
    archived.clock.step(days=40)
    done = look(archived, allow_addresses=())
    assert (done.found, done.unanswered) == (0, 1)
    assert "not public" in done.problem or "loopback" in done.problem
    assert len(archive.queries) == asked


def test_a_copy_that_a_person_calls_dead_is_not_led_to_nor_found_again(archived, site, archive):
    archived.configure_feeds("site_data: json")
    archived.article("one")
    holds(archive, site, "one", stamps=(NEAR, LATER))
    archived.run()
    source, copy = site.link("/one"), known(archived).snapshot.url
    with archived.state() as state:
        marks.put(state, source, Mark(MarkKind.DEAD), archived.clock.now())
        marks.put(state, copy, Mark(MarkKind.DEAD), archived.clock.now())
    archived.build()
    assert archived.titles() == []
    assert told_link(archived, source) is None
    archived.clock.step(days=91)
    assert look(archived) == Archiving(found=1)
    archived.build()
    assert entry(archived)[0] == archive.copy(source, LATER)


# Whom it is asked about, and when


def test_nothing_is_asked_where_it_is_not_asked_for(news, site, archive):
    news.article("one")
    configure(news, archive.config(enabled=False))
    assert news.run().archiving == NOTHING
    assert archive.queries == []
    assert known(news) is None


def test_copies_that_were_found_are_not_led_to_once_it_is_turned_off(archived, site, archive):
    archived.configure_feeds("site_data: json")
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    dies(archived, site, "one")
    assert archived.titles() == ["About one"]
    configure(archived, archive.config(enabled=False))
    archived.build()
    assert archived.titles() == []
    assert told_link(archived, site.link("/one")) is None


def test_nothing_is_asked_where_our_own_network_is_down(tmp_path, site, archive):
    news = Publication(tmp_path / "away", site, canaries=f"['{site.link('/canary')}']", more=archive.config())
    news.article("one")
    site.answers["/canary"] = 500
    run = news.run()
    assert run.checking.online is False
    assert run.archiving == NOTHING
    site.answers["/canary"] = 200
    assert news.check().online
    assert look(news, online=False) == NOTHING
    assert archive.queries == []
    # Where nothing was due, nobody has asked the canaries; what they said holds for ten minutes.
    site.answers["/canary"] = 500
    news.clock.step(minutes=9)
    assert look(news, online=None) == Archiving(absent=1)
    news.clock.step(days=31)
    assert look(news, online=None) == Archiving(left=1)
    assert len(archive.queries) == 1
    site.answers["/canary"] = 200
    assert look(news, online=None) == Archiving(absent=1)


def test_only_sources_of_published_articles_are_asked_about(archived, site, archive):
    related = f"related: [{{title: Elsewhere, sourceUrl: '{site.link('/related')}'}}]\n"
    archived.article("open", more=f"{related}ampUrl: {site.link('/open.amp')}\n")
    archived.article("draft", more="published: false\n")
    archived.article("future", date="2027-01-01T00:00:00Z")
    archived.article("ignored", more=f"ignore: ['{site.link('/ignored')}']\n")
    archived.article("let-alone")
    gone = archived.article("gone")
    with archived.state() as state:
        read(archived.config, state, archived.clock)
    archived.check()
    gone.unlink()
    with archived.state() as state:
        marks.put(state, site.link("/let-alone"), Mark(MarkKind.IGNORE), archived.clock.now())
    archived.run()
    assert [query["url"] for query in archive.queries] == [site.link("/open")]


def test_the_query_asks_for_good_copies_near_the_date_of_the_article_and_says_who_asks(archived, site, archive):
    archived.article("one", date="2026-09-15T10:30:00+02:00")
    archived.run()
    assert archive.queries == [
        {
            "url": site.link("/one"),
            "output": "json",
            "filter": "statuscode:200",
            "closest": "20260915083000",
            "sort": "closest",
            "limit": "5",
        }
    ]
    (agent,) = archive.agents
    assert "feedbot" in agent
    assert "+https://example.org/" in agent


def test_a_copy_is_looked_for_again_after_90_days_and_none_after_30(archived, site, archive):
    archived.article("one")
    archived.article("two")
    holds(archive, site, "one")
    archived.run()
    asked = [query["url"].rpartition("/")[2] for query in archive.queries]
    assert sorted(asked) == ["one", "two"]
    for days, also in [(29, []), (1.1, ["two"]), (29, []), (30.9, ["two", "one"])]:
        archive.queries.clear()
        archived.clock.step(days=days)
        look(archived)
        assert sorted(query["url"].rpartition("/")[2] for query in archive.queries) == sorted(also), days


def test_a_copy_that_the_archive_has_lost_is_none_any_more(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    archive.copies.clear()
    archived.clock.step(days=91)
    assert look(archived) == Archiving(absent=1)
    assert known(archived).snapshot is None


def test_a_look_up_by_a_clock_that_was_ahead_is_made_again(archived, archive):
    archived.article("one")
    archived.run()
    archived.clock.step(days=-100)
    configure(archived, archive.config())
    archived.article("one", date="2026-06-01T08:00:00Z")
    archived.build()
    assert look(archived).asked == 1


def test_a_copy_is_kept_as_it_is_once_the_page_fails(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    dies(archived, site, "one")
    archive.copies.clear()
    archive.queries.clear()
    archived.clock.step(days=200)
    archived.run()
    assert archive.queries == []
    assert entry(archived)[0] == archive.copy(site.link("/one"), NEAR)


def test_a_page_that_died_before_the_archive_was_asked_is_asked_about_all_the_same(news, site, archive):
    news.article("one")
    news.run()
    dies(news, site, "one")
    assert news.titles() == []
    configure(news, archive.config())
    holds(archive, site, "one")
    assert news.run().archiving == Archiving(found=1)
    news.build()
    assert entry(news)[0] == archive.copy(site.link("/one"), NEAR)


def test_so_many_pages_are_asked_about_in_a_run_those_about_to_die_and_the_newest_first(archived, site, archive):
    configure(archived, archive.config(per_run=2))
    for number, name in enumerate(["oldest", "failing", "newer", "newest"], 1):
        archived.article(name, date=f"2026-10-0{number}T08:00:00Z")
    site.answers["/failing"] = 410
    assert archived.run().archiving == Archiving(absent=2, left=2)
    assert [query["url"].rpartition("/")[2] for query in archive.queries] == ["failing", "newest"]
    archived.clock.step(minutes=15)
    assert archived.run().archiving == Archiving(absent=2)
    assert [query["url"].rpartition("/")[2] for query in archive.queries[2:]] == ["newer", "oldest"]


# What is no answer


NO_ANSWERS = {
    "429 with Retry-After": (answer(429, retry_after="7200"), True),
    "429 without": (answer(429), True),
    "503 with Retry-After": (answer(503, retry_after="120"), True),
    "503 without": (answer(503), True),
    "500": (answer(500), False),
    "502": (answer(502, b"<h1>Bad gateway</h1>", content_type="text/html"), False),
    "403": (answer(403, b"Blocked Site Error"), False),
    "404": (answer(404), False),
    "a redirect": (answer(302, location="/elsewhere"), False),
    "HTML": (answer(200, b"<html><title>Down for maintenance</title>", content_type="text/html"), False),
    "JSON cut off": (answer(200, table("x", [NEAR])[:-9], content_type="application/json"), False),
    "nothing at all": (answer(200, content_type="application/json"), False),
    "500 with what would be none": (answer(500, b"[]", content_type="application/json"), False),
    "another protocol": (answer(200, b'{"archived_snapshots": {}}', content_type="application/json"), False),
}


@pytest.mark.parametrize(("no_answer", "holds_all"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_not_taken_for_no_copy(archived, site, archive, no_answer, holds_all):
    for name in ("one", "two", "three"):
        archived.article(name)
    archive.instead = lambda path: no_answer
    done = archived.run().archiving
    # After one that asks to be left alone, or two in a row, no other is asked about in this run.
    number = 1 if holds_all else 2
    assert (done.found, done.absent, done.unanswered, done.left) == (0, 0, number, 3 - number)
    assert len(archive.queries) == number
    name = archive.queries[0]["url"].rpartition("/")[2]
    said = known(archived, name)
    assert (said.snapshot, said.failures) == (None, 1)
    assert said.again_at >= archived.clock.now() + timedelta(hours=6)
    archive.instead = lambda path: None
    holds(archive, site, name)
    archived.clock.step(hours=6.1)
    look(archived)
    assert known(archived, name).snapshot is not None
    assert known(archived, name).failures == 0


def test_an_archive_that_is_slow_is_no_answer(archived, archive):
    archived.article("one")
    archived.check()
    archived.build()
    archived.check()
    archive.may_answer.clear()
    done = look(archived, exchange_timeout_s=2)
    assert (done.unanswered, done.absent) == (1, 0)
    assert "2 s" in done.problem


def test_an_archive_that_is_down_is_no_answer(archived, archive):
    archived.article("one")
    configure(archived, archive.config(cdx_url="http://127.0.0.1:9/cdx"))
    done = archived.run().archiving
    assert (done.unanswered, done.absent) == (1, 0)


@pytest.mark.parametrize(("status", "asked"), [(429, 1), (500, 2), (503, 1)])
def test_a_copy_that_cannot_be_looked_at_for_now_is_no_answer(archived, site, archive, status, asked):
    for name in ("one", "two", "three"):
        archived.article(name)
        holds(archive, site, name, stamps=(BEFORE, NEAR))
    archive.instead = lambda path: None if path.startswith("/cdx") else answer(status)
    done = archived.run().archiving
    assert (done.found, done.absent, done.unanswered, done.left) == (0, 0, asked, 3 - asked)
    assert str(status) in done.problem
    assert len(archive.shown) == asked


def test_an_archive_that_wants_to_be_left_alone_before_a_copy_is_looked_at_is_no_answer(archived, site, archive):
    text = archived.config_file.read_text(encoding="utf-8")
    archived.config_file.write_text(text.replace("robots: never", "robots: false"), encoding="utf-8")
    for name in ("one", "two"):
        archived.article(name)
        holds(archive, site, name)
    archive.instead = lambda path: answer(429, retry_after="600") if path == "/robots.txt" else None
    assert archived.run().archiving == Archiving(unanswered=1, left=1, problem="asks to be left alone")
    assert archive.shown == ["/robots.txt"]


def test_a_page_whose_url_is_too_long_to_ask_for_has_no_copy(archived, archive):
    file = archived.article("one")
    file.write_text(file.read_text().replace("/one\n", "/" + "%C3%BC" * 1000 + "\n"))
    archived.age(file)
    assert archived.run().archiving == Archiving(absent=1)
    assert archive.queries == []


def test_after_429_no_run_asks_until_the_time_is_over(archived, site, archive):
    archived.article("one")
    archived.article("two")
    archive.instead = lambda path: answer(429, retry_after="7200")
    archived.run()
    archive.instead = lambda path: None
    archived.clock.step(hours=1.9)
    assert look(archived) == NOTHING
    archived.clock.step(hours=0.2)
    assert look(archived).asked == 1


def test_a_copy_stays_known_where_a_later_look_up_brings_no_answer(archived, site, archive):
    archived.article("one")
    holds(archive, site, "one")
    archived.run()
    archive.instead = lambda path: answer(500)
    archived.clock.step(days=91)
    look(archived)
    assert known(archived).failures == 1
    assert known(archived).snapshot.url == archive.copy(site.link("/one"), NEAR)
    dies(archived, site, "one")
    assert entry(archived)[0] == archive.copy(site.link("/one"), NEAR)


# What else


def test_a_takedown_forgets_copies_too(archived, site, archive):
    archived.article("one")
    archived.article("two")
    holds(archive, site, "one", "two")
    archived.run()
    with archived.state() as state:
        forget(archived.config, state, archived.clock, Named(path="articles/one.md"))
        assert [row["url"] for row in state.rows("SELECT url FROM snapshots")] == [
            archive.copy(site.link("/two"), NEAR)
        ]
    assert not any(b"/one" in path.read_bytes() for path in archived.folder.glob("state.db*"))


def test_a_takedown_forgets_copies_whose_address_quotes_what_goes(archived, site, archive):
    source = f"{site.link('/one')}?next={site.link('/slander')}"
    file = archived.article("one")
    file.write_text(file.read_text().replace(f"sourceUrl: {site.link('/one')}", f"sourceUrl: '{source}'"))
    archived.age(file)
    archive.copies[source] = {NEAR: GOOD}
    assert archived.run().archiving == Archiving(found=1)
    with archived.state() as state:
        forget(archived.config, state, archived.clock, Named(url=site.link("/slander")))
        assert state.rows("SELECT url FROM snapshots") == []


def test_what_is_wrong_with_the_database_is_told_and_the_run_is_none_the_worse(archived, site, archive):
    archived.article("one")
    archived.run()
    archived.clock.step(days=31)
    with archived.state() as state, locks.hold(archived.folder / "state.db.lock", who="somebody else", wait_s=0):
        impatient = dataclasses.replace(state, write_wait_s=0)
        done = asyncio.run(look_for_copies(archived.config, impatient, archived.clock, online=True))
    assert (done.asked, "somebody else" in done.problem) == (0, True)


def test_reports_follow_a_copy_that_was_found_after_they_were_written(news, site, archive):
    news.article("one")
    news.run()
    dies(news, site, "one")
    configure(news, archive.config())
    holds(archive, site, "one")
    news.run()
    copy = archive.copy(site.link("/one"), NEAR)
    report = news.folder / "reports" / "links.html"
    assert copy not in report.read_text()
    news.clock.step(minutes=5)
    with news.state() as state:
        assert write_reports(news.config, state, news.clock).written
    assert copy in report.read_text()


async def test_the_archive_is_asked_at_its_own_pace_and_for_less_than_a_minute(archived, archive):
    configure(archived, archive.config(delay_s=5, per_run=100))
    for number in range(12):
        archived.article(f"n{number:02}")
    clock = ScriptedClock()
    with archived.state() as state:
        read(archived.config, state, archived.clock)
        await check(archived.config, state, archived.clock, planning.planned(state, archived.clock.now()))
        done = await look_for_copies(archived.config, state, clock, online=True)
    # At 0, 5, ... 45 s: where the last is begun, at 40 s, 15 of 55 are left, and no less will do.
    assert done == Archiving(absent=10, left=2)
    assert clock.slept == [5.0] * 9
