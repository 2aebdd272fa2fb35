import pytest

from feedbot.core.context import folder_of
from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation
from feedbot.core.page import RULES, PageSignals
from feedbot.state import planning, siblings, targets
from feedbot.steps.look import Look, look_at
from feedbot.steps.reading import read
from feedbot.steps.spool import Spool
from feedbot.steps.undecided import Undecided
from feedbot.wire.prober import Lost, Postponed
from tests.publication import START


def answered(url, status, title=None):
    signals = None if title is None else PageSignals(RULES, "text/html", title, not_found=f"title says '{title}'")
    exchange = Exchange(0, "GET", url, status=status, signals=signals)
    return Observation(url, START, 5, (exchange,), Answered(status, url))


@pytest.fixture
def undecided(news):
    """A publication's links, by path, and what waits to be decided of those that are `to_come`."""
    news.article("one", more=f"ampUrl: {news.site.link('/amp')}\ncdnAmpUrl: {news.site.link('/copy')}\n")
    with news.state() as state:
        read(news.config, state, news.clock)
        found = {target.url.rpartition("/")[2]: target for target in planning.due(state, news.clock.now())}
        places = targets.places(state, [target.id for target in found.values()])
        to_come = {target.id for target in found.values()}
        waiting = Undecided(state, news.clock, to_come.__contains__)

        def look(path, status, title=None):
            target = found[path]
            return look_at(target, answered(target.url, status, title), places[target.id])

        yield state, waiting, to_come, found, look


def test_an_amp_page_waits_for_its_article_and_a_copy_for_its_amp_page(undecided):
    _, waiting, to_come, found, look = undecided
    amp, copy = look("amp", 404), look("copy", 200)
    waiting.add(copy)
    waiting.add(amp)
    assert waiting.take(everything=False) == ([], [], [])
    to_come.remove(found["one"].id)
    assert waiting.take(everything=False) == ([], [amp], [])
    assert [*waiting] == [copy]
    to_come.remove(found["amp"].id)
    assert waiting.take(everything=False) == ([], [], [copy])
    assert [*waiting] == []


def test_at_the_end_everything_is_decided_in_waves(undecided):
    _, waiting, _, _, look = undecided
    amp, copy, page = look("amp", 404), look("copy", 200), look("one", 200, "Page not found")
    for one in (copy, amp, page):
        waiting.add(one)
    assert waiting.take(everything=True) == ([page], [amp], [copy])


def test_a_made_up_address_is_asked_once_a_folder_and_heard_before_its_pages_are_decided(undecided, news):
    state, waiting, _, _, look = undecided
    page = look("one", 200, "Page not found")
    waiting.add(page)
    (asked,) = waiting.to_ask()
    assert asked.compared
    assert folder_of(asked.url) == folder_of(page.target.url)
    assert waiting.to_ask() == []
    assert waiting.take(everything=False) == ([], [], [])
    waiting.hear(answered(asked.url, 404, "Page not found"))
    assert waiting.take(everything=False) == ([page], [], [])
    assert waiting.decided(page).context.sibling.status == 404
    # It is remembered, for a week.
    assert siblings.known(state, page.target.url, news.clock.now()).url == asked.url


@pytest.mark.parametrize("came", [Lost, lambda url: Postponed(url, 60.0)])
def test_where_a_made_up_address_has_no_answer_its_pages_are_not_judged(undecided, came):
    _, waiting, _, _, look = undecided
    page = look("one", 200, "Page not found")
    waiting.add(page)
    (asked,) = waiting.to_ask()
    waiting.hear(came(asked.url))
    assert waiting.take(everything=False) == ([page], [], [])
    assert waiting.decided(page) is None


def test_what_is_known_of_a_folder_is_not_asked_again(undecided, news):
    state, waiting, _, _, look = undecided
    page = look("one", 200, "Page not found")
    waiting.add(page)
    (asked,) = waiting.to_ask()
    waiting.hear(answered(asked.url, 404, "Page not found"))
    waiting.take(everything=True)
    another = Undecided(state, news.clock, lambda _: False)
    another.add(page)
    assert another.to_ask() == []
    assert another.take(everything=False) == ([page], [], [])


def test_a_look_comes_back_whole_from_where_very_many_are_laid_aside(undecided):
    *_, look = undecided
    spool = Spool(Look, in_memory=1)
    failure = Failure(FailureKind.TIMEOUT, "no answer in 30 s")
    seen = look("one", 200, "A page")
    target = seen.target
    failed = look_at(target, Observation(target.url, START, 30_000, (), Failed(failure, target.url)), seen.places)
    looks = [seen, failed, look("amp", 404), look("copy", 200)]
    for one in looks:
        spool.add(one)
    assert [*spool] == looks
