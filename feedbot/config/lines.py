"""Where keys stand in config.yaml."""

from collections.abc import Iterator

import yaml


def line_of(node: yaml.Node | None, place: tuple[str | int, ...]) -> int:
    """The line (from 1) of the deepest part of a key path that the file has."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                return line
            key, node = found[-1]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def repeated_keys(node: yaml.Node | None, above: str = "") -> Iterator[tuple[str, int]]:
    """Each key that a mapping has twice, as a dotted path, with the line (from 1) of the second."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from repeated_keys(item, above)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name = f"{above}{key.value}"
            if name in seen:
                yield name, key.start_mark.line + 1
            seen.add(name)
            yield from repeated_keys(value, f"{name}.")
