"""What reading the article files brought, as text for people."""

from collections.abc import Iterable, Iterator

from feedbot.cli.text import count, plain
from feedbot.config import Config
from feedbot.core.article import Rejected
from feedbot.steps.reading import Reading


def reading_lines(config: Config, reading: Reading) -> Iterator[str]:
    """Articles by what became of them, and every file that needs a hand."""
    counts = reading.counts
    parts = [f"{count(counts.articles, 'article')}, {reading.parsed:,} read anew"]
    if counts.withheld:
        parts.append(f"{counts.withheld:,} withheld (drafts and future dates)")
    if reading.vanished:
        parts.append(f"{count(len(reading.vanished), 'file')} gone")
    if reading.rejected:
        parts.append(f"{len(reading.rejected):,} rejected")
    yield f"Articles   {'; '.join(parts)}"
    if not counts.articles and not reading.rejected and not reading.forgotten:
        yield f"  note       no file matches articles.paths ({plain(', '.join(config.articles.paths))})"
    yield from rejected_lines(reading.rejected)
    for path, source in reading.duplicates:
        yield f"  duplicate  {plain(path)}  another article has the same source or id: {plain(source)}"
    for path, named in reading.forgotten:
        yield f"  forgotten  {plain(path)}  left out; to let it come back: feedbot forget --undo {plain(named)}"
    for remark in reading.remarks:
        yield f"  note       {plain(remark.path)}:{remark.line}  {plain(remark.text)}"


def rejected_lines(rejected: Iterable[Rejected]) -> Iterator[str]:
    """Every file that could not be used, and why."""
    for one in rejected:
        place = f"{one.path}:{one.line}" if one.line else one.path
        yield f"  rejected   {plain(place)}  {plain(one.reason)}"
