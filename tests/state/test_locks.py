"""Who holds a lock, by what the system tells of all locks."""

from pathlib import Path

import pytest

from feedbot.state.locks import holder_of


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
