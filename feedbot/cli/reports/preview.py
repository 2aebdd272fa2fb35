"""What the next build would bring, as text for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from feedbot.cli.reports.publishing import gate_lines
from feedbot.cli.text import plain

if TYPE_CHECKING:  # what publishes takes a while to load
    from feedbot.previewing import Preview


def preview_lines(preview: "Preview") -> Iterator[str]:
    """Feed by feed, what the next build would bring; the entries that subscribers would notice by name."""
    yield "Preview    nothing was written; the next build would bring:"
    if not preview.changes:
        yield "           no change to any feed"
    for change in preview.changes:
        parts = [
            (change.came, "new", "new"),
            (change.went, "withdrawn", "withdrawn"),
            (change.mended, "elsewhere", "leading elsewhere"),
            (change.announced, "announced", "announced anew"),
        ]
        said = ", ".join(f"{len(entries):,} {words}" for entries, _, words in parts if entries)
        yield f"  {plain(change.feed)}: {'a new feed, ' * change.is_new}{said or 'the same entries, shown otherwise'}"
        for entries, word, _ in parts:
            for entry in entries:
                leads = f"  {plain(entry.link)}" if word in {"new", "elsewhere"} else ""
                yield f"    {word:<9}  {plain(entry.title)}{leads}"
    yield from gate_lines(preview.held.gate)
    for hold in preview.holds:
        yield f"  held       {plain(hold.feed)}: {plain(hold.sentence)}"
    if preview.held.flood is not None:
        yield f"  held       {preview.held.flood.sentence}"
    if preview.held.renaming is not None:
        yield f"  held       {preview.held.renaming.sentence}"
