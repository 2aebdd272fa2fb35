"""A message is handed to a program: to one of the operator's, or to a process of feedbot's own that uses apprise.

Either has a bounded time. apprise is loaded in a process that ends: it takes 20 MB and a tenth of a second, and
some of its ways to send a message cannot be cut off otherwise.
"""

import asyncio
import importlib.util
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from feedbot.core.alerts import Message
from feedbot.core.inert import plain

SENT_WITHIN_S = 10.0
"""What a program has for one message, before it is killed with all that it has started."""

_MOST_SAID = 500

# As workers are started (wire/workers.py).
_APPRISE = "import sys; sys.path[:] = sys.argv[2:]; from feedbot.wire.apprised import main; main(sys.argv[1])"


async def send_by_command(
    command: Sequence[str], folder: Path, audience: str, message: Message, within_s: float = SENT_WITHIN_S
) -> str:
    """Run a program in a folder, without a shell, with the text on its standard input; returns why it failed, or "".

    It is told FEEDBOT_KIND, FEEDBOT_AUDIENCE and FEEDBOT_SUBJECT in its environment.
    """
    told = {
        "FEEDBOT_KIND": message.kind.value,
        "FEEDBOT_AUDIENCE": audience,
        "FEEDBOT_SUBJECT": message.subject,
    }
    return await _run(command, message.text.encode(), within_s, folder, {**os.environ, **told})


async def send_by_apprise(variable: str, message: Message, within_s: float = SENT_WITHIN_S) -> str:
    """Send a message to the apprise URL in an environment variable; returns why it was not sent, or ""."""
    if not os.environ.get(variable, "").strip():
        return f"the environment variable {variable} is not set"
    if importlib.util.find_spec("apprise") is None:
        return "apprise is not installed; pip install '.[alerts]' in a clone of feedbot does it"
    command = [sys.executable, "-c", _APPRISE, variable, *sys.path]
    return await _run(command, msgspec.json.encode(message), within_s)


async def _run(
    command: Sequence[str],
    given: bytes,
    within_s: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    # Files and no pipes: nobody waits for a program that reads nothing, or for what it leaves running.
    try:
        with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as said:
            text.write(given)
            text.seek(0)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=text,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=said,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
            code = await _end_of(process, within_s)
            if code is None:
                return f"it did not end within {within_s:g} s, and was killed"
            return "" if code == 0 else _why(code, said)
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror or error}"


async def _end_of(process: Process, within_s: float) -> int | None:
    """The exit code; None where it had to be killed. It is also killed where this is cancelled."""
    try:
        async with asyncio.timeout(within_s):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _why(code: int, said: IO[bytes]) -> str:
    """How a program ended, with the first line of what it said on standard error."""
    said.seek(0)
    lines = said.read(_MOST_SAID).decode(errors="replace").strip().splitlines()
    ended = f"ended by signal {-code}" if code < 0 else f"ended with {code}"
    return f"{ended}: {plain(lines[0])}" if lines else ended
