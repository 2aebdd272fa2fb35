"""/healthz, /readyz and /metrics: the same figures for the daemon and for cron, and 503 with the reason."""

import json
import math
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feedbot import __version__
from feedbot.service.health import readiness, why_late
from feedbot.service.metrics import metrics_text, write_metrics
from feedbot.state import figures, runs
from tests.publication import START, Publication, Site, SteppedClock
from tests.service.served import Later, serving

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def told(text: bytes) -> Figures:
    """Every sample by name and labels; what promtool would find fault with fails."""
    found: Figures = {}
    names = set()
    for family in text_string_to_metric_families(text.decode()):
        assert family.name not in names, family.name
        names.add(family.name)
        assert family.documentation
        assert family.type in {"gauge", "counter"}
        assert re.fullmatch(r"(feedbot|process)_[a-z_]+", family.name)
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            assert math.isfinite(sample.value)
            found[key] = sample.value
    return found


def figure(found: Figures, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def metrics(news: Publication) -> Figures:
    return told(metrics_text(news.config, news.clock))


def test_the_figures_are_those_of_the_database(news: Publication, site: Site) -> None:
    site.answers |= {"/lost": 404, "/old": (301, "/new")}
    for name in ("one", "lost", "old"):
        news.article(name)
    news.article("later", date="2030-01-01T00:00:00Z")
    (news.folder / "articles" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    news.age(news.folder / "articles" / "broken.md")
    news.run()
    news.clock.step(minutes=15)
    news.run()
    found = metrics(news)
    assert figure(found, "feedbot_info", version=__version__) == 1
    assert figure(found, "feedbot_database_readable") == 1
    assert figure(found, "feedbot_runs", outcome="online") + figure(found, "feedbot_runs", outcome="idle") == 2
    assert figure(found, "feedbot_runs", outcome="offline") == 0
    assert figure(found, "feedbot_observations", verdict="missing") >= 1
    assert figure(found, "feedbot_observations", verdict="alive") >= 1
    assert figure(found, "feedbot_last_good_run_timestamp_seconds") == news.clock.now().timestamp()
    assert figure(found, "feedbot_targets", status="failing") == 1
    assert figure(found, "feedbot_targets", status="moved") == 1
    assert figure(found, "feedbot_targets", status="dead") == 0
    for state, number in (("published", 3), ("withheld", 1), ("rejected", 1)):
        assert figure(found, "feedbot_article_files", state=state) == number
    feed = news.folder / "feeds" / "all.rss"
    assert figure(found, "feedbot_feed_bytes", file="all.rss") == feed.stat().st_size
    assert figure(found, "feedbot_feed_written_timestamp_seconds", file="all.rss") == pytest.approx(
        feed.stat().st_mtime
    )
    assert figure(found, "feedbot_feed_entries", feed="all") == 3
    assert figure(found, "feedbot_held_flood") == 0
    assert figure(found, "feedbot_database_bytes") > 0
    files = {dict(labels)["file"] for name, labels in found if name == "feedbot_feed_bytes"}
    assert files == {"all.rss", "all.atom", "all.json", "ai.rss", "ai.atom", "ai.json"}


def test_archive_documents_are_no_feeds_of_their_own(news: Publication) -> None:
    news.configure_feeds("history: [all]")
    news.article("one", date="2026-09-01")
    news.article("two", date="2026-10-01")
    news.build()
    assert "all.2026-09.atom" in news.feeds()
    assert not [labels for _, labels in metrics(news) if "2026" in dict(labels).get("file", "")]


def test_what_the_guard_holds_back_is_counted(news: Publication) -> None:
    for number in range(10):
        news.article(f"a{number}")
    news.build()
    for number in range(7):
        (news.folder / "articles" / f"a{number}.md").unlink()
    news.build()
    found = metrics(news)
    assert figure(found, "feedbot_held_removals", feed="all") == 7
    assert figure(found, "feedbot_held_removals", feed="ai") == 7


def test_runs_are_counted_by_how_they_ended(news: Publication) -> None:
    with news.state() as state:
        for number, (online, frozen) in enumerate(((True, False), (None, False), (False, False), (True, True))):
            at = START + timedelta(hours=number)
            run = runs.begin(state, at)
            runs.finish(state, run, at + timedelta(seconds=90), online=online, summary={"alive": number}, frozen=frozen)
        runs.begin(state, START + timedelta(hours=9))
    found = metrics(news)
    for outcome in ("online", "idle", "offline", "frozen", "unfinished"):
        assert figure(found, "feedbot_runs", outcome=outcome) == 1
    assert figure(found, "feedbot_runs_duration_seconds", outcome="frozen") == 90
    assert figure(found, "feedbot_runs_duration_seconds", outcome="unfinished") == 0
    assert figure(found, "feedbot_observations", verdict="alive") == 6
    assert figure(found, "feedbot_last_run_duration_seconds") == 90
    assert figure(found, "feedbot_last_run_timestamp_seconds") == (START + timedelta(hours=3, seconds=90)).timestamp()
    good = (START + timedelta(hours=1, seconds=90)).timestamp()
    assert figure(found, "feedbot_last_good_run_timestamp_seconds") == good
    with news.state() as state:
        assert figures.last_good_end(state) == START + timedelta(hours=1, seconds=90)


def test_metrics_change_nothing_and_need_no_database(news: Publication) -> None:
    assert told(metrics_text(news.config, news.clock))["feedbot_database_readable", ()] == 0
    assert not news.config.state_path.exists()
    news.article("one")
    news.build()
    before = news.config.state_path.read_bytes()
    metrics(news)
    assert news.config.state_path.read_bytes() == before
    news.config.state_path.write_bytes(b"no database" * 1000)
    assert metrics(news)["feedbot_database_readable", ()] == 0


def test_they_are_read_while_somebody_writes(news: Publication) -> None:
    news.article("one")
    news.build()
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE clock SET latest = '2026'")
        assert metrics(news)["feedbot_database_readable", ()] == 1


def test_a_file_of_metrics_is_written_whole(news: Publication, tmp_path: Path) -> None:
    news.article("one")
    news.build()
    path = tmp_path / "textfile" / "feedbot.prom"
    write_metrics(news.config, news.clock, path)
    found = told(path.read_bytes())
    assert figure(found, "feedbot_targets", status="unchecked") == 1
    # Those of a process that is over by then would say nothing.
    assert not any(name.startswith("process_") for name, _ in found)
    assert [one.name for one in path.parent.iterdir()] == ["feedbot.prom"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_documentation_names_every_metric_and_no_other(news: Publication, project: Path) -> None:
    news.article("one")
    news.run()
    rows = re.findall(r"^\| (`feedbot_.*?) \|", (project / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(.*?)`", row)}
    families = text_string_to_metric_families(metrics_text(news.config, news.clock, {("x", 200): 1}).decode())
    shown = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    assert documented == {name for name in shown if name.startswith("feedbot_")}
    rules = re.findall(r"expr: (.*)", (project / "docs" / "operations.md").read_text("utf-8"))
    assert rules
    for rule in rules:
        assert set(re.findall(r"feedbot_\w+", rule)) <= documented


# Over HTTP.


def test_the_process_is_alive_whatever_is_wrong(news: Publication) -> None:
    with serving(news.config) as server:
        answer = server.ask("/healthz")
        assert (answer.status, answer.body, answer.header("Cache-Control")) == (200, b"ok\n", "no-store")


def test_it_is_ready_after_a_good_run_and_no_longer_when_that_is_too_old(news: Publication) -> None:
    news.article("one")
    news.run()
    clock = Clock(news.clock)
    with serving(news.config, clock) as server:
        answer = server.ask("/readyz")
        assert (answer.status, answer.header("Content-Type")) == (200, "application/json")
        assert json.loads(answer.body) == {"ready": True, "reasons": [], "last_good_run": "2026-11-01T12:00:00Z"}
        # Twice the 15 minutes of schedule.check.
        news.clock.step(seconds=1800)
        clock.step(60)
        assert server.ask("/readyz").status == 200
        news.clock.step(seconds=1)
        clock.step(60)
        answer = server.ask("/readyz")
        assert answer.status == 503
        assert json.loads(answer.body)["reasons"] == [
            "the last good run ended at 2026-11-01T12:00:00Z, 30 min ago, more than the 30 min allowed"
        ]
        assert server.ask("/healthz").status == 200


def test_it_is_not_ready_without_a_database_that_can_be_read(news: Publication) -> None:
    news.article("one")
    news.run()
    news.config.state_path.write_bytes(b"no database" * 1000)
    with serving(news.config, Clock(news.clock)) as server:
        answer = server.ask("/readyz")
        assert answer.status == 503
        (reason,) = json.loads(answer.body)["reasons"]
        assert "damaged or no database" in reason


def test_it_is_not_ready_where_the_feeds_folder_cannot_be_looked_at(news: Publication) -> None:
    news.article("one")
    news.run()
    (news.folder / "feeds").rename(news.folder / "elsewhere")
    (reason,) = readiness(news.config, news.clock).reasons
    assert reason.endswith("feeds: cannot be used: No such file or directory")


def test_it_is_not_ready_where_the_disk_is_nearly_full(news: Publication) -> None:
    news.article("one")
    news.run()
    disk = news.config.disk.model_copy(update={"low": 10**18})
    reasons = readiness(news.config.model_copy(update={"disk": disk}), news.clock).reasons
    assert len(reasons) == 2
    assert all(reason.endswith("free, less than the 1,000,000,000,000 MB of disk.low") for reason in reasons)


def test_a_long_run_may_take_its_time(news: Publication) -> None:
    assert why_late(START, START + timedelta(seconds=61), 60) is not None
    assert why_late(START, START + timedelta(seconds=60), 60) is None
    late = why_late(START, START + timedelta(days=3), 7200)
    assert late == "the last good run ended at 2026-11-01T12:00:00Z, 3 days ago, more than the 2 h allowed"
    assert why_late(None, START, 60) == "there was no good run yet; `feedbot run --once` makes one"


def test_answers_are_counted_by_file_and_code_and_no_client_makes_up_names(news: Publication) -> None:
    news.article("one")
    news.build()
    clock = Later()
    with serving(news.config, clock) as server:
        tag = server.ask("/feeds/all.rss").header("ETag") or ""
        for _ in range(3):
            server.ask("/feeds/all.rss", if_none_match=tag)
        server.ask("/feeds/")
        server.ask("/feeds/all.rss", "POST")
        for number in range(20):
            server.ask(f"/feeds/made-up-{number}.rss")
            server.ask(f"/made/up/{number}")
        found = told(server.ask("/metrics").body)
        # Counted once in ten seconds, however often it is asked for.
        server.ask("/feeds/all.atom")
        assert told(server.ask("/metrics").body) == found
        clock.step(11)
        later = told(server.ask("/metrics").body)
    counts = {labels: value for (name, labels), value in found.items() if name == "feedbot_http_answers_total"}
    assert {tuple(dict(labels).values()): value for labels, value in counts.items()} == {
        ("200", "all.rss"): 1,
        ("304", "all.rss"): 3,
        ("200", "index.html"): 1,
        ("405", "other"): 1,
        ("404", "other"): 40,
    }
    assert figure(later, "feedbot_http_answers_total", file="all.atom", code="200") == 1
    assert figure(found, "process_open_fds") > 0


class Clock(Later):
    """The scripted clock of a publication, with durations that a test moves."""

    def __init__(self, of: SteppedClock) -> None:
        super().__init__(0)
        self._of = of

    def now(self):
        return self._of.now()
