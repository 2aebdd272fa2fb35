"""What a person does next: the most sensible commands, by where a publication or a link stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from feedbot.core.healing import moved_for_good
from feedbot.core.mark import Mark
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind


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


def link_steps(url: str, status: Status, mark: Mark | None) -> Iterator[Step]:
    """What a person can do about a link with this canonical URL, by where it stands and what somebody said of it."""
    ill = status.kind in {StatusKind.DEAD, StatusKind.FAILING}
    if mark is None or mark.made_at is None:  # a rule of the config is not taken back by a command
        yield Step(f"feedbot check {url}", "asks it now")
    if mark is not None and mark.made_at is not None:
        yield Step(f"feedbot mark {url} none", "takes back what a person has said of it")
    elif ill:
        yield Step(f"feedbot mark {url} alive", "where you see that it lives: readers are sent there all the same")
    elif status.kind is StatusKind.BLOCKED:
        yield Step(f"feedbot mark {url} alive", "where you have looked, and it is there: nothing asks for you any more")
        yield Step(f"feedbot mark {url} dead", "where it is not: no reader is sent there")
    elif status.kind is not StatusKind.UNCHECKED:
        yield Step(f"feedbot mark {url} dead", "where it is not what was linked to: no reader is sent there")
    if moved_for_good(status, url) is not None or status.verdict is VerdictKind.AMP_WITHDRAWN:
        yield Step(f"feedbot fix {url}", "shows how the articles would be rewritten")
    if status.kind is StatusKind.DEAD:
        yield Step(f"feedbot forget {url}", "takes it out of the feeds and of all that is stored, for good")
