"""`feedbot status`: where things stand, read beside whatever else is running."""

from collections.abc import Sequence

import click

from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import FURTHER, STAGING, Config, load_config
from feedbot.core.order import time_left_s
from feedbot.core.status import StatusKind
from feedbot.state import files, identities, published, runs, targets
from feedbot.state.database import open_for_reading
from feedbot.state.targets import Backlog

_TROUBLE_SHOWN = 20


@click.command()
@click.pass_obj
def command(told: Told) -> int:
    """Show where articles, links and feeds stand; changes nothing and waits for nobody."""
    config = load_config(told.config_path)
    now = SystemClock().now()
    if config.is_staging:
        click.echo(STAGING)
    with open_for_reading(config.state_path, who="feedbot status") as state:
        counts = files.counts(state, now)
        articles = count(counts.articles, "article")
        click.echo(f"Articles   {articles}; {counts.withheld:,} withheld, {counts.rejected:,} rejected")
        by_status = targets.by_status(state)
        stand = ", ".join(f"{by_status[kind]:,} {kind}" for kind in StatusKind if kind in by_status) or "none"
        backlog = targets.backlog(state, now, feed_size=config.feeds.max_entries)
        click.echo(f"Links      {count(sum(by_status.values()), 'link')}: {stand}; {backlog.due:,} due")
        if by_status:
            click.echo(f"           {progress(backlog, _left_s(config, backlog.due, runs.pace(state)))}")
        for target in targets.in_trouble(state, _TROUBLE_SHOWN):
            since = "" if target.status.since_at is None else f" since {target.status.since_at:%Y-%m-%d}"
            click.echo(f"  {target.status.kind:<11}  {plain(target.url)}")
            click.echo(f"               {plain(target.status.reason)}; {target.status.kind}{since}")
        if published.files(state):
            click.echo(f"Feeds      {_feeds(config, [topic.key for topic in identities.topics(state)])}")
        else:
            click.echo("Feeds      none written yet; `feedbot build` writes them")
        for feed in published.held_feeds(state):
            click.echo(f"  held       removals in {feed}; to let them go: feedbot build --accept {feed}")
        if published.held_since(state, "flood") is not None:
            click.echo("  held       many old articles that came at once; to let them come: feedbot build --accept-new")
        if published.held_since(state, "ids") is not None:
            click.echo("  held       other ids that many files name; to let them come: feedbot build --accept-new")
        last = runs.last(state)
        if last is None:
            click.echo("Last check none yet; `feedbot run --once` does it")
        else:
            offline = ", offline" if last.online is False else ""
            click.echo(f"Last check {last.finished_at:%Y-%m-%d %H:%M} UTC by {last.who}{offline}")
    return 0


def _feeds(config: Config, keys: Sequence[str]) -> str:
    """How many feeds there are, such as "all, 3 topics and 1 further feed"; an earlier name of a topic is none."""
    former = config.feeds.former_names()
    further = sum(key.startswith(FURTHER) for key in keys)
    topics = sum(key not in former for key in keys) - further
    kinds = [count(topics, "topic"), *([count(further, "further feed")] if further else [])]
    return f"{', '.join(['all', *kinds[:-1]])} and {kinds[-1]}, in {config.feeds_path}/"


def _left_s(config: Config, due: int, asked_per_s: float | None) -> float | None:
    if asked_per_s is None:
        return None
    return time_left_s(
        due,
        asked_per_s=asked_per_s,
        run_s=config.checker.max_run_s,
        every_s=config.schedule.check,
        budget=config.checker.max_requests_per_run,
    )


def progress(backlog: Backlog, left_s: float | None) -> str:
    """How much of what is linked was checked and is not due again, such as "feeds 100 % checked, the rest 12 %"."""
    feeds, rest = (_percent(backlog.in_feeds, backlog.in_feeds_due), _percent(backlog.others, backlog.others_due))
    words = f"feeds {feeds} % checked, the rest {rest} %"
    return words if not backlog.due or left_s is None else f"{words}, about {_span(left_s)} left"


def _percent(number: int, due: int) -> int:
    """Rounded down: 100 is all of them."""
    return 100 * (number - due) // number if number else 100


def _span(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return "a minute"
