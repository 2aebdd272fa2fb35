"""Article files as they were at a commit, by git; the repository is only read."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedbot.errors import FeedbotError, UsageError

_FETCH_ALL = "fetch its history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`"
# Whatever the user's settings say, output is for a program; and nothing waits for a lock, or takes one.
_GIT = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
# What git tells its hooks; some of it is relative to a folder that may be another one.
_OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
_FILE_MODES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class Past:
    """What a commit knew of the files that are there now, and the articles in it that are not as they were.

    `unchanged` are paths as given to `since`. `texts` are the bytes of each other article file of that commit, by its
    path relative to the root.
    """

    unchanged: frozenset[str]
    texts: tuple[tuple[str, bytes], ...]


def since(root: Path, ref: str, files: Sequence[tuple[str, str]], is_article: Callable[[str], bool]) -> Past:
    """The past at the commit where HEAD and `ref` parted; the working tree is the present, committed or not.

    `files` are the article files of now: the path by which each is known, and one that can be opened. `is_article`
    tells which paths relative to `root` are of articles. A file outside of the repository, or in a submodule, counts
    as unchanged: this repository does not know what it was. Raises UsageError for a ref that cannot be, FeedbotError
    where git is not there, `root` is in no repository, or its clone does not reach back to the ref.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(f"--since {ref}: is no name of a commit")
    top = os.fsdecode(_ask(root, "rev-parse", "--show-toplevel").rstrip(b"\n"))
    base = _base(root, ref)
    blobs, submodules = _tree(top, base)
    changed = _changed(top, base)
    inside = _Inside(top)
    unchanged = set()
    known: dict[str, str] = {}  # name -> path
    for path, full_path in files:
        name = inside.name_of(full_path)
        if name is None or any(name.startswith(f"{one}/") for one in submodules):
            unchanged.add(path)
            continue
        known[name] = path
        if name in blobs and name not in changed:
            unchanged.add(path)
    old: dict[str, str] = {}  # path relative to the root -> blob
    real_root = os.path.realpath(root)
    for name in changed & blobs.keys():
        path = known.get(name) or os.path.relpath(os.path.join(inside.top, name), real_root)  # noqa: PTH118 - strings
        if name in known or is_article(path):
            old[path] = blobs[name]
    return Past(frozenset(unchanged), tuple(zip(old, _contents(top, list(old.values())), strict=True)))


class _Inside:
    """Names of files by a repository's top folder, with symbolic links followed."""

    def __init__(self, top: str) -> None:
        self.top = os.path.realpath(top)
        self._folders: dict[str, str] = {}

    def name_of(self, full_path: str) -> str | None:
        """The name by which git knows a file; None outside of the repository."""
        folder, _, name = full_path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder or "/")
        path = f"{self._folders[folder]}/{name}"
        return path.removeprefix(f"{self.top}/") if path.startswith(f"{self.top}/") else None


def _base(root: Path, ref: str) -> str:
    """The commit where HEAD and a ref parted."""
    found = _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode:
        if _is_shallow(root):
            raise FeedbotError(f"--since {ref}: this clone does not reach back to it; {_FETCH_ALL}")
        raise UsageError(f"--since {ref}: git knows no such commit; is it spelt right, and fetched?")
    base = _run(root, "merge-base", found.stdout.decode().strip(), "HEAD")
    if base.returncode:
        why = f"; {_FETCH_ALL}" if _is_shallow(root) else ""
        raise FeedbotError(f"--since {ref}: this clone does not know where it and HEAD parted{why}")
    return base.stdout.decode().strip()


def _is_shallow(root: Path) -> bool:
    return _run(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _tree(top: str, commit: str) -> tuple[dict[str, str], list[str]]:
    """The blob of every regular file of a commit by its name, and the names of its submodules."""
    blobs: dict[str, str] = {}
    submodules: list[str] = []
    for entry in _ask(top, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        head, _, name = entry.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        kind, _, blob = rest.partition(b" ")
        if kind == b"commit":
            submodules.append(os.fsdecode(name))
        elif mode in _FILE_MODES:
            blobs[os.fsdecode(name)] = blob.decode()
    return blobs, submodules


def _changed(top: str, commit: str) -> set[str]:
    """The names of the files that are not as they were; what git does not look after is not among them."""
    names = _ask(
        top,
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-relative",
        "--ignore-submodules=all",
        commit,
        "--",
    )
    return {os.fsdecode(name) for name in names.split(b"\0") if name}


def _contents(top: str, blobs: Sequence[str]) -> Iterator[bytes]:
    """The bytes of each of these blobs."""
    if not blobs:
        return
    told = _ask(top, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode())
    at = 0
    for _ in blobs:
        # <name> SP <type> SP <size> LF <bytes> LF (git-cat-file, "BATCH OUTPUT")
        end = told.index(b"\n", at)
        size = int(told[at:end].rpartition(b" ")[2])
        yield told[end + 1 : end + 1 + size]
        at = end + size + 2


def _ask(folder: Path | str, *words: str, given: bytes = b"") -> bytes:
    """What git says; raises FeedbotError with its own first line where it fails."""
    done = _run(folder, *words, given=given)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0] or f"it exited with {done.returncode}"
        raise FeedbotError(f"--since: git {words[0]} failed: {why.removeprefix('fatal: ')}")
    return done.stdout


def _run(folder: Path | str, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    ours = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        return subprocess.run(  # noqa: S603 - fixed words, no shell; a ref stands behind --end-of-options
            [*_GIT, *words],
            check=False,
            cwd=folder,
            input=given,
            capture_output=True,
            env={**ours, **_ENVIRONMENT},
        )
    except FileNotFoundError:
        raise FeedbotError(
            "--since: needs git, which is not installed here; install it, or name articles instead"
        ) from None
    except OSError as error:
        raise FeedbotError(f"--since: git cannot be started: {error.strerror}") from None
