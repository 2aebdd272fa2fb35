"""The units that `feedbot systemd` writes: what systemd itself says of them, and which folders they name."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from feedbot.config import Config
from feedbot.core.unit_text import InvalidWord
from feedbot.service import units
from feedbot.service.units import Installation, Manager
from tests.documents import Document

FOLDER = Path("/etc/systemd/system")
FEEDBOT = str(Path(sys.executable).with_name("feedbot"))
systemd_needed = pytest.mark.debian("systemd", "systemd-analyze")


def installation(root="/var/lib/feedbot", command=(FEEDBOT,), config_path=None, **sections):
    told = {
        "site": {"title": "News", "url": "https://news.example/"},
        "feeds": {"url": "https://news.example/feeds/", **sections.pop("feeds", {})},
        **sections,
    }
    config = Config.model_validate({**told, "root": Path(root)})
    return Installation(command, Path(config_path or f"{root}/config.yaml"), config)


def all_units(one, folder=FOLDER):
    """Every unit there is, by a name for the test."""
    made = {}
    for manager in Manager:
        made[f"{manager} service"] = units.daemon(one, manager, folder, serve=True)
        made[f"{manager} run"], made[f"{manager} timer"] = units.once(one, manager, folder)
    made["system template"] = units.many(one.command, "feedbot", folder)
    return made


def values(text, key):
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def folders(one):
    text = units.daemon(one, Manager.SYSTEM, FOLDER).text
    return {
        key: values(text, key) for key in ("StateDirectory", "ReadWritePaths", "ReadOnlyPaths") if values(text, key)
    }


NAMES = list(all_units(installation()))


def analyzed(tmp_path, unit, *words):
    """What systemd-analyze says of a unit, as (exit code, all that it printed)."""
    folder = tmp_path / "units"
    folder.mkdir(parents=True)
    for file in all_units(installation(), folder).values():
        file.path.write_text(file.text, encoding="utf-8")
    path = folder / unit.path.name
    path.write_text(unit.text, encoding="utf-8")
    # A person's manager has its folder here.
    environment = {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["systemd-analyze", *words, str(path)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@systemd_needed
@pytest.mark.parametrize("name", NAMES)
def test_systemd_has_nothing_to_say_against_a_unit(tmp_path, name):
    unit = all_units(installation())[name]
    manager = "--user" if name.startswith("user") else "--system"
    assert analyzed(tmp_path, unit, manager, "verify") == (0, "")


@systemd_needed
def test_systemd_has_nothing_to_say_against_the_unit_of_a_worker_of_a_cluster(tmp_path):
    (unit,) = [block.text for block in Document("docs/scaling.md").blocks if "ExecStart=" in block.text]
    path = tmp_path / "feedbot-worker.service"
    # It looks for the program.
    path.write_text(unit.replace("/opt/feedbot/bin/dask", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@systemd_needed
def test_systemd_has_something_to_say_where_a_key_is_wrong(tmp_path):
    unit = all_units(installation())["system service"]
    wrong = replace(unit, text=unit.text.replace("WatchdogSec=60s", "WatchdogSec=soon"))
    _, said = analyzed(tmp_path, wrong, "verify")
    assert "Failed to parse sec value, ignoring: soon" in said


@systemd_needed
@pytest.mark.parametrize("name", ["system service", "system run", "system template"])
def test_the_exposure_of_a_service_of_the_system_is_at_most_one_and_a_half(tmp_path, name):
    unit = all_units(installation())[name]
    code, said = analyzed(tmp_path, unit, "security", "--offline=true", "--threshold=15", "--no-pager")
    assert code == 0, said


@systemd_needed
def test_a_service_with_a_capability_would_be_too_exposed(tmp_path):
    unit = all_units(installation())["system service"]
    bare = replace(unit, text=unit.text.replace("CapabilityBoundingSet=", "CapabilityBoundingSet=~"))
    code, _ = analyzed(tmp_path, bare, "security", "--offline=true", "--threshold=15", "--no-pager")
    assert code != 0


@systemd_needed
def test_paths_are_read_by_systemd_as_they_are(tmp_path):
    """`verify` looks for the program: it finds it only where each character has come through."""
    program = tmp_path / "feed bot 100%h $HOME" / "feedbot"
    program.parent.mkdir()
    program.symlink_to("/bin/true")
    nowhere = units.daemon(installation(command=(f"{program}-not",)), Manager.SYSTEM, FOLDER)
    assert "is not executable" in analyzed(tmp_path / "nowhere", nowhere, "verify")[1]
    one = installation("/srv/my 100%h", (str(program),), articles={"paths": ["posts/*.md"]})
    for name, unit in all_units(one).items():
        if not name.startswith("user"):
            assert analyzed(tmp_path / name.replace(" ", "-"), unit, "verify") == (0, ""), name


@systemd_needed
def test_the_user_is_one_that_systemd_can_make(tmp_path):
    for folder in ("etc", "run"):
        (tmp_path / folder).mkdir()
    snippet = units.sysusers(tmp_path)
    snippet.path.write_text(snippet.text, encoding="utf-8")
    words = ["systemd-sysusers", f"--root={tmp_path}", str(snippet.path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    user = (tmp_path / "etc" / "passwd").read_text(encoding="utf-8").strip().split(":")
    assert user[0] == "feedbot"
    assert user[5] == "/var/lib/feedbot"
    assert user[6].endswith("/nologin")


def test_what_lies_below_var_lib_is_made_by_systemd_and_what_is_read_there_stays_as_it_is():
    assert folders(installation()) == {
        "StateDirectory": ["feedbot"],
        "ReadOnlyPaths": ["-/var/lib/feedbot/config.yaml", "-/var/lib/feedbot/articles"],
    }


def test_folders_elsewhere_are_named_each_once():
    one = installation(
        "/etc/feedbot",
        articles={"paths": ["/srv/site/_posts/*.md"]},
        feeds={"directory": "/srv/www/my feeds", "site_data": "/srv/site/_data/feedbot.json"},
        state="/var/lib/feedbot/state.db",
        reports={"directory": None},
        backup={"directory": "/srv/www/my feeds/../backups"},
    )
    assert folders(one) == {
        "StateDirectory": ["feedbot"],
        "ReadWritePaths": ["/srv/site/_data", "/srv/www/backups", '"/srv/www/my feeds"'],
    }
    assert units.written_folders(one.config) == {
        Path("/srv/site/_data"): False,
        Path("/srv/www/backups"): False,
        Path("/srv/www/my feeds"): False,
        Path("/var/lib/feedbot"): True,
    }


def test_a_state_directory_of_an_odd_name_is_a_path():
    assert folders(installation("/var/lib/feed bot"))["ReadWritePaths"] == ['"/var/lib/feed bot"']
    assert folders(installation("/var/lib"))["ReadWritePaths"] == ["/var/lib"]


def test_articles_that_lie_where_state_does_are_not_read_only():
    """All of a folder that holds state.db, or the feeds, is written to."""
    one = installation("/srv/site", articles={"paths": ["**/*.md"]}, feeds={"directory": "/srv/feeds"})
    assert folders(one)["ReadOnlyPaths"] == ["-/srv/site/config.yaml"]
    around = installation("/srv/site", articles={"paths": ["posts/*.md"]}, feeds={"directory": "posts/feeds"})
    assert folders(around) == {"ReadWritePaths": ["/srv/site"], "ReadOnlyPaths": ["-/srv/site/config.yaml"]}
    spaced = installation("/srv/my site", articles={"paths": ["posts/*.md"]})
    assert '"-/srv/my site/posts"' in folders(spaced)["ReadOnlyPaths"]


def test_a_service_waits_for_the_disks_of_what_it_reads_and_writes():
    one = installation(
        "/etc/feedbot",
        articles={"paths": ["/srv/site/*.md"]},
        feeds={"directory": "/srv/site/feeds"},
        state="/mnt/disk/state.db",
    )
    text = units.daemon(one, Manager.SYSTEM, FOLDER).text
    assert values(text, "RequiresMountsFor") == ["/etc/feedbot", "/mnt/disk", "/srv/site"]


def test_the_times_are_those_of_the_config():
    one = installation(schedule={"check": "20m", "read": "5m"}, checker={"max_run_s": 1000})
    service, timer = units.once(one, Manager.SYSTEM, FOLDER)
    assert values(timer.text, "OnUnitInactiveSec") == ["20min"]
    assert values(service.text, "TimeoutStartSec") == ["4600s"]
    assert units.crontab_line(one).startswith("*/20 * * * * ")


def test_what_another_run_has_begun_is_no_failure_and_what_a_person_must_mend_is_not_tried_again():
    made = all_units(installation())
    assert values(made["system run"].text, "SuccessExitStatus") == ["75"]
    assert values(made["system service"].text, "RestartPreventExitStatus") == ["2 3"]


def test_a_name_that_a_unit_cannot_hold_is_refused():
    with pytest.raises(InvalidWord):
        units.daemon(installation("/srv/it's"), Manager.SYSTEM, FOLDER)


def test_the_template_leaves_its_name_to_systemd_and_nothing_else():
    text = units.many(("/opt/100%i/feedbot",), "feedbot", FOLDER).text
    command = '"/opt/100%%i/feedbot" --config /var/lib/feedbot/%i/config.yaml run'
    assert values(text, "ExecStart") == [command]
    assert values(text, "StateDirectory") == ["feedbot/%i"]


DOCUMENTED = installation(command=("/opt/feedbot/bin/feedbot",))


@pytest.mark.parametrize(
    "file",
    [
        units.daemon(DOCUMENTED, Manager.SYSTEM, FOLDER),
        *units.once(DOCUMENTED, Manager.SYSTEM, FOLDER),
        units.many(DOCUMENTED.command, "feedbot", FOLDER),
        units.sysusers(Path("/etc/sysusers.d")),
    ],
    ids=lambda file: file.path.name,
)
def test_the_units_in_the_docs_are_those_that_the_command_writes(project, file):
    name = "sysusers.conf" if file.path.suffix == ".conf" else file.path.name
    assert (project / "docs" / "systemd" / name).read_text(encoding="utf-8") == file.text
