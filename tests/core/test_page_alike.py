"""Two answers are one page, or they are not: what the comparison with a sibling rests on."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.page import RULES, PageSignals, alike, read_page

HTML = {"content-type": "text/html; charset=utf-8"}
WORDS = """council harbour plan budget vote tuesday market street river bridge school train winter summer report
    study price energy house garden music theatre museum science language letter number paper road water mountain"""


def read(markup, path="/news/story"):
    return read_page(f"https://example.org{path}", 200, HTML, markup.encode(), compared=True)


def prose(seed, words=200):
    """As many words, by chance but always the same for one seed."""
    known = WORDS.split()
    return " ".join(known[sha256(f"{seed} {n}".encode()).digest()[0] % len(known)] for n in range(words))


def site(title, main, links=40):
    """One site's template: navigation and footer around what a page has of its own."""
    menu = "".join(f"<li><a href=/{n}>Section {prose(n, 3)}</a></li>" for n in range(links))
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<main>{main}</main><footer>{prose('footer', 40)} © 2026 Example</footer></body></html>"
    )


def not_found_page(path, **echoes):
    nonce = echoes.get("nonce", "")
    main = (
        f"<h1>Page not found</h1><p>The requested URL {path} was not found on this server.</p>"
        f"<p>Perhaps one of these helps, or the search. {prose('help', 30)}</p><small>Reference {nonce}</small>"
    )
    return site("Page not found - Example", main)


def article(seed, title=None):
    paragraphs = "".join(f"<p>{prose(f'{seed} {n}', 60)}</p>" for n in range(8))
    return site(title or f"{prose(seed, 5)} - Example", f"<h1>{prose(seed, 5)}</h1>{paragraphs}")


def test_two_not_found_pages_of_one_site_are_alike_whatever_path_they_echo():
    one = read(not_found_page("/news/story"), "/news/story")
    other = read(not_found_page("/news/feedbot-x7f3k2q9"), "/news/feedbot-x7f3k2q9")
    assert alike(one, other)


def test_tokens_dates_and_counters_make_no_difference():
    one = read(not_found_page("/a", nonce="8f3a-77c1 at 2026-11-22 10:00:01, visitor 1,204"))
    other = read(not_found_page("/a", nonce="b92d-10e4 at 2026-11-29 11:30:59, visitor 1,377"))
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    "echo", ["/caf%C3%A9/au%20lait", "/café/au lait", "au lait", "https://example.org/caf%C3%A9/au%20lait"]
)
def test_an_echo_is_known_in_every_spelling(echo):
    one = read(f"<title>Nothing at {echo}</title><p>There is nothing at {echo} for you.", "/caf%C3%A9/au%20lait")
    other = read("<title>Nothing at /x-y</title><p>There is nothing at /x-y for you.", "/x-y")
    assert alike(one, other)


def test_a_small_change_leaves_a_page_alike():
    assert alike(read(not_found_page("/a")), read(not_found_page("/a").replace("Section", "Part", 1)))


def test_an_application_shell_is_alike_at_every_path():
    shell = '<title>App</title><div id="root"></div><script src=/main.js></script>'
    one, other = read(shell, "/a"), read(shell, "/b")
    assert alike(one, other)
    assert one.is_app


@pytest.mark.parametrize("seed", range(30))
def test_two_articles_of_one_template_are_not_alike(seed):
    assert not alike(read(article(f"a{seed}")), read(article(f"b{seed}")))


@pytest.mark.parametrize("seed", range(30))
def test_two_articles_are_not_alike_though_every_page_has_one_title(seed):
    assert not alike(read(article(f"a{seed}", "Example")), read(article(f"b{seed}", "Example")))


@pytest.mark.parametrize("seed", range(30))
def test_an_article_is_not_alike_its_sites_not_found_page(seed):
    assert not alike(read(article(f"a{seed}")), read(not_found_page("/x")))
    assert not alike(read(article(f"a{seed}", "Example")), read(not_found_page("/x").replace("Page not found - ", "")))


def test_an_article_below_a_menu_without_end_is_not_alike_a_page_that_has_only_the_menu():
    article_page = read(site("Example", f"<p>{prose('a', 900)}", links=900))
    assert not alike(article_page, read(site("Example", "<p>Not here.", links=900)))


def test_pages_of_pictures_differ_by_their_pictures():
    one, other = (read(f"<title>Photos</title><img src=/photos/{n}.jpg>") for n in (1, 2))
    assert alike(one, one)
    assert not alike(one, other)


def test_a_page_that_is_one_line_long_differs_by_that_line():
    one, other = (read(f"<title>Notes</title><p>{words}") for words in ("The harbour opens", "A winter of trains"))
    assert not alike(one, other)


def test_pages_of_one_text_differ_by_their_titles():
    one, other = (read(f"<title>{title}</title><p>Read on in the app.") for title in ("A winter", "The harbour"))
    assert not alike(one, other)


def test_what_stands_beyond_the_first_12_kb_of_text_is_not_compared():
    start = prose("start", 2_500)
    assert alike(read(f"<p>{start}<p>{prose('a', 300)}"), read(f"<p>{start}<p>{prose('b', 300)}"))


def test_what_is_no_page_is_like_nothing():
    image = read_page("https://example.org/a.png", 200, {"content-type": "image/png"}, b"\x89PNG")
    assert not alike(image, image)
    coded = read_page("https://example.org/a", 200, HTML | {"content-encoding": "br"}, b"\x0b")
    assert not alike(coded, coded)


def test_a_page_of_which_only_the_styles_were_read_is_like_nothing():
    unseen = read("<title>x</title><style>" + "a{}" * 30_000)
    assert unseen.fingerprint is None
    assert not alike(unseen, unseen)


PAGES = st.builds(
    lambda title, pieces: f"<title>{title}</title>" + "".join(f"<p>{piece}</p>" for piece in pieces),
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=30),
    st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=80), max_size=30),
)


@given(PAGES)
def test_a_page_is_alike_itself(markup):
    assert alike(read(markup), read(markup))


@given(PAGES, PAGES)
def test_likeness_is_mutual(one, other):
    assert alike(read(one), read(other)) == alike(read(other), read(one))


@given(PAGES)
def test_a_fingerprint_has_16_hex_digits(markup):
    fingerprint = read(markup).fingerprint
    assert len(fingerprint) == 16
    assert set(fingerprint) <= set("0123456789abcdef")


def test_a_fingerprint_is_the_same_in_every_process_and_version():
    # Signals are stored, and compared with those of a later week.
    assert read(not_found_page("/a")).fingerprint == "108f8a7cbab2adf0"


def test_signals_of_other_rules_are_not_compared():
    one = read(not_found_page("/a"))
    assert not alike(one, PageSignals(RULES + 1, title=one.title, words=one.words, fingerprint=one.fingerprint))
