"""Errors say what to do next: the real command where something is in its way."""

import os
import sqlite3

import pytest

from feedbot.errors import why_unreadable
from tests.e2e.test_command import feedbot, one_sentence
from tests.publication import Publication

READS = (["status"], ["why", "https://a.example/"], ["export"], ["fix"], [])
WRITES = (["build"], ["run", "--once"], ["check"], ["mark", "https://a.example/", "alive"], ["db", "backup"])


@pytest.fixture
def built(news) -> Publication:
    news.article("one")
    news.build()
    return news


@pytest.mark.parametrize("words", [words for words in (*READS, *WRITES) if words])
def test_without_a_config_one_is_offered_or_to_be_named(tmp_path, words):
    done = feedbot(tmp_path, *words)
    one_sentence(done, 3, "config.yaml: there is no such file", "`feedbot init`", "-C DIR", "--config FILE")


def test_a_config_that_is_a_folder_is_told(tmp_path):
    (tmp_path / "config.yaml").mkdir()
    one_sentence(feedbot(tmp_path, "build"), 3, "config.yaml: cannot be read: Is a directory")


def test_what_belongs_to_somebody_else_is_told_with_what_it_must_be():
    why = why_unreadable(PermissionError(13, "Permission denied"))
    assert why == "Permission denied; it must be readable for the user who runs feedbot"
    assert why_unreadable(IsADirectoryError(21, "Is a directory")) == "Is a directory"


@pytest.mark.parametrize("words", [["status"], ["fix"], ["export"], ["db", "check"]])
def test_before_the_first_run_what_makes_the_database_is_named(news, words):
    assert "`feedbot run --once` makes it" in feedbot(news.folder, *words).stderr


def test_an_articles_folder_that_is_not_there_is_to_be_made_or_named(news):
    (news.folder / "articles").rmdir()
    one_sentence(feedbot(news.folder, "build"), 1, "does not exist; make it, or name the one where they are")
    (news.folder / "articles").write_text("", encoding="utf-8")
    one_sentence(feedbot(news.folder, "build"), 1, "is not a folder; name the one where they are")


def test_a_folder_for_the_database_is_to_be_made_or_named(news):
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"state: nowhere/state.db\n{text}", encoding="utf-8")
    one_sentence(feedbot(news.folder, "build"), 1, "does not exist; make it, or name another file under `state:`")


@pytest.mark.parametrize("words", [["build"], ["status"], []])
def test_a_newer_database_is_left_alone_and_its_feedbot_is_to_be_installed(built, words):
    with sqlite3.connect(built.folder / "state.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    one_sentence(feedbot(built.folder, *words), 1, "was written by a newer feedbot (schema 999", "install that again")


def test_a_database_of_another_program_is_left_alone_and_another_file_is_to_be_named(news):
    with sqlite3.connect(news.folder / "state.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    one_sentence(feedbot(news.folder, "build"), 1, "another program; name another file under `state:`")


def test_what_is_no_database_is_to_be_restored_or_moved_away(news):
    (news.folder / "state.db").write_bytes(b"no database" * 1000)
    one_sentence(feedbot(news.folder, "build"), 1, "`feedbot db restore`", "move it away")


def test_a_feeds_folder_that_is_a_file_is_to_be_moved_away(built):
    (built.folder / "feeds").rename(built.folder / "before")
    (built.folder / "feeds").write_text("", encoding="utf-8")
    one_sentence(feedbot(built.folder, "build"), 1, "move it away, or name another one (feeds.directory)")


@pytest.mark.parametrize(("text", "mend"), [("", "`feedbot export` writes it anew"), ("{}\n", "nothing was changed")])
def test_an_export_that_is_none_changes_nothing(news, text, mend):
    (news.folder / "state.ndjson").write_text(text, encoding="utf-8")
    one_sentence(feedbot(news.folder, "import", "state.ndjson"), 1, "state.ndjson", mend)
    assert not (news.folder / "state.db").exists()


def test_the_database_itself_is_no_copy_of_it(built):
    one_sentence(feedbot(built.folder, "db", "restore", "state.db"), 1, "`feedbot db restore` shows which copies")


@pytest.mark.parametrize("words", [["check", "--topic"], ["fix"], ["mark", "https://a.example/", "dead", "--note"]])
def test_a_word_that_is_not_utf8_is_refused(built, words):
    done = feedbot(built.folder, *words, os.fsdecode(b"caf\xe9"))
    one_sentence(done, 2, "a word of the command line is not UTF-8 text")
