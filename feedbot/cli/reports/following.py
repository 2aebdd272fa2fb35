"""What follows publishing, as text for people: reports, hubs, the archive, alerts, looking after state.db."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from feedbot.cli.text import count, plain
from feedbot.state.copies import megabytes

if TYPE_CHECKING:  # most of it is off or not due
    from feedbot.steps.alerting import Alerting
    from feedbot.steps.archiving import Archiving
    from feedbot.steps.maintaining import Maintenance
    from feedbot.steps.pinging import Pinging
    from feedbot.steps.reporting import Reporting


def reporting_lines(reporting: "Reporting") -> Iterator[str]:
    """Where the report of the links is, when it was written anew, or why it could not be."""
    if reporting.problem:
        yield f"Reports    not written: {plain(reporting.problem)}"
    elif reporting.written:
        yield f"Reports    where links stand and what became of them: {plain(', '.join(map(str, reporting.written)))}"


def pinging_lines(pinging: "Pinging") -> Iterator[str]:
    """What WebSub hubs were told, and each that would not have it or could not be told; nothing where none was told."""
    if pinging.problem:
        yield f"Hubs       not told of what changed: {plain(pinging.problem)}"
        return
    troubles = [("refused", one) for one in pinging.refused]
    troubles += [("failed", one) for one in pinging.failed] + [("given up", one) for one in pinging.given_up]
    if pinging.told or troubles:
        told = f"{count(pinging.told, 'address', 'addresses')} that changed" if pinging.told else "nothing"
        yield f"Hubs       told of {told}"
    for word, one in troubles:
        yield f"  {word:<9}  {plain(one.sentence)}"
        if one.next_at is not None:
            yield f"             tried again by the first run after {one.next_at:%Y-%m-%d %H:%M} UTC, for a day at most"


def archiving_lines(archiving: "Archiving") -> Iterator[str]:
    """What the archive said of copies, where it was asked, and why it said nothing."""
    if archiving.asked:
        said = f"{count(archiving.found, 'copy', 'copies')} found, {archiving.absent:,} not there"
        left = f"; {count(archiving.left, 'page')} left for later runs" if archiving.left else ""
        yield f"Archive    {said}{left}"
    if archiving.problem:
        of = f" for {count(archiving.unanswered, 'page')}" if archiving.unanswered else ""
        yield f"  no answer  from the archive{of}: {plain(archiving.problem)}"


def alerting_lines(alerting: "Alerting | None") -> Iterator[str]:
    """Who was told of something; who could not be is for standard error."""
    if alerting is not None and alerting.told:
        yield f"Alerts     told: {', '.join(alerting.told)}"


def maintenance_lines(maintenance: "Maintenance") -> Iterator[str]:
    """What was done for state.db; its problems are for standard error."""
    if maintenance.backup is not None:
        yield f"Backup     {plain(str(maintenance.backup.path))}, {megabytes(maintenance.backup.size)}"
    gone = {
        "look": maintenance.looks,
        "transition": maintenance.transitions,
        "run": maintenance.runs,
        "stray link": maintenance.unlinked,
    }
    if any(gone.values()):
        told = ", ".join(count(number, thing) for thing, number in gone.items() if number)
        yield f"History    no longer kept: {told}"
    for note in maintenance.notes:
        yield f"  note       {plain(note)}"
