"""A real archive: pywb tells of its copies and shows them."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from lxml import etree

from feedbot.core.snapshot import Snapshot
from feedbot.state import snapshots, targets
from feedbot.steps.archiving import Archiving
from tests.archive import configure
from tests.peers import find_peer
from tests.publication import Publication, Site

pytestmark = pytest.mark.peer("pywb")

# The articles of a Publication are of 2026-10-01, 08:00.
NEAREST, NEXT, FAR = "2026-10-01T09:00:00Z", "2026-10-03T08:00:00Z", "2026-06-01T08:00:00Z"
GOOD = "<title>About {0}</title><h1>About {0}</h1><p>The words of the article on {0}, as they were."
NOT_FOUND = "<title>Page not found</title><h1>Page not found</h1><p>Sorry, there is nothing here."


def copy(url: str, taken_at: str, body: str, status: str = "200 OK", location: str = "") -> dict[str, str]:
    return {"url": url, "taken_at": taken_at, "status": status, "location": location, "body": body}


@contextmanager
def pywb(scratch: Path, copies: list[dict[str, str]]) -> Iterator[str]:
    """The address of a pywb that holds these copies, in its collection `news`."""
    python = find_peer("pywb")
    assert python is not None
    scratch.mkdir()
    held = scratch / "copies.json"
    held.write_text(json.dumps(copies), encoding="utf-8")
    script = Path(__file__).with_name("pywb_archive.py")
    with (scratch / "log").open("wb") as log:
        process = subprocess.Popen([python, script, scratch, held], stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, (scratch / "log").read_text(encoding="utf-8")
        yield f"http://127.0.0.1:{port}/news"
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def links(news: Publication) -> dict[str, tuple[str, str | None]]:
    """Where each entry leads, by its title, and its source where it leads elsewhere."""
    feed = etree.fromstring((news.folder / "feeds" / "all.atom").read_bytes())
    return {
        entry.findtext("{*}title"): (_link(entry, "alternate"), _link(entry, "via")) for entry in feed.iter("{*}entry")
    }


def _link(entry: Element, rel: str) -> str | None:
    return next((link.get("href") for link in entry.iter("{*}link") if link.get("rel") == rel), None)


def test_entries_of_dead_sources_lead_to_the_copies_that_pywb_shows(
    news: Publication, site: Site, tmp_path: Path
) -> None:
    for name in ("one", "two", "led-elsewhere", "missing", "unknown"):
        news.article(name)
    one, two, led, missing = (site.link(f"/{name}") for name in ("one", "two", "led-elsewhere", "missing"))
    copies = [
        copy(one, FAR, GOOD.format("one")),
        copy(one, NEAREST, "", "302 Found", site.link("/")),
        copy(one, NEXT, GOOD.format("one")),
        copy(two, FAR, GOOD.format("two")),
        copy(two, NEXT, NOT_FOUND),
        copy(led, NEXT, "", "302 Found", one),
        copy(missing, NEXT, NOT_FOUND, "404 Not Found"),
    ]
    with pywb(tmp_path / "pywb", copies) as archive:
        told = {"enabled": True, "cdx_url": f"{archive}/cdx", "replay_url": archive, "delay_s": 0}
        configure(news, f"archive: {json.dumps(told)}\n")
        assert news.run().archiving == Archiving(found=2, absent=3)
        with news.state() as state:
            target = targets.find(state, one)
            assert target is not None
            found = snapshots.of(state, target.id)
        address = f"{archive}/20261003080000/{one}"
        assert found is not None
        assert found.snapshot == Snapshot(address, datetime(2026, 10, 3, 8, tzinfo=UTC))
        assert links(news)["About one"] == (one, None)
        site.answers |= dict.fromkeys(("/one", "/two", "/led-elsewhere", "/missing", "/unknown"), 410)
        news.pass_days(3.6)
        assert links(news) == {
            "About one": (address, one),
            "About two": (f"{archive}/20260601080000/{two}", two),
        }
        with urllib.request.urlopen(address, timeout=60) as shown:
            assert shown.status == 200
            assert b"The words of the article on one, as they were." in shown.read()
