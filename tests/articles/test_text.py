from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.articles.text import clean_line, clean_text, fold_name, has_hidden_characters
from feedbot.publish.xml_text import xml_line, xml_text


def test_characters_that_xml_forbids_are_left_out():
    assert clean_text("a\x00b\x08c\x0bd\x1fe\ufffef\uffffg") == "abcdefg"


def test_lone_surrogates_are_left_out():
    assert clean_text("a\ud800b\udfffc") == "abc"


def test_lines_and_tabs_of_a_text_are_kept():
    assert clean_text("a\n\tb\r\n") == "a\n\tb\r\n"


def test_a_line_has_single_spaces_only():
    assert clean_line("  a\n b \t\u00a0 c\u2028d  ") == "a b c d"
    assert clean_line("a  b") == "a b"
    assert clean_line(" a b ") == "a b"


def test_bidi_embeddings_overrides_and_isolates_are_left_out_of_a_line():
    assert clean_line("a\u202a\u202b\u202c\u202d\u202eb\u2066\u2067\u2068\u2069c") == "abc"


def test_letters_of_every_script_and_emoji_stay():
    for text in ("機械学習", "Машинное обучение", "تعلّم الآلة", "नमस्ते", "👩‍💻 code", "a\u200fb"):
        assert clean_line(text) == text


def test_hidden_characters_are_those_that_a_line_loses():
    assert has_hidden_characters("a\u202eb")
    assert has_hidden_characters("a\x07b")
    assert not has_hidden_characters("a \n b")
    assert not has_hidden_characters("👩‍💻")


def test_names_that_differ_in_case_composition_or_white_space_are_one():
    assert fold_name("Café  AI") == fold_name("cafe\u0301 ai")
    assert fold_name("STRASSE") == fold_name("straße")
    assert fold_name("C++") != fold_name("C#")


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=())))
def test_a_cleaned_line_stays_as_it_is(text):
    assert clean_line(clean_line(text)) == clean_line(text)
    clean_line(text).encode()


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x00\x7f\x85\ud800\ufffe\uffff \t\n\u00a0\u202e"))))
def test_a_text_keeps_every_character_that_xml_allows_and_no_other(text):
    def is_allowed(one: str) -> bool:  # XML 1.0, section 2.2
        return one in "\t\n\r" or " " <= one <= "\ud7ff" or "\ue000" <= one <= "\ufffd" or one >= "\U00010000"

    assert clean_text(text) == xml_text(text) == "".join(filter(is_allowed, text))
    assert xml_line(text) == " ".join(xml_text(text).split())
