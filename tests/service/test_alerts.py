"""The daemon tells: what it alone can know, what its jobs come to, and that it does its work."""

import signal
import time

import pytest

from tests.messages import loopback_inbox
from tests.service.daemons import daemon, job, schedule, until
from tests.told import told, with_alerts


@pytest.fixture
def news_told(news):
    with_alerts(news, "{operator: {command: [./tell]}}")
    schedule(news, read="1h", check="1h")
    news.article("one")
    return news


def first_lines(news):
    return [message.partition("\n")[0] for message in told(news)]


def test_a_config_that_is_refused_is_told_and_so_is_one_that_holds_again(news_told):
    good = news_told.config_file.read_text(encoding="utf-8")
    with daemon(news_told) as one:
        until(lambda: job(news_told, "check"))
        news_told.config_file.write_text(f"{good}colour: red\n", encoding="utf-8")
        for _ in range(2):
            one.hear(signal.SIGHUP)
            one.until_said("the config is as before")
        one.until_said("alerts: operator command was told")
        assert first_lines(news_told) == ["operator trouble: Test News: the new config is refused"]
        news_told.config_file.write_text(good, encoding="utf-8")
        one.hear(signal.SIGHUP)
        one.until_said("alerts: operator command was told", times=2)
        assert first_lines(news_told) == ["operator over: Test News: over: the new config is refused"]
        assert one.end() == 0


def test_a_job_that_keeps_failing_is_told_once(news_told):
    schedule(news_told, read="0.1s", check="1h")
    with daemon(news_told) as one:
        until(lambda: job(news_told, "check"))
        folder = news_told.folder / "articles"
        folder.rename(news_told.folder / "away")
        one.until_said("alerts: operator command was told")
        until(lambda: job(news_told, "read")["failures"] >= 6)
        assert first_lines(news_told) == ["operator trouble: Test News: read keeps failing"]
        (news_told.folder / "away").rename(folder)
        one.until_said("alerts: operator command was told", times=2)
        assert first_lines(news_told) == ["operator over: Test News: over: read keeps failing"]
        assert one.end() == 0


def test_a_state_that_cannot_be_used_is_told_once_though_it_keeps_who_was_told(news_told):
    schedule(news_told, read="0.1s", check="1h")
    with daemon(news_told) as one:
        until(lambda: job(news_told, "check"))
        state, aside = news_told.folder / "state.db", news_told.folder / "aside.db"
        with one.standing_still():
            state.rename(aside)
            state.write_text("no database " * 1000, encoding="utf-8")
        one.until_said("alerts: operator command was told")
        one.until_said("ERROR read: ", times=3)
        [message] = told(news_told)
        assert message.startswith("operator trouble: Test News: state.db cannot be used\n")
        assert "state.db: is damaged or no database" in message
        aside.replace(state)
        heard = news_told.folder / "told"
        until(lambda: heard.exists() and "over: state.db cannot be used" in heard.read_text(encoding="utf-8"))
        assert one.end() == 0
    lines = first_lines(news_told)
    # The cause, and not that the job that tells has failed all the while; of the reading it is chance whether it fails
    # just before the end of the cause and is told just after it.
    assert lines.count("operator over: Test News: over: state.db cannot be used") == 1
    assert all("state.db cannot be used" in line or "read keeps failing" in line for line in lines)


def test_a_good_check_gives_a_heartbeat(news):
    with loopback_inbox() as inbox:
        with_alerts(news, f"{{heartbeat_url: 'http://{inbox.host}/beat'}}")
        schedule(news, read="1h", check="1h")
        news.article("one")
        with daemon(news) as one:
            until(lambda: job(news, "check"))
            assert inbox.asked == ["/beat"]
            assert one.end() == 0


def test_what_comes_up_while_something_is_told_is_told_right_after(news_told):
    (news_told.folder / "slow").touch()
    good = news_told.config_file.read_text(encoding="utf-8")
    news_told.config_file.write_text(f"{good}disk: {{low: 999999GB}}\n", encoding="utf-8")
    with daemon(news_told) as one:
        until(lambda: job(news_told, "check") and (news_told.folder / "waits").exists())
        news_told.config_file.write_text(f"{good}colour: red\n", encoding="utf-8")
        one.hear(signal.SIGHUP)
        one.until_said("the config is as before")
        (news_told.folder / "slow").unlink()
        one.until_said("alerts: operator command was told", times=2)
        assert first_lines(news_told) == [
            "operator trouble: Test News: the disk is nearly full",
            "operator trouble: Test News: the new config is refused",
        ]
        assert one.end() == 0


def test_that_something_was_told_is_nothing_to_tell(news_told):
    """Its own end would have the job follow itself, again and again."""
    with daemon(news_told) as one:
        until(lambda: job(news_told, "check"))
        until(lambda: job(news_told, "alerts"))
        until(lambda: _stands_still(news_told))
        assert one.end() == 0


def _stands_still(news):
    """No such job ended within more than the second in which ends are kept."""
    before = job(news, "alerts")["finished_at"]
    time.sleep(1.5)
    return job(news, "alerts")["finished_at"] == before
