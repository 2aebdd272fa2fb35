"""Which changes wake the reader, and what happens where the system cannot tell of changes."""

import asyncio
import os
import sys

import pytest

from feedbot.articles.find import to_watch
from feedbot.config import DEFAULT_EXCLUDE
from feedbot.service.watch import watch
from tests.wire.scripted import ScriptedClock


def watched(tmp_path, *patterns):
    (tmp_path / "articles").mkdir(exist_ok=True)
    return to_watch(tmp_path, patterns or ("articles/**/*.md",), DEFAULT_EXCLUDE)


@pytest.mark.parametrize(
    "path",
    ["articles/one.md", "articles/deep/er/one.md", "articles/gone-folder", "articles", "articles/dotted.folder"],
)
def test_an_article_or_a_folder_wakes_the_reader(tmp_path, path):
    one = watched(tmp_path)
    (tmp_path / "articles" / "dotted.folder").mkdir()
    assert one.touches(str(tmp_path / path))


@pytest.mark.parametrize(
    "path",
    [
        "articles/.one.md.swp",
        "articles/one.md~",
        "articles/#one.md#",
        "articles/.one.md.kate-swp",
        "articles/one.md.tmp",
        "articles/.git/objects/ab",
        "articles/_site/one.md",
        "articles/node_modules/x/one.md",
        "articles/README.md",
        "state.db",
        "other/one.md",
        "articlesx/one.md",
    ],
)
def test_what_no_article_can_come_of_wakes_nobody(tmp_path, path):
    assert not watched(tmp_path).touches(str(tmp_path / path))


def test_what_feedbot_writes_itself_wakes_nobody(tmp_path):
    one = watched(tmp_path, "**/*.md")
    for path in ("state.db", "state.db-wal", "state.db.lock", "feeds/all.atom", "feeds/.all.atom.feedbot-tmp"):
        assert not one.touches(str(tmp_path / path))


def test_a_flat_pattern_looks_into_no_folder(tmp_path):
    one = watched(tmp_path, "articles/*.md")
    assert (one.folders, one.is_deep) == ((str(tmp_path / "articles"),), False)
    assert not one.touches(str(tmp_path / "articles" / "folder"))
    assert not one.touches(str(tmp_path / "articles" / "folder" / "one.md"))


class Script:
    """Stands in for the system: sets of changes, or an error, as they are to come; then it ends the test."""

    def __init__(self, *steps):
        self._steps = list(steps)
        self.is_over = asyncio.Event()

    async def look(self, watched):
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, OSError):
                raise step
            yield step
        self.is_over.set()
        await asyncio.Event().wait()


async def run(tmp_path, *steps):
    """When the reader was woken, in scripted seconds."""
    clock, script, read_at = ScriptedClock(), Script(*steps), []

    async def read(named):
        read_at.append(round(clock.t - 1000.0, 1))

    task = asyncio.ensure_future(watch(watched(tmp_path), read, clock, script.look))
    async with asyncio.timeout(60):
        await script.is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return read_at


async def test_it_is_read_once_when_the_watch_begins_and_then_for_each_change_that_has_settled(tmp_path):
    assert await run(tmp_path, set(), {"a change"}, set(), set(), {"two", "changes"}) == [0.0, 2.1, 4.2]


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
async def test_a_file_that_was_closed_is_named_to_the_reader_at_once_and_one_that_is_open_when_two_seconds_are_over(
    tmp_path,
):
    (tmp_path / "articles").mkdir()
    closed, still_open = (tmp_path / "articles" / name for name in ("closed.md", "open.md"))
    # By the scripted clock, a second ago.
    clock, named_at = ScriptedClock(), []
    at_ns = int((clock.now().timestamp() - 1) * 1e9) + 1
    for path in (closed, still_open):
        path.write_text("words", encoding="utf-8")
        os.utime(path, ns=(at_ns, at_ns))
    script = Script(set(), {str(closed)}, {str(still_open)}, {f"{tmp_path}/{n}.md" for n in range(6)})

    async def read(named):
        named_at.append((round(clock.t - 1000.0, 1), named))

    with still_open.open("a"):
        task = asyncio.ensure_future(watch(watched(tmp_path), read, clock, script.look))
        async with asyncio.timeout(60):
            await script.is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    first, of_closed, of_open, of_many = named_at
    assert first == (0.0, None)
    assert of_closed == (0.0, {str(closed)})
    assert of_open == (1.0, {str(still_open)})
    assert of_many == (3.1, None)


async def test_files_that_are_written_one_after_the_other_are_read_at_once(tmp_path):
    (tmp_path / "articles").mkdir()
    paths = [tmp_path / "articles" / f"{number}.md" for number in range(12)]
    clock, reads = ScriptedClock(), []
    long_ago_ns = int((clock.now().timestamp() - 60) * 1e9)
    for path in paths:
        path.write_text("words", encoding="utf-8")
        os.utime(path, ns=(long_ago_ns, long_ago_ns))
    groups = [{str(path) for path in paths[start : start + 4]} for start in (0, 4, 8)]
    script = Script(set(), *groups, {str(paths[0])})

    async def read(named):
        reads.append((round(clock.t - 1000.0, 1), named))

    task = asyncio.ensure_future(watch(watched(tmp_path), read, clock, script.look))
    async with asyncio.timeout(60):
        await script.is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    # Four more within two seconds are a change in bulk; two seconds later few are few again.
    assert reads == [(0.0, None), (0.0, groups[0]), (2.1, None), (2.1, groups[2]), (2.1, {str(paths[0])})]


async def test_where_the_system_cannot_watch_one_line_says_so_and_it_is_tried_again(tmp_path, caplog):
    limit = OSError("OS file watch limit reached.")
    assert await run(tmp_path, limit, OSError(24, "Too many open files"), set()) == [1200.0]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "OS file watch limit reached" in warning
    assert "fs.inotify.max_user_watches" in warning
    assert "the schedule reads them" in warning


async def test_a_folder_that_was_put_in_the_place_of_another_is_watched_in_its_stead(tmp_path):
    class Replaced(Script):
        looked = 0

        async def look(self, watched):
            self.looked += 1
            if self.looked == 1:
                (tmp_path / "articles").rename(tmp_path / "old")
                (tmp_path / "articles").mkdir()
            async for step in super().look(watched):
                yield step

    clock, script, reads = ScriptedClock(), Replaced(set(), set()), []

    async def read(named):
        reads.append(script.looked)

    task = asyncio.ensure_future(watch(watched(tmp_path), read, clock, script.look))
    async with asyncio.timeout(60):
        await script.is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert reads == [1, 2]


async def test_a_folder_that_is_not_there_is_waited_for(tmp_path, caplog):
    one = watched(tmp_path)
    (tmp_path / "articles").rmdir()
    clock, script = ScriptedClock(), Script(set())

    async def read(named):
        pass

    task = asyncio.ensure_future(watch(one, read, clock, script.look))
    while not caplog.messages:  # noqa: ASYNC110 - a scripted clock steps by itself
        await asyncio.sleep(0)
    (tmp_path / "articles").mkdir()
    async with asyncio.timeout(60):
        await script.is_over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "a folder is not there" in caplog.messages[0]
