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
mkfifo "$ORDERS" "$ANSWERS"
{sys.executable} -P -m tests.faults.forked_for_shells "$ORDERS" "$ANSWERS" $$ "$BREAKS" &
forks=$!
trap 'kill $forks; wait $forks || true' EXIT
feedbot() {{ printf '%s\\0' "$PWD" "$@" > "$ORDERS"; read -r ended < "$ANSWERS"; return "$ended"; }}
fill() {{ head -c 100M /dev/zero > "$1" 2>/dev/null || true; }}
"""


def on_disks_of_its_own(folder: Path, mount: str, script: str, breaks: str = "") -> None:
    """Run a shell script in a folder, after the commands that mount; what those mount is gone when it ends.

    `breaks` is what the command `feedbot` does to itself before its first step, for the controls of the tests.
    """
    told = {name: str(folder.with_name(name.lower())) for name in ("ORDERS", "ANSWERS")}
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", f"({mount}) || exit 99\n{_BEGIN}{script}"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **told, "BREAKS": breaks},
    )
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip(f"{MAY_BE_SKIPPED}nobody may mount here: {done.stderr}")
    assert done.returncode == 0, done.stderr
