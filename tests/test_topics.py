"""What the config makes of topics, over whole builds: renamed and combined ones, late ones, and further feeds."""

import json

import pytest
from lxml import etree

from feedbot.config import load_config
from feedbot.errors import ConfigError
from feedbot.previewing import preview

ATOM = "{http://www.w3.org/2005/Atom}"
NEW_NAME = "{Machine Learning: {was: [AI]}}"


def tell(news, topics, more=""):
    """Write what the config says of topics; the folder's articles stay as they are."""
    if not hasattr(news, "untold"):
        news.untold = news.config_file.read_text(encoding="utf-8")
    text = news.untold.replace("feeds/}", f"feeds/, topics: {topics}{more}}}")
    news.config_file.write_text(text, encoding="utf-8")


def written(news):
    return set(news.build()[1].written)


def feeds_written(news):
    return {name.removesuffix(".atom") for name in written(news) if name.endswith(".atom")}


def listed(news):
    """The slugs in the OPML list, and those on the index."""
    opml = etree.fromstring(news.feeds()["feeds.opml"])
    urls = [outline.get("xmlUrl") for outline in opml.iter("outline")]
    slugs = {url.rpartition("/")[2].removesuffix(".rss") for url in urls}
    index = news.feeds()["index.html"].decode()
    slugs_of_all = {name.removesuffix(".atom") for name in news.feeds() if name.endswith(".atom")}
    return slugs, {slug for slug in slugs_of_all if f'href="{slug}.html"' in index}


def categories(news, feed="all"):
    root = etree.fromstring(news.feeds()[f"{feed}.atom"])
    return [[one.get("term") for one in entry.iterfind(f"{ATOM}category")] for entry in root.iterfind(f"{ATOM}entry")]


def entries(news, feed):
    """Id and `updated` of each entry."""
    root = etree.fromstring(news.feeds()[f"{feed}.atom"])
    return [(entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated")) for entry in root.iterfind(f"{ATOM}entry")]


def head(news, feed):
    root = etree.fromstring(news.feeds()[f"{feed}.atom"])
    return root.findtext(f"{ATOM}id"), root.findtext(f"{ATOM}title")


def test_a_renamed_topic_goes_on_under_both_addresses_with_the_same_entries(news):
    news.article("one", topics="AI", date="2026-10-01T08:00:00Z")
    news.build()
    before, old_id = entries(news, "ai"), head(news, "ai")[0]
    tell(news, NEW_NAME)
    news.article("two", topics="Machine Learning", date="2026-10-02T08:00:00Z")
    news.article("three", topics="AI", date="2026-10-03T08:00:00Z")
    news.build()
    assert news.titles("machine-learning") == news.titles("ai") == ["About three", "About two", "About one"]
    assert entries(news, "ai")[2:] == before
    assert entries(news, "machine-learning") == entries(news, "ai")
    assert head(news, "ai") == (old_id, "Test News: Machine Learning")
    assert head(news, "machine-learning")[0] != old_id


def test_people_are_led_to_the_new_name_only(news):
    news.article("one", topics="AI")
    news.build()
    assert listed(news) == ({"all", "ai"}, {"all", "ai"})
    tell(news, NEW_NAME)
    news.build()
    assert listed(news) == ({"all", "machine-learning"}, {"all", "machine-learning"})
    assert categories(news) == categories(news, "ai") == [["Machine Learning"]]
    assert 'href="machine-learning.html"' in news.feeds()["all.html"].decode()
    assert "About one" in news.feeds()["ai.html"].decode()


def test_an_article_with_both_names_is_one_entry_in_one_category(news):
    tell(news, NEW_NAME)
    news.article("one", topics="AI, Robots, machine  learning")
    news.build()
    assert news.titles("machine-learning") == ["About one"]
    assert categories(news) == [["Machine Learning", "Robots"]]


def test_an_earlier_name_that_never_had_a_feed_gets_none(news):
    tell(news, NEW_NAME)
    news.article("one", topics="AI")
    assert feeds_written(news) == {"all", "machine-learning"}
    assert categories(news) == [["Machine Learning"]]


def test_a_renamed_topic_without_articles_has_a_feed_where_the_earlier_one_had(news):
    one = news.article("one", topics="AI")
    news.article("two", topics="Robots")
    news.build()
    one.write_text(one.read_text().replace("[AI]", "[Robots]"))
    news.age(one)
    news.build()
    tell(news, NEW_NAME)
    assert feeds_written(news) == {"ai", "machine-learning"}
    assert news.titles("ai") == news.titles("machine-learning") == []
    assert listed(news)[0] == {"all", "robots"}


def test_a_build_after_a_renaming_writes_nothing_more_and_parses_no_article(news):
    news.article("one", topics="AI")
    news.article("two", topics="Robots")
    news.build()
    tell(news, NEW_NAME)
    reading, publishing = news.build()
    assert reading.parsed == 0
    assert {name for name in publishing.written if name.endswith(".atom")} == {
        "all.atom",
        "ai.atom",
        "machine-learning.atom",
    }
    before = news.feeds()
    assert news.build()[1].written == ()
    assert news.feeds() == before


def test_a_lost_database_gives_the_same_bytes_of_a_renamed_topic(news):
    news.article("one", topics="AI")
    news.build()
    tell(news, NEW_NAME)
    news.build()
    before = news.feeds()
    (news.folder / "state.db").unlink()
    news.build()
    assert news.feeds() == before


def test_a_renaming_that_is_taken_back_gives_the_earlier_bytes(news):
    news.article("one", topics="AI")
    news.build()
    before = news.feeds()
    tell(news, NEW_NAME)
    news.build()
    tell(news, "{}")
    news.build()
    after = news.feeds()
    assert news.titles("machine-learning") == []
    assert {name: after[name] for name in before if name != "ids.json" and not name.endswith(".gz")} == {
        name: data for name, data in before.items() if name != "ids.json" and not name.endswith(".gz")
    }
    slugs = [topic["slug"] for topic in json.loads(after["ids.json"])["topics"]]
    assert slugs == ["ai", "machine-learning"]


def test_removals_in_bulk_are_held_under_the_earlier_address_too(news):
    for number in range(8):
        news.article(f"n{number}", topics="AI")
    news.build()
    tell(news, NEW_NAME)
    news.build()
    for number in range(7):
        (news.folder / "articles" / f"n{number}.md").unlink()
    assert [hold.feed for hold in news.build()[1].holds] == ["all", "ai", "machine-learning"]
    assert len(news.titles("ai")) == len(news.titles("machine-learning")) == 8
    news.build("ai", "machine-learning", "all")
    assert news.titles("ai") == news.titles("machine-learning") == ["About n7"]


def test_a_preview_shows_the_renamed_topic_as_new_and_announces_nothing(news):
    news.article("one", topics="AI")
    news.build()
    tell(news, NEW_NAME)
    seen = {change.feed: change for change in preview(news.config, news.clock).changes}
    assert seen.keys() == {"all", "ai", "machine-learning"}
    assert seen["machine-learning"].is_new
    assert (seen["ai"].came, seen["ai"].went, seen["ai"].announced) == ((), (), ())


def test_a_topic_gets_its_feed_when_it_has_enough_entries_and_keeps_it(news):
    tell(news, "{Robots: {min_entries: 2}}")
    one = news.article("one", topics="AI, robots")
    assert feeds_written(news) == {"all", "ai"}
    assert categories(news) == [["AI", "robots"]]
    assert "robots.html" not in news.feeds()["all.html"].decode()
    news.article("two", topics="Robots", date="2026-12-01T08:00:00Z")
    assert written(news) == set()
    news.clock.step(days=31)
    # A later article closes October in the archive of `all`.
    assert feeds_written(news) == {"all", "all.2026-10", "robots"}
    assert news.titles("robots") == ["About two", "About one"]
    assert news.feeds()["ai.html"].decode().count('href="robots.html"') == 1
    one.write_text(one.read_text().replace("[AI, robots]", "[AI]"))
    news.age(one)
    news.build()
    assert news.titles("robots") == ["About two"]
    assert listed(news)[0] == {"all", "ai", "robots"}


def test_a_feed_that_was_born_stays_where_more_entries_are_asked_for_later(news):
    news.article("one", topics="AI")
    news.build()
    before = news.feeds()
    tell(news, "{AI: {min_entries: 9}}")
    news.build()
    assert news.feeds() == before
    (news.folder / "state.db").unlink()
    news.build()
    assert news.feeds() == before


def test_a_renamed_topic_with_too_few_entries_goes_on_all_the_same(news):
    news.article("one", topics="AI")
    news.build()
    tell(news, "{Machine Learning: {was: [AI], min_entries: 9}, Robots: {was: [Bots], min_entries: 2}}")
    news.article("two", topics="Bots")
    assert "machine-learning" in feeds_written(news)
    assert categories(news) == [["Machine Learning"], ["Robots"]]
    news.article("three", topics="Robots")
    assert feeds_written(news) == {"all", "robots"}
    assert sorted(news.titles("robots")) == ["About three", "About two"]


def test_articles_whose_link_is_dead_from_the_start_do_not_count(news, site):
    tell(news, "{Robots: {min_entries: 2}}")
    news.article("one", topics="Robots")
    news.article("two", topics="AI", date="2026-12-20T08:00:00Z")
    site.answers["/two"] = 410
    for _ in range(3):
        news.clock.step(days=1.2)
        news.run()
    two = news.article("two", topics="Robots")
    assert "robots" not in feeds_written(news)
    two.unlink()
    news.article("three", topics="Robots")
    assert "robots" in feeds_written(news)


@pytest.mark.parametrize(
    ("combine", "titles"),
    [
        ("any: [AI, Robots]", "named both ai robots"),
        ("all: [ai, ROBOTS]", "named both"),
        ("any: [AI], none: [Robots]", "named ai"),
        ("any: [AI, Sport], all: [Robots]", "named both"),
        ("all: [AI], none: [Sport, Nothing]", "named both ai"),
        ("none: [AI]", "named robots sport"),
        ("any: [Nothing]", "named"),
    ],
)
def test_a_feed_can_be_made_of_other_topics(news, combine, titles):
    tell(news, f"{{Machines: {{combine: {{{combine}}}}}}}")
    topics = ["Machines", "AI, Robots", "AI", "Robots", "Sport"]
    for number, (name, named) in enumerate(zip(["named", "both", "ai", "robots", "sport"], topics, strict=True)):
        news.article(name, topics=named, date=f"2026-10-0{9 - number}T08:00:00Z")
    assert "machines" in feeds_written(news)
    assert news.titles("machines") == [f"About {name}" for name in titles.split()]
    assert head(news, "machines")[1] == "Test News: Machines"
    assert listed(news)[0] == listed(news)[1] == {"all", "ai", "robots", "sport", "machines"}


def test_a_combined_feed_holds_the_newest_as_any_other(news):
    tell(news, "{Machines: {combine: {any: [AI, Robots], none: [Sport]}}}", more=", max_entries: 3")
    for number in range(1, 9):
        news.article(
            f"n{number}", topics=["AI", "Robots", "Sport, AI", "Robots, AI"][number % 4], date=f"2026-10-0{number}"
        )
    news.article("later", topics="Robots", date="2026-12-24")
    news.article("draft", topics="Robots", more="published: false\n")
    news.build()
    assert news.titles("machines") == ["About n8", "About n7", "About n5"]


def test_a_combined_topic_is_no_category_of_its_articles_and_is_written_only_when_they_change(news):
    tell(news, "{Machines: {combine: {any: [AI, Robots]}}}")
    news.article("one", topics="AI")
    news.article("two", topics="Sport")
    news.build()
    assert categories(news, "machines") == [["AI"]]
    before = news.feeds()
    reading, publishing = news.build()
    assert (reading.parsed, publishing.written, news.feeds()) == (0, (), before)
    news.article("three", topics="Sport")
    assert feeds_written(news) == {"all", "sport"}
    news.article("four", topics="Robots")
    assert feeds_written(news) == {"all", "robots", "machines"}


def test_a_combined_topic_without_entries_has_no_feed_yet(news):
    tell(news, "{Machines: {combine: {any: [AI, Robots]}, min_entries: 2}, Others: {combine: {any: [Sport]}}}")
    news.article("one", topics="AI")
    assert feeds_written(news) == {"all", "ai"}
    news.article("two", topics="Robots")
    assert feeds_written(news) == {"all", "robots", "machines"}


def test_earlier_names_count_in_a_combined_topic_and_it_can_be_renamed_itself(news):
    news.article("one", topics="Automata")
    tell(news, "{Robots: {was: [Automata]}, Machines: {combine: {all: [Robots]}}, Tools: {combine: {any: [AUTOMATA]}}}")
    news.build()
    assert news.titles("machines") == news.titles("tools") == ["About one"]
    tell(news, "{Robots: {was: [Automata]}, Devices: {was: [Machines, Tools], combine: {all: [Robots]}}}")
    news.article("two", topics="Robots, AI", date="2026-10-02")
    news.build()
    assert news.titles("machines") == news.titles("tools") == news.titles("devices") == ["About two", "About one"]
    assert listed(news)[0] == {"all", "ai", "devices", "robots"}


def test_a_combined_topic_that_the_config_drops_keeps_a_valid_empty_feed_that_nobody_is_led_to(news):
    tell(news, "{Machines: {combine: {any: [AI, Robots]}}}")
    for number in range(8):
        news.article(f"n{number}", topics="AI")
    news.build()
    feed_id = head(news, "machines")[0]
    tell(news, "{}")
    _, publishing = news.build()
    assert publishing.holds == ()
    assert (head(news, "machines")[0], news.titles("machines")) == (feed_id, [])
    assert listed(news) == ({"all", "ai"}, {"all", "ai"})
    kept = news.feeds()
    (news.folder / "state.db").unlink()
    news.build()
    assert news.feeds() == kept


def test_removals_in_bulk_are_held_in_a_combined_feed(news):
    tell(news, "{Machines: {combine: {any: [AI, Robots]}}}")
    for number in range(8):
        news.article(f"n{number}", topics=["AI", "Robots"][number % 2])
    news.build()
    for number in range(6):
        (news.folder / "articles" / f"n{number}.md").unlink()
    assert [hold.feed for hold in news.build()[1].holds] == ["all", "machines"]
    assert len(news.titles("machines")) == 8
    news.build("machines", "all")
    assert sorted(news.titles("machines")) == ["About n6", "About n7"]


def test_a_combined_topic_gets_a_slug_by_the_rules_of_all_topics(news):
    tell(
        news,
        "{Index: {combine: {any: [AI]}}, C Plus-Plus: {combine: {any: [AI]}}, Best: {slug: top, combine: {any: [AI]}}}",
    )
    news.article("one", topics="AI, C plus plus")
    slugs = feeds_written(news)
    assert {"all", "ai", "c-plus-plus", "top"} < slugs
    assert sorted(slug[:-8] for slug in slugs - {"all", "ai", "c-plus-plus", "top"}) == ["c-plus-plus-", "index-"]
    tell(news, "{Best: {slug: better, combine: {any: [AI]}}}")
    with pytest.raises(ConfigError, match="a feed's address never changes under its readers"):
        news.build()


def test_a_combined_feed_can_have_an_alias_and_a_preview_shows_it_as_new(news):
    news.article("one", topics="AI")
    news.build()
    tell(news, "{Machines: {combine: {any: [AI]}}}", more=", aliases: {machines.xml: machines.rss}")
    (change,) = preview(news.config, news.clock).changes
    assert (change.feed, change.is_new, [one.title for one in change.came]) == ("machines", True, ["About one"])
    news.build()
    assert news.feeds()["machines.xml"] == news.feeds()["machines.rss"]


def test_a_slug_that_the_earlier_name_has_is_not_given_again(news):
    news.article("one", topics="AI")
    news.build()
    tell(news, "{Machine Learning: {was: [AI], slug: ai}}")
    with pytest.raises(ConfigError, match="cannot both have the slug 'ai'"):
        news.build()


@pytest.mark.parametrize(
    ("topics", "why"),
    [
        ("{A: {was: [B]}, b: {title: Bees}}", "'b' was renamed to 'a': what is said of it is to be said there"),
        ("{A: {was: [a]}}", "'a' was renamed to 'a'"),
        ("{A: {was: [C]}, B: {was: [c]}}", "'c' cannot have become both 'a' and 'b'"),
        ("{A: {}, a: {}}", "names a topic twice, in two spellings"),
        ("{A: {combine: {any: [C, a]}}}", "'a' cannot be made of 'a', which is combined itself"),
        (
            "{A: {combine: {any: [C]}}, B: {combine: {none: [a]}}}",
            "'b' cannot be made of 'a', which is combined itself",
        ),
        (
            "{A: {was: [D], combine: {any: [C]}}, B: {combine: {all: [d]}}}",
            "'b' cannot be made of 'd', which is combined",
        ),
    ],
)
def test_topics_that_contradict_each_other_are_refused(news, topics, why):
    tell(news, topics)
    with pytest.raises(ConfigError) as error:
        load_config(news.config_file)
    assert f"config.yaml:3: feeds.topics: {why}" in str(error.value)


@pytest.mark.parametrize(
    ("topics", "place"), [("{A: {was: ['  ']}}", "A.was.0"), ("{'': {title: All}}", "feeds.topics.:")]
)
def test_a_topic_has_a_name(news, topics, place):
    tell(news, topics)
    with pytest.raises(ConfigError, match="must not be empty") as error:
        load_config(news.config_file)
    assert place in str(error.value)


@pytest.mark.parametrize("combine", ["{}", "{any: []}"])
def test_a_combined_topic_is_made_of_something(news, combine):
    tell(news, f"{{A: {{combine: {combine}}}}}")
    with pytest.raises(ConfigError, match=r"feeds\.topics\.A\.combine: must name topics in any, all or none"):
        load_config(news.config_file)


def further(news, *feeds, topics="{}", more=""):
    tell(news, topics, more=f", more: [{', '.join(feeds)}]{more}")


@pytest.mark.parametrize(
    ("which", "titles"),
    [
        ("category: [NEWS, Opinion]", "one two"),
        ("category: [ENTDECKUNGEN ÜBER ALLES]", "three"),
        ("provider: [the  post]", "one"),
        ("provider: [times.example, The Post]", "one two"),
        ("min_quality: 7", "one two"),
        ("min_quality: 7.5", "two"),
        ("min_heat: 0", "one three"),
        ("min_quality: 7, min_heat: 2", "one"),
        ("topics: [Robots, Sport]", "two three"),
        ("topics: [Robots, Sport], category: [News]", "two"),
    ],
)
def test_a_further_feed_holds_what_articles_say_of_themselves(news, which, titles):
    further(news, f"{{slug: best, title: The best, {which}}}")
    says = {
        "one": ("AI", "category: News\nprovider: {name: The Post, domain: post.example}\nquality: 7\nheat: 2\n"),
        "two": ("Robots", "category: news\nprovider: {name: Times, domain: times.example}\nquality: 8.5\n"),
        "three": ("Sport", "category: Entdeckungen über alles\nquality: 1\nheat: 0\n"),
        "four": ("AI", ""),
    }
    for number, (name, (topics, more)) in enumerate(says.items()):
        news.article(name, topics=topics, date=f"2026-10-0{9 - number}", more=more)
    news.build()
    assert news.titles("best") == [f"About {name}" for name in titles.split()]
    assert head(news, "best")[1] == "The best"
    assert "best" in listed(news)[0] & listed(news)[1]
    before = news.feeds()
    reading, publishing = news.build()
    assert (reading.parsed, publishing.written, news.feeds()) == (0, (), before)
    (news.folder / "state.db").unlink()
    news.build()
    assert news.feeds() == before


def test_a_further_feed_follows_what_its_articles_say(news):
    further(news, "{slug: best, title: The best, min_quality: 5, min_entries: 2}")
    one = news.article("one", more="quality: 5\n")
    assert "best" not in feeds_written(news)
    news.article("two", more="quality: 9\n")
    assert "best" in feeds_written(news)
    one.write_text(one.read_text().replace("quality: 5", "quality: 4"))
    news.age(one)
    assert "best" in feeds_written(news)
    assert news.titles("best") == ["About two"]


def test_a_further_feed_has_its_slug_before_topics_and_keeps_it_when_the_config_drops_it(news):
    further(news, "{slug: best, title: The best, min_quality: 5}")
    news.article("one", topics="Best", more="quality: 5\n")
    slugs = feeds_written(news)
    (of_topic,) = slugs - {"all", "best"}
    assert of_topic.startswith("best-")
    feed_id = head(news, "best")[0]
    tell(news, "{}")
    news.article("two", topics="best, feeds", more="quality: 5\n")
    news.build()
    assert (head(news, "best"), news.titles("best")) == ((feed_id, "Test News: best"), [])
    assert news.titles(of_topic) == ["About one", "About two"]
    assert "best" not in listed(news)[0] | listed(news)[1]
    kept = news.feeds()
    (news.folder / "state.db").unlink()
    news.build()
    assert news.feeds() == kept


@pytest.mark.parametrize(
    ("slug", "why"), [("ai", "cannot both have the slug 'ai'"), ("index", "the slug 'index' is reserved")]
)
def test_a_further_feed_takes_no_address_that_another_has(news, slug, why):
    news.article("one", topics="AI")
    news.build()
    further(news, f"{{slug: {slug}, title: X, min_heat: 1}}")
    before = news.feeds()
    with pytest.raises(ConfigError, match=why):
        news.build()
    assert news.feeds() == before


def test_removals_in_bulk_are_held_in_a_further_feed(news):
    further(news, "{slug: best, title: The best, min_quality: 5}")
    for number in range(8):
        news.article(f"n{number}", more="quality: 5\n")
    news.build()
    for number in range(6):
        (news.folder / "articles" / f"n{number}.md").unlink()
    assert [hold.feed for hold in news.build()[1].holds] == ["all", "ai", "best"]
    assert len(news.titles("best")) == 8


@pytest.mark.parametrize(
    ("feeds", "why"),
    [
        ("{slug: a, title: A}", "feeds.more.0: must say which articles: topics, category, provider, min_quality"),
        ("{slug: a, title: A, min_heat: 1}, {slug: a, title: B, min_heat: 2}", "feeds.more: gives two feeds one slug"),
        ("{slug: A b, title: A, min_heat: 1}", "feeds.more.0.slug: must be small letters"),
        ("{slug: a, min_heat: 1}", "feeds.more.0.title: is required"),
    ],
)
def test_further_feeds_that_cannot_be_are_refused(news, feeds, why):
    further(news, feeds)
    with pytest.raises(ConfigError) as error:
        load_config(news.config_file)
    assert why in str(error.value)
