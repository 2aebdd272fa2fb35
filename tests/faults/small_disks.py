"""Disks of a test's own: a small one that can be filled, and one that cannot be written; no other process sees them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import MAY_BE_SKIPPED
from tests.faults.loaded_command import Ended, Loaded


class Disks:
    """What is mounted in a folder, for a shell and for the commands that are run there."""

    def __init__(self, command: Loaded, folder: Path, shell: "subprocess.Popen[str]") -> None:
        self._command, self._folder, self._shell = command, folder, shell

    def sh(self, script: str) -> None:
        """Run lines of shell in the folder; each must end well."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{script}\necho done\n")
        self._shell.stdin.flush()
        if self._shell.stdout.readline() != "done\n":
            _, said = self._shell.communicate()
            raise AssertionError(f"{script}: {said}")

    def feedbot(self, *words: str) -> Ended:
        """The command from its start to its end."""
        return self._command.run(self._folder, *words, inside=self._shell.pid)

    def fill(self, path: str) -> None:
        """Leave no room beside a file that takes all of it."""
        self.sh(f"head -c 100M /dev/zero > {path} 2>/dev/null || true")


@contextmanager
def disks_of_its_own(command: Loaded, folder: Path, mount: str) -> Iterator[Disks]:
    """What the shell line `mount` mounts in a folder; it is gone at the end."""
    with subprocess.Popen(
        ["unshare", "--map-root-user", "--mount", "sh", "-e"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as shell:
        try:
            disks = Disks(command, folder, shell)
            try:
                disks.sh(mount)
            except (AssertionError, BrokenPipeError) as error:
                pytest.skip(f"{MAY_BE_SKIPPED}nobody may mount here: {error}")
            yield disks
        finally:
            shell.kill()
