"""Measures a checking run over 1,000,000 links at 20,000 hosts: its rate, its memory, and its going on after a kill.

As root on Linux, in a network and with a resolv.conf of its own (benchmarks/checking): nginx is asked, and nothing
leaves the machine. First row 1 of benchmarks/checking is run, 20,000 links at 200 hosts, and then the large run: it is
killed with SIGKILL once a third is on record, and started again. nginx counts what was asked.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "checking"))

from measure import feedbot, feedbot_config, run_feedbot, set_up_network, write_articles
from servers import requests_so_far, serving, which_nginx
from usage import memory_mb
from work import ROWS, mixed

_IN_OWN_NETWORK = "--in-own-network"
_EVERY_S = 5.0
_LOOK_S = 0.5
# An hour is more than a million links take; a run of the default ten minutes would leave the rest due.
_RUN_S = 3600
_REQUESTS = {"moved": 2}
"""How often nginx is asked for a link of each kind; the others once."""


@dataclass(frozen=True)
class Seen:
    """What a run did: seconds from its begin on, and MB of all of its processes; what state.db and nginx say of it."""

    memory: list[tuple[float, float]]
    asked: int
    seconds: float
    cpu_s: float
    """Of all of its processes, planning included; less than that of a run that was killed."""

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU a link."""
        return self.cpu_s / self.asked * 1e6

    @property
    def rate(self) -> float:
        """Links a second, from the first that was asked to the end of the run."""
        return self.asked / self.seconds

    @property
    def steady_mb(self) -> float:
        """The greatest memory of its second half."""
        half = self.memory[-1][0] / 2
        return max(mb for at, mb in self.memory if at >= half)


def on_record(state: Path) -> int:
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True, timeout=60) as db:
        return int(db.execute("SELECT count(*) FROM observations").fetchone()[0])


def ran(state: Path) -> tuple[int, float]:
    """How many links the last run asked, and in how many seconds."""
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True, timeout=60) as db:
        number, began = db.execute("SELECT id, started_at FROM runs ORDER BY id DESC LIMIT 1").fetchone()
        asked, last = db.execute(
            "SELECT count(*), max(started_at) FROM observations WHERE run_id = ?", [number]
        ).fetchone()
    return asked, last - datetime.fromisoformat(began).timestamp()


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def watched(folder: Path, kill_at: int | None) -> Seen:
    """A whole `feedbot check`, or one that is killed when so many links are on record."""
    state = folder / "state.db"
    cpu_before = cpu_of_children()
    with (folder / "feedbot.out").open("ab") as printed:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(feedbot()), "check"], cwd=folder, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )
    memory: list[tuple[float, float]] = []
    due = started
    while process.poll() is None:
        if time.monotonic() >= due:
            due += _EVERY_S
            memory.append((time.monotonic() - started, memory_mb(process.pid)))
        if kill_at is not None and state.exists() and on_record(state) >= kill_at:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(_LOOK_S)
    return Seen(memory, *ran(state), cpu_of_children() - cpu_before)


def told(memory: list[tuple[float, float]]) -> str:
    """At most twenty of the moments."""
    step = max(1, len(memory) // 20)
    return ", ".join(f"{at:.0f} s {mb:.0f}" for at, mb in memory[::step])


def measure(links: int, hosts: int, folder: Path, trusted: Path) -> None:
    row = ROWS[0]
    small = folder / "small"
    small.mkdir()
    write_articles(small / "articles", row.urls())
    cpu_us = run_feedbot(row, small, trusted).usage.cpu_s / len(row.urls()) * 1e6
    asked, seconds = ran(small / "state.db")
    usual = asked / seconds
    print(
        f"{row.title}: {asked:,} links asked in {seconds:.1f} s, {usual:,.0f} links/s, {cpu_us:.0f} us of CPU a link",
        flush=True,
    )

    large = folder / "large"
    large.mkdir()
    urls = mixed(hosts, links // hosts)
    expected = sum(_REQUESTS.get(url.split("/")[3], 1) for url in urls)
    write_articles(large / "articles", urls)
    config = json.loads(feedbot_config(row, trusted))
    config["checker"]["max_run_s"] = _RUN_S
    (large / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    before = requests_so_far()
    subprocess.run([str(feedbot()), "build"], cwd=large, check=True, stdout=subprocess.DEVNULL)
    killed = watched(large, len(urls) // 3)
    kept = on_record(large / "state.db")
    whole = watched(large, None)
    requests = requests_so_far() - before - 1
    print(f"{len(urls):,} links at {hosts:,} hosts; memory is of all processes, each {_EVERY_S:.0f} s, in MB")
    for name, seen in (("killed at a third", killed), ("started again", whole)):
        ratio = seen.rate / usual
        print(f"  {name}: {seen.asked:,} links in {seen.seconds:.0f} s, {seen.rate:,.0f} links/s ({ratio:.2f} of that)")
        print(f"    memory {told(seen.memory)}; steady {seen.steady_mb:.0f} MB")
    print(
        f"  CPU of the run that was started again: {whole.cpu_us:.0f} us a link ({whole.cpu_us / cpu_us:.2f} of that)"
    )
    total = on_record(large / "state.db")
    print(f"  on record when it was killed {kept:,}, in the end {total:,} of {len(urls):,}")
    print(f"  requests {requests:,}, of which {requests - expected:,} for links that were asked and not yet on record")
    size = (large / "state.db").stat().st_size / 1e6
    print(f"  state.db {size:,.0f} MB")


def missing() -> list[str]:
    """What this needs and does not find, in sentences."""
    needed = [
        (sys.platform == "linux", "Linux"),
        (os.geteuid() == 0 if hasattr(os, "geteuid") else False, "root, for a network of its own"),
        (shutil.which("unshare") and shutil.which("mount"), "unshare and mount (util-linux)"),
        (which_nginx(), "nginx (Debian: apt install nginx-light)"),
        (feedbot().exists(), f"feedbot, beside {sys.executable}"),
    ]
    return [what for found, what in needed if not found]


def main() -> None:
    parser = argparse.ArgumentParser(description="a checking run over very many links, killed and started again")
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave what was written")
    parser.add_argument(_IN_OWN_NETWORK, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if lacking := missing():
        sys.exit("it needs: " + "; ".join(lacking))
    if not given.in_own_network:
        command = ["unshare", "--net", "--mount", sys.executable, __file__, _IN_OWN_NETWORK, *sys.argv[1:]]
        os.execvp(command[0], command)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # nginx reads in it as another user
        set_up_network(folder)
        work_in = given.keep or folder
        work_in.mkdir(parents=True, exist_ok=True)
        with serving(folder, 0) as trusted:
            measure(given.links, given.hosts, work_in, trusted)


if __name__ == "__main__":
    main()
