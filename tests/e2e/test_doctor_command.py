"""`feedbot doctor` in a process of its own: what it prints, and its exit code."""

import json
import subprocess
from pathlib import Path

from feedbot.clock import SystemClock
from tests.command import feedbot
from tests.publication import Publication, Site


def doctor(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return feedbot(folder, "doctor", *words)


def test_warnings_alone_are_no_failure_and_offline_asks_nobody(news: Publication, site: Site) -> None:
    news.clock.at = SystemClock().now()
    news.article("one")
    news.run()
    before = len(site.asked)
    done = doctor(news.folder, "--offline")
    assert (done.returncode, done.stderr, len(site.asked)) == (0, "", before)
    lines = done.stdout.splitlines()
    assert lines[0] == "Files"
    assert "  warning  site.url is https://example.org/, a name for examples that no reader can reach" in lines
    assert "           -> site.url: the address of your own" in lines
    assert (
        '  <link rel="alternate" type="application/rss+xml" title="Test News (RSS)"'
        ' href="https://example.org/feeds/all.rss">'
    ) in lines
    assert lines[-1].startswith("0 problems, ")
    assert "\x1b" not in done.stdout


def test_a_problem_is_told_with_what_to_change_and_ends_with_1(news: Publication, site: Site) -> None:
    text = news.config_file.read_text(encoding="utf-8").replace("https://example.org/", f"{site.url}/")
    news.config_file.write_text(text, encoding="utf-8")
    news.clock.at = SystemClock().now()
    news.article("one")
    news.run()
    site.answers["/feeds/all.rss"] = 404
    done = doctor(news.folder, "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert (told["schema"], told["level"]) == (1, "problem")
    (code,) = (one for one in told["findings"] if (one["part"], one["about"]) == ("Feeds", "the code"))
    assert (code["level"], code["sentence"]) == (
        "problem",
        f"{site.url}/feeds/all.rss is answered with 404; likewise ai.rss, all.atom, ai.atom and 2 more",
    )
    assert "nginx: put in `location ^~ /feeds/ {`" in code["mend"]
    assert len(told["link_tags"]) == 3


def test_a_config_that_cannot_be_read_ends_with_3(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("feedbot: config.yaml: there is no such file")
