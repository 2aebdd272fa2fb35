"""The doctor's look at files, state.db and the config, which asks nobody."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.doctor import Finding, Level, Part
from feedbot.service.doctor import files
from feedbot.service.doctor.case import Case
from feedbot.service.doctor.examine import INSIDE, Inside, examine
from feedbot.service.doctor.versions import _sqlite as said_of_sqlite
from feedbot.state import jobs, published
from feedbot.state.database import daemon_life, open_state
from feedbot.state.jobs import JobRecord
from tests.publication import Publication, Site, SteppedClock
from tests.told import with_alerts


@pytest.fixture
def ran(news: Publication) -> Publication:
    """A publication that ran once."""
    news.article("one")
    news.run()
    return news


@pytest.fixture
def in_the_open(site: Site) -> Iterator[Publication]:
    """A publication that was built in a folder that everybody can enter, which none of pytest's is."""
    with tempfile.TemporaryDirectory() as folder:
        news = Publication(Path(folder).resolve() / "news", site)
        news.article("one")
        news.build()
        for place in (news.folder.parent, news.folder, news.folder / "feeds"):
            place.chmod(0o755)
        yield news


def look(config: Config, clock: SteppedClock, inside: Sequence[tuple[Part, Inside]] = INSIDE) -> dict[str, Finding]:
    findings = asyncio.run(examine(config, clock, offline=True, inside=inside))
    assert len({one.key for one in findings}) == len(findings)
    return {one.about: one for one in findings}


def test_after_a_good_run_state_db_is_well(ran: Publication) -> None:
    findings = look(ran.config, ran.clock)
    assert {findings[about].level for about in ("database", "last good run", "room")} == {Level.OK}


def test_a_run_that_is_long_ago_is_found(ran: Publication) -> None:
    ran.clock.step(hours=1)
    finding = look(ran.config, ran.clock)["last good run"]
    assert (finding.level, "feedbot run" in finding.mend) == (Level.PROBLEM, True)


def test_without_a_database_the_sentence_says_what_makes_one(news: Publication) -> None:
    findings = look(news.config, news.clock)
    assert findings["database"].level is Level.PROBLEM
    assert "`feedbot run --once` makes it" in findings["database"].sentence
    assert findings["feeds folder"].mend == "`feedbot build` writes it"


def test_a_damaged_database_is_found_and_the_look_goes_on(ran: Publication) -> None:
    path = ran.config.state_path
    data = bytearray(path.read_bytes())
    data[8192:] = b"\0" * (len(data) - 8192)
    path.write_bytes(data)
    findings = look(ran.config, ran.clock)
    assert findings["database"].level is Level.PROBLEM
    assert "room" in findings


def test_a_file_that_somebody_took_away_is_found(ran: Publication) -> None:
    (ran.folder / "feeds" / "all.atom").unlink()
    finding = look(ran.config, ran.clock)["files"]
    assert (finding.level, finding.sentence.endswith("such as all.atom")) == (Level.PROBLEM, True)


def test_feeds_that_the_config_names_and_that_are_not_there_are_found(ran: Publication) -> None:
    feeds = "feeds: {history: [all, al], aliases: {feed.xml: all.atom, old.xml: robots.atom}, "
    text = ran.config_file.read_text(encoding="utf-8").replace("feeds: {", feeds)
    redirects = "serve: {redirects: {/feed.xml: all.rss, /old.xml: robots.rss}}\n"
    ran.config_file.write_text(text + redirects, encoding="utf-8")
    found = [
        one for one in look(ran.config, ran.clock).values() if one.part is Part.STATE and one.level is not Level.OK
    ]
    assert [(one.level, one.sentence) for one in found] == [
        (Level.WARNING, "feeds.history: there is no feed al; feeds/feeds.opml lists those there are"),
        (Level.WARNING, "feeds.aliases: old.xml leads to nothing, for there is no robots.atom in feeds/"),
        (Level.WARNING, "serve.redirects: /old.xml leads to nothing, for there is no robots.rss in feeds/"),
    ]


def test_a_job_that_fails_again_and_again_is_found(ran: Publication) -> None:
    now = ran.clock.now()
    with open_state(ran.config.state_path, who="a test") as state:
        jobs.note(state, JobRecord("read", now, None, 2, "no such folder"))
        jobs.note(state, JobRecord("check", now, None, 3, "no network"))
    findings = look(ran.config, ran.clock)
    assert "job read" not in findings
    assert findings["job check"].sentence == "the daemon's job check has failed 3 times in a row: no network"


def test_what_is_held_back_is_a_warning_with_the_command_that_lets_it_go(ran: Publication) -> None:
    now = ran.clock.now()
    with open_state(ran.config.state_path, who="a test") as state:
        published.note_held(state, "flood", now)
        published.note_held(state, "ids", now)
    findings = look(ran.config, ran.clock)
    for about in ("held flood", "held ids"):
        assert (findings[about].level, "--accept-new" in findings[about].mend) == (Level.WARNING, True)


def test_who_is_at_work_is_told_and_not_disturbed(ran: Publication) -> None:
    path = ran.config.state_path
    with daemon_life(path, who="feedbot run"):
        said = f"feedbot run, process {os.getpid()}"
        assert look(ran.config, ran.clock)[f"lock of {said}"].sentence == f"{said} is at work"
    assert f"lock of {said}" not in look(ran.config, ran.clock)


@pytest.mark.parametrize("where", [".", "feeds"])
def test_a_folder_that_keeps_others_out_is_found(in_the_open: Publication, where: str) -> None:
    ran = in_the_open
    case = Case(ran.config, ran.clock)
    (well,) = files.permissions(case)
    assert well.level is Level.OK
    (ran.folder / where).chmod(0o750)
    (finding,) = files.permissions(case)
    assert (finding.level, finding.mend.split(",")[0]) == (
        Level.WARNING,
        f"chmod o+x {ran.folder / where}".rstrip("/."),
    )


def test_a_feed_that_others_cannot_read_is_found(in_the_open: Publication) -> None:
    ran = in_the_open
    (ran.folder / "feeds" / ".all.rss.feedbot-tmp").touch(mode=0o600)
    (ran.folder / "feeds" / "all.rss").chmod(0o640)
    (finding,) = files.permissions(Case(ran.config, ran.clock))
    assert finding.sentence == f"{ran.folder}/feeds/all.rss cannot be read by a web server of another user"
    assert "UMask=0022" in finding.mend


def test_a_full_disk_is_found(ran: Publication) -> None:
    with ran.config_file.open("a", encoding="utf-8") as file:
        file.write("disk: {low: 1000000GB}\n")
    finding = look(ran.config, ran.clock)["room"]
    assert (finding.level, "less than the" in finding.sentence) == (Level.PROBLEM, True)


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ("url: https://example.org/}", "url: https://example.org/}", "site.url"),
        ("feeds/}", "feeds/, directory: _site/feeds}", "feeds.directory"),
        ("url: https://example.org/feeds/", "url: http://news.daily/feeds/", "feeds.url and http"),
        ("checker:\n", "checker:\n  contact: https://me.example/\n", "checker.contact"),
        ("checker:\n", "checker:\n", "checker.contact"),
        ("127.0.0.0/8", "0.0.0.0/0", "checker.allow_addresses"),
    ],
)
def test_what_is_hardly_meant_in_the_config_is_found(news: Publication, old: str, new: str, about: str) -> None:
    text = news.config_file.read_text(encoding="utf-8")
    assert old in text
    news.config_file.write_text(text.replace(old, new), encoding="utf-8")
    finding = look(news.config, news.clock)[about]
    assert (finding.level, bool(finding.mend)) == (Level.WARNING, True)


def test_a_config_with_everything_in_it_is_well(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "site: {title: News, url: https://news.daily/}\n"
        "feeds: {url: https://news.daily/feeds/}\n"
        "checker: {contact: https://news.daily/feeds/about.html}\n",
        encoding="utf-8",
    )
    assert look(load_config(path), SteppedClock(SystemClock().now()))["settings"].level is Level.OK


def test_keys_that_the_environment_sets_are_told_without_what_they_hold(
    ran: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "variables" not in look(ran.config, ran.clock)
    monkeypatch.setenv("FEEDBOT__ALERTS__HEARTBEAT_URL", "https://monitor.example/s3cret")
    finding = look(ran.config, ran.clock)["variables"]
    assert finding.level is Level.OK
    assert finding.sentence == "the environment comes before the file for FEEDBOT__ALERTS__HEARTBEAT_URL"


def test_what_a_check_needs_and_is_not_there_is_found_before_the_check(
    ran: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(ran.config, ran.clock)["named"].level is Level.OK
    monkeypatch.delenv("A_TOKEN", raising=False)
    text = ran.config_file.read_text(encoding="utf-8")
    ran.config_file.write_text(f"{text}  hosts: {{a.example: {{bearer_env: A_TOKEN}}}}\n", encoding="utf-8")
    finding = look(ran.config, ran.clock)["checker.hosts.a.example.bearer_env"]
    assert finding.level is Level.PROBLEM
    assert finding.sentence.endswith("the environment variable A_TOKEN is not set")
    assert "/etc/feedbot/environment" in finding.mend
    ran.config_file.write_text(f"{text}  ca_bundle: none.pem\n", encoding="utf-8")
    assert "No such file" in look(ran.config, ran.clock)["checker.ca_bundle"].sentence
    # With the network it says that nothing was asked, and goes on with the rest.
    findings = {one.about: one for one in asyncio.run(examine(ran.config, ran.clock))}
    assert findings["canaries"].sentence.startswith("nothing was asked")
    assert findings["database"].level is Level.OK


def test_whom_alerts_could_not_reach_is_found_before_there_is_something_to_tell(
    ran: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPS_URL", raising=False)
    monkeypatch.delenv("BEAT", raising=False)
    with_alerts(
        ran,
        "{operator: {command: [./no-tell], apprise: [OPS_URL]}, editor: {command: [no-such-program-here]},"
        " heartbeat_url_env: BEAT}",
    )
    findings = look(ran.config, ran.clock)
    assert findings["alerts.operator.command"].sentence.endswith("there is no program ./no-tell that can be started")
    assert findings["alerts.editor.command"].level is Level.PROBLEM
    assert findings["alerts.operator.apprise OPS_URL"].level is Level.WARNING
    assert findings["alerts.heartbeat_url_env BEAT"].level is Level.WARNING
    monkeypatch.setenv("OPS_URL", "json://127.0.0.1/")
    monkeypatch.setenv("BEAT", "http://127.0.0.1/")
    text = ran.config_file.read_text(encoding="utf-8")
    ran.config_file.write_text(text.replace("./no-tell", "./tell").replace("no-such-program-here", "cat"), "utf-8")
    assert look(ran.config, ran.clock)["named"].level is Level.OK
    (ran.folder / "tell").chmod(0o644)
    assert "alerts.operator.command" in look(ran.config, ran.clock)


@pytest.mark.parametrize(
    ("version", "is_told"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 7, 0), True)]
)
def test_what_is_known_of_this_sqlite_is_told(version: tuple[int, int, int], is_told: bool) -> None:
    assert ("WAL-reset" in said_of_sqlite(version)) is is_told


def test_a_check_that_cannot_look_is_a_finding_and_stops_no_other(ran: Publication) -> None:
    def broken(case: Case) -> list[Finding]:
        raise PermissionError(13, "Permission denied", str(case.config.feeds_path))

    findings = look(ran.config, ran.clock, inside=((INSIDE[0][0], broken), *INSIDE))
    assert findings["broken"].level is Level.PROBLEM
    assert findings["broken"].sentence.startswith("cannot be looked at: ")
    assert "database" in findings


def test_a_clock_that_was_ahead_makes_no_run_late(ran: Publication) -> None:
    ran.clock.at -= timedelta(hours=1)
    assert look(ran.config, ran.clock)["last good run"].level is Level.OK
