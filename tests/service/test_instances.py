"""Two instances of feedbot@.service side by side, started as the unit says, each in a folder of its own."""

import shlex
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from feedbot.core.unit_text import read_command
from feedbot.service import units
from tests.publication import Publication
from tests.service.daemons import Daemon, Systemd, job, schedule, systemd, until

FEEDBOT = str(Path(sys.executable).with_name("feedbot"))
_TEMPLATE = units.many((FEEDBOT,), "feedbot", Path("/etc/systemd/system")).text


class Machine:
    """A machine whose /var/lib and /etc are folders of a test, and what systemd makes of feedbot@NAME there."""

    def __init__(self, folder: Path) -> None:
        self.state, self.etc = folder / "lib" / "feedbot", folder / "etc" / "feedbot"
        self.etc.mkdir(parents=True)

    def setting(self, key: str, name: str) -> list[str]:
        """The values of a setting of an instance's unit, with the paths of this machine."""
        lines = [line for line in _TEMPLATE.splitlines() if line.startswith(f"{key}=")]
        values = [line.partition("=")[2].replace("%i", name) for line in lines]
        return [
            value.replace("/var/lib/feedbot", str(self.state)).replace("/etc/feedbot", str(self.etc))
            for value in values
        ]

    def environment(self, name: str) -> dict[str, str]:
        """What the unit's files set; a later one comes before an earlier one."""
        found = {}
        for value in self.setting("EnvironmentFile", name):
            path = Path(value.removeprefix("-"))
            for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
                key, _, text = line.partition("=")
                found[key] = "".join(shlex.split(text))
        return found

    def start(self, stack: ExitStack, name: str) -> tuple[Daemon, Systemd]:
        """An instance under way, and what systemd hears of it."""
        (command,) = self.setting("ExecStart", name)
        heard = stack.enter_context(systemd(f"@feedbot-{id(self)}-{name}"))
        variables = {"NOTIFY_SOCKET": heard.address, **self.environment(name)}
        # Its folder is that of nobody, as systemd's is: the unit names each file in full.
        folder = self.state.parent / f"log-{name}"
        folder.mkdir()
        one = Daemon(folder, command=read_command(command), **variables)
        stack.callback(one.process.wait)
        stack.callback(one.process.kill)
        return one, heard


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def two(machine, site):
    """Two publications, each with an article and a topic of its own."""
    made = []
    for name, topic in (("news", "AI"), ("sports", "Football")):
        one = Publication(machine.state / name, site)
        schedule(one)
        one.article(f"{name}-story", topics=topic)
        made.append(one)
    return made


def test_two_instances_share_nothing(machine, two):
    news, sports = two
    (machine.etc / "environment").write_text("FEEDBOT__SITE__LANGUAGE=no\nFEEDBOT__SITE__TITLE=Nobody\n")
    (machine.etc / "news.environment").write_text('FEEDBOT__SITE__TITLE="The News"\n')
    (machine.etc / "sports.environment").write_text('FEEDBOT__SITE__TITLE="The Sports: all"\n')
    with ExitStack() as stack:
        (first, heard_first), (second, heard_second) = (machine.start(stack, name) for name in ("news", "sports"))
        for one in two:
            until(lambda one=one: (row := job(one, "check")) is not None and row["failures"] == 0)
        assert "READY=1" in heard_first.told
        assert "READY=1" in heard_second.told
        # A third that is one of the two finds it at work, and the other goes on.
        again = Daemon(machine.state, command=read_command(machine.setting("ExecStart", "news")[0]))
        assert again.process.wait(60) == 75
        assert first.end() == 0
        assert second.process.poll() is None
        assert second.end() == 0
    assert news.titles() == ["About news-story"]
    assert sports.titles() == ["About sports-story"]
    feeds = [(one.folder / "feeds" / "all.rss").read_text(encoding="utf-8") for one in two]
    assert "<title>The News</title>" in feeds[0]
    assert "<title>The Sports: all</title>" in feeds[1]
    assert all("<language>no</language>" in text for text in feeds)
    assert not (news.folder / "feeds" / "football.rss").exists()
    # Nothing lies outside of the two folders but what this test wrote.
    assert sorted(path.name for path in machine.state.iterdir()) == ["log", "news", "sports"]
    for one in two:
        assert (one.folder / "state.db").exists()
        assert (one.folder / "state.db.daemon.lock").exists()


def test_one_instance_that_cannot_start_leaves_the_other_alone(machine, two):
    (machine.etc / "sports.environment").write_text("FEEDBOT__SPORT=football\n")
    with ExitStack() as stack:
        (first, _), (second, _) = (machine.start(stack, name) for name in ("news", "sports"))
        assert second.process.wait(60) == 3
        assert "FEEDBOT__SPORT: sets no key of the config" in second.said
        until((two[0].folder / "feeds" / "all.rss").exists)
        assert first.end() == 0
