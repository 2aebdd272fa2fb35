"""What Eleventy's configuration means for feedbot (https://www.11ty.dev/docs/config/).

That is JavaScript, which is not run: what it says literally is found in its text.
"""

import re

from feedbot.core.sites.facts import (
    Facts,
    Kind,
    Setting,
    Site,
    as_folder,
    as_language,
    is_below,
    joined,
    text_at,
)
from feedbot.core.sites.wiped import WIPED

CONFIGS = (".eleventy.js", "eleventy.config.js", "eleventy.config.cjs", "eleventy.config.mjs")
# Where sites keep what they say of themselves; the starter's is metadata.
DATA = ("metadata", "site", "meta")
DATA_ENDINGS = (".json", ".js", ".cjs", ".mjs")
FOLDER_DATA_ENDINGS = (".json", ".11tydata.json", ".11tydata.js", ".11tydata.cjs", ".11tydata.mjs")
_FOLDERS = ("posts", "blog", "articles", "_posts", "news", "post")


def eleventy_site(facts: Facts) -> Site:
    """The site that Eleventy makes of a folder."""
    name = next((name for name in CONFIGS if name in facts.scripts), CONFIGS[1])
    script = facts.scripts.get(name, "")
    content = as_folder(_said(script, "input"))
    about = _about(facts, content, as_folder(_said(script, "data")) or "_data")
    url = about.get("url") or text_at(facts.settings.get("package.json"), "homepage")
    prefix = (_said(script, "pathPrefix") or "").strip("/")
    folders = _folders(facts, content)
    permalinks, notes = {}, []
    for folder in folders:
        path, pattern = _folder_permalink(facts, folder)
        if pattern is not None:
            permalinks[folder] = pattern
        elif path is not None:
            notes.append(
                f"{path}: its permalink is made by a program, which is not run; articles.permalinks can say it"
            )
    wiped = (*WIPED, *filter(None, [as_folder(_said(script, "output"))]))
    notes.append(f'Eleventy carries the feeds over where {name} says eleventyConfig.addPassthroughCopy("feeds")')
    return Site(
        kind=Kind.ELEVENTY,
        folders=folders,
        title=about.get("title"),
        url=None if url is None else "/".join(filter(None, [url.rstrip("/"), prefix])) + "/",
        language=as_language(about.get("language") or about.get("lang")),
        content=content,
        permalinks=permalinks,
        wiped=wiped,
        read=tuple(path for path in (*facts.scripts, *facts.settings) if path not in {"package.json", "CNAME"}),
        notes=tuple(notes),
    )


def _said(script: str, key: str) -> str | None:
    """A text that a script names literally, such as `input: "src"`."""
    found = re.search(rf"""(?<![\w$.]){key}["']?\s*:\s*(["'`])([^"'`\n$]{{1,500}})\1""", script)
    return found[2] if found else None


def _about(facts: Facts, content: str, data: str) -> dict[str, str]:
    """Title, URL and language in the site's global data."""
    found: dict[str, str] = {}
    for stem in DATA:
        for ending in DATA_ENDINGS:
            for path in (f"{joined(content, data)}/{stem}{ending}", f"{data}/{stem}{ending}"):
                settings: Setting = facts.settings.get(path)
                for key in ("title", "url", "language", "lang"):
                    text = text_at(settings, key) or _said(facts.scripts.get(path, ""), key)
                    if text is not None:
                        found.setdefault(key, text)
    return found


def _folders(facts: Facts, content: str) -> tuple[str, ...]:
    """The folder of articles: the first well-known name, right in the content or one further down."""
    folders = {path.rpartition("/")[0] for path in facts.markdown if is_below(path, content)}
    above = {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(1, folder.count("/") + 2)}
    for name in _FOLDERS:
        named = [one for one in above if one.rpartition("/")[2] == name and is_below(f"{one}/", content)]
        if named:
            return (min(named, key=lambda one: (one.count("/"), one)),)
    return (joined(content, "posts"),)


def _folder_permalink(facts: Facts, folder: str) -> tuple[str | None, str | None]:
    """The data file of a folder that has a permalink, and the pattern; None for a pattern that is not literal."""
    name = folder.rpartition("/")[2]
    for ending in FOLDER_DATA_ENDINGS:
        path = f"{folder}/{name}{ending}"
        pattern = text_at(facts.settings.get(path), "permalink")
        script = facts.scripts.get(path, "")
        if pattern is None and "permalink" in script:
            pattern = _said(script, "permalink")
            return path, pattern
        if pattern is not None:
            return path, pattern
    return None, None
