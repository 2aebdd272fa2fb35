"""`feedbot init`: a commented config.yaml, never over an earlier one."""

import json
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urljoin

import click

from feedbot.cli.main import Told
from feedbot.config import load_config
from feedbot.errors import ConfigError, UsageError

# Where well-known generators and plain folders keep articles; the first that exists is proposed.
_FOLDERS = ("articles", "_posts", "content", "posts", "src/posts")


@click.command()
@click.option("--title", help="The publication's name.  [default: the folder's name]")
@click.option("--url", default="https://example.org/", show_default=True, help="The public site.")
@click.option("--feeds-url", help="Where feeds/ is served.  [default: feeds/ below the site]")
@click.option("--contact", help="A page that says who runs this, for the User-Agent.  [default: the site]")
@click.option("--articles", "pattern", help="Where article files are.  [default: a folder that is there]")
@click.pass_obj
def command(
    told: Told, title: str | None, url: str, feeds_url: str | None, contact: str | None, pattern: str | None
) -> int:
    """Write a commented config.yaml into this folder.

    \b
    Example:
      feedbot init --title "AI News" --url https://example.org/
    """  # noqa: D301 - \b keeps click from folding the example
    path = told.config_path
    pattern = pattern or _proposed(path.parent)
    text = render_config(
        title=title or path.parent.resolve().name or "Articles",
        url=url,
        feeds_url=feeds_url or urljoin(url if url.endswith("/") else f"{url}/", "feeds/"),
        contact=contact or url,
        pattern=pattern,
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: is there already and was not touched") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        load_config(path)
    except ConfigError:
        path.unlink()
        raise
    click.echo(f"wrote {path}: articles from {pattern}, site {url}")
    click.echo("next: look it through, then `feedbot build` for feeds, `feedbot run --once` to check links as well")
    return 0


def render_config(*, title: str, url: str, feeds_url: str, contact: str, pattern: str) -> str:
    """The text of a config.yaml; a JSON string is a YAML string too."""
    template = Template(files("feedbot.cli").joinpath("config_template.yaml").read_text(encoding="utf-8"))
    values = {"title": title, "url": url, "feeds_url": feeds_url, "contact": contact, "pattern": pattern}
    return template.substitute({name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})


def _proposed(folder: Path) -> str:
    for name in _FOLDERS:
        if (folder / name).is_dir():
            return f"{name}/**/*.md"
    return "articles/**/*.md"
