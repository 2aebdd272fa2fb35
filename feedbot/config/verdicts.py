"""`verdicts`: how sure feedbot must be before it calls a link dead."""

from pydantic import Field

from feedbot.config.section import Section
from feedbot.config.values import DurationS
from feedbot.core.status import DAY_S, StrikePolicy, StrikeRule


class StrikeConfig(Section):
    """When a verdict makes a link dead: so many times, with at least so long from the first to the last."""

    strikes: int = Field(ge=2, le=100, description="How many times in a row, without a good answer in between.")
    over: DurationS = Field(description="At least this long from the first to the last.")


class VerdictsConfig(Section):
    """How sure feedbot must be before it calls a link dead."""

    gone: StrikeConfig = Field(
        StrikeConfig(strikes=2, over=1 * DAY_S),
        description="The server says that the page is gone for good (410).",
    )
    missing: StrikeConfig = Field(
        StrikeConfig(strikes=3, over=6 * DAY_S), description="The server has no such page (404)."
    )
    soft_dead: StrikeConfig = Field(
        StrikeConfig(strikes=3, over=6 * DAY_S), description="A page says that it is not there, and answers 200."
    )
    parked: StrikeConfig = Field(StrikeConfig(strikes=2, over=3 * DAY_S), description="The domain is for sale.")
    no_host: StrikeConfig = Field(
        StrikeConfig(strikes=5, over=14 * DAY_S), description="There is no such host, or nobody listens there."
    )
    unreachable: StrikeConfig = Field(
        StrikeConfig(strikes=5, over=60 * DAY_S),
        description="A timeout, TLS that cannot be trusted, a reset, or an error of the server (5xx).",
    )

    def policy(self) -> StrikePolicy:
        """The core's view of these numbers."""
        rules = {name: StrikeRule(rule.strikes, rule.over) for name, rule in self}
        return StrikePolicy(**rules)
