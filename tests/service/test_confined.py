"""The service does its work within what its unit leaves it, and a web server reads what it writes."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from feedbot.service import units
from feedbot.service.units import Installation, Manager
from tests.publication import Publication
from tests.service.confining import settings
from tests.service.daemons import daemon, schedule, systemd, until

FEEDBOT = str(Path(sys.executable).with_name("feedbot"))
CONFINING = Path(__file__).with_name("confining.py")
FOLDER = Path("/etc/systemd/system")
SOMEBODY_ELSE = 65534
_IS_ROOT = os.geteuid() == 0
_MAY_MOUNT = (
    _IS_ROOT and subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0
)

pytestmark = [
    pytest.mark.debian("systemd", "systemd-analyze"),
    pytest.mark.skipif(not _MAY_MOUNT, reason="may be skipped: only root can mount, and become another user"),
]


def installation(news):
    return Installation((FEEDBOT,), news.config_file, news.config)


def confined(tmp_path, unit, *words):
    """The words of a command that runs as the unit says."""
    path = tmp_path / unit.path.name
    path.write_text(unit.text, encoding="utf-8")
    return ["unshare", "--mount", sys.executable, str(CONFINING), str(path), *words]


@pytest.fixture
def busy_news(tmp_path, site):
    """A publication whose links are asked by processes of their own."""
    return Publication(tmp_path / "news", site, more="  workers: 2\nserve: {port: 0}\n")


def test_the_service_does_its_work_within_its_unit(tmp_path, busy_news, site):
    news = busy_news
    schedule(news, watch="true")
    site.answers["/lost"] = 404
    for name in ("one", "two", "lost"):
        news.article(name)
    unit = units.daemon(installation(news), Manager.SYSTEM, FOLDER, serve=True)
    with systemd(str(tmp_path / "notify")) as heard:
        environment = {"NOTIFY_SOCKET": heard.address, "WATCHDOG_USEC": "1000000"}
        with daemon(news, command=confined(tmp_path, unit), **environment) as one:
            until(lambda: any("2 alive, 1 missing" in line for line in heard.statuses()) or one.process.poll())
            one.until_said("article files are watched")
            address = re.search(r" at (http://127\.0\.0\.1:\d+/\S*)", one.said)[1]
            with urlopen(f"{address}all.atom", timeout=60) as answer:
                assert b"About one" in answer.read()
            until(lambda: heard.count("WATCHDOG=1") >= 3)
            assert one.end() == 0
    assert heard.count("READY=1") == 1
    assert heard.told[-1] == "STOPPING=1"
    assert " ERROR " not in one.said
    assert " WARNING " not in one.said


def test_a_run_of_the_timer_does_its_work_within_its_unit(tmp_path, busy_news):
    busy_news.article("one")
    unit, _ = units.once(installation(busy_news), Manager.SYSTEM, FOLDER)
    # The first backup is a day away.
    back_up = [FEEDBOT, "--config", str(busy_news.config_file), "db", "backup"]
    for words in ([], back_up):
        command = confined(tmp_path, unit, *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
    assert busy_news.titles() == ["About one"]
    assert list((busy_news.folder / "backups").iterdir())


@pytest.mark.parametrize(
    ("attempt", "why"),
    [
        ("open('/opt/a-file', 'w')", "Read-only file system"),
        ("open('config.yaml', 'a')", "Read-only file system"),
        ("open('articles/new.md', 'w')", "Read-only file system"),
        ("__import__('mmap').mmap(-1, 4096, prot=7)", "Operation not permitted"),
        ("__import__('os').nice(1)", "Operation not permitted"),
        ("__import__('os').chown('.', 1, 1)", "Operation not permitted"),
        ("__import__('socket').socket(17, 2)", "Address family not supported"),
        ("open('state.db', 'w')", None),
    ],
)
def test_the_confinement_is_one(tmp_path, busy_news, attempt, why):
    unit = units.daemon(installation(busy_news), Manager.SYSTEM, FOLDER)
    command = confined(tmp_path, unit, sys.executable, "-c", attempt)
    done = subprocess.run(command, cwd=busy_news.folder, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (why is None), done.stderr
    assert why is None or why in done.stderr


@pytest.fixture
def public_folder():
    """A folder such as StateDirectory= makes it, 0755, on a path that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(("changed_umask", "is_readable"), [(None, True), ("0077", False)])
def test_another_user_reads_the_feeds_under_the_umask_of_the_unit(public_folder, site, changed_umask, is_readable):
    news = Publication(public_folder / "news", site)
    news.folder.chmod(0o755)
    news.article("one")
    unit = units.daemon(installation(news), Manager.SYSTEM, FOLDER)
    umask = int(changed_umask or settings(unit.text, "UMask")[0], 8)
    command = [FEEDBOT, "--config", str(news.config_file), "build"]
    subprocess.run(command, check=True, capture_output=True, umask=umask, timeout=60)
    for name in ("all.rss", "all.atom.gz", "index.html"):
        read = ["cat", str(news.folder / "feeds" / name)]
        done = subprocess.run(
            read, check=False, capture_output=True, user=SOMEBODY_ELSE, group=SOMEBODY_ELSE, extra_groups=[], cwd="/"
        )
        assert (done.returncode == 0) == is_readable, done.stderr
