"""The feeds folder and the disks: may a web server read what is there, and is there room."""

import os
import stat
from pathlib import Path

from feedbot.core.doctor import Finding, Level, Part
from feedbot.service.doctor.case import Case
from feedbot.service.health import folders, why_full
from feedbot.state.copies import free_bytes, megabytes


def permissions(case: Case) -> list[Finding]:
    """Whether everybody may read the feeds and enter the folders above: a web server has a user of its own."""
    folder = case.config.feeds_path.absolute()
    if not folder.is_dir():
        sentence = f"{folder} is not there, so no feed is"
        return [Finding(Part.FILES, "feeds folder", Level.PROBLEM, sentence, "`feedbot build` writes it")]
    closed = [place for place in (folder, *folder.parents) if not place.stat().st_mode & stat.S_IXOTH]
    if closed:
        sentence = f"{closed[0]} lets nobody in but its owner and group: a web server of another user serves no feed"
        mend = f"chmod o+x {closed[0]}, or feeds.directory: a folder that everybody can enter"
        return [Finding(Part.FILES, "permissions", Level.WARNING, sentence, mend)]
    hidden = _hidden(folder)
    if hidden:
        rest = f", and {len(hidden) - 1:,} more," if len(hidden) > 1 else ""
        sentence = f"{hidden[0]}{rest} cannot be read by a web server of another user"
        mend = f"UMask=0022 in the unit (umask 022 in a crontab), and once: chmod -R o+rX {folder}"
        return [Finding(Part.FILES, "permissions", Level.WARNING, sentence, mend)]
    return [Finding(Part.FILES, "permissions", Level.OK, f"{folder} and what is in it can be read by everybody")]


def _hidden(folder: Path) -> list[Path]:
    """What in the folder others may not read; but for names that begin with a dot, which are being written."""
    found = []
    for place, _, names in os.walk(folder):
        if not Path(place).stat().st_mode & stat.S_IROTH:
            found.append(Path(place))
        for name in sorted(names):
            path = Path(place, name)
            try:
                if not name.startswith(".") and not path.stat().st_mode & stat.S_IROTH:
                    found.append(path)
            except FileNotFoundError:
                continue  # a run took it away meanwhile
    return found


def room(case: Case) -> list[Finding]:
    """Whether the disks have the room that disk.low asks for."""
    config = case.config
    reasons = [why for one in folders(config) if one.exists() and (why := why_full(one, config.disk.low)) is not None]
    if not reasons:
        free = megabytes(free_bytes(config.state_path.absolute().parent))
        return [Finding(Part.FILES, "room", Level.OK, f"there is room on the disk: {free}")]
    mend = "make room; with less than disk.low, looks at links are not kept and no backup is made"
    return [Finding(Part.FILES, "room", Level.PROBLEM, "; ".join(reasons), mend)]
