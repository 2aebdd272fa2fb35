"""`feedbot run`: the cycle on a schedule. What is due lives in state.db; the scheduler only looks at the clock.

Two jobs: a whole run (read, check, publish) at every `schedule.check`, and between those reading and
publishing alone at every `schedule.read`, in a thread of its own, so that files never wait for
probing and probing never waits for files. Everything that does not probe runs in a thread, because
signals are answered by the event loop, which must not be kept from them.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from feedbot.archiving import look_for_copies
from feedbot.checking import check_due
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.progress import Progress
from feedbot.errors import FeedbotError, LockHeld
from feedbot.pinging import ping
from feedbot.publishing import publish
from feedbot.reading import read
from feedbot.reporting import report
from feedbot.state.database import checking_run, daemon_life, open_state
from feedbot.wire.choice import proxy_notice, require_usable
from feedbot.wire.loop import run

log = logging.getLogger("feedbot")

_WHO = "feedbot run"
_WAIT_S = 5.0
"""How long a slot waits for another process before it leaves the work to the next; SIGTERM waits for it too."""
_TELL_EVERY_S = 60.0


def serve_until_signalled(config: Config, clock: Clock, *, wait: bool = False) -> None:
    """Run on the schedule until SIGTERM or SIGINT; a run under way then ends, and its results are kept.

    Raises LockHeld where another daemon serves this state.db, unless `wait`; StateError where the
    database cannot be used, ConfigError where the checker's settings cannot. An error in a later run
    is logged, and the next slot tries again.
    """
    require_usable(config.checker.policy())
    with daemon_life(config.state_path, who=_WHO, wait=wait):
        with open_state(config.state_path, who=_WHO):
            pass  # what is wrong with the database is told at once, not at the first slot
        run(_serve(config, clock))


async def _serve(config: Config, clock: Clock) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    under_way: set[asyncio.Task[None]] = set()

    async def whole_run() -> None:
        await asyncio.to_thread(_read, config, clock, stop.is_set)
        with open_state(config.state_path, who=_WHO) as state, checking_run(state):
            progress = Progress()
            telling = asyncio.create_task(tell_progress(progress, clock))
            try:
                checking = await check_due(config, state, clock, progress)
            finally:
                telling.cancel()
        await asyncio.to_thread(_publish, config, clock)
        await _tell_hubs(config, clock)
        verdicts = ", ".join(f"{number:,} {kind}" for kind, number in checking.summary.items())
        offline = "offline: " if checking.online is False else ""
        log.info("checked: %s%s", offline, verdicts or "nothing was due")
        if config.archive.enabled:
            await _look_for_copies(config, clock, online=checking.online)

    async def files_alone() -> None:
        await asyncio.to_thread(_read, config, clock, stop.is_set)
        await asyncio.to_thread(_publish, config, clock)
        await _tell_hubs(config, clock)

    async def guarded(job: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await job()
        except asyncio.CancelledError:
            pass  # only the end of the daemon cancels a job; the scheduler would log it as a failure
        except FeedbotError as error:
            log.error("%s", error)
        except Exception:
            log.exception("an error of feedbot's own; the next slot tries again")
        finally:
            under_way.discard(task)

    scheduler = AsyncIOScheduler(timezone=UTC)
    # None: a slot that comes late is run late. The library's one second would drop it silently.
    settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    schedule = config.schedule
    now = clock.now()
    every_check = IntervalTrigger(seconds=round(schedule.check), timezone=UTC)
    every_read = IntervalTrigger(seconds=round(schedule.read), timezone=UTC)
    first_read = now + timedelta(seconds=schedule.read)
    scheduler.add_job(guarded, every_check, [whole_run], next_run_time=now, id="check", **settings)
    scheduler.add_job(guarded, every_read, [files_alone], next_run_time=first_read, id="read", **settings)
    scheduler.start()
    if (notice := proxy_notice(config.checker.policy())) is not None:
        log.info("%s", notice)
    log.info("started: reading every %.0f s, checking every %.0f s", schedule.read, schedule.check)
    await stop.wait()
    scheduler.shutdown(wait=False)
    for task in tuple(under_way):
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    log.info("stopped; what was checked is kept")


async def tell_progress(progress: Progress, clock: Clock) -> None:
    """Log how far a check is, each minute until cancelled; most are over before the first."""
    while True:
        await clock.sleep(_TELL_EVERY_S)
        standing = progress.at(clock.monotonic())
        if standing is not None:
            log.info("checking links: %s", ", ".join(standing.words()))


async def _look_for_copies(config: Config, clock: Clock, *, online: bool | None) -> None:
    try:
        with open_state(config.state_path, who=_WHO) as state, checking_run(state):
            archiving = await look_for_copies(config, state, clock, online=online)
    except LockHeld:
        return  # somebody checks links by hand: the next run asks the archive
    if archiving.asked:
        log.info("archive: pages with a copy: %d, without: %d", archiving.found, archiving.absent)
    if archiving.problem:
        log.warning("archive: no answer: %s", archiving.problem)


def _read(config: Config, clock: Clock, is_stopped: Callable[[], bool]) -> None:
    with open_state(config.state_path, who=_WHO, write_wait_s=_WAIT_S) as state:
        reading = read(config, state, clock, is_stopped)
    # A quiet slot says nothing.
    if reading.parsed or reading.vanished:
        log.info("articles: %d read anew, %d gone", reading.parsed, len(reading.vanished))
        for one in reading.rejected:
            log.warning("rejected: %s:%d: %s", one.path, one.line, one.reason)


def _publish(config: Config, clock: Clock) -> None:
    with open_state(config.state_path, who=_WHO, write_wait_s=_WAIT_S) as state:
        publishing = publish(config, state, clock)
        reporting = report(config, state, clock)
    if reporting.problem:
        log.error("the reports of the links are not written: %s", reporting.problem)
    if publishing.feeds_written:
        came, went = publishing.added, publishing.removed
        log.info("feeds: %d files written; entries: %d came, %d went", publishing.feeds_written, came, went)
    for hold in publishing.holds:
        if hold.is_new:
            log.warning("%s; to let them go: feedbot build --accept %s", hold.sentence, hold.feed)
    if publishing.flood is not None and publishing.flood.is_new:
        log.warning("%s; to let them come: feedbot build --accept-new", publishing.flood.sentence)


async def _tell_hubs(config: Config, clock: Clock) -> None:
    if not config.feeds.hub:
        return
    with open_state(config.state_path, who=_WHO, write_wait_s=_WAIT_S) as state:
        pinging = await ping(config, state, clock)
    if pinging.problem:
        log.error("hubs are not told of what changed: %s", pinging.problem)
    if pinging.told:
        log.info("hubs: told of %d addresses that changed", pinging.told)
    for one in pinging.refused:
        log.warning("refused: %s", one.sentence)
    for one in pinging.failed:
        log.warning("%s; tried again after %s", one.sentence, one.next_at and f"{one.next_at:%Y-%m-%d %H:%M} UTC")
    for one in pinging.given_up:
        log.warning("given up after a day: %s", one.sentence)
