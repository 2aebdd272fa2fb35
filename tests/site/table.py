"""The table: every family of the fixture web, its cases, and what is served for them."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family
from tests.site.families import (
    alive,
    amp,
    apps,
    blocked,
    gone,
    images,
    lookalikes,
    moved,
    network,
    parked,
    soft_dead,
    suspect,
    walls,
)
from tests.site.pages import article
from tests.site.publication import FRAME
from tests.site.server import Fault, Reply, Script

FAMILIES: tuple[Family, ...] = (
    *alive.FAMILIES,
    *moved.FAMILIES,
    *lookalikes.FAMILIES,
    *apps.FAMILIES,
    *blocked.FAMILIES,
    *walls.FAMILIES,
    *gone.FAMILIES,
    *soft_dead.FAMILIES,
    *parked.FAMILIES,
    *suspect.FAMILIES,
    *images.FAMILIES,
    *amp.FAMILIES,
    *network.FAMILIES,
)
CASES: tuple[Case, ...] = tuple(chain.from_iterable(family.cases for family in FAMILIES))


def scripts_of(cases: Iterable[Case]) -> dict[str, Script]:
    """What is served, by URL; two cases may share a host, and must then agree."""
    scripts: dict[str, Script] = {f"{FRAME}/*": Reply(200, article("A story that somebody linked to"))}
    for case in cases:
        for url, script in case.answers.items():
            assert scripts.get(url, script) == script, f"{url} is served in two ways"
            scripts[url] = script
    return scripts


def faults_of(cases: Iterable[Case]) -> dict[str, Fault]:
    """What is wrong with the TLS of which host."""
    return {host: fault for case in cases for host, fault in case.faults.items()}


def listing() -> str:
    """The families with their numbers, as tests/site/README.md has them."""
    kinds = Counter(case.expect for case in CASES)
    lines = [
        "# The fixture web",
        "",
        f"{len(CASES)} links in {len(FAMILIES)} families, served on loopback with real sockets, and the verdict that",
        "is right for each. `test_site.py` makes articles of them, lets feedbot check these and compares. This file is",
        "written by `python -m tests.site.table > tests/site/README.md`.",
        "",
        "| family | what it imitates | links | verdicts |",
        "|---|---|---|---|",
    ]
    for one in FAMILIES:
        verdicts = ", ".join(sorted({case.expect.value for case in one.cases}))
        lines.append(f"| {one.name} | {one.about} | {len(one.cases)} | {verdicts} |")
    lines += [
        "",
        "By verdict: " + ", ".join(f"{kind.value} {kinds[kind]}" for kind in VerdictKind if kinds[kind]) + ".",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(listing(), end="")  # noqa: T201
