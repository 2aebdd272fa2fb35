"""What a hub is told, what its answer means, and when it is told again."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.ping import (
    MOST_AT_ONCE,
    Accepted,
    Failed,
    Ping,
    Refused,
    chosen,
    form,
    is_over,
    next_try_at,
    read_failure,
    read_status,
    topics_of,
)
from tests.publication import START

BASE = "https://example.org/feeds/"


def ping(name: str, tries: int = 0) -> Ping:
    return Ping("https://hub.example/", BASE + name, 1, START, tries)


def test_what_was_never_tried_goes_before_what_failed_and_the_feed_of_all_before_others() -> None:
    waiting = [ping("b.rss"), ping("a.rss", tries=2), ping("all.rss", tries=1), ping("all.atom"), ping("allergies.rss")]
    names = [one.topic.removeprefix(BASE) for one in chosen(waiting, f"{BASE}all.")]
    assert names == ["all.atom", "allergies.rss", "b.rss", "all.rss", "a.rss"]


def test_of_many_a_hundred_are_told_at_once() -> None:
    waiting = [ping(f"{number}.rss") for number in range(MOST_AT_ONCE + 1)]
    assert len(chosen(waiting, f"{BASE}all.")) == MOST_AT_ONCE == 100


def test_a_form_holds_one_address_whole() -> None:
    topic = "https://example.org/feeds/?file=a&b=ü c+d.rss"
    assert parse_qsl(form(topic).decode("ascii")) == [
        ("hub.mode", "publish"),
        ("hub.url", topic),
        ("hub.topic", topic),
    ]


def test_aliases_are_no_topics() -> None:
    assert topics_of(["all.atom", "feed.xml"], {"feed.xml": "all.atom"}, BASE) == [f"{BASE}all.atom"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Accepted()),
        (204, Accepted()),
        (299, Accepted()),
        (300, Refused("it answers 300")),
        (304, Refused("it answers 304")),
        (400, Refused("it answers 400")),
        (451, Refused("it answers 451")),
        (408, Failed("it answers 408", of_all=False)),
        (425, Failed("it answers 425", of_all=False)),
        (429, Failed("it answers 429", of_all=True)),
        (500, Failed("it answers 500", of_all=False)),
        (503, Failed("it answers 503", of_all=True)),
        (599, Failed("it answers 599", of_all=False)),
        (999, Failed("it answers 999", of_all=False)),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, answer: object) -> None:
    assert read_status(status) == answer


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if not kind.value.startswith("policy_")])
def test_whatever_keeps_a_hub_from_answering_may_pass(kind: FailureKind) -> None:
    assert read_failure(Failure(kind, "why")) == Failed("why", of_all=True)


def test_waits_double_from_a_minute_to_four_hours_and_are_no_shorter_than_the_hub_wants() -> None:
    waits = [(next_try_at(tries, START) - START).total_seconds() for tries in (1, 2, 3, 8, 9, 10, 5000)]
    assert waits == [60, 120, 240, 7680, 14400, 14400, 14400]
    assert next_try_at(1, START, 30.0) - START == timedelta(minutes=1)
    assert next_try_at(1, START, 7200.0) - START == timedelta(hours=2)


def test_a_day_after_the_change_it_is_over() -> None:
    assert not is_over(ping("a.rss"), START + timedelta(days=1))
    assert is_over(ping("a.rss"), START + timedelta(days=1, seconds=1))
