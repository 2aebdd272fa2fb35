"""Disks of a test's own: a small one that can be filled, and one that cannot be written; no other process sees them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MAY_BE_SKIPPED

_TOP = Path(__file__).parents[2]
# A name for the command, and one that fills a disk and goes on.
_BEGIN = f"""set -e
export PYTHONPATH={_TOP}
feedbot() {{ {sys.executable} "$PROGRAM" "$@"; }}
fill() {{ head -c 100M /dev/zero > "$1" 2>/dev/null || true; }}
"""


def on_disks_of_its_own(folder: Path, mount: str, script: str, breaks: str = "") -> None:
    """Run a shell script in a folder, after the commands that mount; what those mount is gone when it ends.

    `breaks` is what the command `feedbot` does to itself before its first step, for the controls of the tests.
    """
    program = folder.with_name("program.py")
    program.write_text(f"{breaks}\nfrom feedbot.cli.main import entry_point\nentry_point()\n", encoding="utf-8")
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", f"({mount}) || exit 99\n{_BEGIN}{script}"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PROGRAM": str(program)},
    )
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip(f"{MAY_BE_SKIPPED}nobody may mount here: {done.stderr}")
    assert done.returncode == 0, done.stderr
