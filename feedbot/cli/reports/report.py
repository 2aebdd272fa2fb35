"""What every format can be made of."""

from collections.abc import Iterator
from typing import Any, Protocol


class Report(Protocol):
    """What a command found, before it has a format."""

    def lines(self) -> Iterator[str]:
        """Text for people."""
        ...

    def document(self) -> dict[str, Any]:
        """The object that `--format json` promises."""
        ...
