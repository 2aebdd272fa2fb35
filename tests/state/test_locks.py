"""Who holds a lock, and who shares one."""

import subprocess
import sys
from pathlib import Path

import pytest

from feedbot.errors import LockHeld
from feedbot.state.locks import hold, holder_of, share


@pytest.mark.parametrize(
    ("line", "holder"),
    [
        ("1: FLOCK  ADVISORY  WRITE 16802 fe:00:{inode} 0 EOF", "feedbot run, process 7"),
        ("2: FLOCK  ADVISORY  WRITE 16802 00:2b:{inode} 0 EOF", "feedbot run, process 7"),
        ("1: -> FLOCK  ADVISORY  WRITE 16802 fe:00:{inode} 0 EOF", None),
        ("1: POSIX  ADVISORY  WRITE 16802 fe:00:{inode} 0 EOF", None),
        ("1: FLOCK  ADVISORY  WRITE 16802 fe:00:9{inode} 0 EOF", None),
        ("", None),
    ],
)
def test_the_holder_is_named_where_the_system_knows_of_the_lock(tmp_path: Path, line: str, holder: str | None) -> None:
    path = tmp_path / "state.db.daemon.lock"
    path.write_text("feedbot run, process 7", encoding="utf-8")
    assert holder_of(path, line.format(inode=path.stat().st_ino)) == holder


def test_a_lock_file_that_never_was_is_held_by_nobody(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "state.db.daemon.lock", "1: FLOCK  ADVISORY  WRITE 1 fe:00:1 0 EOF") is None


def test_many_share_a_lock_and_nobody_holds_it_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "state.db.open.lock"
    with share(path, who="one"), share(path, who="two"), pytest.raises(LockHeld, match="held by two, process"):
        with hold(path, who="a third"):
            pass
    with hold(path, who="a third"), pytest.raises(LockHeld, match="held by a third, process"):
        with share(path, who="one"):
            pass


def test_of_those_who_shared_it_the_one_who_still_does_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db.open.lock"
    script = (
        "import sys, pathlib; from feedbot.state.locks import share\nwith share(pathlib.Path(sys.argv[1]), who='it'): 0"
    )
    with share(path, who="a test"):
        subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
        assert "it, process" in path.read_text(encoding="utf-8")
        with pytest.raises(LockHeld, match="held by a test, process"), hold(path, who="a third"):
            pass
    assert path.read_text(encoding="utf-8") == ""


def test_a_disk_without_room_for_the_name_is_no_reason_not_to_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db.check.lock"
    script = (
        "import resource, sys, pathlib; from feedbot.state.locks import hold, share\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "with hold(pathlib.Path(sys.argv[1]), who='it'): print('held')\n"
        "with share(pathlib.Path(sys.argv[1]), who='it'): print('shared')"
    )
    done = subprocess.run([sys.executable, "-c", script, path], check=False, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("held\nshared\n", "")
