"""A URL as written in an article file, made absolute; and the address of an ordinary blog's own page."""

import re
from functools import lru_cache
from urllib.parse import quote

from feedbot.articles.generators import Source, page_path
from feedbot.articles.rules import ReadRules
from feedbot.core.url import InvalidUrl, has_userinfo, resolve_url, split_url

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[\\/]{2}")
_TEMPLATE = re.compile(r"\{\{|\{%|%7B%7B|%7B%25", re.IGNORECASE)
_DATED_NAME = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})-(.+)", re.DOTALL)
_SITE_ROOTS = frozenset({"content", "src"})
_PLACEHOLDER = re.compile(r"(?:^|/):[a-z_]+")


def has_template_marks(text: str) -> bool:
    """True where the text has marks of Liquid or Go templates, which feedbot does not fill in."""
    return "{" in text and bool(_TEMPLATE.search(text))


def has_encoded_template_marks(url: str) -> bool:
    """The same, also for a URL whose braces have been percent-encoded on the way."""
    return bool(_TEMPLATE.search(url))


def read_url(text: str, site_url: str, *, loose: bool = False) -> tuple[str, bool]:
    """The absolute URL without userinfo, and whether there was any.

    A relative URL begins with `/` or `.`, unless `loose`: otherwise every text would be one.
    Raises InvalidUrl where the text is no URL; the message does not quote it.
    """
    text = text.strip()
    absolute = _ABSOLUTE.match(text) is not None
    if not absolute and not loose and not text.startswith(("/", ".", "\\")):
        raise InvalidUrl("expected a URL such as https://example.org/page")
    try:
        # Two slashes in front take the scheme from the site.
        url = resolve_url(text, None if absolute and text[0].isalpha() else site_url)
    except InvalidUrl:
        raise InvalidUrl("expected a URL of at most 8,192 characters such as https://example.org/page") from None
    userinfo = "@" in text and absolute and has_userinfo(text if text[0].isalpha() else f"https:{text}")
    return url, userinfo


@lru_cache(maxsize=4096)
def read_domain(text: str) -> str:
    """The bare host name of a provider's domain, also where it is written as a URL.

    Raises InvalidUrl where it is no host name.
    """
    if any(character.isspace() for character in text):
        raise InvalidUrl("expected a domain such as example.org")
    try:
        host = split_url(resolve_url(text if "://" in text else f"https://{text}/")).host
    except InvalidUrl:
        host = ""
    if "." not in host:
        raise InvalidUrl("expected a domain such as example.org")
    return host


def dated_name(path: str) -> tuple[str, str] | None:
    """The date (ISO 8601) and slug in a file name such as `2020-01-24-slug.md`, as Jekyll names posts."""
    found = _DATED_NAME.fullmatch(stem_of(path))
    return (f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}", found[4]) if found else None


def page_url(permalink: str | None, source: Source, path: str, rules: ReadRules) -> str:
    """The address of the page that a blog makes of an article file without a source.

    - `permalink` where the file gives one: joined to the site's URL with its base path, or as it
      stands where it is absolute. Words of the generator's are filled in.
    - where the rules name what makes the site's pages, by its rules and patterns (`generators.py`).
    - a name such as `2020-01-24-slug.md`: Jekyll's default, `CATEGORIES/2020/01/24/slug.html`, with
      the day of publication in the zone of the site. Folders above `_posts` are not counted as
      categories, for they may as well be where the site itself lies.
    - anything else: the default of Hugo and Eleventy, the path itself as a folder. A leading
      `content` or `src` is left out, `index.md` is its folder, letters become small and spaces `-`:
      `content/posts/Hello World.md` is `posts/hello-world/`.

    Raises InvalidUrl where that is no URL; the message does not quote the file.
    """
    if permalink is not None and rules.generator is not None and _is_pattern(permalink, rules.generator):
        return read_url("./" + page_path(rules.generator, permalink, source), rules.site_url)[0]
    if permalink is not None:
        if rules.generator == "eleventy" and permalink == "false":
            raise InvalidUrl("expected an address, for the article has no source, and no page of its own")
        if _PLACEHOLDER.search(permalink) or permalink in {"date", "pretty", "ordinal", "weekdate", "none"}:
            raise InvalidUrl("expected an address; patterns such as /:year/:title/ are not filled in")
        if _ABSOLUTE.match(permalink) and permalink[0].isalpha():
            return read_url(permalink, rules.site_url)[0]
        return read_url(f"./{permalink.lstrip('/')}", rules.site_url)[0]
    if rules.generator is not None:
        return read_url("./" + page_path(rules.generator, rules.pattern_of(path), source), rules.site_url)[0]
    dated = dated_name(path)
    if dated is not None:
        day = source.day
        folders = [_slug(category) for category in source.categories]
        parts = [*folders, f"{day.year:04}", f"{day.month:02}", f"{day.day:02}", f"{dated[1]}.html"]
        return read_url("./" + "/".join(_quoted(part) for part in parts if part), rules.site_url)[0]
    folders = [part for part in path.split("/")[:-1] if part not in {"", ".", ".."}]
    if folders and folders[0] in _SITE_ROOTS:
        folders = folders[1:]
    name = stem_of(path)
    parts = [_slug(part) for part in (*folders, *(() if name in {"index", "_index"} else (name,)))]
    return read_url("./" + "".join(f"{_quoted(part)}/" for part in parts if part), rules.site_url)[0]


def _is_pattern(permalink: str, generator: str) -> bool:
    """True for a permalink in a file that the generator fills in: Jekyll's words, Eleventy's templates."""
    return bool(_PLACEHOLDER.search(permalink)) if generator != "eleventy" else has_template_marks(permalink)


def stem_of(path: str) -> str:
    """The name of a file without its ending."""
    name = path.rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def _slug(part: str) -> str:
    return "-".join(part.lower().split())


def _quoted(part: str) -> str:
    """A path segment in which `?`, `#` and `%` mean themselves; lone surrogates become `?`."""
    return quote(part, safe="!$&'()*+,;=:@~", errors="replace")
