"""Workflow commands read back, as GitHub documents them for whoever writes them by hand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    message: str


def read_commands(log: str) -> list[Command]:
    """The commands among the lines of a log; a line that does not begin with :: is only a line."""
    return [read_command(line) for line in log.split("\n") if line.startswith("::")]


def read_command(line: str) -> Command:
    head, message = line[2:].split("::", 1)
    name, _, listed = head.partition(" ")
    properties = dict(one.split("=", 1) for one in listed.split(",")) if listed else {}
    return Command(name, {key: _value(text) for key, text in properties.items()}, _decoded(message))


def _value(text: str) -> str:
    assert ":" not in text
    return _decoded(text.replace("%3A", ":").replace("%2C", ","))


def _decoded(text: str) -> str:
    assert "\r" not in text
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
