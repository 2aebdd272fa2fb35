"""Builds of very many articles: `builds.py [--articles N] [--topics N] [--runs N] [--folder FOLDER] [PART]...`.

100,000 articles in the shape of the real input, with 500 topics, where not told. The parts, all where none is named:

  cold       from nothing, beside Hugo (the command `hugo`; Debian's is 0.111) over the same files in turn. Both write
             RSS alone, as beside_hugo.py has them: without pages, .gz and archive.
  limited    from nothing with the defaults, within 1,000 MB for all processes together, page cache included (a control
             group: root is needed); and, as a control, within 60 MB, where it has to fail.
  unchanged  with the defaults, when nothing has changed.
  watched    `feedbot run` with the defaults: from the closing of a changed article's file until the last of its feeds
             is replaced, in all formats; and the same of a new article. Its check is held off by a lock, as no link of
             these articles leads anywhere. What was built is removed afterwards, and so are the new articles.

Cold builds are done once for each of --runs, 1 where not told; the others five times. What is printed are medians:
seconds, and the greatest sum of the memory of all processes (by which a shared page counts once, five looks a second),
or the peak of the largest process where that is more.
The articles stay in the folder between runs (feedbot-scale in the temporary folder where not told), about 0.8 GB, as
does what is built: 6 GB are needed.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), *(str(PROJECT / "benchmarks" / one) for one in ("build", "checking"))]

from beside_hugo import HUGO_TOML, SITE, items_in  # noqa: E402
from generate import generate  # noqa: E402
from limit import NoGroup, limited_to  # noqa: E402
from usage import Usage, run  # noqa: E402

from feedbot.cli.config_text import render_config  # noqa: E402
from feedbot.state.database import checking_run, open_state  # noqa: E402

PARTS = ("cold", "limited", "unchanged", "watched")
FEEDBOT = [sys.executable, "-m", "feedbot"]
RUNS = 5
LIMIT_MB = 1_000
TOO_LITTLE_MB = 60
TIMEOUT_S = 7_200.0
CHANGED_WITHIN_S = 120.0
RSS_ALONE = (
    ("[rss, atom, json]", "[rss]"),
    ("gzip: true", "gzip: false"),
    ("pages: true", "pages: false"),
    ("history: [all]", "history: []"),
)


class Place:
    """A folder with the articles, where builds are made with one config."""

    def __init__(self, folder: Path, name: str, changes: Sequence[tuple[str, str]] = ()) -> None:
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.feeds = self.folder / "feeds"
        self.config = render_config(title="Bench", url=SITE, feeds_url=SITE, contact=SITE, pattern="articles/*.md")
        for before, after in changes:
            assert before in self.config
            self.config = self.config.replace(before, after)
        (self.folder / "config.yaml").write_text(self.config, encoding="utf-8")
        (self.folder / "hugo.toml").write_text(HUGO_TOML, encoding="utf-8")
        articles = self.folder / "articles"
        if not articles.is_symlink():
            articles.symlink_to(folder / "articles")

    def clear(self) -> None:
        for made in ("feeds", "reports", "public", "resources", "cache"):
            shutil.rmtree(self.folder / made, ignore_errors=True)
        for file in self.folder.glob("state.db*"):
            file.unlink()

    def use(self, command: Sequence[str]) -> Usage:
        env = os.environ | {"PYTHONPATH": str(PROJECT)}
        return run(command, self.folder, self.folder / "out", env, TIMEOUT_S)

    def build(self) -> Usage:
        used = self.use([*FEEDBOT, "build"])
        if used.code:
            sys.exit(f"feedbot build exited with {used.code}: see {self.folder / 'out'}")
        return used

    def require_built(self) -> None:
        if not (self.feeds / "feeds.opml").exists():
            self.clear()
            self.build()


def median(figures: Sequence[float]) -> float:
    return statistics.median(figures)


def line(what: str, used: Sequence[Usage]) -> str:
    figures = [(one.wall_s, one.cpu_s, max(one.peak_mb, one.largest_mb)) for one in used]
    wall, cpu, peak = (median(column) for column in zip(*figures, strict=True))
    return f"  {what:<28} {wall:8.2f} s wall  {cpu:8.2f} s CPU  {peak:5.0f} MB"


def cold(folder: Path, runs: int) -> None:
    place = Place(folder, "cold", RSS_ALONE)
    hugo = ["hugo", "--quiet", "--noBuildLock", "--cacheDir", str(place.folder / "cache")]
    pairs = []
    for _ in range(runs):
        place.clear()
        pairs.append((place.build(), place.use(hugo)))
        if pairs[-1][1].code:
            sys.exit(f"hugo exited with {pairs[-1][1].code}: see {place.folder / 'out'}")
    ours, theirs = [*place.feeds.glob("*.rss")], [*place.folder.glob("public/**/*.xml")]
    print(line("cold, RSS, feedbot", [pair[0] for pair in pairs]), end="")
    print(f"   {len(ours)} feeds, {items_in(ours):,} entries")
    print(line("cold, RSS, Hugo", [pair[1] for pair in pairs]), end="")
    print(f"   {len(theirs)} feeds, {items_in(theirs):,} entries")
    ratio = median([ours.cpu_s / theirs.cpu_s for ours, theirs in pairs])
    print(f"  feedbot takes {ratio:.2f} times Hugo's CPU (goal: at most 1; at most 600 MB)")
    place.clear()


def limited(folder: Path) -> None:
    place = Place(folder, "defaults")
    for most_mb in (TOO_LITTLE_MB, LIMIT_MB):
        place.clear()
        try:
            with limited_to(most_mb) as group:
                used = place.use(group.inside([*FEEDBOT, "build"]))
                what = f"cold, defaults, in {most_mb:,} MB"
                print(line(what, [used]), f"  exit code {used.code}, {group.kills} killed ({group.kind})")
        except NoGroup as why:
            print(f"  cold, defaults, limited: not measured: {why}")


def unchanged(folder: Path) -> None:
    place = Place(folder, "defaults")
    place.require_built()
    place.build()
    print(line("nothing changed, defaults", [place.build() for _ in range(RUNS)]), "  (goals: 1.5 s wall, 150 MB)")


def watched(folder: Path) -> None:
    place = Place(folder, "defaults")
    place.require_built()
    path = place.folder / "state.db"
    with open_state(path, who="benchmark") as state, checking_run(state), (place.folder / "log").open("wb") as log:
        env = os.environ | {"PYTHONPATH": str(PROJECT)}
        process = subprocess.Popen([*FEEDBOT, "run"], cwd=place.folder, env=env, stdout=log, stderr=log)
        try:
            wait_for_log(place, process, "article files are watched")
            took: dict[str, list[tuple[float, int]]] = {"changed": [], "new": []}
            written = 0
            for what, change in (("changed", with_another_title), ("new", written_anew)):
                for number in range(RUNS + 1):
                    took[what].append(replaced_after(place, number, change))
                    # The rest, such as the archive, is written after the feeds.
                    written += 1
                    wait_for_log(place, process, "files written", written)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    for what, times in took.items():
        # The first waits for the reading that a daemon begins with.
        each = ", ".join(f"{seconds:.2f}" for seconds, _ in times[1:])
        print(f"  {f'one {what}, watched':<28} {median([seconds for seconds, _ in times[1:]]):8.2f} s ({each})", end="")
        print(f"   until {times[-1][1]} feed files are replaced (goal: 1 s)")
    for file in (place.folder / "articles").glob("*-new-*.md"):
        file.unlink()
    place.clear()


def replaced_after(
    place: Place, number: int, change: Callable[[Path, str, int], tuple[Path, str]]
) -> tuple[float, int]:
    """Seconds from the closing of a file to the last of its feeds; and how many those are."""
    file = newest_article(place, number)
    text = file.read_text(encoding="utf-8")
    feeds = {
        one: one.stat().st_mtime_ns for one in place.feeds.iterdir() if is_feed_with(one, line_of("sourceUrl", text))
    }
    file, text = change(file, text, number)
    with file.open("w", encoding="utf-8") as writing:
        writing.write(text)
    closed = time.monotonic()
    left = dict(feeds)
    while left:
        if time.monotonic() > closed + CHANGED_WITHIN_S:
            sys.exit(
                f"{file.name} is not in {len(left)} of its feeds after {CHANGED_WITHIN_S:.0f} s: see {place.folder}"
            )
        left = {one: stamp for one, stamp in left.items() if one.stat().st_mtime_ns == stamp}
        time.sleep(0.005)
    return time.monotonic() - closed, len(feeds)


def with_another_title(file: Path, text: str, number: int) -> tuple[Path, str]:
    """An article as an editor has changed it."""
    return file, text.replace(line_of("title", text), f'"Changed {number} by {os.getpid()}"', 1)


def written_anew(file: Path, text: str, number: int) -> tuple[Path, str]:
    """A new article on the topics of another one, a day younger than the newest."""
    moment = line_of("publishedDateTime", text)
    text = text.replace(moment, (datetime.fromisoformat(moment) + timedelta(days=1, minutes=number)).isoformat(), 1)
    text = text.replace(line_of("sourceUrl", text), f"https://www.news.example/new/{number}/", 1)
    return file.with_name(f"{file.stem}-new-{number}.md"), text


def line_of(field: str, text: str) -> str:
    """What the front matter says of a field, as it is written there."""
    found = re.search(f"(?m)^{field}: (.*)$", text)
    assert found is not None
    return found[1]


def newest_article(place: Place, number: int) -> Path:
    return sorted(one for one in (place.folder / "articles").iterdir() if "-new-" not in one.name)[-1 - number]


def is_feed_with(file: Path, source: str) -> bool:
    is_feed = file.suffix in {".rss", ".atom", ".json"} and file.name != "ids.json" and file.name.count(".") == 1
    return is_feed and source in file.read_text("utf-8")


def wait_for_log(place: Place, process: "subprocess.Popen[bytes]", words: str, times: int = 1) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while (place.folder / "log").read_text(encoding="utf-8").count(words) < times:
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"feedbot run does not run: see {place.folder / 'log'}")
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--topics", type=int, default=500)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "feedbot-scale")
    told = parser.parse_args()
    folder = (told.folder / f"{told.articles}-{told.topics}").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "generated").exists():
        generate(folder / "articles", told.articles, told.topics)
        (folder / "generated").touch()
    print(f"{told.articles:,} articles, {told.topics} topics, {os.cpu_count()} cores:")
    for part in told.parts or PARTS:
        match part:
            case "cold":
                cold(folder, told.runs)
            case "limited":
                limited(folder)
            case "unchanged":
                unchanged(folder)
            case "watched":
                watched(folder)


if __name__ == "__main__":
    main()
