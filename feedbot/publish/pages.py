"""Pages for people: an index of the feeds, a page for each, and who runs this; HTML without a script.

Whatever articles say is escaped by Jinja2, and only http and https URLs become links or images. Should markup
slip through all the same, the page's Content-Security-Policy runs no script and loads nothing but images.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from feedbot.config import Config
from feedbot.core.feed import Feed
from feedbot.publish.generator import feed_title, provider_label
from feedbot.publish.html import is_web_url, related_title, web_images, web_related
from feedbot.publish.render import RENDERERS
from feedbot.publish.xml_text import xml_line

if TYPE_CHECKING:
    from jinja2 import Environment

SUFFIX = ".html"
MARK = b'<meta name="generator" content="feedbot">'
"""What every page has at its beginning (templates/base.html)."""

INDEX_NAME = "index.html"
ABOUT_NAME = "about.html"

# What each format of feeds.formats is called, and its media type.
SUBSCRIBE_AS = {
    "rss": ("RSS", "application/rss+xml"),
    "atom": ("Atom", "application/atom+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}

_SPANS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
# Not by strftime, which follows the process's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed on the index: what people call it, its head, and when its newest entry was published."""

    name: str
    feed: Feed
    newest_at: datetime | None


def render_index(listed: Sequence[ListedFeed], formats: Sequence[str], *, is_staging: bool = False) -> bytes:
    """The page of all feeds, in the order given; the first is that of every article and names the publication."""
    head = listed[0].feed
    title = feed_title(head)
    return render_page(
        "index.html", is_staging=is_staging, listed=listed, head=head, title=title, formats=_formats(formats)
    )


def render_topic_page(
    feed: Feed, formats: Sequence[str], slugs: Mapping[str, str], *, is_staging: bool = False
) -> bytes:
    """The readable page of one feed; `slugs` says under which a category's term has a page of its own.

    An entry whose link is not http or https is left out, as it is from the feed.
    """
    entries = [entry for entry in feed.entries if is_web_url(entry.link)]
    return render_page(
        "topic.html", is_staging=is_staging, feed=feed, entries=entries, formats=_formats(formats), slugs=slugs
    )


def render_about(config: Config, user_agent: str) -> bytes:
    """The page for those who meet feedbot in their logs: who runs it, how it asks, how it is told to stop.

    Where it is the contact itself, it leads those who complain on to the site.
    """
    is_contact = config.contact == f"{config.feeds.url}{ABOUT_NAME}"
    return render_page(
        "about.html",
        is_staging=config.is_staging,
        site=config.site,
        feeds_url=config.feeds.url,
        contact=config.site.url if is_contact else config.contact,
        user_agent=user_agent,
        pace=config.checker.per_host,
        schedule=config.schedule,
        robots=config.checker.robots,
        optout=len(config.checker.optout),
        has_hosts=bool(config.checker.hosts),
    )


def span(seconds: float) -> str:
    """A duration in words, in the largest unit that it is a whole number of, such as `36 hours`."""
    for unit, length in _SPANS:
        if seconds >= length and seconds % length == 0:
            return times(round(seconds / length), unit)
    return f"{seconds:g} seconds"


def times(number: int, one: str, many: str = "") -> str:
    """A number with its noun, such as `2 requests`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class _Format:
    label: str
    media_type: str
    suffix: str


def _formats(names: Sequence[str]) -> list[_Format]:
    return [_Format(*SUBSCRIBE_AS[name], suffix=RENDERERS[name][0]) for name in names]


def render_page(template: str, **values: object) -> bytes:
    """A page of one of the templates, in UTF-8; `values` come before what every page has, its style and policy."""
    return _without_blank_lines(_environment().get_template(template).render(values)).encode()


def _without_blank_lines(text: str) -> str:
    # No text of an article is touched by this: each stands on one line.
    return "".join(f"{line}\n" for line in text.split("\n") if line.strip())


@cache
def _environment() -> "Environment":
    # Loaded here because mostly no page changes.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("feedbot.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # they are the package's own and do not change
    )
    environment.filters |= {
        "day": _day,
        "feed_title": feed_title,
        "line": xml_line,
        "provider_label": provider_label,
        "related_title": related_title,
        "span": span,
        "stamp": _stamp,
        "times": times,
        "web_images": web_images,
        "web_related": web_related,
    }
    environment.globals |= {"style": page_part("style.css"), "policy": page_policy()}
    return environment


def page_part(*names: str) -> str:
    """A style or a script of the templates folder, or several as one, just as it stands in a page."""
    folder = files("feedbot.publish").joinpath("templates")
    parts = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    return "\n" + _without_blank_lines(parts)


def page_policy() -> str:
    """The policy of a page without a script of its own."""
    return content_policy(page_part("style.css"))


def content_policy(style: str, script: str = "") -> str:
    """A Content-Security-Policy (CSP level 3) by which a page has its style, script and images, and nothing else."""
    scripts = f"script-src {_digest(script)}; " if script else ""
    return (
        f"default-src 'none'; style-src {_digest(style)}; {scripts}img-src http: https:;"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _day(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
