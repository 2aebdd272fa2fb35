"""What is due, planned by SQLite in a few bytes each, is what core/order.py plans of whole records."""

from datetime import timedelta

import pytest

from feedbot.state import hosts, linked, planning, targets
from feedbot.state.backlog import backlog_of
from feedbot.state.database import open_state, seconds, stamp
from tests.publication import START

_KINDS = ("unchecked", "alive", "moved", "failing", "dead", "blocked", "refused")
_ROLES = ("source", "image", "amp", "related.source", "related.amp", "page")
_VERDICTS = {"failing": "unreachable", "dead": "missing", "blocked": "blocked", "refused": "refused", "moved": "moved"}


def times(number):
    """Some moments before the start, many of them alike."""
    return [seconds(START - timedelta(days=number * factor % 97)) for factor in (1, 3, 5)]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Three hundred targets in every status, in forty articles that are new or old, shown or not, on ten hosts."""
    with open_state(tmp_path_factory.mktemp("planned") / "state.db", who="a test") as state:
        with state.write() as connection:
            connection.executemany("INSERT INTO topics (key, name) VALUES (?, ?)", [("a", "A"), ("b", "B")])
            for number in range(40):
                published = stamp(START + timedelta(days=1 - number * number % 120))
                connection.execute(
                    "INSERT INTO files (id, path, mtime_ns, size, inode, sha256, rules, entry_id, heat, published_at,"
                    " identified) VALUES (?, ?, 0, 0, 0, '', '', ?, ?, ?, 1)",
                    [number, f"{number}.md", f"tag:{number}", number % 5 * 40 or None, published],
                )
                connection.execute(
                    "INSERT INTO members VALUES (?, ?, ?)", [("", "a", "b")[number % 3], published, number]
                )
            connection.executemany(
                "INSERT INTO published_entries VALUES ('all', ?, ?)",
                [(place, f"tag:{place * 7}") for place in range(5)],
            )
            of_hosts = hosts.numbers(
                connection, [*(f"https://h{number}.example/" for number in range(10)), "https://own.example/"]
            )
            for number in range(300):
                status = _KINDS[number % 7]
                since, checked, struck = times(number)
                is_failing = status == "failing"
                connection.execute(
                    "INSERT INTO targets (id, url, host_id, status, since_at, verdict, checked_at, strikes,"
                    " first_strike_at, rule_strikes, rule_over_s, revived_at, next_check_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        number,
                        f"https://h{number % 10}.example/{number * 7919 % 300}",
                        of_hosts[f"h{number % 10}.example"],
                        status,
                        None if status == "unchecked" else since,
                        None if status == "unchecked" else _VERDICTS.get(status, "alive"),
                        None if status == "unchecked" else checked,
                        number % 4 if is_failing else 0,
                        struck if is_failing else None,
                        3 if is_failing else None,
                        86400.0 if is_failing else None,
                        struck if status == "dead" and number % 2 else None,
                        seconds(START - timedelta(hours=number % 11)),
                    ],
                )
                for file in {number % 40, number * 3 % 40}:
                    connection.execute(
                        "INSERT INTO article_links (file_id, target_id, role, line, item, ignored)"
                        " VALUES (?, ?, ?, 1, 0, ?)",
                        [file, number, _ROLES[number % 6], number % 29 == 0],
                    )
            # A page of its own that an article to come alone links to.
            connection.execute(
                "INSERT INTO targets (id, url, host_id, next_check_at) VALUES (300, 'https://own.example/', ?, ?)",
                [of_hosts["own.example"], seconds(START - timedelta(days=1))],
            )
            connection.execute("INSERT INTO article_links VALUES (0, 300, 'page', 1, 0, 0)")
            linked.count_anew(connection)
        yield state


@pytest.mark.parametrize("budget", [None, 1, 2, 3, 7, 40, 200, 10_000])
@pytest.mark.parametrize("feed_size", [1, 5, 50])
def test_a_plan_of_numbers_is_the_plan_of_whole_records(state, budget, feed_size):
    whole = planning.chosen(state, START, feed_size=feed_size, budget=budget).targets
    planned = planning.planned(state, START, feed_size=feed_size, budget=budget)
    assert len(planned.ids) > 0
    assert list(planned.ids) == [target.id for target in whole]
    assert [planned.names[host] for host in planned.hosts] == [target.host for target in whole]
    assert not planned.left_out


@pytest.mark.parametrize("budget", [None, 40])
def test_what_people_want_left_alone_is_told_apart_and_takes_nothing_of_a_budget(state, budget):
    def leaves_out(url):
        return url.startswith("https://h3.")

    whole = planning.chosen(state, START, leaves_out=leaves_out, budget=budget).targets
    planned = planning.planned(state, START, leaves_out=leaves_out, budget=budget)
    assert list(planned.ids) == [target.id for target in whole]
    every = targets.load(state, planning.planned(state, START).ids)
    assert set(planned.left_out) == {target.id for target in every if leaves_out(target.url)}


def test_numbers_are_put_in_the_order_of_their_urls(state):
    whole = planning.due(state, START)
    expected = [target.id for target in sorted(whole, key=lambda target: target.url)]
    assert list(targets.by_url(state, [*(target.id for target in whole), 999])) == expected


def test_a_portion_is_loaded_in_its_order_without_what_was_deleted_meanwhile(state):
    portion = planning.planned(state, START).ids[5:25]
    assert [target.id for target in targets.load(state, [*portion[:3], 999, *portion[3:]])] == list(portion)
    assert targets.load(state, []) == []


def test_what_is_due_is_found_by_its_time_and_nothing_is_sorted_but_the_plan(state):
    asked = []
    state.db.conn.set_trace_callback(asked.append)
    planning.planned(state, START)
    state.db.conn.set_trace_callback(None)
    [noting] = [one for one in asked if "INTO temp.due" in one]
    [query] = [one for one in asked if "priority_of" in one]
    first, steps = (
        [row[3] for row in state.db.conn.execute(f"EXPLAIN QUERY PLAN {one}").fetchall()] for one in (noting, query)
    )
    assert "SEARCH targets USING COVERING INDEX targets_due (next_check_at<?)" in first
    assert [one for one in steps if "TEMP B-TREE" in one and "GROUP" in one] == []
    assert not any(one.startswith(("SCAN files", "SCAN links")) for one in steps)


def asked_by_articles(state, among, at):
    """The targets to which a link of these files leads that is asked, one after the other."""
    return {
        row["target_id"]
        for row in state.rows(
            "SELECT links.target_id, links.role, links.ignored, files.draft OR files.published_at > ? AS is_to_come,"
            " EXISTS (SELECT 1 FROM article_links AS page WHERE page.file_id = files.id AND page.role = 'page'"
            " AND page.target_id = links.target_id) AS is_own_page, files.id AS file"
            " FROM article_links AS links JOIN files ON files.id = links.file_id",
            [stamp(at)],
        )
        if not row["ignored"] and not (row["is_to_come"] and row["is_own_page"]) and row["file"] in among
    }


@pytest.mark.parametrize("feed_size", [1, 5, 50])
@pytest.mark.parametrize("hours", [0, 5, 60])
def test_the_backlog_counts_what_is_asked(state, feed_size, hours):
    at = START - timedelta(hours=hours)
    found = backlog_of(state, at, feed_size=feed_size)
    due = set(planning.planned(state, at).ids)
    every = asked_by_articles(state, range(40), at)
    published = "SELECT id FROM files WHERE entry_id IN (SELECT entry_id FROM published_entries)"
    shown = {row["id"] for row in state.rows(published)}
    for topic in ("", "a", "b"):
        members = state.rows(
            "SELECT file_id FROM members WHERE topic = ? AND published_at <= ? ORDER BY published_at DESC LIMIT ?",
            [topic, stamp(at), feed_size],
        )
        shown |= {row["file_id"] for row in members}
    fed = asked_by_articles(state, shown, at)
    assert (found.in_feeds, found.others) == (len(fed), len(every - fed))
    assert (found.in_feeds_due, found.others_due) == (len(fed & due), len((every - fed) & due))
