from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.added import added, is_of_the_change
from feedbot.core.article import LinkRole

urls = st.sampled_from([f"https://a.example/{letter}" for letter in "abcdef"])
articles = st.dictionaries(st.sampled_from("12345"), st.sets(urls))


@given(articles, articles)
def test_what_is_added_is_held_now_and_by_no_article_before(now, before):
    found = added(now.values(), before.values())
    for url in {url for links in now.values() for url in links}:
        assert (url in found) is not any(url in links for links in before.values())
    assert found <= {url for links in now.values() for url in links}


@given(articles)
def test_nothing_is_added_where_files_are_only_moved_or_go(before):
    moved = {f"new/{path}": links for path, links in before.items() if path != "1"}
    assert added(moved.values(), before.values()) == frozenset()


@given(articles, articles, articles)
def test_the_more_was_there_before_the_less_is_added(now, before, more):
    assert added(now.values(), [*before.values(), *more.values()]) <= added(now.values(), before.values())


def test_an_articles_own_page_comes_with_the_change():
    site = "https://a.example/"
    assert is_of_the_change(LinkRole.PAGE, "https://b.example/x", site)
    assert is_of_the_change(LinkRole.SOURCE, "https://a.example/x", site)
    assert not is_of_the_change(LinkRole.SOURCE, "https://a.example.org/x", site)
    assert not is_of_the_change(LinkRole.BODY, "https://a.example/x", site)
