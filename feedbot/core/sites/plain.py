"""A folder of Markdown files that no known generator makes a site of."""

from collections import Counter

from feedbot.core.sites.facts import Facts, Kind, Site

_FOLDERS = ("articles", "_articles", "_posts", "posts", "src/posts", "content", "entries", "news", "blog")
# What lies beside articles and is none.
_NO_ARTICLES = frozenset({"readme", "changelog", "contributing", "license", "security", "code_of_conduct", "authors"})
NO_ARTICLES = ("**/CHANGELOG.md", "**/CONTRIBUTING.md", "**/LICENSE.md", "**/SECURITY.md", "**/CODE_OF_CONDUCT.md")


def plain_site(facts: Facts) -> Site:
    """The articles of a folder: a well-known folder, or the one with the most Markdown files, which may be itself."""
    articles = [path for path in facts.markdown if not _is_none(path)]
    for folder in _FOLDERS:
        if any(path.startswith(f"{folder}/") for path in articles):
            return Site(Kind.PLAIN, (folder,))
    counted = Counter(path.rpartition("/")[0].partition("/")[0] or "." for path in articles)
    if not counted:
        return Site(Kind.PLAIN, (next((name for name in _FOLDERS if name in facts.top), _FOLDERS[0]),))
    folder = min(counted, key=lambda name: (-counted[name], name))
    if folder != ".":
        return Site(Kind.PLAIN, (folder,))
    endings = sorted({path.rpartition(".")[2] for path in articles if "/" not in path}, reverse=True)
    return Site(Kind.PLAIN, tuple(f"*.{ending}" for ending in endings), exclude=NO_ARTICLES)


def _is_none(path: str) -> bool:
    return path.rpartition("/")[2].rpartition(".")[0].lower() in _NO_ARTICLES
