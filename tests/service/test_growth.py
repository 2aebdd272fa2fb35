"""What the daemon has in memory and open does not grow with the slots that it goes through."""

import subprocess
import sys
from pathlib import Path

from tests.service.daemons import schedule
from tests.service.measured import SLOTS

# Of what Python knows of, for each slot of reading with what follows it; of what it does not know of, altogether.
MOST_A_SLOT = 2048
MOST_MORE_KIB = 16 * 1024


def grown(news, *words):
    """By how many bytes, KiB and open files the daemon grew."""
    schedule(news, read="0.05s", check="0.05s", watch="true")
    news.site.answers["/flapping"] = 503
    for name in ("one", "two", "flapping"):
        news.article(name)
    script = [sys.executable, str(Path(__file__).with_name("measured.py")), str(news.config_file), *words]
    done = subprocess.run(script, check=False, capture_output=True, text=True, cwd=news.folder, timeout=300)
    assert done.returncode == 0, done.stderr
    before, after = (tuple(map(int, line.split())) for line in done.stdout.splitlines())
    return tuple(now - then for now, then in zip(after, before, strict=True))


def test_a_slot_leaves_nothing_in_memory_and_no_file_open(news):
    traced, kib, descriptors = grown(news)
    assert traced < SLOTS * MOST_A_SLOT
    assert kib < MOST_MORE_KIB
    assert descriptors <= 2


def test_a_daemon_that_kept_four_kilobytes_and_an_open_file_of_each_slot_would_be_noticed(news):
    traced, _, descriptors = grown(news, "leaking")
    assert traced > SLOTS * MOST_A_SLOT
    assert descriptors > 2
