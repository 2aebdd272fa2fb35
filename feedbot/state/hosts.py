"""The hosts of links by number: each has one name, and very many links."""

import json
from collections.abc import Iterable
from typing import Any

from feedbot.core.url import host_of

NAME = "(SELECT host FROM host_names WHERE id = targets.host_id)"
"""The host of a row of targets, in SQL."""

NUMBER = "(SELECT id FROM host_names WHERE host = ?)"
"""The number of a host by its name, in SQL; null where no link has it."""


def numbers(connection: Any, urls: Iterable[str]) -> dict[str, int]:
    """The numbers of the hosts of these canonical URLs, by name; what is new gets one. Inside a write phase."""
    names = sorted(set(map(host_of, urls)))
    connection.executemany("INSERT OR IGNORE INTO host_names (host) VALUES (?)", [(name,) for name in names])
    rows = connection.execute(
        "SELECT host, host_names.id FROM json_each(?) AS wanted"
        " CROSS JOIN host_names ON host_names.host = wanted.value",
        [json.dumps(names)],
    )
    return dict(rows.fetchall())


def delete_unused(connection: Any) -> None:
    """Forget the hosts of which no link is known any more; inside a write phase."""
    connection.execute("DELETE FROM host_names WHERE id NOT IN (SELECT host_id FROM targets)")
