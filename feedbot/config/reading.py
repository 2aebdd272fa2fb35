"""YAML within bounds: what stands in config.yaml, and in a variable that sets one of its keys."""

from dataclasses import dataclass

import yaml

from feedbot.config.lines import repeated_keys

MAX_CONFIG_BYTES = 1024 * 1024


class NotYaml(ValueError):
    """What is wrong with a text, in a sentence; `line` (from 1) where that is known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says, with the nodes that know where each part of it stands.

    `repeated` are the keys that a mapping has twice, each with the line of the second.
    """

    node: yaml.Node | None
    content: object
    repeated: tuple[tuple[str, int], ...] = ()


def read_yaml(raw: bytes) -> Document:
    """The one YAML document of a text, at most MAX_CONFIG_BYTES long; raises NotYaml."""
    if len(raw) > MAX_CONFIG_BYTES:
        raise NotYaml(f"is larger than {MAX_CONFIG_BYTES:,} bytes")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise NotYaml("is not UTF-8 text; save it as UTF-8", raw.count(b"\n", 0, error.start) + 1) from None
    try:
        return _read(yaml.SafeLoader(raw))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        if error.problem == "but found another document":
            raise NotYaml("holds more than one YAML document", line) from None
        raise NotYaml(f"is not YAML: {error.problem}", line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(f"is not YAML: {str(error).splitlines()[0]}") from None


def _read(loader: yaml.SafeLoader) -> Document:
    # Once for both, which is most of what reading a config takes.
    node = loader.get_single_node()
    if node is None:
        return Document(None, None)
    # Before what `<<` merges is written into the nodes.
    repeated = tuple(repeated_keys(node))
    return Document(node, loader.construct_document(node), repeated)
