"""`site`: the publication."""

from pydantic import Field

from feedbot.config.section import Section
from feedbot.config.values import FolderUrl


class SiteConfig(Section):
    """The publication."""

    title: str = Field(min_length=1, description="The publication's name; feeds are titled after it.")
    url: FolderUrl = Field(description="The public site, with its base path; relative URLs resolve against it.")
    language: str = Field(
        "en",
        pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
        description="The language of the articles, as a BCP 47 tag.",
        examples=["en-GB"],
    )
