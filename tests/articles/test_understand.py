from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedbot.articles.rules import read_rules
from feedbot.articles.understand import understand
from feedbot.config import DEFAULT_FIELDS, Config
from feedbot.core.article import Article, Image, LinkRole, Provider, Rejected
from feedbot.core.url import canonical_url
from tests.articles.written import NEEDED, RULES, SOURCE, article, read, rejected, remarks, targets


class TestTitle:
    def test_is_one_line_without_what_xml_forbids_and_without_bidi_controls(self):
        front = 'title: "A\\u202e  story\\x07\\n of\\u2066 two"\ndate: 2020-01-24\nsourceUrl: https://a.example/\n'
        assert article(front).title == "A story of two"
        assert remarks(front) == [(2, "title: characters that reorder text or are not allowed in XML are left out")]

    def test_is_the_first_heading_of_the_body_where_the_file_has_none(self):
        front = NEEDED.replace("title: A story\n", "")
        assert article(front, "\nText first\n\n## Of *heads* and `code`\n\n# Second\n").title == "Of heads and code"
        assert article(front, "Under a line\n============\n").title == "Under a line"

    def test_is_needed(self):
        assert rejected(NEEDED.replace("A story", "")) == Rejected(
            "articles/story.md",
            0,
            "title: is missing, and the body has no heading",
            code="title-missing",
            field="title",
        )

    def test_of_another_type_rejects_the_file_with_line_and_expected_type(self):
        assert rejected(NEEDED.replace("A story", "[A, story]")) == Rejected(
            "articles/story.md", 2, "title: expected text, not a list", column=8, code="wrong-type", field="title"
        )

    @pytest.mark.parametrize("title", ["機械学習の現在", "Машинное обучение", "تعلّم الآلة", "C++ & <b>C#</b>"])
    def test_is_kept_as_written_in_any_script(self, title):
        assert article(NEEDED.replace("A story", f"'{title}'")).title == title


class TestDate:
    def test_without_a_zone_is_in_that_of_the_rules(self):
        front = NEEDED.replace("2020-01-24T14:57:00Z", "2020-07-01 12:00")
        assert article(front, timezone="Europe/London").published_at == datetime(2020, 7, 1, 11, tzinfo=UTC)

    def test_is_that_of_the_files_name_where_the_file_gives_none(self):
        found = article("title: A\nsourceUrl: https://a.example/\n", path="_posts/2020-01-24-slug.md")
        assert found.published_at == datetime(2020, 1, 24, tzinfo=UTC)

    def test_given_wins_over_that_of_the_files_name(self):
        assert article(NEEDED, path="2019-05-05-slug.md").published_at == datetime(2020, 1, 24, 14, 57, tzinfo=UTC)

    def test_is_needed(self):
        found = rejected("title: A\nsourceUrl: https://a.example/\n")
        assert found.reason == "publishedDateTime: is missing, and the file's name has no date"

    def test_of_a_files_name_must_be_one(self):
        found = rejected("title: A\nsourceUrl: https://a.example/\n", path="2020-13-45-slug.md")
        assert "in the file's name" in found.reason

    def test_that_is_none_rejects_the_file_and_is_quoted(self):
        found = rejected("title: A\npublishedDateTime: yesterday\nsourceUrl: https://a.example/\n")
        assert found == Rejected(
            "articles/story.md",
            3,
            "publishedDateTime: expected a date such as 2020-01-24T14:57:00Z, not 'yesterday'",
            column=20,
            code="date-invalid",
            field="publishedDateTime",
        )

    def test_of_another_type_rejects_the_file(self):
        found = rejected("title: A\ndate: {year: 2020}\nsourceUrl: https://a.example/\n")
        assert found.reason == "date: expected a date such as 2020-01-24T14:57:00Z, not a mapping"

    def test_of_an_update_is_kept_and_a_wrong_one_is_left_out_with_a_remark(self):
        assert article(NEEDED + "lastmod: 2021-01-01\n").updated_at == datetime(2021, 1, 1, tzinfo=UTC)
        assert article(NEEDED + "updated: soon\n").updated_at is None
        assert remarks(NEEDED + "updated: soon\n") == [
            (5, "updated: expected a date such as 2020-01-24T14:57:00Z, not 'soon'; left out")
        ]


class TestSource:
    @pytest.mark.parametrize("name", ["sourceUrl", "webUrl", "originalUrl", "canonical_url"])
    def test_has_four_names(self, name):
        assert article(NEEDED.replace("sourceUrl", name)).source_url == SOURCE

    def test_is_that_of_the_first_name_with_a_value(self):
        front = NEEDED.replace("sourceUrl", "webUrl") + "sourceUrl:\noriginalUrl: https://other.example/\n"
        assert article(front).source_url == SOURCE

    def test_is_normalised_and_keeps_its_fragment_while_the_target_has_none(self):
        found = article(NEEDED.replace(SOURCE, "HTTPS://EXAMPLE.com:443/a/../b c#part"))
        assert found.source_url == "https://example.com/b%20c#part"
        assert targets(found, LinkRole.SOURCE) == ["https://example.com/b%20c"]

    @pytest.mark.parametrize("text", ["not a url", "www.example.com/page", "'https://'", "'http://a b/'", "'//'"])
    def test_that_is_no_url_rejects_the_file(self, text):
        found = rejected(NEEDED.replace(SOURCE, text))
        assert found.line == 4
        assert found.reason.startswith("sourceUrl: expected a URL")

    def test_of_another_type_rejects_the_file(self):
        assert rejected(NEEDED.replace(SOURCE, "[x]")).reason == "sourceUrl: expected a URL, not a list"

    def test_with_a_scheme_that_is_never_asked_is_kept_as_a_link(self):
        found = article(NEEDED.replace(SOURCE, "javascript:alert(1)"))
        assert targets(found, LinkRole.SOURCE) == ["javascript:alert(1)"]
        (said,) = remarks(NEEDED.replace(SOURCE, "javascript:alert(1)"))
        assert "no feed carries this article" in said[1]

    @pytest.mark.parametrize("text", ["'{{ site.url }}/a'", "'https://a.example/{% post_url x %}'"])
    def test_with_template_marks_rejects_the_file(self, text):
        assert "template marks" in rejected(NEEDED.replace(SOURCE, text)).reason

    def test_loses_its_user_name_and_password_with_a_remark(self):
        front = NEEDED.replace(SOURCE, "https://me:hunter2@a.example/x")
        outcome, said = read(front)
        assert outcome.source_url == "https://a.example/x"
        assert [remark.line for remark in said] == [4]
        assert "hunter2" not in repr((outcome, said))

    def test_with_an_at_sign_in_its_path_has_no_user_name(self):
        assert remarks(NEEDED.replace(SOURCE, "/me@b/a")) == []
        assert remarks(NEEDED.replace(SOURCE, "https://a.example/@me")) == []

    def test_that_begins_with_a_slash_is_on_the_site(self):
        assert article(NEEDED.replace(SOURCE, "/a/b"), site_url="https://me.example/blog/").source_url == (
            "https://me.example/a/b"
        )
        assert article(NEEDED.replace(SOURCE, "//cdn.example/b")).source_url == "https://cdn.example/b"

    def test_longer_than_the_bound_rejects_the_file(self):
        assert "8,192" in rejected(NEEDED.replace(SOURCE, "https://a.example/" + "x" * 8192)).reason

    def test_that_is_too_long_only_when_encoded_rejects_the_file(self):
        assert "when encoded" in rejected(NEEDED.replace(SOURCE, "https://a.example/" + "é" * 5000)).reason


class TestOwnPage:
    """An article without a source is a blog's own page."""

    FRONT = "title: A\ndate: 2020-01-24T23:30:00Z\n"

    def own(self, more: str = "", path: str = "articles/story.md", **rules: object) -> str:
        found = article(self.FRONT + more, path=path, **rules)
        assert targets(found, LinkRole.SOURCE) == [found.source_url]
        return found.source_url

    def test_is_at_its_permalink_below_the_site_with_its_base_path(self):
        assert self.own("permalink: /a/b.html\n", site_url="https://me.example/blog/") == (
            "https://me.example/blog/a/b.html"
        )
        assert self.own("permalink: //evil.example/\n") == "https://example.org/evil.example/"
        assert self.own("permalink: https://other.example/x\n") == "https://other.example/x"

    @pytest.mark.parametrize("pattern", ["/:year/:title/", "pretty", "'{{ page.slug }}'", "[a]"])
    def test_at_a_permalink_that_is_a_pattern_rejects_the_file(self, pattern):
        found = rejected(self.FRONT + f"permalink: {pattern}\n")
        assert found.line == 4
        assert found.reason.startswith("permalink: ")

    def test_of_a_jekyll_post_is_at_its_day_and_slug(self):
        assert self.own(path="_posts/2020-01-24-My-story.md") == "https://example.org/2020/01/24/My-story.html"

    def test_of_a_jekyll_post_has_the_day_in_the_zone_of_the_site(self):
        assert self.own(path="_posts/2020-01-24-a.md", timezone="Asia/Tokyo") == "https://example.org/2020/01/25/a.html"

    def test_of_a_jekyll_post_lies_below_its_categories(self):
        path = "_posts/2020-01-24-a.md"
        assert self.own("categories: News Tech\n", path) == "https://example.org/news/tech/2020/01/24/a.html"
        assert self.own("categories: [Big News]\n", path) == "https://example.org/big-news/2020/01/24/a.html"
        assert self.own("category: Big News\n", path) == "https://example.org/big-news/2020/01/24/a.html"

    @pytest.mark.parametrize(
        ("path", "page"),
        [
            ("content/posts/Hello World.md", "posts/hello-world/"),
            ("content/posts/trip/index.md", "posts/trip/"),
            ("content/_index.md", ""),
            ("posts/hello.md", "posts/hello/"),
            ("../other/posts/a.b.md", "other/posts/a.b/"),
            ("posts/100%?#.md", "posts/100%25%3F%23/"),
            ("posts/学習.md", "posts/%E5%AD%A6%E7%BF%92/"),
        ],
    )
    def test_of_another_file_is_at_its_path(self, path, page):
        assert self.own(path=path) == f"https://example.org/{page}"


class TestPageBesideTheSource:
    """Where feeds.link is `page`, an article's own page is one of its links."""

    def test_is_the_page_that_an_article_without_a_source_would_have(self):
        found = article(NEEDED + "permalink: /a.html\n", own_pages=True, site_url="https://me.example/blog/")
        assert targets(found, LinkRole.PAGE) == ["https://me.example/blog/a.html"]
        assert targets(found, LinkRole.SOURCE) == [SOURCE] == [found.source_url]
        assert targets(article(NEEDED, own_pages=True), LinkRole.PAGE) == ["https://example.org/articles/story/"]

    def test_is_the_source_where_there_is_no_other(self):
        found = article("title: A\ndate: 2020-01-24\n", own_pages=True)
        assert targets(found, LinkRole.PAGE) == targets(found, LinkRole.SOURCE) == [found.source_url]

    def test_has_no_address_where_its_permalink_is_a_pattern(self):
        front = NEEDED + "permalink: /:year/\n"
        assert targets(article(front, own_pages=True), LinkRole.PAGE) == []
        ((_, text),) = remarks(front, own_pages=True)
        assert text.endswith("; so its entry leads to its source (feeds.link)")

    def test_is_no_link_where_entries_lead_to_sources(self):
        assert targets(article(NEEDED), LinkRole.PAGE) == []


class TestOtherUrls:
    @pytest.mark.parametrize(("amp", "cache"), [("ampUrl", "cdnAmpUrl"), ("ampWebUrl", "cdnAmpWebUrl")])
    def test_of_amp_pages_have_two_names(self, amp, cache):
        found = article(NEEDED + f"{amp}: https://a.example/amp\n{cache}: https://a.cdn.example/c\n")
        assert (found.amp_url, found.cdn_amp_url) == ("https://a.example/amp", "https://a.cdn.example/c")
        assert targets(found, LinkRole.AMP) == ["https://a.example/amp"]
        assert targets(found, LinkRole.CDN_AMP) == ["https://a.cdn.example/c"]

    @pytest.mark.parametrize("text", ["no url", "'{{ amp }}'", "{a: b}", "https://a.example/" + "x" * 9000])
    def test_that_are_none_are_left_out_with_a_remark(self, text):
        front = NEEDED + f"ampUrl: {text}\n"
        assert article(front).amp_url is None
        assert targets(article(front), LinkRole.AMP) == []
        [(line, said)] = remarks(front)
        assert line == 5
        assert said.startswith("ampUrl: ")
        assert said.endswith("; left out")

    def test_are_one_link_for_one_role_and_target(self):
        images = "images: ['https://a.example/x.png#1', 'https://a.example/x.png#2', 'https://a.example/x.png']\n"
        found = article(NEEDED + f"ampUrl: {SOURCE}\n" + images)
        assert targets(found, LinkRole.IMAGE) == ["https://a.example/x.png"]
        assert [link.role for link in found.links] == [LinkRole.SOURCE, LinkRole.AMP, LinkRole.IMAGE]


class TestImages:
    def images(self, text: str) -> tuple[Image, ...]:
        return article(NEEDED + text).images

    def test_are_given_as_a_url_a_mapping_or_a_list_of_these(self):
        one = Image("https://a.example/x.png")
        assert self.images("image: https://a.example/x.png\n") == (one,)
        assert self.images("image: {url: https://a.example/x.png}\n") == (one,)
        assert self.images("image: {path: https://a.example/x.png}\n") == (one,)
        assert self.images("images: [https://a.example/x.png, {url: https://a.example/y.png, width: 10}]\n") == (
            one,
            Image("https://a.example/y.png", width=10),
        )

    def test_have_a_size_and_a_title(self):
        text = "images:\n  - url: /x.png\n    width: 1050\n    height: 549px\n    title: ' A  picture '\n"
        assert self.images(text) == (Image("https://example.org/x.png", 1050, 549, "A picture"),)

    @pytest.mark.parametrize("size", ["0", "-3", "50%", "1.5", "9999999", "[1]"])
    def test_of_an_odd_size_are_kept_without_it(self, size):
        text = f"image: {{url: /x.png, width: {size}}}\n"
        assert self.images(text) == (Image("https://example.org/x.png"),)
        assert "expected a number of pixels" in remarks(NEEDED + text)[0][1]

    def test_may_be_relative_to_the_site(self):
        assert self.images("image: assets/a b.png\n") == (Image("https://example.org/assets/a%20b.png"),)

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:image/png;base64,AAAA", "ftp://a.example/x.png"])
    def test_with_another_scheme_stay_links_but_are_never_shown(self, url):
        found = article(NEEDED + f"image: '{url}'\n")
        assert found.images == ()
        assert targets(found, LinkRole.IMAGE) == [url]
        assert remarks(NEEDED + f"image: '{url}'\n")

    @pytest.mark.parametrize(
        "text", ["images: [[x]]\n", "image: {width: 3}\n", "images: ['{{ x }}']\n", "image: {url: [a]}\n"]
    )
    def test_that_are_none_are_left_out_with_a_remark(self, text):
        assert self.images(text) == ()
        assert len(remarks(NEEDED + text)) == 1

    def test_that_are_empty_are_nothing_to_remark_on(self):
        assert remarks(NEEDED + "images: ['', ~]\nimage:\n") == []


class TestProvider:
    def test_is_a_name_or_a_mapping(self):
        assert article(NEEDED + "provider: The Times\n").provider == Provider("The Times")
        assert article(NEEDED + "provider: {name: The Times, domain: Times.example}\n").provider == Provider(
            "The Times", "times.example"
        )

    def test_may_give_its_domain_as_a_url(self):
        assert article(NEEDED + "provider: {domain: 'https://times.example/'}\n").provider.domain == "times.example"

    def test_images_are_links_of_their_own_role(self):
        found = article(NEEDED + "provider: {name: A, images: [{url: /a.png}]}\n")
        assert targets(found, LinkRole.PROVIDER_IMAGE) == ["https://example.org/a.png"]
        assert found.images == ()

    @pytest.mark.parametrize(
        "text", ["[a]", "{name: [a]}", "{domain: a b}", "{domain: localhost}", "{domain: 'https://'}", "{domain: {}}"]
    )
    def test_that_is_off_is_left_out_with_a_remark(self, text):
        assert article(NEEDED + f"provider: {text}\n").provider == Provider()
        [(line, said)] = remarks(NEEDED + f"provider: {text}\n")
        assert line == 5
        assert said.startswith("provider")


class TestTopics:
    def topics(self, text: str) -> tuple[str, ...]:
        return article(NEEDED + text).topics

    def test_are_a_list_or_text_between_commas(self):
        assert self.topics("topics: [AI, Computer Vision]\n") == ("AI", "Computer Vision")
        assert self.topics("tags: AI, Computer Vision,\n") == ("AI", "Computer Vision")

    def test_are_kept_as_written_in_any_script(self):
        assert self.topics("topics: [C++, 'C#', 機械学習, Машинное обучение, 2020, no]\n") == (
            "C++",
            "C#",
            "機械学習",
            "Машинное обучение",
            "2020",
            "no",
        )

    def test_that_are_the_same_name_are_one(self):
        assert self.topics('topics: ["Café AI", "cafe\\u0301  ai", "CAFÉ AI"]\n') == ("Café AI",)

    def test_that_are_empty_or_only_hidden_characters_are_dropped(self):
        assert self.topics('topics: ["", "  ", ~, "\\x07", "\\u202e", AI]\n') == ("AI",)

    @pytest.mark.parametrize("text", ["{a: b}", "[[a]]", "[{name: a}]", f"[{'x' * 201}]"])
    def test_that_are_no_names_are_left_out_with_a_remark(self, text):
        assert self.topics(f"topics: {text}\n") == ()
        assert len(remarks(NEEDED + f"topics: {text}\n")) == 1

    def test_may_be_read_from_categories_by_the_rules(self):
        fields = {**DEFAULT_FIELDS, "topics": ("categories",)}
        assert article(NEEDED + "categories: [A, B]\n", fields=fields).topics == ("A", "B")


class TestRelated:
    FRONT = (
        NEEDED
        + """\
related:
  - title: First
    webUrl: https://one.example/a
    ampWebUrl: https://one.example/amp
    cdnAmpUrl: https://one.cdn.example/amp
    date: 2020-01-23
    description: What it says
    provider: {name: One, domain: one.example, images: [/one.png]}
    image: https://one.example/a.png
  - sourceUrl: https://www.two.example/b
"""
    )

    def test_items_have_the_fields_of_an_article_under_all_their_names(self):
        first = article(self.FRONT).related[0]
        assert (first.title, first.source_url, first.amp_url, first.cdn_amp_url, first.excerpt) == (
            "First",
            "https://one.example/a",
            "https://one.example/amp",
            "https://one.cdn.example/amp",
            "What it says",
        )
        assert first.published_at == datetime(2020, 1, 23, tzinfo=UTC)
        assert first.provider == Provider("One", "one.example")
        assert first.images == (Image("https://one.example/a.png"),)

    def test_items_without_a_title_have_the_host_of_their_url(self):
        assert article(self.FRONT).related[1].title == "two.example"

    def test_items_are_links_of_their_own_roles_at_their_lines(self):
        links = [(link.role.value, link.line) for link in article(self.FRONT).links]
        assert links == [
            ("source", 4),
            ("related.source", 7),
            ("related.amp", 8),
            ("related.cdn_amp", 9),
            ("related.image", 13),
            ("provider.image", 12),
            ("related.source", 14),
        ]

    def test_items_with_something_off_are_kept_without_it(self):
        front = NEEDED + "related:\n  - {title: A, sourceUrl: no url, date: soon, image: [[x]], provider: [x]}\n"
        [item] = article(front).related
        assert (item.title, item.source_url, item.published_at, item.images) == ("A", None, None, ())
        assert [said.partition(":")[0] for _, said in remarks(front)] == [
            "related[1].sourceUrl",
            "related[1].date",
            "related[1].image[1]",
            "related[1].provider",
        ]

    @pytest.mark.parametrize("text", ["just text", "[text]", "[[a]]", "[{}]", "[{excerpt: A}]"])
    def test_items_that_are_none_are_left_out_with_a_remark(self, text):
        assert article(NEEDED + f"related: {text}\n").related == ()
        assert len(remarks(NEEDED + f"related: {text}\n")) == 1

    def test_a_single_item_needs_no_list(self):
        assert [item.title for item in article(NEEDED + "related: {title: A}\n").related] == ["A"]

    def test_items_that_are_drafts_are_left_out_with_their_links(self):
        found = article(NEEDED + "related: [{title: A, sourceUrl: https://b.example/, published: false}]\n")
        assert found.related == ()
        assert len(found.links) == 1


class TestSmallFields:
    @pytest.mark.parametrize("text", ["draft: true", "draft: Yes", "draft: ON", "published: false", "published: 'no'"])
    def test_drafts_are_drafts(self, text):
        assert article(NEEDED + text + "\n").draft
        assert remarks(NEEDED + text + "\n") == []

    @pytest.mark.parametrize("text", ["draft: false", "draft: Off", "published: TRUE", "published:", "draft: no"])
    def test_what_is_published_is_no_draft(self, text):
        assert not article(NEEDED + text + "\n").draft

    @pytest.mark.parametrize("text", ["draft: maybe", "published: 2020-01-24", "draft: [false]", "published: 1"])
    def test_what_is_neither_true_nor_false_is_a_draft_with_a_remark(self, text):
        assert article(NEEDED + text + "\n").draft
        [(line, said)] = remarks(NEEDED + text + "\n")
        assert line == 5
        assert said.endswith("; taken as a draft")

    @pytest.mark.parametrize(("text", "number"), [("89", 89.0), ("-1.5", -1.5), ("1e2", 100.0), (".5", 0.5)])
    def test_quality_and_heat_are_numbers(self, text, number):
        found = article(NEEDED + f"quality: {text}\nheat: {text}\n")
        assert (found.quality, found.heat) == (number, number)

    @pytest.mark.parametrize("text", ["nan", "inf", "1_000", "high", "[1]", "9" * 5000, "1e999", "٣"])
    def test_what_is_no_finite_number_is_left_out_with_a_remark(self, text):
        assert article(NEEDED + f"quality: {text}\n").quality is None
        assert "quality: expected a number" in remarks(NEEDED + f"quality: {text}\n")[0][1]

    @pytest.mark.parametrize("name", ["id", "guid"])
    def test_an_own_id_is_kept_to_a_thousand_characters(self, name):
        assert article(NEEDED + f"{name}: urn:uuid:1\n").own_id == "urn:uuid:1"
        assert article(NEEDED + f"{name}: {'x' * 1000}\n").own_id == "x" * 1000
        assert article(NEEDED + f"{name}: {'x' * 1001}\n").own_id is None
        assert remarks(NEEDED + f"{name}: {'x' * 1001}\n") == [
            (5, f"{name}: expected at most 1,000 characters; left out")
        ]

    def test_an_excerpt_is_one_line(self):
        assert article(NEEDED + "description: |\n  One\n  two  three\n").excerpt == "One two three"

    def test_kind_and_category_are_text(self):
        found = article(NEEDED + "type: video\ncategory: news\n")
        assert (found.kind, found.category) == ("video", "news")
        assert article(NEEDED).kind == "article"
        assert article(NEEDED + "categories: [a, b]\n").category == "a"

    def test_remarks_of_one_file_are_bounded(self):
        said = remarks(NEEDED + "topics: [" + "[x]," * 150 + "]\n")
        assert len(said) == 101
        assert said[-1] == (0, "and 50 more remarks")


class TestSecured:
    """What `secured` holds is nowhere, whatever is wrong around it."""

    CANARY = "Q0FOQVJZ0NJUEhFUlRFWFQrc2VjcmV0/w=="
    PLAIN = "canary-plain"

    def nothing_of(self, canary: str, front: str, body: str = "") -> Article | Rejected:
        outcome, said = read(front, body, body_links=True)
        assert canary not in repr((outcome, said))
        assert canary[:16] not in repr((outcome, said))
        return outcome

    @pytest.mark.parametrize("canary", [CANARY, PLAIN])
    @pytest.mark.parametrize(
        "form",
        [
            'secured: "{}"\n',
            "secured: {}\n",
            "'secured': {}\n",
            "SECURED: {}\n",
            "secured:\n  - {}\n  - a: {}\n",
            "secured: {{{}: 1, {}: 2}}\n",
            "secured: >-\n  {}\n  {}\n",
            "secured: {}\nsecured: {}\n",
            "related:\n  - title: A\n    secured: {}\n",
            "provider: {{name: A, secured: {}}}\n",
            "images: [{{url: /a.png, secured: {}}}]\n",
        ],
    )
    def test_is_dropped_at_every_depth_and_in_every_form(self, form, canary):
        outcome = self.nothing_of(canary, NEEDED + form.replace("{}", canary).replace("{{", "{").replace("}}", "}"))
        assert isinstance(outcome, Article)

    @pytest.mark.parametrize(
        "form",
        [
            'secured: "{}\n',
            "secured: {}: x\n",
            "secured: '{}'x\n",
            "secured: [{}\n",
            "secured: *{}\n",
            "secured: &{} x\n",
            "secured: !{}! x\n",
            "secured: !{}\n  [\n",
            'secured: "\\q{}"\n',
            "secured: @{}\n",
            "secured: {}\n  {}: x\n {}\n",
        ],
    )
    def test_does_not_leak_from_broken_yaml(self, form):
        for canary in (self.CANARY, self.PLAIN):
            self.nothing_of(canary, NEEDED + form.replace("{}", canary))

    @pytest.mark.parametrize(
        "form",
        [
            "quality:\n  secured: {}\n",
            "updated:\n  secured: {}\n",
            "draft: {secured: {}}\n",
            "topics: {secured: {}}\n",
            "ampUrl: {secured: {}}\n",
            "related: {secured: {}}\n",
            "related: [{secured: {}}]\n",
            "image: {secured: {}}\n",
            "quality: secured {}\n",
            "heat: 5\n  secured {}\n",
            "updated: soon\n  secured {}\n",
            "published: true\n  secured = {}\n",
            "ampUrl: no\n  secured {}\n",
        ],
    )
    def test_does_not_leak_from_a_message_about_a_misplaced_value(self, form):
        for canary in (self.CANARY, self.PLAIN):
            self.nothing_of(canary, NEEDED + form.replace("{}", canary))

    def test_does_not_leak_from_a_message_about_a_value_that_looks_like_ciphertext(self):
        for field in ("quality", "updated", "draft", "ampUrl"):
            self.nothing_of(self.CANARY, NEEDED + f"{field}: {self.CANARY}\n")

    def test_does_not_leak_into_text_by_wrong_indentation(self):
        front = NEEDED + f'excerpt: |\n  Some words\n  secured: "{self.CANARY}"\n'
        outcome = self.nothing_of(self.CANARY, front)
        assert isinstance(outcome, Article)
        assert outcome.excerpt.startswith("Some words")

    def test_does_not_leak_into_the_body_by_a_fence_that_comes_too_early(self):
        self.nothing_of(self.CANARY, NEEDED, f'secured: "{self.CANARY};{self.CANARY}"\n---\n\nThe body\n')

    def test_is_not_kept_by_rules_that_name_it(self):
        fields = {**DEFAULT_FIELDS, "excerpt": ("secured",)}
        assert article(NEEDED + f"secured: {self.CANARY}\n", fields=fields).excerpt == ""

    def test_as_a_word_of_a_text_stays(self):
        assert article(NEEDED + "excerpt: 'Doors secured: nobody in'\n").excerpt == "Doors secured: nobody in"

    def test_hides_no_duplicates_after_it(self):
        front = NEEDED + "secured: {a: 1, a: 2}\nheat: 1\nheat: 2\n"
        assert remarks(front) == [(7, "heat: is given twice; the last one counts")]


class TestRules:
    def config(self, **articles: object) -> Config:
        return Config.model_validate(
            {
                "site": {"title": "A", "url": "https://me.example/blog"},
                "feeds": {"url": "https://me.example/feeds/"},
                "articles": articles,
            }
        )

    def test_come_from_the_configuration(self):
        rules = read_rules(self.config(timezone="Europe/London", fields={"title": "headline"}))
        assert (rules.timezone, rules.site_url, rules.body_links) == (
            "Europe/London",
            "https://me.example/blog/",
            False,
        )
        assert rules.fields["title"] == ("headline",)
        assert rules.fields["source_url"] == DEFAULT_FIELDS["source_url"]

    def test_have_a_fingerprint_that_changes_with_each_of_them(self):
        rules = [
            RULES,
            read_rules(self.config()),
            read_rules(self.config(timezone="Europe/London")),
            read_rules(self.config(fields={"title": "headline"})),
            read_rules(self.config(fields={"topics": ["tags", "topics"]})),
            read_rules(
                self.config().model_copy(update={"links": self.config().links.model_copy(update={"body": True})})
            ),
        ]
        rules.append(replace(rules[-1], own_pages=True))
        assert len({rule.fingerprint for rule in rules}) == len(rules)
        assert read_rules(self.config()).fingerprint == read_rules(self.config()).fingerprint


PIECES = st.sampled_from(
    ["---\n", "title: A\n", "date: 2020-01-24\n", "sourceUrl: https://a.example/\n", "related:\n", "  - ", "images: ["]
    + [
        "secured: x\n",
        "topics: ",
        "{",
        "}",
        "]",
        "&a ",
        "*a",
        "\xff",
        "\0",
        "\r\n",
        "# H\n",
        "<b>",
        "](",
        "![",
        "'",
        '"',
    ]
    + [
        "\ud800",
        "\u202e",
        "provider: ",
        "permalink: ",
        "draft: ",
        "quality: ",
        "http://[",
        "//",
        "%",
        "\\",
        "1e9",
        "|\n ",
    ]
)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(
    st.binary()
    | st.lists(PIECES | st.text(max_size=9)).map(lambda parts: "".join(parts).encode(errors="surrogatepass"))
)
@example(b"---\n---\n")
@example(b"---\n---\n# H\n")
def test_any_bytes_are_an_article_or_rejected(raw):
    for content in (raw, b"---\n" + raw, b"---\n" + NEEDED.encode() + raw + b"\n---\n" + raw):
        outcome, said = understand("2020-01-24-a.md", content, RULES)
        assert isinstance(outcome, Article | Rejected)
        repr((outcome, said)).encode()
        if isinstance(outcome, Article):
            assert outcome.title
            assert all(canonical_url(link.url) == link.url and link.line >= 1 for link in outcome.links)


class TestIgnore:
    FRONT = NEEDED + "ampUrl: https://news.example.com/story.amp\nimages: [https://cdn.example/a.jpg]\n"

    def ignored(self, more):
        return [link.url for link in article(self.FRONT + more).links if link.is_ignored]

    def test_names_the_links_to_leave_alone(self):
        assert self.ignored(f"ignore: {SOURCE}\n") == [SOURCE]
        assert self.ignored(f"ignore: ['{SOURCE}#top', https://cdn.example/a.jpg]\n") == [
            SOURCE,
            "https://cdn.example/a.jpg",
        ]

    def test_true_is_all_of_them(self):
        assert len(self.ignored("ignore: true\n")) == 3
        assert self.ignored("ignore: false\n") == self.ignored("") == []

    def test_what_is_no_url_is_told_and_left_out(self):
        assert self.ignored("ignore: [nonsense]\n") == []
        assert remarks(self.FRONT + "ignore: [nonsense]\n") == [
            (7, "ignore[1]: expected a URL such as https://example.org/page, or true for all links; left out")
        ]


def test_a_link_knows_whose_it_is():
    front = (
        NEEDED
        + "related:\n- {title: one, sourceUrl: https://one.example/}\n- {}\n- {sourceUrl: https://three.example/}\n"
    )
    found = article(front)
    assert [(link.url, link.item) for link in found.links] == [
        (SOURCE, 0),
        ("https://one.example/", 1),
        ("https://three.example/", 2),
    ]
    assert [related.source_url for related in found.related] == ["https://one.example/", "https://three.example/"]
