"""Loopback servers that answer byte by byte what a test tells them to."""

import asyncio
import socket
import ssl as tls
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    nth: int
    """Counts the requests with this method and target from 1."""
    connection: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Close:
    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Reset:
    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that are sent as they stand, also in answer to HEAD; the connection stays."""

    said: bytes


Answer = bytes | Raw | Close | Reset | AsyncIterator[bytes]
Script = Callable[[Asked], Answer]


def reply(status: int, headers: dict[str, str] | None = None, body: bytes = b"", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def dripping(piece: bytes, pause_s: float = 0.01, start: bytes = b"") -> AsyncIterator[bytes]:
    yield start
    while True:
        yield piece
        await asyncio.sleep(pause_s)


@dataclass
class Server:
    script: Script
    host: str = "127.0.0.1"
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, name: str = "a.test", path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://{name}:{self.port}{path}"

    @property
    def trail(self) -> list[str]:
        return [f"{one.method} {one.target}" for one in self.asked]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        connection = self.connections
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, tls.SSLError):
                while await self._answer(await reader.readuntil(b"\r\n\r\n"), connection, reader, writer):
                    pass
        except asyncio.CancelledError:
            pass
        finally:
            writer.transport.abort()
            self.tasks.discard(task)

    async def _answer(
        self, head: bytes, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        nth = 1 + sum((one.method, one.target) == (method, target) for one in self.asked)
        asked = Asked(method, target, headers, nth, connection, body)
        self.asked.append(asked)
        answer = self.script(asked)
        if isinstance(answer, bytes):
            # A HEAD's answer has no body (RFC 9110, 9.3.2).
            writer.write(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer)
            await writer.drain()
            return True
        if isinstance(answer, Raw):
            writer.write(answer.said)
            await writer.drain()
            return True
        if isinstance(answer, Close | Reset):
            writer.write(answer.said)
            await writer.drain()
            if isinstance(answer, Reset):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif writer.can_write_eof():
                writer.write_eof()
                await asyncio.sleep(0.01)
            return False
        async for piece in answer:
            writer.write(piece)
            await writer.drain()
        return False


@asynccontextmanager
async def serve(script: Script, host: str = "127.0.0.1", ssl: tls.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(script, host)
    listening = await asyncio.start_server(server.connected, host, 0, ssl=ssl, backlog=1000)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in list(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
        await asyncio.sleep(0)
