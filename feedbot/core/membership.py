"""Which articles the feed of a topic holds, by the topics that they name. All names here are keys (core/slug.py)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Membership:
    """The articles that name one of `own`; '' is named by every article."""

    own: tuple[str, ...]


EVERYTHING = Membership(("",))


def former_names(was: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Earlier name -> the name that counts now, of what each topic `was`.

    Raises ValueError where an earlier name is a topic of its own, or another's earlier name as well.
    """
    found: dict[str, str] = {}
    for key, names in sorted(was.items()):
        for name in names:
            if name in was:
                raise ValueError(f"{name!r} was renamed to {key!r}: what is said of it is to be said there")
            if found.setdefault(name, key) != key:
                raise ValueError(f"{name!r} cannot have become both {found[name]!r} and {key!r}")
    return found


def membership(key: str, former: Mapping[str, str]) -> Membership:
    """What the feed of a topic holds; one that was renamed goes on with what its new name holds."""
    return Membership(_names_of(key, former))


def _names_of(key: str, former: Mapping[str, str]) -> tuple[str, ...]:
    now = former.get(key, key)
    return (now, *sorted(name for name, current in former.items() if current == now))
