"""The pulse of the daemon: it keeps the timetable going, and tells systemd that all is well while it is.

All is well while three things hold: the event loop runs (it is the one that tells), the timetable starts what is due,
and nothing under way is beyond its bound without progress. What hangs ends the signs of life; systemd then ends the
process after WatchdogSec and starts another, which loses nothing that was recorded.
"""

import logging
from collections.abc import Callable

from feedbot.clock import Clock
from feedbot.service.notify import Notifier
from feedbot.service.timetable import Timetable
from feedbot.service.work import UnderWay

log = logging.getLogger("feedbot")

PULSE_S = 5.0
"""How often the timetable is looked at: a step of the clock delays what it concerns by no more."""

_LATE_S = 60.0
"""A job that has not begun by then will not: the timetable has come to a stand."""


async def beat(
    clock: Clock, timetable: Timetable, under_way: UnderWay, notify: Notifier, status: Callable[[], str]
) -> None:
    """Look after the timetable until cancelled, at least every five seconds and at half of systemd's patience."""
    every_s = PULSE_S if notify.watchdog_s is None else min(PULSE_S, notify.watchdog_s / 2)
    told_status, was_stuck, was_late = "", False, False
    while True:
        late_s = timetable.late_s()
        timetable.look()
        # Once may be the clock, which was set just now; twice is a timetable that does not look at its jobs.
        is_late = late_s >= _LATE_S
        stuck = under_way.stuck() or (f"the schedule: {late_s:,.0f} s" if is_late and was_late else None)
        was_late = is_late
        if stuck is None:
            notify.alive()
        elif not was_stuck:
            log.error("no progress: %s; what hangs like this ends with a restart of feedbot", stuck)
        was_stuck = stuck is not None
        line = status() if stuck is None else f"no progress: {stuck}"
        if line != told_status:
            notify.status(line)
            told_status = line
        await clock.sleep(every_s)
