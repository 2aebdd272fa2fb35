"""The feeds by their public addresses: what readers get, held against the files on disk."""

import asyncio
from collections import defaultdict
from pathlib import Path

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.doctor import Finding, Level, Part
from feedbot.core.feed_answers import LEVELS, MAX_BYTES, Answer, Asked, Fault, faults_of
from feedbot.core.history import is_document_file
from feedbot.core.observation import Failure
from feedbot.core.remedies import led_to_https, mend
from feedbot.core.url import split_url
from feedbot.publish.ledger import LEDGER_NAME
from feedbot.publish.pages import SUBSCRIBE_AS
from feedbot.publish.render import RENDERERS
from feedbot.service.doctor.asking import Asker
from feedbot.service.doctor.case import Case
from feedbot.steps.selection import ALL

_TOPICS_ASKED = 2
# The origin of no page there is: what is asked for is whether any may read it.
_ORIGIN = "https://reader.example"
_NAMES_SHOWN = 3
_HTTPS = 443


async def feeds(case: Case, asker: Asker) -> list[Finding]:
    """The feed of all articles and two others, in each format: at most nine files, each asked four times."""
    config = case.config
    folder = config.feeds_path
    chosen = await asyncio.to_thread(_chosen, config)
    if not chosen:
        sentence = f"{folder}: no feed has been written yet"
        return [Finding(Part.FEEDS, "files", Level.WARNING, sentence, "`feedbot build` writes them")]
    asked = [await _ask(config, case.clock, asker, name, media_type) for name, media_type in chosen]
    return _findings(config, asked)


async def over_http(case: Case, asker: Asker) -> list[Finding]:
    """Whether who still asks with http: is led to https:, where feeds.url has it; a closed port 80 is as good."""
    url = case.config.feeds.url
    if not url.startswith("https:") or split_url(url).port != _HTTPS:
        return []
    asked = f"http:{url.removeprefix('https:')}{ALL}{RENDERERS[case.config.feeds.formats[0]][0]}"
    answer = await asker.ask(asked)
    if isinstance(answer, Failure) or answer.url.startswith("https:"):
        return []
    sentence = f"{asked} is answered with {answer.status}, and not led to https:"
    return [Finding(Part.FEEDS, "http", Level.WARNING, sentence, led_to_https(answer.headers))]


def _chosen(config: Config) -> list[tuple[str, str]]:
    """The names of the feeds that are asked for, each with its media type; names in no other order than theirs."""
    chosen = []
    for format_name in config.feeds.formats:
        suffix, media_type = RENDERERS[format_name][0], SUBSCRIBE_AS[format_name][1]
        files = [path for path in config.feeds_path.glob(f"*{suffix}") if path.name != LEDGER_NAME]
        names = sorted(path.stem for path in files if not is_document_file(path.name))
        others = [name for name in names if name != ALL][:_TOPICS_ASKED]
        chosen += [(f"{name}{suffix}", media_type) for name in [ALL, *others] if name in names]
    return chosen


async def _ask(config: Config, clock: Clock, asker: Asker, name: str, media_type: str) -> Asked:
    path, url = config.feeds_path / name, f"{config.feeds.url}{name}"
    before, at_s = await asyncio.to_thread(_read, path)
    plain = await asker.ask(url, origin=_ORIGIN)
    by_tag = by_time = packed = None
    if isinstance(plain, Answer) and plain.status == 200:
        # Asked where it ended, so that a redirect costs nothing more.
        if (tag := plain.headers.get("etag")) is not None:
            by_tag = await asker.ask(plain.url, if_none_match=tag)
        if (time := plain.headers.get("last-modified")) is not None:
            by_time = await asker.ask(plain.url, if_modified_since=time)
        if path.with_name(f"{name}.gz").exists():
            packed = await asker.ask(plain.url, accept_encoding="gzip")
    # A run may have replaced it meanwhile.
    after, _ = await asyncio.to_thread(_read, path)
    return Asked(
        name=name,
        url=url,
        media_type=media_type,
        on_disk=(before, after),
        age_s=clock.now().timestamp() - at_s,
        ttl_s=config.feeds.ttl,
        plain=plain,
        by_tag=by_tag,
        by_time=by_time,
        packed=packed,
    )


def _read(path: Path) -> tuple[bytes, float]:
    """The bytes of a file, as many as are read of an answer, and when it was written (seconds since 1970)."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES), path.stat().st_mtime


def _findings(config: Config, asked: list[Asked]) -> list[Finding]:
    """One for each thing that is wrong, however many files have it, or one that says that all is well."""
    # Of the types each has its own line to change.
    found: dict[tuple[Fault, str], list[tuple[Asked, str]]] = defaultdict(list)
    for one in asked:
        for fault, told in faults_of(one):
            found[fault, one.media_type if fault is Fault.TYPE else ""].append((one, told))
    names = ", ".join(one.name for one in asked)
    if not found:
        sentence = f"{config.feeds.url} serves what is on disk, as readers need it: {names}"
        return [Finding(Part.FEEDS, "served", Level.OK, sentence)]
    findings = []
    for (fault, media_type), files in found.items():
        first, told = files[0]
        sentence = f"{config.feeds.url}{first.name} {told}{_and_others([one.name for one, _ in files[1:]])}"
        about = f"{fault} of {media_type}" if media_type else fault.value
        findings.append(Finding(Part.FEEDS, about, LEVELS[fault], sentence, _mend(config, fault, first)))
    return findings


def _and_others(names: list[str]) -> str:
    if not names:
        return ""
    shown, rest = names[:_NAMES_SHOWN], len(names) - _NAMES_SHOWN
    return f"; likewise {', '.join(shown)}" + (f" and {rest} more" if rest > 0 else "")


def _mend(config: Config, fault: Fault, asked: Asked) -> str:
    return mend(
        fault,
        {} if isinstance(asked.plain, Failure) else asked.plain.headers,
        media_type=asked.media_type,
        folder=str(config.feeds_path.absolute()),
        path=split_url(config.feeds.url).path,
        max_age=config.feeds.ttl,
    )
