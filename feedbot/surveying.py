"""A folder looked at before there is a config: which site it is, where its articles are, how many would be understood.

Nothing is written, and nothing is run. What is read is bounded: 50,000 names, 12 folders deep, settings files of
256 KiB, and 200 articles of those that there are.
"""

import errno
import json
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from feedbot.articles.find import FoundFile, find_files
from feedbot.articles.frontmatter import (
    MAX_FILE_BYTES,
    MAX_FRONT_MATTER_BYTES,
    Node,
    Unusable,
    parse_front_matter,
    split_front_matter,
)
from feedbot.articles.rules import ReadRules
from feedbot.articles.understand import understand
from feedbot.config import DEFAULT_EXCLUDE, DEFAULT_FIELDS
from feedbot.core.article import Article, LinkRole, Rejected
from feedbot.core.sites import eleventy, hugo, jekyll
from feedbot.core.sites.facts import Facts, Kind, Setting, Site, is_below
from feedbot.core.sites.fields import propose_fields
from feedbot.core.sites.kinds import site_of

MAX_NAMES = 50_000
MAX_DEPTH = 12
MAX_SAMPLES = 200
MAX_SETTINGS_BYTES = MAX_FRONT_MATTER_BYTES

# Never looked into: what others wrote, and what generators write. Names that begin with a dot are not either.
_SKIPPED = frozenset(
    {"node_modules", "_site", "public", "vendor", "resources", "dist", "_dist", "themes", "feeds", "reports", "backups"}
)
_MARKDOWN = (".md", ".markdown")
_AT_THE_TOP = frozenset({*jekyll.CONFIGS, *hugo.CONFIGS, *eleventy.CONFIGS, "package.json", "CNAME"})
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Survey:
    """A folder as it was found: its site, its Markdown files, and which settings cannot be read, in sentences."""

    site: Site
    markdown: tuple[str, ...]
    unread: tuple[str, ...]

    def count_in(self, folder: str) -> int:
        """How many Markdown files there are in a folder, or that have the ending of a pattern such as `*.md`."""
        if folder.startswith("*"):
            return sum("/" not in path and path.endswith(folder[1:]) for path in self.markdown)
        return sum(is_below(path, folder) for path in self.markdown)


@dataclass(frozen=True, slots=True)
class Sampled:
    """Article files read as a build would, up to 200 of `found`, spread evenly.

    `fields` are further names of feedbot's fields, with how many files carry them. `toml` files have front matter in
    TOML. `rejected` are the others that would not be understood. `linking` are the articles with links in their text.
    """

    found: int
    looked_at: int
    understood: int
    drafts: int
    linking: int
    toml: int
    rejected: tuple[Rejected, ...]
    fields: Mapping[str, Mapping[str, int]]


def survey(root: Path, kind: Kind | None = None, *, max_names: int = MAX_NAMES) -> Survey:
    """The site of a folder; `kind` where it is told. One that is not there, or may not be read, is an empty one."""
    top, markdown, data = _walk(os.fspath(root), max_names)
    settings: dict[str, dict[str, Setting]] = {}
    scripts: dict[str, str] = {}
    unread: list[str] = []
    names = [*(name for name in top if name in _AT_THE_TOP), *_hugo_folder(root), *data]
    for path in sorted(names):
        try:
            text = _text(root / path)
            if path.endswith((".js", ".cjs", ".mjs")) or path == "CNAME":
                scripts[path] = text
            else:
                settings[path] = parse_settings(path, text)
        except _Unreadable as error:
            unread.append(f"{path}{error}; what it says is not used")
    site = site_of(Facts(frozenset(top), tuple(sorted(markdown)), settings, scripts), kind)
    if site.url is None and (name := scripts.get("CNAME", "").strip()):
        # How GitHub Pages is told the host of a site.
        site = replace(site, url=f"https://{name}/")
    return Survey(site, tuple(sorted(markdown)), tuple(unread))


def sample(root: Path, site: Site, patterns: Sequence[str], rules: ReadRules, *, most: int = MAX_SAMPLES) -> Sampled:
    """What a build would make of the article files, and which of their names feedbot does not know.

    `rules` are those of the config to be, as far as they are known without looking. Raises ArticlesError where a
    folder of the patterns is not there or cannot be read.
    """
    found = find_files(root, patterns, [*DEFAULT_EXCLUDE, *site.exclude]).files
    files = [(file.path, raw) for file in _spread(found, most) if (raw := _bytes(file.full_path)) is not None]
    toml = sum(raw.startswith(b"+++") for _, raw in files)
    fronts = [front for _, raw in files if (front := _front(raw)) is not None]
    fields = propose_fields(fronts, rules.fields, rules.site_url)
    rules = replace(rules, fields=with_fields(rules.fields, fields), body_links=True)
    outcomes = [understand(path, raw, rules)[0] for path, raw in files if not raw.startswith(b"+++")]
    articles = [one for one in outcomes if isinstance(one, Article)]
    return Sampled(
        found=len(found),
        looked_at=len(files),
        understood=len(articles),
        drafts=sum(one.draft for one in articles),
        linking=sum(any(link.role is LinkRole.BODY for link in one.links) for one in articles),
        toml=toml,
        rejected=tuple(one for one in outcomes if isinstance(one, Rejected)),
        fields=fields,
    )


def with_fields(
    known: Mapping[str, tuple[str, ...]], more: Mapping[str, Mapping[str, int]]
) -> dict[str, tuple[str, ...]]:
    """The names of each field, with further ones behind the known."""
    return {**known, **{field: (*known[field], *names) for field, names in more.items()}}


def known_fields(site: Site) -> dict[str, tuple[str, ...]]:
    """The names of feedbot's fields on a site, before any file is looked at."""
    return {**DEFAULT_FIELDS, **site.fields}


class _Unreadable(Exception):
    """A settings file that cannot be used: what comes behind its path, in words."""


def parse_settings(path: str, text: str) -> dict[str, Setting]:
    """The settings in YAML, TOML or JSON, by the path's ending; every scalar as text. Raises _Unreadable."""
    try:
        if path.endswith(".toml"):
            content: object = tomllib.loads(text)
        elif path.endswith(".json"):
            content = json.loads(text)
        else:
            content = {name: _plain(node) for name, node in parse_front_matter(text, 1).fields.items()}
    except Unusable as error:
        raise _Unreadable(f":{error.line}: {error.reason.replace('the front matter', 'the file')}") from None
    except (ValueError, RecursionError) as error:
        raise _Unreadable(f": is not {path.rpartition('.')[2].upper()} ({str(error).splitlines()[0]})") from None
    made = _as_setting(content)
    if not isinstance(made, dict):
        raise _Unreadable(": holds no settings")
    return made


def _as_setting(value: object) -> Setting:
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case dict():
            return {str(key): _as_setting(one) for key, one in value.items()}
        case list():
            return [_as_setting(one) for one in value]
        case _:
            return str(value)


def _plain(node: Node) -> Setting:
    """A node of front matter without its line."""
    value = node.value
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _front(raw: bytes) -> dict[str, Setting] | None:
    try:
        fields = parse_front_matter(split_front_matter(raw).front).fields
    except Unusable:
        return None
    return {name: _plain(node) for name, node in fields.items()}


def _walk(root: str, max_names: int) -> tuple[list[str], list[str], list[str]]:
    """Names at the top, Markdown files, and data files of folders and sites; links to folders are not followed."""
    top: list[str] = []
    markdown: list[str] = []
    data: list[str] = []
    folders = [("", 0)]
    seen = 0
    while folders:
        below, depth = folders.pop(0)
        for entry in _entries(f"{root}/{below}"):
            seen += 1
            if seen > max_names:
                return top, markdown, data
            path = below + entry.name
            if not below:
                top.append(entry.name)
            if _is_real_folder(entry):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED and depth < MAX_DEPTH:
                    folders.append((f"{path}/", depth + 1))
            elif entry.name.endswith(_MARKDOWN):
                markdown.append(path)
            elif below and _is_data(below.rstrip("/").rpartition("/")[2], entry.name):
                data.append(path)
    return top, markdown, data


def _is_data(folder: str, name: str) -> bool:
    """True for a file that Eleventy takes what it says of a folder or of the site from."""
    if name.startswith(f"{folder}."):
        return name.removeprefix(folder) in eleventy.FOLDER_DATA_ENDINGS
    stem, _, ending = name.rpartition(".")
    return folder == "_data" and stem in eleventy.DATA and f".{ending}" in eleventy.DATA_ENDINGS


def _entries(folder: str) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return


def _is_real_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _hugo_folder(root: Path) -> list[str]:
    names = (entry.name for entry in _entries(f"{root}/{hugo.FOLDER}"))
    return [f"{hugo.FOLDER}/{name}" for name in names if name.rpartition(".")[2] in hugo.ENDINGS]


def _spread(found: Sequence[FoundFile], most: int) -> list[FoundFile]:
    """So many files, evenly from the first to the last: collections drift over the years."""
    if len(found) <= most:
        return list(found)
    return [found[number * (len(found) - 1) // (most - 1)] for number in range(most)]


def _text(path: Path) -> str:
    try:
        raw = _read(os.fspath(path), MAX_SETTINGS_BYTES)
    except OSError as error:
        raise _Unreadable(f": cannot be read: {error.strerror}") from None
    if len(raw) > MAX_SETTINGS_BYTES:
        raise _Unreadable(f": is larger than {MAX_SETTINGS_BYTES:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unreadable(": is not UTF-8 text") from None


def _bytes(path: str) -> bytes | None:
    try:
        return _read(path, MAX_FILE_BYTES)
    except OSError:
        return None


def _read(path: str, limit: int) -> bytes:
    """At most one byte more than the limit, of a regular file."""
    # Not blocking, so that a pipe put in the file's place cannot hold the command.
    with open(os.open(path, _FLAGS), "rb") as file:  # noqa: PTH123 - a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        return file.read(limit + 1)
