"""What a page says: title, head, forms, walls, and what is missing."""

import pytest

from feedbot.core.page import RULES, PageSignals, read_page

HTML = {"content-type": "text/html; charset=utf-8"}
URL = "https://example.org/news/story"


def read(markup, url=URL, status=200, headers=HTML):
    body = markup if isinstance(markup, bytes) else markup.encode()
    return read_page(url, status, headers, body)


def test_the_head_of_an_ordinary_page_is_read():
    signals = read(
        """<!doctype html><html lang=en><head><title>  A story
        of news - Example </title>
        <meta property="og:title" content="A story of news">
        <link rel="shortlink canonical" href="/news/story#top"><link rel=amphtml href="../amp/story">
        </head><body><h1>A <b>story</b> of news</h1><p>Four words of text.</p></body></html>"""
    )
    assert signals == PageSignals(
        RULES,
        media="text/html",
        title="A story of news - Example",
        h1="A story of news",
        og_title="A story of news",
        canonical="https://example.org/news/story",
        amphtml="https://example.org/amp/story",
        words=8,
        fingerprint=signals.fingerprint,
    )


@pytest.mark.parametrize("tag", ["<html amp>", "<html ⚡>", "<html lang=en ⚡>", "<HTML AMP lang=de>", '<html amp="">'])
def test_an_amp_page_is_known_by_its_html_element(tag):
    assert read(f"<!doctype html>{tag}<title>x</title>").is_amp


@pytest.mark.parametrize("tag", ["<html>", "<html lang=amp>", "<html data-amp>", "<div amp>"])
def test_another_page_is_no_amp_page(tag):
    assert not read(f"<!doctype html>{tag}<title>x</title>").is_amp
