"""`links`: which links of an article are checked, and which are left alone."""

import re
from datetime import date
from typing import Self

from pydantic import Field, field_validator, model_validator

from feedbot.config.section import Section
from feedbot.core.mark import Exclusion, Exclusions


class ExcludeConfig(Section):
    """Links that are left alone: neither asked nor reported, and kept where they stand."""

    host: str | None = Field(None, min_length=1, description="A host, with its subdomains.")
    glob: str | None = Field(None, min_length=1, description="A pattern with * and ? that the whole URL matches.")
    regex: str | None = Field(None, min_length=1, description="A regular expression that is found in the URL.")
    reason: str = Field("", description="Why; it is shown where the link is.")
    until: date | None = Field(None, description="The last day on which this holds (UTC); default: for good.")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"must be a regular expression ({error}), not {value!r}") from None
        return value

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(one is not None for one in (self.host, self.glob, self.regex)) != 1:
            raise ValueError("must have one of host, glob and regex")
        return self


class LinksConfig(Section):
    """Which links of an article are checked besides those of its front matter, and which are left alone."""

    body: bool = Field(False, description="Also check the links in the Markdown body.")
    exclude: tuple[ExcludeConfig, ...] = Field(
        (),
        description="Links that are left alone: not asked, and kept where they stand.",
        examples=[[{"host": "intranet.example", "reason": "cannot be reached from here"}]],
    )

    def exclusions(self) -> Exclusions:
        """The core's view of what is left alone."""
        return Exclusions([Exclusion(one.host, one.glob, one.regex, one.reason, one.until) for one in self.exclude])
