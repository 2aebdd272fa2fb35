"""The same state gives the same bytes: with every option, in any folder, from wherever it is called, when repeated."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.publication import Publication, Site

# Builds and reports as of a moment.
_BUILD = """
import sys
from datetime import datetime
from pathlib import Path
from feedbot.clock import StandingClock
from feedbot.config import load_config
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from feedbot.steps.reporting import report
from feedbot.state.database import open_state

config, clock = load_config(Path(sys.argv[1])), StandingClock(datetime.fromisoformat(sys.argv[2]))
with open_state(config.state_path, who="a test") as state:
    read(config, state, clock)
    print(*publish(config, state, clock).written)
    report(config, state, clock)
"""


@pytest.fixture
def everything(tmp_path: Path, site: Site) -> Publication:
    """A publication with all that feeds can have: archive documents, tombstones, hubs, aliases, pages, copies."""
    news = Publication(tmp_path / "news", site, more="archive: {enabled: true}\n")
    text = news.config_file.read_text(encoding="utf-8").replace("https://example.org/}", f"{site.url}/blog}}", 1)
    news.config_file.write_text(text, encoding="utf-8")
    for setting in (
        "link: page",
        "history: [all, ai]",
        "max_entries: 3",
        "tombstones: true",
        "hub: [https://hub.example/, https://other.example/]",
        "aliases: {feed.xml: all.atom}",
        "more: [{slug: mixed, title: Mixed, topics: [AI]}]",
        "public_report: true",
    ):
        news.configure_feeds(setting)
    for day in range(1, 9):
        news.article(f"story-{day}", topics="AI, Robots, C++", date=f"2026-0{4 + day // 3}-0{day}T08:00:00Z")
    news.build()
    site.answers["/story-7"] = 410
    news.check()
    (news.folder / "articles" / "story-8.md").unlink()
    news.clock.step(minutes=5)
    news.build()
    return news


def build(news: Publication, folder: Path, config: str, *, seed: str) -> set[str]:
    """The files that a process of its own writes, with its own order of sets."""
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, config, news.clock.now().isoformat()],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "feeds").rglob("*.*")}


def test_a_build_of_all_options_is_the_same_in_any_folder_and_changes_nothing_when_done_again(
    everything: Publication, tmp_path: Path
) -> None:
    here, there = tmp_path / "one" / "news", tmp_path / "another place"
    for copy in (here, there):
        shutil.copytree(everything.folder, copy)
        for path in (copy / "feeds").iterdir():
            if path.name not in {"ids.json", "reports"}:
                path.unlink()
    written = build(everything, here, "config.yaml", seed="1")
    assert {"all.2026-04.atom", "ai.2026-05.rss", "feed.xml", "mixed.json", "robots.html"} <= written
    assert build(everything, tmp_path, str(there / "config.yaml"), seed="2") == written
    made = files(here)
    assert b"deleted-entry" in made["feeds/all.atom"]
    assert made == files(there)
    assert {name: data for name, data in made.items() if "/reports/" not in name} == files(everything.folder)
    assert build(everything, tmp_path, str(here / "config.yaml"), seed="3") == set()
