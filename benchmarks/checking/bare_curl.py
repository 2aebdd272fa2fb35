"""The least that asking over libcurl costs in Python: `bare_curl.py LIST CONCURRENCY`, a GET of each URL in a file.

One multi handle, reused easy handles, no redirects followed, no names looked up anew, nothing kept.
"""

import socket
import sys
from collections import deque
from pathlib import Path

import pycurl

from feedbot.core.url import split_url


def main(listed: str, concurrency: str) -> None:
    waiting = deque(Path(listed).read_text(encoding="utf-8").split())
    addresses: dict[str, str] = {}
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAXCONNECTS, 256)
    idle = [_easy() for _ in range(int(concurrency))]
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


def _easy() -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.WRITEFUNCTION, len)
    return curl


if __name__ == "__main__":
    main(*sys.argv[1:])
