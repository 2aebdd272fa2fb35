"""Runs that are larger than what a run holds of them at once."""

import asyncio
import re
from array import array
from collections import Counter

import pytest

from feedbot.core.verdict import VerdictKind
from feedbot.state import planning, targets
from feedbot.steps.checking import check
from feedbot.wire.executor import room_for
from tests.publication import Publication
from tests.wire.scripted import ScriptedResolver

CONCURRENCY = 5
PER_HOST = 2


@pytest.fixture
def large(tmp_path, site):
    """A publication whose runs hold 1,000 targets at once, and 20 of a domain where others wait."""
    news = Publication(tmp_path / "news", site)
    text = news.config_file.read_text(encoding="utf-8")
    text = text.replace("concurrency: 8", f"concurrency: {PER_HOST}") + f"  concurrency: {CONCURRENCY}\n"
    news.config_file.write_text(text, encoding="utf-8")
    assert room_for(CONCURRENCY) == 1000
    return news


def planned(news, state, *paths):
    """A plan of targets at the site, by host and path, such as "a.test/page"."""
    port = news.site.url.rpartition(":")[2]
    urls = [f"http://{path.replace('/', f':{port}/', 1)}" for path in paths]
    return planning.plan_of(targets.named(state, urls, news.clock.now()))


async def checked(news, state, due, **more):
    return await check(news.config, state, news.clock, due, resolver=ScriptedResolver(), **more)


GIANT = [f"giant.test/giant{number}" for number in range(1200)]
SMALL = [f"h{number % 150}.test/small{number}" for number in range(300)]


def test_hosts_behind_one_that_does_not_answer_any_of_its_very_many_links_are_asked(large, site):
    async def run(state):
        task = asyncio.create_task(checked(large, state, planned(large, state, *GIANT, *SMALL)))
        async with asyncio.timeout(60):
            while sum("small" in path for _, path in site.asked) < len(SMALL):  # noqa: ASYNC110 - the site lives in a thread
                await asyncio.sleep(0.02)
        asked_of_giant = sum("giant" in path for _, path in site.asked)
        site.go_on()
        return asked_of_giant, await task

    site.hold("/giant")
    with large.state() as state:
        asked_of_giant, checking = asyncio.run(run(state))
        assert checking.summary == {"alive": 1500}
        urls = [result.after.url for result in checking.results]
    assert 0 < asked_of_giant <= PER_HOST
    assert urls == sorted(urls)
    assert Counter(path for _, path in site.asked).most_common(1)[0][1] == 1


def test_a_large_run_that_is_stopped_goes_on_with_what_is_not_on_record(large, site):
    async def stopped(state, due):
        told = []
        task = asyncio.create_task(checked(large, state, due, on_stop=told.append))
        while len(site.asked) < 300:  # noqa: ASYNC110 - the site lives in a thread
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return told[0]

    with large.state() as state:
        due = planned(large, state, *GIANT, *SMALL)
        checking = asyncio.run(stopped(state, due))
        kept = state.value("SELECT count(*) FROM observations")
        assert checking.summary == {"alive": kept, "unknown": 1500 - kept}
        assert checking.results.left == 1500 - kept > 1000
        assert len([*checking.results]) == 1500
        left = planning.plan_of(one for one in targets.load(state, due.ids) if one.status.checked_at is None)
        assert asyncio.run(checked(large, state, left)).summary == {"alive": 1500 - kept}
    asked = Counter(path for _, path in site.asked)
    assert len(asked) == 1500
    # What was under way when it was stopped is asked again, and nothing else.
    assert asked.total() - 1500 <= 3 * CONCURRENCY


def test_what_a_large_run_did_not_come_to_is_listed_by_url(large, site):
    text = large.config_file.read_text(encoding="utf-8")
    large.config_file.write_text(
        text.replace("canaries: []", "canaries: [{url: 'http://down.test/'}]"), encoding="utf-8"
    )
    with large.state() as state:
        checking = asyncio.run(checked(large, state, planned(large, state, *GIANT, *SMALL)))
        assert (checking.online, checking.summary, checking.results.left) == (False, {"unknown": 1500}, 1500)
        urls = [result.after.url for result in checking.results]
        assert len(urls) == 1500
        assert urls == sorted(urls)
        assert {result.verdict.reason for result in checking.results} == {"not asked: this machine seems to be offline"}


def test_pages_that_a_made_up_address_decides_are_decided_while_the_run_goes_on(large, site):
    pages = [f"h{number % 7}.test/gone{number}" for number in range(1300)]
    site.pages |= {f"/{page.partition('/')[2]}": b"<title>Page not found</title><p>Sorry." for page in pages}
    fine = [f"x{number}.test/small{number}" for number in range(200)]
    seen = []

    class Watched(dict):
        """The pages of the site, where a made-up address shows what the others do."""

        def get(self, path, default):
            if not re.match("/(gone|small)", path):
                seen.append((path, sum("gone" in path for _, path in site.asked)))
                return b"<title>Page not found</title><p>Sorry."
            return super().get(path, default)

    site.pages = Watched(site.pages)
    with large.state() as state:
        checking = asyncio.run(checked(large, state, planned(large, state, *pages, *fine)))
        kinds = Counter(result.verdict.kind for result in checking.results)
    assert kinds == {VerdictKind.SOFT_DEAD: 1300, VerdictKind.ALIVE: 200}
    # One for each folder, before the last of the pages was asked.
    assert len(seen) == 7
    assert all(asked < 1300 for _, asked in seen)


def test_a_target_that_is_there_no_more_has_no_result(large, site):
    with large.state() as state:
        due = planned(large, state, "a.test/1", "a.test/2")
        due.ids.insert(1, 999_999)
        due.hosts.insert(1, 0)
        checking = asyncio.run(checked(large, state, due))
    assert checking.summary == {"alive": 2}
    assert len(checking.results) == 2


def test_a_portion_of_targets_that_are_all_there_no_more_is_passed_over(large, site):
    async def run(state, due):
        async with asyncio.timeout(60):
            return await checked(large, state, due)

    with large.state() as state:
        due = planned(large, state, "a.test/1", "a.test/2")
        gone = planning.plan_of(targets.named(state, [f"http://gone{n}.test/" for n in range(1000)], large.clock.now()))
        with state.write() as connection:
            connection.executemany("DELETE FROM targets WHERE id = ?", [(number,) for number in gone.ids])
        due.ids[:0] = gone.ids
        due.hosts[:0] = array("l", [0]) * len(gone.ids)
        checking = asyncio.run(run(state, due))
    assert checking.summary == {"alive": 2}
