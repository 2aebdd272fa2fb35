"""`feedbot systemd` as a command: what it shows, what it installs, and what it refuses."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from feedbot.cli import systemd
from feedbot.cli.main import main
from feedbot.errors import UsageError
from feedbot.service.confined import hindrances, places, program_places
from feedbot.service.units import Manager
from tests.service.test_units import installation

FEEDBOT = Path(sys.executable).with_name("feedbot")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The folder of a person's units."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config home"))
    return tmp_path / "config home" / "systemd" / "user"


@pytest.fixture
def said(news, capsys):
    """What the command says with these words; errors are raised."""

    def run(*words):
        main(["--config", str(news.config_file), "systemd", *words], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_a_service_of_ones_own_runs_this_command_with_this_config(news, own, said):
    shown = said("--user", "--print")
    assert shown.startswith(f"# {own / 'feedbot.service'}\n")
    assert f"ExecStart={FEEDBOT} --config {news.config_file} run\n" in shown
    assert not own.exists()


def test_what_is_shown_is_what_is_installed(own, said):
    shown = said("--user", "--timer", "--print")
    said("--user", "--timer")
    paths = [own / "feedbot-once.service", own / "feedbot-once.timer"]
    assert shown == "\n".join(f"# {path}\n{path.read_text(encoding='utf-8')}" for path in paths)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o644, 0o644]


def test_it_says_what_to_run_and_starts_nothing(own, said, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    told = said("--user")
    assert told.splitlines() == [
        f"wrote {own / 'feedbot.service'}",
        "next:",
        "  systemctl --user daemon-reload",
        "  systemctl --user enable --now feedbot.service",
        "  loginctl enable-linger   # it then runs while you are not logged in",
    ]
    assert said("--user").startswith(f"{own / 'feedbot.service'}: is there, as it should be\n")


def test_variables_that_a_service_does_not_have_are_told(news, own, capsys, monkeypatch):
    monkeypatch.setenv("FEEDBOT__BACKUP__DIRECTORY", "copies")
    main(["--config", str(news.config_file), "systemd", "--user", "--print"], standalone_mode=False)
    assert capsys.readouterr().err.splitlines() == [
        "feedbot: this is made for FEEDBOT__BACKUP__DIRECTORY of the environment, which neither a service nor cron has:"
        " set the same there (docs/operations.md), or in the config"
    ]


def test_a_file_that_differs_stays_and_the_difference_is_shown(own, said, capsys):
    said("--user", "--timer")
    changed = own / "feedbot-once.timer"
    changed.write_text(changed.read_text(encoding="utf-8").replace("15min", "\x1b[2J5min"), encoding="utf-8")
    gone = own / "feedbot-once.service"
    gone.unlink()
    with pytest.raises(
        UsageError, match=rf"^{changed}: would change as shown; nothing was written; --force writes it$"
    ):
        said("--user", "--timer")
    difference = capsys.readouterr().out
    assert "\n-OnUnitInactiveSec=\N{REPLACEMENT CHARACTER}[2J5min\n+OnUnitInactiveSec=15min\n" in difference
    assert not gone.exists()
    told = said("--user", "--timer", "--force")
    assert "15min" in changed.read_text(encoding="utf-8")
    assert "  systemctl --user restart feedbot-once.timer\n" in told


def test_a_unit_that_is_masked_is_not_replaced(own, said):
    own.mkdir(parents=True)
    (own / "feedbot.service").symlink_to(os.devnull)
    with pytest.raises(UsageError, match="--force"):
        said("--user")
    with pytest.raises(Exception, match="is a symbolic link; feedbot replaces only plain files"):
        said("--user", "--force")


def test_the_line_for_a_crontab(news, said):
    assert said("--cron") == f"*/15 * * * * {FEEDBOT} --config {news.config_file} run --once >/dev/null\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--timer", "--serve"], "--serve: a server has to stay"),
        (["--cron", "--user"], "--cron: .*leave out --user"),
        (["--template", "--user"], "--template: .*leave out --user"),
        (["--user", "--run-as", "alice"], "--run-as: is for the system's units"),
        (["--run-as", "root"], "--run-as: must be the name of a user other than root"),
        (["--run-as", "a\nExecStartPre=/bin/sh"], "--run-as: must be the name of a user"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(own, said, words, why):
    with pytest.raises(UsageError, match=why):
        said(*words)
    assert not own.exists()


@pytest.mark.parametrize("words", [[], ["--system"], ["--timer"]])
def test_what_the_service_could_not_see_is_refused(said, words):
    """Files of a test lie in /tmp, of which the service has one of its own."""
    with pytest.raises(UsageError) as refused:
        said(*words)
    assert "(PrivateTmp=yes), and there is the config (" in str(refused.value)
    assert "or take --user" in str(refused.value)


def test_a_program_in_somebodys_home_is_refused_with_the_remedy():
    command = ("/home/alice/.local/bin/feedbot",)
    (reason,) = hindrances([("the command", Path(command[0]))], [])
    assert reason == (
        "/home is hidden from the system's services (ProtectHome=yes), and there is the command"
        " (/home/alice/.local/bin/feedbot); install feedbot anew elsewhere, such as with python3 -m venv /opt/feedbot,"
        " or take --user"
    )
    named = program_places(command)
    assert {Path(command[0]), Path(sys.prefix), Path(sys.base_prefix)} <= {path for _, path in named}
    assert program_places(("/opt/python", "-m", "feedbot"))[0] == ("the command", Path("/opt/python"))


def test_every_file_of_a_config_is_looked_for_where_it_would_be_hidden():
    one = installation(
        "/home/alice/news",
        articles={"paths": ["/root/articles/**/*.md", "*.md"]},
        feeds={"directory": "/srv/feeds", "site_data": "jekyll"},
        state="/run/user/1000/state.db",
        reports={"directory": None},
        backup={"directory": "/var/tmp/backups"},
        checker={"ca_bundle": "/tmp/ca.pem"},
        alerts={"operator": {"command": ["mail", "a@news.example"]}, "editor": {"command": ["./mail-editor"]}},
    )
    reasons = hindrances([], places(one.config, one.config_path))
    told = {reason.split(" ")[0]: reason for reason in reasons}
    assert set(told) == {"/home", "/root", "/run/user", "/var/tmp", "/tmp"}
    assert "the config (/home/alice/news/config.yaml), the folder of articles.paths (/home/alice/news)" in told["/home"]
    assert "the folder of feeds.site_data (/home/alice/news/_data)" in told["/home"]
    assert "checker.ca_bundle (/tmp/ca.pem)" in told["/tmp"]
    assert "alerts.editor.command (/home/alice/news/mail-editor)" in told["/home"]
    assert not any("alerts.operator.command" in reason for reason in reasons)
    assert hindrances([], places(installation().config, Path("/var/lib/feedbot/config.yaml"))) == []


def test_a_link_counts_where_it_leads(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/home/alice")
    (reason,) = hindrances([], [("feeds.directory", link)])
    # The link itself is in /tmp here.
    assert reason.startswith(("/tmp", "/home"))
    opt = Path("/proc/self/root/home")
    (reason,) = hindrances([], [("feeds.directory", opt)])
    assert "feeds.directory (/proc/self/root/home, which leads to /home)" in reason


def test_what_has_to_be_there_before_the_start_is_said(tmp_path):
    feeds = tmp_path / "my feeds"
    feeds.mkdir()
    one = installation(
        "/var/lib/feedbot-of-a-test",
        feeds={"directory": str(feeds)},
        backup={"directory": str(tmp_path / "back ups")},
    )
    me = systemd._owner(tmp_path)
    assert systemd._folder_steps(one.config, "alice") == [
        f"install -d -o alice -g $(id -gn alice) '{tmp_path / 'back ups'}'",
        f"# {feeds} belongs to {me}: give it to alice, or take --run-as {me}",
    ]


def of_the_system(one, *, is_timer=False, serve=False):
    files, steps = systemd._made(one, Manager.SYSTEM, is_timer=is_timer, serve=serve)
    return [str(file.path) for file in files], steps


def test_units_of_the_system_come_with_the_user_that_is_feedbots_own():
    one = installation("/var/lib/feedbot-of-a-test")
    snippet, steps = "/etc/sysusers.d/feedbot.conf", ["systemd-sysusers /etc/sysusers.d/feedbot.conf"]
    assert of_the_system(one) == ([snippet, "/etc/systemd/system/feedbot.service"], steps)
    timer = ["/etc/systemd/system/feedbot-once.service", "/etc/systemd/system/feedbot-once.timer"]
    assert of_the_system(one, is_timer=True) == ([snippet, *timer], steps)
    assert of_the_system(replace(one, user="alice")) == (["/etc/systemd/system/feedbot.service"], [])


def test_a_port_that_needs_root_is_refused():
    one = installation(serve={"port": 80})
    with pytest.raises(UsageError, match="--serve: port 80 needs root, which the service is not"):
        of_the_system(one, serve=True)
    of_the_system(one)
