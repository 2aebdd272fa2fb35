"""What the built-in server was asked for since it started, by file and code."""

from collections import Counter

OTHER = "other"
"""The name that all share which are no file of ours: whoever asks would choose how many names there are."""

_MOST_NAMES = 2000


class Requests:
    """Counts of answers; the files beyond the first 2,000 share a name as well."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._names: set[str] = set()

    def add(self, name: str, code: int) -> None:
        """Count one answer; `name` is that of a file that is there, or OTHER."""
        if name not in self._names:
            if len(self._names) >= _MOST_NAMES:
                name = OTHER
            self._names.add(name)
        self._counts[name, code] += 1

    def counts(self) -> dict[tuple[str, int], int]:
        """The numbers so far, by name and code."""
        return dict(self._counts)
