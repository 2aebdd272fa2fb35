"""How many faults the tests of this folder make: few as a rule, and as many as FEEDBOT_FAULTS says."""

import os

_ASKED = os.environ.get("FEEDBOT_FAULTS")


def number(short: int, share: float = 1.0) -> int:
    """`short` as a rule; with FEEDBOT_FAULTS=N that share of N, and never fewer than `short`."""
    return short if _ASKED is None else max(short, int(int(_ASKED) * share))


def spread(length: int, wanted: int) -> list[int]:
    """So many of the places 0 to `length` - 1, evenly from all of them; all where they are not more."""
    if wanted >= length:
        return list(range(length))
    return [place * length // wanted for place in range(wanted)]
