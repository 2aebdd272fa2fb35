"""A check in a Dask cluster whose three workers are in networks of their own, while they and the command are killed.

    unshare --map-root-user --net python -m tests.faults.cluster_apart FOLDER ROUNDS SEED BREAKS

Prints, as JSON, what the web servers and state.db know of it afterwards. Each round begins with every link due. In one
more, in which nothing is killed, the command does BREAKS to itself before its first step, for the control of the test.
"""

import json
import random  # noqa: TID251 - seeded
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlite_utils.utils import sqlite3

from tests.publication import Publication, Site
from tests.wire.clusters import Dask, dask, until

FEEDBOT = "\nfrom feedbot.cli.main import entry_point\nentry_point()"
HOSTS = [f"10.7.100.{last}" for last in range(1, 9)]
LINKS = 160
WORKERS = 3
DELAY_S = 0.05


def ip(*words: str, inside: int | None = None) -> None:
    enter = [] if inside is None else ["nsenter", "--target", str(inside), "--net"]
    subprocess.run([*enter, "ip", *words], check=True)


@contextmanager
def networks() -> Iterator[list[list[str]]]:
    """What a command is begun with in each of the networks, from which 10.7.N.2 asks."""
    ip("link", "set", "lo", "up")
    for address in ("10.7.0.1", *HOSTS):
        ip("address", "add", f"{address}/32", "dev", "lo")
    held = []
    try:
        for number in range(1, WORKERS + 1):
            held.append(subprocess.Popen(["unshare", "--net", "sleep", "infinity"]))
            pid, ours = held[-1].pid, Path("/proc/self/ns/net").readlink()
            until(lambda pid=pid, ours=ours: Path(f"/proc/{pid}/ns/net").readlink() != ours)
            ip("link", "add", f"v{number}", "type", "veth", "peer", "name", "out", "netns", str(pid))
            ip("address", "add", f"10.7.{number}.1/24", "dev", f"v{number}")
            ip("link", "set", f"v{number}", "up")
            ip("address", "add", f"10.7.{number}.2/24", "dev", "out", inside=pid)
            ip("link", "set", "lo", "up", inside=pid)
            ip("link", "set", "out", "up", inside=pid)
            ip("route", "add", "default", "via", f"10.7.{number}.1", inside=pid)
        yield [["nsenter", "--target", str(one.pid), "--net"] for one in held]
    finally:
        for one in held:
            one.kill()
            one.wait()


class Servers:
    """All the hosts of the web; they know who asks for what, and when."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, str, str]] = []
        """The moment, the host, the path and who asked."""
        self._now: Counter[tuple[str, str]] = Counter()
        self.most: Counter[str] = Counter()
        """Requests at once, by host."""
        self._lock = threading.Lock()
        self._killed: set[str] = set()
        servers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 64 * 1024

            def do_GET(self) -> None:
                host = self.connection.getsockname()[0]
                servers.begin(host, self.path, self.client_address[0])
                time.sleep(0.01)
                servers.end(host, self.client_address[0])
                self.send_response(404 if int(self.path[2:]) % 5 == 0 else 200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", "15")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(b"<title>A</title")

            do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

            def log_message(self, *args: object) -> None:
                pass

        class Listening(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # of a worker that was killed

        self._server = Listening(("0.0.0.0", 8080), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def begin(self, host: str, path: str, who: str) -> None:
        with self._lock:
            self.asked.append((time.monotonic(), host, path, who))
            if who not in self._killed:
                self._now[host, who] += 1
                self.most[host] = max(self.most[host], sum(n for (one, _), n in self._now.items() if one == host))

    def end(self, host: str, who: str) -> None:
        with self._lock:
            self._now[host, who] = max(0, self._now[host, who] - 1)

    @contextmanager
    def forgetting(self, who: str) -> Iterator[None]:
        """What this one asks does not count any more: it is killed meanwhile, and its last answers are nobody's."""
        with self._lock:
            self._killed.add(who)
            for host in HOSTS:
                self._now[host, who] = 0
        yield
        with self._lock:
            self._killed.remove(who)


def publication(folder: Path) -> Publication:
    news = Publication(folder / "news", Site("http://10.7.100.1:8080"))
    text = news.config_file.read_text().replace("127.0.0.0/8", "10.0.0.0/8")
    news.config_file.write_text(text.replace("{concurrency: 8, delay_s: 0}", f"{{concurrency: 1, delay_s: {DELAY_S}}}"))
    for number in range(LINKS):
        news.site.url = f"http://{HOSTS[number % len(HOSTS)]}:8080"
        news.article(f"n{number}")
    return news


def rows(news: Publication, question: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{news.folder / 'state.db'}?mode=ro", uri=True, timeout=60) as connection:
        found = connection.execute(question).fetchall()
    connection.close()
    return found


def on_record(news: Publication) -> Counter[str]:
    """How many looks are on record, by the path of the link."""
    question = "SELECT url FROM observations JOIN targets ON targets.id = target_id"
    return Counter("/" + str(url).rpartition("/")[2] for (url,) in rows(news, question))


def check(news: Publication, cluster: Dask, breaks: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"{breaks}{FEEDBOT}", "check", "--wait", "--cluster", cluster.address],
        cwd=news.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main(folder: Path, rounds: int, seed: int, breaks: str) -> None:
    """Rounds of which each kills two workers, and every other one the command too, which is begun again."""
    drawn = random.Random(seed)
    found: dict[str, object] = {"killed workers": 0, "killed commands": 0, "said": [], "wrong": []}
    wrong: list[str] = []
    with networks() as places, dask(folder / "dask", host="10.7.0.1") as cluster:
        where = [cluster.add("--host", f"10.7.{n}.2", before=place) for n, place in enumerate(places, 1)]
        servers, news = Servers(), publication(folder)
        cluster.wait()
        for nth in range(rounds):
            before, begun = on_record(news) if nth else Counter(), len(servers.asked)
            command = check(news, cluster)
            until(lambda begun=begun: len(servers.asked) > begun)
            for _ in range(2):
                time.sleep(drawn.uniform(0.0, 0.5))
                which = drawn.randrange(WORKERS)
                with servers.forgetting(f"10.7.{which + 1}.2"):
                    cluster.kill(where[which])
                where[which] = cluster.add("--host", f"10.7.{which + 1}.2", before=places[which])
                found["killed workers"] += 1
            if nth % 2 == 0:
                until(lambda before=before, command=command: on_record(news) != before or command.poll() is not None)
                command.kill()
                command.communicate()
                found["killed commands"] += 1
                kept, begun = on_record(news) - before, len(servers.asked)
                command = check(news, cluster)
                _, err = command.communicate(timeout=300)
                again = {path for _, _, path, _ in servers.asked[begun:]}
                if twice := again & set(kept):
                    wrong.append(f"round {nth}: {len(twice)} are asked again, though they were on record")
            else:
                _, err = command.communicate(timeout=300)
            if command.returncode:
                wrong.append(f"round {nth}: exit code {command.returncode}")
            # Who is waited for is said where the machine is busy.
            found["said"] += [line for line in err.splitlines() if line and "it is waited for" not in line]
            looks = on_record(news) - before
            if len(looks) != LINKS:
                wrong.append(f"round {nth}: {LINKS - len(looks)} links are lost")
            if doubled := twice_on_record(looks):
                wrong.append(f"round {nth}: {doubled} links are on record twice")
            make_due(news)
        found |= {"wrong": wrong, **seen_by(servers)}
        before = on_record(news)
        check(news, cluster, breaks).communicate(timeout=300)
        found["twice on record in the control"] = twice_on_record(on_record(news) - before)
    print(json.dumps(found))  # noqa: T201 - for the test


def twice_on_record(looks: Counter[str]) -> int:
    return sum(number > 1 for number in looks.values())


def seen_by(servers: Servers) -> dict[str, object]:
    """Who asked them, and how gently."""
    moments = defaultdict(list)
    for at, host, _, _ in servers.asked:
        moments[host].append(at)
    gaps = sum(at[-1] - at[0] for at in moments.values())
    return {
        "asked": Counter(who for *_, who in servers.asked),
        "most at once": max(servers.most.values()),
        "seconds between two": gaps / sum(len(at) - 1 for at in moments.values()),
    }


def make_due(news: Publication) -> None:
    with sqlite3.connect(news.folder / "state.db", timeout=60) as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
