"""Workers of a cluster, and the command that gives them work, are killed at some moment: no look is lost or doubled.

The workers ask from networks of their own, so that the servers know who asks.
"""

import json
import subprocess
import sys

import pytest

from tests.faults.cluster_apart import DELAY_S, WORKERS
from tests.faults.how_many import number

SEED = 20261125
ROUNDS = number(1, 0.02)
IN_A_NETWORK = ["unshare", "--map-root-user", "--net"]
# What a shard brings is put on record as often as it comes, and the first of it comes twice.
COUNTED_TWICE = """
from feedbot.state import runs
_add = runs.add_observations
def add_observations(connection, run_id, judged):
    looks = list(judged)
    numbers = _add(connection, run_id, looks)
    _add(connection, run_id, looks[:1])
    return numbers
runs.add_observations = add_observations
"""


def _may_have_networks():
    words = [*IN_A_NETWORK, "ip", "link", "add", "v", "type", "veth", "peer", "name", "w"]
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


network_needed = pytest.mark.skipif(
    not _may_have_networks(), reason="may be skipped: needs ip, and network namespaces of its own"
)
pytestmark = network_needed


@pytest.fixture(scope="module")
def found(request, tmp_path_factory):
    """What came of all rounds, and of the control."""
    words = [*IN_A_NETWORK, sys.executable, "-m", "tests.faults.cluster_apart"]
    words += [tmp_path_factory.mktemp("cluster"), str(ROUNDS), str(SEED), COUNTED_TWICE]
    done = subprocess.run(words, cwd=request.config.rootpath, check=True, capture_output=True, text=True)
    print(f"seed {SEED}, {ROUNDS} rounds: {done.stdout}")  # noqa: T201 - of a long run
    return json.loads(done.stdout)


def test_a_check_in_a_cluster_loses_and_doubles_nothing_though_workers_and_command_are_killed(found):
    assert (found["wrong"], found["said"]) == ([], [])
    assert found["killed workers"] == 2 * ROUNDS
    assert set(found["asked"]) == {f"10.7.{number}.2" for number in range(1, WORKERS + 1)}
    assert found["most at once"] == 1
    assert found["seconds between two"] > DELAY_S


def test_a_coordinator_that_counts_what_comes_twice_is_found_out(found):
    """A negative control of the test above."""
    assert found["twice on record in the control"] > 0
