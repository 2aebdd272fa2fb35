"""`reports`: what the operator is told of the links, in files."""

from pathlib import Path

from pydantic import Field

from feedbot.config.section import Section
from feedbot.config.values import MaybeFolder


class ReportsConfig(Section):
    """What the operator is told of the links in files: links.html, where each stands, and links.atom, what changed."""

    directory: MaybeFolder = Field(
        Path("reports"),
        description="Where they are written, relative to the config file and apart from the feeds; null = nowhere.",
    )
