"""What state.db holds packed is given back to the byte, by any later version, and where it is damaged that is said."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils.utils import sqlite3

from feedbot.core.page import RULES, PageSignals
from feedbot.errors import StateError
from feedbot.state import packed, runs, soundness, targets
from feedbot.state.database import open_state
from tests.carrying import exported
from tests.publication import START, Publication
from tests.state.test_upgrades import SCHEMAS, columns_of, contents, frozen

URL = "https://example.org/ein/Weg?x=1"
TEXTS = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=3000).map(str.encode)
VIEWS = ("links", "dead_links", "link_history")


@given(TEXTS, TEXTS | st.none(), st.tuples(TEXTS, TEXTS | st.none()) | st.none())
def test_a_look_is_given_back_to_the_byte(exchanges, context, earlier):
    leans_on = None if earlier is None else packed.pack_look(*earlier, URL)
    kept = packed.pack_look(exchanges, context, URL, leans_on)
    assert packed.unpack_look(kept, URL, leans_on) == (exchanges, context)


@given(TEXTS)
def test_so_are_pages_statuses_and_articles(text):
    assert packed.unpack_page(packed.pack_page(text, URL), URL) == text
    assert packed.unpack_status(packed.pack_status(text)) == text
    assert packed.unpack_article(packed.pack_article(text)) == text


def test_a_look_that_says_what_an_earlier_one_said_takes_some_bytes():
    text = b'[{"hop":0,"method":"GET","url":"%s","status":200,"elapsed_ms":%d,"signals":{"title":"%s"}}]'
    first, later = (text % (URL.encode(), took, b"Some words that nobody foresaw") for took in (120, 98))
    kept = packed.pack_look(first, None, URL)
    assert len(packed.pack_look(later, None, URL, kept)) < len(kept) / 2 < len(first) / 2


def test_the_words_of_the_dictionaries_are_never_changed():
    """What is on disks can be unpacked with these alone."""
    words = [packed._LOOK_WORDS, packed._PAGE_WORDS, packed._STATUS_WORDS, packed._ARTICLE_WORDS]
    assert [hashlib.sha256(one).hexdigest()[:16] for one in words] == [
        "5b90346386f08a00",
        "711a568cd1d255b2",
        "e852ac355d02e83e",
        "7e51472fc7fa01eb",
    ]


@pytest.mark.parametrize("broken", [lambda kept: kept[:-2], lambda kept: b"\xff" + kept[1:], lambda _: b""])
def test_what_was_never_packed_so_is_damage_for_the_operator(broken):
    kept = packed.pack_page(b'{"rules":1,"title":"Some words that nobody foresaw"}', URL)
    with pytest.raises(StateError, match="so it is damaged or was changed by another program; `feedbot db restore`"):
        packed.unpack_page(broken(kept), URL)


def test_a_look_whose_earlier_one_is_gone_is_told_by_a_check(tmp_path):
    frozen(tmp_path / "state.db", 17)
    with open_state(tmp_path / "state.db", who="a test") as state:
        assert soundness.inconsistencies(state) == []
        with state.write() as connection:
            connection.execute("DELETE FROM observations WHERE id = 1")
        assert soundness.inconsistencies(state) == [
            "1 rows of observations belong to no row of observations that they lean on",
            "1 of the packed looks cannot be read",
        ]


def test_a_page_is_kept_as_its_signals(tmp_path):
    signals = PageSignals(RULES, title="Ä", words=3)
    with open_state(tmp_path / "state.db", who="a test") as state:
        [target] = targets.named(state, [URL], START)
        changed = targets.Target(target.id, URL, target.host, target.status, page=targets.packed_page(signals, URL))
        with state.write() as connection:
            targets.save(connection, [(changed, START)])
        assert targets.page_of(state, targets.get(state, target.id)) == signals


def test_what_a_page_says_is_in_the_look_that_read_it_and_in_the_row_when_that_goes(news: Publication):
    news.article("one")
    news.run()
    with news.state() as state:
        target = targets.find(state, news.site.link("/one"))
        said, exported_so = targets.page_of(state, target), exported(news.config.state_path)
        assert said is not None
        assert (target.page_look, target.page) == (1, None)
        with state.write() as connection:
            runs.delete(connection, [1])
        after = targets.get(state, target.id)
        assert (after.page_look, after.page) == (None, targets.packed_page(said, target.url))
        assert targets.page_of(state, after) == said
        assert soundness.inconsistencies(state) == []
    lines = [line for line in exported_so.splitlines() if not line.startswith((b'{"kind":"look"', b'{"kind":"end"'))]
    assert lines == [
        line for line in exported(news.config.state_path).splitlines() if not line.startswith(b'{"kind":"end"')
    ]


def test_a_page_whose_look_is_gone_is_told_by_a_check(news: Publication):
    news.article("one")
    news.run()
    with news.state() as state:
        with state.write() as connection:
            connection.execute("DELETE FROM observations")
        assert soundness.inconsistencies(state) == [
            "1 rows of targets belong to no row of observations that read their pages"
        ]
        assert targets.page_of(state, targets.find(state, news.site.link("/one"))) is None


def test_a_look_of_no_run_is_told_by_a_check(news: Publication):
    news.article("one")
    news.run()
    with news.state() as state:
        with state.write() as connection:
            connection.execute("DELETE FROM runs")
        assert soundness.inconsistencies(state) == ["1 rows of observations belong to no row of runs"]


def test_a_target_of_which_the_look_that_read_its_page_was_deleted_meanwhile_is_read_again(news: Publication):
    """Old looks are rolled up while a run asks."""
    news.article("one")
    news.run()
    with news.state() as state:
        planned = targets.find(state, news.site.link("/one"))
        assert targets.on_record(state, [planned.id])[planned.id].is_as_read(planned)
        with state.write() as connection:
            runs.delete(connection, [1])
        assert not targets.on_record(state, [planned.id])[planned.id].is_as_read(planned)


# From the version before, whose looks were JSON in full


@pytest.fixture
def earlier(tmp_path):
    """A database of version 17 with 400 looks at 40 links, alike and not."""
    path = frozen(tmp_path / "state.db", 17)
    connection = sqlite3.connect(path)
    for number in range(40):
        url = f"https://h{number % 3}.example/{number}"
        connection.execute(
            "INSERT INTO targets (id, url, host, next_check_at, page) VALUES (?, ?, ?, '2026-01-01T00:00:00Z', ?)",
            [100 + number, url, f"h{number % 3}.example", '{"rules":1,"title":"T"}' if number % 2 else None],
        )
        connection.execute("INSERT INTO article_links VALUES (1, ?, 'related.source', 9, 0, 0)", [100 + number])
        for look in range(10):
            exchanges = (
                f'[{{"hop":0,"method":"GET","url":"{url}","status":{200 + look // 7},"elapsed_ms":{look * 31}}}]'
            )
            final = url if look % 4 else f"{url}/index"
            context = None if look == 5 else f'{{"roles":["related.source"],"titles":["Nr {number}"]}}'
            connection.execute(
                "INSERT INTO observations (run_id, target_id, started_at, elapsed_ms, http_status, final_url,"
                " exchanges, verdict, reason, context, rules)"
                " VALUES (1, ?, ?, ?, 200, ?, ?, 'alive', '200 on GET', ?, 2)",
                [100 + number, f"2026-02-{look + 1:02}T00:00:00Z", look, final, exchanges, context],
            )
    connection.commit()
    connection.close()
    return path


def rows(path, view):
    connection = sqlite3.connect(path)
    found = sorted(connection.execute(f"SELECT * FROM {view}").fetchall(), key=repr)
    connection.close()
    return found


def test_every_look_of_an_earlier_version_is_packed_and_says_what_it_said(earlier):
    tables, before, views = columns_of(earlier), contents(earlier), [rows(earlier, view) for view in VIEWS]
    with open_state(earlier, who="a test") as state:
        assert soundness.inconsistencies(state) == []
        oldest = {(100 + number, 4 + 10 * number) for number in range(40)}
        leaning = state.rows(
            "SELECT DISTINCT target_id, leans_on FROM observations WHERE target_id >= 100 AND leans_on"
        )
        assert {(row["target_id"], row["leans_on"]) for row in leaning} == oldest
    assert contents(earlier, tables) == before
    assert [rows(earlier, view) for view in VIEWS] == views


def test_an_export_has_the_bytes_that_the_earlier_version_wrote(tmp_path):
    path = frozen(tmp_path / "state.db", 17)
    with open_state(path, who="a test"):
        pass
    before = (SCHEMAS / "v17.ndjson").read_bytes().splitlines()
    assert exported(path).splitlines()[1:] == before[1:]  # the first line says which version wrote it
