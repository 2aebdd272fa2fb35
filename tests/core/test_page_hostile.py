"""No page ends in an exception, or costs more than its length allows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.core.page import PageSignals, alike, carries_title, read_page
from feedbot.core.page_body import MAX_BYTES
from feedbot.core.page_markup import bounded

HTML = {"content-type": "text/html"}
URL = "https://example.org/news/story"

FULL = MAX_BYTES
NASTY = {
    "lt": "<" * FULL,
    "gt": ">" * FULL,
    "amp": "&" * FULL,
    "nul": "\0" * FULL,
    "space": " " * FULL,
    "quote": '<a "' + "' " * 30_000,
    "divs": "<div>" * 13_000,
    "divs and b": "<b>" * 3 + "<div>" * 6_000 + "</b>" * 6_000,
    "lists": "<ul><li>" * 8_000,
    "items": "<li><dt>" * 8_000,
    "anchors": "<a><div>" * 8_000,
    "tables": "<table>" * 9_000,
    "table text": "<table>" + "x<b>" * 16_000,
    "forms": "<form>" * 10_000,
    "svg": "<svg><g>" * 8_000,
    "templates": "<template>" * 6_500,
    "comments": "<!--" * 16_000,
    "attributes": "<a " + " ".join(f"a{n}" for n in range(11_000)) + ">",
    "packed attributes": "<a " + "".join(f'a{n}="1"' for n in range(7_000)) + ">",
    "slashed attributes": "<a/" + "/".join(f"a{n}" for n in range(11_000)) + ">",
    "body attributes": "".join(f"<body a{n}>" for n in range(5_000)),
    "giant attribute": "<link rel=canonical href='" + "x" * 60_000 + "'>",
    "titles": "<title>" * 9_000,
    "title of bars": "<title>" + "404 | " * 10_000,
    "title of dashes": "<title>x" + " -" * 30_000,
    "title of colons": "<title>" + ": " * 30_000,
    "refresh of spaces": "<meta http-equiv=refresh content='0;" + " " * 60_000 + "'>",
    "refresh of digits": "<meta http-equiv=refresh content='" + "0" * 60_000 + "'>",
    "refresh of marks": "<meta http-equiv=refresh content='0" + ";" * 60_000 + "'>",
    "charsets": "<meta charset " * 4_500,
    "headings": "<h1>" * 16_000,
    "headings within": "<h1><div>" * 6_000,
    "mount": "<script></script>" + "<div " * 12_000,
    "digits": "1" * FULL,
    "one word": "a" * FULL,
    "kana": "あ" * 21_000,
    "kana apart": "あx" * 16_000,
    "marks": "e\u0301" * 20_000,
    "images": "<img src=a>" * 6_000,
    "unclosed script": "<script>" + "x" * 60_000,
}


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_page_is_read(name):
    signals = read_page(URL, 200, HTML, NASTY[name].encode())
    assert len(signals.title) <= 300
    assert len(signals.h1) <= 300


@pytest.mark.parametrize(
    "name",
    ["divs", "divs and b", "lists", "items", "anchors", "tables", "forms", "svg", "attributes", "packed attributes"],
)
def test_what_costs_a_parser_the_square_of_its_length_is_cut(name):
    assert len(bounded(NASTY[name])) < len(NASTY[name]) / 5


ORDINARY = {
    "many tags": "<div><p>text <b>bold</b></p><img src=x><br></div>" * 1_200,
    "unclosed items": "<ul>" + "<li>one " * 6_000,
    "unclosed paragraphs": "<p>one " * 8_000,
    "unclosed cells": "<table>" + "<tr><td>one <td>two " * 3_000,
    "definitions": "<dl>" + "<dt>one <dd>two " * 3_500,
    "lists in definitions": "<dl><dt>a<dd><ul><li>b<li>c</ul></dl>" * 1_500,
    "upper case": "<DIV><SPAN>x</SPAN></DIV>" * 2_400,
    "long script": "<script>" + "var a = 1; " * 5_000 + "</script>",
    "long attribute": "<div id=app data-page='{" + '"a": "b c d", ' * 4_000 + "}'></div>",
    "long text": "<p>" + "one two three " * 4_000,
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_real_pages_do_is_not_cut(name):
    assert bounded(ORDINARY[name]) == ORDINARY[name]


def test_the_title_before_the_hostile_part_is_still_read():
    assert read_page(URL, 200, HTML, b"<title>Story</title>" + b"<div>" * 9_000).title == "Story"


FRAGMENTS = st.sampled_from(
    ["<div>", "</div>", "<p>", "<h1>", "</h1>", "<title>", "</title>", "<script>", "</script>", "<style>", "<noscript>"]
    + [
        "<template>",
        "<svg>",
        "<math>",
        "<table>",
        "<td>",
        "<select>",
        "<input type=password>",
        "<iframe src=x>",
        "<!--",
    ]
    + [
        "-->",
        "<![CDATA[",
        "<base href=//x>",
        "<link rel=canonical href=",
        "<meta http-equiv=refresh content=0;",
        "<html amp",
    ]
    + [
        ">",
        "'",
        '"',
        "&",
        "&amp",
        "&#0;",
        "&#xd800;",
        "\0",
        "\ufeff",
        "404",
        "Page not found",
        " | ",
        ": ",
        "é",
        "あ",
        "\u0301",
    ]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(FRAGMENTS, max_size=40).map(lambda parts: "".join(parts).encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "content-encoding", "refresh", "cf-mitigated", "x"]),
    st.one_of(
        st.text(),
        st.sampled_from(
            ["text/html", "text/html; charset=utf-16", "gzip", "deflate", "br", "0;url=x", "image/png", "*/*"]
        ),
    ),
)


@given(st.one_of(st.just(URL), st.text()), st.integers(0, 999), HEADERS, BODIES)
@settings(max_examples=600)
def test_any_answer_can_be_read(url, status, headers, body):
    signals = read_page(url, status, headers, body)
    assert isinstance(signals, PageSignals)
    assert alike(signals, signals) == (signals.fingerprint is not None)
    assert carries_title(signals, "A title") in (True, False)
    for address in (signals.canonical, signals.amphtml, signals.refresh):
        assert address is None or address.startswith(("http://", "https://"))


@given(st.lists(FRAGMENTS, max_size=40), st.integers(0, 200))
def test_a_page_cut_anywhere_can_be_read(parts, end):
    assert isinstance(read_page(URL, 200, HTML, "".join(parts).encode()[:end]), PageSignals)
