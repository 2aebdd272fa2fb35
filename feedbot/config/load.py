"""config.yaml and the environment -> Config, with every problem and its place."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from feedbot.config.folders import why_no_feeds_folder, why_no_site_data, would_be_served
from feedbot.config.lines import line_of
from feedbot.config.model import Config
from feedbot.config.problems import dotted, sentence
from feedbot.config.reading import NotYaml, read_yaml
from feedbot.config.staging import kept_quiet
from feedbot.config.variables import Settings, read_variables
from feedbot.errors import ConfigError, why_unreadable

log = logging.getLogger("feedbot")


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a file, and in the variables FEEDBOT__SECTION__KEY, which come before it.

    Raises ConfigError with every problem, one a line.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        mend = "`feedbot init` writes one; -C DIR and --config FILE name one elsewhere"
        raise ConfigError(f"{path}: there is no such file; {mend}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {why_unreadable(error)}") from None
    log.debug("config: %s", path.absolute())
    try:
        document = read_yaml(raw)
    except NotYaml as error:
        line = "" if error.line is None else f":{error.line}"
        raise ConfigError(f"{path}{line}: {error}") from None
    content = document.content
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no settings; `feedbot init` writes a commented file")
    settings = read_variables(environment)
    told = _Told(path, document.node, settings)
    problems = [f"{path}:{line}: {key}: is given twice" for key, line in document.repeated]
    if "root" in content:
        problems.append(told.problem(("root",), "unknown key"))
        del content["root"]
    problems += settings.problems
    try:
        config = Config.model_validate({**settings.over(content), "root": path.parent}, context={"root": path.parent})
    except ValidationError as error:
        problems += [
            told.problem(problem["loc"], sentence(problem), is_of_keys=problem["type"] == "value_error")
            for problem in error.errors()
            # A list all of whose items are wrong is not called empty as well.
            if not (problem["type"] == "too_short" and problem["input"])
        ]
    else:
        problems += _clashes(config, told)
    if problems:
        raise ConfigError("\n".join(problems))
    return kept_quiet(config)


@dataclass(frozen=True, slots=True)
class _Told:
    """Where each key was given: on a line of the file, or by a variable."""

    path: Path
    node: yaml.Node | None
    settings: Settings

    def problem(self, place: tuple[str | int, ...], what: str, *, is_of_keys: bool = False) -> str:
        """What is wrong in a place, with where that was given; of a section's keys together it may be in several."""
        where = self.settings.variable_of(place)
        if where is None:
            others = self.settings.variables_below(place) if is_of_keys else []
            where = " and ".join([f"{self.path}:{line_of(self.node, place)}", *others])
        return f"{where}: {dotted(place)}: {what}"


def _clashes(config: Config, told: _Told) -> list[str]:
    """What does not go together, though each by itself is right."""
    problems = []
    if (clash := why_no_feeds_folder(config)) is not None:
        problems.append(told.problem(("feeds", "directory"), clash))
    elif would_be_served(config, config.private_reports_path):
        why = "must be apart from the feeds, which are public; see feeds.public_report"
        problems.append(told.problem(("reports", "directory"), why))
    if clash is None and would_be_served(config, config.backups_path):
        problems.append(told.problem(("backup", "directory"), "must be apart from the feeds, which are public"))
    if (clash := why_no_site_data(config)) is not None:
        problems.append(told.problem(("feeds", "site_data"), clash))
    return problems
