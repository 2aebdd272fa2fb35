"""What is asked in each row: the URLs, and the settings that both programs are given for them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

TOP = "bench"
"""The top-level domain of all hosts: each is a registrable domain of its own, as those of a publication's links are."""

TLS_HOSTS = 2000
SLOW_PORT, SILENT_PORT, SHUT_PORT = 8030, 8031, 8032
SLOW_S = 0.3
LATE_S = 5.0
"""How long the name server takes for names that begin with `late`."""

# Of a hundred URLs of the first row; nginx.conf has a location for each.
_MIX = {"ok": 70, "moved": 10, "missing": 8, "get-only": 7, "broken": 5}


@dataclass(frozen=True)
class Work:
    """One row of the table; `goal` is the most that feedbot's wall time may be of lychee's."""

    number: str
    title: str
    urls: Callable[[], list[str]]
    goal: float | None = None
    memory_goal: bool = False
    concurrency: int = 128
    per_host: int = 10
    tls: bool = False
    retries: bool = False
    timeout_s: float = 120.0


def _shuffled(urls: list[str]) -> list[str]:
    """In an order that looks like none, and is the same every time."""
    return sorted(urls, key=lambda url: hashlib.sha256(url.encode()).digest())


def mixed(hosts: int, a_host: int) -> list[str]:
    """The mix of the first row at so many hosts, with so many URLs each."""
    each = [kind for kind, share in _MIX.items() for _ in range(share)]
    kinds = [each[number * len(each) // a_host] for number in range(a_host)]
    return _shuffled([f"http://h{host}.{TOP}/{kind}/{n}" for host in range(hosts) for n, kind in enumerate(kinds)])


def _mixed(kinds: dict[str, int]) -> list[str]:
    each = [kind for kind, share in kinds.items() for _ in range(share)]
    return _shuffled([f"http://h{host}.{TOP}/{kind}/{n}" for host in range(200) for n, kind in enumerate(each)])


def _tls(per_host: int) -> list[str]:
    return _shuffled([f"https://h{host}.{TOP}/ok/{n}" for host in range(TLS_HOSTS) for n in range(per_host)])


def _slow() -> list[str]:
    return _shuffled([f"http://h{host}.{TOP}:{SLOW_PORT}/{n}" for host in range(500) for n in range(4)])


def _among_the_silent() -> list[str]:
    answering = [f"http://h{host}.{TOP}/ok/{n}" for host in range(500) for n in range(10)]
    silent = [f"http://h{host}.{TOP}:{SILENT_PORT}/" for host in range(1000, 1100)]
    shut = [f"http://h{host}.{TOP}:{SHUT_PORT}/" for host in range(1100, 1200)]
    late = [f"http://late{host}.{TOP}/ok/0" for host in range(200)]
    return _shuffled(answering + silent + shut + late)


def answers(url: str) -> bool:
    """True for a URL of the last row whose server answers at once, and whose name resolves at once."""
    return url.startswith("http://h") and f":{SILENT_PORT}/" not in url and f":{SHUT_PORT}/" not in url


ROWS = (
    Work("1", "20,000 http URLs, 200 hosts, mixed answers", lambda: _mixed(_MIX), 0.8, memory_goal=True),
    Work("1a", "the same without the 5 % of 500", lambda: _mixed({**_MIX, "ok": 75, "broken": 0})),
    Work("1b", "the same, feedbot asking a 500 three times", lambda: _mixed(_MIX), retries=True),
    Work("2", "2,000 TLS hosts x 3 URLs", lambda: _tls(3), 0.8, memory_goal=True, tls=True),
    Work("3", "2,000 TLS hosts x 1 URL", lambda: _tls(1), 1.0, memory_goal=True, tls=True),
    Work("4", "2,000 URLs, 500 hosts, 300 ms each", _slow, 1.05, concurrency=500),
    Work(
        "5", "200 silent hosts and 200 late names among 5,000", _among_the_silent, concurrency=500, retries=True,
        timeout_s=300.0,
    ),
)  # fmt: skip
