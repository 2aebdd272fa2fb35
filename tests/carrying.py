"""States carried from one database to another, for tests."""

import io
from pathlib import Path

from feedbot.articles.body import harmless
from feedbot.state.database import open_for_reading
from feedbot.state.exporting import export_lines
from feedbot.state.importing import Imported, import_state
from tests.publication import START, Publication


def exported(path: Path) -> bytes:
    """The export of a database."""
    with open_for_reading(path, who="a test") as state:
        return b"".join(export_lines(state))


def imported(path: Path, data: bytes, *, replaces: bool = False) -> Imported:
    """What came of importing it into a database, at the first moment of the tests."""
    lines = io.BytesIO(data)
    return import_state(path, lines, "state.ndjson", START, who="a test", harmless=harmless, replaces=replaces)


def moved(news: Publication, folder: Path) -> Publication:
    """The same publication on another machine: its articles and its config, and the state as an export."""
    other = Publication(folder, news.site)
    other.clock.at = news.clock.at
    other.config_file.write_bytes(news.config_file.read_bytes())
    for article in (news.folder / "articles").iterdir():
        copy = folder / "articles" / article.name
        copy.write_bytes(article.read_bytes())
        other.age(copy)
    imported(other.config.state_path, exported(news.config.state_path))
    return other
