import asyncio
import gc
import logging
import os
import signal

import pytest

from feedbot.cli.running import run_until_signalled
from feedbot.errors import FeedbotError

log = logging.getLogger("feedbot")


@pytest.fixture(autouse=True)
def collected_as_before():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def warning(text):
    log.warning("%s", text)
    return "done"


def test_a_warning_is_one_inert_sentence(capsys):
    assert run_until_signalled(warning("a\x1b[2Jb\nc")) == "done"
    assert capsys.readouterr().err == "feedbot: a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\n"


def test_what_ran_before_does_not_speak_again(capsys):
    for _ in range(2):
        run_until_signalled(warning("once"))
    assert capsys.readouterr().err == "feedbot: once\n" * 2


class Beside:
    """Runs beside the work, and is seen to end."""

    def __init__(self):
        self.is_over = False

    async def run(self):
        try:
            await asyncio.sleep(60)
        finally:
            self.is_over = True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_work_and_what_runs_beside_it(number):
    beside, work = Beside(), Beside()

    async def killed():
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        await work.run()

    with pytest.raises(FeedbotError, match=r"^stopped; what was checked so far is kept, the rest stays due$"):
        run_until_signalled(killed(), beside.run())
    assert work.is_over
    assert beside.is_over


def test_an_error_of_the_work_comes_out():
    beside = Beside()

    async def failing():
        await asyncio.sleep(0)
        raise FeedbotError("x")

    with pytest.raises(FeedbotError, match=r"^x$"):
        run_until_signalled(failing(), beside.run())
    assert beside.is_over


def test_an_error_of_what_runs_beside_harms_nothing_and_is_told(capsys):
    async def failing():
        raise LookupError("no frame")

    assert run_until_signalled(asyncio.sleep(0, "done"), failing()) == "done"
    assert capsys.readouterr().err == "feedbot: how far it is could not be shown (LookupError: no frame)\n"


def test_a_standard_error_that_is_gone_harms_nothing(capsys):
    async def failing():
        raise BrokenPipeError

    assert run_until_signalled(asyncio.sleep(0, "done"), failing()) == "done"
    assert capsys.readouterr().err == ""
