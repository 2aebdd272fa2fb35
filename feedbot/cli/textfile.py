"""`--metrics-textfile`: what a command leaves behind for the textfile collector of node_exporter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from feedbot.clock import Clock
from feedbot.config import Config

_F = TypeVar("_F", bound=Callable[..., Any])


def textfile_option(command: _F) -> _F:
    """The option, as the parameter `textfile`."""
    return click.option(
        "--metrics-textfile",
        "textfile",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the figures of /metrics to this file, for node_exporter.",
    )(command)


def write_textfile(config: Config, clock: Clock, path: Path | None) -> None:
    """Write it where one was asked for; raises PublishError, naming the file."""
    if path is not None:
        # What nobody asked for need not be loaded.
        from feedbot.service.metrics import write_metrics  # noqa: PLC0415

        write_metrics(config, clock, path)
