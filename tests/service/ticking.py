"""A process that prints, for each slot of a timetable, its name and the monotonic time; argv[1] may be `naive`."""

import asyncio
import sys
import time
from datetime import UTC, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from feedbot.clock import SystemClock
from feedbot.service.notify import Notifier
from feedbot.service.timetable import Timetable
from feedbot.service.watchdog import beat
from feedbot.service.work import UnderWay

EVERY_S = 0.5
MOMENT_S = 3600


def tell(name):
    async def work():
        sys.stdout.write(f"{name} {time.monotonic()}\n")
        sys.stdout.flush()

    return work


async def steady():
    clock = SystemClock()
    timetable = Timetable(clock)
    timetable.every("slot", EVERY_S, tell("slot"))
    # As long to wait for as the whole test: only a step may bring it.
    timetable.every("rare", 3000.0, tell("rare"))
    timetable.nightly("night", (clock.now() + timedelta(seconds=2)).time(), tell("night"))
    timetable.at("moment", clock.now() + timedelta(seconds=MOMENT_S), tell("moment"))
    timetable.start()
    under_way = UnderWay(clock.monotonic)
    await beat(clock, timetable, under_way, Notifier(None, 0.5), lambda: "")


async def naive():
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(tell("slot"), "interval", seconds=EVERY_S, coalesce=True, misfire_grace_time=None)
    scheduler.add_job(tell("rare"), "interval", seconds=3000.0, coalesce=True, misfire_grace_time=None)
    moment = SystemClock().now() + timedelta(seconds=MOMENT_S)
    scheduler.add_job(tell("moment"), "date", run_date=moment, misfire_grace_time=None)
    scheduler.start()
    await asyncio.Event().wait()


asyncio.run(naive() if sys.argv[1:] == ["naive"] else steady())
