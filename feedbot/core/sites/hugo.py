"""What Hugo's configuration means for feedbot (https://gohugo.io/getting-started/configuration/)."""

from collections.abc import Iterable

from feedbot.core.sites.facts import (
    Facts,
    Kind,
    Setting,
    Site,
    as_folder,
    as_language,
    at,
    is_below,
    is_true_at,
    joined,
    text_at,
    texts_at,
)
from feedbot.core.sites.wiped import WIPED

ENDINGS = ("toml", "yaml", "yml", "json")
CONFIGS = tuple(f"{name}.{ending}" for name in ("hugo", "config") for ending in ENDINGS)
FOLDER = "config/_default"
# Sections that hold articles, where the settings name none; what else lies in the content are pages.
_SECTIONS = ("posts", "post", "blog", "articles", "news")


def hugo_settings(facts: Facts) -> dict[str, Setting]:
    """Hugo's settings as one mapping, keys in small letters: of the file at the top, then of config/_default."""
    name = _at_the_top(facts)
    merged = {} if name is None else _small(facts.settings[name])
    for path, settings in facts.settings.items():
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0].lower()
        if folder != FOLDER:
            continue
        if stem in {"hugo", "config"}:
            merged.update(_small(settings))
        elif "." not in stem:
            merged[stem] = dict(settings)
    return merged


def _at_the_top(facts: Facts) -> str | None:
    return next((one for one in CONFIGS if one in facts.settings and is_hugos(facts.settings[one], one)), None)


def is_hugos(settings: dict[str, Setting], name: str) -> bool:
    """True where a settings file is Hugo's: by its name, or where `config.*` says what Hugo's do."""
    return name.startswith("hugo.") or "baseurl" in _small(settings)


def hugo_site(facts: Facts) -> Site:
    """The site that Hugo makes of a folder, in its default language."""
    settings = hugo_settings(facts)
    key = (text_at(settings, "defaultcontentlanguage") or "en").lower()
    languages = _small(at(settings, "languages"))
    ours = _small(languages.get(key))
    content = as_folder(text_at(ours, "contentdir") or text_at(settings, "contentdir")) or "content"
    others = [name for name in languages if name != key]
    folders, left_out = _sections(facts, content, settings)
    in_subfolder = is_true_at(settings, "defaultcontentlanguageinsubdir") and bool(languages)
    permalinks = _permalinks(settings, content, key if in_subfolder else "")
    return Site(
        kind=Kind.HUGO,
        folders=folders,
        title=text_at(ours, "title") or text_at(settings, "title"),
        url=_url(settings, ours),
        language=as_language(text_at(ours, "languagecode") or text_at(settings, "languagecode") or key),
        timezone=text_at(ours, "timezone") or text_at(settings, "timezone"),
        content=content,
        permalinks=permalinks,
        exclude=(
            "**/_index.md",
            "**/_index.*.md",
            *(f"**/*.{name}.md" for name in others),
            *_other_contents(content, languages, others),
        ),
        # What has a date of publication is not shown before it, whatever its date.
        fields={"published_at": ("publishedDateTime", "publishDate", "date"), "permalink": ("url",)},
        feeds=f"{as_folder(next(iter(texts_at(settings, 'staticdir')), None)) or 'static'}/feeds",
        wiped=(*WIPED, *filter(None, [as_folder(text_at(settings, "publishdir"))])),
        read=tuple(path for path in facts.settings if path.startswith(f"{FOLDER}/") or path == _at_the_top(facts)),
        notes=(*left_out, *_notes(settings, content, others)),
    )


def _url(settings: dict[str, Setting], ours: dict[str, Setting]) -> str | None:
    url = text_at(ours, "baseurl") or text_at(settings, "baseurl")
    if url is None or "://" not in url:
        return None
    return f"{url.rstrip('/')}/"


def _sections(facts: Facts, content: str, settings: dict[str, Setting]) -> tuple[tuple[str, ...], list[str]]:
    """The folders of articles, and a sentence about pages of the content that are in none of them."""
    below = [path.removeprefix(f"{content}/") for path in facts.markdown if is_below(path, content)]
    there = {path.partition("/")[0] for path in below if "/" in path}
    wanted = texts_at(_small(settings.get("params")), "mainsections") or _SECTIONS
    chosen = [name for name in wanted if name in there]
    if not chosen:
        return (content,), []
    others = [path for path in below if path.partition("/")[0] not in chosen and not _is_list(path)]
    said = f"left out, as pages and not articles: {_some(others)} in {content}; articles.paths could name them"
    return tuple(f"{content}/{name}" for name in chosen), [said] if others else []


def _is_list(path: str) -> bool:
    return path.rpartition("/")[2].startswith("_index.")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3:,} more" if len(listed) > 3 else "")


def _permalinks(settings: dict[str, Setting], content: str, language: str) -> dict[str, str]:
    """Patterns by folder: Hugo's, by section (since 0.112 those of pages below `page`), and one for the rest.

    `language` is the folder of the site's language, where it has one. With uglyURLs pages are files in .html, and
    only then: otherwise a pattern is a folder whatever its end.
    """
    told = settings.get("permalinks")
    pages = at(told, "page")
    named = pages if isinstance(pages, dict) else told
    patterns = {
        joined(content, as_folder(section)): pattern
        for section, pattern in (named.items() if isinstance(named, dict) else ())
        if isinstance(pattern, str)
    }
    is_ugly = is_true_at(settings, "uglyurls")
    if is_ugly or language:
        patterns.setdefault(content, "/:page/")
    ends = ".html" if is_ugly else "/"
    before = f"/{language}" if language else ""
    return {folder: f"{before}/{pattern.strip('/')}{ends}" for folder, pattern in patterns.items()}


def _other_contents(content: str, languages: dict[str, Setting], others: list[str]) -> list[str]:
    folders = [as_folder(text_at(_small(languages[name]), "contentdir")) for name in others]
    return [f"{folder}/**" for folder in folders if folder and is_below(folder, content)]


def _notes(settings: dict[str, Setting], content: str, others: list[str]) -> list[str]:
    notes = []
    if others:
        notes.append(f"articles in {', '.join(others)} are left out: one config, and one set of feeds, is one language")
    for key, word in (("buildfuture", "an article before its date"), ("builddrafts", "drafts")):
        if is_true_at(settings, key):
            notes.append(f"{key[:5]}{key[5:].capitalize()}: true has no counterpart: feedbot never publishes {word}")
    if is_true_at(settings, "disablepathtolower"):
        notes.append("disablePathToLower has no counterpart: addresses of pages are taken to be in small letters")
    if is_true_at(settings, "removepathaccents"):
        notes.append("removePathAccents has no counterpart: addresses of pages are taken to keep their accents")
    if ":filename" in texts_at(settings, "frontmatter", "date"):
        notes.append(":filename in frontmatter.date has no counterpart: addresses are taken to keep a name's date")
    if at(settings, "module", "mounts") is not None:
        notes.append(f"module.mounts are not read: articles are taken to lie in {content}")
    return notes


def _small(settings: Setting) -> dict[str, Setting]:
    """A mapping with its keys in small letters, as Hugo reads them; empty where it is no mapping."""
    return {key.lower(): value for key, value in settings.items()} if isinstance(settings, dict) else {}
