"""The daemon's look, once a day: only what has changed since the last one is told."""

import logging
from datetime import timedelta

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import Found
from feedbot.core.doctor import BY_THE_NETWORK, Compared, Finding, Level, compared, worst_first
from feedbot.state import care, findings
from feedbot.state.care import Deed
from feedbot.state.database import State

log = logging.getLogger("feedbot")

EVERY = timedelta(hours=23)
"""A little less than a day, as with looking after state.db: each night's look is then due."""


_DOCTOR = "doctor:"


def is_due(config: Config, state: State, clock: Clock) -> bool:
    """True where the config asks for it and it was not done for so long."""
    return config.doctor.daily and care.is_due(state, Deed.DOCTOR, EVERY, clock.now())


def tell_changes(state: State, clock: Clock, found: list[Finding]) -> Compared:
    """Log what has changed since the last look, and keep what is not well for the next."""
    result = compared(findings.standing(state), worst_first(found))
    findings.keep(state, result.standing, clock.now())
    for one in result.new:
        level = logging.ERROR if one.level is Level.PROBLEM else logging.WARNING
        mend = f" -> {'; '.join(one.mend.splitlines())}" if one.mend else ""
        log.log(level, "doctor: %s: %s%s", one.part, one.sentence, mend)
    for key in result.well:
        log.info("doctor: well again: %s", key)
    return result


def to_tell(result: Compared) -> dict[str, Found | None]:
    """What the operator is to be told of the problems that readers meet, by key: None is over (alerting.alert).

    What is wrong with disks, jobs and state.db is told as soon as it is so.
    """
    told: dict[str, Found | None] = {f"{_DOCTOR}{key}": None for key in result.well}
    for one in result.new:
        if one.part in BY_THE_NETWORK:
            sentence = "; ".join([f"{one.part}: {one.sentence}", *one.mend.splitlines()])
            found = Found(f"the doctor has found a problem ({one.key})", sentence)
            told[f"{_DOCTOR}{one.key}"] = found if one.level is Level.PROBLEM else None
    return told
