"""Times `feedbot build` over generated articles as a whole process: `measure.py [COUNT] [RUNS] [TOPICS]`.

Each round starts from an empty state and builds; then again with nothing changed, with one article changed, and with
the feeds folder emptied, so that every feed is rendered anew. What is printed are
medians over the rounds: wall seconds, CPU seconds and peak memory of the process.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generate import generate

from feedbot.cli.config_text import render_config

SITE = "https://example.org/"


def timed(folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, peak MB of one build."""
    started = time.monotonic()
    command = [str(Path(sys.executable).with_name("feedbot")), "build"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"feedbot build exited with {process.returncode}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def change_one(folder: Path, number: int) -> None:
    """Give an article another title, some time ago: a file that is changing now would be waited for."""
    file = max((folder / "articles").iterdir())
    file.write_text(re.sub("(?m)^title: .*", f'title: "Changed {number} times"', file.read_text(), count=1))
    os.utime(file, (1_767_225_600 + number,) * 2)


def main(count: int = 10_000, runs: int = 5, topics: int = 60) -> None:
    rounds: dict[str, list[tuple[float, float, float]]] = {
        which: [] for which in ("first", "unchanged", "one changed", "all feeds anew")
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "articles", count, topics)
        config = render_config(title="Bench", url=SITE, feeds_url=SITE, contact=SITE, pattern="articles/*.md")
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        for number in range(runs):
            shutil.rmtree(folder / "feeds", ignore_errors=True)
            for file in folder.glob("state.db*"):
                file.unlink()
            for which, figures in rounds.items():
                if which == "one changed":
                    change_one(folder, number)
                if which == "all feeds anew":
                    for file in (folder / "feeds").iterdir():
                        file.unlink()
                figures.append(timed(folder))
    print(f"{count:,} articles, {topics} topics, medians of {runs}:")
    for which, figures in rounds.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"  {which:<14} build  {wall:6.2f} s wall  {cpu:6.2f} s CPU  {peak:5.0f} MB peak")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
