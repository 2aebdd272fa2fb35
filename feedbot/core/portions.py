"""Which targets of a plan are handed out next: the first ones that their gates have room for."""

from array import array
from collections import deque
from collections.abc import Sequence


class Portions:
    """Hands out the places of a plan, 0 for its first target, in portions.

    `gates` has the gate of each target, a number from 0 on. They come in the order of the plan, but of one gate no more
    than `most` are out at once: those beyond wait for some that are to come back, and others are handed out instead. So
    a host of very many links takes no room from the others, and its own order is kept.
    """

    def __init__(self, gates: Sequence[int], most: int) -> None:
        self._gates = gates
        self._most = most
        self._next = 0
        self._out = array("l", bytes(array("l").itemsize * (1 + max(gates, default=-1))))
        self._held: dict[int, deque[int]] = {}
        # Gates that have something to hand out and room for it, in the order in which they got it.
        self._ready: dict[int, None] = {}

    @property
    def are_over(self) -> bool:
        """True where all of the plan was handed out."""
        return self._next == len(self._gates) and not self._held

    def take(self, most: int) -> list[int]:
        """The next places, so many at most; none where all that is left waits for what is out."""
        taken: list[int] = []
        while self._ready and len(taken) < most:
            gate = next(iter(self._ready))
            self._take_of(gate, most - len(taken), taken)
        while self._next < len(self._gates) and len(taken) < most:
            place, self._next = self._next, self._next + 1
            gate = self._gates[place]
            if gate in self._held:
                self._held[gate].append(place)
            elif self._out[gate] < self._most:
                self._out[gate] += 1
                taken.append(place)
            else:
                self._held[gate] = deque([place])
        return taken

    def came_back(self, place: int) -> None:
        """One that was handed out is done; once half of those of its gate are, there is room for the next ones."""
        gate = self._gates[place]
        self._out[gate] -= 1
        if gate in self._held and self._out[gate] <= self._most // 2:
            self._ready[gate] = None

    def _take_of(self, gate: int, most: int, taken: list[int]) -> None:
        held = self._held[gate]
        for _ in range(min(most, len(held), self._most - self._out[gate])):
            self._out[gate] += 1
            taken.append(held.popleft())
        if not held:
            del self._held[gate]
        if not held or self._out[gate] == self._most:
            del self._ready[gate]
