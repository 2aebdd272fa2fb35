"""`feedbot lint`: what is wrong with the article files."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from feedbot.cli.main import Told
from feedbot.cli.naming import article_paths, articles_below, known_article, repository_prefix
from feedbot.cli.reports.files import report_option, write_reports
from feedbot.cli.reports.formats import format_option, rendered
from feedbot.cli.reports.lint import LintReport
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.linting import Linting, lint


@click.command()
@click.argument("what", nargs=-1, metavar="[ARTICLE|FOLDER]...")
@format_option
@report_option
@click.option("--strict", is_flag=True, help="Fail for warnings too, such as a field that is given twice.")
@click.option("--skip-others", is_flag=True, help="Leave out named files that are no articles, as a hook needs it.")
@click.pass_obj
def command(
    told: Told,
    what: tuple[str, ...],
    output: str,
    reports: tuple[tuple[str, Path], ...],
    strict: bool,
    skip_others: bool,
) -> int:
    """Show what is wrong with the article files, with file:line:column, what was expected, and what to do.

    An error costs the whole article: no feed has it, or feeds keep its last good version. With a warning it is in
    the feeds without what is wrong. All articles are read, also where only some are named, because two may have
    the same source. Nothing is asked of servers, and nothing is written but what --report names. The exit code is 1
    where there is an error.

    \b
    Examples:
      feedbot lint                         # all articles
      feedbot lint articles/2020           # those in a folder
      feedbot lint --strict                # for CI: warnings fail too
      feedbot lint --format github         # annotations on a pull request
      feedbot lint --report junit=lint.xml # and a file for the CI server
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    linting = lint(config, SystemClock())
    if what:
        linting = _only(config, linting, what, skip_others=skip_others)
    report = LintReport(linting, strict, repository_prefix(config.root))
    click.echo(rendered(report, output), nl=False)
    write_reports(report, reports)
    return 1 if any(finding.fails for finding in report.findings) else 0


def _only(config: Config, linting: Linting, what: Sequence[str], *, skip_others: bool) -> Linting:
    """What is said of the files that were named, and of those in folders that were.

    Raises UsageError for others, unless they are files and to be skipped.
    """
    known = set(linting.files)
    wanted: set[str] = set()
    for one in what:
        if os.path.isdir(one) or os.path.isdir(config.root / one):  # noqa: PTH112 - not for odd names
            wanted |= articles_below(config, known, one)
        elif skip_others and os.path.isfile(one):  # noqa: PTH113 - not for odd names
            wanted |= known.intersection(article_paths(config, one))
        else:
            wanted.add(known_article(config, known, one))
    files = tuple(path for path in linting.files if path in wanted)
    return Linting(files, tuple(one for one in linting.problems if one.path in wanted))
