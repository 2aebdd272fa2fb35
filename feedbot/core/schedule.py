"""When a target is looked at again, and with which method."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchedulePolicy:
    """Intervals in seconds; the defaults are those of the specification."""

    alive_min_s: float = 86400.0
    alive_max_s: float = 30 * 86400.0
    blocked_min_s: float = 3 * 86400.0
    blocked_max_s: float = 30 * 86400.0
    dead_early_s: float = 7 * 86400.0
    dead_late_s: float = 30 * 86400.0
    recovery_s: float = 6 * 3600.0
    page_check_every_s: float = 7 * 86400.0
