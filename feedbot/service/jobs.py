"""What the daemon does: the steps of a run as jobs that wait for each other only where they must.

Reading and publishing run in threads, because signals are answered by the event loop, which must not be kept from
them. They queue for the files; probing waits for nobody, and nobody waits for it.
"""

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime

from feedbot.articles.read import PARALLEL_FROM, ManyFiles
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import Found, Trouble
from feedbot.core.doctor import Finding
from feedbot.core.progress import Progress
from feedbot.core.slots import end_of
from feedbot.errors import LockHeld, StateError
from feedbot.service.apart import LINKS_WORTH_A_PROCESS, Apart, Checked, check_apart, read_apart
from feedbot.service.doctor import daily
from feedbot.service.doctor.case import Case
from feedbot.service.doctor.examine import look_inside, look_outside
from feedbot.service.telling import tell_alerting, tell_maintenance, tell_pinging, tell_publishing, tell_reading
from feedbot.service.work import WHO, WRITE_WAIT_S, UnderWay
from feedbot.state import jobs, planning
from feedbot.state.database import checking_run, open_state
from feedbot.state.jobs import JobRecord
from feedbot.state.moments import next_moment
from feedbot.steps.archiving import look_for_copies
from feedbot.steps.checking import check_due
from feedbot.steps.maintaining import maintain_when_due
from feedbot.steps.pinging import ping
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from feedbot.steps.reporting import report
from feedbot.wire.loop import give_back_memory
from feedbot.wire.resolver import Resolver

log = logging.getLogger("feedbot")

# How long each may take from one sign of progress to the next before it is thought to hang: many times what it takes
# with 100,000 articles on a slow disk. A check has `checker.max_run_s` of its own.
_READING_S = 600.0
_PUBLISHING_S = 1800.0
_BESIDE_PROBING_S = 600.0
_MAINTAINING_S = 7200.0

_TELL_EVERY_S = 60.0
_UNSAID = object()


class Jobs:
    """The work of each slot; `config` may be replaced at any time, and holds from the next job on.

    So many files that changed are read, and so many links due are asked, by a process of its own (apart.py).
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        is_stopped: Callable[[], bool],
        *,
        files_apart_from: int = PARALLEL_FROM,
        links_apart_from: int = LINKS_WORTH_A_PROCESS,
    ) -> None:
        self.config = config
        self._files_apart_from = files_apart_from
        self._links_apart_from = links_apart_from
        self.under_way = UnderWay(clock.monotonic)
        self.threads: set[asyncio.Task[None]] = set()
        """What runs in a thread; it may go on for a moment after its job was cancelled."""
        self.progress: Progress | Apart | None = None
        """How far the check under way is; None while there is none."""
        self.checked: tuple[datetime, str] | None = None
        """When the last check ended, and what it found."""
        self.links_due: int | None = None
        self.found: dict[str, Found | None] = {"reload": None}
        """What is to be told to the operator that nobody else can know (alerting.alert)."""
        self._told_of_state: dict[str, Trouble] = {}
        """Who was told that state.db cannot be used, which it cannot keep itself."""
        self.next_moment: datetime | None = None
        """When the feeds change by themselves, as of the last publishing; None where nothing is known to come."""
        self._clock = clock
        self._is_stopped = is_stopped
        self._files = asyncio.Lock()
        self._was_read = asyncio.Event()
        self._is_noted = False

    async def read(self, named: Collection[str] | None = None) -> None:
        """Article files in, feeds out; raises what `read` and `publish` raise.

        With `named`, absolute paths, only these are looked at, as far as that tells what became of them.
        """
        async with self._files:
            try:
                await self._read_files(named)
            finally:
                self._was_read.set()
            await self._publish_now()

    async def _read_files(self, named: Collection[str] | None) -> None:
        try:
            await self._in_thread("reading articles", _READING_S, functools.partial(self._read, named))
            return
        except ManyFiles:
            pass
        config = self.config
        try:
            with self.under_way.doing("reading articles", _READING_S) as moved:
                await read_apart(config, moved)
        except OSError as error:
            log.warning("no process for so many articles can be started (%s): this one reads them", error.strerror)
            await self._in_thread("reading articles", _READING_S, self._read_all)

    async def publish(self) -> None:
        """Feeds out, of what was read before."""
        async with self._files:
            await self._publish_now()

    async def check(self) -> None:
        """Ask what is due, then feeds out. The first waits for the first reading, which brings the links."""
        await self._was_read.wait()
        config = self.config
        with self.under_way.doing("checking links", config.checker.max_run_s + _BESIDE_PROBING_S) as moved:
            checked = await self._ask_what_is_due(config, moved)
        self.checked = (checked.finished_at, _found(checked))
        log.info("checked: %s", self.checked[1])
        await self.publish()
        if config.alerts.has_heartbeat and checked.is_good:
            await self._beat(config)
        if config.asks_archive:
            await self._look_for_copies(config, online=checked.online)

    async def _ask_what_is_due(self, config: Config, moved: Callable[[], None]) -> Checked:
        with open_state(config.state_path, who=WHO) as state:
            is_much = planning.due_count(state, self._clock.now()) >= self._links_apart_from
        if is_much:
            try:
                apart = Apart()
                async with self._telling(apart):
                    return await check_apart(config, apart, moved)
            except OSError as error:
                log.warning("no process for so many links can be started (%s): this one asks them", error.strerror)
        with open_state(config.state_path, who=WHO) as state, checking_run(state):
            progress = Progress()
            async with self._telling(progress):
                done = await check_due(config, state, self._clock, progress)
        return Checked(done.finished_at, done.online, done.is_good, done.summary)

    @asynccontextmanager
    async def _telling(self, progress: Progress | Apart) -> AsyncIterator[None]:
        """Have it known and logged how far the check in the block is."""
        self.progress = progress
        telling = asyncio.create_task(tell_progress(progress, self._clock))
        try:
            yield
        finally:
            self.progress = None
            telling.cancel()

    async def tell_hubs(self) -> None:
        """Tell the WebSub hubs of the config what changed; nobody waits for a slow one but the next such job."""
        config = self.config
        with (
            self.under_way.doing("telling hubs", _BESIDE_PROBING_S),
            open_state(config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state,
        ):
            tell_pinging(await ping(config, state, self._clock))

    async def alert(self) -> None:
        """Tell those whom the config names what is wrong or over, and editors of links when it is time."""
        from feedbot.steps.alerting import alert  # noqa: PLC0415 - off by default

        found, config = dict(self.found), self.config
        with self.under_way.doing("telling of troubles", _BESIDE_PROBING_S):
            try:
                with open_state(config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
                    alerting = await alert(config, state, self._clock, found)
            except LockHeld:
                raise
            except StateError as error:
                await self._tell_of_state(config, str(error))
                raise
            tell_alerting(alerting)
            await self._tell_of_state(config, alerting.unusable)
        if not alerting.problems:
            # What was found once is noted; another process may know better by now.
            for key, one in found.items():
                if self.found.get(key, _UNSAID) is one:
                    del self.found[key]

    async def _tell_of_state(self, config: Config, why: str) -> None:
        """Have operators know once that state.db cannot be used, and once that it can again (`why` is empty)."""
        from feedbot.steps.alerting import alert_without_state  # noqa: PLC0415 - off by default

        if why or self._told_of_state:
            tell_alerting(await alert_without_state(config, self._clock, why, self._told_of_state))

    async def maintain(self) -> None:
        """Look after state.db where that was not done within a day; raises StateError with what is wrong with it."""
        await self._in_thread("looking after state.db", _MAINTAINING_S, self._maintain)

    async def look_over(self, resolver: Resolver | None = None) -> None:
        """Do what `feedbot doctor` does where that was not done within a day; what has changed is logged.

        A resolver that is passed in stays the caller's.
        """
        case = Case(self.config, self._clock)
        found: list[Finding] = []
        told: dict[str, Found | None] = {}
        is_due = False

        def inside(_: Callable[[], None]) -> None:
            nonlocal is_due
            with open_state(case.config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
                is_due = daily.is_due(case.config, state, case.clock)
            if is_due:
                found.extend(look_inside(case))

        def tell(_: Callable[[], None]) -> None:
            with open_state(case.config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
                told.update(daily.to_tell(daily.tell_changes(state, case.clock, found)))

        await self._in_thread("looking at state.db and the feeds folder", _MAINTAINING_S, inside)
        if is_due:
            with self.under_way.doing("looking at the feeds from outside", _BESIDE_PROBING_S):
                found += await look_outside(case, resolver)
            await self._in_thread("noting what the doctor found", _BESIDE_PROBING_S, tell)
            self.found |= told

    async def note(self, record: JobRecord) -> None:
        """Keep how a job ended, and see what is due; raises StateError where the database cannot be written."""
        await self._in_thread("noting how a job ended", _BESIDE_PROBING_S, functools.partial(self._note, record))

    async def _beat(self, config: Config) -> None:
        from feedbot.steps.alerting import heartbeat  # noqa: PLC0415 - off by default

        with self.under_way.doing("asking the heartbeat's address", _BESIDE_PROBING_S):
            if why := await heartbeat(config):
                log.warning("heartbeat: %s", why)

    async def _look_for_copies(self, config: Config, *, online: bool | None) -> None:
        try:
            with (
                self.under_way.doing("asking the archive", config.checker.max_run_s + _BESIDE_PROBING_S),
                open_state(config.state_path, who=WHO) as state,
                checking_run(state),
            ):
                archiving = await look_for_copies(config, state, self._clock, online=online)
        except LockHeld:
            return  # somebody checks links by hand: the next run asks the archive
        if archiving.asked:
            log.info("archive: pages with a copy: %d, without: %d", archiving.found, archiving.absent)
        if archiving.problem:
            log.warning("archive: no answer: %s", archiving.problem)

    async def _publish_now(self) -> None:
        await self._in_thread("publishing feeds", _PUBLISHING_S, self._publish)

    def _read(self, named: Collection[str] | None, moved: Callable[[], None]) -> None:
        self._read_up_to(self._files_apart_from, named, moved)

    def _read_all(self, moved: Callable[[], None]) -> None:
        self._read_up_to(None, None, moved)

    def _read_up_to(self, many: int | None, named: Collection[str] | None, moved: Callable[[], None]) -> None:
        def is_stopped() -> bool:
            moved()
            return self._is_stopped()

        config = self.config
        with open_state(config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
            tell_reading(read(config, state, self._clock, is_stopped, many=many, named=named))

    def _publish(self, moved: Callable[[], None]) -> None:
        config, clock = self.config, self._clock
        # As of the beginning: what comes up while this goes on is published by the next. Where this fails, nothing
        # is known, and the next slot is soon enough.
        now, self.next_moment = clock.now(), None
        with open_state(config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
            publishing = publish(config, state, clock)
            moved()
            reporting = report(config, state, clock)
            days = [one.until for one in config.links.exclude if one.until is not None and one.until >= now.date()]
            moments = [next_moment(state, now), *map(end_of, days)]
        self.next_moment = min((one for one in moments if one is not None), default=None)
        tell_publishing(publishing, reporting)

    def _maintain(self, moved: Callable[[], None]) -> None:
        with open_state(self.config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
            done = maintain_when_due(self.config, state, self._clock)
        self.found.update(done.found)
        tell_maintenance(done)

    def _note(self, record: JobRecord, moved: Callable[[], None]) -> None:
        give_back_memory()
        with open_state(self.config.state_path, who=WHO, write_wait_s=WRITE_WAIT_S) as state:
            if self._is_noted and not jobs.all_jobs(state):
                log.warning(
                    "%s is not the one of before: what was known of links is gone with that, and ids are kept by"
                    " ids.json; `feedbot db restore` brings back a copy",
                    self.config.state_path,
                )
            self._is_noted = True
            jobs.note(state, record)
            moved()
            self.links_due = planning.due_count(state, self._clock.now())

    async def _in_thread(self, what: str, bound_s: float, work: Callable[[Callable[[], None]], None]) -> None:
        """Do the work in a thread; a job that is cancelled leaves its thread to end by itself, in `threads`."""

        def watched() -> None:
            with self.under_way.doing(what, bound_s) as moved:
                work(moved)

        thread = asyncio.create_task(asyncio.to_thread(watched))
        self.threads.add(thread)
        thread.add_done_callback(self._forget)
        await asyncio.shield(thread)

    def _forget(self, thread: asyncio.Task[None]) -> None:
        self.threads.discard(thread)
        if not thread.cancelled():
            thread.exception()  # it is raised where it is waited for, if anybody still waits


async def tell_progress(progress: Progress | Apart, clock: Clock) -> None:
    """Log how far a check is, each minute until cancelled; most are over before the first."""
    while True:
        await clock.sleep(_TELL_EVERY_S)
        standing = progress.at(clock.monotonic())
        if standing is not None:
            log.info("checking links: %s", ", ".join(standing.words()))


def _found(checked: Checked) -> str:
    verdicts = ", ".join(f"{number:,} {kind}" for kind, number in checked.summary.items())
    offline = "offline: " if checked.online is False else ""
    return f"{offline}{verdicts or 'nothing was due'}"
