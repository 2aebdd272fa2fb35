from datetime import UTC, datetime

from msgspec.structs import replace

from feedbot.articles.body import without_links
from feedbot.articles.leave_out import leave_out
from feedbot.core.article import Article, Image, Link, LinkRole, Related
from feedbot.core.forgotten import Forgotten, forgotten_hash

GONE, KEPT = "https://gone.example/a", "https://kept.example/a"
SOURCE = "https://news.example/a"
ARTICLE = Article("a.md", "A title", SOURCE, datetime(2026, 1, 1, tzinfo=UTC))
FORGOTTEN = Forgotten([forgotten_hash(GONE)])


def without(**fields):
    return leave_out(replace(ARTICLE, **fields), FORGOTTEN)


def test_where_nothing_was_forgotten_an_article_is_what_it_was():
    assert leave_out(ARTICLE, Forgotten([])) is ARTICLE
    assert leave_out(ARTICLE, FORGOTTEN) == ARTICLE


def test_every_kind_of_link_is_left_out():
    assert without(amp_url=GONE, cdn_amp_url=f"{GONE}#x") == ARTICLE
    assert without(images=(Image(GONE), Image(KEPT))).images == (Image(KEPT),)
    assert without(links=(Link(LinkRole.AMP, GONE, 3), Link(LinkRole.IMAGE, KEPT, 4))).links == (
        Link(LinkRole.IMAGE, KEPT, 4),
    )
    related = Related("Kept", KEPT, amp_url=GONE, cdn_amp_url=GONE, images=(Image(GONE),))
    assert without(related=(related,)).related == (Related("Kept", KEPT),)


def test_a_related_article_goes_whole_and_the_links_of_the_others_stay_theirs():
    related = (Related("Gone", GONE), Related("No source", None), Related("Kept", KEPT))
    links = (
        Link(LinkRole.SOURCE, SOURCE, 2),
        Link(LinkRole.RELATED_SOURCE, GONE, 5, 1),
        Link(LinkRole.RELATED_IMAGE, f"{GONE}.jpg", 6, 1),
        Link(LinkRole.RELATED_SOURCE, KEPT, 8, 3),
    )
    left = without(related=related, links=links)
    assert left.related == related[1:]
    assert left.links == (links[0], replace(links[3], item=2))


def test_of_a_link_in_the_body_the_words_stay():
    html = f'<p><a href="{GONE}#note">These words</a> <img src="{GONE}"> <a href="mailto:a@b.example">write</a></p>'
    body = without(body_html=html).body_html
    assert GONE not in body
    assert "These words" in body
    assert "mailto:a@b.example" in body


def test_a_body_without_it_is_not_touched():
    html = f"<p title='as it is'><a href='{KEPT}'>x</a>"
    assert without_links(html, lambda url: url == GONE) == html


def test_a_second_time_nothing_changes():
    once = without(body_html=f'<p><a href="{GONE}">x</a> <a href="{KEPT}">y</a></p>', related=(Related("x", GONE),))
    assert leave_out(once, FORGOTTEN) == once
