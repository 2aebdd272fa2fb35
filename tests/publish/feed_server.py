"""A web server for a folder of feeds that answers as nginx does: ETag and Last-Modified, and 304 to who has them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class FeedServer:
    """Where the folder is served, and the status of every answer so far."""

    url: str = ""
    answers: list[int] = field(default_factory=list)


@contextmanager
def served(folder: Path) -> Iterator[FeedServer]:
    """Serve the files of a folder on the loopback interface, until the block ends."""
    told = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / self.path.rpartition("/")[2]
            if not path.is_file():
                self.send_error(404)
                return
            stat = path.stat()
            # The time of the file and its size, as nginx makes it: a file written anew is another, whatever is in it.
            tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
            since = formatdate(stat.st_mtime, usegmt=True)
            # RFC 9110, 13.2.2: If-Modified-Since counts only without If-None-Match.
            condition = self.headers.get("If-None-Match")
            is_known = condition == tag if condition else self.headers.get("If-Modified-Since") == since
            body = b"" if is_known else path.read_bytes()
            self.send_response(304 if is_known else 200)
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", since)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            told.answers.append(int(code))

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
