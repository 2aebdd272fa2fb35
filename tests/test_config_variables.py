"""FEEDBOT__SECTION__KEY: variables come before the file."""

from pathlib import Path

import pytest

from feedbot.config import Config, load_config
from feedbot.config.variables import variables_set
from feedbot.errors import ConfigError

MINIMAL = "site: {title: AI News, url: https://example.org/}\nfeeds: {url: https://example.org/feeds/}\n"


def load(folder: Path, text: str = MINIMAL, **variables: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, {f"FEEDBOT__{name}": value for name, value in variables.items()})


def refused(folder: Path, text: str = MINIMAL, **variables: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **variables)
    return str(caught.value).replace(str(folder) + "/", "").splitlines()


def test_a_variable_comes_before_the_file(tmp_path):
    config = load(
        tmp_path,
        MINIMAL + "checker: {concurrency: 7, max_redirects: 3}\n",
        FEEDS__URL="https://other.example/feeds/",
        CHECKER__CONCURRENCY="9",
        CHECKER__PER_HOST__DELAY_S="2.5",
        STATE="other.db",
    )
    assert config.feeds.url == "https://other.example/feeds/"
    assert (config.checker.concurrency, config.checker.max_redirects) == (9, 3)
    assert (config.checker.per_host.delay_s, config.checker.per_host.concurrency) == (2.5, 2)
    assert config.state_path == tmp_path / "other.db"


def test_what_the_file_requires_may_come_from_variables(tmp_path):
    config = load(
        tmp_path,
        "links: {body: true}\n",
        SITE__TITLE="N",
        SITE__URL="https://a.example",
        FEEDS__URL="https://b.example",
    )
    assert (config.site.title, config.feeds.url, config.links.body) == ("N", "https://b.example/", True)


@pytest.mark.parametrize(
    ("name", "text", "place", "value"),
    [
        ("FEEDS__TTL", "30m", "feeds.ttl", 1800),
        ("FEEDS__TTL", "90", "feeds.ttl", 90),
        ("BACKUP__MAX_BYTES", "2GB", "backup.max_bytes", 2 * 10**9),
        ("LINKS__BODY", "true", "links.body", True),
        ("CHECKER__ROBOTS", "never", "checker.robots", "never"),
        ("CHECKER__WORKERS", "3", "checker.workers", 3),
        ("CHECKER__MAX_REQUESTS_PER_RUN", "null", "checker.max_requests_per_run", None),
        ("ARTICLES__PATHS", '["content/**/*.md", more/*.md]', "articles.paths", ("content/**/*.md", "more/*.md")),
        ("FEEDS__HUB", "https://hub.example/", "feeds.hub", ("https://hub.example/",)),
        ("FEEDS__ALIASES", "{feed.xml: all.atom}", "feeds.aliases", {"feed.xml": "all.atom"}),
        ("CHECKER__CANARIES", "[]", "checker.canaries", ()),
    ],
)
def test_values_are_yaml_in_one_line(tmp_path, name, text, place, value):
    found = load(tmp_path, **{name: text})
    for part in place.split("."):
        found = getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("name", "text", "place", "value"),
    [
        ("SITE__TITLE", "AI News: the best # of all", "site.title", "AI News: the best # of all"),
        ("SITE__TITLE", "2026", "site.title", "2026"),
        ("SITE__TITLE", '"AI News"', "site.title", "AI News"),
        ("SITE__TITLE", '"', "site.title", '"'),
        ("SITE__TITLE", "null", "site.title", "null"),
        ("SITE__LANGUAGE", "no", "site.language", "no"),
        ("ALERTS__EDITOR__AT", "18:30", "alerts.editor.at", "18:30"),
        ("REPORTS__DIRECTORY", "", "reports.directory", None),
        ("FEEDS__SITE_DATA", "null", "feeds.site_data", None),
        ("FEEDS__LINK", "page", "feeds.link", "page"),
    ],
)
def test_text_is_taken_as_it_stands(tmp_path, name, text, place, value):
    found = load(tmp_path, **{name: text})
    for part in place.split("."):
        found = getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("FEEDS__URLL", "sets no key of the config; did you mean FEEDBOT__FEEDS__URL?"),
        ("FEEDS_URL", "sets no key of the config; did you mean FEEDBOT__FEEDS__URL?"),
        ("feeds__url", "sets no key of the config; did you mean FEEDBOT__FEEDS__URL?"),
        ("COLOUR_OF_THE_SKY", "sets no key of the config"),
        ("ROOT", "sets no key of the config"),
        ("SITE", "is a section; name one of its keys, such as FEEDBOT__SITE__TITLE"),
        (
            "FEEDS__TOPICS__AI__SLUG",
            "feeds.topics is given whole: name FEEDBOT__FEEDS__TOPICS, with a value such as [...] or {...}",
        ),
    ],
)
def test_a_variable_that_sets_nothing_is_refused_with_the_nearest_that_does(tmp_path, name, why):
    (line,) = refused(tmp_path, **{name: "s3cret"})
    assert line.startswith(f"FEEDBOT__{name}: {why}") if why != "sets no key of the config" else why in line
    assert "s3cret" not in line


def test_problems_of_file_and_variables_are_told_at_once_each_with_where_it_was_given(tmp_path):
    assert refused(
        tmp_path,
        MINIMAL + "checker: {concurrency: many}\nschedule: {alive_max: 1d}\n",
        FEEDS__MAX_ENTRIES="lots",
        FEEDS__FORMATS="[rss, rdf]",
        FEEDS__TOPICS="{AI: {slug: a, slug: b}}",
        ARTICLES__PATHS="[",
        LINKS__EXCLUDE="- host: a.example",
        SCHEDULE__ALIVE_MIN="2d",
        FEEDS__COLOUR="red",
    ) == [
        "FEEDBOT__ARTICLES__PATHS: articles.paths: is not YAML: expected the node content, but found '<stream end>'",
        "FEEDBOT__FEEDS__COLOUR: sets no key of the config",
        "FEEDBOT__FEEDS__TOPICS: feeds.topics.AI.slug: is given twice",
        "FEEDBOT__LINKS__EXCLUDE: links.exclude: must be written in one line, such as [a, b] or {a: 1, b: 2}",
        "FEEDBOT__FEEDS__FORMATS: feeds.formats.1: must be 'rss', 'atom' or 'json', not 'rdf'",
        "FEEDBOT__FEEDS__MAX_ENTRIES: feeds.max_entries: must be a whole number, not 'lots'",
        "config.yaml:3: checker.concurrency: must be a whole number, not 'many'",
        "config.yaml:4 and FEEDBOT__SCHEDULE__ALIVE_MIN: schedule: alive_min (172,800 s) is greater than alive_max"
        " (86,400 s)",
    ]


@pytest.mark.parametrize("text", ["ftp://monitor.example/s3cret", "s3cret", "http://", "[s3cret]"])
def test_an_address_that_may_be_a_secret_is_not_repeated(tmp_path, text):
    assert refused(tmp_path, ALERTS__HEARTBEAT_URL=text) == [
        "FEEDBOT__ALERTS__HEARTBEAT_URL: alerts.heartbeat_url: must be an http or https URL, such as"
        " https://monitor.example/ping/feedbot"
    ]


def test_folders_that_do_not_go_together_are_told_with_the_variable(tmp_path):
    assert refused(tmp_path, BACKUP__DIRECTORY="feeds/old") == [
        "FEEDBOT__BACKUP__DIRECTORY: backup.directory: must be apart from the feeds, which are public"
    ]


def test_a_section_that_is_no_mapping_is_told_as_it_is_without_variables(tmp_path):
    assert refused(tmp_path, MINIMAL + "checker: 3\n", CHECKER__CONCURRENCY="9") == refused(
        tmp_path, MINIMAL + "checker: 3\n"
    )


def test_only_what_begins_so_is_for_the_config(tmp_path):
    others = {"FEEDBOT_LOG": "x", "HOME": "/", "FEEDBOT": "y", "FEEDBOT__STATE": "a.db"}
    assert variables_set(others) == ["FEEDBOT__STATE"]
    (tmp_path / "config.yaml").write_text(MINIMAL, encoding="utf-8")
    assert load_config(tmp_path / "config.yaml", others).state == Path("a.db")
