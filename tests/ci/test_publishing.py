"""docs/ci/feedbot.yml and the action, step by step, on a code host that is a folder."""

import shutil
from datetime import timedelta

import pytest

from feedbot.clock import SystemClock
from tests.carrying import exported
from tests.ci.expressions import TOKEN
from tests.ci.runner import CodeHost
from tests.hubs import loopback_hub
from tests.repository import commit, git

LONG_AGO = "2020-01-24T08:00:00Z"


@pytest.fixture
def host(tmp_path, project):
    return CodeHost(tmp_path / "host", project)


@pytest.fixture
def repository(news, host):
    """A publication as somebody has it, pushed: articles, a config, and nothing that a run makes."""
    (news.folder / ".gitignore").write_text("state.db*\nfeeds/\nreports/\n", encoding="utf-8")
    news.article("one", date=LONG_AGO)
    commit(news.folder)
    host.push(news.folder)
    return news


@pytest.fixture
def moved(news, host):
    """A publication of which runs over months have seen that a page moved for good, and its state on the branch."""
    news.clock.at = SystemClock().now() - timedelta(days=130)
    (news.folder / ".gitignore").write_text("state.db*\nfeeds/\nreports/\n", encoding="utf-8")
    news.site.answers["/one"] = (301, "/new-one")
    news.article("one", date=LONG_AGO)
    news.article("two", date=LONG_AGO)
    for _ in range(3):
        news.run()
        news.clock.step(days=40)
    commit(news.folder)
    host.push(news.folder)
    keep(host, news.folder, exported(news.config.state_path))
    return news


def keep(host, folder, state):
    """Somebody keeps a state on its branch."""
    copy = folder.with_name("kept")
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    (copy / "state.ndjson").write_bytes(state)
    commit(copy, "State of feedbot")
    return host.push(copy, "feedbot-state")


def published(host, project, **inputs):
    return host.run(project / "docs" / "ci" / "feedbot.yml", inputs)


def on_branch(host, branch="feedbot-state"):
    """The files of a branch, and how many commits it has."""
    names = git(host.origin, "ls-tree", "-r", "--name-only", branch).split()
    return names, int(git(host.origin, "rev-list", "--count", branch))


def test_the_first_run_publishes_and_the_second_goes_on_where_it_stopped(repository, host, site, project):
    jobs = published(host, project)
    assert {name: job.outcome for name, job in jobs.items()} == {
        "publish": "success",
        "deploy": "success",
        "propose": "skipped",
    }
    assert "There is no branch feedbot-state yet: this is the first run." in jobs["publish"].log
    assert {path for _, path in site.asked} == {"/one"}
    first = {path.name: path.read_bytes() for path in (host.pages / "feeds").iterdir()}
    assert b"About one" in first["all.atom"]
    names, commits = on_branch(host)
    assert set(names) == {"state.ndjson", *(f"feeds/{name}" for name in first)}
    assert commits == 1

    site.asked.clear()
    again = published(host, project)
    assert again["deploy"].outcome == "success"
    assert site.asked == []
    assert {path.name: path.read_bytes() for path in (host.pages / "feeds").iterdir()} == first

    repository.article("two", date=LONG_AGO)
    commit(repository.folder)
    host.push(repository.folder)
    assert published(host, project)["deploy"].outcome == "success"
    assert {path for _, path in site.asked} == {"/two"}
    assert b"About two" in (host.pages / "feeds" / "all.atom").read_bytes()
    assert on_branch(host)[1] == 1, "the branch grows no history"


def test_a_publication_in_a_folder_of_its_repository_keeps_its_state_and_its_feeds_there(news, host, site, tmp_path):
    repository = tmp_path / "repository"
    news.article("one", date=LONG_AGO)
    repository.mkdir()
    shutil.copytree(news.folder, repository / "site")
    (repository / "site" / "config.yaml").rename(repository / "site" / "feedbot.yaml")
    commit(repository)
    host.push(repository)
    workflow = tmp_path / "feedbot.yml"
    text = """
jobs:
  publish:
    permissions: {contents: write}
    steps:
      - uses: actions/checkout@0000000000000000000000000000000000000000
      - uses: OWNER/feedbot@REVISION
        with: {working-directory: site, config: feedbot.yaml, state-branch: feedbot-state, feeds: FEEDS}
"""
    for feeds, warnings in (("nowhere", 1), ("feeds", 0)):
        workflow.write_text(text.replace("FEEDS", feeds), encoding="utf-8")
        job = host.run(workflow)["publish"]
        assert job.outcome == "success"
        assert job.log.count("::warning::There is no folder nowhere") == warnings
    assert [path for _, path in site.asked] == ["/one"]
    names, _ = on_branch(host)
    assert {"site/state.ndjson", "site/feeds/all.atom"} <= set(names)
    assert not [name for name in names if not name.startswith("site/")]


def test_hubs_hear_of_what_changed_and_not_of_each_run(repository, host, project):
    with loopback_hub() as hub:
        repository.configure_feeds(f"hub: {hub.url}")
        commit(repository.folder)
        host.push(repository.folder)
        published(host, project)
        assert hub.topics
        published(host, project)
        assert hub.topics == []


def test_links_that_moved_are_proposed_once_as_exactly_the_diff(moved, host, project):
    before = git(host.origin, "rev-parse", "main")
    jobs = published(host, project)
    assert jobs["propose"].outcome == "success"
    assert git(host.origin, "rev-parse", "feedbot-fix^") == before
    assert git(host.origin, "diff", "--numstat", "main", "feedbot-fix").split() == ["1", "1", "articles/one.md"]
    assert git(host.origin, "show", "feedbot-fix:articles/one.md") == (
        (moved.folder / "articles" / "one.md").read_text(encoding="utf-8").replace("/one\n", "/new-one\n")
    )
    listed, created = host.asked_of_gh()
    pulls = "repos/news/site/pulls"
    assert listed.startswith(f"{TOKEN} api --method GET {pulls} -f head=news:feedbot-fix -f state=all")
    assert created.startswith(f"{TOKEN} api --method POST {pulls} -f head=feedbot-fix -f base=main -f title=Links that")

    proposed = git(host.origin, "rev-parse", "feedbot-fix")
    pulls = host.pulls.read_text(encoding="utf-8")
    host.pulls.write_text(pulls.replace("open", "closed"), encoding="utf-8")
    (moved.folder / "about.txt").write_text("Words.\n", encoding="utf-8")
    commit(moved.folder)
    host.push(moved.folder)
    assert published(host, project)["propose"].outcome == "success"
    assert git(host.origin, "rev-parse", "feedbot-fix") == proposed
    assert len(host.asked_of_gh()) == 3, "what somebody closed is not opened anew"

    host.pulls.write_text(pulls, encoding="utf-8")
    article = moved.folder / "articles" / "one.md"
    text = article.read_text(encoding="utf-8")
    article.write_text(text.replace("topics:", "provider: A\ntopics:"), encoding="utf-8")
    commit(moved.folder)
    host.push(moved.folder)
    published(host, project)
    assert git(host.origin, "rev-parse", "feedbot-fix^") == git(host.origin, "rev-parse", "main")
    assert len(host.asked_of_gh()) == 4, "one that is open follows its branch"

    git(moved.folder, "pull", "-q", "--ff-only", str(host.origin), "feedbot-fix")
    host.push(moved.folder)
    assert published(host, project)["propose"].outcome == "skipped", "it was merged"


def test_who_finds_that_another_kept_a_state_meanwhile_goes_on_from_that_one(repository, host, site, project):
    repository.clock.at = SystemClock().now()
    repository.run()
    theirs = keep(host, repository.folder, exported(repository.config.state_path))
    git(host.origin, "update-ref", "refs/kept", theirs)
    git(host.origin, "update-ref", "-d", "refs/heads/feedbot-state")
    site.asked.clear()
    site.meanwhile = lambda: git(host.origin, "update-ref", "refs/heads/feedbot-state", theirs)
    job = published(host, project)["publish"]
    assert job.outcome == "success"
    assert "Another run has kept its state on feedbot-state meanwhile: going on from that one" in job.log
    assert [path for _, path in site.asked] == ["/one"], "what theirs knows is not asked again"
    state = git(host.origin, "show", "feedbot-state:state.ndjson")
    assert state.count('"kind":"run"') == 2, "theirs and ours"
    assert (host.pages / "feeds" / "all.atom").exists()


def test_without_the_permission_nothing_is_published_and_it_is_said(repository, host, project, tmp_path):
    workflow = tmp_path / "feedbot.yml"
    text = (project / "docs" / "ci" / "feedbot.yml").read_text(encoding="utf-8")
    workflow.write_text(text.replace("contents: write #", "contents: read #"), encoding="utf-8")
    jobs = host.run(workflow)
    assert (jobs["publish"].outcome, jobs["deploy"].outcome) == ("failure", "skipped")
    assert "The state cannot be kept on feedbot-state, and git says why above" in jobs["publish"].log
    assert not host.pages.exists()


def test_what_waits_for_a_person_fails_the_job_is_published_as_it_waits_and_goes_at_a_word(repository, host, project):
    for number in range(9):
        repository.article(f"more{number}", date=LONG_AGO)
    commit(repository.folder)
    host.push(repository.folder)
    published(host, project)
    for number in range(7):
        (repository.folder / "articles" / f"more{number}.md").unlink()
    commit(repository.folder)
    host.push(repository.folder)
    jobs = published(host, project)
    assert (jobs["publish"].outcome, jobs["deploy"].outcome) == ("failure", "success")
    assert b"About more0" in (host.pages / "feeds" / "all.atom").read_bytes()

    said = published(host, project, command="build --accept all --accept ai")
    assert said["publish"].outcome == "success"
    assert b"About more0" not in (host.pages / "feeds" / "all.atom").read_bytes()


def test_a_config_that_is_off_publishes_and_keeps_nothing(repository, host, project):
    repository.config_file.write_text("site: {titel: News}\n", encoding="utf-8")
    commit(repository.folder)
    host.push(repository.folder)
    jobs = published(host, project)
    assert (jobs["publish"].outcome, jobs["deploy"].outcome) == ("failure", "skipped")
    assert "titel" in jobs["publish"].log
    assert git(host.origin, "branch", "--list").split() == ["*", "main"]


def test_a_code_host_that_does_not_answer_is_no_first_run(moved, host, project, site):
    site.asked.clear()
    (host.folder / "programs" / "git").write_text(
        f'#!/bin/sh\ncase $1 in ls-remote) exit 128 ;; esac\nexec {shutil.which("git")} "$@"\n', encoding="utf-8"
    )
    (host.folder / "programs" / "git").chmod(0o755)
    jobs = published(host, project)
    assert (jobs["publish"].outcome, jobs["deploy"].outcome) == ("failure", "skipped")
    assert site.asked == []
