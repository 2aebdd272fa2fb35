"""What kind of site a folder is, and what its generator's settings mean."""

import pytest

from feedbot.core.sites.facts import Facts, Kind
from feedbot.core.sites.fields import propose_fields
from feedbot.core.sites.kinds import kind_of, site_of

KNOWN = {
    "title": ("title",),
    "source_url": ("sourceUrl",),
    "published_at": ("date",),
    "updated_at": ("updated",),
    "excerpt": ("excerpt",),
    "category": ("category",),
    "topics": ("topics", "tags"),
    "provider": ("provider",),
    "images": ("images",),
    "published": ("published",),
    "permalink": ("url",),
}


def facts(*markdown, settings=None, scripts=None, top=()):
    settings, scripts = settings or {}, scripts or {}
    names = {path.partition("/")[0] for path in (*markdown, *settings, *scripts)} | set(top)
    return Facts(frozenset(names), tuple(sorted(markdown)), settings, scripts)


def jekyll(*markdown, **config):
    return site_of(facts(*markdown, settings={"_config.yml": config}))


def hugo(*markdown, **config):
    return site_of(facts(*markdown, settings={"hugo.toml": config}))


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (facts("_posts/a.md"), Kind.JEKYLL),
        (facts("docs/_posts/a.md"), Kind.JEKYLL),
        (facts(top=["_posts"]), Kind.JEKYLL),
        (facts("content/a.md", settings={"_config.yml": {}}), Kind.JEKYLL),
        (facts("content/a.md"), Kind.HUGO),
        (facts(top=["content", "archetypes"]), Kind.HUGO),
        (facts(top=["content"]), Kind.PLAIN),
        (facts("posts/a.md", settings={"hugo.yaml": {"title": "x"}}), Kind.HUGO),
        (facts("posts/a.md", settings={"config.toml": {"BaseURL": "x"}}), Kind.HUGO),
        (facts("posts/a.md", settings={"config.toml": {"title": "x"}}), Kind.PLAIN),
        (facts("posts/a.md", settings={"config/_default/params.toml": {"a": "b"}}), Kind.HUGO),
        (facts("_posts/a.md", scripts={".eleventy.js": ""}), Kind.ELEVENTY),
        (facts("posts/a.md", settings={"package.json": {"devDependencies": {"@11ty/eleventy": "2"}}}), Kind.ELEVENTY),
        (facts("posts/a.md", settings={"package.json": {"devDependencies": None}}), Kind.PLAIN),
        (facts("articles/a.md"), Kind.PLAIN),
        (facts(), Kind.PLAIN),
    ],
)
def test_the_kind_of_a_site_is_seen_by_its_settings_and_then_by_its_folders(found, kind):
    assert kind_of(found) is kind


class TestJekyll:
    def test_its_url_has_its_base_path(self):
        assert jekyll(url="https://a.example", baseurl="/b").url == "https://a.example/b/"
        assert jekyll(url="https://a.example/", baseurl="").url == "https://a.example/"
        assert jekyll(baseurl="/b").url is None

    def test_its_posts_are_below_its_source_and_not_where_it_looks_at_nothing(self):
        found = ["src/_posts/a.md", "src/x/_posts/b.md", "_posts/c.md", "src/old/_posts/d.md"]
        site = jekyll(*found, source="./src/", exclude=["src/old/"])
        assert (site.folders, site.content) == (("src/_posts", "src/x/_posts"), "src")
        assert site.feeds == "src/feeds"

    def test_its_collections_may_have_a_folder_of_their_own(self):
        site = jekyll("my/_posts/a.md", collections_dir="my")
        assert (site.folders, site.content) == (("my/_posts",), "my")

    @pytest.mark.parametrize("path", ["", "_posts"])
    def test_its_permalink_is_that_of_its_defaults_then_of_the_collection_then_of_the_site(self, path):
        default = {"scope": {"path": path, "type": "posts"}, "values": {"permalink": "/d/:title/"}}
        other = {"scope": {"path": "", "type": "pages"}, "values": {"permalink": "/p/"}}
        collections = {"posts": {"permalink": "/c/:title/"}}
        assert jekyll(permalink="pretty").permalinks == {"_posts": "pretty"}
        assert jekyll(permalink="pretty", collections=collections).permalinks == {"_posts": "/c/:title/"}
        chosen = jekyll(permalink="pretty", collections=collections, defaults=[default, other]).permalinks
        assert chosen == {"_posts": "/d/:title/"}
        assert jekyll().permalinks == {}

    @pytest.mark.parametrize("key", ["future", "show_drafts", "unpublished"])
    def test_what_has_no_counterpart_is_told(self, key):
        assert any(note.startswith(f"{key}: true has no counterpart") for note in jekyll(**{key: "true"}).notes)
        assert not any("counterpart" in note for note in jekyll(**{key: "false"}).notes)

    def test_what_is_to_stay_out_of_the_site_is_told_until_it_does(self):
        assert any("exclude: [config.yaml" in note for note in jekyll(exclude=["vendor"]).notes)
        assert not any("exclude: [" in note for note in jekyll(exclude=["config.yaml"]).notes)

    def test_a_folder_elsewhere_is_not_taken_for_one_below(self):
        assert jekyll(source="../other").content == ""
        assert jekyll(source="/srv/other").content == ""


class TestHugo:
    def test_its_keys_may_be_written_in_any_case(self):
        site = hugo(BaseURL="https://a.example", TITLE="T", contentdir="c", TimeZone="UTC", languagecode="de_CH.UTF-8")
        assert (site.url, site.title, site.content, site.timezone) == ("https://a.example/", "T", "c", "UTC")
        assert site.language == "de-CH"

    def test_a_base_that_is_no_address_is_none(self):
        assert hugo(baseURL="/").url is None

    def test_its_articles_are_those_of_its_main_sections_then_of_well_known_ones_then_all(self):
        files = ["content/essays/a.md", "content/posts/b.md", "content/about.md"]
        assert hugo(*files, params={"mainSections": ["essays"]}).folders == ("content/essays",)
        assert hugo(*files).folders == ("content/posts",)
        assert hugo("content/essays/a.md").folders == ("content",)

    def test_a_list_page_is_no_page_that_is_left_out(self):
        assert hugo("content/posts/a.md", "content/_index.md").notes == ()

    def test_its_patterns_are_by_section(self):
        patterns = {"posts": "/:year/:slug", "": 5, "x": None}
        assert hugo(permalinks=patterns).permalinks == {"content/posts": "/:year/:slug/"}
        assert hugo(permalinks={"page": {"posts": "/:slug/"}}).permalinks == {"content/posts": "/:slug/"}
        ugly = hugo(permalinks={"posts": "/:slug/"}, uglyURLs="true").permalinks
        assert ugly == {"content/posts": "/:slug.html", "content": "/:page.html"}

    def test_one_language_has_no_folder_whatever_its_settings_say(self):
        assert hugo(defaultContentLanguageInSubdir="true").permalinks == {}

    def test_other_languages_are_left_out_by_name_and_by_folder(self):
        languages = {"en": {}, "FR": {"contentDir": "content/fr"}, "de": {"contentDir": "elsewhere"}}
        site = hugo(languages=languages, contentDir="content")
        assert site.exclude[2:] == ("**/*.fr.md", "**/*.de.md", "content/fr/**")

    @pytest.mark.parametrize(
        ("config", "word"),
        [
            ({"buildFuture": "true"}, "buildFuture: true has no counterpart"),
            ({"buildDrafts": "true"}, "buildDrafts: true has no counterpart"),
            ({"disablePathToLower": "true"}, "disablePathToLower has no counterpart"),
            ({"removePathAccents": "true"}, "removePathAccents has no counterpart"),
            ({"frontmatter": {"date": [":filename", ":default"]}}, ":filename in frontmatter.date has no counterpart"),
            ({"module": {"mounts": []}}, "module.mounts are not read"),
        ],
    )
    def test_what_has_no_counterpart_is_told(self, config, word):
        assert [note for note in hugo(**config).notes if word in note]

    def test_the_settings_in_its_folder_complete_those_at_the_top(self):
        settings = {
            "hugo.toml": {"title": "T"},
            "config/_default/config.yaml": {"baseURL": "https://a.example/"},
            "config/_default/languages.toml": {"en": {"title": "E"}},
            "config/_default/menus.en.toml": {"main": []},
        }
        site = site_of(facts(settings=settings))
        assert (site.title, site.url) == ("E", "https://a.example/")


class TestEleventy:
    def test_what_its_script_says_literally_is_understood(self):
        script = "return { pathPrefix: '/p/', dir: { \"input\": 'src', data: `d`, output: \"out\" } }"
        about = {"src/d/site.json": {"title": "T", "url": "https://a.example"}}
        site = site_of(facts("src/blog/a.md", settings=about, scripts={".eleventy.js": script}))
        assert (site.content, site.title, site.url) == ("src", "T", "https://a.example/p/")
        assert site.folders == ("src/blog",)
        assert "out" in site.wiped

    def test_what_its_script_computes_is_not(self):
        script = "dir: { input: `${x}/src`, output: process.env.OUT }, pathPrefix: prefix"
        site = site_of(facts("posts/a.md", scripts={".eleventy.js": script}))
        assert (site.content, site.url) == ("", None)

    def test_the_highest_well_known_folder_holds_its_articles(self):
        site = site_of(facts("a/b/posts/x.md", "c/posts/y.md", "blog/z.md", scripts={".eleventy.js": ""}))
        assert site.folders == ("c/posts",)


class TestPlain:
    def test_a_well_known_folder_holds_the_articles_then_the_one_with_most(self):
        assert site_of(facts("articles/a.md", "x/b.md", "x/c.md")).folders == ("articles",)
        assert site_of(facts("y/a.md", "x/b.md", "x/d/c.md")).folders == ("x",)
        assert site_of(facts()).folders == ("articles",)

    def test_files_in_the_folder_itself_are_named_by_their_endings(self):
        assert site_of(facts("a.md", "b.markdown", "README.md")).folders == ("*.md", "*.markdown")
        assert site_of(facts("README.md", "x/a.md")).folders == ("x",)


class TestFields:
    def proposed(self, *files, site_url="https://me.example/"):
        found = propose_fields(files, KNOWN, site_url)
        return {field: list(names) for field, names in found.items()}

    @pytest.mark.parametrize(
        ("name", "value", "field"),
        [
            ("Title", "A", "title"),
            ("pub_date", "2023-05-01", "published_at"),
            ("publish-date", "Fri, 24 Jan 2020 14:57:00 GMT", "published_at"),
            ("external_url", "https://other.example/x", "source_url"),
            ("keywords", ["a"], "topics"),
            ("cover", {"src": "/a.jpg"}, "images"),
            ("thumbnail", "a.jpg", "images"),
            ("summary", "Words", "excerpt"),
        ],
    )
    def test_a_name_in_any_spelling_is_proposed_where_its_value_fits(self, name, value, field):
        assert self.proposed({name: value}) == {field: [name]}

    @pytest.mark.parametrize(
        "front",
        [
            {"pubDate": "soon"},
            {"link": "https://me.example/page"},
            {"link": "see above"},
            {"keywords": [{"a": "b"}]},
            {"cover": "none"},
            {"cover": {"alt": "x"}},
            {"summary": "https://other.example/"},
            {"published": "2023-05-01"},
            {"title": "A", "headline": "B"},
            {"url": "https://other.example/x"},
            {"layout": "post"},
            {"pubDate": None},
        ],
    )
    def test_nothing_is_proposed_for_what_does_not_fit_or_is_known(self, front):
        assert self.proposed(front) == {}

    def test_what_one_file_in_twenty_says_is_no_name(self):
        files = [{"date": "2023-05-01"}] * 19
        assert self.proposed({"pubDate": "2023-05-01"}, *files) == {}
        assert self.proposed({"pubDate": "2023-05-01"}, *files[:9]) == {"published_at": ["pubDate"]}
