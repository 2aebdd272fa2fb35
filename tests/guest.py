"""A folder in which the user who runs may not write; root may everywhere, and is somebody else meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def not_writable(folder: Path) -> Iterator[None]:
    """Nothing can be made in the folder within the block."""
    mode = folder.stat().st_mode & 0o777
    user = os.geteuid()
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
        folder.chmod(mode)
