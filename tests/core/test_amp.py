import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.amp import cache_address, cache_label, cache_of, why_not_cache_of

NYT = "https://www.nytimes.com/2020/01/24/business/london-police-facial-recognition.amp.html"
CACHED = "https://www-nytimes-com.cdn.ampproject.org/c/s/www.nytimes.com/2020/01/24/business/london-police-facial-recognition.amp.html"


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("www.example.com", "www-example-com"),
        ("some-site.example", "some--site-example"),
        # An example of the format's description.
        ("xn--57hw060o.com", "xn---com-p33b41770a"),
        ("en-us.example.com", "0-en--us-example-com-0"),
        ("xn--bcher-kva.example", "xn--bcher-example-wob"),
    ],
)
def test_a_domain_becomes_one_label(host, label):
    assert cache_label(host) == label


@pytest.mark.parametrize(
    "host", ["localhost", "ab--cd.example", "a" * 60 + ".example", "xn--4dbrk0ce.example", "-" * 40 + ".example"]
)
def test_a_domain_that_cannot_be_read_back_becomes_its_hash(host):
    label = cache_label(host)
    assert len(label) == 52
    assert set(label) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(st.from_regex(r"[a-z0-9-]{1,30}(\.[a-z0-9-]{1,30}){0,4}", fullmatch=True))
def test_a_label_is_always_one_that_dns_takes(host):
    label = cache_label(host)
    assert 1 <= len(label) <= 63
    assert "." not in label
    assert label[2:4] != "--" or label.startswith("xn--")


def test_the_address_tells_the_scheme_and_keeps_the_query():
    assert cache_address(NYT) == CACHED
    assert cache_address("http://a.example/x?y=1") == "https://a-example.cdn.ampproject.org/c/a.example/x?y=1"
    assert cache_address("https://a.example/", "bing-amp.com") == "https://a-example.bing-amp.com/c/s/a.example/"


def test_the_caches_are_known_by_their_domain():
    assert cache_of(CACHED) == "cdn.ampproject.org"
    assert cache_of("https://a-example.bing-amp.com/c/s/a.example/") == "bing-amp.com"
    assert cache_of(NYT) is None
    assert cache_of("https://notcdn.ampproject.org.example/") is None


@pytest.mark.parametrize("cached", [CACHED, CACHED.replace("/c/", "/v/"), CACHED.replace("/c/s/", "/c/"), CACHED + "/"])
def test_a_cache_address_is_known_in_its_forms(cached):
    assert why_not_cache_of(cached, NYT) is None


@pytest.mark.parametrize(
    ("cached", "words"),
    [
        (CACHED.replace("london", "paris"), "which would be https://www-nytimes-com.cdn.ampproject.org/c/s/www.nyt"),
        (CACHED.replace("www-nytimes", "evil-nytimes"), "is not the cache address of its AMP page"),
        (NYT, "is not at an AMP cache that feedbot knows"),
    ],
)
def test_what_is_no_cache_address_is_told_with_the_right_one(cached, words):
    assert words in why_not_cache_of(cached, NYT)


@pytest.mark.parametrize(
    ("cached", "page"),
    [
        (
            "https://news-sky-com.cdn.ampproject.org/c/s/news.sky.com/story/amp/metropolitan-police-11916479",
            "https://news.sky.com/story/amp/metropolitan-police-11916479",
        ),
        (
            "https://abcnews-go-com.cdn.ampproject.org/c/s/abcnews.go.com/amp/International/police/story?id=68501552",
            "https://abcnews.go.com/amp/International/police/story?id=68501552",
        ),
    ],
)
def test_addresses_as_publications_have_them_are_right(cached, page):
    assert why_not_cache_of(cached, page) is None
    assert cache_address(page) == cached
