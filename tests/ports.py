"""Ports for servers that must be told theirs: whoever asks for any free port is never given one of these."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

_FIRST = 10240
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@contextmanager
def own_port() -> Iterator[int]:
    """A TCP port of 127.0.0.1 where nobody listens, and that no other user of this function has meanwhile.

    A port that was free a moment ago may have become another's. These lie below those that the system gives to clients
    and to servers that ask for port 0; the UDP port of the same number, held meanwhile, keeps two tests apart.
    """
    behind = int(_RANGE.read_text(encoding="ascii").split()[0]) if _RANGE.exists() else 32768
    for number in range(behind - _FIRST):
        port = _FIRST + (os.getpid() * 7 + number) % (behind - _FIRST)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            try:
                held.bind(("127.0.0.1", port))
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                continue
            yield port
            return
    raise AssertionError("no port is free")


_closed = ExitStack()


@cache
def closed_port() -> int:
    """A port of 127.0.0.1 where nobody listens for as long as this process lives."""
    return _closed.enter_context(own_port())
