"""Shows the memory of a daemon that has nothing to do: `idle.py [ARTICLES]`, 5,000 with 100,000 targets where not told.

Three daemons in turn over the same articles, whose links lead to nginx at many addresses of the loopback network: one
that starts from nothing, reads them all and asks every link; one that is started anew, and finds nothing changed and
nothing due; and the same with --serve. Each is looked at when it has gone through some slots more in which nothing was
to be done. What is printed are sums over all of its processes, in MB: resident memory, and the proportional set size,
by which a page that several share counts once.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "benchmarks" / "build"))

from generate import generate  # noqa: E402

PORT = 8907
SERVE_PORT = 8908
NETS = {"www.": 1, "img.": 2, "www-": 3}
HOST = re.compile(r"https://(www\.|img\.|www-)news(\d+)(?:\.example|-example\.cdn\.ampproject\.org)/")
QUIET_SLOTS = 6
FIRST_WITHIN_S = 600.0

CONFIG = """
site: {{title: Bench, url: https://example.org/}}
articles: {{paths: ["articles/*.md"]}}
feeds: {{url: https://example.org/feeds/}}
checker:
  allow_addresses: [127.0.0.0/8]
  canaries: []
  robots: never
  back_off_s: []
  per_host: {{concurrency: 10, delay_s: 0}}
schedule: {{read: 3s, check: 3s}}
serve: {{port: {port}}}
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen {port};
        default_type text/html;
        location / {{ return 200 "<title>A page</title><p>Words that somebody may read."; }}
    }}
}}
"""


def local(match: re.Match[str]) -> str:
    number = int(match[2])
    return f"http://127.{NETS[match[1]]}.{number // 250}.{number % 250 + 1}:{PORT}/"


def prepare(folder: Path, count: int) -> None:
    generate(folder / "articles", count)
    for path in (folder / "articles").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(HOST.sub(local, text), encoding="utf-8")
        os.utime(path, (1_767_225_600,) * 2)
    (folder / "config.yaml").write_text(CONFIG.format(port=SERVE_PORT), encoding="utf-8")


@contextmanager
def nginx(folder: Path) -> Iterator[None]:
    program = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
    if program is None:
        sys.exit("needs nginx (Debian package nginx)")
    folder.chmod(0o755)
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=PORT), encoding="utf-8")
    process = subprocess.Popen([program, "-c", config, "-p", folder])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def value(folder: Path, query: str) -> object:
    """The first value of a query; None while there is no such table."""
    connection = sqlite3.connect(folder / "state.db", timeout=30)
    try:
        row = connection.execute(query).fetchone()
    except sqlite3.OperationalError:
        row = None
    finally:
        connection.close()
    return None if row is None else row[0]


def wait_for_slots(folder: Path, name: str, number: int, within_s: float) -> None:
    """Wait until a job has ended so many times."""
    deadline = time.monotonic() + within_s
    query = f"SELECT finished_at FROM jobs WHERE name = '{name}'"
    seen = value(folder, query)
    for _ in range(number):
        while (ended := value(folder, query)) == seen:
            if time.monotonic() > deadline:
                sys.exit(f"the job {name} has not ended within {within_s:.0f} s; see {folder}/log")
            time.sleep(0.2)
        seen = ended


def memory_mb(pid: int) -> tuple[int, float, float]:
    """How many processes there are, and the sums of their RSS and PSS."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    sums = {"Rss": 0, "Pss": 0}
    for one in found:
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0])
    return len(found), sums["Rss"] / 1024, sums["Pss"] / 1024


def measured(folder: Path, *words: str) -> tuple[int, float, float]:
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "feedbot", "run", *words]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for_slots(folder, "check", 1, FIRST_WITHIN_S)
        # Reading has as many slots meanwhile.
        wait_for_slots(folder, "check", QUIET_SLOTS, FIRST_WITHIN_S)
        return memory_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def main(count: int = 5_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, count)
        with nginx(folder):
            rows = {
                "after all was read and asked": measured(folder),
                "started anew": measured(folder),
                "started anew, --serve": measured(folder, "--serve"),
            }
        asked = value(folder, "SELECT count(*) FROM targets WHERE status = 'alive'")
        targets = value(folder, "SELECT count(*) FROM targets")
        print(f"{count:,} articles, {targets:,} targets, {asked:,} of them asked and alive; the idle daemon's memory:")
        for what, (processes, rss, pss) in rows.items():
            print(f"  {what:<30} {processes} processes  {rss:6.1f} MB RSS  {pss:6.1f} MB PSS")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
