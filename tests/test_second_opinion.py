"""With two places to ask from, no link dies because one of them is turned away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.test_cluster import IN_A_NETWORK, network_needed

NOT_FOUND = "404 on GET: not found"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Where links at their last strike stand after it, in a cluster whose two workers ask from places of their own."""
    words = [*IN_A_NETWORK, sys.executable, "-m", "tests.faults.cluster_places", tmp_path_factory.mktemp("places")]
    done = subprocess.run(words, cwd=Path(__file__).parent.parent, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def one(kind, pattern):
    """Which of the two places asks first is the cluster's to decide."""
    places = ("virginia", "frankfurt")
    return [[kind, pattern.format(here=here, there=there)] for here, there in (places, places[::-1])]


@network_needed
def test_what_answers_from_another_place_is_blocked_and_not_dead(found):
    assert found["asked twice"]["open"] in one("blocked", NOT_FOUND + "; answers from {there}, not from {here}")


@network_needed
def test_what_both_places_do_not_find_is_dead(found):
    assert found["asked twice"]["shut"] in one("dead", NOT_FOUND + "; from {there} it is no better")


@network_needed
def test_what_turns_the_second_place_away_is_blocked(found):
    assert found["asked twice"]["wall"] in one("blocked", NOT_FOUND + "; from {there} it is blocked, 403")


@network_needed
def test_both_places_are_shown_and_what_was_stored_is_judged_the_same_again(found):
    assert "too, where it was alive, 200" in found["shown"]
    assert found["judged again"] == []


@network_needed
def test_a_last_strike_waits_an_hour_where_the_second_place_is_lost(found):
    *stands, verdict, reason, again_s = found["waits"]
    assert stands == ["failing", NOT_FOUND]
    assert (verdict, reason) == (
        "unknown",
        f"the last strike does not count yet, not asked from a second place ({NOT_FOUND})",
    )
    assert 3590 < again_s < 3610


@network_needed
def test_with_one_place_left_a_last_strike_counts_as_ever(found):
    assert found["one place"]["gone"] == ["dead", NOT_FOUND]
