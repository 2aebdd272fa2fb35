"""`feedbot init`: a commented config.yaml, never over an earlier one."""

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath
from string import Template
from urllib.parse import urljoin

import click

from feedbot.adopting import adopt
from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.config import first_folder, http_url, load_config
from feedbot.errors import ConfigError, FeedbotError, UsageError

# Where well-known generators and plain folders keep articles; the first that exists is proposed.
_FOLDERS = ("articles", "_posts", "content", "posts", "src/posts")
_IS_PATTERN = re.compile(r"[*?\[]|\.(?:md|markdown)$")


def _url(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """The value of an option that is a URL."""
    try:
        return None if value is None else str(http_url(value))
    except ValueError as error:
        raise UsageError(f"{option.opts[0]}: {error}") from None


@click.command()
@click.option("--title", help="The publication's name.  [default: the folder's name]")
@click.option("--url", default="https://example.org/", show_default=True, callback=_url, help="The public site.")
@click.option("--feeds-url", callback=_url, help="Where feeds/ is served.  [default: feeds/ below the site]")
@click.option(
    "--contact", callback=_url, help="A page that says who runs this, for the User-Agent.  [default: the site]"
)
@click.option(
    "--articles",
    "where",
    help="The folder of the article files, or a glob pattern.  [default: a folder that is there]",
)
@click.option(
    "--adopt",
    "earlier",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An RSS or Atom file of your earlier publisher: its entries keep their ids. Before the first build.",
)
@click.pass_obj
def command(
    told: Told,
    title: str | None,
    url: str,
    feeds_url: str | None,
    contact: str | None,
    where: str | None,
    earlier: Path | None,
) -> int:
    """Write a commented config.yaml into this folder.

    \b
    Examples:
      feedbot init --title "AI News" --url https://example.org/
      feedbot init --adopt old-feed.xml
    """  # noqa: D301 - \b keeps click from folding the examples
    if earlier is None or not told.config_path.exists():
        _write_config(told.config_path, title, url, feeds_url, contact, where)
    if earlier is not None:
        _adopt(told.config_path, earlier)
    click.echo("next: look it through, then `feedbot build` for feeds, `feedbot run --once` to check links as well")
    return 0


def _adopt(path: Path, earlier: Path) -> None:
    config = load_config(path)
    adoption = adopt(config, earlier)
    ledger = f"{config.feeds.directory}/ids.json"
    known = f", {adoption.known:,} were known" if adoption.known else ""
    click.echo(f"{plain(str(earlier))}: took over {count(adoption.adopted, 'id')} into {ledger}{known}")
    for reason in adoption.left:
        click.echo(f"  left out   {plain(reason)}")
    click.echo("keep its address alive: feeds.aliases in the config, or a redirect (docs/serving.md)")


def _write_config(
    path: Path, title: str | None, url: str, feeds_url: str | None, contact: str | None, where: str | None
) -> None:
    pattern, *more = _patterns(path.parent, where or _proposed(path.parent))
    text = render_config(
        title=title or path.parent.resolve().name or "Articles",
        url=url,
        feeds_url=feeds_url or urljoin(url if url.endswith("/") else f"{url}/", "feeds/"),
        contact=contact or url,
        pattern=pattern,
        more_patterns=more,
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path}: is there already and was not touched; edit it, or move it away for a new one"
        ) from None
    except OSError as error:
        raise FeedbotError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        load_config(path)
    except ConfigError:
        path.unlink()
        raise
    click.echo(f"wrote {path}: articles from {' and '.join([pattern, *more])}, site {url}")
    folder = first_folder(pattern)
    if not (path.parent / folder).is_dir():
        click.echo(f"there is no folder {folder} yet: make it, and put articles there, Markdown files that begin with")
        click.echo("YAML between two lines ---, such as `title: ...`, `date: ...` and `sourceUrl: ...`")


def render_config(
    *, title: str, url: str, feeds_url: str, contact: str, pattern: str, more_patterns: Sequence[str] = ()
) -> str:
    """The text of a config.yaml; JSON is YAML too."""
    template = Template(files("feedbot.cli").joinpath("config_template.yaml").read_text(encoding="utf-8"))
    patterns = [pattern, *more_patterns]
    values = {"title": title, "url": url, "feeds_url": feeds_url, "contact": contact, "patterns": patterns}
    return template.substitute({name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})


def _proposed(folder: Path) -> str:
    return next((name for name in _FOLDERS if (folder / name).is_dir()), _FOLDERS[0])


def _patterns(root: Path, where: str) -> list[str]:
    """The glob patterns of what was named: a pattern itself, or the files in a folder."""
    folder = root / where
    if _IS_PATTERN.search(where) and not folder.is_dir():
        return [where]
    suffixes = ["md", "markdown"] if next(folder.rglob("*.markdown"), None) else ["md"]
    return [str(PurePosixPath(where) / f"**/*.{suffix}") for suffix in suffixes]
