"""The change of a file's bytes as a unified diff (POSIX diff -u), as `git apply` and `patch -p1` take it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 3

_END_MISSING = b"\n\\ No newline at end of file\n"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x7f": "\\177"}


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes from `start` up to `end` of the earlier version become `new`."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines from `first` up to `last` (from 0) become `new`."""

    first: int
    last: int
    new: tuple[bytes, ...]


def applied(before: bytes, edits: Sequence[Edit]) -> bytes:
    """The later version; `edits` are in order and do not overlap."""
    parts, at = [], 0
    for edit in edits:
        parts += [before[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, before[at:]])


@dataclass(frozen=True, slots=True)
class Diff:
    """A unified diff of one file; `is_anchored` is false where a patch program needs to be told to trust its lines."""

    text: bytes
    is_anchored: bool = True


def unified_diff(path: str, before: bytes, edits: Sequence[Edit], hidden: Collection[int] = ()) -> Diff | None:
    """The diff of one file at a path with forward slashes, with up to three lines around each change.

    Lines (from 1) that are `hidden` are never shown: the context ends before them, and None is returned where a
    change is in one. `git apply` takes a hunk without a line below it to be at the end of the file, unless it is
    told `--unidiff-zero`; a diff with such a hunk elsewhere is not anchored.
    """
    lines = _lines(before)
    not_shown = {number - 1 for number in hidden}
    blocks = list(_blocks(before, lines, edits))
    if any(not_shown.intersection(range(block.first, max(block.last, block.first + 1))) for block in blocks):
        return None
    hunks = []
    grown = 0
    is_anchored = True
    for group in _groups(blocks, not_shown):
        first, last = _around(group[0].first, group[-1].last, lines, not_shown)
        is_anchored = is_anchored and not last == group[-1].last < len(lines)
        hunks.append(_hunk(lines, group, first, last, grown))
        grown += sum(len(block.new) - (block.last - block.first) for block in group)
    name = path.encode(errors="surrogateescape")
    head = b"--- %s\n+++ %s\n" % (_named(b"a/" + name), _named(b"b/" + name))
    return Diff(head + b"".join(hunks), is_anchored)


def _blocks(before: bytes, lines: Sequence[bytes], edits: Sequence[Edit]) -> Iterator[_Block]:
    """The changed lines, whole, in order; edits that share a line are one block."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    together: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        first, last = _line_of(starts, edit.start), _line_of(starts, edit.end)
        # What ends at the end of a line does not touch the line that begins there.
        is_of_whole_lines = edit.end == starts[last] and edit.end > edit.start == starts[first]
        if not is_of_whole_lines or (edit.new and not edit.new.endswith(b"\n")):
            last = min(last + 1, len(lines))
        if together and first < together[-1][1]:
            before_first, before_last, earlier = together.pop()
            together.append((before_first, max(before_last, last), [*earlier, edit]))
        else:
            together.append((first, last, [edit]))
    for first, last, inside in together:
        begin = starts[first]
        moved = [Edit(edit.start - begin, edit.end - begin, edit.new) for edit in inside]
        yield _Block(first, last, tuple(_lines(applied(before[begin : starts[last]], moved))))


def _line_of(starts: Sequence[int], position: int) -> int:
    """The number of the line (from 0) that a position is in."""
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if starts[middle] <= position else (low, middle - 1)
    return low


def _groups(blocks: Sequence[_Block], hidden: Collection[int]) -> Iterator[list[_Block]]:
    """Blocks that are near each other share a hunk, unless a hidden line is between them."""
    group: list[_Block] = []
    for block in blocks:
        between = range(group[-1].last, block.first) if group else range(0)
        if group and (len(between) > 2 * CONTEXT or any(line in hidden for line in between)):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _around(first: int, last: int, lines: Sequence[bytes], hidden: Collection[int]) -> tuple[int, int]:
    for _ in range(CONTEXT):
        if first > 0 and first - 1 not in hidden:
            first -= 1
        if last < len(lines) and last not in hidden:
            last += 1
    return first, last


def _hunk(lines: Sequence[bytes], group: Sequence[_Block], first: int, last: int, grown: int) -> bytes:
    shown: list[bytes] = []
    at = first
    for block in group:
        shown += [b" " + line for line in lines[at : block.first]]
        shown += [b"-" + line for line in lines[block.first : block.last]]
        shown += [b"+" + line for line in block.new]
        at = block.last
    shown += [b" " + line for line in lines[at:last]]
    old = last - first
    new = old + sum(len(block.new) - (block.last - block.first) for block in group)
    head = b"@@ -%s +%s @@\n" % (_range(first, old), _range(first + grown, new))
    return head + b"".join(line if line.endswith(b"\n") else line + _END_MISSING for line in shown)


def _range(first: int, number: int) -> bytes:
    """Lines as a hunk's head counts them: from 1, and where there are none by the line before."""
    start = first + 1 if number else first
    return b"%d" % start if number == 1 else b"%d,%d" % (start, number)


def _lines(data: bytes) -> list[bytes]:
    """Lines with their line feeds; a carriage return ends none, for patch programs know no such lines."""
    lines = data.split(b"\n")
    ended = [line + b"\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _named(name: bytes) -> bytes:
    """A name as git writes it: quoted as in C where it has odd characters, a tab behind one with spaces."""
    text = name.decode(errors="surrogateescape")
    escaped = "".join(_ESCAPES.get(one) or (one if ord(one) >= 32 else f"\\{ord(one):03o}") for one in text)
    if escaped != text:
        return f'"{escaped}"'.encode(errors="surrogateescape")
    return name + b"\t" if b" " in name else name
