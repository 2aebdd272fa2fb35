"""Bytes become files that readers see whole: the earlier version or the new one, nothing between.

A feed names entries by the ids of ids.json, so the caller writes `ids.json` before feeds with ids that are new to it:
after a crash between the two, the next build finds the ids that readers have been given.

A web server may send NAME.gz in the place of NAME and asks nobody whether it is up to date. So the
.gz goes before its file is replaced, whoever made it, and a new one is written after it: at every
moment it is missing or holds what its file does.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from feedbot.errors import PublishError
from feedbot.publish.gzipped import GZIP_SUFFIX

_TEMP_SUFFIX = ".feedbot-tmp"
_BEGIN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Published:
    """The file was written."""

    name: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file had these bytes already and was not touched: its ETag and Last-Modified stay true."""

    name: str


def publish_file(directory: Path, name: str, data: bytes) -> Published | Unchanged:
    """Write one file as `publish_files` does; in a folder where others write, other unfinished files are left alone."""
    return _publish_all(directory, [(name, data)], lambda other: other == _temp_of(name))[0]


def publish_files(directory: Path, files: Iterable[tuple[str, bytes]]) -> list[Published | Unchanged]:
    """Replace each named file whose bytes differ, in the order given; the folder is made where missing.

    Each is written beside its target, synced and renamed over it, once the .gz of the earlier version
    is gone; the folder is synced once at the end. Files are 0644, less the umask. What an interrupted
    run left behind is swept first, so only one process may write a folder at a time. `files` may be lazy.

    Raises PublishError, naming the file, where one cannot be written: that file keeps its earlier
    version, those before it are published, those after it are not tried. Raises ValueError for a
    name with a path separator or a leading dot.
    """
    return _publish_all(directory, files, _is_temp)


def _publish_all(
    directory: Path, files: Iterable[tuple[str, bytes]], is_orphan: Callable[[str], bool]
) -> list[Published | Unchanged]:
    folder = _open_folder(directory)
    results: list[Published | Unchanged] = []
    try:
        _sweep(folder, directory, is_orphan)
        try:
            for name, data in files:
                results.append(_publish(folder, directory, name, data))
        finally:
            if any(isinstance(result, Published) for result in results):
                _sync_folder(folder, directory)
    finally:
        os.close(folder)
    return results


def require_marked(directory: Path, names: Iterable[str], mark: bytes) -> None:
    """Raise PublishError where one of these files is there and has no such mark in its first 4 KiB: it is another's."""
    for name in names:
        if (begin := _begin_of(directory / name)) is not None and mark not in begin:
            raise PublishError(
                f"{directory / name}: was not written by feedbot, and a page of that name would take its place;"
                " name another folder (feeds.directory), move it away, or write no pages (feeds.pages: false)"
            )


def require_own(directory: Path, names: Collection[str], marks: Iterable[bytes]) -> None:
    """Raise PublishError where some of these files are there, and none has one of the marks: they are another's.

    Not every format has a place for a mark, so one file speaks for its neighbours.
    """
    there = {name: begin for name in names if (begin := _begin_of(directory / name)) is not None}
    if there and not any(mark in begin for mark in marks for begin in there.values()):
        raise PublishError(
            f"{directory / min(there)}: was not written by feedbot, and a file of that name would take its place;"
            " name another folder (feeds.directory), or move it away"
        )


def _begin_of(path: Path) -> bytes | None:
    """The first 4 KiB of a file; None where it is not there, or something that is told when it is written."""
    try:
        with path.open("rb") as file:
            return file.read(_BEGIN_BYTES)
    except OSError:
        return None


def remove_files(directory: Path, names: Collection[str]) -> None:
    """Remove the named files as far as they are there; the folder is synced at the end.

    Raises PublishError, naming the file, where one cannot be removed; those after it are not tried.
    """
    folder = _open_folder(directory)
    try:
        for name in names:
            _check_name(name)
            try:
                _remove(folder, directory, name)
            except OSError as error:
                raise PublishError(f"{directory / name}: cannot be removed: {_why(error)}") from error
        _sync_folder(folder, directory)
    finally:
        os.close(folder)


def _open_folder(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileExistsError:
        raise PublishError(
            f"{directory}: is not a folder; move it away, or name another one (feeds.directory)"
        ) from None
    except OSError as error:
        raise PublishError(f"{directory}: cannot be used as a folder: {_why(error)}") from error


def _sweep(folder: int, directory: Path, is_orphan: Callable[[str], bool]) -> None:
    try:
        with os.scandir(folder) as entries:
            orphans = [e.name for e in entries if is_orphan(e.name) and not e.is_dir(follow_symlinks=False)]
        for name in orphans:
            os.unlink(name, dir_fd=folder)
    except OSError as error:
        raise PublishError(f"{directory}: cannot be cleared of unfinished files: {_why(error)}") from error


def _publish(folder: int, directory: Path, name: str, data: bytes) -> Published | Unchanged:
    _check_name(name)
    place = directory / name
    exists = False
    try:
        exists = _exists_as_file(folder, place, name)
        if exists and _same_bytes(folder, name, data):
            return Unchanged(name)
        # First: a crash from here on leaves the earlier file alone, never a new one beside an earlier .gz.
        _remove(folder, directory, name + GZIP_SUFFIX)
        _replace(folder, name, data)
    except OSError as error:
        kept = "; readers keep the earlier version" if exists else ""
        raise PublishError(f"{place}: cannot be written: {_why(error)}{kept}") from error
    return Published(name)


def _check_name(name: str) -> None:
    if not name or name.startswith(".") or any(character in name for character in "/\\\0"):
        raise ValueError(f"{name!r} is not the name of a file in the feeds folder")


def _exists_as_file(folder: int, place: Path, name: str) -> bool:
    """True where there is a plain file; raises PublishError for anything else: it is not ours to replace."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISREG(mode):
        return True
    kind = "a symbolic link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "not a plain file"
    raise PublishError(f"{place}: is {kind}; feedbot replaces only plain files: move it away")


def _same_bytes(folder: int, name: str, data: bytes) -> bool:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        # One byte more than expected tells a longer file.
        return os.fstat(descriptor).st_size == len(data) and file.read(len(data) + 1) == data


def _remove(folder: int, directory: Path, name: str) -> None:
    if _exists_as_file(folder, directory / name, name):
        os.unlink(name, dir_fd=folder)


def _replace(folder: int, name: str, data: bytes) -> None:
    temp = _temp_of(name)
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(temp, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _forget(folder, temp)
        raise


def _forget(folder: int, temp: str) -> None:
    try:
        os.unlink(temp, dir_fd=folder)
    except OSError:
        return  # the next run sweeps it; the first error is the one to tell


def _sync_folder(folder: int, directory: Path) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        raise PublishError(f"{directory}: cannot be made durable: {_why(error)}") from error


def _temp_of(name: str) -> str:
    return f".{name}{_TEMP_SUFFIX}"


def _is_temp(name: str) -> bool:
    return name.startswith(".") and name.endswith(_TEMP_SUFFIX)


def _why(error: OSError) -> str:
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return f"{why}; the folder must belong to the user who runs feedbot, or be writable for it"
    return why
