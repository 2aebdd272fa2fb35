"""Measures `feedbot check` beside linkchecker, as measure.py does beside lychee: `beside_linkchecker.py LINKCHECKER`.

LINKCHECKER is the command, best in a virtual environment of its own (pip install linkchecker). It reads no front
matter, so it gets a page with the same links, and is told to leave robots.txt alone. Between two requests of a host it
pauses for a tenth of a second or more whatever it is told (unless the server asks it not to), so each host has one
link here.
"""

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from measure import Run, missing, run_feedbot, set_up_network, write_articles
from servers import requests_so_far, serving
from usage import run
from work import ROWS, TLS_HOSTS, TOP, Work

_IN_OWN_NETWORK = "--in-own-network"
WORKS = (
    Work("http", "2,000 http hosts x 1 URL", lambda: [f"http://h{host}.{TOP}/ok/0" for host in range(TLS_HOSTS)]),
    next(work for work in ROWS if work.number == "3"),
)


def write_page(file: Path, urls: Sequence[str]) -> None:
    links = (f'<p><a href="{url}">The council votes on {urlsplit(url).path}</a></p>' for url in urls)
    file.write_text("\n".join(["<!doctype html>", "<title>Links</title>", *links, ""]), encoding="utf-8")


def run_linkchecker(command: Path, threads: int, work: Work, folder: Path, trusted: Path) -> Run:
    settings = folder / "linkcheckerrc"
    verify = f"sslverify={trusted}\n" if work.tls else ""
    settings.write_text(
        f"[checking]\nthreads={threads}\nmaxrequestspersecond=1000000\nrobotstxt=0\nrecursionlevel=1\n{verify}"
        "maxfilesizeparse=100000000\nmaxfilesizedownload=100000000\n"
        "[filtering]\ncheckextern=1\n[output]\nstatus=0\nwarnings=0\n",
        encoding="utf-8",
    )
    out = folder / "linkchecker.out"
    before = requests_so_far()
    usage = run([str(command), "-f", str(settings), "links.html"], folder, out, os.environ, work.timeout_s * 5)
    asked = requests_so_far() - before - 1
    return Run(usage, asked, {"broken": out.read_text(encoding="utf-8", errors="replace").count("\nResult     Error")})


def measure(work: Work, folder: Path, trusted: Path, told: argparse.Namespace) -> str:
    """A row of the table, medians; each program goes first every other time."""
    urls = work.urls()
    write_articles(folder / "articles", urls)
    write_page(folder / "links.html", urls)
    runs: dict[str, list[Run]] = {"feedbot": [], "linkchecker": []}
    for pair in range(told.pairs):
        for name in list(runs)[:: 1 if pair % 2 == 0 else -1]:
            if name == "feedbot":
                one = run_feedbot(work, folder, trusted)
            else:
                one = run_linkchecker(told.linkchecker, told.threads, work, folder, trusted)
            runs[name].append(one)
            print(work.number, name, one, file=sys.stderr, flush=True)
    wall, cpu, memory = (
        [statistics.median(getattr(one.usage, what) for one in each) for each in runs.values()]
        for what in ("wall_s", "cpu_s", "peak_mb")
    )
    return (
        f"| {work.title} | {wall[0]:.2f} / {wall[1]:.2f} s | {cpu[0]:.2f} / {cpu[1]:.2f} s"
        f" | {memory[0]:.0f} / {memory[1]:.0f} MB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="feedbot check beside linkchecker, against nginx on loopback")
    parser.add_argument("linkchecker", type=lambda path: Path(path).absolute())
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument(_IN_OWN_NETWORK, action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if lacking := [what for what in missing() if not what.startswith("lychee")]:
        sys.exit("beside_linkchecker.py needs: " + "; ".join(lacking))
    if not told.in_own_network:
        command = ["unshare", "--net", "--mount", sys.executable, __file__, _IN_OWN_NETWORK, *sys.argv[1:]]
        os.execvp(command[0], command)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        temporary.chmod(0o755)  # nginx and linkchecker read in it as another user
        set_up_network(temporary)
        lines = []
        with serving(temporary, TLS_HOSTS) as trusted:
            for work in WORKS:
                place = temporary / f"row-{work.number}"
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                lines.append(measure(work, place, trusted, told))
    print("| work | wall feedbot / linkchecker | CPU feedbot / linkchecker | peak memory |\n|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
