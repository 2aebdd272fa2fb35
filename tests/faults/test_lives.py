"""The life of articles and of their links, in any order, against a model of a few lines.

Articles appear, are edited or only touched, vanish, come back, move to another file, and change their topic; links die
and revive; days pass. A reader must notice no more than the model does: an id is for ever, no feed leads to a dead
page, and `updated` moves when words do.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from lxml import etree

from feedbot.articles import read
from feedbot.core.article import Article
from feedbot.core.identity import content_digest
from feedbot.state import linked
from feedbot.steps import mending
from tests.faults.how_many import number
from tests.publication import START, Publication, loopback_site

# More than five that go at once would be held back.
NAMES = [f"n{one}" for one in range(5)]
TOPICS = ("AI", "Robots")
ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass
class Story:
    """An article as the model knows it: its words, its file (None while it is away), and what readers were shown."""

    topic: str
    words: int = 0
    file: str | None = None
    entry_id: str | None = None
    updated: str | None = None
    shown_words: int = 0
    shown_at: datetime = START
    files: list[str] = field(default_factory=list)
    """Every name that its file ever had."""


class Lives(RuleBasedStateMachine):
    """What may happen, and after each run what readers see."""

    happened: ClassVar[Counter[str]] = Counter()
    """How often, over all lives, what only some of them bring."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="feedbot-lives-")
        self._site = loopback_site()
        self.news = Publication(Path(self._folder.name) / "news", self._site.__enter__())
        self.stories: dict[str, Story] = {}
        self.moves = 0
        self.ids_seen: dict[str, str] = {}

    def teardown(self) -> None:
        self._site.__exit__(None, None, None)
        self._folder.cleanup()

    # What happens

    @initialize()
    def some_that_stay(self) -> None:
        """Where no file is left at all, nothing is withdrawn."""
        for one in range(3):
            self._write(f"steady{one}", Story("AI"), f"steady{one}")
        self.runs()

    @rule(name=st.sampled_from(NAMES), topic=st.sampled_from(TOPICS))
    def appears_or_comes_back(self, name: str, topic: str) -> None:
        story = self.stories.setdefault(name, Story(topic))
        if story.file is None:
            self._write(name, story, story.files[-1] if story.files else name)

    @rule(name=st.sampled_from(NAMES))
    def is_edited(self, name: str) -> None:
        if (story := self._there(name)) is not None:
            story.words += 1
            self._write(name, story, story.file)
            self.time_passes(0.3)

    @rule(name=st.sampled_from(NAMES))
    def is_touched(self, name: str) -> None:
        if (story := self._there(name)) is not None:
            self._write(name, story, story.file)

    @rule(name=st.sampled_from(NAMES))
    def vanishes(self, name: str) -> None:
        if (story := self._there(name)) is not None:
            self._path(story.file).unlink()
            story.file = None

    @rule(name=st.sampled_from(NAMES))
    def moves_to_another_file(self, name: str) -> None:
        if (story := self._there(name)) is not None:
            self.moves += 1
            old, new = self._path(story.file), f"moved{self.moves}"
            old.rename(self._path(new))
            story.file = new
            story.files.append(new)

    @rule(name=st.sampled_from(NAMES), topic=st.sampled_from(TOPICS))
    def changes_its_topic(self, name: str, topic: str) -> None:
        if (story := self._there(name)) is not None:
            story.topic = topic
            self._write(name, story, story.file)

    @rule(name=st.sampled_from(NAMES))
    def its_link_dies(self, name: str) -> None:
        """For good, or until it revives: a page that is gone is believed after two looks."""
        self.news.site.answers[f"/{name}"] = 410
        for _ in range(2):
            self.time_passes(2)

    @rule(name=st.sampled_from(NAMES))
    def its_link_revives(self, name: str) -> None:
        self.news.site.answers[f"/{name}"] = 200

    @rule(days=st.sampled_from([0.3, 1, 3, 40]))
    def time_passes(self, days: float) -> None:
        self.news.clock.step(days=days)
        self.runs()

    @rule()
    def runs(self) -> None:
        """A run that looks at every link."""
        with self.news.state() as state, state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = 0")
        self.news.run()
        self._compare()

    # What a reader sees

    def _compare(self) -> None:
        dead = self._dead()
        self.happened["runs"] += 1
        self.happened["dead links"] += len(dead)
        shown = self._entries("all")
        expected = {name for name, one in self.stories.items() if one.file is not None and name not in dead}
        assert set(shown) == expected
        in_topics = {topic: set(self._entries(topic.lower())) for topic in TOPICS}
        for topic, names in in_topics.items():
            assert names == {name for name in expected if self.stories[name].topic == topic}
        for name, (entry_id, updated, words) in shown.items():
            story = self.stories[name]
            assert words == story.words
            assert story.entry_id in {None, entry_id}, f"{name} has another id"
            assert self.ids_seen.setdefault(entry_id, name) == name, f"{name} has the id of another"
            if story.updated is not None and words == story.shown_words:
                assert updated == story.updated, f"{name} is updated without words"
            elif story.updated is not None and self.news.clock.now() > story.shown_at:
                assert updated > story.updated, f"{name} has other words and is not updated"
                self.happened["updates"] += 1
            story.entry_id, story.updated, story.shown_words = entry_id, updated, words
            story.shown_at = self.news.clock.now()

    def _dead(self) -> set[str]:
        with self.news.state() as state:
            rows = state.rows("SELECT url FROM targets WHERE status IN ('dead', 'refused')")
            assert linked.number_wrong(state) == 0, "a link does not say how articles link to it"
        return {row["url"].rpartition("/")[2] for row in rows}

    def _entries(self, feed: str) -> dict[str, tuple[str, str, int]]:
        """Id, `updated` and number of words of each entry of a feed, by the name in its link."""
        file = self.news.folder / "feeds" / f"{feed}.atom"
        if not file.exists():
            return {}
        found = {}
        for entry in etree.fromstring(file.read_bytes()).iterfind(f"{ATOM}entry"):
            name = entry.find(f"{ATOM}link").get("href").rpartition("/")[2]
            title = entry.findtext(f"{ATOM}title")
            found[name] = (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"), int(title.rpartition(" ")[2]))
        return found

    # Files

    def _there(self, name: str) -> Story | None:
        story = self.stories.get(name)
        return story if story is not None and story.file is not None else None

    def _path(self, file: str) -> Path:
        return self.news.folder / "articles" / f"{file}.md"

    def _write(self, name: str, story: Story, file: str) -> None:
        self.stories[name] = story
        path = self.news.article(name, topics=story.topic)
        text = path.read_text(encoding="utf-8").replace(f"About {name}", f"About {name}, in its version {story.words}")
        path.unlink()
        self._path(file).write_text(text, encoding="utf-8")
        self.news.age(self._path(file))
        story.file = file
        if file not in story.files:
            story.files.append(file)


def one_life() -> None:
    """Each of what may happen, once."""
    lives, name = Lives(), NAMES[0]
    try:
        lives.some_that_stay()
        lives.appears_or_comes_back(name, "AI")
        lives.time_passes(1)
        lives.is_edited(name)
        lives.is_touched(name)
        lives.time_passes(1)
        lives.moves_to_another_file(name)
        lives.time_passes(1)
        lives.changes_its_topic(name, "Robots")
        lives.time_passes(1)
        lives.vanishes(name)
        lives.time_passes(40)
        lives.appears_or_comes_back(name, "Robots")
        lives.runs()
        lives.its_link_dies(name)
        lives.its_link_revives(name)
        lives.time_passes(40)
        lives.time_passes(1)
    finally:
        lives.teardown()


def test_in_any_order_of_what_happens_a_reader_sees_what_the_model_says():
    Lives.happened.clear()
    one_life()
    assert min(Lives.happened[what] for what in ("dead links", "updates")) > 0
    more = number(2, share=0.2)
    wanted = settings(max_examples=more, stateful_step_count=30, derandomize=True, deadline=None)
    run_state_machine_as_test(Lives, settings=wanted)
    print(f"{more + 1} lives: {dict(Lives.happened)}")  # noqa: T201 - the figure of a long run


def digest_with_path(article: Article) -> str:
    return content_digest(article) + article.path


@pytest.mark.parametrize(
    ("module", "name", "instead", "said"),
    [
        (read, "content_digest", digest_with_path, "is updated without words"),
        (mending, "_unlinkable", lambda *words: set(), "set"),
    ],
    ids=["a move of the file is an edit", "dead links are shown"],
)
def test_a_product_that_shows_readers_something_else_is_found_out(monkeypatch, module, name, instead, said):
    """The negative controls of the test above."""
    monkeypatch.setattr(module, name, instead)
    with pytest.raises(AssertionError, match=said):
        one_life()
