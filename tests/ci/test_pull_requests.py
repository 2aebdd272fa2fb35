"""docs/ci/feedbot-pull-request.yml: pull requests from anybody, on a code host that is a folder."""

import html

import pytest

from tests.ci.expressions import TOKEN
from tests.ci.runner import CodeHost
from tests.cli.workflow_commands import read_commands
from tests.repository import commit, git


@pytest.fixture
def host(tmp_path, project):
    return CodeHost(tmp_path / "host", project)


@pytest.fixture
def fork(news, host, site):
    """A fork of a publication whose main has an article with a link that died long ago."""
    site.answers |= {"/old": 410, "/typo": 404}
    (news.folder / ".gitignore").write_text("state.db*\nfeeds/\n", encoding="utf-8")
    news.article("old")
    commit(news.folder)
    host.push(news.folder)
    git(news.folder, "switch", "-q", "-c", "topic")
    return news


def checked(host, fork, project):
    """What becomes of a pull request from it: the code host has it as a ref that is no branch."""
    commit(fork.folder)
    host.push(fork.folder, "topic")
    git(host.origin, "update-ref", "refs/pull/1/merge", "refs/heads/topic")
    git(host.origin, "update-ref", "-d", "refs/heads/topic")
    refs = git(host.origin, "show-ref")
    github = {"ref": "refs/pull/1/merge", "ref_name": "1/merge", "base_ref": "main"}
    (job,) = host.run(project / "docs" / "ci" / "feedbot-pull-request.yml", **github).values()
    assert git(host.origin, "show-ref") == refs, "nothing is pushed"
    return job


def test_a_link_that_it_adds_fails_it_beside_its_line_and_on_the_page_of_the_run(host, fork, project):
    fork.article("typo")
    job = checked(host, fork, project)
    assert job.outcome == "failure"
    (error,) = [one for one in read_commands(job.log) if one.name == "error"]
    assert (error.properties["file"], error.properties["line"]) == ("articles/typo.md", "4")
    assert "**feedbot lint**: 2 article files read" in job.summary
    assert "**feedbot check**" in job.summary
    assert "articles/typo.md:4" in html.unescape(job.summary)


def test_old_links_do_not_fail_it_and_are_not_asked(host, fork, project, site):
    fork.article("good")
    assert checked(host, fork, project).outcome == "success"
    assert {path for _, path in site.asked} == {"/good"}


def test_an_article_that_is_off_fails_it_and_its_links_are_checked_all_the_same(host, fork, project, site):
    fork.article("typo")
    (fork.folder / "articles" / "bad.md").write_text("---\ntitle: Bad\n---\n", encoding="utf-8")
    job = checked(host, fork, project)
    assert job.outcome == "failure"
    files = {one.properties["file"] for one in read_commands(job.log) if one.name == "error"}
    assert files == {"articles/bad.md", "articles/typo.md"}


def test_no_step_has_a_token_or_a_secret(host, fork, project):
    fork.article("good")
    job = checked(host, fork, project)
    assert job.environments
    assert not any(TOKEN in value for environment in job.environments for value in environment.values())
    text = (project / "docs" / "ci" / "feedbot-pull-request.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "github.token" not in text


def test_a_config_of_a_fork_that_is_off_fails_it(host, fork, project):
    fork.config_file.write_text("site: {titel: News}\n", encoding="utf-8")
    job = checked(host, fork, project)
    assert job.outcome == "failure"
    assert "titel" in job.log
