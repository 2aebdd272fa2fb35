"""Entries that lead to the article's own page, and new ones that wait until it answers."""

import re

import pytest

from feedbot.cli.reports.publishing import publishing_lines
from feedbot.cli.reports.run import run_lines
from feedbot.core.mark import Mark, MarkKind
from feedbot.errors import FeedbotError
from feedbot.forgetting import Named, forget
from feedbot.previewing import preview
from feedbot.publish.read_back import shown_in
from feedbot.state import marks, own_pages, planning, targets
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from tests.publication import Publication


@pytest.fixture
def own(tmp_path, site):
    """A publication whose site, with a base path, is the loopback site: the page of one.md is /blog/articles/one/."""
    news = Publication(tmp_path / "news", site)
    text = news.config_file.read_text(encoding="utf-8").replace("https://example.org/}", f"{site.url}/blog}}", 1)
    news.config_file.write_text(text, encoding="utf-8")
    news.configure_feeds("link: page")
    return news


def page_of(name):
    return f"/blog/articles/{name}/"


def subscribed(news):
    """The publication with its first entry, which subscribers have."""
    news.article("first")
    news.run()
    return news


def links(news, feed="all"):
    """By title, where the entries of a feed lead."""
    data = (news.folder / "feeds" / f"{feed}.atom").read_bytes()
    return {one.title: one.link for one in shown_in(f"{feed}.atom", data).values()}


def come(news, name, site, status=404, **more):
    """A new article whose page answers with this status, and a run."""
    site.answers[page_of(name)] = status
    news.article(name, **more)
    return news.run()


def asked(site, name):
    return sum(path == page_of(name) for _, path in site.asked)


def lines(news, run):
    return [line.strip() for line in publishing_lines(news.config, run.publishing)]


def test_pages_are_told_of_all_articles_or_of_those_that_link_to_one_target(own, site):
    shared = f"related: [{{title: x, sourceUrl: {site.link('/shared')}}}]\n"
    own.article("first", more=shared)
    own.article("second", more=shared)
    own.article("third")
    own.run()
    with own.state() as state:
        targets.set_unlinkable(state, [])
        pages = own_pages.known(state, own.clock.now())
        beside = own_pages.known(state, own.clock.now(), beside=targets.find(state, site.link("/shared")).id)
    assert [page.path for page in pages] == ["articles/first.md", "articles/second.md", "articles/third.md"]
    assert beside == pages[:2]


def test_an_entry_leads_to_its_page_and_names_its_source_in_every_format(own, site):
    subscribed(own)
    feeds = own.feeds()
    assert links(own) == {"About first": site.link(page_of("first"))}
    source = site.link("/first").encode()
    assert b'<link rel="via" type="text/html" href="' + source in feeds["all.atom"]
    assert b'<atom:link rel="via" type="text/html" href="' + source in feeds["all.rss"]
    assert b'"via": "' + source in feeds["all.json"]


def test_the_id_is_that_of_the_source_whatever_the_entry_leads_to(own):
    subscribed(own)
    by_page = (own.folder / "feeds" / "ids.json").read_bytes()
    text = own.config_file.read_text(encoding="utf-8").replace("link: page", "link: source")
    own.config_file.write_text(text, encoding="utf-8")
    own.run()
    assert (own.folder / "feeds" / "ids.json").read_bytes() == by_page


def test_a_new_entry_waits_until_its_page_answers_and_then_leads_there(own, site):
    subscribed(own)
    before = own.feeds()
    waiting = come(own, "two", site)
    assert [one.page.path for one in waiting.publishing.held.gate.waiting] == ["articles/two.md"]
    assert own.feeds() == before
    del site.answers[page_of("two")]
    own.clock.step(minutes=5)
    came = own.run()
    assert came.publishing.held.gate.waiting == ()
    assert links(own)["About two"] == site.link(page_of("two"))
    assert own.run().publishing.written == ()


def test_a_page_that_is_there_lets_its_entry_come_at_once(own, site):
    subscribed(own)
    come(own, "two", site, status=200)
    assert links(own)["About two"] == site.link(page_of("two"))


@pytest.mark.parametrize("status", [404, 410, 403, 500])
def test_a_page_that_is_waited_for_is_asked_in_every_run_and_after_two_hours_as_any_other(own, site, status):
    subscribed(own)
    come(own, "two", site, status)
    seen = asked(site, "two")
    for minutes in (5, 5, 5):
        own.clock.step(minutes=minutes)
        own.run()
        assert asked(site, "two") > seen
        seen = asked(site, "two")
    own.clock.step(hours=2)
    own.run()
    seen = asked(site, "two")
    own.clock.step(minutes=5)
    own.run()
    assert asked(site, "two") == seen


def test_after_two_hours_an_entry_comes_with_its_source_and_leads_to_its_page_when_that_answers(own, site):
    subscribed(own)
    come(own, "two", site)
    own.clock.step(hours=1, minutes=59)
    assert len(own.run().publishing.held.gate.waiting) == 1
    own.clock.step(minutes=1)
    came = own.run()
    assert (came.publishing.held.gate.waiting, len(came.publishing.held.gate.given_up)) == ((), 1)
    assert links(own)["About two"] == site.link("/two")
    ids = (own.folder / "feeds" / "ids.json").read_bytes()
    assert own.run().publishing.held.gate.given_up == ()
    del site.answers[page_of("two")]
    own.clock.step(days=4)
    own.run()
    assert links(own)["About two"] == site.link(page_of("two"))
    assert (own.folder / "feeds" / "ids.json").read_bytes() == ids


def test_builds_alone_let_an_entry_come_after_two_hours_with_its_source(own, site):
    subscribed(own)
    own.article("two")
    assert own.build()[1].held.gate.waiting[0].why == "not asked yet"
    own.clock.step(hours=2)
    own.build()
    assert links(own)["About two"] == site.link("/two")
    assert asked(site, "two") == 0


def test_a_first_build_waits_for_no_page_and_shows_none_that_has_not_answered(own, site):
    come(own, "one", site)
    assert links(own) == {"About one": site.link("/one")}


def test_an_entry_that_waits_is_in_no_feed_page_or_ledger_and_bears_no_topic(own, site):
    subscribed(own)
    come(own, "two", site, topics="Robots")
    written = b"".join(own.feeds().values())
    assert b"About two" not in written
    assert b"two.md" not in written
    assert "robots.atom" not in own.feeds()


def test_what_readers_have_seen_never_waits_and_stays_when_its_page_goes(own, site):
    subscribed(own)
    site.answers[page_of("first")] = 410
    own.clock.step(days=1.2)
    own.run()
    assert links(own) == {"About first": site.link(page_of("first"))}
    own.clock.step(days=1.2)
    dead = own.run()
    assert links(own) == {"About first": site.link("/first")}
    assert (dead.publishing.held.gate.waiting, dead.publishing.removed) == ((), 0)
    said = list(run_lines(own.config, dead, None))
    assert "  mended     articles/first.md: its page is dead; its entry leads to its source" in said


def test_an_entry_whose_source_is_dead_leads_to_its_living_page(own, site):
    subscribed(own)
    site.answers["/first"] = 410
    for _ in range(2):
        own.clock.step(days=1.2)
        own.run()
    assert links(own) == {"About first": site.link(page_of("first"))}


def test_where_the_config_turns_to_pages_entries_stay_and_lead_there_as_pages_answer(own, site):
    text = own.config_file.read_text(encoding="utf-8")
    own.config_file.write_text(text.replace("link: page", "link: source"), encoding="utf-8")
    own.article("lost")
    subscribed(own)
    site.answers[page_of("lost")] = 404
    own.config_file.write_text(text, encoding="utf-8")
    assert own.build()[1].held.gate.waiting == ()
    assert links(own) == {"About first": site.link("/first"), "About lost": site.link("/lost")}
    own.run()
    assert links(own) == {"About first": site.link(page_of("first")), "About lost": site.link("/lost")}
    # What readers have is in no hurry: the page is asked again as any link that fails.
    looks = asked(site, "lost")
    own.clock.step(minutes=5)
    own.run()
    assert asked(site, "lost") == looks


def test_a_page_is_not_asked_before_the_article_is_due(own, site):
    subscribed(own)
    come(own, "later", site, date="2026-11-20T08:00:00Z")
    come(own, "draft", site, more="draft: true\n")
    own.pass_days(18)
    assert (asked(site, "later"), asked(site, "draft")) == (0, 0)
    del site.answers[page_of("later")]
    own.clock.step(days=1)
    own.run()
    assert links(own)["About later"] == site.link(page_of("later"))


def blog_post(news, name, more=""):
    """An article without a source: its page is all there is."""
    path = news.article(name)
    text = re.sub(r"sourceUrl: .*\n", more, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    news.age(path)


def test_an_article_without_a_source_waits_for_its_page_and_has_nothing_else_to_lead_to(own, site):
    subscribed(own)
    site.answers[page_of("post")] = 404
    blog_post(own, "post")
    assert len(own.run().publishing.held.gate.waiting) == 1
    del site.answers[page_of("post")]
    own.clock.step(minutes=5)
    own.run()
    assert links(own)["About post"] == site.link(page_of("post"))
    assert b"About post" in own.feeds()["all.atom"]
    assert page_of("post").encode() not in re.findall(rb'rel="via"[^>]*', own.feeds()["all.atom"])


def test_an_article_without_a_source_whose_page_has_moved_leads_to_its_new_address(own, site):
    subscribed(own)
    site.answers[page_of("post")] = (301, "/new")
    blog_post(own, "post")
    own.pass_days(10)
    assert links(own)["About post"] == site.link("/new")


def test_old_articles_that_are_held_back_in_bulk_begin_to_wait_when_they_may_come(own, site):
    subscribed(own)
    for number in range(51):
        own.article(f"old{number}")
    held = own.build()[1]
    assert (held.held.flood.articles, held.held.gate.waiting) == (51, ())
    own.clock.step(hours=3)
    with own.state() as state:
        assert len(publish(own.config, state, own.clock, accept_new=True).held.gate.waiting) == 51


def test_pages_are_asked_with_the_sources_before_other_links(own, site):
    own.article("one", more=f"related: [{{title: x, sourceUrl: '{site.link('/a')}'}}]\n")
    with own.state() as state:
        read(own.config, state, own.clock)
        due = [target.url for target in planning.due(state, own.clock.now())]
    assert due == [site.link(page_of("one")), site.link("/one"), site.link("/a")]


def test_a_permalink_is_under_the_base_path(own, site):
    subscribed(own)
    own.article("two", more="permalink: /2026/two/\n")
    own.run()
    assert links(own)["About two"] == site.link("/blog/2026/two/")


def test_a_permalink_that_is_no_address_is_told_and_its_entry_leads_to_the_source(own, site):
    subscribed(own)
    own.article("two", more="permalink: /:year/:title/\n")
    run = own.run()
    assert links(own)["About two"] == site.link("/two")
    assert any("so its entry leads to its source" in remark.text for remark in run.reading.remarks)


@pytest.mark.parametrize("kind", [MarkKind.ALIVE, MarkKind.DEAD])
def test_a_persons_word_on_a_page_ends_the_wait(own, site, kind):
    subscribed(own)
    come(own, "two", site)
    page = site.link(page_of("two"))
    with own.state() as state:
        marks.put(state, page, Mark(kind, made_at=own.clock.at), own.clock.at)
    own.build()
    assert links(own)["About two"] == {MarkKind.ALIVE: page, MarkKind.DEAD: site.link("/two")}[kind]


def test_pages_that_the_config_excludes_are_shown_unasked(own, site):
    text = own.config_file.read_text(encoding="utf-8")
    own.config_file.write_text(f"{text}links: {{exclude: [{{glob: '*/blog/*'}}]}}\n", encoding="utf-8")
    subscribed(own)
    come(own, "two", site)
    assert (links(own)["About two"], asked(site, "two")) == (site.link(page_of("two")), 0)


def test_a_wait_that_began_by_a_clock_that_was_ahead_ends(own, site):
    subscribed(own)
    own.clock.step(days=30)
    own.article("two")
    own.build()
    own.clock.step(days=-30)
    assert len(own.build()[1].held.gate.waiting) == 1
    own.clock.step(hours=2)
    assert own.build()[1].held.gate.waiting == ()


def test_what_is_waiting_is_told_by_run_build_preview_and_report(own, site):
    subscribed(own)
    run = come(own, "two", site)
    where = f"articles/two.md: for its page {site.link(page_of('two'))}"
    told = f"waits      {where} (404 on GET: not found), until 14:00 UTC at most"
    assert told in lines(own, run)
    assert preview(own.config, own.clock).held.gate == run.publishing.held.gate
    report = (own.folder / "reports" / "links.html").read_text(encoding="utf-8")
    assert "nothing yet: the entry waits until its page answers" in report
    own.clock.step(hours=2)
    late = own.run()
    given_up = f"articles/two.md: its page {site.link(page_of('two'))} does not answer (404 on GET: not found)"
    assert f"no page    {given_up}; its entry leads to its source until that does" in lines(own, late)
    report = (own.folder / "reports" / "links.html").read_text(encoding="utf-8")
    assert "nothing yet" not in report
    assert "the source, until the page answers" in report


def test_an_article_that_goes_while_it_waits_leaves_nothing_waiting(own, site):
    subscribed(own)
    come(own, "two", site)
    (own.folder / "articles" / "two.md").unlink()
    assert own.build()[1].held.gate.waiting == ()
    with own.state() as state:
        assert own_pages.waiting(state) == {}


def test_a_takedown_of_what_waits_is_whole_before_the_feeds_are_written(own, site):
    subscribed(own)
    come(own, "two", site)
    feeds = own.folder / "feeds"
    feeds.rename(own.folder / "away")
    feeds.write_text("in the way")
    with own.state() as state:
        with pytest.raises(FeedbotError):
            forget(own.config, state, own.clock, Named(path="articles/two.md"))
        assert own_pages.waiting(state) == {}
        assert targets.find(state, site.link(page_of("two"))) is None


def test_drafts_are_previewed_whether_their_pages_are_there_or_not(own, site):
    subscribed(own)
    own.article("draft", more="draft: true\n")
    seen = preview(own.config, own.clock, drafts=True)
    assert [one.title for one in seen.changes[0].came] == ["About draft"]
    assert seen.held.gate.waiting == ()


def test_where_entries_lead_to_sources_no_page_is_noted_or_asked(news, site):
    news.article("one")
    news.run()
    with news.state() as state:
        assert targets.of_file(state, "articles/one.md") == [site.link("/one")]


def test_pages_whose_host_asks_not_to_be_checked_are_shown_unasked(own, site):
    text = own.config_file.read_text(encoding="utf-8").replace("robots: never", "optout: [127.0.0.1]")
    own.config_file.write_text(text, encoding="utf-8")
    subscribed(own)
    come(own, "two", site)
    assert (links(own)["About two"], site.asked) == (site.link(page_of("two")), [])
