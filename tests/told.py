"""A program that a publication's alerts are handed to, and what it was told."""

from tests.publication import Publication

# Writes what it is told, one block a message; it fails as long as there is a file that says so.
_PROGRAM = """#!/bin/sh
test -e broken && { echo "no such host" >&2; exit 3; }
{ printf '%s %s: %s\\n' "$FEEDBOT_AUDIENCE" "$FEEDBOT_KIND" "$FEEDBOT_SUBJECT"; cat; echo --; } >> told
"""


def with_alerts(news: Publication, alerts: str) -> Publication:
    """Add a section `alerts` to the config, in which `./tell` can be named."""
    program = news.folder / "tell"
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}alerts: {alerts}\n", encoding="utf-8")
    return news


def told(news: Publication) -> list[str]:
    """The messages since this was last asked."""
    path = news.folder / "told"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.unlink(missing_ok=True)
    return [one for one in text.split("--\n") if one]
