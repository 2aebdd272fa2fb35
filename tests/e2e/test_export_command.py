"""`feedbot export` and `feedbot import` as a person, a pipe and a CI use them."""

import os
import subprocess

import pytest

from feedbot.state.database import daemon_life
from tests.carrying import exported
from tests.e2e.test_command import FEEDBOT, feedbot


@pytest.fixture
def ran(news):
    news.article("one")
    news.run()
    return news


def elsewhere(news, folder):
    """The config and the articles, as a fresh checkout has them."""
    (folder / "articles").mkdir(parents=True)
    for file in [news.config_file, *(news.folder / "articles").iterdir()]:
        (folder / file.relative_to(news.folder)).write_bytes(file.read_bytes())
    return folder


def test_a_ci_goes_on_where_the_last_job_stopped(ran, tmp_path):
    done = feedbot(ran.folder, "export", "--out", "state.ndjson")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("state.ndjson: ")
    there = elsewhere(ran, tmp_path / "there")
    done = feedbot(there, "import", str(ran.folder / "state.ndjson"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "as it was at 2026-11-01 12:00 UTC" in done.stdout
    assert "1 link, 1 look, 1 entry id, 1 article file" in done.stdout
    assert "`feedbot run --once`" in done.stdout
    done = feedbot(there, "build")
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name: file.read_bytes() for file in (there / "feeds").iterdir()} == ran.feeds()


def test_one_pipes_into_the_other(ran, tmp_path):
    there = elsewhere(ran, tmp_path / "there")
    first = subprocess.run([FEEDBOT, "export"], cwd=ran.folder, capture_output=True, check=True).stdout
    done = subprocess.run([FEEDBOT, "import", "-"], cwd=there, input=first, capture_output=True, check=True)
    assert b"from standard input" in done.stdout
    assert exported(there / "state.db") == first == exported(ran.config.state_path)


def test_a_standard_input_that_is_closed_is_an_empty_one(ran, tmp_path):
    there = elsewhere(ran, tmp_path / "there")
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" import - <&-', FEEDBOT], cwd=there, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("feedbot: standard input: is empty; nothing was changed")


def test_whoever_stops_reading_gets_no_traceback(ran):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([FEEDBOT, "export"], cwd=ran.folder, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_is_broken_is_told_in_one_sentence_and_changes_nothing(ran, tmp_path):
    data = exported(ran.config.state_path).replace(b'"status":"alive"', b'"status":"well"')
    (tmp_path / "bad.ndjson").write_bytes(data)
    there = elsewhere(ran, tmp_path / "there")
    done = feedbot(there, "import", "../bad.ndjson")
    assert done.returncode == 1
    assert done.stderr.startswith("feedbot: ../bad.ndjson: line 4 is no line of an export that this feedbot knows")
    assert done.stderr.endswith("nothing was changed\n")
    assert not (there / "state.db").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "nowhere.ndjson"], "nowhere.ndjson: cannot be read: No such file or directory"),
        (["import", "articles"], "articles: cannot be read: Is a directory"),
        (["import", "config.yaml"], "config.yaml: line 1 is no line of an export"),
        (["export", "--out", "nowhere/state.ndjson"], "cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_is_told(ran, tmp_path, words, sentence):
    folder = ran.folder if words[0] == "export" else elsewhere(ran, tmp_path / "there")
    done = feedbot(folder, *words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_database_there_is_nothing_to_export(ran, tmp_path):
    done = feedbot(elsewhere(ran, tmp_path / "there"), "export")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no database yet" in done.stderr


def test_while_a_daemon_lives_nothing_is_imported(ran):
    feedbot(ran.folder, "export", "--out", "state.ndjson")
    with daemon_life(ran.config.state_path, who="a test"):
        done = feedbot(ran.folder, "import", "--replace", "state.ndjson")
    assert done.returncode == 75
    assert f"daemon.lock: held by a test, process {os.getpid()}" in done.stderr


def test_a_state_that_is_there_is_replaced_only_when_told_to(ran):
    feedbot(ran.folder, "export", "--out", "state.ndjson")
    done = feedbot(ran.folder, "import", "state.ndjson")
    assert done.returncode == 1
    assert "with --replace the export takes its place" in done.stderr
    done = feedbot(ran.folder, "import", "--replace", "state.ndjson")
    assert (done.returncode, done.stderr) == (0, "")
    aside = next(ran.folder.glob("state.db.replaced-*"))
    assert str(aside.relative_to(ran.folder)) in done.stdout
