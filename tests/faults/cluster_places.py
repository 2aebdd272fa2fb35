"""Links at their last strike, in a cluster whose two workers ask from networks of their own, with names.

    unshare --map-root-user --net python -m tests.faults.cluster_places FOLDER

Prints, as JSON, where the links stood after each run. The server answers 404 to whichever place asks first in a run;
what the other one gets is in the name of the link.
"""

import json
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from feedbot.cli.evidence import gather
from feedbot.cli.reports.why import why_lines
from feedbot.clock import SystemClock
from feedbot.state import targets
from feedbot.state.database import State, seconds
from feedbot.steps.rejudging import rejudge
from tests.faults.cluster_apart import networks
from tests.publication import Publication, Site
from tests.wire.clusters import dask

PLACES = ("virginia", "frankfurt")
URL = "http://10.7.100.1:8080"
LINKS = ("open", "shut", "wall", "gone")


class Server:
    """Tells its two visitors apart by their addresses."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        """By path, who asked first in this run."""
        self.hangs = threading.Event()
        self.is_asked = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status = server.status(self.path[1:], self.client_address[0])
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("10.7.100.1", 8080), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def status(self, path: str, who: str) -> int:
        if self.first.setdefault(path, who) == who:
            return 404
        if path == "gone" and not self.hangs.is_set():
            self.is_asked.set()
            self.hangs.wait(20)
        return {"open": 200, "shut": 404, "wall": 403, "gone": 404}[path]


def stands(news: Publication, *names: str) -> dict[str, tuple[str, str]]:
    with news.state() as state:
        found = {name: targets.get(state, id_of(state, name)).status for name in names}
    return {name: (status.kind.value, status.reason) for name, status in found.items()}


def main(folder: Path) -> None:
    with networks() as places, dask(folder / "dask", host="10.7.0.1") as cluster:
        workers = {
            name: cluster.add("--host", f"10.7.{nth}.2", before=places[nth - 1], FEEDBOT_VANTAGE=name)
            for nth, name in enumerate(PLACES, 1)
        }
        cluster.wait()
        server, news = Server(), Publication(folder / "news", Site(URL))
        text = news.config_file.read_text().replace("127.0.0.0/8", "10.0.0.0/8")
        news.config_file.write_text(f"{text}  cluster: {cluster.address}\n")
        for name in LINKS:
            news.article(name)
        news.clock.at = SystemClock().now()
        news.run()
        found: dict[str, object] = {}
        server.first.clear()
        make_it_the_last_strike(news, "open", "shut", "wall")
        news.run()
        found["asked twice"] = stands(news, "open", "shut", "wall")
        with news.state() as state:
            found["judged again"] = [one.url for one in rejudge(news.config, state, news.clock, apply=False).changes]
            evidence = gather(news.config, state, targets.get(state, id_of(state, "open")), news.clock.now())
            found["shown"] = "\n".join(why_lines(evidence, every=True))
        make_it_the_last_strike(news, "gone")
        # Its second place is lost while it asks.
        losing = threading.Thread(target=lose, args=(server, cluster, workers))
        losing.start()
        run = news.run()
        losing.join()
        [result] = run.checking.results
        with news.state() as state:
            again_s = (targets.due_at(state, f"{URL}/gone") - news.clock.now()).total_seconds()
        found["waits"] = [*stands(news, "gone")["gone"], result.verdict.kind, result.verdict.reason, again_s]
        server.first.clear()
        make_it_the_last_strike(news, "gone")
        news.clock.at = SystemClock().now()
        news.run()
        found["one place"] = stands(news, "gone")
    print(json.dumps(found))  # noqa: T201 - for the test


def id_of(state: State, name: str) -> int:
    return targets.find(state, f"{URL}/{name}").id


def make_it_the_last_strike(news: Publication, *names: str) -> None:
    """Let these links have failed twice, ten and four days ago, and none else be due."""
    first, last = (seconds(news.clock.now() - timedelta(days=days)) for days in (10, 4))
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 2 * next_check_at")
        connection.executemany(
            "UPDATE targets SET strikes = 2, first_strike_at = ?, last_strike_at = ?, checked_at = ?, since_at = ?,"
            " next_check_at = ? WHERE id = ?",
            [[first, last, last, first, last, id_of(state, name)] for name in names],
        )


def lose(server: Server, cluster, workers) -> None:
    """Kill the worker of the place that asks second, when it asks."""
    server.is_asked.wait(60)
    first = server.first["gone"]
    nth = 1 if first == "10.7.2.2" else 2
    cluster.kill(workers[PLACES[nth - 1]])
    server.hangs.set()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
