"""What every command takes: -C, --config, -q, -v and --debug, before its name or after it."""

import logging
import re
import shutil
import subprocess
import sys

import click
import pexpect
import pytest

from feedbot.cli.everywhere import Told
from feedbot.cli.logs import start_logging, tell_more
from feedbot.cli.main import COMMANDS, main
from feedbot.cli.progress import shown_to
from feedbot.cli.saying import say, wrong
from tests.e2e.test_command import FEEDBOT, feedbot

REPORT = """\
Articles   3 articles, 1 read anew; 1 rejected
  rejected   articles/c.md:3  is no date
  duplicate  articles/b.md  another article has the same source or id: https://a.example/
Links      3 links checked in 1 s: 1 missing, 1 moved, 1 alive
  missing      https://a.example/lost
               404 on GET: not found  [strike 1]
               in articles/a.md:4 (source)
  moved        https://a.example/old
               200 on GET: moved to https://a.example/new
  soft_dead    https://a.example/empty
Feeds      2 feed files written, 0 unchanged; 1 entry came, 1 went
           subscribe to https://a.example/all.atom once feeds/ is served there
  mended     articles/a.md: its source is dead; its entry leads to the AMP page https://a.example/amp
  held       8 of 9 entries would go
             check the cause; to let them go: feedbot build --accept all
Reports    not written: the disk is full
Hubs       told of nothing
  given up   https://hub.example/ did not answer
Links      OFFLINE: this machine seems to be cut off from the network
           1 link stays as it was, and due
Files      feeds in feeds/, memory in state.db
"""
WRONG = """\
  rejected   articles/c.md:3  is no date
  duplicate  articles/b.md  another article has the same source or id: https://a.example/
  missing      https://a.example/lost
               404 on GET: not found  [strike 1]
               in articles/a.md:4 (source)
  soft_dead    https://a.example/empty
  held       8 of 9 entries would go
             check the cause; to let them go: feedbot build --accept all
Reports    not written: the disk is full
  given up   https://hub.example/ did not answer
Links      OFFLINE: this machine seems to be cut off from the network
           1 link stays as it was, and due
"""


def commands(group=main, words=()):
    """Every command and subcommand, with the words that name it."""
    yield list(words), group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            yield from commands(group.get_command(context, name), [*words, name])


@pytest.fixture(autouse=True)
def logging_as_before():
    logger = logging.getLogger("feedbot")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers


@pytest.mark.parametrize("words", [["-C", "news", "build"], ["build", "-C", "news"]])
def test_a_command_does_everything_as_if_started_in_a_folder(news, words):
    news.article("one")
    done = feedbot(news.folder.parent, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert news.titles() == ["About one"]


def test_the_config_is_seen_from_that_folder(news):
    news.config_file.rename(news.folder / "other.yaml")
    for words in (["--config", "other.yaml", "build", "-C", "news"], ["build", "--config", "other.yaml", "-C", "news"]):
        assert feedbot(news.folder.parent, *words).returncode == 0


def test_other_paths_are_seen_from_that_folder_wherever_it_stands(news):
    (news.folder / "old.xml").write_text("no feed", encoding="utf-8")
    done = feedbot(news.folder.parent, "init", "--adopt", "old.xml", "-C", "news")
    assert (done.returncode, done.stderr) == (1, "feedbot: old.xml: is neither RSS 2.0 nor Atom\n")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    done = feedbot(tmp_path, "status", "-C", "nowhere")
    assert done.returncode == 2
    assert "'-C': Directory 'nowhere' does not exist" in done.stderr


def test_every_command_takes_them_and_its_help_says_so_in_one_line():
    for words, command in commands():
        names = [name for one in command.params for name in one.opts]
        for name in ("-C", "--config", "-q", "-v", "--debug"):
            assert names.count(name) == 1, f"{words}: {name}"
        if words:
            text = command.get_help(click.Context(command, parent=click.Context(main)))
            assert "Also: -C DIR, --config FILE, -q, -v, --debug" in re.sub(r"\s+", " ", text)
            assert "-q, --quiet" not in text


def test_quiet_leaves_what_is_wrong():
    assert "".join(f"{line}\n" for line in wrong(REPORT.splitlines())) == WRONG


@pytest.mark.parametrize(
    "words", [["-q", "run", "--once"], ["run", "--once", "--quiet"], ["build", "-q"], ["check", "-q"]]
)
def test_a_quiet_command_says_nothing_where_all_is_well_and_the_rest_where_it_is_not(news, site, words):
    news.article("one")
    done = feedbot(news.folder, *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    site.answers["/lost"] = 404
    news.article("lost")
    (news.folder / "articles" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    said = feedbot(news.folder, *words).stdout
    assert "articles/broken.md:" in said
    assert ("  missing      " in said) == ("build" not in words)
    assert "Articles" not in said


def test_quiet_commands_on_the_database_say_nothing_where_all_is_well(news):
    for name in ("one", "two"):
        news.article(name)
    news.build()
    for words in (
        ["export", "--out", "state.ndjson"],
        ["import", "--replace", "state.ndjson"],
        ["db", "check"],
        ["db", "backup"],
        ["db", "vacuum"],
        ["db", "restore", "state.ndjson"],
        ["forget", "--yes", "articles/one.md"],
        ["forget", "--undo", "articles/one.md"],
    ):
        if words[1] == "restore":
            words[2] = str(next(news.folder.glob("backups/*.gz")))
        done = feedbot(news.folder, *words, "-q")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
    (news.folder / "feeds" / "old.html").write_text("articles/two.md", encoding="utf-8")
    said = feedbot(news.folder, "forget", "--yes", "-q", "articles/two.md").stdout
    assert said == "  still in   feeds/old.html, which feedbot does not write any more; remove it\n"


def test_a_quiet_format_for_programs_is_whole(news):
    news.article("one")
    assert '"verdict": "alive"' in feedbot(news.folder, "check", "-q", "--format", "json").stdout


def test_a_quiet_run_shows_no_progress_unless_it_is_asked_for():
    assert shown_to(Told(quiet=True), None) is False
    assert shown_to(Told(quiet=True), True) is True
    assert shown_to(Told(), None) is None


def test_a_verbose_command_says_on_standard_error_what_it_reads_and_how_long_that_takes(news):
    news.article("one")
    feedbot(news.folder, "run", "--once")
    plain = feedbot(news.folder, "build")
    done = feedbot(news.folder, "build", "--verbose")
    assert done.stdout == plain.stdout
    assert re.sub(r"\d+\.\d\d s", "T", done.stderr) == (
        f"feedbot: config: {news.config_file}\n"
        "feedbot: article files: 1, by articles/*.md\n"
        "feedbot: reading: T\n"
        "feedbot: publishing: T\n"
        "feedbot: reporting: T\n"
        "feedbot: all of it: T\n"
    )
    assert plain.stderr == ""
    once = feedbot(news.folder, "-v", "run", "--once", "-v").stderr
    assert [once.count(step) for step in ("reading: ", "checking: ", "all of it: ")] == [1, 1, 1]


def test_a_verbose_check_shows_links_that_are_well(news, site):
    news.article("one")
    assert site.link("/one") not in feedbot(news.folder, "check").stdout
    news.article("two")
    assert site.link("/two") in feedbot(news.folder, "check", "-v").stdout


@pytest.mark.parametrize(
    ("told", "level"),
    [(Told(), logging.INFO), (Told(verbose=True), logging.DEBUG), (Told(quiet=True), logging.WARNING)],
)
def test_the_daemon_logs_by_them_and_each_event_once(told, level):
    tell_more()
    start_logging(told)
    logger = logging.getLogger("feedbot")
    assert (logger.level, logger.handlers) == (level, [])


@pytest.mark.parametrize(
    ("words", "guess"),
    [
        (["statsu"], "status"),
        (["db", "chekc"], "check"),
        (["alert", "tset"], "test"),
        (["build", "--previw"], "--preview"),
        (["check", "--fail-on", "brokn"], "broken"),
    ],
)
def test_a_typing_error_is_told_with_what_was_meant(tmp_path, words, guess):
    done = feedbot(tmp_path, *words)
    assert done.returncode == 2
    assert re.search(rf"id you mean '?{re.escape(guess)}'?\?", done.stderr)


def completed(words):
    environment = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_FEEDBOT_COMPLETE": "bash_complete"}
    loads = "import sys; sys.argv[0] = 'feedbot'\nfrom feedbot.cli.main import entry_point\n"
    loads += "try: entry_point()\nfinally: print(*sys.modules, file=sys.stderr)"
    return subprocess.run(
        [sys.executable, "-c", loads], env=environment, cwd=".", capture_output=True, text=True, check=False
    )


def test_a_command_is_completed_without_loading_any():
    done = completed("feedbot sta")
    assert done.stdout == "plain,status\n"
    assert not {"pydantic", "sqlite3", "yaml", "feedbot.config", "feedbot.cli.status"} & set(done.stderr.split())
    assert completed("feedbot --conf").stdout == "plain,--config\n"
    assert completed("feedbot check --fail-on broken,de").stdout == "plain,broken,dead\n"


def test_bash_completes_commands_and_options(tmp_path):
    bash = shutil.which("bash")
    version = subprocess.run([bash, "-c", "echo ${BASH_VERSINFO[0]}"], capture_output=True, text=True, check=True)
    if int(version.stdout) < 5:
        pytest.skip("may be skipped: this bash is too old to complete")
    (tmp_path / "rc").write_text(
        f'PATH="{FEEDBOT.parent}:$PATH"; PS1="$ "; bind "set enable-bracketed-paste off"\n'
        'eval "$(feedbot completion bash)"\n',
        encoding="utf-8",
    )
    child = pexpect.spawn(
        bash, ["--noprofile", "--rcfile", "rc", "-i"], cwd=tmp_path, encoding="utf-8", timeout=60, dimensions=(24, 100)
    )
    try:
        child.expect_exact("$ ")
        child.send("feedbot stat\t")
        child.expect_exact("feedbot status ")
        child.send("\x15feedbot check --fail\t")
        child.expect_exact("feedbot check --fail-on ")
        child.send("brok\t")
        child.expect_exact("broken ")
    finally:
        child.close(force=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_needs_names_the_command(tmp_path, shell):
    done = feedbot(tmp_path, "completion", shell)
    assert done.returncode == 0
    assert f"_FEEDBOT_COMPLETE={shell}_complete" in done.stdout


def test_the_table_of_commands_is_that_of_the_files():
    assert [words[0] for words, _ in commands() if len(words) == 1] == list(COMMANDS)


def test_a_report_of_very_many_lines_is_said_whole(capsys):
    lines = [f"  missing      https://a.example/{number}" for number in range(25_001)]
    say(Told(), lines)
    assert capsys.readouterr().out.splitlines() == lines
