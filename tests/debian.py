"""Programs from Debian packages that some tests need."""

import os
import shutil


def find_program(name: str) -> str | None:
    """Where the program is; Debian keeps servers out of a user's path."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
