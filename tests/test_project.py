"""What the project says of itself is true."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


@pytest.fixture
def pyproject(project):
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements):
    # pip freeze writes pre_commit what everybody else calls pre-commit.
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {match[0].lower().replace("_", "-") for match in found}


def needed(pyproject):
    project = pyproject["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["fast"], *extras["alerts"], *extras["cluster"]]


def test_every_dependency_has_its_reason_and_its_pinned_version(project, pyproject):
    wanted = names([*needed(pyproject), *pyproject["project"]["optional-dependencies"]["bench"]])
    wanted |= names(pyproject["dependency-groups"]["dev"])
    reasons = (project / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = {name for row in re.findall(r"^\| ([^|]+) \|", reasons, re.MULTILINE) for name in row.lower().split(", ")}
    pinned = names(line for line in (project / "constraints.txt").read_text().splitlines() if not line.startswith("#"))
    assert wanted <= told
    assert told - {"package", "---"} <= wanted
    assert wanted <= pinned


def test_the_lowest_versions_tested_are_the_lower_bounds(project, pyproject):
    bounds = [re.sub(r">=([^,]+).*", r"==\1", one) for one in needed(pyproject)]
    lines = (project / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == bounds


def test_imports_point_down_only(project):
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_readme_shows_the_help_as_it_is(project):
    help_text = subprocess.run(
        [Path(sys.executable).with_name("feedbot"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert help_text in (project / "README.md").read_text(encoding="utf-8")


def test_the_reference_of_commands_is_what_their_help_says(project):
    shipped = (project / "docs" / "commands.md").read_text(encoding="utf-8")
    # In a process of its own: a command keeps the names of --help that it was first asked with, by whatever test.
    code = "from feedbot.cli.reference import command_reference; print(command_reference(), end='')"
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=project, text=True).stdout
    assert shipped == made, "run `make docs`"


def test_the_architecture_names_every_room_and_every_file_of_the_top_level(project):
    text = (project / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in sorted((project / "feedbot").iterdir()):
        if path.is_dir() and not path.name.startswith("__"):
            assert f"{path.name}/" in text
        elif path.suffix == ".py" and not path.name.startswith("__"):
            assert path.name in text


def test_a_check_over_libcurl_loads_only_what_it_needs():
    """Each of these takes megabytes and a part of the second that a short run lasts, in every process."""
    loads = "import feedbot.cli.check, feedbot.wire.worker, feedbot.wire.curl_wire, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "pycurl" in loaded
    assert not loaded & {
        "httpx",
        "httpcore",
        "h11",
        "requests",
        "feedgen",
        "jinja2",
        "lxml",
        "apscheduler",
        "markdown_it",
        "nh3",
        "rich",
    }


def test_a_process_that_reads_articles_loads_nothing_that_validates_a_config():
    """Two of them start for a first build; it would be half of the time that each takes to start."""
    loads = "import feedbot.articles.read, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    assert "feedbot.articles.understand" in loaded
    assert not {"pydantic", "feedbot.config", "sqlite3", "click"} & set(loaded)


def test_who_tells_nobody_loads_nothing_of_alerts():
    loads = "import feedbot.cli.run, feedbot.cli.build, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    assert "feedbot.service.daemon" in loaded
    assert not {"feedbot.steps.alerting", "feedbot.wire.messenger", "apprise"} & set(loaded)


def test_who_joins_no_cluster_loads_nothing_of_dask():
    loads = (
        "import feedbot.cli.check, feedbot.cli.run, feedbot.wire.worker, feedbot.wire.cluster, sys; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout.split()
    assert "feedbot.wire.cluster_executor" in loaded
    assert not {"distributed", "dask", "tornado", "cryptography", "feedbot.wire.cluster_worker"} & set(loaded)


def test_the_help_loads_no_command_and_no_command_but_serve_loads_what_serves_watches_or_sends():
    loads = (
        "from feedbot.cli.main import COMMANDS, main; import importlib, sys; print(*sys.modules);"
        ' [importlib.import_module(f"feedbot.cli.{name}") for name in COMMANDS if name != "serve"]; print(*sys.modules)'
    )
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    by_help, by_commands = (set(line.split()) for line in done.stdout.splitlines())
    assert not by_help & {"asyncio", "pydantic", "sqlite3", "yaml", "feedbot.config"}
    assert "feedbot.service.daemon" in by_commands
    dear = {"starlette", "uvicorn", "prometheus_client", "watchfiles", "apprise", "httpx", "requests", "pycurl"}
    assert not by_commands & dear
