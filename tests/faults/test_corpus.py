"""What the fuzzer has found so far ends well, each input of it (`fuzzing.py`, which needs another environment)."""

import re

import pytest

from feedbot.core import url
from feedbot.publish import xml_text
from tests.faults.corpus import kept
from tests.faults.fuzz_targets import TARGETS


def ends_badly(target: str) -> list[bytes]:
    """The inputs that are kept and raise."""
    found = []
    for data in kept(target):
        try:
            TARGETS[target](data)
        except Exception:  # noqa: BLE001 - that is what is looked for
            found.append(data)
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_that_reached_something_new_ends_well(target):
    assert len(kept(target)) > 30
    assert ends_badly(target) == []


NOTHING, EVERYTHING = re.compile("(?!)"), re.compile(".+", re.DOTALL)


@pytest.mark.parametrize(
    ("target", "module", "name", "matches"),
    [("feed", xml_text, "_ILLEGAL", NOTHING), ("url", url, "_NORMALISED", EVERYTHING)],
    ids=["characters that XML forbids are written", "every address is taken for a canonical one"],
)
def test_a_product_without_a_guard_is_found_out_by_what_is_kept(monkeypatch, target, module, name, matches):
    """The negative controls of the test above."""
    monkeypatch.setattr(module, name, matches)
    assert ends_badly(target)
