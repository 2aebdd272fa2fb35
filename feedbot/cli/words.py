"""Options whose values are words of a list: several at once, with commas between them, completed by the shell."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem


class Words(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """One or more of these words, such as `broken,dead`; the value is a tuple."""

    name = "words"

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The words of a value; an unknown one is refused, with the one that was probably meant."""
        if isinstance(value, tuple):
            return value
        said = tuple(word.strip() for word in value.split(",") if word.strip())
        if not said:
            self.fail("names no word", param, ctx)
        for word in said:
            if word not in self.words:
                which = meant(word, self.words) or f": {', '.join(self.words)}"
                self.fail(f"{word!r} is none of its words{which}", param, ctx)
        return said

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that what is typed after the last comma may become."""
        before, comma, begun = incomplete.rpartition(",")
        said = before.split(",")
        return [
            CompletionItem(f"{before}{comma}{word}")
            for word in self.words
            if word.startswith(begun) and word not in said
        ]


def meant(word: str, words: Sequence[str]) -> str:
    """A question for the one of these words that is most like this one, or nothing."""
    alike = get_close_matches(word.casefold(), words, n=1)
    return f"; did you mean {alike[0]!r}?" if alike else ""
