"""`retention`, `backup` and `disk`: how state.db is looked after."""

from pathlib import Path

from pydantic import Field, field_validator

from feedbot.config.section import Section
from feedbot.config.values import DurationS, MaybeFolder, SizeBytes
from feedbot.core.status import DAY_S


class RetentionConfig(Section):
    """How long state.db keeps what it remembers; where links stand, ids and takedowns it keeps for good."""

    history: DurationS = Field(
        90 * DAY_S,
        description="Looks at links, with the evidence, are kept so long; the latest of each link stays, and where"
        " earlier ones led.",
    )
    transitions: DurationS = Field(
        730 * DAY_S, description="Which links died, came back or moved: so long that is remembered."
    )

    @field_validator("history", "transitions")
    @classmethod
    def _longer_than_reports(cls, value: float) -> float:
        if value < 31 * DAY_S:
            raise ValueError("must be at least 31d: the reports tell of 30 days")
        return value


class BackupConfig(Section):
    """The copies of state.db that are made once a day."""

    directory: MaybeFolder = Field(
        Path("backups"),
        description="Where they are written, relative to the config file and apart from the feeds; null = none.",
    )
    keep: int = Field(7, ge=1, le=1000, description="So many are kept, one a day.")
    max_bytes: SizeBytes = Field(10**9, description="All together take no more; the newest one stays, however large.")


class DiskConfig(Section):
    """The disk of state.db and of its backups."""

    low: SizeBytes = Field(
        200 * 10**6,
        description="With less than this free, looks at links are not kept and no backup is made; feeds are written.",
    )
