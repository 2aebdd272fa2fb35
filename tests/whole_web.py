"""A proxy on loopback behind which every site of the web answers, for commands that ask what documents name."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme


@dataclass
class WholeWeb:
    """Every page answers 200 but for those of `answers`: a status, or a status and a Location, by URL."""

    proxy: str
    authorities: Path
    answers: dict[str, int | tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """What leads a feedbot there, in its environment."""
        return {
            "FEEDBOT__CHECKER__PROXY": self.proxy,
            "FEEDBOT__CHECKER__CA_BUNDLE": str(self.authorities),
            "FEEDBOT__CHECKER__CANARIES": "[]",
            "FEEDBOT__CHECKER__ROBOTS": "never",
            "FEEDBOT__CHECKER__PER_HOST__DELAY_S": "0",
        }


@contextmanager
def whole_web(folder: Path) -> Iterator[WholeWeb]:
    """The web, until the end; its authority is written to the folder."""
    authority = trustme.CA()
    authorities = folder / "authorities.pem"
    authority.cert_pem.write_to_path(str(authorities))
    contexts: dict[str, ssl.SSLContext] = {}
    making = threading.Lock()

    def context_of(host: str) -> ssl.SSLContext:
        with making:
            if host not in contexts:
                contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                authority.issue_cert(host).configure_cert(contexts[host])
            return contexts[host]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024
        site = ""
        """What a path is below, once a tunnel leads there."""

        def do_CONNECT(self) -> None:
            host, _, _ = self.path.rpartition(":")
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            self.connection = context_of(host).wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", self.wbufsize)
            self.site = f"https://{host}"
            self.close_connection = False

        def do_GET(self) -> None:
            url = self.site + self.path
            web.asked.append((self.command, url))
            answer = web.answers.get(url, 200)
            status, location = answer if isinstance(answer, tuple) else (answer, None)
            is_picture = url.endswith((".jpg", ".png", ".svg", ".webp"))
            body = b"\xff\xd8\xff" if is_picture else b"<title>A page</title><p>Words that somebody may read."
            self.send_response(status)
            if location is not None:
                self.send_header("Location", location)
            self.send_header("Content-Type", "image/jpeg" if is_picture else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web = WholeWeb(f"http://127.0.0.1:{server.server_address[1]}", authorities)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
