"""The real `feedbot check` in a pseudo-terminal, and in a pipe beside it."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

FEEDBOT = Path(sys.executable).with_name("feedbot")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# The site answers in a thread of this process.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def environment(**more):
    ours = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return {**ours, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}


@contextmanager
def terminal(folder, *words, **more):
    """The command in a terminal of 100 columns."""
    child = pexpect.spawn(
        str(FEEDBOT),
        list(words),
        cwd=folder,
        env=environment(**more),
        dimensions=(24, 100),
        timeout=60,
        encoding="utf-8",
    )
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child):
    """All that is left to be seen, and the exit code."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.before, child.exitstatus


@pytest.fixture
def slow(news, site):
    """Thirty links, of which one is broken, that take about four seconds, and one is silent while the site holds it."""
    site.answers["/n00"] = 404
    for number in range(30):
        news.article(f"n{number:02}")
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("concurrency: 8", "concurrency: 2"), encoding="utf-8")
    site.delay_s = 0.25
    return news


def test_a_terminal_sees_how_far_it_is_and_the_worst_of_it_and_then_the_report_alone(slow, site):
    site.hold("/n29")
    with terminal(slow.folder, "check") as child:
        child.expect("checking links .*━.* of 30")
        child.expect(rf"\x1b\[31mmissing +\x1b\[0m +{re.escape(site.link('/n00'))}  404 on GET")
        child.setwinsize(10, 50)
        child.expect("checking links: ")
        site.go_on()
        said, code = ended(child)
    assert code == 0
    *frames, report = said.split("\x1b[J")
    assert frames[-1] == "\r" or frames[-1].endswith("A")
    assert report.startswith("Links      30 links checked in")
    assert f"  \x1b[31mmissing\x1b[0m      {site.link('/n00')}\r\n" in report
    assert "━" not in report


def test_ctrl_c_tells_what_was_done_so_far(slow, site):
    site.hold("/n29")
    with terminal(slow.folder, "check") as child:
        child.expect("missing")
        child.sendintr()
        said, code = ended(child)
    assert code == 1
    report = said.rpartition("\x1b[J")[2]
    asked = re.search(r"Links      (\d+) of 30 links checked in \d+ s: .*1 missing", report)
    assert 1 <= int(asked[1]) < 30
    assert f"{30 - int(asked[1])} links  not asked: the run was stopped" in report
    assert report.splitlines()[-1] == "feedbot: stopped; what was checked so far is kept, the rest stays due"


def test_a_terminal_that_is_held_does_not_hold_the_run(slow, site):
    with terminal(slow.folder, "check") as child:
        child.expect("checking links")
        child.send("\x13")  # ctrl-S
        deadline = time.monotonic() + 60
        while len({path for _, path in site.asked}) < 30:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child.send("\x11")  # ctrl-Q
        said, code = ended(child)
    assert code == 0
    assert "30 links checked" in said


def test_no_color_leaves_the_bar_and_a_dumb_terminal_gets_the_report_alone(slow):
    with terminal(slow.folder, "check", NO_COLOR="1") as child:
        child.expect("checking links .*━")
        said, code = ended(child)
        assert (code, COLOUR.findall(said)) == (0, [])
        assert "missing" in said
    with terminal(slow.folder, "check", "--all", TERM="dumb") as child:
        said, _ = ended(child)
        assert said.startswith("Links      30 links checked")
        assert "\x1b" not in said


def test_nothing_moves_where_that_is_not_wanted(slow):
    with terminal(slow.folder, "check", "--no-progress") as child:
        said, _ = ended(child)
    assert said.startswith("Links      30 links checked")


def piped(folder, *words, **more):
    done = subprocess.run(
        [FEEDBOT, *words],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=environment(**more),
    )
    return done.stdout, done.stderr


def test_a_pipe_sees_no_escape_unless_colours_are_forced(news, site):
    site.answers["/lost"] = 404
    news.article("lost")
    for output in ("text", "markdown", "json"):
        assert "\x1b" not in "".join(piped(news.folder, "check", "--all", "--format", output))
    forced, _ = piped(news.folder, "check", "--all", FORCE_COLOR="1")
    assert "\x1b[31mmissing\x1b[0m" in forced
    assert COLOUR.search(piped(news.folder, "check", "--all", FORCE_COLOR="1", NO_COLOR="1")[0]) is None
    assert "\x1b" not in piped(news.folder, "check", "--all", "--format", "json", FORCE_COLOR="1")[0]
