import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbot.core.url import (
    BAD_PORTS,
    MAX_URL_LENGTH,
    InvalidUrl,
    canonical_url,
    has_userinfo,
    host_of,
    is_normalised,
    path_of,
    resolve_url,
    split_url,
    why_never_asked,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a/../b", "https://example.org/b"),
        ("https://example.org/a b?q=ü#part", "https://example.org/a%20b?q=%C3%BC"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http:\\\\example.org\\x", "http://example.org/x"),
        ("  https://example.org/\n", "https://example.org/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    ],
)
def test_every_spelling_of_a_target_has_one_canonical_form(written, canonical):
    assert canonical_url(written) == canonical
    assert canonical_url(canonical) == canonical


def test_a_link_keeps_its_fragment_and_its_target_does_not():
    assert resolve_url("https://example.org/#part") == "https://example.org/#part"
    assert canonical_url("https://example.org/#part") == "https://example.org/"


def test_a_relative_url_resolves_against_the_site_with_its_base_path():
    assert resolve_url("img/x.jpg", "https://example.org/news/") == "https://example.org/news/img/x.jpg"
    assert resolve_url("/img/x.jpg", "https://example.org/news/") == "https://example.org/img/x.jpg"


@pytest.mark.parametrize(
    "text", ["", "   ", "no url", "http://", "http://[::1", "http://a b/", "https://x/" + "a" * 9000]
)
def test_what_is_no_url_is_refused_in_words(text):
    with pytest.raises(InvalidUrl) as caught:
        resolve_url(text)
    assert str(caught.value)


def test_a_user_name_in_a_url_is_noticed():
    assert has_userinfo("https://me@example.org/")
    assert not has_userinfo("https://example.org/@me")
    assert not has_userinfo("no url")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.org/a?b", "example.org", 443),
        ("http://example.org:8080/", "example.org", 8080),
        ("http://[::1]:81/x", "[::1]", 81),
        ("http://127.0.0.1/", "127.0.0.1", 80),
    ],
)
def test_host_and_port_of_a_url(url, host, port):
    assert (split_url(url).host, split_url(url).port) == (host, port)
    assert host_of(canonical_url(url)) == host


@given(st.from_regex(r"https?://a\.test(:81)?([/?#][a-z/?#:%. ]{0,12})?", fullmatch=True))
def test_the_path_is_cut_from_the_text_as_the_standard_would(url):
    url = resolve_url(url)
    assert path_of(url) == split_url(url).path.partition("?")[0]


def test_a_url_without_an_authority_is_its_own_host():
    assert host_of("mailto:a@example.org") == "mailto:a@example.org"


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.c", "file:///x"]
)
def test_only_http_and_https_are_asked(url):
    assert "is not http or https" in why_never_asked(split_url(url))


@pytest.mark.parametrize("port", sorted(BAD_PORTS))
def test_ports_blocked_by_the_fetch_standard_are_never_asked(port):
    assert str(port) in why_never_asked(split_url(f"http://example.org:{port}/"))


@pytest.mark.parametrize("port", [80, 443, 8080, 8443, 3000])
def test_other_ports_are_asked(port):
    assert why_never_asked(split_url(f"http://example.org:{port}/")) is None


@given(st.text(alphabet="ab-.09xnAZ/:_?#@%~=&+,;'\"<> \\\n\u00fc[]", max_size=40))
@example("www.example.org/a/b.c/d-e_f/")
@example("example.org/../a")
@example("example.org/a/./b")
@example("example.org/.a")
@example("xn--bcher-kva.example/")
@example("xn--a.example/")
@example("a.xn--n/")
@example("example.0x1/")
@example("1.2.3.4/")
@example("example.org")
@example("example..org/")
@example("example.org/?a=1&b=%2e%2E/..;c:d@e,f+g~h?-_")
@example("example.org/?a'b")
def test_what_needs_no_parser_is_what_the_parser_makes_of_it(rest: str) -> None:
    for text in (f"https://{rest}", f"http://{rest}"):
        try:
            expected = ada_url.normalize_url(text.strip())
        except ValueError:
            with pytest.raises(InvalidUrl):
                resolve_url(text)
        else:
            if "@" not in expected:  # what is to be left out of it, others test
                assert resolve_url(text) == expected
                assert not is_normalised(text) or canonical_url(text) == text


def test_a_url_beyond_the_bound_is_not_normalised():
    longest = f"https://example.org/{'a' * (MAX_URL_LENGTH - len('https://example.org/'))}"
    assert is_normalised(longest)
    assert not is_normalised(f"{longest}a")
