"""An article file replaced by whoever has read it: whole, or not at all, and only while it is what was read."""

import errno
import hashlib
import os
import stat
import sys

from feedbot.articles.find import why_not_read
from feedbot.articles.frontmatter import MAX_FILE_BYTES

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


_NO_SUCH_ATTRIBUTE = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA, errno.EINVAL}
"""Attributes of the kernel's own, and of file systems that have none: what shutil.copystat passes over too."""


class NotReplaced(Exception):
    """The file is as it was; the message says why. `is_fault`: it could not be written, which somebody must mend."""

    def __init__(self, why: str, *, is_fault: bool = False) -> None:
        super().__init__(why)
        self.is_fault = is_fault


def read_whole(full_path: str) -> bytes:
    """The bytes of a plain file, at most one more than the bound of articles. Raises OSError."""
    descriptor = os.open(full_path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file")
        return file.read(MAX_FILE_BYTES + 1)


def replace_file(full_path: str, judged: bytes, new: bytes) -> None:
    """Put `new` in the place of a file that holds `judged`; mode, owner, group and extended attributes (ACLs) stay.

    The new bytes are written beside it and synced, the file is read once more, and renamed over: at every moment the
    name leads to the one or the other, whole. Only one process may do this at a time in a folder. Raises NotReplaced
    where the file holds anything else by then, has other names (hard links), or cannot be written.
    """
    folder_name, name = os.path.split(full_path)
    temp = temp_name(name)
    try:
        folder = os.open(folder_name, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NotReplaced(f"its folder cannot be opened: {error.strerror}", is_fault=True) from None
    try:
        before = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if before.st_nlink > 1:
            raise NotReplaced("has another name (a hard link), which would keep the earlier text; change it yourself")
        _forget(folder, temp)
        _write(folder, temp, new, before, full_path)
        try:
            if read_whole(full_path) != judged:
                raise NotReplaced("was changed meanwhile, and is left as it is now; run it again")
            os.rename(temp, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _forget(folder, temp)
            raise
        os.fsync(folder)
    except FileNotFoundError:
        raise NotReplaced("is gone meanwhile") from None
    except OSError as error:
        raise NotReplaced(f"cannot be written: {why_not_read(error)}", is_fault=True) from None
    finally:
        os.close(folder)


def temp_name(name: str) -> str:
    """The name beside a file under which its new bytes are written: short, whatever its own, and that of no article.

    It is the same each time, so that what an end in the middle leaves behind is gone after the next one.
    """
    return f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.feedbot-tmp"


def _write(folder: int, temp: str, data: bytes, like: os.stat_result, like_path: str) -> None:
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            mine = os.fstat(descriptor)
            if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
            _copy_attributes(like_path, descriptor)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        _forget(folder, temp)
        raise


def _copy_attributes(full_path: str, descriptor: int) -> None:
    """Extended attributes, an access control list among them, as far as whoever runs feedbot may set them."""
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(full_path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_SUCH_ATTRIBUTE:
            raise
        return
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(full_path, name, follow_symlinks=False))
        except OSError as error:
            if error.errno not in _NO_SUCH_ATTRIBUTE:
                raise


def _forget(folder: int, temp: str) -> None:
    try:
        os.unlink(temp, dir_fd=folder)
    except FileNotFoundError:
        return
