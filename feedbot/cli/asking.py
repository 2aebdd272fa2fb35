"""Questions on a terminal, each with its default; without a terminal nobody is asked, and the default is taken."""

import sys
from collections.abc import Callable
from zoneinfo import ZoneInfo

import click

from feedbot.config import http_url

Check = Callable[[str], str]
"""What an answer becomes; raises ValueError with what is expected instead."""


class Asking:
    """Asks what was not given on the command line, where somebody is there to answer."""

    def __init__(self, *, may_ask: bool) -> None:
        self.asks = may_ask and sys.stdin.isatty() and sys.stdout.isatty()

    def ask(self, given: str | None, question: str, default: str, check: Check, why: str = "") -> str:
        """What was given, or the answer; asked again until the check takes it. `why` is said before."""
        if given is not None:
            return given
        if not self.asks:
            return default
        if why:
            click.echo(why)

        def checked(answer: str) -> str:
            try:
                return check(answer)
            except ValueError as error:
                raise click.UsageError(f"{question}: {error}") from None

        return str(click.prompt(question, default=default, value_proc=checked))


def some_text(answer: str) -> str:
    """Text on one line that is not empty."""
    if not answer.strip():
        raise ValueError("must not be empty")
    return " ".join(answer.split())


def url(answer: str) -> str:
    """An http or https URL."""
    return str(http_url(answer))


def zone(answer: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(answer.strip())
    except (KeyError, ValueError, OSError):
        raise ValueError(f"must be a time zone such as UTC or Europe/London, not {answer!r}") from None
    return answer.strip()
