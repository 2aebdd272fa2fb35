"""What is known of one link: what `feedbot why` tells."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.config import Config
from feedbot.core.mark import Mark, is_linkable, mark_on
from feedbot.core.page import PageSignals
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
    """A link as it stands at one moment: each place of it with what readers get there, and the looks, oldest first."""

    at: datetime
    target: Target
    page: PageSignals | None
    mark: Mark | None
    due_at: datetime | None
    places: tuple[tuple[LinkPlace, ReadersGet], ...]
    trail: tuple[Recorded, ...]
    earlier: RolledUp | None
    archived: LookedUp | None


def gather(config: Config, state: State, target: Target, now: datetime) -> Evidence:
    """All that is stored of a target, and what the next build would do about it."""
    mark = mark_on(target.url, marks.holding(state, now), config.links.exclusions(), now)
    mended = mend(config, state, now, beside=target.id)
    missing = instead_of_pages(state, mended)
    is_lost = not is_linkable(mark, seems_dead=target.status.is_unlinkable)
    places = targets.places(state, [target.id])[target.id]
    return Evidence(
        at=now,
        target=target,
        page=targets.page_of(state, target),
        mark=mark,
        due_at=targets.due_at(state, target.url),
        places=tuple(
            (one, readers_get(Place(one.article, one.line, one.role), mended, missing, is_unlinkable=is_lost))
            for one in places
        ),
        trail=tuple(runs.trail(state, target.url)),
        earlier=retention.rolled_up(state, target.id),
        archived=snapshots.of(state, target.id),
    )
