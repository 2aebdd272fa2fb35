"""One run, top to bottom: read -> plan -> probe -> judge -> record -> publish -> tell the hubs -> look for copies.

A bad article, a hostile server or a dead host is a value that is reported and stepped over; a
FeedbotError is for what the operator must mend.
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedbot.clock import Clock, Laps
from feedbot.config import Config
from feedbot.core.progress import Progress
from feedbot.state.database import State
from feedbot.steps.archiving import Archiving, look_for_copies
from feedbot.steps.checking import Checking, check_due
from feedbot.steps.pinging import Pinging, ping
from feedbot.steps.publishing import Publishing, publish
from feedbot.steps.reading import Reading, read
from feedbot.steps.reporting import Reporting, report
from feedbot.wire.local import WireOver
from feedbot.wire.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run."""

    reading: Reading
    checking: Checking
    publishing: Publishing
    reporting: Reporting
    pinging: Pinging
    archiving: Archiving


async def run_once(
    config: Config,
    state: State,
    clock: Clock,
    progress: Progress | None = None,
    *,
    resolver: Resolver | None = None,
    wire_over: WireOver | None = None,
    on_stop: Callable[[Checking], None] | None = None,
) -> Run:
    """The main job: article files in; every link that is due judged, with evidence; topic feeds out.

    Whoever calls it holds `checking_run(state)`: there is one checking run at a time. `resolver`, `wire_over` and
    `on_stop` are as for `check`.
    """
    laps = Laps(clock)
    reading = read(config, state, clock)
    laps.end("reading")
    checking = await check_due(config, state, clock, progress, resolver=resolver, wire_over=wire_over, on_stop=on_stop)
    laps.end("checking")
    publishing = publish(config, state, clock)
    laps.end("publishing")
    reporting = report(config, state, clock)
    laps.end("reporting")
    pinging = await ping(config, state, clock)
    archiving = await look_for_copies(config, state, clock, online=checking.online)
    return Run(reading, checking, publishing, reporting, pinging, archiving)
