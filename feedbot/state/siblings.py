"""Made-up addresses: what each folder of a host answered for a page that cannot be there."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from feedbot.core.context import ASK_SIBLING_EVERY, Sibling, folder_of
from feedbot.state.database import State, stamp
from feedbot.state.stored import decoder

_decode = decoder(Sibling)


def known(state: State, url: str, now: datetime) -> Sibling | None:
    """What a made-up address beside a page answered within the last week; None where none was asked."""
    encoded = state.value(
        "SELECT sibling FROM siblings WHERE folder = ? AND asked_at > ? AND asked_at <= ?",
        [folder_of(url), stamp(now - ASK_SIBLING_EVERY), stamp(now)],
    )
    return None if encoded is None else _decode(encoded)


def remember(state: State, siblings: Iterable[Sibling]) -> None:
    """Keep what they answered, for a week."""
    rows = [(folder_of(one.url), stamp(one.asked_at), msgspec.json.encode(one).decode()) for one in siblings]
    if rows:
        with state.write() as connection:
            connection.executemany("INSERT OR REPLACE INTO siblings (folder, asked_at, sibling) VALUES (?, ?, ?)", rows)
