"""The Dask cluster that the config has links asked by: does it answer, and can its workers do the work?"""

import asyncio
import importlib.util

from feedbot.core.doctor import Finding, Level, Part
from feedbot.errors import ClusterError
from feedbot.service.doctor.asking import Asker
from feedbot.service.doctor.case import Case
from feedbot.wire.cluster import LOCAL, joined

_PATIENCE_S = 10.0
"""How long its scheduler may take to answer, and how long to have a worker."""

_WITHIN_S = 60.0
"""How long all of it may take: a worker that hangs does not answer its greeting."""

_MEND = "checker.cluster: the address that `dask scheduler` prints; without it this machine asks"
_INSTALL = "pip install '.[cluster]' in a clone of feedbot; without checker.cluster this machine asks"


async def cluster(case: Case, _: Asker, patience_s: float = _PATIENCE_S) -> list[Finding]:
    """Whether the scheduler answers and all workers are of this feedbot; nothing where the config has no cluster."""
    config = case.config
    address = config.checker.cluster
    if address is None:
        return []
    if importlib.util.find_spec("distributed") is None:
        return [_problem("Dask is not installed, which checker.cluster needs", _INSTALL)]
    if address == LOCAL:
        return [_well("Dask is installed, with which processes of this machine ask")]
    try:
        async with asyncio.timeout(_WITHIN_S):
            async with joined(address, config.checker.policy(), config.contact, case.clock, 1, patience_s) as there:
                workers = 0 if there is None else len(there.fit())
    except ClusterError as error:
        return [_problem(str(error), _MEND)]
    except TimeoutError:
        return [_problem(f"the cluster {address} has not greeted us within {_WITHIN_S:g} s", _MEND)]
    are = "worker, which is" if workers == 1 else "workers, all"
    return [_well(f"the cluster {address} answers: {workers} {are} of this feedbot")]


def _problem(sentence: str, mend: str) -> Finding:
    return Finding(Part.NETWORK, "cluster", Level.PROBLEM, f"no link can be checked: {sentence}", mend)


def _well(sentence: str) -> Finding:
    return Finding(Part.NETWORK, "cluster", Level.OK, sentence)
