"""Benchmarks that are too long for every day do their work in small, so that they can be run when they are wanted."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def ran(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_state_of_many_links_is_filled_asked_and_tidied(tmp_path):
    told = ran("benchmarks/scale/state.py", "8", "4", str(tmp_path))
    assert "200 links, 800 looks" in told
    for what in ("looks recorded", "before retention", "what is due, a slot", "status", "why", "rolled up", "vacuum"):
        assert what in told
