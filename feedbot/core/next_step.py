"""What a person does next: the most sensible commands, by where a publication stands."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A command as it is typed, and what it brings."""

    command: str
    brings: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides: articles and those that cannot be used, whether feeds were written and links ever asked.

    `held` are the commands that let go what is held back; `bad` is the URL of the worst link, where one is dead or
    failing, and `served_at` where `feedbot serve` would serve the feeds.
    """

    articles: int
    rejected: int
    is_published: bool
    is_checked: bool
    held: tuple[str, ...] = ()
    dead: int = 0
    failing: int = 0
    moved: int = 0
    bad: str = ""
    is_at_work: bool = False
    served_at: str = ""

    @property
    def is_well(self) -> bool:
        """True where nothing needs a person."""
        return self.is_published and self.is_checked and not (self.rejected or self.held or self.dead or self.failing)


_MOST = 4
_RUN_ONCE = "feedbot run --once"


def next_steps(standing: Standing) -> list[Step]:
    """The commands to type next, the most sensible first, four at most."""
    return list(_steps(standing))[:_MOST]


def _steps(at: Standing) -> Iterator[Step]:
    if at.rejected:
        them = "a file is" if at.rejected == 1 else f"{at.rejected:,} files are"
        yield Step("feedbot lint", f"why {them} not published, and where that stands")
    if not at.articles:
        if not at.rejected:
            yield Step(_RUN_ONCE, "then reads it, checks its links, writes the feeds")
        return
    if not at.is_published:
        yield Step(_RUN_ONCE, "reads the articles, checks their links, writes the feeds")
        yield Step("feedbot build", "the same without checking links")
        return
    for command in dict.fromkeys(at.held):
        yield Step(command, "lets happen what is held back; `feedbot status` says what")
    if not at.is_checked:
        yield Step(_RUN_ONCE, "checks the links, for the first time")
        yield Step("feedbot check --dry-run", "what that asks, and how long it takes")
        return
    if at.dead or at.failing:
        kind, number = ("dead", at.dead) if at.dead else ("failing", at.failing)
        which = "the only one" if number == 1 else f"the worst of {number:,}"
        yield Step(f"feedbot why {at.bad}", f"why this link is {kind}, {which}")
        yield Step("feedbot status", "all of them, and whether they become more")
    if at.moved:
        which = "whether the link that moved" if at.moved == 1 else f"which of {at.moved:,} links that moved"
        yield Step("feedbot fix", f"shows {which} can be rewritten")
    if at.is_at_work:
        yield Step("feedbot doctor", "looks at the feeds as readers get them")
        return
    yield Step("feedbot run", "keeps all of it up to date, until ctrl-C")
    yield Step("feedbot systemd", "has that done day and night; --cron: by cron")
    yield Step("feedbot serve", f"shows the feeds at {at.served_at}")
