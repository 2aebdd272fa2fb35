"""`archive`: a web archive to whose copies readers are led."""

from pydantic import Field

from feedbot.config.section import Section
from feedbot.config.values import FolderUrl, HttpUrl


class ArchiveConfig(Section):
    """A web archive to whose copies readers are led where a source is dead, and no AMP page or copy of that is left."""

    enabled: bool = Field(False, description="Ask it for copies of the sources of published articles, while they live.")
    cdx_url: HttpUrl = Field(
        "https://web.archive.org/cdx/search/cdx", description="Where it tells which copies it has (a CDX server)."
    )
    replay_url: FolderUrl = Field(
        "https://web.archive.org/web/", description="Where it shows them; a copy's date and the page's URL follow."
    )
    delay_s: float = Field(5.0, ge=0, le=60, description="Seconds between the starts of two requests to it.")
    per_run: int = Field(5, ge=1, le=1000, description="It is asked for so many pages a run, the newest first.")
