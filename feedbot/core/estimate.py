"""What asking links would take, before any is asked: requests, and seconds by the pace of the hosts."""

from collections.abc import Iterable
from dataclasses import dataclass

from feedbot.core.order import expected_requests
from feedbot.core.status import Status


@dataclass(frozen=True, slots=True)
class Lane:
    """What is asked one by one: the name of the host or domain, its requests, and the seconds between two of them."""

    name: str
    requests: int
    delay_s: float

    @property
    def least_s(self) -> float:
        """Seconds from the first request to the last."""
        return (self.requests - 1) * self.delay_s


@dataclass(frozen=True, slots=True)
class Estimate:
    """So many requests; the lane that takes longest says how long it takes at least, None where there is nothing."""

    requests: int
    longest: Lane | None


def estimate(links: Iterable[tuple[str, float, Status]]) -> Estimate:
    """What these would take: the name of each one's lane, with the lane's delay in seconds, and where it stands."""
    counted: dict[str, int] = {}
    delays: dict[str, float] = {}
    for name, delay_s, status in links:
        counted[name] = counted.get(name, 0) + expected_requests(status)
        delays[name] = delay_s
    lanes = [Lane(name, requests, delays[name]) for name, requests in counted.items()]
    longest = max(lanes, key=lambda lane: (lane.least_s, lane.requests, lane.name), default=None)
    return Estimate(sum(counted.values()), longest)
