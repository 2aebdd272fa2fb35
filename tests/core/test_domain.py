import pytest

from feedbot.core.domain import registrable_domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.example.org", "example.org"),
        ("a.b.news.co.uk", "news.co.uk"),
        ("News.Example.org.", "example.org"),
        ("one.github.io", "github.io"),
        ("news-example.cdn.ampproject.org", "ampproject.org"),
        # Nobody registers these.
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        # Any name below .ck is a suffix, but for www.ck.
        ("a.b.c.ck", "b.c.ck"),
        ("a.www.ck", "www.ck"),
        # The list is in Unicode, a canonical URL is not.
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),
        ("a.xn--999999999.cn", "xn--999999999.cn"),
        # Under a top-level domain that the list does not know, such as an intranet's.
        ("www.paper.test", "paper.test"),
        ("paper.test", "paper.test"),
    ],
)
def test_the_part_that_somebody_registered(host, domain):
    assert registrable_domain(host) == domain
