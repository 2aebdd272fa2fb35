"""The publication's own pages are told which links have died or moved, where the config asks for that."""

from datetime import datetime
from pathlib import Path

from feedbot.config import Config
from feedbot.core.site_links import MAX_LINK_LENGTH, site_link
from feedbot.core.snapshot import unless_called_dead
from feedbot.publish.files import Published
from feedbot.publish.site_links import publish_site_links
from feedbot.state import marks, site_links
from feedbot.state.database import State


def tell_site(config: Config, state: State, now: datetime) -> Path | None:
    """Write `feeds.site_data`, after `targets.set_unlinkable`; its path where it changed.

    Raises PublishError where it cannot be written.
    """
    path = config.site_data_path
    if path is None:
        return None
    said = marks.holding(state, now)
    found = {}
    for one in site_links.to_tell(state, now):
        url = one.target.url
        snapshot = unless_called_dead(one.snapshot, said) if config.archive.enabled else None
        if len(url) <= MAX_LINK_LENGTH:
            found[url] = site_link(one.target, one.copies, said.get(url), snapshot=snapshot)
    outcome = publish_site_links(path, {url: link for url, link in found.items() if link is not None})
    return path if isinstance(outcome, Published) else None
