"""All that the doctor looks at: one table of checks, those inside and those that ask the network."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.doctor import CANARIES, Finding, Level, Part, worst_first
from feedbot.core.url import host_of
from feedbot.errors import FeedbotError
from feedbot.service.doctor import cluster, database, feeds, files, named, network, settings, site, unit, versions
from feedbot.service.doctor.asking import ANSWERS_WITHIN_S, Asker, open_asker
from feedbot.service.doctor.case import Case
from feedbot.wire.resolver import Resolver

Inside = Callable[[Case], list[Finding]]
Outside = Callable[[Case, Asker], Awaitable[list[Finding]]]

INSIDE: tuple[tuple[Part, Inside], ...] = (
    (Part.FILES, files.permissions),
    (Part.FILES, files.room),
    (Part.STATE, database.database),
    (Part.STATE, database.at_work),
    (Part.CONFIG, settings.settings),
    (Part.CONFIG, named.named),
    (Part.UNIT, unit.installed_units),
    (Part.VERSIONS, versions.versions),
)

OUTSIDE: tuple[tuple[Part, Outside], ...] = (
    (Part.FEEDS, feeds.feeds),
    (Part.FEEDS, feeds.over_http),
    (Part.SITE, site.home_page),
    (Part.SITE, site.contact_page),
    (Part.SITE, site.hubs),
    (Part.NETWORK, network.canaries),
    (Part.NETWORK, network.names),
    (Part.NETWORK, cluster.cluster),
)


async def examine(
    config: Config,
    clock: Clock,
    *,
    offline: bool = False,
    resolver: Resolver | None = None,
    within_s: float = ANSWERS_WITHIN_S,
    inside: Sequence[tuple[Part, Inside]] = INSIDE,
) -> list[Finding]:
    """Every finding, part by part and the worst first; `offline` leaves out what asks the network.

    What is wrong is in the findings, and nothing is raised. Ends within two minutes, whatever servers do.
    """
    case = Case(config, clock)
    findings = await asyncio.to_thread(look_inside, case, inside)
    if not offline:
        findings += await look_outside(case, resolver, within_s=within_s)
    return worst_first(findings)


async def look_outside(
    case: Case, resolver: Resolver | None = None, *, within_s: float = ANSWERS_WITHIN_S
) -> list[Finding]:
    """What asks the network; where the config lets nobody be asked, that alone."""
    config, clock = case.config, case.clock
    if named.unusable(config):
        # What stands under Config says why; what is known of the network stays as it is (core/doctor.py).
        return [Finding(Part.NETWORK, CANARIES, Level.PROBLEM, "nothing was asked: the config lets nobody be asked")]
    async with open_asker(config, clock, resolver, within_s=within_s) as asker:
        found = await asyncio.gather(*(_outside(part, check, case, asker) for part, check in OUTSIDE))
        hosts = {host_of(url) for url in (config.feeds.url, config.site.url, config.contact)}
        return [*(finding for some in found for finding in some), *network.certificates(clock, asker, hosts)]


def look_inside(case: Case, checks: Sequence[tuple[Part, Inside]] = INSIDE) -> list[Finding]:
    """What asks nobody; a second for each 500 MB of state.db."""
    findings = []
    for part, check in checks:
        try:
            findings += check(case)
        except (FeedbotError, OSError) as error:
            findings.append(_failed(part, check.__name__, error))
    return findings


async def _outside(part: Part, check: Outside, case: Case, asker: Asker) -> list[Finding]:
    try:
        return await check(case, asker)
    except (FeedbotError, OSError) as error:
        return [_failed(part, getattr(check, "__name__", ""), error)]


def _failed(part: Part, check: str, error: Exception) -> Finding:
    """A look that could not be taken, such as at a folder that may not be read."""
    return Finding(part, check.replace("_", " "), Level.PROBLEM, f"cannot be looked at: {error}")
