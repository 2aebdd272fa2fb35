"""config.yaml, validated into one frozen Config; every problem is reported at once, with its place.

A file for each section; `model.py` puts them together, `load.py` reads the file, `variables.py` the variables that
come before it, and `problems.py` has the sentences.
"""

from feedbot.config.articles import DEFAULT_EXCLUDE, DEFAULT_FIELDS
from feedbot.config.checker import CheckerConfig
from feedbot.config.feeds import CLEARED, PUBLIC_REPORTS, FeedsConfig
from feedbot.config.folders import first_folder
from feedbot.config.hosts import HostConfig, PerHostConfig
from feedbot.config.load import load_config
from feedbot.config.model import Config, config_schema
from feedbot.config.site import SiteConfig
from feedbot.config.staging import STAGING
from feedbot.config.topics import FURTHER, FurtherFeedConfig, TopicConfig
from feedbot.config.values import http_url
from feedbot.config.variables import variables_set

__all__ = [
    "CLEARED",
    "DEFAULT_EXCLUDE",
    "DEFAULT_FIELDS",
    "FURTHER",
    "PUBLIC_REPORTS",
    "STAGING",
    "CheckerConfig",
    "Config",
    "FeedsConfig",
    "FurtherFeedConfig",
    "HostConfig",
    "PerHostConfig",
    "SiteConfig",
    "TopicConfig",
    "config_schema",
    "first_folder",
    "http_url",
    "load_config",
    "variables_set",
]
