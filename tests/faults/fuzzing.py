"""Bytes that nobody would write, found by what they reach in the code (atheris): no input ends in an exception.

Not a test: `make fuzz` runs it, as `python -m tests.faults.fuzzing TARGET [options of libFuzzer]`. What reaches
something new is kept in .fuzz/TARGET, and the next run begins with it.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import atheris
from lxml import etree

with atheris.instrument_imports(include=["feedbot"]):
    from feedbot.articles.understand import understand
    from feedbot.core.article import Article, Rejected
    from feedbot.core.page import read_page
    from feedbot.core.url import InvalidUrl, canonical_url, split_url
    from feedbot.publish.render import RENDERERS
    from tests.articles.written import RULES
    from tests.publish.feed_samples import feed_with

_TOP = Path(__file__).parents[2]
SEEDS = {
    "front-matter": [one.read_bytes() for one in sorted((_TOP / "examples" / "articles").glob("*.md"))],
    "url": [
        b"https://user@www.example.org:8443/a/../b%20c?q=1&r=\xc3\xa9#part",
        b"http://[::ffff:7f00:1]/",
        b"//x.test",
    ],
    "page": [b"\0<!doctype html><title>Not found</title><meta http-equiv=refresh content='0; url=/x'><h1>404</h1>"],
    "feed": [b"Tom & Jerry <3 \x0c \xef\xbf\xbe <p>Body <em>text</em></p> ]]>"],
}


def front_matter(data: bytes) -> None:
    outcome, _ = understand("articles/story.md", b"---\n" + data, RULES)
    assert isinstance(outcome, (Article, Rejected))


def url(data: bytes) -> None:
    try:
        canonical = canonical_url(data.decode("utf-8", errors="surrogateescape"))
    except InvalidUrl:
        return
    assert canonical_url(canonical) == canonical
    assert split_url(canonical).scheme


def page(data: bytes) -> None:
    kinds = (b"text/html", b"text/html; charset=utf-16", b"application/xhtml+xml", b"text/plain", b"application/pdf")
    kind = kinds[data[0] % len(kinds)].decode() if data else ""
    read_page("https://example.org/a", 200 if len(data) % 2 else 404, {"content-type": kind}, data[1:])


def feed(data: bytes) -> None:
    given = atheris.FuzzedDataProvider(data)
    text = given.ConsumeUnicode(200)
    one = feed_with(title=text, excerpt=given.ConsumeUnicode(200), body_html=given.ConsumeUnicode(500))
    one = replace(one, title=text or "x")
    for _, render in RENDERERS.values():
        written = render(one, "both")
        if written.lstrip().startswith(b"<"):
            etree.fromstring(written)


TARGETS: dict[str, Callable[[bytes], None]] = {"front-matter": front_matter, "url": url, "page": page, "feed": feed}


def main() -> None:
    target, options = sys.argv[1], sys.argv[2:]
    corpus = _TOP / ".fuzz" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
