"""Where everything stands, as text for people and as one object for programs."""

from collections.abc import Iterator
from typing import Any

from feedbot.cli.overview import Counted, Overview, Ranking, Trend, Wait
from feedbot.cli.text import count, plain
from feedbot.cli.times import at, said_of, span
from feedbot.config import STAGING, Config
from feedbot.core.status import StatusKind
from feedbot.state.backlog import Backlog
from feedbot.state.overview import Worst
from feedbot.state.targets import Target

SCHEMA = 1
_SHOWN = 10
_WIDTH = 80
_MANY = {"topic": "topics", "provider": "providers", "host": "hosts"}


def status_lines(config: Config, seen: Overview) -> Iterator[str]:
    """Articles, links, feeds and runs; what is wrong with each below it."""
    if config.is_staging:
        yield STAGING
    articles = seen.articles
    stand = f"{articles.withheld:,} withheld, {articles.rejected:,} rejected"
    yield f"Articles   {count(articles.articles, 'article')}; {stand}"
    yield from _links_lines(seen)
    for target in seen.trouble[:_SHOWN]:
        since_at, kind = target.status.since_at, target.status.kind
        since = "" if since_at is None else f"; {kind} for {span((seen.at - since_at).total_seconds())}"
        yield f"  {kind:<11}  {plain(target.url)}"
        yield f"               {plain(target.status.reason)}{since}"
    if (more := seen.trouble_number - _SHOWN) > 0:
        where = "" if config.private_reports_path is None else f": {config.reports.directory}/links.html has all"
        yield f"               and {more:,} more{where}"
    if seen.trend.dead or seen.trend.failing:
        yield f"Trend      {_trend(seen.trend)}"
    yield from _rankings_lines(seen.rankings)
    yield f"Feeds      {_feeds(config, seen)}"
    if seen.waits:
        yield "For you    what waits for your word or hand:"
    for wait in seen.waits:
        yield from _wait_lines(wait)
    yield from _runs_lines(seen)


def _wait_lines(wait: Wait) -> Iterator[str]:
    """A sentence and the command, below it where both are wider than a terminal."""
    line = f"  {wait.kind:<9}  {plain(wait.sentence)}: {plain(wait.command)}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield f"  {wait.kind:<9}  {plain(wait.sentence)}:"
        yield f"             {plain(wait.command)}"


def _links_lines(seen: Overview) -> Iterator[str]:
    stand = ", ".join(f"{seen.by_status[kind]:,} {kind}" for kind in StatusKind if kind in seen.by_status) or "none"
    yield f"Links      {count(seen.links, 'link')}: {stand}; {seen.backlog.due:,} due"
    if seen.by_status:
        yield f"           {progress(seen.backlog, seen.left_s)}"


def progress(backlog: Backlog, left_s: float | None) -> str:
    """How much of what is linked was checked and is not due again, such as "feeds 100 % checked, the rest 12 %"."""
    feeds, rest = (_percent(backlog.in_feeds, backlog.in_feeds_due), _percent(backlog.others, backlog.others_due))
    words = f"feeds {feeds} % checked" + (f", the rest {rest} %" if backlog.others else "")
    return words if not backlog.due or left_s is None else f"{words}, about {span(max(60.0, left_s))} left"


def _percent(number: int, due: int) -> int:
    """Rounded down: 100 is all of them."""
    return 100 * (number - due) // number if number else 100


def _trend(trend: Trend) -> str:
    """How many are dead and failing, beside earlier; what is not known of earlier is left out."""
    then = [(trend.dead_a_week_ago, "a week ago"), (trend.dead_a_month_ago, "30 days ago")]
    said = ", ".join(
        [f"{trend.dead:,} dead now", *(f"{number:,} {when}" for number, when in then if number is not None)]
    )
    began = f" ({trend.failing_since_a_week:,} began within a week)" if trend.failing else ""
    return f"{said}; {trend.failing:,} failing{began}"


def _rankings_lines(rankings: tuple[Ranking, ...]) -> Iterator[str]:
    """The worst of each kind on a line; nothing where nothing is dead or failing."""
    label = "Worst"
    for ranking in rankings:
        if ranking.worst:
            more = ranking.number - len(ranking.worst)
            yield f"{label:<11}{_MANY[ranking.by]}: {', '.join(map(_worst, ranking.worst))}"
            if more > 0:
                yield f"           and {more:,} more: feedbot status --by {ranking.by}"
            label = ""


def _worst(one: Worst) -> str:
    numbers = [f"{number:,} {word}" for number, word in ((one.dead, "dead"), (one.failing, "failing")) if number]
    return f"{plain(one.name)} ({', '.join(numbers)})"


def counted_lines(counted: Counted) -> Iterator[str]:
    """A table of topics, providers or hosts, the worst first."""
    heads = f"{'links':>8}{'dead':>7}{'failing':>9}{'blocked':>9}{'unchecked':>11}"
    if not counted.groups:
        yield f"no {counted.by} has links"
        return
    names = [plain(one.name) for one in counted.groups]
    width = min(max(len(name) for name in (*names, "by provider")), 34)
    yield f"{f'By {counted.by}':<{width + 2}}{heads}"
    for name, one in zip(names, counted.groups, strict=True):
        shown = name if len(name) <= width else f"{name[: width - 1]}…"
        numbers = f"{one.links:>8,}{one.dead:>7,}{one.failing:>9,}{one.blocked:>9,}{one.unchecked:>11,}"
        yield f"  {shown:<{width}}{numbers}"
    if (more := counted.number - len(counted.groups)) > 0:
        yield f"  and {more:,} more"


def _feeds(config: Config, seen: Overview) -> str:
    """How many feeds there are, such as "all, 3 topics and 1 further feed"."""
    feeds = seen.feeds
    if not feeds.is_written:
        return "none written yet; `feedbot build` writes them"
    kinds = [count(feeds.topics, "topic"), *([count(feeds.further, "further feed")] if feeds.further else [])]
    return f"{', '.join(['all', *kinds[:-1]])} and {kinds[-1]}, in {config.feeds_path}/"


def _runs_lines(seen: Overview) -> Iterator[str]:
    if seen.last is None:
        yield "Last check none yet; `feedbot run --once` does it"
    else:
        offline = ", offline" if seen.last.online is False else ""
        ago = said_of(seen.last.finished_at, seen.at)
        yield f"Last check {at(seen.last.finished_at)} by {seen.last.who}{offline}, {ago}"
    due = "nothing is linked"
    if seen.next_due_at is not None:
        due = (
            "links are due now"
            if seen.next_due_at <= seen.at
            else f"a link is due {said_of(seen.next_due_at, seen.at)}"
        )
    work = f"at work: {', '.join(map(plain, seen.at_work))}" if seen.at_work else "nothing is at work now"
    yield f"Next       {due}; {work}"


def status_document(config: Config, seen: Overview) -> dict[str, Any]:
    """What `feedbot status --format json` promises (feedbot/status.schema.json)."""
    backlog, last = seen.backlog, seen.last
    return {
        "schema": SCHEMA,
        "at": seen.at,
        "environment": config.environment,
        "articles": seen.articles,
        "links": {
            "number": seen.links,
            "by_status": {kind.value: seen.by_status[kind] for kind in StatusKind if kind in seen.by_status},
            "due": backlog.due,
            "in_feeds": {"number": backlog.in_feeds, "due": backlog.in_feeds_due},
            "others": {"number": backlog.others, "due": backlog.others_due},
            "left_s": seen.left_s,
            "next_due_at": seen.next_due_at,
        },
        "trouble": {"number": seen.trouble_number, "worst": [_target(one) for one in seen.trouble]},
        "trend": seen.trend,
        "worst": {_MANY[one.by]: {"number": one.number, "worst": one.worst} for one in seen.rankings},
        "counted": seen.counted,
        "feeds": seen.feeds,
        "waits": seen.waits,
        "last_check": None
        if last is None
        else {"finished_at": last.finished_at, "who": last.who, "online": last.online},
        "at_work": seen.at_work,
    }


def _target(target: Target) -> dict[str, Any]:
    status = target.status
    return {
        "url": target.url,
        "host": target.host,
        "status": status.kind,
        "verdict": status.verdict,
        "reason": status.reason,
        "since": status.since_at,
        "strikes": status.strikes,
    }
