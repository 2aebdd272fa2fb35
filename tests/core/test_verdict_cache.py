"""The copy of an AMP page in a cache, which never decides alone."""

import pytest

from feedbot.core.article import LinkRole
from feedbot.core.context import Context, Source
from feedbot.core.status import strike_rule
from feedbot.core.verdict import Verdict, VerdictKind, judge
from tests.core.histories import URL, answered, asked

COPY = "https://example-org.cdn.ampproject.org/c/s/example.org/amp"
AMP = "https://example.org/amp"
ENDED = [
    VerdictKind.GONE,
    VerdictKind.MISSING,
    VerdictKind.SOFT_DEAD,
    VerdictKind.PARKED,
    VerdictKind.AMP_WITHDRAWN,
]


def of_copy(status: int, amp: VerdictKind | None) -> Verdict:
    page = None if amp is None else Source(url=AMP, is_alive=amp is VerdictKind.ALIVE, verdict=amp)
    return judge(answered(asked(status, url=URL)), Context(roles=(LinkRole.CDN_AMP,), amp=page))


@pytest.mark.parametrize("amp", [None, VerdictKind.ALIVE, VerdictKind.MOVED, VerdictKind.BLOCKED])
@pytest.mark.parametrize("status", [404, 410])
def test_a_copy_that_the_cache_has_not_is_withdrawn_and_no_error(status, amp):
    assert of_copy(status, amp).kind is VerdictKind.AMP_WITHDRAWN


@pytest.mark.parametrize("amp", ENDED)
def test_a_copy_does_not_prove_that_its_page_lives(amp):
    verdict = of_copy(200, amp)
    assert verdict.kind is VerdictKind.AMP_WITHDRAWN
    assert verdict.reason == f"200 on GET: a copy of an AMP page that is {amp}"


@pytest.mark.parametrize("amp", [None, *VerdictKind])
@pytest.mark.parametrize("status", [200, 404, 410])
def test_no_copy_gathers_strikes_for_what_its_page_is(status, amp):
    assert strike_rule(of_copy(status, amp)) is None


def test_a_copy_of_a_page_that_lives_is_alive():
    assert of_copy(200, VerdictKind.ALIVE).kind is VerdictKind.ALIVE
    assert of_copy(200, None).kind is VerdictKind.ALIVE


def test_a_copy_under_another_address_than_the_caches_rule_is_told():
    page = Source(url=AMP, is_alive=True, verdict=VerdictKind.ALIVE)
    verdict = judge(answered(asked(200, url=URL)), Context(roles=(LinkRole.CDN_AMP,), amp=page))
    assert verdict.kind is VerdictKind.ALIVE
    assert verdict.warnings == ("is not at an AMP cache that feedbot knows (cdn.ampproject.org, bing-amp.com)",)
