"""What a run asks first, what it asks on a budget, and whom it asks when a host's link fails."""

from datetime import timedelta

import pytest

from feedbot.cli.reports.status import progress
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.status import StatusKind
from feedbot.state import planning, runs, targets
from feedbot.state.backlog import Backlog, backlog_of
from feedbot.state.database import seconds
from tests.publication import START, Publication
from tests.wire.scripted import ScriptedResolver

FAR = 2 * seconds(START)
NO_SUCH_HOST = Failure(FailureKind.DNS_NXDOMAIN, "no such host")


def names(due):
    return [target.url.rpartition("/")[2] for target in due]


def due_now(news, **more):
    with news.state() as state:
        return names(planning.due(state, news.clock.now(), **more))


def many_kinds_of_articles(news):
    """Two are in the feeds, which hold two entries; one is news that they have no room for, one is old."""
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("/feeds/}", "/feeds/, max_entries: 2}"), encoding="utf-8")
    link = news.site.link
    extra = f"""ampUrl: {link("/{name}-amp")}
images: [{{url: {link("/{name}-image")}}}]
related: [{{title: x, sourceUrl: {link("/{name}-related")}}}]
"""
    dates = {"first": "2026-10-31", "second": "2026-10-30", "third": "2026-10-29", "old": "2020-01-01"}
    for name, date in dates.items():
        news.article(name, date=date, more=extra.replace("{name}", name))


def test_a_run_asks_for_entries_in_feeds_then_news_then_sources_then_the_rest(news):
    many_kinds_of_articles(news)
    news.build()
    due = due_now(news, feed_size=2)
    assert due[:2] == ["first", "second"]
    assert all(name.startswith(("first-", "second-")) for name in due[2:8])
    assert {name.partition("-")[0] for name in due[8:12]} == {"third"}
    assert due[12] == "old"
    assert set(due[13:15]) == {"old-related", "old-image"}
    assert due[15:] == ["old-amp"]
    # What subscribers have counts as well, whatever a feed would take now.
    assert due_now(news, feed_size=1)[:2] == ["first", "second"]


def test_the_order_is_the_same_after_a_restore_and_after_weeks_offline(news):
    many_kinds_of_articles(news)
    news.build()
    before = due_now(news, feed_size=2)
    with news.state() as state, state.write() as connection:
        connection.execute("DELETE FROM published_entries")
    assert due_now(news, feed_size=2) == before
    news.run()
    assert due_now(news, feed_size=2) == []
    news.clock.step(days=40)
    after = due_now(news, feed_size=2)
    assert after[:2] == before[:2]
    assert set(after[2:8]) == set(before[2:8])  # among those, what is known by now orders them
    # What was news is old by now.
    assert set(after[8:10]) == {"third", "old"}
    assert set(after[14:]) == {"third-amp", "old-amp"}


def test_of_two_articles_alike_the_hot_one_comes_first(news):
    news.article("a-cold", more="heat: 3\n")
    news.article("b-hot", more="heat: 150\n")
    news.article("c-unknown")
    news.build()
    assert due_now(news) == ["b-hot", "a-cold", "c-unknown"]


def test_a_run_asks_no_more_than_its_budget_and_a_few_runs_ask_all(tmp_path, site):
    news = Publication(tmp_path / "news", site, more="  max_requests_per_run: 4\n")
    for number in range(10):
        news.article(f"n{number}")
    sizes = []
    for _ in range(4):
        sizes.append(len(news.run().checking.results))
        assert len(site.asked) == sum(sizes)
    assert sizes == [4, 4, 2, 0]


def links_on(news, host, number):
    """One article with so many related links on one host, and a source elsewhere."""
    port = news.site.url.rpartition(":")[2]
    links = "".join(f"  - {{title: x, sourceUrl: 'http://{host}:{port}/p{n:02}'}}\n" for n in range(number))
    news.article("one", more=f"related:\n{links}")


def only_one_is_due(news, name):
    """As months later, when the links of a host have their days apart; the clock moves on by two days."""
    news.clock.step(days=2)
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = ?", [FAR])
        connection.execute("UPDATE targets SET next_check_at = ? WHERE url LIKE ?", [seconds(START), f"%/{name}"])


def checked(news, resolver, hours=1):
    news.clock.step(hours=hours)
    return len(news.check(resolver).results)


def test_when_a_host_is_gone_all_its_links_are_known_to_fail_within_a_few_runs(news):
    links_on(news, "gone.test", 30)
    news.build()
    news.check(ScriptedResolver())
    only_one_is_due(news, "p07")
    gone = ScriptedResolver({"gone.test": NO_SUCH_HOST})
    assert [checked(news, gone) for _ in range(5)] == [1, 3, 9, 17, 0]
    with news.state() as state:
        assert targets.by_status(state) == {StatusKind.ALIVE: 1, StatusKind.FAILING: 30}


def test_when_only_a_page_is_gone_three_of_its_neighbours_are_asked_and_no_more(news, site):
    links_on(news, "alive.test", 30)
    news.build()
    news.check(ScriptedResolver())
    site.answers["/p07"] = 404
    only_one_is_due(news, "p07")
    assert [checked(news, ScriptedResolver()) for _ in range(3)] == [1, 3, 0]


def test_a_host_of_hundreds_of_links_is_not_flooded(news):
    links_on(news, "gone.test", 150)
    news.build()
    news.check(ScriptedResolver())
    only_one_is_due(news, "p0_")
    gone = ScriptedResolver({"gone.test": NO_SUCH_HOST})
    assert [checked(news, gone) for _ in range(7)] == [10, 30, 30, 30, 30, 20, 0]


def test_neighbours_seen_within_a_day_ignored_ones_and_those_of_no_article_are_left_alone(news, site):
    links_on(news, "alive.test", 5)
    news.build()
    news.check(ScriptedResolver())
    site.answers["/p02"] = 410
    only_one_is_due(news, "p02")
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET checked_at = ? WHERE url LIKE '%/p00'", [seconds(START) + 38 * 3600])
        connection.execute(
            "DELETE FROM article_links WHERE target_id = (SELECT id FROM targets WHERE url LIKE '%/p01')"
        )
        connection.execute(
            "UPDATE article_links SET ignored = 1 WHERE target_id = (SELECT id FROM targets WHERE url LIKE '%/p04')"
        )
    checked(news, ScriptedResolver())
    with news.state() as state:
        brought = [row["url"] for row in state.rows("SELECT url FROM targets WHERE next_check_at < ?", [FAR])]
    assert sorted(url.rpartition("/")[2] for url in brought) == ["p02", "p03"]


def test_an_outage_of_our_own_brings_nothing_forward(tmp_path, site):
    port = site.url.rpartition(":")[2]
    news = Publication(tmp_path / "news", site, canaries=f"['http://canary.test:{port}/']")
    links_on(news, "there.test", 10)
    news.build()
    news.check(ScriptedResolver())
    only_one_is_due(news, "p07")
    assert checked(news, ScriptedResolver(default=NO_SUCH_HOST)) == 1
    with news.state() as state:
        assert state.value("SELECT count(*) FROM targets WHERE next_check_at < ?", [FAR]) == 1


def test_a_link_that_is_due_beside_a_failing_one_takes_the_budget_before_calm_ones(news, site):
    links_on(news, "shaken.test", 2)
    for number in range(9):
        news.article(f"calm-{number}", more="heat: 199\n")
    news.build()
    news.check(ScriptedResolver())
    site.answers["/p00"] = 404
    only_one_is_due(news, "p00")
    checked(news, ScriptedResolver())
    news.clock.step(days=1)
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = ? WHERE verdict = 'alive'", [seconds(START) + 12 * 3600])
    chosen = due_now(news, budget=3)
    assert "p01" in chosen


def test_what_is_checked_is_counted_for_feeds_and_for_the_rest(news):
    many_kinds_of_articles(news)
    news.build()
    with news.state() as state:
        assert backlog_of(state, news.clock.now(), feed_size=2) == Backlog(8, 8, 8, 8)
        assert runs.pace(state) is None
    news.check()
    with news.state() as state:
        assert backlog_of(state, news.clock.now(), feed_size=2) == Backlog(8, 0, 8, 0)
        assert runs.pace(state) == 16


def test_links_that_an_article_ignores_are_not_waited_for(news):
    news.article("one", more="ignore: true\n")
    news.article("two")
    news.build()
    news.check()
    with news.state() as state:
        assert backlog_of(state, news.clock.now()) == Backlog(1, 0, 0, 0)


def test_the_pace_is_that_of_the_last_runs_that_asked_anything(news):
    with news.state() as state:
        for number in range(15):
            began = news.clock.at + timedelta(hours=number)
            run = runs.begin(state, began)
            summary = {"alive": 90, "missing": 10, "unknown": 7} if number > 3 else {"alive": 9999}
            runs.finish(state, run, began + timedelta(seconds=20), online=True, summary=summary)
            runs.finish(state, runs.begin(state, began), began, online=None, summary={})
            runs.finish(state, runs.begin(state, began), began, online=False, summary={"unknown": 5})
        assert runs.pace(state) == 5


def test_a_link_that_a_person_looks_up_says_nothing_of_the_pace_of_a_run(news):
    def ran(state, seconds, **summary):
        run = runs.begin(state, news.clock.at)
        runs.finish(state, run, news.clock.at + timedelta(seconds=seconds), online=True, summary=summary)

    with news.state() as state:
        ran(state, 1, alive=1)
        assert runs.pace(state) == 1
        ran(state, 20, alive=1000)
        for _ in range(12):
            ran(state, 1, alive=1)
        assert runs.pace(state) == 50


@pytest.mark.parametrize(
    ("backlog", "left_s", "words"),
    [
        (Backlog(50, 0, 1000, 880), 31 * 3600, "feeds 100 % checked, the rest 12 %, about 31 hours left"),
        (Backlog(300, 1, 1000, 1), 240, "feeds 99 % checked, the rest 99 %, about 4 minutes left"),
        (Backlog(50, 0, 1000, 0), 0.0, "feeds 100 % checked, the rest 100 %"),
        (Backlog(50, 25, 0, 0), None, "feeds 50 % checked"),
        (Backlog(50, 50, 1000, 1000), None, "feeds 0 % checked, the rest 0 %"),
        (Backlog(0, 0, 10, 5), 30, "feeds 100 % checked, the rest 50 %, about a minute left"),
        (Backlog(9, 0, 10, 5), 86400 * 40, "feeds 100 % checked, the rest 50 %, about 40 days left"),
    ],
)
def test_status_says_how_far_checking_is(backlog, left_s, words):
    assert progress(backlog, left_s) == words
