"""The feeds of the example articles, as `make run` writes them, in the hands of feed readers."""

import functools
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import feedparser
import msgspec
import pytest
import yaml

from tests.publish.profile import faults

FEEDBOT = Path(sys.executable).with_name("feedbot")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The project's own config and examples, run once without asking anybody's server."""
    project = Path(__file__).parents[2]
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(project / "examples", folder / "examples")
    config = yaml.safe_load((project / "config.yaml").read_text(encoding="utf-8"))
    config["checker"]["canaries"] = ["http://127.0.0.1:10/"]
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = subprocess.run([FEEDBOT, "run", "--once"], cwd=folder, capture_output=True, text=True, check=True)
    assert "OFFLINE" in done.stdout
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    """Title, link, id and time of every entry, newest first, read from the examples and the ledger alone."""
    ledger = {one["path"]: one for one in msgspec.json.decode((folder / "feeds/ids.json").read_bytes())["entries"]}
    entries = []
    for path in sorted((folder / "examples/articles").glob("*.md")):
        front = yaml.load(path.read_text(encoding="utf-8").split("---")[1], Loader=yaml.BaseLoader)
        known = ledger.get(f"examples/articles/{path.name}")
        if known is None or front.get("published") == "false" or known["published"] > "2090":
            continue
        link = next(front[name] for name in ("sourceUrl", "webUrl", "originalUrl", "canonical_url") if name in front)
        published = datetime.fromisoformat(known["published"])
        named = front.get("topics") or front.get("tags")
        topics = set(named if isinstance(named, list) else named.split(", "))
        link = quote(link, safe=":/?&=#%+.,~")  # a URL in a feed is ASCII
        entries.append((published, " ".join(front["title"].split()), link, known["id"], topics))
    assert len(entries) >= 12
    return sorted(entries, reverse=True)


def feed_files(folder):
    suffixes = {".rss", ".atom", ".json"}
    return sorted(path for path in (folder / "feeds").iterdir() if path.suffix in suffixes and path.name != "ids.json")


@pytest.mark.parametrize("name", ["all.rss", "all.atom"])
def test_feedparser_reads_every_entry_as_it_was_written(folder, expected, name):
    feed = feedparser.parse((folder / "feeds" / name).read_bytes())
    assert not feed.bozo
    read = [
        (
            datetime(*one.published_parsed[:6], tzinfo=UTC),
            one.title,
            one.link,
            one.id,
            {tag.term for tag in one.tags},
        )
        for one in feed.entries
    ]
    assert read == expected


def test_every_topic_has_a_feed_in_every_format_with_its_entries(folder, expected):
    topics = {topic for *_, names in expected for topic in names}
    ledger = msgspec.json.decode((folder / "feeds/ids.json").read_bytes())
    slugs = {one["name"]: one["slug"] for one in ledger["topics"]}
    assert set(slugs) == topics
    assert (slugs["C++"], slugs["C#"], slugs["Computer Vision"]) == ("cplusplus", "csharp", "computer-vision")
    # Archive documents have the month in their names.
    assert {path.name for path in feed_files(folder) if path.name.count(".") == 1} == {
        f"{slug}.{suffix}" for slug in [*slugs.values(), "all"] for suffix in ("rss", "atom", "json")
    }
    for topic, slug in slugs.items():
        ids = [entry_id for *_, entry_id, names in expected if topic in names]
        for suffix in ("rss", "atom"):
            feed = feedparser.parse((folder / "feeds" / f"{slug}.{suffix}").read_bytes())
            assert not feed.bozo
            assert [one.id for one in feed.entries] == ids
        items = msgspec.json.decode((folder / "feeds" / f"{slug}.json").read_bytes())["items"]
        assert [one["id"] for one in items] == ids


def test_every_feed_holds_to_the_profile(folder):
    found = {path.name: faults(path.read_bytes()) for path in feed_files(folder) if path.suffix != ".json"}
    assert len(found) > 20
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.debian("newsboat")
@pytest.mark.parametrize("name", ["all.rss", "all.atom", "ai.rss", "ji-jie-xue-xi.atom"])
def test_newsboat_reads_every_entry_and_finds_nothing_new_the_second_time(folder, expected, tmp_path, name):
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder / "feeds")) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        # One feed at a time: newsboat keeps an item once, for the last feed that brought its id.
        (tmp_path / "urls").write_text(f"http://127.0.0.1:{server.server_address[1]}/{name}\n", encoding="utf-8")
        (tmp_path / "config").write_text("", encoding="utf-8")
        first = _newsboat(tmp_path)
        second = _newsboat(tmp_path)
        server.shutdown()
    slug = name.partition(".")[0]
    topic = {"ai": "AI", "ji-jie-xue-xi": "機械学習"}.get(slug)
    assert set(first) == {
        (title, link, entry_id, int(at.timestamp()))
        for at, title, link, entry_id, topics in expected
        if topic is None or topic in topics
    }
    assert second == first


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def _newsboat(folder):
    words = ["newsboat", "-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "config", "-x", "reload"]
    subprocess.run(
        words, check=True, timeout=60, capture_output=True, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    )
    with closing(sqlite3.connect(folder / "cache.db")) as cache:
        return cache.execute("SELECT title, url, guid, pubDate FROM rss_item ORDER BY id").fetchall()
