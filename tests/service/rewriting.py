"""Rewrites the feeds of a folder until something comes from standard input: `rewriting.py FOLDER [in-place]`.

Every version of a file is one number, said in each of its lines; how many lines there are changes with it.
"""

import select
import sys
from pathlib import Path

from feedbot.publish.files import publish_files
from feedbot.publish.gzipped import gzipped

NAMES = ("all.rss", "all.atom", "index.html")


def version_of(number: int) -> bytes:
    return f"<p>version {number:09}</p>\n".encode() * (500 + number * 37 % 3000)


def rewrite(folder: Path, number: int, *, in_place: bool = False) -> None:
    data = version_of(number)
    if in_place:
        for name in NAMES:
            (folder / name).write_bytes(data)
        return
    publish_files(folder, [pair for name in NAMES for pair in ((name, data), (f"{name}.gz", gzipped(data)))])


def main(folder: Path, *, in_place: bool) -> None:
    number = 0
    # Some moments between: readers that come back at once shall find the same version now and then.
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        number += 1
        rewrite(folder, number, in_place=in_place)
    sys.stdout.write(f"{number}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), in_place="in-place" in sys.argv[2:])
