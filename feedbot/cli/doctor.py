"""`feedbot doctor`: a running installation looked at from outside and inside, and what to change."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import click
import msgspec

from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.doctor import Finding, Level, worst
from feedbot.service.doctor.examine import examine
from feedbot.service.doctor.site import link_tags
from feedbot.wire.loop import run

SCHEMA = 1
"""The version of the JSON."""

_COLOURS = {Level.PROBLEM: "red", Level.WARNING: "yellow", Level.OK: "green"}
_WIDTH = max(map(len, Level))


@click.command()
@click.option("--offline", is_flag=True, help="Leave out all that asks the network.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is told.")
@click.pass_obj
def command(told: Told, offline: bool, form: str) -> int:
    """Look at the installation from outside and inside, and say what to change.

    Feeds are asked by their public addresses, at most nine files. It changes nothing, and ends within two minutes.
    The exit code is 1 where there is a problem; warnings alone are 0.

    \b
    Examples:
      feedbot doctor
      feedbot doctor --offline    only what this machine can tell by itself
      feedbot doctor --quiet      only what is wrong
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    findings = run(examine(config, SystemClock(), offline=offline))
    tags = link_tags(config)
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(_as_json(findings, tags)), indent=2).decode())
    else:
        for line in _wrong_lines(findings) if told.quiet else _lines(findings, tags):
            click.echo(line)
    return 1 if worst(findings) is Level.PROBLEM else 0


def _as_json(findings: Sequence[Finding], tags: Sequence[str]) -> dict[str, Any]:
    return {"schema": SCHEMA, "level": worst(findings), "findings": findings, "link_tags": tags}


def _wrong_lines(findings: Sequence[Finding]) -> Iterator[str]:
    wrong = [one for one in findings if one.level is not Level.OK]
    return _lines(wrong, ()) if wrong else iter(())


def _lines(findings: Sequence[Finding], tags: Sequence[str]) -> Iterator[str]:
    """Part by part, each finding with what to change below it; then the tags, and how many there are."""
    for part, some in groupby(findings, key=lambda one: one.part):
        yield click.style(part.value, bold=True)
        for one in some:
            yield f"  {click.style(f'{one.level:<{_WIDTH}}', fg=_COLOURS[one.level])}  {plain(one.sentence)}"
            for line in one.mend.splitlines():
                yield f"  {'':<{_WIDTH}}  -> {plain(line)}"
    if tags:
        yield click.style("Links to the feeds, for the head of the site's pages", bold=True)
    for tag in tags:
        yield f"  {plain(tag)}"
    problems, warnings = (sum(one.level is level for one in findings) for level in (Level.PROBLEM, Level.WARNING))
    yield f"{count(problems, 'problem')}, {count(warnings, 'warning')}"
