"""The daemon's look over the installation: once a day, and only what has changed is logged."""

import asyncio
import logging

import pytest

from feedbot.clock import SystemClock
from feedbot.core.observation import Failure, FailureKind
from feedbot.service.jobs import Jobs
from feedbot.state import findings
from tests.publication import Publication, Site
from tests.wire.scripted import ScriptedResolver

NAMES = ScriptedResolver(default=Failure(FailureKind.DNS_NXDOMAIN, "no such name"))


@pytest.fixture
def ran(news: Publication, site: Site) -> Publication:
    """A publication on the loopback site that ran a day ago, and is looked over each day."""
    text = news.config_file.read_text(encoding="utf-8").replace("https://example.org/", f"{site.url}/")
    text = text.replace("daily: false", "daily: true") + "schedule: {check: 30d}\n"
    news.config_file.write_text(text, encoding="utf-8")
    news.clock.at = SystemClock().now()
    news.clock.step(days=-1)
    news.article("one")
    news.run()
    news.clock.step(days=1)
    return news


def look_over(news: Publication, caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """One try of the daemon's job; gives what it logged."""
    caplog.clear()
    caplog.set_level(logging.INFO, "feedbot")
    asyncio.run(Jobs(news.config, news.clock, lambda: False).look_over(NAMES))
    return [(one.levelno, one.getMessage()) for one in caplog.records if one.getMessage().startswith("doctor")]


def test_the_first_look_tells_all_and_the_next_only_what_has_changed(
    ran: Publication, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    first = look_over(ran, caplog)
    assert any(level == logging.ERROR and "something that is no feed" in line for level, line in first)
    assert any(level == logging.WARNING and "-> checker.contact: " in line for level, line in first)
    (ran.folder / "feeds" / "all.atom").unlink()
    page = b'<link rel=alternate type="application/rss+xml" href="/feeds/all.rss">'
    site.pages["/"] = page
    ran.clock.step(hours=23)
    second = look_over(ran, caplog)
    assert [line for level, line in second if level == logging.INFO] == ["doctor: well again: Site: autodiscovery"]
    # The clock of this machine, as this test has it, is ahead by now.
    told = [line.split(": ")[1] for level, line in second if level == logging.ERROR]
    assert told == ["Network", "state.db"]


def test_the_operator_is_told_of_what_readers_meet_and_of_its_end(ran: Publication, site: Site) -> None:
    jobs = Jobs(ran.config, ran.clock, lambda: False)
    asyncio.run(jobs.look_over(NAMES))
    began = {key: one for key, one in jobs.found.items() if key.startswith("doctor:") and one is not None}
    assert list(began) == ["doctor:Feeds: the code"]
    assert began["doctor:Feeds: the code"].sentence.startswith(f"Feeds: {site.url}/feeds/all.rss is answered with 200")
    for path in (ran.folder / "feeds").iterdir():
        site.answers[f"/feeds/{path.name}"] = (302, f"{site.url}/feeds/{path.name}")
    ran.clock.step(hours=23)
    asyncio.run(jobs.look_over(NAMES))
    assert jobs.found["doctor:Feeds: the code"] is None
    assert jobs.found["doctor:Feeds: no answer"] is not None


def test_within_a_day_nothing_is_asked(ran: Publication, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    assert look_over(ran, caplog)
    before = len(site.asked)
    ran.clock.step(hours=22)
    assert (look_over(ran, caplog), len(site.asked)) == ([], before)


def test_where_the_config_says_so_nothing_is_looked_at(
    ran: Publication, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    text = ran.config_file.read_text(encoding="utf-8").replace("daily: true", "daily: false")
    ran.config_file.write_text(text, encoding="utf-8")
    before = len(site.asked)
    assert (look_over(ran, caplog), len(site.asked)) == ([], before)


def test_an_outage_leaves_what_was_known_of_the_feeds(
    ran: Publication, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    look_over(ran, caplog)
    with ran.state() as state:
        before = {key for key in findings.standing(state) if key.startswith(("Feeds", "Site"))}
    text = ran.config_file.read_text(encoding="utf-8")
    ran.config_file.write_text(text.replace("canaries: []", f"canaries: ['{site.url}/lost']"), encoding="utf-8")
    site.answers["/lost"] = 500
    site.answers["/feeds/all.rss"] = 503
    ran.clock.step(hours=23)
    told = [line for _, line in look_over(ran, caplog) if "Feeds" in line or "Network" in line]
    assert ["canaries" in line for line in told] == [True]
    with ran.state() as state:
        assert {key for key in findings.standing(state) if key.startswith(("Feeds", "Site"))} == before
