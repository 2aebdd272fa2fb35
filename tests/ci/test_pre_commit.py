"""The hook for pre-commit, in a repository of articles, with the real pre-commit."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.sources import clone, offline
from tests.repository import commit, git

PRE_COMMIT = Path(sys.executable).with_name("pre-commit")


@pytest.fixture
def hooked(news, tmp_path, project):
    """A publication whose commits are looked at by the hook as docs/ci.md says."""
    hooks = clone(project, tmp_path / "feedbot")
    revision = commit(hooks)
    (block,) = [
        block
        for block in (project / "docs" / "ci.md").read_text(encoding="utf-8").split("```")
        if block.startswith("yaml") and "feedbot-lint" in block
    ]
    said = yaml.safe_load(block.removeprefix("yaml"))
    said["repos"][0] |= {"repo": str(hooks), "rev": revision}
    (news.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    (news.folder / "README.md").write_text("# News\n", encoding="utf-8")
    (news.folder / "articles" / "old.md").write_text("---\ntitle: Old\n---\n", encoding="utf-8")
    commit(news.folder)
    return news


def test_a_commit_is_refused_for_an_article_of_its_own_that_is_off(hooked, tmp_path):
    def run():
        return subprocess.run(
            [PRE_COMMIT, "run", "--verbose"],
            cwd=hooked.folder,
            env={**offline(), "PRE_COMMIT_HOME": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )

    hooked.article("good")
    (hooked.folder / "README.md").write_text("# The news\n", encoding="utf-8")
    git(hooked.folder, "add", "-A")
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 article file read: nothing is wrong." in done.stdout

    (hooked.folder / "articles" / "bad.md").write_text("---\ntitle: Bad\n---\n", encoding="utf-8")
    git(hooked.folder, "add", "-A")
    done = run()
    assert done.returncode == 1
    assert "articles/bad.md: error[date-missing]" in done.stdout
    assert "old.md" not in done.stdout


def test_its_manifest_is_valid(project):
    subprocess.run([PRE_COMMIT, "validate-manifest", project / ".pre-commit-hooks.yaml"], check=True)
