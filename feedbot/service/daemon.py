"""`feedbot run`: the cycle on a schedule. What is due lives in state.db; the timetable only looks at the clock.

Jobs: `read` (article files in, feeds out) at every `schedule.read` and as soon as files change; `check` (ask what is
due, feeds out) at every `schedule.check`; `publish` at the minute of the next article that is dated ahead; `hubs`
after each of them, where the config names hubs; `maintain` (state.db is looked after) and `doctor` (the installation is
looked over) at night; `alerts` after each of all these, where the config names somebody. One that fails is logged and
counted, and tries again at its next slot.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from datetime import datetime, time, timedelta
from functools import partial

from feedbot.articles.find import to_watch
from feedbot.clock import Clock
from feedbot.config import STAGING, Config
from feedbot.core.alerts import BY_HAND, TELLING, Found
from feedbot.errors import ArticlesError, ConfigError, FeedbotError
from feedbot.service.jobs import Jobs
from feedbot.service.notify import Notifier, own_notifier
from feedbot.service.tally import OWN_ERROR, Listener, Tally
from feedbot.service.timetable import Timetable, Work
from feedbot.service.watch import watch
from feedbot.service.watchdog import beat
from feedbot.service.work import WHO
from feedbot.state.database import daemon_life, open_state
from feedbot.state.jobs import JobRecord, all_jobs
from feedbot.state.soundness import require_sound
from feedbot.wire.choice import proxy_notice, require_usable
from feedbot.wire.loop import run

log = logging.getLogger("feedbot")

_END_S = 8.0
"""What is under way has so long to end after SIGTERM, of the ten seconds that are promised."""

_NIGHT = time(3, 17)
"""When state.db is looked after (UTC)."""

_LOOKED_OVER = time(3, 47)
"""When the installation is looked over (UTC)."""

_SETTLED_IN = timedelta(minutes=15)

_PUBLISHING = {"read", "check", "publish"}
"""The jobs after which feeds may have changed."""

Companion = Callable[["Daemon"], AbstractAsyncContextManager[None]]
"""What lives as long as the daemon, such as a web server; an error at its start ends the daemon with it."""


def serve_until_signalled(
    config: Config,
    clock: Clock,
    load: Callable[[], Config],
    *,
    wait: bool = False,
    companions: Sequence[Companion] = (),
    listeners: Sequence[Listener] = (),
) -> None:
    """Run on the schedule until SIGTERM or SIGINT; a run under way then ends, and its results are kept.

    SIGHUP calls `load` for the config anew. `companions` live beside it, and `listeners` are told of each
    end of a job. Raises LockHeld where another daemon serves this state.db, unless `wait`; StateError where the
    database cannot be used, ConfigError where the checker's settings cannot. An error in a later run
    is logged, and the next slot tries again.
    """
    require_usable(config.checker.policy())
    if config.is_staging:
        log.info("%s", STAGING)
    # By itself it would end the process, which systemd takes for a clean end: it waits until it can be answered.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    with daemon_life(config.state_path, who=WHO, wait=wait):
        # What is wrong with the database is told at once, not at the first slot.
        with open_state(config.state_path, who=WHO) as state:
            require_sound(state)
            known = all_jobs(state)
        known.pop(BY_HAND, None)
        daemon = Daemon(config, clock, load, own_notifier(), known, listeners)
        run(daemon.serve(companions))


class Daemon:
    """The daemon's life, from READY to STOPPING."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        load: Callable[[], Config],
        notify: Notifier,
        known: dict[str, JobRecord],
        listeners: Sequence[Listener],
    ) -> None:
        self._clock = clock
        self._load = load
        self._notify = notify
        self.told_to_stop = asyncio.Event()
        self._told_to_reload = asyncio.Event()
        self._may_have_news = asyncio.Event()
        self._timetable = Timetable(clock)
        self._watching: asyncio.Task[None] | None = None
        self.jobs = Jobs(config, clock, self.told_to_stop.is_set)
        self.tally = Tally(clock, known, [self._after_job, *listeners])

    @property
    def config(self) -> Config:
        """The config that holds now."""
        return self.jobs.config

    async def serve(self, companions: Sequence[Companion]) -> None:
        """Run until a signal says to stop."""
        self._hear_signals()
        async with AsyncExitStack() as beside:
            for companion in companions:
                await beside.enter_async_context(companion(self))
            self._begin()
            pulse = beat(self._clock, self._timetable, self.jobs.under_way, self._notify, self.status)
            lasting = [asyncio.create_task(one) for one in (pulse, self._reload_when_told(), self._tell_of_troubles())]
            self._notify.ready()
            await self.told_to_stop.wait()
            self._notify.stopping()
            self._timetable.stop()
            await self._end(*lasting)
        log.info("stopped; what was checked is kept")

    def status(self) -> str:
        """Where the daemon stands, in a line for a person."""
        said = []
        if self.jobs.progress is not None and (standing := self.jobs.progress.at(self._clock.monotonic())) is not None:
            said.append(f"checking links: {', '.join(standing.words())}")
        elif self.jobs.checked is not None:
            at, found = self.jobs.checked
            said.append(f"checked at {at:%H:%M} UTC ({found})")
        if self.jobs.links_due is not None:
            said.append(f"{self.jobs.links_due:,} links due")
        if (next_at := self._timetable.next_at("check")) is not None:
            said.append(f"next check at {next_at:%H:%M} UTC")
        said += [f"{one.name} has failed {one.failures} times in a row: see the log" for one in self.tally.failing()]
        return "; ".join(said)

    # What runs when

    def _begin(self) -> None:
        now, maintain = self._clock.now(), self._trying("maintain", self.jobs.maintain)
        self._set_intervals(first_at=now)
        self._timetable.nightly("maintain", _NIGHT, maintain)
        # A machine that is off at night has its database looked after as well: it is done once a day.
        self._timetable.at("maintain by day", now + _SETTLED_IN, maintain)
        look_over = self._trying("doctor", self.jobs.look_over)
        self._timetable.nightly("doctor", _LOOKED_OVER, look_over)
        self._timetable.at("doctor by day", now + _SETTLED_IN, look_over)
        self._timetable.start()
        self._watch()
        if (notice := proxy_notice(self.config.checker.policy())) is not None:
            log.info("%s", notice)
        schedule = self.config.schedule
        log.info("started: reading every %.0f s, checking every %.0f s", schedule.read, schedule.check)

    def _set_intervals(self, first_at: datetime | None = None) -> None:
        schedule = self.config.schedule
        self._timetable.every("read", schedule.read, self._trying("read", self.jobs.read), first_at=first_at)
        self._timetable.every("check", schedule.check, self._trying("check", self.jobs.check), first_at=first_at)

    def _trying(self, name: str, work: Work) -> Work:
        return partial(self.tally.run, name, work)

    def _watch(self) -> None:
        """Watch the article files of the config that holds now, and no others."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        articles = self.config.articles
        if not articles.watch:
            return
        with suppress(ArticlesError):  # a pattern that is none is told by each reading
            watched = to_watch(self.config.root, articles.paths, articles.exclude)
            self._watching = asyncio.create_task(watch(watched, self._read_named, self._clock))

    async def _read_named(self, named: Collection[str] | None) -> None:
        await self.tally.run("read", partial(self.jobs.read, named))

    async def _after_job(self, record: JobRecord) -> None:
        """What follows a job: the next publication that needs no reading, and what has changed goes to the hubs."""
        self._timetable.at("publish", self.jobs.next_moment, self._trying("publish", self.jobs.publish))
        if self.config.feeds.hub and record.name in _PUBLISHING and not record.failures:
            self._timetable.at("hubs", self._clock.now(), self._trying("hubs", self.jobs.tell_hubs))
        try:
            await self.jobs.note(record)
        finally:
            # Also where it could not be noted: that is news as well.
            if record.name != TELLING:
                self._may_have_news.set()

    async def _tell_of_troubles(self) -> None:
        """Alert each time that something may be news; what comes up meanwhile is looked at right after."""
        while True:
            await self._may_have_news.wait()
            self._may_have_news.clear()
            if self.config.alerts.tells:
                await self.tally.run(TELLING, self.jobs.alert)

    # Signals

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._told_to_reload.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    def _stop(self) -> None:
        if self.told_to_stop.is_set():
            _leave("told to stop twice: what is under way is cut off; what was recorded is kept", code=1)
        self.told_to_stop.set()

    async def _end(self, *beside: asyncio.Task[None]) -> None:
        """Have everything end; what does not, a thread in a slow disk, is left behind with the process."""
        tasks = {*beside, *self.tally.tasks}
        if self._watching is not None:
            tasks.add(self._watching)
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait({*tasks, *self.jobs.threads}, timeout=_END_S)
        if left:
            _leave("stopped; what did not end in time is cut off, and what was recorded is kept", code=0)

    async def _reload_when_told(self) -> None:
        while True:
            await self._told_to_reload.wait()
            self._told_to_reload.clear()
            self._notify.reloading(self._clock.monotonic())
            try:
                self._take_over(await asyncio.to_thread(self._load))
                self.jobs.found["reload"] = None
            except FeedbotError as error:
                self.jobs.found["reload"] = _refused(str(error))
                for line in str(error).splitlines():
                    log.error("the config is as before, because the new one cannot be used: %s", line)
            except Exception:
                self.jobs.found["reload"] = _refused(OWN_ERROR)
                log.exception("the config is as before: %s", OWN_ERROR)
            self._may_have_news.set()
            self._notify.ready()

    def _take_over(self, config: Config) -> None:
        """Let another config hold from the next job on; raises ConfigError where it cannot."""
        before = self.config
        if config.state_path.absolute() != before.state_path.absolute():
            raise ConfigError(
                f"state: cannot change from {before.state} to {config.state} while feedbot runs; restart it for that"
            )
        require_usable(config.checker.policy())
        self.jobs.config = config
        self._set_intervals()
        if config.articles != before.articles:
            self._watch()
        log.info("the config was read again and holds from the next job on")
        # At once: whoever has changed a setting looks for it in the feeds. A reading that is under way may have begun
        # with the config of before; this one waits for it.
        self._timetable.at("reload", self._clock.now(), self._trying("read", self.jobs.read))
        if config.is_staging:
            log.info("%s", STAGING)


def _refused(why: str) -> Found:
    problems = "; ".join(why.splitlines())
    return Found(
        "the new config is refused",
        f"the config was read again and cannot be used, so the one from before holds on: {problems}",
    )


def _leave(why: str, code: int) -> None:
    """End the process as it is, which loses nothing: files are replaced whole, and the database is a log."""
    log.warning("%s", why)
    logging.shutdown()
    os._exit(code)
