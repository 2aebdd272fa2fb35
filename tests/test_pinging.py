"""Hubs are told of the feeds that changed: real SQLite, real sockets on loopback, a scripted wall clock."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import feedparser
import pytest
from lxml import etree

from feedbot import __version__
from feedbot.cli.reports.following import pinging_lines
from feedbot.errors import ConfigError, PublishError
from feedbot.previewing import preview
from feedbot.steps.pinging import Pinging, Trouble, ping
from tests.hubs import Hub, loopback_hub
from tests.ports import closed_port
from tests.publication import START, Publication, SteppedClock

FORMATS = ("atom", "json", "rss")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with loopback_hub() as hub:
        yield hub


@pytest.fixture
def heard(news: Publication, hub: Hub) -> Publication:
    """A publication with that hub, and an article on one topic, of which the hub has been told."""
    news.configure_feeds(f"hub: {hub.url}")
    news.article("one")
    told_by(news)
    hub.forms.clear()
    return news


def told_by(news: Publication) -> Pinging:
    """What came of telling the hubs after a build."""
    news.build()
    return tell(news)


def tell(news: Publication) -> Pinging:
    with news.state() as state:
        return asyncio.run(ping(news.config, state, news.clock))


def files(*slugs: str) -> list[str]:
    return sorted(f"{slug}.{suffix}" for slug in slugs for suffix in FORMATS)


def waiting(news: Publication) -> list[tuple[str, int]]:
    """What is still to be told, by file name, and how often that was tried."""
    with news.state() as state:
        rows = state.rows("SELECT topic, tries FROM pings WHERE due_at IS NOT NULL ORDER BY topic")
    return [(row["topic"].rpartition("/")[2], row["tries"]) for row in rows]


# What is told, and when


def test_every_feed_is_told_in_every_format_once_it_is_there(news, hub):
    news.configure_feeds(f"hub: {hub.url}")
    news.article("one", topics="AI, Robots")
    there = []
    hub.meanwhile = lambda: there.extend(news.feeds())
    assert told_by(news) == Pinging(told=9)
    assert hub.topics == files("ai", "all", "robots")
    assert set(there) >= {"all.rss", "robots.atom", "ids.json", "feeds.opml"}
    assert waiting(news) == []


def test_a_build_that_changes_nothing_tells_nothing(heard, hub):
    assert told_by(heard) == Pinging()
    assert hub.topics == []


def test_a_change_of_one_topic_tells_its_feeds_and_those_of_all(heard, hub):
    heard.article("two", topics="Robots")
    told_by(heard)
    assert hub.topics == files("all", "robots")
    heard.article("three")
    told_by(heard)
    assert hub.topics == files("ai", "all")


def test_a_whole_run_tells_as_well(heard, hub):
    heard.article("two")
    assert heard.run().pinging == Pinging(told=6)
    assert hub.topics == files("ai", "all")


def test_an_alias_is_not_told_for_it_names_the_feed_as_its_own_address(news, hub):
    news.configure_feeds(f"hub: {hub.url}, aliases: {{feed.xml: all.atom}}")
    news.article("one")
    told_by(news)
    assert news.feeds()["feed.xml"] == news.feeds()["all.atom"]
    assert hub.topics == files("ai", "all")


def test_the_feed_of_a_former_name_is_told_for_its_subscribers_are_still_there(heard, hub):
    text = heard.config_file.read_text(encoding="utf-8")
    heard.config_file.write_text(text.replace("feeds: {", "feeds: {topics: {Minds: {was: [AI]}}, "), encoding="utf-8")
    told_by(heard)
    hub.forms.clear()
    heard.article("two")
    told_by(heard)
    assert hub.topics == files("ai", "all", "minds")


def test_a_preview_tells_nobody_and_notes_nothing(heard, hub):
    heard.article("two")
    assert preview(heard.config, heard.clock).changes
    assert (hub.topics, waiting(heard)) == ([], [])


def test_without_a_hub_nothing_is_noted(news):
    news.article("one")
    assert told_by(news) == Pinging()
    assert waiting(news) == []


def test_a_hub_is_told_one_address_in_a_form_under_both_names(heard, hub):
    heard.article("two")
    told_by(heard)
    topics = [f"https://example.org/feeds/{name}" for name in files("ai", "all")]
    assert sorted(hub.forms) == sorted(
        [("hub.mode", "publish"), ("hub.url", topic), ("hub.topic", topic)] for topic in topics
    )
    assert {one["content-type"] for one in hub.headers} == {"application/x-www-form-urlencoded"}
    (agent,) = {one["user-agent"] for one in hub.headers}
    assert agent == f"Mozilla/5.0 (compatible; feedbot/{__version__}; +https://example.org/)"


def test_two_hubs_are_told_the_same_and_one_that_fails_holds_up_none(news, hub):
    with loopback_hub() as other:
        news.configure_feeds(f"hub: [{hub.url}, {other.url}]")
        hub.answer = (503, {})
        news.article("one")
        assert told_by(news).told == 6
        assert other.topics == files("ai", "all")
        assert {topic for topic, _ in waiting(news)} == set(files("ai", "all"))


def test_a_hub_that_is_no_longer_named_is_told_nothing_any_more(heard, hub):
    hub.answer = (500, {})
    heard.article("two")
    told_by(heard)
    text = heard.config_file.read_text(encoding="utf-8")
    with loopback_hub() as other:
        heard.config_file.write_text(text.replace(hub.url, other.url), encoding="utf-8")
        heard.clock.step(hours=1)
        hub.forms.clear()
        told_by(heard)
        assert (hub.topics, other.topics) == ([], files("ai", "all"))
        assert waiting(heard) == []


# What hubs answer


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_says_that_the_hub_knows(heard, hub, status):
    hub.answer = (status, {})
    heard.article("two")
    assert told_by(heard) == Pinging(told=6)
    assert waiting(heard) == []
    heard.clock.step(days=1)
    hub.forms.clear()
    assert tell(heard) == Pinging()
    assert hub.topics == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_4xx_is_told_to_the_operator_once_and_not_tried_again(heard, hub, status):
    hub.answer = (status, {})
    heard.article("two")
    refused = told_by(heard).refused
    topics = tuple(f"https://example.org/feeds/{name}" for name in files("ai", "all"))
    assert refused == (Trouble(hub.url, topics, f"it answers {status}"),)
    heard.clock.step(hours=5)
    hub.forms.clear()
    assert tell(heard) == Pinging()
    assert (hub.topics, waiting(heard)) == ([], [])


def test_what_a_hub_refused_is_tried_with_the_next_change_and_not_told_again(heard, hub):
    hub.answer = (400, {})
    heard.article("two")
    told_by(heard)
    hub.forms.clear()
    heard.article("three")
    assert told_by(heard) == Pinging()
    assert hub.topics == files("ai", "all")
    hub.answer = (202, {})
    heard.article("four")
    assert told_by(heard) == Pinging(told=6)
    hub.answer = (400, {})
    heard.article("five")
    assert len(told_by(heard).refused) == 1


def test_a_refusal_is_told_anew_where_the_hub_took_something_in_between_while_more_changed(heard, hub):
    hub.answer = (400, {})
    heard.article("two")
    assert len(told_by(heard).refused) == 1
    hub.answer = (202, {})
    heard.article("three")
    heard.build()

    def change() -> None:
        heard.article("four")
        heard.build()

    hub.meanwhile = change
    assert tell(heard) == Pinging(told=6)
    hub.answer = (400, {})
    assert len(tell(heard).refused) == 1


def test_a_hub_that_has_moved_is_not_followed_and_the_operator_is_told_where_to(heard, hub):
    with loopback_hub() as other:
        hub.answer = (301, {"Location": other.url})
        heard.article("two")
        (trouble,) = told_by(heard).refused
        assert trouble.why == f"it answers 301, and that it is at {other.url}: name that in feeds.hub"
        assert other.topics == []


def test_a_5xx_is_tried_again_after_a_minute_and_then_after_twice_as_long(heard, hub):
    hub.answer = (500, {})
    heard.article("two")
    (trouble,) = told_by(heard).failed
    assert (trouble.why, trouble.next_at) == ("it answers 500", START + timedelta(minutes=1))
    assert hub.topics == files("ai", "all")
    heard.clock.step(seconds=59)
    assert (tell(heard), hub.topics) == (Pinging(), [])
    heard.clock.step(seconds=1)
    (trouble,) = tell(heard).failed
    assert (trouble.next_at, hub.topics) == (heard.clock.at + timedelta(minutes=2), files("ai", "all"))
    heard.clock.step(minutes=2)
    hub.answer = (202, {})
    assert tell(heard) == Pinging(told=6)
    assert waiting(heard) == []


def test_an_address_that_a_hub_chokes_on_keeps_no_other_waiting(heard, hub):
    hub.answers = {"ai.json": (500, {})}
    heard.article("two")
    pinging = told_by(heard)
    assert (pinging.told, [one.topics for one in pinging.failed]) == (5, [("https://example.org/feeds/ai.json",)])
    hub.forms.clear()
    heard.article("three", topics="Robots")
    assert told_by(heard).told == 6
    assert hub.topics == files("all", "robots")


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_that_asks_for_patience_is_left_alone_for_so_long_with_all_its_addresses(heard, hub, status):
    hub.answer = (status, {"Retry-After": "1800"})
    heard.article("two")
    (trouble,) = told_by(heard).failed
    # As many as are under way at once, which is per_host.concurrency.
    assert len(hub.topics) <= 8
    assert trouble.next_at == START + timedelta(minutes=30)
    assert waiting(heard) == [(name, 1) for name in files("ai", "all")]
    hub.answer = (202, {})
    heard.article("three", topics="Robots")
    heard.clock.step(minutes=29)
    assert (told_by(heard), hub.topics) == (Pinging(), [])
    heard.clock.step(minutes=1)
    assert tell(heard) == Pinging(told=9)
    assert hub.topics == files("ai", "all", "robots")


def test_a_wait_that_is_absurd_is_a_day_and_then_it_is_over(heard, hub):
    hub.answer = (429, {"Retry-After": "999999999"})
    heard.article("two")
    assert told_by(heard).failed[0].next_at == START + timedelta(days=1)


def connection_refused(news: Publication) -> Iterator[str]:
    yield f"http://127.0.0.1:{closed_port()}/"


def never_answering(news: Publication) -> Iterator[str]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("place", "why"), [(connection_refused, "connection refused"), (never_answering, "no full answer in 2 s")]
)
def test_a_hub_that_is_not_there_fails_no_run_and_is_told_later(
    news: Publication, place: Callable[[Publication], Iterator[str]], why: str
) -> None:
    places = place(news)
    news.configure_feeds(f"hub: '{next(places)}'")
    text = news.config_file.read_text(encoding="utf-8")
    text = text.replace("exchange_timeout_s: 90", "exchange_timeout_s: 2").replace("concurrency: 8", "concurrency: 1")
    news.config_file.write_text(text, encoding="utf-8")
    news.article("one")
    pinging = told_by(news)
    assert "all.atom" in news.feeds()
    (trouble,) = pinging.failed
    assert (len(trouble.topics), trouble.why.rpartition(": ")[2]) == (6, why)
    assert waiting(news) == [(name, 1) for name in files("ai", "all")]
    places.close()  # type: ignore[attr-defined]


def test_of_a_hub_that_does_not_answer_one_address_tells_for_all(news, hub):
    """A run waits for one answer, however many feeds changed."""
    news.configure_feeds(f"hub: {hub.url}")
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("concurrency: 8", "concurrency: 1"), encoding="utf-8")
    hub.answer = (503, {})
    news.article("one", topics="AI, Robots, Maps")
    told_by(news)
    # The feed of all articles goes first.
    assert hub.topics == ["all.atom"]
    assert [tries for _, tries in waiting(news)] == [1] * 12


def test_several_changes_that_a_hub_was_not_told_of_are_told_as_one(heard, hub):
    hub.answer = (500, {})
    for name in ("two", "three", "four"):
        heard.article(name)
        told_by(heard)
    hub.forms.clear()
    hub.answer = (202, {})
    heard.clock.step(minutes=1)
    assert tell(heard) == Pinging(told=6)
    assert hub.topics == files("ai", "all")


def test_a_change_does_not_bring_a_waiting_try_forward(heard, hub):
    hub.answer = (500, {})
    heard.article("two")
    told_by(heard)
    hub.forms.clear()
    heard.article("three")
    assert (told_by(heard), hub.topics) == (Pinging(), [])


def test_a_hub_that_fails_for_a_day_is_given_up_until_the_next_change(heard, hub):
    hub.answer = (500, {})
    heard.article("two")
    pinging = told_by(heard)
    for _ in range(30):
        if not pinging.failed:
            break
        assert pinging.failed[0].next_at is not None
        heard.clock.at = pinging.failed[0].next_at
        pinging = tell(heard)
    assert len(pinging.given_up) == 1
    assert timedelta(hours=20) < heard.clock.at - START <= timedelta(days=1)
    assert waiting(heard) == []
    hub.answer = (202, {})
    heard.clock.step(days=1)
    assert tell(heard) == Pinging()
    heard.article("three")
    assert told_by(heard) == Pinging(told=6)


def test_a_run_that_comes_late_tries_once_more(heard, hub):
    hub.answer = (500, {})
    heard.article("two")
    told_by(heard)
    heard.clock.step(days=3)
    hub.answer = (202, {})
    assert tell(heard) == Pinging(told=6)


@pytest.mark.parametrize("answer", [(202, {}), (400, {})])
def test_a_change_while_a_hub_is_told_is_told_as_well(heard, hub, answer):
    hub.answer = answer
    heard.article("two")
    heard.build()

    def change() -> None:
        heard.article("three")
        heard.build()

    hub.meanwhile = change
    tell(heard)
    hub.forms.clear()
    tell(heard)
    assert hub.topics == files("ai", "all")


def test_a_change_is_told_where_another_process_told_of_the_one_before_meanwhile(heard, hub):
    heard.article("two")
    heard.build()

    def change() -> None:
        tell(heard)
        heard.clock.step(minutes=1)
        heard.article("three")
        heard.build()

    hub.meanwhile = change
    tell(heard)
    hub.forms.clear()
    tell(heard)
    assert hub.topics == files("ai", "all")


def test_what_a_build_wrote_before_it_failed_is_told_by_the_next(heard, hub):
    heard.article("two")
    in_the_way = heard.folder / "feeds" / "index.html"
    in_the_way.unlink()
    in_the_way.mkdir()
    with pytest.raises(PublishError):
        heard.build()
    in_the_way.rmdir()
    assert told_by(heard) == Pinging(told=6)
    assert hub.topics == files("ai", "all")
    assert told_by(heard) == Pinging()


# Bounds


class HurriedClock(SteppedClock):
    """Every look at it finds that six seconds have gone by."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 6
        return self.seconds


def test_after_ten_seconds_a_hub_is_told_nothing_more_and_the_rest_waits_for_the_next_run(heard, hub):
    heard.article("two")
    heard.build()
    clock = HurriedClock()
    with heard.state() as state:
        assert asyncio.run(ping(heard.config, state, clock)) == Pinging(told=1)
    assert hub.topics == ["all.atom"]
    assert waiting(heard) == [(name, 0) for name in files("ai", "all") if name != "all.atom"]
    assert tell(heard) == Pinging(told=5)


def test_a_hub_at_an_address_that_is_not_public_is_not_asked_unless_the_config_allows_it(heard, hub):
    text = heard.config_file.read_text(encoding="utf-8")
    heard.config_file.write_text(text.replace("allow_addresses: [127.0.0.0/8]", "allow_addresses: []"), "utf-8")
    heard.article("two")
    (trouble,) = told_by(heard).refused
    assert trouble.why.startswith("it may not be asked (127.0.0.1 ")
    assert hub.topics == []


def test_what_is_wrong_with_the_settings_fails_no_build(heard, hub, monkeypatch):
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    text = heard.config_file.read_text(encoding="utf-8")
    proxy = 'checker:\n  proxy: "http://me:${NO_SUCH_PASSWORD}@127.0.0.1:1"\n'
    heard.config_file.write_text(text.replace("checker:\n", proxy), encoding="utf-8")
    heard.article("two")
    pinging = told_by(heard)
    assert pinging.problem.startswith("checker.proxy: ")
    assert [line.partition(":")[0] for line in pinging_lines(pinging)] == ["Hubs       not told of what changed"]
    assert heard.titles() == ["About one", "About two"]
    assert [tries for _, tries in waiting(heard)] == [0] * 6


# What the operator and readers see


def test_a_report_says_what_was_told_and_what_was_not():
    topics = ("https://example.org/all.atom", "https://example.org/all.rss")
    pinging = Pinging(
        told=1,
        refused=(Trouble("https://a.example/", topics[:1], "it answers 400"),),
        failed=(Trouble("https://b.example/", topics, "it answers 500", START),),
        given_up=(Trouble("https://c.example/", topics, "no host\x1b[2J"),),
    )
    assert list(pinging_lines(pinging)) == [
        "Hubs       told of 1 address that changed",
        "  refused    https://a.example/ was not told of https://example.org/all.atom: it answers 400",
        "  failed     https://b.example/ was not told of https://example.org/all.atom and 1 more: it answers 500",
        "             tried again by the first run after 2026-11-01 12:00 UTC, for a day at most",
        "  given up   https://c.example/ was not told of https://example.org/all.atom and 1 more: no host\ufffd[2J",
    ]
    assert list(pinging_lines(Pinging())) == []


def test_a_hub_that_is_added_changes_every_feed_and_no_entry(news, hub):
    news.article("one")
    news.article("two", topics="Robots")
    news.build()
    before = news.feeds()
    news.clock.step(days=1)
    news.configure_feeds(f"hub: [{hub.url}, 'https://hub.example/?a=1&b=2']")
    news.build()
    after = news.feeds()
    for name in files("all", "ai", "robots"):
        assert before[name] != after[name]
        old, new = feedparser.parse(before[name]), feedparser.parse(after[name])
        assert [entry.updated for entry in old.entries] == [entry.updated for entry in new.entries]
    assert {name for name in after if before.get(name) != after[name]} == {
        f"{name}{suffix}" for name in files("all", "ai", "robots") for suffix in ("", ".gz")
    }


@pytest.mark.parametrize("suffix", ["rss", "atom"])
def test_feedparser_sees_self_and_the_hubs_in_their_order(news, hub, suffix):
    news.configure_feeds(f"hub: ['https://hub.example/?a=1&b=2', {hub.url}], aliases: {{feed.xml: all.{suffix}}}")
    news.article("one")
    news.build()
    for name in (f"all.{suffix}", "feed.xml"):
        read = feedparser.parse(news.feeds()[name])
        links = [(link.rel, link.href) for link in read.feed.links if link.rel in {"self", "hub"}]
        assert links == [
            ("self", f"https://example.org/feeds/all.{suffix}"),
            ("hub", "https://hub.example/?a=1&b=2"),
            ("hub", hub.url),
        ]
        assert read.feed.link == "https://example.org/"


def test_the_hub_links_of_a_feed_are_in_its_head_only(news, hub):
    news.configure_feeds(f"hub: {hub.url}")
    news.article("one")
    news.build()
    root = etree.fromstring(news.feeds()["all.atom"])
    assert [element.getparent().tag for element in root.iter() if element.get("rel") == "hub"] == [root.tag]


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("hub: ftp://hub.example/", "must be an http or https URL"),
        ("hub: [https://hub.example, https://hub.example/]", "names a hub twice"),
        ("hub: [http://a/, http://b/, http://c/, http://d/, http://e/, http://f/]", "at most 5"),
    ],
)
def test_a_hub_that_cannot_be_told_is_a_problem_of_the_config(news, told, problem):
    news.configure_feeds(told)
    with pytest.raises(ConfigError, match=problem):
        _ = news.config


def test_one_hub_may_be_named_without_a_list(news):
    news.configure_feeds("hub: https://hub.example")
    assert news.config.feeds.hub == ("https://hub.example/",)
