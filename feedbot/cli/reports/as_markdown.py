"""A report as Markdown for a comment on a pull request (GitHub's flavour, with its tables)."""

import re
from collections.abc import Iterator

from feedbot.cli.reports.report import Finding, Report
from feedbot.cli.text import count, plain
from feedbot.core.inert import unmentioning
from feedbot.core.urgency import Level

MAX_BYTES = 65_536
"""GitHub takes a comment of so many characters; counted in bytes, the text is within that however one counts."""

_SHOWN = {Level.ERROR, Level.WARNING}
_PLACES_SHOWN = 3
_CHARACTERS_SHOWN = 300
_ROOM_FOR_THE_REST = 200
# As entities they mean nothing to Markdown: no pipe ends a cell, no backtick begins code, no colon makes a link.
_MARKUP = re.compile(r"[!-+.:-@[-`{-~]")
_REFERENCE = re.compile(r"#|\bGH-(?=[0-9])", re.IGNORECASE)


def render(report: Report) -> str:
    """The headline and a table of what needs a person, the worst first; what has no room is counted."""
    shown = [finding for finding in report.findings if finding.level in _SHOWN]
    noted = sum(finding.level is Level.NOTE for finding in report.findings)
    text = f"**feedbot {report.command}**: {report.headline}\n"
    if shown:
        text += "\n| level | what | where | why | what to do |\n|---|---|---|---|---|\n"
    told = 0
    for finding in shown:
        row = _row(finding)
        if len((text + row).encode()) > MAX_BYTES - _ROOM_FOR_THE_REST:
            break
        text += row
        told += 1
    return text + "".join(_rest(len(shown) - told, noted))


def _rest(untold: int, noted: int) -> Iterator[str]:
    if untold:
        yield f"\nAnd {untold:,} more, for which this comment has no room.\n"
    if noted:
        yield f"\nBesides, {count(noted, 'note')}, which `--format text` shows.\n"


def _row(finding: Finding) -> str:
    places = [_code(place.words) for place in finding.places[:_PLACES_SHOWN]]
    if len(finding.places) > _PLACES_SHOWN:
        places.append(f"and {len(finding.places) - _PLACES_SHOWN:,} more")
    is_of_file = finding.subject in {place.path for place in finding.places}
    why = _prose(finding.text) if is_of_file else f"{_code(finding.subject)}<br>{_prose(finding.text)}"
    cells = [finding.level.value, _code(finding.code), "<br>".join(places), why, _prose(finding.advice)]
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """The text as code, where GitHub calls nobody and refers to no issue; no link, because a link to an issue would."""
    return f"<code>{_entities(text)}</code>"


def _prose(text: str) -> str:
    """The text as it is, but that it calls nobody (@name) and refers to no issue (#1, GH-1)."""
    return _entities(_REFERENCE.sub("\N{FULLWIDTH NUMBER SIGN}", unmentioning(text)))


def _entities(text: str) -> str:
    """The text, cut where it is long, in which nothing is markup."""
    shown = plain(text)
    if len(shown) > _CHARACTERS_SHOWN:
        shown = f"{shown[: _CHARACTERS_SHOWN - 1]}…"
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", shown)
