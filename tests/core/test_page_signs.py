"""Every entry of every table finds its own example, and nothing of what it must not find."""

from importlib import resources

import pytest

from feedbot.core.page_address import (
    challenge_of_headers,
    consent_url,
    login_url,
    marketplace_host,
    not_found_url,
)
from feedbot.core.page_marks import PAGE_SUBJECTS, Shown, find_signs
from feedbot.core.page_signs import alternatives, table
from feedbot.core.page_words import folded_words, has_unspaced
from feedbot.core.url import host_of

URL_SUBJECTS = ("login_urls", "consent_urls", "not_found_urls", "marketplaces")
ALL_SUBJECTS = (*PAGE_SUBJECTS, *URL_SUBJECTS, "challenge_headers")

ABOUT_URLS = {
    "login_urls": login_url,
    "consent_urls": consent_url,
    "not_found_urls": not_found_url,
    "marketplaces": lambda url: marketplace_host(host_of(url)),
}


def entries(subjects, of="example"):
    for subject in subjects:
        for sign in table(subject).signs:
            for wording in [sign.example] if of == "example" else sign.never:
                yield pytest.param(subject, sign, wording, id=f"{subject}-{sign.kind}-{wording[:60]}")


def found_in(sign, wording):
    """What a small page shows that says the wording where the sign is looked for."""
    if sign.kind == "markup":
        return find_signs(Shown(title="Example", source=wording))
    if sign.kind == "text":
        return find_signs(Shown(title="Example", text=wording, words=len(wording.split())))
    return find_signs(Shown(title=wording))


def test_every_file_of_signs_is_a_table_that_is_used():
    files = resources.files("feedbot.core").joinpath("signs").iterdir()
    assert sorted(file.name for file in files) == sorted(f"{subject}.toml" for subject in ALL_SUBJECTS)


@pytest.mark.parametrize(("subject", "sign", "wording"), list(entries(PAGE_SUBJECTS)))
def test_a_sign_of_a_page_finds_its_example(subject, sign, wording):
    assert subject in found_in(sign, wording)


@pytest.mark.parametrize(("subject", "sign", "wording"), list(entries(PAGE_SUBJECTS, of="not")))
def test_a_sign_of_a_page_does_not_find_what_it_must_not(subject, sign, wording):
    assert subject not in found_in(sign, wording)


@pytest.mark.parametrize(
    ("subject", "sign", "wording"), [p for p in entries(PAGE_SUBJECTS) if p.values[1].kind == "heading"]
)
def test_a_heading_is_found_in_an_h1_as_well(subject, sign, wording):
    found = find_signs(Shown(h1s=[wording], words=10))
    assert found[subject].removeprefix(f"{sign.name}: ").startswith("h1 says '")


@pytest.mark.parametrize(("subject", "sign", "wording"), list(entries(URL_SUBJECTS)))
def test_a_sign_of_a_url_finds_its_example(subject, sign, wording):
    assert ABOUT_URLS[subject](wording)


@pytest.mark.parametrize(("subject", "sign", "wording"), list(entries(URL_SUBJECTS, of="not")))
def test_a_sign_of_a_url_does_not_find_what_it_must_not(subject, sign, wording):
    assert not ABOUT_URLS[subject](wording)


@pytest.mark.parametrize(("subject", "sign", "wording"), list(entries(["challenge_headers"])))
def test_a_sign_of_a_header_finds_its_example_at_its_statuses(subject, sign, wording):
    name, _, value = wording.partition(": ")
    for status in sign.statuses or (200, 202, 403, 404, 405, 429, 503):
        said = challenge_of_headers(status, {name: value})
        assert said is not None
        assert said.startswith(f"{sign.name}: header {name}: {value}")
    if sign.statuses:
        assert challenge_of_headers(200, {name: value}) is None


@pytest.mark.parametrize("subject", ALL_SUBJECTS)
def test_a_pattern_is_well_formed(subject):
    for sign in table(subject).signs:
        for wording in alternatives(sign.pattern):
            if sign.kind != "markup":
                assert not set("()|") & set(wording), sign.pattern
            if sign.kind in ("title", "heading", "opening", "text"):
                assert folded_words(wording), sign.pattern
            if sign.kind == "text" and not has_unspaced(wording):
                assert len(folded_words(wording)) > 1, f"one word alone says nothing: {sign.pattern}"


@pytest.mark.parametrize("subject", PAGE_SUBJECTS)
def test_a_pattern_is_written_once(subject):
    seen = set()
    for sign in table(subject).signs:
        for wording in set(alternatives(sign.pattern)):
            key = (sign.kind, sign.language, wording)
            assert key not in seen, wording
            seen.add(key)


def test_not_found_is_said_in_at_least_thirty_languages():
    assert len({sign.language for sign in table("not_found").signs} - {""}) >= 30
