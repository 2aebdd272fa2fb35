"""The views of state.db that are made for people."""

import pytest

from feedbot.core.mark import Mark, MarkKind
from feedbot.state import marks
from feedbot.state.database import State
from tests.publication import Publication

VIEWS = ["dead_links", "link_history", "links"]


@pytest.fixture
def grown(news: Publication):
    """A publication with a link that lives, one that died and one that moved, as they stand after 9 days."""
    news.article("alive")
    news.article("gone")
    news.article("moved")
    news.site.answers |= {"/gone": 410, "/moved": (301, "/new")}
    news.run()
    news.pass_days(9)
    with news.state() as state:
        yield news, state


def urls(state: State, view: str, where: str = "1"):
    return [row["url"].rpartition("/")[2] for row in state.rows(f"SELECT url FROM {view} WHERE {where} ORDER BY url")]


def test_links_tell_where_each_link_of_the_articles_stands(grown):
    news, state = grown
    rows = {row["article"]: row for row in state.rows("SELECT * FROM links")}
    assert set(rows) == {"articles/alive.md", "articles/gone.md", "articles/moved.md"}
    gone = rows["articles/gone.md"]
    assert (gone["line"], gone["role"], gone["url"]) == (4, "source", news.site.link("/gone"))
    assert (gone["status"], gone["verdict"], gone["since"][:10]) == ("dead", "gone", "2026-11-02")
    assert rows["articles/moved.md"]["moved_to"] == news.site.link("/new")
    assert not [name for view in VIEWS for name in state.rows(f"SELECT * FROM {view}")[0] if name.endswith("id")]


def test_links_of_an_article_that_went_are_in_no_view_of_links(grown):
    _, state = grown
    with state.write() as connection:
        connection.execute("UPDATE files SET vanished_at = '2026-11-09T00:00:00Z' WHERE path = 'articles/gone.md'")
    assert urls(state, "links") == ["alive", "moved"]
    assert urls(state, "dead_links") == []


def test_dead_links_are_those_that_are_dead_but_for_what_a_person_says(grown):
    news, state = grown
    assert urls(state, "dead_links") == ["gone"]
    marks.put(state, news.site.link("/alive"), Mark(MarkKind.DEAD), news.clock.now())
    assert urls(state, "dead_links") == ["alive", "gone"]
    marks.put(state, news.site.link("/gone"), Mark(MarkKind.ALIVE), news.clock.now())
    assert urls(state, "dead_links") == ["alive"]
    assert urls(state, "links", "marked IS NOT NULL") == ["alive", "gone"]


def test_a_word_that_is_over_counts_no_more(grown):
    news, state = grown
    over = news.clock.now().date().replace(year=2020)
    marks.put(state, news.site.link("/gone"), Mark(MarkKind.ALIVE, until=over), news.clock.now())
    marks.put(state, news.site.link("/alive"), Mark(MarkKind.DEAD, until=over), news.clock.now())
    assert urls(state, "dead_links") == ["gone"]
    assert urls(state, "links", "marked IS NOT NULL") == []


def test_the_history_has_every_look(grown):
    news, state = grown
    looks = state.rows("SELECT * FROM link_history WHERE url = ? ORDER BY checked", [news.site.link("/gone")])
    assert len(looks) >= 2
    assert {(look["verdict"], look["http_status"]) for look in looks} == {("gone", 410)}
    assert looks[0]["checked"] == "2026-11-01T12:00:00Z"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("SELECT * FROM dead_links", "targets USING COVERING INDEX targets_worst"),
        ("SELECT * FROM links WHERE url = 'x'", "targets USING INDEX sqlite_autoindex_targets_1 (url=?)"),
        ("SELECT * FROM links WHERE article = 'x'", "files USING INDEX sqlite_autoindex_files_1 (path=?)"),
        ("SELECT * FROM link_history WHERE url = 'x'", "targets USING"),
    ],
)
def test_a_question_for_few_rows_is_answered_by_an_index(news: Publication, query, first):
    with news.state() as state:
        plan = [row["detail"] for row in state.rows(f"EXPLAIN QUERY PLAN {query}")]
    assert first in " ".join(plan)
    assert not [
        step for step in plan if step.startswith("SCAN") and step.split()[1] not in {"dead", "targets", "marks"}
    ]


def test_no_view_makes_a_check_of_the_pages_one_in_part(news):
    """SQLite takes integrity_check for one of some tables only where the first of its list has no page of its own."""
    news.build()
    with news.state() as state:
        kinds = [row["type"] for row in state.rows("PRAGMA table_list") if row["schema"] == "main"]
    assert "view" in kinds
    assert kinds[0] == "table"
