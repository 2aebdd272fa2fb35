"""Which links `feedbot check` looks at: what the command line names, as targets."""

import codecs
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedbot.cli.naming import articles_below, known_article
from feedbot.cli.words import meant
from feedbot.config import Config
from feedbot.core.article import Rejected
from feedbot.core.mark import MarkKind, mark_on
from feedbot.core.membership import Conditions, further_membership, membership
from feedbot.core.order import affordable
from feedbot.core.slug import topic_key
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import UsageError
from feedbot.state import files, forgotten, identities, marks, planning, published, targets
from feedbot.state.database import State
from feedbot.state.targets import Target
from feedbot.steps.added import added_since

_SCHEME = re.compile(r"(?:tel|sms|[a-z][a-z0-9+.-]*(?=:\D)):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:localhost|\w[\w-]*(?:\.[\w-]+)+|[\w-]+(?=:\d)|\[[0-9a-f:.]+\])(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line names: URLs, articles and folders in `what`, and filters, each of which narrows.

    Of several words of one filter, any will do; `since` is a commit, and leaves what was added after it. `is_named`
    tells that `what` was given at all, if only by an empty standard input. A `budget` is a number of requests.
    """

    what: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: str | None = None
    every: bool = False
    budget: int | None = None
    is_named: bool = False

    @property
    def is_of_what_is_due(self) -> bool:
        """True where nothing was named."""
        return not (self.is_named or self.is_narrowed or self.every)

    @property
    def is_narrowed(self) -> bool:
        """True where there is a filter."""
        return bool(self.topics or self.providers or self.statuses) or self.since is not None

    @property
    def is_small(self) -> bool:
        """True where what is named is somebody's work of today, and not a part of all there is."""
        return bool(self.what) or self.since is not None

    @property
    def needs_no_config(self) -> bool:
        """True where only URLs are named."""
        return bool(self.what) and all("://" in one for one in self.what)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The targets to ask, in their order, the URLs of all that was named, and the named files that were rejected.

    A budget may be too small for all of them. `nothing` says why there are none, where there are none. `in_full`:
    they were named one by one, so each is told of, alive or not.
    """

    targets: tuple[Target, ...]
    urls: frozenset[str]
    rejected: tuple[Rejected, ...] = ()
    nothing: str = "nothing that was named has a link"
    in_full: bool = True


def lines_of(text: bytes) -> Iterator[str]:
    """The URLs and paths in such a text, one a line; blank lines and those that begin with # are none.

    A byte order mark at its beginning, as some editors write one, is no part of the first.
    """
    for line in text.removeprefix(codecs.BOM_UTF8).splitlines():
        word = os.fsdecode(line.strip())
        if word and not word.startswith("#"):
            yield word


def require_sense(wish: Wish, folder: Path) -> None:
    """Raise UsageError for a URL or file that cannot be, before anything else is done; `folder` is the config's."""
    if wish.every and (wish.is_named or wish.since is not None):
        raise UsageError("--all: means every link there is; leave out either that or what is named beside it")
    # A script's variable that is empty would otherwise mean everything.
    since = () if wish.since is None else (wish.since,)
    for option, words in (
        ("--topic", wish.topics),
        ("--provider", wish.providers),
        ("--since", since),
        ("URL or ARTICLE", wish.what),
    ):
        if not all(word.strip() for word in words):
            raise UsageError(f"{option}: is empty; name one, or leave it out")
    for one in wish.what:
        if "://" in one:
            if wish.is_narrowed:
                raise UsageError(
                    f"{one}: is asked by itself; --topic, --provider, --status and --since are of articles"
                )
            continue
        found = [path for path in (one, folder / one) if os.path.exists(path)]  # noqa: PTH110 - not for odd names
        if not found:
            raise UsageError(f"{one}: {_why_nothing(one)}")


def _why_nothing(given: str) -> str:
    scheme = _SCHEME.match(given)
    if scheme and scheme[0].lower() in {"http:", "https:"}:
        return f"is no URL; did you mean {scheme[0]}//{given[scheme.end() :].lstrip('/')}?"
    if scheme:
        return f"only http:// and https:// can be checked, not {scheme[0]}"
    is_file_name = "/" not in given and given.lower().endswith((".md", ".markdown"))
    if _HOST.fullmatch(given) and not is_file_name:
        return f"there is no such file; did you mean http://{given}?"
    return "there is no such file"


def choose(config: Config, state: State, now: datetime, wish: Wish, rejected: Sequence[Rejected]) -> Chosen:
    """The targets that a wish names, due or not; after the articles were read, of which these were `rejected`.

    Raises UsageError for a URL, an article, a topic or a provider that is not known.
    """
    if wish.is_named and not wish.what:
        return Chosen((), frozenset(), nothing="standard input names nothing")
    urls = tuple(_canonical(state, wish.what))
    paths, refused = _articles(config, state, wish.what, rejected)
    within = _narrowed(config, state, wish)
    if not urls:
        if wish.what:
            within = paths if within is None else within & paths
        new = None if wish.since is None else added_since(config, state, wish.since)
        found = planning.chosen(
            state,
            now,
            paths=within,
            urls=None if new is None else new.urls,
            statuses=wish.statuses or None,
            leaves_out=_LeftAlone(config, state, now),
            feed_size=config.feeds.max_entries,
            budget=_budget(config, wish),
        )
        if new is not None:
            refused = [one for one in rejected if one.path in new.paths and (within is None or one.path in within)]
        shown = rejected if wish.every and within is None else refused
        in_full = new is not None or any(not _is_folder(config, one) for one in wish.what)
        return Chosen(found.targets, found.urls, tuple(shown), _nothing(wish), in_full)
    named = targets.named(state, urls, now)
    if paths:
        known = {target.url for target in named}
        more = planning.chosen(state, now, paths=paths, leaves_out=_LeftAlone(config, state, now))
        named += [target for target in more.targets if target.url not in known]
    every = frozenset(target.url for target in named)
    if wish.budget is not None:
        named = named[: affordable((target.status for target in named), wish.budget)]
    return Chosen(tuple(named), every, tuple(refused))


def _budget(config: Config, wish: Wish) -> int | None:
    """The requests that may be made; the config's bound is for runs over more than articles that were named."""
    if wish.budget is not None:
        return wish.budget
    return None if wish.is_small else config.checker.max_requests_per_run


def _nothing(wish: Wish) -> str:
    if wish.since is not None:
        further = " of those that were named" if wish.what or wish.topics or wish.providers or wish.statuses else ""
        return f"none{further} was added since {wish.since}"
    if wish.statuses:
        return f"none is {' or '.join(wish.statuses)} of those that were named"
    return "nothing that was named has a link" if wish.what or wish.topics or wish.providers else "there are none"


class _LeftAlone:
    """Which URLs people want left alone."""

    def __init__(self, config: Config, state: State, now: datetime) -> None:
        self._said = marks.holding(state, now)
        self._exclusions = config.links.exclusions()
        self._now = now

    def __call__(self, url: str) -> bool:
        mark = mark_on(url, self._said, self._exclusions, self._now)
        return mark is not None and mark.kind is MarkKind.IGNORE


def _canonical(state: State, what: Iterable[str]) -> Iterator[str]:
    """The canonical URLs among what was named."""
    taken_down = forgotten.known(state)
    for one in what:
        if "://" not in one:
            continue
        try:
            url = canonical_url(one)
        except InvalidUrl as error:
            raise UsageError(str(error)) from None
        if url in taken_down:
            raise UsageError(f"{one}: was forgotten and is not asked; `feedbot forget --undo` lets it come back")
        yield url


def _articles(
    config: Config, state: State, what: Iterable[str], rejected: Iterable[Rejected]
) -> tuple[set[str], list[Rejected]]:
    """The article files among what was named, and in the folders among it, with those that were rejected."""
    refusals = {one.path: one for one in rejected}
    known = files.present(state) | refusals.keys()
    found: set[str] = set()
    for one in what:
        if "://" in one:
            continue
        if _is_folder(config, one):
            found |= articles_below(config, known, one)
        else:
            found.add(_article(config, state, known, refusals, one))
    return found, [refusals[path] for path in sorted(found & refusals.keys())]


def _is_folder(config: Config, given: str) -> bool:
    return os.path.isdir(given) or os.path.isdir(config.root / given)  # noqa: PTH112 - not for odd names


def _article(config: Config, state: State, known: Collection[str], refusals: dict[str, Rejected], given: str) -> str:
    """A path as typed, in the form in which article files are known."""
    path = known_article(config, known, given)
    if not targets.of_file(state, path):  # a rejected file keeps those of its last good version
        if (refusal := refusals.get(path)) is not None:
            place = f"line {refusal.line}: " if refusal.line else ""
            raise UsageError(f"{given}: was rejected: {place}{refusal.reason}")
        raise UsageError(f"{given}: is an article without links")
    return path


def _narrowed(config: Config, state: State, wish: Wish) -> set[str] | None:
    """The article files that the filters leave; None where there is no filter of articles."""
    within: set[str] | None = None
    for found in (_on_topics(config, state, wish.topics), _of_providers(config, state, wish.providers)):
        if found is not None:
            within = found if within is None else within & found
    return within


def _on_topics(config: Config, state: State, names: Iterable[str]) -> set[str] | None:
    """The articles that the feeds of these topics hold, by a topic's name or by its slug."""
    found: set[str] | None = None
    known = identities.topics(state)
    by_slug = {topic.slug: topic.key for topic in known}
    for name in names:
        key = by_slug.get(name, topic_key(name))
        paths = published.paths(state, membership(key, config.feeds.former_names(), config.feeds.combined()))
        if not paths:
            words = [*(topic.key for topic in known), *identities.unborn_topics(state)]
            raise UsageError(f"--topic {name}: no article is on it{meant(name, words)}")
        found = paths | (found or set())
    return found


def _of_providers(config: Config, state: State, names: Sequence[str]) -> set[str] | None:
    """The articles whose provider has one of these names or domains."""
    found: set[str] | None = None
    for name in names:
        where = Conditions(providers=(topic_key(name),))
        paths = published.paths(state, further_membership((), where, config.feeds.former_names()))
        if not paths:
            raise UsageError(f"--provider {name}: no article names it{meant(name, files.providers(state))}")
        found = paths | (found or set())
    return found
