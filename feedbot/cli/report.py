"""Results as text for people and as JSON for machines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from feedbot.cli.text import count, plain
from feedbot.config import Config
from feedbot.core.article import LinkRole, Rejected
from feedbot.core.healing import Way, moved_for_good
from feedbot.core.status import StatusKind, is_unverifiable
from feedbot.core.verdict import VerdictKind
from feedbot.state.copies import megabytes
from feedbot.state.database import stamp
from feedbot.state.runs import LastRun
from feedbot.steps.checking import Checking, Result
from feedbot.steps.reading import Reading

if TYPE_CHECKING:  # what publishes takes a while to load, and `feedbot check` does not
    from feedbot.cycle import Run
    from feedbot.previewing import Preview
    from feedbot.steps.alerting import Alerting
    from feedbot.steps.archiving import Archiving
    from feedbot.steps.gate import Gate
    from feedbot.steps.maintaining import Maintenance
    from feedbot.steps.pinging import Pinging
    from feedbot.steps.publishing import Publishing
    from feedbot.steps.reporting import Reporting

# What needs a person comes first.
_BY_URGENCY = (
    VerdictKind.GONE,
    VerdictKind.MISSING,
    VerdictKind.SOFT_DEAD,
    VerdictKind.PARKED,
    VerdictKind.SUSPECT,
    VerdictKind.UNREACHABLE,
    VerdictKind.REFUSED,
    VerdictKind.BLOCKED,
    VerdictKind.AMP_WITHDRAWN,
    VerdictKind.MOVED,
    VerdictKind.UNKNOWN,
    VerdictKind.ALIVE,
)
_QUIET = {VerdictKind.ALIVE, VerdictKind.UNKNOWN}
_LEADS_ELSEWHERE = {
    Way.MOVED: "its new address",
    Way.AMP: "the AMP page",
    Way.CACHE: "the copy",
    Way.ARCHIVE: "the archive's copy",
}
_PLACES_SHOWN = 3
_REASONS_SHOWN = 5
_WAITING_SHOWN = 5
_PAGE_SUFFIX = ".html"


def run_lines(config: Config, run: "Run", last: LastRun | None) -> Iterator[str]:
    """The summary of a whole run, the worst news of each part first."""
    yield from reading_lines(config, run.reading)
    yield from checking_lines(run.checking, rejected=(), every=False)
    yield from _changes(run.checking, last)
    yield from publishing_lines(config, run.publishing, run.checking.results)
    yield from reporting_lines(run.reporting)
    yield from pinging_lines(run.pinging)
    yield from archiving_lines(run.archiving)
    yield f"Files      feeds in {config.feeds_path}/, memory in {config.state_path}"


def maintenance_lines(maintenance: "Maintenance") -> Iterator[str]:
    """What was done for state.db; its problems are for standard error."""
    if maintenance.backup is not None:
        yield f"Backup     {plain(str(maintenance.backup.path))}, {megabytes(maintenance.backup.size)}"
    gone = {"look": maintenance.looks, "transition": maintenance.transitions, "run": maintenance.runs}
    if any(gone.values()):
        told = ", ".join(count(number, thing) for thing, number in gone.items() if number)
        yield f"History    no longer kept: {told}"
    for note in maintenance.notes:
        yield f"  note       {plain(note)}"


def reading_lines(config: Config, reading: Reading) -> Iterator[str]:
    """Articles by what became of them, and every file that needs a hand."""
    counts = reading.counts
    parts = [f"{count(counts.articles, 'article')}, {reading.parsed:,} read anew"]
    if counts.withheld:
        parts.append(f"{counts.withheld:,} withheld (drafts and future dates)")
    if reading.vanished:
        parts.append(f"{count(len(reading.vanished), 'file')} gone")
    if reading.rejected:
        parts.append(f"{len(reading.rejected):,} rejected")
    yield f"Articles   {'; '.join(parts)}"
    if not counts.articles and not reading.rejected and not reading.forgotten:
        yield f"  note       no file matches articles.paths ({plain(', '.join(config.articles.paths))})"
    yield from _rejected_lines(reading.rejected)
    for path, source in reading.duplicates:
        yield f"  duplicate  {plain(path)}  another article has the same source or id: {plain(source)}"
    for path, named in reading.forgotten:
        yield f"  forgotten  {plain(path)}  left out; to let it come back: feedbot forget --undo {plain(named)}"
    for remark in reading.remarks:
        yield f"  note       {plain(remark.path)}:{remark.line}  {plain(remark.text)}"


def _rejected_lines(rejected: Iterable[Rejected]) -> Iterator[str]:
    for one in rejected:
        place = f"{one.path}:{one.line}" if one.line else one.path
        yield f"  rejected   {plain(place)}  {plain(one.reason)}"


def checking_lines(checking: Checking, *, rejected: Iterable[Rejected], every: bool) -> Iterator[str]:
    """Links by verdict, and each that is not plainly alive with its reason; with `every`, those too."""
    yield from _rejected_lines(rejected)
    if checking.online is None:
        yield "Links      nothing is due"
        return
    if not checking.online:
        yield from _offline_lines(checking)
        return
    if checking.frozen:
        yield (
            "Links      so many links failed at once that our own network is the likelier cause:"
            " none of those failures counts"
        )
    seconds = (checking.finished_at - checking.started_at).total_seconds()
    verdicts = checking.summary
    said = ", ".join(f"{verdicts[kind]:,} {kind}" for kind in reversed(_BY_URGENCY) if kind in verdicts)
    asked = sum(result.seen is not None for result in checking.results)
    of_all = "" if asked == len(checking.results) else f"{asked:,} of "
    yield f"Links      {of_all}{count(len(checking.results), 'link')} checked in {seconds:.0f} s: {said}"
    ordered = sorted(checking.results, key=lambda result: _BY_URGENCY.index(result.verdict.kind))
    for result in ordered:
        if every or result.verdict.kind not in _QUIET or result.verdict.warnings:
            yield from _result_lines(result, checking.finished_at)
    if not every:
        yield from _unknown_lines(checking)


def _offline_lines(checking: Checking) -> Iterator[str]:
    judged = [result for result in checking.results if result.verdict.kind is not VerdictKind.UNKNOWN]
    if not judged:
        yield "Links      OFFLINE: this machine seems to be cut off from the network, so nothing is said of any link"
    else:
        yield (
            "Links      OFFLINE: this machine lost its network during the run;"
            f" {count(len(judged), 'link')} had been judged before"
        )
    left = len(checking.results) - len(judged)
    yield f"           {count(left, 'link')} {'stays as it was' if left == 1 else 'stay as they were'}, and due"


def _unknown_lines(checking: Checking) -> Iterator[str]:
    """Why nothing is known of some links, each reason once."""
    reasons = Counter(one.verdict.reason for one in checking.results if one.verdict.kind is VerdictKind.UNKNOWN)
    shown = reasons.most_common(_REASONS_SHOWN)
    for reason, number in shown:
        yield f"  {VerdictKind.UNKNOWN:<11}  {count(number, 'link')}  {plain(reason)}"
    rest = reasons.total() - sum(number for _, number in shown)
    if rest:
        yield f"               and {rest:,} more"


def _result_lines(result: Result, now: datetime) -> Iterator[str]:
    status = result.after.status
    history = ""
    if status.kind is StatusKind.DEAD:
        history = "  [dead]"
    elif status.strikes:
        history = f"  [strike {status.strikes}{', never seen alive' if status.never_alive else ''}]"
    elif is_unverifiable(status, now):
        history = "  [blocked for 30 days and more: look yourself, and `feedbot mark` it]"
    if result.mark is not None:
        history += f"  [{plain(result.mark.words)}]"
    yield f"  {result.verdict.kind:<11}  {plain(result.after.url)}"
    yield f"               {plain(result.verdict.reason)}{history}"
    for warning in result.verdict.warnings:
        yield f"               warning: {plain(warning)}"
    for place in result.places[:_PLACES_SHOWN]:
        yield f"               in {plain(place.article)}:{place.line} ({place.role})"
    if len(result.places) > _PLACES_SHOWN:
        yield f"               and in {count(len(result.places) - _PLACES_SHOWN, 'more place')}"


def _changes(checking: Checking, last: LastRun | None) -> Iterator[str]:
    """What is other than at the last run."""
    if last is None or not checking.online:
        return
    results = checking.results
    changed = [result for result in results if result.before.status.kind is not result.after.status.kind]
    seen_before = [result for result in changed if result.before.status.kind is not StatusKind.UNCHECKED]
    steps = Counter((result.before.status.kind, result.after.status.kind) for result in seen_before)
    said = [f"{number:,} went from {before} to {after}" for (before, after), number in sorted(steps.items())]
    if len(changed) > len(seen_before):
        said.insert(0, f"{count(len(changed) - len(seen_before), 'link')} checked for the first time")
    yield f"Changes    since {last.finished_at:%Y-%m-%d %H:%M} UTC: {', '.join(said) or 'no link changed'}"


def publishing_lines(config: Config, publishing: "Publishing", checked: Iterable[Result] = ()) -> Iterator[str]:
    """Feeds and pages written and unchanged, entries that came and went and why, and what the guard holds."""
    written = count(publishing.feeds_written, "feed file")
    line = f"Feeds      {written} written, {publishing.feeds_unchanged:,} unchanged"
    if publishing.added or publishing.removed:
        line += f"; {count(publishing.added, 'entry', 'entries')} came, {publishing.removed:,} went"
    yield line
    if pages := sum(name.endswith(_PAGE_SUFFIX) for name in publishing.written):
        yield f"           {count(pages, 'page')} for people written; the first is {config.feeds.directory}/index.html"
    if publishing.site_data is not None:
        yield f"           links of the site's own pages: {publishing.site_data} written; build the site anew"
    if publishing.feeds_written:
        # A format's name is the suffix of its files (publish/render.py).
        suffix = "atom" if "atom" in config.feeds.formats else config.feeds.formats[0]
        yield f"           subscribe to {config.feeds.url}all.{suffix} once {config.feeds.directory}/ is served there"
    for sentence in publishing.named_in_vain:
        yield f"  note       {plain(sentence)}"
    yield from _mended_lines(publishing, checked)
    for hold in publishing.holds:
        yield f"  held       {plain(hold.sentence)}"
        yield f"             check the cause; to let them go: feedbot build --accept {hold.feed}"
    yield from _gate_lines(publishing.held.gate)
    if publishing.held.flood is not None:
        yield f"  held       {publishing.held.flood.sentence}"
        yield "             to let them come: feedbot build --accept-new (see them first: --preview --accept-new)"
    if publishing.held.renaming is not None:
        yield f"  held       {publishing.held.renaming.sentence}"
        yield "             to keep them, take the ids out of the files; else: feedbot build --accept-new"


def reporting_lines(reporting: "Reporting") -> Iterator[str]:
    """Where the report of the links is, when it was written anew, or why it could not be."""
    if reporting.problem:
        yield f"Reports    not written: {plain(reporting.problem)}"
    elif reporting.written:
        yield f"Reports    where links stand and what became of them: {plain(', '.join(map(str, reporting.written)))}"


def pinging_lines(pinging: "Pinging") -> Iterator[str]:
    """What WebSub hubs were told, and each that would not have it or could not be told; nothing where none was told."""
    if pinging.problem:
        yield f"Hubs       not told of what changed: {plain(pinging.problem)}"
        return
    troubles = [("refused", one) for one in pinging.refused]
    troubles += [("failed", one) for one in pinging.failed] + [("given up", one) for one in pinging.given_up]
    if pinging.told or troubles:
        told = f"{count(pinging.told, 'address', 'addresses')} that changed" if pinging.told else "nothing"
        yield f"Hubs       told of {told}"
    for word, one in troubles:
        yield f"  {word:<9}  {plain(one.sentence)}"
        if one.next_at is not None:
            yield f"             tried again by the first run after {one.next_at:%Y-%m-%d %H:%M} UTC, for a day at most"


def alerting_lines(alerting: "Alerting | None") -> Iterator[str]:
    """Who was told of something; who could not be is for standard error."""
    if alerting is not None and alerting.told:
        yield f"Alerts     told: {', '.join(alerting.told)}"


def archiving_lines(archiving: "Archiving") -> Iterator[str]:
    """What the archive said of copies, where it was asked, and why it said nothing."""
    if archiving.asked:
        said = f"{count(archiving.found, 'copy', 'copies')} found, {archiving.absent:,} not there"
        left = f"; {count(archiving.left, 'page')} left for later runs" if archiving.left else ""
        yield f"Archive    {said}{left}"
    if archiving.problem:
        of = f" for {count(archiving.unanswered, 'page')}" if archiving.unanswered else ""
        yield f"  no answer  from the archive{of}: {plain(archiving.problem)}"


def preview_lines(preview: "Preview") -> Iterator[str]:
    """Feed by feed, what the next build would bring; the entries that subscribers would notice by name."""
    yield "Preview    nothing was written; the next build would bring:"
    if not preview.changes:
        yield "           no change to any feed"
    for change in preview.changes:
        parts = [
            (change.came, "new", "new"),
            (change.went, "withdrawn", "withdrawn"),
            (change.mended, "elsewhere", "leading elsewhere"),
            (change.announced, "announced", "announced anew"),
        ]
        said = ", ".join(f"{len(entries):,} {words}" for entries, _, words in parts if entries)
        yield f"  {plain(change.feed)}: {'a new feed, ' * change.is_new}{said or 'the same entries, shown otherwise'}"
        for entries, word, _ in parts:
            for entry in entries:
                leads = f"  {plain(entry.link)}" if word in {"new", "elsewhere"} else ""
                yield f"    {word:<9}  {plain(entry.title)}{leads}"
    yield from _gate_lines(preview.held.gate)
    for hold in preview.holds:
        yield f"  held       {plain(hold.feed)}: {plain(hold.sentence)}"
    if preview.held.flood is not None:
        yield f"  held       {preview.held.flood.sentence}"
    if preview.held.renaming is not None:
        yield f"  held       {preview.held.renaming.sentence}"


def _gate_lines(gate: "Gate") -> Iterator[str]:
    """The new entries that wait for their own page, and those that were published without it."""
    for one in gate.waiting[:_WAITING_SHOWN]:
        until = f"until {one.until:%H:%M} UTC at most"
        yield f"  waits      {plain(one.page.path)}: for its page {plain(one.page.url)} ({plain(one.why)}), {until}"
    if len(gate.waiting) > _WAITING_SHOWN:
        yield f"             and {len(gate.waiting) - _WAITING_SHOWN:,} more wait for their pages"
    for one in gate.given_up[:_WAITING_SHOWN]:
        where = f"its page {plain(one.page.url)} does not answer ({plain(one.why)})"
        yield f"  no page    {plain(one.page.path)}: {where}; its entry leads to its source until that does"
    if len(gate.given_up) > _WAITING_SHOWN:
        yield f"             and {len(gate.given_up) - _WAITING_SHOWN:,} more lead to their sources"


def _mended_lines(publishing: "Publishing", checked: Iterable[Result]) -> Iterator[str]:
    """The articles whose source readers are no longer sent to, since this run: where else, or that they went."""
    for result in checked:
        before, after = result.before.status, result.after.status
        is_lost = after.is_unlinkable and not before.is_unlinkable
        url = result.after.url
        has_moved = moved_for_good(after, url) != moved_for_good(before, url)
        for place in result.places:
            if place.role == LinkRole.PAGE and is_lost and place.article not in publishing.instead:
                yield f"  mended     {plain(place.article)}: its page is {after.kind}; its entry leads to its source"
            if place.role != LinkRole.SOURCE or not (is_lost or has_moved):
                continue
            why = f"{plain(place.article)}: its source {'has moved' if has_moved else f'is {after.kind}'}"
            link = publishing.instead.get(place.article)
            if link is not None and link.way in _LEADS_ELSEWHERE:
                yield f"  mended     {why}; its entry leads to {_LEADS_ELSEWHERE[link.way]} {plain(link.url)}"
            elif is_lost:
                yield f"  {'withdrawn' if link is None else 'kept     '}  {why} ({plain(after.reason)})"


def json_report(checking: Checking) -> str:
    """The object that `feedbot check --format json` promises (feedbot/check.schema.json)."""
    whole = msgspec.json.encode(
        {
            "schema": 1,
            "run": {
                "id": checking.run_id,
                "started_at": stamp(checking.started_at),
                "finished_at": stamp(checking.finished_at),
                "online": checking.online,
            },
            "summary": checking.summary,
            "results": [_json_result(result) for result in checking.results],
        }
    )
    return msgspec.json.format(whole, indent=1).decode()


def _json_result(result: Result) -> dict[str, Any]:
    seen, status = result.seen, result.after.status
    return {
        "url": result.after.url,
        "verdict": result.verdict.kind.value,
        "reason": result.verdict.reason,
        "status": status.kind.value,
        "strikes": status.strikes,
        "http_status": None if seen is None else seen.http_status,
        "final_url": None if seen is None else seen.final_url,
        "moved_to": result.verdict.moved_to,
        "requests": 0 if seen is None else seen.requests,
        "elapsed_ms": 0 if seen is None else seen.elapsed_ms,
        "checked_at": _stamped(status.checked_at if seen is None else seen.started_at),
        "warnings": list(result.verdict.warnings),
        "mark": None if result.mark is None else result.mark.kind.value,
        "links": [{"article": place.article, "line": place.line, "role": place.role} for place in result.places],
    }


def _stamped(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
