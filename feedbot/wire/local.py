"""The room put together for one run on this machine."""

import os
import ssl
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from feedbot.clock import Clock
from feedbot.core.checker import CheckerPolicy
from feedbot.core.observation import Failure
from feedbot.wire.canaries import online
from feedbot.wire.choice import make_wire
from feedbot.wire.cluster import Cluster
from feedbot.wire.cluster_executor import ClusterExecutor
from feedbot.wire.executor import Executor, LocalExecutor, Plan, Result, SlowHosts, slowest
from feedbot.wire.hosts import read_hosts
from feedbot.wire.identity import Headers, identity_headers
from feedbot.wire.politeness import HeldTooLong, HostGates, Share
from feedbot.wire.prober import Postponed, ProbePolicy, Prober
from feedbot.wire.resolver import Resolver, SystemResolver
from feedbot.wire.slots import Slots
from feedbot.wire.wire import Response, Wire
from feedbot.wire.workers import Workers, how_many

_ASIDE_A_SLOT = 2

WireOver = Callable[[Resolver], Wire]
"""Makes a wire that asks this resolver for names."""


class LocalWire:
    """One run's network: what is learnt of hosts lives as long as this object."""

    def __init__(
        self,
        open_wire: Callable[[], AbstractAsyncContextManager[tuple[Wire, Resolver]]],
        executor: LocalExecutor,
        prober: Prober,
        config: CheckerPolicy,
        contact: str,
        headers: Headers,
        *,
        may_share: bool,
        ready: list[Process] | None,
        elsewhere: ClusterExecutor | None,
    ) -> None:
        self._open_wire = open_wire
        self._executor = executor
        self._elsewhere = elsewhere
        self._executors: list[Executor] = [executor] if elsewhere is None else [executor, elsewhere]
        self._prober = prober
        self._config = config
        self._contact = contact
        self._may_share = may_share
        self._ready = ready
        self._headers = headers

    def observe(self, plan: Plan) -> AsyncIterator[Result]:
        """What came of the targets, as they are done; ends by the run's deadline at the latest.

        Asked by a cluster where one was joined, else by this process, or by several where the plan is long and
        `workers` allows it.
        """
        if self._elsewhere is not None:
            return self._elsewhere.observe(plan)
        left_s = self._prober.run_left_s
        if self._may_share and left_s != 0:
            processes = how_many(self._config.workers, plan.size, self._config.concurrency)
            if processes > 1:
                refused = self._prober.head_refused
                workers = Workers(self._config, self._contact, refused, processes, left_s, ready=self._ready)
                self._executors.append(workers)
                return workers.observe(plan)
        return self._executor.observe(plan)

    def take_over(self, domains: Iterable[str]) -> None:
        """These registrable domains are this process's from now on, where other processes ask as well (Share)."""
        self._prober.gates.take_over(domains)

    def observe_from(self, vantage: str, plan: Plan) -> AsyncIterator[Result]:
        """The same, asked from one of the `vantages`; of less than all of the plan, where that place is lost."""
        assert self._elsewhere is not None
        return self._elsewhere.observe(plan, vantage)

    @property
    def vantages(self) -> frozenset[str]:
        """The names of the places that links can be asked from; none where they have no names."""
        return frozenset() if self._elsewhere is None else self._elsewhere.vantages

    @property
    def vantage(self) -> str | None:
        """Where the latest result was asked from; None where that has no name."""
        return None if self._elsewhere is None else self._elsewhere.vantage

    async def ask(self, url: str, timeout_s: float) -> Response | Failure | Postponed:
        """The answer to a GET of a URL that is no link, once it is its host's turn, if that comes within the run."""
        try:
            return await self._prober.ask(url, timeout_s)
        except HeldTooLong as held:
            return Postponed(url, held.wait_s)

    def retry_after_s(self, answer: Response) -> float | None:
        """The seconds for which an answer asks to be left alone; None where it does not say."""
        return self._prober.retry_after_s(answer)

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, three at most, longest first."""
        return slowest(host for executor in self._executors for host in executor.slowest())

    @property
    def run_left_s(self) -> float | None:
        """Seconds until the run ends; None where it has no end."""
        return self._prober.run_left_s

    async def aclose(self) -> None:
        """End what is under way; an iterator that is still read ends with what was done."""
        for executor in self._executors:
            await executor.aclose()

    async def online(self) -> bool:
        """True where enough of the configured canaries answer, or none is configured.

        They are asked over a wire of their own: the run's remembers addresses and keeps connections,
        so it would not notice that names can no longer be resolved. The workers of a cluster watch their own
        networks (cluster_worker.py); what they bring counts.
        """
        if self._elsewhere is not None or not self._config.canaries:
            return True
        async with self._open_wire() as (wire, _):
            return await online(wire, self._config.canaries, self._headers)

    @property
    def gates(self) -> HostGates:
        """How gently each host is asked by now."""
        return self._prober.gates

    @property
    def head_refused(self) -> frozenset[str]:
        """The hosts known to refuse or break HEAD: those given at opening and those met since."""
        return frozenset(self._prober.head_refused)


@asynccontextmanager
async def open_local(
    config: CheckerPolicy,
    contact: str,
    clock: Clock,
    resolver: Resolver | None = None,
    *,
    head_refused: Iterable[str] = (),
    ssl_context: ssl.SSLContext | None = None,
    wire_over: WireOver | None = None,
    share: Share | None = None,
    ready: list[Process] | None = None,
    cluster: Cluster | None = None,
) -> AsyncIterator[LocalWire]:
    """A LocalWire whose run ends `max_run_s` from now; closes every task, thread and socket at exit.

    `contact` is the page named in the User-Agent. A resolver that is passed in stays the caller's.
    `wire_over` makes the wire; without one it is the config's. `share` is told where other processes ask as well,
    `ready` are worker processes that wait for their orders (workers.started); a `cluster` that was joined asks instead.
    Raises ConfigError as `choice.require_usable` does.
    """
    headers = identity_headers(contact)
    policy = ProbePolicy(
        headers=headers,
        hosts=read_hosts(config, contact, os.environ),
        optout=frozenset(config.optout),
        robots=config.robots,
        max_redirects=config.max_redirects,
        back_off_s=config.back_off_s,
        probe_timeout_s=config.probe_timeout_s,
        run_ends_at=clock.monotonic() + config.max_run_s,
    )

    @asynccontextmanager
    async def open_wire() -> AsyncIterator[tuple[Wire, Resolver]]:
        names = resolver or SystemResolver()
        wire = wire_over(names) if wire_over else make_wire(config, names, ssl_context)
        try:
            yield wire, names
        finally:
            await wire.aclose()
            if isinstance(names, SystemResolver) and names is not resolver:
                names.close()

    async with open_wire() as (wire, names):
        slots = _slots(config.concurrency, wire.most_at_once)
        gates = HostGates(config.per_host, clock, slots, config.hosts, share=share)
        # A proxy looks the names of links up itself; ours may not even know them.
        prober = Prober(wire, gates, clock, policy, names if config.proxy is None else None)
        prober.head_refused.update(head_refused)
        executor = LocalExecutor(prober, config.concurrency)
        try:
            # A resolver, a context or a wire that is passed in lives in this process only.
            may_share = resolver is None and ssl_context is None and wire_over is None
            local = LocalWire(
                open_wire,
                executor,
                prober,
                config,
                contact,
                headers,
                may_share=may_share,
                ready=ready,
                elsewhere=None if cluster is None else cluster.executor(prober.head_refused, prober.run_left_s),
            )
            yield local
        finally:
            await local.aclose()


def _slots(concurrency: int, connections: int | None) -> Slots:
    """Room for so many requests, and aside for twice as many.

    Both together are no more than the wire has connections, where it has a bound, so that no time
    limit runs while an exchange waits for one.
    """
    if connections is None:
        return Slots(concurrency, aside=_ASIDE_A_SLOT * concurrency)
    most = min(concurrency, connections)
    return Slots(most, aside=min(_ASIDE_A_SLOT * most, connections - most))
