"""Whether a folder lies on a disk of this machine, and whether that can be written.

SQLite's write-ahead log needs shared memory, which a network file system does not have
(https://sqlite.org/wal.html, "Disadvantages", 2).
"""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = re.compile(
    r"nfs\d*|cifs|smb\w*|afs|ceph|lustre|glusterfs|fuse\.(sshfs|glusterfs|s3fs|rclone|davfs\w*)|davfs\d*"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_type(folder: Path, mounts: str) -> str | None:
    """The type of the network file system that holds a folder; None for one of this machine.

    `mounts` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)); of two mounts on one place
    the later one counts. Empty text, as on macOS, says nothing.
    """
    place = os.fspath(folder.resolve())
    best, found = "", None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        mounted = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        is_above = mounted in {"/", place} or place.startswith(f"{mounted}/")
        if is_above and len(mounted) >= len(best):
            best, found = mounted, after.split(" ")[0]
    return found if found is not None and _NETWORK.fullmatch(found) else None


def is_read_only(folder: Path) -> bool:
    """True where the disk of a folder is mounted read-only (statvfs(3)), as by the kernel after errors of the disk."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def read_mounts() -> str:
    """The mounts of this process; empty where the system does not tell."""
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
