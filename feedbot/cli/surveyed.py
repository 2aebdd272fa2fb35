"""What was found in a folder that has no config yet, in lines for people."""

from collections.abc import Iterator

from feedbot.cli.text import count, plain
from feedbot.core.sites.facts import Kind
from feedbot.surveying import Sampled, Survey

_NAMES = {Kind.JEKYLL: "Jekyll site", Kind.HUGO: "Hugo site", Kind.ELEVENTY: "Eleventy site", Kind.PLAIN: "plain files"}
_SHOWN = 3
"""So many files that would be rejected are named."""


def found_line(surveyed: Survey) -> str:
    """Which site it is, by which settings, and how many files are where its articles are."""
    site = surveyed.site
    if site.kind is Kind.PLAIN and not surveyed.markdown:
        return f"no Markdown files yet; articles are to be in {', '.join(site.folders)}"
    parts = [*site.read, *(f"{count(surveyed.count_in(folder), 'file')} in {folder}" for folder in site.folders)]
    if site.permalinks:
        parts.append("pages at " + ", ".join(dict.fromkeys(site.permalinks.values())))
    return f"{_NAMES[site.kind]}: {', '.join(parts)}"


def sampled_lines(sampled: Sampled) -> Iterator[tuple[str, str]]:
    """Label and text of each line: how many files would be articles, and what is wrong with the others."""
    if not sampled.found:
        return
    some = f" of {sampled.found:,}" if sampled.looked_at < sampled.found else ""
    drafts = f", {count(sampled.drafts, 'draft')} among them" if sampled.drafts else ""
    yield "Read", f"{count(sampled.looked_at, 'file')}{some}: {count(sampled.understood, 'article')}{drafts}"
    if sampled.linking:
        texts = (
            "the text of 1 article has" if sampled.linking == 1 else f"the texts of {sampled.linking:,} articles have"
        )
        yield "Note", f"{texts} links, which are not checked; `links.body: true` in the config has them checked too"
    for field, names in sampled.fields.items():
        told = ", ".join(f"{plain(name)} ({count(number, 'file')})" for name, number in names.items())
        yield "Field", f"{field} is also called {told}"
    if sampled.toml:
        have = "begin" if sampled.toml > 1 else "begins"
        yield "Note", f"{count(sampled.toml, 'file')} {have} with TOML (+++), which is not read; feedbot reads YAML:"
        yield "", "`hugo convert toYAML --unsafe` changes the files where they are (commit them first)"
    for one in sampled.rejected[:_SHOWN]:
        place = f"{one.path}:{one.line}" if one.line else one.path
        yield "Rejected", plain(f"{place}: {one.reason}")
    if len(sampled.rejected) > _SHOWN:
        yield "", f"and {len(sampled.rejected) - _SHOWN:,} more; `feedbot lint` shows each, with what to do"
