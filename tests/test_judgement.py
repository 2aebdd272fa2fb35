"""Whole runs whose verdicts need more than one answer: made-up addresses, AMP pages, people's words, other rules."""

import asyncio

import pytest

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import StatusKind
from feedbot.core.verdict import RULES, VerdictKind, judge
from feedbot.state import marks, planning, runs, siblings, targets, transitions
from feedbot.steps.checking import check
from feedbot.steps.rejudging import rejudge
from tests.publication import Publication

NOT_FOUND = b"<title>Page not found</title><p>Sorry, there is nothing here any more, as you can see."


def kinds(checking):
    return {result.after.url.rpartition("/")[2]: result.verdict.kind for result in checking.results}


def all_due(news):
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")


def wildcard(site, page=NOT_FOUND):
    """Let the site show one page under every address that has no page of its own."""

    class Everywhere(dict):
        def get(self, path, default=None):
            return super().get(path, page)

    site.pages = Everywhere(site.pages)


def test_a_page_that_made_up_addresses_show_too_is_soft_dead(news, site):
    news.article("one")
    wildcard(site)
    (result,) = news.run().checking.results
    assert result.verdict.kind is VerdictKind.SOFT_DEAD
    assert result.verdict.reason == (
        "200 on GET: but title says 'Page not found' and a made-up address beside it shows the same page"
    )
    assert len(site.asked) == 2
    assert news.titles() == ["About one"]
    for _ in range(2):
        news.clock.step(days=3.4)
        news.run()
    assert news.titles() == []


def test_a_made_up_address_is_asked_once_a_week_in_each_folder(news, site):
    news.article("one")
    news.article("two")
    wildcard(site)
    news.run()
    assert len(site.asked) == 3
    all_due(news)
    news.clock.step(days=6.9)
    news.run()
    assert len(site.asked) == 5
    all_due(news)
    news.clock.step(days=0.2)
    news.run()
    assert len(site.asked) == 8


def test_a_made_up_address_with_an_error_of_its_own_leaves_one_sign_which_is_not_enough(news, site):
    news.article("one")
    site.pages["/one"] = NOT_FOUND

    class OnlyOne(dict):
        def get(self, path, default=None):
            return 200 if path == "/one" else 404

    site.answers = OnlyOne()
    assert kinds(news.run().checking) == {"one": VerdictKind.ALIVE}


def test_a_page_without_any_sign_costs_no_second_request(news, site):
    news.article("one")
    news.run()
    assert site.asked == [("GET", "/one")]


def test_what_a_run_could_not_ask_about_is_not_judged(news, site):
    news.article("one")
    wildcard(site)
    # The made-up address waits for its turn, which lies behind the end of the run.
    text = news.config_file.read_text(encoding="utf-8")
    text = text.replace("per_host: {concurrency: 8, delay_s: 0}", "per_host: {concurrency: 1, delay_s: 60}")
    news.config_file.write_text(text.replace("checker:", "checker:\n  max_run_s: 1"), encoding="utf-8")
    (result,) = news.run().checking.results
    assert result.verdict.kind is VerdictKind.UNKNOWN
    assert result.after.status.kind is StatusKind.UNCHECKED


def amp_article(news, site):
    return news.article("one", more=f"ampUrl: {site.link('/one/amp')}\n")


def source(site, amphtml=None):
    link = f'<link rel=amphtml href="{site.link(amphtml)}">' if amphtml else ""
    return f"<title>About one</title>{link}<p>A story about one thing, told at some length.".encode()


def test_an_amp_page_that_its_living_article_no_longer_names_is_withdrawn(news, site):
    amp_article(news, site)
    site.pages["/one"] = source(site)
    site.answers["/one/amp"] = 404
    run = news.run()
    assert kinds(run.checking) == {"one": VerdictKind.ALIVE, "amp": VerdictKind.AMP_WITHDRAWN}
    assert all(result.after.status.strikes == 0 for result in run.checking.results)


def test_an_amp_page_that_its_article_still_names_is_missing(news, site):
    amp_article(news, site)
    site.pages["/one"] = source(site, "/one/amp")
    site.answers["/one/amp"] = 404
    assert kinds(news.run().checking)["amp"] is VerdictKind.MISSING


def test_an_amp_page_that_leads_to_its_article_is_withdrawn(news, site):
    amp_article(news, site)
    site.pages["/one"] = source(site)
    site.answers["/one/amp"] = (301, "/one")
    assert kinds(news.run().checking)["amp"] is VerdictKind.AMP_WITHDRAWN


def test_a_title_that_is_no_longer_like_the_articles_is_a_warning_and_no_verdict(news, site):
    news.article("one")
    site.pages["/one"] = source(site)
    (first,) = news.run().checking.results
    assert first.verdict.warnings == ()
    site.pages["/one"] = b"<title>Best casino bonus codes</title><p>Play now and win a lot of money today."
    all_due(news)
    news.clock.step(days=8)
    (second,) = news.run().checking.results
    assert second.verdict.kind is VerdictKind.ALIVE
    assert second.verdict.warnings == (
        "its page is now titled 'Best casino bonus codes', which is not like the article's title any more",
    )


def test_a_title_that_never_was_like_the_articles_is_no_drift(news, site):
    news.article("one")
    for _ in range(2):
        (result,) = news.run().checking.results
        assert result.verdict.warnings == ()
        all_due(news)
        news.clock.step(days=8)


# The human has the last word


def marked(news, site, kind, **more):
    with news.state() as state:
        marks.put(state, site.link("/one"), Mark(kind, **more), news.clock.now())


def dead_link(news, site):
    news.article("one")
    site.answers["/one"] = 410
    for _ in range(3):
        news.run()
        news.clock.step(days=1.2)
    assert news.titles() == []


def test_a_dead_link_that_a_person_calls_alive_is_published(news, site):
    dead_link(news, site)
    marked(news, site, MarkKind.ALIVE)
    news.build()
    assert news.titles() == ["About one"]


def test_a_word_ends_with_its_day(news, site):
    dead_link(news, site)
    marked(news, site, MarkKind.ALIVE, until=news.clock.now().date())
    news.build()
    assert news.titles() == ["About one"]
    news.clock.step(days=1)
    news.build()
    assert news.titles() == []


def test_a_living_link_that_a_person_calls_dead_leaves_the_feed(news, site):
    news.article("one")
    news.run()
    marked(news, site, MarkKind.DEAD)
    news.build()
    assert news.titles() == []
    with news.state() as state:
        assert marks.remove(state, site.link("/one"), news.clock.now())
    news.build()
    assert news.titles() == ["About one"]


def test_what_is_to_be_ignored_is_not_asked_and_stays(news, site):
    dead_link(news, site)
    marked(news, site, MarkKind.IGNORE)
    site.asked.clear()
    news.clock.step(days=40)
    assert not news.run().checking.results
    assert site.asked == []
    assert news.titles() == ["About one"]


def test_what_is_to_be_ignored_is_not_counted_as_due_from_that_moment_on(news, site):
    news.article("one")
    news.build()

    def due():
        with news.state() as state:
            return planning.due_count(state, news.clock.now())

    assert due() == 1
    marked(news, site, MarkKind.IGNORE)
    assert due() == 0
    marked(news, site, MarkKind.ALIVE)
    assert due() == 1


def test_what_the_config_excludes_is_not_asked_and_stays(tmp_path, site):
    news = Publication(tmp_path / "news", site, more="links: {exclude: [{glob: '*/one', reason: ours}]}\n")
    news.article("one")
    news.article("two")
    assert kinds(news.run().checking) == {"two": VerdictKind.ALIVE}
    assert sorted(news.titles()) == ["About one", "About two"]
    news.config_file.write_text(news.config_file.read_text("utf-8").replace("links: {exc", "#"), encoding="utf-8")
    news.clock.step(days=1.1)
    assert "one" in kinds(news.run().checking)


def test_what_an_article_wants_ignored_is_asked_for_another_article_alone(news, site):
    news.article("one", more=f"ignore: [{site.link('/one')}]\n")
    assert not news.run().checking.results
    assert news.titles() == ["About one"]
    related = f"related: [{{title: Elsewhere, sourceUrl: {site.link('/one')}}}]\n"
    news.article("two", more=related)
    assert kinds(news.run().checking) == {"one": VerdictKind.ALIVE, "two": VerdictKind.ALIVE}


def test_a_dead_link_stays_in_an_article_that_wants_it_ignored_and_is_no_trouble_once_nobody_links_to_it(news, site):
    related = f"related: [{{title: Elsewhere, sourceUrl: {site.link('/gone')}}}]\n"
    news.article("one", more=related)
    news.article("two", more=f"{related}ignore: [{site.link('/gone')}]\n")
    site.answers["/gone"] = 410
    for _ in range(3):
        news.run()
        news.clock.step(days=1.2)
    with news.state() as state:
        assert [target.url for target in targets.in_trouble(state, 9)] == [site.link("/gone")]
        targets.set_unlinkable(state, targets.numbers(state, [site.link("/gone")]))
        assert targets.unlinkable(state) == {"articles/one.md": frozenset({site.link("/gone")})}
    (news.folder / "articles" / "one.md").unlink()
    (news.folder / "articles" / "two.md").unlink()
    news.article("three")
    news.build()
    with news.state() as state:
        # Nobody links to it any more, so nobody need do anything about it.
        assert targets.in_trouble(state, 9) == []


# Other rules


def test_judging_the_stored_observations_again_gives_the_stored_verdicts(news, site):
    amp_article(news, site)
    news.article("two")
    site.pages["/one"] = source(site)
    site.answers |= {"/one/amp": 404, "/two": (301, "/three")}
    for _ in range(4):
        news.run()
        news.clock.step(days=2)
        all_due(news)
        site.pages["/three"] = NOT_FOUND
    with news.state() as state:
        trails = list(runs.trails(state))
        assert sum(map(len, trails)) == 12
        for recorded in (one for trail in trails for one in trail):
            verdict = judge(recorded.observation, recorded.context)
            assert (verdict.kind, verdict.reason) == (recorded.verdict, recorded.reason)
            assert recorded.rules == RULES
        assert rejudge(news.config, state, news.clock, apply=True).changes == ()


def test_verdicts_of_older_rules_are_shown_and_mended_only_when_told(news, site):
    news.article("one")
    site.answers["/one"] = 403
    news.run()
    with news.state() as state:
        # As if older rules had called a wall the end of a page.
        with state.write() as connection:
            connection.execute("UPDATE targets SET status = 'dead', strikes = 3")
            connection.execute("DROP TRIGGER observations_are_append_only")
            connection.execute("UPDATE observations SET verdict = 'missing', rules = 1")
    news.build()
    assert news.titles() == []
    with news.state() as state:
        found = rejudge(news.config, state, news.clock, apply=False)
        assert [(one.before.kind, one.after.kind) for one in found.changes] == [(StatusKind.DEAD, StatusKind.BLOCKED)]
        assert targets.find(state, site.link("/one")).status.kind is StatusKind.DEAD
        rejudge(news.config, state, news.clock, apply=True)
        assert targets.find(state, site.link("/one")).status.kind is StatusKind.BLOCKED
        assert rejudge(news.config, state, news.clock, apply=True).changes == ()
        # Dead was never told, and blocked is no recovery.
        assert transitions.newest(state, 10) == []
    news.build()
    assert news.titles() == ["About one"]


def test_a_death_that_rules_of_today_take_back_is_told_as_a_recovery(news, site):
    news.article("one")
    news.run()
    with news.state() as state:
        with state.write() as connection:
            connection.execute("UPDATE targets SET status = 'dead', strikes = 3")
            connection.execute("DROP TRIGGER observations_are_append_only")
            connection.execute("UPDATE observations SET verdict = 'missing', rules = 1")
        rejudge(news.config, state, news.clock, apply=False)
        assert transitions.newest(state, 10) == []
        rejudge(news.config, state, news.clock, apply=True)
        assert [one.kind for one in transitions.newest(state, 10)] == ["recovered"]


def test_failures_of_our_own_network_do_not_count_when_judged_again(tmp_path, site):
    news = Publication(tmp_path / "news", site, canaries="['http://127.0.0.1:9/']")
    news.article("one")
    news.run()
    with news.state() as state:
        assert all(not one.counted for trail in runs.trails(state) for one in trail)


def test_a_sibling_is_kept_as_it_answered(news, site):
    news.article("one")
    wildcard(site)
    news.run()
    with news.state() as state:
        sibling = siblings.known(state, site.link("/one"), news.clock.now())
    assert sibling.status == 200
    assert sibling.signals.title == "Page not found"
    assert sibling.url.startswith(site.link("/"))


@pytest.mark.parametrize("kind", [MarkKind.ALIVE, MarkKind.IGNORE])
def test_a_mark_is_told_with_the_result(news, site, kind):
    news.article("one")
    marked(news, site, kind, note="I know them")
    with news.state() as state:
        named = targets.named(state, [site.link("/one")], news.clock.now())
        checking = asyncio.run(check(news.config, state, news.clock, planning.plan_of(named)))
    (result,) = checking.results
    assert result.mark.words == f"marked {kind} (I know them)"
    assert result.is_excused
