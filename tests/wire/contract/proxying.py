"""A loopback proxy that forwards http and opens tunnels, both to the loopback whatever the name."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from feedbot.core.proxy import Proxy
from feedbot.core.url import split_url
from tests.wire.contract.raw import raw_server


@dataclass
class LoopbackProxy:
    """`answer` is said instead of doing anything; `password` is that of `me`, wanted where it is set."""

    answer: bytes | None = None
    password: str | None = None
    port: int = 0
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    def at(self, password: str | None = None, host: str = "proxy.test") -> Proxy:
        return Proxy(host, self.port, None if password is None else ("me", password))

    @property
    def trail(self) -> list[str]:
        return [head.partition("\r\n")[0] for head in self.heads]

    def headers(self, nth: int) -> dict[str, str]:
        lines = self.heads[nth].split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError):
            while await self._serve(reader, writer):
                pass

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").removesuffix("\r\n\r\n")
        self.heads.append(head)
        method, target, _ = head.partition("\r\n")[0].split(" ")
        if self.answer is not None:
            writer.write(self.answer)
            return False
        if self.password is not None:
            wanted = base64.b64encode(f"me:{self.password}".encode()).decode()
            if f"\r\nProxy-Authorization: Basic {wanted}" not in head:
                writer.write(b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
                return True
        if method == "CONNECT":
            theirs, ours = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
            writer.write(b"HTTP/1.1 200 Connection established\r\nX-Of: the proxy\r\nETag: proxys\r\n\r\n")
            await _pipe_both(reader, writer, theirs, ours)
            return False
        parts = split_url(target)
        theirs, ours = await asyncio.open_connection("127.0.0.1", parts.port)
        ours.write(head.replace(target, parts.path, 1).encode("latin-1") + b"\r\n\r\n")
        await _pipe_both(reader, writer, theirs, ours)
        return False


async def _pipe_both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    theirs: asyncio.StreamReader,
    ours: asyncio.StreamWriter,
) -> None:
    pipes = [asyncio.create_task(_pipe(reader, ours)), asyncio.create_task(_pipe(theirs, writer))]
    try:
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        await writer.drain()
    finally:
        ours.transport.abort()
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()


@asynccontextmanager
async def loopback_proxy(answer: bytes | None = None, password: str | None = None) -> AsyncIterator[LoopbackProxy]:
    proxy = LoopbackProxy(answer, password)
    async with raw_server(proxy.handle) as proxy.port:
        yield proxy
