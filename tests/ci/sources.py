"""The project as a fresh clone has it, and what lets pip install that without a network."""

import os
import shutil
import sysconfig
from pathlib import Path

_FILES = ("LICENSE", "MANIFEST.in", "README.md", "action.yml", "constraints.txt", "pyproject.toml")


def clone(project: Path, folder: Path) -> Path:
    """A copy of what is installed, and of what describes it to others; without what tests and builds leave behind."""
    left_out = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("action", "feedbot"):
        shutil.copytree(project / name, folder / name, ignore=left_out)
    for name in (*_FILES, ".pre-commit-hooks.yaml"):
        shutil.copy(project / name, folder / name)
    return folder


def offline() -> dict[str, str]:
    """An environment in which pip asks no index: what feedbot needs, and what builds it, is that of these tests."""
    packages = os.pathsep.join([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    # To pip a 0 says here that builds are not to be isolated.
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    return {**os.environ, **pip, "PYTHONPATH": packages}
