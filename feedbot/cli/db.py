"""`feedbot db`: what concerns the database itself."""

import click

from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.verdict import RULES
from feedbot.rejudging import rejudge
from feedbot.state.database import checking_run, open_state


@click.group()
def command() -> None:
    """Look after state.db."""


@command.command("rejudge")
@click.option("--apply", is_flag=True, help="Let the links stand where the rules of today lead.")
@click.pass_obj
def rejudge_command(told: Told, apply: bool) -> int:
    """Judge every stored observation again, as after an upgrade that changes rules.

    Without --apply it only shows what would be other than it is. No server is asked. Entries whose
    link dies by it leave the feeds at the next build, past the guard against removals in bulk.
    """
    config = load_config(told.config_path)
    with open_state(config.state_path, who="feedbot db rejudge") as state, checking_run(state):
        found = rejudge(config, state, SystemClock(), apply=apply)
    click.echo(
        f"{count(found.observations, 'observation')} of {count(found.links, 'link')} judged again"
        f" by the rules of today (version {RULES})"
    )
    for change in found.changes:
        click.echo(f"  {change.before.kind} -> {change.after.kind}  {plain(change.url)}")
        click.echo(f"      then: {plain(change.before.reason) or 'not judged'}")
        click.echo(f"      now:  {plain(change.verdict.reason)}")
    if not found.changes:
        click.echo("no link would stand elsewhere")
    elif apply:
        click.echo(f"{count(len(found.changes), 'link')} stand as shown; `feedbot build` brings it to the feeds")
    else:
        click.echo(f"{count(len(found.changes), 'link')} would stand elsewhere; --apply lets them")
    return 0
