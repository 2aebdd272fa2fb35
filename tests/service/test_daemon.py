"""The daemon as a process: signals, changes of files, and what systemd hears."""

import json
import signal
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from feedbot.clock import SystemClock
from feedbot.service.daemon import _END_S
from feedbot.service.watchdog import PULSE_S
from tests.ports import own_port
from tests.service.daemons import Daemon, daemon, job, schedule, systemd, until


@pytest.fixture
def heard(tmp_path):
    with systemd(str(tmp_path / "notify")) as one:
        yield one


def published(news):
    return news.titles() if (news.folder / "feeds" / "all.atom").exists() else None


def test_systemd_hears_ready_signs_of_life_where_it_stands_and_the_end(news, site, heard):
    schedule(news, read="1h", check="1h")
    news.article("one")
    with daemon(news, NOTIFY_SOCKET=heard.address, WATCHDOG_USEC="400000") as one:
        until(lambda: heard.count("WATCHDOG=1") >= 5)
        until(lambda: any("(1 alive); 0 links due; next check at " in line for line in heard.statuses()))
        assert one.end() == 0
    assert heard.count("READY=1") == 1
    assert heard.told[-1] == "STOPPING=1"


def test_a_loop_that_stands_still_gives_no_sign_of_life(news, heard):
    schedule(news)
    news.article("one")
    with daemon(news, NOTIFY_SOCKET=heard.address, WATCHDOG_USEC="400000") as one:
        until(lambda: heard.count("WATCHDOG=1") >= 3)
        with one.standing_still():
            before = heard.count("WATCHDOG=1")
            time.sleep(0.5)
            assert heard.count("WATCHDOG=1") == before
        until(lambda: heard.count("WATCHDOG=1") >= before + 3)
        assert one.end() == 0


def test_without_a_watchdog_there_are_no_signs_of_life_too_often(news, heard):
    schedule(news)
    news.article("one")
    began_at = time.monotonic()
    with daemon(news, NOTIFY_SOCKET=heard.address, WATCHDOG_USEC="100000", WATCHDOG_PID="1") as one:
        until(lambda: any("checked at" in line for line in heard.statuses()) or job(news, "check"))
        assert one.end() == 0
    assert heard.count("WATCHDOG=1") <= (time.monotonic() - began_at) / PULSE_S + 1


def test_a_changed_file_is_published_without_waiting_for_the_slot(news):
    schedule(news, watch="true")
    news.article("one")
    with daemon(news) as one:
        one.until_said("article files are watched")
        until(lambda: published(news) == ["About one"])
        path = news.folder / "articles" / "two.md"
        path.write_text(news.article("one").read_text(encoding="utf-8").replace("one", "two"), encoding="utf-8")
        until(lambda: published(news) == ["About one", "About two"])
        path.write_text(path.read_text(encoding="utf-8").replace("About two", "Corrected"), encoding="utf-8")
        until(lambda: "Corrected" in published(news))
        path.unlink()
        until(lambda: published(news) == ["About one"])
        assert one.end() == 0


def test_an_article_dated_ahead_comes_at_its_moment(news):
    schedule(news)
    moment = SystemClock().now().replace(microsecond=0) + timedelta(seconds=8)
    news.article("one")
    news.article("later", date=moment.isoformat())
    with daemon(news) as one:
        # Where the start takes longer than that, both come at once.
        until(lambda: "About one" in (published(news) or []))
        until(lambda: published(news) == ["About later", "About one"])
        assert SystemClock().now() >= moment
        assert one.end() == 0


def test_a_good_config_is_taken_over_and_a_bad_one_refused_with_its_reasons(news, heard):
    schedule(news)
    news.article("one")
    good = news.config_file.read_text(encoding="utf-8")
    with daemon(news, NOTIFY_SOCKET=heard.address) as one:
        until(lambda: published(news))
        news.config_file.write_text(good + "speed: 3\nlinks: {body: maybe}\n", encoding="utf-8")
        one.hear(signal.SIGHUP)
        one.until_said("the config is as before", times=2)
        assert "speed: unknown key" in one.said
        assert "links.body: must be true or false" in one.said
        news.config_file.write_text(good + "state: other.db\n", encoding="utf-8")
        one.hear(signal.SIGHUP)
        one.until_said("state: cannot change from state.db to other.db while feedbot runs; restart it for that")
        news.config_file.write_text(good.replace("Test News", "Good News"), encoding="utf-8")
        schedule(news, read="1s")
        one.hear(signal.SIGHUP)
        one.until_said("the config was read again")
        until(lambda: b"Good News" in (news.folder / "feeds" / "all.atom").read_bytes())
        assert one.end() == 0
    first = next(told for told in heard.told if told.startswith("RELOADING=1"))
    assert 0 < int(first.partition("MONOTONIC_USEC=")[2]) / 1e6 < time.monotonic()
    kinds = [told.partition("=")[0] for told in heard.told if not told.startswith(("STATUS", "WATCHDOG"))]
    assert kinds == ["READY"] + ["RELOADING", "READY"] * 3 + ["STOPPING"]


def test_what_the_environment_sets_stays_when_the_config_is_read_again(news):
    schedule(news)
    news.article("one")
    with daemon(news, FEEDBOT__SITE__TITLE="Told News: first") as one:
        until(lambda: published(news))
        feed = news.folder / "feeds" / "all.atom"
        assert b"Told News: first" in feed.read_bytes()
        text = news.config_file.read_text(encoding="utf-8")
        news.config_file.write_text(text.replace("Test News", "Other News") + "links: {body: true}\n", encoding="utf-8")
        schedule(news, read="1s")
        before = feed.stat().st_mtime_ns
        one.hear(signal.SIGHUP)
        one.until_said("the config was read again")
        news.article("two")
        until(lambda: feed.stat().st_mtime_ns != before and published(news) == ["About one", "About two"])
        assert b"Told News: first" in feed.read_bytes()
        assert one.end() == 0


def test_a_changed_setting_is_in_the_feeds_at_once_and_so_are_the_articles_of_another_folder(news):
    schedule(news, read="1h", check="1h")
    news.article("one")
    (news.folder / "more").mkdir()
    news.article("two").rename(news.folder / "more" / "two.md")
    with daemon(news) as one:
        until(lambda: job(news, "check"))
        assert published(news) == ["About one"]
        text = news.config_file.read_text(encoding="utf-8")
        text = text.replace("Test News", "Good News").replace('["articles/*.md"]', '["articles/*.md", "more/*.md"]')
        news.config_file.write_text(text, encoding="utf-8")
        one.hear(signal.SIGHUP)
        until(lambda: b"Good News" in (news.folder / "feeds" / "all.atom").read_bytes())
        assert sorted(published(news)) == ["About one", "About two"]
        assert one.end() == 0


def test_a_job_that_fails_is_counted_and_tried_again(news, heard):
    schedule(news, read="1s")
    (news.folder / "articles").rmdir()
    with daemon(news, NOTIFY_SOCKET=heard.address, WATCHDOG_USEC="1000000") as one:
        until(lambda: (row := job(news, "read")) and row["failures"] >= 2)
        until(lambda: any("read has failed" in line for line in heard.statuses()))
        assert job(news, "read")["succeeded_at"] is None
        assert "does not exist" in job(news, "read")["problem"]
        (news.folder / "articles").mkdir()
        news.article("one")
        until(lambda: job(news, "read")["failures"] == 0)
        row = job(news, "read")
        assert row["succeeded_at"] == row["finished_at"]
        one.until_said("read works again")
        assert one.end() == 0


def test_files_do_not_wait_for_probing(news, site):
    schedule(news, read="1s")
    news.article("one")
    site.hold("/one")
    with daemon(news) as one:
        until(lambda: site.asked)
        news.article("two")
        until(lambda: published(news) == ["About one", "About two"])
        assert job(news, "check") is None
        site.go_on()
        until(lambda: job(news, "check"))
        assert one.end() == 0


def test_told_to_stop_while_a_server_is_silent_it_ends_and_keeps_what_was_seen(news, site):
    schedule(news)
    for name in ("one", "two", "silent"):
        news.article(name)
    site.hold("/silent")
    with daemon(news) as one:
        until(lambda: {path for _, path in site.asked} >= {"/one", "/two", "/silent"})
        # The server is silent for longer than is waited for here.
        assert one.end() == 0
    with news.state() as state:
        # Two at once: of the two that answer, the first has done so before the last of the three is asked.
        assert state.value("SELECT count(*) FROM observations") in {1, 2}
        assert state.value("PRAGMA integrity_check") == "ok"


@pytest.fixture
def hanging(news):
    schedule(news)
    news.article("one")
    script = [sys.executable, str(Path(__file__).with_name("hanging.py")), str(news.config_file)]
    with daemon(news, command=script) as one:
        one.until_said("hanging")
        yield one


def test_told_to_stop_it_leaves_behind_what_hangs_within_ten_seconds(hanging):
    assert hanging.end() == 0
    # What a busy machine adds to it is not the daemon's.
    assert _END_S < 10
    assert "what did not end in time is cut off" in hanging.said


def test_told_twice_to_stop_it_ends_at_once(hanging):
    hanging.hear(signal.SIGINT)
    hanging.hear(signal.SIGTERM)
    assert hanging.process.wait(60) == 1
    assert "told to stop twice" in hanging.said


def test_logs_are_json_lines_where_asked_for(news):
    schedule(news)
    news.article("one")
    with daemon(news, "--log-format", "json") as one:
        until(lambda: published(news))
        assert one.end() == 0
        lines = [json.loads(line) for line in one.said.splitlines()]
    assert {"at", "level", "logger", "message"} == set(lines[0])
    assert any(line["message"].startswith("started:") for line in lines)


def test_two_daemons_the_second_names_the_first(news):
    schedule(news)
    news.article("one")
    with daemon(news) as one:
        one.until_said("started")
        second = Daemon(news.folder)
        assert second.process.wait(60) == 75
        assert f"feedbot run, process {one.process.pid}" in second.said
        assert one.end() == 0


@pytest.fixture
def port():
    with own_port() as port:
        yield port


def test_it_can_serve_what_it_publishes(news, port):
    schedule(news)
    news.article("one")
    with news.config_file.open("a", encoding="utf-8") as config:
        config.write(f"serve: {{port: {port}}}\n")
    with daemon(news, "--serve") as one:
        until(lambda: job(news, "check"))
        with urlopen(f"http://127.0.0.1:{port}/feeds/all.atom", timeout=60) as answer:
            assert answer.read() == (news.folder / "feeds" / "all.atom").read_bytes()
        # The next request is answered by a config that was read again.
        text = news.config_file.read_text(encoding="utf-8")
        news.config_file.write_text(text.replace("example.org/feeds/", "example.org/news/"), encoding="utf-8")
        one.hear(signal.SIGHUP)
        one.until_said("the config was read again")
        with urlopen(f"http://127.0.0.1:{port}/news/all.atom", timeout=60) as answer:
            assert answer.status == 200
        second = Daemon(news.folder, "--serve")
        assert second.process.wait(60) == 75
        assert one.end() == 0


def test_where_it_cannot_serve_it_does_not_start(news):
    schedule(news)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with news.config_file.open("a", encoding="utf-8") as config:
            config.write(f"serve: {{port: {port}}}\n")
        with daemon(news, "--serve") as one:
            assert one.process.wait(60) == 1
            assert f"cannot listen at 127.0.0.1 port {port}" in one.said
