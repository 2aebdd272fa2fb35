"""What URLs and headers say by themselves; the tables' own examples are in test_page_signs.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.page import challenge_of_headers, consent_url, login_url, marketplace_host, not_found_url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/wp-login.php?redirect_to=x", "path '/wp-login.php'"),
        ("https://example.org/de/Login/", "path '/de/Login/'"),
        ("https://login.example.org/", "host login.example.org"),
        ("https://tenant.okta.com/app/x", "host tenant.okta.com"),
        ("https://example.org/oauth2/authorize?client_id=x", "path '/oauth2/authorize'"),
        ("https://www.linkedin.com/authwall?trk=x", "path '/authwall'"),
    ],
)
def test_a_sign_in_page_is_known_by_its_address(url, said):
    assert login_url(url) == said


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://example.org/news/story",
        "https://example.org/login-pages-that-work",
        "https://example.org/news/how-we-login-today",
        "https://example.org/?next=/login",
        "https://example.org/story#login",
        "https://blogin.example.org/",
        "https://login.org/",
        "https://oktane.com/",
        "https://notokta.com/",
        "no url",
        "",
        "https://",
        "mailto:login@example.org",
    ],
)
def test_another_address_is_none(url):
    assert login_url(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://consent.youtube.com/m?continue=x", "host consent.youtube.com"),
        ("https://guce.yahoo.com/consent?brandType=nonEu", "host guce.yahoo.com"),
        ("https://www.derstandard.at/consent/tcf/story/2000", "path '/consent/tcf/story/2000'"),
        ("https://example.org/cookiewall?target=x", "path '/cookiewall'"),
    ],
)
def test_a_consent_page_is_known_by_its_address(url, said):
    assert consent_url(url) == said


@pytest.mark.parametrize(
    "url", ["https://example.org/consent-matters", "https://example.org/cookies", "https://example.org/privacy", "x"]
)
def test_a_page_about_consent_is_none(url):
    assert consent_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/404",
        "https://example.org/404/",
        "https://example.org/404.html",
        "https://example.org/404.html?from=/story",
        "https://example.org/en/404",
        "https://example.org/Error/404.aspx",
        "https://example.org/news/not-found",
        "https://example.org/PageNotFound.aspx",
        "https://example.org/?error=404",
        "https://example.org/index.php?x=1&status=404",
        "https://example.org/page-introuvable.html",
        "https://example.org/seite-nicht-gefunden",
        "https://example.org/errors/error404.jsp",
    ],
)
def test_a_not_found_page_is_known_by_its_address(url):
    assert not_found_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://xkcd.example/comics/404",
        "https://example.org/article/404.html",
        "https://example.org/issues/404/",
        "https://example.org/404-media-launches-today",
        "https://example.org/page-not-found-a-novel",
        "https://example.org/lost-and-not-found",
        "https://example.org/?p=404",
        "https://example.org/?page=404&id=3",
        "https://404media.example/",
        "https://example.org/4040",
        "not a url",
    ],
)
def test_an_address_that_only_holds_the_number_is_not(url):
    assert not not_found_url(url)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("sedo.com", "Sedo"),
        ("www.hugedomains.com", "HugeDomains"),
        ("DAN.com", "Dan"),
        ("forsale.godaddy.com", "GoDaddy"),
        ("www.afternic.com.", "Afternic"),
    ],
)
def test_a_marketplace_is_known_by_its_host(host, name):
    assert marketplace_host(host) == name


@pytest.mark.parametrize(
    "host",
    ["jordan.com", "sedo.com.example.org", "notsedo.com", "godaddy.com", "www.namecheap.com", "com", "", "[::1]"],
)
def test_another_host_is_none(host):
    assert marketplace_host(host) is None


def test_headers_of_ordinary_answers_are_no_challenge():
    headers = {
        "server": "cloudflare",
        "cf-ray": "8f",
        "x-datadome": "protected",
        "x-iinfo": "7-1-0",
        "x-kpsdk-ct": "03",
        "x-sucuri-id": "1",
        "x-vercel-id": "fra1::x",
    }
    assert challenge_of_headers(200, headers) is None
    assert challenge_of_headers(404, headers) is None


def test_a_long_header_is_told_in_short():
    assert len(challenge_of_headers(200, {"cf-mitigated": "x" * 9_000})) < 150


@given(st.one_of(st.text(), st.from_regex(r"https?://[a-z.]{1,20}/[a-z0-9/.%?=&-]{0,40}", fullmatch=True)))
def test_any_text_may_be_asked_about(text):
    assert login_url(text) is None or isinstance(login_url(text), str)
    assert consent_url(text) is None or isinstance(consent_url(text), str)
    assert not_found_url(text) in (True, False)
    assert marketplace_host(text) is None or isinstance(marketplace_host(text), str)


@given(st.integers(), st.dictionaries(st.text(), st.text()))
def test_any_headers_may_be_asked_about(status, headers):
    assert challenge_of_headers(status, headers) is None or isinstance(challenge_of_headers(status, headers), str)
