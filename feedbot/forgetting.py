"""A takedown: an article, or a link, leaves the feeds and everything that is stored, and stays away."""

import html
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from feedbot.articles.leave_out import leave_out
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Article
from feedbot.core.forgotten import Forgotten
from feedbot.errors import PublishError
from feedbot.publish.gzipped import GZIP_SUFFIX
from feedbot.state import files, forgotten, targets, withdrawn
from feedbot.state.database import State, checking_run, one_at_a_time, wipe
from feedbot.state.forgotten import Scope
from feedbot.steps.publishing import Publishing, publish
from feedbot.steps.reading import Reading, read
from feedbot.steps.reporting import Reporting, report

_MAX_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Named:
    """What a person wants forgotten: the article of a file (relative to the config), or a canonical URL."""

    path: str | None = None
    url: str | None = None

    @property
    def text(self) -> str:
        """The one of them that was named."""
        return self.path or self.url or ""


@dataclass(frozen=True, slots=True)
class Takedown:
    """What goes, or has gone: what it is about, how many observations, and whether it was forgotten already."""

    about: Scope
    observations: int
    was_forgotten: bool


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What a takedown did.

    `is_wiped` is False where another process still read state.db, whose log then holds the bytes a little longer.
    `still_in` are files of the feeds folder that this build did not write and that still name what was forgotten.
    """

    takedown: Takedown
    publishing: Publishing
    reporting: Reporting
    is_wiped: bool
    still_in: tuple[str, ...]


class _LookedOnly(Exception):
    """Ends a write phase without a trace."""


def look_ahead(state: State, named: Named, clock: Clock) -> Takedown:
    """What would go, found by deleting it and taking that back: the figures are those of the deed."""
    found: list[Takedown] = []
    try:
        with state.write() as connection:
            found.append(_take_down(state, connection, named, clock.now()))
            raise _LookedOnly
    except _LookedOnly:
        return found[0]


def forget(config: Config, state: State, clock: Clock, named: Named, *, wait: bool = False) -> Forgetting:
    """Delete what is known of it in one transaction, write the feeds without it, and wipe its bytes from state.db.

    Cut off after the transaction, the next build does the second, and the same takedown once more the third.
    Raises LockHeld where a checking run is under way, which would record what it sees of it, unless `wait`.
    """
    with checking_run(state, wait=wait):
        with one_at_a_time(state), state.write() as connection:
            takedown = _take_down(state, connection, named, clock.now(), leave_tombstones=config.feeds.tombstones)
        try:
            publishing = publish(config, state, clock)
            reporting = report(config, state, clock)
        finally:
            is_wiped = wipe(state)
    if reporting.problem:
        raise PublishError(f"it is forgotten, but the reports may still name it: {reporting.problem}")
    still_in = tuple(_naming(config, takedown.about, publishing.written))
    return Forgetting(takedown, publishing, reporting, is_wiped, still_in)


def repeat(config: Config, state: State, clock: Clock) -> None:
    """Carry takedowns out once more whose articles and links are there again, in a copy that was brought back.

    Raises as `forget` does.
    """
    taken_down = forgotten.known(state)
    paths = [Named(path=path) for path in files.paths(state) if path in taken_down]
    urls = [Named(url=url) for url in targets.urls(state) if url in taken_down]
    for named in (*paths, *urls):
        forget(config, state, clock, named)


def undo(config: Config, state: State, clock: Clock, named: Named) -> tuple[Reading, Publishing, Reporting] | None:
    """Let it come back: every file is read again, and the feeds are written; None where it was not forgotten."""
    with one_at_a_time(state):
        if not forgotten.lift(state, named.text):
            return None
    return read(config, state, clock), publish(config, state, clock), report(config, state, clock)


def _take_down(
    state: State, connection: Any, named: Named, now: datetime, *, leave_tombstones: bool = False
) -> Takedown:
    was_forgotten = named.text in forgotten.known(state)
    about = forgotten.scope(state, path=named.path, url=named.url)
    changed = list(_changed(state, about))
    about = replace(about, elsewhere=tuple(article.path for article in changed))
    before = forgotten.before(state, about)
    if leave_tombstones:
        withdrawn.note_takedown(connection, about.entry_ids, now)
    forgotten.delete_articles(connection, about, now)
    for article in changed:
        files.restate(connection, article, now)
    return Takedown(about, forgotten.delete_links(connection, about, before), was_forgotten)


def _changed(state: State, about: Scope) -> Iterator[Article]:
    """Other articles that link to what goes, without these links: as they are read from now on."""
    taken_down = Forgotten(about.hashes)
    for path in about.elsewhere:
        article = files.linked_article(state, path)
        if article is not None and (without := leave_out(article, taken_down)) != article:
            yield without


def _naming(config: Config, about: Scope, written: Collection[str]) -> Iterator[str]:
    """The files of the feeds folder that tell of what was taken down: formats and pages that are no longer written."""
    words = (*about.entry_ids, *about.urls, *about.paths)
    telling = forgotten.telling(about)
    needles = [form.encode() for word in words for form in {word, html.escape(word)}]
    for file in sorted(config.feeds_path.iterdir()):
        if file.name in written or not file.is_file() or file.stat().st_size > _MAX_FILE_BYTES:
            continue
        data = file.read_bytes()
        if file.name.endswith(GZIP_SUFFIX):
            data = _unpacked(data)
        # A URL may be the beginning of another one, and what follows it is known when nothing is escaped.
        if any(needle in data for needle in needles) and telling.search(_unescaped(data)):
            yield file.name


def _unescaped(data: bytes) -> str:
    """The text of a page or of a feed, in which pages lie escaped, and what those show of pages."""
    text = data.decode("utf-8", "replace")
    for _ in range(3):
        text = html.unescape(text)
    return text


def _unpacked(data: bytes) -> bytes:
    """The content of a gzip file, up to a bound; nothing where it is none."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _MAX_FILE_BYTES)
    except zlib.error:
        return b""
