"""What takes much memory is done by a process of its own: what it finds, says and fails at is the daemon's."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.errors import ArticlesError, ConfigError, FeedbotError, LockHeld
from feedbot.service.apart import _START, Apart, Task, check_apart, read_apart
from feedbot.service.jobs import Jobs
from feedbot.state.database import checking_run
from tests.service.daemons import until


def jobs_of(news, *, files=10_000, links=10_000):
    return Jobs(news.config, SystemClock(), lambda: False, files_apart_from=files, links_apart_from=links)


def asker(news):
    """The process that holds the lock of a checking run, or held it last."""
    return int((news.folder / "state.db.check.lock").read_text(encoding="utf-8").rpartition(" ")[2])


def children():
    """The processes that were started apart and are still there."""
    found = []
    for children_of in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread or a process that has ended meanwhile
            pids = children_of.read_text().split()
            found += [int(pid) for pid in pids if _START.encode() in Path("/proc", pid, "cmdline").read_bytes()]
    return found


async def eventually(condition):
    async with asyncio.timeout(60):
        while not (found := condition()):  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.01)
    return found


def has_done(apart, number):
    return (standing := apart.at(0.0)) is not None and standing.done == number


def asked_ahead(news, *names):
    """A publication whose links are due."""
    for name in names:
        news.article(name)
    news.build()
    return news


async def test_many_links_are_asked_by_another_process_and_few_by_this_one(news, caplog):
    caplog.set_level("INFO", logger="feedbot")
    news.article("one")
    news.site.answers["/two"] = 404
    news.article("two")
    jobs = jobs_of(news, links=2)
    await jobs.read()
    await jobs.check()
    assert asker(news) != os.getpid()
    assert jobs.checked[1] == "1 alive, 1 missing"
    assert "checked: 1 alive, 1 missing" in caplog.messages
    news.article("three")
    await jobs.read()
    await jobs.check()
    assert (asker(news), jobs.checked[1]) == (os.getpid(), "1 alive")
    assert children() == []


async def test_what_was_done_is_kept_and_the_process_gone_when_a_check_is_cut_off(news):
    asked_ahead(news, "one", "two")
    news.site.hold("/two")
    apart = Apart()
    checking = asyncio.create_task(check_apart(news.config, apart, lambda: None))
    await eventually(lambda: has_done(apart, 1))
    checking.cancel()
    with suppress(asyncio.CancelledError):
        await checking
    assert children() == []
    with news.state() as state:
        found = {row["url"]: row["status"] for row in state.rows("SELECT url, status FROM targets")}
    assert found == {news.site.link("/one"): "alive", news.site.link("/two"): "unchecked"}


async def test_how_far_it_is_is_known_here(news):
    asked_ahead(news, "one", "two")
    news.site.hold("/two")
    apart = Apart()
    checking = asyncio.create_task(check_apart(news.config, apart, lambda: None))
    await eventually(lambda: has_done(apart, 1))
    standing = apart.at(0.0)
    assert (standing.done, standing.planned) == (1, 2)
    assert standing.words()[0] == "1 of 2"
    news.site.go_on()
    done = await checking
    assert (done.summary, done.online, done.is_good) == ({"alive": 2}, True, True)


async def test_its_words_are_signs_that_it_gets_on(news):
    news.article("one")
    signs = []
    await read_apart(news.config, lambda: signs.append("read"))
    await check_apart(news.config, Apart(), lambda: signs.append("checked"))
    # A batch of files, a line of the log and the last word; and how far a check is, where it is not over at once.
    assert signs[:3] == ["read", "read", "read"]
    assert set(signs[3:]) == {"checked"}


async def test_one_that_is_killed_fails_the_job_in_words(news):
    asked_ahead(news, "one")
    news.site.hold()
    checking = asyncio.create_task(check_apart(news.config, Apart(), lambda: None))
    await eventually(lambda: news.site.asked)
    [pid] = children()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(FeedbotError, match="the process that checks links was ended by SIGKILL"):
        await checking


async def test_errors_are_raised_here_as_they_are_there(news):
    asked_ahead(news, "one")
    with news.state() as state, checking_run(state), pytest.raises(LockHeld, match="held by a test, process"):
        await check_apart(news.config, Apart(), lambda: None)
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}  ca_bundle: articles/one.md\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no certificate in PEM"):
        await check_apart(news.config, Apart(), lambda: None)


async def test_an_error_of_our_own_is_told_with_its_place(news):
    with pytest.raises(RuntimeError, match=r"AttributeError: .*state_path.* \(apart_process\.py:\d+\)"):
        await check_apart(None, Apart(), lambda: None)


async def test_many_files_are_read_by_another_process_and_few_by_this_one(news, caplog):
    caplog.set_level("INFO", logger="feedbot")
    for name in ("one", "two"):
        news.article(name)
    (news.article("three")).write_text("no article", encoding="utf-8")
    jobs = jobs_of(news, files=3)
    await jobs.read()
    by_process = {record.message: record.funcName for record in caplog.records}
    assert by_process["articles: 3 read anew, 0 gone"] == "_last_word"
    assert any(message.startswith("rejected: articles/three.md:") for message in by_process)
    assert sorted(news.titles()) == ["About one", "About two"]
    news.article("four")
    await jobs.read()
    by_process = {record.message: record.funcName for record in caplog.records}
    assert by_process["articles: 1 read anew, 0 gone"] == "tell_reading"


async def test_a_reading_apart_fails_as_it_does_here(news):
    for name in ("one", "two"):
        news.article(name)
    await jobs_of(news, files=2).read()
    (news.folder / "articles").rename(news.folder / "away")
    with pytest.raises(ArticlesError):
        await jobs_of(news, files=0).read()


async def test_where_no_process_can_be_started_this_one_does_the_work(news, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    news.article("one")
    jobs = jobs_of(news, files=1, links=1)
    await jobs.read()
    await jobs.check()
    assert (asker(news), jobs.checked[1]) == (os.getpid(), "1 alive")
    assert [message.partition(" can be")[0] for message in caplog.messages] == [
        "no process for so many articles",
        "no process for so many links",
    ]


def test_it_ends_by_itself_where_the_daemon_is_gone(news):
    asked_ahead(news, "one")
    news.site.hold()
    for work in (pickle.dumps((Task.CHECK, news.config)), b""):
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        process.stdin.write(work)
        process.stdin.flush()
        if work:
            until(lambda: news.site.asked)
            # Not what ends it: systemd tells the whole service, and the daemon decides.
            process.send_signal(signal.SIGTERM)
        process.stdin.close()
        assert process.wait(60) == 0
