"""What docs/state.md shows is run here."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.carrying import exported
from tests.publication import Publication


@pytest.fixture
def dead(news: Publication) -> Publication:
    """A publication with an article whose link died."""
    news.article("some")
    news.site.answers["/some"] = 410
    news.run()
    news.pass_days(4)
    return news


def blocks(project: Path) -> list[str]:
    """The blocks of command lines in the document."""
    text = (project / "docs" / "state.md").read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def commands(project: Path, program: str) -> list[list[str]]:
    """The command lines of a program in the document, each in its words."""
    return [shlex.split(line) for block in blocks(project) for line in block.splitlines() if line.startswith(program)]


def run_in_shell(script: str, folder: Path) -> None:
    """Run command lines one after the other, with the feedbot of these tests, until one fails."""
    who = {f"GIT_{role}_{what}": "a.test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, **who, **path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_examples_for_sqlite_utils_run(project, dead):
    found = commands(project, "sqlite-utils")
    assert len(found) == 5
    said = []
    for _, *arguments in found:
        program = Path(sys.executable).with_name("sqlite-utils")
        done = subprocess.run([program, *arguments], cwd=dead.folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    assert "articles/some.md" in said[0]
    assert said[1].splitlines() == ["host,dead", "127.0.0.1,1"]
    assert '"article": "articles/some.md"' in said[3]


def test_the_document_names_every_column_of_the_views(project, dead):
    text = (project / "docs" / "state.md").read_text(encoding="utf-8")
    with dead.state() as state:
        for view in ("links", "dead_links", "link_history"):
            assert state.rows(f"SELECT * FROM {view}")
            for row in state.rows(f"PRAGMA table_info({view})"):
                assert f"`{row['name']}`" in text


def test_a_job_goes_on_from_the_branch_as_the_document_says(project, dead, tmp_path):
    first, job = (block for block in blocks(project) if "git" in block)
    assert not (tmp_path / "state").exists(), "the document says ../state"
    run_in_shell("git init -q -b main . && git add articles config.yaml && git commit -q -m Articles", dead.folder)
    run_in_shell(first, dead.folder)
    dead.config.state_path.unlink()
    with_feeds = dead.feeds()
    run_in_shell(job, dead.folder)
    data = (tmp_path / "state" / "state.ndjson").read_bytes()
    assert data == exported(dead.config.state_path)
    assert b'"change":"died"' in data
    assert dead.feeds() == with_feeds
    run_in_shell("git worktree remove ../state", dead.folder)
    run_in_shell("test $(git rev-list --count state) = 2", dead.folder)


def test_it_packs_as_the_document_says(project, dead):
    (packing,) = (block for block in blocks(project) if "gzip" in block)
    run_in_shell(packing, dead.folder)
    packed = (dead.folder / "state.ndjson.gz").read_bytes()
    assert gzip.decompress(packed) == exported(dead.config.state_path)
