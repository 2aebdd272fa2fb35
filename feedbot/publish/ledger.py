"""feeds/ids.json, the ledger of identities: an empty state.db beside it builds the same bytes.

Keys and values are those of version 1, forever; a change of meaning is a new version.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from feedbot.core.identity import Identity
from feedbot.core.slug import RESERVED_SLUGS, is_slug, topic_key
from feedbot.errors import PublishError, why_unreadable

LEDGER_NAME = "ids.json"
LEDGER_VERSION = 1


class LedgerBroken(PublishError):
    """The ledger's content is no ledger: cut short, merged wrongly, edited by hand."""


@dataclass(frozen=True, slots=True)
class LedgerTopic:
    """A topic that has been given an address; `key` is topic_key(name)."""

    key: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything about ids and addresses that readers rely on."""

    topics: tuple[LedgerTopic, ...] = ()
    identities: tuple[Identity, ...] = ()


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Version(msgspec.Struct):
    version: int


class _Topic(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    slug: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    path: str
    source: str
    id: str
    published: _Time
    updated: _Time
    digest: str
    own: bool = False


class LedgerEntry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An identity as the ledger has it: times in UTC, as text, in whole seconds (`2026-11-01T12:00:00Z`)."""

    path: str
    source: str
    id: str
    published: str
    updated: str
    digest: str
    own: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    topics: list[_Topic]
    entries: list[_Entry]


class _Written(msgspec.Struct):
    version: int
    topics: list[_Topic]
    entries: list[LedgerEntry]


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file; empty where there is no such file.

    Raises LedgerBroken, naming the file, where it is broken, PublishError where it cannot be read or
    is of a newer feedbot: writing over it would change ids under subscribers.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Ledger()
    except NotADirectoryError:
        raise PublishError(
            f"{path.parent}: is a file, and feeds need a folder; move it away, or name another one (feeds.directory)"
        ) from None
    except OSError as error:
        raise PublishError(f"{path}: cannot be read: {why_unreadable(error)}") from error
    try:
        version = msgspec.json.decode(raw, type=_Version).version
        if version != LEDGER_VERSION:
            raise PublishError(
                f"{path}: is version {version} and this feedbot knows version {LEDGER_VERSION}; upgrade feedbot"
            )
        file = msgspec.json.decode(raw, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _broken(path, str(error)) from None
    ledger = Ledger(
        topics=tuple(LedgerTopic(topic_key(topic.name), topic.name, topic.slug) for topic in file.topics),
        identities=tuple(_identity(entry) for entry in file.entries),
    )
    for what, values in (
        ("id", (identity.id for identity in ledger.identities)),
        ("topic", (topic.key for topic in ledger.topics)),
        ("slug", (topic.slug.casefold() for topic in ledger.topics)),
    ):
        if (twice := _first_repeated(values)) is not None:
            raise _broken(path, f"the {what} {twice!r} is there twice")
    for topic in ledger.topics:
        # The JSON Feed of a topic `ids` would be written over this very file.
        if not is_slug(topic.slug) or topic.slug in RESERVED_SLUGS:
            raise _broken(path, f"the topic {topic.name!r} cannot have the slug {topic.slug!r}")
    return ledger


def ledger_bytes(ledger: Ledger) -> bytes:
    """The ledger as pretty, sorted JSON: the same ledger gives the same bytes, in any order of its parts.

    Raises PublishError for text that UTF-8 cannot carry.
    """
    entries = [_entry(identity) for identity in ledger.identities]
    return written_ledger(ledger.topics, sorted(entries, key=lambda entry: (entry.path, entry.id)))


def written_ledger(topics: Iterable[LedgerTopic], entries: list[LedgerEntry]) -> bytes:
    """The same of entries that are in the order of path and id; of a hundred thousand, no time is parsed."""
    named = [_Topic(topic.name, topic.slug) for topic in sorted(topics, key=lambda t: (t.slug, t.name))]
    try:
        return msgspec.json.format(msgspec.json.encode(_Written(LEDGER_VERSION, named, entries)), indent=2) + b"\n"
    except UnicodeEncodeError as error:
        raise PublishError(f"{LEDGER_NAME}: cannot be written: {error.object!r:.200} is not UTF-8") from None


def _identity(entry: _Entry) -> Identity:
    return Identity(
        id=entry.id,
        path=entry.path,
        source=entry.source,
        published_at=entry.published.astimezone(UTC),
        updated_at=entry.updated.astimezone(UTC),
        digest=entry.digest,
        own_id=entry.own,
    )


def _entry(identity: Identity) -> LedgerEntry:
    return LedgerEntry(
        path=identity.path,
        source=identity.source,
        id=identity.id,
        published=_text(identity.published_at),
        updated=_text(identity.updated_at),
        digest=identity.digest,
        own=identity.own_id,
    )


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _broken(path: Path, why: str) -> LedgerBroken:
    return LedgerBroken(f"{path}: is broken: {why}; restore it from a backup: it holds the ids that subscribers know")


def _first_repeated(values: Iterable[str]) -> str | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)
