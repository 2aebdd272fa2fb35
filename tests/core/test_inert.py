import pytest

from feedbot.core.inert import plain


@pytest.mark.parametrize("text", ["plain", "機械学習", "a [b] ## c", "#[x]"])
def test_text_stays_as_it_is(text):
    assert plain(text) == text


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\n", "\x9b", "\u202e", "\u200b", "\ud800"])
def test_what_moves_a_cursor_or_hides_words_is_replaced(character):
    assert plain(f"a{character}b") == "a\ufffdb"


@pytest.mark.parametrize("text", ["##[stop-commands]x", "a ##[add-mask]b", "\x1b##[error]x"])
def test_no_text_is_a_command_to_whoever_reads_a_log_of_github_actions(text):
    assert "##[" not in plain(text)
