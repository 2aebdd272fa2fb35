"""The action: what it installs, what it runs, and that what it is given stays data."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from feedbot import __version__
from tests.ci.sources import clone, offline
from tests.repository import commit, git

WORKFLOWS = ("docs/ci/feedbot.yml", "docs/ci/feedbot-pull-request.yml")
PINNED = "OWNER/feedbot@" + "0" * 40


@pytest.fixture
def action(project):
    return yaml.safe_load((project / "action.yml").read_text(encoding="utf-8"))


def run(project, folder, code=0, **inputs):
    """What run.sh calls feedbot with, where feedbot is a program that only says that, and ends with a code."""
    command = folder / "bin" / "feedbot"
    command.parent.mkdir(exist_ok=True)
    command.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@"\necho "budget=$FEEDBOT__CHECKER__MAX_REQUESTS_PER_RUN"\nexit {code}\n',
        encoding="utf-8",
    )
    command.chmod(0o755)
    defaults = {"CONFIG": "config.yaml", "STATE_BRANCH": "", "KEEP_STATE": "true", "FEEDS": "feeds", "SUMMARY": "true"}
    defaults |= {"BUDGET": "", "FORMAT": "", "FAIL_ON": ""}
    more = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": "/summary"}
    path = {"PATH": f"{command.parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", project / "action" / "run.sh"],
        cwd=folder,
        env={**os.environ, **path, **more, **defaults, **inputs},
        capture_output=True,
        text=True,
        check=False,
    )


def words(done):
    *words, budget = done.stdout.splitlines()
    return words[2:], budget.removeprefix("budget=")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"ARGS": "run --once"}, ["run", "--once"]),
        ({"ARGS": "check --topic 'Computer Vision' \"it's\""}, ["check", "--topic", "Computer Vision", "it's"]),
        ({"ARGS": "check\n  --all\n"}, ["check", "--all"]),
        (
            {"ARGS": "check $(touch pwned) `touch pwned`;touch"},
            ["check", "$(touch", "pwned)", "`touch", "pwned`;touch"],
        ),
        ({"ARGS": "check *"}, ["check", "*"]),
        ({"ARGS": "lint", "FORMAT": "$(touch pwned)"}, ["lint", "--format", "$(touch pwned)"]),
        ({"ARGS": "check", "FAIL_ON": "dead; touch pwned"}, ["check", "--fail-on", "dead; touch pwned"]),
    ],
)
def test_arguments_are_words_and_run_nothing(project, tmp_path, inputs, said):
    done = run(project, tmp_path, SUMMARY="false", **inputs)
    assert done.returncode == 0
    assert not (tmp_path / "pwned").exists()
    assert words(done)[0] == said


def test_a_quote_without_an_end_is_said(project, tmp_path):
    done = run(project, tmp_path, ARGS="check 'one")
    assert done.returncode != 0
    assert "quote" in done.stderr
    assert done.stdout == ""


def test_a_budget_bounds_a_check_by_its_option_and_a_run_by_its_config(project, tmp_path):
    check, run_once = (
        run(project, tmp_path, ARGS=args, BUDGET="9", SUMMARY="false") for args in ("check", "run --once")
    )
    assert words(check) == (["check", "--budget", "9"], "")
    assert words(run_once) == (["run", "--once"], "9")


def test_only_commands_with_a_report_show_it_on_the_page_of_the_run(project, tmp_path):
    assert words(run(project, tmp_path, ARGS="lint"))[0] == ["lint", "--report", "markdown=/summary"]
    assert words(run(project, tmp_path, ARGS="build"))[0] == ["build"]


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 75])
def test_it_ends_as_feedbot_ends(project, tmp_path, code):
    assert run(project, tmp_path, code, ARGS="check").returncode == code
    assert (tmp_path / "output").read_text(encoding="utf-8") == f"exit-code={code}\n"


def test_it_goes_on_from_what_others_kept_twice_and_then_says_so(project, tmp_path):
    (tmp_path / "action").mkdir()
    shutil.copy(project / "action" / "run.sh", tmp_path / "action")
    (tmp_path / "action" / "keep.sh").write_text("exit 10\n", encoding="utf-8")
    (tmp_path / "action" / "restore.sh").write_text("echo restored >&2\n", encoding="utf-8")
    done = run(tmp_path, tmp_path, ARGS="build", STATE_BRANCH="state")
    assert done.returncode == 1
    assert done.stdout.split().count("build") == 3
    assert done.stderr.split()[:3] == ["restored", "restored", "Others"]
    assert "kept" not in (tmp_path / "output").read_text(encoding="utf-8")


def test_a_state_that_an_earlier_job_saw_in_this_clone_is_forgotten_where_its_branch_is_gone(project, tmp_path):
    commit(tmp_path)
    git(tmp_path, "remote", "add", "origin", tmp_path.as_uri())
    git(tmp_path, "update-ref", "refs/feedbot/state", "HEAD")
    restore = ["bash", project / "action" / "restore.sh"]
    for _ in range(2):
        subprocess.run(restore, cwd=tmp_path, env={**os.environ, "STATE_BRANCH": "state"}, check=True)
        assert git(tmp_path, "for-each-ref", "refs/feedbot") == ""


def test_every_input_reaches_the_script_that_needs_it(project, action):
    used = {name for step in action["runs"]["steps"] for name in re.findall(r"inputs\.([\w-]+)", str(step))}
    assert used == set(action["inputs"])
    told = (project / "docs" / "ci.md").read_text(encoding="utf-8")
    assert {
        name for row in re.findall(r"^\| (`.+?) \|", told, re.MULTILINE) for name in re.findall("`(.+?)`", row)
    } == used
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "run"]
    for name in ("run.sh", "keep.sh", "restore.sh"):
        text = (project / "action" / name).read_text(encoding="utf-8")
        for variable in re.findall(r"^#   ([A-Z_, ]+)  as in action.yml", text, re.MULTILINE)[0].split(", "):
            assert variable in step["env"]


def test_it_installs_the_feedbot_that_it_came_with_and_puts_only_that_on_the_path(project, tmp_path):
    there = clone(project, tmp_path / "action")
    environment = {
        **offline(),
        "PYTHON": sys.executable,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_PATH": str(tmp_path / "path"),
    }
    for said in (f"feedbot {__version__}\n", ""):
        done = subprocess.run(
            ["bash", there / "action" / "install.sh"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == said, "once for each job"
    folder = Path((tmp_path / "path").read_text(encoding="utf-8").strip())
    assert [path.name for path in folder.iterdir()] == ["feedbot"]
    shows = "import feedbot; print(feedbot.__file__)"
    python = folder.resolve().parent / "venv" / "bin" / "python"
    file = subprocess.run([python, "-I", "-c", shows], capture_output=True, text=True, check=True).stdout
    assert Path(file.strip()).is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("github-actions", ["action.yml"]), ("gitlab-ci", ["docs/ci/gitlab-ci.yml"])],
)
def test_the_files_are_what_their_readers_expect(project, schema, files):
    checker = Path(sys.executable).with_name("check-jsonschema")
    paths = [project / file for file in files]
    done = subprocess.run([checker, "--builtin-schema", f"vendor.{schema}", *paths], check=False, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_nothing_is_found_in_them_that_a_stranger_could_use(project, tmp_path):
    """Injected scripts, actions that are not pinned, permissions that are too wide, credentials that leak."""
    zizmor = Path(sys.executable).with_name("zizmor")
    for file in (*WORKFLOWS, "action.yml"):
        text = (project / file).read_text(encoding="utf-8").replace("OWNER/feedbot@REVISION", PINNED)
        (tmp_path / Path(file).name).write_text(text, encoding="utf-8")
    done = subprocess.run([zizmor, "--offline", "--quiet", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
