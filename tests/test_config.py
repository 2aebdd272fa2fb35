import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from feedbot.cli.config_text import render_config
from feedbot.config import CheckerConfig, Config, HostConfig, config_schema, load_config
from feedbot.core.checker import CheckerPolicy, HostPolicy, Pace
from feedbot.errors import ConfigError

MINIMAL = "site: {title: AI News, url: https://example.org/}\nfeeds: {url: https://example.org/feeds/}\n"


def load(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert caught.value.exit_code == 3
    return str(caught.value).replace(str(folder) + "/", "").splitlines()


def test_two_sections_are_enough(tmp_path):
    config = load(tmp_path, MINIMAL)
    assert config.feeds.max_entries == 50
    assert config.state_path == tmp_path / "state.db"
    assert config.feeds_path == tmp_path / "feeds"
    assert config.id_authority == "example.org"
    assert config.contact == "https://example.org/"


def test_the_names_that_others_rely_on_are_understood(tmp_path):
    config = load(
        tmp_path,
        """
site: {title: AI News, url: https://example.org/, language: en}
articles: {paths: ["articles/**/*.md"], timezone: UTC, fields: {title: [headline, title]}}
feeds: {url: https://example.org/feeds/, directory: feeds, link: source, formats: [rss, json], max_entries: 50,
  id_authority: example.org, id_year: 2026, topics: {AI: {slug: ai}}}
state: state.db
checker: {contact: https://example.org/about-feedbot, allow_addresses: [127.0.0.0/8], canaries: [https://example.org/],
  concurrency: 100, per_host: {concurrency: 2, delay_s: 1.0}}
schedule: {read: 5m, check: 15m}
""",
    )
    assert config.articles.fields["title"] == ("headline", "title")
    assert config.articles.fields["source_url"][0] == "sourceUrl"
    assert config.checker.canaries[0].status == 200
    assert (config.schedule.read, config.schedule.check) == (300, 900)


def test_every_problem_is_told_at_once_with_its_line_and_path(tmp_path):
    assert refused(
        tmp_path,
        """site: {title: "", url: ftp://example.org}
feeds:
  url: https://example.org/feeds/
  max_entries: lots
  topics:
    AI: {slug: A B}
checker: {per_host: {delay_s: -1}, allow_addresses: [300.0.0.1], hue: red}
schedule: {read: 5 fortnights}
schedule: {check: soon}
articles: {timezone: Mars/Olympus, fields: {tittle: [a]}}
""",
    ) == [
        "config.yaml:9: schedule: is given twice",
        "config.yaml:1: site.title: must not be empty",
        "config.yaml:1: site.url: must be an http or https URL, not 'ftp://example.org'",
        "config.yaml:10: articles.timezone: must be a time zone such as UTC or Europe/London, not 'Mars/Olympus'",
        "config.yaml:10: articles.fields: knows no tittle; it knows "
        + ", ".join(load(tmp_path, MINIMAL).articles.fields),
        "config.yaml:4: feeds.max_entries: must be a whole number, not 'lots'",
        "config.yaml:6: feeds.topics.AI.slug: must be small letters and digits, with single hyphens between them,"
        " such as computer-vision, not 'A B'",
        "config.yaml:7: checker.allow_addresses: must be networks such as 127.0.0.0/8, not '300.0.0.1'",
        "config.yaml:7: checker.per_host.delay_s: must be at least 0, not -1",
        "config.yaml:7: checker.hue: unknown key",
        "config.yaml:9: schedule.check: must be a duration such as 30s, 5m, 1h or 7d, not 'soon'",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "config.yaml: holds no settings; `feedbot init` writes a commented file"),
        ("- a list", "config.yaml: holds no settings; `feedbot init` writes a commented file"),
        ("site: [", "config.yaml:1: is not YAML"),
        ("root: /etc\n" + MINIMAL, "config.yaml:1: root: unknown key"),
        ("feeds: {url: https://example.org/}", "config.yaml:1: site: is required, with at least title and url"),
        ("site: {title: x, url: https://example.org/}", "config.yaml:1: feeds: is required, with at least url"),
        ("a: 1\n---\nb: 1", "config.yaml:2: holds more than one YAML document"),
        ("a: &a [*a]", "config.yaml: is not YAML: maximum recursion depth exceeded"),
    ],
)
def test_a_file_that_is_no_config_is_refused_in_a_sentence(tmp_path, text, sentence):
    assert refused(tmp_path, text)[0].startswith(sentence)


def test_what_is_merged_from_elsewhere_is_not_given_twice(tmp_path):
    merged = "verdicts:\n  gone: &soon {strikes: 2, over: 2d}\n  parked: {<<: *soon, over: 4d}\n"
    verdicts = load(tmp_path, MINIMAL + merged).verdicts
    assert (verdicts.parked.strikes, verdicts.parked.over) == (2, 4 * 86400)
    (line,) = refused(tmp_path, MINIMAL + merged.replace("over: 4d}", "over: never}"))
    assert line.startswith("config.yaml:5: verdicts.parked.over: ")


def test_a_file_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"# first\nsite: {title: caf\xe9}\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2: is not UTF-8 text; save it as UTF-8$"):
        load_config(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("site:\n", "site: must be a mapping with keys title, url, language"),
        ("articles: {paths: posts}", "articles.paths: must be a list, not 'posts'"),
        ("articles: {paths: []}", "articles.paths: must have at least 1 item"),
        ("articles: {fields: [title]}", "articles.fields: must be a mapping"),
        (
            "feeds: {url: https://example.org/, formats: [rdf]}",
            "feeds.formats.0: must be 'rss', 'atom' or 'json', not 'rdf'",
        ),
        ("links: {body: perhaps}", "links.body: must be true or false, not 'perhaps'"),
        ("checker: {concurrency: 9000}", "checker.concurrency: must be at most 2000, not 9000"),
        (
            "schedule: {alive_min: 2d, alive_max: 1d}",
            "schedule: alive_min (172,800 s) is greater than alive_max (86,400 s)",
        ),
        (
            "schedule: {dead_late: 1d}",
            "schedule: dead_early (604,800 s) is greater than dead_late (86,400 s)",
        ),
        (
            "schedule: {blocked_min: 31d}",
            "schedule: blocked_min (2,678,400 s) is greater than blocked_max (2,592,000 s)",
        ),
        ("checker: {workers: many}", "checker.workers: must be auto or a whole number from 1 to 64, not 'many'"),
        ("checker: {workers: 0}", "checker.workers: must be auto or a whole number from 1 to 64, not 0"),
        ("checker: {workers: 65}", "checker.workers: must be auto or a whole number from 1 to 64, not 65"),
        ("checker: {workers: true}", "checker.workers: must be auto or a whole number from 1 to 64, not True"),
        ("checker: {workers: }", "checker.workers: must be auto or a whole number from 1 to 64"),
        ("checker: {robots: }", "checker.robots: must be true, false or never"),
        ("checker: {back_off_s: [1, 1, 1, 1]}", "checker.back_off_s: must have at most 3 items"),
        ("checker: {max_requests_per_run: 0}", "checker.max_requests_per_run: must be at least 1, not 0"),
        (
            "schedule: {alive_min: 60d}",
            "schedule: alive_min (5,184,000 s) is greater than alive_max (2,592,000 s)",
        ),
    ],
)
def test_what_is_wrong_is_told_in_plain_words(tmp_path, text, sentence):
    key = text.partition(":")[0]
    others = [line for line in MINIMAL.splitlines() if not line.startswith(f"{key}:")]
    assert refused(tmp_path, "\n".join([*others, text])) == [f"config.yaml:{len(others) + 1}: {sentence}"]


FEEDS_IN = "site: {{title: x, url: https://example.org/}}\nfeeds: {{url: https://example.org/, directory: {}}}\n"


@pytest.mark.parametrize(
    ("directory", "paths", "sentence"),
    [
        (".", "posts/*.md", "must be a folder of its own, not the one of the config file"),
        ("feeds/..", "**/*.md", "must be a folder of its own, not the one of the config file"),
        ("articles", "articles/**/*.md", "must be apart from the articles of 'articles/**/*.md', not 'articles'"),
        ("articles/x", "articles/**/*.md", "must be apart from the articles of 'articles/**/*.md', not 'articles/x'"),
        ("src", "./src/posts/*/a.md", "must be apart from the articles of './src/posts/*/a.md', not 'src'"),
        ("/srv/posts", "/srv/posts/one.md", "must be apart from the articles of '/srv/posts/one.md', not '/srv/posts'"),
        ("feeds", "**/*.md", None),
        ("articles-feeds", "articles/*.md", None),
        ("content/feeds", "content/posts/*.md", None),
        ("docs/feeds", "docs/*.md", None),
        ("static/feeds", "../**/*.md", None),
    ],
)
def test_feeds_are_not_written_among_articles(tmp_path, directory, paths, sentence):
    text = FEEDS_IN.format(directory) + f"articles: {{paths: ['{paths}']}}\n"
    if sentence is None:
        assert load(tmp_path, text).feeds_path == tmp_path / directory
    else:
        assert refused(tmp_path, text) == [f"config.yaml:2: feeds.directory: {sentence}"]


@pytest.mark.parametrize(
    ("told", "path", "sentence"),
    [
        ("jekyll", "_data/feedbot.json", None),
        ("hugo", "data/feedbot.json", None),
        ("json", "feedbot.json", None),
        ("src/data/links.json", "src/data/links.json", None),
        ("../site/_data/links.json", "../site/_data/links.json", None),
        ("feeds-of-mine/links.json", "feeds-of-mine/links.json", None),
        ("eleventy", None, "must be jekyll, hugo, json or the path of a .json file, not 'eleventy'"),
        ("data/.json", None, "must be jekyll, hugo, json or the path of a .json file, not 'data/.json'"),
        ("feeds/links.json", None, "must be apart from the feeds of 'feeds', not 'feeds/links.json'"),
        ("x/../feeds/links.json", None, "must be apart from the feeds of 'feeds', not 'x/../feeds/links.json'"),
        ("_site/a.json", None, "must not be in '_site', which Jekyll or Hugo may clear, not '_site/a.json'"),
        (
            "../x/public/a.json",
            None,
            "must not be in 'public', which Jekyll or Hugo may clear, not '../x/public/a.json'",
        ),
        ("Public/a.json", None, "must not be in 'Public', which Jekyll or Hugo may clear, not 'Public/a.json'"),
    ],
)
def test_the_sites_data_file_is_written_where_it_stays(tmp_path, told, path, sentence):
    text = MINIMAL.replace("feeds: {", f"feeds: {{site_data: {told}, ")
    if sentence is None:
        assert load(tmp_path, text).site_data_path == tmp_path / path
    else:
        assert refused(tmp_path, text) == [f"config.yaml:2: feeds.site_data: {sentence}"]


def test_every_interval_reaches_the_schedule(tmp_path):
    names = ["alive_min", "alive_max", "blocked_min", "blocked_max", "dead_early", "dead_late", "page_check_every"]
    given = ", ".join(f"{name}: {number + 1}" for number, name in enumerate(names))
    policy = load(tmp_path, MINIMAL + f"schedule: {{{given}}}\n").schedule.policy()
    assert [getattr(policy, f"{name}_s") for name in names] == [1, 2, 3, 4, 5, 6, 7]


def test_a_missing_file_says_what_makes_one(tmp_path):
    with pytest.raises(ConfigError, match="no such file; `feedbot init`"):
        load_config(tmp_path / "config.yaml")


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1.5h", 5400), ("7 d", 604800), ("90", None)])
def test_durations_carry_their_unit(tmp_path, text, seconds):
    config = MINIMAL + f"schedule: {{read: '{text}'}}\n"
    if seconds is None:
        assert "schedule.read: must be a duration" in refused(tmp_path, config)[0]
    else:
        assert load(tmp_path, config).schedule.read == seconds


def test_hosts_that_opted_out_are_read_as_they_stand_in_urls(tmp_path):
    config = load(tmp_path, MINIMAL + "checker: {optout: [Example.ORG., bücher.example, '[2001:DB8::1]', 127.0.0.1]}\n")
    assert config.checker.optout == ("example.org", "xn--bcher-kva.example", "[2001:db8::1]", "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    ["", "a b", "example.org/x", "http://example.org/", "me@example.org", "example.org:8080", "*.example.org"],
)
def test_what_is_no_host_is_told(tmp_path, host):
    (problem,) = refused(tmp_path, MINIMAL + f"checker: {{optout: ['{host}']}}\n")
    assert problem == f"config.yaml:3: checker.optout.0: must be a host such as example.org, not {host!r}"


def test_what_is_different_for_a_host_is_read(tmp_path):
    text = """checker:
  hosts:
    News.Example: {delay_s: 5, method: GET, accepted: [403, 999], headers: {Accept-Language: de}}
    bücher.example: {bearer_env: BOOKS_TOKEN, port: 8443}
"""
    hosts = load(tmp_path, MINIMAL + text).checker.hosts
    assert list(hosts) == ["news.example", "xn--bcher-kva.example"]
    assert (hosts["news.example"].accepted, hosts["news.example"].concurrency) == ((403, 999), None)
    assert hosts["xn--bcher-kva.example"].bearer_env == "BOOKS_TOKEN"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("a b: {}", "hosts: must be a host such as example.org, not 'a b'"),
        ("A.test: {}, a.test: {}", "hosts: names a host twice, in two spellings"),
        ("a.test: {colour: red}", "hosts.a.test.colour: unknown key"),
        ("a.test: {method: POST}", "hosts.a.test.method: must be 'GET' or 'HEAD', not 'POST'"),
        ("a.test: {accepted: [42]}", "hosts.a.test.accepted.0: must be at least 100, not 42"),
        ("a.test: {headers: {'X Y': a}}", "hosts.a.test.headers: 'X Y' is not the name of a header"),
        ("a.test: {headers: {X: 's3cret\\n'}}", None),
        ('a.test: {headers: {X: "s3cret\\x07"}}', "hosts.a.test.headers: X holds characters that no header may"),
        ("a.test: {user_agent: s3cret-ünï}", "hosts.a.test.user_agent: holds characters that no header may"),
        ("a.test: {headers: {Host: b.test}}", "hosts.a.test.headers: Host is written by feedbot itself"),
        (
            "a.test: {headers: {Authorization: Bearer s3cret}}",
            "hosts.a.test.headers: Authorization is a secret: name its variable in bearer_env or basic_auth_env",
        ),
        (
            "a.test: {bearer_env: 's3cret value'}",
            "hosts.a.test.bearer_env: must be the name of an environment variable, such as NEWS_TOKEN",
        ),
        (
            "a.test: {bearer_env: A, basic_auth_env: B}",
            "hosts.a.test: has basic_auth_env and bearer_env; a request can carry one of them",
        ),
    ],
)
def test_what_is_wrong_with_a_host_is_told_without_its_secrets(tmp_path, told, sentence):
    text = MINIMAL + f"checker: {{hosts: {{{told}}}}}\n"
    if sentence is None:
        assert load(tmp_path, text)
        return
    problems = refused(tmp_path, text)
    assert problems == [f"config.yaml:3: checker.{sentence}"]
    assert "s3cret" not in problems[0]


def test_a_config_cannot_be_changed(tmp_path):
    config = load(tmp_path, MINIMAL)
    with pytest.raises(ValueError, match="frozen"):
        config.feeds.max_entries = 3


def defaults(section: object, above: str = "") -> dict[str, object]:
    """Dotted key -> default of everything in the model that has one."""
    found: dict[str, object] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if hasattr(type(value), "model_fields"):
            found.update(defaults(value, f"{above}{name}."))
        elif not field.is_required() and name != "root":
            found[f"{above}{name}"] = value
    return found


def uncommented(text: str) -> str:
    """The file with the keys in comments brought to life, and without the lines that set them otherwise."""
    lines = []
    for line in text.splitlines():
        match = re.fullmatch(r"( *)# ((?:  )*(?:- \{|[a-z_]+:( |$)|Computer Vision:| +\").*)", line)
        lines.append(match[1] + match[2] if match else line)
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def test_the_config_that_init_writes_has_every_key_with_its_default(tmp_path):
    text = render_config(
        title="AI News",
        url="https://example.org/",
        feeds_url="https://example.org/feeds/",
        contact="https://example.org/",
        pattern="articles/**/*.md",
    )
    alive = yaml.safe_load(uncommented(text).replace("topics: {}", ""))
    alive["feeds"]["topics"] = {}
    alive["feeds"]["id_authority"] = None
    alive["checker"]["contact"] = None
    config = load(tmp_path, yaml.safe_dump(alive))
    assert defaults(config) == defaults(load(tmp_path, MINIMAL))
    written = {
        key for section, keys in alive.items() if isinstance(keys, dict) for key in (f"{section}.{k}" for k in keys)
    }
    expected = {".".join(key.split(".")[:2]) for key in defaults(config) if "." in key}
    assert expected <= written


def test_the_projects_own_config_is_what_init_writes(project):
    assert (project / "config.yaml").read_text(encoding="utf-8") == render_config(
        title="AI News",
        url="https://example.org/",
        feeds_url="https://example.org/feeds/",
        contact="https://example.org/about-feedbot",
        pattern="examples/articles/*.md",
    )


def test_the_shipped_schema_is_the_models_and_accepts_the_projects_config(project):
    shipped = json.loads((project / "feedbot" / "config.schema.json").read_text(encoding="utf-8"))
    assert shipped == config_schema(), "run `make schema`"
    jsonschema.Draft202012Validator.check_schema(shipped)
    validator = jsonschema.Draft202012Validator(shipped)
    validator.validate(yaml.safe_load((project / "config.yaml").read_text(encoding="utf-8")))
    for wrong in ({"site": {}}, {"colour": "red"}, {"schedule": {"read": "soon"}}):
        assert list(validator.iter_errors({**yaml.safe_load(MINIMAL), **wrong}))


def test_authorities_lie_beside_the_config_file(tmp_path):
    checker = load(tmp_path, MINIMAL + "checker: {ca_bundle: keys/authorities.pem}\n").checker
    assert checker.ca_bundle == tmp_path / "keys" / "authorities.pem"
    # A worker process is told the whole of it, and reads no config file.
    assert checker.policy().ca_bundle == str(checker.ca_bundle)
    assert load(tmp_path, MINIMAL + "checker: {ca_bundle: /etc/a.pem}\n").checker.ca_bundle == Path("/etc/a.pem")


def test_a_proxy_is_named_without_its_password(tmp_path):
    text = "http://me:${PROXY_PASSWORD}@proxy.example.org:3128"
    config = load(tmp_path, MINIMAL + f'checker: {{proxy: "{text}"}}\n')
    # As it is written: what the environment holds is read where it is used, and is in no dump.
    assert config.checker.proxy == text
    assert refused(tmp_path, MINIMAL + "checker:\n  proxy: https://proxy.example.org:3128\n") == [
        "config.yaml:4: checker.proxy: must be an HTTP proxy with its port, such as http://proxy.example.org:3128"
    ]
    (line,) = refused(tmp_path, MINIMAL + "checker:\n  proxy: http://me:secret@proxy.example.org:3128\n")
    assert line.startswith("config.yaml:4: checker.proxy: must leave the password to the environment")
    assert "secret" not in line


def test_the_view_of_those_who_ask_lacks_nothing_that_the_config_says_of_asking():
    """Else a new key would be validated, documented and without effect."""
    of_others = {"cluster", "contact", "max_requests_per_run"}
    assert set(CheckerConfig.model_fields) - of_others == set(CheckerPolicy.__struct_fields__)
    assert set(HostConfig.model_fields) == set(HostPolicy.__struct_fields__)
    assert CheckerConfig().policy().per_host == Pace()


@pytest.mark.parametrize("directory", ["feeds", "feeds/reports", "./x/../feeds", "link"])
def test_reports_for_the_operator_alone_are_not_written_where_everybody_reads(tmp_path, directory):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "x").mkdir()
    (tmp_path / "link").symlink_to("feeds")
    assert refused(tmp_path, MINIMAL + f"reports: {{directory: {directory}}}\n") == [
        "config.yaml:3: reports.directory: must be apart from the feeds, which are public; see feeds.public_report"
    ]


@pytest.mark.parametrize("nowhere", ["null", "''"])
def test_reports_can_be_left_out(tmp_path, nowhere):
    assert load(tmp_path, MINIMAL).private_reports_path == tmp_path / "reports"
    assert load(tmp_path, MINIMAL + f"reports: {{directory: {nowhere}}}\n").private_reports_path is None


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("per_host: {concurrency: true}", "config.yaml:3: checker.per_host.concurrency: must be a number, not True"),
        ("back_off_s: [2, true]", "config.yaml:3: checker.back_off_s: must be numbers, not [2, True]"),
        ("max_run_s: false", "config.yaml:3: checker.max_run_s: must be a number, not False"),
        ("max_run_s: .nan", "config.yaml:3: checker.max_run_s: must be a finite number, not nan"),
        # The unit of a timer, and the time within which a run must get on, are reckoned from it.
        ("max_run_s: .inf", "config.yaml:3: checker.max_run_s: must be a finite number, not inf"),
        ("per_host: {delay_s: .inf}", "config.yaml:3: checker.per_host.delay_s: must be a finite number, not inf"),
    ],
)
def test_a_number_is_neither_true_nor_endless(tmp_path, said, answer):
    assert refused(tmp_path, f"{MINIMAL}checker: {{{said}}}\n") == [answer]


def test_a_duration_is_not_endless(tmp_path):
    assert refused(tmp_path, f"{MINIMAL}schedule: {{read: .inf}}\n") == [
        "config.yaml:3: schedule.read: must be a finite number, not inf"
    ]


@pytest.mark.parametrize(
    ("told", "size"),
    [("1GB", 10**9), ("1.5 MB", 1_500_000), ("500kB", 500_000), ("7", 7), ("0", 0)],
)
def test_sizes_are_told_as_people_do(tmp_path, told, size):
    assert load(tmp_path, f"{MINIMAL}backup: {{max_bytes: {told}}}\n").backup.max_bytes == size


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("backup: {max_bytes: 1TB}", "backup.max_bytes: must be a size such as 500kB, 200MB or 1GB, not '1TB'"),
        ("backup: {keep: 0}", "backup.keep: must be at least 1, not 0"),
        ("backup: {directory: feeds/old}", "backup.directory: must be apart from the feeds, which are public"),
        ("retention: {history: 30d}", "retention.history: must be at least 31d: the reports tell of 30 days"),
        ("disk: {low: -1}", "disk.low: must be at least 0, not -1"),
    ],
)
def test_what_cannot_be_kept_so_is_refused(tmp_path, told, sentence):
    assert refused(tmp_path, f"{MINIMAL}{told}\n") == [f"config.yaml:3: {sentence}"]


def test_whom_alerts_tell_is_named_by_variables_and_programs(tmp_path):
    config = load(
        tmp_path,
        MINIMAL
        + """alerts:
  operator: {apprise: OPS_URL}
  editor: {at: "07:30", timezone: Europe/London, command: [./mail, --to, "a b"]}
""",
    )
    assert config.alerts.operator.apprise == ("OPS_URL",)
    assert (config.alerts.editor.time.isoformat(), config.alerts.editor.zone.key) == ("07:30:00", "Europe/London")
    assert config.alerts.editor.command == ("./mail", "--to", "a b")
    assert config.alerts.tells
    assert not load(tmp_path, MINIMAL).alerts.tells


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("arhive: {}", "arhive: unknown key; did you mean archive?"),
        ("checker: {per_host: {delay: 1}}", "checker.per_host.delay: unknown key; did you mean delay_s?"),
        ("checker: {hosts: {a.test: {metod: GET}}}", "checker.hosts.a.test.metod: unknown key; did you mean method?"),
        ("checker: {canaries: [{ulr: https://a.test/}]}", "checker.canaries.0.ulr: unknown key; did you mean url?"),
        ("checker: {hue: red}", "checker.hue: unknown key"),
        ("rooot: x", "rooot: unknown key"),
    ],
)
def test_a_key_with_a_typo_is_told_with_the_one_that_was_meant(tmp_path, told, sentence):
    assert f"config.yaml:3: {sentence}" in refused(tmp_path, f"{MINIMAL}{told}\n")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("history: [All]", "history.0: must be small letters and digits, with single hyphens between them,"),
        ("aliases: {feed.xml: all.xml}", "aliases.feed.xml: must be the file of a feed, such as all.atom,"),
        ("aliases: {../feed.xml: all.atom}", "aliases.../feed.xml: must be the name of a file, such as feed.xml,"),
    ],
)
def test_what_a_name_must_be_is_told_in_words(tmp_path, told, sentence):
    site = "site: {title: x, url: https://a.example/}"
    (problem,) = refused(tmp_path, f"{site}\nfeeds: {{url: https://a.example/, {told}}}\n")
    assert problem.startswith(f"config.yaml:2: feeds.{sentence}")
    (problem,) = refused(tmp_path, f"{MINIMAL}serve: {{redirects: {{feed.xml: all.rss}}}}\n")
    assert problem == "config.yaml:3: serve.redirects.feed.xml: must be a path such as /feed.xml, not 'feed.xml'"


def test_what_is_wrong_with_alerts_is_told_without_their_secrets(tmp_path):
    problems = refused(
        tmp_path,
        MINIMAL
        + """alerts:
  operator: {apprise: ["slack://secret/token"], command: [""]}
  editor: {at: 8, timezone: Mars/Olympus}
""",
    )
    assert problems == [
        "config.yaml:4: alerts.operator.apprise.0: must be the name of an environment variable, such as NEWS_TOKEN",
        "config.yaml:4: alerts.operator.command.0: must not be empty",
        'config.yaml:5: alerts.editor.at: must be an hour such as "08:00", in quotes, or YAML takes it for a number',
        "config.yaml:5: alerts.editor.timezone: must be a time zone such as UTC or Europe/London, not 'Mars/Olympus'",
    ]
    both = "alerts: {heartbeat_url: 'https://a.example/', heartbeat_url_env: A}\n"
    assert refused(tmp_path, MINIMAL + both) == [
        "config.yaml:3: alerts: has heartbeat_url and heartbeat_url_env; one of them is asked"
    ]


def test_folders_of_pages_are_as_paths_begin_and_patterns_need_a_generator(tmp_path):
    told = "articles: {generator: hugo, content: ./content/, permalinks: {content/posts/: /:slug/, ./: /:title/}}\n"
    articles = load(tmp_path, MINIMAL + told).articles
    assert (articles.content, articles.permalinks) == ("content", {"content/posts": "/:slug/", "": "/:title/"})
    with pytest.raises(ConfigError, match="articles: must name its generator beside content and permalinks"):
        load(tmp_path, MINIMAL + "articles: {permalinks: {_posts: pretty}}\n")
