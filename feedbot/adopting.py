"""The ids of an earlier publisher's feed, taken over before the first build, so that nothing is unread again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feedbot.articles.earlier_feed import EarlierEntry, earlier_entries
from feedbot.config import Config
from feedbot.core.identity import Identity, is_absolute_uri
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import FeedbotError, UsageError
from feedbot.publish.files import publish_file
from feedbot.publish.ledger import LEDGER_NAME, Ledger, ledger_bytes, read_ledger
from feedbot.state import identities
from feedbot.state.database import open_for_reading

# A digest of no version: what it is compared with says nothing of an editor's change.
_NO_DIGEST = "0:"


@dataclass(frozen=True, slots=True)
class Adoption:
    """How many ids were taken over, how many were known, and why others were left, in sentences."""

    adopted: int
    known: int
    left: tuple[str, ...]


def adopt(config: Config, feed: Path) -> Adoption:
    """Put the ids and dates of a feed's entries into the ledger; the first build gives them to the articles.

    An entry is an article's where its link is the article's source. Raises FeedbotError where the file is no
    feed or cannot be read, UsageError where articles have their ids already: subscribers may know those.
    """
    _require_no_ids_yet(config)
    try:
        entries = earlier_entries(feed.read_bytes())
    except OSError as error:
        raise FeedbotError(f"{feed}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise FeedbotError(f"{feed}: {error}") from None
    ledger = read_ledger(config.feeds_path / LEDGER_NAME)
    by_id = {one.id: one for one in ledger.identities}
    sources = {one.source for one in ledger.identities}
    adopted = known = 0
    left = []
    for entry in entries:
        try:
            identity = _identity(entry)
        except ValueError as error:
            left.append(f"{entry.id or entry.link or 'an entry'}: {error}")
            continue
        if identity.id in by_id or identity.source in sources:
            known += 1
            continue
        by_id[identity.id] = identity
        sources.add(identity.source)
        adopted += 1
    if adopted:
        publish_file(config.feeds_path, LEDGER_NAME, ledger_bytes(Ledger(ledger.topics, tuple(by_id.values()))))
    return Adoption(adopted, known, tuple(left))


def _require_no_ids_yet(config: Config) -> None:
    if not config.state_path.exists():
        return
    with open_for_reading(config.state_path, who="feedbot init --adopt") as state:
        if not identities.is_empty(state):
            raise UsageError(
                f"--adopt: {config.state} has given ids to articles already, which subscribers may know; adopt before"
                f" the first build (where nobody has subscribed yet: remove {config.state} and"
                f" {config.feeds.directory}/{LEDGER_NAME}, and adopt then)"
            )


def _identity(entry: EarlierEntry) -> Identity:
    """What is remembered of an entry; raises ValueError, with the reason, where it cannot be."""
    if not is_absolute_uri(entry.id):
        # Atom has no other ids (RFC 4287, 4.2.6), and an entry has one id in all formats.
        raise ValueError("its id is no URI, which an Atom id must be; it will be new to subscribers")
    try:
        source = canonical_url(entry.link)
    except InvalidUrl:
        raise ValueError("has no link by which its article could be found") from None
    published_at = entry.published_at or entry.updated_at or datetime(1970, 1, 1, tzinfo=UTC)
    updated_at = max(published_at, entry.updated_at or published_at)
    return Identity(entry.id, "", source, published_at, updated_at, _NO_DIGEST)
