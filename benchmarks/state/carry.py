"""How long exporting and importing a state takes, how much memory and how many bytes: 100,000 links, made up.

Usage: python benchmarks/state/carry.py [LINKS [LOOKS]]
"""

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedbot.state import hosts
from feedbot.state.database import open_state, seconds, stamp

BEGIN = datetime(2026, 8, 1, tzinfo=UTC)
HOSTS = 2000
LINKS_AN_ARTICLE = 10
FEEDBOT = Path(sys.executable).with_name("feedbot")
CONFIG = """site: {title: T, url: https://example.org/}
articles: {paths: ["articles/*.md"]}
feeds: {url: https://example.org/feeds/}
"""


def main() -> None:
    links = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    looks = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        here, there = Path(name, "here"), Path(name, "there")
        for folder in (here, there):
            folder.mkdir()
            (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        fill(here / "state.db", links, looks)
        file = Path(name, "state.ndjson")
        print(f"{links:,} links, {looks} looks each; state.db {megabytes(here / 'state.db')}")
        timed("export", here, "export", "--out", str(file))
        timed("import", there, "import", str(file))
        size, lines, of_looks = file.stat().st_size, 0, 0
        packed = Path(name, "state.ndjson.gz")
        with file.open("rb") as plain, gzip.open(packed, "wb") as out:
            for line in plain:
                lines += 1
                of_looks += len(line) if line.startswith(b'{"kind":"look"') else 0
                out.write(line)
        print(f"  {lines:,} lines, {size / 1e6:.0f} MB, {(size - of_looks) / 1e6:.0f} MB without the looks")
        print(f"  packed {megabytes(packed)}; made-up lines are more alike than real ones")
        again = Path(name, "again.ndjson")
        subprocess.run([FEEDBOT, "export", "--out", str(again)], cwd=there, check=True, stdout=subprocess.DEVNULL)
        assert again.read_bytes() == file.read_bytes()


def timed(what: str, folder: Path, *words: str) -> None:
    started = time.perf_counter()
    process = subprocess.Popen([FEEDBOT, *words], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    took = time.perf_counter() - started
    print(f"  {what}  {took:6.1f} s wall  {cpu(used):6.1f} s CPU  {used.ru_maxrss / 1024:4.0f} MB")


def cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"


def url_of(link: int) -> str:
    return f"https://host{link % HOSTS}.example/section/some-long-slug-of-an-article-{link}"


def page_of(link: int) -> str:
    title = f"A title of page number {link} as it may be"
    page = {"rules": 1, "media": "text/html", "title": title, "h1": title, "canonical": url_of(link), "words": 640}
    return json.dumps(page, separators=(",", ":"))


def fill(path: Path, links: int, looks: int) -> None:
    runs = 720 * looks
    articles = links // LINKS_AN_ARTICLE
    at = stamp(BEGIN)
    with open_state(path, who="a benchmark") as state, state.write() as connection:
        connection.executemany(
            "INSERT INTO runs (id, who, started_at, finished_at, online, summary)"
            " VALUES (?, 'feedbot run', ?, ?, 1, ?)",
            ((run, at, at, '{"alive":140}') for run in range(1, runs + 1)),
        )
        of_hosts = hosts.numbers(connection, map(url_of, range(1, links + 1)))
        connection.executemany(
            "INSERT INTO targets (id, url, host_id, status, since_at, verdict, reason, checked_at, first_alive_at,"
            " next_check_at, page_checked_at, etag, last_modified, page)"
            " VALUES (?, ?, ?, ?, ?, 'alive', '200 on GET', ?, ?, ?, ?, ?, 'Wed, 21 Oct 2026 07:28:00 GMT',"
            " pack_page(?, ?))",
            (
                (
                    one,
                    url_of(one),
                    of_hosts[f"host{one % HOSTS}.example"],
                    "alive",
                    *[seconds(BEGIN)] * 5,
                    f'"{one:x}"',
                    page_of(one),
                    url_of(one),
                )
                for one in range(1, links + 1)
            ),
        )
        connection.executemany(
            "INSERT INTO files (path, mtime_ns, size, inode, sha256, rules, source, entry_id, identified)"
            " VALUES (?, 1, 1, 1, ?, 'x', ?, ?, 1)",
            ((f"articles/{one:05}.md", f"{one:064x}", url_of(one), f"tag:{one}") for one in range(1, articles + 1)),
        )
        connection.executemany(
            "INSERT INTO identities (id, path, source, published_at, updated_at, digest, public)"
            " VALUES (?, ?, ?, ?, ?, '1:0123456789abcdef', 1)",
            ((f"tag:{one}", f"articles/{one:05}.md", url_of(one), at, at) for one in range(1, articles + 1)),
        )
        connection.executemany(
            "INSERT INTO observations (run_id, target_id, started_at, elapsed_ms, http_status, verdict, reason, rules,"
            " leans_on, seen) VALUES (:run, :link, :at, :took, 200, 'alive', '200 on GET', 2, :first,"
            " pack_look(:exchanges, :context, :url, (SELECT seen FROM observations WHERE id = :first)))",
            (look_of(one, look) for look in range(looks) for one in range(1, links + 1)),
        )
        connection.execute("UPDATE clock SET latest = ?", [stamp(BEGIN + timedelta(days=30 * looks))])


def look_of(link: int, look: int) -> dict[str, object]:
    """The first look has read the page, the others have asked for its head."""
    method, page = ("HEAD", "") if look else ("GET", f',"signals":{page_of(link)}')
    exchange = (
        f'{{"hop":0,"method":"{method}","url":"{url_of(link)}","status":200,"peer":"192.0.2.7","http_version":"HTTP/2",'
        f'"elapsed_ms":{link % 900},"etag":"\\"{link:x}\\"","last_modified":"Wed, 21 Oct 2026 07:28:00 GMT",'
        f'"length":91234,"phases":[12,30,41,88],"certificate_expires_at":"2027-01-01T00:00:00Z"{page}}}'
    )
    context = f'{{"roles":["source"],"titles":["A title of page number {link} as it may be"]}}'
    run = 1 + look * 720 + link % 720
    at = seconds(BEGIN + timedelta(days=30 * look, minutes=link % 43_200))
    first = link if look else None  # the first looks are the first rows
    return {
        "run": run,
        "link": link,
        "at": at,
        "took": link % 900,
        "first": first,
        "exchanges": f"[{exchange}]",
        "context": context,
        "url": url_of(link),
    }


if __name__ == "__main__":
    main()
