"""The article files on disk: which there are, by the patterns of the config."""

import errno
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from feedbot.articles.globs import any_of, regex_of
from feedbot.core.article import Rejected
from feedbot.core.problems import Code
from feedbot.errors import ArticlesError, why_unreadable

_GLOB = re.compile(r"[*?\[]")


# Of a hundred thousand files, these are a third of what it costs to find them: they are made in C.
class FileStamp(msgspec.Struct, frozen=True, gc=False):
    """What tells cheaply that a file is unchanged: modification time (ns since 1970), size in bytes, inode."""

    mtime_ns: int
    size: int
    inode: int


class FoundFile(msgspec.Struct, frozen=True, gc=False):
    """A file that the patterns name; `path` is relative to the root, `full_path` can be opened."""

    path: str
    full_path: str
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class Found:
    """All files that the patterns name, by path, and those among them that may not be read."""

    files: tuple[FoundFile, ...]
    rejected: tuple[Rejected, ...]


def find_files(root: Path, patterns: Sequence[str], exclude: Sequence[str]) -> Found:
    """The files that the glob patterns name, each once, sorted by path.

    Patterns are relative to `root` or absolute; `**` is any number of folders, and names that begin
    with a dot are found only where the pattern writes the dot. The leading folders without wildcards
    are a pattern's base. A pattern of `exclude` applies below the base, whatever the names above it;
    one that does not begin with `**` may also be relative to the root. Left out and rejected: links
    that lead out of the base, what is no regular file, names that are not UTF-8. Links to folders are
    not followed. Raises ArticlesError where a base is not there or a folder cannot be read.
    """
    rejected: list[Rejected] = []
    files = sorted(each_file(root, patterns, exclude, rejected), key=lambda file: file.path)
    return Found(tuple(files), tuple(rejected))


def each_file(
    root: Path, patterns: Sequence[str], exclude: Sequence[str], rejected: list[Rejected]
) -> Iterator[FoundFile]:
    """The same files one by one, as the folders have them, where there may be too many to hold.

    At the end those that may not be read are added to `rejected`.
    """
    yield from _each([_Search(root, pattern, exclude) for pattern in patterns], rejected)


def _each(
    searches: Sequence["_Search"], rejected: list[Rejected], beside: "_Beside | None" = None
) -> Iterator[FoundFile]:
    refused: dict[str, Rejected] = {}
    seen: set[str] = set()
    for search in searches:
        for one in search.run(beside):
            if isinstance(one, Rejected):
                refused.setdefault(one.path, one)
            elif beside is not None or len(searches) == 1:
                yield one  # each name is in its folder once
            elif one.path not in seen:
                seen.add(one.path)
                yield one
    seen |= set() if beside is None else beside.seen
    rejected += [refused[path] for path in sorted(refused) if path not in seen]


Stamps = dict[str, tuple[int, int, int] | None]
"""Of files by path, their `mtime_ns`, `size` and `inode` (FileStamp); None where each is to count as another."""


@dataclass(frozen=True, slots=True)
class Compared:
    """All files beside those that were known: the new and the changed ones by path, and how many there are in all.

    `empty` are the patterns below whose base there is no file, each with its base (`_Search.prefix`).
    """

    changed: tuple[FoundFile, ...]
    rejected: tuple[Rejected, ...]
    count: int
    empty: Mapping[str, str]


def compare_files(root: Path, patterns: Sequence[str], exclude: Sequence[str], known: Stamps) -> Compared:
    """Hold the files of `find_files` against those that are known; what is left in `known` then is gone.

    Nothing is made of a file that is as it was: there may be a hundred thousand.
    """
    searches = [_Search(root, pattern, exclude) for pattern in patterns]
    beside = _Beside(known, {pattern: search.prefix for pattern, search in zip(patterns, searches, strict=True)})
    rejected: list[Rejected] = []
    changed = sorted(_each(searches, rejected, beside), key=lambda file: file.path)
    return Compared(tuple(changed), tuple(rejected), len(changed) + beside.as_known, beside.empty)


class _Beside:
    """What is known of files, while it is held against those that are there."""

    def __init__(self, known: Stamps, bases: Mapping[str, str]) -> None:
        self.as_known = 0
        self.empty = bases
        self._known = known
        # The files that several patterns may name.
        self.seen: set[str] = set()
        self._are_several = len(bases) > 1

    def has(self, path: str, status: os.stat_result) -> bool:
        """True for a file that is as it is known, or was met before."""
        if self._are_several:
            if path in self.seen:
                return True
            self.seen.add(path)
        if self.empty:
            self.empty = {pattern: base for pattern, base in self.empty.items() if not path.startswith(base)}
        if self._known.pop(path, None) != (status.st_mtime_ns, status.st_size, status.st_ino):
            return False
        self.as_known += 1
        return True


def find_named(
    root: Path, patterns: Sequence[str], exclude: Sequence[str], full_paths: Iterable[str]
) -> tuple[FoundFile, ...] | None:
    """The files at these absolute paths, each as `find_files` gives it, by path.

    None where only a look at all files can tell: one of them is not there, is no plain file, lies behind a symbolic
    link, or is not named by the patterns.
    """
    searches = [_Search(root, pattern, exclude) for pattern in patterns]
    found: dict[str, FoundFile] = {}
    for full_path in full_paths:
        file = next((file for search in searches if (file := search.file_at(full_path)) is not None), None)
        if file is None:
            return None
        found.setdefault(file.path, file)
    return tuple(found[path] for path in sorted(found))


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch for changes: absolute folders, with those below where `is_deep`; `touches` judges a changed path.

    It is true where the change may concern what `find_files` finds: a file that the patterns name, a folder, or
    what is gone and may have been one. Editors' own files, and all that is left out, are neither.
    """

    folders: tuple[str, ...]
    is_deep: bool
    touches: Callable[[str], bool]


def to_watch(root: Path, patterns: Sequence[str], exclude: Sequence[str]) -> Watched:
    """Where the article files of these patterns may change; links to folders are not followed."""
    searches = [_Search(root, pattern, exclude) for pattern in patterns]
    return Watched(
        folders=tuple(sorted({search.folder for search in searches})),
        is_deep=any(search.is_deep for search in searches),
        touches=lambda path: any(search.touches(path) for search in searches),
    )


def naming(root: Path, patterns: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """Tells of a path relative to `root`, symbolic links in it followed, whether the patterns name it.

    It need not be there: so is asked for files of earlier times.
    """
    searches = [_Search(root, pattern, exclude) for pattern in patterns]
    return lambda path: any(search.names(path) for search in searches)


def stamp_of(status: os.stat_result) -> FileStamp:
    """The stamp in a file's status."""
    return FileStamp(status.st_mtime_ns, status.st_size, status.st_ino)


def why_not_read(error: OSError) -> str:
    """The system's reason in a few words."""
    if error.errno == errno.ELOOP:
        return "it has become a symbolic link"
    return error.strerror or type(error).__name__


def base_of(root: Path, pattern: str) -> str:
    """What the path of every file that a pattern names begins with: its leading folders, or nothing."""
    return _Search(root, pattern, ()).prefix


class _Search:
    """One pattern's walk from its base down."""

    def __init__(self, root: Path, pattern: str, exclude: Sequence[str]) -> None:
        self._root = root
        self._pattern = pattern
        parts = [part for part in pattern.split("/") if part not in {"", "."}]
        fixed = next((i for i, part in enumerate(parts) if _GLOB.search(part)), len(parts) - 1)
        start = "/" if pattern.startswith("/") else ""
        base = start + "/".join(parts[: max(fixed, 0)])
        rest = parts[max(fixed, 0) :]
        self._base = os.path.join(root, base) if base else os.fspath(root)  # noqa: PTH118 - strings in the hot loop
        if start:
            base = os.path.relpath(base, root).replace(os.sep, "/")
        base = posixpath.normpath(base or ".")
        self.prefix = "" if base == "." else f"{base}/"
        self._wanted = any_of("articles.paths", [pattern], [regex_of(rest, dots=False)])
        self._depth = None if "**" in rest else len(rest) - 1
        key = "articles.exclude"
        folders = [p for p in exclude if p.endswith("/**")]
        self._exclude_files = any_of(key, exclude, [regex_of(p.split("/"), dots=True) for p in exclude])
        self._exclude_folders = any_of(key, folders, [regex_of(p.split("/")[:-1], dots=True) for p in folders])
        self._exclude_by_root = any(not p.startswith("**") for p in exclude)

    @property
    def folder(self) -> str:
        """The base, as an absolute path."""
        return os.path.abspath(self._base)  # noqa: PTH100 - a Path keeps the dots

    @property
    def is_deep(self) -> bool:
        """True where folders below the base are searched too."""
        return self._depth != 0

    def touches(self, full_path: str) -> bool:
        """Whether a change at an absolute path may concern what `run` finds."""
        if full_path == self.folder:
            return True
        start = f"{self.folder.rstrip('/')}/"
        if not full_path.startswith(start):
            return False
        relative = full_path.removeprefix(start)
        path, name = self.prefix + relative, relative.rpartition("/")[2]
        if self._leaves_out(self._exclude_files, relative, path):
            return False
        if self._wanted.fullmatch(relative):
            return True
        if not self.is_deep or name.startswith(".") or self._leaves_out(self._exclude_folders, relative, path):
            return False
        # A folder that is gone cannot be asked what it was; names of folders seldom have a dot.
        return os.path.isdir(full_path) or ("." not in name and not os.path.lexists(full_path))  # noqa: PTH112

    def file_at(self, full_path: str) -> FoundFile | None:
        """The plain file at an absolute path, where `run` would find it by the same name."""
        start = f"{self.folder.rstrip('/')}/"
        relative = full_path.removeprefix(start)
        path = self.prefix + relative
        if not full_path.startswith(start) or not self._wanted.fullmatch(relative) or _refused_name(path) is not None:
            return None
        if self._leaves_out(self._exclude_files, relative, path):
            return None
        if os.path.realpath(full_path) != f"{os.path.realpath(self._base).rstrip('/')}/{relative}":
            return None
        try:
            status = os.lstat(full_path)
        except OSError:
            return None
        return FoundFile(path, f"{self._base}/{relative}", stamp_of(status)) if stat.S_ISREG(status.st_mode) else None

    def names(self, real_path: str) -> bool:
        """Whether the pattern names a path relative to the root, symbolic links in both followed."""
        base = os.path.relpath(os.path.realpath(self._base), os.path.realpath(self._root)).replace(os.sep, "/")
        prefix = "" if base == "." else f"{base}/"
        relative = real_path.removeprefix(prefix)
        if not real_path.startswith(prefix) or not self._wanted.fullmatch(relative):
            return False
        return not self._leaves_out(self._exclude_files, relative, self.prefix + relative)

    def run(self, beside: _Beside | None = None) -> Iterator[FoundFile | Rejected]:
        """What is found, each path once; raises ArticlesError as `find_files` does.

        With `beside` files are left out that it has.
        """
        wanted, excluded = self._wanted.fullmatch, self._exclude_files.fullmatch
        folders = [("", 0)]
        real_base = os.path.realpath(self._base)
        while folders:
            below, depth = folders.pop()
            for entry in self._scan(below):
                relative = below + entry.name
                path = self.prefix + relative
                if _is_folder(entry):
                    if self._depth is not None and depth >= self._depth:
                        continue
                    if self._leaves_out(self._exclude_folders, relative, path):
                        continue
                    if not entry.is_symlink():
                        folders.append((f"{relative}/", depth + 1))
                    elif (out := _leads_out(entry, path, real_base)) is not None:
                        yield out
                    continue
                if not wanted(relative) or excluded(relative) or (self._exclude_by_root and excluded(path)):
                    continue
                found = self._look_at(entry, path, real_base, beside)
                if found is not None:
                    yield found

    def _leaves_out(self, excluded: re.Pattern[str], relative: str, path: str) -> bool:
        return bool(excluded.fullmatch(relative)) or (self._exclude_by_root and bool(excluded.fullmatch(path)))

    def _scan(self, below: str) -> Iterator["os.DirEntry[str]"]:
        try:
            with os.scandir(f"{self._base}/{below}") as entries:
                yield from entries
        except OSError as error:
            if below and isinstance(error, FileNotFoundError):
                return  # it vanished meanwhile
            folder = f"{self._base}/{below}".rstrip("/") or "/"
            what = {
                FileNotFoundError: "does not exist; make it, or name the one where they are",
                NotADirectoryError: "is not a folder; name the one where they are",
            }.get(type(error), f"cannot be read: {why_unreadable(error)}")
            raise ArticlesError(f"articles.paths: the folder {folder} of {self._pattern!r} {what}") from None

    def _look_at(
        self, entry: "os.DirEntry[str]", path: str, real_base: str, beside: _Beside | None
    ) -> FoundFile | Rejected | None:
        if not path.isascii() and (refused := _refused_name(path)) is not None:
            return refused
        full_path = entry.path
        try:
            if entry.is_symlink():
                out = _leads_out(entry, path, real_base)
                if out is not None:
                    return out
                full_path = os.path.realpath(full_path)
                status = os.stat(full_path)  # noqa: PTH116 - no Path objects here
            else:
                status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            if not os.path.lexists(entry.path):
                return None  # it vanished meanwhile
            # Not taken for gone: whoever wanted that would have removed the link.
            return _rejected(path, Code.FILE_UNREADABLE, "a symbolic link to a file that is not there")
        except OSError as error:
            return _rejected(path, Code.FILE_UNREADABLE, f"the file cannot be read: {why_not_read(error)}")
        if not stat.S_ISREG(status.st_mode):
            return _rejected(path, Code.FILE_NOT_REGULAR, "the file is not a regular file")
        if beside is not None and beside.has(path, status):
            return None
        return FoundFile(path, full_path, stamp_of(status))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a symbolic link in a circle


def _refused_name(path: str) -> Rejected | None:
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        return _rejected(shown, Code.FILE_NAME, "the file's name is not UTF-8")
    return None


def _rejected(path: str, code: Code, reason: str) -> Rejected:
    return Rejected(path, 0, reason, code=code.value)


def _leads_out(entry: "os.DirEntry[str]", path: str, real_base: str) -> Rejected | None:
    """The refusal of a symbolic link that leads out of the base; None for one that stays in it."""
    real = os.path.realpath(entry.path)
    if real == real_base or real.startswith(f"{real_base.rstrip('/')}/"):
        return None
    shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return _rejected(shown, Code.SYMLINK_LEADS_OUT, "a symbolic link that leads out of the article folder")
