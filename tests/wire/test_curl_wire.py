"""What only CurlWire has: an event loop that it shares with libcurl. All else is in the contract."""

import asyncio
import errno

import pytest

pytest.importorskip("pycurl", reason="may be skipped: there is no pycurl")

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.curl_wire import CurlWire
from feedbot.wire.wire import Request, Response
from tests.wire.contract.kits import eventually
from tests.wire.scripted import LOOPBACK, ScriptedResolver
from tests.wire.servers import dripping, reply, serve


class FullLoop(asyncio.SelectorEventLoop):
    """A loop that cannot watch libcurl's sockets for a while, as where the system has no room for it."""

    refusing = False

    def add_writer(self, fd, callback, *args):
        if self.refusing:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().add_writer(fd, callback, *args)


def test_a_loop_that_cannot_watch_a_socket_is_our_own_fault_and_the_wire_goes_on(capfd):
    async def main():
        loop = asyncio.get_running_loop()
        wire = CurlWire(ScriptedResolver(), allowed=LOOPBACK)
        async with serve(lambda asked: dripping(b"", 0.01) if asked.target == "/silent" else reply(200)) as server:
            waiting = asyncio.create_task(wire.exchange(Request("GET", server.url(path="/silent"))))
            assert await eventually(lambda: server.asked)
            loop.refusing = True
            failed = await asyncio.wait_for(wire.exchange(Request("GET", server.url("b.test"))), 10)
            loop.refusing = False
            # What was under way beside it ends as well: libcurl gives up all at once.
            beside = await asyncio.wait_for(waiting, 10)
            after = await asyncio.wait_for(wire.exchange(Request("GET", server.url("c.test"))), 10)
        await wire.aclose()
        return failed, beside, after

    with asyncio.Runner(loop_factory=FullLoop) as runner:
        failed, beside, after = runner.run(main())
    assert isinstance(failed, Failure)
    assert failed.kind == FailureKind.OURSELVES
    assert "No space left" in failed.text
    assert beside == failed
    assert isinstance(after, Response)
    assert capfd.readouterr().err == ""
