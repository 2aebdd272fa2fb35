import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.core.slug import RESERVED_SLUGS, assign_slugs, topic_key

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# Names that meet each other: markup of the languages, case, scripts, paths, reserved words.
NAMES = st.one_of(
    st.text(),
    st.text(alphabet="aA+#& -./\\é", max_size=6),
    st.text(alphabet="ab ", min_size=70, max_size=200),
    st.sampled_from(["all", "CON", "com1", "../etc", "C++", "C#", "Cplusplus", "日本", "🎉", "İ", "ß", "SS", "\ud800"]),
)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("AI", "ai"),
        ("Computer Vision", "computer-vision"),
        ("C++", "cplusplus"),
        ("C#", "csharp"),
        ("R&D", "r-and-d"),
        ("Café & Crème", "cafe-and-creme"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", "ri-ben"),
        ("&amp;", "and-amp"),
        ("1,000 ideas", "1000-ideas"),
    ],
)
def test_a_slug_can_be_read(name: str, slug: str) -> None:
    assert assign_slugs([name], {}, {}) == {topic_key(name): slug}


@pytest.mark.parametrize("name", ["🎉", "", "...", "—"])
def test_a_name_that_ascii_cannot_say_has_a_slug_too(name: str) -> None:
    assert re.fullmatch("topic-[0-9a-f]{8}", assign_slugs([name], {}, {})[topic_key(name)])


@pytest.mark.parametrize("name", sorted(RESERVED_SLUGS) + ["ALL", "Con", "LPT9"])
def test_a_reserved_name_gets_a_suffix(name: str) -> None:
    slug = assign_slugs([name], {}, {})[topic_key(name)]
    assert re.fullmatch(f"{name.lower()}-[0-9a-f]{{8}}", slug)


def test_names_equal_but_for_case_space_and_composition_are_one_topic() -> None:
    assert topic_key(" Caf\u00e9\tNews ") == topic_key("CAFE\u0301 news")
    assert assign_slugs([" Caf\u00e9\tNews ", "CAFE\u0301 news"], {}, {}) == {"café news": "cafe-news"}


def test_of_two_new_topics_the_first_by_key_has_the_plain_slug() -> None:
    slugs = assign_slugs(["cplusplus", "C++"], {}, {})
    assert slugs["c++"] == "cplusplus"
    assert re.fullmatch("cplusplus-[0-9a-f]{8}", slugs["cplusplus"])


def test_a_later_topic_never_takes_the_slug_of_an_earlier_one() -> None:
    slugs = assign_slugs(["C++"], {"cplusplus": "cplusplus"}, {})
    assert slugs["cplusplus"] == "cplusplus"
    assert slugs["c++"].startswith("cplusplus-")


def test_a_topic_named_like_the_suffixed_slug_of_another_gets_one_of_its_own() -> None:
    taken = assign_slugs(["cplusplus"], {"c++": "cplusplus"}, {})["cplusplus"]
    slugs = assign_slugs(["cplusplus"], {"c++": "cplusplus", "other": taken}, {})
    assert slugs["cplusplus"] not in {taken, "cplusplus"}


def test_a_long_name_is_cut_at_a_word() -> None:
    slug = assign_slugs(["word " * 40], {}, {})[topic_key("word " * 40)]
    assert len(slug) <= 80
    assert re.fullmatch(r"(word-)+[0-9a-f]{8}", slug)
    assert len(assign_slugs(["x" * 500], {}, {})["x" * 500]) == 80


def test_config_fixes_the_slug_of_a_new_topic_and_keeps_it_from_others() -> None:
    slugs = assign_slugs(["A", "machine learning"], {}, {"machine learning": "a"})
    assert slugs["machine learning"] == "a"
    assert slugs["a"].startswith("a-")


@pytest.mark.parametrize(
    ("given_slugs", "fixed", "words"),
    [
        ({"ai": "ai"}, {"ai": "machines"}, ["'ai'", "'machines'"]),
        ({}, {"a": "same", "b": "same"}, ["'a'", "'b'", "'same'"]),
        ({"a": "same"}, {"b": "same"}, ["'a'", "'b'", "'same'"]),
        ({"a": "Same"}, {"b": "same"}, ["'a'", "'b'", "'same'"]),
        ({}, {"a": "all"}, ["'a'", "'all'", "reserved"]),
        ({}, {"a": "../x"}, ["'a'", "'../x'"]),
        ({}, {"a": "x" * 81}, ["'a'", "80"]),
    ],
)
def test_a_fixed_slug_that_cannot_be_is_refused(
    given_slugs: dict[str, str], fixed: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(ValueError) as caught:
        assign_slugs(["a", "b"], given_slugs, fixed)
    assert all(word in str(caught.value) for word in words)


@given(st.lists(NAMES, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_slugs_are_well_formed_unique_stable_and_independent_of_order(names: list[str], random: object) -> None:
    slugs = assign_slugs(names, {}, {})
    assert slugs.keys() == {topic_key(name) for name in names}
    assert len(set(slugs.values())) == len(slugs)
    for slug in slugs.values():
        assert SLUG.fullmatch(slug)
        assert len(slug) <= 80
        assert slug not in RESERVED_SLUGS
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign_slugs(shuffled, {}, {}) == slugs
    assert assign_slugs(names, slugs, {}) == slugs
    assert (
        assign_slugs([name.upper() for name in names if name.upper().casefold() == name.casefold()], slugs, {}) == slugs
    )


@given(NAMES)
def test_a_key_is_its_own_key(name: str) -> None:
    assert topic_key(topic_key(name)) == topic_key(name)


@given(st.lists(NAMES, max_size=6), st.lists(NAMES, max_size=6))
def test_what_comes_later_changes_nothing_given(first: list[str], later: list[str]) -> None:
    before = assign_slugs(first, {}, {})
    after = assign_slugs(first + later, before, {})
    assert {key: after[key] for key in before} == before
