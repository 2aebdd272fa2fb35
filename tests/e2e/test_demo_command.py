"""The demo, as a newcomer runs it: its diary, what it leaves behind, and what it leaves alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import feedparser
import pytest
from sqlite_utils.utils import sqlite3

from feedbot.core.verdict import VerdictKind
from tests.e2e.test_command import feedbot, one_sentence, started
from tests.publish.profile import faults

TRAM = "https://tramways.example/night-tram"
TRAM_AMP = "https://tramways.example/amp/night-tram"
NO_MAKER = "https://clockworks.example/no-maker"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The command as it ended, and the folder that it left."""
    above = tmp_path_factory.mktemp("somewhere")
    # What the environment says of the config is for others.
    done = feedbot(above, "demo", env={**os.environ, "FEEDBOT__FEEDS__FORMATS": "[json]", "FEEDBOT__OFF": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, above / "feedbot-demo"


@pytest.fixture(scope="module")
def folder(demo):
    return demo[1]


def rows(folder, sql):
    with closing(sqlite3.connect(f"file:{folder}/state.db?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def links_of_feeds(folder):
    """Every address that a feed leads readers to, with the name of the feed; `via` only says where an entry is from."""
    for path in sorted(folder.glob("feeds/*.atom")):
        for entry in feedparser.parse(path.read_bytes()).entries:
            yield path.name, entry.link
            yield from ((path.name, link.href) for link in entry.links if link.rel != "via")
            for content in [entry.get("summary", ""), *(one.value for one in entry.get("content", []))]:
                yield from ((path.name, url) for url in re.findall(r'href="([^"]+)"', content))


def blocks(text):
    return re.findall(r"^```text\n(.*?)^```\n", text, re.DOTALL | re.MULTILINE)


def test_the_tour_shows_the_diary_as_it_is(demo, project):
    shown = next(block for block in blocks((project / "docs/tour.md").read_text(encoding="utf-8")) if "demo" in block)
    assert shown == f"$ feedbot demo\n{demo[0]}"


def test_the_readme_shows_parts_of_the_diary_as_they_are(demo, project):
    found = [
        block for block in blocks((project / "README.md").read_text(encoding="utf-8")) if "$ feedbot demo" in block
    ]
    assert len(found) == 1
    first, *parts = found[0].split("...\n")
    assert first == "$ feedbot demo\n"
    assert len(parts) > 3
    assert all(part in demo[0] for part in parts)


def test_every_verdict_is_among_what_was_seen(folder):
    seen = {verdict for (verdict,) in rows(folder, "SELECT DISTINCT verdict FROM observations")}
    # What was not asked, while our own network was down, was not seen either: the runs tell of it.
    told = {kind for (summary,) in rows(folder, "SELECT summary FROM runs") for kind in json.loads(summary or "{}")}
    assert seen == {*VerdictKind} - {VerdictKind.UNKNOWN}
    assert told == {*VerdictKind}


def test_no_feed_leads_to_a_dead_page(folder):
    dead = {url for (url,) in rows(folder, "SELECT url FROM targets WHERE status = 'dead'")}
    found = set(links_of_feeds(folder))
    assert TRAM in dead
    assert {name for name, _ in found} >= {"all.atom", "town.atom"}
    assert [one for one in found if one[1] in dead] == []
    assert ("all.atom", TRAM_AMP) in found
    assert ("all.atom", "https://swifts.example/count") in found


def test_the_feeds_are_valid(folder):
    files = [*folder.glob("feeds/*.atom"), *folder.glob("feeds/*.rss")]
    assert len(files) > 12
    assert {path.name: faults(path.read_bytes()) for path in files} == {path.name: [] for path in files}
    assert {path.suffix for path in folder.glob("feeds/all.*")} >= {".json", ".html"}


def test_commands_work_in_its_folder_afterwards(demo, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(demo[1], folder)
    status = feedbot(folder, "status")
    assert "11 articles; 0 withheld, 0 rejected" in status.stdout
    why = feedbot(folder, "why", TRAM)
    assert "404 on GET: not found" in why.stdout
    assert f"GET {TRAM} -> 404" in why.stdout
    assert "two good answers to GET" in why.stdout
    assert "0 feed files written" in feedbot(folder, "build").stdout
    # What the demo says to try.
    asked = re.findall(r"^  feedbot ([^ ].*?)(?:  .*)?$", demo[0], re.MULTILINE)
    assert [words.split()[0] for words in asked] == ["status", "why", "fix", "mark", "build"]
    assert "+sourceUrl: https://swifts.example/count\n" in feedbot(folder, "fix").stdout
    for words in asked:
        assert feedbot(folder, *words.split()).returncode == 0
    assert "https://lido.example/tides" not in (folder / "feeds/all.atom").read_text(encoding="utf-8")
    named = re.findall(r"^  ((?:feeds|reports)/\S+)", demo[0], re.MULTILINE)
    assert len(named) == 5
    assert all((folder / name).is_file() for name in named)


def test_what_came_back_has_the_id_that_it_had(folder):
    [(entry_id,)] = rows(folder, "SELECT entry_id FROM files WHERE path = 'articles/clock.md'")
    entries = feedparser.parse((folder / "feeds/repair.atom").read_bytes()).entries
    assert [entry.id for entry in entries if entry.link == NO_MAKER] == [entry_id]


def test_a_demo_that_is_as_it_was_is_made_anew(demo, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(demo[1], folder)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "feeds/all.atom").unlink()
    done = feedbot(tmp_path, "demo", "demo")
    assert done.returncode == 0
    assert done.stdout == demo[0].replace("feedbot-demo", "demo")
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"


def change_the_config(folder):
    with (folder / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")


def add_an_article(folder):
    (folder / "articles/mine.md").write_text("mine", encoding="utf-8")


def take_the_mark(folder):
    (folder / ".feedbot-demo").unlink()


def change_an_article(folder):
    with (folder / "articles/comet.md").open("a", encoding="utf-8") as file:
        file.write("And I was there.\n")


@pytest.mark.parametrize("change", [change_the_config, take_the_mark, add_an_article, change_an_article])
def test_what_somebody_has_made_their_own_is_left_alone(demo, tmp_path, change):
    folder = tmp_path / "demo"
    shutil.copytree(demo[1], folder)
    change(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    words = {add_an_article: "demo/articles/mine.md: is not as", change_an_article: "demo/articles/comet.md: is not as"}
    one_sentence(feedbot(tmp_path, "demo", "demo"), 2, words.get(change, "demo: is there already"), "name another")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    one_sentence(feedbot(tmp_path, "demo", "file/demo"), 1, "file/demo: cannot be made", "Not a directory")


def next_line(under_way):
    """The next line that it says, and no byte more: it goes on no further than its pipe has room."""
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(under_way.stdout.fileno(), 1)
    return line.decode()


def test_a_second_one_in_the_same_folder_is_refused_and_spoils_nothing(demo, tmp_path):
    # It does not end before what it says is read.
    with started(tmp_path, "demo", unread=4096) as under_way:
        begun = next_line(under_way)
        one_sentence(feedbot(tmp_path, "demo"), 75, "feedbot-demo: another demo is being made there", "name another")
        assert begun + under_way.stdout.read() == demo[0]
    assert under_way.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_there", [True, False])
def test_one_that_is_stopped_leaves_nothing(tmp_path, number, is_there):
    if is_there:
        (tmp_path / "feedbot-demo").mkdir()
    under_way = started(tmp_path, "demo", unread=4096)
    while not next_line(under_way).startswith("day"):
        assert under_way.poll() is None
    under_way.send_signal(number)
    _, error = under_way.communicate(timeout=60)
    assert (under_way.returncode, error) == (1, "feedbot: stopped; what the demo had written is removed again\n")
    assert list(tmp_path.rglob("*")) == ([tmp_path / "feedbot-demo"] if is_there else [])


def test_it_serves_what_it_has_made_until_ctrl_c(tmp_path):
    under_way = started(tmp_path, "demo", "--serve")
    for line in under_way.stdout:
        if line.startswith("Serving"):
            break
    with urlopen(line.split()[-1] + "all.html", timeout=20) as page:
        assert "The Last Night Tram" in page.read().decode()
    under_way.send_signal(signal.SIGINT)
    under_way.communicate(timeout=60)
    assert under_way.returncode == 0
    assert (tmp_path / "feedbot-demo/state.db").is_file()


def _may_be_cut_off():
    words = ["unshare", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"]
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not _may_be_cut_off(), reason="may be skipped: needs ip, and a network namespace of its own")
def test_it_needs_no_network(demo, tmp_path):
    script = 'ip link set lo up && exec "$0" demo'
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", "sh", "-c", script, Path(sys.executable).with_name("feedbot")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (demo[0], "")
