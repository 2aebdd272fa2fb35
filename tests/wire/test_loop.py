import asyncio
import gc
import importlib.util
import sys

import pytest

from feedbot.wire.loop import run


@pytest.fixture(autouse=True)
def collected_as_before():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def running():
    return asyncio.get_running_loop()


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="may be skipped: uvloop is an extra")
def test_uvloop_runs_everything_where_it_is_installed():
    loop = run(running())
    assert type(loop).__module__.startswith("uvloop")
    assert loop.is_closed()


def test_asyncios_own_loop_does_where_it_is_not(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop = run(running())
    assert type(loop).__module__.startswith("asyncio")
    assert loop.is_closed()


def test_an_error_comes_out_and_closes_the_loop():
    loops = []

    async def failing():
        loops.append(asyncio.get_running_loop())
        raise LookupError("x")

    with pytest.raises(LookupError):
        run(failing())
    assert loops[0].is_closed()
