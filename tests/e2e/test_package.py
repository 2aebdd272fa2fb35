"""What is built from the project is whole, and works where nothing else of the project is."""

import configparser
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

PROJECT = Path(__file__).parents[2]


def not_copied(folder, names):
    """All but the package, the tests, which a build must leave out by itself, and the files beside them."""
    if Path(folder) != PROJECT:
        return {"__pycache__"}
    folders = {name for name in names if (PROJECT / name).is_dir()} - {"feedbot", "tests"}
    return folders | {name for name in names if name.startswith((".", "state.db"))}


def ran(*command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source distribution, and the wheel that is built from nothing but that."""
    folder = tmp_path_factory.mktemp("built")
    # A build in the project's own folder would leave files there, and take in what the list of an earlier build names.
    shutil.copytree(PROJECT, folder / "source", ignore=not_copied)
    to_sdist = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    ran(sys.executable, "-c", to_sdist, folder, cwd=folder / "source")
    [sdist] = folder.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index"]
    ran(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sdist)
    [wheel] = folder.glob("*.whl")
    return SimpleNamespace(sdist=sdist, wheel=wheel)


@pytest.fixture
def unpacked(built, tmp_path):
    with zipfile.ZipFile(built.wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def python_with(unpacked, elsewhere, *words):
    # Without the module `site` (-S) no .pth file is read, so that the editable install of the project is out of reach;
    # what feedbot depends on is named instead. -P keeps the current folder off the path.
    path = os.pathsep.join(map(str, [unpacked, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]))
    return ran(sys.executable, "-S", "-P", *words, cwd=elsewhere, env=os.environ | {"PYTHONPATH": path})


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built):
    with zipfile.ZipFile(built.wheel) as archive:
        names = archive.namelist()
    package = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "feedbot").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert package >= {
        "feedbot/py.typed",
        "feedbot/config.schema.json",
        "feedbot/check.schema.json",
        "feedbot/lint.schema.json",
        "feedbot/status.schema.json",
        "feedbot/why.schema.json",
        "feedbot/cli/config_template.yaml",
    }
    assert {name for name in names if ".dist-info/" not in name} == package
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_brings_the_command(unpacked):
    [file] = unpacked.glob("feedbot-*.dist-info/entry_points.txt")
    entry_points = configparser.ConfigParser()
    entry_points.read(file, encoding="utf-8")
    assert dict(entry_points["console_scripts"]) == {"feedbot": "feedbot.cli.main:entry_point"}


def test_the_source_distribution_holds_what_a_build_and_a_reader_need(built):
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"LICENSE", "README.md", "pyproject.toml", "feedbot/__main__.py", "feedbot/py.typed"}


def test_the_command_works_with_nothing_but_the_wheel(unpacked, elsewhere):
    imported = python_with(unpacked, elsewhere, "-c", "import feedbot; print(feedbot.__file__, feedbot.__version__)")
    file, version = imported.split()
    assert Path(file).is_relative_to(unpacked)
    assert version in python_with(unpacked, elsewhere, "-m", "feedbot", "--version")
    assert "wrote config.yaml" in python_with(unpacked, elsewhere, "-m", "feedbot", "init")
    assert [path.name for path in elsewhere.iterdir()] == ["config.yaml"]


def test_worker_processes_are_those_of_the_wheel(unpacked, elsewhere, site):
    python_with(unpacked, elsewhere, "-m", "feedbot", "init")
    config = elsewhere / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("workers: auto", "workers: 2")
    text = text.replace("allow_addresses: []", "allow_addresses: [127.0.0.0/8]\n  canaries: []")
    config.write_text(text, encoding="utf-8")
    (elsewhere / "articles").mkdir()
    (elsewhere / "feedbot.py").write_text("raise SystemExit('not this')", encoding="utf-8")
    port = site.url.rpartition(":")[2]
    said = python_with(unpacked, elsewhere, "-m", "feedbot", "check", site.link("/one"), f"http://localhost:{port}/two")
    assert "2 links checked" in said
    assert "2 alive" in said
