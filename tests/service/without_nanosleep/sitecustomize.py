"""Loaded at the start of processes whose wall clock tests set: libfaketime fails time.sleep with EINVAL.

CPython sleeps by clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME), whose moment libfaketime takes for one of the clock
that it sets.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
