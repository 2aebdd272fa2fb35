"""The door to a socket by itself; what goes through it from outside is in test_hostile_targets.py."""

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import CarriedFailure
from feedbot.wire.vetting import VettingBackend, vetted
from tests.wire.counted import EVERYTHING
from tests.wire.scripted import PUBLIC, RecordingBackend, ScriptedResolver

OTHERS = ("93.184.216.35", "2606:2800:21f:cb07::1", "2606:2800:21f:cb07::2")


async def test_unix_sockets_and_zones_are_refused_always():
    backend = RecordingBackend()
    door = VettingBackend(ScriptedResolver(default="fe80::1%lo"), EVERYTHING, backend)
    with pytest.raises(CarriedFailure, match="unix socket"):
        await door.connect_unix_socket("/run/docker.sock")
    with pytest.raises(CarriedFailure, match="zone"):
        await door.connect_tcp("a.test", 80)
    assert backend.connects == []


def test_of_a_mixed_answer_the_public_ones_pass_three_at_most_families_in_turn():
    assert vetted(("10.0.0.1", PUBLIC, "::1"), ()) == (PUBLIC,)
    assert vetted((PUBLIC, "127.0.0.1", *OTHERS), ()) == (PUBLIC, OTHERS[1], OTHERS[0])


def test_what_has_no_public_address_is_refused_with_the_first_reason():
    assert vetted(("10.0.0.1", "::1"), ()) == Failure(FailureKind.POLICY_ADDRESS, "10.0.0.1 is a private address")
    assert vetted((), ()) == Failure(FailureKind.POLICY_ADDRESS, "name has no address")
