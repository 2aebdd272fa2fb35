"""Whole runs in one process: real files, real SQLite, real sockets on loopback, a scripted wall clock."""

import asyncio
import gzip
import json
import re
import shutil
import sys
from collections import Counter
from datetime import timedelta

import pytest
from lxml import etree

from feedbot.cli.reports.run import run_lines
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.status import StatusKind
from feedbot.core.verdict import VerdictKind, is_broken, judge
from feedbot.errors import ArticlesError, ClusterError, ConfigError, FeedbotError, PublishError, StateError, UsageError
from feedbot.state import planning, published, runs, targets
from feedbot.state.database import open_state, seconds
from feedbot.state.locks import hold
from feedbot.steps import checking
from feedbot.steps.checking import check
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from tests.ports import closed_port
from tests.publication import Publication
from tests.wire.scripted import ScriptedResolver

ATOM = "{http://www.w3.org/2005/Atom}"


def statuses(checking):
    return {result.after.url.rpartition("/")[2]: result.after.status.kind for result in checking.results}


def verdicts(checking):
    return {result.after.url.rpartition("/")[2]: result.verdict.kind for result in checking.results}


def with_gzip(*names):
    return {f"{name}{suffix}" for name in names for suffix in ("", ".gz")}


def feed_files(*slugs):
    return with_gzip(*(f"{slug}.{suffix}" for slug in slugs for suffix in ("rss", "atom", "json")))


def page_files(*slugs):
    return with_gzip("index.html", "about.html", *(f"{slug}.html" for slug in slugs))


def verdicts_of(checking):
    return [result.verdict.kind for result in checking.results]


def test_a_second_run_parses_no_file_asks_no_server_and_writes_no_feed(news, site):
    news.article("one", topics="AI, C++")
    first = news.run()
    assert first.reading.parsed == 1
    assert verdicts(first.checking) == {"one": VerdictKind.ALIVE}
    assert set(first.publishing.written) == {
        "ids.json",
        *with_gzip("feeds.opml"),
        *feed_files("all", "ai", "cplusplus"),
        *page_files("all", "ai", "cplusplus"),
    }
    before, asked = news.feeds(), len(site.asked)
    second = news.run()
    assert (second.reading.parsed, len(second.checking.results), second.publishing.written) == (0, 0, ())
    assert (news.feeds(), len(site.asked)) == (before, asked)


def test_verdicts_come_from_codes_and_redirects(news, site):
    site.answers = {
        "/gone": 410,
        "/missing": 404,
        "/moved": (301, "/new"),
        "/elsewhere": (302, "/new"),
        "/blocked": 403,
        "/loop": (302, "/loop"),
    }
    for name in ["alive", "gone", "missing", "moved", "elsewhere", "blocked", "loop"]:
        news.article(name)
    assert verdicts(news.run().checking) == {
        "alive": VerdictKind.ALIVE,
        "gone": VerdictKind.GONE,
        "missing": VerdictKind.MISSING,
        "moved": VerdictKind.MOVED,
        "elsewhere": VerdictKind.ALIVE,
        "blocked": VerdictKind.BLOCKED,
        "loop": VerdictKind.UNREACHABLE,
    }


def test_an_article_leaves_the_feed_when_its_source_is_dead_and_returns_with_the_same_id(news, site):
    news.article("one")
    news.article("two")
    news.run()
    before = news.feeds()["all.atom"]
    site.answers["/one"] = 404
    kinds = []
    for _ in range(4):
        news.clock.step(days=3.4)
        checking = news.run().checking
        kinds += [statuses(checking)["one"]] if "one" in statuses(checking) else []
    assert kinds == [StatusKind.FAILING, StatusKind.FAILING, StatusKind.DEAD]
    assert news.titles() == ["About two"]
    site.answers["/one"] = 200
    news.clock.step(days=8)
    news.run()
    assert news.titles() == ["About two"]
    news.clock.step(hours=7)
    news.run()
    assert news.feeds()["all.atom"] == before


def dies(news, site, *paths):
    """Let pages go, and look until they are dead; what the reports say."""
    site.answers |= dict.fromkeys(paths, 410)
    said = []
    for _ in range(3):
        news.clock.step(days=1.2)
        said += said_of(news, news.run())
    return said


def entry(news, name="all.atom"):
    """Id, alternate, via, updated and content of the only entry."""
    (element,) = etree.fromstring(news.feeds()[name]).iterfind(f"{ATOM}entry")
    links = {link.get("rel"): link.get("href") for link in element.iterfind(f"{ATOM}link")}
    said = [element.findtext(f"{ATOM}{tag}") for tag in ("id", "updated", "content")]
    return said[0], links.get("alternate"), links.get("via"), said[1], said[2] or ""


def said_of(news, run):
    return list(run_lines(news.config, run, None))


def test_an_entry_whose_source_is_dead_leads_to_the_amp_page_and_stays_the_same_entry(news, site):
    news.article("one", more=f"ampUrl: {site.link('/one.amp')}\n")
    news.run()
    before = entry(news)
    assert before[1:3] == (site.link("/one"), None)
    said = dies(news, site, "/one")
    after = entry(news)
    assert (after[0], after[3]) == (before[0], before[3])
    assert after[1:3] == (site.link("/one.amp"), site.link("/one"))
    assert "leads to its AMP version" in after[4]
    (line,) = [line for line in said if "mended" in line]
    assert (
        line
        == f"  mended     articles/one.md: its source is dead; its entry leads to the AMP page {site.link('/one.amp')}"
    )
    rss = etree.fromstring(news.feeds()["all.rss"])
    assert rss.findtext(".//item/link") == site.link("/one.amp")
    assert [link.get("href") for link in rss.iterfind(f".//item/{ATOM}link[@rel='via']")] == [site.link("/one")]
    site.answers["/one"] = 200
    for _ in range(2):
        news.clock.step(days=8)
        news.run()
    assert entry(news) == before


@pytest.mark.parametrize(("title", "leads_to"), [("About one", "/one.copy"), ("Another page", None)])
def test_an_entry_whose_amp_page_is_dead_too_leads_to_a_copy_that_carries_its_title(news, site, title, leads_to):
    site.pages["/one.copy"] = f"<title>{title}</title><p>What was said.".encode()
    news.article("one", more=f"ampUrl: {site.link('/one.amp')}\ncdnAmpUrl: {site.link('/one.copy')}\n")
    news.article("two")
    news.run()
    dies(news, site, "/one", "/one.amp")
    links = [
        link.get("href") for link in etree.fromstring(news.feeds()["all.atom"]).iterfind(f".//{ATOM}entry/{ATOM}link")
    ]
    assert (site.link("/one.copy") in links) == (leads_to is not None)
    assert ("About one" in news.titles()) == (leads_to is not None)


def test_an_entry_goes_where_its_amp_page_dies_as_well(news, site):
    news.article("one", more=f"ampUrl: {site.link('/one.amp')}\n")
    news.article("two")
    news.run()
    said = dies(news, site, "/one", "/one.amp")
    assert news.titles() == ["About two"]
    assert "  withdrawn  articles/one.md: its source is dead (410 on GET: gone, says the server)" in said


@pytest.mark.parametrize(("policy", "said"), [("keep", False), ("mark", True)])
def test_by_another_policy_an_entry_without_a_living_link_stays(tmp_path, site, policy, said):
    news = Publication(tmp_path / "news", site)
    text = news.config_file.read_text().replace("feeds: {", f"feeds: {{dead_source: {policy}, ")
    news.config_file.write_text(text)
    news.article("one")
    news.run()
    before = entry(news)
    lines = dies(news, site, "/one")
    after = entry(news)
    assert after[:4] == before[:4]
    assert "  kept       articles/one.md: its source is dead (410 on GET: gone, says the server)" in lines
    assert ("can no longer be read" in after[4]) == said


def test_an_entry_leads_to_the_new_address_of_a_page_that_has_moved_for_good(news, site):
    news.article("one")
    site.answers["/one"] = (301, "/new")
    links, said = [], []
    for _ in range(4):
        said += [line for line in said_of(news, news.run()) if "mended" in line]
        links.append(entry(news)[1].rpartition("/")[2])
        news.clock.step(days=40)
    assert links == ["one", "one", "new", "new"]
    assert said == [
        f"  mended     articles/one.md: its source has moved; its entry leads to its new address {site.link('/new')}"
    ]
    assert entry(news)[2] == site.link("/one")
    site.answers["/one"] = (301, "/newer")
    news.run()
    assert entry(news)[1:3] == (site.link("/one"), None)


def test_a_dead_related_link_and_a_dead_image_are_left_out(news, site):
    news.article(
        "one",
        more=f"""images: [{{url: {site.link("/image.jpg")}}}]
related:
  - {{title: Alive elsewhere, sourceUrl: {site.link("/related-alive")}}}
  - {{title: Dead elsewhere, sourceUrl: {site.link("/related-dead")}}}
""",
    )
    news.run()
    site.answers |= {"/related-dead": 410, "/image.jpg": 410}
    for _ in range(3):
        news.clock.step(days=1.2)
        news.run()
    for name in ("all.atom", "all.html"):
        shown = news.feeds()[name].decode()
        assert "related-alive" in shown
        assert "related-dead" not in shown
        assert "image.jpg" not in shown
    assert news.titles() == ["About one"]


def test_offline_no_link_gets_a_verdict_and_every_feed_is_written(tmp_path, site):
    news = Publication(tmp_path / "news", site, canaries="['http://127.0.0.1:9/', 'http://127.0.0.1:9/a']")
    news.article("one")
    run = news.run()
    assert run.checking.online is False
    assert verdicts(run.checking) == {"one": VerdictKind.UNKNOWN}
    assert statuses(run.checking) == {"one": StatusKind.UNCHECKED}
    assert site.asked == []
    assert news.titles() == ["About one"]


def test_canaries_are_asked_again_only_ten_minutes_later(tmp_path, site):
    news = Publication(tmp_path / "news", site, canaries=f"['{site.link('/canary')}']")
    asked = []
    for minutes in (0, 9, 11):
        news.article(f"after-{minutes}")
        news.clock.step(minutes=minutes)
        news.run()
        asked.append(site.asked.count(("GET", "/canary")))
    assert asked == [1, 1, 2]


def test_canaries_that_answer_as_expected_let_the_run_go_on(tmp_path, site):
    site.answers["/canary"] = 204
    news = Publication(tmp_path / "news", site, canaries=f"[{{url: '{site.link('/canary')}', status: 204}}]")
    news.article("one")
    assert verdicts(news.run().checking) == {"one": VerdictKind.ALIVE}


def many_hosts(news, site, number=25):
    """One article whose related links lead to as many host names, all of them at the loopback site."""
    port = site.url.rpartition(":")[2]
    links = "".join(f"  - {{title: x, sourceUrl: 'http://h{n}.test:{port}/'}}\n" for n in range(number))
    news.article("one", more=f"related:\n{links}")


NO_NAMES = Failure(FailureKind.DNS_TIMEOUT, "the name servers are silent")


def test_when_a_third_of_the_living_hosts_fails_at_once_no_failure_counts(news, site):
    many_hosts(news, site)
    news.build()
    assert set(verdicts_of(news.check(ScriptedResolver()))) == {VerdictKind.ALIVE}
    news.clock.step(days=2)
    checking = news.check(ScriptedResolver({f"h{n}.test": NO_NAMES for n in range(9)}))
    assert checking.frozen
    counted = Counter(verdicts_of(checking))
    assert counted == {VerdictKind.UNKNOWN: 9, VerdictKind.ALIVE: 17}
    assert {result.after.status.kind for result in checking.results} == {StatusKind.ALIVE}
    # An hour later they are asked again, and what fails then as well is no accident of ours.
    news.clock.step(hours=2)
    again = news.check(ScriptedResolver(default=NO_NAMES))
    assert len(again.results) == 9
    assert {result.after.status.kind for result in again.results} == {StatusKind.FAILING}


def test_hosts_that_closed_for_good_die_although_they_did_so_all_at_once(news, site):
    many_hosts(news, site)
    news.build()
    news.check(ScriptedResolver())
    gone = ScriptedResolver({f"h{n}.test": Failure(FailureKind.DNS_NXDOMAIN, "no such host") for n in range(12)})
    for _ in range(40):
        news.clock.step(days=1)
        news.check(gone)
    with news.state() as state:
        assert targets.by_status(state) == {StatusKind.ALIVE: 14, StatusKind.DEAD: 12}


def test_a_failure_that_is_not_counted_is_not_broken(news, site):
    many_hosts(news, site)
    news.build()
    news.check(ScriptedResolver())
    news.clock.step(days=2)
    gone = ScriptedResolver({f"h{n}.test": Failure(FailureKind.DNS_NXDOMAIN, "no such host") for n in range(12)})
    assert not any(is_broken(result.verdict) for result in news.check(gone).results)


def test_when_a_few_hosts_fail_their_failures_count(news, site):
    many_hosts(news, site)
    news.build()
    news.check(ScriptedResolver())
    news.clock.step(days=2)
    checking = news.check(ScriptedResolver({f"h{n}.test": NO_NAMES for n in range(5)}))
    assert not checking.frozen
    assert Counter(result.after.status.kind for result in checking.results) == {
        StatusKind.FAILING: 5,
        StatusKind.ALIVE: 21,
    }


def test_an_outage_that_begins_during_a_run_is_noticed_and_changes_nothing(tmp_path, site):
    port = site.url.rpartition(":")[2]
    news = Publication(tmp_path / "news", site, canaries=f"['http://canary.test:{port}/']")
    many_hosts(news, site)
    news.build()
    # The canary answers before the run; its name is gone when it is asked again after five failures.
    names = ScriptedResolver({"canary.test": ["127.0.0.1", NO_NAMES]}, default=NO_NAMES)
    checking = news.check(names)
    assert checking.online is False
    assert {result.after.status.kind for result in checking.results} <= {StatusKind.UNCHECKED, StatusKind.ALIVE}
    assert Counter(verdicts_of(checking))[VerdictKind.UNKNOWN] >= 25


def test_an_interrupted_run_keeps_what_was_finished_and_leaves_the_rest_due(news, site):
    for number in range(30):
        news.article(f"n{number}")
    news.build()
    site.delay_s = 0.02

    async def interrupted(state):
        due = planning.planned(state, news.clock.now())
        task = asyncio.create_task(check(news.config, state, news.clock, due))
        while len(site.asked) < 15:  # noqa: ASYNC110 - the site lives in a thread
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with news.state() as state:
        asyncio.run(interrupted(state))
        kept = state.value("SELECT count(*) FROM observations")
        assert 0 < kept < 30
        assert len(planning.due(state, news.clock.now())) == 30 - kept
    site.delay_s = 0
    assert len(news.check().results) == 30 - kept


def test_a_run_does_not_overwrite_what_was_seen_after_it_was_planned(news, site):
    news.article("one")
    news.build()

    def somebody_else_checks():
        site.answers["/one"] = 410
        news.clock.step(minutes=5)
        assert statuses(news.check()) == {"one": StatusKind.FAILING}

    site.meanwhile = somebody_else_checks
    late = news.check()
    assert verdicts(late) == {"one": VerdictKind.ALIVE}
    assert statuses(late) == {"one": StatusKind.FAILING}
    with news.state() as state:
        assert len(runs.trail(state, site.link("/one"))) == 2


def test_a_run_with_the_clock_a_year_ahead_does_no_lasting_harm(news, site):
    news.article("one")
    news.clock.step(days=365)
    news.run()
    news.clock.step(days=-365)
    site.answers["/one"] = 410
    assert statuses(news.check()) == {"one": StatusKind.FAILING}
    news.clock.step(days=1.2)
    assert statuses(news.check()) == {"one": StatusKind.DEAD}


def test_what_was_seen_is_on_the_disk_within_seconds_however_slow_the_rest_is(news, site):
    news.article("fast")
    news.article("slow")
    news.build()

    async def killed_while_one_is_slow(state):
        due = planning.planned(state, news.clock.now())
        task = asyncio.create_task(check(news.config, state, news.clock, due))
        async with asyncio.timeout(60):
            while state.value("SELECT count(*) FROM observations") == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert not task.done()
        site.go_on()
        await task

    site.hold("/slow")
    with news.state() as state:
        asyncio.run(killed_while_one_is_slow(state))


def test_every_observation_is_kept_as_it_was_made(news, site):
    site.answers["/one"] = (301, "/new")
    news.article("one")
    news.run()
    with news.state() as state:
        (observation,) = (one.observation for one in runs.trail(state, site.link("/one")))
    assert [exchange.status for exchange in observation.chain] == [301, 200]
    assert judge(observation).moved_to == site.link("/new")


def test_two_builds_from_one_state_are_byte_identical(news, tmp_path):
    for number in range(8):
        news.article(f"n{number}", topics="AI, 機械学習, C#", date=f"2026-10-{number + 1:02}")
    news.run()
    shutil.copytree(news.folder, tmp_path / "copy")
    before = news.feeds()
    for feed in (news.folder / "feeds").iterdir():
        if feed.name != "ids.json":
            feed.unlink()
    news.clock.step(days=365)
    _, publishing = news.build()
    assert publishing.written
    assert news.feeds() == before


def test_a_future_article_appears_by_itself_when_its_time_comes(news):
    news.article("now")
    news.article("later", date="2026-11-02T00:00:00Z", topics="Secret plans")
    news.article("draft", more="published: false\n", topics="Hidden")
    news.build()
    before = news.feeds()
    assert not any(b"later" in data or b"draft" in data for data in before.values())
    assert set(before) == {"ids.json", *with_gzip("feeds.opml"), *feed_files("all", "ai"), *page_files("all", "ai")}
    news.clock.step(hours=11)
    news.build()
    assert news.feeds() == before
    news.clock.step(hours=1)
    news.build()
    assert news.titles() == ["About later", "About now"]
    assert news.titles("secret-plans") == ["About later"]


def test_with_the_state_lost_and_the_ledger_kept_every_byte_stays(news):
    news.article("one", date="2026-10-01")
    news.article("two", date="2026-10-02", topics="AI, C++")
    news.build()
    news.clock.step(days=1)
    text = (news.folder / "articles" / "one.md").read_text(encoding="utf-8").replace("About one", "About one, edited")
    (news.folder / "articles" / "one.md").write_text(text, encoding="utf-8")
    news.age(news.folder / "articles" / "one.md")
    news.build()
    before = news.feeds()
    assert b"2026-11-02T12:00:00Z" in before["all.atom"]
    for file in news.folder.glob("state.db*"):
        file.unlink()
    news.clock.step(days=30)
    news.build()
    assert news.feeds() == before


def test_a_broken_ledger_beside_an_empty_database_stops_the_build_and_is_kept(news):
    news.article("one")
    news.build()
    for file in news.folder.glob("state.db*"):
        file.unlink()
    (news.folder / "feeds" / "ids.json").write_text("{", encoding="utf-8")
    with pytest.raises(Exception, match=r"ids\.json"):
        news.build()
    assert (news.folder / "feeds" / "ids.json").read_text(encoding="utf-8") == "{"


def test_a_ledger_with_marks_of_a_merge_is_not_written_over_and_the_way_out_is_told(news):
    news.article("one")
    news.build()
    before = news.feeds()
    ledger = news.folder / "feeds" / "ids.json"
    ledger.write_text("<<<<<<< HEAD\n" + ledger.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(PublishError, match=r"ids\.json: is broken.*remove it, and it is written anew from state\.db"):
        news.build()
    assert ledger.read_text(encoding="utf-8").startswith("<<<<<<<")
    ledger.unlink()
    news.build()
    assert news.feeds() == before


def test_an_edit_moves_updated_once_and_a_re_render_never(news):
    path = news.article("one")
    news.build()
    assert b"<updated>2026-10-01T08:00:00Z</updated>" in news.feeds()["all.atom"]
    news.clock.step(days=2)
    path.write_text(path.read_text(encoding="utf-8").replace("About one", "News about one"), encoding="utf-8")
    news.age(path)
    news.build()
    edited = news.feeds()["all.atom"]
    assert b"<updated>2026-11-03T12:00:00Z</updated>" in edited
    news.clock.step(days=2)
    path.write_text(path.read_text(encoding="utf-8").replace("topics:", "heat: 12\ntopics:"), encoding="utf-8")
    news.age(path)
    news.build()
    assert news.feeds()["all.atom"] == edited


def test_an_edited_source_and_a_moved_file_keep_the_id(news):
    path = news.article("one")
    news.build()
    entry_id = news.feeds()["all.atom"].decode().split("<entry>")[1].split("<id>")[1].split("</id>")[0]
    path.write_text(path.read_text(encoding="utf-8").replace("/one", "/one-moved"), encoding="utf-8")
    news.age(path)
    news.build()
    path.rename(path.with_name("renamed.md"))
    news.build()
    feed = news.feeds()["all.atom"].decode()
    assert f"<id>{entry_id}</id>" in feed
    assert "one-moved" in feed
    assert feed.count("<entry>") == 1


def test_two_files_with_one_source_give_one_entry_and_the_other_is_reported(news):
    first = news.article("one")
    news.build()
    second = news.article("copy")
    second.write_text(first.read_text(encoding="utf-8").replace("About one", "A copy"), encoding="utf-8")
    news.age(second)
    reading, _ = news.build()
    assert [path for path, _ in reading.duplicates] == ["articles/copy.md"]
    assert news.titles() == ["About one"]
    before = news.feeds()["all.atom"].decode()
    first.unlink()
    reading, _ = news.build()
    assert reading.duplicates == ()
    assert news.titles() == ["A copy"]
    entry_id = before.split("<entry>")[1].split("<id>")[1].split("</id>")[0]
    assert entry_id in news.feeds()["all.atom"].decode()


def test_a_broken_edit_keeps_the_last_good_version(news):
    path = news.article("one")
    news.build()
    before = news.feeds()
    path.write_text("---\ntitle: [\n---\n", encoding="utf-8")
    news.age(path)
    reading, _ = news.build()
    assert [one.path for one in reading.rejected] == ["articles/one.md"]
    assert news.feeds() == before


def test_a_vanished_file_withdraws_its_entry(news):
    news.article("one")
    path = news.article("two")
    news.build()
    path.unlink()
    reading, publishing = news.build()
    assert reading.vanished == ("articles/two.md",)
    assert publishing.removed == 1
    assert news.titles() == ["About one"]


def many(news, number=12):
    return [news.article(f"n{one:02}", date=f"2026-10-{one + 1:02}") for one in range(number)]


def test_a_mass_removal_is_held_once_told_and_goes_when_accepted(news):
    paths = many(news)
    news.build()
    before = news.feeds()["all.atom"]
    for path in paths[:7]:
        path.unlink()
    _, first = news.build()
    assert news.feeds()["all.atom"] == before
    assert {(hold.feed, hold.is_new) for hold in first.holds} == {("all", True), ("ai", True)}
    assert "7 files vanished" in first.holds[0].sentence
    _, second = news.build()
    assert {hold.is_new for hold in second.holds} == {False}
    assert news.feeds()["all.atom"] == before
    _, third = news.build("all", "ai")
    assert third.holds == ()
    assert len(news.titles()) == len(news.titles("ai")) == 5
    with pytest.raises(UsageError, match="no removals are held"):
        news.build("all")


def test_held_removals_do_not_hold_up_additions(news):
    paths = many(news)
    news.build()
    for path in paths[:7]:
        path.unlink()
    news.build()
    news.article("fresh", date="2026-10-30")
    news.build()
    assert len(news.titles()) == 13
    assert news.titles()[0] == "About fresh"


def test_held_removals_of_files_go_after_a_day_of_confirmation(news):
    paths = many(news)
    news.build()
    for path in paths[:7]:
        path.unlink()
    news.build()
    news.clock.step(hours=23)
    news.build()
    assert len(news.titles()) == 12
    news.clock.step(hours=1)
    news.build()
    assert len(news.titles()) == 5


def test_a_hold_is_not_confirmed_by_a_machine_that_was_off(news):
    paths = many(news)
    news.build()
    for path in paths[:7]:
        path.unlink()
    news.build()
    news.clock.step(days=20)
    news.build()
    assert len(news.titles()) == 12
    news.build()
    assert len(news.titles()) == 5


def test_a_hold_is_not_dissolved_by_new_articles(news, site):
    many(news)
    news.run()
    site.answers = {f"/n{number:02}": 410 for number in range(7)}
    for _ in range(3):
        news.clock.step(days=1.2)
        news.run()
    for number in range(24):
        news.article(f"new{number:02}", date="2026-10-30")
    for _ in range(3):
        news.build()
    assert len(news.titles()) == 36
    news.build("all", "ai")
    assert len(news.titles()) == 29


def test_the_alert_of_a_hold_is_not_lost_where_publishing_fails(news):
    paths = many(news)
    news.build()
    for path in paths[:7]:
        path.unlink()
    news.article("fresh", date="2026-10-30")
    (news.folder / "feeds" / "all.rss").unlink()
    (news.folder / "feeds" / "all.rss").mkdir()
    with pytest.raises(PublishError):
        news.build()
    (news.folder / "feeds" / "all.rss").rmdir()
    _, publishing = news.build()
    assert {hold.is_new for hold in publishing.holds} == {True}


def test_files_that_come_back_end_the_hold(news):
    paths = many(news)
    texts = {path: path.read_text(encoding="utf-8") for path in paths[:7]}
    news.build()
    before = news.feeds()["all.atom"]
    for path in texts:
        path.unlink()
    news.build()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        news.age(path)
    _, publishing = news.build()
    assert publishing.holds == ()
    assert news.feeds()["all.atom"] == before


def test_links_that_die_in_bulk_are_held_too(news, site):
    many(news)
    news.run()
    site.answers = {f"/n{number:02}": 410 for number in range(12)}
    for _ in range(3):
        news.clock.step(days=1.2)
        run = news.run()
    assert len(news.titles()) == 12
    assert "12 links dead" in run.publishing.holds[0].sentence
    news.clock.step(days=3)
    news.build()
    assert len(news.titles()) == 12
    news.build("all", "ai")
    assert news.titles() == []


def test_an_article_folder_that_went_or_emptied_withdraws_nothing(news):
    paths = many(news, 3)
    news.build()
    before = news.feeds()
    for path in paths:
        path.unlink()
    with pytest.raises(ArticlesError, match="nothing was withdrawn"):
        news.build()
    (news.folder / "articles").rmdir()
    with pytest.raises(ArticlesError, match=r"articles\.paths: the folder .*articles.* does not exist"):
        news.build()
    assert news.feeds() == before


def test_one_emptied_folder_of_several_withdraws_nothing(news):
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace('"articles/*.md"', '"articles/*.md", "more/*.md"'), encoding="utf-8")
    news.article("one")
    (news.folder / "more").mkdir()
    moved = news.article("two").rename(news.folder / "more" / "two.md")
    news.build()
    before = news.feeds()
    moved.unlink()
    with pytest.raises(ArticlesError, match=r"more/\*\.md.*published: false"):
        news.build()
    assert news.feeds() == before


def test_a_lost_database_beside_an_empty_folder_withdraws_nothing(news):
    path = news.article("one")
    news.build()
    before = news.feeds()
    for file in news.folder.glob("state.db*"):
        file.unlink()
    path.unlink()
    with pytest.raises(ArticlesError, match=r"ids\.json knows of 1 articles"):
        news.build()
    assert news.feeds() == before


def test_a_database_older_than_the_ledger_goes_on_with_the_ids_of_the_ledger(news, tmp_path):
    news.article("one")
    news.build()
    shutil.copy(news.folder / "state.db", tmp_path / "backup.db")
    path = news.article("two")
    news.build()
    path.write_text(path.read_text(encoding="utf-8").replace("/two", "/two-corrected"), encoding="utf-8")
    news.age(path)
    news.build()
    before = news.feeds()
    shutil.copy(tmp_path / "backup.db", news.folder / "state.db")
    news.build()
    assert news.feeds() == before


def test_a_restored_database_keeps_the_id_of_a_file_that_was_moved_and_edited_since(news, tmp_path):
    path = news.article("one")
    news.build()
    shutil.copy(news.folder / "state.db", tmp_path / "backup.db")
    path = path.rename(path.with_name("uno.md"))
    news.build()
    news.clock.step(days=1)
    text = path.read_text(encoding="utf-8").replace("/one", "/uno").replace("About one", "About one, edited")
    path.write_text(text, encoding="utf-8")
    news.age(path)
    news.build()
    before = news.feeds()
    shutil.copy(tmp_path / "backup.db", news.folder / "state.db")
    news.clock.step(days=1)
    news.build()
    assert news.feeds() == before


def test_an_id_that_the_ledger_tells_stays_in_it(news, tmp_path):
    path = news.article("later", date="2026-11-03")
    news.article("now")
    news.build()
    shutil.copy(news.folder / "state.db", tmp_path / "backup.db")
    news.clock.step(days=3)
    news.build()
    assert b"/later" in news.feeds()["ids.json"]
    shutil.copy(tmp_path / "backup.db", news.folder / "state.db")
    path.unlink()
    news.build()
    assert b"/later" in news.feeds()["ids.json"]


def test_a_feed_does_not_go_empty_in_the_build_that_confirms_a_hold(news):
    paths = many(news, 10)
    news.article("draft", more="published: false\n")
    news.build()
    for path in paths[:6]:
        path.unlink()
    news.build()
    news.clock.step(hours=12)
    news.build()
    for path in paths[6:]:
        path.unlink()
    news.clock.step(hours=13)
    _, publishing = news.build()
    assert len(news.titles()) == 4
    assert publishing.holds


def test_links_found_while_the_clock_was_ahead_are_asked_when_it_is_right_again(news, site):
    news.clock.step(days=400)
    news.article("one")
    news.build()
    news.clock.step(days=-400)
    assert verdicts(news.check()) == {"one": VerdictKind.ALIVE}
    news.clock.step(hours=2)
    assert not news.check().results


def test_results_that_cannot_be_written_for_a_while_are_not_lost(news, site):
    for number in range(4):
        news.article(f"n{number}")
    news.article("slow")
    news.build()
    site.hold("/slow")

    async def checked(state):
        due = planning.planned(state, news.clock.now())
        task = asyncio.create_task(check(news.config, state, news.clock, due))
        while len(site.asked) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        with hold(news.folder / "state.db.lock", who="another"):
            # Long enough for a write to be tried, and to fail.
            await asyncio.sleep(3)
        site.go_on()
        return await task

    with open_state(news.config.state_path, who="a test", write_wait_s=0.05) as state:
        checking = asyncio.run(checked(state))
        assert state.value("SELECT count(*) FROM observations") == 5
    assert set(verdicts_of(checking)) == {VerdictKind.ALIVE}


def test_a_change_of_config_does_not_move_updated(news):
    news.article("one", more="teaser: Other words\n")
    news.build()
    news.clock.step(days=3)
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(
        text.replace('"articles/*.md"]', '"articles/*.md"], fields: {excerpt: [teaser]}'), encoding="utf-8"
    )
    news.build()
    assert b"Other words" in news.feeds()["all.atom"]
    assert b"<updated>2026-10-01T08:00:00Z</updated>" in news.feeds()["all.atom"]


def test_a_draft_that_is_edited_and_then_published_is_not_updated(news):
    path = news.article("one", more="published: false\n")
    news.build()
    news.clock.step(days=1)
    text = path.read_text(encoding="utf-8").replace("About one", "About one, finished")
    path.write_text(text, encoding="utf-8")
    news.age(path)
    news.build()
    path.write_text(text.replace("published: false", "published: true"), encoding="utf-8")
    news.age(path)
    news.build()
    assert b"<updated>2026-10-01T08:00:00Z</updated>" in news.feeds()["all.atom"]


def test_an_edit_after_a_future_article_came_out_moves_updated(news):
    path = news.article("one", date="2026-11-02T00:00:00Z")
    news.build()
    news.clock.step(days=2)
    news.build()
    path.write_text(path.read_text(encoding="utf-8").replace("About one", "About one, edited"), encoding="utf-8")
    news.age(path)
    news.clock.step(days=2)
    news.build()
    assert b"<updated>2026-11-05T12:00:00Z</updated>" in news.feeds()["all.atom"]


def test_a_feed_holds_the_newest_entries(tmp_path, site):
    news = Publication(tmp_path / "news", site)
    news.config_file.write_text(
        news.config_file.read_text(encoding="utf-8").replace("feeds/}", "feeds/, max_entries: 3}"), encoding="utf-8"
    )
    many(news, 6)
    news.build()
    assert news.titles() == ["About n05", "About n04", "About n03"]
    news.article("n06", date="2026-10-20")
    _, publishing = news.build()
    assert news.titles() == ["About n06", "About n05", "About n04"]
    assert publishing.holds == ()


def test_a_slug_once_given_is_not_changed_by_the_config(news):
    news.article("one", topics="Computer Vision")
    news.build()
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(
        text.replace("feeds/}", "feeds/, topics: {Computer Vision: {slug: cv}}}"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="computer-vision"):
        news.build()


def test_a_feed_that_somebody_changed_or_removed_is_written_again(news):
    news.article("one")
    news.build()
    before = news.feeds()
    (news.folder / "feeds" / "all.atom").write_text("broken", encoding="utf-8")
    (news.folder / "feeds" / "ai.rss").unlink()
    (news.folder / "feeds" / "ids.json").unlink()
    _, publishing = news.build()
    assert set(publishing.written) == {*with_gzip("all.atom", "ai.rss"), "ids.json"}
    assert news.feeds() == before


def listed(news):
    """The date of the list of feeds, and the addresses in it."""
    root = etree.fromstring(news.feeds()["feeds.opml"])
    return root.findtext("head/dateModified"), [outline.get("xmlUrl") for outline in root.iter("outline")]


def test_the_list_of_feeds_has_all_first_and_every_topic_with_entries(news):
    news.build()
    assert listed(news) == ("Thu, 01 Jan 2026 00:00:00 GMT", ["https://example.org/feeds/all.rss"])
    news.article("one", topics="Zoo", date="2026-10-02T08:00:00Z")
    rare = news.article("two", topics="Rare, AI", date="2026-10-03T08:00:00Z")
    news.build()
    slugs = ["all", "ai", "rare", "zoo"]
    assert listed(news) == ("Sat, 03 Oct 2026 08:00:00 GMT", [f"https://example.org/feeds/{s}.rss" for s in slugs])
    rare.unlink()
    news.clock.step(days=30)
    _, publishing = news.build()
    assert publishing.written[-2:] == ("feeds.opml", "feeds.opml.gz")
    assert listed(news) == (
        "Fri, 02 Oct 2026 08:00:00 GMT",
        [f"https://example.org/feeds/{s}.rss" for s in ("all", "zoo")],
    )
    assert "rare.rss" in news.feeds()
    assert news.build()[1].written == ()


def test_the_list_of_feeds_stays_where_only_the_content_of_entries_changes(news):
    news.article("one", more="images: [{url: 'https://a.example/image.jpg'}]\n")
    news.build()
    config = news.config_file.read_text(encoding="utf-8").replace("feeds/}", "feeds/, images: media}")
    news.config_file.write_text(config, encoding="utf-8")
    _, publishing = news.build()
    assert set(publishing.written) == feed_files("all", "ai")


@pytest.mark.parametrize(("formats", "suffix"), [("[json, rss]", "rss"), ("[json, atom]", "json")])
def test_the_list_of_feeds_names_files_that_are_there(news, formats, suffix):
    config = news.config_file.read_text(encoding="utf-8").replace("feeds/}", f"feeds/, formats: {formats}}}")
    news.config_file.write_text(config, encoding="utf-8")
    news.article("one")
    news.build()
    assert listed(news)[1] == [f"https://example.org/feeds/{slug}.{suffix}" for slug in ("all", "ai")]
    assert {f"all.{suffix}", f"ai.{suffix}"} <= set(news.feeds())


def switch_gzip(news, is_on):
    text = news.config_file.read_text(encoding="utf-8")
    text = text.replace("feeds/, gzip: false}", "feeds/}").replace("feeds/, gzip: true}", "feeds/}")
    news.config_file.write_text(text.replace("feeds/}", f"feeds/, gzip: {str(is_on).lower()}}}"), encoding="utf-8")


def packed(news):
    """The files that have a .gz, each with what is packed in it, which is what the file holds."""
    files = news.feeds()
    found = {name.removesuffix(".gz"): gzip.decompress(data) for name, data in files.items() if name.endswith(".gz")}
    assert all(files[name] == data for name, data in found.items())
    return found


def edit(news, path, before, after):
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    news.age(path)


def test_every_file_but_the_ledger_has_a_gz_beside_it_that_follows_it(news):
    path = news.article("one")
    news.build()
    assert packed(news).keys() == news.feeds().keys() - {"ids.json", *(f"{name}.gz" for name in packed(news))}
    assert packed(news).keys() >= {"all.rss", "all.atom", "all.json", "feeds.opml"}
    edit(news, path, "About one", "About two")
    news.build()
    assert b"About two" in packed(news)["all.json"]
    assert news.build()[1].written == ()


@pytest.mark.parametrize("what", ["is lost", "is broken"])
def test_a_gz_that_is_not_as_it_was_written_is_written_again_and_its_file_stays(news, what):
    news.article("one")
    news.build()
    before, stamp = news.feeds(), (news.folder / "feeds" / "all.rss").stat()
    (news.folder / "feeds" / "all.rss.gz").unlink()
    if what == "is broken":
        (news.folder / "feeds" / "all.rss.gz").write_bytes(b"broken")
    assert news.build()[1].written == ("all.rss.gz",)
    assert news.feeds() == before
    assert (news.folder / "feeds" / "all.rss").stat() == stamp


def test_a_crash_between_a_file_and_its_gz_leaves_no_earlier_one_and_the_next_build_writes_it(news):
    path = news.article("one")
    news.build()
    edit(news, path, "About one", "About two")
    # What is in the way of the .gz stands for a crash before it.
    (news.folder / "feeds" / ".all.rss.gz.feedbot-tmp").mkdir()
    with pytest.raises(PublishError):
        news.build()
    (news.folder / "feeds" / ".all.rss.gz.feedbot-tmp").rmdir()
    assert b"About two" in news.feeds()["all.rss"]
    assert "all.rss" not in packed(news)
    news.build()
    assert b"About two" in packed(news)["all.rss"]


def test_switched_off_every_gz_goes_and_switched_on_every_gz_comes_back(news):
    news.article("one")
    news.build()
    before, stamp = news.feeds(), (news.folder / "feeds" / "all.rss").stat()
    switch_gzip(news, False)
    assert news.build()[1].written == ()
    assert news.feeds() == {name: data for name, data in before.items() if not name.endswith(".gz")}
    switch_gzip(news, True)
    assert set(news.build()[1].written) == {name for name in before if name.endswith(".gz")}
    assert news.feeds() == before
    assert (news.folder / "feeds" / "all.rss").stat() == stamp


def test_with_gzip_off_a_gz_of_somebody_else_stays_as_long_as_it_is_true(news):
    path = news.article("one")
    news.build()
    switch_gzip(news, False)
    news.build()
    theirs = news.folder / "feeds" / "all.rss.gz"
    theirs.write_bytes(gzip.compress(news.feeds()["all.rss"], 9))
    news.build()
    assert set(packed(news)) == {"all.rss"}
    edit(news, path, "About one", "About two")
    news.build()
    assert packed(news) == {}


def test_switched_off_with_the_state_lost_no_gz_of_an_earlier_file_stays(news):
    path = news.article("one", topics="AI")
    news.build()
    for file in news.folder.glob("state.db*"):
        file.unlink()
    switch_gzip(news, False)
    edit(news, path, "About one", "About two")
    news.build()
    assert b"About two" in news.feeds()["all.rss"]
    # These hold what they held before, and what is packed is still true.
    assert set(packed(news)) <= {"feeds.opml", "index.html", "about.html"}


def test_a_page_of_somebody_else_is_not_overwritten(news):
    news.article("one")
    home = news.folder / "feeds" / "index.html"
    home.parent.mkdir()
    home.write_text("<!DOCTYPE html><title>Home</title>")
    with pytest.raises(PublishError, match=r"index\.html: was not written by feedbot.*feeds\.directory"):
        news.build()
    assert [path.name for path in home.parent.iterdir()] == ["index.html"]
    assert home.read_text() == "<!DOCTYPE html><title>Home</title>"
    home.unlink()
    news.build()


@pytest.mark.parametrize("name", ["all.rss", "feeds.opml"])
def test_a_feed_of_an_earlier_publisher_is_not_overwritten_by_the_first_build(news, name):
    news.article("one")
    theirs = news.folder / "feeds" / name
    theirs.parent.mkdir()
    theirs.write_text("<rss/>")
    with pytest.raises(PublishError, match=rf"{re.escape(name)}: was not written by feedbot.*feeds\.directory"):
        news.build()
    assert [path.name for path in theirs.parent.iterdir()] == [name]
    assert theirs.read_text() == "<rss/>"
    theirs.unlink()
    news.build()
    # Once feedbot has written here, what somebody puts in the place of a feed is written over.
    theirs.write_text("<rss/>")
    news.build()
    assert theirs.read_text() != "<rss/>"


def test_without_a_database_and_ids_feeds_of_feedbot_are_known_as_its_own(news):
    news.configure_feeds("pages: false")
    path = news.article("one")
    news.build()
    for file in (*news.folder.glob("state.db*"), news.folder / "feeds" / "ids.json"):
        file.unlink()
    edit(news, path, "About one", "About two")
    news.build()
    assert b"About two" in news.feeds()["all.rss"]


def test_a_feeds_folder_that_is_a_file_is_called_that(news):
    news.article("one")
    (news.folder / "feeds").write_text("mine")
    with pytest.raises(PublishError, match=r"/feeds: is a file, and feeds need a folder;.*feeds\.directory"):
        news.build()


def test_without_a_database_pages_of_feedbot_are_known_as_its_own(news):
    path = news.article("one")
    news.build()
    for file in news.folder.glob("state.db*"):
        file.unlink()
    edit(news, path, "About one", "About two")
    news.build()
    assert b"About two" in news.feeds()["all.html"]


def test_a_format_that_is_left_out_loses_its_gz(news):
    news.article("one")
    news.build()
    config = news.config_file.read_text(encoding="utf-8").replace("feeds/}", "feeds/, formats: [rss]}")
    news.config_file.write_text(config, encoding="utf-8")
    news.build()
    pages = {"all.html", "ai.html", "index.html", "about.html"}
    assert set(packed(news)) == {"all.rss", "ai.rss", "feeds.opml", *pages}


def test_a_topic_whose_json_feed_would_be_the_ledger_has_another_address(news):
    news.article("one", topics="Ids, IDS.json, feeds")
    news.build()
    ledger = json.loads(news.feeds()["ids.json"])
    slugs = {topic["name"]: topic["slug"] for topic in ledger["topics"]}
    assert slugs["IDS.json"] == "ids-json"
    for name in ("Ids", "feeds"):
        assert slugs[name].startswith(f"{name.lower()}-")
        assert f"{slugs[name]}.json" in news.feeds()
    assert [entry["path"] for entry in ledger["entries"]] == ["articles/one.md"]


def test_a_page_is_rendered_and_written_only_when_its_topic_changed(news):
    def inputs():
        with news.state() as state:
            return {name: file.inputs for name, file in published.files(state).items() if name.endswith(".html")}

    news.article("one", topics="AI")
    news.article("two", topics="C++")
    news.build()
    before = inputs()
    assert b"About two" in news.feeds()["cplusplus.html"]
    path = news.article("two", topics="C++")
    path.write_text(path.read_text(encoding="utf-8").replace("About two", "Other words"), encoding="utf-8")
    news.age(path)
    _, publishing = news.build()
    pages = {name for name in publishing.written if name.endswith(".html")}
    assert pages == {"all.html", "cplusplus.html"}
    assert b"Other words" in news.feeds()["cplusplus.html"]
    # What a page was made from is the same, so it was not made again.
    after = inputs()
    assert {name for name in before if after[name] == before[name]} == {"ai.html", "index.html", "about.html"}


def test_what_the_pages_say_of_feedbot_follows_the_config(news):
    news.article("one")
    news.build()
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("checker:", "checker:\n  optout: [quiet.example]"), encoding="utf-8")
    _, publishing = news.build()
    assert set(publishing.written) == with_gzip("about.html")
    assert b"1 host has asked" in news.feeds()["about.html"]
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("feeds/}", "feeds/, formats: [rss]}"), encoding="utf-8")
    _, publishing = news.build()
    assert set(publishing.written) == with_gzip("all.html", "ai.html", "index.html")


def test_a_title_that_the_config_gives_a_topic_is_on_its_page_and_on_the_index(news):
    text = news.config_file.read_text(encoding="utf-8")
    topics = "{Computer Vision: {title: Seeing machines, description: What cameras learn}}"
    news.config_file.write_text(text.replace("feeds/}", f"feeds/, topics: {topics}}}"), encoding="utf-8")
    news.article("one", topics="Computer vision, AI")
    news.build()
    index, page = (news.feeds()[name].decode() for name in ("index.html", "computer-vision.html"))
    assert ">Seeing machines</a>" in index
    assert ">AI</a>" in index
    assert ">All articles</a>" in index
    assert ">Seeing machines</h1>" in page
    assert ">What cameras learn</p>" in page


def test_without_pages_only_feeds_are_written(news):
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("feeds/}", "feeds/, pages: false}"), encoding="utf-8")
    news.article("one")
    news.build()
    assert set(news.feeds()) == {"ids.json", *with_gzip("feeds.opml"), *feed_files("all", "ai")}


def test_topics_named_like_the_other_pages_get_pages_beside_them(news):
    news.article("one", topics="Index, About, ALL")
    _, publishing = news.build()
    pages = sorted(name for name in news.feeds() if name.endswith(".html"))
    assert len(pages) == len({name.casefold() for name in publishing.written if name.endswith(".html")}) == 6
    for name in ("about", "all", "index"):
        (own,) = (page for page in pages if page.startswith(f"{name}-"))
        assert f'href="{own}"' in news.feeds()["index.html"].decode()
        assert b"About one" in news.feeds()[own]


def test_a_topic_that_lost_its_articles_keeps_a_page_and_leaves_the_index(news):
    path = news.article("one", topics="Rare")
    news.article("two")
    news.build()
    assert b'href="rare.html"' in news.feeds()["index.html"]
    path.unlink()
    news.build()
    assert b'href="rare.html"' not in news.feeds()["index.html"]
    assert b"There are no articles here" in news.feeds()["rare.html"]


def test_a_topic_that_lost_its_articles_keeps_a_valid_empty_feed(news):
    path = news.article("one", topics="Rare")
    news.article("two")
    news.build()
    path.unlink()
    news.build()
    assert news.titles("rare") == []
    assert b"<entry>" not in news.feeds()["rare.atom"]


def test_secured_is_nowhere(news):
    canary = "Qv8tbTN8fjSECRETxuRfSTS2ojEw"
    news.article(
        "one",
        more=f"secured: '{canary}'\nrelated: [{{title: x, sourceUrl: 'https://a.example/', secured: {canary}}}]\n",
    )
    broken = news.article("two", more=f"secured: '{canary}\n")
    assert canary in broken.read_text(encoding="utf-8")
    reading, _ = news.build()
    assert len(reading.rejected) == 1
    for file in news.folder.rglob("*"):
        if file.is_file() and file.parent.name != "articles":
            assert canary.encode() not in file.read_bytes(), file
    assert canary not in repr(reading)


def test_living_links_are_asked_again_with_head_and_validators_only_after_a_day(news, site):
    news.article("one")
    news.run()
    news.clock.step(hours=23)
    assert not news.check().results
    news.clock.step(hours=4)
    news.check()
    assert site.asked == [("GET", "/one"), ("HEAD", "/one")]


def test_a_page_of_another_length_is_read_at_once_and_remembered(news, site):
    news.article("one")
    news.run()
    site.asked.clear()
    site.pages["/one"] = b"<title>Another page</title>"
    for days in (2, 3):
        news.clock.step(days=days)
        news.check()
    assert site.asked == [("HEAD", "/one"), ("GET", "/one"), ("HEAD", "/one")]


def test_after_a_change_that_head_told_the_page_is_read(news, site):
    news.article("one")
    news.run()
    site.asked.clear()
    site.answers["/one"] = (301, "/two")
    for _ in range(2):
        news.clock.step(days=2)
        news.check()
    assert [command for command, path in site.asked if path == "/one"] == ["HEAD", "GET"]


def test_a_link_of_a_withdrawn_article_is_not_asked_any_more(news, site):
    news.article("one")
    path = news.article("two")
    news.run()
    path.unlink()
    news.build()
    site.asked.clear()
    news.clock.step(days=2)
    news.check()
    assert {asked for _, asked in site.asked} == {"/one"}


def test_a_link_is_due_again_after_a_day_or_later(news):
    news.article("one")
    news.run()
    with news.state() as state:
        due = state.value("SELECT next_check_at FROM targets")
    assert seconds(news.clock.at + timedelta(days=1)) <= due


def test_a_source_whose_host_asks_not_to_be_checked_stays_in_the_feed(tmp_path, site):
    news = Publication(tmp_path / "news", site, more="  optout: [127.0.0.1]\n")
    news.article("one", more=f"images: [{{url: {site.link('/image.jpg')}}}]\n")
    checking = news.run().checking
    assert set(statuses(checking).values()) == {StatusKind.REFUSED}
    assert {result.verdict.reason for result in checking.results} == {"not asked: 127.0.0.1 asks not to be checked"}
    assert site.asked == []
    assert news.titles() == ["About one"]
    assert b"image.jpg" in news.feeds()["all.atom"]


def test_a_link_to_an_address_of_no_public_network_leaves_the_feed_even_after_an_opt_out(tmp_path, site):
    news = Publication(tmp_path / "news", site, more="  optout: [127.0.0.1]\n")
    news.article("one")
    news.run()
    assert news.titles() == ["About one"]
    opened = news.config_file.read_text(encoding="utf-8")
    closed = opened.replace("allow_addresses: [127.0.0.0/8]", "").replace("  optout: [127.0.0.1]\n", "")
    news.config_file.write_text(closed, encoding="utf-8")
    news.clock.step(days=2)
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")
    assert statuses(news.run().checking) == {"one": StatusKind.REFUSED}
    with news.state() as state:
        assert targets.seem_unlinkable(state)


def test_a_run_without_a_credential_that_the_config_names_is_not_begun(tmp_path, site, monkeypatch):
    monkeypatch.delenv("NEWS_TOKEN", raising=False)
    news = Publication(tmp_path / "news", site, more="  hosts: {news.example: {bearer_env: NEWS_TOKEN}}\n")
    news.article("one")
    with pytest.raises(ConfigError, match=r"^checker\.hosts\.news\.example\.bearer_env: .* NEWS_TOKEN is not set$"):
        news.run()
    assert site.asked == []
    with news.state() as state:
        assert state.rows("SELECT * FROM runs") == []
    monkeypatch.setenv("NEWS_TOKEN", "canary-5d41402abc4b2a76")
    assert verdicts(news.run().checking) == {"one": VerdictKind.ALIVE}
    assert b"canary" not in news.config.state_path.read_bytes()


# Old articles in bulk


def archive(news, number, date="2026-10-01T08:00:00Z"):
    for one in range(number):
        news.article(f"old{one}", topics="Past", date=date)


def test_more_than_fifty_old_articles_at_once_wait_until_a_person_says_that_they_may_come(news):
    news.article("one")
    news.build()
    before = news.feeds()
    archive(news, 51)
    _, held = news.build()
    assert (held.held.flood.articles, held.held.flood.is_new, held.is_held_anew) == (51, True, True)
    assert news.feeds() == before
    news.article("two", date="2026-10-31T08:00:00Z")
    _, again = news.build()
    assert (again.held.flood.is_new, again.is_held_anew) == (False, False)
    assert news.titles() == ["About two", "About one"]
    assert "past.atom" not in news.feeds()
    with news.state() as state:
        _, came = read(news.config, state, news.clock), publish(news.config, state, news.clock, accept_new=True)
    assert (came.held.flood, len(news.titles()), len(news.titles("past"))) == (None, 50, 50)
    _, after = news.build()
    assert (after.held.flood, after.written) == (None, ())


@pytest.mark.parametrize(
    ("number", "date"),
    [(50, "2026-10-01T08:00:00Z"), (60, "2026-10-30T08:00:00Z"), (60, "2026-12-01T08:00:00Z")],
)
def test_fifty_old_articles_or_any_number_of_new_ones_come_at_once(news, number, date):
    news.article("one")
    news.build()
    archive(news, number, date)
    assert news.build()[1].held.flood is None


def test_a_publication_may_begin_with_an_archive(news):
    archive(news, 60)
    _, publishing = news.build()
    assert (publishing.held.flood, publishing.added) == (None, 50)


def test_old_articles_that_readers_have_seen_may_come_back_in_bulk(news):
    archive(news, 60)
    news.build()
    for path in sorted((news.folder / "articles").iterdir())[5:]:
        path.rename(path.with_suffix(".away"))
    news.build(*(hold.feed for hold in news.build()[1].holds))
    for path in (news.folder / "articles").iterdir():
        path.rename(path.with_suffix(".md"))
    assert news.build()[1].held.flood is None
    assert len(news.titles()) == 50


def test_the_ids_of_articles_that_are_held_back_do_not_leave_the_database(news):
    news.article("one")
    news.build()
    before = news.feeds()["ids.json"]
    archive(news, 60)
    news.build()
    assert news.feeds()["ids.json"] == before


# Further addresses


def aliased(tmp_path, site, aliases):
    news = Publication(tmp_path / "news", site)
    news.config_file.write_text(news.config_file.read_text().replace("feeds: {", f"feeds: {{aliases: {aliases}, "))
    return news


def test_an_alias_is_the_same_feed_under_another_name(tmp_path, site):
    news = aliased(tmp_path, site, "{feed.xml: all.atom, rss.xml: ai.rss, later.xml: robots.atom}")
    news.article("one")
    news.build()
    feeds = news.feeds()
    assert (feeds["feed.xml"], feeds["rss.xml"]) == (feeds["all.atom"], feeds["ai.rss"])
    assert "later.xml" not in feeds
    news.article("two", topics="Robots")
    news.build()
    assert news.feeds()["feed.xml"] == news.feeds()["all.atom"] != feeds["all.atom"]
    assert news.feeds()["later.xml"] == news.feeds()["robots.atom"]
    assert news.build()[1].written == ()


@pytest.mark.parametrize(
    ("aliases", "why"),
    [
        ("{robots.atom: all.atom}", "could be a feed's own file"),
        ("{Index.html: all.atom}", "could be a feed's own file"),
        ("{../feed.xml: all.atom}", "aliases"),
        ("{.htaccess: all.atom}", "aliases"),
        ("{feed.xml: ../all.atom}", "aliases"),
        ("{feed.xml: ids.txt}", "aliases"),
        ("{feed.xml: all.atom, FEED.xml: all.rss}", "names a file twice"),
    ],
)
def test_an_alias_is_a_plain_name_that_no_feed_can_have(tmp_path, site, aliases, why):
    news = aliased(tmp_path, site, aliases)
    with pytest.raises(ConfigError, match=why):
        assert news.config


def test_a_new_database_publishes_nothing_over_the_feeds_of_an_earlier_one_before_it_has_read_all_articles(news):
    news.article("one")
    news.article("two")
    news.run()
    before = news.feeds()
    for file in news.folder.glob("state.db*"):
        file.unlink()
    with news.state() as state:
        with pytest.raises(StateError, match=r"tells of articles that .* has not read yet: nothing was published"):
            publish(news.config, state, news.clock)
        # The reading gives ids from the ledger before it is cut off.
        news.article("three")
        with pytest.raises(FeedbotError, match="stopped while reading articles"):
            read(news.config, state, news.clock, lambda: True)
        with pytest.raises(StateError, match="has not read yet"):
            publish(news.config, state, news.clock)
        assert news.feeds() == before
        read(news.config, state, news.clock)
        publish(news.config, state, news.clock)
    assert news.titles() == ["About one", "About three", "About two"]


def test_a_run_whose_cluster_cannot_be_joined_has_never_begun(news, monkeypatch):
    news.article("one")
    news.build()
    monkeypatch.setitem(sys.modules, "distributed", None)
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}  cluster: tcp://127.0.0.1:9\n", encoding="utf-8")
    with pytest.raises(ClusterError, match="Dask is not installed"):
        news.check()
    with news.state() as state:
        assert state.value("SELECT count(*) FROM runs") == 0


def test_network_failures_of_a_run_count_in_one_transaction(news, monkeypatch):
    monkeypatch.setattr(checking, "_RESULTS_A_WRITE", 3)
    port = closed_port()
    for number in range(20):
        path = news.article(f"n{number}")
        if number % 2:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(news.site.url, f"http://127.0.0.1:{port}"), encoding="utf-8")
            news.age(path)
    news.build()
    with news.state() as state:
        said = []
        state.db.conn.set_trace_callback(said.append)
        due = planning.planned(state, news.clock.now())
        done = asyncio.run(check(news.config, state, news.clock, due))
        state.db.conn.set_trace_callback(None)
    assert Counter(verdicts_of(done))[VerdictKind.UNREACHABLE] == 10
    transactions = "\n".join(said).split("COMMIT")
    counted = [one.count("'failing'") for one in transactions if "UPDATE targets SET frozen = 0" in one]
    assert [number for number in counted if number] == [10]
