"""`feedbot status`: where things stand, read beside whatever else is running."""

import click

from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.status import StatusKind
from feedbot.state import files, identities, published, runs, targets
from feedbot.state.database import open_for_reading

_TROUBLE_SHOWN = 20


@click.command()
@click.pass_obj
def command(told: Told) -> int:
    """Show where articles, links and feeds stand; changes nothing and waits for nobody."""
    config = load_config(told.config_path)
    now = SystemClock().now()
    with open_for_reading(config.state_path, who="feedbot status") as state:
        counts = files.counts(state, now)
        articles = count(counts.articles, "article")
        click.echo(f"Articles   {articles}; {counts.withheld:,} withheld, {counts.rejected:,} rejected")
        by_status = targets.by_status(state)
        stand = ", ".join(f"{by_status[kind]:,} {kind}" for kind in StatusKind if kind in by_status) or "none"
        click.echo(
            f"Links      {count(sum(by_status.values()), 'link')}: {stand}; {targets.count_due(state, now):,} due"
        )
        for target in targets.in_trouble(state, _TROUBLE_SHOWN):
            since = "" if target.status.since_at is None else f" since {target.status.since_at:%Y-%m-%d}"
            click.echo(f"  {target.status.kind:<11}  {plain(target.url)}")
            click.echo(f"               {plain(target.status.reason)}; {target.status.kind}{since}")
        if published.files(state):
            topics = identities.topics(state)
            click.echo(f"Feeds      all and {count(len(topics), 'topic')}, in {config.feeds_path}/")
        else:
            click.echo("Feeds      none written yet; `feedbot build` writes them")
        for feed in published.held_feeds(state):
            click.echo(f"  held       removals in {feed}; to let them go: feedbot build --accept {feed}")
        last = runs.last(state)
        if last is None:
            click.echo("Last check none yet; `feedbot run --once` does it")
        else:
            offline = ", offline" if last.online is False else ""
            click.echo(f"Last check {last.finished_at:%Y-%m-%d %H:%M} UTC by {last.who}{offline}")
    return 0
