"""Which folders and files of a config do not go together."""

import os
import re
from pathlib import Path

from feedbot.config.feeds import CLEARED
from feedbot.config.model import Config

_WILDCARD = re.compile(r"[*?\[]")


def first_folder(pattern: str) -> str:
    """The folder in which a glob pattern begins: what comes before its first wildcard, or before a file's name."""
    parts = pattern.split("/")
    fixed = next((number for number, part in enumerate(parts) if _WILDCARD.search(part)), len(parts) - 1)
    return "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else ".")


def why_no_feeds_folder(config: Config) -> str | None:
    """Why feeds cannot be written where the config says; None where they can."""
    root, feeds = (Path(os.path.normpath(path.absolute())) for path in (config.root, config.feeds_path))
    if feeds == root:
        return "must be a folder of its own, not the one of the config file"
    for pattern in config.articles.paths:
        base = Path(os.path.normpath(root / first_folder(pattern)))
        # A pattern without ** looks into no further folder; and where the articles lie above or beside
        # the config file, every folder is below theirs.
        is_below = "**" in pattern and feeds.is_relative_to(base) and not root.is_relative_to(base)
        if base.is_relative_to(feeds) or is_below:
            return f"must be apart from the articles of {pattern!r}, not {os.fspath(config.feeds.directory)!r}"
    return None


def would_be_served(config: Config, folder: Path | None) -> bool:
    """True where what is for the operator alone would lie in the feeds folder, which a web server shows everybody."""
    if folder is None:
        return False
    # Links are followed: a name of its own makes no folder private.
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(config.feeds_path))


def why_no_site_data(config: Config) -> str | None:
    """Why the data file of the site cannot be written where the config says; None where it can, or is not asked for."""
    if config.site_data_path is None:
        return None
    root, feeds, path = (
        Path(os.path.normpath(one.absolute())) for one in (config.root, config.feeds_path, config.site_data_path)
    )
    told = f"not {config.feeds.site_data!r}"
    if path.suffix != ".json" or path.name.startswith("."):
        return f"must be jekyll, hugo, json or the path of a .json file, {told}"
    if path.is_relative_to(feeds):
        return f"must be apart from the feeds of {os.fspath(config.feeds.directory)!r}, {told}"
    folders = Path(os.path.relpath(path.parent, root)).parts
    if cleared := [folder for folder in folders if folder.lower() in CLEARED]:
        return f"must not be in {cleared[0]!r}, which Jekyll or Hugo may clear, {told}"
    return None
