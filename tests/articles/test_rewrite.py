"""Links rewritten in article files, and nothing else."""

import sys
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.articles.rewrite import Rewriting, rewrite
from feedbot.articles.rewrite_body import changed_links
from feedbot.articles.understand import understand
from feedbot.core.article import Article, LinkRole, Rejected
from feedbot.core.identity import content_digest
from feedbot.core.patch import applied
from tests.articles.written import RULES

OLD, NEW = "http://news.example/story", "https://news.example/2026/story/"
PLAIN = f"title: A story\ndate: 2020-01-24\nsourceUrl: {OLD}\n"
BODIES = replace(RULES, body_links=True)


def file(front, body=""):
    return f"---\n{front}---\n{body}".encode()


def done(raw, new=NEW, old=OLD, *, withdrawn=(), taken=None, rules=BODIES, path="articles/story.md"):
    """What came of it; whatever that is, its edits are the difference and the words are the same."""
    rewriting = rewrite(path, raw, rules, {old: new} if new else {}, withdrawn, taken)
    assert isinstance(rewriting, Rewriting)
    assert applied(raw, rewriting.edits) == rewriting.raw
    before, after = (understand(path, one, rules)[0] for one in (raw, rewriting.raw))
    assert isinstance(before, Article)
    assert isinstance(after, Article)
    assert content_digest(before) == content_digest(after)
    return rewriting


def text_of(front, body="", **more):
    """The file afterwards, of which every link to OLD was rewritten."""
    rewriting = done(file(front, body), **more)
    assert not rewriting.left
    return rewriting.raw.decode()


def is_left(raw, **more):
    rewriting = done(raw, **more)
    assert rewriting.raw == raw
    assert not rewriting.edits
    return [one.why for one in rewriting.left]


class TestFrontMatter:
    @pytest.mark.parametrize(
        ("written", "becomes"),
        [
            ("{}", "{}"),
            ("'{}'", "'{}'"),
            ('"{}"', '"{}"'),
            ("{}  # as of 2020", "{}  # as of 2020"),
            (">-\n  {}", ">-\n  {}"),
            ("|\n  {}", "|\n  {}"),
            (">  # folded\n    {}\n", ">  # folded\n    {}\n"),
            ("\n  {}", "\n  {}"),
            ('" {} "', '" {} "'),
        ],
    )
    def test_keeps_how_a_url_is_written(self, written, becomes):
        front = f"title: A story\ndate: 2020-01-24\nsourceUrl: {written.format(OLD)}\ntopics: [AI]\n"
        assert text_of(front) == file(front.replace(OLD, NEW)).decode()
        assert written == becomes

    def test_writes_a_url_with_escapes_anew(self):
        escaped = OLD.replace("/", "\\/")
        assert f'sourceUrl: "{NEW}"\n' in text_of(PLAIN.replace(OLD, f'"{escaped}"'))

    @pytest.mark.parametrize(
        ("new", "written"),
        [
            ("https://news.example/a:", "'https://news.example/a:'"),
            ("https://news.example/?a,b]}", "https://news.example/?a,b]}"),
            ("https://news.example/it's", "https://news.example/it's"),
            ("https://news.example/a#b", "https://news.example/a#b"),
        ],
    )
    def test_quotes_an_address_only_where_it_must_be(self, new, written):
        assert f"sourceUrl: {written}\n" in text_of(PLAIN, new=new)

    @pytest.mark.parametrize(
        ("new", "written"),
        [
            ("https://news.example/?a,b]}", "'https://news.example/?a,b]}'"),
            ("https://news.example/it's,", "'https://news.example/it''s,'"),
        ],
    )
    def test_quotes_it_in_a_flow_mapping(self, new, written):
        front = (
            f"title: A\ndate: 2020-01-24\nsourceUrl: https://b.example/\nrelated: [{{title: B, sourceUrl: {OLD}}}]\n"
        )
        assert f"related: [{{title: B, sourceUrl: {written}}}]\n" in text_of(front, new=new)

    def test_doubles_an_apostrophe_in_single_quotes(self):
        assert "'https://news.example/it''s'" in text_of(
            PLAIN.replace(OLD, f"'{OLD}'"), new="https://news.example/it's"
        )

    def test_keeps_the_fragment_where_the_new_address_has_none(self):
        front = PLAIN.replace(OLD, f"{OLD}#Part two")
        assert f"sourceUrl: {NEW}#Part two\n" in text_of(front)
        assert f"sourceUrl: {NEW}#own\n" in text_of(front, new=f"{NEW}#own")

    @pytest.mark.parametrize("written", ["HTTP://NEWS.example:80/story", "http://news.example/./story"])
    def test_finds_a_url_however_it_is_spelt(self, written):
        assert f"sourceUrl: {NEW}\n" in text_of(PLAIN.replace(OLD, written))

    @pytest.mark.parametrize(
        ("written", "becomes"),
        [
            ("/old.jpg", "/new.jpg"),
            ("../old.jpg#x", "https://example.org/new.jpg#x"),
            ("//example.org/old.jpg", "https://example.org/new.jpg"),
        ],
    )
    def test_finds_a_relative_url_and_keeps_one_from_the_root_of_the_site(self, written, becomes):
        front = f"{PLAIN.replace(OLD, NEW)}images: [{{}}]\n"
        moved = {"new": "https://example.org/new.jpg", "old": "https://example.org/old.jpg"}
        assert text_of(front.format(written), **moved) == file(front.format(becomes)).decode()
        body = FRONT, f"![]({written})\n"
        assert text_of(*body, **moved) == file(FRONT, f"![]({becomes})\n").decode()

    def test_an_address_on_another_site_is_written_whole(self):
        front = f"{PLAIN.replace(OLD, NEW)}images: [/old.jpg]\n"
        assert f"images: [{NEW}]\n" in text_of(front, old="https://example.org/old.jpg")

    def test_rewrites_every_link_to_it_in_its_fields_and_no_other_text(self):
        front = f"""title: '{OLD}'
date: 2020-01-24
excerpt: see {OLD}
sourceUrl: {OLD}
guid: {OLD}
images:
  - url: "{OLD}"
    title: {OLD}
provider: {{name: News, images: [{{src: {OLD}}}]}}
related:
  - title: B
    sourceUrl: {OLD}
  - {{title: C, webUrl: '{OLD}', image: {OLD}}}
"""
        after = front
        for link in ("sourceUrl: {}", 'url: "{}"', "src: {}", "webUrl: '{}'", "image: {}"):
            after = after.replace(link.format(OLD), link.format(NEW))
        assert text_of(front) == file(after).decode()

    def test_a_picture_that_is_there_twice_is_left(self):
        assert len(is_left(file(f"{PLAIN.replace(OLD, NEW)}images: [{OLD}, '{OLD}']\n"))) == 1

    def test_takes_the_field_and_not_its_neighbour_on_the_same_line(self):
        front = f"{PLAIN.replace(OLD, 'https://b.example/')}related: [{{title: {OLD}, sourceUrl: {OLD}}}]\n"
        assert f"[{{title: {OLD}, sourceUrl: {NEW}}}]" in text_of(front)

    def test_the_last_of_two_equal_keys_is_the_one_that_counts(self):
        front = f"title: A\ndate: 2020-01-24\nsourceUrl: {OLD}\nsourceUrl: {OLD}\n"
        assert text_of(front) == file(front[: front.rindex(OLD)] + NEW + "\n").decode()

    def test_the_address_of_ones_own_page_is_left(self):
        front = "title: A\ndate: 2020-01-24\npermalink: http://news.example/story\n"
        assert is_left(file(front)) == [
            "is written in a way that is not rewritten without a change of anything else; change it yourself"
        ]
        rules = replace(BODIES, own_pages=True)
        rewriting = done(file(f"{PLAIN}permalink: {OLD}\n"), rules=rules)
        assert rewriting.raw == file(f"{PLAIN.replace(OLD, NEW)}permalink: {OLD}\n")
        assert not rewriting.left

    def test_a_related_title_that_is_only_the_host_is_not_changed_in_passing(self):
        front = f"{PLAIN.replace(OLD, 'https://b.example/')}related: [{{sourceUrl: {OLD}}}]\n"
        assert is_left(file(front), new="https://elsewhere.example/")
        assert NEW in text_of(front)

    def test_a_tag_stays(self):
        assert f"sourceUrl: !!str {NEW}\n" in text_of(PLAIN.replace(OLD, f"!!str {OLD}"))
        escaped = OLD.replace("/", "\\/")
        assert len(is_left(file(PLAIN.replace(OLD, f'!!str "{escaped}"')))) == 1

    def test_front_matter_with_control_characters_is_left_for_a_person(self):
        assert len(is_left(file(PLAIN.replace("A story", "A \x01 story")))) == 1

    def test_ignored_links_are_left_without_a_word(self):
        assert is_left(file(f"{PLAIN}ignore: true\n")) == []
        assert is_left(file(f"{PLAIN}ignore: ['{OLD}']\n")) == []

    def test_no_second_article_gets_the_same_source(self):
        assert is_left(file(PLAIN), taken={NEW: "articles/other.md"}) == [
            f"has moved to {NEW}, which is the source of articles/other.md already: one of the two is a duplicate"
        ]
        assert not done(file(PLAIN), taken={NEW: "articles/story.md"}).left

    def test_what_yaml_alone_takes_for_line_ends_is_kept(self):
        front = f"title: 'A\u2028B\x85C'\ndate: 2020-01-24\nexcerpt: Ünïcödé\nsourceUrl: {OLD}\n"
        assert text_of(front) == file(front.replace(OLD, NEW)).decode()

    def test_a_file_that_cannot_be_used_is_rejected(self):
        assert isinstance(rewrite("a.md", b"no front matter", BODIES, {OLD: NEW}), Rejected)

    def test_ciphertext_that_breaks_the_yaml_is_no_trouble(self):
        front = f"{PLAIN}secured: {'QUJD' * 8}; {{\n"
        rewriting = rewrite("a.md", file(front), BODIES, {OLD: NEW})
        assert isinstance(rewriting, Rejected | Rewriting)


AMP = "https://news.example/story.amp"
COPY = "https://news-example.cdn.ampproject.org/c/s/news.example/story.amp"


class TestWithdrawnAmp:
    def gone(self, front, **more):
        return done(file(front), None, withdrawn={AMP}, **more)

    def test_its_line_goes_with_its_comment_and_its_copy_goes_too(self):
        front = (
            f"title: A\nampUrl: {AMP}  # fast\n# a note\ncdnAmpUrl: >-\n  {COPY}\ndate: 2020-01-24\nsourceUrl: {NEW}\n"
        )
        rewriting = self.gone(front)
        assert rewriting.raw == file(f"title: A\n# a note\ndate: 2020-01-24\nsourceUrl: {NEW}\n")
        assert [(one.role, one.line, one.address) for one in rewriting.mended] == [
            (LinkRole.AMP, 3, None),
            (LinkRole.CDN_AMP, 5, None),
        ]

    def test_another_pages_copy_stays(self):
        other = COPY.replace("story", "other")
        front = f"{PLAIN}ampUrl: {AMP}\ncdnAmpUrl: {other}\n"
        assert self.gone(front).raw == file(f"{PLAIN}cdnAmpUrl: {other}\n")

    @pytest.mark.parametrize(
        ("item", "left"),
        [
            (f"{{title: B, sourceUrl: {NEW}, ampUrl: {AMP}, cdnAmpUrl: '{COPY}'}}", f"{{title: B, sourceUrl: {NEW}}}"),
            (f"{{ampUrl: {AMP}, title: B, sourceUrl: {NEW}}}", f"{{title: B, sourceUrl: {NEW}}}"),
            (f"{{title: B, ampUrl: {AMP}, cdnAmpUrl: '{COPY}', sourceUrl: {NEW}}}", f"{{title: B, sourceUrl: {NEW}}}"),
            (f"{{title: B,\n     ampUrl: {AMP},\n     sourceUrl: {NEW}}}", f"{{title: B,\n     sourceUrl: {NEW}}}"),
            (f"ampUrl: {AMP}\n    title: B\n    sourceUrl: {NEW}", f"title: B\n    sourceUrl: {NEW}"),
            (f"title: B\n    sourceUrl: {NEW}\n    ampUrl: {AMP}", f"title: B\n    sourceUrl: {NEW}"),
        ],
    )
    def test_in_a_related_article_it_goes_however_that_is_written(self, item, left):
        front = PLAIN + "related:\n  - {}\n"
        assert self.gone(front.format(item)).raw == file(front.format(left))

    @pytest.mark.parametrize(
        "item",
        [
            f"ampUrl: {AMP}\n    # about B\n    title: B\n    sourceUrl: {NEW}",
            f"{{ampUrl: {AMP}, # about B\n     title: B, sourceUrl: {NEW}}}",
            f"{{title: B, sourceUrl: {NEW}, # its AMP page\n     ampUrl: {AMP}}}",
        ],
    )
    def test_it_stays_where_a_comment_would_go_with_it(self, item):
        front = f"{PLAIN}related:\n  - {item}\n"
        rewriting = self.gone(front)
        assert rewriting.raw == file(front)
        assert len(rewriting.left) == 1

    def test_it_stays_where_it_is_all_that_is_left(self):
        front = f"{PLAIN}related: [{{title: B, ampUrl: {AMP}}}]\n"
        assert [one.why for one in self.gone(front).left] == [
            "is all that is left of a related article without sourceUrl"
        ]

    def test_it_stays_where_another_would_come_in_its_place(self):
        front = f"{PLAIN}ampWebUrl: https://news.example/other.amp\nampUrl: {AMP}\n"
        assert len(self.gone(front).left) == 1

    def test_it_stays_where_a_known_one_would_come_in_its_place(self):
        other = "https://news.example/other.amp"
        items = f"[{{title: B, sourceUrl: {NEW}, ampUrl: {AMP}, ampWebUrl: {other}}}, {{title: C, ampUrl: {other}}}]"
        assert len(self.gone(f"{PLAIN}related: {items}\n").left) == 1

    def test_a_url_that_is_a_source_as_well_stays_that(self):
        front = f"title: A\ndate: 2020-01-24\nsourceUrl: {AMP}\n"
        assert self.gone(front).raw == file(front)

    def test_an_amp_page_that_leads_to_its_article_is_not_rewritten(self):
        front = f"{PLAIN}ampUrl: {AMP}\n"
        rewriting = rewrite("a.md", file(front), BODIES, {OLD: NEW, AMP: NEW})
        assert rewriting.raw == file(f"{PLAIN.replace(OLD, NEW)}ampUrl: {AMP}\n")
        assert "leads to its article" in rewriting.left[0].why

    def test_a_copy_that_leads_out_of_its_cache_is_not_rewritten(self):
        assert "leads away from the cache" in is_left(file(f"{PLAIN}cdnAmpUrl: {COPY}\n"), old=COPY, new=NEW)[0]

    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_line_ends_stay(self, end):
        front = f"title: A\nampUrl: {AMP}\ndate: 2020-01-24\nsourceUrl: {NEW}\n"
        raw, left = (file(text).replace(b"\n", end.encode()) for text in (front, front.replace(f"ampUrl: {AMP}\n", "")))
        assert done(raw, None, withdrawn={AMP}).raw == left


FRONT = "title: A\ndate: 2020-01-24\nsourceUrl: https://b.example/\n"


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            "See [it]({}) there.\n",
            "[it]( {} 'Title' )\n",
            "[it](<{}>)\n",
            "![A picture]({})\n",
            "[![A picture]({})]({})\n",
            "[it][1] and [it too][1]\n\n[1]: {}\n",
            "[it]\n\n[it]: <{}> 'Title'\n",
            "> [it]\n>\n> [it]: {}\n",
            "<{}>\n",
            '<a href="{}">it</a>\n',
            "<A HREF = '{}' class=x>it</A>\n",
            "<img src={} alt=it>\n",
            '<p>\n<a\n href="{}">it</a>\n</p>\n',
            "- [it]({}#part)\n",
            "[it]({}#part)\r\n\r\nmore\r\n",
        ],
    )
    def test_a_link_is_rewritten_however_it_is_written(self, body):
        assert text_of(FRONT, body.replace("{}", OLD)) == file(FRONT, body.replace("{}", NEW)).decode()

    @pytest.mark.parametrize(
        "body",
        [
            "`[it]({})`\n",
            "    [it]({})\n",
            "```\n[it]({})\n<{}>\n```\n",
            "<!-- [it]({}) <a href='{}'>it</a> -->\n",
            "{}\n",
            '{{{{< figure src="{}" >}}}}\n',
            "<pre><code>&lt;a href='{}'></code></pre>\n",
            "<span data-href='{}'>it</span>\n",
            "[unused]: {}\n",
            "\\[it]({})\n",
        ],
    )
    def test_what_is_no_link_is_left(self, body):
        body = body.replace("{{{{", "{{").replace("}}}}", "}}").replace("{}", OLD)
        assert text_of(FRONT, f"[it]({OLD})\n\n{body}\n[it]({OLD})\n") == text_of(
            FRONT, f"[it]({NEW})\n\n{body}\n[it]({NEW})\n"
        )
        assert is_left(file(FRONT, body)) == []

    @pytest.mark.parametrize(
        ("body", "new", "becomes"),
        [
            ("[it]({})\n", "https://news.example/a)b", "[it](<https://news.example/a)b>)\n"),
            ("[it]({})\n", "https://news.example/a(b)", "[it](https://news.example/a(b))\n"),
            ("[it]({})\n", "https://news.example/?a=1&copy;", "[it](https://news.example/?a=1&amp;copy;)\n"),
            ("<a href='{}'>it</a>\n", "https://news.example/it's", None),
            ('<a href="{}">it</a>\n', "https://news.example/?a&b", '<a href="https://news.example/?a&amp;b">it</a>\n'),
        ],
    )
    def test_an_address_is_escaped_as_its_place_wants(self, body, new, becomes):
        raw = file(FRONT, body.replace("{}", OLD))
        if becomes is None:
            assert len(is_left(raw, new=new)) == 1
        else:
            assert done(raw, new=new).raw == file(FRONT, becomes)

    def test_entities_and_escapes_in_a_written_url_are_understood(self):
        old = "http://news.example/?a=1&b=2"
        body = '[one](http://news.example/?a=1&amp;b=2) [two](http://news.example/?a\\=1&b=2) <a href="{}">3</a>\n'
        after = text_of(FRONT, body.replace("{}", old.replace("&", "&amp;")), old=old)
        assert after == file(FRONT, f'[one]({NEW}) [two]({NEW}) <a href="{NEW}">3</a>\n').decode()

    def test_a_longer_url_is_another(self):
        body = f"[it]({OLD}) [more]({OLD}/more) [{OLD}]({OLD}2)\n"
        assert text_of(FRONT, body) == file(FRONT, body.replace(f"({OLD})", f"({NEW})")).decode()

    @pytest.mark.parametrize(
        ("before", "after", "is_so"),
        [
            (f'<a href="{OLD}">it</a>', f'<a href="{NEW}">it</a>', True),
            (f'<a href="{OLD}#a">it</a>', f'<a href="{NEW}#a">it</a>', True),
            (f'<a href="{OLD}">{OLD}</a>', f'<a href="{NEW}">{NEW}</a>', True),
            (f'<a href="{OLD}">it</a>', f'<a href="{OLD}">it</a>', False),
            (f'<a href="{OLD}">it</a>', '<a href="https://other.example/">it</a>', False),
            (f'<a href="{OLD}#a">it</a>', f'<a href="{NEW}">it</a>', False),
            ('<a href="https://other.example/">it</a>', f'<a href="{NEW}">it</a>', False),
            (f'<a href="{OLD}">it</a>', f'<a href="{NEW}">that</a>', False),
            (f'<a href="{OLD}">it</a> {OLD}', f'<a href="{NEW}">it</a> {NEW}', False),
            (f'<a href="{OLD}">it</a>', f'<a href="{NEW}">it</a><img src="{NEW}">', False),
            (f'<a href="{OLD}">it</a>', f'<a href="{NEW}">it</a></a>', False),
            (f'<p>src is src="{OLD}"</p>', f'<p>src is src="{NEW}"</p>', False),
            (f'<img alt="a > b" src="{OLD}">', f'<img alt="a > b" src="{NEW}">', True),
        ],
    )
    def test_of_what_readers_get_the_link_alone_may_change(self, before, after, is_so):
        assert bool(changed_links(before, after, {OLD: NEW})) == is_so

    @pytest.mark.parametrize(
        "body",
        [
            "[it]({old})\n",
            "[it][{n}]\n\n[{n}]: {old}\n",
            "[it]({old}) and <{old}>\n",
            "[it][{n}] and [it]({old})\n\n[{n}]: {old}\n",
            "[it]({old}) `[it]({old})` <!-- {old} -->\n",
            "[it][{n}] <!-- [it]({old}) -->\n\n[{n}]: {old}\n",
            "[it]({old})\n\n[unused]: {old}\n",
            "[it]({old})\n\n[it](https://stays.example/{n})\n",
        ],
    )
    def test_many_links_become_what_each_becomes_alone(self, body):
        moved = {f"{OLD}/{n}": f"{NEW}{n}" for n in range(9)}
        raw = file(FRONT, "\n".join(body.replace("{old}", old).replace("{n}", old[-1]) for old in moved))
        at_once, one_by_one = rewrite("a.md", raw, BODIES, moved), raw
        for old, new in moved.items():
            one_by_one = rewrite("a.md", one_by_one, BODIES, {old: new}).raw
        assert at_once.raw == applied(raw, at_once.edits) == one_by_one
        assert {one.url for one in at_once.mended} == set(moved)
        for one in at_once.mended:
            assert one.url.encode() in raw.splitlines()[one.line - 1]

    def test_a_body_is_read_as_often_for_many_links_as_for_few(self):
        def reads(number):
            moved = {f"{OLD}/{n}": f"{NEW}{n}" for n in range(number)}
            raw, calls = file(FRONT, "".join(f"[it]({old})\n\n" for old in moved)), []
            sys.setprofile(lambda frame, event, _: calls.append(event) if frame.f_code is understand.__code__ else None)
            try:
                assert len(rewrite("a.md", raw, BODIES, moved).mended) == number
            finally:
                sys.setprofile(None)
            return calls.count("call")

        assert reads(3) == reads(300)

    def test_where_bodies_are_not_checked_they_stay(self):
        assert is_left(file(FRONT, f"[it]({OLD})\n"), rules=RULES) == []


# Whatever the style, order and line ends: the link changes and every other byte is what it was.

URLS = st.sampled_from(
    [
        "http://news.example/a",
        "http://news.example/?a=1&b=%20#x",
        "http://news.example/it's",
        "http://news.example/a,b",
        "http://news.example/a:",
        "http://news.example/~[x]",
        "https://news.example/a/",
        "https://xn--mnchen-3ya.example/x",
    ]
)
STYLES = {
    "plain": "{}",
    "single": "'{}'",
    "double": '"{}"',
    "folded": ">-\n    {}",
    "literal": "|\n    {}\n",
    "next line": "\n    {}",
    "comment": "'{}' # {{not: 'this'}}",
}
OTHERS = st.lists(
    st.sampled_from(
        [
            "topics: [AI, 'C++']\n",
            "# sourceUrl: http://news.example/a\n",
            "\n",
            "excerpt: >\n  Words, ünd # more\n  of them\n",
            'quality:   89 # "high"\n',
            "provider: {name: News, domain: news.example}\n",
            "extra: http://news.example/a\n",
        ]
    ),
    max_size=5,
    unique=True,
)


def quoted(url, style):
    if style in {"plain", "next line"} and url.endswith(":"):
        return None
    return STYLES[style].format(url.replace("'", "''") if "'{" in STYLES[style] else url)


@settings(max_examples=200)
@given(
    URLS,
    URLS,
    st.sampled_from(sorted(STYLES)),
    st.sampled_from(["source", "related", "image"]),
    OTHERS,
    OTHERS,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\ufeff"]),
)
def test_a_rewritten_link_is_all_that_changes(old, new, style, where, above, below, end, mark):
    target = old.partition("#")[0]
    written = quoted(old, style)
    if written is None or target == new.partition("#")[0] or set(above) & set(below):
        return
    key = {
        "source": "sourceUrl: {}\n",
        "related": "sourceUrl: https://b.example/\nrelated:\n- title: B\n  sourceUrl: {}\n",
        "image": "sourceUrl: https://b.example/\nimages:\n- title: B\n  url: {}\n",
    }[where]
    front = f"title: A\ndate: 2020-01-24\n{''.join(above)}{key.format(written)}{''.join(below)}"
    raw = (mark + f"---\n{front}---\nBody {old}\n".replace("\n", end)).encode()
    rewriting = done(raw, new, target)
    assert not rewriting.left
    assert len(rewriting.mended) == 1
    before = f"---\ntitle: A\ndate: 2020-01-24\n{''.join(above)}{key.partition('{}')[0]}"
    start = len((mark + before.replace("\n", end)).encode())
    assert all(start <= one.start <= one.end <= start + len(written.replace("\n", end)) for one in rewriting.edits)
    after, _ = understand("articles/story.md", rewriting.raw, BODIES)
    expected = new if "#" in new or "#" not in old else f"{new}#{old.partition('#')[2]}"
    assert isinstance(after, Article)
    assert {
        "source": after.source_url,
        "related": after.related[0].source_url if after.related else None,
        "image": after.images[0].url if after.images else None,
    }[where] == expected


# Front matter as programs write it, with the URL in texts too: PyYAML's own writer makes it and its loader looks.

TEXTS = st.one_of(
    URLS,
    st.just(OLD),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=60),
    st.sampled_from([f"see {OLD} # there", f"{OLD}: it", "a: b", "- x", "'", '"', "", "  two\nlines\n", "#", "| x"]),
)
PAIRS = st.dictionaries(st.sampled_from(["excerpt", "guid", "extra", "x: y", "'", "note"]), TEXTS, max_size=4)
WRITERS = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
        "default_flow_style": st.sampled_from([None, True, False]),
        "width": st.sampled_from([20, 80, 10_000]),
        "indent": st.sampled_from([2, 4]),
        "allow_unicode": st.booleans(),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "sort_keys": st.booleans(),
    }
)


@settings(max_examples=300)
@given(PAIRS, PAIRS, URLS, WRITERS, st.booleans())
def test_in_what_yaml_writers_write_the_link_alone_changes(pairs, item, new, how, is_withdrawn):
    link = AMP if is_withdrawn else OLD
    other = {**item, "title": "B", "sourceUrl": NEW, **({"ampUrl": AMP} if is_withdrawn else {"webUrl": "x"})}
    said = {**pairs, "title": "A", "date": "2020-01-24", "sourceUrl": NEW if is_withdrawn else OLD}
    said |= {"ampUrl": AMP} if is_withdrawn else {"images": [{"url": OLD, "note": OLD}]}
    said |= {"related": [other]}
    if not is_withdrawn:
        other["sourceUrl"] = OLD
    front = yaml.safe_dump(said, **how)
    raw = f"---\n{front}---\n".encode()
    if not isinstance(understand("articles/story.md", raw, BODIES)[0], Article):
        return
    rewriting = done(raw, None if is_withdrawn else new, withdrawn={AMP} if is_withdrawn else ())
    after = yaml.load(rewriting.raw.decode().split("---\n")[1], Loader=yaml.BaseLoader)
    before = yaml.load(front, Loader=yaml.BaseLoader)
    for mended in rewriting.mended:
        where = before["related"][0] if mended.role.startswith("related") else before
        if is_withdrawn:
            del where["ampUrl"]
        elif mended.role == "image":
            before["images"][0]["url"] = new
        else:
            where["sourceUrl"] = new
    assert after == before
    assert len(rewriting.mended) + len(rewriting.left) == (2 if is_withdrawn else 3)
    assert link not in {one.url for one in rewriting.left} or how["default_style"] in {"|", ">"} or how["width"] == 20
