"""How articles are named on the command line."""

import os
from collections.abc import Iterator

from feedbot.config import Config


def article_paths(config: Config, given: str) -> Iterator[str]:
    """What a path as typed may mean in the form in which article files are known: relative to here, or to the config.

    That form is relative to the folder of the config file, with forward slashes.
    """
    root = config.root
    for path, start in ((given, root), (os.path.realpath(given), os.path.realpath(root)), (root / given, root)):
        yield os.path.relpath(path, start).replace(os.sep, "/")
