"""How articles are named: on the command line, and in what is read by whoever has the repository."""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from feedbot.config import Config
from feedbot.errors import UsageError


def article_paths(config: Config, given: str) -> Iterator[str]:
    """What a path as typed may mean in the form in which article files are known: relative to here, or to the config.

    That form is relative to the folder of the config file, with forward slashes.
    """
    root = config.root
    for path, start in ((given, root), (os.path.realpath(given), os.path.realpath(root)), (root / given, root)):
        yield os.path.relpath(path, start).replace(os.sep, "/")


def known_article(config: Config, known: Collection[str], given: str) -> str:
    """A path as typed, in the form in which article files are known. Raises UsageError where it is none of them."""
    path = next((path for path in article_paths(config, given) if path in known), None)
    if path is None:
        patterns = ", ".join(config.articles.paths)
        raise UsageError(
            f"{given}: is no article: articles.paths ({patterns}) does not match it, or articles.exclude leaves it out"
        )
    return path


def articles_below(config: Config, known: Iterable[str], given: str) -> set[str]:
    """The article files in a folder and in those below it; seen from here, or else from the config.

    Raises UsageError where there are none.
    """
    as_typed, resolved, from_config = article_paths(config, given)
    for folder in (as_typed, resolved) if os.path.isdir(given) else (from_config,):  # noqa: PTH112 - not for odd names
        start = "" if folder == "." else f"{folder}/"
        found = {path for path in known if path.startswith(start) and (start or not path.startswith("../"))}
        if found:
            return found
    patterns = ", ".join(config.articles.paths)
    raise UsageError(f"{given}: is a folder without articles; articles.paths ({patterns}) names where they are")


def repository_prefix(root: Path) -> str:
    """What leads from the top of a folder's repository to it, such as "site/"; empty where there is none."""
    here = root.resolve()
    for top in (here, *here.parents):
        # A file in a worktree and in a submodule.
        if (top / ".git").exists():
            return "" if top == here else f"{here.relative_to(top).as_posix()}/"
    return ""
