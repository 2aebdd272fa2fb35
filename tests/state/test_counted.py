"""What status and reports tell by indexes and kept counts is what going through every link tells."""

from collections import Counter, defaultdict
from datetime import timedelta
from random import Random  # noqa: TID251 - seeded

import pytest

from feedbot.core.healing import MOVED_LOOKS, MOVED_OVER
from feedbot.core.slug import topic_key
from feedbot.state import hosts, linked, overview, targets, troubles
from feedbot.state.database import open_state, seconds, stamp
from tests.publication import START

_KINDS = ("unchecked", "alive", "moved", "failing", "dead", "blocked", "refused")
_VERDICTS = {"failing": "unreachable", "dead": "missing", "blocked": "blocked", "refused": "refused", "moved": "moved"}
_TOPICS = ("AI", "Robots", "Law")
_PROVIDERS = (("News", "news.example"), ("", "bare.example"), ("", ""))
_FILES = 40
_LINKS = 400
_DAYS = 60


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Links of every status and kind, in files that are there, gone, drafts or to come, shared, ignored or of none."""
    chance = Random(7)

    def ago(days=_DAYS):
        return seconds(START - timedelta(days=chance.random() * days))

    with (
        open_state(tmp_path_factory.mktemp("counted") / "state.db", who="a test") as state,
        state.write() as connection,
    ):
        connection.executemany(
            "INSERT INTO topics (key, name) VALUES (?, ?)", [(topic_key(one), one) for one in _TOPICS]
        )
        for number in range(_FILES):
            gone = stamp(START) if number % 11 == 0 else None
            published_at = stamp(START + timedelta(days=1 - number))
            connection.execute(
                "INSERT INTO files (id, path, mtime_ns, size, inode, sha256, rules, entry_id, published_at, draft,"
                " vanished_at, provider_name, provider_domain) VALUES (?, ?, 0, 0, 0, '', '', ?, ?, ?, ?, ?, ?)",
                [
                    number,
                    f"{number}.md",
                    f"tag:{number}",
                    published_at,
                    number % 13 == 0,
                    gone,
                    *_PROVIDERS[number % 3],
                ],
            )
            connection.execute(
                "INSERT INTO identities (id, path, source, published_at, updated_at, digest, public)"
                " VALUES (?, '', '', '', '', '', ?)",
                [f"tag:{number}", number % 7 != 0],
            )
            connection.executemany(
                "INSERT INTO members VALUES (?, ?, ?)",
                [
                    (key, published_at, number)
                    for key in {"", topic_key(_TOPICS[number % 3]), topic_key(_TOPICS[number % 2])}
                ],
            )
        of_hosts = hosts.numbers(connection, [f"https://h{number}.example/" for number in range(12)])
        for number in range(_LINKS):
            status = chance.choice(_KINDS)
            verdict = None if status == "unchecked" else _VERDICTS.get(status, chance.choice(("alive", "suspect")))
            host = f"h{chance.randrange(12)}.example"
            connection.execute(
                "INSERT INTO targets (id, url, host_id, status, verdict, since_at, checked_at, strikes, moved_looks,"
                " moved_first_at, next_check_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                [
                    number,
                    f"https://{host}/{number * 7919 % _LINKS}",
                    of_hosts[host],
                    status,
                    verdict,
                    ago(),
                    ago(10),
                    chance.randrange(4),
                    chance.randrange(6),
                    ago(),
                ],
            )
            for _ in range(chance.choice((0, 1, 1, 1, 1, 3))):
                connection.execute(
                    "INSERT OR IGNORE INTO article_links VALUES (?, ?, ?, 3, 0, ?)",
                    [chance.randrange(_FILES), number, chance.choice(("source", "image")), chance.random() < 0.1],
                )
            if number % 3 == 0:
                connection.execute(
                    "INSERT INTO transitions (target_id, kind, at, from_status, to_status, reason)"
                    " VALUES (?, ?, ?, ?, ?, '')",
                    [number, *chance.choice((("died", ago(), "alive", "dead"), ("recovered", ago(), "dead", "alive")))],
                )
        connection.execute(
            "INSERT INTO runs (who, started_at) VALUES ('a test', ?)", [stamp(START - timedelta(days=_DAYS))]
        )
        linked.count_anew(connection)
        yield state


def told(state, *, public=False):
    """Every link that is told of by its number, with the files that it is told of by, link by link."""
    files = {
        row["id"]: row
        for row in state.rows("SELECT files.*, public FROM files JOIN identities ON identities.id = entry_id")
    }
    found = defaultdict(set)
    for row in state.rows("SELECT * FROM article_links"):
        file = files[row["file_id"]]
        is_public = file["public"] and not file["draft"] and file["published_at"] <= stamp(START)
        if not row["ignored"] and file["vanished_at"] is None and (is_public or not public):
            found[row["target_id"]].add(row["file_id"])
    rows = {row["id"]: row for row in state.rows(f"SELECT *, {hosts.NAME} AS host FROM targets")}
    return {number: (rows[number], files) for number, files in found.items()}


def ranked(names):
    """The worst first, as (name, dead, failing)."""
    counted = defaultdict(Counter)
    for name, status in names:
        counted[name][status] += 1
    rows = [(name, one["dead"], one["failing"]) for name, one in counted.items()]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def names_of(state, by):
    """By file, its topics or its provider."""
    if by == "topic":
        rows = state.rows("SELECT file_id AS id, name FROM members JOIN topics ON key = topic")
    else:
        rows = state.rows("SELECT id, iif(provider_name <> '', provider_name, provider_domain) AS name FROM files")
    found = defaultdict(set)
    for row in rows:
        if row["name"]:
            found[row["id"]].add(row["name"])
    return found


@pytest.mark.parametrize("by", ["topic", "provider"])
def test_the_worst_topics_and_providers_count_each_of_their_links_once(state, by):
    overview.choose(state)
    names = names_of(state, by)
    expected = ranked(
        (name, row["status"])
        for row, files in told(state).values()
        if row["status"] in {"dead", "failing"}
        for name in {name for file in files for name in names[file]}
    )
    found, number = overview.worst(state, by, 2)
    assert [(one.name, one.dead, one.failing) for one in found] == expected[:2]
    assert number == len(expected) >= 2


def test_the_worst_hosts_have_the_most_dead_links(state):
    expected = ranked(
        (row["host"], row["status"]) for row, _ in told(state).values() if row["status"] in {"dead", "failing"}
    )
    found, number = overview.worst(state, "host", 5)
    assert [(one.name, one.dead, one.failing) for one in found] == expected[:5]
    assert number == len(expected)


def test_trouble_is_told_worst_first(state):
    rows = [row for row, _ in told(state).values() if row["status"] in {"dead", "failing"}]
    rows.sort(key=lambda row: (row["status"] != "dead", -row["strikes"], row["url"]))
    expected = [(row["id"], row["url"]) for row in rows]
    assert overview.trouble(state) == expected
    dead = sum(row["status"] == "dead" for row in rows)
    for limit in (3, dead + 3):
        assert overview.trouble(state, limit) == expected[:limit]
    urls = [row["url"] for row in state.rows("SELECT url FROM targets WHERE id % 2 = 0")]
    assert overview.number_in_trouble(state, urls) == sum(row["id"] % 2 == 0 for row in rows)


def test_links_of_any_article_have_a_status_that_is_counted(state):
    any_article = {row["target_id"] for row in state.rows("SELECT target_id FROM article_links")}
    rows = [row for row in state.rows("SELECT * FROM targets") if row["id"] in any_article]
    assert targets.by_status(state) == Counter(row["status"] for row in rows)
    worst = sorted(
        (row for row in rows if row["status"] in {"dead", "failing"}),
        key=lambda row: (row["status"] != "dead", -row["strikes"], row["url"]),
    )
    assert [one.id for one in targets.in_trouble(state, 70)] == [row["id"] for row in worst][:70]


@pytest.mark.parametrize("days", [5, 30])
def test_what_was_dead_then_is_counted_from_what_changed_since(state, days):
    then = START - timedelta(days=days)
    was = {}
    for row in state.rows("SELECT * FROM transitions WHERE at > ? ORDER BY at DESC, id DESC", [seconds(then)]):
        was[row["target_id"]] = row["from_status"]
    rows = [row for row, _ in told(state).values()]
    expected = sum(was.get(row["id"], row["status"]) == "dead" for row in rows)
    assert overview.dead_then(state, then, sum(row["status"] == "dead" for row in rows)) == expected


def test_what_waits_for_a_person_is_counted_with_the_first_of_it(state):
    rows = [row for row, _ in told(state).values()]
    then = START - timedelta(days=20)
    hidden = [row["url"] for row in rows if row["status"] == "blocked" and row["since_at"] <= seconds(then)]
    assert overview.hidden_since_before(state, then) == (len(hidden), min(hidden))
    suspects = [row["url"] for row in rows if row["verdict"] == "suspect" and row["status"] not in {"dead", "failing"}]
    assert overview.suspects(state) == (len(suspects), min(suspects))
    failing = [row for row in rows if row["status"] == "failing" and row["since_at"] > seconds(then)]
    assert overview.failing_since(state, then) == len(failing) > 0
    moved = [
        row
        for row in rows
        if row["status"] == "moved"
        and row["moved_looks"] >= MOVED_LOOKS
        and row["checked_at"] - row["moved_first_at"] >= MOVED_OVER.total_seconds()
    ]
    assert overview.moved_for_good(state) == len(moved) > 0


@pytest.mark.parametrize("public", [False, True])
def test_a_report_tells_of_what_is_not_well(state, public):
    targets.set_unlinkable(state, [])
    troubles.choose(state, START, public=public)
    troubles.find_troubled(state)
    rows = told(state, public=public)
    counted = Counter((row["status"], row["verdict"]) for row, _ in rows.values())
    assert {(status, verdict): number for status, verdict, number in troubles.by_verdict(state)} == counted
    troubled = {
        number
        for number, (row, _) in rows.items()
        if row["status"] != "unchecked" and (row["status"], row["verdict"]) != ("alive", "alive")
    }
    found, number = troubles.worst(state, _LINKS, most_places=9)
    assert {one.target.id for one in found} == troubled
    assert {one.target.id: one.places_count for one in found} == {
        row["target_id"]: row["n"]
        for row in state.rows(
            "SELECT target_id, count(*) AS n FROM article_links, json_each(?) AS told"
            " WHERE target_id = json_extract(told.value, '$[0]') AND file_id = json_extract(told.value, '$[1]')"
            " AND ignored = 0 GROUP BY target_id",
            [str([[number, file] for number in troubled for file in rows[number][1]])],
        )
    }
    assert number == len(troubled)
    first, _ = troubles.worst(state, 5, most_places=1)
    assert [one.target.id for one in first] == [one.target.id for one in found][:5]
    names = names_of(state, "topic")
    by_topic = Counter(name for one in troubled for name in {name for file in rows[one][1] for name in names[file]})
    assert troubles.by_topic(state, 9) == (sorted(by_topic.items(), key=lambda one: (-one[1], one[0])), len(by_topic))
    by_host = Counter(rows[one][0]["host"] for one in troubled)
    links = Counter(row["host"] for row, _ in rows.values())
    worst, _ = troubles.by_host(state, 20)
    assert [(one.host, one.troubled, one.links) for one in worst] == [
        (host, number, links[host]) for host, number in sorted(by_host.items(), key=lambda one: (-one[1], one[0]))
    ]
    assert troubles.is_reported(state, range(_LINKS)) == rows.keys()
