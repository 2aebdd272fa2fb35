"""The project's documents as tests read them: headings, links, blocks and words in code."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

PROJECT = Path(__file__).parent.parent
_PLACES = ("*.md", "docs/*.md", "examples/*.md", "benchmarks/*.md", "tests/site/*.md")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its first fence, counted from 1."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def is_shell(self) -> bool:
        """True for command lines that a person can paste; a transcript begins with a prompt and is none."""
        return self.language == "sh" or (not self.language and self.text.startswith("feedbot "))

    @property
    def command_lines(self) -> list[str]:
        """The lines of feedbot in it, without what is said of them."""
        return [line.partition("  #")[0].rstrip() for line in self.text.splitlines() if line.startswith("feedbot ")]


@dataclass(frozen=True)
class Document:
    """One document; `path` is relative to the project."""

    path: str

    @cached_property
    def tokens(self) -> list[Token]:
        return _MARKDOWN.parse((PROJECT / self.path).read_text(encoding="utf-8"))

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(self.path, one.map[0] + 1 if one.map else 0, one.info.strip(), one.content)
            for one in self.tokens
            if one.type == "fence"
        ]

    @cached_property
    def anchors(self) -> set[str]:
        """What can follow `#`, as GitHub makes it of headings."""
        said: Counter[str] = Counter()
        found = set()
        for before, one in zip(self.tokens, self.tokens[1:], strict=False):
            if before.type == "heading_open":
                name = _anchor(_text(one.children or ()))
                found.add(f"{name}-{said[name]}" if said[name] else name)
                said[name] += 1
        return found

    @cached_property
    def links(self) -> list[str]:
        """Where links and pictures lead, as written."""
        return [
            str(one.attrs["href" if one.type == "link_open" else "src"])
            for one in self._inner()
            if one.type in {"link_open", "image"}
        ]

    @cached_property
    def spans(self) -> list[str]:
        """Words between backticks, with their line ends as spaces."""
        return [one.content for one in self._inner() if one.type == "code_inline"]

    def _inner(self) -> Iterator[Token]:
        for token in self.tokens:
            yield from token.children or ()


def documents() -> list[Document]:
    """All of them, the README first."""
    found = {str(path.relative_to(PROJECT)) for place in _PLACES for path in PROJECT.glob(place)}
    return [Document(path) for path in sorted(found, key=lambda path: (path != "README.md", path))]


def blocks() -> list[Block]:
    return [block for document in documents() for block in document.blocks]


def _text(tokens: Iterable[Token]) -> str:
    return "".join(one.content for one in tokens if one.type in {"text", "code_inline"})


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
