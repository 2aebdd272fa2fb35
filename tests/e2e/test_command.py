"""The real command in a process of its own, against a loopback site."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from sqlite_utils.utils import sqlite3

from feedbot.core.article import LinkRole
from feedbot.core.status import StatusKind
from feedbot.core.verdict import VerdictKind
from tests.publication import Publication

FEEDBOT = Path(sys.executable).with_name("feedbot")


def feedbot(folder, *words, **more):
    return subprocess.run(
        [FEEDBOT, *words],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **more,
    )


def started(folder, *words):
    return subprocess.Popen([FEEDBOT, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)


def one_sentence(done, code, *words):
    """The command failed with this code and said one sentence that holds these words."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("feedbot: ")
    for word in words:
        assert word in lines[0]


def test_run_once_does_the_main_job_and_tells_it(news, site):
    site.answers["/lost"] = 404
    news.article("one", topics="AI, Computer Vision")
    news.article("lost", topics="C++")
    (news.folder / "articles" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    done = feedbot(news.folder, "run", "--once")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = done.stdout
    assert "2 articles, 3 read anew; 1 rejected" in said
    assert "articles/broken.md:" in said
    assert re.search(r"2 links checked in \d+ s: 1 alive, 1 missing", said)
    assert re.search(r"missing +" + re.escape(site.link("/lost")), said)
    assert "404 on GET: not found" in said
    assert "in articles/lost.md:4 (source)" in said
    assert "never seen alive" in said
    assert "8 feed files written" in said
    again = feedbot(news.folder, "run", "--once").stdout
    assert "2 articles, 0 read anew; 1 rejected" in again
    assert "nothing is due" in again
    assert "0 feed files written, 9 unchanged" in again


def test_check_prints_the_object_that_the_schema_promises(news, site, project):
    site.answers |= {"/lost": 404, "/old": (301, "/new")}
    news.article("lost")
    feedbot(news.folder, "build")
    done = feedbot(news.folder, "check", "--format", "json", site.link("/lost"), site.link("/old#part"))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    schema = json.loads((project / "feedbot" / "check.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert answer["summary"] == {"moved": 1, "missing": 1}
    lost, old = answer["results"]
    assert (lost["url"], lost["verdict"], lost["status"], lost["strikes"]) == (
        site.link("/lost"),
        "missing",
        "failing",
        1,
    )
    assert (lost["http_status"], lost["requests"]) == (404, 1)
    assert lost["links"] == [{"article": "articles/lost.md", "line": 4, "role": "source"}]
    assert (old["moved_to"], old["final_url"], old["links"]) == (site.link("/new"), site.link("/new"), [])


def test_the_schema_knows_every_word(project):
    schema = json.loads((project / "feedbot" / "check.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = schema["properties"]["results"]["items"]["properties"]
    assert schema["$defs"]["verdict"]["enum"] == list(VerdictKind)
    assert result["status"]["enum"] == list(StatusKind)
    assert result["links"]["items"]["properties"]["role"]["enum"] == list(LinkRole)


def test_a_url_is_checked_whether_due_or_not(news, site):
    for _ in range(2):
        assert feedbot(news.folder, "check", site.link("/one")).returncode == 0
    assert [path for _, path in site.asked] == ["/one", "/one"]


def test_an_article_is_checked_with_all_of_its_links(news, site):
    news.article("one", more=f"ampUrl: {site.link('/amp')}\n")
    news.article("two")
    done = feedbot(news.folder / "articles", "--config", "../config.yaml", "check", "one.md")
    assert "2 links" in done.stdout
    assert {path for _, path in site.asked} == {"/one", "/amp"}


def test_a_url_needs_no_config_and_leaves_nothing_behind(tmp_path):
    done = feedbot(tmp_path, "check", "--format", "json", "http://127.0.0.1/", "ftp://example.org/")
    verdicts = {one["url"]: one["verdict"] for one in json.loads(done.stdout)["results"]}
    # Without a network the canaries stop the run; with one, policy does.
    assert set(verdicts.values()) <= {"refused", "unknown"}
    assert len(verdicts) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["missing"], 4),
        (["broken"], 4),
        (["failing"], 4),
        (["never_alive"], 4),
        (["gone", "missing"], 4),
        (["gone"], 0),
        (["dead"], 0),
        ([], 0),
    ],
)
def test_fail_on_names_what_exits_with_4(news, site, words, code):
    site.answers["/lost"] = 404
    options = [option for word in words for option in ("--fail-on", word)]
    assert feedbot(news.folder, "check", *options, site.link("/lost"), site.link("/fine")).returncode == code


def test_an_unreachable_host_is_told_by_name(news):
    news.article("one", more="related: [{title: x, sourceUrl: 'http://127.0.0.1:9/gone'}]\n")
    done = feedbot(news.folder, "run", "--once")
    assert done.returncode == 0
    assert "http://127.0.0.1:9/gone" in done.stdout
    assert "refused" in done.stdout or "blocked by the Fetch standard" in done.stdout


def test_without_a_network_the_run_says_so_and_writes_every_feed(tmp_path, site):
    news = Publication(tmp_path / "news", site, canaries="['http://127.0.0.1:10/']")
    news.article("one")
    done = feedbot(news.folder, "run", "--once")
    assert done.returncode == 0
    assert "OFFLINE" in done.stdout
    assert news.titles() == ["About one"]
    assert "1 unchecked" in feedbot(news.folder, "status").stdout


@pytest.mark.parametrize("command", [["build"], ["run", "--once"], ["run"], ["check"], ["status"]])
def test_a_wrong_config_is_told_with_exit_3(news, command):
    news.config_file.write_text("site: {titel: x}\n", encoding="utf-8")
    done = feedbot(news.folder, *command)
    assert done.returncode == 3
    assert "config.yaml:1: site.titel: unknown key" in done.stderr
    assert "feeds: is required" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_config_is_told_with_exit_3(tmp_path):
    one_sentence(feedbot(tmp_path, "build"), 3, "config.yaml", "feedbot init")


@pytest.mark.parametrize(
    "words", [["frobnicate"], ["build", "--nope"], ["check", "--fail-on", "sadness", "x"], ["--nope"]]
)
def test_a_wrong_command_line_is_told_with_exit_2(news, words):
    done = feedbot(news.folder, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_what_is_neither_url_nor_article_is_told_with_exit_2(news):
    one_sentence(feedbot(news.folder, "check", "no-such-file.md"), 2, "no-such-file.md")
    one_sentence(feedbot(news.folder, "check", "http://[::1"), 2, "http://[::1")


def test_a_missing_articles_folder_is_told_with_exit_1(news):
    (news.folder / "articles").rmdir()
    one_sentence(feedbot(news.folder, "build"), 1, "articles.paths", "articles")


def test_an_unwritable_feeds_folder_is_told_and_nothing_is_lost(news):
    news.article("one")
    (news.folder / "feeds").write_text("a file in the way", encoding="utf-8")
    one_sentence(feedbot(news.folder, "build"), 1, "feeds")
    (news.folder / "feeds").unlink()
    assert feedbot(news.folder, "build").returncode == 0
    assert news.titles() == ["About one"]


def test_a_database_locked_by_another_program_is_told(news):
    news.article("one")
    feedbot(news.folder, "build")
    news.article("two")
    other = sqlite3.connect(news.folder / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    one_sentence(feedbot(news.folder, "build"), 75, "state.db", "locked by another program")
    other.execute("ROLLBACK")
    other.close()
    assert feedbot(news.folder, "build").returncode == 0
    assert len(news.titles()) == 2


def test_a_second_checking_run_names_the_first_and_exits_with_75(news, site):
    news.article("one")
    site.hold()
    first = started(news.folder, "run", "--once")
    until(lambda: site.asked)
    one_sentence(feedbot(news.folder, "run", "--once"), 75, "feedbot run --once", str(first.pid))
    # What does not check works beside it.
    assert feedbot(news.folder, "build").returncode == 0
    assert feedbot(news.folder, "status").returncode == 0
    assert feedbot(news.folder, "check", "ftp://127.0.0.1/named").returncode == 0
    site.go_on()
    first.communicate(timeout=30)
    assert first.returncode == 0


def test_sigterm_during_a_run_keeps_what_was_checked(news, site):
    for number in range(200):
        news.article(f"n{number:03}")
    site.delay_s = 0.05
    run = started(news.folder, "run", "--once")
    until(lambda: len(site.asked) > 40)
    run.send_signal(signal.SIGTERM)
    asked_by = time.monotonic()
    output, error = run.communicate(timeout=20)
    assert time.monotonic() - asked_by < 10
    assert (run.returncode, output) == (1, "")
    assert "stopped" in error
    assert "Traceback" not in error
    kept = int(re.search(r"(\d+) alive", feedbot(news.folder, "status").stdout)[1])
    assert 0 < kept < 200
    site.delay_s = 0
    assert f"{200 - kept} links checked in" in feedbot(news.folder, "run", "--once").stdout


def test_the_daemon_reads_checks_publishes_and_ends_on_sigterm(news, site):
    news.config_file.write_text(
        news.config_file.read_text(encoding="utf-8") + "schedule: {read: 1s, check: 1h}\n", encoding="utf-8"
    )
    news.article("one")
    daemon = started(news.folder, "run")
    until(lambda: ("GET", "/one") in site.asked and (news.folder / "feeds" / "all.atom").exists())
    one_sentence(feedbot(news.folder, "run"), 75, "daemon.lock", str(daemon.pid))
    news.article("two")
    until(lambda: news.titles() == ["About one", "About two"])
    daemon.send_signal(signal.SIGTERM)
    _, error = daemon.communicate(timeout=20)
    assert daemon.returncode == 0
    assert "stopped" in error
    assert "Traceback" not in error


def test_sigterm_in_the_middle_of_a_daemons_check_is_quick_and_keeps_results(news, site):
    for number in range(200):
        news.article(f"n{number:03}")
    site.delay_s = 0.05
    daemon = started(news.folder, "run")
    until(lambda: len(site.asked) > 60)
    daemon.send_signal(signal.SIGTERM)
    asked_by = time.monotonic()
    _, error = daemon.communicate(timeout=20)
    assert time.monotonic() - asked_by < 10
    assert daemon.returncode == 0
    assert "Traceback" not in error
    assert int(re.search(r"(\d+) alive", feedbot(news.folder, "status").stdout)[1]) > 0


def test_a_job_that_fails_is_logged_and_the_daemon_goes_on(news):
    news.config_file.write_text(
        news.config_file.read_text(encoding="utf-8") + "schedule: {read: 1s, check: 1h}\n", encoding="utf-8"
    )
    folder = news.folder / "articles"
    folder.rmdir()
    daemon = started(news.folder, "run")
    time.sleep(1.5)
    assert daemon.poll() is None
    folder.mkdir()
    news.article("one")
    until((news.folder / "feeds" / "all.atom").exists)
    daemon.send_signal(signal.SIGINT)
    _, error = daemon.communicate(timeout=20)
    assert daemon.returncode == 0
    assert "articles.paths" in error


def test_a_hold_exits_with_1_once_and_accept_lets_it_go(news):
    paths = [news.article(f"n{number:02}") for number in range(12)]
    assert feedbot(news.folder, "build").returncode == 0
    for path in paths[:8]:
        path.unlink()
    first = feedbot(news.folder, "build")
    assert first.returncode == 1
    assert "feedbot build --accept all" in first.stdout
    second = feedbot(news.folder, "build")
    assert second.returncode == 0
    assert "held" in second.stdout
    assert "held" in feedbot(news.folder, "status").stdout
    assert feedbot(news.folder, "build", "--accept", "all", "--accept", "ai").returncode == 0
    assert len(news.titles()) == 4
    one_sentence(feedbot(news.folder, "build", "--accept", "all"), 2, "--accept all")


def test_what_a_hostile_file_says_is_inert_on_a_terminal(news):
    (news.folder / "articles" / "bad.md").write_text(
        '---\ntitle: x\npublishedDateTime: "\\e[2J\\e]0;owned\\a"\nsourceUrl: https://example.org/\n---\n',
        encoding="utf-8",
    )
    done = feedbot(news.folder, "build")
    assert "bad.md:3" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\a" not in done.stdout


def test_status_before_the_first_run_says_what_to_do(news):
    one_sentence(feedbot(news.folder, "status"), 1, "state.db", "feedbot run --once")


def test_init_writes_a_config_that_works_and_never_overwrites(tmp_path):
    (tmp_path / "_posts").mkdir()
    done = feedbot(tmp_path, "init", "--title", 'A "quoted" $title', "--url", "https://news.example/base")
    assert done.returncode == 0, done.stderr
    assert "_posts/**/*.md" in done.stdout
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    one_sentence(feedbot(tmp_path, "init"), 2, "config.yaml", "not touched")
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == text
    assert feedbot(tmp_path, "build").returncode == 0
    feed = (tmp_path / "feeds" / "all.rss").read_text(encoding="utf-8")
    assert 'A "quoted" $title' in feed
    assert "https://news.example/base/feeds/all.rss" in feed


def test_init_with_a_wrong_value_writes_nothing(tmp_path):
    done = feedbot(tmp_path, "init", "--url", "not a url")
    assert done.returncode == 3
    assert "site.url" in done.stderr
    assert not (tmp_path / "config.yaml").exists()


def test_an_error_of_our_own_is_one_sentence_and_debug_shows_where(news):
    (news.folder / "state.db").mkdir()
    done = feedbot(news.folder, "build")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "state.db" in done.stderr
    assert "Traceback" in feedbot(news.folder, "--debug", "build").stderr


def test_a_reader_that_goes_away_is_no_error(news):
    news.article("one")
    feedbot(news.folder, "build")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [FEEDBOT, "status"], check=False, cwd=news.folder, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert "Traceback" not in done.stderr


def test_six_builds_at_once_all_succeed(news):
    for number in range(20):
        news.article(f"n{number}")
    builds = [started(news.folder, "build") for _ in range(6)]
    outputs = [build.communicate(timeout=60) for build in builds]
    assert [build.returncode for build in builds] == [0] * 6, outputs
    assert len(news.titles()) == 20


def test_help_names_every_command_and_exit_code():
    done = subprocess.run([FEEDBOT, "--help"], capture_output=True, text=True, check=True)
    for word in ["init", "run", "check", "build", "status", "75", "another run holds the lock"]:
        assert word in done.stdout
    for command in ["init", "run", "check", "build", "status"]:
        assert subprocess.run([FEEDBOT, command, "--help"], capture_output=True, text=True, check=True).stdout


def test_a_lock_file_that_nobody_holds_is_no_obstacle(news):
    news.article("one")
    lock = news.folder / "state.db.check.lock"
    lock.write_text("feedbot check, process 1", encoding="utf-8")
    with lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert feedbot(news.folder, "check").returncode == 75
    assert feedbot(news.folder, "check").returncode == 0
