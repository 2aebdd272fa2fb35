"""state.db: is it sound, when did a run end well, what waits for a person, and who is at work."""

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.alerts import FAILURES_IN_A_ROW
from feedbot.core.doctor import Finding, Level, Part
from feedbot.errors import StateError
from feedbot.service.doctor.case import Case
from feedbot.service.health import run_within_s, why_late
from feedbot.state import figures, jobs, published
from feedbot.state.copies import megabytes
from feedbot.state.database import State, holders, open_for_reading
from feedbot.state.schema import VERSION
from feedbot.state.soundness import require_sound
from feedbot.steps.offers import named_in_vain


def database(case: Case) -> list[Finding]:
    """What state.db says of itself and of the runs; it is read beside whoever writes."""
    config = case.config
    try:
        with open_for_reading(config.state_path, who="feedbot doctor") as state:
            require_sound(state)
            size = megabytes(config.state_path.stat().st_size)
            said = f"{state.path}: its pages are sound; schema {VERSION}, {size}"
            sound = Finding(Part.STATE, "database", Level.OK, said)
            return [
                sound,
                *_files(config, state),
                *_named_in_vain(config, state),
                *_runs(config, state, case.clock),
                *_jobs(state),
                *_holds(state),
            ]
    except StateError as error:
        # The sentence says what to do.
        return [Finding(Part.STATE, "database", Level.PROBLEM, str(error))]


def _files(config: Config, state: State) -> list[Finding]:
    lost = [name for name in published.files(state) if not (config.feeds_path / name).exists()]
    if not lost:
        return []
    sentence = f"{config.feeds_path}: {len(lost):,} files that were written are not there, such as {lost[0]}"
    mend = "`feedbot build` writes them; see who takes them away: nothing else may clear this folder"
    return [Finding(Part.STATE, "files", Level.PROBLEM, sentence, mend)]


def _named_in_vain(config: Config, state: State) -> list[Finding]:
    mend = "the slug or the file of a feed that is there; a topic has its feed with its first entry"
    return [
        Finding(Part.STATE, sentence, Level.WARNING, sentence, mend)
        for sentence in named_in_vain(config, published.files(state))
    ]


def _runs(config: Config, state: State, clock: Clock) -> list[Finding]:
    ended_at = figures.last_good_end(state)
    late = why_late(ended_at, clock.now(), run_within_s(config))
    if late is None:
        sentence = f"the last good run ended at {ended_at:%Y-%m-%d %H:%M} UTC"
        return [Finding(Part.STATE, "last good run", Level.OK, sentence)]
    mend = "start `feedbot run` (docs/operations.md); where cron does it less often, schedule.check: its interval"
    return [Finding(Part.STATE, "last good run", Level.PROBLEM, late, mend)]


def _jobs(state: State) -> list[Finding]:
    return [
        Finding(
            Part.STATE,
            f"job {name}",
            Level.PROBLEM,
            f"the daemon's job {name} has failed {record.failures} times in a row: {record.problem}",
        )
        for name, record in jobs.all_jobs(state).items()
        if record.failures >= FAILURES_IN_A_ROW
    ]


def _holds(state: State) -> list[Finding]:
    findings = []
    for feed in published.held_feeds(state):
        mend = f"feedbot build --accept {feed}, once they are meant"
        findings.append(
            Finding(Part.STATE, f"held in {feed}", Level.WARNING, f"removals in bulk are held back in {feed}", mend)
        )
    mend = "feedbot build --accept-new, once they are meant"
    if published.held_since(state, "flood") is not None:
        findings.append(Finding(Part.STATE, "held flood", Level.WARNING, "old articles in bulk are held back", mend))
    if published.held_since(state, "ids") is not None:
        sentence = "other ids that many files name are held back"
        findings.append(Finding(Part.STATE, "held ids", Level.WARNING, sentence, mend))
    return findings


def at_work(case: Case) -> list[Finding]:
    """Which processes hold a lock of this database."""
    config = case.config
    return [Finding(Part.STATE, f"lock of {who}", Level.OK, f"{who} is at work") for who in holders(config.state_path)]
