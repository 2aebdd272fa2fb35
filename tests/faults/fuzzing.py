"""Bytes that nobody would write, found by what they reach in the code (atheris): no input ends in an exception.

Not a test: `make fuzz` runs it, as `python -m tests.faults.fuzzing TARGET [options of libFuzzer]`. It begins with
the inputs that the project keeps (`corpus.py`); what reaches something new is added in .fuzz/TARGET.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

from tests.faults.corpus import kept

_TOP = Path(__file__).parents[2]


def main() -> None:
    """Begin with the corpus of a target, and go on until the options say that it is enough."""
    target, options = sys.argv[1], sys.argv[2:]
    folder = _TOP / ".fuzz" / target
    folder.mkdir(parents=True, exist_ok=True)
    for one in kept(target):
        (folder / hashlib.sha1(one, usedforsecurity=False).hexdigest()).write_bytes(one)
    fed = _instrumented(target)
    # Merging, it fills a folder among the options from that one, in processes that it starts by the first word.
    atheris.Setup([f"{sys.executable} -m tests.faults.fuzzing {target}", *options, str(folder)], fed)
    atheris.Fuzz()


def _instrumented(target: str) -> Callable[[bytes], None]:
    """What is fed, whose code tells where it has been."""
    # What the beginning or the end of a text is compared with is tried as well.
    atheris.enabled_hooks.add("str")
    with atheris.instrument_imports(include=["feedbot", "markdown_it"]):
        from tests.faults.fuzz_targets import TARGETS  # noqa: PLC0415 - not before

        for one in kept(target):  # much is imported only where it is needed
            TARGETS[target](one)
    return TARGETS[target]


if __name__ == "__main__":
    main()
