"""CPU seconds of the steps of a build, in one process: `steps.py [COUNT] [RUNS] [TOPICS] [FORMATS]`.

A publication of generated articles is built once; then with nothing changed, with one article changed (another title),
and with the feeds folder emptied, so that every feed is rendered anew. FORMATS is `all` (RSS, Atom, JSON, pages, .gz,
archive of `all`), or `feeds` (RSS, Atom and JSON alone). No link of it was ever looked at. Printed are medians.
"""

import gc
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from generate import generate

from feedbot.cli.config_text import render_config
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.state.database import open_state
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from feedbot.steps.reporting import report

SITE = "https://example.org/"


def steps(config: Config) -> tuple[float, float, float]:
    """CPU seconds of reading, publishing and reporting; not those of the processes that read many files."""
    clock = SystemClock()
    with open_state(config.state_path, who="benchmark") as state:
        started = time.process_time()
        read(config, state, clock)
        have_read = time.process_time()
        publish(config, state, clock)
        published = time.process_time()
        report(config, state, clock)
        return have_read - started, published - have_read, time.process_time() - published


def change_one(folder: Path, number: int) -> None:
    """Give an article another title, some time ago: a file that is changing now would not be read."""
    file = max((folder / "articles").iterdir())
    file.write_text(re.sub("(?m)^title: .*", f'title: "Changed {number} times"', file.read_text(), count=1))
    os.utime(file, (1_767_225_600 + number,) * 2)


def empty(feeds: Path) -> None:
    for file in feeds.iterdir():
        file.unlink()


def main(count: int, runs: int, topics: int, formats: str) -> None:
    gc.set_threshold(100_000)  # as the command does
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "articles", count, topics)
        text = render_config(title="Bench", url=SITE, feeds_url=SITE, contact=SITE, pattern="articles/*.md")
        if formats == "feeds":
            text = text.replace("gzip: true", "gzip: false").replace("pages: true", "pages: false")
            text = text.replace("history: [all]", "history: []")
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        config = load_config(folder / "config.yaml")
        steps(config)
        before: dict[str, Callable[[int], None]] = {
            "unchanged": lambda _: None,
            "one changed": lambda number: change_one(folder, number),
            "all feeds anew": lambda _: empty(config.feeds_path),
        }
        rounds: dict[str, list[tuple[float, float, float]]] = {which: [] for which in before}
        for number in range(runs):
            for which, figures in rounds.items():
                before[which](number)
                figures.append(steps(config))
    print(f"{count:,} articles, {topics} topics, {formats}: CPU seconds, medians of {runs}")
    for which, figures in rounds.items():
        reading, publishing, reporting = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"  {which:<14}  read {reading:5.2f}   publish {publishing:5.2f}   report {reporting:5.2f}")


if __name__ == "__main__":
    said = dict(enumerate(sys.argv[1:]))
    main(int(said.get(0, 10_000)), int(said.get(1, 5)), int(said.get(2, 200)), said.get(3, "feeds"))
