import asyncio
import fcntl
import io
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from contextlib import asynccontextmanager, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from feedbot.cli.frame import Painter
from feedbot.cli.progress import plain_line, show_progress
from feedbot.cli.screen import Screen
from feedbot.clock import SystemClock
from feedbot.core.progress import News, Progress, Standing
from feedbot.core.verdict import VerdictKind
from feedbot.service.jobs import tell_progress
from tests.wire.scripted import ScriptedClock

STANDING = Standing(
    done=1234,
    planned=20000,
    elapsed_s=15.0,
    rate=85.4,
    left_s=190.0,
    by_verdict={VerdictKind.ALIVE: 1200, VerdictKind.MISSING: 34},
    slowest=(("a.example", 12.3), ("b.example", 6.0)),
)


BAR = "checking links ━                    "


def frame(standing, columns, rows=24, colour=False):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FORCE_COLOR", raising=False)
        patch.setenv("TERM", "xterm")
        patch.setenv("NO_COLOR", "" if colour else "1")
        with terminal(patch) as _:
            return [line.rstrip() for line in Painter().frame(standing, columns, rows)]


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (200, f"{BAR}1,234 of 20,000  85/s  about 3 min left  slow: a.example (12 s)"),
        (76, f"{BAR}1,234 of 20,000  85/s  about 3 min left"),
        (75, f"{BAR}1,234 of 20,000  85/s"),
        (60, "checking links: 1,234 of 20,000  85/s  about 3 min left"),
        (55, "checking links: 1,234 of 20,000  85/s"),
        (32, "checking links: 1,234 of 20,000"),
        (21, "checking links: 1,23"),
    ],
)
def test_a_terminal_is_told_what_fits(columns, line):
    assert frame(STANDING, columns) == [line]


def test_a_run_that_has_just_begun_has_a_bar_too():
    assert frame(Standing(0, 10, 0.1), 80) == ["checking links                      0 of 10"]
    assert "━" * 20 in frame(Standing(0, 10, 0.1), 80, colour=True)[0]


@pytest.mark.parametrize(("columns", "rows"), [(1, 24), (0, 24), (80, 0)])
def test_a_terminal_without_room_is_told_nothing(columns, rows):
    assert frame(STANDING, columns, rows) == []


REPLACED = "\N{REPLACEMENT CHARACTER}"
WORST = Standing(
    done=5,
    planned=10,
    elapsed_s=2.0,
    worst=(
        News(VerdictKind.GONE, "https://a.example/[red]x", "410: gone"),
        News(VerdictKind.MISSING, f"https://b.example/{'y' * 9000}", "404"),
        News(VerdictKind.UNREACHABLE, "https://c.example/", "it \x1b[2J\nhas [bold]no[/bold] name :smile:"),
    ),
)


def test_the_worst_news_stand_below_and_are_only_text():
    bar, *news = frame(WORST, 100)
    assert bar == "checking links ━━━━━━━━━━           5 of 10"
    assert news == [
        "  gone         https://a.example/[red]x  410: gone",
        f"  missing      https://b.example/{'y' * 66}",
        "  unreachable  https://c.example/  it ?[2J?has [bold]no[/bold] name :smile:".replace("?", REPLACED),
    ]


@pytest.mark.parametrize(("rows", "lines"), [(24, 4), (5, 4), (4, 3), (2, 1), (1, 1)])
def test_a_frame_is_lower_than_the_terminal(rows, lines):
    assert len(frame(WORST, 80, rows)) == lines


def test_verdicts_are_in_colour_unless_that_is_not_wanted():
    assert "\x1b[31mgone" in frame(WORST, 80, colour=True)[1]
    assert not any("\x1b" in line for line in frame(WORST, 80))


hosts = st.text(max_size=40)


@given(hosts, hosts, st.integers(0, 300))
def test_whatever_is_said_lines_are_inert_and_narrower_than_the_terminal(host, reason, columns):
    news = News(VerdictKind.GONE, f"https://{host}/", reason)
    lines = frame(Standing(1, 2, 9.0, slowest=((host, 9.0),), worst=(news,)), columns)
    for line in lines:
        assert cell_len(line) < columns
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", line)
    assert "\n" not in plain_line(Standing(1, 2, 9.0, slowest=((host, 9.0),)))


def test_a_pipe_is_told_everything():
    assert plain_line(STANDING) == (
        "checking links: 1,234 of 20,000, 85/s, about 3 min left, slow: a.example (12 s), b.example (6 s)"
        " (1,200 alive, 34 missing)"
    )


def under_way():
    progress = Progress()
    progress.begin(["a.test"] * 10, 1000.0)
    progress.add("a.test", VerdictKind.ALIVE, 1001.0)
    return progress


async def told(telling, clock, seconds):
    task = asyncio.ensure_future(telling)
    while clock.t < 1000.0 + seconds:  # noqa: ASYNC110 - a scripted clock steps by itself
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("shown", "lines"), [(True, 3), (False, 0), (None, 0)])
async def test_a_pipe_is_told_every_ten_seconds_where_that_is_asked_for(capsys, shown, lines):
    clock = ScriptedClock()
    if shown:
        await told(show_progress(under_way(), clock, shown), clock, 35)
    else:
        await show_progress(under_way(), clock, shown)
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == lines
    assert all(line.startswith("checking links: 1 of 10") for line in said.err.splitlines())


async def test_the_daemons_log_is_told_every_minute(caplog):
    clock = ScriptedClock()
    caplog.set_level("INFO", "feedbot")
    await told(tell_progress(under_way(), clock), clock, 130)
    await told(tell_progress(Progress(), clock), clock, 400)
    assert caplog.messages == ["checking links: 1 of 10", "checking links: 1 of 10"]


END = "the end"


class Terminal:
    """A terminal in place of standard error, so many columns wide."""

    def __init__(self, columns):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stderr = io.TextIOWrapper(io.FileIO(theirs, "w"), write_through=True)

    def seen(self, wait_s=0.2):
        """What was written, once there has been nothing more for so long: it takes its way through the kernel."""
        said = b""
        while select.select([self.ours], [], [], wait_s)[0]:
            said += os.read(self.ours, 4096)
        return said.decode()

    def all_seen(self):
        """All that was written so far."""
        self.stderr.write(END)
        said = ""
        while not said.endswith(END):
            said += os.read(self.ours, 4096).decode()
        return said.removesuffix(END)

    def hold(self):
        """As with ctrl-S; it takes its way through the kernel."""
        os.write(self.ours, b"\x13")
        until_held = time.monotonic() + 60
        while _is_writable(self) and time.monotonic() < until_held:
            time.sleep(0.01)

    def close(self):
        self.stderr.close()
        os.close(self.ours)


@contextmanager
def terminal(monkeypatch, term="xterm"):
    # Not a fixture: pytest puts its own standard error back when a test begins.
    terminal = Terminal(40)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal.stderr)
        patch.setenv("TERM", term)
        yield terminal
    terminal.close()


@asynccontextmanager
async def showing(shown=None):
    progress = Progress()
    progress.begin(["a.test"] * 10, time.monotonic())
    progress.add("a.test", VerdictKind.ALIVE, time.monotonic())
    task = asyncio.create_task(show_progress(progress, SystemClock(), shown))
    yield progress
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def seen(monkeypatch, shown=None, term="xterm"):
    """What a terminal sees of a run in a second and a half."""
    with terminal(monkeypatch, term) as screen:
        async with showing(shown):
            await asyncio.sleep(1.4)
        return screen.all_seen()


async def comes(screen, words):
    """What a terminal sees until these words have come."""
    said = ""
    async with asyncio.timeout(60):
        while words not in said:
            said += screen.seen(0)
            await asyncio.sleep(0.01)
    return said


async def test_a_terminal_sees_a_line_that_moves_and_goes(monkeypatch):
    with terminal(monkeypatch) as screen:
        async with showing() as progress:
            said = await comes(screen, "checking links: 1 of 10")
            progress.add("a.test", VerdictKind.ALIVE, time.monotonic())
            said += await comes(screen, "checking links: 2 of 10")
        said += screen.all_seen()
    *lines, cleared, after = said.split("\x1b[J")
    assert (cleared, after) == ("\r", "")
    assert lines[0].startswith("\rchecking links: 1 of 10")
    assert lines[-1].startswith("\rchecking links: 2 of 10")
    assert all(len(line.removesuffix("\x1b[K")) <= 40 for line in lines)


async def test_a_terminal_sees_nothing_where_told_so(monkeypatch):
    assert await seen(monkeypatch, shown=False) == ""


async def test_a_terminal_on_which_no_line_can_move_sees_nothing(monkeypatch):
    assert await seen(monkeypatch, term="dumb") == ""


async def test_a_terminal_that_is_held_does_not_hold_the_run(monkeypatch):
    with terminal(monkeypatch) as screen:
        screen.hold()
        async with showing(), asyncio.timeout(60):
            await asyncio.sleep(0.7)
            assert screen.seen() == ""
            os.write(screen.ours, b"\x11")  # ctrl-Q
            while "checking links: 1 of 10" not in screen.seen(0.01):  # noqa: ASYNC110 - it is a terminal
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("columns", "up"),
    [(40, 2), (41, 2), (20, 3), (10, 5)],
)
def test_lines_are_drawn_over_the_last_ones_though_the_terminal_was_made_narrower(monkeypatch, columns, up):
    with terminal(monkeypatch) as terminal_:
        screen = Screen()
        screen.draw(["x" * 39, "", "\x1b[31mzwölf\x1b[0m"])
        fcntl.ioctl(terminal_.stderr.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        screen.draw(["a"])
        screen.clear()
        screen.clear()
        said = terminal_.all_seen()
    first, second, third, rest = said.split("\x1b[J")
    assert first.startswith("\rxxx")
    assert second == f"\r\x1b[{up}Aa\x1b[K"
    assert (third, rest) == ("\r", "")


def test_what_a_held_terminal_did_not_take_is_drawn_over_by_nobody(monkeypatch):
    with terminal(monkeypatch) as screen_:
        screen = Screen()
        screen_.hold()
        screen.draw(["one", "two"])
        os.write(screen_.ours, b"\x11")  # ctrl-Q
        while not _is_writable(screen_):
            time.sleep(0.01)
        screen.clear()
        screen.draw(["three"])
        assert screen_.all_seen() == "\rthree\x1b[K\x1b[J"


def _is_writable(screen):
    return bool(select.select([], [screen.stderr.fileno()], [], 0)[1])
