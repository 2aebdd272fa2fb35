"""Our own network is cut, or knows no names, or leads everybody to a sign-in page; or our clock is a year off.

Then nothing that a run sees says anything of a link: none changes where it stands, no feed changes, and the report says
what was noticed. Half of the runs begin in trouble; into the others it comes after some answers.
"""

import asyncio
import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from feedbot.cli.reports.checking import checking_lines
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import split_url
from feedbot.cycle import Run, run_once
from feedbot.steps import checking
from feedbot.wire.wire import Request, Response
from tests.faults.how_many import number
from tests.publication import Publication, Site, SteppedClock
from tests.wire.scripted import ScriptedResolver, ScriptedWire, response

HOSTS = 24
CANARIES = ("canary-one.test", "canary-two.test", "canary-three.test")
A_YEAR = 365

PAGE = b"<!doctype html><title>News of the day</title><h1>News</h1><p>" + b"Words that somebody may read. " * 40
SIGN_IN = (
    b"<!doctype html><title>Sign in</title><h1>Sign in</h1><form method=post>"
    b"<input name=user><input name=password type=password><button>Sign in</button></form>"
)
EXPIRED = Failure(FailureKind.TLS, "certificate verify failed: certificate has expired")
OF_THE_PORTAL = Failure(FailureKind.TLS, "certificate verify failed: self-signed certificate")


def page(body: bytes) -> Response:
    return Response(200, {"content-type": "text/html"}, body, "127.0.0.1", "HTTP/1.1", 1)


def truth(request: Request) -> Response | Failure:
    """What the web answers: most links live; one is a wall, one missing, one has moved."""
    parts = split_url(request.url)
    match parts.host:
        case "h3.test":
            return response(404)
        case "h5.test":
            return response(403)
        case "h7.test" if parts.path == "/page":
            return response(301, location=f"{parts.scheme}://h7.test/elsewhere")
    return page(PAGE)


def cut(request: Request) -> Response | Failure:
    return Failure(FailureKind.CONNECT_UNREACHABLE, "network is unreachable")


def nameless(request: Request) -> Response | Failure:
    return Failure(FailureKind.DNS_SERVFAIL, "name look-up failed")


def portal(request: Request) -> Response | Failure:
    return OF_THE_PORTAL if request.url.startswith("https:") else page(SIGN_IN)


def off_by_a_year(request: Request) -> Response | Failure:
    return EXPIRED if request.url.startswith("https:") else truth(request)


TROUBLES: dict[str, Callable[[Request], Response | Failure]] = {
    "cut": cut,
    "no names": nameless,
    "portal": portal,
    "clock": off_by_a_year,
}


@dataclass
class Network:
    """The web as it is, and from some exchange on as a trouble has it."""

    trouble: Callable[[Request], Response | Failure] = truth
    begins_after: int = 0
    exchanges: int = field(default=0, init=False)

    def answer(self, request: Request) -> Response | Failure:
        self.exchanges += 1
        return self.trouble(request) if self.exchanges > self.begins_after else truth(request)


class World:
    """A publication with a link to each of 24 hosts, half of them over http, some days after its first run."""

    def __init__(self, folder: Path, site: Site) -> None:
        asked = ", ".join(f"'https://{host}/'" for host in CANARIES)
        self.news = Publication(folder, site, canaries=f"[{asked}]")
        for one in range(HOSTS):
            path = self.news.article(f"n{one}")
            scheme = "http" if one % 2 else "https"
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(site.link(f"/n{one}"), f"{scheme}://h{one}.test/page"), encoding="utf-8")
            self.news.age(path)
        for _ in range(12):
            self.run(Network())
            self.news.clock.step(days=1)

    def copied(self, folder: Path) -> "World":
        """The same in another folder."""
        shutil.copytree(self.news.folder, folder)
        other, news = copy(self), copy(self.news)
        news.folder, news.config_file = folder, folder / self.news.config_file.name
        news.clock = SteppedClock(self.news.clock.at)
        other.news = news
        return other

    def run(self, network: Network) -> Run:
        """A run in which every link is due."""
        with self.news.state() as state:
            with state.write() as connection:
                connection.execute("UPDATE targets SET next_check_at = 0")
            wire: Any = ScriptedWire(network.answer)
            wire.most_at_once = None
            over = {"resolver": ScriptedResolver(), "wire_over": lambda names: wire}
            return asyncio.run(run_once(self.news.config, state, self.news.clock, **over))

    def stand(self) -> list[tuple[Any, ...]]:
        """Where the links stand; strikes of those that the web has lost go on."""
        sql = "SELECT url, status, verdict, CASE status WHEN 'dead' THEN 0 ELSE strikes END AS strikes FROM targets"
        with self.news.state() as state:
            return [tuple(row.values()) for row in state.rows(f"{sql} ORDER BY url")]


@pytest.fixture(scope="module")
def after_days(tmp_path_factory: pytest.TempPathFactory) -> World:
    # Nobody is asked over a socket here.
    return World(tmp_path_factory.mktemp("networks") / "news", Site("http://nobody.test"))


@pytest.fixture
def world(after_days: World, tmp_path: Path) -> World:
    return after_days.copied(tmp_path / "news")


def disturbed(world: World, name: str, runs: int) -> list[str]:
    """What runs in trouble change, and of which the report says nothing; each comes some hours after a good one."""
    wrong = []
    for one in range(runs):
        world.run(Network())
        before, feeds = world.stand(), world.news.feeds()
        away = {"days": A_YEAR * (-1) ** one} if name == "clock" else {}
        world.news.clock.step(hours=5, **away)
        # The canaries are asked first; then it is some of the links that are still answered.
        begins_after = 0 if one % 2 == 0 else len(CANARIES) + 2 + one % (HOSTS - 4)
        run = world.run(Network(TROUBLES[name], begins_after))
        where = f"{name}, run {one}, from exchange {begins_after}"
        if world.stand() != before:
            changed = sorted(set(world.stand()) ^ set(before))
            wrong.append(f"{where}: {changed}")
        if world.news.feeds() != feeds:
            wrong.append(f"{where}: feeds have changed")
        report = "\n".join(checking_lines(run.checking, rejected=(), every=False))
        if run.checking.is_good or not ("OFFLINE" in report or "our own network" in report):
            wrong.append(f"{where}: the report says nothing: {report}")
        world.news.clock.step(hours=5, **{key: -value for key, value in away.items()})
    return wrong


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_of_our_own_changes_no_link_and_no_feed_and_is_told(world, caplog, name):
    assert sorted({row[1] for row in world.stand()}) == ["alive", "blocked", "dead", "moved"]
    runs = number(6, share=0.1)
    wrong = disturbed(world, name, runs)
    print(f"{name}: {runs} runs")  # noqa: T201 - the figure of a long run
    assert wrong == [], "\n".join(wrong)
    assert "of 3 canaries do not answer as they should, such as https://canary-one.test/: " in caplog.text


@pytest.mark.parametrize("name", TROUBLES)
def test_a_checker_that_does_not_ask_whether_it_is_us_is_found_out(world, monkeypatch, name):
    """A negative control of the test above: no canary is asked, and very many failures at once say nothing."""
    text = world.news.config_file.read_text(encoding="utf-8").splitlines(keepends=True)
    without = ["  canaries: []\n" if line.startswith("  canaries:") else line for line in text]
    world.news.config_file.write_text("".join(without), encoding="utf-8")
    monkeypatch.setattr(checking, "is_mass_failure", lambda asked: False)
    assert disturbed(world, name, 1)


def test_a_checker_that_believes_what_came_before_it_noticed_is_found_out(world, monkeypatch):
    """The other one: a sign-in page in the place of every page over http."""
    monkeypatch.setattr(checking._Asking, "_leave_out_what_anybody_may_have_said", lambda asking: None)
    assert disturbed(world, "portal", 4)
