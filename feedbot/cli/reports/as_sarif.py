"""A report as SARIF 2.1.0 (OASIS), which code scanning and editors read."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from feedbot import __version__
from feedbot.cli.reports.report import Finding, Place, Report, Rule
from feedbot.cli.text import plain
from feedbot.core.urgency import Level

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
# Not primaryLocationLineHash: that name is for a hash of the line's text, which GitHub computes itself.
_FINGERPRINT = "feedbotFinding/v1"


def render(report: Report) -> str:
    """One run: a rule for each kind of finding, and a result for each place of each finding that is not fine.

    Files that could not be looked at are results too, the first ones.
    What nobody can tell is no result; `executionSuccessful` is false where that is so of all.
    """
    numbers = {rule.code: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {"name": "feedbot", "version": __version__, "rules": [_rule(rule) for rule in report.rules]}
        },
        "invocations": [{"executionSuccessful": report.is_whole}],
        "columnKind": "unicodeCodePoints",
        "results": [
            result for finding in (*report.unusable, *report.findings) for result in _results(finding, numbers)
        ],
    }
    log = msgspec.json.encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})
    return msgspec.json.format(log, indent=1).decode() + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": _LEVELS.get(rule.level, "none")},
    }


def _results(finding: Finding, numbers: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    if finding.level not in _LEVELS:
        return
    for place in finding.places or (None,):
        about = "" if place is not None and place.path == finding.subject else f"{finding.subject}: "
        known_by = "\n".join([finding.code, finding.identity, "" if place is None else f"{place.path}\n{place.what}"])
        yield {
            "ruleId": finding.code,
            "ruleIndex": numbers[finding.code],
            "level": _LEVELS[finding.level],
            "message": {"text": _message(about + finding.text)},
            "locations": [] if place is None else [{"physicalLocation": _location(place)}],
            "partialFingerprints": {_FINGERPRINT: _hex16(known_by)},
        }


def _location(place: Place) -> dict[str, Any]:
    artifact = {"uri": quote(place.path, errors="replace"), "uriBaseId": "%SRCROOT%"}
    numbers = {"startLine": place.line, "startColumn": place.column}
    region = {name: number for name, number in numbers.items() if number}
    return {"artifactLocation": artifact, **({"region": region} if region else {})}


def _message(text: str) -> str:
    """The text, in which nothing is taken for a link such as [text](target) (SARIF 2.1.0, 3.11.6)."""
    return plain(text).replace("](", "] (")


def _hex16(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
