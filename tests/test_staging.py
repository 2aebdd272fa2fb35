"""`environment: staging`: nobody outside is told anything, and all else works as in production."""

import pytest

from feedbot.cli.main import main
from feedbot.errors import ConfigError
from feedbot.service.headers import FileHeaders
from feedbot.steps.archiving import Archiving
from tests.archive import GOOD, configure, loopback_archive
from tests.e2e.test_command import feedbot
from tests.hubs import loopback_hub
from tests.messages import loopback_inbox
from tests.service.daemons import daemon, schedule, until
from tests.told import told, with_alerts

BOTH = pytest.mark.parametrize("environment", ["production", "staging"])
SAID = "this is staging: hubs, alerts, the heartbeat and the archive are left alone"


@pytest.fixture
def where(environment, monkeypatch):
    monkeypatch.setenv("FEEDBOT__ENVIRONMENT", environment)
    return environment


@BOTH
def test_staging_tells_no_hub_and_its_feeds_name_none(news, where):
    news.article("one")
    with loopback_hub() as hub:
        news.configure_feeds(f"hub: {hub.url}")
        done = feedbot(news.folder, "run", "--once")
    is_told = where == "production"
    assert done.returncode == 0
    assert bool(hub.forms) is is_told
    assert (hub.url.encode() in news.feeds()["all.atom"]) is is_told
    assert any(name == b"link" for name, _ in FileHeaders(news.config).of("all.atom", "")) is is_told


@BOTH
def test_staging_alerts_nobody(news, where):
    with_alerts(news, "{operator: {command: [./tell]}, editor: {command: [./tell]}}")
    configure(news, "disk: {low: 999999GB}\n")
    news.article("one")
    assert feedbot(news.folder, "run", "--once").returncode == 0
    assert bool(told(news)) is (where == "production")


@BOTH
def test_staging_has_no_heartbeat(news, where):
    news.article("one")
    with loopback_inbox() as inbox:
        with_alerts(news, f"{{heartbeat_url: 'http://{inbox.host}/beat'}}")
        assert feedbot(news.folder, "run", "--once").returncode == 0
    assert bool(inbox.asked) is (where == "production")


@BOTH
def test_staging_asks_no_archive(news, site, where):
    news.article("one")
    with loopback_archive() as archive:
        configure(news, archive.config())
        archive.copies[site.link("/one")] = {"20261002080000": GOOD}
        run = news.run()
    assert run.archiving == (Archiving(found=1) if where == "production" else Archiving())
    assert bool(archive.queries) is (where == "production")


def test_staging_leads_to_the_copies_that_are_known(news, site, monkeypatch):
    news.article("one")
    with loopback_archive() as archive:
        configure(news, archive.config())
        archive.copies[site.link("/one")] = {"20261002080000": GOOD}
        news.run()
        monkeypatch.setenv("FEEDBOT__ENVIRONMENT", "staging")
        site.answers["/one"] = 410
        news.pass_days(3.6)
    assert archive.copy(site.link("/one"), "20261002080000").encode() in news.feeds()["all.atom"]


@BOTH
def test_the_daemon_says_so_first_and_tells_nobody(news, site, where):
    schedule(news)
    news.article("one")
    with loopback_hub() as hub, loopback_inbox() as inbox, loopback_archive() as archive:
        news.configure_feeds(f"hub: {hub.url}")
        configure(news, archive.config())
        with_alerts(news, f"{{heartbeat_url: 'http://{inbox.host}/beat', operator: {{command: [./tell]}}}}")
        configure(news, "disk: {low: 999999GB}\n")
        with daemon(news) as one:
            one.until_said("checked: ")
            if where == "production":
                until(lambda: hub.forms and inbox.asked and archive.queries and (news.folder / "told").exists())
            assert one.end() == 0
        asked = [hub.forms, inbox.asked, archive.queries, told(news)]
    assert list(map(bool, asked)) == [where == "production"] * 4
    assert (SAID in one.said.splitlines()[0]) is (where == "staging")


def test_staging_checks_and_publishes_and_says_what_it_is(news, monkeypatch, capsys):
    news.article("one")
    news.run()
    before = news.feeds()
    main(["--config", str(news.config_file), "status"], standalone_mode=False)
    assert SAID not in capsys.readouterr().out
    monkeypatch.setenv("FEEDBOT__ENVIRONMENT", "staging")
    run = news.run()
    assert run.checking.online is not False
    main(["--config", str(news.config_file), "status"], standalone_mode=False)
    assert SAID in capsys.readouterr().out
    main(["--config", str(news.config_file), "doctor", "--offline"], standalone_mode=False)
    assert SAID in capsys.readouterr().out
    assert {name for name, data in news.feeds().items() if data != before[name] and not name.endswith(".gz")} == {
        "about.html",
        "ai.html",
        "all.html",
        "index.html",
    }
    for name in ("about.html", "ai.html", "index.html"):
        page = news.feeds()[name]
        assert b'<meta name="robots" content="noindex">' in page
        assert b"This is a copy to try things on." in page
        assert b"noindex" not in before[name]
    assert (b"x-robots-tag", b"noindex") in FileHeaders(news.config).of("all.atom", "")


def test_a_test_message_is_not_sent_from_staging(news, monkeypatch):
    with_alerts(news, "{operator: {command: [./tell]}}")
    monkeypatch.setenv("FEEDBOT__ENVIRONMENT", "staging")
    with pytest.raises(ConfigError, match="set it to production to send a test"):
        main(["--config", str(news.config_file), "alert", "test"], standalone_mode=False)
    assert told(news) == []


def test_what_staging_leaves_alone_is_validated_all_the_same(news, monkeypatch):
    monkeypatch.setenv("FEEDBOT__ENVIRONMENT", "staging")
    news.configure_feeds("hub: ftp://hub.example/")
    with pytest.raises(ConfigError, match=r"feeds\.hub"):
        news.config  # noqa: B018 - it is read anew
