"""Measures `feedbot check` beside lychee, over the same article files, against servers on loopback.

Works as root on Linux, in a network and with a resolv.conf of its own: nothing leaves the machine, and
nothing on it is changed. What is asked is in work.py, who answers in servers.py.
"""

import argparse
import json
import os
import re
import resource
import shutil
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fcntl import ioctl
from pathlib import Path
from urllib.parse import urlsplit

from servers import requests_so_far, serving, which_nginx
from usage import Usage, run
from work import ROWS, TLS_HOSTS, Work, answers

LINKS_AN_ARTICLE = 100
_IN_OWN_NETWORK = "--in-own-network"
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


@dataclass(frozen=True)
class Run:
    """One program's run: what it cost, the requests that reached nginx, and its links by what was said of them."""

    usage: Usage
    requests: int
    said: Mapping[str, int]


# The programs


def feedbot() -> Path:
    return Path(sys.executable).with_name("feedbot")


def lychee() -> Path:
    return Path(sys.executable).with_name("lychee")


def write_articles(folder: Path, urls: Sequence[str]) -> None:
    """The links as articles, which both programs read; old enough that nobody waits for them to settle.

    As in the real input, all of an article is front matter.
    """
    folder.mkdir()
    for start in range(0, len(urls), LINKS_AN_ARTICLE):
        source, *others = urls[start : start + LINKS_AN_ARTICLE]
        lines = ["---", f"title: Links from {start}", "date: 2026-01-01T00:00:00Z", f"sourceUrl: {source}", "related:"]
        for url in others:
            # As the page itself is called (servers.py), which is how links are known in articles.
            lines += [f"  - title: The council votes on {urlsplit(url).path}", f"    sourceUrl: {url}"]
        file = folder / f"{start:06}.md"
        file.write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
        os.utime(file, (1_767_225_600, 1_767_225_600))


def feedbot_config(work: Work, trusted: Path) -> str:
    """JSON, which is YAML. Politeness delays are off, and so is what lychee does not do: see README.md."""
    checker = {
        "contact": "https://example.org/",
        "allow_addresses": ["127.0.0.0/8"],
        "canaries": [],
        "concurrency": work.concurrency,
        "workers": "auto",
        "per_host": {"concurrency": work.per_host, "delay_s": 0},
        "robots": "never",
        **({"ca_bundle": str(trusted)} if work.tls else {}),
        **({} if work.retries else {"back_off_s": []}),
    }
    site = {"title": "Bench", "url": "https://example.org/"}
    feeds = {"url": "https://example.org/feeds/"}
    return json.dumps({"site": site, "feeds": feeds, "checker": checker})


def run_feedbot(work: Work, folder: Path, trusted: Path) -> Run:
    for file in folder.glob("state.db*"):
        file.unlink()
    (folder / "config.yaml").write_text(feedbot_config(work, trusted), encoding="utf-8")
    before = requests_so_far()
    usage = run([str(feedbot()), "check"], folder, folder / "feedbot.out", os.environ, work.timeout_s)
    return Run(usage, requests_so_far() - before - 1, _said_by_feedbot(folder / "state.db"))


def run_lychee(work: Work, folder: Path, trusted: Path) -> Run:
    command = [
        str(lychee()),
        "--no-progress",
        *("--max-concurrency", str(work.concurrency)),
        *("--host-concurrency", str(work.per_host)),
        *("--host-request-interval", "0ms"),
        "articles",
    ]
    env = {**os.environ, **({"SSL_CERT_FILE": str(trusted)} if work.tls else {})}
    before = requests_so_far()
    usage = run(command, folder, folder / "lychee.out", env, work.timeout_s)
    return Run(usage, requests_so_far() - before - 1, _said_by_lychee(folder / "lychee.out"))


def _said_by_feedbot(state: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT verdict, count(*) FROM observations GROUP BY verdict ORDER BY verdict"))


def _said_by_lychee(out: Path) -> dict[str, int]:
    """The counts of its line such as `1000 Total (in 1s) 900 OK 100 Errors`."""
    text = out.read_text(encoding="utf-8", errors="replace")
    last = next((line for line in reversed(text.splitlines()) if " Total (in " in line), "")
    return {word: int(number) for number, word in re.findall(r"(\d+) ([A-Z]\w+)", last)}


# A row


def measure(work: Work, folder: Path, trusted: Path, pairs: int) -> tuple[list[Run], list[Run]]:
    """So many pairs; each program goes first every other time."""
    write_articles(folder / "articles", work.urls())
    runs: dict[str, list[Run]] = {"feedbot": [], "lychee": []}
    programs = {"feedbot": run_feedbot, "lychee": run_lychee}
    for pair in range(pairs):
        for name in list(programs)[:: 1 if pair % 2 == 0 else -1]:
            one = programs[name](work, folder, trusted)
            runs[name].append(one)
            said = ", ".join(f"{number:,} {word}" for word, number in one.said.items())
            print(
                f"  {work.number:<3} {name:<8} {one.usage.wall_s:7.2f} s wall  {one.usage.cpu_s:6.2f} s CPU"
                f"  {one.usage.peak_mb:5.0f} MB  exit {one.usage.code}  {one.requests:,} requests: {said}",
                file=sys.stderr,
                flush=True,
            )
    return runs["feedbot"], runs["lychee"]


def line(work: Work, ours: Sequence[Run], theirs: Sequence[Run]) -> str:
    """A row of the table, medians."""

    def median(runs: Sequence[Run], what: str) -> float:
        return statistics.median(getattr(one.usage, what) for one in runs)

    wall, cpu, memory = ((median(ours, what), median(theirs, what)) for what in ("wall_s", "cpu_s", "peak_mb"))
    goal = "" if work.goal is None else f"<= {work.goal:g}"
    return (
        f"| {work.number}. {work.title} | {wall[0]:.2f} / {wall[1]:.2f} s | **{wall[0] / wall[1]:.2f}** | {goal}"
        f" | {cpu[0]:.2f} / {cpu[1]:.2f} s | {cpu[0] / cpu[1]:.2f} | {memory[0]:.0f} / {memory[1]:.0f} MB |"
    )


def fairness(folder: Path) -> str:
    """What the last row is about: when feedbot was done with the links that answer, and what both said of them."""
    with sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True) as db:
        began = db.execute("SELECT started_at FROM runs ORDER BY id DESC LIMIT 1").fetchone()[0]
        rows = db.execute(
            "SELECT url, started_at, elapsed_ms, observations.verdict FROM observations"
            " JOIN targets ON targets.id = target_id"
        ).fetchall()
    start = datetime.fromisoformat(began).timestamp()
    ends = {url: at - start + ms / 1000 for url, at, ms, _ in rows}
    living = [row for row in rows if answers(row[0])]
    wrong = [url for url, _, _, verdict in living if verdict != "alive"]
    said = (folder / "lychee.out").read_text(encoding="utf-8", errors="replace")
    called_broken = [url for url in re.findall(r"\[[A-Z0-9]+\] <?(http[^\s>|]+)", said) if answers(url)]
    return (
        f"feedbot asked {len(rows):,} links in {max(ends.values()):.0f} s; the {len(living):,} that answer were done"
        f" after {max(ends[row[0]] for row in living):.0f} s, each within {max(row[2] for row in living) / 1000:.1f} s"
        f" of its turn, and {len(wrong)} of them were called other than alive."
        f" lychee called {len(set(called_broken))} of them broken."
    )


# The place


def missing() -> list[str]:
    """What this needs and does not find, in sentences."""
    needed = [
        (sys.platform == "linux", "Linux"),
        (os.geteuid() == 0 if hasattr(os, "geteuid") else False, "root, for a network of its own"),
        (shutil.which("unshare") and shutil.which("mount"), "unshare and mount (util-linux)"),
        (which_nginx(), "nginx (Debian: apt install nginx-light)"),
        (feedbot().exists(), f"feedbot, beside {sys.executable}"),
        (lychee().exists(), "lychee (pip install -e '.[bench]')"),
    ]
    return [what for found, what in needed if not found]


def set_up_network(folder: Path) -> None:
    """The loopback interface up, and the name server of servers.py as the only one; in this namespace only."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    Path("/proc/sys/net/core/somaxconn").write_text("4096", encoding="ascii")
    names = folder / "resolv.conf"
    # The wait is longer than the name server's: what is late is not asked twice.
    names.write_text("nameserver 127.0.0.1\noptions timeout:15 attempts:2\n", encoding="ascii")
    subprocess.run(["mount", "--bind", str(names), os.path.realpath("/etc/resolv.conf")], check=True)


def main() -> None:
    numbers = [work.number for work in ROWS]
    parser = argparse.ArgumentParser(description="feedbot check beside lychee, against nginx on loopback")
    parser.add_argument("--row", action="append", choices=numbers, help="only this row; several times: each")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each program for a row (default 5; row 5: one)")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave what the last runs wrote")
    parser.add_argument(_IN_OWN_NETWORK, action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if lacking := missing():
        sys.exit("bench-checking needs: " + "; ".join(lacking))
    if not told.in_own_network:
        command = ["unshare", "--net", "--mount", sys.executable, __file__, _IN_OWN_NETWORK, *sys.argv[1:]]
        os.execvp(command[0], command)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as temporary:
        measure_rows([work for work in ROWS if work.number in (told.row or numbers)], told, Path(temporary))


def measure_rows(rows: Sequence[Work], told: argparse.Namespace, temporary: Path) -> None:
    folder = told.keep or temporary
    temporary.chmod(0o755)  # nginx reads in it as another user
    set_up_network(temporary)
    lines: list[str] = []
    notes: list[str] = []
    with serving(temporary, TLS_HOSTS if any(work.tls for work in rows) else 0) as trusted:
        for work in rows:
            place = folder / f"row-{work.number}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            is_fairness = work.number == "5"
            ours, theirs = measure(work, place, trusted, 1 if is_fairness else told.pairs)
            lines.append(line(work, ours, theirs))
            if is_fairness:
                notes.append(fairness(place))
    print("| work | wall feedbot / lychee | ratio | goal | CPU feedbot / lychee | ratio | peak memory |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print("\n".join(["", *notes]) if notes else "", end="")


if __name__ == "__main__":
    main()
