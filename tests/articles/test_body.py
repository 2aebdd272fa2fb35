import pytest

from feedbot.articles.body import MAX_BODY_CHARACTERS, BodyTooLarge, harmless, render_body
from feedbot.core.article import LinkRole
from tests.articles.written import NEEDED, article, remarks, targets

SITE = "https://example.org/blog/"


def html(markdown: str) -> str:
    return render_body(markdown, SITE).html


def test_an_empty_body_is_no_html():
    assert html("") == ""
    assert html(" \n\n") == ""
    assert article(NEEDED, "\n").body_html == ""


def test_markdown_becomes_html():
    assert html("# A\n\nSome *words*\n\n- one\n") == "<h1>A</h1>\n<p>Some <em>words</em></p>\n<ul>\n<li>one</li>\n</ul>"


def test_tables_become_html():
    assert "<td>1</td>" in html("|a|\n|-|\n|1|\n")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<iframe src='https://evil.example/'></iframe>",
        "<style>body{}</style>",
        "<img src=x onerror=alert(1)>",
        "<p style='position:fixed'>x</p>",
        "<svg onload=alert(1)>",
        "<form action='https://evil.example/'><input></form>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVa&#x09;Script:alert(1)'>x</a>",
        "[x](javascript:alert%281%29)",
        "<a href='vbscript:x'>x</a>",
        "<img src='data:text/html,<script>alert(1)</script>'>",
        "<object data='https://evil.example/'></object>",
        "<meta http-equiv=refresh content='0;https://evil.example/'>",
        "<base href='https://evil.example/'>",
        "<!-- comment -->",
    ],
)
def test_nothing_active_is_left(hostile):
    made = html(f"before\n\n{hostile}\n\nafter").lower()
    assert "before" in made
    for active in ("<script", "<iframe", "<style", "<form", "<object", "<meta", "<base", "<!--", "<svg"):
        assert active not in made
    for active in ("style=", "onerror", "onload", 'href="java', 'href="vb', "data:"):
        assert active not in made


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "# A & B\n\n*1 < 2*, [one](/x?a=1&b=2 'said \"so\"'), ![p](p.jpg)\n\n|a|\n|-|\n|1|\n",
        "<p title='x'>One<br>two<hr><img src=x.jpg><a href=mailto:a@example.org>me</a>",
        "```\n<script>&amp;\n```\n\n> said\n",
    ],
)
def test_what_was_rendered_here_is_harmless_as_it_is(markdown):
    assert harmless(html(markdown)) == html(markdown)


def test_what_was_rendered_elsewhere_is_made_harmless():
    assert harmless("<p onclick='x'>1<script>2</script><a href='javascript:3'>4</a>\x01</p> ") == (
        '<p>1<a rel="noopener noreferrer">4</a></p>'
    )


def test_links_and_images_are_absolute_against_the_site():
    made = html("[a](/a) ![i](pics/i.png) <a href='//cdn.example/b'>b</a> [m](mailto:me@example.org)")
    assert 'href="https://example.org/a"' in made
    assert 'src="https://example.org/blog/pics/i.png"' in made
    assert 'href="https://cdn.example/b"' in made
    assert 'href="mailto:me@example.org"' in made


def test_links_within_the_page_become_text():
    assert "href" not in html("[note](#fn1)")


def test_characters_that_xml_forbids_are_left_out():
    assert "\x01" not in html("<p>a&#1;b</p>")


def test_user_names_and_passwords_are_left_out_of_links():
    assert "hunter2" not in html("[a](https://me:hunter2@a.example/)")


def test_links_with_template_marks_are_left_out_with_a_remark():
    body = "text\n\n[a]({{site.url}}/a)\n"
    assert "href" not in article(NEEDED, body).body_html
    assert remarks(NEEDED, body) == [(8, "body: a URL with template marks is left out")]


def test_links_that_are_no_urls_are_left_out_with_a_remark():
    assert remarks(NEEDED, "<a href='//['>x</a>\n") == [
        (6, "body: a link that is no http, https or mailto URL is left out")
    ]


def test_links_are_the_articles_only_where_the_rules_say_so():
    body = "one\n\n[a](https://a.example/x#y) and\n[b](/b)\n\n<img src='https://a.example/i.png?a=1&amp;b=2'>\n"
    assert targets(article(NEEDED, body), LinkRole.BODY) == []
    links = [link for link in article(NEEDED, body, body_links=True).links if link.role is LinkRole.BODY]
    assert [(link.url, link.line) for link in links] == [
        ("https://a.example/x", 8),
        ("https://example.org/b", 9),
        ("https://a.example/i.png?a=1&b=2", 11),
    ]


def test_mail_addresses_are_no_links_to_check():
    assert targets(article(NEEDED, "<me@example.org>", body_links=True), LinkRole.BODY) == []


def test_a_body_beyond_the_bound_is_left_out_with_a_remark():
    with pytest.raises(BodyTooLarge):
        render_body("x" * (MAX_BODY_CHARACTERS + 1), SITE)
    assert article(NEEDED, "x " * MAX_BODY_CHARACTERS).body_html == ""
    assert remarks(NEEDED, "x " * MAX_BODY_CHARACTERS) == [
        (6, "the body is larger than 262,144 characters and is left out")
    ]


def test_a_body_with_a_bomb_of_tags_is_left_out_with_a_remark():
    assert remarks(NEEDED, "<div>" * 30_000) == [(6, "the body holds more than 20,000 tags and is left out")]


def test_links_beyond_the_bound_are_left_out_with_a_remark():
    found = render_body("".join(f"[a](https://a.example/{n})\n" for n in range(1_100)), SITE)
    assert len(found.links) == 1_000
    assert [one.why for one in found.skipped] == ["the body holds more than 1,000 links; the others are left out"]
