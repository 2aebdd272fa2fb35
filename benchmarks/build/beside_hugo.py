"""Builds the feeds of the same generated articles with feedbot and with Hugo in turn: `beside_hugo.py [COUNT] [RUNS]`.

Both start from nothing. Hugo (the command `hugo`; Debian's is 0.111) makes RSS alone, 50 entries in each of 61 feeds,
and no page; it takes title, date and address of each article. feedbot is told to make RSS alone as well, without .gz
and pages; it reads and records every link besides. What is printed are medians of whole processes with their
children, and the medians of the ratios pair by pair.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from generate import generate

from feedbot.cli.config_text import render_config

SITE = "https://example.org/"
HUGO_TOML = f"""baseURL = "{SITE}"
title = "Bench"
contentDir = "articles"
rssLimit = 50
ignoreErrors = ["error-disable-taxonomy"]
disableKinds = ["sitemap", "robotsTXT", "404", "taxonomy", "section"]
[taxonomies]
topic = "topics"
[frontmatter]
date = ["publishedDateTime"]
[outputs]
home = ["RSS"]
term = ["RSS"]
[[cascade]]
[cascade._build]
render = "never"
[cascade._target]
kind = "page"
"""


def timed(folder: Path, command: Sequence[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one build."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} exited with {process.returncode}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime


def items_in(files: Sequence[Path]) -> int:
    return sum(file.read_bytes().count(b"<item>") for file in files)


def main(count: int = 10_000, runs: int = 5) -> None:
    feedbot = [str(Path(sys.executable).with_name("feedbot")), "build"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "articles", count)
        config = render_config(title="Bench", url=SITE, feeds_url=SITE, contact=SITE, pattern="articles/*.md")
        for before, after in (
            ("[rss, atom, json]", "[rss]"),
            ("gzip: true", "gzip: false"),
            ("pages: true", "pages: false"),
            ("history: [all]", "history: []"),
        ):
            assert before in config
            config = config.replace(before, after)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        (folder / "hugo.toml").write_text(HUGO_TOML, encoding="utf-8")
        hugo = ["hugo", "--quiet", "--noBuildLock", "--cacheDir", str(folder / "cache")]
        pairs = []
        for _ in range(runs):
            for made in ("feeds", "public", "resources", "cache"):
                shutil.rmtree(folder / made, ignore_errors=True)
            for file in folder.glob("state.db*"):
                file.unlink()
            pairs.append((timed(folder, feedbot), timed(folder, hugo)))
        for maker, files in (
            ("feedbot", [*(folder / "feeds").glob("*.rss")]),
            ("Hugo", [*folder.glob("public/**/*.xml")]),
        ):
            print(f"{maker}: {len(files)} feeds, {items_in(files):,} entries")
    print(f"{count:,} articles, medians of {runs}:")
    for number, what in enumerate(("wall", "CPU")):
        ours, theirs = (statistics.median(pair[side][number] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(pair[0][number] / pair[1][number] for pair in pairs)
        print(f"  {what:<4}  feedbot {ours:6.2f} s   Hugo {theirs:6.2f} s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
