"""The operator's reports after a run: what they tell, of what they are silent, and that no feed depends on them."""

from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedbot.core.mark import Mark, MarkKind
from feedbot.publish.link_report import LinkReport, render_report
from feedbot.state import marks, reported, targets
from feedbot.steps.rejudging import rejudge
from feedbot.steps.reporting import Reporting, report
from tests.publication import START, Publication, Site


def look_on(news: Publication, *days: float) -> None:
    """Look at every link on each of these days, and report."""
    for day in days:
        news.clock.at = START + timedelta(days=day)
        with news.state() as state, state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = 0")
        news.run()


def die(news: Publication, path: str) -> None:
    """Let a link die, with a run on each of the days that takes."""
    news.site.answers[path] = 404
    look_on(news, 0, 3, 6)


def told(news: Publication) -> Reporting:
    with news.state() as state:
        return report(news.config, state, news.clock)


def page(news: Publication, folder: str = "reports") -> LexborHTMLParser:
    return LexborHTMLParser((news.folder / folder / "links.html").read_text(encoding="utf-8"))


def feed(news: Publication, folder: str = "reports"):
    return feedparser.parse((news.folder / folder / "links.atom").read_bytes())


def words(node: LexborNode) -> str:
    return " ".join(node.text().split())


def rows(news: Publication, folder: str = "reports") -> dict[str, list[str]]:
    """The cells of each row, by the path of its link."""
    found = {}
    for row in page(news, folder).css("tbody tr"):
        cells = [words(cell) for cell in row.css("td")]
        found[cells[0].split()[0].removeprefix(news.site.url)] = cells
    return found


def with_feeds(news: Publication, **keys: str) -> None:
    """Set keys of `feeds`, and `reports.directory` by the name `reports`."""
    reports = keys.pop("reports", None)
    said = "".join(f", {key}: {value}" for key, value in keys.items())
    text = news.config_file.read_text(encoding="utf-8").replace("/feeds/}", f"/feeds/{said}}}")
    more = "" if reports is None else f"reports: {{directory: {reports}}}\n"
    news.config_file.write_text(text + more, encoding="utf-8")


def test_a_link_that_died_is_told_with_all_that_is_known_of_it(news: Publication, site: Site) -> None:
    news.article("lost", topics="AI, Robots")
    news.article("fine")
    die(news, "/lost")
    assert list(rows(news)) == ["/lost"]
    link, status, since, strikes, due, topics, readers = rows(news)["/lost"]
    assert "404" in link
    assert "articles/lost.md:4 (source)" in link
    assert (status, since, strikes, topics) == ("dead missing", "7 November 2026", "3", "AI, Robots")
    # A share of its interval by its address keeps all from being due at once.
    with news.state() as state:
        due_at = targets.due_at(state, site.link("/lost"))
    assert due == f"{due_at:%-d} November 2026"
    assert readers == "nothing: the entry is left out"
    counts = [words(one) for one in page(news).css(".counts li")]
    assert counts == ["alive 1", "dead 1 (1 missing)"]
    assert [words(one) for one in page(news).css(".topics li")] == ["AI 1", "Robots 1"]
    [host] = page(news).css(".hosts li")
    assert "1 of 2 links to look at" in words(host)
    assert host.css_first("svg").attributes["aria-label"] == (
        "Looks in 30 days: 3 good, 0 blocked, refused or doubtful, 3 failing"
    )


def test_what_readers_get_instead_is_told(news: Publication, site: Site) -> None:
    news.article("lost", more=f"ampUrl: {site.link('/amp')}\nimages: [{{url: '{site.link('/gone.jpg')}'}}]\n")
    news.article("kept")
    site.answers |= {"/gone.jpg": 410, "/wall": 403}
    site.answers["/kept"] = (301, "/new")
    site.pages["/lost"] = f'<title>About lost</title><link rel="amphtml" href="{site.link("/amp")}"><p>x'.encode()
    site.pages["/amp"] = (
        f'<html amp><title>About lost</title><link rel="canonical" href="{site.link("/lost")}">'.encode()
    )
    look_on(news, -1)
    die(news, "/lost")
    look_on(news, 7.5)
    readers = {path: cells[-1] for path, cells in rows(news).items()}
    assert readers["/gone.jpg"] == "nothing: it is left out"
    assert readers["/lost"] == f"the AMP page {site.link('/amp')}"
    assert readers["/kept"] == f"its new address {site.link('/new')}"


def test_a_failing_link_is_still_what_readers_get(news: Publication, site: Site) -> None:
    news.article("one")
    site.answers["/one"] = 404
    news.run()
    assert rows(news)["/one"][1:4] == ["failing missing", "1 November 2026", "1"]
    assert rows(news)["/one"][-1] == "this link"
    assert "Never seen alive" in rows(news)["/one"][0]


def test_a_persons_word_is_shown_and_a_link_that_is_called_dead_is_told_however_it_looks(
    news: Publication, site: Site
) -> None:
    news.article("one")
    news.run()
    assert rows(news) == {}
    with news.state() as state:
        marks.put(state, site.link("/one"), Mark(MarkKind.DEAD, "taken over"), news.clock.now())
    told(news)
    assert "A person: marked dead (taken over)" in rows(news)["/one"][0]
    assert rows(news)["/one"][-1] == "nothing: the entry is left out"


def test_who_has_given_a_word_on_a_link_behind_walls_is_not_asked_for_it_again(news: Publication, site: Site) -> None:
    news.article("one")
    site.answers["/one"] = 403
    look_on(news, 0, 20, 35)
    assert "Walls have hidden it for 30 days" in rows(news)["/one"][0]
    with news.state() as state:
        marks.put(state, site.link("/one"), Mark(MarkKind.ALIVE), news.clock.now())
    told(news)
    assert "A person: marked alive" in rows(news)["/one"][0]
    assert "Walls have hidden it" not in rows(news)["/one"][0]


def test_links_that_an_article_asks_to_leave_alone_and_those_of_vanished_files_are_not_told(
    news: Publication, site: Site
) -> None:
    one, two = news.article("one"), news.article("two", more="ignore: true\n")
    site.answers |= {"/one": 404, "/two": 404}
    news.run()
    assert list(rows(news)) == ["/one"]
    assert two.exists()
    one.unlink()
    news.article("three")
    news.run()
    assert rows(news) == {}


def test_the_worst_come_first_and_what_is_left_out_is_said(
    news: Publication, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lost", "wall", "fails", "late", "moved"):
        news.article(name)
    site.answers |= {"/wall": 403, "/moved": (301, "/new")}
    die(news, "/lost")
    site.answers |= {"/fails": 404, "/late": 404}
    look_on(news, 7)
    site.answers["/late"] = 200
    look_on(news, 8)
    site.answers["/late"] = 404
    look_on(news, 9)
    assert list(rows(news)) == ["/lost", "/fails", "/late", "/wall", "/moved"]
    assert "more are left out" not in words(page(news).css_first("main"))
    monkeypatch.setattr("feedbot.steps.reporting.MOST_ROWS", 2)
    look_on(news, 10)
    assert list(rows(news)) == ["/lost", "/fails"]
    assert "These are the worst 2; 3 more are left out." in words(page(news).css_first("main"))


def test_each_transition_is_one_entry_newest_first_and_stays_the_same(news: Publication, site: Site) -> None:
    news.article("lost")
    die(news, "/lost")
    [died] = feed(news).entries
    site.answers["/lost"] = 200
    look_on(news, 7, 7.5, 8)
    recovered, before = feed(news).entries
    assert before == died
    assert (died.title, died.updated) == (f"died: {site.link('/lost')}", "2026-11-07T12:00:00Z")
    assert died.id.startswith("tag:example.org,2026:link:")
    assert died.id.endswith(":died:2026-11-07")
    assert died.link == site.link("/lost")
    assert died.content[0].value.startswith("failing → dead: ")
    assert "in articles/lost.md:4 (source)" in died.content[0].value
    assert recovered.title == f"recovered: {site.link('/lost')}"
    assert feed(news).feed.updated == recovered.updated
    assert feed(news).feed.id == "tag:example.org,2026:links"
    assert not [link for link in feed(news).feed.get("links", []) if link.rel == "self"]


def test_no_more_than_the_newest_transitions_are_told(
    news: Publication, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    news.article("lost")
    die(news, "/lost")
    site.answers["/lost"] = 200
    look_on(news, 7, 7.5)
    monkeypatch.setattr("feedbot.steps.reporting.MOST_ENTRIES", 1)
    look_on(news, 8)
    assert [entry.title.split(":")[0] for entry in feed(news).entries] == ["recovered"]


def test_the_same_state_gives_the_same_bytes_and_writes_nothing(news: Publication) -> None:
    news.article("lost")
    die(news, "/lost")
    folder = news.folder / "reports"
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}
    assert set(before) == {"links.html", "links.atom"}
    news.clock.step(days=3)
    assert told(news) == Reporting()
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()} == before
    for file in folder.iterdir():
        file.unlink()
    assert told(news).written == (folder / "links.html", folder / "links.atom")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        name: one for name, (one, _) in before.items()
    }


def test_nothing_is_told_in_the_feeds_folder_unless_that_is_asked_for(news: Publication) -> None:
    news.article("lost")
    news.run()
    assert not (news.folder / "feeds" / "reports").exists()
    assert (news.folder / "reports" / "links.html").exists()


def test_a_public_report_knows_no_draft_no_future_article_and_none_that_is_held_back(
    news: Publication, site: Site
) -> None:
    with_feeds(news, public_report="true")
    news.article("first")
    news.run()
    names = ("shown", "draft", "future", "flood")
    news.article("shown")
    news.article("draft", topics="Secret", more="published: false\n")
    news.article("future", topics="Secret", date="2027-01-01T00:00:00Z")
    site.answers |= {f"/{name}": 404 for name in names}
    die(news, "/shown")
    # More than 50 articles older than a week at once are held back: nobody has seen them.
    for number in range(51):
        news.article(f"flood{number}", topics="Secret")
        site.answers[f"/flood{number}"] = 404
    look_on(news, 7, 10, 13)
    assert list(rows(news, "feeds/reports")) == ["/shown"]
    assert [entry.title for entry in feed(news, "feeds/reports").entries] == [f"died: {site.link('/shown')}"]
    written = b"".join(file.read_bytes() for file in (news.folder / "feeds" / "reports").iterdir())
    assert not [name for name in (b"draft", b"future", b"flood", b"Secret") if name in written]
    assert feed(news, "feeds/reports").feed.links[0].href == "https://example.org/feeds/reports/links.atom"
    [host] = page(news, "feeds/reports").css(".hosts li")
    assert "1 of 2 links to look at" in words(host)
    # The operator's own tells of all.
    news.config_file.write_text(news.config_file.read_text().replace(", public_report: true", ""))
    told(news)
    assert {"/shown", "/draft", "/future", "/flood50"} <= set(rows(news))
    assert len(feed(news).entries) == 54


def test_a_report_that_is_not_public_any_more_is_taken_away(news: Publication) -> None:
    with_feeds(news, public_report="true")
    news.article("one")
    news.run()
    public = news.folder / "feeds" / "reports"
    assert {file.name for file in public.iterdir()} == {"links.html", "links.atom"}
    assert not (news.folder / "reports").exists()
    news.config_file.write_text(news.config_file.read_text().replace(", public_report: true", ""))
    told(news)
    assert list(public.iterdir()) == []
    assert (news.folder / "reports" / "links.html").exists()


@pytest.mark.parametrize("nowhere", ["null", "''"])
def test_without_a_folder_there_are_no_reports(news: Publication, nowhere: str) -> None:
    with_feeds(news, reports=nowhere, public_report="true")
    news.article("one")
    assert news.run().reporting == Reporting()
    assert not (news.folder / "reports").exists()
    assert not (news.folder / "feeds" / "reports").exists()


def test_reports_that_cannot_be_written_keep_no_feed_from_being_written(news: Publication) -> None:
    news.article("one")
    (news.folder / "reports").write_text("in the way")
    run = news.run()
    assert "all.atom" in run.publishing.written
    assert run.reporting.written == ()
    assert f"{news.folder / 'reports'}: is not a folder" in run.reporting.problem


def test_a_name_of_another_kind_is_not_replaced(news: Publication, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (news.folder / "reports").mkdir()
    (news.folder / "reports" / "links.html").symlink_to(elsewhere)
    news.article("one")
    assert "is a symbolic link" in news.run().reporting.problem
    assert elsewhere.read_text() == "mine"


class Asked:
    """Whether a report would be made: it is counted instead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        monkeypatch.setattr("feedbot.steps.reporting.render_report", self._count)

    def _count(self, made: LinkReport) -> bytes:
        self.times += 1
        return render_report(made)


def test_what_changed_nothing_makes_no_report(news: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    news.article("one")
    news.run()
    asked = Asked(monkeypatch)
    told(news)
    assert asked.times == 0
    (news.folder / "reports" / "links.html").write_bytes(b"somebody else's")
    told(news)
    assert asked.times == 1
    assert b"somebody" not in (news.folder / "reports" / "links.html").read_bytes()


def test_whatever_a_report_depends_on_makes_it_anew(
    news: Publication, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = news.article("one")
    news.article("soon", date="2026-11-02T00:00:00Z")
    news.article("later", date="2026-11-06T00:00:00Z")
    news.run()
    asked = Asked(monkeypatch)

    def makes_one() -> bool:
        before = asked.times
        told(news)
        return asked.times == before + 1

    news.check()
    assert makes_one()
    with news.state() as state:
        marks.put(state, site.link("/one"), Mark(MarkKind.DEAD, until=START.date()), news.clock.now())
    assert makes_one()
    news.clock.step(days=2)  # the mark ends, and an article's time has come
    assert makes_one()
    news.clock.step(days=1)
    assert not makes_one()
    news.clock.step(days=2)  # another's time has come
    assert makes_one()
    path.write_text(path.read_text().replace("title:", "# a line more\ntitle:"))
    news.age(path)
    news.build()
    assert makes_one()
    path.unlink()
    news.build()
    assert makes_one()
    news.config_file.write_text(news.config_file.read_text() + "links: {exclude: [{host: 127.0.0.1}]}\n")
    assert makes_one()
    with news.state() as state, state.write() as connection:
        reported.forget(connection)
    assert makes_one()
    assert not makes_one()


def test_what_is_judged_again_is_told_without_a_run(news: Publication, site: Site) -> None:
    news.article("one")
    site.answers["/one"] = 403
    news.run()
    assert rows(news)["/one"][1] == "blocked"
    with news.state() as state:
        with state.write() as connection:
            # As if older rules had called a wall the end of a page.
            connection.execute("UPDATE targets SET status = 'dead', strikes = 3")
            connection.execute("DROP TRIGGER observations_are_append_only")
            connection.execute("UPDATE observations SET verdict = 'missing', rules = 1")
            reported.forget(connection)
        report(news.config, state, news.clock)
        assert rows(news)["/one"][1] == "dead blocked"
        rejudge(news.config, state, news.clock, apply=True)
        report(news.config, state, news.clock)
    assert rows(news)["/one"][1] == "blocked"


@pytest.mark.parametrize("how", [{"more": "published: false\n"}, {"date": "2027-01-01T00:00:00Z"}])
def test_an_article_that_is_taken_back_leaves_the_public_report(
    news: Publication, site: Site, how: dict[str, str]
) -> None:
    with_feeds(news, public_report="true")
    news.article("one")
    news.article("two")
    site.answers |= {"/one": 404, "/two": 404}
    news.run()
    assert set(rows(news, "feeds/reports")) == {"/one", "/two"}
    news.article("one", **how)
    news.build()
    told(news)
    assert set(rows(news, "feeds/reports")) == {"/two"}
