"""Installed units beside what `feedbot systemd` writes for the config of today."""

from pathlib import Path

import pytest

from feedbot.core.doctor import Finding, Level
from feedbot.service import units
from feedbot.service.doctor.case import Case
from feedbot.service.doctor.unit import installed_units
from feedbot.service.units import Installation, Manager
from tests.publication import Publication


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where units are installed."""
    folder = tmp_path / "a folder of units"
    folder.mkdir()
    return folder


def installation(news: Publication, command: tuple[str, ...] = ("/opt/100% $feedbot/bin/feedbot",)) -> Installation:
    return Installation(command, news.config_file, news.config, "news")


def look(news: Publication, folder: Path, manager: Manager = Manager.SYSTEM) -> dict[str, Finding]:
    return {one.about: one for one in installed_units(Case(news.config, news.clock), {manager: folder})}


@pytest.mark.parametrize("manager", list(Manager))
@pytest.mark.parametrize("serve", [True, False])
def test_what_was_installed_is_as_it_should_be(news: Publication, folder: Path, manager: Manager, serve: bool) -> None:
    for command in (("/opt/100% $feedbot/bin/feedbot",), ("/usr/bin/python3", "-m", "feed$bot")):
        one = installation(news, command)
        for unit in [units.daemon(one, manager, folder, serve=serve), *units.once(one, manager, folder)]:
            unit.path.write_text(unit.text, encoding="utf-8")
        findings = look(news, folder, manager)
        assert set(findings) == {"feedbot.service", "feedbot-once.service", "feedbot-once.timer"}
        assert {one.level for one in findings.values()} == {Level.OK}


def test_a_unit_from_before_a_change_of_the_config_is_found(news: Publication, folder: Path) -> None:
    unit = units.daemon(installation(news), Manager.SYSTEM, folder, serve=True)
    unit.path.write_text(unit.text, encoding="utf-8")
    news.configure_feeds("directory: /srv/elsewhere/feeds")
    finding = look(news, folder)["feedbot.service"]
    assert finding.level is Level.WARNING
    assert "it lacks [Unit] RequiresMountsFor=/srv/elsewhere/feeds, [Service] ReadWritePaths=/srv/e" in finding.sentence
    assert finding.mend.startswith("feedbot systemd --system --serve --run-as news --force\n")


def test_a_line_that_somebody_took_out_or_put_in_is_found(news: Publication, folder: Path) -> None:
    unit = units.daemon(installation(news), Manager.SYSTEM, folder)
    text = unit.text.replace("UMask=0022\n", "Nice=5\n# a comment of my own\n")
    unit.path.write_text(text, encoding="utf-8")
    finding = look(news, folder)["feedbot.service"]
    assert finding.sentence.endswith("it lacks [Service] UMask=0022; it has [Service] Nice=5")


def test_without_its_timer_single_runs_are_not_started(news: Publication, folder: Path) -> None:
    service, _ = units.once(installation(news), Manager.SYSTEM, folder)
    service.path.write_text(service.text, encoding="utf-8")
    findings = look(news, folder)
    assert (findings["feedbot-once.service"].level, findings["feedbot-once.timer"].level) == (Level.OK, Level.WARNING)
    assert findings["feedbot-once.timer"].sentence.endswith("it is not there")
    assert "--timer" in findings["feedbot-once.timer"].mend


@pytest.mark.parametrize(
    "text", ["", "[Service]\nExecStart=\n", '[Service]\nExecStart="/opt/x\n', "ExecStart=feedbot run"]
)
def test_what_is_no_unit_of_feedbots_for_this_config_is_nobodys_business(
    news: Publication, folder: Path, text: str
) -> None:
    (folder / "feedbot.service").write_text(text, encoding="utf-8")
    assert look(news, folder) == {}
    other = Installation(("/opt/feedbot",), Path("/var/lib/other/config.yaml"), news.config)
    (folder / "feedbot.service").write_text(units.daemon(other, Manager.SYSTEM, folder).text, encoding="utf-8")
    assert look(news, folder) == {}
    assert look(news, folder / "not there") == {}
