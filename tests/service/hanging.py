"""The daemon of the config file argv[1], in which every job that runs in a thread hangs for ever."""

import logging
import sys
import threading
from functools import partial
from pathlib import Path

from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.service.daemon import serve_until_signalled


class HangingClock(SystemClock):
    """Nobody but the event loop's thread is ever told the time."""

    def now(self):
        if threading.current_thread() is not threading.main_thread():
            logging.getLogger("feedbot").warning("hanging")
            threading.Event().wait()
        return super().now()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    path = Path(sys.argv[1])
    serve_until_signalled(load_config(path), HangingClock(), partial(load_config, path))
