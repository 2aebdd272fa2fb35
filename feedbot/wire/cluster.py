"""A Dask cluster that is joined for a run: who its workers are, and whether they can do their work.

Nothing of Dask is loaded before somebody joins one.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgspec.structs import replace

from feedbot.clock import Clock
from feedbot.core.checker import CheckerPolicy
from feedbot.core.clock_skew import MOST_S
from feedbot.errors import ClusterError
from feedbot.wire.cluster_executor import ClusterExecutor
from feedbot.wire.cluster_words import SPEAKS, Greeting, Unfit, encoded, read_greeting
from feedbot.wire.workers import how_many

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger("feedbot")

LOCAL = "local"
"""In the place of an address: a cluster of this machine's own, for as long as the command runs."""
_MOST_WORDS = 300

PATIENCE_S = 30.0
"""How long a scheduler may take to answer, and to have a first worker."""

_SAID_AFTER_S = 2.0
"""Who is waited for longer than this is named."""

_MOST_NAMED = 20


def require_dask() -> None:
    """Raise ClusterError where feedbot[cluster] is not installed; nothing of it is loaded."""
    if find_spec("distributed") is None:
        raise ClusterError(
            "a cluster is to ask (checker.cluster or --cluster), and Dask is not installed here;"
            " pip install '.[cluster]' in a clone of feedbot brings it"
        )


class Cluster:
    """A Dask cluster whose workers all speak as we do; `name` is its address, or `local`."""

    def __init__(self, client: "Client", name: str, config: CheckerPolicy, contact: str, clock: Clock) -> None:
        self.client = client
        self.name = name
        self._config = config
        self._contact = contact
        self._threads: dict[str, int] = {}
        self._clock = clock
        self._unfit: set[str] = set()
        self._vantages: dict[str, str] = {}

    def executor(self, head_refused: set[str], run_left_s: float | None) -> ClusterExecutor:
        """What carries out the plans of a run; `head_refused` grows by what the workers learn."""
        return ClusterExecutor(self, self._config, self._contact, head_refused, run_left_s)

    def fit(self, vantage: str | None = None) -> dict[str, int]:
        """The workers that may be asked, of one place where that is named, with the shards that each takes at once."""
        return {
            worker: threads
            for worker, threads in self._threads.items()
            if worker not in self._unfit and vantage in {None, self._vantages.get(worker)}
        }

    @property
    def vantages(self) -> frozenset[str]:
        """The names of the places from which workers ask that may be asked."""
        return frozenset(self._vantages[worker] for worker in self.fit() if worker in self._vantages)

    @property
    def has_unfit(self) -> bool:
        """True where there are workers that may not be asked."""
        return not self._unfit.isdisjoint(self._threads)

    async def look_round(self) -> None:
        """See which workers there are, and greet the new ones; raises OSError where the scheduler does not answer."""
        for worker, why in (await self._greeted()).items():
            self.leave_out(worker, why)

    async def require_fit(self, patience_s: float) -> None:
        """Wait so long for a worker, and greet all; raises ClusterError where none comes, or one cannot do its work."""
        try:
            with _said_if_it_takes_long(f"the cluster {self.name} has no worker yet", patience_s):
                async with asyncio.timeout(patience_s):
                    while not await self.client.nthreads():  # noqa: ASYNC110 - Dask has nothing else to wait on
                        await asyncio.sleep(0.1)
        except TimeoutError:
            raise ClusterError(
                f"the cluster {self.name} has no worker, also after {patience_s:g} s; start one with"
                f" `dask worker {self.name}`"
            ) from None
        unfit = await self._greeted()
        if unfit:
            said = "; ".join(f"the worker {worker} {why}" for worker, why in sorted(unfit.items()))
            raise ClusterError(f"the cluster {self.name} is not used: {said}")
        log.debug("the cluster %s has %s", self.name, self._named())

    def leave_out(self, worker: str, why: str) -> None:
        """Ask this worker nothing more in this run."""
        if worker not in self._unfit:
            log.warning("the worker %s %s; it is asked nothing more in this run", worker, why)
            self._unfit.add(worker)

    def _named(self) -> str:
        """Its workers in words, with the places that have names."""
        workers = sorted(self._threads)
        places = {worker: f" ({place})" for worker, place in self._vantages.items()}
        named = ", ".join(f"{worker}{places.get(worker, '')}" for worker in workers[:_MOST_NAMED])
        more = f" and {len(workers) - _MOST_NAMED} more" if len(workers) > _MOST_NAMED else ""
        return f"{len(workers)} {'worker' if len(workers) == 1 else 'workers'}: {named}{more}"

    async def _greeted(self) -> dict[str, str]:
        """Greet the workers that are new; returns why, for those that cannot do their work."""
        # Here and not above: only who has joined a cluster loads what Dask brings.
        from feedbot.wire.cluster_worker import greet  # noqa: PLC0415

        threads: dict[str, int] = await self.client.nthreads()
        new = [worker for worker in threads if worker not in self._threads]
        self._threads = threads
        if not new:
            return {}
        answers = await self.client.run(greet, SPEAKS, encoded(self._config), workers=new, on_error="return")
        greetings = {
            worker: self._greeting(answer) for worker, answer in answers.items() if not isinstance(answer, OSError)
        }
        self._vantages |= {
            worker: one.vantage for worker, one in greetings.items() if isinstance(one, Greeting) and one.vantage
        }
        return {worker: one.why for worker, one in greetings.items() if isinstance(one, Unfit)}

    def _greeting(self, answer: object) -> Greeting | Unfit:
        if not isinstance(answer, bytes):
            words = " ".join(str(answer).split())[:_MOST_WORDS]
            return Unfit("", f"does not work for feedbot {SPEAKS}, which must be installed there ({words})")
        greeting = read_greeting(answer)
        if isinstance(greeting, Greeting) and (off_s := (greeting.at - self._clock.now()).total_seconds()):
            how = "ahead of" if off_s > 0 else "behind"
            if abs(off_s) > MOST_S:
                return Unfit("", f"has a clock that is {abs(off_s):,.0f} s {how} ours; set both right")
        return greeting


@contextmanager
def _said_if_it_takes_long(what: str, patience_s: float) -> Iterator[None]:
    """Say who is waited for, and for how long, unless the block has ended within two seconds."""
    left_s = patience_s - _SAID_AFTER_S
    if left_s <= 0:
        yield
        return
    line = asyncio.get_running_loop().call_later(
        _SAID_AFTER_S, log.warning, "%s; it is waited for, %.0f s more at most", what, left_s
    )
    try:
        yield
    finally:
        line.cancel()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started meanwhile does not hear a terminal's ctrl-C, which is for feedbot alone; here it comes later."""
    from multiprocessing import resource_tracker  # noqa: PLC0415 - for a cluster on this machine alone

    # Begun later, by the first process, it would have them hear again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@asynccontextmanager
async def joined(
    address: str | None, config: CheckerPolicy, contact: str, clock: Clock, targets: int, patience_s: float = PATIENCE_S
) -> AsyncIterator[Cluster | None]:
    """The cluster at this address, whose workers have all said that they can do their work; None without one.

    `local` is one of this machine's own, with as many workers as so many `targets` are worth, gone at the end. Raises
    ClusterError where feedbot[cluster] is not installed, the scheduler does not answer or has no worker within
    `patience_s`, or a worker is of another feedbot.
    """
    if address is None:
        yield None
        return
    require_dask()
    # It takes half a second.
    from distributed import Client, LocalCluster  # noqa: PLC0415

    for name in ("distributed", "distributed.client"):
        # Its lines, with stacks of its own, would stand on standard error; what they mean is said in a sentence.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    async with AsyncExitStack() as stack:
        place: str | LocalCluster = address
        if address == LOCAL:
            processes = how_many(config.workers, targets, config.concurrency)
            # Requests at once are each worker's, which here are all on one machine.
            config = replace(config, concurrency=config.concurrency // processes)
            # Over TLS with a key that only these processes know: who reaches a scheduler runs code as its user.
            made = LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                host="127.0.0.1",
                security=True,
                dashboard_address=":0",
                silence_logs=logging.CRITICAL,
                asynchronous=True,
            )
            with _deaf_to_interrupts():
                place = await stack.enter_async_context(made)
        try:
            client = Client(place, asynchronous=True, set_as_default=False, timeout=patience_s)
            with _said_if_it_takes_long(f"the cluster {address} does not answer yet", patience_s):
                await stack.enter_async_context(client)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise ClusterError(
                f"the cluster {address} does not answer: {why}; is `dask scheduler` running there?"
            ) from None
        cluster = Cluster(client, address, config, contact, clock)
        await cluster.require_fit(patience_s)
        yield cluster
