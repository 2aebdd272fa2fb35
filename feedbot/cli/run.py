"""`feedbot run`: the whole job, once or on a schedule."""

import faulthandler
import sys
from functools import partial
from pathlib import Path

import click

from feedbot.cli.logs import LogFormat, start_logging
from feedbot.cli.main import Told
from feedbot.cli.progress import progress_option, show_progress, shown_to
from feedbot.cli.reports.checking import checking_lines
from feedbot.cli.reports.following import alerting_lines, maintenance_lines
from feedbot.cli.reports.run import run_lines
from feedbot.cli.running import let_files_settle, run_until_signalled, say_of_proxy
from feedbot.cli.saying import say
from feedbot.cli.telling import beat_once, counted, say_problems, tell_of_troubles
from feedbot.cli.text import plain
from feedbot.cli.textfile import textfile_option, write_textfile
from feedbot.clock import Clock, SystemClock
from feedbot.config import load_config
from feedbot.core.progress import Progress
from feedbot.cycle import run_once
from feedbot.errors import Stopped, UsageError
from feedbot.service.daemon import Companion, serve_until_signalled
from feedbot.state import runs
from feedbot.state.database import checking_run, open_state
from feedbot.steps.checking import Checking
from feedbot.steps.maintaining import maintain_when_due


@click.command()
@click.option("--once", is_flag=True, help="Do everything that is due now, print a summary, and end.")
@click.option("--wait", is_flag=True, help="Wait for another run to end, instead of exiting with 75.")
@click.option("--serve", is_flag=True, help="Also serve the feeds, as `feedbot serve` does.")
@click.option(
    "--log-format",
    type=click.Choice([one.value for one in LogFormat]),
    default=LogFormat.AUTO.value,
    help="How log lines look; auto is journal under systemd, else plain.",
)
@progress_option
@textfile_option
@click.pass_obj
def command(
    told: Told, once: bool, wait: bool, serve: bool, log_format: str, shown: bool | None, textfile: Path | None
) -> int:
    """Read articles, check the links that are due, publish the feeds that changed.

    Without --once it stays and does so on the schedule of the config, until SIGTERM or ctrl-C. SIGHUP reads
    the config again.

    \b
    Examples:
      feedbot run --once            once, with a summary
      feedbot run --once --quiet    for a crontab: says only what is wrong
      feedbot run                   until ctrl-C
      feedbot run --serve           the same, and serves the feeds
    """  # noqa: D301 - \b keeps click from folding the examples
    if textfile is not None and not once:
        raise click.UsageError("--metrics-textfile is for --once; `feedbot serve` has /metrics")
    if once and serve:
        raise UsageError("--serve: --once ends, and so would the server; leave one of the two out")
    if once and log_format != LogFormat.AUTO:
        raise UsageError("--log-format: --once prints a summary and logs nothing; leave one of the two out")
    config = load_config(told.config_path)
    clock = SystemClock()
    if not once:
        start_logging(told, LogFormat(log_format))
        # systemd ends what hangs with SIGABRT: then the log shows where it hung.
        if sys.stderr is not None:
            faulthandler.enable()
        load = partial(load_config, told.config_path)
        serve_until_signalled(config, clock, load, wait=wait, companions=_companions(clock) if serve else ())
        return 0
    say_of_proxy(config, told)
    # The lock is waited for outside of the event loop, where ctrl-C and SIGTERM end the waiting.
    with open_state(config.state_path, who="feedbot run --once") as state, checking_run(state, wait=wait):
        with counted(config, state, clock):
            let_files_settle(config, clock)
            last = runs.last(state)
            progress = Progress()
            stopped: list[Checking] = []
            work = run_once(config, state, clock, progress, on_stop=stopped.append)
            try:
                run = run_until_signalled(work, show_progress(progress, clock, shown_to(told, shown)))
            except Stopped:
                for checking in stopped:
                    say(told, checking_lines(checking, rejected=(), every=False))
                raise
            say(told, run_lines(config, run, last))
            maintenance = maintain_when_due(config, state, clock)
        alerting = tell_of_troubles(config, state, clock, maintenance.found)
    say(told, [*maintenance_lines(maintenance), *alerting_lines(alerting)])
    if run.checking.is_good:
        beat_once(config)
    for problem in maintenance.problems:
        click.echo(f"feedbot: {plain(problem)}", err=True)
    say_problems(alerting)
    write_textfile(config, clock, textfile)
    return 1 if run.publishing.is_held_anew or maintenance.problems else 0


def _companions(clock: Clock) -> list[Companion]:
    from feedbot.service.serving import web_server  # noqa: PLC0415 - a server takes its time to load

    return [web_server(clock)]
