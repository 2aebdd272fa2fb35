"""A command that is forked does what one does that is started (command.py)."""

import os
import threading

import pytest

from tests.command import feedbot, started_anew

CONFIG = "site: {title: Test, url: https://example.org/}\nfeeds: {url: https://example.org/feeds/}\n"


def outcome(done):
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "named", "code"),
    [
        (["--help"], "", 0),
        (["check", "--help"], "", 0),
        (["nope"], "", 2),
        (["status"], "", 3),
        (["import", "-"], "not a state\n", 1),
        (["check", "--dry-run", "-"], "http://127.0.0.1/ü\n", 0),
    ],
)
def test_it_says_and_exits_as_one_that_was_started(tmp_path, words, named, code):
    if code != 3:
        (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    forked = feedbot(tmp_path, *words, named=named)
    assert outcome(forked) == outcome(started_anew(tmp_path, *words, named=named))
    assert forked.returncode == code


def test_it_has_the_environment_of_its_own_command_alone(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    off = {**os.environ, "FEEDBOT__SITE__URL": "nowhere"}
    assert "site.url" in feedbot(tmp_path, "build", env=off).stderr
    assert feedbot(tmp_path, "build").returncode == 0
    monkeypatch.setenv("FEEDBOT__SITE__URL", "nowhere")
    assert feedbot(tmp_path, "build").returncode == 3


def test_where_python_is_to_start_otherwise_it_is_started(tmp_path):
    done = feedbot(tmp_path, "--version", env={**os.environ, "PYTHONVERBOSE": "1"})
    assert "import 'feedbot.cli.main'" in done.stderr


def test_several_at_once_do_not_hear_each_other(tmp_path):
    said = {}

    def ask(word):
        said[word] = feedbot(tmp_path, word).stderr

    asking = [threading.Thread(target=ask, args=(f"no{number}",)) for number in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert all(f"'{word}'" in told for word, told in said.items())
    assert len(said) == 8
