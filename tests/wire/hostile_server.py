"""A process that serves every hostile answer at a loopback port of its own, until its standard input ends."""

import asyncio
import json
import os
import socket
import struct
import sys
from contextlib import suppress

from tests.wire.hostile_answers import ANSWERS, PAGE, Drip, End, Flood, Hear, Raw, Step

_DRIP_PAUSE_S = 0.05
_PATIENCE_S = 30.0
_FLOOD_BYTES = 48 << 20


async def main() -> None:
    servers = {}
    for name, raw in ANSWERS.items():
        server = await asyncio.start_server(_Answering(raw), "127.0.0.1", 0)
        servers[name] = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps(servers) + "\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # and with it every connection


class _Answering:
    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                if self.raw.at_once:
                    await _take(self.raw.steps, reader, writer)
                else:
                    while await self._answer(reader, writer):
                        pass
        writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        steps = self.raw.steps if path == "/" else self.raw.elsewhere.get(path, (PAGE,))
        return await _take(steps, reader, writer)


async def _take(steps: tuple[Step, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Do so; True where the connection may have another request."""
    port = str(writer.get_extra_info("sockname")[1]).encode()
    for step in steps:
        match step:
            case bytes():
                writer.write(step.replace(b"{port}", port))
                await writer.drain()
            case Hear.SOMETHING:
                await reader.read(1)
            case Drip():
                while True:
                    writer.write(step.piece)
                    await writer.drain()
                    await asyncio.sleep(_DRIP_PAUSE_S)
            case Flood():
                burst = step.piece * (65_536 // len(step.piece))
                for _ in range(_FLOOD_BYTES // len(burst)):
                    writer.write(burst)
                    await writer.drain()
                return False
            case End.RESET:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case End.CLOSE:
                writer.close()
                await writer.wait_closed()
                return False
            case End.HALF_CLOSE:
                writer.write_eof()
                await reader.read()
                return False
            case End.SILENCE:
                await reader.read()
                return False
    return True


if __name__ == "__main__":
    asyncio.run(main())
