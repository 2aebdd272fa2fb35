"""Where each text of the front matter stands in its file: what rewriting needs and reading does not.

PyYAML's parser tells it; nothing here parses YAML. The front matter has passed `parse_front_matter` before, so that
its bounds hold and it has no anchors.
"""

import re
from dataclasses import dataclass, field

import yaml
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from feedbot.articles.frontmatter import SECRET, SECRET_KEY, odd_breaks_as_spaces, span_of_front_matter

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_END = re.compile(r"\r\n|\r|\n")

Happening = tuple[str, str | None, object, str | None]
"""An event of the parser without its place: kind, text, how it is written, tag."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A text from `start` up to `end`, in characters of the front matter, with its quotes; `line` counts from 1.

    `style` is one of `'`, `"`, `|`, `>`, or empty for plain. `name` is the key whose value it is, or is in the list
    of. `happening` is its place among the parser's events.
    """

    value: str
    start: int
    end: int
    line: int
    style: str
    name: str
    happening: int


@dataclass(slots=True)
class Pair:
    """A key with its value, which ends before `end`; `value` is None where it is no text.

    `before` is where the pair before it in the same mapping ends, `after` where the next one begins.
    """

    key: Spot
    is_in_flow: bool
    before: int | None
    value: Spot | None = None
    end: int = 0
    last_happening: int = 0
    after: int | None = None


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    is_mapping: bool
    is_in_flow: bool
    name: str
    pair: Pair | None = None
    latest: Pair | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """All texts and pairs of a front matter, in order, and the parser's events."""

    spots: tuple[Spot, ...]
    pairs: tuple[Pair, ...]
    happenings: tuple[Happening, ...]


@dataclass(slots=True)
class _Reading:
    spots: list[Spot] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def begin(self, spot: Spot | None, start: int) -> bool:
        """A node begins; true where it is a key."""
        inside = self.open[-1] if self.open else None
        if inside is None or not inside.is_mapping or inside.pair is not None or spot is None:
            return False
        latest = inside.latest
        if latest is not None:
            latest.after = start
        inside.pair = Pair(spot, inside.is_in_flow, None if latest is None else latest.end)
        self.pairs.append(inside.pair)
        return True

    def end(self, spot: Spot | None, end: int, happening: int) -> None:
        """A value has ended."""
        inside = self.open[-1] if self.open else None
        if inside is None or inside.pair is None:
            return
        pair, inside.pair = inside.pair, None
        pair.value, pair.end, pair.last_happening = spot, end, happening
        inside.latest = pair

    @property
    def name(self) -> str:
        """The key whose value begins here, or is in the list of."""
        inside = self.open[-1] if self.open else None
        if inside is None:
            return ""
        return inside.pair.key.value if inside.pair is not None else inside.name


def layout(text: str) -> Layout:
    """Where everything stands in front matter as it is in its file. Raises YAMLError or ValueError where it is none."""
    reading = _Reading()
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        assert event.start_mark is not None
        assert event.end_mark is not None
        start, end = event.start_mark.index, event.end_mark.index
        reading.happenings.append(_happening(event))
        match event:
            case ScalarEvent():
                line, style = event.start_mark.line + 1, event.style or ""
                name = reading.name
                spot = Spot(event.value, start, end, line, style, name, number)
                if not reading.begin(spot, start):
                    reading.spots.append(spot)
                    reading.end(spot, end, number)
            case MappingStartEvent() | SequenceStartEvent():
                name = reading.name
                reading.begin(None, start)
                is_mapping = isinstance(event, MappingStartEvent)
                reading.open.append(_Open(is_mapping, bool(event.flow_style), "" if is_mapping else name))
            case MappingEndEvent() | SequenceEndEvent():
                reading.open.pop()
                reading.end(None, end, number)
    return Layout(tuple(reading.spots), tuple(reading.pairs), tuple(reading.happenings))


def _happening(event: yaml.Event) -> Happening:
    kind = type(event).__name__
    if isinstance(event, ScalarEvent):
        return kind, event.value, (event.style or "", event.implicit), event.tag
    return kind, None, getattr(event, "flow_style", None), getattr(event, "tag", None)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, as it is there: it begins at byte `start` and at `line` of the file.

    `text` is what is in the file as YAML is to read it: as long, character by character.
    """

    written: str
    text: str
    start: int
    line: int

    def byte_at(self, position: int) -> int:
        """The place in the file of a character of the text."""
        return self.start + len(self.written[:position].encode())


def parts_of(raw: bytes) -> tuple[Part, Part]:
    """The front matter and the body of a file that `split_front_matter` can read, with their line ends."""
    start, end, body_start = span_of_front_matter(raw)
    front, body = raw[start:end].decode(), raw[body_start:].decode()
    above = len(_LINE_END.findall(raw[:body_start].decode())) + 1
    return (
        Part(front, odd_breaks_as_spaces(front), start, 2),
        Part(body, body, body_start, above),
    )


def secret_lines(raw: bytes) -> frozenset[int]:
    """The lines of a file, by line feeds and from 1, that hold ciphertext: of any field `secured`, and alike text."""
    front, body = parts_of(raw)
    spans = [(part, found.start(), found.end()) for part in (front, body) for found in SECRET.finditer(part.written)]
    pairs = layout(front.text).pairs
    spans += [(front, pair.key.start, pair.end) for pair in pairs if pair.key.value.casefold() == SECRET_KEY]
    lines: set[int] = set()
    for part, start, end in spans:
        # A block's end is told where the next field begins.
        inside = part.written[start:end].rstrip()
        first = raw.count(b"\n", 0, part.byte_at(start)) + 1
        lines.update(range(first, first + inside.count("\n") + 1))
    return frozenset(lines)
