"""`feedbot fix`: links that have moved for good, and AMP pages that were withdrawn, mended in the article files."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

import yaml

from feedbot.articles.find import FoundFile, find_files, why_not_read
from feedbot.articles.replace import NotReplaced, read_whole, replace_file
from feedbot.articles.rewrite import Mended, Rewriting, Unmended, rewrite
from feedbot.articles.rules import read_rules
from feedbot.articles.spots import secret_lines
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Rejected
from feedbot.core.fixing import Left, followed, is_withdrawn, new_address
from feedbot.core.mark import mark_on
from feedbot.core.patch import Diff, unified_diff
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.state import fixable, identities, marks, targets
from feedbot.state.database import State, one_at_a_time
from feedbot.state.targets import LinkPlace


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be mended, and where; all URLs but the new addresses are canonical.

    `left` are links that have moved or were withdrawn and stay, each with its reason. `paths` are of the files that
    hold a link of either kind, by what is known of them.
    """

    addresses: Mapping[str, str]
    withdrawn: frozenset[str]
    left: Mapping[str, Left]
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class FixedFile:
    """What became of one article file, or would: `diff` is None where no line of it may be shown.

    `problem` says why the file is as it was although links in it are to be mended; `is_fault`: it could not be
    written.
    """

    path: str
    mended: tuple[Mended, ...] = ()
    left: tuple[Unmended, ...] = ()
    diff: Diff | None = None
    problem: str = ""
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Fixing:
    """What `fix` did, or would do; `left` are links of the files that were looked at."""

    files: tuple[FixedFile, ...]
    left: Mapping[str, Left]


def fix(
    config: Config,
    state: State,
    clock: Clock,
    *,
    write: bool,
    paths: Collection[str] = (),
    urls: Collection[str] = (),
) -> Fixing:
    """Mend the links of article files, or with `write` false only tell how.

    Where articles or links are named: all links of these articles, and these links (canonical URLs) in all articles.
    Nobody else reads or publishes while files are written. Raises ArticlesError where an article folder cannot be
    read, LockHeld where it takes too long until others have done.
    """
    with one_at_a_time(state) if write else nullcontext():
        plan = _plan(config, state, clock.now())
        if not paths and not urls:
            plans = dict.fromkeys(plan.paths, plan)
            left = plan.left
        else:
            only = _only(state, plan, urls)
            plans = dict.fromkeys(only.paths, only) | dict.fromkeys(plan.paths.intersection(paths), plan)
            left = {**_left_in(state, plan, paths), **only.left}
        return Fixing(tuple(_fixed(config, state, plans, write=write)), left)


def _plan(config: Config, state: State, now: datetime) -> Plan:
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    moved = fixable.moved(state)
    places = targets.places(state, [target.id for target in moved])
    addresses: dict[str, str] = {}
    left: dict[str, Left] = {}
    paths: set[str] = set()
    for target in moved:
        moved_to = _target(target.status.moved_to or "")
        there = None if moved_to is None else targets.find(state, moved_to)
        decided = new_address(
            target.url,
            target.status,
            mark_on(target.url, said, exclusions, now),
            is_titled=any(place.title for place in places[target.id]),
            there=None if there is None else there.status,
            mark_there=None if moved_to is None else mark_on(moved_to, said, exclusions, now),
        )
        if isinstance(decided, Left):
            left[target.url] = decided
        else:
            addresses[target.url] = decided
        paths |= _files(places[target.id])
    last = followed(addresses)
    for url in addresses.keys() - last.keys():
        left[url] = Left(f"leads to {addresses[url]}, and from there back")
    withdrawn = set()
    for target in fixable.withdrawn(state):
        mark = mark_on(target.url, said, exclusions, now)
        if mark is not None:
            left[target.url] = Left(mark.words)
        elif is_withdrawn(fixable.looks(state, target.id)):
            withdrawn.add(target.url)
            paths |= _files(targets.places(state, [target.id])[target.id])
        else:
            left[target.url] = Left("its AMP page seems to be withdrawn; it takes 3 looks over 7 days", is_early=True)
    return Plan(last, frozenset(withdrawn), left, frozenset(paths))


def _only(state: State, plan: Plan, urls: Collection[str]) -> Plan:
    """What of it concerns these canonical URLs."""
    addresses = {url: address for url, address in plan.addresses.items() if url in urls}
    withdrawn = plan.withdrawn.intersection(urls)
    nothing = Left("is not known to have moved, nor to be a withdrawn AMP page")
    left = {url: plan.left.get(url, nothing) for url in urls if url not in addresses and url not in withdrawn}
    places = targets.places(state, targets.numbers(state, urls))
    return Plan(addresses, withdrawn, left, _files(place for found in places.values() for place in found))


def _files(places: Iterable[LinkPlace]) -> frozenset[str]:
    return frozenset(place.article for place in places)


def _left_in(state: State, plan: Plan, paths: Collection[str]) -> Mapping[str, Left]:
    linked = {url for path in paths for url in targets.of_file(state, path)}
    return {url: left for url, left in plan.left.items() if url in linked}


def _fixed(config: Config, state: State, plans: Mapping[str, Plan], *, write: bool) -> Iterator[FixedFile]:
    """What becomes of each file, by the plan for its path."""
    rules = read_rules(config)
    # Of files as they were last read, and then as they become.
    taken = {source: path for path, source in identities.present_sources(state).items()}
    done: set[str] = set()
    for file in _found(config, plans):
        # A symbolic link to another article: the file is mended once, where it is.
        real = os.path.realpath(file.full_path)
        if real in done:
            continue
        done.add(real)
        try:
            raw = read_whole(file.full_path)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield FixedFile(file.path, problem=f"cannot be read: {why_not_read(error)}")
            continue
        plan = plans[file.path]
        rewriting = rewrite(file.path, raw, rules, plan.addresses, plan.withdrawn, taken)
        if isinstance(rewriting, Rejected):
            where = f"line {rewriting.line}: " if rewriting.line else ""
            yield FixedFile(file.path, problem=f"cannot be used as it is: {where}{rewriting.reason}")
            continue
        for one in rewriting.mended:
            if one.role == "source" and one.address is not None:
                taken[canonical_url(one.address)] = file.path
        problem = _replace(file, raw, rewriting) if write else None
        if problem is not None:
            yield FixedFile(file.path, left=rewriting.left, problem=str(problem), is_fault=problem.is_fault)
        elif rewriting.mended or rewriting.left:
            yield FixedFile(file.path, rewriting.mended, rewriting.left, _diff(file.path, raw, rewriting))


def _found(config: Config, wanted: Collection[str]) -> Iterator[FoundFile]:
    if wanted:
        for file in find_files(config.root, config.articles.paths, config.articles.exclude).files:
            if file.path in wanted:
                yield file


def _replace(file: FoundFile, raw: bytes, rewriting: Rewriting) -> NotReplaced | None:
    if not rewriting.edits:
        return None
    try:
        replace_file(file.full_path, raw, rewriting.raw)
    except NotReplaced as problem:
        return problem
    return None


def _diff(path: str, raw: bytes, rewriting: Rewriting) -> Diff | None:
    try:
        return unified_diff(path, raw, rewriting.edits, secret_lines(raw))
    except (yaml.YAMLError, ValueError):
        return None  # it cannot be told where its ciphertext is


def _target(url: str) -> str | None:
    try:
        return canonical_url(url)
    except InvalidUrl:
        return None
