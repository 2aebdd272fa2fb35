"""feedbot before the fixture web: what it says of each link, beside what is right."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from feedbot.core.verdict import Verdict, VerdictKind, judge
from feedbot.state import runs
from feedbot.state.database import open_for_reading
from feedbot.steps.look import Seen
from feedbot.wire.choice import curl_is_here
from tests.conftest import MAY_BE_SKIPPED
from tests.site.case import Case
from tests.site.dialling import curl_wire, httpx_wire, resolver_of
from tests.site.publication import Judged, judge_all
from tests.site.server import Site, serving
from tests.site.table import CASES, FAMILIES, faults_of, listing, scripts_of

DEADISH = frozenset(
    {VerdictKind.GONE, VerdictKind.MISSING, VerdictKind.SOFT_DEAD, VerdictKind.PARKED, VerdictKind.UNREACHABLE}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module", params=["httpx", "curl"])
def asked(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Site, Mapping[str, Judged]]]:
    """The whole site, asked over one of the wires: what came in there, and the verdicts."""
    with _served(request.param) as site:
        over_curl = partial(curl_wire, site, folder=folder)
        wire_over = over_curl if request.param == "curl" else partial(httpx_wire, site)
        yield site, judge_all(CASES, site, folder / request.param, resolver_of(site, CASES), wire_over)
        assert site.errors == []


@contextmanager
def _served(wire: str) -> Iterator[Site]:
    scripts, faults = scripts_of(CASES), faults_of(CASES)
    if wire == "httpx":
        with serving(scripts, faults) as site:
            yield site
        return
    if not curl_is_here():
        pytest.skip(MAY_BE_SKIPPED + "libcurl's wire is not installed")
    # An address of this process alone, so that several may have the same ports.
    address = f"127.83.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
    try:
        served = serving(scripts, faults, address, own_ports=True)
        site = served.__enter__()
    except OSError as error:
        pytest.skip(MAY_BE_SKIPPED + f"ports 80 and 443 of {address} cannot be had here: {error}")
    try:
        yield site
    finally:
        served.__exit__(None, None, None)


def _said(verdicts: Mapping[str, Judged], cases: Iterable[Case]) -> list[str]:
    """Every case whose verdict is not the right one, in a sentence."""
    wrong = []
    for case in cases:
        for look, verdict in zip(("first", "second"), verdicts[case.url].verdicts, strict=False):
            if not _is_right(case, verdict):
                wrong.append(
                    f"{case.url} [{case.family}] is {case.expect.value}, but at the {look} look feedbot says "
                    f"{verdict.kind.value}: {verdict.reason}\n    ({case.why})"
                )
    return wrong


def _is_right(case: Case, verdict: Verdict) -> bool:
    if verdict.kind is not case.expect:
        return False
    if case.failure not in {None, verdict.failure}:
        return False
    return case.moved_to in {None, verdict.moved_to}


def _report(wrong: list[str]) -> str:
    return f"{len(wrong)} misjudged\n  " + "\n  ".join(wrong)


def test_no_link_that_lives_or_is_blocked_is_called_dead(asked):
    _, verdicts = asked
    spared = [case for case in CASES if case.living or case.expect is VerdictKind.BLOCKED]
    dead = [
        f"{case.url} [{case.family}]: {verdict.kind.value}, {verdict.reason}\n    ({case.why})"
        for case in spared
        for verdict in verdicts[case.url].verdicts
        if verdict.kind in DEADISH
    ]
    assert not dead, _report(dead)


def test_soft_dead_links_are_found(asked):
    _, verdicts = asked
    soft_dead = [case for case in CASES if case.expect is VerdictKind.SOFT_DEAD]
    missed = _said(verdicts, soft_dead)
    assert len(missed) <= 0.05 * len(soft_dead), _report(missed)


def test_every_other_verdict_is_right(asked):
    _, verdicts = asked
    wrong = _said(verdicts, (case for case in CASES if case.expect is not VerdictKind.SOFT_DEAD))
    assert not wrong, _report(wrong)


def test_what_is_well_is_asked_with_head_the_second_time(asked):
    site, verdicts = asked
    broken_head = next(family for family in FAMILIES if family.name == "HEAD is broken")
    for case in broken_head.cases:
        assert verdicts[case.url].second is not None, case.url
        assert site.asked_by_head[case.url] > 0, case.url


def test_every_link_that_can_answer_was_asked(asked):
    site, _ = asked
    silent = {VerdictKind.UNREACHABLE, VerdictKind.REFUSED}
    unasked = [case.url for case in CASES if case.expect not in silent and not site.asked[case.url]]
    assert not unasked


def test_no_link_is_asked_more_than_four_times_in_a_run(asked):
    site, verdicts = asked
    often = [case.url for case in CASES if site.asked[case.url] > 4 * len(verdicts[case.url].verdicts)]
    assert not often


def test_negative_control_codes_alone_get_much_of_it_wrong(asked):
    """What a checker makes of it that calls 2xx alive and all else dead."""
    _, verdicts = asked
    alive_by_code = {case.url: _is_success(verdicts[case.url].first.seen) for case in CASES}
    blocked = [case for case in CASES if case.expect is VerdictKind.BLOCKED]
    soft_dead = [case for case in CASES if case.expect is VerdictKind.SOFT_DEAD]
    assert sum(not alive_by_code[case.url] for case in blocked) > 30
    assert all(alive_by_code[case.url] for case in soft_dead)


def _is_success(seen: Seen | None) -> bool:
    assert seen is not None
    return seen.http_status is not None and 200 <= seen.http_status < 300


def test_judging_what_was_stored_again_gives_every_verdict_that_was_stored(asked, folder):
    seen = 0
    for database in sorted(folder.glob("*/state.db")):
        with open_for_reading(database, who="a test") as state:
            for recorded in itertools.chain.from_iterable(runs.trails(state)):
                again = judge(recorded.observation, recorded.context)
                assert (again.kind, again.reason) == (recorded.verdict, recorded.reason), recorded.observation.url
                seen += 1
    assert seen > len(CASES)


def test_the_families_are_as_listed():
    assert (Path(__file__).parent / "README.md").read_text(encoding="utf-8") == listing()


def test_the_table_is_large_and_its_links_differ():
    assert len(CASES) >= 200
    assert len({case.url for case in CASES}) == len(CASES)
