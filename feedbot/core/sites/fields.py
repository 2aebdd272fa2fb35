"""Which names of front matter carry feedbot's fields, seen in the files that are there."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from feedbot.core.sites.facts import Setting
from feedbot.core.url import host_of

# By feedbot's field: what collections of posts call it besides the names that are known, letters and digits only.
_CANDIDATES = {
    "title": ("title", "headline", "name"),
    "source_url": (
        *("link", "externalurl", "externallink", "sourcelink", "sourceurl", "source", "originalurl", "originallink"),
        *("original", "linkurl", "weburl", "articleurl", "targeturl", "canonicalurl", "canonical"),
    ),
    "published_at": (
        *("date", "publishdate", "publisheddate", "publisheddatetime", "datepublished", "pubdate", "publishedat"),
        *("publishedon", "createdat", "created", "datecreated", "posted", "postedat", "datetime"),
    ),
    "updated_at": (
        "updated",
        "updatedat",
        "updatedon",
        "lastmod",
        "lastmodified",
        "lastupdated",
        "datemodified",
        "modified",
    ),
    "excerpt": ("excerpt", "description", "summary", "abstract", "teaser", "intro", "lead", "subtitle"),
    "category": ("category", "categories", "section"),
    "topics": ("topics", "tags", "topic", "tag", "keywords", "labels", "subjects"),
    "provider": ("provider", "publisher", "sourcename", "sitename", "publication"),
    "images": (
        *("images", "image", "featuredimage", "featureimage", "heroimage", "coverimage", "headerimage", "thumbnail"),
        *("cover", "hero", "banner", "ogimage", "socialimage", "teaserimage", "thumb", "picture", "img"),
    ),
}
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![0-9])|(?:[A-Za-z]{3,9},?\s+)?[0-9]{1,2}\s+[A-Za-z]{3,9}\s+[0-9]{4}\b"
)
_WEB = re.compile(r"https?://\S+")


def propose_fields(
    files: Sequence[Mapping[str, Setting]], known: Mapping[str, tuple[str, ...]], site_url: str
) -> dict[str, dict[str, int]]:
    """For each field that files carry by names that are not known: these names, the most frequent first, with how many.

    A name counts where the file has none of the known ones, where its value is what the field holds, and where that is
    so in a tenth of the files. A source is a page on another host than the site's.
    """
    taken = {name for names in known.values() for name in names}
    found: dict[str, dict[str, int]] = {}
    for field, candidates in _CANDIDATES.items():
        counted: Counter[str] = Counter()
        for front in files:
            if any(front.get(name) for name in known[field]):
                continue
            name = _first_fitting(field, front, candidates, taken, site_url)
            if name is not None:
                counted[name] += 1
        often = {name: number for name, number in counted.most_common() if number * 10 >= len(files)}
        if often:
            found[field] = often
    return found


def _first_fitting(
    field: str, front: Mapping[str, Setting], candidates: tuple[str, ...], taken: set[str], site_url: str
) -> str | None:
    by_form = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(list(front))}
    for form in candidates:
        name = by_form.get(form)
        if name is not None and name not in taken and _fits(field, front[name], site_url):
            return name
    return None


def _fits(field: str, value: Setting, site_url: str) -> bool:
    """True where a value is what a field holds."""
    if field == "topics":
        return (isinstance(value, str) and bool(value)) or (
            isinstance(value, list) and all(isinstance(one, str) for one in value)
        )
    if field == "images":
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict):
            first = next((first[key] for key in ("url", "src", "path") if key in first), None)
        return isinstance(first, str) and bool(re.search(r"/|\.\w{3,4}$", first))
    if not isinstance(value, str) or not value:
        return False
    if field in {"published_at", "updated_at"}:
        return _DATE.match(value) is not None
    if field == "source_url":
        return _WEB.fullmatch(value) is not None and host_of(value) != host_of(site_url)
    return not _WEB.fullmatch(value)
