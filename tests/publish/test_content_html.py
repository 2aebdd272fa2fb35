from dataclasses import replace

import pytest

from feedbot.core.article import Image
from feedbot.core.feed import RelatedLink
from feedbot.publish.html import content_html, is_web_url
from tests.publish.feed_samples import ENTRY


def test_everything_is_in_its_place() -> None:
    assert content_html(ENTRY, lead_image=True) == (
        '<p><img src="https://cdn.example.org/lead.JPG?w=2" alt="A “lead”" width="640" height="480"></p>\n'
        "<p>Fish &amp; &lt;chips&gt;</p>\n"
        "<p>Body <em>text</em></p>\n"
        "<p>Related</p>\n"
        '<ul><li><a href="https://other.org/?a=1&amp;b=2">More &amp; more</a></li>'
        '<li><a href="https://third.org/">Again</a></li></ul>'
    )


def test_the_lead_image_can_be_elsewhere() -> None:
    assert "<img" not in content_html(ENTRY, lead_image=False)


def test_nothing_gives_nothing() -> None:
    bare = replace(ENTRY, excerpt=" ", body_html="", images=(), related=())
    assert content_html(bare, lead_image=True) == ""


def test_attributes_cannot_be_left() -> None:
    image = Image('https://x.org/"onload="1', title='" onerror="alert(1)')
    entry = replace(ENTRY, images=(image, Image("https://x.org/i.png", title=image.title)), related=())
    html = content_html(entry, lead_image=True)
    assert 'src="https://x.org/i.png" alt="&quot; onerror=&quot;alert(1)"' in html


def test_a_related_link_without_a_title_shows_its_address() -> None:
    entry = replace(ENTRY, related=(RelatedLink("", "https://x.org/"),))
    assert '<a href="https://x.org/">https://x.org/</a>' in content_html(entry, lead_image=False)


@pytest.mark.parametrize(
    ("url", "is_web"),
    [
        ("https://x.org/", True),
        ("HTTP://x.org/é", True),
        ("javascript:alert(1)", False),
        ("data:image/png;base64,AA", False),
        ("https:x.org", False),
        ("https://", False),
        ("https:///x.org", False),
        ("https://?x.org", False),
        ("https://:80/", False),
        ("https://\\\\x.org", False),
        ("/path", False),
        ("https://x.org/a b", False),
        ("https://x.org/\x01", False),
        ("https://x.org/\ud800", False),
        ("https://x.org/\n", False),
    ],
)
def test_what_may_be_linked(url: str, is_web: bool) -> None:
    assert is_web_url(url) is is_web
