"""Targets: where each stands, and which links point to them."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from feedbot.core.article import LinkRole
from feedbot.core.context import TITLED_ROLES
from feedbot.core.healing import Standing
from feedbot.core.page import PageSignals
from feedbot.core.schedule import neighbours_to_ask
from feedbot.core.status import Status, StatusKind, StrikeRule
from feedbot.core.url import host_of
from feedbot.core.verdict import VerdictKind
from feedbot.state import hosts
from feedbot.state.database import State, at_second_or_none, said_plainly, seconds
from feedbot.state.linked import WORST, Linked, Tally, tallies
from feedbot.state.packed import pack_page, unpack_page
from feedbot.state.reasons import in_full, shortened
from feedbot.state.stored import decoder

_decode_signals = decoder(PageSignals)

_LATELY = timedelta(days=1)
"""A target that was seen to live since then need not be asked because its neighbour fails."""


class Target(msgspec.Struct, frozen=True):
    """A stored target: its status and what helps to ask it cheaply."""

    id: int
    url: str
    host: str
    status: Status
    page_checked_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    length: int | None = None
    head_refused: bool = False
    frozen: bool = False
    """Its latest look failed in a way that was put down to our own network, and was not counted."""
    page_look: int | None = None
    """The number of the look that read its page last, and well, where that is kept (`page_of`)."""
    page: bytes | None = None
    """What its page said then, packed (`packed_page`), where it is not."""
    titled: bool = False
    """Its page has once carried the title of an article that links to it."""


def packed_page(signals: PageSignals, url: str) -> bytes:
    """What the page of a target says, as it is kept (`Target.page`)."""
    return pack_page(msgspec.json.encode(signals), url)


_PAGE_OF_LOOK = """
SELECT page_of_look(look.seen, :url, leant_on.seen) FROM observations AS look
LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on WHERE look.id = :look
"""


def page_of(state: State, target: Target) -> PageSignals | None:
    """What the page of a target said when it was last read and well; None where it never was.

    Raises StateError where that cannot be unpacked.
    """
    if target.page_look is not None:
        text = state.value(_PAGE_OF_LOOK, {"url": target.url, "look": target.page_look})
        return None if text is None else _decode_signals(text)
    return None if target.page is None else _decode_signals(unpack_page(target.page, target.url))


class LinkPlace(msgspec.Struct, frozen=True):
    """Where a link to a target stands; `title` is that of the article it stands for, where its page should carry it."""

    article: str
    line: int
    role: LinkRole
    title: str = ""


COLUMNS = f"targets.*, {hosts.NAME} AS host"
"""All that `target_of` takes of a target but `head_refused`."""

HEAD_REFUSED = """
coalesce((
    SELECT head_refused FROM host_names CROSS JOIN hosts USING (host) WHERE host_names.id = targets.host_id
), 0) AS head_refused
"""

_SELECT = f"SELECT {COLUMNS}, {HEAD_REFUSED} FROM targets"  # noqa: S608 - no outside text


def by_url(state: State, numbers: Sequence[int]) -> "array[int]":
    """These numbers of targets in the order of their URLs; those that are no longer there are left out."""
    with said_plainly(state.path):
        rows = state.db.conn.execute(
            "SELECT targets.id FROM json_each(?) AS wanted CROSS JOIN targets ON targets.id = wanted.value"
            " ORDER BY targets.url",
            [json.dumps(list(numbers))],
        )
        return array("q", (number for (number,) in rows))


def load(state: State, numbers: Sequence[int]) -> list[Target]:
    """The targets with these numbers as they stand now, in this order; those that are no longer there are left out."""
    rows = state.each(
        f"{_SELECT} WHERE targets.id IN (SELECT value FROM json_each(?))",  # noqa: S608 - no outside text
        [json.dumps(list(numbers))],
    )
    found = {row["id"]: target_of(row) for row in rows}
    return [found[number] for number in numbers if number in found]


def named(state: State, urls: Sequence[str], now: datetime) -> list[Target]:
    """The targets of these canonical URLs, due or not; one that is new is remembered."""
    wanted = list(dict.fromkeys(urls))
    with state.write() as connection:
        of_hosts = hosts.numbers(connection, wanted)
        connection.executemany(
            "INSERT OR IGNORE INTO targets (url, host_id, next_check_at, linked) VALUES (?, ?, ?, ?)",
            [(url, of_hosts[host_of(url)], seconds(now), Linked.NOT) for url in wanted],
        )
        # What has been due for long without a link is deleted (retention.delete_unlinked), but not while it is asked.
        connection.executemany(
            "UPDATE targets SET next_check_at = ? WHERE url = ? AND next_check_at < ?",
            [(seconds(now), url, seconds(now)) for url in wanted],
        )
    return [target_of(row) for url in wanted for row in state.rows(f"{_SELECT} WHERE targets.url = ?", [url])]


def get(state: State, target_id: int) -> Target:
    """A target as it stands now."""
    return target_of(state.rows(f"{_SELECT} WHERE targets.id = ?", [target_id])[0])


def find(state: State, url: str) -> Target | None:
    """A target by its canonical URL; None where it is not known."""
    rows = state.rows(f"{_SELECT} WHERE targets.url = ?", [url])
    return target_of(rows[0]) if rows else None


_HOSTS = """
SELECT host FROM host_names WHERE EXISTS (SELECT 1 FROM targets WHERE host_id = host_names.id) ORDER BY host
"""


def host_names(state: State) -> list[str]:
    """Every host of a target, by name."""
    return [row["host"] for row in state.rows(_HOSTS)]


def of_host(state: State, host: str, limit: int) -> list[str]:
    """The canonical URLs of a host that articles link to, the first by URL."""
    rows = state.rows(
        f"SELECT url FROM targets WHERE host_id = {hosts.NUMBER} AND id IN (SELECT target_id FROM article_links)"  # noqa: S608
        " ORDER BY url LIMIT ?",
        [host, limit],
    )
    return [row["url"] for row in rows]


def due_at(state: State, url: str) -> datetime | None:
    """When a target is asked next; None where it is not known."""
    return at_second_or_none(state.value("SELECT next_check_at FROM targets WHERE url = ?", [url]))


class OnRecord(msgspec.Struct, frozen=True):
    """How a target stands in the database: when it was looked at last, and that of it by which there are indexes."""

    checked_at: int | None
    page_look: int | None
    indexed: tuple[Any, ...]

    def is_as_read(self, target: Target) -> bool:
        """True where nobody has looked at it since it was read as this, nor deleted the look that read its page."""
        return self.checked_at == _seconds(target.status.checked_at) and self.page_look == target.page_look


def on_record(state: State, numbers: Sequence[int]) -> dict[int, OnRecord]:
    """How the targets with these numbers stand now; those that are no longer there are left out."""
    rows = state.plain(
        f"SELECT targets.id, checked_at, page_look, {', '.join(_INDEXED)} FROM json_each(?) AS wanted"  # noqa: S608 - no outside text
        " CROSS JOIN targets ON targets.id = wanted.value",
        [json.dumps(list(numbers))],
    )
    return {row[0]: OnRecord(row[1], row[2], row[3:]) for row in rows}


def of_file(state: State, path: str) -> list[str]:
    """The canonical URLs that an article file links to."""
    rows = state.rows(
        "SELECT targets.url FROM article_links AS links JOIN targets ON targets.id = links.target_id"
        " JOIN files ON files.id = links.file_id WHERE files.path = ? ORDER BY links.line, targets.url",
        [path],
    )
    return [row["url"] for row in rows]


def by_file(state: State) -> dict[str, list[tuple[LinkRole, str]]]:
    """Role and canonical URL of every link of the article files that are there, by path."""
    rows = state.each(
        "SELECT files.path, links.role, targets.url FROM files JOIN article_links AS links ON links.file_id = files.id"
        " JOIN targets ON targets.id = links.target_id WHERE files.vanished_at IS NULL"
    )
    found: dict[str, list[tuple[LinkRole, str]]] = {}
    for row in rows:
        found.setdefault(row["path"], []).append((LinkRole(row["role"]), row["url"]))
    return found


def places(state: State, target_ids: Iterable[int]) -> dict[int, tuple[LinkPlace, ...]]:
    """Where the links to each of these targets stand, by path and line."""
    found: dict[int, list[LinkPlace]] = {target_id: [] for target_id in target_ids}
    rows = state.each(
        "SELECT links.target_id, files.path, links.line, links.role, items.title FROM json_each(?) AS wanted"
        " CROSS JOIN article_links AS links ON links.target_id = wanted.value"
        " CROSS JOIN files ON files.id = links.file_id"
        " LEFT JOIN items ON items.file_id = links.file_id AND items.item = links.item"
        " ORDER BY files.path, links.line",
        [json.dumps(list(found))],
    )
    texts: dict[str, str] = {}  # each path and title once, however many links it has
    for row in rows:
        role = LinkRole(row["role"])
        title = row["title"] or "" if role in TITLED_ROLES else ""
        path = texts.setdefault(row["path"], row["path"])
        found[row["target_id"]].append(LinkPlace(path, row["line"], role, texts.setdefault(title, title)))
    return {target_id: tuple(places) for target_id, places in found.items()}


def source_of(state: State, target: Target) -> Target | None:
    """The page of the article that an AMP page or a cache's copy stands for; None where no link tells of one."""
    return _beside(state, target, (LinkRole.SOURCE, LinkRole.RELATED_SOURCE))


def amp_of(state: State, target: Target) -> Target | None:
    """The AMP page that a cache's copy is of; None where no link tells of one."""
    return _beside(state, target, (LinkRole.AMP, LinkRole.RELATED_AMP))


def _beside(state: State, target: Target, roles: tuple[LinkRole, LinkRole]) -> Target | None:
    """A target of one of these roles in an article that links to this one."""
    rows = state.rows(
        f"{_SELECT} JOIN article_links AS links ON links.target_id = targets.id"
        " JOIN article_links AS mine ON mine.file_id = links.file_id AND mine.item = links.item"
        " WHERE mine.target_id = ? AND links.role IN (?, ?) AND targets.id <> mine.target_id"
        " ORDER BY links.file_id, links.line LIMIT 1",
        [target.id, *roles],
    )
    return target_of(rows[0]) if rows else None


def host_answers(state: State, target: Target) -> bool:
    """True where another target of the same host is known to answer, whatever it answers."""
    found = state.value(
        f"SELECT 1 FROM targets WHERE host_id = {hosts.NUMBER} AND id <> ? AND verdict IS NOT NULL"  # noqa: S608
        " AND verdict NOT IN ('unreachable', 'refused', 'unknown') LIMIT 1",
        [target.host, target.id],
    )
    return found is not None


def by_status(state: State, counted: Iterable[Tally] | None = None) -> dict[str, int]:
    """How many linked targets have each status; of these tallies, where somebody has them already."""
    found: Counter[str] = Counter()
    for one in tallies(state) if counted is None else counted:
        if one.linked is not Linked.NOT:
            found[one.status] += one.number
    return dict(sorted(found.items()))


def in_trouble(state: State, limit: int) -> list[Target]:
    """The linked targets that are dead or failing, worst first."""
    found: list[Target] = []
    for kind in ("dead", "failing"):
        rows = state.rows(
            f"{_SELECT} WHERE targets.id IN (SELECT id FROM targets INDEXED BY targets_worst"  # noqa: S608
            f" WHERE {WORST} AND status = ? AND linked < {Linked.NOT} ORDER BY strikes DESC, url LIMIT ?)"
            " ORDER BY targets.strikes DESC, targets.url",
            [kind, limit - len(found)],
        )
        found += [target_of(row) for row in rows]
    return found


_SEEMS_UNLINKABLE = "targets.status IN ('dead', 'refused') AND NOT (targets.status = 'refused' AND targets.by_request)"


def seem_unlinkable(state: State, *, beside: int | None = None) -> list[tuple[int, str]]:
    """Number and URL of the targets to which no reader may be sent by what was seen of them (Status.is_unlinkable).

    `beside` is the number of one: of those that the same articles link to alone, itself among them.
    """
    if beside is None:
        rows = state.rows(f"SELECT id, url FROM targets WHERE {_SEEMS_UNLINKABLE}")  # noqa: S608 - no outside text
    else:
        rows = state.rows(
            "SELECT DISTINCT targets.id AS id, targets.url AS url FROM article_links AS mine"  # noqa: S608 - as above
            " CROSS JOIN article_links AS links ON links.file_id = mine.file_id"
            " CROSS JOIN targets ON targets.id = links.target_id"
            f" WHERE mine.target_id = ? AND {_SEEMS_UNLINKABLE}",
            [beside],
        )
    return [(row["id"], row["url"]) for row in rows]


def urls(state: State) -> list[str]:
    """The canonical URLs of all targets, linked or not."""
    return [row["url"] for row in state.rows("SELECT url FROM targets ORDER BY url")]


def numbers(state: State, urls: Iterable[str]) -> list[int]:
    """The numbers of targets by their canonical URLs; those that are not known are left out."""
    rows = state.rows("SELECT id FROM targets WHERE url IN (SELECT value FROM json_each(?))", [json.dumps(list(urls))])
    return [row["id"] for row in rows]


def set_unlinkable(state: State, target_ids: Iterable[int]) -> None:
    """Tell the queries of this connection to which targets no reader may be sent."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS unlinkable (id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.unlinkable")
        connection.executemany("INSERT INTO temp.unlinkable (id) VALUES (?)", [(one,) for one in sorted(target_ids)])


def unlinkable(state: State) -> dict[str, frozenset[str]]:
    """By article path, the canonical URLs that no reader may be sent to (`set_unlinkable`)."""
    rows = state.rows(
        # From the few that are: SQLite would rather go through all targets.
        "SELECT files.path AS path, targets.url AS url FROM temp.unlinkable CROSS JOIN targets USING (id)"
        " CROSS JOIN article_links AS links ON links.target_id = targets.id"
        " CROSS JOIN files ON files.id = links.file_id"
        " WHERE links.ignored = 0"
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["path"], set()).add(row["url"])
    return {path: frozenset(urls) for path, urls in found.items()}


# By these columns there are indexes: where none of them changes, as after most looks, those are not written.
_INDEXED = ("status", "verdict", "first_strike_at", "since_at", "strikes")
_OTHERS = (
    "reason",
    "checked_at",
    "last_strike_at",
    "rule_strikes",
    "rule_over_s",
    "first_alive_at",
    "revived_at",
    "moved_to",
    "moved_looks",
    "moved_first_at",
    "nameless",
    "by_request",
    "next_check_at",
    "page_checked_at",
    "etag",
    "last_modified",
    "length",
    "page_look",
    "page",
    "titled",
)
_SAVE_ALIKE = f"UPDATE targets SET frozen = 0, {', '.join(f'{name} = ?' for name in _OTHERS)} WHERE id = ?"  # noqa: S608
_SAVE = _SAVE_ALIKE.replace("frozen = 0", f"frozen = 0, {', '.join(f'{name} = ?' for name in _INDEXED)}")


def save(
    connection: Any, standing: Iterable[tuple[Target, datetime]], stood: Mapping[int, OnRecord] | None = None
) -> None:
    """Write where targets stand, and when each is asked next; inside a write phase.

    `stood` tells how they stand in the database until then, as `on_record` says it in the same phase; without it they
    may stand in any way.
    """
    alike, changed = [], []
    for target, next_check_at in standing:
        indexed, others = _indexed(target.status), _others(target, next_check_at)
        before = None if stood is None else stood.get(target.id)
        if before is not None and before.indexed == indexed:
            alike.append(others)
        else:
            changed.append((*indexed, *others))
    connection.executemany(_SAVE_ALIKE, alike)
    connection.executemany(_SAVE, changed)


def _indexed(status: Status) -> tuple[str, str | None, int | None, int | None, int]:
    verdict = None if status.verdict is None else status.verdict.value
    first_strike_at, since_at = _seconds(status.first_strike_at), _seconds(status.since_at)
    return status.kind.value, verdict, first_strike_at, since_at, status.strikes


def _others(target: Target, next_check_at: datetime) -> tuple[Any, ...]:
    """The values of `_OTHERS`, and the number."""
    status = target.status
    return (
        shortened(status.reason, status.moved_to),
        _seconds(status.checked_at),
        _seconds(status.last_strike_at),
        None if status.rule is None else status.rule.strikes,
        None if status.rule is None else status.rule.over_s,
        _seconds(status.first_alive_at),
        _seconds(status.revived_at),
        status.moved_to,
        status.moved_looks,
        _seconds(status.moved_first_at),
        status.nameless,
        status.by_request,
        seconds(next_check_at),
        _seconds(target.page_checked_at),
        target.etag,
        target.last_modified,
        target.length,
        target.page_look,
        target.page,
        target.titled,
        target.id,
    )


def ask_neighbours(connection: Any, alarms: Mapping[str, int], now: datetime) -> None:
    """Bring forward some living targets of hosts with so many alarms each; inside a write phase.

    Those that were seen longest ago; none that was seen within a day.
    """
    connection.executemany(
        "UPDATE targets SET next_check_at = :now WHERE id IN (SELECT id FROM targets"
        " WHERE host_id = (SELECT id FROM host_names WHERE host = :host)"
        " AND status IN ('alive', 'moved') AND next_check_at > :now AND checked_at < :lately"
        " AND EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0)"
        " ORDER BY checked_at, id LIMIT :most)",
        [
            {"host": host, "most": neighbours_to_ask(number), "now": seconds(now), "lately": seconds(now - _LATELY)}
            for host, number in alarms.items()
        ],
    )


def freeze(state: State, target_ids: Iterable[int], until: datetime) -> None:
    """Note that the latest look at these was not counted; they are asked again at this time."""
    rows = [(seconds(until), target_id) for target_id in target_ids]
    with state.write() as connection:
        connection.executemany("UPDATE targets SET frozen = 1, next_check_at = ? WHERE id = ?", rows)


def set_aside(state: State, target_ids: Sequence[int], until: datetime) -> None:
    """Leave these alone until this time."""
    if target_ids:
        with state.write() as connection:
            connection.executemany(
                "UPDATE targets SET next_check_at = ? WHERE id = ?", [(seconds(until), one) for one in target_ids]
            )


def postpone(state: State, url: str, until: datetime) -> None:
    """Ask a target again at this time, because its host asked to be left alone."""
    with state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = ? WHERE url = ?", [seconds(until), url])


def remember_head_refused(state: State, hosts: Iterable[str]) -> None:
    """Ask these hosts with GET from now on."""
    names = sorted(hosts)
    if names:
        with state.write() as connection:
            connection.executemany(
                "INSERT INTO hosts (host, head_refused) VALUES (?, 1)"
                " ON CONFLICT (host) DO UPDATE SET head_refused = 1",
                [(name,) for name in names],
            )


def standing_of(row: dict[str, Any]) -> Standing:
    """A target with its latest look (`http_status`, `final_url`) and whether it `is_lost`, from a row of both."""
    target = target_of(row)
    return Standing(
        target.url,
        target.status,
        is_linkable=not row["is_lost"],
        titled=target.titled,
        http_status=row["http_status"],
        final_url=row["final_url"] or "",
    )


def _seconds(value: datetime | None) -> int | None:
    return None if value is None else seconds(value)


def target_of(row: dict[str, Any]) -> Target:
    """A target from a row of its table and `head_refused`."""
    rule = None if row["rule_strikes"] is None else StrikeRule(row["rule_strikes"], row["rule_over_s"])
    return Target(
        id=row["id"],
        url=row["url"],
        host=row["host"],
        status=Status(
            kind=StatusKind(row["status"]),
            since_at=at_second_or_none(row["since_at"]),
            verdict=None if row["verdict"] is None else VerdictKind(row["verdict"]),
            reason=in_full(row["reason"], row["moved_to"]),
            checked_at=at_second_or_none(row["checked_at"]),
            strikes=row["strikes"],
            first_strike_at=at_second_or_none(row["first_strike_at"]),
            last_strike_at=at_second_or_none(row["last_strike_at"]),
            rule=rule,
            first_alive_at=at_second_or_none(row["first_alive_at"]),
            revived_at=at_second_or_none(row["revived_at"]),
            moved_to=row["moved_to"],
            moved_looks=row["moved_looks"],
            moved_first_at=at_second_or_none(row["moved_first_at"]),
            nameless=bool(row["nameless"]),
            by_request=bool(row["by_request"]),
        ),
        page_checked_at=at_second_or_none(row["page_checked_at"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        length=row["length"],
        head_refused=bool(row["head_refused"]),
        frozen=bool(row["frozen"]),
        page_look=row["page_look"],
        page=row["page"],
        titled=bool(row["titled"]),
    )
