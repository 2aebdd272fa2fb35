"""What editors are told once a day of links: which died, came back, moved, or cannot be verified any more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

from feedbot.core.alerts import MOST_LINES, Kind, Message
from feedbot.core.inert import unmentioning
from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind

_FLAPS_WITHIN = timedelta(days=30)
_STEADY_AFTER = timedelta(days=7)
_LIFE_AND_DEATH = frozenset({TransitionKind.DIED, TransitionKind.RECOVERED})


class Change(msgspec.Struct, frozen=True):
    """A transition of a link, with its number, which only grows."""

    number: int
    target_id: int
    kind: TransitionKind
    at: datetime
    moved_to: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a link stands, and what readers of the feeds get there, in words."""

    where: str
    readers_get: str


class Mention(msgspec.Struct, frozen=True):
    """A link in a digest."""

    kind: TransitionKind
    url: str
    reason: str
    since_at: datetime
    moved_to: str | None = None
    places: tuple[Place, ...] = ()
    needs_a_person: bool = False
    """Readers get nothing in its place, or nobody but a person can see what it is."""


def slot_at(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The latest time, not after `now`, at which a digest is due: daily at an hour of a zone (UTC).

    An hour that a zone skips in spring is taken as if it had not, one that it has twice in autumn is the first.
    """
    day = now.astimezone(zone).date()
    today = datetime.combine(day, at, zone).astimezone(UTC)
    return today if today <= now else datetime.combine(day - timedelta(days=1), at, zone).astimezone(UTC)


def is_due(slot: datetime, told_at: datetime, now: datetime) -> bool:
    """True where the digest of a slot was not told yet; one that was told in the future, by a wrong clock, was not."""
    return slot > told_at or told_at > now


def to_mention(
    changes: Iterable[Change],
    told_until: int,
    told_dead: Mapping[int, bool],
    stands: Mapping[int, StatusKind],
    now: datetime,
) -> dict[int, Change]:
    """What one who is told digests is to be told now, by target: the latest change of it that counts.

    `changes` are all since the first of these digests, `told_until` is the latest that the last digest knew,
    `told_dead` what was last said of a link's life, and `stands` where it stands now. A link is told of where it is not
    as was said: so what died and came back in between is no news. One that died twice within 30 days comes and goes,
    and is told only when it has stayed as it is for a week.
    """
    of_target: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        of_target[change.target_id].append(change)
    found = {target_id: _of_one(those, told_until, told_dead, stands, now) for target_id, those in of_target.items()}
    return {target_id: change for target_id, change in found.items() if change is not None}


def _of_one(
    changes: Sequence[Change],
    told_until: int,
    told_dead: Mapping[int, bool],
    stands: Mapping[int, StatusKind],
    now: datetime,
) -> Change | None:
    target_id = changes[0].target_id
    kind = stands.get(target_id)
    is_dead = kind is StatusKind.DEAD
    lives = [one for one in changes if one.kind in _LIFE_AND_DEATH]
    if lives:
        # Before its first change it was the opposite of what it became.
        was_dead = told_dead.get(target_id, lives[0].kind is TransitionKind.RECOVERED)
        wanted = TransitionKind.DIED if is_dead else TransitionKind.RECOVERED
        latest = next((one for one in reversed(lives) if one.kind is wanted), None)
        if is_dead != was_dead and latest is not None:
            deaths = [one for one in lives if one.kind is TransitionKind.DIED and now - one.at < _FLAPS_WITHIN]
            return None if len(deaths) > 1 and now - lives[-1].at < _STEADY_AFTER else latest
    if is_dead:
        return None
    latest = changes[-1]
    if latest.number <= told_until:
        return None
    if latest.kind is TransitionKind.BLOCKED and kind is StatusKind.BLOCKED:
        return latest
    is_new = latest.moved_to not in {one.moved_to for one in changes if one.number <= told_until}
    return latest if latest.kind is TransitionKind.MOVED and kind is StatusKind.MOVED and is_new else None


_HEADINGS = {
    TransitionKind.DIED: "Died",
    TransitionKind.BLOCKED: "Hidden by walls for 30 days: look yourself, and `feedbot mark` what you see",
    TransitionKind.MOVED: "Moved for good: readers are led to the new address",
    TransitionKind.RECOVERED: "Alive again",
}
_COUNTED = {
    TransitionKind.DIED: "died",
    TransitionKind.BLOCKED: "cannot be verified",
    TransitionKind.MOVED: "moved",
    TransitionKind.RECOVERED: "came back",
}
_ORDER = list(_HEADINGS)


def digest_message(site: str, mentions: Collection[Mention]) -> Message:
    """The digest of some links: first what needs a person, and of the rest the newest first."""
    counts = [(kind, [one for one in mentions if one.kind is kind]) for kind in _ORDER]
    said = [f"{len(those):,} {_COUNTED[kind]}" for kind, those in counts if those]
    links = "link" if len(mentions) == 1 else "links"
    lines = []
    for kind, those in counts:
        if those:
            lines += [f"{_HEADINGS[kind]} ({len(those):,})", "", *_of_kind(those)]
    lines += ["The evidence: feedbot why URL. All links to look at: reports/links.html", ""]
    first, *rest = said
    subject = f"{site}: {first.replace(' ', f' {links} ', 1)}" + "".join(f", {one}" for one in rest)
    return Message(Kind.DIGEST, subject, "\n".join(lines))


def _of_kind(mentions: Sequence[Mention]) -> list[str]:
    newest = sorted(mentions, key=lambda one: (one.since_at, one.url), reverse=True)
    ordered = sorted(newest, key=lambda one: not one.needs_a_person)
    lines = []
    for one in ordered[:MOST_LINES]:
        lines += [*_lines(one), ""]
    rest = len(ordered) - MOST_LINES
    return [*lines, *([f"and {rest:,} more", ""] if rest > 0 else [])]


def _lines(one: Mention) -> list[str]:
    # An @ in a URL can be written so without changing what it leads to.
    moved_to = [] if one.moved_to is None else [f"  new address: {one.moved_to.replace('@', '%40')}"]
    return [
        one.url.replace("@", "%40"),
        f"  {unmentioning(one.reason)}; on {one.since_at.astimezone(UTC):%Y-%m-%d}",
        *moved_to,
        *(f"  {place.where}: readers get {place.readers_get}" for place in one.places),
    ]
