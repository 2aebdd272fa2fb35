"""`feedbot db`: what concerns the database itself."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from feedbot.cli.everywhere import Guessing
from feedbot.cli.main import Told
from feedbot.cli.saying import say_done
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.verdict import RULES
from feedbot.errors import LockHeld, StateError
from feedbot.forgetting import repeat
from feedbot.state import backups, retention, soundness, unreadable
from feedbot.state.copies import free_bytes, megabytes
from feedbot.state.database import checking_run, copies_before, open_for_reading, open_state, wipe
from feedbot.state.restoring import restore
from feedbot.state.schema import VERSION
from feedbot.steps.maintaining import back_up_now, way_back
from feedbot.steps.rejudging import rejudge


@click.group(cls=Guessing)
def command() -> None:
    """Look after state.db.

    \b
    Examples:
      feedbot db check
      feedbot db backup
      feedbot db restore    shows which copies there are
    """  # noqa: D301 - \b keeps click from folding the examples


@command.command("rejudge", short_help="Judge again what was seen, after an upgrade that changes rules.")
@click.option("--apply", is_flag=True, help="Let the links stand where the rules of today lead.")
@click.pass_obj
def rejudge_command(told: Told, apply: bool) -> int:
    """Judge every stored observation again, as after an upgrade that changes rules.

    Without --apply it only shows what would be other than it is. No server is asked. Entries whose
    link dies by it leave the feeds at the next build, past the guard against removals in bulk.

    \b
    Examples:
      feedbot db rejudge            what would be other than it is
      feedbot db rejudge --apply
    """  # noqa: D301 - \b keeps click from folding the examples
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


@command.command("check", short_help="Look over pages, indexes, references and schema.")
@click.pass_obj
def check_command(told: Told) -> int:
    """Look over all of state.db: pages and indexes, references, and schema.

    Where it is damaged, it says how to bring a copy back.

    \b
    Examples:
      feedbot db check
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    path = config.state_path
    try:
        with open_for_reading(path, who="feedbot db check") as state:
            damage, others = soundness.damage(state, whole=True), soundness.inconsistencies(state)
            only_looks = not damage and len(others) == 1 and list(unreadable.counted(state)) == ["looks"]
            used, free = retention.room(state)
    except LockHeld:
        raise
    except StateError as error:
        raise StateError("\n".join([str(error), *way_back(config)])) from error
    if problems := [*damage, *others]:
        way = way_back(config, only_looks=only_looks)
        raise StateError("\n".join([*(f"{path}: {plain(one)}" for one in problems), *way]))
    say_done(told, f"{path}: schema {VERSION}, {megabytes(used)}, and {megabytes(free)} free for what comes")
    say_done(told, "its pages, indexes, references and schema are as they should be")
    return 0


@command.command("backup", short_help="Make the backup of this day now.")
@click.pass_obj
def backup_command(told: Told) -> int:
    """Make the backup of this day now, in the place of one that was made before.

    It is found whole before it gets its name; of those before, the oldest go as the config says (backup).

    \b
    Examples:
      feedbot db backup
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    with open_state(config.state_path, who="feedbot db backup") as state:
        backup = back_up_now(config, state, SystemClock())
    say_done(told, f"{backup.path}: {megabytes(backup.size)}")
    for one in backup.gone:
        say_done(told, f"  gone       {one}")
    return 0


@command.command("restore", short_help="Bring back a copy of state.db, or show which there are.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def restore_command(told: Told, file: Path | None) -> int:
    """Bring back a copy of state.db: a backup, or what it was before an upgrade. Without FILE, show which there are.

    The copy is found whole first, and what it replaces is kept aside. Takedowns hold on. It is refused while a daemon
    or a run is at work: stop it first.

    \b
    Examples:
      feedbot db restore    shows which copies there are
      feedbot db restore backups/state-2026-11-25.db.gz
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    path = config.state_path
    if file is None:
        there = list(_copies(config))
        for copy, about in there:
            click.echo(f"  {about}  feedbot db restore {copy}")
        if not there:
            click.echo(f"There is no copy of {path}, neither beside it nor in {config.backups_path or 'a folder'}.")
        return 0
    clock = SystemClock()
    done = restore(path, file, clock.now(), who="feedbot db restore")
    say_done(told, f"Restored   {path}, with what it knew at {_at(done.is_of)}, from {plain(str(file))}")
    if done.aside is not None:
        say_done(told, f"Lost       what was seen and said of links since, up to {_at(done.was_of)}")
        say_done(told, f"           what was there is kept in {done.aside}; remove it when all is well")
    if done.takedowns is None:
        click.echo("Takedowns  are NOT brought along, for this copy is older than they: `feedbot forget` them again")
    elif done.takedowns:
        with open_state(path, who="feedbot db restore") as state:
            repeat(config, state, clock)
        say_done(told, "Takedowns  made since hold on, and were carried out again in this copy")
    if done.version < VERSION:
        say_done(told, f"Schema     {done.version}; the next command that writes brings it to {VERSION}")
    say_done(told, "Next       `feedbot build`: entries published since get their ids back from ids.json")
    return 0


@command.command("mend", short_help="Part with what is packed in state.db and cannot be read.")
@click.pass_obj
def mend_command(told: Told) -> int:
    """Part with what is packed in state.db and cannot be read, as after bits of a disk have flipped.

    Where links stand is kept, and what comes goes on from there; pages and articles are read again.
    Where more is damaged than what is packed, it changes nothing and says how to bring a copy back.

    \b
    Examples:
      feedbot db check
      feedbot db mend
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    path = config.state_path
    with open_state(path, who="feedbot db mend") as state, checking_run(state):
        if damage := soundness.damage(state, whole=True):
            raise StateError("\n".join([*(f"{path}: {plain(one)}" for one in damage), *way_back(config)]))
        parted = unreadable.part_with(state)
    gone = [
        (parted.looks, "look", "looks"),
        (parted.pages, "page", "pages"),
        (parted.statuses, "rolled-up status", "rolled-up statuses"),
        (parted.articles, "article", "articles"),
    ]
    said = ", ".join(count(*one) for one in gone if one[0])
    say_done(told, f"{path}: {f'parted with {said}' if said else 'all that is packed can be read'}")
    if said:
        say_done(told, "where links stand is as it was; pages and articles are read again")
    return 0


@command.command("vacuum", short_help="Write state.db anew, without its free room.")
@click.pass_obj
def vacuum_command(told: Told) -> int:
    """Write state.db anew, without the room that what was deleted has left. Others wait meanwhile.

    \b
    Examples:
      feedbot db vacuum
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    path = config.state_path
    with open_state(path, who="feedbot db vacuum") as state:
        used, free = retention.room(state)
        # It is written to the log, and from there to the file.
        if (left := free_bytes(path.parent)) < 2 * used:
            raise StateError(
                f"{path}: takes {megabytes(2 * used)} while it is written anew, and {megabytes(left)} are free:"
                " make room on its disk first"
            )
        if not wipe(state):
            click.echo(f"  note       another process reads {path}; the file shrinks when that ends")
        after = sum(retention.room(state))
    say_done(told, f"{path}: {megabytes(used + free)} before, {megabytes(after)} now")
    return 0


def _copies(config: Config) -> Iterator[tuple[Path, str]]:
    """Each copy that can be restored, with what it is, the newest backup first."""
    made = [] if config.backups_path is None else backups.kept(config.backups_path, config.state_path)
    for backup in reversed(made):
        yield backup.path, f"{backup.day}, {megabytes(backup.size)}"
    for copy in copies_before(config.state_path):
        yield copy, f"before the upgrade from schema {copy.name.rpartition('-v')[2]}"


def _at(moment: datetime | None) -> str:
    return "a time that cannot be told" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
