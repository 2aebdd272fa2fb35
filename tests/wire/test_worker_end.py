"""A worker process whose reader went away."""

import asyncio
import os

import pytest

from feedbot.wire.prober import Postponed
from feedbot.wire.worker import _send


def test_results_that_come_when_nobody_listens_any_more_are_let_go():
    uvloop = pytest.importorskip("uvloop", reason="may be skipped: uvloop is not installed")

    async def send_late() -> None:
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as end:
            transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, end)
            writer = asyncio.StreamWriter(transport, protocol, None, loop)
            transport.abort()
            await asyncio.sleep(0.01)
            _send([Postponed("https://a.example/", 60.0)], writer)
        os.close(reading)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send_late())
