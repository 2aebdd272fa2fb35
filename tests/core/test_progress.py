import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.progress import News, Progress, Standing, bad_news
from feedbot.core.verdict import Verdict, VerdictKind

ALIVE, MISSING = VerdictKind.ALIVE, VerdictKind.MISSING


def begun(**links):
    """A run that begins at second 100, with so many links at each domain."""
    progress = Progress()
    progress.begin([domain for domain, number in links.items() for _ in range(number)], 100.0)
    return progress


def test_there_is_nothing_to_say_before_and_after():
    assert Progress().at(100.0) is None
    progress = begun(a=2)
    progress.add("a", ALIVE, 101.0)
    assert progress.at(101.0) is not None
    progress.add("a", MISSING, 102.0)
    assert progress.at(102.0) is None


def test_what_is_done_is_counted_by_verdict():
    progress = begun(a=3, b=2)
    for domain, verdict in [("a", ALIVE), ("b", MISSING), ("a", None), ("a", ALIVE)]:
        progress.add(domain, verdict, 102.0)
    standing = progress.at(104.0)
    assert (standing.done, standing.planned, standing.elapsed_s) == (4, 5, 4.0)
    assert standing.by_verdict == {ALIVE: 2, MISSING: 1}


def test_the_rate_is_that_of_the_last_ten_seconds():
    progress = begun(a=1000)
    rates = []
    for second in range(101, 131):
        for _ in range(30 if second <= 110 else 2):
            progress.add("a", ALIVE, float(second))
        rates.append(progress.at(float(second)).rate)
    assert rates[:10] == [30.0] * 10
    assert rates[14] == pytest.approx((5 * 30 + 5 * 2) / 10)
    assert rates[19:] == [2.0] * 11


def test_no_time_is_told_before_enough_is_known():
    progress = begun(a=1000)
    for _ in range(19):
        progress.add("a", ALIVE, 101.0)
    assert progress.at(104.0).left_s is None
    progress.add("a", ALIVE, 101.0)
    assert progress.at(102.9).left_s is None
    assert progress.at(104.0).left_s is not None


def test_a_domain_that_is_asked_slowly_decides_when_the_run_ends():
    progress = begun(slow=60, fast=1000)
    for tick in range(500):
        progress.add("fast", ALIVE, 100 + tick / 100, took_s=0.01)
        if tick % 100 == 99:
            progress.add("slow", ALIVE, 100 + (tick + 1) / 100, took_s=1.0)
    # The other 500 would be done in 5 s; these 55 take a second each.
    assert progress.at(105.0).left_s == pytest.approx(55.0)


def test_no_time_is_told_while_something_unknown_is_waited_for():
    waiting = 0.0
    progress = Progress()
    progress.begin(["a"] * 100, 100.0, slowest=lambda: (("a.test", waiting),))
    for tick in range(90):
        progress.add("a", ALIVE, 100 + (tick + 1) / 10, took_s=0.1)
    assert progress.at(109.0).left_s == pytest.approx(1.0)
    waiting = 7.0
    standing = progress.at(109.0)
    assert standing.left_s is None
    assert standing.slowest == (("a.test", 7.0),)


def test_a_host_is_slow_from_five_seconds_on():
    progress = Progress()
    progress.begin(["a"], 100.0, slowest=lambda: (("a.test", 5.0), ("b.test", 4.9)))
    assert progress.at(101.0).slowest == (("a.test", 5.0),)


def test_the_runs_end_comes_whatever_is_left():
    progress = Progress()
    progress.begin(["a"] * 100_000, 100.0, run_left_s=60.0)
    for tick in range(100):
        progress.add("a", ALIVE, 100 + tick / 10)
    assert progress.at(110.0).left_s == 50.0


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0.02, 2.0)), min_size=1, max_size=15))
def test_where_every_domain_keeps_its_pace_the_time_told_holds(domains):
    """Each domain answers a link every so many seconds; at no moment is the time told far off."""
    progress = Progress()
    progress.begin([str(name) for name, (links, _) in enumerate(domains) for _ in range(links)], 0.0)
    events = sorted(
        (nth * pace, str(name), pace) for name, (links, pace) in enumerate(domains) for nth in range(1, links + 1)
    )
    end, slowest_pace = events[-1][0], max(pace for _, pace in domains)
    second = 0.0
    for at, name, pace in events:
        while second < at:
            standing = progress.at(second)
            if standing is not None and standing.left_s is not None:
                assert end - second - 1e-6 <= standing.left_s <= 2 * (end - second) + 2 * slowest_pace
            second += 0.5
        progress.add(name, ALIVE, at, took_s=pace)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(0, 7, 0.0), ["0 of 7"]),
        (Standing(0, 20000, 3.0, rate=0.0), ["0 of 20,000"]),
        (
            Standing(1234, 20000, 15.0, 85.4, 190.0, {}, (("a.example", 12.3), ("b.example", 6.0))),
            ["1,234 of 20,000", "85/s", "about 3 min left", "slow: a.example (12 s), b.example (6 s)"],
        ),
        (Standing(12, 20, 15.0, 1.24, 0.2), ["12 of 20", "1.2/s", "about 1 s left"]),
        (Standing(12, 20, 15.0, 1500.0, 8.6), ["12 of 20", "1,500/s", "about 9 s left"]),
    ],
)
def test_it_is_said_in_words(standing, words):
    assert standing.words() == words


def test_so_many_slow_hosts_are_named_as_there_is_room_for():
    standing = Standing(1, 2, 9.0, slowest=(("a.example", 9.0), ("b.example", 8.0)))
    assert standing.words(hosts=1)[-1] == "slow: a.example (9 s)"


@pytest.mark.parametrize(
    ("left_s", "said"),
    [
        (0, "1 s"),
        (9.4, "9 s"),
        (12.4, "10 s"),
        (43, "45 s"),
        (54.9, "55 s"),
        (55, "1 min"),
        (200, "3 min"),
        (3299, "55 min"),
        (3300, "1 h"),
        (9000, "2 h"),
    ],
)
def test_a_time_is_rounded_as_a_person_would(left_s, said):
    assert f"about {said} left" in Standing(1, 2, 9.0, left_s=left_s).words()


def test_the_worst_news_come_first_and_of_what_is_equally_bad_the_latest():
    progress = Progress()
    progress.begin(["a"] * 20, 100.0)
    kinds = [VerdictKind.UNREACHABLE, *[MISSING] * 4, VerdictKind.GONE, VerdictKind.SUSPECT, MISSING]
    for number, kind in enumerate(kinds):
        progress.add("a", kind, 101.0, news=News(kind, f"u{number}", "why"))
    assert [one.url for one in progress.at(102.0).worst] == ["u5", "u7", "u4", "u3", "u2"]


@pytest.mark.parametrize("kind", VerdictKind)
def test_news_are_what_a_person_must_look_at(kind):
    is_bad = kind.value in {"gone", "missing", "soft_dead", "parked", "suspect", "unreachable"}
    assert bad_news("u", Verdict(kind, "why")) == (News(kind, "u", "why") if is_bad else None)
