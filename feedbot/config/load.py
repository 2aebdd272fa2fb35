"""config.yaml -> Config, with every problem and its place."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from feedbot.config.folders import why_no_feeds_folder, why_no_site_data, would_be_served
from feedbot.config.lines import line_of, repeated_keys
from feedbot.config.model import Config
from feedbot.config.problems import dotted, sentence
from feedbot.errors import ConfigError

MAX_CONFIG_BYTES = 1024 * 1024


def load_config(path: Path) -> Config:
    """The configuration in a file; raises ConfigError with every problem, one a line."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `feedbot init` writes one") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(raw) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_CONFIG_BYTES:,} bytes")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from None
    try:
        node = yaml.compose(raw, Loader=yaml.SafeLoader)
        content = yaml.safe_load(raw)
    except yaml.MarkedYAMLError as error:
        place = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        if error.problem == "but found another document":
            raise ConfigError(f"{path}{place}: holds more than one YAML document") from None
        raise ConfigError(f"{path}{place}: is not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no settings; `feedbot init` writes a commented file")
    problems = [f"{path}:{line}: {key}: is given twice" for key, line in repeated_keys(node)]
    if "root" in content:
        problems.append(f"{path}:{line_of(node, ('root',))}: root: unknown key")
        del content["root"]
    try:
        config = Config.model_validate({**content, "root": path.parent}, context={"root": path.parent})
    except ValidationError as error:
        problems += [
            f"{path}:{line_of(node, problem['loc'])}: {dotted(problem['loc'])}: {sentence(problem)}"
            for problem in error.errors()
            # A list all of whose items are wrong is not called empty as well.
            if not (problem["type"] == "too_short" and problem["input"])
        ]
    else:
        if (clash := why_no_feeds_folder(config)) is not None:
            problems.append(f"{path}:{line_of(node, ('feeds', 'directory'))}: feeds.directory: {clash}")
        elif would_be_served(config, config.private_reports_path):
            place = f"{path}:{line_of(node, ('reports', 'directory'))}: reports.directory"
            problems.append(f"{place}: must be apart from the feeds, which are public; see feeds.public_report")
        if clash is None and would_be_served(config, config.backups_path):
            place = f"{path}:{line_of(node, ('backup', 'directory'))}: backup.directory"
            problems.append(f"{place}: must be apart from the feeds, which are public")
        if (clash := why_no_site_data(config)) is not None:
            problems.append(f"{path}:{line_of(node, ('feeds', 'site_data'))}: feeds.site_data: {clash}")
    if problems:
        raise ConfigError("\n".join(problems))
    return config
