"""A process that imports what feedbot's commands import, and then forks for each command that it is told to be.

    python forks.py DESCRIPTOR

Over the socket of that number comes a byte for each, with four descriptors: a socket and the streams. Over that socket
comes the command as a line of JSON; its process id goes back, and when it has ended its exit code, each in a line.
"""

import contextlib
import gc
import importlib
import json
import os
import socket
import sys

from feedbot.cli.main import COMMANDS, entry_point

# `serve` alone needs a web server.
_IMPORTED = [f"feedbot.cli.{name}" for name in COMMANDS if name != "serve"]
# What most commands import only when they come to it.
_IMPORTED_LATE = ["feedbot.wire.curl_wire", "markdown_it", "nh3", "uvloop"]


def become_a_command(orders: socket.socket) -> bool:
    """Take orders; True in the process that has become a command, False where there will be no more orders."""
    while True:
        byte, descriptors, _, _ = socket.recv_fds(orders, 1, 4)
        if not byte:
            _bury(0)
            return False
        if os.fork() == 0:
            orders.close()
            _keep(socket.socket(fileno=descriptors[0]), descriptors[1:])
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        _bury(os.WNOHANG)


def _bury(options: int) -> None:
    """Wait for keepers that have ended, or for all."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0] != 0:
            pass


def _keep(answers: socket.socket, streams: list[int]) -> None:
    """Fork once more, and tell how that ended; comes back in the command alone."""
    with answers, answers.makefile("rw", encoding="ascii") as talk:
        order = json.loads(talk.readline())
        command = os.fork()
        if command != 0:
            talk.write(f"{command}\n")
            talk.flush()
            code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
            # Whoever has waited long enough is gone.
            with contextlib.suppress(BrokenPipeError):
                talk.write(f"{code}\n")
                talk.flush()
            os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["line"]


def load_all() -> None:
    """Import what commands import, for all forks that come."""
    for name in _IMPORTED:
        importlib.import_module(name)
    for name in _IMPORTED_LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # What is there now is nobody's garbage, and stays in memory that all forks share.
    gc.freeze()


if __name__ == "__main__":
    load_all()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        is_command = become_a_command(listening)
    if is_command:
        entry_point()
