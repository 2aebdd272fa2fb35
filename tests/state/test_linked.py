"""How articles link to each target is kept at the target, and is always what the links and the files say."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from feedbot.core.article import Article, Link, LinkRole, Provider, Rejected
from feedbot.core.identity import content_digest
from feedbot.state import files, forgotten, linked, retention, soundness, targets
from feedbot.state.database import open_state
from feedbot.state.files import FileReading, StoredFile
from feedbot.state.linked import Linked
from tests.publication import START

PATHS = ("a.md", "b.md", "c.md")
URLS = tuple(f"https://{name}.example/" for name in "uvw")
LINKS = st.lists(
    st.builds(
        Link,
        st.sampled_from((LinkRole.IMAGE, LinkRole.RELATED_SOURCE)),
        st.sampled_from(URLS),
        st.just(7),
        is_ignored=st.booleans(),
    ),
    max_size=4,
)


def article(path, links):
    return Article(
        path=path,
        title="T",
        source_url="https://source.example/",
        published_at=START,
        excerpt="",
        provider=Provider("News", "news.example"),
        topics=("A",),
        links=tuple(links),
    )


def reading(path, outcome):
    stored = StoredFile(mtime_ns=1, size=1, inode=1, sha256="x")
    digest = content_digest(outcome) if isinstance(outcome, Article) else ""
    return FileReading(path, stored, outcome, digest=digest)


def said(state):
    return {row["url"]: Linked(row["linked"]) for row in state.rows("SELECT url, linked FROM targets")}


def counted(state):
    """The same link by link and file by file."""
    found = {row["url"]: [] for row in state.rows("SELECT url FROM targets")}
    for row in state.rows(
        "SELECT url, ignored, vanished_at FROM article_links JOIN files ON files.id = file_id"
        " JOIN targets ON targets.id = target_id"
    ):
        found[row["url"]].append((row["ignored"], row["vanished_at"]))
    return {url: kind_of(links) for url, links in found.items()}


def kind_of(links):
    if (0, None) in links:
        return Linked.ONCE if len(links) == 1 else Linked.OFTEN
    if any(not ignored for ignored, _ in links):
        return Linked.BY_GONE
    return Linked.IGNORED if links else Linked.NOT


class Linking(RuleBasedStateMachine):
    """All that lets links come and go."""

    met: ClassVar[Counter[Linked]] = Counter()

    def __init__(self):
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="feedbot-linked-")
        self._open = open_state(Path(self._folder.name) / "state.db", who="a test")
        self.state = self._open.__enter__()
        self.state.db.conn.execute("PRAGMA synchronous = OFF")

    def teardown(self):
        self._open.__exit__(None, None, None)
        self._folder.cleanup()

    @rule(read=st.dictionaries(st.sampled_from(PATHS), LINKS, min_size=1))
    def articles_are_read(self, read):
        files.record(self.state, [reading(path, article(path, links)) for path, links in read.items()], "r", START)

    @rule(path=st.sampled_from(PATHS), outcome=st.sampled_from((None, Rejected("a.md", 3, "no date"))))
    def a_file_is_touched_or_breaks(self, path, outcome):
        files.record(self.state, [reading(path, outcome)], "r", START)

    @rule(path=st.sampled_from(PATHS), links=LINKS)
    def an_article_is_restated(self, path, links):
        if files.article(self.state, path) is not None:
            with self.state.write() as connection:
                files.restate(connection, article(path, links), START)

    @rule(paths=st.sets(st.sampled_from(PATHS), min_size=1), links=LINKS)
    def files_go(self, paths, links):
        files.record(self.state, [reading(path, article(path, links)) for path in paths], "r", START)
        files.mark_vanished(self.state, paths, START)

    @rule()
    def what_went_is_forgotten(self):
        files.forget_vanished(self.state, ())

    @rule(paths=st.sets(st.sampled_from(PATHS), min_size=1))
    def files_are_dropped(self, paths):
        files.drop(self.state, paths)

    @rule(url=st.sampled_from(URLS))
    def a_link_is_named(self, url):
        targets.named(self.state, [url], START)

    @rule(path=st.sampled_from(PATHS))
    def an_article_is_taken_down(self, path):
        about = forgotten.scope(self.state, path=path)
        before = forgotten.before(self.state, about)
        with self.state.write() as connection:
            forgotten.delete_articles(connection, about, START)
            forgotten.delete_links(connection, about, before)

    @rule()
    def what_nothing_links_to_is_deleted(self):
        retention.delete_unlinked(self.state, START.replace(year=2027))

    @invariant()
    def every_target_says_what_the_links_say(self):
        found = said(self.state)
        assert found == counted(self.state)
        assert linked.number_wrong(self.state) == 0
        self.met.update(found.values())


def test_whatever_lets_links_come_and_go_every_target_says_how_it_is_linked_to():
    Linking.met.clear()
    run_state_machine_as_test(Linking, settings=settings(max_examples=60, stateful_step_count=12, deadline=None))
    assert Linking.met.keys() == set(Linked)


@pytest.fixture
def state(tmp_path):
    with open_state(tmp_path / "state.db", who="a test") as state:
        yield state


def test_a_first_reading_counts_nothing_again(state):
    """Of new articles with links of their own, not one target is asked how it is linked to."""
    asked = []
    state.db.conn.set_trace_callback(asked.append)
    links = [Link(LinkRole.IMAGE, f"https://n.example/{number}", 7) for number in range(5)]
    files.record(state, [reading("a.md", article("a.md", links))], "r", START)
    state.db.conn.set_trace_callback(None)
    assert set(said(state).values()) == {Linked.ONCE}
    assert state.value("SELECT count(*) FROM temp.relinked") == 0
    assert any("article_links" in one for one in asked)


def test_tallies_are_all_targets(state):
    links = [Link(LinkRole.IMAGE, url, 7, is_ignored=url == URLS[0]) for url in URLS]
    files.record(state, [reading("a.md", article("a.md", links))], "r", START)
    with state.write() as connection:
        connection.execute("UPDATE targets SET status = 'alive', verdict = 'alive' WHERE id > 2")
    found = {(one.status, one.verdict, one.linked): one.number for one in linked.tallies(state)}
    assert found == {
        ("unchecked", None, Linked.IGNORED): 1,
        ("unchecked", None, Linked.ONCE): 1,
        ("alive", "alive", Linked.ONCE): 1,
    }


def test_what_another_program_wrote_is_found_and_counted_anew(state):
    files.record(state, [reading("a.md", article("a.md", [Link(LinkRole.IMAGE, URLS[0], 7)]))], "r", START)
    with state.write() as connection:
        connection.execute("DELETE FROM article_links")
    assert soundness.inconsistencies(state) == [
        "1 link does not say how articles link there, as if another program wrote here; the daily job counts that anew"
    ]
    with state.write() as connection:
        assert linked.count_anew(connection) == 1
    assert soundness.inconsistencies(state) == []
    assert said(state) == {URLS[0]: Linked.NOT}
