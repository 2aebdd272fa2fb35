"""Where generators put pages; the addresses are those that Jekyll 4.3, Hugo 0.111 and Eleventy 2.0 gave these files."""

import pytest

from feedbot.config import DEFAULT_FIELDS
from tests.articles.written import article, rejected

SITE = "https://example.org/"


def page(path, front, pattern=None, folder="", **rules):
    permalinks = {} if pattern is None else {folder: pattern}
    front = front if "date: " in front else f"date: 2024-01-02\n{front}"
    front = front if "title: " in front else f"title: A\n{front}"
    return article(front, path=path, permalinks=permalinks, **rules).source_url.removeprefix(SITE)


def jekyll(path, front="", pattern=None, **rules):
    return page(path, front, pattern, generator="jekyll", **rules)


def hugo(path, front="", pattern=None, **rules):
    return page(path, front, pattern, generator="hugo", content="content", **rules)


def eleventy(path, front="", pattern=None, **rules):
    return page(path, front, pattern, generator="eleventy", **rules)


@pytest.mark.parametrize(
    ("path", "front", "address"),
    [
        ("_posts/2024-01-02-Hello World.md", "", "2024/01/02/Hello-World.html"),
        ("_posts/2024-01-02-b&c_d?.md", "categories: [Computer Vision, C++]\n", "computer%20vision/c++/{}/b&c_d.html"),
        ("_posts/2024-01-02-c.md", "slug: My Slug\ncategory: One Two\n", "one%20two/2024/01/02/My-Slug.html"),
        ("_posts/2024-01-02-a.md", "categories: Computer Vision\n", "computer/vision/2024/01/02/a.html"),
        ("_posts/2024-01-02-é ü.md", "", "2024/01/02/%C3%A9-%C3%BC.html"),
        ("_posts/2024-01-02-x#y.md", "categories: [C#, what?]\n", "c%23/what%3F/2024/01/02/x-y.html"),
        ("news/_posts/sub/2024-01-02-a.md", "category: AI\n", "news/ai/2024/01/02/a.html"),
    ],
)
def test_jekylls_default_is_categories_date_and_name(path, front, address):
    assert jekyll(path, front) == address.format("2024/01/02")


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("pretty", "big%20news/2024/03/01/x-Y/"),
        ("ordinal", "big%20news/2024/061/x-Y.html"),
        ("weekdate", "big%20news/2024/W09/Fri/x-Y.html"),
        ("none", "big%20news/x-Y.html"),
        ("/blog/:title", "blog/x-Y"),
        (
            "/:slugified_categories/:short_year/:i_month/:y_day/:w_day/:short_day/:long_month/:week/:slug/:title_:day",
            "big-news/24/3/061/5/Fri/March/09/x-y/x-Y_01",
        ),
    ],
)
def test_jekylls_patterns_and_styles_are_filled_in(pattern, address):
    front = "date: 2024-03-01\ncategory: Big News\n"
    assert jekyll("_posts/2024-03-01-x#Y.md", front, pattern) == address


def test_jekylls_day_is_that_of_the_sites_zone():
    front = "date: 2024-06-01 23:30:00 +0000\n"
    assert jekyll("_posts/2024-06-01-d.md", front, timezone="Europe/Berlin") == "2024/06/02/d.html"


@pytest.mark.parametrize(
    ("path", "front", "address"),
    [
        ("content/posts/Hello World & C++_é.md", "", "posts/hello-world-c++_%C3%A9/"),
        ("content/posts/bundle/index.md", "", "posts/bundle/"),
        ("content/posts/bundle/index.md", "slug: S L\n", "posts/s-l/"),
        ("content/posts/sub/2024-01-02-dated.md", "", "posts/sub/2024-01-02-dated/"),
        ("content/posts/slug.md", "slug: My Slug\n", "posts/my-slug/"),
        ("content/top.md", "", "top/"),
        ("content/posts/a.en.md", "", "posts/a/"),
        ("content/posts/bundle/index.en.md", "", "posts/bundle/"),
    ],
)
def test_hugos_default_is_the_path_in_small_letters(path, front, address):
    assert hugo(path, front, language="en") == address


@pytest.mark.parametrize(
    ("path", "front", "address"),
    [
        (
            "content/blog/s/one.md",
            'title: "My Title & Co: é?"\ndate: 2024-01-02T00:30:00+02:00\n',
            "2024/01/02/my-title-co-%C3%A9/my-title-co-%C3%A9/one/one/blog/2/january/",
        ),
        (
            "content/blog/bun/index.md",
            "title: Bu N\nslug: S L\n",
            "2024/01/02/s-l/bu-n/bun/s-l/blog/2/january/",
        ),
    ],
)
def test_hugos_patterns_are_filled_in_with_the_day_of_the_dates_own_zone(path, front, address):
    pattern = "/:year/:month/:day/:slug/:title/:filename/:slugorfilename/:section/:yearday/:monthname/"
    assert hugo(path, front, pattern) == address


def test_hugos_day_is_that_of_its_date_and_not_of_its_publication():
    fields = {**DEFAULT_FIELDS, "published_at": ("publishDate", "date")}
    front = "publishDate: 2024-05-01\ndate: 2024-01-02\n"
    assert hugo("content/a.md", front, "/:month/", fields=fields) == "01/"
    assert hugo("content/a.md", front.replace("2024-01-02", "soon"), "/:month/", fields=fields) == "05/"


def test_hugos_patterns_take_a_plus_for_a_space():
    front = "title: 'A+B C++ 50% #1 a_b~c@d'\nslug: S+T\n"
    assert hugo("content/posts/f+g #h.md", front, "/:title/:slug/:filename/") == "a-b-c-50-%231-a_b~c@d/s-t/f-g-%23h/"
    assert hugo("content/posts/z++.md", "title: C++\n", "/:title/:slug/:filename/") == "c-/c-/z-/"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("src/posts/Hello World.md", "posts/Hello%20World/"),
        ("src/posts/2024-01-02-hello.md", "posts/2024-01-02-hello/"),
        ("src/posts/dir/index.md", "posts/dir/"),
        ("src/posts/same/same.md", "posts/same/"),
        ("src/posts/a?b#c.md", "posts/a%3Fb%23c/"),
    ],
)
def test_eleventys_default_is_the_path_as_it_is(path, address):
    assert eleventy(path, content="src") == address


def test_eleventys_patterns_are_filled_in():
    pattern = "/blog/{{ page.fileSlug }}/{{ title | slugify }}{{page.filePathStem}}/index.html"
    made = eleventy("src/posts/2024-02-02-Fo o.md", "title: My Ti tle & é\n", pattern, content="src")
    assert made == "blog/Fo%20o/my-ti-tle-and-e/posts/Fo%20o/"


def test_the_innermost_folder_with_a_pattern_counts():
    front, rules = "title: A\ndate: 2024-01-02\n", {"generator": "hugo", "content": "content"}
    patterns = {"content": "/all/:title/", "content/posts": "/in/:title/"}
    assert article(front, path="content/posts/a.md", permalinks=patterns, **rules).source_url == f"{SITE}in/a/"
    assert article(front, path="content/postscript/a.md", permalinks=patterns, **rules).source_url == f"{SITE}all/a/"


def test_an_articles_own_permalink_comes_before_its_folders():
    assert jekyll("_posts/2024-01-02-a.md", "permalink: /own/\n", "pretty") == "own/"


def test_the_words_of_an_articles_own_permalink_are_filled_in():
    assert jekyll("_posts/2024-01-02-a.md", "category: AI\npermalink: /:categories/x-:title/\n") == "ai/x-a/"
    assert eleventy("posts/a.md", "permalink: '/x/{{ page.fileSlug }}/'\n") == "x/a/"
    assert hugo("content/posts/a.md", "permalink: /:year/:slug/\n") == "2024/a/"


def test_an_article_that_eleventy_makes_no_page_of_needs_a_source():
    front = "title: A\ndate: 2024-01-02\npermalink: false\n"
    assert "no page of its own" in rejected(front, path="a.md", generator="eleventy").reason
    with_source = article(f"{front}sourceUrl: https://other.example/\n", path="a.md", generator="eleventy")
    assert with_source.source_url == "https://other.example/"


@pytest.mark.parametrize(
    ("generator", "pattern", "word"),
    [
        ("jekyll", "/:author/:title/", ":author"),
        ("hugo", "/:sections[1:]/:title/", ":sections[1:]"),
        ("eleventy", "/{{ page.date | readable }}/", "page.date"),
        ("eleventy", "/{% if x %}a{% endif %}/", "page.fileSlug"),
    ],
)
def test_a_word_that_is_not_filled_in_rejects_the_article_and_names_it(generator, pattern, word):
    found = rejected("title: A\ndate: 2024-01-02\n", path="a.md", generator=generator, permalinks={"": pattern})
    assert word in found.reason
