"""The bytes that reached something new in the code, kept with the project: each run of the fuzzer begins with them.

A corpus is a text, one input a line in base64, so that no program takes it for something else and it can be compared.
`python -m tests.faults.corpus TARGET FOLDER` puts the files of that folder in its place (`make corpus`).
"""

import base64
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent / "corpus"
TARGETS = ("front-matter", "url", "page", "feed")


def kept(target: str) -> list[bytes]:
    """The inputs that are kept of a target, the shortest first."""
    lines = (_FOLDER / f"{target}.txt").read_text(encoding="ascii").splitlines()
    return [base64.b64decode(line, validate=True) for line in lines]


def keep(target: str, inputs: set[bytes]) -> None:
    """Let these be the inputs that are kept."""
    _FOLDER.mkdir(exist_ok=True)
    lines = [base64.b64encode(one).decode() for one in sorted(inputs, key=lambda one: (len(one), one))]
    (_FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def main() -> None:
    """Keep the files of a folder as the corpus of a target."""
    target, folder = sys.argv[1], Path(sys.argv[2])
    assert target in TARGETS, f"{target} is none of {TARGETS}"
    keep(target, {one.read_bytes() for one in folder.iterdir()})


if __name__ == "__main__":
    main()
