"""What `feedbot check` looks at, by what the command line names."""

import os
import re
import shlex

import click
import pytest

from feedbot.cli.check import command
from feedbot.cli.choosing import Wish, choose, lines_of, require_sense
from feedbot.cli.words import Words
from feedbot.core.order import affordable
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind
from feedbot.errors import UsageError
from feedbot.steps.reading import read

URL = "https://a.example/"


def paths(news, **wish):
    """The paths of what is chosen, in the order to ask them."""
    with news.state() as state:
        rejected = read(news.config, state, news.clock).rejected
        wish.setdefault("is_named", "what" in wish)
        found = choose(news.config, state, news.clock.now(), Wish(**wish), rejected)
    return [target.url.removeprefix(news.site.url) for target in found.targets]


@pytest.fixture
def library(news):
    """Three articles on two topics, of two providers, one of them in a folder of its own."""
    text = news.config_file.read_text(encoding="utf-8").replace("articles/*.md", "articles/**/*.md")
    news.config_file.write_text(text, encoding="utf-8")
    (news.folder / "articles" / "old").mkdir()
    news.article("one", topics="AI, Robots", more="provider: {name: The News, domain: news.example}\n")
    news.article("two", topics="Robots", more="provider: {name: Other}\n")
    news.article("old/three", topics="AI")
    return news


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"every": True}, ["/old/three", "/one", "/two"]),
        ({"topics": ("ai",)}, ["/old/three", "/one"]),
        ({"topics": ("AI", "robots")}, ["/old/three", "/one", "/two"]),
        ({"providers": ("news.example",)}, ["/one"]),
        ({"providers": ("the  news", "OTHER")}, ["/one", "/two"]),
        ({"topics": ("Robots",), "providers": ("Other",)}, ["/two"]),
        ({"topics": ("AI",), "providers": ("Other",)}, []),
        ({"what": ("articles/old",)}, ["/old/three"]),
        ({"what": ("articles",)}, ["/old/three", "/one", "/two"]),
        ({"what": ("articles/one.md", "articles/old/")}, ["/old/three", "/one"]),
        ({"what": ("articles/one.md", "articles/two.md"), "topics": ("AI",)}, ["/one"]),
        ({"statuses": ("unchecked",)}, ["/old/three", "/one", "/two"]),
        ({"statuses": ("dead", "failing")}, []),
        ({"what": (), "is_named": True}, []),
    ],
)
def test_what_is_named_is_chosen(library, wish, found):
    assert sorted(paths(library, **wish)) == found


def test_a_topic_may_be_named_by_its_slug_and_by_an_earlier_name(library):
    library.configure_feeds("topics: {Robots: {was: [Machines]}}")
    library.article("four", topics="Machines")
    library.run()
    for name in ("robots", "Machines", "Robots"):
        assert sorted(paths(library, topics=(name,))) == ["/four", "/one", "/two"]


def test_a_status_is_what_the_links_have_now_and_narrows_articles(library, site):
    site.answers["/one"] = 404
    library.run()
    assert paths(library, statuses=("failing",)) == ["/one"]
    assert sorted(paths(library, statuses=("failing", "alive"), topics=("Robots",))) == ["/one", "/two"]
    assert paths(library, statuses=("failing",), what=("articles/two.md",)) == []


def test_links_that_people_want_left_alone_and_pages_to_come_are_not_chosen(library, site):
    library.article("four", more=f"ignore: ['{site.link('/four')}']\n")
    library.article("five", topics="Other")
    text = library.config_file.read_text(encoding="utf-8")
    library.config_file.write_text(
        text + f"links: {{exclude: [{{glob: '{site.link('/five')}', reason: x}}]}}\n", encoding="utf-8"
    )
    assert sorted(paths(library, every=True)) == ["/old/three", "/one", "/two"]
    assert paths(library, what=("articles/five.md",)) == []


def test_links_of_files_that_are_gone_are_not_chosen(library):
    library.run()
    (library.folder / "articles" / "one.md").unlink()
    assert sorted(paths(library, every=True)) == ["/old/three", "/two"]


def test_a_budget_buys_what_is_worth_most_of_what_was_named(library, site):
    library.article("new", date="2026-10-31T08:00:00Z")
    assert paths(library, every=True, budget=1) == ["/new"]
    assert paths(library, what=(site.link("/x"), site.link("/y"), "articles/one.md"), budget=2) == ["/x", "/y"]


def test_the_configs_budget_bounds_what_was_not_named_one_by_one(library):
    text = library.config_file.read_text(encoding="utf-8")
    library.config_file.write_text(text.replace("checker:", "checker:\n  max_requests_per_run: 1"), encoding="utf-8")
    assert len(paths(library, every=True)) == 1
    assert len(paths(library, every=True, budget=2)) == 2
    assert len(paths(library, what=("articles",))) == 3


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"topics": ("robotz",)}, r"--topic robotz: no article is on it; did you mean 'robots'\?"),
        ({"topics": ("Cooking",)}, r"--topic Cooking: no article is on it$"),
        (
            {"providers": ("news.exampl",)},
            r"--provider news.exampl: no article names it; did you mean 'news.example'\?",
        ),
        ({"what": ("feeds",)}, r"feeds: is a folder without articles"),
    ],
)
def test_what_is_not_known_is_told_with_what_was_meant(library, wish, sentence):
    (library.folder / "feeds").mkdir()
    with pytest.raises(UsageError, match=sentence):
        paths(library, **wish)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(what=("a.md",), is_named=True, every=True), "--all: means every link"),
        (Wish(what=(), is_named=True, every=True), "--all: means every link"),
        (Wish(since="main", every=True), "--all: means every link"),
        (Wish(what=(URL,), is_named=True, topics=("AI",)), f"{URL}: is asked by itself"),
        (Wish(what=(URL,), is_named=True, statuses=("dead",)), f"{URL}: is asked by itself"),
        (Wish(what=(URL,), is_named=True, since="main"), f"{URL}: is asked by itself"),
        (Wish(what=("",), is_named=True), "URL or ARTICLE: is empty"),
        (Wish(topics=("AI", " ")), "--topic: is empty"),
        (Wish(providers=("",)), "--provider: is empty"),
        (Wish(since=""), "--since: is empty"),
    ],
)
def test_words_that_do_not_go_together_are_refused(tmp_path, wish, sentence):
    with pytest.raises(UsageError, match=sentence):
        require_sense(wish, tmp_path)


def test_a_folder_is_seen_from_here_and_not_from_the_config_where_both_have_it(library, tmp_path, monkeypatch):
    (tmp_path / "articles").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="articles: is a folder without articles"):
        paths(library, what=("articles",))
    monkeypatch.chdir(library.folder / "articles")
    assert paths(library, what=("old",)) == ["/old/three"]
    assert len(paths(library, what=(".",))) == 3


def test_standard_input_names_one_a_line():
    text = b"https://a.example/\n\n  # not this\r\narticles/one.md  \r\n#x\narticles/\xff.md"
    assert list(lines_of(text)) == ["https://a.example/", "articles/one.md", os.fsdecode(b"articles/\xff.md")]
    assert list(lines_of(b"\xef\xbb\xbfhttps://a.example/\n")) == ["https://a.example/"]


def test_a_budget_reaches_at_least_one():
    moved = Status(StatusKind.MOVED)
    assert [affordable([moved, moved, moved], budget) for budget in (1, 2, 3, 4, 9)] == [1, 1, 1, 2, 3]
    assert affordable([], 5) == 0


# Words with commas between them


WORDS = Words(["broken", "dead", "alive", "dead"])


def test_words_come_one_by_one_or_with_commas():
    assert WORDS.convert("broken", None, None) == ("broken",)
    assert WORDS.convert("broken, dead,", None, None) == ("broken", "dead")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("deat", "'deat' is none of its words; did you mean 'dead'?"),
        ("dead,x", "'x' is none of its words: broken, dead, alive"),
        (",", "names no word"),
    ],
)
def test_a_word_that_is_none_is_refused(said, sentence):
    with pytest.raises(click.BadParameter) as refused:
        WORDS.convert(said, None, None)
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("begun", "found"),
    [
        ("", ["broken", "dead", "alive"]),
        ("d", ["dead"]),
        ("broken,", ["broken,dead", "broken,alive"]),
        ("dead,b", ["dead,broken"]),
        ("x", []),
    ],
)
def test_a_shell_completes_the_last_word(begun, found):
    context = click.Context(command)
    assert [one.value for one in WORDS.shell_complete(context, command.params[0], begun)] == found


def test_what_the_docs_and_the_help_show_is_understood(project):
    texts = [(project / name).read_text(encoding="utf-8") for name in ("docs/checking.md", "README.md")]
    shown = [line for text in (*texts, command.help) for line in re.findall(r"feedbot check\b(?: [^`#|\n]*)?", text)]
    assert len(shown) > 20
    for line in shown:
        words = shlex.split(line.partition("   ")[0])[2:]
        if words != ["--help"]:
            command.make_context("check", words)


def test_the_help_explains_every_word_of_fail_on():
    words = set(command.help.replace(",", " ").split())
    assert {"broken", "never_alive", *VerdictKind, *StatusKind} <= words
