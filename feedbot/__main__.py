"""`python -m feedbot` is the `feedbot` command."""

from feedbot.cli.main import entry_point

entry_point()
