"""How articles are named: on the command line, and in what is read by whoever has the repository."""

import os
from collections.abc import Iterator
from pathlib import Path

from feedbot.config import Config


def article_paths(config: Config, given: str) -> Iterator[str]:
    """What a path as typed may mean in the form in which article files are known: relative to here, or to the config.

    That form is relative to the folder of the config file, with forward slashes.
    """
    root = config.root
    for path, start in ((given, root), (os.path.realpath(given), os.path.realpath(root)), (root / given, root)):
        yield os.path.relpath(path, start).replace(os.sep, "/")


def repository_prefix(root: Path) -> str:
    """What leads from the top of a folder's repository to it, such as "site/"; empty where there is none."""
    here = root.resolve()
    for top in (here, *here.parents):
        # A file in a worktree and in a submodule.
        if (top / ".git").exists():
            return "" if top == here else f"{here.relative_to(top).as_posix()}/"
    return ""
