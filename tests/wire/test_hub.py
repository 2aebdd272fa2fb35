"""How hubs are told, over a scripted wire: within what time, and over how many connections at once."""

import asyncio
from datetime import UTC, datetime

import pytest

from feedbot.config import CheckerConfig
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.ping import Accepted, Failed, Ping
from feedbot.wire.hub import tell_hubs
from feedbot.wire.wire import Request, Response
from tests.wire.scripted import ScriptedClock, ScriptedResolver, ScriptedWire, response

AT = datetime(2026, 11, 22, tzinfo=UTC)


def pings(hub: str, number: int) -> list[Ping]:
    return [Ping(hub, f"https://example.org/feeds/{nth}.rss", 1, AT) for nth in range(number)]


async def tell(wire: ScriptedWire, told: dict[str, list[Ping]], **checker: object) -> list[object]:
    config = CheckerConfig(**checker).policy()
    clock = ScriptedClock()
    answers = await tell_hubs(config, "https://me.test/", clock, told, ScriptedResolver(), lambda _: wire)
    return [answer for _, answer in answers]


async def test_a_hub_has_five_seconds_for_an_answer() -> None:
    wire = ScriptedWire(lambda request: response(202))
    assert await tell(wire, {"https://hub.test/": pings("https://hub.test/", 2)}) == [Accepted(), Accepted()]
    assert [(one.method, one.url, one.timeout_s) for one in wire.asked] == [("POST", "https://hub.test/", 5.0)] * 2


@pytest.mark.parametrize("at_once", [1, 3])
async def test_a_hub_is_told_over_no_more_connections_than_any_host(at_once: int) -> None:
    class Counting(ScriptedWire):
        now = most = 0

        async def exchange(self, request: Request) -> Response | Failure:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return await super().exchange(request)

    wire = Counting(lambda request: response(202))
    told = {"https://hub.test/": pings("https://hub.test/", 10)}
    assert len(await tell(wire, told, per_host={"concurrency": at_once})) == 10
    assert wire.most == at_once


async def test_a_hub_that_does_not_answer_is_told_nothing_more_and_others_are() -> None:
    def script(request: Request) -> Response | Failure:
        return response(202) if "up" in request.url else Failure(FailureKind.TIMEOUT, "no answer")

    wire = ScriptedWire(script)
    told = {url: pings(url, 5) for url in ("https://down.test/", "https://up.test/")}
    answers = await tell(wire, told, per_host={"concurrency": 1})
    assert answers.count(Accepted()) == 5
    assert answers.count(Failed("no answer", of_all=True)) == 1


async def test_a_wait_is_read_from_seconds_and_dates_and_is_at_least_a_minute() -> None:
    waits = iter(["3", "Sun, 22 Nov 2026 01:00:00 GMT", "soon"])
    wire = ScriptedWire(lambda request: response(500, retry_after=next(waits)))
    answers = await tell(wire, {"https://hub.test/": pings("https://hub.test/", 3)}, per_host={"concurrency": 1})
    assert [answer.wait_s for answer in answers if isinstance(answer, Failed)] == [60.0, 3600.0, None]
