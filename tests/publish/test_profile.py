"""What is published holds to the profile; and the profile's rules find what they are for."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedbot.core.article import Image
from feedbot.core.feed import Archive, Category, Feed, RelatedLink, Tombstone
from feedbot.publish.render import RENDERERS
from tests.publication import Publication, Site
from tests.publish.feed_samples import ENTRY, feed_of, feed_with
from tests.publish.profile import RULES, RULES_OF_BYTES, faults, no_secret

OLDER = replace(
    ENTRY, id="tag:example.org,2026:article:1", title="Older", published_at=ENTRY.published_at - timedelta(days=9)
)
MENDED = replace(ENTRY, via="https://nytimes.com/gone", note="The source is gone.")
TOMBSTONE = Tombstone("tag:example.org,2026:article:2", ENTRY.published_at)
TWO = replace(
    feed_of(MENDED, OLDER), tombstones=(TOMBSTONE,), hubs=("https://hub.example/?a=1&b=2", "https://push.example/")
)
ARCHIVED = replace(TWO, hubs=(), tombstones=(), slug="ai.2026-10", archive=Archive("ai.2026-09", "ai.2026-11", "ai"))
FORMATS = ("atom", "rss")


def render(name: str, feed: Feed = TWO, images: str = "both") -> bytes:
    return RENDERERS[name][1](feed, images)


def published(news: Publication) -> Iterator[tuple[str, bytes]]:
    """Every RSS and Atom file of a publication."""
    found = [(name, data) for name, data in news.feeds().items() if name.endswith((".rss", ".atom"))]
    assert found
    yield from found


# The rule that must find it, the format, and what is put in place of what.
_ITEM = "</description>\n      <content:encoded"
BROKEN: Sequence[tuple[str, str, str, str]] = [
    ("legal_characters", "rss", "Older", "O\x0blder"),
    ("legal_characters", "atom", "Older", "O\uffffder"),
    ("well_formed", "rss", "</channel>", ""),
    ("well_formed", "atom", "Older", "Old & er"),
    ("well_formed", "rss", "Older", "Old&#0;er"),
    ("well_formed", "rss", "<channel>", "<channel/><channel>"),
    ("well_formed", "atom", 'xmlns="http://www.w3.org/2005/Atom"', 'xmlns="http://purl.org/atom/ns#"'),
    ("plain_xml", "rss", "Older", "<![CDATA[Older]]>"),
    ("plain_xml", "atom", "<feed ", '<?xml-stylesheet href="feed.xsl" type="text/xsl"?><feed '),
    ("schema", "rss", 'version="2.0"', 'version="0.91"'),
    ("schema", "atom", ' href="https://nytimes.com/a?b=1&amp;c=2"', ""),
    ("schema", "atom", "<name>", "<mail>x</mail><name>"),
    ("schema", "atom", "<id>tag:example.org,2026:topic:ai</id>", ""),
    ("order", "rss", "<title>Older</title>", "<author>Jane</author><title>Older</title>"),
    ("order", "rss", _ITEM, "</description><guid isPermaLink='false'>x:y</guid><content:encoded"),
    ("order", "atom", "<title>Older</title>", "<title>Older</title><dc:creator xmlns:dc='urn:x'>Jane</dc:creator>"),
    ("order", "atom", "<summary>", "<summary>x</summary><published>2026-11-01T06:05:04Z</published><summary>"),
    ("number", "rss", "<pubDate>Sun, 01 Nov 2026 06:05:04 GMT</pubDate>", ""),
    ("number", "rss", "<pubDate>", "<pubDate>Sun, 01 Nov 2026 06:05:04 GMT</pubDate><pubDate>"),
    ("number", "rss", "<ttl>45</ttl>", ""),
    ("number", "atom", "<published>2026-11-01T06:05:04Z</published>", ""),
    ("number", "atom", "<title>Older</title>", "<title> </title>"),
    ("one_alternate", "rss", "<link>https://nytimes.com/a?b=1&amp;c=2</link>", ""),
    ("one_alternate", "rss", _ITEM, "</description><link>https://x.org/</link><content:encoded"),
    ("one_alternate", "rss", 'rel="related"', 'rel="alternate"'),
    ("one_alternate", "atom", 'rel="related"', 'rel="alternate"'),
    ("one_alternate", "atom", 'rel="related" ', ""),
    ("one_alternate", "atom", 'rel="alternate" type="text/html"', 'rel="alternate" type="text/plain"'),
    ("order", "atom", 'rel="related" type="text/html" title="More', 'rel="via" type="text/html" title="More'),
    ("order", "rss", 'rel="related" type="text/html" title="More', 'rel="via" type="text/html" title="More'),
    ("own_address", "rss", 'rel="self"', 'rel="hub"'),
    ("own_address", "atom", 'type="application/atom+xml"', 'type="text/xml"'),
    ("hubs", "rss", 'href="https://push.example/"', 'href="https://hub.example/?a=1&amp;b=2"'),
    ("hubs", "atom", 'href="https://push.example/" rel="hub"', 'href="https://push.example/" rel="hub" type="a/b"'),
    ("hubs", "rss", 'rel="self" type="application/rss+xml"/>', 'rel="alternate"/>'),
    ("hubs", "atom", 'href="https://example.org/news/" rel="alternate"', 'href="https://example.org/news/" rel="hub"'),
    ("absolute_urls", "rss", 'href="https://push.example/"', 'href="push.example"'),
    ("known_links", "rss", ' title="Again"', ""),
    ("known_links", "atom", 'rel="related"', 'rel="enclosure"'),
    ("tombstones", "atom", 'ref="tag:example.org,2026:article:2"', 'ref="tag:example.org,2026:article:1"'),
    ("tombstones", "atom", 'ref="tag:example.org,2026:article:2"', 'ref="2"'),
    ("tombstones", "atom", 'when="2026-11-01T06:05:04Z"', 'when="2026-11-01"'),
    ("archive", "rss", 'rel="self"', 'rel="current"'),
    ("archive", "atom", 'rel="self"', 'rel="next-archive"'),
    ("absolute_urls", "rss", "<link>https://nytimes.com/a?", "<link>/a?"),
    ("absolute_urls", "rss", 'url="https://cdn.example.org/second"', 'url="//cdn.example.org/second"'),
    ("absolute_urls", "rss", 'src="https://cdn.example.org/lead.JPG', 'src="/lead.JPG'),
    ("absolute_urls", "rss", 'href="https://other.org/?a=1&amp;amp;b=2"', 'href="javascript:alert(1)"'),
    ("absolute_urls", "atom", "<uri>https://nytimes.com/</uri>", "<uri>nytimes.com</uri>"),
    ("absolute_urls", "atom", 'scheme="https://example.org/feeds/r-and-d"', 'scheme="r-and-d"'),
    ("absolute_urls", "atom", 'href="https://third.org/"', 'href="third.org"'),
    ("inert_html", "rss", "&lt;em&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;&lt;em&gt;"),
    ("inert_html", "atom", "&lt;em&gt;", "&lt;em onclick='x'&gt;"),
    ("text_is_text", "rss", "Fish &amp;amp; &amp;lt;chips&amp;gt;", "Fish &lt;video src=x&gt;"),
    ("text_is_text", "rss", "Older", "Old\ner"),
    ("text_is_text", "atom", "<summary>", '<summary type="html">'),
    ("text_is_text", "atom", 'content type="html"', 'content type="text"'),
    ("ids", "rss", 'isPermaLink="false"', 'isPermaLink="true"'),
    ("ids", "rss", "article:1<", "article:35ca5f4a9cb0c9f6<"),
    ("ids", "rss", "tag:example.org,2026:article:1<", "1<"),
    ("ids", "atom", "article:1<", "article:35ca5f4a9cb0c9f6<"),
    ("dates", "rss", "Sun, 01 Nov 2026 06:05:04 GMT", "Sun, 01 Nov 2026 06:05:04 +0000"),
    ("dates", "rss", "Sun, 01 Nov 2026 06:05:04 GMT", "Mon, 01 Nov 2026 06:05:04 GMT"),
    ("dates", "rss", "Sun, 01 Nov 2026 06:05:04 GMT", "So, 01 Nov 2026 06:05:04 GMT"),
    ("dates", "rss", "2026-11-02T07:08:09Z</atom:updated>", "2026-11-02</atom:updated>"),
    ("dates", "atom", "<published>2026-11-01T06:05:04Z", "<published>2026-11-01T06:05:04+00:00"),
    ("dates", "atom", "<published>2026-11-01T06:05:04Z", "<published>2026-11-31T06:05:04Z"),
    ("time_of_the_feed", "rss", "<lastBuildDate>Mon, 02 Nov 2026", "<lastBuildDate>Tue, 03 Nov 2026"),
    ("time_of_the_feed", "atom", "2026-11-02T07:08:09Z</updated>\n  <link", "2026-11-01T07:08:09Z</updated>\n  <link"),
    ("newest_first", "rss", "<pubDate>Sun, 01 Nov", "<pubDate>Thu, 01 Oct"),
    ("newest_first", "atom", "<published>2026-11-01", "<published>2026-10-01"),
    ("names_of_people_and_topics", "rss", ">Computer Vision<", "> <"),
    ("names_of_people_and_topics", "rss", '<source url="https://nytimes.com/">', "<source>"),
    ("names_of_people_and_topics", "atom", "<name>The Times</name>", "<name/>"),
    ("names_of_people_and_topics", "atom", 'term="R&amp;D"', 'term=" "'),
    ("media", "rss", 'width="10"', 'width="ten"'),
    ("media", "atom", 'medium="image"', 'medium="video"'),
    ("media", "rss", _ITEM, "</description><enclosure url='https://x.org/' type='a/b'/><content:encoded"),
    ("language", "rss", "<language>en-GB</language>", "<language>English (GB)</language>"),
    ("language", "atom", 'xml:lang="en-GB"', 'xml:lang="en_GB"'),
    ("generator", "rss", "<generator>feedbot", "<generator>feedbot 1.0"),
    ("generator", "atom", "<generator>feedbot", "<generator version='1.0'>feedbot"),
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("images", ["content", "media", "both"])
@pytest.mark.parametrize(
    "feed",
    [
        TWO,
        feed_of(MENDED, OLDER),
        feed_of(),
        ARCHIVED,
        replace(TWO, archive=Archive("ai.2026-09")),
        feed_with(excerpt="", body_html="", images=(), related=(), categories=(), provider_name="", provider_url=""),
    ],
    ids=["two entries and hubs", "two entries", "none", "an archive", "with an archive", "a bare one"],
)
def test_the_samples_hold_to_the_profile(name: str, images: str, feed: Feed) -> None:
    assert faults(render(name, feed, images)) == []


@pytest.mark.parametrize(("rule", "name", "right", "wrong"), BROKEN)
def test_the_rule_finds_what_is_broken(rule: str, name: str, right: str, wrong: str) -> None:
    text = render(name).decode()
    assert right in text
    assert rule in {fault.rule for fault in faults(text.replace(right, wrong, 1).encode())}


@pytest.mark.parametrize("name", FORMATS)
def test_the_rule_finds_an_archive_document_that_leads_astray(name: str) -> None:
    for wrong in (Archive(current="ai.2026-10"), Archive("ai.2026-10", current="ai"), Archive(following="ai.2026-11")):
        assert {fault.rule for fault in faults(render(name, replace(ARCHIVED, archive=wrong)))} == {"archive"}
    text = render(name, ARCHIVED).decode()
    for right, wrong_text in (('rel="current"', 'rel="prev-archive"'), ("<fh:archive/>", "")):
        assert right in text
        assert "archive" in {fault.rule for fault in faults(text.replace(right, wrong_text, 1).encode())}


@pytest.mark.parametrize("secret", ["<b>c2VjcmV0", "c2VjcmV0"])
@pytest.mark.parametrize("name", FORMATS)
def test_the_rule_finds_a_secret_however_it_is_escaped(name: str, secret: str) -> None:
    feed = feed_with(excerpt=f"It is {secret} and so on", body_html="")
    assert {fault.rule for fault in faults(render(name, feed), secret=secret)} == {"no_secret"}
    assert faults(render(name), secret=secret) == []


def test_every_rule_has_a_file_that_breaks_it() -> None:
    assert {rule.__name__ for rule in (*RULES_OF_BYTES, *RULES)} == {rule for rule, *_ in BROKEN}
    assert no_secret.__name__ not in {rule for rule, *_ in BROKEN}  # it has a test of its own


def test_bytes_that_are_no_text_are_a_fault() -> None:
    data = render("rss").replace(b"Older", b"\xff\xfe")
    assert {fault.rule for fault in faults(data)} == {"legal_characters", "well_formed"}


def test_the_real_article_holds_to_the_profile_and_keeps_its_secret(news: Publication) -> None:
    path = next((Path(__file__).parents[3] / "shared" / "seed").glob("*.md"), None)
    if path is None:
        pytest.skip("may be skipped: the real input is not part of the repository")
    text = path.read_text(encoding="utf-8")
    secret = text.split('secured: "')[1].split('"')[0]
    assert len(secret) > 500
    place = news.folder / "articles" / path.name
    place.write_text(text, encoding="utf-8")
    news.age(place)
    news.build()
    files = dict(published(news))
    assert len(files) == 6  # all, AI, Computer Vision
    for name, data in files.items():
        for part in (secret[:40], secret[-40:]):
            assert (name, faults(data, secret=part)) == (name, [])


LINES = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>&\"'/!-[]\x00\x08\x0b\x1f\x7f\x85\u2028\u202e\ufeff\ufffe\uffff😀שx \n\t;#", max_size=60),
    st.sampled_from(
        [
            "",
            "<script>alert(1)</script>",
            "Tom &amp; Jerry &lt;3 &#0; &bogus;",
            "]]><![CDATA[",
            "<!--",
            "<?xml version='1.0'?>",
            "x" * 10_000,
            "<b>" * 2_000,
            "\u202eevil\u202c 👩‍👩‍👧 שלום",
            "{{ site.url }} {% raw %}",
        ]
    ),
)
TOPICS = st.lists(
    st.one_of(
        LINES,
        st.sampled_from(
            ["AI", "ai", "A.I.", " AI ", "C++", "C#", "C", "../../etc/passwd", "..", "/", "all", "Index", "con", "ids"]
        ),
        st.sampled_from(["é", "e\u0301", "ﬁ", "fi", "ß", "SS", "機械学習", "-", ".", "~", "%2e%2e%2f", "a/b", "a\\b"]),
    ),
    max_size=5,
)
URLS = st.one_of(
    st.sampled_from(
        ["/a.png", "//x.org/a", "javascript:alert(1)", "data:image/png;base64,AA", "https://x.org/a b", "#x", ""]
    ),
    st.text(max_size=20).map(lambda tail: f"https://x.org/{tail}"),
    st.text(alphabet="/?#:@[]%.x\\ ", max_size=6).map(lambda rest: f"https://{rest}"),
)
BODIES = st.one_of(
    LINES, URLS.map(lambda url: f'[a]({url}) ![b](<{url}>) <a href="{url}" onclick="x">c</a> <img src={url}>')
).map(lambda text: text.replace("\x00", ""))  # a file with a NUL byte is none of text, and rejected whole
ARTICLES = st.fixed_dictionaries(
    {
        "title": LINES,
        "excerpt": LINES,
        "topics": TOPICS,
        "provider": st.fixed_dictionaries({"name": LINES, "domain": st.one_of(LINES, st.just("x.org"))}),
        "images": st.lists(
            st.fixed_dictionaries({"url": URLS, "title": LINES, "width": st.integers(-1, 9)}), max_size=2
        ),
        "related": st.lists(st.fixed_dictionaries({"title": LINES, "sourceUrl": URLS}), max_size=2),
        "secured": st.just("c2VjcmV0LXRva2Vu"),
    }
)


@given(title=LINES, text=LINES, name=LINES, url=URLS)
@example(title="\x00", text="\ud800<video src=x>", name="\uffff", url="https://x.org/\ud800")
@example(title="", text="", name="", url="https:///a")
def test_whatever_is_in_an_entry_its_feeds_hold_to_the_profile(title: str, text: str, name: str, url: str) -> None:
    # Beneath what reading an article cleans away: each room keeps its own promise.
    feed = feed_with(
        title=title,
        link="https://x.org/",
        excerpt=text,
        body_html="",
        provider_name=name,
        provider_url=url,
        categories=(Category(name, "https://example.org/feeds/"), Category(text, "https://example.org/feeds/")),
        images=(Image(url, title=text, width=1), Image("https://x.org/2.png", title=name)),
        related=(RelatedLink(text, url), RelatedLink(name, "https://x.org/r")),
    )
    for kind in FORMATS:
        assert (kind, faults(render(kind, replace(feed, title=name, description=text)))) == (kind, [])


@given(articles=st.lists(st.tuples(ARTICLES, BODIES), min_size=1, max_size=3))
@example(articles=[({"title": "\x00", "topics": ["..", ".", "", "\x00", "../a", "/a", "a"]}, "\x0b")])
@example(articles=[({"title": "t", "topics": ["AI", "ai", "A I", "\u00c5", "A\u030a", "all", "all-1"]}, "")] * 3)
@settings(max_examples=40)
def test_whatever_is_in_an_article_its_feeds_hold_to_the_profile(articles: list[tuple[dict[str, object], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        news = Publication(Path(folder) / "news", Site("https://news.example"))
        for number, (front, body) in enumerate(articles):
            path = news.folder / "articles" / f"{number}.md"
            always = {"date": f"2026-10-0{number + 1}T08:00:00Z", "sourceUrl": f"https://news.example/{number}"}
            text = f"---\n{yaml.safe_dump(front | always)}---\n{body}\n"
            path.write_bytes(text.encode())
            news.age(path)
        reading, _ = news.build()
        files = dict(published(news))
        for name, data in files.items():
            assert (name, faults(data, secret="c2VjcmV0LXRva2Vu")) == (name, [])
        # Nothing is lost on the way, and no topic leads out of the folder of the feeds.
        for suffix in ("rss", "atom"):
            assert files[f"all.{suffix}"].count(b":article:") == len(articles) - len(reading.rejected)
        assert {path.name for path in Path(folder).iterdir()} == {"news"}
        outside = {path.name for path in news.folder.iterdir() if not path.name.startswith((".", "state.db"))}
        assert outside == {"articles", "config.yaml", "feeds"}
        assert all(path.is_file() for path in (news.folder / "feeds").iterdir())
        assert len({name.casefold() for name in files}) == len(files)
