import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.robots import read_robots

URL = "https://example.org/private/page?x=1"


def allowed(text, url=URL, *, everybody=True):
    rules = read_robots(text, everybody=everybody)
    return rules is None or rules.allow(url)


@pytest.mark.parametrize(
    ("text", "named", "everybody"),
    [
        ("", True, True),
        ("<html>Not a robots.txt: Disallow: /</html>", True, True),
        ("Disallow: /", True, True),
        ("User-agent: *\nDisallow: /", True, False),
        ("User-agent: feedbot\nDisallow: /", False, False),
        ("USER-AGENT:FeedBot/2.0 # us\r\nDISALLOW:/private", False, False),
        ("\ufeffuser-agent: feedbot\rdisallow: /", False, False),
        # Another's group is not ours, however alike its name.
        ("User-agent: bot\nDisallow: /", True, True),
        ("User-agent: feed\nDisallow: /", True, True),
        ("User-agent: feedbot-news\nDisallow: /", True, True),
        # Where a group names us, those for everybody do not count, even if it says nothing.
        ("User-agent: *\nDisallow: /\n\nUser-agent: feedbot\nDisallow:", True, True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: feedbot\n", True, True),
        ("User-agent: feedbot\nDisallow: /\n\nUser-agent: *\nAllow: /", False, False),
        # One group may have several names, and one name several groups.
        ("User-agent: other\nUser-agent: feedbot\nUser-agent: more\nDisallow: /", False, False),
        ("User-agent: feedbot\n# a word\n\nUser-agent: other\nDisallow: /", False, False),
        ("User-agent: feedbot\nAllow: /a\nUser-agent: x\nAllow: /\n\nUser-agent: feedbot\nDisallow: /p", False, False),
        ("User-agent: feedbot\nAllow: /\nUser-agent: other\nDisallow: /", True, True),
        # The longest rule counts, and allowing wins between two alike.
        ("User-agent: feedbot\nDisallow: /\nAllow: /private/", True, True),
        ("User-agent: feedbot\nAllow: /\nDisallow: /*?x=", False, False),
        ("User-agent: feedbot\nDisallow: /private/page$", True, True),
        ("User-agent: feedbot\nDisallow: /private\nAllow: /private", True, True),
    ],
)  # fmt: skip
def test_which_groups_and_rules_hold_for_us(text, named, everybody):
    assert allowed(text, everybody=False) is named
    assert allowed(text, everybody=True) is everybody


@pytest.mark.parametrize(
    ("text", "named", "everybody"),
    [
        ("User-agent: *\nCrawl-delay: 10", None, 10),
        ("User-agent: feedbot\nCrawl-delay: 2.5\nUser-agent: *\nCrawl-delay: 10", 2.5, 2.5),
        ("User-agent: feedbot\nCrawl-delay: soon", None, None),
        ("User-agent: feedbot\nCrawl-delay: -1", None, None),
        ("User-agent: feedbot\nCrawl-delay: inf", None, None),
    ],
)
def test_crawl_delay(text, named, everybody):
    delays = [rules and rules.crawl_delay_s for rules in (read_robots(text, everybody=flag) for flag in (False, True))]
    assert delays == [named, everybody]


@given(st.text(alphabet="useragnt-: *fdbo/\n\r\t#$%\u2028\x00é", max_size=200))
def test_every_text_can_be_read(text):
    for everybody in (False, True):
        allowed(text, everybody=everybody)


HOSTILE = {
    "stars": "User-agent: *\nDisallow: /" + "*a" * 32_000 + "b",
    "many rules": "User-agent: *\n" + "Disallow: /*a*a*a*b\n" * 3_200,
    "many names": "User-agent: *\n" + "User-agent: x{}\n" * 2_000 + "Disallow: /\n" * 2_500,
    "many names without a colon": "User-agent: *\n" + "useragent x{}\n" * 2_000 + "Disallow: /\n" * 2_500,
    "spaces": "user" + " " * 60_000 + "agen",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_little(name):
    text = HOSTILE[name]
    text = "".join(line.replace("{}", str(n)) for n, line in enumerate(text.splitlines(keepends=True)))
    tracemalloc.start()
    started = time.process_time()
    try:
        allowed(text, "https://example.org/" + "a" * 8_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A naive reader takes minutes, or hundreds of megabytes.
    assert peak < 32 * 2**20
    assert time.process_time() - started < 20
