"""`feedbot check --dry-run`: which links would be asked, and what that would take."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from feedbot.cli.text import count, plain
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.estimate import estimate
from feedbot.core.progress import span
from feedbot.state.database import copy_state
from feedbot.state.targets import Target
from feedbot.wire.cluster import LOCAL, require_dask
from feedbot.wire.politeness import HostGates
from feedbot.wire.prober import ProbeTarget


@contextmanager
def beside(config: Config) -> Iterator[Config]:
    """The same config over a copy of state.db, which is forgotten afterwards."""
    with tempfile.TemporaryDirectory(prefix="feedbot-dry-run-") as folder:
        copy = Path(folder).resolve() / "state.db"
        if config.state_path.exists():
            copy_state(config.state_path, copy, who="feedbot check --dry-run")
        yield config.model_copy(update={"state": copy})


def dry_run_lines(config: Config, targets: Sequence[Target], clock: Clock, nothing: str) -> Iterator[str]:
    """Each link in the order to ask them, and how much that is; `nothing` is said where there is none."""
    for target in targets:
        yield f"  {target.status.kind:<11}  {plain(target.url)}"
    if not targets:
        yield f"Dry run    {plain(nothing)}"
        return
    policy = config.checker.policy()
    gates = HostGates(policy.per_host, clock, hosts=policy.hosts)
    took = estimate((gates.key(one.host), gates.delay_at(one.host), one.status) for one in targets)
    hosts = count(len({target.host for target in targets}), "host")
    robots = "" if policy.robots == "never" else ", and the robots.txt of each"
    links = count(len(targets), "link")
    yield f"Dry run    {links} on {hosts} would be asked, with about {count(took.requests, 'request')}{robots}"
    if took.longest is not None and took.longest.least_s:
        lane = took.longest
        each = f"{count(lane.requests, 'request')} to {plain(lane.name)}, {lane.delay_s:g} s apart"
        yield f"           that takes {span(lane.least_s)} at least: {each}"
        if lane.least_s > policy.max_run_s:
            end = span(policy.max_run_s)
            yield f"           a run ends after {end} (checker.max_run_s); what is left then is not asked"
    yield from _of_cluster(config, targets)
    yield "           nothing was asked, and nothing is changed"


def _of_cluster(config: Config, targets: Sequence[Target]) -> Iterator[str]:
    if config.checker.cluster is None:
        return
    require_dask()
    # It knows of registrable domains, whose list is loaded for nothing else here.
    from feedbot.wire.shards import FEWEST_TARGETS, fewest  # noqa: PLC0415 - for a cluster alone

    number = fewest((ProbeTarget(target.url) for target in targets), config.checker.policy())
    who = "processes of this machine" if config.checker.cluster == LOCAL else f"the workers of {config.checker.cluster}"
    more = "" if number * FEWEST_TARGETS >= len(targets) else " at least, more with many workers"
    yield f"           {plain(who)} would ask, in {count(number, 'shard')}{more}; they are not joined now"
