"""After the other steps: the operator is told of what is wrong, and editors once a day of what became of links.

What is wrong is noted in state.db, and what each receiver was told, so the daemon, cron and a person's commands may run
beside each other: who is to tell something claims the receiver in a write phase. A message that does not arrive is made
anew by a later run, of all that is news by then.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import (
    Found,
    Job,
    Message,
    Trouble,
    all_of,
    failing,
    is_disk_low,
    is_waiting,
    message_of_a_test,
    news,
    operator_message,
    standing,
)
from feedbot.core.digest import Change, Mention, Place, digest_message, is_due, slot_at, to_mention
from feedbot.core.guard import held_sentence
from feedbot.core.inert import plain
from feedbot.core.mark import mark_on
from feedbot.core.ping import next_try_at
from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind
from feedbot.errors import ConfigError, FeedbotError, LockHeld
from feedbot.state import alarms, copies, jobs, marks, published, targets, troubles
from feedbot.state.alarms import Receiver
from feedbot.state.database import State
from feedbot.steps.mending import mend
from feedbot.steps.readers import instead_of_pages, readers_get, words
from feedbot.wire.heartbeat import beat
from feedbot.wire.messenger import send_by_apprise, send_by_command
from feedbot.wire.resolver import Resolver

_BUSY_S = 60.0
"""For so long a receiver is left to the process that claimed it: some times longer than a message may take."""
_LONGEST_WAIT_S = 4 * 3600.0
"""As core/ping.next_try_at has it."""
_MOST_PLACES = 3
_HOLD, _FAILING = "hold:", "failing:"
_OPERATOR, _EDITOR = "operator", "editor"

Send = Callable[[Message], Awaitable[str]]
"""Sends a message one way; gives why it did not arrive, or nothing."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """The receivers that were told something, and what was wrong with others, each in a sentence.

    `unusable` is why nobody could be told by what state.db knows, nothing where it could be used.
    """

    told: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message for a receiver that nobody else tells anything, and what to keep when it has arrived."""

    receiver: Receiver
    message: Message
    keep: Callable[[object], None]


async def alert(
    config: Config, state: State, clock: Clock, found: Mapping[str, Found | None] | None = None
) -> Alerting:
    """Note what is wrong and what is over, and tell those whom the config names what they do not know yet.

    `found` is what only the caller can know, by key. Never raises FeedbotError: what is wrong is in the result. It
    takes 10 s at most besides reading, however slow the receivers are.
    """
    if not config.alerts.tells:
        return Alerting()
    try:
        now = clock.now()
        _note(config, state, found or {}, now)
        ways = _ways(config)
        alarms.keep_receivers(state, list(ways), _slot(config, now))
        claimed = [*_for_operators(config, state, ways, now), *_for_editors(config, state, ways, now)]
        if not claimed:
            return Alerting()
        whys = await asyncio.gather(*(ways[one.receiver.name](one.message) for one in claimed))
        return _keep(state, clock.now(), dict(zip((one.receiver.name for one in claimed), whys, strict=True)), claimed)
    except LockHeld as error:
        return Alerting(problems=(_nobody(error),))
    except FeedbotError as error:
        return Alerting(problems=(_nobody(error),), unusable=str(error))


def _nobody(error: FeedbotError) -> str:
    return f"nobody is told of what is wrong: {error}"


async def alert_without_state(config: Config, clock: Clock, why: str, known: dict[str, Trouble]) -> Alerting:
    """Tell operators why state.db cannot be used, and with `why` empty, those who were told, that it can again.

    It cannot keep who knows of it: `known` does, by receiver, as long as the caller lives. Never raises FeedbotError.
    """
    ways = {name: send for name, send in _ways(config).items() if name.startswith(_OPERATOR)}
    trouble = Trouble("state", "state.db cannot be used", why, clock.now())
    site = plain(config.site.title)
    if why:
        messages = {name: operator_message(site, _plain([trouble]), []) for name in ways if name not in known}
    else:
        messages = {name: operator_message(site, [], [known[name]]) for name in ways if name in known}
    whys = await asyncio.gather(*(ways[name](message) for name, message in messages.items()))
    told = [name for name, problem in zip(messages, whys, strict=True) if not problem]
    for name in told:
        if why:
            known[name] = trouble
        else:
            del known[name]
    return Alerting(tuple(told), _untold(dict(zip(messages, whys, strict=True))))


async def send_test(config: Config) -> Alerting:
    """Send a test message to everybody whom the config names; nothing is remembered of it."""
    ways = _ways(config)
    messages = {name: message_of_a_test(plain(config.site.title), name.partition(" ")[0]) for name in ways}
    whys = await asyncio.gather(*(send(messages[name]) for name, send in ways.items()))
    told = dict(zip(ways, whys, strict=True))
    return Alerting(
        tuple(name for name, why in told.items() if not why),
        tuple(f"{name}: {why}" for name, why in told.items() if why),
    )


async def heartbeat(config: Config, resolver: Resolver | None = None) -> str:
    """Ask the heartbeat's address after a good run; returns why that did not work, or nothing. Never raises."""
    told = config.alerts
    url = told.heartbeat_url
    if told.heartbeat_url_env is not None:
        url = os.environ.get(told.heartbeat_url_env, "").strip()
        if not url.startswith(("http://", "https://")):
            return f"the environment variable {told.heartbeat_url_env} holds no http or https URL"
    if not url:
        return ""
    try:
        return await beat(config.checker.policy(), config.contact, url, resolver)
    except ConfigError as error:
        return str(error)


def _ways(config: Config) -> dict[str, Send]:
    """How each receiver is told, by name: never by a URL, which is a secret."""
    ways: dict[str, Send] = {}
    for audience, told in ((_OPERATOR, config.alerts.operator), (_EDITOR, config.alerts.editor)):
        for variable in told.apprise:
            ways[f"{audience} apprise {variable}"] = _by_apprise(variable)
        if told.command:
            ways[f"{audience} command"] = _by_command(config, audience, told.command)
    return ways


def _by_apprise(variable: str) -> Send:
    async def send(message: Message) -> str:
        return await send_by_apprise(variable, message)

    return send


def _by_command(config: Config, audience: str, command: tuple[str, ...]) -> Send:
    async def send(message: Message) -> str:
        return await send_by_command(command, config.root, audience, message)

    return send


# What is wrong


def _note(config: Config, state: State, found: Mapping[str, Found | None], now: datetime) -> None:
    """Bring what stands in state.db up to what is; where nothing changed, nothing is written."""
    before = alarms.standing(state.db.conn)
    if standing(before, {**_look(config, state, before), **found}, now) == before:
        return
    with state.write() as connection:
        # Anew, for another process may have noted meanwhile what is seen here as well.
        before = alarms.standing(connection)
        alarms.save_standing(connection, standing(before, {**_look(config, state, before), **found}, now))


def _look(config: Config, state: State, before: Mapping[str, Trouble]) -> dict[str, Found | None]:
    """What is wrong by all that can be seen at any time."""
    held = {f"{_HOLD}{feed}": _hold(state, feed) for feed in published.held_feeds(state)}
    failed = {f"{_FAILING}{name}": one for name, one in failing(_jobs(state)).items()}
    if {"backup", "damage"} & before.keys():
        # It was told already, in better words.
        failed.pop(f"{_FAILING}maintain", None)
    return {
        **all_of(_HOLD, held, before),
        **all_of(_FAILING, failed, before),
        "flood": None if published.held_since(state, "flood") is None else _FLOOD,
        "ids": None if published.held_since(state, "ids") is None else _OTHER_IDS,
        **_disk(config, before),
    }


_FLOOD = Found(
    "old articles in bulk are held back",
    "many articles that are older than a week would come at once, all unread to subscribers; held: they wait until this"
    " is confirmed; to let them come: feedbot build --accept-new",
)

_OTHER_IDS = Found(
    "other ids are held back",
    "articles that readers know would come under other ids, all unread again: their files now name ids of their own;"
    " held: they keep the ids that they have; to let them have the others: feedbot build --accept-new",
)


def _hold(state: State, feed: str) -> Found:
    causes = [one.cause for one in published.holds(state, feed).values()]
    sentence = held_sentence(causes, len(published.entries(state, feed)))
    return Found(
        f"removals in the feed {feed} are held back",
        f"{feed}: {sentence}; to let them go: feedbot build --accept {feed}",
    )


def _jobs(state: State) -> list[Job]:
    return [
        Job(one.name, one.finished_at, one.succeeded_at, one.failures, plain(one.problem or ""))
        for one in jobs.all_jobs(state).values()
    ]


def _disk(config: Config, before: Mapping[str, Trouble]) -> dict[str, Found | None]:
    """Whether less than disk.low is free where the database or the feeds lie; nothing where that cannot be asked."""
    try:
        free = {folder: copies.free_bytes(folder) for folder in (config.state_path.parent, config.feeds_path)}
    except FeedbotError:
        return {}
    low, was_low = config.disk.low, "disk" in before
    short = [folder for folder, left in free.items() if is_disk_low(left, low, was_low=was_low)]
    if not short:
        return {"disk": None}
    why = copies.why_full(short[0], free[short[0]], low)
    return {"disk": Found("the disk is nearly full", f"{why}; free some: looks at links are not kept without it")}


# Who is told what


def _is_free(one: Receiver | None, now: datetime) -> bool:
    """True where a receiver can be told something: it is there, nobody else does it, and it is not to be left alone."""
    if one is None or is_waiting(one.busy_until, now, _BUSY_S):
        return False
    return not is_waiting(one.again_at, now, _LONGEST_WAIT_S)


def _for_operators(config: Config, state: State, ways: Mapping[str, Send], now: datetime) -> list[_Claimed]:
    return [
        claimed
        for name in ways
        if name.startswith(_OPERATOR) and (claimed := _for_operator(config, state, name, now)) is not None
    ]


def _for_operator(config: Config, state: State, name: str, now: datetime) -> _Claimed | None:
    """What is news to one who is told at once; None where nothing is, or it is told by another process."""
    connection = state.db.conn
    if not any(news(alarms.standing(connection), alarms.told(connection, name))):
        return None
    with state.write() as connection:
        one, stands = alarms.receiver(connection, name), alarms.standing(connection)
        begun, over = news(stands, alarms.told(connection, name))
        if one is None or not _is_free(one, now) or not (begun or over):
            return None
        alarms.claim(connection, name, now + timedelta(seconds=_BUSY_S))
    message = operator_message(plain(config.site.title), _plain(begun), _plain(over))
    return _Claimed(one, message, lambda connection: alarms.keep_told(connection, name, stands))


def _plain(told: list[Trouble]) -> list[Trouble]:
    return [Trouble(one.key, plain(one.title), plain(one.sentence), one.since_at) for one in told]


def _for_editors(config: Config, state: State, ways: Mapping[str, Send], now: datetime) -> list[_Claimed]:
    slot = _slot(config, now)
    return [
        claimed
        for name in ways
        if name.startswith(_EDITOR) and (claimed := _for_editor(config, state, name, slot, now)) is not None
    ]


def _slot(config: Config, now: datetime) -> datetime:
    return slot_at(now, config.alerts.editor.time, config.alerts.editor.zone)


def _for_editor(config: Config, state: State, name: str, slot: datetime, now: datetime) -> _Claimed | None:
    """The digest for one who gets it; None where it is not time, nothing is to be told, or another process does it."""
    one = alarms.receiver(state.db.conn, name)
    if one is None or not is_due(slot, one.digest_at, now) or not _is_free(one, now):
        return None
    changes = alarms.changes(state, one.begins_after)
    told_until = max([one.told_until, *(change.number for change in changes)])
    stands = alarms.kinds(state, (change.target_id for change in changes))
    chosen = to_mention(changes, one.told_until, alarms.told_dead(state, name), stands, now)
    mentions = _mentions(config, state, chosen, now) if chosen else {}
    lives = {
        target_id: stands[target_id] is StatusKind.DEAD
        for target_id in mentions
        if chosen[target_id].kind in {TransitionKind.DIED, TransitionKind.RECOVERED}
    }
    with state.write() as connection:
        if alarms.receiver(connection, name) != one:
            return None
        if not mentions:
            alarms.keep_digest(connection, name, slot, told_until, {})
            return None
        alarms.claim(connection, name, now + timedelta(seconds=_BUSY_S))
    message = digest_message(plain(config.site.title), list(mentions.values()))
    return _Claimed(one, message, lambda connection: alarms.keep_digest(connection, name, slot, told_until, lives))


def _mentions(config: Config, state: State, chosen: Mapping[int, Change], now: datetime) -> dict[int, Mention]:
    """What is said of each link, but of those that no article has any more, or that a person has had a word on."""
    mended = mend(config, state, now)
    missing = instead_of_pages(state, mended)
    troubles.choose(state, now, public=False)
    where = troubles.places(state, list(chosen), _MOST_PLACES)
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    found = {}
    for target_id, change in chosen.items():
        places = where.get(target_id, [])
        target = targets.get(state, target_id)
        if not places or mark_on(target.url, said, exclusions, now) is not None:
            continue
        is_lost = target.status.is_unlinkable
        get = [(words(place), readers_get(place, mended, missing, is_unlinkable=is_lost)) for place in places]
        found[target_id] = Mention(
            kind=change.kind,
            url=plain(target.url),
            reason=plain(target.status.reason),
            since_at=change.at,
            moved_to=None if target.status.moved_to is None else plain(target.status.moved_to),
            places=tuple(Place(plain(place), f"{one.words} {one.url}".strip()) for place, one in get),
            needs_a_person=any(one.words.startswith("nothing") for _, one in get),
        )
    return found


def _keep(state: State, now: datetime, whys: Mapping[str, str], claimed: list[_Claimed]) -> Alerting:
    with state.write() as connection:
        for one in claimed:
            name = one.receiver.name
            if whys[name]:
                alarms.keep_failed(connection, one.receiver, next_try_at(one.receiver.tries + 1, now))
            else:
                alarms.keep_reached(connection, name)
                one.keep(connection)
    return Alerting(
        tuple(name for name, why in whys.items() if not why),
        _untold(whys),
    )


def _untold(whys: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name} was not told of it: {why}" for name, why in whys.items() if why)
