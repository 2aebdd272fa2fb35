"""The address of a topic: a readable ASCII slug that, once given, never changes."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from slugify import slugify

MAX_SLUG_LENGTH = 80

RESERVED_SLUGS = frozenset(
    {"all", "index", "about", "feeds", "ids", "archive", "reports", "con", "prn", "aux", "nul"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in range(10)}
)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
# C++ stays one word, R&D becomes three.
_SPOKEN = str.maketrans({"+": "plus", "#": "sharp", "&": " and "})


def topic_key(name: str) -> str:
    """What makes two names one topic: equal after NFC, case folding and white-space collapse."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def is_slug(text: str) -> bool:
    """True for lower-case ASCII words joined by hyphens, at most 80 characters; it may be a reserved name."""
    return _SLUG.fullmatch(text) is not None and len(text) <= MAX_SLUG_LENGTH


def assign_slugs(names: Iterable[str], given: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, str]:
    """The slug of every topic, by key: those already `given`, unchanged, and one for each new name.

    `given` and `fixed` (the configuration's) are by topic key. A slug is ASCII words joined by
    hyphens, at most 80 characters, no reserved name, unique. Of new topics that would share one,
    the first by key has it; the others end in `-<8 hex>` of their key's sha256, so that neither
    the order nor the spelling of the names matters.

    Raises ValueError where `fixed` names a slug that cannot be, gives one slug to two topics, or
    differs from `given`: a feed's address never changes under its readers.
    """
    _check_fixed(given, fixed)
    slugs = dict(given)
    taken = {slug.casefold() for slug in (*given.values(), *fixed.values())}
    for key in sorted({topic_key(name) for name in names} - given.keys()):
        if key in fixed:
            slugs[key] = fixed[key]
            continue
        slugs[key] = _free_slug(key, taken)
        taken.add(slugs[key])
    return slugs


def _check_fixed(given: Mapping[str, str], fixed: Mapping[str, str]) -> None:
    owners = {slug.casefold(): key for key, slug in given.items()}
    for key, slug in sorted(fixed.items()):
        if not is_slug(slug):
            raise ValueError(
                f"topic {key!r}: {slug!r} is no slug: lower-case ASCII words joined by hyphens, at most 80 characters"
            )
        if slug in RESERVED_SLUGS:
            raise ValueError(f"topic {key!r}: the slug {slug!r} is reserved")
        if given.get(key, slug) != slug:
            raise ValueError(
                f"topic {key!r}: is published as {given[key]!r} and cannot become {slug!r}: "
                "a feed's address never changes under its readers"
            )
        owner = owners.setdefault(slug, key)
        if owner != key:
            raise ValueError(f"topics {owner!r} and {key!r} cannot both have the slug {slug!r}")


def _free_slug(key: str, taken: set[str]) -> str:
    words = _words(key)
    if words and len(words) <= MAX_SLUG_LENGTH and words not in RESERVED_SLUGS and words not in taken:
        return words
    counter = 0
    while True:
        # The counter is for a topic that is named like another's suffixed slug.
        text = f"{key}\n{counter}" if counter else key
        # A key may hold lone surrogates, which UTF-8 refuses.
        suffix = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        slug = f"{_cut(words or 'topic', MAX_SLUG_LENGTH - len(suffix) - 1)}-{suffix}"
        if slug not in taken:
            return slug
        counter += 1


def _words(key: str) -> str:
    """The key as lower-case ASCII words joined by hyphens; empty where nothing of it can be said so."""
    said = slugify(key.translate(_SPOKEN), entities=False, decimal=False, hexadecimal=False)
    return _NOT_SLUG.sub("-", said).strip("-")


def _cut(words: str, length: int) -> str:
    """The whole words that fit into this many characters; a part of the first where even that does not fit."""
    if len(words) <= length:
        return words
    head = words[: length + 1].rpartition("-")[0]
    return head or words[:length]
