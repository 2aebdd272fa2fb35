from datetime import UTC, date, datetime

import pytest

from feedbot.core.mark import Exclusion, Exclusions, Mark, MarkKind

NOW = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "url", "fits"),
    [
        (Exclusion(host="a.example"), "https://a.example/x", True),
        (Exclusion(host="A.example."), "https://www.a.example:8080/x", True),
        (Exclusion(host="a.example"), "https://nota.example/x", False),
        (Exclusion(host="a.example"), "https://b.example/a.example", False),
        (Exclusion(glob="https://a.example/private/*"), "https://a.example/private/x/y?z", True),
        (Exclusion(glob="https://a.example/private/*"), "https://a.example/public", False),
        (Exclusion(glob="*.pdf"), "https://a.example/x.pdf", True),
        (Exclusion(glob="*.pdf"), "https://a.example/x.pdf?download", False),
        (Exclusion(regex=r"//(x|twitter)\.com/"), "https://twitter.com/a", True),
        (Exclusion(regex=r"^http://"), "https://a.example/http://", False),
    ],
)
def test_a_link_is_left_alone_by_host_glob_or_regex(rule, url, fits):
    assert Exclusions([rule]).of(url, NOW) == (rule if fits else None)


@pytest.mark.parametrize(("until", "holds"), [(None, True), (date(2026, 11, 25), True), (date(2026, 11, 24), False)])
def test_a_word_holds_through_the_day_that_it_names(until, holds):
    assert Mark(MarkKind.DEAD, until=until).holds(NOW) is holds
    rule = Exclusion(host="a.example", until=until)
    assert (Exclusions([rule]).of("https://a.example/", NOW) is rule) is holds


def test_the_first_rule_that_fits_is_told():
    first, second = Exclusion(glob="*a*", reason="one"), Exclusion(host="a.example", reason="two")
    assert Exclusions([first, second]).of("https://a.example/", NOW) is first
