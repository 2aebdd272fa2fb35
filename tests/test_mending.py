"""Where readers are led is the same, whether it is asked of all articles or of those that link to one target."""

from feedbot.state import planning, targets
from feedbot.steps.mending import mend
from tests.publication import Publication


def test_what_is_mended_beside_a_link_is_what_is_mended_at_all(news: Publication):
    site = news.site
    shared = f"related: [{{title: x, sourceUrl: {site.link('/shared')}}}]\n"
    news.article("alive", more=shared)
    news.article("gone", more=shared)
    news.article("copied", more=f"ampUrl: {site.link('/copied-amp')}\n{shared}")
    news.article("moved", more=shared)
    news.article("apart")
    site.answers |= {"/gone": 410, "/copied": 410, "/moved": (301, "/new"), "/apart": 410}
    news.run()
    news.pass_days(12)
    with news.state() as state:
        whole = mend(news.config, state, news.clock.now())
        assert {path.rpartition("/")[2] for path in whole.lost} == {"apart.md", "gone.md"}
        assert {path.rpartition("/")[2] for path in whole.instead} == {"copied.md", "moved.md"}
        by_file = targets.by_file(state)
        for target in planning.due(state, news.clock.now().replace(year=2030)):
            paths = {path for path, links in by_file.items() if target.url in {url for _, url in links}}
            one = mend(news.config, state, news.clock.now(), beside=target.id)
            assert one.lost == {path: number for path, number in whole.lost.items() if path in paths}
            assert one.instead == {path: link for path, link in whole.instead.items() if path in paths}


def test_for_one_link_no_other_article_is_looked_at(news: Publication):
    news.article("one")
    news.run()
    with news.state() as state:
        asked = []
        state.db.conn.set_trace_callback(asked.append)
        mend(news.config, state, news.clock.now(), beside=1)
        state.db.conn.set_trace_callback(None)
        steps = [
            row["detail"]
            for query in asked
            if query.lstrip().startswith(("SELECT", "WITH")) and "json_each" not in query
            for row in state.rows(f"EXPLAIN QUERY PLAN {query}")
        ]
    scanned = [step for step in steps if step.startswith("SCAN") and step != "SCAN wanting"]
    assert [step for step in scanned if step.split()[1] not in {"marks", "waiting"}] == []
    assert "SEARCH mine USING COVERING INDEX links_target (target_id=?)" in steps
