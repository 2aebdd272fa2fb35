import asyncio
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feedbot.config import CheckerConfig, HostConfig
from feedbot.core.checker import HostPolicy, Pace
from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation, Phases
from feedbot.wire.frames import (
    MAX_WORD_BYTES,
    Broken,
    Done,
    Order,
    Portion,
    Results,
    Slow,
    encode,
    read_order,
    read_portion,
    read_word,
)
from feedbot.wire.prober import Postponed, ProbeTarget

whole = st.integers(min_value=0, max_value=2**53)
seconds = st.floats(min_value=0, allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
failures = st.builds(Failure, kind=st.sampled_from(FailureKind), text=texts)
exchanges = st.builds(
    Exchange,
    hop=whole,
    method=st.sampled_from(["GET", "HEAD"]),
    url=texts,
    status=st.none() | st.integers(100, 999),
    failure=st.none() | failures,
    location=st.none() | texts,
    peer=st.none() | texts,
    http_version=st.none() | texts,
    elapsed_ms=whole,
    bytes_read=whole,
    retry_after_s=st.none() | seconds,
    challenge=st.none() | texts,
    etag=st.none() | texts,
    last_modified=st.none() | texts,
    phases=st.none() | st.builds(Phases, resolve=whole, connect=whole, tls=whole, first_byte=whole),
    certificate_expires_at=st.none() | texts,
)
observations = st.builds(
    Observation,
    url=texts,
    started_at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    elapsed_ms=whole,
    exchanges=st.lists(exchanges, max_size=3).map(tuple),
    outcome=st.builds(Answered, status=whole, final_url=texts) | st.builds(Failed, failure=failures, final_url=texts),
)
results = st.lists(observations | st.builds(Postponed, url=texts, retry_after_s=seconds), max_size=3).map(tuple)
names = st.lists(texts, max_size=3).map(tuple)
words = (
    st.builds(Results, results=results)
    | st.builds(Slow, hosts=st.lists(st.tuples(texts, seconds), max_size=3).map(tuple))
    | st.builds(Broken, error=texts)
    | st.builds(Done, head_refused=names)
)
targets = st.builds(
    ProbeTarget,
    url=texts,
    first_method=st.sampled_from(["GET", "HEAD"]),
    etag=st.none() | texts,
    last_modified=st.none() | texts,
)
configs = st.builds(
    replace,
    st.just(CheckerConfig().policy()),
    workers=whole | st.just("auto"),
    per_host=st.builds(Pace, concurrency=whole, delay_s=seconds),
    robots=st.booleans() | st.just("never"),
    hosts=st.dictionaries(
        texts,
        st.builds(HostPolicy, delay_s=st.none() | seconds, headers=st.dictionaries(texts, texts, max_size=2)),
        max_size=2,
    ),
    proxy=st.none() | texts,
    back_off_s=st.lists(seconds, max_size=3).map(tuple),
    max_run_s=st.floats(min_value=0),
)
orders = st.builds(
    Order,
    config=configs,
    contact=texts,
    head_refused=names,
    processes=whole,
)
portions = st.builds(Portion, targets=st.lists(targets, max_size=3).map(tuple))


NONSENSE = Broken("it said what is no record")


async def heard(data: bytes):
    """Every word in a stream of these bytes, up to one that is the last; NONSENSE for what is none."""
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    words = []
    while (word := await read_word(stream)) is not None:
        words.append(word)
        if word == NONSENSE:
            break
    return words


@given(st.lists(words, max_size=4))
def test_every_word_comes_through_as_it_was_said(said):
    assert asyncio.run(heard(b"".join(map(encode, said)))) == said


@given(orders)
def test_every_order_comes_through_as_it_was_given(order):
    assert read_order(io.BytesIO(encode(order))) == order


async def told(data: bytes):
    """Every portion in a stream of these bytes."""
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    portions = []
    while (portion := await read_portion(stream)) is not None:
        portions.append(portion)
    return portions


@given(st.lists(portions, max_size=3), portions, st.data())
def test_every_portion_comes_through_as_it_was_given_and_one_that_breaks_off_does_not(whole_ones, last, data):
    frame = encode(last)
    cut = data.draw(st.integers(0, len(frame) - 1))
    assert asyncio.run(told(b"".join(map(encode, whole_ones)) + frame[:cut])) == whole_ones


@given(words, words, st.data())
def test_a_frame_that_breaks_off_ends_the_words_before_it(first, second, data):
    frame = encode(second)
    cut = data.draw(st.integers(0, len(frame) - 1))
    assert asyncio.run(heard(encode(first) + frame[:cut])) == [first]


@given(st.binary(max_size=300))
def test_bytes_that_are_no_frames_end_without_an_error(data):
    asyncio.run(heard(data))


@given(words, st.binary(min_size=1, max_size=50))
def test_a_body_that_is_no_record_is_no_word(word, body):
    text = b"\xc1" + body  # a byte that MessagePack never uses
    assert asyncio.run(heard(encode(word) + len(text).to_bytes(4) + text)) == [word, NONSENSE]


@given(orders, st.data())
def test_an_order_that_breaks_off_is_none(order, data):
    frame = encode(order)
    with pytest.raises(EOFError):
        read_order(io.BytesIO(frame[: data.draw(st.integers(0, len(frame) - 1))]))


@pytest.mark.parametrize("text", [b"Traceback (most recent call last):\n", b"\xff" * 8])
async def test_what_claims_to_be_longer_than_any_word_is_not_waited_for(text):
    stream = asyncio.StreamReader()
    stream.feed_data(text)
    assert int.from_bytes(text[:4]) > MAX_WORD_BYTES
    assert await asyncio.wait_for(read_word(stream), 60) == NONSENSE


def test_the_config_comes_through_as_it_is():
    told = {"a.test": HostConfig(delay_s=3, accepted=(403,), headers={"X-A": "1"}, bearer_env="TOKEN")}
    config = CheckerConfig(allow_addresses=("127.0.0.0/8",), max_run_s=7.5, hosts=told).policy()
    assert config.hosts["a.test"].headers == {"X-A": "1"}
    assert read_order(io.BytesIO(encode(Order(config, "", ())))).config == config
