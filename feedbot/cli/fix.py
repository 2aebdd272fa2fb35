"""`feedbot fix`: article files in which links lead to where their pages are now."""

import sys
from collections.abc import Iterator, Sequence

import click

from feedbot.cli.main import Told
from feedbot.cli.naming import article_paths
from feedbot.cli.running import let_files_settle
from feedbot.cli.saying import wrong
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import UsageError
from feedbot.fixing import FixedFile, Fixing, fix
from feedbot.state import files, targets
from feedbot.state.database import State, open_for_reading

_MOST_LEFT = 40


@click.command()
@click.argument("what", nargs=-1, metavar="[ARTICLE|URL]...")
@click.option("--write", is_flag=True, help="Change the article files.")
@click.option("--dry-run", is_flag=True, help="Only show what would change, as a diff. The default.")
@click.pass_obj
def command(told: Told, what: tuple[str, ...], write: bool, dry_run: bool) -> int:
    """Rewrite links that have moved for good, and take out withdrawn AMP pages, in the article files.

    A link has moved for good when three looks in a row over seven days were led on permanently to the same
    address; an AMP page is withdrawn when as many found that. An ARTICLE is mended whole, a URL wherever
    articles link to it. Only the bytes of these links change, and a
    file that somebody changes meanwhile is left. Standard output is a diff for `git apply` in the folder of the
    config file; what is left, and why, is on standard error. Nothing is asked of servers.

    \b
    Examples:
      feedbot fix               # show the diff
      feedbot fix | git apply   # the same as --write, through git
      feedbot fix --write
      feedbot fix --write articles/2020-01-24-police.md
      feedbot fix https://example.org/old-page
    """  # noqa: D301 - \b keeps click from folding the examples
    if write and dry_run:
        raise click.UsageError("--write and --dry-run cannot go together")
    config = load_config(told.config_path)
    clock = SystemClock()
    with open_for_reading(config.state_path, who="feedbot fix") as state:
        paths, urls = _named(config, state, what)
        if write:
            let_files_settle(config, clock)
        fixing = fix(config, state, clock, write=write, paths=paths, urls=urls)
    for file in fixing.files:
        _show(file, write=write)
    said = fixing_lines(fixing, write=write, every=bool(what))
    for line in wrong(said) if told.quiet else said:
        click.echo(line, err=True)
    return 1 if any(file.is_fault for file in fixing.files) else 0


def _named(config: Config, state: State, what: Sequence[str]) -> tuple[list[str], list[str]]:
    """Paths and canonical URLs; raises UsageError for what is not known, for a typing error looks like "nothing"."""
    paths, urls = [], []
    for one in what:
        if "://" in one:
            try:
                url = canonical_url(one)
            except InvalidUrl as error:
                raise UsageError(str(error)) from None
            if targets.find(state, url) is None:
                raise UsageError(f"{plain(url)}: no article links to it")
            urls.append(url)
        else:
            path = next((path for path in article_paths(config, one) if files.is_known(state, path)), None)
            if path is None:
                raise UsageError(f"{plain(one)}: is no article that is known; `feedbot build` reads new ones")
            paths.append(path)
    return paths, urls


def _show(file: FixedFile, *, write: bool) -> None:
    """What of one file belongs on standard output."""
    if write:
        if file.mended:
            click.echo(f"{plain(file.path)}: {count(len(file.mended), 'link')}")
    elif file.diff is not None and file.mended:
        # To a person nothing that could move the cursor; to a program the bytes.
        if sys.stdout.isatty():
            for line in file.diff.text.decode(errors="replace").splitlines():
                click.echo(plain(line.replace("\t", "    ")))
        else:
            click.echo(file.diff.text, nl=False)


def fixing_lines(fixing: Fixing, *, write: bool, every: bool) -> Iterator[str]:
    """What was mended, and what was left and why; with `every`, also links that time alone may change."""
    changed = [file for file in fixing.files if file.mended]
    number = sum(len(file.mended) for file in changed)
    where = f"{count(number, 'link')} in {count(len(changed), 'file')}"
    if not number:
        yield "Fix        nothing to rewrite"
    elif write:
        yield f"Fix        {where} rewritten; the next `feedbot build` or run reads them"
    else:
        yield f"Fix        {where} would be rewritten: feedbot fix --write"
    for file in changed:
        if not write and file.diff is None:
            yield f"  not shown  {plain(file.path)}: a changed line holds `secured`, which is never shown"
        elif not write and file.diff is not None and not file.diff.is_anchored:
            yield (
                f"  note       {plain(file.path)}: a line `secured` is left out of its diff, which git takes with"
                " --unidiff-zero only"
            )
    left = [f"{file.path}: {file.problem}" for file in fixing.files if file.problem]
    left += [f"{file.path}:{one.line}: {one.url} {one.why}" for file in fixing.files for one in file.left]
    left += [f"{url}: {one.why}" for url, one in fixing.left.items() if every or not one.is_early]
    for one in left[:_MOST_LEFT]:
        yield f"  left       {plain(one)}"
    if len(left) > _MOST_LEFT:
        yield f"  left       and {len(left) - _MOST_LEFT:,} more; with an article or a link named, its reason is told"
    early = 0 if every else sum(one.is_early for one in fixing.left.values())
    if early:
        them = "seems to have moved or to be" if early == 1 else "seem to have moved or to be"
        yield f"  early      {count(early, 'link')} {them} withdrawn, not for long enough yet to be rewritten"
