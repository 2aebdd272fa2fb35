"""What all tests share: Debian packages and real peers that some need, and skips that count as failures in CI."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.debian import find_program
from tests.peers import find_peer
from tests.publication import Publication, Site, loopback_site

# The same examples each time: a suite that is green now and red later tells nobody what changed.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

MAY_BE_SKIPPED = "may be skipped: "
_NO_SKIPS = os.environ.get("FEEDBOT_NO_SKIPS") == "1"
_unexcused: list[str] = []


def pytest_configure() -> None:
    """Hear ctrl-C, as do all programs that tests start: those that a script begins in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("debian"):
        package, program = marker.args[0], marker.args[-1]
        if find_program(program) is None:
            pytest.skip(f"needs {program} (Debian package {package})")
    for marker in item.iter_markers("peer"):
        distribution = marker.args[0]
        if find_peer(distribution) is None:
            pytest.skip(f"needs {distribution} (tests/peers.txt): make .venv-peers/.peers")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(MAY_BE_SKIPPED):
            _unexcused.append(f"{report.nodeid}: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _NO_SKIPS and _unexcused:
        terminalreporter.section("skipped, though nothing may be skipped here", red=True)
        for line in _unexcused:
            terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _NO_SKIPS and _unexcused and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def project() -> Path:
    """The project's top folder."""
    return Path(__file__).parent.parent


@pytest.fixture
def site() -> Iterator[Site]:
    """A loopback web site."""
    with loopback_site() as site:
        yield site


@pytest.fixture
def news(tmp_path: Path, site: Site) -> Publication:
    """A publication whose links lead to that site."""
    return Publication(tmp_path / "news", site)
