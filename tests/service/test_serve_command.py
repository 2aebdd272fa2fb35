"""`feedbot serve` and `--metrics-textfile` as processes of their own."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.publication import Publication

FEEDBOT = [sys.executable, "-m", "feedbot"]


@dataclass
class Served:
    """The command while it runs; how it ended, and what it said after its first line."""

    port: int
    code: int | None = None
    said: list[str] = field(default_factory=list)


@contextmanager
def served(folder: Path, *words: str) -> Iterator[Served]:
    """The command for as long as the block lasts; then it is told to stop, and waited for."""
    command = [*FEEDBOT, "serve", "--port", "0", *words]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r"serving feeds at http://[0-9.]+:(\d+)/feeds/$", line)
            assert found is not None, line
            told = Served(int(found[1]))
            yield told
            process.send_signal(signal.SIGTERM)
            told.code = process.wait(60)
            told.said = [re.sub(r"^[-0-9]+ [:,0-9]+ ", "", line.rstrip()) for line in process.stderr]
        finally:
            process.kill()


def listening_at(port: int) -> str:
    """The address of the listening socket of that port; where one is of 127.0.0.1, none can be of all addresses."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        address, number = line.split()[1].split(":")
        if int(number, 16) == port and line.split()[3] == "0A" and address in {"00000000", "0100007F"}:
            return socket.inet_ntoa(bytes.fromhex(address)[::-1])
    return ""


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_it_serves_until_it_is_told_to_stop_and_says_no_more_than_that(news: Publication) -> None:
    news.article("one")
    news.build()
    with served(news.folder) as told:
        assert get(told.port, "/feeds/all.rss")[0] == 200
        assert get(told.port, "/healthz") == (200, b"ok\n")
        # Others are not reached: it listens on the loopback interface alone.
        assert listening_at(told.port) == "127.0.0.1"
    assert (told.code, told.said) == (0, ["INFO stopped"])


def test_answers_are_logged_on_request_and_cannot_forge_lines(news: Publication) -> None:
    news.article("one")
    news.build()
    with served(news.folder, "--access-log") as told:
        get(told.port, "/feeds/all.rss")
        get(told.port, "/feeds/%0a2026-01-01%20INFO%20forged%1b[2J")
    assert told.said == [
        "INFO 127.0.0.1 GET /feeds/all.rss 200",
        "INFO 127.0.0.1 GET /feeds/%0a2026-01-01%20INFO%20forged%1b[2J 404",
        "INFO stopped",
    ]


def test_a_wider_address_is_warned_of(news: Publication) -> None:
    with served(news.folder, "--host", "0.0.0.0") as told:
        assert get(told.port, "/healthz", "127.0.0.3")[0] == 200
    assert told.said[:2] == [
        "WARNING feeds is not there yet; `feedbot build` writes it",
        "WARNING others than this machine can ask, for /readyz and /metrics too; a firewall or a proxy keeps them out",
    ]


def test_it_ends_while_a_reader_takes_its_time(news: Publication) -> None:
    news.article("one")
    news.build()
    (news.folder / "feeds" / "all.rss").write_bytes(b"x" * 20_000_000)
    with socket.socket() as reader:
        with served(news.folder) as told:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", told.port))
            reader.sendall(b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\n\r\n")
            assert reader.recv(12) == b"HTTP/1.1 200"
        assert told.code == 0


@pytest.mark.parametrize("words", [["--port", "{taken}"], ["--host", "nowhere.invalid"], ["--host", "192.0.2.1"]])
def test_where_it_cannot_listen_it_says_so(news: Publication, words: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        asked = [word.format(taken=port) for word in words]
        done = subprocess.run(
            [*FEEDBOT, "serve", *asked], cwd=news.folder, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("feedbot: cannot listen at ")
    assert line.endswith("; see `serve:` in the config, or --host and --port of `feedbot serve`")
    assert "(" not in line


@pytest.mark.parametrize("words", [["build"], ["run", "--once"]])
def test_cron_gets_the_same_figures_in_a_file(news: Publication, tmp_path: Path, words: list[str]) -> None:
    news.article("one")
    path = tmp_path / "metrics" / "feedbot.prom"
    done = subprocess.run(
        [*FEEDBOT, *words, "--metrics-textfile", path],
        cwd=news.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = {sample.name for family in text_string_to_metric_families(path.read_text()) for sample in family.samples}
    assert {"feedbot_database_readable", "feedbot_feed_bytes"} <= found
    assert ("feedbot_last_good_run_timestamp_seconds" in found) == (words != ["build"])


def test_a_file_of_metrics_that_cannot_be_written_is_told_after_the_run(news: Publication, tmp_path: Path) -> None:
    news.article("one")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    for path, why in ((tmp_path / "taken" / "x.prom", "is not a folder"), (tmp_path / ".prom", "is no name")):
        done = subprocess.run(
            [*FEEDBOT, "build", "--metrics-textfile", path],
            cwd=news.folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, "Articles" in done.stdout) == (1, True)
        assert why in done.stderr


@pytest.mark.parametrize("words", [["run"], ["build", "--preview"]])
def test_a_file_of_metrics_is_for_a_run_that_ends_and_does_something(news: Publication, words: list[str]) -> None:
    done = subprocess.run(
        [*FEEDBOT, *words, "--metrics-textfile", "x.prom"],
        cwd=news.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--metrics-textfile is" in done.stderr


def test_the_command_line_starts_without_a_web_server() -> None:
    loads = "import feedbot.cli.build, feedbot.cli.run, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    assert not {"starlette", "uvicorn", "prometheus_client"} & set(loaded)
