"""A small runner of GitHub's workflows: their steps, and those of our action, run as the real one runs them.

What is GitHub's own is played: `actions/checkout` clones from a bare repository that takes a push only from a job with
the permission and the credentials for it, Pages is a folder, and `gh` is a program that records what it was asked.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ci.expressions import holds, text_of
from tests.repository import git

FEEDBOT = Path(sys.executable).with_name("feedbot")
# Takes a push only from those who may write.
_PRE_RECEIVE = """#!/bin/sh
test -n "$MAY_WRITE" || { echo "Permission denied to github-actions[bot]." >&2; exit 1; }
"""
_GH = """#!/bin/sh
echo "$GH_TOKEN $*" | tr '\\n' ' ' >>"$GH_FOLDER/asked"
echo >>"$GH_FOLDER/asked"
case "$1 $2 $3" in
  "api --method GET") cat "$GH_FOLDER/pulls" ;;
  "api --method POST") echo "open $(git --git-dir="$GH_FOLDER/../origin" rev-parse feedbot-fix)" >>"$GH_FOLDER/pulls" ;;
  *) exit 1 ;;
esac
"""


@dataclass
class Job:
    """What became of a job: success, failure or skipped, what it said, and what its steps saw and left."""

    outcome: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    environments: list[dict[str, str]] = field(default_factory=list)


class CodeHost:
    """A repository on a code host, with Pages, pull requests and a runner for its workflows."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder, self.project = folder, project
        self.origin = folder / "origin"
        self.pages = folder / "pages"
        self.pulls = folder / "gh" / "pulls"
        self._jobs = 0
        git(_made(folder), "init", "-q", "--bare", "-b", "main", "origin")
        _program(self.origin / "hooks" / "pre-receive", _PRE_RECEIVE)
        _program(folder / "programs" / "gh", _GH)
        _made(folder / "gh")
        self.pulls.touch()

    def asked_of_gh(self) -> list[str]:
        """The command lines that gh was called with, each after its token."""
        file = self.pulls.with_name("asked")
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def push(self, folder: Path, branch: str = "main") -> str:
        """Somebody's push of what a folder's repository has."""
        os.environ["MAY_WRITE"] = "1"
        try:
            git(folder, "push", "-q", "--force", str(self.origin), f"HEAD:refs/heads/{branch}")
        finally:
            del os.environ["MAY_WRITE"]
        return git(folder, "rev-parse", "HEAD").strip()

    def run(self, workflow: Path, inputs: Mapping[str, str] | None = None, **github: str) -> dict[str, Job]:
        """Run a workflow for the branch main, or for what `github` says; its jobs in their order.

        `inputs` are what a person gave who started it by hand.
        """
        said = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        main = {"ref": "refs/heads/main", "ref_name": "main"}
        context: dict[str, Any] = {
            "github": {"repository": "news/site", "repository_owner": "news", **main, **github},
            "inputs": inputs or {},
        }
        jobs: dict[str, Job] = {}
        for name, job in said["jobs"].items():
            needs = [job["needs"]] if "needs" in job else []
            at_hand = {**context, "needs": {one: {"outputs": jobs[one].outputs} for one in needs}}
            is_well = all(jobs[one].outcome == "success" for one in needs)
            jobs[name] = Job()
            if holds(job.get("if", ""), at_hand, is_well=is_well):
                shell = said.get("defaults", {}).get("run", {}).get("shell", "sh")
                self._run_job(jobs[name], job, at_hand, shell)
        return jobs

    def _run_job(self, result: Job, job: Mapping[str, Any], context: Mapping[str, Any], shell: str) -> None:
        self._jobs += 1
        home = _made(self.folder / "jobs" / str(self._jobs))
        running = _Running(self, home, job.get("permissions", {}), result, shell)
        context = {**context, "steps": {}}
        is_well = running.steps(job["steps"], context)
        result.outcome = "success" if is_well else "failure"
        result.outputs = {name: text_of(value, context) for name, value in job.get("outputs", {}).items()}
        result.summary = running.summary.read_text(encoding="utf-8")


class _Running:
    """A job under way."""

    def __init__(self, host: CodeHost, home: Path, permissions: Mapping[str, str], result: Job, shell: str) -> None:
        self.host, self.home, self.permissions, self.result, self.shell = host, home, permissions, result, shell
        self.workspace, self.temp = _made(home / "workspace"), _made(home / "temp")
        self.path_file, self.summary = home / "path", home / "summary"
        self.path_file.touch()
        self.summary.touch()
        self.may_push = False

    def steps(self, steps: list[Mapping[str, Any]], context: dict[str, Any]) -> bool:
        """Run steps; True where none failed. What they put out is in the context afterwards."""
        is_well = True
        for number, step in enumerate(steps):
            if not holds(step.get("if", ""), context, is_well=is_well):
                continue
            good, outputs = self._step(step, context)
            context["steps"][step.get("id", str(number))] = {"outputs": outputs}
            is_well = is_well and good
        return is_well

    def _step(self, step: Mapping[str, Any], context: dict[str, Any]) -> tuple[bool, dict[str, str]]:
        if "run" in step:
            return self._shell(step, context)
        given = {name: text_of(value, context) for name, value in step.get("with", {}).items()}
        name, _, revision = step["uses"].partition("@")
        if name == "OWNER/feedbot":
            return self._action(given, context)
        assert re.fullmatch("[0-9a-f]{40}", revision), f"{name} is not pinned"
        if name == "actions/checkout":
            self._check_out(given, context)
        elif name == "actions/setup-python":
            assert given == {"python-version": given["python-version"], "update-environment": "false"}
            return True, {"python-path": sys.executable}
        elif name == "actions/upload-pages-artifact":
            shutil.copytree(self.workspace / given["path"], self.host.folder / "artifact", dirs_exist_ok=False)
        elif name == "actions/deploy-pages":
            assert self.permissions == {"pages": "write", "id-token": "write"}
            shutil.rmtree(self.host.pages, ignore_errors=True)
            (self.host.folder / "artifact").rename(self.host.pages)
        else:
            raise AssertionError(f"an action that nobody plays: {name}")
        return True, {}

    def _check_out(self, given: Mapping[str, str], context: Mapping[str, Any]) -> None:
        assert self.permissions["contents"] in {"read", "write"}
        ref, branch = context["github"]["ref"], context["github"]["ref_name"]
        git(self.workspace, "init", "-q", "-b", "main")
        git(self.workspace, "remote", "add", "origin", self.host.origin.as_uri())
        if given.get("fetch-depth", "1") == "0":
            git(
                self.workspace,
                "fetch",
                "-q",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
                f"+{ref}:refs/remotes/it",
            )
        else:
            git(self.workspace, "fetch", "-q", "--no-tags", "--depth", "1", "origin", f"+{ref}:refs/remotes/it")
        git(self.workspace, "switch", "-q", "-C", branch.replace("/", "-"), "refs/remotes/it")
        self.may_push = self.permissions["contents"] == "write" and given.get("persist-credentials") != "false"
        for path in self.workspace.rglob("*.md"):
            os.utime(path, ns=(0, 10**18))  # as after a minute of setting up Python

    def _action(self, given: Mapping[str, str], context: Mapping[str, Any]) -> tuple[bool, dict[str, str]]:
        action = yaml.safe_load((self.host.project / "action.yml").read_text(encoding="utf-8"))
        assert set(given) <= set(action["inputs"])
        inputs = {name: given.get(name, one["default"]) for name, one in action["inputs"].items()}
        inner = {"github": context["github"], "inputs": inputs, "steps": {}}
        _install(self.temp)
        is_well = self.steps(action["runs"]["steps"], inner)
        return is_well, {name: text_of(one["value"], inner) for name, one in action["outputs"].items()}

    def _shell(self, step: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[bool, dict[str, str]]:
        assert "${{" not in step["run"], "an expression in a script"
        assert step.get("shell", self.shell) == "bash"
        script, output, summary = self.home / "script", self.home / "output", self.home / "step-summary"
        script.write_text(step["run"], encoding="utf-8")
        output.write_text("", encoding="utf-8")
        summary.write_text("", encoding="utf-8")
        own = {name: text_of(value, context) for name, value in step.get("env", {}).items()}
        self.result.environments.append(own)
        more = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.host.project),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_PATH": str(self.path_file),
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(self.temp),
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GH_FOLDER": str(self.host.folder / "gh"),
            "PATH": os.pathsep.join([*self._path(), os.environ["PATH"]]),
        }
        if self.may_push:
            more["MAY_WRITE"] = "1"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace / text_of(step.get("working-directory", "."), context),
            env={**os.environ, **more, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.result.log += done.stdout
        with self.summary.open("a", encoding="utf-8") as file:
            file.write(summary.read_text(encoding="utf-8"))
        lines = output.read_text(encoding="utf-8").splitlines()
        return done.returncode == 0, dict(line.split("=", 1) for line in lines)

    def _path(self) -> list[str]:
        return [*self.path_file.read_text(encoding="utf-8").splitlines()[::-1], str(self.host.folder / "programs")]


def _install(temp: Path) -> None:
    """Put the feedbot of these tests where the action installs one, which then does not; test_action.py lets it."""
    command = temp / "feedbot" / "bin" / "feedbot"
    if not command.exists():
        command.parent.mkdir(parents=True)
        command.symlink_to(FEEDBOT)
        with (temp.parent / "path").open("a", encoding="utf-8") as file:
            file.write(f"{command.parent}\n")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _program(path: Path, text: str) -> None:
    _made(path.parent)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
