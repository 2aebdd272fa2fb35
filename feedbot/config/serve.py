"""`serve`: the built-in web server."""

from typing import Annotated

from pydantic import Field

from feedbot.config.section import Section
from feedbot.config.values import FEED_NAME

OLD_PATH = r"^/[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/?$"


class ServeConfig(Section):
    """Where the built-in web server listens, and which addresses it leads elsewhere."""

    host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9._:-]+$", description="The address; 0.0.0.0 = everywhere.")
    port: int = Field(8080, ge=0, le=65535, description="The port; 0 = any that is free.")
    redirects: dict[Annotated[str, Field(pattern=OLD_PATH)], Annotated[str, Field(pattern=FEED_NAME)]] = Field(
        default_factory=dict,
        description="Where earlier feeds were, such as {/feed.xml: all.rss}: readers are led from there for good.",
    )
