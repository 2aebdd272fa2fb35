"""What the next build would show to subscribers, found by building beside: nothing of theirs is touched."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.history import is_document_file
from feedbot.errors import UsageError
from feedbot.publish.ledger import LEDGER_NAME
from feedbot.publish.read_back import Shown, shown_in
from feedbot.publish.render import RENDERERS
from feedbot.state import files
from feedbot.state.database import copy_state, open_state
from feedbot.steps.holding import HeldBack
from feedbot.steps.publishing import publish
from feedbot.steps.reading import Reading, read
from feedbot.steps.selection import HeldFeed

_WHO = "feedbot build --preview"


@dataclass(frozen=True, slots=True)
class FeedChange:
    """How one feed would change, by its entries; `is_new` where it does not exist yet.

    `mended` entries lead elsewhere than before; `announced` are those whose `updated` moves, which some readers show
    as unread again. Where all are empty, something else changes: a text, a picture, the feed's head.
    """

    feed: str
    is_new: bool
    came: tuple[Shown, ...] = ()
    went: tuple[Shown, ...] = ()
    mended: tuple[Shown, ...] = ()
    announced: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a build would bring: the feeds that change, by name, and what its guard would hold."""

    reading: Reading
    changes: tuple[FeedChange, ...]
    holds: tuple[HeldFeed, ...]
    held: HeldBack = field(default_factory=HeldBack)


def preview(
    config: Config,
    clock: Clock,
    out: Path | None = None,
    accept: Sequence[str] = (),
    *,
    accept_new: bool = False,
    drafts: bool = False,
) -> Preview:
    """Build into a copy of state.db and of the feeds folder, and hold the result against what is published.

    What is accepted is as for `publish`; with `drafts`, drafts and future articles are shown as well, and no guard
    holds those. The feeds are left in `out` where that is given: a new or an empty folder, else UsageError is raised.
    """
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out}: is not empty; the preview would mix with what is there")
    with TemporaryDirectory(prefix="feedbot-preview-") as temporary:
        beside = Path(temporary)
        feeds = beside / "feeds" if out is None else out
        copy = _beside(config, beside / "state.db", feeds)
        with open_state(copy.state_path, who=_WHO) as state:
            reading = read(copy, state, clock, accept_new=accept_new)
            if drafts:
                files.show_withheld(state, clock.now())
            publishing = publish(copy, state, clock, accept, accept_new=accept_new)
        changes = tuple(_changes(config, config.feeds_path, feeds))
        return Preview(reading, changes, publishing.holds, publishing.held)


def _beside(config: Config, database: Path, feeds: Path) -> Config:
    """The same config over copies, with nothing told to the site; a publication that has neither yet gives none."""
    if config.state_path.exists():
        copy_state(config.state_path, database, who=_WHO)
    feeds.mkdir(parents=True, exist_ok=True)
    if config.feeds_path.is_dir():
        for file in config.feeds_path.iterdir():
            if file.is_file() and not file.is_symlink() and not file.name.startswith("."):
                shutil.copy2(file, feeds / file.name)
    there = config.feeds.model_copy(update={"directory": feeds.resolve(), "site_data": None})
    return config.model_copy(update={"state": database.resolve(), "feeds": there})


def _changes(config: Config, before: Path, after: Path) -> Iterable[FeedChange]:
    # Each format shows the same entries: one of them tells of all.
    suffix = RENDERERS[config.feeds.formats[0]][0]
    for file in sorted(after.glob(f"*{suffix}")):
        if file.name == LEDGER_NAME or is_document_file(file.name):
            continue  # no subscriber is shown these as news
        old = before / file.name
        old_bytes, new_bytes = old.read_bytes() if old.exists() else b"", file.read_bytes()
        if old_bytes == new_bytes:
            continue
        try:
            known = shown_in(file.name, old_bytes) if old_bytes else {}
        except ValueError:
            known = {}  # somebody else's file, or a broken one: all is new to its readers
        yield _change(file.stem, known, shown_in(file.name, new_bytes), is_new=not old_bytes)


def _change(feed: str, old: Mapping[str, Shown], new: Mapping[str, Shown], *, is_new: bool) -> FeedChange:
    both = [(old[one], new[one]) for one in new if one in old]
    mended = tuple(after for before, after in both if before.link != after.link)
    announced = tuple(after for before, after in both if before.updated != after.updated)
    return FeedChange(
        feed=feed,
        is_new=is_new,
        came=tuple(one for key, one in new.items() if key not in old),
        went=tuple(one for key, one in old.items() if key not in new),
        mended=mended,
        announced=announced,
    )
