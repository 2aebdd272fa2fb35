"""Plans carried out in a Dask cluster, shard by shard."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from feedbot.core.checker import CheckerPolicy
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.errors import ClusterError
from feedbot.wire.cluster_words import SPEAKS, Ask, Brought, Stand, Unfit, encoded, read_answer
from feedbot.wire.executor import Plan, Result, SlowHosts
from feedbot.wire.prober import Lost, ProbeTarget
from feedbot.wire.shards import MOST_TARGETS, Shard, Shards, pace_of, shard_size

if TYPE_CHECKING:
    from distributed import Future

    from feedbot.wire.cluster import Cluster

log = logging.getLogger("feedbot")

SHARD_S = 120.0
"""A shard ends after this at the latest; what is left of it comes in a later one."""
GRACE_S = 10.0
"""How long after its end a run waits for what the workers bring, and for Dask to have heard that nobody waits."""
_LOOK_ROUND_S = 2.0
_MOST_WORDS = 300


class ClusterExecutor:
    """Carries out plans in a cluster: as many shards at once as its workers have threads.

    A domain is one shard's at a time, so the rules of politeness hold without that workers know of each other; the
    rest that a domain wants after a shard, and the slower pace that it was found to want, are passed on to its next
    one. `concurrency` is each shard's. Only the shards under way are in memory, here and there. Dask has those of a
    lost worker done again; one that ends its workers time and again is given up, and its targets are Lost. A shard's
    results are taken once.
    """

    def __init__(
        self,
        cluster: "Cluster",
        config: CheckerPolicy,
        contact: str,
        head_refused: set[str],
        run_left_s: float | None,
    ) -> None:
        self._cluster = cluster
        self._config = config
        self._contact = contact
        self._head_refused = head_refused
        self._loop = asyncio.get_running_loop()
        self._ends_at = math.inf if run_left_s is None else self._loop.time() + run_left_s
        self._shards = Shards(pace_of(config))
        self._stands: dict[str, Stand] = {}
        self._under_way: dict[asyncio.Task[Brought | Unfit | None], tuple[Shard, Future]] = {}
        self._looked_at = -math.inf
        self._place: str | None = None
        self.vantage: str | None = None
        """Where the latest result comes from, where that place has a name."""
        self._ended = asyncio.Event()

    async def observe(self, plan: Plan, vantage: str | None = None) -> AsyncIterator[Result]:
        """Results by the shard, as shards are done; all from one place, where that is named.

        Closing the iterator, or cancelling the task that reads it, ends what the workers have under way. Raises
        ClusterError where the scheduler is lost, or no worker is left that may be asked; where none is left in the
        place that is named, it just ends.
        """
        self._place = vantage
        ending = asyncio.create_task(self._ended.wait())
        portion: asyncio.Task[Sequence[ProbeTarget] | None] | None = None
        is_all = False
        try:
            while not self._ended.is_set() and self._loop.time() < self._ends_at + GRACE_S:
                await self._hand_out()
                if vantage is not None and not self._fit:
                    return
                if portion is None and not is_all and not self._is_over and self._shards.waiting < self._room:
                    portion = asyncio.create_task(_next_portion(plan))
                if not self._under_way and (self._is_over or (portion is None and not self._shards.waiting)):
                    return
                waited_for: set[asyncio.Task[Any]] = {ending, *self._under_way}
                if portion is not None:
                    waited_for.add(portion)
                await asyncio.wait(waited_for, timeout=self._wait_s(), return_when=asyncio.FIRST_COMPLETED)
                if portion is not None and portion.done():
                    targets = portion.result()
                    is_all = targets is None
                    self._shards.add(targets or ())
                    portion = None
                for done in [task for task in self._under_way if task.done()]:
                    results, self.vantage = self._results_of(done)
                    for result in results:
                        yield result
            if self._under_way and not self._ended.is_set():
                late = sum(len(shard.targets) for shard, _ in self._under_way.values())
                log.warning("the cluster did not bring %d links back in time; they stay due", late)
        finally:
            ending.cancel()
            await self._end(portion)
            await plan.portions.aclose()

    def slowest(self) -> SlowHosts:
        """Nothing: what the workers have under way is known to them."""
        return ()

    async def aclose(self) -> None:
        """End what is under way; an iterator that is still read ends with what was done."""
        self._ended.set()

    @property
    def vantages(self) -> frozenset[str]:
        """The names of the places from which the cluster can ask."""
        return self._cluster.vantages

    @property
    def _fit(self) -> dict[str, int]:
        return self._cluster.fit(self._place)

    @property
    def _is_over(self) -> bool:
        return self._loop.time() >= self._ends_at

    @property
    def _room(self) -> int:
        """How many targets may wait for a worker before no further portion is taken: a shard for each thread."""
        return MOST_TARGETS * max(1, sum(self._fit.values()))

    def _wait_s(self) -> float:
        now = self._loop.time()
        if self._is_over:
            return max(0.0, min(_LOOK_ROUND_S, self._ends_at + GRACE_S - now))
        has_room = len(self._under_way) < sum(self._fit.values())
        next_at = min(self._ends_at, self._shards.next_at() if has_room else math.inf)
        return max(0.0, min(_LOOK_ROUND_S, next_at - now))

    async def _hand_out(self) -> None:
        """Give the workers as many shards as they have threads."""
        now = self._loop.time()
        if now >= self._looked_at + _LOOK_ROUND_S:
            try:
                await self._cluster.look_round()
            except OSError:
                raise _lost_scheduler() from None
            self._looked_at = self._loop.time()
        if self._cluster.has_unfit and not self._cluster.fit():
            raise ClusterError("no worker of the cluster is left that may be asked; what is not on record stays due")
        at_once = sum(self._fit.values())
        while len(self._under_way) < at_once and now < self._ends_at:
            shard = self._shards.take(now, shard_size(self._shards.waiting, at_once))
            if shard is None:
                return
            self._hand(shard, at_once)

    def _hand(self, shard: Shard, at_once: int) -> None:
        # Here and not above: only who has joined a cluster loads what Dask brings.
        from feedbot.wire.cluster_worker import ask  # noqa: PLC0415

        hosts = {host_of(target.url) for target in shard.targets}
        client = self._cluster.client
        run_s = min(self._ends_at - self._loop.time(), SHARD_S)
        order = Ask(
            config=replace(self._config, max_run_s=run_s),
            contact=self._contact,
            head_refused=tuple(sorted(hosts & self._head_refused)),
            plan=shard.targets,
            stands=tuple(stand for host, stand in self._stands.items() if registrable_domain(host) in shard.domains),
            at_once=at_once,
        )
        # Only where there are others: with a list of workers, none that comes later has a share.
        workers = sorted(self._fit) if self._cluster.has_unfit or self._place is not None else None
        key = f"feedbot-{client.id}-{shard.number}"
        future = client.submit(ask, SPEAKS, encoded(order), key=key, pure=False, workers=workers)
        self._under_way[asyncio.create_task(self._answer(shard, future))] = (shard, future)

    async def _answer(self, shard: Shard, future: "Future") -> Brought | Unfit | None:
        """What came of a shard; None where it is given up, which is said. Raises ClusterError."""
        from distributed import KilledWorker  # noqa: PLC0415
        from distributed.client import CancelledError  # noqa: PLC0415 - not asyncio's

        try:
            return read_answer(await future.result())
        except CancelledError:
            raise _lost_scheduler() from None
        except KilledWorker as error:
            log.warning("%s; %d of its links stay due", _how_often(error.allowed_failures + 1), len(shard.targets))
        except Exception as error:  # noqa: BLE001 - of the worker's code, whatever it is
            if future.status != "error":
                raise _lost_scheduler() from None
            words = " ".join(str(error).split())[:_MOST_WORDS]
            what = f"{type(error).__name__}: {words}"
            log.warning(
                "a worker met an error of feedbot's own: %s; %d of its links stay due", what, len(shard.targets)
            )
        return None

    def _results_of(self, done: "asyncio.Task[Brought | Unfit | None]") -> tuple[list[Result], str | None]:
        """What a shard gives, each target once, and where from; what it has not asked waits again, or is lost."""
        shard, future = self._under_way.pop(done)
        future.release()
        answer = done.result()
        left = {target.url: target for target in shard.targets}
        results: list[Result] = []
        rests_s: dict[str, float] = {}
        match answer:
            case None:
                results += [Lost(url) for url in left]
                left.clear()
            case Unfit():
                self._cluster.leave_out(answer.worker, answer.why)
            case Brought():
                results += [one for one in answer.results if left.pop(one.url, None) is not None]
                self._head_refused.update(answer.head_refused)
                for stand in answer.stands:
                    domain = registrable_domain(stand.host)
                    rests_s[domain] = max(rests_s.get(domain, 0.0), stand.rests_s)
                    if stand.delay_s > self._shards.delay_s(stand.host):
                        self._stands[stand.host] = stand
        self._shards.give_back(left.values())
        self._shards.done(shard, self._loop.time(), rests_s)
        return results, answer.vantage if isinstance(answer, Brought) else None

    async def _end(self, portion: "asyncio.Task[Sequence[ProbeTarget] | None] | None") -> None:
        """Have the workers end what is under way; nothing of it is heard any more."""
        tasks: list[asyncio.Task[Any]] = [*self._under_way]
        futures = [future for _, future in self._under_way.values()]
        for shard, _ in self._under_way.values():
            self._shards.done(shard, self._loop.time(), {})
        self._shards.drop()
        self._under_way.clear()
        if portion is not None:
            tasks.append(portion)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if futures:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._cluster.client.cancel(futures)


def _how_often(times: int) -> str:
    if times == 1:
        return "a shard ended its worker and is given up"
    return f"a shard ended its worker {times} times and is given up"


def _lost_scheduler() -> ClusterError:
    return ClusterError("the scheduler of the cluster is lost; what is on record is kept, and the rest stays due")


async def _next_portion(plan: Plan) -> Sequence[ProbeTarget] | None:
    return await anext(plan.portions, None)
