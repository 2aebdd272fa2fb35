"""What the daemon logs of the steps of a run."""

import logging
from typing import TYPE_CHECKING

from feedbot.errors import StateError
from feedbot.steps.maintaining import Maintenance
from feedbot.steps.pinging import Pinging
from feedbot.steps.publishing import Publishing
from feedbot.steps.reading import Reading
from feedbot.steps.reporting import Reporting

if TYPE_CHECKING:
    from feedbot.steps.alerting import Alerting  # loaded where somebody is to be told

log = logging.getLogger("feedbot")


def tell_reading(reading: Reading) -> None:
    """What a reading came to; a quiet slot says nothing."""
    if not (reading.parsed or reading.vanished):
        return
    log.info("articles: %d read anew, %d gone", reading.parsed, len(reading.vanished))
    for one in reading.rejected:
        log.warning("rejected: %s:%d: %s", one.path, one.line, one.reason)


def tell_publishing(publishing: Publishing, reporting: Reporting) -> None:
    """What came of the feeds and of the reports, and what a person is to let go on."""
    if reporting.problem:
        log.error("the reports of the links are not written: %s", reporting.problem)
    if publishing.feeds_written:
        came, went = publishing.added, publishing.removed
        log.info("feeds: %d files written; entries: %d came, %d went", publishing.feeds_written, came, went)
    for hold in publishing.holds:
        if hold.is_new:
            log.warning("%s; to let them go: feedbot build --accept %s", hold.sentence, hold.feed)
    if publishing.held.flood is not None and publishing.held.flood.is_new:
        log.warning("%s; to let them come: feedbot build --accept-new", publishing.held.flood.sentence)
    if publishing.held.renaming is not None and publishing.held.renaming.is_new:
        log.warning("%s; to let the others come: feedbot build --accept-new", publishing.held.renaming.sentence)
    for one in publishing.held.gate.given_up:
        log.warning("%s leads to its source: its page %s does not answer (%s)", one.page.path, one.page.url, one.why)
    for one in publishing.held.gate.waiting:
        log.info("%s waits for its page %s (%s)", one.page.path, one.page.url, one.why)


def tell_pinging(pinging: Pinging) -> None:
    """What hubs answered."""
    if pinging.problem:
        log.error("hubs are not told of what changed: %s", pinging.problem)
    if pinging.told:
        log.info("hubs: told of %d addresses that changed", pinging.told)
    for one in pinging.refused:
        log.warning("refused: %s", one.sentence)
    for one in pinging.failed:
        log.warning("%s; tried again after %s", one.sentence, one.next_at and f"{one.next_at:%Y-%m-%d %H:%M} UTC")
    for one in pinging.given_up:
        log.warning("given up after a day: %s", one.sentence)


def tell_maintenance(done: Maintenance) -> None:
    """What came of looking after state.db; raises StateError with what is wrong with it."""
    if done.backup is not None:
        log.info("backup: %s", done.backup.path)
    for note in done.notes:
        log.warning("%s", note)
    if done.problems:
        raise StateError("; ".join(done.problems))


def tell_alerting(alerting: "Alerting") -> None:
    """Who was told something, and who could not be."""
    for name in alerting.told:
        log.info("alerts: %s was told", name)
    for problem in alerting.problems:
        log.error("alerts: %s", problem)
