"""Measures what it costs feedbot itself when the workers of a Dask cluster ask: CPU, and the rate that it allows.

As root on Linux, in a network and with a resolv.conf of its own (benchmarks/checking): the links are those of row 1
there, and scheduler and workers are processes of this machine. Each pair asks all links twice, once as ever and once by
the cluster.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "checking"))

from measure import feedbot, feedbot_config, set_up_network, write_articles
from servers import serving, which_nginx
from usage import Usage, run
from work import ROWS

_IN_OWN_NETWORK = "--in-own-network"
_DASK = Path(sys.executable).with_name("dask")
_THREADS = 4


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers of four threads each."""
    told = folder / "scheduler.json"
    words = [_DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", told, "--no-dashboard"]
    with (folder / "dask.log").open("ab") as log:
        running = [subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)]
        try:
            while not (told.exists() and told.read_bytes().endswith(b"}")):
                time.sleep(0.05)
            address = json.loads(told.read_text(encoding="utf-8"))["address"]
            options = ["--no-nanny", "--no-dashboard", "--nthreads", str(_THREADS), "--local-directory", folder]
            running += [
                subprocess.Popen([_DASK, "worker", address, *options], cwd=folder, stdout=log, stderr=log)
                for _ in range(workers)
            ]
            scheduled = (folder / "dask.log").read_text
            while scheduled(encoding="utf-8").count("Register worker") < workers:
                time.sleep(0.05)
            yield address
        finally:
            for process in running:
                process.kill()
                process.wait()


def checked(folder: Path, config: dict[str, object]) -> tuple[Usage, str]:
    """A check of all links from an empty state, articles read before; what it cost, and what it found."""
    for file in folder.glob("state.db*"):
        file.unlink()
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    subprocess.run([str(feedbot()), "build"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    usage = run([str(feedbot()), "check"], folder, folder / "feedbot.out", os.environ, 600)
    return usage, (folder / "feedbot.out").read_text(encoding="utf-8").partition("\n")[0]


def measure(pairs: int, workers: int, folder: Path, trusted: Path) -> None:
    row = ROWS[0]
    urls = row.urls()
    write_articles(folder / "articles", urls)
    usages: dict[str, list[Usage]] = {"this machine": [], "a cluster": []}
    with cluster(folder, workers) as address:
        for _ in range(pairs):
            for where, found in usages.items():
                config = json.loads(feedbot_config(row, trusted))
                if where == "a cluster":
                    config["checker"] |= {"cluster": address, "concurrency": max(1, row.concurrency // _THREADS)}
                usage, said = checked(folder, config)
                found.append(usage)
                print(f"  {where:<12}  {usage.wall_s:6.2f} s wall  {usage.cpu_s:6.2f} s CPU  {said}", file=sys.stderr)
    print(f"{row.title}, medians of {pairs}; {workers} workers with {_THREADS} threads each:")
    for where, found in usages.items():
        wall, cpu, memory = (statistics.median(getattr(one, what) for one in found) for what in _WHAT)
        print(f"  asked by {where:<12}  {wall:6.2f} s wall  {cpu:6.2f} s CPU  {memory:4.0f} MB")
    cpu = statistics.median(one.cpu_s for one in usages["a cluster"])
    print(f"  so the process that judges and records could do {len(urls) / cpu:,.0f} links/s of CPU, starting included")


_WHAT = ("wall_s", "cpu_s", "peak_mb")


def missing() -> list[str]:
    """What this needs and does not find, in sentences."""
    needed = [
        (sys.platform == "linux" and os.geteuid() == 0, "root on Linux, for a network of its own"),
        (shutil.which("unshare") and shutil.which("mount"), "unshare and mount (util-linux)"),
        (which_nginx(), "nginx (Debian: apt install nginx-light)"),
        (_DASK.exists(), "feedbot[cluster]"),
    ]
    return [what for found, what in needed if not found]


def main() -> None:
    parser = argparse.ArgumentParser(description="what a check costs feedbot where a Dask cluster asks")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
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
        with serving(folder, 0) as trusted:
            measure(given.pairs, given.workers, folder, trusted)


if __name__ == "__main__":
    main()
