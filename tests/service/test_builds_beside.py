"""`feedbot build` beside the running daemon: nothing is lost, and nothing comes twice."""

import subprocess
from collections import Counter

import pytest

from tests.hubs import loopback_hub
from tests.publication import Publication
from tests.service.daemons import FEEDBOT, daemon, schedule, until

FILES = {f"{slug}.{suffix}" for slug in ("all", "ai") for suffix in ("rss", "atom", "json")}


@pytest.fixture
def hub():
    with loopback_hub() as hub:
        yield hub


def titles(news: Publication) -> Counter[str]:
    return Counter(news.titles()) if (news.folder / "feeds" / "all.atom").exists() else Counter()


def test_builds_and_a_daemon_that_sees_the_same_changes(news, hub):
    schedule(news, read="1s", watch="true")
    news.configure_feeds(f"hub: {hub.url}")
    with daemon(news) as one:
        one.until_said("started: reading every")
        for number in range(6):
            news.article(f"story-{number}")
            builds = [
                subprocess.Popen([*FEEDBOT, "build"], cwd=news.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                for _ in range(2)
            ]
            for build in builds:
                said, _ = build.communicate(timeout=60)
                assert build.returncode == 0, said
        wanted = Counter(f"About story-{number}" for number in range(6))
        assert titles(news) == wanted, "the last build had all of them"
        until(lambda: _untold(news) == 0)
        assert one.end() == 0
        said = one.said
    assert titles(news) == wanted
    assert hub.names == FILES
    assert not [line for line in said.splitlines() if " ERROR " in line or "Traceback" in line]
    with news.state() as state:
        assert state.value("SELECT count(*) FROM identities") == 6
        assert state.value("SELECT max(failures) FROM jobs") == 0


def _untold(news: Publication) -> int:
    with news.state() as state:
        return int(state.value("SELECT count(*) FROM pings WHERE due_at IS NOT NULL"))
