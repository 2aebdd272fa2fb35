"""Months of runs: what makes a link dead, what does not, and that an outage of our own changes nothing."""

import asyncio
from dataclasses import dataclass, field

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.status import StatusKind
from feedbot.state import planning, targets
from feedbot.steps.checking import check
from tests.publication import Publication, Site
from tests.wire.scripted import ScriptedResolver

NO_NAMES = Failure(FailureKind.DNS_SERVFAIL, "name look-up failed")


@dataclass
class Names:
    """A name server that knows every name, until it is cut off: at once, or after some answers."""

    left: float = float("inf")
    real: ScriptedResolver = field(default_factory=ScriptedResolver)
    gone: frozenset[str] = frozenset()

    async def resolve(self, host):
        self.left -= 1
        if self.left < 0:
            return NO_NAMES
        if host in self.gone:
            return Failure(FailureKind.DNS_NXDOMAIN, "no such name")
        return await self.real.resolve(host)


class Months:
    """A publication with a link for each kind of trouble, checked whenever something is due."""

    HOSTS = ("fine", "lost", "over", "wall", "flap", "nameless", "moved")

    def __init__(self, folder, site: Site) -> None:
        self.site = site
        self.port = site.url.rpartition(":")[2]
        canaries = f"['http://canary.test:{self.port}/canary']"
        self.news = Publication(folder, site, canaries=canaries)
        for host in self.HOSTS:
            url = f"http://{host}.test:{self.port}/{host}"
            self.news.article(f"about-{host}", more=f"related: [{{title: Elsewhere, sourceUrl: '{url}'}}]\n")
        site.answers |= {"/lost": 404, "/over": 410, "/wall": 403, "/moved": (301, "/elsewhere")}
        self.nameless: frozenset[str] = frozenset()

    def run(self, names: Names | None = None, *, everything: bool = False):
        names = names or Names()
        names.gone = self.nameless
        with self.news.state() as state:
            if everything:
                with state.write() as connection:
                    connection.execute("UPDATE targets SET next_check_at = 0")
            due = planning.planned(state, self.news.clock.now())
            return asyncio.run(check(self.news.config, state, self.news.clock, due, resolver=names))

    def statuses(self):
        """Everything that is known of where the links stand, but for when they are asked next."""
        with self.news.state() as state:
            rows = state.rows("SELECT * FROM targets ORDER BY url")
        return [{name: value for name, value in row.items() if name not in {"next_check_at", "frozen"}} for row in rows]

    def kind(self, host):
        with self.news.state() as state:
            return targets.find(state, f"http://{host}.test:{self.port}/{host}").status.kind


@pytest.fixture
def months(tmp_path, site):
    months = Months(tmp_path / "news", site)
    months.news.build()
    return months


def died_on(months, host, days=90, before=lambda day: None):
    """The day on which a link was first dead; None where it never was."""
    for day in range(days):
        before(day)
        months.run()
        if months.kind(host) is StatusKind.DEAD:
            return day
        months.news.clock.step(days=1)
    return None


def test_links_die_on_the_day_of_the_table_and_not_before(months):
    assert died_on(months, "over", 5) in {1, 2}
    assert died_on(months, "lost", 10) in {4, 5, 6, 7}  # from the day that it took the other to die
    assert months.kind("fine") is StatusKind.ALIVE
    assert months.kind("moved") is StatusKind.MOVED


def test_a_host_without_a_name_dies_after_two_weeks(months):
    months.nameless = frozenset({"nameless.test"})
    assert 14 <= died_on(months, "nameless", 30) <= 17


def test_a_wall_never_makes_a_link_dead(months):
    assert died_on(months, "wall", 80) is None
    assert months.kind("wall") is StatusKind.BLOCKED


@pytest.mark.parametrize("good_every", [2, 5])
def test_a_link_that_comes_and_goes_never_dies(months, good_every):
    def flap(day):
        months.site.answers["/flap"] = 200 if day % good_every == 0 else 404

    # Good answers are seen as often as they are there: every link is asked every day.
    for day in range(30):
        flap(day)
        months.run(everything=True)
        assert months.kind("flap") is not StatusKind.DEAD
        months.news.clock.step(days=1)


def test_looks_within_an_hour_are_one_strike_of_the_three(months):
    for _ in range(3):
        months.run(everything=True)
        months.news.clock.step(minutes=10)
    months.news.clock.step(days=6)
    months.run(everything=True)
    assert months.kind("lost") is StatusKind.FAILING
    months.news.clock.step(days=2)
    months.run(everything=True)
    assert months.kind("lost") is StatusKind.DEAD


def test_a_dead_link_comes_back_after_two_good_answers_six_hours_apart(months):
    assert died_on(months, "over", 5) is not None
    months.site.answers["/over"] = 200
    months.run(everything=True)
    assert months.kind("over") is StatusKind.DEAD
    months.news.clock.step(hours=5)
    months.run(everything=True)
    assert months.kind("over") is StatusKind.DEAD
    months.news.clock.step(hours=6)
    months.run(everything=True)
    assert months.kind("over") is StatusKind.ALIVE


def test_an_outage_of_our_own_network_in_any_of_100_runs_changes_no_status(months):
    """Every second run has no network: from its start, or from some answer on."""
    months.nameless = frozenset({"nameless.test"})
    months.run()
    for number in range(100):
        # Links die and come back meanwhile, as seen by the runs in between.
        months.site.answers["/flap"] = 404 if number % 20 < 10 else 200
        months.news.clock.step(hours=19)
        months.run(everything=True)
        before = months.statuses()
        months.news.clock.step(hours=5)
        checking = months.run(Names(left=0), everything=True)
        assert checking.online is False
        assert months.statuses() == before, number
    assert months.kind("over") is StatusKind.DEAD
    assert months.kind("nameless") is StatusKind.DEAD
    assert months.kind("fine") is StatusKind.ALIVE


def test_the_same_run_with_a_network_does_change_a_status(months):
    """What the outage is compared with: the failures count where the canary answers."""
    months.run()
    before = months.statuses()
    months.nameless = frozenset({"fine.test"})
    months.news.clock.step(hours=5)
    months.run(everything=True)
    assert months.statuses() != before
    assert months.kind("fine") is StatusKind.FAILING


@pytest.mark.parametrize("answers", range(1, 16, 2))
def test_an_outage_that_begins_within_a_run_makes_no_strike_of_a_failed_look_up(months, answers):
    months.run()
    with months.news.state() as state:
        before = {row["url"]: row["strikes"] for row in state.rows("SELECT url, strikes FROM targets")}
    months.news.clock.step(hours=5)
    # Those that are asked before the cut are judged as ever; no name that cannot be looked up gets a strike.
    months.run(Names(left=answers), everything=True)
    with months.news.state() as state:
        rows = state.rows("SELECT url, strikes, reason FROM targets")
    for row in rows:
        if "name look-up failed" in row["reason"]:
            assert row["strikes"] == before[row["url"]], row
