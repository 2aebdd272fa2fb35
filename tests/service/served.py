"""The built-in web server in a thread of its own, on a real socket."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.service.feeds_app import SEND_WITHIN_S
from feedbot.service.listening import MOST_CONNECTIONS, PATIENCE_S, WebServer, listening_socket
from feedbot.service.web import create_app
from tests.serving.servers import Server


class Later(SystemClock):
    """The machine's clocks, some time ahead: a file that was written just now has settled."""

    def __init__(self, ahead_s: float = 3600.0) -> None:
        self.ahead_s = ahead_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s

    def step(self, seconds: float) -> None:
        self.ahead_s += seconds


@contextmanager
def serving(
    config: Config,
    clock: SystemClock | None = None,
    *,
    patience_s: float = PATIENCE_S,
    send_within_s: float = SEND_WITHIN_S,
    most_connections: int = MOST_CONNECTIONS,
    access_log: bool = False,
) -> Iterator[Server]:
    """The server for as long as the block lasts."""
    listening = listening_socket("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    app = create_app(config, clock or Later(), access_log=access_log, send_within_s=send_within_s)
    server = WebServer(app, listening, patience_s=patience_s, most_connections=most_connections)
    thread = threading.Thread(target=lambda: asyncio.run(server.run()))
    thread.start()
    try:
        yield Server("feedbot", port, config.feeds_path, Path())
    finally:
        server.stop()
        thread.join(60)
        assert not thread.is_alive()


def config_of(folder: Path, more: str = "", *, feeds: str = "") -> Config:
    """The config of a publication whose feeds lie in `folder`/feeds and are served under /feeds/."""
    path = folder / "config.yaml"
    path.write_text(
        f"site: {{title: Test News, url: https://example.org/}}\n"
        f"feeds: {{url: https://example.org/feeds/{feeds}}}\n{more}",
        encoding="utf-8",
    )
    return load_config(path)
