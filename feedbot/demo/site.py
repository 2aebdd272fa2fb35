"""The web of the demo: one server on loopback that answers for every host of the story."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus

_MOST_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answers: a status, a page of HTML or a plain text, and where it leads."""

    status: int = 200
    body: str = ""
    location: str | None = None
    media: str = "text/html"


NOT_FOUND = Answer(404, "<!DOCTYPE html><title>Not found</title><h1>Not found</h1><p>There is nothing at this address.")


class Site:
    """Answers by address, such as `tramways.example/night-tram`, as they are at this moment of the story.

    `host/*` is what a host answers at every address. An address without an answer is not found.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    def answer(self, host: str, path: str) -> Answer:
        """What the address answers now."""
        return self.answers.get(f"{host}/*") or self.answers.get(f"{host}{path}") or NOT_FOUND

    @asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """Serve on a free port of 127.0.0.1, which this gives, until the block ends; no connection outlives it."""
        open_connections: set[asyncio.StreamWriter] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_connections.add(writer)
            # Who goes away, or sends what is no request, is told nothing.
            with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
                while True:
                    writer.write(self._respond(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
            open_connections.discard(writer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_MOST_HEADER_BYTES)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for writer in open_connections:
                writer.close()
            await server.wait_closed()

    def _respond(self, request: bytes) -> bytes:
        """The bytes of the answer to a request without a body; raises ValueError where it is none."""
        first, *lines = request.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = self.answer(headers.get("host", "").partition(":")[0], path)
        body = answer.body.encode()
        told = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Content-Type: {answer.media}; charset=utf-8",
            f"Content-Length: {len(body)}",
            *([f"Location: {answer.location}"] if answer.location else []),
        ]
        head = "\r\n".join([*told, "", ""]).encode("latin-1")
        return head if method == "HEAD" else head + body
