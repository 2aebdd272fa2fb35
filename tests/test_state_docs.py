"""What docs/state.md shows is run here."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.publication import Publication


@pytest.fixture
def dead(news: Publication) -> Publication:
    """A publication with an article whose link died."""
    news.article("some")
    news.site.answers["/some"] = 410
    news.run()
    news.pass_days(4)
    return news


def commands(project: Path, program: str) -> list[list[str]]:
    """The command lines of a program in the document, each in its words."""
    text = (project / "docs" / "state.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith(program)]


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
