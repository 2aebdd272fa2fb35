"""What people have had taken down, known by hashes alone: its words are kept nowhere."""

import hashlib
from collections.abc import Iterable

from feedbot.core.observation import Observation
from feedbot.core.url import InvalidUrl, canonical_url


def forgotten_hash(text: str) -> str:
    """The hash by which the path of an article file, or a canonical URL, is known after a takedown."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Forgotten:
    """The paths of article files, and the canonical URLs, that were taken down: `path in forgotten`."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self._hashes = frozenset(hashes)

    def __contains__(self, text: str) -> bool:
        # Mostly nothing was, and thousands of articles need no hash for that.
        return bool(self._hashes) and forgotten_hash(text) in self._hashes

    def __bool__(self) -> bool:
        return bool(self._hashes)


def leads_to_any(observation: Observation, forgotten: Forgotten) -> bool:
    """True where a target was redirected to what was taken down."""
    if not forgotten:
        return False
    urls = {url for one in observation.exchanges for url in (one.url, one.location) if url is not None}
    return any(_canonical(url) in forgotten for url in urls)


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except InvalidUrl:
        return url
