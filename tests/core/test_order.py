from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feedbot.core.order import Due, Rank, expected_change, expected_requests, plan, priority, time_left_s, weight
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from tests.core.histories import ALIVE, BLOCKED, GONE, MISSING, NXDOMAIN, START, TIMEOUT, day
from tests.core.test_status import DEAD, follow

NOW = day(400)
MOVED = Verdict(VerdictKind.MOVED, "moved", moved_to="https://example.org/new", by_get=True)


def due(url="https://example.org/", status=None, rank=Rank.SOURCE, **more):
    return Due(url, Status() if status is None else status, more.pop("due_at", NOW), rank, **more)


def seen_alive(number, *, since=0.0):
    return follow((since, ALIVE), (number, ALIVE))


statuses = st.builds(
    lambda history: follow(*((number * 7, verdict) for number, verdict in enumerate(history))),
    st.lists(st.sampled_from([ALIVE, MOVED, BLOCKED, GONE, MISSING, NXDOMAIN, TIMEOUT]), max_size=8),
)
moments = st.floats(0, 400).map(day)
claims = st.builds(
    Due,
    url=st.text("abc", min_size=1, max_size=6),
    status=statuses,
    due_at=moments,
    rank=st.sampled_from(Rank),
    heat=st.none() | st.floats(-10, 1e300),
    published_at=st.none() | st.floats(-8000, 500).map(day),
    host_failed_at=st.none() | moments,
)
plans = st.lists(claims, max_size=25, unique_by=lambda one: one.url)


@given(plans, st.randoms(use_true_random=False))
def test_a_plan_without_a_budget_is_all_of_it_by_rank_whatever_order_it_came_in(some, rng):
    planned = plan(some, NOW)
    assert sorted(one.url for one in planned) == sorted(one.url for one in some)
    assert [one.rank for one in planned] == sorted(one.rank for one in some)
    rng.shuffle(some)
    assert plan(some, NOW) == planned


@given(plans, st.integers(1, 60))
def test_a_budget_is_kept_and_takes_one_target_at_least_and_all_where_they_fit(some, budget):
    planned = plan(some, NOW, budget)
    cost = sum(expected_requests(one.status) for one in planned)
    assert cost <= budget or len(planned) == 1
    assert planned or not some
    if sum(expected_requests(one.status) for one in some) <= budget:
        assert planned == plan(some, NOW)


@given(claims, st.floats(0, 1e300), st.floats(0, 1e300))
def test_a_hotter_article_never_has_a_lower_priority(one, heat, hotter):
    heat, hotter = sorted((heat, hotter))
    assert priority(replace(one, heat=heat), NOW) <= priority(replace(one, heat=hotter), NOW)


@given(claims, st.floats(0, 3000), st.floats(0, 3000))
def test_the_longer_a_target_was_not_seen_the_higher_its_priority(one, sooner, later):
    sooner, later = sorted((sooner, later))
    # At one moment, so that only the look is longer ago, and the article no older.
    one = replace(one, published_at=None)
    assert priority(one, NOW + timedelta(days=sooner)) <= priority(one, NOW + timedelta(days=later))


@given(claims)
def test_chance_and_weight_are_bounded(one):
    assert 0 <= expected_change(one, NOW) <= 1
    assert 1 <= weight(one, NOW) <= 128


def test_a_lower_rank_and_a_newer_article_weigh_more():
    ranks = [weight(due(rank=rank), NOW) for rank in Rank]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(Rank)
    ages = [weight(due(published_at=day(400 - age)), NOW) for age in (0, 10, 100, 1000)]
    assert ages == sorted(ages, reverse=True)


def test_what_is_worth_a_look_most_is_unknown_then_failing_then_beside_a_failure_then_alive_then_dead():
    suspect = due(status=seen_alive(370), host_failed_at=day(380))
    calm = due(status=seen_alive(390), host_failed_at=day(380))
    chances = [
        expected_change(one, NOW)
        for one in (
            due(),
            due(status=follow((370, MISSING))),
            suspect,
            due(status=seen_alive(370)),
            calm,
        )
    ]
    assert chances == sorted(chances, reverse=True)
    assert len(set(chances)) == 5
    assert expected_change(due(status=DEAD), day(38)) < expected_change(due(status=seen_alive(8)), day(38))


def test_a_dead_link_that_answered_once_is_settled_by_the_next_look():
    assert expected_change(due(status=follow((8, ALIVE), status=DEAD)), day(8)) == 1


def test_a_host_that_is_silent_for_ever_does_not_take_the_budget():
    silent = follow(*((number * 15, TIMEOUT) for number in range(9)), host_answers=False)
    assert silent.kind is StatusKind.FAILING
    assert expected_change(due(status=silent), day(135)) < 0.1


@pytest.mark.parametrize(("years", "share", "tolerance"), [(2, 0.06, 0.01), (20, 0.72, 0.02)])
def test_the_chances_of_living_links_add_up_to_the_published_rates(years, share, tolerance):
    living = 1.0
    for month in range(12 * years):
        looked_at = START + timedelta(days=month * 30.4375)
        one = due(status=follow(((looked_at - START).days, ALIVE)), published_at=START)
        living *= 1 - expected_change(one, looked_at + timedelta(days=30.4375))
    assert 1 - living == pytest.approx(share, abs=tolerance)


def test_a_link_that_was_watched_for_long_is_less_likely_to_die_than_one_that_is_new_to_us():
    old = START - timedelta(days=5000)
    watched, new = (due(status=seen_alive(380, since=since), published_at=old) for since in (0, 379))
    assert expected_change(watched, NOW) < expected_change(new, NOW)


def test_where_all_is_alike_the_hot_article_comes_first_and_then_the_url():
    hot, first, second = due("z", heat=150), due("a"), due("b")
    assert plan([second, hot, first], NOW) == [hot, first, second]


def test_a_budget_is_spent_where_most_is_to_be_learnt():
    failing = due("failing", follow((390, MISSING)), rank=Rank.AMP)
    stable = [due(f"stable {number}", seen_alive(369), due_at=day(399)) for number in range(20)]
    asked = plan([*stable, failing], NOW, 3)
    assert len(asked) == 3
    assert failing in asked


def test_a_link_that_moved_counts_twice_and_a_silent_one_four_times():
    assert [expected_requests(follow((0, verdict))) for verdict in (ALIVE, MISSING, MOVED, TIMEOUT)] == [1, 1, 2, 4]


def test_no_target_waits_for_ever_however_little_it_is_worth():
    # Twenty links that are worth most and due at every run take all of the budget but what is reserved.
    always = [f"hot {number}" for number in range(20)]
    waiting = {f"cold {number}": day(number / 100) for number in range(8)}
    runs = 0
    while waiting:
        now = day(10 + runs)
        some = [due(url, rank=Rank.FEED_SOURCE, heat=500, due_at=now) for url in always]
        some += [due(url, DEAD, rank=Rank.AMP, due_at=at) for url, at in waiting.items()]
        for one in plan(some, now, 10):
            waiting.pop(one.url, None)
        runs += 1
        assert runs <= 8


@given(st.lists(st.tuples(statuses, st.sampled_from(Rank)), min_size=1, max_size=15), st.integers(1, 12))
def test_within_as_many_runs_as_there_are_targets_all_are_asked(some, budget):
    due_at = {str(number): day(number % 3) for number in range(len(some))}
    asked = set()
    for run in range(len(some)):
        now = day(500 + run)
        claimed = [
            due(str(number), status, rank, due_at=due_at[str(number)]) for number, (status, rank) in enumerate(some)
        ]
        for one in plan(claimed, now, budget):
            asked.add(one.url)
            due_at[one.url] = now
    assert len(asked) == len(some)


def left(number, **more):
    return time_left_s(number, **({"asked_per_s": 10.0, "run_s": 600.0, "every_s": 900.0, "budget": None} | more))


def test_the_time_left_is_that_of_whole_runs_and_a_part_of_the_last():
    assert left(0) == 0
    assert left(3000) == 300
    assert left(6000) == 600
    assert left(15_000) == 2 * 900 + 300
    assert left(15_000, every_s=60) == 2 * 600 + 300


def test_a_budget_makes_the_time_left_longer():
    assert left(15_000, budget=100) == 149 * 900 + 10
