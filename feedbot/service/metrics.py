"""Figures in Prometheus' text format: from state.db, so that the daemon and cron tell the same.

Most are gauges, also where others would count up: what is counted are the rows that state.db has, and it does not
keep them for ever. Names and labels are described in docs/operations.md.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from feedbot import __version__
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.history import is_document_file
from feedbot.core.status import StatusKind
from feedbot.core.verdict import VerdictKind
from feedbot.errors import FeedbotError, PublishError
from feedbot.publish.files import publish_file
from feedbot.publish.ledger import LEDGER_NAME
from feedbot.publish.render import RENDERERS
from feedbot.state import figures, files, planning, published, targets
from feedbot.state.database import State, open_for_reading

_OUTCOMES = ("online", "idle", "offline", "frozen", "unfinished")


def metrics_text(config: Config, clock: Clock, answers: Mapping[tuple[str, int], int] | None = None) -> bytes:
    """All figures; `answers` are those of the built-in server, by file and code, and bring those of the process along.

    Never raises FeedbotError: where state.db cannot be read, `feedbot_database_readable` is 0 and its figures are
    left out.
    """
    registry = CollectorRegistry(auto_describe=False)
    metrics = [_info(), *_of_database(config, clock)]
    if answers is not None:
        ProcessCollector(registry=registry)
        metrics.append(_answers(answers))
    registry.register(_Ready(metrics))
    return generate_latest(registry)


def write_metrics(config: Config, clock: Clock, path: Path) -> None:
    """Write the figures of state.db to a file, whole, for the textfile collector of node_exporter.

    Raises PublishError, naming the file.
    """
    try:
        publish_file(path.parent, path.name, metrics_text(config, clock))
    except ValueError:
        raise PublishError(f"{path}: is no name for a file of metrics; one such as feedbot.prom is") from None


class _Ready(Collector):
    """Metrics that are there already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        """Hand them on."""
        return self._metrics


def _info() -> Metric:
    metric = InfoMetricFamily("feedbot", "The version of feedbot that tells this.")
    metric.add_metric([], {"version": __version__})
    return metric


def _of_database(config: Config, clock: Clock) -> list[Metric]:
    readable = GaugeMetricFamily("feedbot_database_readable", "1 where state.db can be read, else 0.")
    try:
        with open_for_reading(config.state_path, who="feedbot metrics") as state:
            metrics = [*_runs(state), *_links(state, clock), *_articles(state, clock), *_feeds(state)]
            metrics.append(_database_size(config))
    except (FeedbotError, OSError):
        readable.add_metric([], 0)
        return [readable]
    readable.add_metric([], 1)
    return [readable, *metrics]


def _runs(state: State) -> list[Metric]:
    found = figures.of_runs(state)
    most = f"the newest {figures.RUNS_LOOKED_AT:,} runs in state.db"
    runs = GaugeMetricFamily("feedbot_runs", f"Checking runs among {most}, by outcome.", labels=["outcome"])
    seconds = GaugeMetricFamily(
        "feedbot_runs_duration_seconds", "What those runs took together, by outcome.", labels=["outcome"]
    )
    for outcome in _OUTCOMES:
        of_it = found.by_outcome.get(outcome, figures.RunsOfOneOutcome(0, 0))
        runs.add_metric([outcome], of_it.runs)
        seconds.add_metric([outcome], of_it.seconds)
    seen = GaugeMetricFamily("feedbot_observations", f"Looks at links in {most}, by what was seen.", labels=["verdict"])
    for verdict in VerdictKind:
        seen.add_metric([verdict.value], found.by_verdict.get(verdict.value, 0))
    last = [
        ("feedbot_last_run_duration_seconds", "What the newest finished run took.", found.last_duration_s),
        ("feedbot_last_run_timestamp_seconds", "When the newest finished run ended.", found.last_end_at),
        (
            "feedbot_last_good_run_timestamp_seconds",
            "When the newest run ended that was not offline or frozen.",
            found.last_good_end_at,
        ),
    ]
    metrics: list[Metric] = [runs, seconds, seen]
    for name, text, value in last:
        if value is not None:
            metrics.append(
                GaugeMetricFamily(name, text, value=value if isinstance(value, float) else value.timestamp())
            )
    return metrics


def _links(state: State, clock: Clock) -> list[Metric]:
    by_status = targets.by_status(state)
    links = GaugeMetricFamily("feedbot_targets", "Links that articles have, by status.", labels=["status"])
    for status in StatusKind:
        links.add_metric([status.value], by_status.get(status.value, 0))
    due = planning.due_count(state, clock.now())
    return [links, GaugeMetricFamily("feedbot_targets_due", "Links that are due to be asked.", value=due)]


def _articles(state: State, clock: Clock) -> list[Metric]:
    counts = files.counts(state, clock.now())
    articles = GaugeMetricFamily(
        "feedbot_article_files",
        "Article files: published, withheld (drafts and future ones), or rejected.",
        labels=["state"],
    )
    published_now = counts.articles - counts.withheld
    for name, number in (("published", published_now), ("withheld", counts.withheld), ("rejected", counts.rejected)):
        articles.add_metric([name], number)
    return [articles]


def _feeds(state: State) -> list[Metric]:
    size = GaugeMetricFamily("feedbot_feed_bytes", "The size of each feed, uncompressed.", labels=["file"])
    written = GaugeMetricFamily(
        "feedbot_feed_written_timestamp_seconds", "When each feed was written last: when it changed.", labels=["file"]
    )
    suffixes = tuple(suffix for suffix, _ in RENDERERS.values())
    for one in figures.published_files(state):
        is_feed = one.name.endswith(suffixes) and one.name != LEDGER_NAME
        if is_feed and not is_document_file(one.name):  # of archive documents there may be hundreds
            size.add_metric([one.name], one.size)
            written.add_metric([one.name], one.written_at_s)
    entries = GaugeMetricFamily("feedbot_feed_entries", "The entries of each feed.", labels=["feed"])
    for feed, number in figures.entries_by_feed(state).items():
        entries.add_metric([feed], number)
    held = GaugeMetricFamily(
        "feedbot_held_removals", "Entries that the guard keeps in a feed until a person agrees.", labels=["feed"]
    )
    for feed, number in figures.held_by_feed(state).items():
        held.add_metric([feed], number)
    flood, ids = (published.held_since(state, what) is not None for what in ("flood", "ids"))
    return [
        size,
        written,
        entries,
        held,
        GaugeMetricFamily("feedbot_held_flood", "1 where old articles in bulk wait for a person.", value=float(flood)),
        GaugeMetricFamily("feedbot_held_ids", "1 where other ids in bulk wait for a person.", value=float(ids)),
    ]


def _database_size(config: Config) -> Metric:
    return GaugeMetricFamily(
        "feedbot_database_bytes", "The size of state.db, without its log.", value=config.state_path.stat().st_size
    )


def _answers(answers: Mapping[tuple[str, int], int]) -> Metric:
    metric = CounterMetricFamily(
        "feedbot_http_answers", "Answers of the built-in server, by file and code.", labels=["file", "code"]
    )
    for (name, code), number in sorted(answers.items()):
        metric.add_metric([name, str(code)], number)
    return metric
