"""What state.db holds as JSON, read again; SQLite does not notice bits of a text that have flipped."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from feedbot.errors import StateError

_T = TypeVar("_T")


def decoder(kind: type[_T]) -> Callable[[str | bytes], _T]:
    """A function from such a text to what it says; it raises StateError where that is nothing of this kind."""
    decode = msgspec.json.Decoder(kind).decode

    def decoded(text: str | bytes) -> _T:
        try:
            return decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise damaged(error) from error

    return decoded


def damaged(why: Any) -> StateError:
    """What is said of a value that feedbot never wrote so."""
    return StateError(
        f"state.db holds what feedbot does not write ({why}), so it is damaged or was changed by another program;"
        " `feedbot db restore` brings back a copy from before"
    )
