"""How whole runs end is counted where somebody is told of it."""

import pytest

from feedbot.cli.telling import counted
from feedbot.core.alerts import BY_HAND
from feedbot.errors import ArticlesError, Stopped
from feedbot.state import jobs
from tests.told import told, with_alerts


def end(news, error=None):
    """A run that ends so; gives how often in a row such have failed."""
    with news.state() as state:
        if error is None:
            with counted(news.config, state, news.clock):
                pass
        else:
            with pytest.raises(type(error)):
                with counted(news.config, state, news.clock):
                    raise error
        record = jobs.all_jobs(state).get(BY_HAND)
    return None if record is None else record.failures


@pytest.fixture
def news_told(news):
    return with_alerts(news, "{operator: {command: [./tell]}}")


def test_failures_in_a_row_are_counted_until_a_run_is_good(news_told):
    assert [end(news_told, ArticlesError("no")) for _ in range(2)] == [1, 2]
    assert end(news_told) == 0
    assert end(news_told, ArticlesError("no")) == 1
    assert told(news_told) == []


def test_an_error_of_feedbots_own_counts_as_well(news_told):
    assert [end(news_told, ZeroDivisionError("division")) for _ in range(3)] == [1, 2, 3]
    (message,) = told(news_told)
    assert "an error of feedbot's own: ZeroDivisionError: division" in message


def test_a_run_that_was_stopped_has_not_failed(news_told):
    assert end(news_told, Stopped("stopped")) is None


def test_what_failed_is_told_where_it_cannot_be_counted(news_told, capsys):
    with news_told.state() as state:
        state.db.conn.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON main.jobs BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(ArticlesError, match="no such folder"), counted(news_told.config, state, news_told.clock):
            raise ArticlesError("no such folder")
    assert "state.db: cannot be used (full;" in capsys.readouterr().err


def test_who_tells_nobody_counts_nothing(news):
    assert end(news, ArticlesError("no")) is None
    assert end(news) is None
