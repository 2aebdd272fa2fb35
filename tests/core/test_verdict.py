import pytest

from feedbot.core.observation import Failed, Failure, FailureKind, Observation
from feedbot.core.verdict import Verdict, VerdictKind, is_broken, judge
from tests.core.histories import START, URL, answered, asked, failed


@pytest.mark.parametrize("status", [200, 201, 203, 204, 206, 226])
def test_an_answer_of_success_is_alive(status):
    assert judge(answered(asked(status))).kind is VerdictKind.ALIVE


def test_not_modified_is_alive():
    assert judge(answered(asked(304, "HEAD"))).kind is VerdictKind.ALIVE


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [401, 402, 403, 407, 429, 451, 600, 666, 999])
def test_codes_that_turn_bots_away_are_blocked(status, method):
    assert judge(answered(asked(status, method))).kind is VerdictKind.BLOCKED


@pytest.mark.parametrize("status", [400, 405, 406, 418, 430])
def test_codes_of_picky_servers_are_blocked_on_get(status):
    assert judge(answered(asked(status))).kind is VerdictKind.BLOCKED


def test_gone_and_missing_are_told_apart():
    assert judge(answered(asked(410))).kind is VerdictKind.GONE
    assert judge(answered(asked(404))).kind is VerdictKind.MISSING


@pytest.mark.parametrize("status", [408, 409, 422, 500, 502, 503, 504, 522, 599, 300, 101])
def test_other_codes_are_unreachable_and_the_reason_names_them(status):
    verdict = judge(answered(asked(status)))
    assert verdict.kind is VerdictKind.UNREACHABLE
    assert str(status) in verdict.reason


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_503_that_names_a_time_is_maintenance(method):
    verdict = judge(answered(asked(503, method, retry_after_s=3600)))
    assert verdict.kind is VerdictKind.BLOCKED
    assert verdict.reason == f"503 on {method}: asks to come back later: maintenance"
    # Of the last answer, that is: without a time of its own it is an error like any other.
    assert judge(answered(asked(503, retry_after_s=60), asked(503))).kind is VerdictKind.UNREACHABLE


@pytest.mark.parametrize(
    ("exchanges", "reason"),
    [
        ([asked(429, retry_after_s=3600)], "429 on GET: too many requests, asks to wait 3,600 s"),
        ([asked(429)], "429 on GET: too many requests"),
        ([asked(429, retry_after_s=60), asked(429, retry_after_s=60)], "429 on GET: {still}"),
        ([asked(429, "HEAD"), asked(429)], "429 on GET after 429 on HEAD: {still}"),
        ([asked(503, retry_after_s=60), asked(429)], "429 on GET after 503 on GET: {still}"),
        (
            [asked(405, "HEAD"), asked(429, retry_after_s=90)],
            "429 on GET after 405 on HEAD: too many requests, asks to wait 90 s",
        ),
    ],
)
def test_the_reason_of_a_429_does_not_claim_a_wait_that_was_not(exchanges, reason):
    verdict = judge(answered(*exchanges))
    assert verdict.kind is VerdictKind.BLOCKED
    assert verdict.reason == reason.format(still="too many requests, still after waiting")


def test_a_redirect_whose_end_was_not_asked_is_no_strike():
    verdict = judge(answered(asked(301, location="https://a.example/")))
    assert verdict.kind is VerdictKind.BLOCKED
    assert verdict.reason == "301 on GET: leads to https://a.example/, whose host asks to be left alone for now"
    assert verdict.moved_to is None


@pytest.mark.parametrize("status", [200, 202, 403, 404, 405, 410, 429, 503])
def test_a_challenge_at_any_code_is_blocked_before_anything_else(status):
    verdict = judge(answered(asked(status, challenge="cf-mitigated: challenge")))
    assert verdict.kind is VerdictKind.BLOCKED
    assert "cf-mitigated" in verdict.reason


def test_the_reason_tells_what_was_asked_before():
    verdict = judge(answered(asked(405, "HEAD"), asked(404)))
    assert verdict.reason == "404 on GET after 405 on HEAD: not found"


def _to(url, status, hop=0, at=URL):
    return asked(status, hop=hop, url=at, location=url)


A, B = "https://a.example/", "https://b.example/"


@pytest.mark.parametrize(
    ("exchanges", "moved_to"),
    [
        ([_to(A, 301), asked(200, hop=1, url=A)], A),
        ([_to(A, 308), asked(200, hop=1, url=A)], A),
        ([_to(A, 301), _to(B, 308, 1, A), asked(200, hop=2, url=B)], B),
        ([_to(A, 301), _to(B, 302, 1, A), asked(200, hop=2, url=B)], A),
        ([_to(A, 302), asked(200, hop=1, url=A)], None),
        ([_to(A, 302), _to(B, 301, 1, A), asked(200, hop=2, url=B)], None),
        ([_to(A, 307), asked(200, hop=1, url=A)], None),
        ([_to(A, 301), _to(URL, 301, 1, A), asked(200, hop=2)], None),
    ],
)
def test_moved_is_the_end_of_the_leading_run_of_permanent_redirects(exchanges, moved_to):
    verdict = judge(answered(*exchanges))
    assert verdict.moved_to == moved_to
    assert verdict.kind is (VerdictKind.MOVED if moved_to else VerdictKind.ALIVE)


def test_a_redirect_to_a_missing_page_is_missing():
    verdict = judge(answered(_to(A, 301), asked(404, hop=1, url=A)))
    assert verdict.kind is VerdictKind.MISSING
    assert verdict.reason == f"404 on GET at {A}, 1 redirect on: not found"
    assert verdict.moved_to is None


_REFUSED = {kind for kind in FailureKind if kind.value.startswith("policy_")}


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_has_a_verdict_with_its_words(kind):
    verdict = judge(failed(kind, "the very words"))
    if kind in _REFUSED:
        assert verdict.kind is VerdictKind.REFUSED
    elif kind is FailureKind.OURSELVES:
        assert verdict.kind is VerdictKind.UNKNOWN
    else:
        assert verdict.kind is VerdictKind.UNREACHABLE
    assert "the very words" in verdict.reason
    assert verdict.failure is kind


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.POLICY_ADDRESS, f"leads to {A}: not asked: why"),
        (FailureKind.DNS_NXDOMAIN, f"leads to {A}: why"),
        (FailureKind.REDIRECT_LOOP, "why"),  # its words name where
        (FailureKind.OURSELVES, "our own fault: why"),
    ],
)
def test_a_failure_where_a_redirect_led_names_the_place(kind, reason):
    observation = Observation(URL, START, 5, (_to(A, 302),), Failed(Failure(kind, "why"), A))
    assert judge(observation).reason == reason


@pytest.mark.parametrize("kind", VerdictKind)
def test_broken_is_what_one_look_can_tell(kind):
    broken = {VerdictKind.GONE, VerdictKind.MISSING, VerdictKind.SOFT_DEAD, VerdictKind.PARKED}
    assert is_broken(Verdict(kind, "")) is (kind in broken)
    # No such host is broken, unless that failure was not counted.
    no_host = Verdict(kind, "", failure=FailureKind.DNS_NXDOMAIN)
    assert is_broken(no_host) is (kind in {*broken, VerdictKind.UNREACHABLE})
