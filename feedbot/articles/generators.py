"""Where Jekyll, Hugo and Eleventy put the page of an article file: their rules, with their own words in patterns.

Held against the pages of Jekyll 4.3, Hugo 0.111 and Eleventy 2.0.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from feedbot.core.url import InvalidUrl

_JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_DATED = re.compile(r"[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}-(?=.)")
# Behind a word of Hugo's may stand which of several parts it means: `:sections[1:]`.
_WORD = re.compile(r":([a-z_]+)(\[[^\]]*\])?")
_LIQUID = re.compile(r"\{\{-?\s*([^{}|]*?)\s*(?:\|\s*([a-z]+)\s*)?-?\}\}")
# English, whatever the machine's language is: so both generators write them.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KEPT_BY_JEKYLL = frozenset("._~!$&'()+,;=@")
_KEPT_BY_HUGO = frozenset("./\\_#+~-@")


@dataclass(frozen=True, slots=True)
class Source:
    """What an address is made of: `path` below the generator's content, without its ending; the day in its zone.

    `slug` is the one that the front matter names, empty where it names none.
    """

    path: str
    title: str
    slug: str
    categories: tuple[str, ...]
    day: datetime

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders above the file."""
        return tuple(part for part in self.path.split("/")[:-1] if part not in {"", ".", ".."})

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.rpartition("/")[2]


def page_path(generator: str, pattern: str | None, source: Source) -> str:
    """The path of a page below its site, percent-encoded, without a slash in front.

    `pattern` is the generator's permalink pattern or style; None is what it does without one. Raises InvalidUrl where
    a pattern has a word that is not filled in; the message names it.
    """
    match generator:
        case "jekyll":
            path = _jekyll(pattern, source)
        case "hugo":
            path = _hugo(pattern, source)
        case _:
            path = _eleventy(pattern, source)
    return quote(re.sub(r"/{2,}", "/", path).lstrip("/"), safe="/!$&'()*+,;=:@~", errors="replace")


def _jekyll(pattern: str | None, source: Source) -> str:
    """Jekyll's UrlDrop: names keep their case, what is no letter, digit or sign of a URL becomes a hyphen."""
    above = source.folders[: source.folders.index("_posts")] if "_posts" in source.folders else ()
    categories = tuple(dict.fromkeys(name.lower() for name in (*above, *source.categories)))
    slug = source.slug or _DATED.sub("", source.name, count=1)
    words = {
        **_numbers(source.day),
        "title": _hyphenated(slug, _KEPT_BY_JEKYLL),
        "slug": _hyphenated(slug).lower(),
        "name": _hyphenated(_DATED.sub("", source.name, count=1)).lower(),
        "categories": "/".join(categories),
        "slugified_categories": "/".join(dict.fromkeys(_hyphenated(name).lower() for name in categories)),
        "collection": "posts",
        "output_ext": ".html",
    }
    return _filled(_JEKYLL_STYLES.get(pattern or "date", pattern or ""), words)


def _hugo(pattern: str | None, source: Source) -> str:
    """Hugo's sanitised paths: small letters, a hyphen for spaces, nothing for signs that it does not allow."""
    folders, name = source.folders, source.name
    if name in {"index", "_index"}:
        # A bundle: its folder is its name.
        folders, name = folders[:-1], folders[-1] if folders else ""
    last = _hugo_part(source.slug or name)
    page = "/".join(part for part in (*map(_hugo_part, folders), last) if part)
    if pattern is None:
        return f"{page}/" if page else ""
    words = {
        **_numbers(source.day),
        "monthname": _MONTHS[source.day.month - 1].lower(),
        "weekday": str(source.day.isoweekday() % 7),
        "weekdayname": _DAYS[source.day.weekday()].lower(),
        "yearday": str(source.day.timetuple().tm_yday),
        "section": _hugo_part(folders[0]) if folders else "",
        "sections": "/".join(map(_hugo_part, folders)),
        "title": _hugo_part(source.title),
        "slug": _hugo_part(source.slug or source.title),
        "filename": _hugo_part(name),
        "contentbasename": _hugo_part(name),
        "slugorfilename": last,
        "slugorcontentbasename": last,
    }
    # In a pattern's words Hugo reads + as a space, once more. `:page`, what it does without a pattern, is feedbot's.
    words = {word: text.replace("+", " ") for word, text in words.items()} | {"page": page}
    path = _hyphens(_filled(pattern, words)).lower()
    return path if path.endswith((".html", "/")) else f"{path}/"


def _eleventy(pattern: str | None, source: Source) -> str:
    """Eleventy's: the path as it is, an index for its folder, a name like its folder's once; dates stay in names."""
    folders, name = source.folders, source.name
    if pattern is None:
        is_twice = name == "index" or (folders and folders[-1] == name)
        return "".join(f"{part}/" for part in (*folders, *(() if is_twice else (name,))))
    bare = _DATED.sub("", name, count=1)
    slug = folders[-1] if bare == "index" and folders else bare
    words = {
        "page.fileSlug": slug,
        "page.filePathStem": "/".join(("", *folders, bare)),
        "title": source.title,
        "slug": source.slug,
    }

    def said(found: re.Match[str]) -> str:
        text = words.get(found[1])
        if text is None or found[2] not in {None, "slugify", "slug"}:
            raise InvalidUrl(f"expected a pattern of words that feedbot fills in, not {found[0]}")
        return text if found[2] is None else _hyphenated(_latin(text)).lower()

    path = _LIQUID.sub(said, pattern)
    if "{{" in path or "{%" in path:
        raise InvalidUrl("expected a pattern such as /blog/{{ page.fileSlug }}/, without further template code")
    return path.removesuffix("index.html")


def _filled(pattern: str, words: dict[str, str]) -> str:
    """The pattern with its words; a word may end before an underscore (`:month_:day`)."""

    def said(found: re.Match[str]) -> str:
        word = found[1]
        if not found[2] and word in words:
            return words[word]
        if not found[2] and word.endswith("_") and word[:-1] in words:
            return f"{words[word[:-1]]}_"
        raise InvalidUrl(f"expected a pattern of words that feedbot fills in, and {found[0]} is none")

    return _WORD.sub(said, pattern)


def _numbers(day: datetime) -> dict[str, str]:
    """The words of a moment that are the same in Jekyll and Hugo, and Jekyll's own."""
    iso_year, iso_week, iso_day = day.isocalendar()
    return {
        "year": f"{day.year:04}",
        "short_year": f"{day.year % 100:02}",
        "month": f"{day.month:02}",
        "i_month": str(day.month),
        "short_month": _MONTHS[day.month - 1][:3],
        "long_month": _MONTHS[day.month - 1],
        "day": f"{day.day:02}",
        "i_day": str(day.day),
        "y_day": f"{day.timetuple().tm_yday:03}",
        "w_year": f"{iso_year:04}",
        "week": f"{iso_week:02}",
        "w_day": str(iso_day),
        "short_day": _DAYS[iso_day - 1][:3],
        "long_day": _DAYS[iso_day - 1],
        "hour": f"{day.hour:02}",
        "minute": f"{day.minute:02}",
        "second": f"{day.second:02}",
    }


def _hyphenated(text: str, kept: frozenset[str] = frozenset()) -> str:
    """A hyphen for each run of what is neither letter, mark, digit nor kept; none at the ends."""
    marked = "".join(one if one.isalnum() or one in kept or _is_mark(one) else " " for one in text)
    return "-".join(marked.split())


def _hugo_part(text: str) -> str:
    spaced = "".join(
        one for one in text if one.isspace() or one.isalnum() or one in _KEPT_BY_HUGO or _is_mark(one)
    ).lower()
    return _hyphens(spaced.strip())


def _hyphens(text: str) -> str:
    return re.sub(r"\s*-[\s-]*|\s+", _one_hyphen, text)


def _one_hyphen(found: re.Match[str]) -> str:
    # Hyphens that were written stay as many as they are; spaces beside them add none.
    return "-" * max(found[0].count("-"), 1)


def _latin(text: str) -> str:
    """Letters without their accents, as Eleventy's slugify writes them; & is a word to it."""
    apart = unicodedata.normalize("NFD", text.replace("&", " and "))
    return "".join(one for one in apart if not _is_mark(one))


def _is_mark(one: str) -> bool:
    return unicodedata.category(one).startswith("M")
