"""Builds feeds of the same generated articles with feedbot and Jekyll in turn: `beside_jekyll.py [COUNT] [RUNS]`.

Both start from nothing and make Atom alone, 50 entries in the feed of all and in that of each of 60 topics, which are
Jekyll's tags. Jekyll (Debian's `jekyll` and `ruby-jekyll-feed`) makes a page of each article as well, without a layout,
for it makes no feed without; feedbot reads and records every link besides, and writes no .gz and no page. What is
printed are medians of whole processes with their children, and the medians of the ratios pair by pair. Then both
build once more, and the files that changed by that are counted.
"""

import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from beside_hugo import SITE, timed
from generate import article

from feedbot.cli.config_text import render_config

TOPICS = 60
JEKYLL_CONFIG = f"""title: Bench
url: {SITE.removesuffix("/")}
plugins: [jekyll-feed]
permalink: /:title/
disable_disk_cache: true
exclude: [feeds, reports, backups, config.yaml, "state.db*"]
feed: {{tags: true, posts_limit: 50, excerpt_only: true}}
"""


def write_posts(folder: Path, count: int) -> None:
    """The articles with the names of Jekyll, which feedbot understands too."""
    folder.mkdir()
    for number in range(count):
        text = article(number, TOPICS).replace("publishedDateTime:", "date:", 1)
        before, topics, after = re.split(r"^topics:\n((?:  - .*\n)+)", text, maxsplit=1, flags=re.MULTILINE)
        # jekyll-feed passes over tags in which is anything but letters, digits and underscores.
        text = f"{before}tags:\n{re.sub('(?<=[a-z]) |[+#]', '_', topics)}{after}"
        (folder / f"2020-01-01-{number:06}.md").write_text(text, encoding="utf-8")


def write_configs(folder: Path) -> None:
    config = render_config(title="Bench", url=SITE, feeds_url=f"{SITE}feeds/", contact=SITE, pattern="_posts/*.md")
    for before, after in (
        ("[rss, atom, json]", "[atom]"),
        ("gzip: true", "gzip: false"),
        ("pages: true", "pages: false"),
        ("history: [all]", "history: []"),
    ):
        assert before in config
        config = config.replace(before, after)
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    (folder / "_config.yml").write_text(JEKYLL_CONFIG, encoding="utf-8")


def feeds_in(folder: Path) -> dict[str, dict[Path, bytes]]:
    """The Atom feeds of each."""
    jekylls = [folder / "_site" / "feed.xml", *(folder / "_site" / "feed").glob("**/*.xml")]
    found = {"feedbot": [*(folder / "feeds").glob("*.atom")], "Jekyll": jekylls}
    return {maker: {path: path.read_bytes() for path in paths} for maker, paths in found.items()}


def main(count: int = 1_000, runs: int = 5) -> None:
    commands = {
        "feedbot": [str(Path(sys.executable).with_name("feedbot")), "build"],
        "Jekyll": ["jekyll", "build", "--quiet"],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_posts(folder / "_posts", count)
        write_configs(folder)
        pairs = []
        for _ in range(runs):
            for made in ("feeds", "_site"):
                shutil.rmtree(folder / made, ignore_errors=True)
            for file in folder.glob("state.db*"):
                file.unlink()
            pairs.append([timed(folder, command) for command in commands.values()])
        before = feeds_in(folder)
        for command in commands.values():
            timed(folder, command)
        for maker, after in feeds_in(folder).items():
            entries = sum(data.count(b"<entry") for data in after.values())
            changed = sum(data != before[maker].get(path) for path, data in after.items())
            print(f"{maker}: {len(after)} feeds, {entries:,} entries; built once more, {changed} of them change")
    print(f"{count:,} articles, medians of {runs}:")
    for number, what in enumerate(("wall", "CPU")):
        ours, theirs = (statistics.median(pair[side][number] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(pair[0][number] / pair[1][number] for pair in pairs)
        print(f"  {what:<4}  feedbot {ours:6.2f} s   Jekyll {theirs:6.2f} s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
