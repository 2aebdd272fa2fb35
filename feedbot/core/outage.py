"""Is it us? What a run's failures say of our own network."""

from collections.abc import Iterable

import msgspec

MIN_HOSTS = 20
SHARE = 0.3
FAILURES_IN_A_ROW = 5
"""So many network failures in a row, on different hosts, are a reason to ask the canaries again."""


class Asked(msgspec.Struct, frozen=True):
    """One target of a run: its host, whether it was alive the last time, whether the network failed now."""

    host: str
    was_alive: bool
    failed: bool


def is_mass_failure(asked: Iterable[Asked]) -> bool:
    """True where at least 20 hosts were asked and 30 % of those alive the last time now fail in the network.

    A host counts as failing when no target of it that was alive got an answer.
    """
    hosts: set[str] = set()
    living: dict[str, bool] = {}
    for one in asked:
        hosts.add(one.host)
        if one.was_alive:
            living[one.host] = living.get(one.host, True) and one.failed
    if len(hosts) < MIN_HOSTS or not living:
        return False
    return sum(living.values()) >= SHARE * len(living)
