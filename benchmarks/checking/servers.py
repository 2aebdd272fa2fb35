"""The other side, all of it on loopback: nginx, a name server, and servers that are slow, silent or shut.

Run as a program, this is the name server and the odd servers; it says "ready" and works until its
standard input is closed.
"""

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme
from work import LATE_S, SHUT_PORT, SILENT_PORT, SLOW_PORT, SLOW_S, TOP

from feedbot.wire.loop import run

_SO_RCVBUFFORCE = 33  # socket(7); Python has no name for it

# nginx puts the host and the path in: no two pages are the same.
_PAGE = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>The council votes on $uri</title>"
    "<link rel=canonical href=$scheme://$host$uri></head><body><h1>The council of $host votes on $uri</h1>"
    + "<p>What the vote is about, and who spoke for it and against it, in words that fill a page.</p>" * 8
    + "<p>Read on at <a href=/>$host</a>.</p></body></html>"
)

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 2;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    default_type text/html;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server_names_hash_max_size 16384;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 80 backlog=4096;
        location /ok/ {{ return 200 "{page}"; }}
        location ~ ^/moved/(.*)$ {{ return 301 $scheme://$host/ok/from-$1; }}
        location /missing/ {{ return 404 "{page}"; }}
        location /get-only/ {{
            if ($request_method = HEAD) {{ return 405; }}
            return 200 "{page}";
        }}
        location /broken/ {{ return 500; }}
        location = /status {{ stub_status; }}
    }}
    include {folder}/tls-*.conf;
}}
"""

# As on the web, each host has a certificate of its own.
_NGINX_TLS = """
server {{
    listen 443 ssl{options};
    server_name {host};
    ssl_certificate {folder}/{host}.pem;
    ssl_certificate_key {folder}/{host}.pem;
    location /ok/ {{ return 200 "{page}"; }}
}}
"""


@contextmanager
def serving(folder: Path, tls_hosts: int) -> Iterator[Path]:
    """Everything served for as long as the block lasts; gives the file of the authority to trust."""
    authority = trustme.CA()
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    for number in range(tls_hosts):
        host = f"h{number}.{TOP}"
        authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(folder / f"{host}.pem")
        options = " backlog=4096" if number == 0 else ""
        server = _NGINX_TLS.format(folder=folder, host=host, options=options, page=_PAGE)
        (folder / f"tls-{number}.conf").write_text(server, encoding="utf-8")
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, page=_PAGE), encoding="utf-8")
    odd = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    nginx = subprocess.Popen([which_nginx() or "nginx", "-p", str(folder), "-c", str(config)])
    try:
        assert odd.stdout is not None
        if odd.stdout.readline() != b"ready\n":
            sys.exit("the name server did not start")
        _wait_for_nginx(nginx)
        yield trusted
    finally:
        for process in (odd, nginx):
            process.terminate()
            process.wait(10)


def requests_so_far() -> int:
    """How many requests nginx has answered since its start."""
    with socket.create_connection(("127.0.0.1", 80), timeout=10) as sock:
        sock.sendall(b"GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b"")).decode()
    return int(answer.partition("server accepts handled requests\n")[2].split()[2])


def which_nginx() -> str | None:
    """nginx, which Debian keeps out of a user's path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def _wait_for_nginx(nginx: "subprocess.Popen[bytes]") -> None:
    for _ in range(400):
        if nginx.poll() is not None:
            break
        try:
            requests_so_far()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("nginx did not start")


class _Names(asyncio.DatagramProtocol):
    """A name server (RFC 1035): each host has a loopback address of its own, and no IPv6 address."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        label = data[13 : 13 + data[12]].decode("ascii").lower()
        end = data.index(b"\0", 12) + 5
        is_a = data[end - 4 : end - 2] == b"\0\1"
        reply = data[:2] + b"\x85\x80" + data[4:6] + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0" + data[12:end]
        if is_a:
            number = int(label.lstrip("abcdefghijklmnopqrstuvwxyz"))
            # 127.1.0.1 and on; the name is the question's, for a minute.
            reply += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\1" + bytes(divmod(number + 1, 256))
        wait_s = LATE_S if label.startswith("late") else 0.0
        asyncio.get_running_loop().call_later(wait_s, self._transport.sendto, reply, address)


async def _answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(SLOW_S)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(_PAGE))
            writer.write(_PAGE.encode())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.read()
    except ConnectionError:
        pass
    finally:
        writer.close()


def _shut_door() -> list[socket.socket]:
    """A port whose queue is full, so that the system drops every further attempt to connect."""
    door = socket.create_server(("0.0.0.0", SHUT_PORT), backlog=0)
    waiting = [door]
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", SHUT_PORT))
        waiting.append(one)
    return waiting


def _names_socket() -> socket.socket:
    """With room for every question at once: one that is dropped is asked again only after a long wait."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 * 1024 * 1024)
    sock.bind(("127.0.0.1", 53))
    return sock


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(_Names, sock=_names_socket())
    await asyncio.start_server(_answer_slowly, "0.0.0.0", SLOW_PORT, backlog=4096)
    await asyncio.start_server(_stay_silent, "0.0.0.0", SILENT_PORT, backlog=4096)
    shut = _shut_door()
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for one in shut:
        one.close()


if __name__ == "__main__":
    run(_serve())
