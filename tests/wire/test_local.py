"""One run's network as a whole."""

from feedbot.config import CheckerConfig
from feedbot.wire.local import open_local
from feedbot.wire.prober import Postponed
from tests.wire.scripted import ScriptedClock, ScriptedResolver, ScriptedWire, response


async def test_what_is_no_link_is_not_asked_of_a_host_that_wants_to_be_left_alone_beyond_the_run():
    policy = CheckerConfig(max_run_s=60, per_host={"delay_s": 0}).policy()
    wire = ScriptedWire(lambda request: response(429, retry_after="600"))
    wire.most_at_once = None
    async with open_local(
        policy, "https://example.org/", ScriptedClock(), ScriptedResolver(), wire_over=lambda names: wire
    ) as local:
        assert (await local.ask("http://a.test/one", 10.0)).status == 429
        assert await local.ask("http://a.test/two", 10.0) == Postponed("http://a.test/two", 600.0)
    assert [request.url for request in wire.asked] == ["http://a.test/one"]
