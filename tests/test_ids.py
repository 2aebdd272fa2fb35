"""Ids stay what they are, whatever changes around them; and where files name others in bulk, a person is asked."""

import re

import pytest

from feedbot.adopting import adopt
from feedbot.cli.reports.preview import preview_lines
from feedbot.cli.reports.publishing import publishing_lines
from feedbot.previewing import preview
from feedbot.publish.read_back import shown_in
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read


def ids(news, feed="all"):
    """By title, the ids in a feed."""
    data = (news.folder / "feeds" / f"{feed}.atom").read_bytes()
    return {one.title: one.id for one in shown_in(f"{feed}.atom", data).values()}


def articles(news, number=6, **more):
    for one in range(number):
        news.article(f"n{one}", **more)


def with_own_ids(news, number=6, field="id", name="https://example.org/?p="):
    """The files of so many articles begin to name ids."""
    for one in range(number):
        news.article(f"n{one}", more=f"{field}: {name}{one}\n")


def accepted(news):
    with news.state() as state:
        reading = read(news.config, state, news.clock, accept_new=True)
        return reading, publish(news.config, state, news.clock, accept_new=True)


def configured(news, before, after):
    text = news.config_file.read_text(encoding="utf-8")
    assert before in text
    news.config_file.write_text(text.replace(before, after, 1), encoding="utf-8")


def without_database(news):
    for file in news.folder.glob("state.db*"):
        file.unlink()


def test_more_than_five_entries_keep_their_ids_until_a_person_says_that_others_may_come(news):
    articles(news)
    news.build()
    before, known = news.feeds(), ids(news)
    with_own_ids(news)
    _, held = news.build()
    assert (held.held.renaming.articles, held.held.renaming.is_new, held.is_held_anew) == (6, True, True)
    assert news.feeds() == before
    _, again = news.build()
    assert (again.held.renaming.is_new, again.is_held_anew) == (False, False)
    _, came = accepted(news)
    assert (came.held.renaming, came.holds) == (None, ())
    assert ids(news) == {f"About n{one}": f"https://example.org/?p={one}" for one in range(6)}
    assert not set(known.values()) & set(ids(news).values())
    assert (news.build()[1].held.renaming, news.build()[1].written) == (None, ())


def test_five_entries_may_be_given_ids_by_their_files_without_a_word(news):
    articles(news)
    news.build()
    with_own_ids(news, 5)
    assert news.build()[1].held.renaming is None
    assert sum(one.startswith("https://example.org/?p=") for one in ids(news).values()) == 5


def test_articles_that_are_in_no_feed_any_more_do_not_count(news):
    news.configure_feeds("max_entries: 6")
    articles(news)
    news.build()
    for number in range(6, 12):
        news.article(f"n{number}", date="2026-10-02T08:00:00Z")
    news.build()
    with_own_ids(news)
    assert news.build()[1].held.renaming is None


def test_new_articles_may_name_as_many_ids_as_they_like(news):
    news.article("one")
    news.build()
    with_own_ids(news, 8)
    assert news.build()[1].held.renaming is None
    assert ids(news)["About n7"] == "https://example.org/?p=7"


def test_what_no_reader_has_seen_may_be_given_other_ids(news):
    articles(news, date="2026-12-01T08:00:00Z")
    news.build()
    for one in range(6):
        news.article(f"n{one}", date="2026-12-01T08:00:00Z", more=f"id: https://example.org/?p={one}\n")
    assert news.build()[1].held.renaming is None


def test_old_articles_and_other_ids_are_held_at_once_and_each_is_told_once(news):
    articles(news)
    news.build()
    with_own_ids(news)
    for one in range(51):
        news.article(f"old{one}")
    _, held = news.build()
    assert (held.held.flood.is_new, held.held.renaming.is_new) == (True, True)
    _, again = news.build()
    assert (again.held.flood.is_new, again.held.renaming.is_new) == (False, False)
    articles(news)
    _, after = news.build()
    assert (after.held.flood.is_new, after.held.renaming) == (False, None)


def test_an_edit_of_what_is_held_reaches_readers_as_any_edit_does(news):
    articles(news)
    news.build()
    known = ids(news)
    with_own_ids(news)
    news.build()
    news.clock.step(days=1)
    path = news.article("n0", more="id: https://example.org/?p=0\n")
    path.write_text(path.read_text(encoding="utf-8").replace("About n0", "About an edit"), encoding="utf-8")
    news.age(path)
    assert news.build()[1].held.renaming.articles == 6
    assert ids(news)["About an edit"] == known["About n0"]
    (updated,) = (one.updated for one in shown_in("all.atom", news.feeds()["all.atom"]).values() if "edit" in one.title)
    assert updated == "2026-11-02T12:00:00Z"


def test_ids_that_are_taken_out_of_the_files_again_are_no_longer_held(news):
    articles(news)
    news.build()
    before = news.feeds()
    with_own_ids(news)
    news.build()
    articles(news)
    assert news.build()[1].held.renaming is None
    assert news.feeds() == before


def test_another_field_in_the_config_changes_no_ids_in_bulk(news):
    with_own_ids(news, 6, field="slug", name="post-")
    news.build()
    before = news.feeds()
    configured(news, 'paths: ["articles/*.md"]', 'paths: ["articles/*.md"], fields: {id: slug}')
    assert news.build()[1].held.renaming.articles == 6
    assert news.feeds() == before


def test_a_fresh_checkout_beside_the_ledger_holds_other_ids_as_well(news):
    articles(news)
    news.build()
    before = news.feeds()
    without_database(news)
    with_own_ids(news)
    assert news.build()[1].held.renaming.articles == 6
    assert news.feeds() == before
    without_database(news)
    accepted(news)
    assert ids(news)["About n0"] == "https://example.org/?p=0"
    without_database(news)
    assert news.build()[1].held.renaming is None


def test_ids_that_were_adopted_hold_against_those_in_the_files(news, tmp_path):
    entries = "".join(
        f"<entry><title>About n{one}</title><link href='{news.site.link(f'/n{one}')}'/><id>urn:old:{one}</id>"
        "<updated>2026-10-01T08:00:00Z</updated></entry>"
        for one in range(6)
    )
    earlier = tmp_path / "old.xml"
    earlier.write_text(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{entries}</feed>")
    adopt(news.config, earlier)
    with_own_ids(news)
    assert news.build()[1].held.renaming.articles == 6
    assert ids(news) == {f"About n{one}": f"urn:old:{one}" for one in range(6)}


def test_what_is_held_is_told_by_build_preview_and_status(news):
    articles(news)
    news.build()
    with_own_ids(news)
    seen = preview(news.config, news.clock)
    assert any("6 articles that readers know would come under other ids" in line for line in preview_lines(seen))
    assert seen.changes == ()
    shown = preview(news.config, news.clock, accept_new=True)
    assert (shown.held.renaming, len(shown.changes[0].came), len(shown.changes[0].went)) == (None, 6, 6)
    lines = list(publishing_lines(news.config, news.build()[1]))
    assert "             to keep them, take the ids out of the files; else: feedbot build --accept-new" in lines


# What changes no id, because ids are stored and never computed again


@pytest.mark.parametrize("setting", ["id_authority: other.example", "id_year: 2027"])
@pytest.mark.parametrize("own", ["", "id: post-7\n", "id: 'urn:x:7'\n"])
@pytest.mark.parametrize("is_fresh", [False, True])
def test_another_authority_or_year_changes_the_id_of_no_entry(news, setting, own, is_fresh):
    news.article("one", more=own)
    news.build()
    known = ids(news)
    news.configure_feeds(setting)
    if is_fresh:
        without_database(news)
    news.article("one", more=f"{own}quality: 2\n")
    news.build()
    assert ids(news) == known


def test_another_host_of_the_site_changes_the_id_of_no_entry(news):
    for one in range(8):
        news.article(f"n{one}", more=f"id: post-{one}\n")
    path = news.article("page")
    path.write_text(re.sub(r"sourceUrl: .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    news.age(path)
    news.build()
    known = ids(news)
    configured(news, "https://example.org/}", "https://example.net/}")
    reading, publishing = news.build()
    assert (reading.parsed, publishing.held.renaming) == (9, None)
    assert ids(news) == known


def test_an_own_id_that_is_another_text_is_another_id(news):
    news.article("one", more="id: post-7\n")
    news.build()
    news.article("one", more="id: post-8\n")
    news.build()
    assert ids(news) == {"About one": "tag:example.org,2026:id:post-8"}


def test_a_ledger_of_another_machine_that_minted_other_ids_does_not_change_those_that_were_given_here(news):
    articles(news, 8)
    news.build()
    known, ledger = ids(news), (news.folder / "feeds" / "ids.json").read_bytes()
    for other in (b"0000", b"zzzz"):
        theirs = re.sub(rb'"id": ?"tag:example.org,2026:article:', b'"id":"tag:' + other + b",2026:article:", ledger)
        assert theirs != ledger
        (news.folder / "feeds" / "ids.json").write_bytes(theirs)
        news.build()
        assert ids(news) == known


def test_with_database_and_ledger_lost_ids_come_out_the_same_by_the_same_authority(news):
    articles(news, 8)
    news.build()
    known = ids(news)
    without_database(news)
    (news.folder / "feeds" / "ids.json").unlink()
    news.build()
    assert ids(news) == known


def test_with_both_lost_and_another_authority_the_old_feed_brings_the_ids_back(news, tmp_path):
    articles(news, 8)
    news.build()
    known = ids(news)
    old = tmp_path / "all.atom"
    old.write_bytes(news.feeds()["all.atom"])
    without_database(news)
    (news.folder / "feeds" / "ids.json").unlink()
    news.configure_feeds("id_authority: other.example")
    adopt(news.config, old)
    news.build()
    assert ids(news) == known


def test_a_folder_of_articles_without_sources_that_is_renamed_is_held_on_both_sides(news):
    for number in range(60):
        path = news.article(f"n{number}")
        path.write_text(re.sub(r"sourceUrl: .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
        news.age(path)
    news.build()
    before = news.feeds()
    for path in sorted((news.folder / "articles").iterdir()):
        path.rename(path.with_name(f"new-{path.name}"))
    _, held = news.build()
    assert (held.held.flood.articles, [hold.feed for hold in held.holds]) == (60, ["all", "ai"])
    assert news.feeds() == before
