"""`feedbot init` in folders as newcomers have them, and a build without editing anything."""

import json
import re
import resource
import subprocess

import pytest
import yaml

from feedbot.core.url import resolve_url
from tests import command
from tests.debian import find_program
from tests.e2e import sites


def feedbot(folder, *words, code=0):
    done = command.feedbot(folder, *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def made_by(program, folder, *words):
    done = subprocess.run(
        [find_program(program), *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def builds_without_a_problem(folder):
    """Nothing is edited between `init` and this."""
    assert "nothing is wrong" in feedbot(folder, "lint")
    assert "rejected" not in feedbot(folder, "build")


def config_of(folder):
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def entries(folder, feeds="feeds"):
    """Where the entries of the feed of all articles lead."""
    feed = json.loads((folder / feeds / "all.json").read_text(encoding="utf-8"))
    return sorted(item["url"] for item in feed["items"])


def listed(path):
    return sorted(resolve_url(line) for line in path.read_text(encoding="utf-8").split())


@pytest.mark.debian("jekyll")
@pytest.mark.parametrize(
    "permalink",
    [None, "pretty", "/:categories/:year/:i_month/:slug/:short_month/:title"],
)
def test_entries_of_a_jekyll_site_lead_where_jekyll_puts_its_posts(tmp_path, permalink):
    sites.jekyll(tmp_path, permalink)
    feedbot(tmp_path, "init")
    builds_without_a_problem(tmp_path)
    made_by("jekyll", tmp_path, "build", "--quiet", "--disable-disk-cache")
    pages = listed(tmp_path / "_site" / "urls.txt")
    assert len(pages) == len(sites.JEKYLL_POSTS)
    assert entries(tmp_path) == pages


def test_a_jekyll_site_is_told_and_its_settings_are_taken_over(tmp_path):
    sites.jekyll(tmp_path, "pretty")
    said = feedbot(tmp_path, "init")
    assert "Jekyll site: _config.yml, 10 files in _posts, 1 file in news/_posts, pages at pretty" in said
    assert "Read       11 files: 11 articles, 1 draft among them" in said
    assert 'in _config.yml say exclude: [config.yaml, "state.db*", reports, backups]' in said
    config = config_of(tmp_path)
    assert config["site"] == {"title": "The Daily: News", "url": "https://news.example/blog/", "language": "en-GB"}
    assert config["articles"]["timezone"] == "America/New_York"
    assert config["feeds"]["url"] == "https://news.example/blog/feeds/"
    assert config["checker"]["contact"] == "https://news.example/blog/feeds/about.html"


@pytest.mark.debian("hugo")
@pytest.mark.parametrize(
    "settings",
    [
        "",
        "uglyURLs = true\n",
        '[permalinks]\nposts = "/:year/:month/:day/:slug/"\n',
        '[permalinks]\nposts = "/:section/:title/:filename/"\n',
        '[params]\nmainSections = ["posts"]\n[permalinks]\nposts = "/:yearday/:monthname/:slugorfilename.html"\n',
    ],
)
def test_entries_of_a_hugo_site_lead_where_hugo_puts_its_posts(tmp_path, settings):
    is_root_key = settings.startswith("ugly")
    sites.hugo(tmp_path, "" if is_root_key else settings)
    if is_root_key:
        file = tmp_path / "hugo.toml"
        file.write_text(settings + file.read_text(encoding="utf-8"), encoding="utf-8")
    feedbot(tmp_path, "init")
    builds_without_a_problem(tmp_path)
    made_by("hugo", tmp_path, "--noBuildLock", "--cacheDir", str(tmp_path / "cache"))
    pages = listed(tmp_path / "public" / "index.html")
    assert len(pages) == len(sites.HUGO_POSTS)
    assert entries(tmp_path, "static/feeds") == pages
    assert (tmp_path / "public" / "feeds" / "all.atom").exists()


@pytest.mark.debian("hugo")
@pytest.mark.parametrize("has_folders", [False, True])
@pytest.mark.parametrize("in_subfolder", ["true", "false"])
def test_entries_of_a_hugo_site_in_several_languages_are_those_of_its_default_language(
    tmp_path, has_folders, in_subfolder
):
    if has_folders:
        sites.hugo(tmp_path, content="content/en", posts=sites.HUGO_POSTS)
        sites.write(tmp_path, "content/fr/posts/un.md", "title: Un\ndate: 2023-05-01")
        folders = ['contentDir = "content/en"\n', 'contentDir = "content/fr"\n']
    else:
        renamed = {path.replace(".md", ".en.md"): front for path, front in sites.HUGO_POSTS.items()}
        sites.hugo(tmp_path, posts=renamed)
        sites.write(tmp_path, "content/posts/trip/index.fr.md", "title: Voyage\ndate: 2023-05-01")
        folders = ["", ""]
    file = tmp_path / "hugo.toml"
    file.write_text(
        f"defaultContentLanguageInSubdir = {in_subfolder}\n{file.read_text(encoding='utf-8')}"
        f"[languages.en]\ntitle = 'In English'\n{folders[0]}[languages.fr]\ntitle = 'En français'\n{folders[1]}",
        encoding="utf-8",
    )
    said = feedbot(tmp_path, "init")
    assert "articles in fr are left out" in said
    assert config_of(tmp_path)["site"]["title"] == "In English"
    builds_without_a_problem(tmp_path)
    made_by("hugo", tmp_path, "--noBuildLock", "--cacheDir", str(tmp_path / "cache"))
    home = tmp_path / "public" / ("en" if in_subfolder == "true" else "") / "index.html"
    assert entries(tmp_path, "static/feeds") == listed(home)
    assert len(listed(home)) == len(sites.HUGO_POSTS)


def test_a_hugo_site_is_told_and_toml_in_its_content_has_a_remedy(tmp_path):
    sites.hugo(tmp_path)
    (tmp_path / "content" / "posts" / "toml.md").write_text('+++\ntitle = "T"\n+++\n', encoding="utf-8")
    said = feedbot(tmp_path, "init")
    assert "Hugo site: hugo.toml, 13 files in content/posts" in said
    assert "left out, as pages and not articles: about.md in content" in said
    assert "1 file begins with TOML (+++), which is not read" in said
    assert "hugo convert toYAML --unsafe" in said
    assert "Read       12 files: 11 articles, 1 draft among them" in said
    config = config_of(tmp_path)
    assert (config["feeds"]["directory"], config["articles"]["timezone"]) == ("static/feeds", "Europe/Berlin")
    assert config["site"]["language"] == "en-gb"


def test_hugos_settings_are_read_from_its_folder_of_settings_too(tmp_path):
    sites.write(tmp_path, "content/posts/one.md", "title: One\ndate: 2023-05-01")
    folder = tmp_path / "config" / "_default"
    folder.mkdir(parents=True)
    (folder / "hugo.yaml").write_text("baseURL: https://news.example/\n", encoding="utf-8")
    (folder / "permalinks.json").write_text('{"page": {"posts": "/:year/:slug/"}}', encoding="utf-8")
    feedbot(tmp_path, "init")
    feedbot(tmp_path, "build")
    assert entries(tmp_path, "static/feeds") == ["https://news.example/2023/one/"]


def test_entries_of_an_eleventy_site_lead_where_eleventy_puts_its_posts(tmp_path):
    sites.eleventy(tmp_path)
    said = feedbot(tmp_path, "init")
    assert "Eleventy site: eleventy.config.js, src/_data/metadata.js, 6 files in src/posts" in said
    builds_without_a_problem(tmp_path)
    pages = [f"https://news.example/blog/{page}" for _, page in sites.ELEVENTY_POSTS.values()]
    assert entries(tmp_path) == sorted(pages)


def test_an_eleventy_folders_permalink_is_taken_over_and_one_that_is_a_program_is_told(tmp_path):
    sites.eleventy(tmp_path)
    data = tmp_path / "src" / "posts" / "posts.json"
    data.write_text('{"permalink": "/blog/{{ page.fileSlug }}/"}', encoding="utf-8")
    feedbot(tmp_path, "init")
    feedbot(tmp_path, "build")
    assert "https://news.example/blog/blog/dated/" in entries(tmp_path)
    (tmp_path / "config.yaml").unlink()
    data.rename(data.with_name("posts.11tydata.js")).write_text("module.exports = {permalink: (d) => d.x}")
    assert "src/posts/posts.11tydata.js: its permalink is made by a program" in feedbot(tmp_path, "init")


def test_a_folder_of_article_files_is_read_as_it_is(tmp_path, project):
    sites.seed(tmp_path, project)
    said = feedbot(tmp_path, "init", "--url", "https://news.example/")
    assert "plain files: " in said
    assert config_of(tmp_path)["articles"]["paths"] == ["*.md"]
    feedbot(tmp_path, "build")
    assert len(entries(tmp_path)) >= 12


def test_plain_files_are_found_where_most_of_them_are(tmp_path):
    for number in range(3):
        sites.write(tmp_path, f"writing/{number}.md", f"title: A{number}\ndate: 2023-05-01")
        sites.write(tmp_path, f"node_modules/x/{number}/README.md", "title: theirs\ndate: 2023-05-01")
    sites.write(tmp_path, "notes/one.md", "title: Note\ndate: 2023-05-01")
    (tmp_path / "writing" / "loop").symlink_to(tmp_path)
    said = feedbot(tmp_path, "init")
    assert "plain files: 3 files in writing" in said
    feedbot(tmp_path, "build")
    assert entries(tmp_path) == [f"https://example.org/writing/{number}/" for number in range(3)]


def test_names_that_the_files_use_are_proposed(tmp_path):
    for number in range(5):
        front = f"Title: A{number}\npubDate: 2023-05-0{number + 1}\nlink: https://other.example/{number}"
        sites.write(tmp_path, f"articles/{number}.md", f"{front}\nKeywords: [AI]\nhero_image: /a.jpg")
    sites.write(tmp_path, "articles/9.md", "title: B\ndate: 2023-05-01\nlink: https://example.org/mine")
    said = feedbot(tmp_path, "init")
    assert "Field      published_at is also called pubDate (5 files)" in said
    assert "Read       6 files: 6 articles" in said
    assert config_of(tmp_path)["articles"]["fields"] == {
        "title": ["title", "Title"],
        "source_url": ["sourceUrl", "webUrl", "originalUrl", "canonical_url", "link"],
        "published_at": ["publishedDateTime", "date", "pubDate"],
        "topics": ["topics", "tags", "Keywords"],
        "images": ["images", "image", "hero_image"],
    }
    builds_without_a_problem(tmp_path)
    assert (tmp_path / "feeds" / "ai.atom").exists()


def test_links_in_the_text_are_told_to_be_unchecked_with_the_remedy(tmp_path):
    for number, text in enumerate(
        ["See [this](https://other.example/a).\n", "<https://other.example/b>\n", "Words.\n"]
    ):
        sites.write(tmp_path, f"articles/{number}.md", f"title: A{number}\ndate: 2023-05-01", text)
    said = feedbot(tmp_path, "init")
    assert "the texts of 2 articles have links, which are not checked; `links.body: true` in the config" in said
    feedbot(tmp_path, "build")
    before = json.loads(feedbot(tmp_path, "status", "--format", "json"))["links"]["number"]
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("  body: false", "  body: true"), encoding="utf-8")
    feedbot(tmp_path, "build")
    assert json.loads(feedbot(tmp_path, "status", "--format", "json"))["links"]["number"] == before + 2


def test_a_text_without_links_is_not_told_of(tmp_path):
    sites.write(tmp_path, "articles/one.md", "title: A\ndate: 2023-05-01")
    assert "not checked" not in feedbot(tmp_path, "init")


def test_files_that_would_not_be_understood_are_told_with_the_reason(tmp_path):
    for number in range(5):
        sites.write(tmp_path, f"articles/{number}.md", "title: A")
    said = feedbot(tmp_path, "init")
    assert "Read       5 files: 0 articles" in said
    assert "Rejected   articles/0.md: publishedDateTime: is missing" in said
    assert "and 2 more; `feedbot lint` shows each, with what to do" in said


@pytest.mark.parametrize(
    "folder", ["_site/feeds", "public", "Public/feeds", "resources/x", "./_dist", "x/../public", "link/feeds"]
)
def test_a_feeds_folder_that_a_generator_clears_is_refused_with_the_remedy(tmp_path, folder):
    (tmp_path / "link").symlink_to("_site")
    said = feedbot(tmp_path, "init", "--feeds", folder, code=2)
    assert "which site generators clear" in said
    assert "such as feeds, which the generator copies into the site" in said
    assert not (tmp_path / "config.yaml").exists()


def test_a_config_that_cannot_be_is_not_written_and_told_without_its_lines(tmp_path):
    said = feedbot(tmp_path, "init", "--feeds", ".", code=3)
    assert said == (
        "feedbot: feeds.directory: must be a folder of its own, not the one of the config file; no config was written\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("where", "why"), [("feeds", "must be apart from feeds"), ("https://a.example/", "must be a folder, or a pattern")]
)
def test_articles_are_a_folder_apart_from_the_feeds(tmp_path, where, why):
    assert f"--articles: {why}" in feedbot(tmp_path, "init", "--articles", where, code=2)


def test_a_feeds_folder_in_the_sites_own_destination_is_refused(tmp_path):
    sites.jekyll(tmp_path)
    with (tmp_path / "_config.yml").open("a") as file:
        file.write("destination: ./docs\n")
    assert "docs/feeds lies in docs" in feedbot(tmp_path, "init", "--feeds", "docs/feeds", code=2)


def test_hugos_own_config_is_not_touched_and_the_way_round_works(tmp_path):
    sites.write(tmp_path, "content/posts/one.md", "title: One\ndate: 2023-05-01")
    own = tmp_path / "config.yaml"
    own.write_text("baseURL: https://news.example/\ntitle: Mine\n", encoding="utf-8")
    assert "feedbot --config feedbot.yaml init" in feedbot(tmp_path, "init", code=2)
    said = feedbot(tmp_path, "--config", "feedbot.yaml", "init")
    assert "Hugo site: config.yaml" in said
    assert "feedbot --config feedbot.yaml build" in said
    assert own.read_text(encoding="utf-8").startswith("baseURL")
    feedbot(tmp_path, "--config", "feedbot.yaml", "build")
    assert entries(tmp_path, "static/feeds") == ["https://news.example/posts/one/"]


BOMB = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("_config.yml", BOMB, "_config.yml:1: the file holds an anchor"),
        ("_config.yml", "x: " + "[" * 30_000, "nested more than 20 levels"),
        ("_config.yml", "# \n" * 100_000, "_config.yml: is larger than 262,144 bytes"),
        ("hugo.toml", "a = 1\na = 2\n", "hugo.toml: is not TOML"),
        ("hugo.toml", "x = " + "[" * 30_000, "hugo.toml: is not TOML"),
        ("hugo.json", "[" * 100_000, "hugo.json: is not JSON"),
        ("hugo.json", "[]", "hugo.json: holds no settings"),
        ("hugo.yaml", "a: \xff", "hugo.yaml: is not UTF-8 text"),
    ],
)
def test_settings_that_cannot_be_read_within_bounds_are_told_and_not_used(tmp_path, name, text, why):
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    said = feedbot(tmp_path, "init")
    assert why in said
    assert "what it says is not used" in said
    assert config_of(tmp_path)["site"]["url"] == "https://example.org/"


def test_settings_that_mean_nothing_to_feedbot_are_told_and_not_used(tmp_path):
    (tmp_path / "_config.yml").write_text("url: news.example\ntimezone: Mars/Base\nlang: '{{x}}'\nfuture: true\n")
    said = feedbot(tmp_path, "init")
    for word in ("the site's url: must be", "the site's timezone: must be", "the site's language: must be"):
        assert word in said
    assert "future: true has no counterpart" in said
    assert "site.url is a stand-in" in said


def test_flags_come_before_what_is_found(tmp_path):
    sites.jekyll(tmp_path)
    words = ["--title", "Mine", "--url", "https://me.example/x", "--feeds-url", "https://feeds.example"]
    more = ["--contact", "https://me.example/bot", "--timezone", "Asia/Tokyo", "--kind", "plain", "--articles", "news"]
    feedbot(tmp_path, "init", *words, *more, "--feeds", "out/feeds")
    config = config_of(tmp_path)
    assert config["site"]["title"] == "Mine"
    assert config["feeds"]["url"] == "https://feeds.example/"
    assert config["feeds"]["directory"] == "out/feeds"
    assert config["checker"]["contact"] == "https://me.example/bot"
    articles = config["articles"]
    assert (articles["timezone"], articles["generator"], articles["paths"]) == ("Asia/Tokyo", None, ["news/**/*.md"])


def test_a_wrong_zone_and_an_unknown_kind_are_told(tmp_path):
    assert "--timezone: must be a time zone" in feedbot(tmp_path, "init", "--timezone", "Mars", code=2)
    assert re.search("'jekyll'.*'plain'", feedbot(tmp_path, "init", "--kind", "word", code=2), re.DOTALL)


def test_a_folder_that_cannot_be_read_is_told_beside_those_that_can(tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.md").write_text(
        "---\ntitle: A\ndate: 2026-01-02\nsourceUrl: https://a.example/\n---\n", encoding="utf-8"
    )
    told = feedbot(tmp_path, "init", "--articles", "articles, notes")
    assert re.search(r"Note +articles\.paths: the folder \./notes of 'notes/\*\*/\*\.md' does not exist; make it", told)


def test_half_a_config_is_not_left_behind(tmp_path):
    done = subprocess.run(
        [command.FEEDBOT, "init"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 1
    assert "feedbot: config.yaml: cannot be written: File too large" in done.stderr
    assert not list(tmp_path.iterdir())
