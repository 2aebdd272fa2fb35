"""After the switch from another publisher, what subscribers have read stays read."""

import shutil
from datetime import UTC, datetime

import pytest

from feedbot.adopting import adopt
from feedbot.articles.earlier_feed import EarlierEntry, earlier_entries
from feedbot.errors import FeedbotError, UsageError
from feedbot.publish.ledger import LEDGER_NAME, read_ledger
from tests.publish.clients import subscribed
from tests.publish.feed_server import served

# In the shape in which jekyll-feed 0.17 writes a feed: an id that is the address without its suffix.
JEKYLL = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" >
<generator uri="https://jekyllrb.com/" version="4.3.3">Jekyll</generator>
<link href="https://example.org/feed.xml" rel="self" type="application/atom+xml" />
<link href="https://example.org/" rel="alternate" type="text/html" />
<updated>2026-10-30T10:00:00+00:00</updated><id>https://example.org/feed.xml</id><title type="html">News</title>
<entry><title type="html">About one</title><link href="{one}" rel="alternate" type="text/html" title="About one" />
<published>2026-10-01T08:00:00+00:00</published><updated>2026-10-02T08:00:00+00:00</updated>
<id>https://example.org/2026/10/01/one</id><content type="html" xml:base="{one}"><![CDATA[<p>One</p>]]></content>
<author><name>Ann</name></author></entry>
<entry><title type="html">About two</title><link href="{two}" rel="alternate" type="text/html" title="About two" />
<published>2026-10-03T08:00:00+00:00</published><updated>2026-10-03T08:00:00+00:00</updated>
<id>https://example.org/2026/10/03/two</id></entry></feed>
"""
# In the shape of Hugo's template of RSS: the guid is the permalink.
HUGO = """<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>News</title>
<link>https://example.org/</link><description>Recent content</description><generator>Hugo</generator>
<lastBuildDate>Thu, 01 Oct 2026 08:00:00 +0000</lastBuildDate>
<item><title>About one</title><link>{one}</link><pubDate>Thu, 01 Oct 2026 08:00:00 +0000</pubDate>
<guid>{one}</guid><description>One</description></item>
<item><title>About two</title><link>{two}</link><pubDate>Sat, 03 Oct 2026 08:00:00 +0000</pubDate>
<guid>{two}</guid><description>Two</description></item></channel></rss>
"""


def earlier(tmp_path, site, text):
    file = tmp_path / "old-feed.xml"
    file.write_text(text.format(one=site.link("/one"), two=site.link("/two")))
    return file


def test_entries_of_an_atom_feed_are_known_by_id_link_and_dates():
    first, second = earlier_entries(JEKYLL.format(one="https://a.test/one", two="https://a.test/two").encode())
    assert first == EarlierEntry(
        "https://example.org/2026/10/01/one",
        "https://a.test/one",
        datetime(2026, 10, 1, 8, tzinfo=UTC),
        datetime(2026, 10, 2, 8, tzinfo=UTC),
    )
    assert second.id == "https://example.org/2026/10/03/two"


@pytest.mark.parametrize(
    ("item", "known"),
    [
        ("<guid>https://a.test/1</guid>", ("https://a.test/1", "https://a.test/1")),
        ("<guid isPermaLink='false'>urn:1</guid><link>https://a.test/1</link>", ("urn:1", "https://a.test/1")),
        ("<guid isPermaLink='false'>urn:1</guid>", ("urn:1", "")),
        ("<link> https://a.test/1 </link>", ("https://a.test/1", "https://a.test/1")),
    ],
)
def test_an_item_of_rss_is_known_by_its_guid_or_its_link(item, known):
    (entry,) = earlier_entries(f"<rss version='2.0'><channel><item>{item}</item></channel></rss>".encode())
    assert (entry.id, entry.link, entry.published_at) == (*known, None)


def test_of_the_links_of_an_atom_entry_the_alternate_counts():
    links = "<link rel='enclosure' href='https://a.test/1.mp3'/><link href='https://a.test/1'/>"
    text = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>urn:1</id>{links}</entry></feed>"
    assert [entry.link for entry in earlier_entries(text.encode())] == ["https://a.test/1"]


@pytest.mark.parametrize(
    "title", ["Fish & chips", "&nbsp;", f"{'<b>' * 300}deep{'</b>' * 300}"], ids=["ampersand", "entity", "deep"]
)
def test_a_feed_that_readers_put_up_with_is_read_to_its_end(title):
    items = "".join(f"<item><title>{title}</title><guid>https://a.test/{n}</guid></item>" for n in range(2))
    entries = earlier_entries(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    assert [entry.id for entry in entries] == ["https://a.test/0", "https://a.test/1"]


@pytest.mark.parametrize("data", [b"", b"<html/>", b"no markup", b"<feed/>"])
def test_what_is_no_feed_is_refused(data, news, tmp_path):
    file = tmp_path / "old.xml"
    file.write_bytes(data)
    with pytest.raises(FeedbotError, match=r"old\.xml: is n"):
        adopt(news.config, file)
    assert not news.config.feeds_path.exists()


@pytest.mark.parametrize("reader", ["reader", pytest.param("newsboat", marks=pytest.mark.debian("newsboat"))])
@pytest.mark.parametrize(("text", "name"), [(JEKYLL, "all.atom"), (HUGO, "all.rss")])
def test_in_a_reader_nothing_is_unread_after_the_switch(news, site, tmp_path, monkeypatch, reader, text, name):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    old = earlier(tmp_path, site, text)
    folder, home = tmp_path / "web", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    shutil.copy(old, folder / "feed.xml")
    with served(folder) as web, subscribed(reader, home) as client:
        before = client.poll(f"{web.url}/feed.xml")
        client.read_everything()
        news.article("one")
        news.article("two", date="2026-10-03T08:00:00Z")
        assert adopt(news.config, old).adopted == 2
        news.build()
        shutil.copy(news.config.feeds_path / name, folder / "feed.xml")
        after = client.poll(f"{web.url}/feed.xml")
    assert {item.id for item, _ in after} == {item.id for item, _ in before}
    assert [is_unread for _, is_unread in after] == [False, False]


def test_an_entry_keeps_its_id_and_the_time_at_which_it_was_updated(news, site, tmp_path):
    adopt(news.config, earlier(tmp_path, site, JEKYLL))
    news.article("one")
    news.article("three")
    news.build()
    ids = {one.path: one for one in read_ledger(news.config.feeds_path / LEDGER_NAME).identities}
    assert ids["articles/one.md"].id == "https://example.org/2026/10/01/one"
    assert ids["articles/one.md"].updated_at == datetime(2026, 10, 2, 8, tzinfo=UTC)
    assert ids["articles/three.md"].id.startswith("tag:")
    # Of an article that is not here the id is kept: it may come.
    assert ids[""].id == "https://example.org/2026/10/03/two"


def test_a_second_feed_adds_what_the_first_did_not_have(news, site, tmp_path):
    adopt(news.config, earlier(tmp_path, site, JEKYLL))
    again = adopt(
        news.config, earlier(tmp_path, site, JEKYLL.replace("10/03/two", "10/04/more").replace("{two}", "{two}x"))
    )
    assert (again.adopted, again.known) == (1, 1)


def test_of_two_entries_for_one_article_the_first_is_adopted(news, site, tmp_path):
    done = adopt(news.config, earlier(tmp_path, site, JEKYLL.replace("{two}", "{one}")))
    assert (done.adopted, done.known) == (1, 1)
    (identity,) = read_ledger(news.config.feeds_path / LEDGER_NAME).identities
    assert identity.id == "https://example.org/2026/10/01/one"


def test_ids_that_no_atom_feed_can_have_and_entries_without_a_link_are_told(news, tmp_path):
    file = tmp_path / "old.xml"
    item = "<item><guid isPermaLink='false'>{}</guid>{}</item>"
    items = item.format("4711", "<link>https://a.test/1</link>") + item.format("urn:x", "")
    file.write_text(f"<rss version='2.0'><channel>{items}</channel></rss>")
    adoption = adopt(news.config, file)
    assert (adoption.adopted, len(adoption.left)) == (0, 2)
    assert adoption.left[0] == "4711: its id is no URI, which an Atom id must be; it will be new to subscribers"
    assert adoption.left[1] == "urn:x: has no link by which its article could be found"


def test_after_the_first_build_nothing_is_adopted_any_more(news, site, tmp_path):
    news.article("one")
    news.build()
    before = news.feeds()
    with pytest.raises(UsageError, match="has given ids to articles already"):
        adopt(news.config, earlier(tmp_path, site, JEKYLL))
    assert news.feeds() == before


def test_an_entity_of_an_earlier_feed_reads_no_file(news, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://secret.test/")
    text = f"""<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>
<rss version="2.0"><channel><item><guid>&x;</guid><link>&x;</link></item></channel></rss>"""
    assert "secret" not in str(earlier_entries(text.encode()))
