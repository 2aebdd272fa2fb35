from datetime import UTC, date, datetime

from feedbot.core.mark import Mark, MarkKind
from feedbot.state import marks
from feedbot.state.moments import next_moment


def test_the_next_moment_is_the_next_publication_or_the_end_of_a_mark(news):
    for name, day in (("old", "2026-10-01"), ("soon", "2026-11-03"), ("later", "2026-11-09")):
        news.article(name, date=f"{day}T08:00:00Z")
    news.article("draft", date="2026-11-02T08:00:00Z", more="draft: true\n")
    with news.state() as state:
        assert next_moment(state, news.clock.now()) is None
    news.build()
    with news.state() as state:
        assert next_moment(state, news.clock.now()) == datetime(2026, 11, 3, 8, tzinfo=UTC)
        mark = Mark(MarkKind.DEAD, until=date(2026, 11, 1))
        marks.put(state, "https://example.org/x", mark, news.clock.now())
        marks.put(state, "https://example.org/y", Mark(MarkKind.DEAD), news.clock.now())
        assert next_moment(state, news.clock.now()) == datetime(2026, 11, 2, tzinfo=UTC)
        assert next_moment(state, datetime(2026, 11, 5, tzinfo=UTC)) == datetime(2026, 11, 9, 8, tzinfo=UTC)
        assert next_moment(state, datetime(2026, 12, 5, tzinfo=UTC)) is None
