"""What of an answer of the name server may be asked; that nothing else is, the contract shows on every wire."""

import ipaddress

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import CarriedFailure
from feedbot.wire.peers import vetted
from feedbot.wire.vetting import VettingBackend
from tests.wire.scripted import PUBLIC, RecordingBackend, ScriptedResolver

EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
SIX = "2606:4700::1"


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ((PUBLIC,), (PUBLIC,)),
        (("10.0.0.1", PUBLIC, "::1"), (PUBLIC,)),
        (("1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"), ("1.1.1.1", "1.1.1.2", "1.1.1.3")),
        # The family that the name server named first begins, then they take turns.
        ((SIX, "2606:4700::2", "2606:4700::3", PUBLIC), (SIX, PUBLIC, "2606:4700::2")),
        ((PUBLIC, "1.1.1.2", SIX), (PUBLIC, SIX, "1.1.1.2")),
    ],
)
def test_the_public_ones_are_asked_three_at_most_families_in_turn(found, asked):
    assert vetted(found, ()) == asked


def test_where_none_is_public_the_first_says_why():
    answer = vetted(("10.0.0.1", "::1"), ())
    assert answer == Failure(FailureKind.POLICY_ADDRESS, "10.0.0.1 is a private address")


async def test_unix_sockets_are_refused_always():
    backend = RecordingBackend()
    door = VettingBackend(ScriptedResolver(default="fe80::1%lo"), EVERYTHING, backend)
    with pytest.raises(CarriedFailure, match="unix socket"):
        await door.connect_unix_socket("/run/docker.sock")
    with pytest.raises(CarriedFailure, match="zone"):
        await door.connect_tcp("a.test", 80)
    assert backend.connects == []
