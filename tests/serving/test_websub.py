"""From an article to a subscriber: feedbot's command, nginx by the snippet of docs/serving.md, and a real hub."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import feedparser
import pytest

from tests.peers import find_peer
from tests.publication import Publication
from tests.serving.servers import put_in, serving, snippet, with_hub
from tests.serving.subscriber import loopback_subscriber

pytestmark = [pytest.mark.peer("Flask-WebSub"), pytest.mark.debian("nginx")]


@contextmanager
def flask_hub(scratch: Path) -> Iterator[str]:
    """The address of a hub by Flask-WebSub."""
    python = find_peer("Flask-WebSub")
    assert python is not None
    words = [python, Path(__file__).with_name("flask_hub.py"), scratch / "hub.db"]
    with (scratch / "hub.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, (scratch / "hub.log").read_text(encoding="utf-8")
        yield f"http://127.0.0.1:{port}/hub"
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def build(news: Publication) -> str:
    """What `feedbot build` says."""
    words = [sys.executable, "-m", "feedbot", "--config", str(news.config_file), "build"]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout


def test_what_is_published_arrives_at_those_who_subscribed_to_that_feed(news: Publication, tmp_path: Path) -> None:
    folder = news.folder / "feeds"
    folder.mkdir()
    with flask_hub(tmp_path) as hub:
        site = put_in(with_hub("nginx", snippet("nginx")), "https://hub.example/", hub)
        site = put_in(site, "https://news.example$uri", "http://$http_host$uri")
        with serving("nginx", site, folder, tmp_path / "scratch") as server, loopback_subscriber() as subscriber:
            base = f"http://127.0.0.1:{server.port}/feeds/"
            text = news.config_file.read_text(encoding="utf-8")
            told = f"feeds: {{hub: '{hub}', url: {base}}}"
            news.config_file.write_text(put_in(text, "feeds: {url: https://example.org/feeds/}", told), "utf-8")
            news.article("one")
            news.article("two", topics="Robots")
            assert "Hubs       told of 9 addresses that changed" in build(news).splitlines()
            for name in ("all.rss", "all.atom", "ai.rss", "ai.atom"):
                links = feedparser.parse(base + name).feed.links
                (found,) = [link.href for link in links if link.rel == "hub"]
                (topic,) = [link.href for link in links if link.rel == "self"]
                assert (found, topic) == (hub, base + name)
                subscriber.subscribe(found, topic)

            news.article("three")
            build(news)
            sent = subscriber.next_sent(4)
            assert sent == {name: (folder / name).read_bytes() for name in ("all.rss", "all.atom", "ai.rss", "ai.atom")}
            for data in sent.values():
                assert "About three" in [entry.title for entry in feedparser.parse(data).entries]

            assert "Hubs" not in build(news)
            news.article("four", topics="Robots")
            build(news)
            # All that comes before the next change: nothing of a build that changed nothing, and not the other topic.
            assert set(subscriber.next_sent(2)) == {"all.rss", "all.atom"}
            news.article("five")
            build(news)
            assert set(subscriber.next_sent(4)) == {"all.rss", "all.atom", "ai.rss", "ai.atom"}
            assert subscriber.sent.empty()
