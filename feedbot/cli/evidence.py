"""What is known of one link: what `feedbot why` tells."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from feedbot.config import Config
from feedbot.core.mark import Mark, is_linkable, mark_on
from feedbot.core.page import PageSignals
from feedbot.errors import StateError
from feedbot.publish.link_report import ReadersGet
from feedbot.state import marks, retention, runs, snapshots, targets
from feedbot.state.database import State
from feedbot.state.retention import RolledUp
from feedbot.state.runs import Recorded
from feedbot.state.snapshots import LookedUp
from feedbot.state.targets import LinkPlace, Target
from feedbot.state.troubles import Place
from feedbot.steps.mending import mend
from feedbot.steps.readers import instead_of_pages, readers_get


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link as it stands at one moment: each place of it with what readers get there, and the looks, oldest first.

    Looks that are `damaged` cannot be read; they are counted.
    """

    at: datetime
    target: Target
    page: PageSignals | None
    mark: Mark | None
    due_at: datetime | None
    places: tuple[tuple[LinkPlace, ReadersGet], ...]
    trail: tuple[Recorded, ...]
    damaged: int
    earlier: RolledUp | None
    archived: LookedUp | None


def gather(config: Config, state: State, target: Target, now: datetime) -> Evidence:
    """All that is stored of a target, and what the next build would do about it."""
    mark = mark_on(target.url, marks.holding(state, now), config.links.exclusions(), now)
    mended = mend(config, state, now, beside=target.id)
    missing = instead_of_pages(state, mended)
    is_lost = not is_linkable(mark, seems_dead=target.status.is_unlinkable)
    places = targets.places(state, [target.id])[target.id]
    trail, damaged = runs.readable_trail(state, target.url)
    page = None
    with suppress(StateError):  # what it said lies in a look
        page = targets.page_of(state, target)
    return Evidence(
        at=now,
        target=target,
        page=page,
        mark=mark,
        due_at=targets.due_at(state, target.url),
        places=tuple(
            (one, readers_get(Place(one.article, one.line, one.role), mended, missing, is_unlinkable=is_lost))
            for one in places
        ),
        trail=tuple(trail),
        damaged=damaged,
        earlier=retention.rolled_up(state, target.id),
        archived=snapshots.of(state, target.id),
    )
