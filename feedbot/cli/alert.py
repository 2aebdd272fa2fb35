"""`feedbot alert`: do the messages arrive?"""

import click

from feedbot.cli.everywhere import Guessing
from feedbot.cli.main import Told
from feedbot.cli.text import plain
from feedbot.config import STAGING, load_config
from feedbot.errors import ConfigError
from feedbot.wire.loop import run


@click.group(cls=Guessing)
def command() -> None:
    """See to those whom alerts tell.

    \b
    Examples:
      feedbot alert test
    """  # noqa: D301 - \b keeps click from folding the examples


@command.command("test", short_help="Send a test message to everybody whom alerts tell.")
@click.pass_obj
def test_command(told: Told) -> int:
    """Send a test message to every receiver of `alerts.operator` and `alerts.editor`.

    Nothing is remembered of it. Exits with 1 where one could not be reached, and says why.

    \b
    Examples:
      feedbot alert test
    """  # noqa: D301 - \b keeps click from folding the examples
    from feedbot.steps.alerting import send_test  # noqa: PLC0415 - the help needs none of it

    config = load_config(told.config_path)
    if config.is_staging:
        raise ConfigError(f"environment: {STAGING}; set it to production to send a test")
    if not config.alerts.tells:
        raise ConfigError("alerts: name somebody under operator or editor, by apprise or command")
    alerting = run(send_test(config))
    for name in alerting.told:
        click.echo(f"sent       {name}")
    for problem in alerting.problems:
        click.echo(f"failed     {plain(problem)}")
    return 1 if alerting.problems else 0
