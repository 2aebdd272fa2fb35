"""docs/ci.md's lines for any CI, and the jobs of docs/ci/gitlab-ci.yml, in clones of a bare repository."""

import os
import re
import shutil
import subprocess

import pytest
import yaml
from junitparser import JUnitXml

from tests.ci.runner import FEEDBOT
from tests.repository import commit, git

LONG_AGO = "2020-01-24T08:00:00Z"
WHO = {f"GIT_{role}_{what}": "a.test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def origin(news, tmp_path):
    """A bare repository with an article."""
    (news.folder / ".gitignore").write_text("state.db*\nstate.ndjson\nfeeds/\n", encoding="utf-8")
    news.article("one", date=LONG_AGO)
    commit(news.folder)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin")
    return pushed(news, tmp_path / "origin")


def pushed(news, origin, branch="main"):
    git(news.folder, "push", "-q", "--force", str(origin), f"HEAD:refs/heads/{branch}")
    return origin


def cloned(origin, folder, branch="main"):
    git(folder.parent, "clone", "-q", "--branch", branch, str(origin), folder.name)
    for path in folder.rglob("*.md"):
        os.utime(path, ns=(0, 10**18))
    return folder


def shell(script, folder, **more):
    path = {"PATH": f"{FEEDBOT.parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={**os.environ, **WHO, **path, **more},
        capture_output=True,
        text=True,
        check=False,
    )


class TestAnyOther:
    @pytest.fixture
    def recipes(self, project):
        text = (project / "docs" / "ci.md").read_text(encoding="utf-8")
        return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    def test_a_job_goes_on_where_the_last_one_stopped(self, recipes, news, site, origin, tmp_path):
        job, _ = recipes
        for number in range(2):
            done = shell(job, cloned(origin, tmp_path / f"clone{number}"))
            assert done.returncode == 0, done.stderr
        assert [path for _, path in site.asked] == ["/one"]
        assert git(origin, "rev-list", "--count", "feedbot-state").strip() == "1"
        assert (tmp_path / "clone1" / "feeds" / "all.atom").exists()

    def test_a_job_that_found_another_state_on_the_branch_overwrites_nothing(self, recipes, origin, tmp_path):
        first, rest = recipes[0].split("feedbot run --once\n")
        clone = cloned(origin, tmp_path / "clone")
        meanwhile = f"git --git-dir={origin} branch feedbot-state main\n"
        done = shell(f"{first}feedbot run --once\n{meanwhile}{rest}", clone)
        assert done.returncode != 0
        assert git(origin, "rev-parse", "feedbot-state") == git(origin, "rev-parse", "main")

    def test_a_state_that_cannot_be_had_is_not_replaced_by_a_new_one(self, recipes, origin, tmp_path):
        assert shell(recipes[0], cloned(origin, tmp_path / "clone")).returncode == 0
        kept = git(origin, "rev-parse", "feedbot-state")
        clone = cloned(origin, tmp_path / "again")
        refuses = 'git() { [ "$1" != fetch ] || return 128; command git "$@"; }\n'
        assert shell(refuses + recipes[0], clone).returncode == 128
        assert git(origin, "rev-parse", "feedbot-state") == kept

    def test_a_change_answers_for_what_it_adds(self, recipes, news, site, origin, tmp_path):
        _, check = recipes
        site.answers |= {"/one": 410, "/typo": 404}
        git(news.folder, "switch", "-q", "-c", "topic")
        (news.folder / "about.md").write_text("Words.\n", encoding="utf-8")
        commit(news.folder)
        clone = cloned(pushed(news, origin, "topic"), tmp_path / "clone", "topic")
        assert shell(check, clone).returncode == 0
        news.article("typo")
        commit(news.folder)
        clone = cloned(pushed(news, origin, "topic"), tmp_path / "again", "topic")
        assert shell(check, clone).returncode == 4
        assert JUnitXml.fromfile(str(clone / "links.xml")).failures == 1


class TestGitLab:
    @pytest.fixture
    def jobs(self, project):
        return yaml.safe_load((project / "docs" / "ci" / "gitlab-ci.yml").read_text(encoding="utf-8"))

    def run(self, job, folder, **more):
        """A job's script, after what its cache kept and with its variables."""
        cached = job.get("cache", {}).get("paths", [])
        kept = folder.parent / "cache"
        for name in cached:
            if (kept / name).is_dir():
                shutil.copytree(kept / name, folder / name)
            elif (kept / name).exists():
                shutil.copy(kept / name, folder / name)
        done = shell("\n".join(["set -e", *job["script"]]), folder, **job.get("variables", {}), **more)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for name in cached:
            (shutil.copytree if (folder / name).is_dir() else shutil.copy)(folder / name, kept / name)
        return done

    def test_the_default_branch_is_published_from_where_the_last_pipeline_stopped(self, jobs, site, origin, tmp_path):
        for number in range(2):
            clone = cloned(origin, tmp_path / f"clone{number}")
            done = self.run(jobs["feeds"], clone)
            assert done.returncode == 0, done.stderr
        assert [path for _, path in site.asked] == ["/one"]
        assert shell("\n".join(["set -e", *jobs["pages"]["script"]]), clone).returncode == 0
        assert b"About one" in (clone / "public" / "feeds" / "all.atom").read_bytes()

    def test_a_merge_request_has_a_report_although_it_fails(self, jobs, news, site, origin, tmp_path):
        base = git(origin, "rev-parse", "main").strip()
        site.answers |= {"/one": 410, "/typo": 404}
        news.article("typo")
        (news.folder / "articles" / "bad.md").write_text("---\ntitle: Bad\n---\n", encoding="utf-8")
        commit(news.folder)
        clone = cloned(pushed(news, origin, "topic"), tmp_path / "clone", "topic")
        done = self.run(jobs["articles"], clone, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
        assert done.returncode == 4
        for name in jobs["articles"]["artifacts"]["reports"]["junit"]:
            assert JUnitXml.fromfile(str(clone / name)).failures == 1, name
