"""Asks feedbot serve, nginx and Caddy for the same feed in turn, with wrk: `measure.py [SECONDS] [ROUNDS]`.

All three serve the folder of one publication, nginx and Caddy by the snippets of docs/serving.md. 50 connections ask
each for `all.rss` whole, packed with gzip, and on condition that it has changed, which it has not; every round asks all
three for each. What is printed are medians over the rounds: requests a second, and the milliseconds within which 99 of
100 answers came. A first look makes sure that all three send the same bytes.
"""

import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from feedbot.cli.config_text import render_config

PROJECT = Path(__file__).resolve().parents[2]
SITE = "https://example.org/"
ARTICLES = 500
CONNECTIONS = 50
FEED = "/feeds/all.rss"
SERVERS = ("feedbot", "nginx", "caddy")

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes auto;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{site}
}}
"""
CADDY = """
{{
	admin off
	auto_https off
	default_bind 127.0.0.1
}}
{site}
"""
# wrk writes 99% with its unit, and the rate without one.
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
P99 = re.compile(r"\s99%\s+([\d.]+)(us|ms|s|m)\b")
IN_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Figures:
    """One run of wrk."""

    rate: float
    p99_ms: float


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    if found is None:
        sys.exit(f"needs {name} (Debian package {name})")
    return found


def snippet(name: str, feeds: Path) -> str:
    page = (PROJECT / "docs" / "serving.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{name}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return found.replace("/srv/news/feeds", str(feeds))


def publication(folder: Path) -> Path:
    """A publication of 500 articles, built; its feeds folder."""
    subprocess.run(
        [sys.executable, PROJECT / "benchmarks" / "build" / "generate.py", folder / "articles", str(ARTICLES)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    config = render_config(title="Bench", url=SITE, feeds_url=f"{SITE}feeds/", contact=SITE, pattern="articles/*.md")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "feedbot", "build"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "feeds"


def command(name: str, folder: Path, feeds: Path, port: int) -> list[str]:
    if name == "feedbot":
        config_file = str(feeds.parent / "config.yaml")
        return [sys.executable, "-m", "feedbot", "--config", config_file, "serve", "--port", str(port)]
    config = folder / name
    site = snippet(name, feeds)
    if name == "nginx":
        site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
        config.write_text(NGINX.format(folder=folder, site=site), encoding="utf-8")
        return [program("nginx"), "-p", str(folder), "-c", str(config)]
    site = site.replace("news.example {", f"http://127.0.0.1:{port} {{")
    config.write_text(CADDY.format(site=site), encoding="utf-8")
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)]


@contextmanager
def serving(name: str, folder: Path, feeds: Path) -> Iterator[int]:
    """The server's port, for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / f"{name}.out").open("wb") as out:
        process = subprocess.Popen(
            command(name, folder, feeds, port), stdout=out, stderr=out, env=os.environ | homes, cwd=folder
        )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except ConnectionRefusedError:
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        else:
            sys.exit(f"{name} does not start: {(folder / f'{name}.out').read_text(encoding='utf-8')}")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def asked(port: int, **headers: str) -> tuple[int, str, bytes]:
    """Status, tag and body of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", FEED, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers["ETag"], body


def wrk(port: int, seconds: int, headers: dict[str, str]) -> Figures:
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *words, f"http://127.0.0.1:{port}{FEED}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    if "Non-2xx or 3xx" in done or "Socket errors" in done:
        sys.exit(f"not every request was answered well:\n{done}")
    rate, p99 = RATE.search(done), P99.search(done)
    assert rate is not None, done
    assert p99 is not None, done
    return Figures(float(rate[1]), float(p99[1]) * IN_MS[p99[2]])


def loads(ports: dict[str, int], feed: Path) -> dict[str, dict[str, dict[str, str]]]:
    """By what is asked for, the headers for each server, after a look that its answers are right."""
    found: dict[str, dict[str, dict[str, str]]] = {"whole": {}, "gzip": {}, "304": {}}
    whole, packed = feed.read_bytes(), feed.with_name(f"{feed.name}.gz").read_bytes()
    for name, port in ports.items():
        status, tag, body = asked(port)
        assert (status, body) == (200, whole), name
        assert asked(port, Accept_Encoding="gzip")[::2] == (200, packed), name
        assert asked(port, If_None_Match=tag)[::2] == (304, b""), name
        found["whole"][name] = {}
        found["gzip"][name] = {"Accept-Encoding": "gzip"}
        found["304"][name] = {"If-None-Match": tag}
    return found


def main(seconds: int = 5, rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        # nginx drops root, and its workers have to get in.
        folder.chmod(0o755)
        feeds = publication(folder)
        feed = feeds / "all.rss"
        ports = {server: stack.enter_context(serving(server, folder, feeds)) for server in SERVERS}
        seen: dict[tuple[str, str], list[Figures]] = defaultdict(list)
        by_load = loads(ports, feed)
        for _ in range(rounds):
            for load, by_server in by_load.items():
                for server, headers in by_server.items():
                    seen[load, server].append(wrk(ports[server], seconds, headers))
        sizes = f"{feed.stat().st_size:,} bytes, {feed.with_name('all.rss.gz').stat().st_size:,} packed"
        print(f"{FEED}: {sizes}; {CONNECTIONS} connections, {seconds} s each, medians of {rounds}:")
        for load in by_load:
            for server in SERVERS:
                rate = statistics.median(one.rate for one in seen[load, server])
                p99 = statistics.median(one.p99_ms for one in seen[load, server])
                print(f"  {load:<6} {server:<8} {rate:10,.0f} requests/s   p99 {p99:8.2f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
