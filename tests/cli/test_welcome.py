"""`feedbot` alone: what a newcomer reads first, stage by stage."""

import os
import re
import subprocess
import sys

import pexpect
import pytest

from tests.cli.golden_files import expected
from tests.e2e.test_command import FEEDBOT, feedbot


def said(news, *words):
    """What is said in a publication's folder, with its address and the site's made the same for all."""
    done = feedbot(news.folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    told = done.stdout.replace(news.site.url, "http://127.0.0.1:80").replace(str(news.folder), "/srv/news")
    return re.sub(r"Checked    .*", "Checked    just now", told)


def stages(news, site):
    """Each stage of a publication's first hour, with what is said then."""
    yield "no article", said(news)
    news.article("one")
    yield "an article", said(news)
    feedbot(news.folder, "build")
    yield "feeds", re.sub("Checked    .*", "Checked    never", said(news))
    feedbot(news.folder, "run", "--once")
    yield "all is well", said(news)
    site.answers |= {"/lost": 404, "/two": (301, site.link("/new"))}
    news.article("lost")
    news.article("two")
    (news.folder / "articles" / "broken.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    feedbot(news.folder, "run", "--once")
    yield "trouble", said(news)


def test_each_stage_has_its_next_command(news, site):
    told = "".join(f"--- {stage}\n{text}" for stage, text in stages(news, site))
    assert told == expected("welcome.text", told)
    assert max(map(len, told.splitlines())) <= 90


def test_a_folder_without_a_config_names_two_ways_to_one(tmp_path):
    done = feedbot(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"There is no config.yaml in {tmp_path} yet." in done.stdout
    assert re.findall(r"^  (feedbot \w+)", done.stdout, re.MULTILINE) == ["feedbot init", "feedbot demo"]
    assert list(tmp_path.iterdir()) == []


def test_a_config_above_is_named(news):
    assert "  feedbot -C ..  " in feedbot(news.folder / "articles").stdout
    assert feedbot(news.folder / "articles", "-C", "..").stdout.startswith("Test News  https://example.org/\n")


def test_a_config_of_another_program_can_stay(tmp_path, news):
    theirs = tmp_path / "config.yaml"
    for text in ("baseURL: https://x.example/\ntitle: A site:\nparams: {feed: 1}\n", ""):
        theirs.write_text(text, encoding="utf-8")
        done = feedbot(tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{theirs} holds none of feedbot's settings" in done.stdout
        assert "  feedbot --config feedbot.yaml init\n" in done.stdout
    assert feedbot(tmp_path, "--config", "config.yaml").returncode == 3
    for text in ('{"site": {}}', "a: 1\nfeeds: {}\n", "{a: 1, 'feeds' : {}}"):
        theirs.write_text(text, encoding="utf-8")
        assert feedbot(tmp_path).returncode == 3


def test_a_config_that_is_off_is_told_as_everywhere(news):
    assert feedbot(news.folder, "--config", "no.yaml").returncode == 3
    news.config_file.write_text("site: {}\n", encoding="utf-8")
    done = feedbot(news.folder)
    assert done.returncode == 3
    assert "site.title: is required" in done.stderr


def test_an_articles_folder_that_is_to_be_made_is_no_error(news):
    (news.folder / "articles").rmdir()
    assert "There is no article yet. Put Markdown files where articles/*.md finds them" in said(news)


def test_what_is_held_is_named_with_the_command_that_lets_it_go(news):
    for number in range(9):
        news.article(f"n{number}")
    feedbot(news.folder, "build")
    for number in range(8):
        (news.folder / "articles" / f"n{number}.md").unlink()
    feedbot(news.folder, "build")
    assert "  feedbot build --accept all\n" in said(news)


def test_it_changes_nothing(news):
    news.article("one")
    feedbot(news.folder)
    assert not (news.folder / "state.db").exists()


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colours_unless_they_are_not_wanted(tmp_path, variables, is_coloured):
    ours = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    child = pexpect.spawn(
        str(FEEDBOT), cwd=tmp_path, env={**ours, "TERM": "xterm-256color", **variables}, encoding="utf-8", timeout=60
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert ("\x1b[36mfeedbot init" in child.before) is is_coloured
    assert ("\x1b" in child.before) is is_coloured


def test_a_newcomer_waits_for_no_config_and_no_database(tmp_path):
    loads = "import sys; from feedbot.cli.main import main; main([], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not {"pydantic", "yaml", "sqlite3", "feedbot.config", "rich", "httpx"} & set(done.stdout.split())
