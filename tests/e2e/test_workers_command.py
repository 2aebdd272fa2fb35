"""The real command with worker processes: what ends how, and what is in state.db afterwards."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.e2e.test_command import FEEDBOT, feedbot, started, until
from tests.publication import Publication, loopback_site

if not Path("/proc/self/task").exists():
    pytest.skip("may be skipped: only Linux has many loopback addresses and tells a process's children", True)


@pytest.fixture
def other():
    """A second site, which is another worker's."""
    with loopback_site("127.0.0.2") as site:
        yield site


@pytest.fixture
def news(tmp_path, site):
    return Publication(tmp_path / "news", site, more="  workers: 2\n")


def articles(news, other, number):
    """So many articles with a link to each site."""
    for nth in range(number):
        news.article(f"n{nth:03}", more=f"related: [{{title: x, sourceUrl: {other.link(f'/x{nth:03}')}}}]\n")


def workers(pid):
    """The worker processes of a command under way."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread or a process that has ended meanwhile
            pids = children.read_text().split()
            found += [int(pid) for pid in pids if b"feedbot.wire.worker" in Path("/proc", pid, "cmdline").read_bytes()]
    return found


def is_there(pid):
    try:
        # A zombie has ended; whoever adopts it takes it away.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def under_way(news, *words):
    """A run whose two workers are at it."""
    run = started(news.folder, *words)
    until(lambda: len(workers(run.pid)) == 2)
    return run, workers(run.pid)


def recorded(news):
    """The verdict of every link that was recorded, as it stands in state.db."""
    with sqlite3.connect(f"file:{news.folder / 'state.db'}?mode=ro", uri=True) as state:
        assert state.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = state.execute("SELECT url, verdict FROM targets WHERE checked_at IS NOT NULL").fetchall()
    state.close()
    return dict(rows)


def test_two_processes_find_what_one_finds(news, site, other):
    site.answers |= {"/n001": 404, "/n002": (301, "/n003")}
    other.answers |= {"/x001": 410, "/x002": 403}
    articles(news, other, 8)
    found = []
    for config in (news.config_file.read_text(), news.config_file.read_text().replace("workers: 2", "workers: 1")):
        news.config_file.write_text(config, encoding="utf-8")
        done = feedbot(news.folder, "check", "--format", "json")
        assert (done.returncode, done.stderr) == (0, "")
        found.append((recorded(news), json.loads(done.stdout)["summary"]))
        (news.folder / "state.db").unlink()
    assert found[0] == found[1]
    assert found[0][1] == {"alive": 12, "moved": 1, "blocked": 1, "gone": 1, "missing": 1}
    assert len(found[0][0]) == 16


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_everybody_ends_the_run_and_keeps_what_was_done(news, site, other, number):
    articles(news, other, 100)
    site.delay_s = other.delay_s = 0.05
    # By itself neither worker ends before it is told to, however late that is.
    site.hold("/n099")
    other.hold("/x099")
    run, pids = under_way(news, "check")
    until(lambda: len(site.asked) > 40 and len(other.asked) > 40)
    # As systemd does it.
    for pid in (*pids, run.pid):
        os.kill(pid, number)
    output, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "not asked: the run was stopped" in output
    assert error == "feedbot: stopped; what was checked so far is kept, the rest stays due\n"
    until(lambda: not any(map(is_there, pids)))
    kept = recorded(news)
    assert 16 <= len(kept) < 200
    site.delay_s = other.delay_s = 0
    site.go_on()
    other.go_on()
    assert f"{200 - len(kept)} links checked in" in feedbot(news.folder, "check").stdout


def test_a_killed_feedbot_leaves_no_process_behind(news, site, other):
    articles(news, other, 3)
    site.hold()
    run, pids = under_way(news, "check")
    until(lambda: site.asked)
    run.kill()
    run.communicate(timeout=60)
    until(lambda: not any(map(is_there, pids)))


def test_a_killed_worker_is_told_and_the_run_goes_on(news, site, other):
    articles(news, other, 20)
    site.hold("/n019")
    other.hold("/x019")
    run, pids = under_way(news, "check")
    until(lambda: len(recorded(news)) == 38 if (news.folder / "state.db").exists() else False)
    os.kill(pids[0], signal.SIGKILL)
    until(lambda: not is_there(pids[0]))
    site.go_on()
    other.go_on()
    output, error = run.communicate(timeout=60)
    assert run.returncode == 0
    assert error == "feedbot: a worker process was ended by SIGKILL; 1 of its links stay due\n"
    assert "39 alive, 1 unknown" in output
    assert len(recorded(news)) == 39
    assert "1 link checked in" in feedbot(news.folder, "check").stdout


def test_the_runs_end_keeps_what_was_done(news, site, other):
    articles(news, other, 5)
    text = news.config_file.read_text(encoding="utf-8")
    site.hold("/n001")
    # On a busy machine the others may take longer than the first of them.
    for seconds in (3, 12, 48):
        (news.folder / "state.db").unlink(missing_ok=True)
        news.config_file.write_text(f"{text}  max_run_s: {seconds}\n", encoding="utf-8")
        done = feedbot(news.folder, "check")
        assert (done.returncode, done.stderr) == (0, "")
        if len(recorded(news)) == 9:
            break
    assert "9 alive, 1 unknown" in done.stdout
    assert len(recorded(news)) == 9


def test_a_daemon_that_is_told_to_end_ends_its_workers_and_keeps_what_was_done(news, site, other):
    articles(news, other, 100)
    site.delay_s = other.delay_s = 0.05
    site.hold("/n099")
    daemon, pids = under_way(news, "run")
    until(lambda: len(site.asked) > 40 and len(other.asked) > 40)
    for pid in (*pids, daemon.pid):
        os.kill(pid, signal.SIGTERM)
    # The server is silent for longer than is waited for here.
    _, error = daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert "worker" not in error
    assert "Traceback" not in error
    until(lambda: not any(map(is_there, pids)))
    assert 16 <= len(recorded(news)) < 200


def test_what_lies_in_the_current_folder_is_not_taken_for_a_module(news, other):
    articles(news, other, 1)
    for name in ("feedbot", "random", "msgspec", "uvloop"):
        (news.folder / f"{name}.py").write_text("raise SystemExit('taken from the current folder')", encoding="utf-8")
    done = feedbot(news.folder, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 alive" in done.stdout


def test_a_clone_that_is_not_installed_runs_its_own_workers(news, other, project, tmp_path):
    articles(news, other, 1)
    clone = tmp_path / "clone"
    shutil.copytree(project / "feedbot", clone / "feedbot", ignore=shutil.ignore_patterns("__pycache__"))
    worker = clone / "feedbot" / "wire" / "worker.py"
    worker.write_text(f"open({str(clone / 'seen')!r}, 'a').close()\n" + worker.read_text(), encoding="utf-8")
    command = [sys.executable, "-m", "feedbot", "--config", news.config_file, "check"]
    path = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, check=False, cwd=clone, env=path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 alive" in done.stdout
    assert (clone / "seen").exists()


def seen_by_a_terminal(folder, *words):
    """What the command writes to a terminal, where standard error is one."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [FEEDBOT, *words], cwd=folder, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    seen = b""
    # At its end, a terminal that nobody holds open any more gives an error.
    while select.select([ours], [], [], 30)[0]:
        try:
            seen += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    run.communicate(timeout=60)
    assert run.returncode == 0
    return seen.decode()


def test_a_terminal_sees_how_far_it_is(news, site, other):
    articles(news, other, 20)
    site.delay_s = other.delay_s = 0.2
    said = seen_by_a_terminal(news.folder, "check")
    assert re.search(r"\rchecking links .* \d+ of 40", said)
    assert said.endswith("\r\x1b[J")
    assert "\n" not in said
