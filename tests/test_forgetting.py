"""A takedown: out of the feeds, out of what is stored, and it stays away."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils.utils import sqlite3

from feedbot.core.context import Context, Sibling, Source
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.cycle import run_once
from feedbot.errors import LockHeld
from feedbot.forgetting import Named, forget, look_ahead, undo
from feedbot.publish.ledger import LEDGER_NAME, read_ledger
from feedbot.state import marks, packed, planning, retention, runs, siblings, soundness, targets, transitions
from feedbot.state.database import checking_run, open_state
from feedbot.state.runs import Judged
from feedbot.steps.checking import check
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from tests.publication import Publication
from tests.state.test_unreadable import flip, look_again

PACKED = (("observations", "seen"), ("targets", "page"), ("rolled_up", "status"))

RELATED = "related: [{{title: Told elsewhere, sourceUrl: '{}'}}]\n"


def forgotten(news, path=None, url=None):
    with news.state() as state:
        return forget(news.config, state, news.clock, Named(path, url))


def everything_in(folder):
    """Name and content of every file below a folder, a .gz unpacked, but those of the articles and the config."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.parent.name != "articles" and file.name != "config.yaml":
            data = file.read_bytes()
            yield file.name, gzip.decompress(data) if file.suffix == ".gz" else data
            if file.name == "state.db":
                yield file.name, unpacked(file)


def unpacked(file):
    """What a state.db holds packed."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        packed.teach(connection)
        rows = connection.execute(
            "SELECT exchanges_of(look.seen, url, leant_on.seen)"
            " || coalesce(context_of(look.seen, url, leant_on.seen), '') FROM observations AS look"
            " JOIN targets ON targets.id = look.target_id"
            " LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on"
            " UNION ALL SELECT page_text(page, url) FROM targets WHERE page IS NOT NULL"
            " UNION ALL SELECT status_text(status) FROM rolled_up"
        )
        return "\n".join(text for (text,) in rows).encode()


def holding(folder, *words):
    """The files that hold one of these words."""
    return [name for name, data in everything_in(folder) if any(word.encode() in data for word in words)]


def test_a_forgotten_article_is_in_no_byte_of_the_feeds_and_of_the_database(news, site):
    amp, picture = site.link("/amp/slander"), site.link("/slander.jpg")
    for edition in ("First libel", "Second libel"):
        file = news.article(
            "slander", topics="AI, Computer Vision", more=f"ampUrl: {amp}\nimages: [{{url: '{picture}'}}]\n"
        )
        file.write_text(file.read_text().replace("About slander", edition) + f"\nThe words of a {edition}.\n")
        news.age(file)
        news.article("other")
        news.run()
        news.clock.step(days=2)
    words = ("libel", "/slander", "slander.md", "/amp/")
    assert {"state.db", "ids.json", "all.rss", "all.atom.gz", "all.json", "all.html"} <= set(
        holding(news.folder, *words)
    )
    with news.state() as state:
        done = forget(news.config, state, news.clock, Named(path="articles/slander.md"))
        # The connection is still open: its log lies beside the database.
        assert (news.folder / "state.db-wal").exists()
        assert holding(news.folder, *words) == []
    assert (done.is_wiped, done.still_in) == (True, ())
    assert holding(news.folder, *words) == []
    assert news.titles() == ["About other"]


def test_the_feeds_are_those_of_a_publication_that_never_had_it(news, site, tmp_path):
    never = Publication(tmp_path / "never", site)
    for one in (news, never):
        for name in ("one", "two", "three"):
            one.article(name, more=RELATED.format(site.link("/shared")))
    news.article("slander", date="2026-10-02T08:00:00Z", more=RELATED.format(site.link("/shared")))
    news.run()
    never.run()
    assert news.feeds() != never.feeds()
    forgotten(news, "articles/slander.md")
    assert news.feeds() == never.feeds()


def test_it_stays_away_while_its_file_is_there_edited_or_moved(news, site):
    file = news.article("slander")
    news.article("other")
    news.run()
    forgotten(news, url=site.link("/slander"))
    asked = len(site.asked)
    news.clock.step(days=40)
    reading = news.run().reading
    assert reading.forgotten == (("articles/slander.md", "articles/slander.md"),)
    assert ("GET", "/slander") not in site.asked[asked:]
    file.write_text(file.read_text().replace("/slander", "/slander-2"))
    news.age(file)
    assert news.build()[0].forgotten == (("articles/slander.md", "articles/slander.md"),)
    file.unlink()
    moved = news.article("slander").rename(news.folder / "articles" / "renamed.md")
    assert news.build()[0].forgotten == (("articles/renamed.md", site.link("/slander")),)
    # An article that comes to have that source goes as well.
    moved.unlink()
    other = news.folder / "articles" / "other.md"
    other.write_text(other.read_text().replace("/other", "/slander"))
    news.age(other)
    assert news.build()[0].forgotten == (("articles/other.md", site.link("/slander")),)
    assert news.titles() == []
    assert holding(news.folder, "/slander", "renamed") == []


def test_undone_it_comes_back_with_its_id_and_its_links(news, site):
    news.article("slander")
    news.article("other", more=RELATED.format(site.link("/slander")))
    news.run()
    before = news.feeds()
    forgotten(news, "articles/slander.md")
    assert holding(news.folder / "feeds", "Told elsewhere", "/slander") == []
    with news.state() as state:
        # By any of its names.
        reading, *_ = undo(news.config, state, news.clock, Named(url=site.link("/slander")))
        assert reading.forgotten == ()
        assert undo(news.config, state, news.clock, Named(path="articles/slander.md")) is None
    assert news.feeds() == before


def test_each_takedown_is_lifted_by_itself(news, site):
    news.article("slander")
    news.article("other", more=RELATED.format(site.link("/slander")))
    news.build()
    forgotten(news, url=site.link("/slander"))
    news.article("new")
    new = news.folder / "articles" / "new.md"
    new.write_text(new.read_text().replace("/new", "/slander"))
    news.age(new)
    news.build()
    forgotten(news, "articles/new.md")
    with news.state() as state:
        undo(news.config, state, news.clock, Named(path="articles/slander.md"))
    assert news.titles() == ["About other", "About slander"]
    assert news.build()[0].forgotten == (("articles/new.md", "articles/new.md"),)


def test_a_related_link_is_left_out_of_articles_and_never_asked_again(news, site):
    link, picture = site.link("/gossip"), site.link("/gossip.jpg")
    more = (
        f"related: [{{title: Gossip, sourceUrl: '{link}', images: [{{url: '{picture}'}}]}},"
        f" {{title: Sober, sourceUrl: '{site.link('/sober')}'}}]\n"
    )
    file = news.article("one", more=more)
    file.write_text(file.read_text() + f"\nSome [read it]({link}#top) and some not.\n")
    news.age(file)
    news.run()
    before = read_ledger(news.config.feeds_path / LEDGER_NAME)
    assert "all.atom" in holding(news.folder, link)
    done = forgotten(news, url=link)
    assert done.takedown.about.elsewhere == ("articles/one.md",)
    assert done.takedown.about.entry_ids == ()
    assert holding(news.folder, "gossip", "Gossip") == []
    atom = news.feeds()["all.atom"]
    assert b"Sober" in atom
    assert b"read it" in atom
    # No editor changed a word.
    assert read_ledger(news.config.feeds_path / LEDGER_NAME) == before
    with news.state() as state:
        (place,) = targets.places(state, [targets.find(state, site.link("/sober")).id]).values()
        assert [one.title for one in place] == ["Sober"]
    # Read again from its file, it is the same.
    feeds = news.feeds()
    news.config_file.write_text(
        news.config_file.read_text().replace("articles: {", "articles: {timezone: Asia/Tokyo, ")
    )
    asked = len(site.asked)
    news.clock.step(days=40)
    assert news.run().reading.parsed == 1
    assert {path for _, path in site.asked[asked:]} == {"/one", "/sober"}
    assert news.feeds() == feeds


def test_what_moves_there_later_is_left_alone_and_brings_it_back_nowhere(news, site):
    link = site.link("/slander")
    news.article("slander")
    news.article("innocent")
    news.run()
    forgotten(news, url=link)
    site.answers["/innocent"] = (301, "/slander")
    news.clock.step(days=40)
    (result,) = news.run().checking.results
    assert result.verdict.reason == "leads to what was taken down"
    news.pass_days(40, step=5)
    assert news.titles() == ["About innocent"]
    assert holding(news.folder, link) == []
    with news.state() as state:
        assert targets.find(state, site.link("/innocent")).status.kind is StatusKind.ALIVE


def test_what_quotes_it_elsewhere_goes_and_other_history_stays(news, site):
    shared, pointing = site.link("/shared"), site.link("/pointing")
    site.answers["/pointing"] = (301, "/slander")
    site.pages["/fan"] = f"<link rel=canonical href='{site.link('/slander')}'><p>A page about it.".encode()
    both = f"related: [{{title: Shared, sourceUrl: '{shared}'}}]\n"
    news.article("slander", more=both.replace("Shared", "Libel of mine"))
    news.article("one", more=both)
    news.article("fan", more=RELATED.format(pointing))
    news.run()
    with news.state() as state:
        assert targets.find(state, pointing).status.moved_to == site.link("/slander")
        assert targets.page_of(state, targets.find(state, site.link("/fan"))) is not None
        expected = look_ahead(state, Named(path="articles/slander.md"), news.clock)
        assert len(runs.trail(state, shared)) == 1
    done = forgotten(news, "articles/slander.md")
    assert done.takedown == expected
    # Its own look, that at the page it shares, by its title, and those of two pages that name its address.
    assert done.takedown.observations == 4
    assert holding(news.folder, "/slander", "Libel") == []
    with news.state() as state:
        assert targets.find(state, shared).status.kind == "alive"
        assert (targets.find(state, pointing).status.moved_to, targets.find(state, pointing).status.reason) == (
            None,
            "",
        )
        assert targets.page_of(state, targets.find(state, site.link("/fan"))) is None
        assert len(runs.trail(state, site.link("/one"))) == 1


def test_the_operators_reports_do_not_tell_of_it_either(news, site):
    news.article("slander")
    news.article("pointing")
    site.answers["/pointing"] = (301, "/slander")
    for _ in range(4):  # so that the move is believed
        news.run()
        news.clock.step(days=10)
    with news.state() as state:
        assert [one.moved_to for one in transitions.newest(state, 9)] == [site.link("/slander")]
    assert {"links.html", "links.atom"} <= set(holding(news.folder, "/slander"))
    assert len(forgotten(news, "articles/slander.md").reporting.written) == 2
    assert holding(news.folder, "/slander") == []


def test_a_report_is_written_anew_where_only_a_link_that_no_article_has_was_forgotten(news, site):
    news.article("pointing")
    site.answers["/pointing"] = (301, "/slander")
    news.run()
    news.article("later")
    news.run()  # so that what goes is not the latest that was seen
    assert "links.html" in holding(news.folder, "/slander")
    assert forgotten(news, url=site.link("/slander")).reporting.written
    assert holding(news.folder, "/slander") == []


def test_copies_in_an_archive_that_quote_it_go(news, site):
    news.article("slander")
    for name in ("one", "two", "three"):
        news.article(name)
    news.run()
    copy = f"https://archive.example/2026/{site.link('/slander')}"
    rows = [("/one", copy, "found"), ("/two", None, f"leads to {site.link('/slander')}"), ("/three", None, "has none")]
    with news.state() as state, state.write() as connection:
        for path, url, reason in rows:
            number = targets.find(state, site.link(path)).id
            at = "2026-11-01T12:00:00Z"
            connection.execute(
                "INSERT INTO snapshots (target_id, asked_at, again_at, reason, url) VALUES (?, ?, ?, ?, ?)",
                [number, at, at, reason, url],
            )
    forgotten(news, "articles/slander.md")
    with news.state() as state:
        assert state.rows("SELECT reason FROM snapshots") == [{"reason": "has none"}]


def test_each_word_of_a_record_that_quotes_it_is_enough(news, site):
    """Most records quote it more than once; here each has only one word that does."""
    slander, at = site.link("/slander"), "2026-11-01T12:00:00Z"
    news.article("slander")
    for name in ("one", "two", "three"):
        news.article(name)
    news.run()
    with news.state() as state, state.write() as connection:
        one, two, three = (targets.find(state, site.link(path)).id for path in ("/one", "/two", "/three"))
        transition = "INSERT INTO transitions VALUES (NULL, ?, 'died', ?, 'failing', 'dead', NULL, ?, ?)"
        connection.execute(transition, [one, 1, f"leads to {slander}", None])
        connection.execute(transition, [two, 1, "", slander])
        connection.execute(transition, [three, 1, "gone", None])
        status = json.dumps({"kind": "moved", "moved_to": slander, "moved_looks": 2, "moved_first_at": at})
        connection.execute("INSERT INTO rolled_up VALUES (?, 2, ?, ?)", [one, 1, packed.pack_status(status.encode())])
        [seen] = state.rows("SELECT * FROM observations WHERE target_id = ?", [three])
        for column in ("final_url", "reason", "failure_text"):
            copy = {**seen, "id": None, column: slander}
            connection.execute(
                f"INSERT INTO observations ({', '.join(copy)}) VALUES ({', '.join('?' * len(copy))})",
                list(copy.values()),
            )
    forgotten(news, "articles/slander.md")
    with news.state() as state:
        assert state.rows("SELECT reason FROM transitions") == [{"reason": "gone"}]
        [kept] = state.rows("SELECT status FROM rolled_up")
        assert packed.unpack_status(kept["status"]) == b'{"kind":"moved"}'
        assert len(runs.trail(state, site.link("/three"))) == 1
    assert holding(news.folder, "/slander") == []


def test_what_operators_and_the_doctor_were_told_of_it_goes_and_what_is_wrong_holds_on(news, site):
    news.article("slander")
    news.article("other")
    news.run()
    at, url = "2026-11-01T12:00:00Z", site.link("/slander")
    sentence = f"articles/slander.md:12: {url}: is odd"
    with news.state() as state, state.write() as connection:
        connection.execute("INSERT INTO receivers VALUES ('ops', 0, NULL, NULL, ?, 0, 0)", [at])
        jobs = [("read", "articles/slander.md:12: is odd"), ("check", f"{url}, it says"), ("hubs", url + "-2 is odd")]
        connection.executemany("INSERT INTO jobs VALUES (?, ?, NULL, 3, ?)", [(name, at, why) for name, why in jobs])
        for key, title in (
            ("job:read", "articles/slander.md is odd"),
            (f"page {url}", "a page"),
            ("disk", "it is full"),
        ):
            about = sentence if key != "disk" else "the disk is full"
            connection.execute("INSERT INTO alarms VALUES (?, ?, ?, ?)", [key, title, about, at])
            connection.execute("INSERT INTO told_alarms VALUES ('ops', ?, ?, ?, ?)", [key, title, about, at])
        connection.executemany("INSERT INTO findings VALUES (?, 'problem')", [(url,), ("Feeds all.rss",)])
    forgotten(news, "articles/slander.md")
    # Of the hubs' trouble, which is about another page, everything is there.
    assert holding(news.folder, "slander.md", "/slander,", "/slander:", "/slander is") == []
    gone = "what it was about was taken down"
    with news.state() as state:
        assert state.rows("SELECT name, failures, problem FROM jobs ORDER BY name") == [
            {"name": "check", "failures": 3, "problem": gone},
            {"name": "hubs", "failures": 3, "problem": url + "-2 is odd"},
            {"name": "read", "failures": 3, "problem": gone},
        ]
        for table in ("alarms", "told_alarms"):
            assert state.rows(f"SELECT key, title, sentence FROM {table} ORDER BY key") == [
                {"key": "disk", "title": "it is full", "sentence": "the disk is full"},
                {"key": "job:read", "title": gone, "sentence": gone},
            ]
        assert [row["key"] for row in state.rows("SELECT key FROM findings")] == ["Feeds all.rss"]


def test_what_was_known_when_others_were_looked_at_goes_with_it(news, site):
    news.article("slander", more=RELATED.format(site.link("/shared")))
    news.article("one", more=RELATED.format(site.link("/shared")))
    news.run()
    slander, elsewhere = site.link("/slander"), "https://elsewhere.example/a/x"
    with news.state() as state:
        found = {url: targets.find(state, site.link(url)).id for url in ("/one", "/shared")}
        (seen,) = runs.trail(state, site.link("/one"))
        contexts = [
            ("/one", Context(source=Source(slander, is_alive=True))),
            ("/one", Context(titles=("About slander",))),  # a link that it held once
            ("/shared", Context(titles=("An earlier title",))),
            ("/shared", Context(titles=("About one",))),
        ]
        judged = [
            Judged(
                found[url],
                replace(seen.observation, url=site.link(url)),
                context,
                Verdict(VerdictKind.ALIVE, ""),
            )
            for url, context in contexts
        ]
        with state.write() as connection:
            runs.add_observations(connection, seen.run_id, judged)
        siblings.remember(state, [Sibling(site.link("/0123"), news.clock.at, site.link("/0123"), 404)])
        siblings.remember(state, [Sibling(elsewhere, news.clock.at, slander, 200)])
        siblings.remember(state, [Sibling("https://third.example/a/x", news.clock.at, elsewhere, 200)])
        marks.put(state, slander, Mark(MarkKind.DEAD, "their lawyer wrote"), news.clock.at)
        marks.put(state, site.link("/one"), Mark(MarkKind.ALIVE), news.clock.at)
        forget(news.config, state, news.clock, Named(path="articles/slander.md"))
        assert [one.context.titles for one in runs.trail(state, site.link("/one"))] == [("About one",)]
        titles = [one.context.titles for one in runs.trail(state, site.link("/shared"))]
        assert titles == [("Told elsewhere",), ("About one",)]
        assert state.rows("SELECT folder FROM siblings") == [{"folder": "https://third.example/a/"}]
        assert state.rows("SELECT url FROM marks") == [{"url": site.link("/one")}]


def test_hosts_and_topics_that_only_it_had_go_with_it(news):
    picture = "images: [{url: 'https://affair.example/x.jpg'}]\n"
    news.article("slander", topics="Affair", date="2027-01-01T00:00:00Z", more=picture)
    news.article("other")
    news.build()
    with news.state() as state:
        targets.remember_head_refused(state, ["affair.example", "127.0.0.1"])
    assert holding(news.folder, "affair") != []
    forgotten(news, "articles/slander.md")
    assert holding(news.folder, "affair", "Affair") == []
    with news.state() as state:
        assert state.rows("SELECT host FROM hosts") == [{"host": "127.0.0.1"}]
        assert state.rows("SELECT key FROM topics") == [{"key": "ai"}]


def test_a_link_in_a_body_alone_is_left_out_as_well(news):
    for name, link in (("one", "https://gossip.example/x?a=1&b=2"), ("two", "https://gossip.example/x")):
        file = news.article(name)
        file.write_text(file.read_text() + f"\nSome [read it]({link}) and some not.\n")
        news.age(file)
    news.article("gossip")
    source = news.folder / "articles" / "gossip.md"
    source.write_text(source.read_text().replace(news.site.link("/gossip"), "https://gossip.example/x?a=1&b=2"))
    news.age(source)
    news.build()
    assert forgotten(news, "articles/gossip.md").takedown.about.elsewhere == ("articles/one.md",)
    assert news.feeds()["all.atom"].count(b"read it") == 2
    assert holding(news.folder, "https://gossip.example/x?") == []
    assert "all.atom" in holding(news.folder, "https://gossip.example/x")


def test_a_url_that_begins_like_it_is_another_one(news, site):
    news.article("one")
    news.article("one-more")
    news.run()
    forgotten(news, "articles/one.md")
    with news.state() as state:
        assert len(runs.trail(state, site.link("/one-more"))) == 1
    assert news.titles() == ["About one-more"]


def test_looking_ahead_changes_nothing(news, site):
    news.article("slander")
    news.run()
    with news.state() as state:
        before = list(state.db.conn.iterdump())
        takedown = look_ahead(state, Named(path="articles/slander.md"), news.clock)
        assert list(state.db.conn.iterdump()) == before
    assert takedown.about.feeds == ("ai", "all")
    assert (len(takedown.about.entry_ids), takedown.observations, takedown.was_forgotten) == (1, 1, False)


def test_the_guard_does_not_hold_it(news):
    names = [f"n{number}" for number in range(10)]
    files = [news.article(name) for name in names]
    news.build()
    for file in files[:7]:
        file.unlink()
    assert [hold.feed for hold in news.build()[1].holds] == ["all", "ai"]
    assert len(news.titles()) == 10
    # One of the seven that are held back, and one of those that are there: each goes, and no other does.
    forgotten(news, "articles/n0.md")
    done = forgotten(news, "articles/n9.md")
    assert sorted(news.titles()) == [f"About n{number}" for number in range(1, 9)]
    assert [hold.feed for hold in done.publishing.holds] == ["all", "ai"]


def test_it_does_not_count_as_a_removal_that_the_guard_would_hold(news):
    files = [news.article(f"n{number}") for number in range(10)]
    news.build()
    for file in files[:5]:
        file.unlink()
    with news.state() as state:
        read(news.config, state, news.clock)
        done = forget(news.config, state, news.clock, Named(path="articles/n9.md"))
    assert done.publishing.holds == ()
    assert len(news.titles()) == 4


def test_an_earlier_ids_json_does_not_bring_it_back(news):
    news.article("slander")
    news.article("other")
    news.build()
    ledger = news.config.feeds_path / LEDGER_NAME
    earlier = ledger.read_bytes()
    forgotten(news, "articles/slander.md")
    after = ledger.read_bytes()
    ledger.write_bytes(earlier)
    news.build()
    assert ledger.read_bytes() == after
    assert holding(news.folder, "/slander") == []


def test_a_file_that_was_not_read_yet_is_kept_from_the_first_build(news):
    news.article("slander")
    forgotten(news, "articles/slander.md")
    assert news.build()[0].forgotten == (("articles/slander.md", "articles/slander.md"),)
    assert news.titles() == []


def test_files_that_are_no_longer_written_and_hold_it_are_named(news):
    news.article("slander")
    news.build()
    config = news.config_file.read_text()
    news.config_file.write_text(config.replace("feeds: {", "feeds: {formats: [rss], "))
    assert forgotten(news, "articles/slander.md").still_in == ("ai.atom", "ai.json", "all.atom", "all.json")


def test_a_feed_with_a_url_that_begins_like_it_is_not_named(news):
    """Who is told to remove a file that is written on would remove a feed."""
    news.article("one", topics="AI")
    news.article("one-more", topics="Robots")
    news.build()
    assert forgotten(news, "articles/one.md").still_in == ()
    assert "robots.atom" in news.feeds()


@pytest.mark.parametrize(
    "text",
    [
        "<link>{}</link>",
        "&lt;a href=&quot;{}&quot;&gt;x",
        "see {}&lt;/p&gt;",
        "see {}&amp;lt;/p&amp;gt;",
        '{{"url":"{}"}}',
        r'"<a href=\"{}\">"',
        "{}. And",
    ],
)
def test_a_file_that_holds_it_however_it_is_written_is_named(news, text):
    news.article("one")
    news.build()
    (news.folder / "feeds" / "old.xml").write_text(text.format(news.site.link("/one?a=1&b=2").replace("&", "&amp;")))
    assert forgotten(news, url=news.site.link("/one?a=1&b=2")).still_in == ("old.xml",)


def test_while_links_are_checked_it_waits_for_a_word(news):
    news.article("slander")
    news.build()
    with news.state() as state, open_state(news.config.state_path, who="a check") as other, checking_run(other):
        with pytest.raises(LockHeld):
            forget(news.config, state, news.clock, Named(path="articles/slander.md"))
    assert news.titles() == ["About slander"]


def test_while_another_process_reads_the_database_the_log_is_told_of(news):
    news.article("slander")
    news.build()
    with news.state() as state, news.state() as reader:
        rows = reader.db.conn.execute("SELECT path FROM files UNION ALL SELECT path FROM files")
        rows.fetchone()
        state.db.conn.execute("PRAGMA busy_timeout = 1")
        assert not forget(news.config, state, news.clock, Named(path="articles/slander.md")).is_wiped
        rows.close()
        again = forget(news.config, state, news.clock, Named(path="articles/slander.md"))
        assert (again.is_wiped, again.takedown.was_forgotten) == (True, True)
        assert holding(news.folder, "/slander") == []


# Ends its own process where a statement of a takedown begins: after so many commits, at the first that starts so.
KILLED = """
import os, signal, sys
from pathlib import Path
from feedbot.config import load_config
from feedbot.clock import SystemClock
from feedbot.forgetting import Named, forget
from feedbot.state.database import open_state

config, commits, start = load_config(Path("config.yaml")), int(sys.argv[1]), sys.argv[2]
seen = []

def end(statement):
    seen.append(statement)
    if seen.count("COMMIT") >= commits and statement.startswith(start):
        os.kill(os.getpid(), signal.SIGKILL)

with open_state(config.state_path, who="a test") as state:
    state.db.conn.execute("PRAGMA secure_delete = OFF")  # as SQLite has it where a distribution does not choose
    state.db.conn.set_trace_callback(end)
    forget(config, state, SystemClock(), Named(path="articles/slander.md"))
"""


def killed(news, commits, start):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(commits), start],
        cwd=news.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "start", ["DELETE FROM identities", "DELETE FROM targets", "UPDATE targets SET reason", "COMMIT"]
)
def test_killed_within_the_transaction_nothing_has_happened(news, site, start):
    news.article("slander")
    news.article("other", more=RELATED.format(site.link("/slander")))
    news.run()
    feeds = news.feeds()
    with news.state() as state:
        before = list(state.db.conn.iterdump())
    killed(news, 0, start)
    with news.state() as state:
        assert list(state.db.conn.iterdump()) == before
    news.build()
    assert news.feeds() == feeds


@pytest.mark.parametrize("start", ["SELECT", "VACUUM"])
def test_killed_after_it_the_next_build_and_the_same_word_bring_it_to_its_end(news, start):
    news.article("slander")
    news.article("other")
    news.run()
    killed(news, 1, start)
    news.build()
    assert news.titles() == ["About other"]
    assert forgotten(news, "articles/slander.md").takedown.was_forgotten
    assert holding(news.folder, "/slander", "slander.md") == []


def test_killed_after_it_the_database_holds_no_word_of_an_entry_that_was_held(news):
    files = [news.article(name) for name in ("slander", *(f"n{number}" for number in range(9)))]
    news.build()
    for file in files[:7]:
        file.unlink()
    assert news.build()[1].holds
    (entry,) = [one.id for one in read_ledger(news.config.feeds_path / LEDGER_NAME).identities if "slander" in one.path]
    with news.state() as state, state.write() as connection:
        connection.execute("INSERT INTO waiting VALUES (?, '2026-11-01T12:00:00Z')", [entry])
    killed(news, 1, "SELECT")
    with news.state() as state:
        assert entry not in "".join(state.db.conn.iterdump())
    # Not wiped yet, and yet what was deleted has been written over.
    assert not {"state.db", "state.db-wal"} & set(holding(news.folder, entry, "/slander", "slander.md"))


def test_a_run_after_it_finds_a_database_that_is_whole(news, site):
    news.article("slander", topics="Libel", more=RELATED.format(site.link("/shared")))
    news.article("other", more=RELATED.format(site.link("/shared")))
    news.run()
    forgotten(news, "articles/slander.md")
    with news.state() as state:
        assert state.value("PRAGMA integrity_check") == "ok"
        assert state.rows("PRAGMA foreign_key_check") == []
        named = planning.plan_of(targets.named(state, [site.link("/shared")], news.clock.at))
        again = asyncio.run(check(news.config, state, news.clock, named))
        assert again.summary == {"alive": 1}
        asyncio.run(run_once(news.config, state, news.clock))
        assert publish(news.config, state, news.clock).written == ()
    # Its topic had an address, which stays.
    assert "libel.atom" in news.feeds()


@pytest.mark.parametrize(("table", "column"), PACKED)
def test_what_is_damaged_holds_no_takedown_up_and_goes_as_it_may_quote_it(news, site, table, column):
    for name in ("slander", "other", "third"):
        news.article(name)
    news.run()
    look_again(news)
    with news.state() as state:
        now = news.clock.now()
        retention.roll_up(state, now, now, strikes=news.config.verdicts.policy())
        [other] = targets.numbers(state, [site.link("/other")])
        with state.write() as connection:
            connection.execute("UPDATE targets SET page = pack_page('{}', url)")
        key = "id" if table == "targets" else "target_id"
        flip(state, table, column, state.value(f"SELECT min(rowid) FROM {table} WHERE {key} = ?", [other]))
        assert len(soundness.inconsistencies(state)) == 1
    forgotten(news, "articles/slander.md")
    with news.state() as state:
        assert soundness.inconsistencies(state) == []
        assert state.value("SELECT count(*) FROM targets") == 2
        kept = [state.value(f"SELECT count({column}) FROM {one}") for one, column in PACKED]
    assert kept == [2 - (one == table) for one, _ in PACKED]
    assert holding(news.folder, site.link("/slander")) == []
    news.clock.step(days=3)
    assert news.run().checking.summary == {"alive": 2}


def test_a_look_whose_text_is_other_than_it_was_holds_no_takedown_up(news, site):
    news.article("slander")
    news.article("other")
    news.run()
    with news.state() as state, state.write() as connection:
        [other] = targets.numbers(state, [site.link("/other")])
        seen = packed.pack_look(b"[", b"[", site.link("/other"), None)
        connection.execute("UPDATE observations SET seen = ? WHERE target_id = ?", [seen, other])
    forgotten(news, "articles/slander.md")
    with news.state() as state:
        assert state.value("SELECT count(*) FROM observations") == 0


def test_an_observation_still_cannot_be_changed(news):
    news.article("slander")
    news.article("other")
    news.run()
    forgotten(news, "articles/slander.md")
    with news.state() as state, pytest.raises(Exception, match="append-only"), state.write() as connection:
        connection.execute("UPDATE observations SET reason = ''")
