"""`feedbot build`: articles in, feeds out, no link asked."""

import time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from feedbot.articles.dates import parse_date
from feedbot.cli.main import Told
from feedbot.cli.reports.following import alerting_lines, pinging_lines, reporting_lines
from feedbot.cli.reports.preview import preview_lines
from feedbot.cli.reports.publishing import publishing_lines
from feedbot.cli.reports.reading import reading_lines
from feedbot.cli.running import let_files_settle, tell_hubs
from feedbot.cli.saying import say
from feedbot.cli.telling import say_problems, tell_of_troubles
from feedbot.cli.textfile import textfile_option, write_textfile
from feedbot.clock import Clock, Laps, StandingClock, SystemClock
from feedbot.config import Config, load_config
from feedbot.state.database import open_state
from feedbot.steps.publishing import publish
from feedbot.steps.reading import read
from feedbot.steps.reporting import report


@click.command()
@click.option(
    "--accept",
    multiple=True,
    metavar="FEED",
    help="Let the held removals of this feed happen; may be given several times.",
)
@click.option(
    "--accept-new",
    is_flag=True,
    help="Let what was held back come: many old articles at once, or many entries under other ids.",
)
@click.option("--preview", is_flag=True, help="Write nothing; show, feed by feed, what subscribers would see.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --preview: leave the feeds in this new folder.",
)
@click.option("--at", metavar="TIME", help="With --preview: as if it were then, such as 2026-12-24T18:00.")
@click.option("--drafts", is_flag=True, help="With --preview: show drafts and future articles as well.")
@textfile_option
@click.pass_obj
def command(
    told: Told,
    accept: tuple[str, ...],
    accept_new: bool,
    preview: bool,
    out: Path | None,
    at: str | None,
    drafts: bool,
    textfile: Path | None,
) -> int:
    """Read the article files that changed and write the feeds whose content changed.

    No link is asked: they stand as the last check left them. The hubs of `feeds.hub` are told of the
    feeds that changed. A feed that would lose many entries at once keeps them until `--accept FEED`;
    more than 50 articles older than a week that come at once wait for `--accept-new`, and more than 5
    entries keep their ids until then. The first build that holds something exits with 1. With
    `--preview` nothing is changed, not a feed, not state.db, and no hub is told.

    \b
    Examples:
      feedbot build
      feedbot build --accept all                   lets what is held leave `all`
      feedbot build --preview                      what subscribers would see
      feedbot build --preview --drafts --out look  the same as feeds, in a folder
    """  # noqa: D301 - \b keeps click from folding the examples
    if preview and textfile is not None:
        raise click.UsageError("--metrics-textfile is not for --preview, which changes nothing")
    config = load_config(told.config_path)
    if preview:
        return _preview(config, accept, out, at, accept_new=accept_new, drafts=drafts)
    if out is not None or at is not None or drafts:
        raise click.UsageError("--out, --at and --drafts are for --preview")
    clock = SystemClock()
    with open_state(config.state_path, who="feedbot build") as state:
        laps = Laps(clock)
        reading = read(config, state, clock, accept_new=accept_new, settle=time.sleep)
        laps.end("reading")
        publishing = publish(config, state, clock, accept, accept_new=accept_new)
        laps.end("publishing")
        reporting = report(config, state, clock)
        laps.end("reporting")
        pinging = tell_hubs(config, state, clock)
        alerting = tell_of_troubles(config, state, clock)
    said = [
        *reading_lines(config, reading),
        *publishing_lines(config, publishing),
        *reporting_lines(reporting),
        *pinging_lines(pinging),
        *alerting_lines(alerting),
    ]
    say(told, said)
    say_problems(alerting)
    write_textfile(config, clock, textfile)
    return 1 if publishing.is_held_anew else 0


def _preview(
    config: Config, accept: tuple[str, ...], out: Path | None, at: str | None, *, accept_new: bool, drafts: bool
) -> int:
    """Show what a build would bring; 0 whatever that is."""
    from feedbot.previewing import preview as look_ahead  # noqa: PLC0415 - who builds reads no feed back

    clock: Clock = SystemClock()
    let_files_settle(config, clock)
    if at is not None:
        try:
            clock = StandingClock(parse_date(at, ZoneInfo(config.articles.timezone)))
        except ValueError as error:
            raise click.UsageError(f"--at: {error}, not {at!r}") from None
    seen = look_ahead(config, clock, out, accept, accept_new=accept_new, drafts=drafts)
    for line in [*reading_lines(config, seen.reading), *preview_lines(seen)]:
        click.echo(line)
    if out is not None:
        click.echo(f"Files      the feeds as they would be, in {out}/")
    return 0
