"""Looks that something else decides: what a made-up address beside a page answers, or what is found of its article."""

from collections.abc import Callable, Iterator

from feedbot.clock import Clock
from feedbot.core.context import Sibling, Source, folder_of, sibling_url
from feedbot.core.observation import Observation
from feedbot.errors import StateError
from feedbot.state import siblings, targets
from feedbot.state.database import State
from feedbot.steps.look import Look, as_sibling, as_source
from feedbot.wire.executor import Result
from feedbot.wire.prober import ProbeTarget

_MANY = 1000


class Undecided:
    """Keeps looks until what decides them is known; of how many targets a run has, it keeps no more for that.

    `is_to_come` tells of a target's number whether this run has still to look at it.
    """

    def __init__(self, state: State, clock: Clock, is_to_come: Callable[[int], bool]) -> None:
        self._state = state
        self._clock = clock
        self._is_to_come = is_to_come
        self._looks: list[Look] = []
        self._many = _MANY
        self._asked: dict[str, str] = {}
        self._heard: list[Sibling] = []
        self._beside: dict[str, Sibling | None] = {}
        self.damaged: set[int] = set()
        """The targets of which it cannot be told any more what their pages said."""

    def add(self, look: Look) -> None:
        """Keep one more."""
        self._looks.append(look)

    def __iter__(self) -> Iterator[Look]:
        return iter(self._looks)

    @property
    def are_many(self) -> bool:
        """True where it is time to ask beside them, and to take those that can be decided."""
        return len(self._looks) >= self._many

    def to_ask(self) -> list[ProbeTarget]:
        """The made-up addresses that are yet to be asked, one for each folder."""
        now = self._clock.now()
        week = now.toordinal() // 7
        pages = {folder_of(look.target.url): look.target.url for look in self._looks if look.wants_sibling}
        # What was decided is in state.db.
        self._beside = {folder: one for folder, one in self._beside.items() if one is None or folder in pages}
        plan = []
        for folder, url in pages.items():
            if folder in self._beside:
                continue
            # What it answers is not known before it is heard.
            self._beside[folder] = siblings.known(self._state, url, now)
            if self._beside[folder] is None:
                address = sibling_url(url, week)
                self._asked[address] = folder
                plan.append(ProbeTarget(address, compared=True))
        return plan

    def hear(self, outcome: Result) -> None:
        """What came of a made-up address, if it is one."""
        folder = self._asked.pop(outcome.url, None)
        if folder is not None and isinstance(outcome, Observation):
            self._beside[folder] = as_sibling(outcome)
            self._heard.append(as_sibling(outcome))

    def take(self, *, everything: bool) -> tuple[list[Look], list[Look], list[Look]]:
        """Those that can be decided now, or `everything`, in three waves of which each may decide on the next.

        What is found of articles decides on their AMP pages, and that on the copies of caches.
        """
        siblings.remember(self._state, self._heard)
        self._heard = []
        unheard = set(self._asked.values())
        ready, self._looks = self._looks, []
        if not everything:
            looks = ready
            ready = [look for look in looks if self._is_decidable(look, unheard)]
            taken = {look.target.id for look in ready}
            self._looks = [look for look in looks if look.target.id not in taken]
            # What waits longer is not looked through each time that one more comes.
            self._many = max(_MANY, 2 * len(self._looks))
        return (
            [look for look in ready if not look.wants_article],
            [look for look in ready if look.wants_article and not look.context.is_cache],
            [look for look in ready if look.wants_article and look.context.is_cache],
        )

    def decided(self, look: Look) -> Look | None:
        """The look, judged with what is known beside it; None where nobody has heard what a made-up address answers."""
        sibling = self._beside.get(folder_of(look.target.url)) if look.wants_sibling else None
        if look.wants_sibling and sibling is None:
            return None
        return look.with_more(sibling=sibling, **self._stands_for(look))

    def _is_decidable(self, look: Look, unheard: set[str]) -> bool:
        folder = folder_of(look.target.url)
        if look.wants_sibling and (folder in unheard or folder not in self._beside):
            return False
        other = self._other(look) if look.wants_article else None
        return other is None or not self._is_to_come(other.id)

    def _other(self, look: Look) -> targets.Target | None:
        """The article of an AMP page, or the AMP page of a cache's copy."""
        find = targets.amp_of if look.context.is_cache else targets.source_of
        return find(self._state, look.target)

    def _stands_for(self, look: Look) -> dict[str, Source | None]:
        """The part of a context that tells of that."""
        if not look.wants_article:
            return {}
        other = self._other(look)
        page = None
        if other is not None:
            try:
                page = targets.page_of(self._state, other)
            except StateError:  # as if it had never been read
                self.damaged.add(other.id)
        return {"amp" if look.context.is_cache else "source": as_source(other, page)}
