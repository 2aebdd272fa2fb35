"""The least that asking over libcurl costs in Python: bare_curl.py LIST CONCURRENCY PROCESSES [AUTHORITIES].

A GET of each URL in a file: one multi handle a process, reused easy handles, no redirects followed, no names
looked up twice, nothing kept.
"""

import socket
import sys
from collections import deque
from multiprocessing import Process
from pathlib import Path

import pycurl

from feedbot.core.url import split_url


def main(listed: str, concurrency: str, processes: str, authorities: str | None = None) -> None:
    urls = Path(listed).read_text(encoding="utf-8").split()
    shares = int(processes)
    # By host, as feedbot does: a host's links go to one process.
    parts: list[list[str]] = [[] for _ in range(shares)]
    for url in urls:
        parts[sum(split_url(url).host.encode()) % shares].append(url)
    asking = [Process(target=ask, args=(part, int(concurrency) // shares, authorities)) for part in parts]
    for process in asking:
        process.start()
    for process in asking:
        process.join()


def ask(urls: list[str], concurrency: int, authorities: str | None) -> None:
    waiting = deque(urls)
    addresses: dict[str, str] = {}
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAXCONNECTS, 256)
    idle = [_easy(authorities) for _ in range(concurrency)]
    left = len(waiting)
    while left:
        while waiting and idle:
            url = waiting.popleft()
            parts = split_url(url)
            if parts.host not in addresses:
                addresses[parts.host] = socket.gethostbyname(parts.host)
            curl = idle.pop()
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.RESOLVE, [f"{parts.host}:{parts.port}:{addresses[parts.host]}"])
            multi.add_handle(curl)
        multi.perform()
        multi.select(1.0)
        more = 1
        while more:
            more, finished, failed = multi.info_read()
            for curl in (*finished, *(one for one, _, _ in failed)):
                multi.remove_handle(curl)
                idle.append(curl)
                left -= 1


def _easy(authorities: str | None) -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.WRITEFUNCTION, len)
    if authorities is not None:
        curl.setopt(pycurl.CAINFO, authorities)
    return curl


if __name__ == "__main__":
    main(*sys.argv[1:])
