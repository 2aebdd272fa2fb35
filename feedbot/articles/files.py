"""The article files on disk: which there are, which have changed, and what those say."""

import errno
import hashlib
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedbot.articles.frontmatter import MAX_FILE_BYTES
from feedbot.articles.rules import ReadRules
from feedbot.articles.understand import understand
from feedbot.core.article import Article, Rejected, Remark
from feedbot.errors import ArticlesError

SETTLING_NS = 2_000_000_000
"""A file changed less than two seconds ago may still be half written."""

_GLOB = re.compile(r"[*?\[]")
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells cheaply that a file is unchanged: modification time (ns since 1970), size in bytes, inode."""

    mtime_ns: int
    size: int
    inode: int


UNREAD = FileStamp(-1, -1, -1)
"""The stamp of a file that could not be read: no file has it, so that it is looked at again every time."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that the patterns name; `path` is relative to the root, `full_path` can be opened."""

    path: str
    full_path: str
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class Found:
    """All files that the patterns name, by path, and those among them that may not be read."""

    files: tuple[FoundFile, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was last read; `sha256` in 64 hex digits."""

    stamp: FileStamp
    sha256: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A changed file: what it says now, or None where only its stamp changed.

    A file that could not be read is Rejected, with the stamp UNREAD and an empty sha256.
    """

    path: str
    stamp: FileStamp
    sha256: str
    outcome: Article | Rejected | None
    remarks: tuple[Remark, ...] = ()


def find_files(root: Path, patterns: Sequence[str], exclude: Sequence[str]) -> Found:
    """The files that the glob patterns name, each once, sorted by path.

    Patterns are relative to `root` or absolute; `**` is any number of folders, and names that begin
    with a dot are found only where the pattern writes the dot. The leading folders without wildcards
    are a pattern's base. A pattern of `exclude` applies below the base, whatever the names above it;
    one that does not begin with `**` may also be relative to the root. Left out and rejected: links
    that lead out of the base, what is no regular file, names that are not UTF-8. Links to folders are
    not followed. Raises ArticlesError where a base is not there or a folder cannot be read.
    """
    files: dict[str, FoundFile] = {}
    rejected: dict[str, Rejected] = {}
    for pattern in patterns:
        _Search(root, pattern, exclude).run(files, rejected)
    return Found(
        files=tuple(files[path] for path in sorted(files)),
        rejected=tuple(rejected[path] for path in sorted(rejected) if path not in files),
    )


def read_changed(
    found: Sequence[FoundFile], known: Mapping[str, KnownFile], rules: ReadRules, now_ns: int
) -> Iterator[ReadFile]:
    """Each file whose stamp is not the known one, read and understood; `now_ns` is nanoseconds since 1970.

    Nothing is said of a file that vanished, that changes while it is read, or that is known and
    was changed less than two seconds ago: its last good version stands until the next time.
    """
    for file in found:
        before = known.get(file.path)
        if before is not None and before.stamp == file.stamp:
            continue
        try:
            content = _read_settled(file.full_path, now_ns if before is not None else None)
        except FileNotFoundError:
            continue
        except OSError as error:
            why = _why_not_read(error)
            yield ReadFile(file.path, UNREAD, "", Rejected(file.path, 0, f"the file cannot be read: {why}"))
            continue
        if content is None:
            continue
        raw, stamp = content
        sha256 = hashlib.sha256(raw).hexdigest()
        if before is not None and before.sha256 == sha256:
            yield ReadFile(file.path, stamp, sha256, None)
            continue
        outcome, remarks = understand(file.path, raw, rules)
        yield ReadFile(file.path, stamp, sha256, outcome, remarks)


def _read_settled(full_path: str, now_ns: int | None) -> tuple[bytes, FileStamp] | None:
    """At most one byte more than the bound, and the stamp; None where the file changes meanwhile.

    With `now_ns`, also None for a file that was changed less than two seconds before.
    """
    # Not blocking, so that a pipe put in the file's place cannot hold the run.
    descriptor = os.open(full_path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        stamp = _stamp(status)
        if now_ns is not None and 0 <= now_ns - stamp.mtime_ns < SETTLING_NS:
            return None
        chunks = []
        left = MAX_FILE_BYTES + 1
        while left > 0 and (chunk := os.read(descriptor, left)):
            chunks.append(chunk)
            left -= len(chunk)
        if _stamp(os.fstat(descriptor)) != stamp:
            return None
        return b"".join(chunks), stamp
    finally:
        os.close(descriptor)


def _stamp(status: os.stat_result) -> FileStamp:
    return FileStamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _why_not_read(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it has become a symbolic link"
    return error.strerror or type(error).__name__


class _Search:
    """One pattern's walk from its base down."""

    def __init__(self, root: Path, pattern: str, exclude: Sequence[str]) -> None:
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
        self._prefix = "" if base == "." else f"{base}/"
        self._wanted = _any_of("articles.paths", [pattern], [_regex(rest, dots=False)])
        self._depth = None if "**" in rest else len(rest) - 1
        key = "articles.exclude"
        folders = [p for p in exclude if p.endswith("/**")]
        self._exclude_files = _any_of(key, exclude, [_regex(p.split("/"), dots=True) for p in exclude])
        self._exclude_folders = _any_of(key, folders, [_regex(p.split("/")[:-1], dots=True) for p in folders])
        self._exclude_by_root = any(not p.startswith("**") for p in exclude)

    def run(self, files: dict[str, FoundFile], rejected: dict[str, Rejected]) -> None:
        """Add what is found; raises ArticlesError as `find_files` does."""
        folders = [("", 0)]
        real_base = os.path.realpath(self._base)
        while folders:
            below, depth = folders.pop()
            for entry in self._scan(below):
                relative = below + entry.name
                path = self._prefix + relative
                if _is_folder(entry):
                    if self._depth is not None and depth >= self._depth:
                        continue
                    if self._leaves_out(self._exclude_folders, relative, path):
                        continue
                    if not entry.is_symlink():
                        folders.append((f"{relative}/", depth + 1))
                    elif (out := _leads_out(entry, path, real_base)) is not None:
                        rejected.setdefault(out.path, out)
                    continue
                if not self._wanted.fullmatch(relative) or self._leaves_out(self._exclude_files, relative, path):
                    continue
                found = self._look_at(entry, path, real_base)
                if isinstance(found, FoundFile):
                    files.setdefault(path, found)
                elif found is not None:
                    rejected.setdefault(found.path, found)

    def _leaves_out(self, excluded: re.Pattern[str], relative: str, path: str) -> bool:
        return bool(excluded.fullmatch(relative)) or (self._exclude_by_root and bool(excluded.fullmatch(path)))

    def _scan(self, below: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(f"{self._base}/{below}") as entries:
                return list(entries)
        except OSError as error:
            if below and isinstance(error, FileNotFoundError):
                return []  # it vanished meanwhile
            folder = f"{self._base}/{below}".rstrip("/") or "/"
            what = {
                FileNotFoundError: "does not exist",
                NotADirectoryError: "is not a folder",
            }.get(type(error), f"cannot be read ({error.strerror})")
            raise ArticlesError(f"articles.paths: the folder {folder} of {self._pattern!r} {what}") from None

    def _look_at(self, entry: "os.DirEntry[str]", path: str, real_base: str) -> FoundFile | Rejected | None:
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
            return Rejected(shown, 0, "the file's name is not UTF-8")
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
            return None
        except OSError as error:
            return Rejected(path, 0, f"the file cannot be read: {_why_not_read(error)}")
        if not stat.S_ISREG(status.st_mode):
            return Rejected(path, 0, "the file is not a regular file")
        return FoundFile(path, full_path, _stamp(status))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a symbolic link in a circle


def _leads_out(entry: "os.DirEntry[str]", path: str, real_base: str) -> Rejected | None:
    """The refusal of a symbolic link that leads out of the base; None for one that stays in it."""
    if os.path.realpath(entry.path).startswith(f"{real_base.rstrip('/')}/"):
        return None
    shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return Rejected(shown, 0, "a symbolic link that leads out of the article folder")


def _any_of(key: str, patterns: Sequence[str], regexes: Sequence[str]) -> re.Pattern[str]:
    """A regular expression that matches what one of these does; without any, nothing."""
    try:
        return re.compile("|".join(f"(?:{regex})" for regex in regexes) or r"(?!)", re.DOTALL)
    except re.error as error:
        raise ArticlesError(f"{key}: {', '.join(map(repr, patterns))} is no glob pattern ({error.msg})") from None


def _regex(parts: Sequence[str], *, dots: bool) -> str:
    """A regular expression for the segments of a glob pattern; without `dots`, wildcards find no hidden names."""
    hidden = "" if dots else r"(?!\.)"
    made = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            made.append(f"(?:{hidden}[^/]+/)*{hidden}[^/]+" if last else f"(?:{hidden}[^/]+/)*")
        else:
            made.append(_segment(part, hidden) + ("" if last else "/"))
    return "".join(made)


def _segment(part: str, hidden: str) -> str:
    made = hidden if part[:1] in {"*", "?", "["} else ""
    position = 0
    while position < len(part):
        character = part[position]
        position += 1
        if character == "*":
            made += "[^/]*"
        elif character == "?":
            made += "[^/]"
        elif character == "[" and (end := part.find("]", position + 1)) > 0:
            inside = re.sub(r"([\\\[&~|])", r"\\\1", part[position:end])
            made += f"(?!/)[^{inside[1:]}]" if inside[0] in "!^" and len(inside) > 1 else f"[{inside}]"
            position = end + 1
        else:
            made += re.escape(character)
    return made
