"""What the reading of article files depends on besides the files themselves."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:  # what validates a config takes a while to load, and a process that reads files does not
    from feedbot.config import Config

READER_VERSION = 2
"""Raised whenever the same file and rules would give another Article, so that kept ones are read anew."""


@dataclass(frozen=True, slots=True)
class ReadRules:
    """Names of fields tried in order, the zone of dates without one, where relative URLs lead.

    `site_url` is absolute and ends in a slash. `body_links` makes the body's links part of an
    article's links, `own_pages` the article's page on that site. `generator` makes those pages, from files
    below the folder `content`, with permalink patterns by folder, for readers of `language`.
    """

    fields: Mapping[str, tuple[str, ...]]
    timezone: str
    site_url: str
    body_links: bool = False
    own_pages: bool = False
    generator: str | None = None
    content: str = ""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    every_remark: bool = False
    """Keep all remarks on a file, however many; says nothing of what the article is, so the fingerprint is the same."""

    def pattern_of(self, path: str) -> str | None:
        """The permalink pattern of the innermost folder that has one and holds the file."""
        holding = [folder for folder in self.permalinks if folder in {"", "."} or path.startswith(f"{folder}/")]
        return self.permalinks[max(holding, key=len)] if holding else None

    def below_content(self, path: str) -> str:
        """The path as the generator sees it: below its content, without ending and without the site's language.

        The language is an ending of its own in Hugo's file names: `about.en.md`, also for a site in en-GB.
        """
        stem = path.rpartition(".")[0] or path
        if self.generator == "hugo" and self.language:
            language = self.language.lower()
            stem = stem.removesuffix(f".{language}").removesuffix(f".{language.partition('-')[0]}")
        return stem.removeprefix(f"{self.content}/") if self.content else stem

    @property
    def zone(self) -> ZoneInfo:
        """The zone of dates that name none."""
        return ZoneInfo(self.timezone)

    @property
    def fingerprint(self) -> str:
        """64 hex digits that change with any rule and with READER_VERSION."""
        content = [
            READER_VERSION,
            sorted((name, list(keys)) for name, keys in self.fields.items()),
            self.timezone,
            self.site_url,
            self.body_links,
            *(["own_pages"] if self.own_pages else []),
            *([self.generator, self.content, sorted(self.permalinks.items()), self.language] if self.generator else []),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def every_remark(rules: ReadRules) -> ReadRules:
    """The same rules, by which all remarks on a file are kept."""
    return replace(rules, every_remark=True)


def read_rules(config: "Config") -> ReadRules:
    """The rules that a configuration sets."""
    return ReadRules(
        fields=config.articles.fields,
        timezone=config.articles.timezone,
        site_url=config.site.url,
        body_links=config.links.body,
        own_pages=config.feeds.link == "page",
        generator=config.articles.generator,
        content=config.articles.content,
        permalinks=config.articles.permalinks,
        language=config.site.language,
    )
