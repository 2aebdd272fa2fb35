"""The `feedbot` command for shell scripts: loaded once, and forked for each use, which then takes a tenth of a second.

    python forked_for_shells.py ORDERS ANSWERS SHELL BREAKS

ORDERS and ANSWERS are FIFOs. A use is its words, each ended by NUL, the first the folder in which it runs; its exit
code is the answer. Its streams are those that the process SHELL has at that moment. BREAKS is done before all that.
"""

import os
import signal
import sys
from pathlib import Path

from tests.forks import load_all

_LIFE_S = 300
"""Whoever forgets to end it is not as long at work."""


def serve(orders: Path, answers: Path, shell: int) -> list[str]:
    """Take orders for ever; comes back in each command, with its words."""
    signal.alarm(_LIFE_S)
    while True:
        folder, *words = orders.read_text(encoding="utf-8").split("\0")[:-1]
        pid = os.fork()
        if pid == 0:
            signal.alarm(0)
            os.chdir(folder)
            for stream in (1, 2):
                file = os.open(f"/proc/{shell}/fd/{stream}", os.O_WRONLY | os.O_APPEND)
                os.dup2(file, stream)
                os.close(file)
            return words
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.write_text(f"{code if code >= 0 else 128 - code}\n", encoding="ascii")


if __name__ == "__main__":
    exec(sys.argv[4], {})
    from feedbot.cli.main import entry_point

    load_all()
    sys.argv = ["feedbot", *serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))]
    entry_point()
