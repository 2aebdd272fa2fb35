"""`feedbot init`: looks at the folder, asks what it cannot see, and writes a commented config.yaml, never over one."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import click

from feedbot.adopting import adopt
from feedbot.articles.find import find_files
from feedbot.articles.rules import ReadRules
from feedbot.cli import asking
from feedbot.cli.asking import Asking
from feedbot.cli.config_text import render_config
from feedbot.cli.main import Told
from feedbot.cli.surveyed import found_line, sampled_lines
from feedbot.cli.text import count, plain
from feedbot.config import DEFAULT_EXCLUDE, Config, first_folder, load_config
from feedbot.core.sites.facts import Kind, Site, is_below
from feedbot.errors import ArticlesError, ConfigError, FeedbotError, UsageError
from feedbot.surveying import Sampled, known_fields, sample, survey, with_fields

STAND_IN = "https://example.org/"
"""The site's URL where nobody says another."""

_IS_PATTERN = re.compile(r"[*?\[]|\.(?:md|markdown)$")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def _checked(check: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """A click callback: the value of an option, or a UsageError that names it."""

    def callback(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
        try:
            return None if value is None else check(value)
        except ValueError as error:
            raise UsageError(f"{option.opts[0]}: {error}") from None

    return callback


@click.command()
@click.option("--title", callback=_checked(asking.some_text), help="The publication's name.  [default: the site's]")
@click.option("--url", callback=_checked(asking.url), help="The public site.  [default: the generator's setting]")
@click.option("--feeds-url", callback=_checked(asking.url), help="Where feeds/ is served.  [default: below the site]")
@click.option(
    "--contact",
    callback=_checked(asking.url),
    help="A page that says who runs this; every server that is asked is shown it.  [default: the feeds' about.html]",
)
@click.option(
    "--articles",
    "where",
    help="The folder of the article files, or a glob pattern.  [default: where the site has them]",
)
@click.option("--feeds", "directory", help="The folder to write feeds to.  [default: feeds; Hugo: static/feeds]")
@click.option(
    "--timezone", callback=_checked(asking.zone), help="The zone of dates without one.  [default: the site's]"
)
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in Kind]),
    help="What makes the site.  [default: what the folder looks like]",
)
@click.option("--yes", "--no-input", "-y", "takes_defaults", is_flag=True, help="Ask nothing: take the defaults.")
@click.option(
    "--adopt",
    "earlier",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An RSS or Atom file of your earlier publisher: its entries keep their ids. Before the first build.",
)
@click.pass_obj
def command(
    told: Told,
    title: str | None,
    url: str | None,
    feeds_url: str | None,
    contact: str | None,
    where: str | None,
    directory: str | None,
    timezone: str | None,
    kind: str | None,
    takes_defaults: bool,
    earlier: Path | None,
) -> int:
    """Write a commented config.yaml for the articles in this folder.

    It looks at the folder and at the settings of Jekyll, Hugo or Eleventy, says what it found, and asks for the rest
    where somebody is there to answer. Nothing else is changed, and nobody's server is asked.

    \b
    Examples:
      feedbot init
      feedbot init --yes --title "AI News" --url https://example.org/
      feedbot init --adopt old-feed.xml
    """  # noqa: D301 - \b keeps click from folding the examples
    if earlier is None or not told.config_path.exists():
        given = _Given(title, url, feeds_url, contact, where, directory, timezone, None if kind is None else Kind(kind))
        _write_config(told.config_path, given, Asking(may_ask=not takes_defaults))
    if earlier is not None:
        _adopt(told.config_path, earlier)
    _say_what_is_next(told.config_path, load_config(told.config_path))
    return 0


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line says; None for what it leaves open."""

    title: str | None
    url: str | None
    feeds_url: str | None
    contact: str | None
    where: str | None
    directory: str | None
    timezone: str | None
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the config is to say besides what was found."""

    title: str
    url: str
    feeds_url: str
    contact: str
    where: str
    timezone: str


def _adopt(path: Path, earlier: Path) -> None:
    config = load_config(path)
    adoption = adopt(config, earlier)
    ledger = f"{config.feeds.directory}/ids.json"
    known = f", {adoption.known:,} were known" if adoption.known else ""
    click.echo(f"{plain(str(earlier))}: took over {count(adoption.adopted, 'id')} into {ledger}{known}")
    for reason in adoption.left:
        click.echo(f"  left out   {plain(reason)}")
    click.echo("keep its address alive: feeds.aliases in the config, or a redirect (docs/serving.md)")


def _write_config(path: Path, given: _Given, asking_: Asking) -> None:
    root = path.parent
    if path.exists():
        raise UsageError(_why_not_over(path))
    surveyed = survey(root, given.kind)
    site, doubts = _usable(surveyed.site)
    _say("Found", found_line(surveyed))
    for note in (*surveyed.unread, *doubts, *site.notes):
        _say("Note", note)
    directory = site.feeds if given.directory is None else given.directory
    _refuse_wiped(root, directory, site)
    articles = _apart_from(directory)
    try:
        articles(site.folders[0] if given.where is None else given.where)
    except ValueError as error:
        raise UsageError(f"--articles: {error}") from None
    answers = _answers(root, given, site, asking_, articles)
    pattern, *more = patterns = _patterns(root, answers.where)
    known = known_fields(site)
    rules = ReadRules(
        fields=known,
        timezone=answers.timezone,
        site_url=_as_folder(answers.url),
        generator=None if site.kind is Kind.PLAIN else str(site.kind),
        content=site.content,
        permalinks=site.permalinks,
        language=site.language or "en",
    )
    _say("Site", f"{answers.title} ({rules.language}) at {answers.url}, dates without a zone in {rules.timezone}")
    _say("Feeds", f"in {directory}/, served at {answers.feeds_url}, with {answers.contact} as the contact")
    sampled = _sampled(root, site, patterns, rules)
    text = render_config(
        title=answers.title,
        url=answers.url,
        feeds_url=answers.feeds_url,
        contact=answers.contact,
        pattern=pattern,
        more_patterns=more,
        language=rules.language,
        timezone=rules.timezone,
        generator=rules.generator,
        content=site.content,
        permalinks=site.permalinks,
        exclude=[*DEFAULT_EXCLUDE, *site.exclude] if site.exclude else (),
        fields=_changed_fields(site, with_fields(known, sampled.fields if sampled else {})),
        directory=directory,
    )
    _write(path, text)
    click.echo(f"wrote {path}: articles from {' and '.join(patterns)}, site {answers.url}")
    _say_what_is_missing(root, patterns, answers)


def _why_not_over(path: Path) -> str:
    said = f"{path}: is there already and was not touched; "
    if path.name == "config.yaml" and (path.parent / "content").is_dir():
        return f"{said}where it is Hugo's, rename it to hugo.yaml, or use `feedbot --config feedbot.yaml init`"
    return f"{said}edit it, or move it away for a new one"


def _usable(site: Site) -> tuple[Site, list[str]]:
    """The site without settings that cannot be feedbot's, with a sentence for each that is left out."""
    doubts = []
    for name, check in (
        ("title", asking.some_text),
        ("url", asking.url),
        ("timezone", asking.zone),
        ("language", _language),
    ):
        value = getattr(site, name)
        try:
            value = None if value is None else check(value)
        except ValueError as error:
            doubts.append(f"the site's {name}: {plain(str(error))}; it is not used")
            value = None
        site = replace(site, **{name: value})
    return site, doubts


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"must be a language tag such as en or pt-BR, not {text!r}")
    return text


def _refuse_wiped(root: Path, directory: str, site: Site) -> None:
    """Raise UsageError for a feeds folder that the site's generator writes to and clears, whatever way leads there."""
    folder = os.path.relpath((root / directory).resolve(), root.resolve()).lower()
    for wiped in site.wiped:
        if folder == wiped.lower() or is_below(folder, wiped.lower()):
            raise UsageError(
                f"--feeds: {directory} lies in {wiped}, which site generators clear when they build; name a folder of"
                f" the site's source, such as {site.feeds}, which the generator copies into the site"
            )


def _apart_from(directory: str) -> asking.Check:
    """The check of where articles are: folders or patterns, not in the feeds folder."""

    def check(answer: str) -> str:
        for name in asking.some_text(answer).split(","):
            if "://" in name:
                raise ValueError(f"must be a folder, or a pattern such as posts/**/*.md, not {name.strip()!r}")
            if is_below(f"{name.strip()}/", str(PurePosixPath(directory))):
                raise ValueError(f"must be apart from {directory}, where the feeds are written")
        return answer

    return check


def _answers(root: Path, given: _Given, site: Site, asking_: Asking, articles: asking.Check) -> _Answers:
    """What the command line says, completed by answers and defaults."""
    name = root.resolve().name or "Articles"
    title = asking_.ask(given.title, "Title of the publication", site.title or name, asking.some_text)
    url = asking_.ask(given.url, "URL of the public site", site.url or STAND_IN, asking.url)
    where = asking_.ask(given.where, "Folder of the articles, or a pattern", ", ".join(site.folders), articles)
    feeds_url = asking_.ask(given.feeds_url, "URL of the feeds", urljoin(_as_folder(url), "feeds/"), asking.url)
    contact = asking_.ask(
        given.contact,
        "Contact page",
        urljoin(_as_folder(feeds_url), "about.html"),
        asking.url,
        "Every server that is asked for a link is told a page that says who asks, and how to have it stopped."
        " feedbot\nwrites one beside the feeds, about.html; name another if you have one.",
    )
    timezone = given.timezone or site.timezone
    timezone = asking_.ask(timezone, "Time zone of dates that name none", "UTC", asking.zone)
    return _Answers(title, url, feeds_url, contact, where, timezone)


def _as_folder(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _patterns(root: Path, where: str) -> list[str]:
    """The glob patterns of what was named: patterns themselves, or the files in folders."""
    patterns = []
    for name in filter(None, map(str.strip, where.split(","))):
        if _IS_PATTERN.search(name) and not (root / name).is_dir():
            patterns.append(name)
            continue
        both = [str(PurePosixPath(name) / f"**/*.{ending}") for ending in ("md", "markdown")]
        patterns += both if _any_files(root, both[1]) else both[:1]
    return patterns or ["articles/**/*.md"]


def _any_files(root: Path, pattern: str) -> bool:
    try:
        return bool(find_files(root, [pattern], DEFAULT_EXCLUDE).files)
    except ArticlesError:
        return False


def _sampled(root: Path, site: Site, patterns: Sequence[str], rules: ReadRules) -> Sampled | None:
    """What a build would make of the articles, told; None where their folder is not there, or cannot be read."""
    try:
        sampled = sample(root, site, patterns, rules)
    except ArticlesError as error:
        if (root / first_folder(patterns[0])).is_dir():
            _say("Note", f"{error}; until then no build reads any")
        return None
    for line in sampled_lines(sampled):
        _say(*line)
    return sampled


def _changed_fields(site: Site, fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The fields whose names differ from the defaults."""
    usual = known_fields(replace(site, fields={}))
    return {field: names for field, names in fields.items() if names != usual[field]}


def _write(path: Path, text: str) -> None:
    """Write a new file that is a valid config, or none."""
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise UsageError(_why_not_over(path)) from None
    except OSError as error:
        raise FeedbotError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with file:
            file.write(text)
    except OSError as error:
        path.unlink()  # the half of a config would be in the way of the next try
        raise FeedbotError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        load_config(path)
    except ConfigError as error:
        path.unlink()
        # The lines are those of a file that is gone again.
        told = re.sub(rf"^{re.escape(str(path))}:\d+: ", "", str(error), flags=re.MULTILINE)
        raise ConfigError(f"{told}; no config was written") from None


def _say_what_is_missing(root: Path, patterns: Sequence[str], answers: _Answers) -> None:
    if answers.url == STAND_IN:
        click.echo(f"site.url is a stand-in: put yours in before you publish, for {STAND_IN} is part of every id")
    folder = first_folder(patterns[0])
    if not (root / folder).is_dir():
        click.echo(f"there is no folder {folder} yet: make it, and put articles there, Markdown files that begin with")
        click.echo("YAML between two lines ---, such as `title: ...`, `date: ...` and `sourceUrl: ...`")


def _say_what_is_next(path: Path, config: Config) -> None:
    feedbot = "feedbot" if path.name == "config.yaml" else f"feedbot --config {path}"
    shown = f"http://{config.serve.host}:{config.serve.port}{urlsplit(config.feeds.url).path}"
    click.echo("next, when you have looked it through:")
    click.echo(f"  {feedbot} build         reads the articles and writes the feeds to {config.feeds.directory}/")
    click.echo(f"  {feedbot} run --once    checks their links as well")
    click.echo(f"  {feedbot} serve         shows them at {shown}")


def _say(label: str, text: str) -> None:
    click.echo(f"{label:<10} {plain(text)}")
