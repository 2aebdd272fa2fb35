"""The real command in a process of its own, against a loopback site."""

import fcntl
import json
import os
import re
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from sqlite_utils.utils import sqlite3

from feedbot.articles.read import PARALLEL_FROM
from feedbot.cli.reports.checking import checking_lines
from feedbot.core.article import LinkRole
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.state.targets import Target
from feedbot.steps.checking import Checking
from feedbot.steps.look import Seen
from feedbot.steps.results import Result, Results
from tests.command import FEEDBOT, feedbot
from tests.publication import Publication


def started(folder, *words, unread=-1):
    """The command under way; it hears ctrl-C even where these tests run in the background, deaf to it.

    It waits where more than `unread` bytes of what it says are not read yet: 4,096 at least, and 65,536 if not told.
    """
    return subprocess.Popen(
        [FEEDBOT, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pipesize=unread,
        preexec_fn=_hears_interrupts,  # noqa: PLW1509 - one call that is safe between fork and exec
    )


def _hears_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(condition, seconds=60.0):
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
    assert "12 feed files written" in said
    again = feedbot(news.folder, "run", "--once").stdout
    assert "2 articles, 0 read anew; 1 rejected" in again
    assert "nothing is due" in again
    assert "0 feed files written, 12 unchanged" in again


def test_a_proxy_is_asked_and_said_so(news, site):
    """The site stands in for the proxy: it is asked for a name that no name server knows."""
    port = site.link("/").rpartition(":")[2].strip("/")
    config = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(
        config.replace("checker:", f'checker:\n  proxy: "http://me:${{PASS}}@127.0.0.1:{port}"'), encoding="utf-8"
    )
    environment = {**os.environ, "PASS": "open sesame", "http_proxy": "http://127.0.0.1:1"}
    said = (
        f"feedbot: links are asked through the proxy http://127.0.0.1:{port}, which decides what addresses may be asked"
    )
    for words in (("check", "http://a.invalid/page"), ("check", "http://a.invalid/page", "--format", "json")):
        done = feedbot(news.folder, *words, env=environment)
        assert done.returncode == 0
        assert done.stderr.splitlines() == [said]
        assert "open sesame" not in done.stdout + done.stderr
    assert json.loads(done.stdout)["results"][0]["http_status"] == 200
    assert ("GET", "http://a.invalid/page") in site.asked
    news.article("one")
    once = feedbot(news.folder, "run", "--once", env=environment)
    assert (once.returncode, once.stderr.splitlines()) == (0, [said])
    # Without the password nothing is asked at all.
    for words in (("check",), ("run", "--once"), ("run",)):
        one_sentence(feedbot(news.folder, *words, env=dict(os.environ)), 3, "checker.proxy", "no PASS")


@pytest.mark.parametrize("command", [["check"], ["run", "--once"], ["run"]])
def test_without_a_hosts_secret_nothing_begins(news, site, command):
    config = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(
        config.replace("checker:", "checker:\n  hosts: {news.example: {bearer_env: ABSENT_TOKEN}}"), encoding="utf-8"
    )
    news.article("one")
    one_sentence(feedbot(news.folder, *command), 3, "checker.hosts.news.example.bearer_env", "ABSENT_TOKEN is not set")
    assert site.asked == []


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


def test_fail_on_is_no_success_where_a_proxy_that_is_down_lets_nothing_be_checked(news, site):
    config = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(
        config.replace("checker:", 'checker:\n  proxy: "http://127.0.0.1:9"\n  back_off_s: []'), encoding="utf-8"
    )
    done = feedbot(news.folder, "check", "--fail-on", "broken", site.link("/one"))
    assert done.returncode == 1
    last = "feedbot: nothing could be checked for --fail-on: our own fault: proxy 127.0.0.1: connection refused"
    assert done.stderr.splitlines()[-1] == last
    # Where nothing was to be failed on, it is told like everything else.
    assert feedbot(news.folder, "check", site.link("/one")).returncode == 0


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


def test_status_says_how_much_of_the_feeds_and_of_the_rest_is_checked(news):
    news.article("one")
    feedbot(news.folder, "build")
    assert "feeds 0 % checked\n" in feedbot(news.folder, "status").stdout
    feedbot(news.folder, "run", "--once")
    assert "feeds 100 % checked\n" in feedbot(news.folder, "status").stdout


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
    "words",
    [["frobnicate"], ["build", "--nope"], ["build", "--drafts"], ["check", "--fail-on", "sadness", "x"], ["--nope"]],
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
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_sigterm_during_a_run_keeps_what_was_checked(news, site):
    for number in range(200):
        news.article(f"n{number:03}")
    site.delay_s = 0.05
    # By itself it does not end before it is told to, however late that is.
    site.hold("/n199")
    run = started(news.folder, "run", "--once")
    until(lambda: len(site.asked) > 40)
    run.send_signal(signal.SIGTERM)
    output, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "stopped" in error
    told = re.search(r"^Links      (\d+) of 200 links checked in .*: \1 alive, (\d+) unknown\n", output)
    assert "Traceback" not in error
    kept = int(re.search(r"(\d+) alive", feedbot(news.folder, "status").stdout)[1])
    assert 0 < kept < 200
    assert (int(told[1]), int(told[2])) == (kept, 200 - kept)
    site.delay_s = 0
    site.go_on()
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
    _, error = daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert "stopped" in error
    assert "Traceback" not in error


def test_sigterm_in_the_middle_of_a_daemons_check_is_quick_and_keeps_results(news, site):
    for number in range(200):
        news.article(f"n{number:03}")
    site.delay_s = 0.05
    site.hold("/n199")
    daemon = started(news.folder, "run")
    until(lambda: len(site.asked) > 60)
    daemon.send_signal(signal.SIGTERM)
    # The server is silent for longer than is waited for here.
    _, error = daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert "Traceback" not in error
    assert int(re.search(r"(\d+) alive", feedbot(news.folder, "status").stdout)[1]) > 0


def test_waiting_for_another_run_can_be_ended(news):
    news.article("one")
    assert feedbot(news.folder, "build").returncode == 0
    lock = (news.folder / "state.db.check.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    for words, number in [(["run", "--once", "--wait"], signal.SIGTERM), (["check", "--wait"], signal.SIGINT)]:
        waiting = started(news.folder, *words)
        time.sleep(1.5)
        assert waiting.poll() is None
        waiting.send_signal(number)
        _, error = waiting.communicate(timeout=60)
        assert waiting.returncode != 0
        assert "Traceback" not in error
    lock.close()


def test_the_helpers_of_a_killed_build_end_with_it(news):
    for number in range(PARALLEL_FROM + 200):
        news.article(f"n{number}")
    build = started(news.folder, "build")
    children = Path(f"/proc/{build.pid}/task/{build.pid}/children")
    if not children.exists():
        build.kill()
        build.communicate()
        pytest.skip("may be skipped: this system does not tell a process's children")
    until(lambda: len(children.read_text().split()) >= 2)
    helpers = [Path("/proc", pid) for pid in children.read_text().split()]
    build.kill()
    build.communicate(timeout=60)
    until(lambda: not any(helper.exists() for helper in helpers))


def test_an_edit_just_before_a_build_is_published_by_it(news):
    path = news.article("one")
    assert feedbot(news.folder, "build").returncode == 0
    path.write_text(path.read_text(encoding="utf-8").replace("About one", "Corrected"), encoding="utf-8")
    assert feedbot(news.folder, "build").returncode == 0
    assert news.titles() == ["Corrected"]


def test_a_job_that_fails_is_logged_and_the_daemon_goes_on(news):
    news.config_file.write_text(
        news.config_file.read_text(encoding="utf-8") + "schedule: {read: 1s, check: 1h}\n", encoding="utf-8"
    )
    folder = news.folder / "articles"
    folder.rmdir()
    daemon = started(news.folder, "run")
    heard = []
    for line in daemon.stderr:
        heard.append(line)
        if "articles.paths" in line:
            break
    assert daemon.poll() is None
    folder.mkdir()
    news.article("one")
    until((news.folder / "feeds" / "all.atom").exists)
    daemon.send_signal(signal.SIGINT)
    daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert "ERROR read: articles.paths" in heard[-1]


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
    one_sentence(feedbot(tmp_path, "init", "--url", "notaurl"), 2, "--url: must be a URL such as https://")
    one_sentence(feedbot(tmp_path, "init", "--contact", "ftp://x.example/"), 2, "--contact: must be an http or https")
    assert not (tmp_path / "config.yaml").exists()


def test_debug_names_the_variables_that_come_before_the_config_and_not_what_they_hold(news, monkeypatch):
    monkeypatch.setenv("FEEDBOT__ALERTS__HEARTBEAT_URL", "https://monitor.example/s3cret")
    news.article("one")
    assert feedbot(news.folder, "build").stderr == ""
    assert feedbot(news.folder, "--debug", "build").stderr == (
        "feedbot: the environment comes before the config file for FEEDBOT__ALERTS__HEARTBEAT_URL\n"
    )


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


@pytest.mark.parametrize(
    ("word", "code"), [("failing", 4), ("missing", 4), ("broken", 4), ("never_alive", 4), ("gone", 0)]
)
def test_fail_on_knows_what_was_found_before_and_is_not_due(news, site, word, code):
    site.answers["/lost"] = 404
    lost = news.article("lost")
    news.article("fine")
    feedbot(news.folder, "run", "--once")
    done = feedbot(news.folder, "check", "--fail-on", word)
    assert done.returncode == code
    assert "nothing is due" in done.stdout
    assert (f"Known      1 link that was not due is {word};" in done.stdout) == (code == 4)
    as_json = feedbot(news.folder, "check", "--format", "json", "--fail-on", word)
    assert (as_json.returncode, json.loads(as_json.stdout)["results"]) == (code, [])
    assert feedbot(news.folder, "check", "--fail-on", word, site.link("/fine")).returncode == 0
    lost.unlink()
    assert feedbot(news.folder, "check", "--fail-on", word).returncode == 0


def test_fail_on_does_not_pass_where_nothing_could_be_checked(tmp_path, site):
    news = Publication(tmp_path / "news", site, canaries="['http://127.0.0.1:10/']")
    news.article("one")
    done = feedbot(news.folder, "check", "--fail-on", "broken")
    canary, sentence = done.stderr.splitlines()
    assert canary.endswith("such as http://127.0.0.1:10/: 127.0.0.1: connection refused")
    assert "nothing could be checked for --fail-on, because this machine seems to be offline" in sentence
    assert done.returncode == 1
    assert "1 link stays as it was, and due" in done.stdout
    assert feedbot(news.folder, "check").returncode == 0


def paths_written(folder):
    return re.search(r"^  paths: (.*)$", (folder / "config.yaml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def test_init_takes_a_folder_and_says_what_belongs_into_one_that_is_not_there(tmp_path):
    done = feedbot(tmp_path, "init", "--articles", "posts/")
    assert done.returncode == 0
    assert paths_written(tmp_path) == '["posts/**/*.md"]'
    assert "there is no folder posts yet" in done.stdout
    assert "`sourceUrl: ...`" in done.stdout
    (tmp_path / "config.yaml").unlink()
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "one.markdown").touch()
    done = feedbot(tmp_path, "init")
    assert paths_written(tmp_path) == '["posts/**/*.md", "posts/**/*.markdown"]'
    assert "there is no folder" not in done.stdout
    (tmp_path / "config.yaml").unlink()
    feedbot(tmp_path, "init", "--articles", "posts/*.md")
    assert paths_written(tmp_path) == '["posts/*.md"]'


def test_init_in_a_folder_that_cannot_be_written_exits_with_1(tmp_path):
    one_sentence(feedbot(tmp_path, "--config", "none/config.yaml", "init"), 1, "none/config.yaml: cannot be written")


def test_why_links_are_unknown_is_told_by_reason():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    reasons = ["later", *("later", "offline"), *(f"reason {number}" for number in range(6))]
    asked = [Target(number, f"https://example.org/{number}", "example.org", Status()) for number in range(len(reasons))]
    results = tuple(
        Result(target, target, None, Verdict(VerdictKind.UNKNOWN, reason))
        for target, reason in zip(asked, reasons, strict=True)
    )
    _, *lines = checking_lines(
        Checking(1, now, now, online=True, results=Results.of(results)), rejected=(), every=False
    )
    assert lines[:2] == ["  unknown      2 links  later", "  unknown      1 link  offline"]
    assert (len(lines), lines[-1]) == (6, "               and 3 more")


def test_a_link_whose_turn_did_not_come_is_not_called_checked():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    target = Target(1, "https://example.org/", "example.org", Status())
    seen = Seen(started_at=now, elapsed_ms=5, requests=1, http_status=200, final_url=target.url)
    asked = Result(target, target, seen, Verdict(VerdictKind.ALIVE, "200 on GET"))
    left = Result(target, target, None, Verdict(VerdictKind.UNKNOWN, "not asked: the run ended before its turn"))
    whole, part = (
        next(checking_lines(Checking(1, now, now, online=True, results=Results.of(results)), rejected=(), every=False))
        for results in ((asked,), (asked, left, left))
    )
    assert whole == "Links      1 link checked in 0 s: 1 alive"
    assert part == "Links      1 of 3 links checked in 0 s: 1 alive, 2 unknown"


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("none.md", "none.md: there is no such file"),
        (".git", ".git: is a folder without articles; articles.paths (articles/*.md) names where they are"),
        ("other.md", "other.md: is no article: articles.paths (articles/*.md) does not match it"),
        ("articles/bad.md", "articles/bad.md: was rejected: publishedDateTime: is missing"),
        ("127.0.0.1:8099/ok", "127.0.0.1:8099/ok: there is no such file; did you mean http://127.0.0.1:8099/ok?"),
        ("news.example", "did you mean http://news.example?"),
        ("localhost:80", "did you mean http://localhost:80?"),
        ("https:/news.example/x", "is no URL; did you mean https://news.example/x?"),
        ("mailto:a@news.example", "only http:// and https:// can be checked, not mailto:"),
        ("x" * 300, "there is no such file"),
    ],
)
def test_what_cannot_be_checked_is_told_by_its_reason(news, named, sentence):
    news.article("one")
    (news.folder / ".git").mkdir()
    for path in (news.folder / "other.md", news.folder / "articles" / "bad.md"):
        path.write_text("---\ntitle: x\n---\n", encoding="utf-8")
    one_sentence(feedbot(news.folder, "check", named), 2, sentence)


def test_a_named_article_is_checked_without_word_of_others(news, site):
    news.article("one")
    kept = news.article("kept")
    (news.folder / "articles" / "bad.md").write_text("---\ntitle: x\n---\n", encoding="utf-8")
    done = feedbot(news.folder, "check", "articles/one.md")
    assert "rejected" not in done.stdout
    assert "bad.md" in feedbot(news.folder, "check").stdout
    # A rejected file keeps the links of its last good version, and its own rejection is told.
    kept.write_text("---\ntitle: x\n---\n", encoding="utf-8")
    done = feedbot(news.folder / "articles", "--config", "../config.yaml", "check", "articles/kept.md")
    assert re.search(r"^  rejected   articles/kept.md", done.stdout)
    assert site.link("/kept") in done.stdout
    assert "bad.md" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="may be skipped: only Linux has /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["status"], ["build"], ["check", "--format", "json"], ["init"]])
def test_a_full_output_is_told_in_a_sentence(news, words):
    news.article("one")
    feedbot(news.folder, "build")
    if words == ["init"]:
        news.config_file.unlink()
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [FEEDBOT, *words], check=False, cwd=news.folder, stdout=full, stderr=subprocess.PIPE, text=True
        )
    one_sentence(done, 1, "standard output cannot be written: No space left on device")


def test_a_closed_output_is_told_in_a_sentence(news):
    news.article("one")
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" build >&-', FEEDBOT], check=False, cwd=news.folder, stderr=subprocess.PIPE, text=True
    )
    one_sentence(done, 1, "standard output cannot be written: it is closed")
    assert feedbot(news.folder, "status").returncode == 0


def test_a_source_that_no_reader_can_be_sent_to_is_told_with_its_article(news, site):
    news.article("one")
    feedbot(news.folder, "run", "--once")
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("[127.0.0.0/8]", "[]"), encoding="utf-8")
    state = sqlite3.connect(news.folder / "state.db", isolation_level=None)
    state.execute("UPDATE targets SET next_check_at = 0")
    state.close()
    said = feedbot(news.folder, "run", "--once").stdout
    assert re.search(r"^  withdrawn  articles/one\.md: its source is refused \(.+\)$", said, re.MULTILINE)
    assert "withdrawn" not in feedbot(news.folder, "run", "--once").stdout


def test_no_article_file_at_all_is_told_with_the_patterns(news):
    said = feedbot(news.folder, "build").stdout
    assert "no file matches articles.paths (articles/*.md)" in said
    news.article("one")
    assert "no file matches" not in feedbot(news.folder, "build").stdout


def test_the_ledger_and_the_pages_are_counted_as_no_feeds_and_status_names_only_feeds_that_are_there(news):
    news.article("one")
    feedbot(news.folder, "check")
    assert "Feeds      none written yet; `feedbot build` writes them" in feedbot(news.folder, "status").stdout
    said = feedbot(news.folder, "build").stdout
    assert "6 feed files written, 0 unchanged; 1 entry came, 0 went" in said
    assert "4 pages for people written; the first is feeds/index.html" in said
    again = feedbot(news.folder, "build").stdout
    assert "0 feed files written, 6 unchanged" in again
    assert "pages" not in again
    assert "Feeds      all and 1 topic" in feedbot(news.folder, "status").stdout


def test_status_counts_no_earlier_name_as_a_topic_and_tells_further_feeds_apart(news):
    news.article("one", topics="Robots")
    feedbot(news.folder, "build")
    news.configure_feeds("topics: {Machines: {was: [Robots]}}, more: [{slug: hot, title: Hot, topics: [Machines]}]")
    feedbot(news.folder, "build")
    assert "Feeds      all, 1 topic and 1 further feed, in " in feedbot(news.folder, "status").stdout


@pytest.mark.parametrize(("formats", "name"), [("[json, atom]", "all.atom"), ("[json, rss]", "all.json")])
def test_the_address_to_subscribe_to_is_that_of_a_feed_that_is_written(news, formats, name):
    config = news.config_file.read_text(encoding="utf-8").replace("feeds/}", f"feeds/, formats: {formats}}}")
    news.config_file.write_text(config, encoding="utf-8")
    news.article("one")
    assert f"subscribe to https://example.org/feeds/{name} once" in feedbot(news.folder, "build").stdout
    assert (news.folder / "feeds" / name).exists()


def test_a_build_tells_of_feeds_that_the_config_names_and_that_are_not_there(news):
    news.article("one")
    news.configure_feeds("history: [all, al], aliases: {feed.xml: ai.atom, old.xml: robots.atom}")
    notes = [line for line in feedbot(news.folder, "build").stdout.splitlines() if "  note  " in line]
    assert notes == [
        "  note       feeds.history: there is no feed al; feeds/feeds.opml lists those there are",
        "  note       feeds.aliases: old.xml leads to nothing, for there is no robots.atom in feeds/",
    ]


def test_why_tells_the_trail_and_what_would_change_it(news, site):
    news.article("one")
    site.answers["/one"] = 404
    assert feedbot(news.folder, "run", "--once").returncode == 0
    told = feedbot(news.folder, "why", site.link("/one"))
    assert told.returncode == 0, told.stderr
    for words in (
        "status     failing since",
        "1 strike, never seen alive",
        "because    404 on GET: not found",
        "2 more strikes, the last not before",
        "next look  ",
        "linked in  articles/one.md:4 (source)",
        f"GET {site.link('/one')} -> 404, ",
    ):
        assert words in told.stdout


def test_a_mark_is_told_by_why_check_and_fail_on(news, site):
    news.article("one")
    site.answers["/one"] = 404
    url = site.link("/one")
    assert feedbot(news.folder, "check", "--fail-on", "broken").returncode == 4
    done = feedbot(news.folder, "mark", url, "alive", "--note", "it comes back")
    assert done.stdout == (
        f"{url}: marked alive (it comes back); readers may be sent there, whatever is seen; it is asked as ever\n"
    )
    assert "a person   marked alive (it comes back)" in feedbot(news.folder, "why", url).stdout
    checked = feedbot(news.folder, "check", url, "--fail-on", "broken")
    assert "[marked alive (it comes back)]" in checked.stdout
    assert checked.returncode == 0
    # What is known of links that are not due is excused too.
    assert feedbot(news.folder, "check", "--fail-on", "broken").returncode == 0
    assert feedbot(news.folder, "mark", url, "none").stdout == f"{url}: no longer marked\n"
    assert feedbot(news.folder, "check", "--fail-on", "broken").returncode == 4
    assert feedbot(news.folder, "mark", url, "none").stdout == f"{url}: was not marked\n"


def test_who_marks_a_url_that_is_mistyped_is_shown_those_most_like_it(news):
    news.article("notebook")
    news.build()
    known, mistyped, strange = news.site.link("/notebook"), news.site.link("/notebok"), "https://else.example/"
    said = feedbot(news.folder, "mark", mistyped, "dead").stdout.splitlines()
    assert said[1] == "note: no article links to this URL; the mark waits for one that does"
    assert f"`feedbot mark {mistyped} none` takes the mark back" in said[2]
    assert said[3:] == [f"        {known}"]
    assert feedbot(news.folder, "mark", known, "dead").stdout.count("\n") == 1
    assert feedbot(news.folder, "mark", strange, "dead").stdout.count("\n") == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["why", "https://nowhere.example/"], 1, "is not known; `feedbot check` looks at it"),
        (["why", "nonsense"], 2, "not a URL"),
        (["mark", "nonsense", "dead"], 2, "not a URL"),
        (["mark", "https://a.example/", "dead", "--until", "2020-01-01"], 2, "that day is over"),
    ],
)
def test_what_cannot_be_told_or_marked_is_said_in_a_sentence(news, words, code, sentence):
    feedbot(news.folder, "build")
    one_sentence(feedbot(news.folder, *words), code, sentence)


def test_judging_again_says_that_nothing_would_change(news, site):
    news.article("one")
    feedbot(news.folder, "run", "--once")
    done = feedbot(news.folder, "db", "rejudge")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 observation of 1 link judged again by the rules of today (version ")
    assert done.stdout.endswith("no link would stand elsewhere\n")
