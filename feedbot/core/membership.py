"""Which articles the feed of a topic holds, by the topics that they name. All names here are keys (core/slug.py)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Combination:
    """A topic made of others: articles on one of `any_of`, on each of `all_of`, and on none of `none_of`."""

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an article says of itself, to be in a feed: each that is given must hold.

    Its category is one of `categories`, its provider's name or domain one of `providers` (both compared as the names
    of topics are); a quality or heat that it does not say is below every minimum.
    """

    categories: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    min_quality: float | None = None
    min_heat: float | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The articles that name one of `own`; '' is named by every article.

    Where `every` holds groups: also those that name one of each group, and none of `none`, and meet the conditions.
    """

    own: tuple[str, ...]
    every: tuple[tuple[str, ...], ...] = ()
    none: tuple[str, ...] = ()
    where: Conditions = Conditions()


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


def require_plain_parts(combined: Mapping[str, Combination], former: Mapping[str, str]) -> None:
    """Raises ValueError where a topic is made of one that is made of others, such as itself."""
    for key, one in sorted(combined.items()):
        for name in (*one.any_of, *one.all_of, *one.none_of):
            if former.get(name, name) in combined:
                raise ValueError(f"{key!r} cannot be made of {name!r}, which is combined itself")


def membership(key: str, former: Mapping[str, str], combined: Mapping[str, Combination]) -> Membership:
    """What the feed of a topic holds; one that was renamed goes on with what its new name holds.

    An article that names a combined topic is in its feed, whatever else it names.
    """
    own = _names_of(key, former)
    if (one := combined.get(own[0])) is None:
        return Membership(own)
    any_of = tuple(name for part in one.any_of for name in _names_of(part, former))
    all_of = tuple(_names_of(part, former) for part in one.all_of)
    every = (any_of, *all_of) if any_of else all_of
    none = tuple(name for part in one.none_of for name in _names_of(part, former))
    return Membership(own, every or (EVERYTHING.own,), none)


def further_membership(topics: Iterable[str], where: Conditions, former: Mapping[str, str]) -> Membership:
    """What a further feed holds: articles on one of these topics, where there are any, that meet the conditions."""
    group = tuple(name for topic in topics for name in _names_of(topic, former))
    return Membership(own=(), every=(group or EVERYTHING.own,), where=where)


def _names_of(key: str, former: Mapping[str, str]) -> tuple[str, ...]:
    """The name that counts now, and its earlier ones."""
    now = former.get(key, key)
    return (now, *sorted(name for name, current in former.items() if current == now))
