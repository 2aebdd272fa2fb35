"""The web servers of docs/serving.md, each started from its snippet there."""

import http.client
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.debian import find_program
from tests.ports import own_port

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"

# What nginx.conf of Debian has around a site, but for one process without a pid file, owned by who runs the test.
_AROUND_NGINX = """\
daemon off;
master_process off;
pid {scratch}/nginx.pid;
events {{}}
http {{
    sendfile on;
    tcp_nopush on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    gzip on;
    log_format seen '$status $request_uri';
    access_log {scratch}/access.log seen;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
{site}
}}
"""
_AROUND_CADDY = """\
{{
	admin off
	auto_https off
	default_bind 127.0.0.1
}}
{site}
"""
_STARTS_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; several headers of one name are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())


@dataclass(frozen=True, slots=True)
class Server:
    """A server while it runs, and the folder that it serves under /feeds/."""

    name: str
    port: int
    folder: Path
    log: Path
    """Status and path of every request, a line each; nginx only."""

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request on a connection of its own; `if_none_match=...` sends If-None-Match."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {name.replace("_", "-").title(): value for name, value in headers.items()}
            connection.request(method, path, headers={"Accept-Encoding": "identity"} | sent)
            answer = connection.getresponse()
            received: dict[str, str] = {}
            for name, value in answer.getheaders():
                received[name.lower()] = ", ".join(filter(None, [received.get(name.lower()), value]))
            return Answer(answer.status, received, answer.read())
        finally:
            connection.close()


def snippet(name: str) -> str:
    """The one block of that language on the page."""
    (found,) = re.findall(rf"^```{name}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return found


def put_in(text: str, old: str, new: str) -> str:
    """The text with its one `old` replaced: a snippet that has changed is not passed over in silence."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


# The lines of a snippet that are for those who have a hub, by how they begin.
_FOR_A_HUB = {"nginx": ["map $uri", "add_header Link"], "caddy": ["@feed ", "header @feed"]}


def with_hub(name: str, site: str) -> str:
    """The snippet with what it says of a WebSub hub, which stands there as comments."""
    for line in _FOR_A_HUB[name]:
        site = put_in(site, f"#{line}", line)
    return site


@contextmanager
def serving(name: str, site: str, folder: Path, scratch: Path) -> Iterator[Server]:
    """The server with `site`, a snippet of the page, for as long as the block lasts."""
    scratch.mkdir()
    site = put_in(site, "/srv/news/feeds", str(folder))
    with own_port() as port:
        process = _start(name, site, scratch, port)
        try:
            yield Server(name, port, folder, scratch / "access.log")
        finally:
            process.terminate()
            process.wait(60)


def _start(name: str, site: str, scratch: Path, port: int) -> "subprocess.Popen[bytes]":
    program = find_program(name)
    assert program is not None, f"needs {name}"
    homes = {"HOME": str(scratch), "XDG_DATA_HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch)}
    words = _command(name, site, scratch, port)
    with (scratch / "log").open("wb") as log:
        process = subprocess.Popen([program, *words], stdout=log, stderr=log, env=os.environ | homes)
    if _listens(process, port):
        return process
    process.kill()
    process.wait(60)
    raise AssertionError(f"{name} does not start: {(scratch / 'log').read_text(encoding='utf-8')}")


def _command(name: str, site: str, scratch: Path, port: int) -> list[str]:
    config = scratch / name
    if name == "nginx":
        site = put_in(site, "listen 80;", f"listen 127.0.0.1:{port};")
        config.write_text(_AROUND_NGINX.format(scratch=scratch, site=site), encoding="utf-8")
        return ["-p", str(scratch), "-e", "stderr", "-c", str(config)]
    # An address with its scheme: for a bare name Caddy would ask the world for a certificate.
    site = put_in(site, "news.example {", f"http://127.0.0.1:{port} {{")
    config.write_text(_AROUND_CADDY.format(site=site), encoding="utf-8")
    return ["run", "--adapter", "caddyfile", "--config", str(config)]


def _listens(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """True as soon as the port takes connections; False where the process ends first, or takes too long."""
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return True
    return False
