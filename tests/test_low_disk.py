"""When the disk is nearly full, history is given up before publishing is."""

from feedbot.core.status import StatusKind
from feedbot.state import targets
from feedbot.steps.rejudging import rejudge
from tests.publication import Publication


def fill(news: Publication) -> None:
    """Have the disk count as full."""
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}disk: {{low: 999999GB}}\n", encoding="utf-8")


def free(news: Publication) -> None:
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("disk: {low: 999999GB}\n", ""), encoding="utf-8")


def look_on(news: Publication, *days: float) -> None:
    for day in days:
        news.clock.step(days=day)
        with news.state() as state, state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = 0")
        news.run()


def test_where_links_stand_is_kept_and_what_is_seen_is_not(news, caplog):
    news.article("one")
    fill(news)
    news.site.answers["/one"] = 404
    run = news.run()
    assert run.checking.summary == {"missing": 1}
    assert run.publishing.feeds_written
    with news.state() as state:
        assert targets.find(state, news.site.link("/one")).status.kind is StatusKind.FAILING
        assert state.value("SELECT count(*) FROM observations") == 0
    assert "less than disk.low (999,999,000 MB): where links stand is kept, what is seen of them is not" in caplog.text


def test_with_room_nothing_is_said(news, caplog):
    news.article("one")
    news.run()
    assert caplog.text == ""


def test_judging_again_goes_on_from_looks_that_were_not_kept(news):
    """Two of three strikes were not kept; without them the dead would come back."""
    news.article("one")
    news.site.answers["/one"] = 404
    look_on(news, 0)
    fill(news)
    look_on(news, 3)
    free(news)
    look_on(news, 4)
    with news.state() as state:
        assert targets.find(state, news.site.link("/one")).status.kind is StatusKind.DEAD
        with state.write() as connection:
            connection.execute("DROP TRIGGER observations_are_append_only")
            connection.execute("UPDATE observations SET verdict = 'blocked'")
        found = rejudge(news.config, state, news.clock, apply=False)
    assert (found.observations, found.changes) == (2, ())
