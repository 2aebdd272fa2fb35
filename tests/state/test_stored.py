import pytest

from feedbot.errors import StateError
from feedbot.state.database import moment
from feedbot.state.stored import decoder


def test_what_was_written_is_read_as_what_it_was():
    assert decoder(dict[str, int])('{"alive":1}') == {"alive": 1}


@pytest.mark.parametrize("text", ['{"alive":1', '{"alive":"1"}', b'{"alive":\xff}', b'{"\xff":1}', "[]"])
def test_what_was_never_written_so_is_damage_for_the_operator(text):
    with pytest.raises(StateError, match="so it is damaged or was changed by another program; `feedbot db restore`"):
        decoder(dict[str, int])(text)


def test_a_time_that_is_none_is_damage_as_well():
    with pytest.raises(StateError, match="so it is damaged"):
        moment("2026-1Q-01T00:00:00Z")
