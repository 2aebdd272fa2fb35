"""`schedule`: how often `feedbot run` reads and checks, and when a link is looked at again."""

from typing import Self

from pydantic import Field, model_validator

from feedbot.config.section import Section
from feedbot.config.values import DurationS
from feedbot.core.schedule import SchedulePolicy


class ScheduleConfig(Section):
    """How often `feedbot run` reads and checks, and when a link is looked at again."""

    read: DurationS = Field(300.0, description="How often article files are read and feeds written.")
    check: DurationS = Field(900.0, description="How often what is due is checked.")
    alive_min: DurationS = Field(86400.0, description="A living link is asked again after this at the earliest.")
    alive_max: DurationS = Field(2592000.0, description="While nothing changes, that doubles up to this.")
    page_check_every: DurationS = Field(604800.0, description="How often a living page is asked with GET.")
    blocked_min: DurationS = Field(
        259200.0, description="One behind a wall for bots or a login is asked again after this at the earliest."
    )
    blocked_max: DurationS = Field(2592000.0, description="That doubles up to this.")
    dead_early: DurationS = Field(
        604800.0, description="One that died lately is asked again after this: it may come back."
    )
    dead_late: DurationS = Field(
        2592000.0, description="One that has been dead for eight times as long is asked again after this."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (("alive_min", "alive_max"), ("blocked_min", "blocked_max"), ("dead_early", "dead_late")):
            if getattr(self, low) > getattr(self, high):
                seconds = f"{low} ({getattr(self, low):,.0f} s) is greater than {high} ({getattr(self, high):,.0f} s)"
                raise ValueError(seconds)
        return self

    def policy(self) -> SchedulePolicy:
        """The core's view of these intervals."""
        return SchedulePolicy(
            alive_min_s=self.alive_min,
            alive_max_s=self.alive_max,
            blocked_min_s=self.blocked_min,
            blocked_max_s=self.blocked_max,
            dead_early_s=self.dead_early,
            dead_late_s=self.dead_late,
            page_check_every_s=self.page_check_every,
        )
