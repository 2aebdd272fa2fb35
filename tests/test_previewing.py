"""What a preview shows, and that it touches nothing."""

import pytest

from feedbot.cli.reports.preview import preview_lines
from feedbot.clock import StandingClock
from feedbot.errors import UsageError
from feedbot.previewing import preview
from feedbot.publish.atom import render_atom
from feedbot.publish.json_feed import render_json_feed
from feedbot.publish.read_back import Shown, shown_in
from feedbot.publish.rss import render_rss
from tests.publish.feed_samples import ENTRY, FEED


def everything(folder):
    """Every file but those that only say who holds a lock."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def seen(news, **options):
    return preview(news.config, news.clock, **options)


def edit(news, name, before, after):
    path = news.folder / "articles" / f"{name}.md"
    path.write_text(path.read_text().replace(before, after))
    news.age(path)


def changes(seen):
    """By feed, the titles that came, went, lead elsewhere and are announced anew; without the topic of all of them."""
    return {
        change.feed: [
            [one.title for one in entries] for entries in (change.came, change.went, change.mended, change.announced)
        ]
        for change in seen.changes
        if change.feed != "ai"
    }


def test_a_preview_changes_no_file_and_asks_no_server(news, site):
    news.article("one", topics="AI")
    news.run()
    news.article("two", topics="AI, Robots")
    before, asked = everything(news.folder), len(site.asked)
    assert changes(seen(news)) == {name: [["About two"], [], [], []] for name in ("all", "robots")}
    assert (everything(news.folder), len(site.asked)) == (before, asked)
    assert [change.feed for change in seen(news).changes if change.is_new] == ["robots"]


@pytest.mark.parametrize("formats", ["[json]", "[rss]", "[atom]"])
def test_every_format_shows_the_same_change_and_the_ledger_is_no_feed(news, formats):
    config = news.config_file.read_text(encoding="utf-8").replace("feeds/}", f"feeds/, formats: {formats}}}")
    news.config_file.write_text(config, encoding="utf-8")
    news.article("one")
    news.build()
    news.article("two")
    assert changes(seen(news)) == {"all": [["About two"], [], [], []]}


def test_what_is_as_published_is_no_change(news):
    news.article("one")
    news.run()
    assert seen(news).changes == ()
    assert list(preview_lines(seen(news)))[1:] == ["           no change to any feed"]


def test_a_preview_of_nothing_yet_is_all_new_and_leaves_no_database(news):
    news.article("one")
    assert changes(seen(news)) == {"all": [["About one"], [], [], []]}
    assert sorted(path.name for path in news.folder.iterdir()) == ["articles", "config.yaml"]


def test_an_edit_is_announced_and_a_link_that_leads_elsewhere_is_told(news, site):
    news.article("one", more=f"ampUrl: {site.link('/one.amp')}\n")
    news.article("two")
    news.run()
    site.answers["/one"] = 410
    for _ in range(2):
        news.clock.step(days=1.2)
        news.check()
    edit(news, "two", "About two", "About something else")
    assert changes(seen(news)) == {"all": [[], [], ["About one"], ["About something else"]]}
    lines = list(preview_lines(seen(news)))
    assert lines[4] == "  all: 1 leading elsewhere, 1 announced anew"
    assert lines[5] == f"    elsewhere  About one  {site.link('/one.amp')}"


def test_a_file_that_goes_is_told_as_withdrawn_and_mass_removals_as_held(news):
    for number in range(8):
        news.article(f"n{number}")
    news.run()
    (news.folder / "articles" / "n0.md").unlink()
    assert changes(seen(news)) == {"all": [[], ["About n0"], [], []]}
    for number in range(1, 7):
        (news.folder / "articles" / f"n{number}.md").unlink()
    held = seen(news)
    assert (held.changes, [hold.feed for hold in held.holds]) == ((), ["all", "ai"])


def test_another_moment_shows_what_will_be_published_then(news):
    news.article("one")
    news.run()
    news.article("later", date="2026-12-24T18:00:00Z")
    assert seen(news).changes == ()
    then = preview(news.config, StandingClock(news.clock.at.replace(month=12, day=25)))
    assert changes(then) == {"all": [["About later"], [], [], []]}


def test_drafts_and_future_articles_are_shown_where_that_is_asked_for_and_only_in_the_preview(news, tmp_path):
    news.article("one", date="2026-10-05T08:00:00Z")
    news.run()
    news.article("draft", topics="Robots", date="2026-10-02T08:00:00Z", more="draft: true\n")
    news.article("later", date="2026-12-24T18:00:00Z")
    news.article("unpublished", topics="Robots", more="published: false\n")
    news.build()
    before = everything(news.folder)
    assert seen(news).changes == ()
    shown = seen(news, drafts=True, out=tmp_path / "out")
    assert changes(shown) == {
        "all": [["About later", "About draft", "About unpublished"], [], [], []],
        "robots": [["About draft", "About unpublished"], [], [], []],
    }
    entries = shown_in("all.atom", (tmp_path / "out" / "all.atom").read_bytes()).values()
    assert [one.title for one in entries] == ["About later", "About one", "About draft", "About unpublished"]
    assert everything(news.folder) == before


def test_no_guard_keeps_drafts_out_of_the_preview_that_shows_them(news):
    news.article("one")
    news.run()
    for number in range(51):
        news.article(f"old{number}", date="2026-09-01T08:00:00Z", more="draft: true\n")
    shown = seen(news, drafts=True)
    assert (shown.held.flood, len(changes(shown)["all"][0])) == (None, 49)


def test_the_feeds_as_they_would_be_are_what_the_build_then_writes(news, tmp_path):
    news.article("one", topics="AI")
    news.run()
    news.article("two", topics="AI")
    seen(news, out=tmp_path / "out")
    news.run()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == news.feeds()


def test_a_folder_that_holds_something_is_not_written_into(news):
    news.article("one")
    news.run()
    before = everything(news.folder)
    with pytest.raises(UsageError, match="is not empty"):
        seen(news, out=news.config.feeds_path)
    assert everything(news.folder) == before


@pytest.mark.parametrize(
    ("name", "render"), [("a.atom", render_atom), ("a.rss", render_rss), ("a.json", render_json_feed)]
)
def test_every_format_is_read_back_as_it_was_meant(name, render):
    shown = shown_in(name, render(FEED, "content"))
    assert shown == {ENTRY.id: Shown(ENTRY.id, ENTRY.title, ENTRY.link, "2026-11-02T07:08:09Z")}


@pytest.mark.parametrize("name", ["a.atom", "a.rss", "a.json"])
def test_what_is_no_feed_is_refused(name):
    with pytest.raises(ValueError, match=name):
        shown_in(name, b"<not")
