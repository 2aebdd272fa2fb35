"""`feedbot serve`: the feeds folder over HTTP, and what watches over an installation."""

import asyncio
import ipaddress
import logging
import signal
import socket

import click

from feedbot.cli.logs import start_logging
from feedbot.cli.main import Told
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.url import split_url
from feedbot.service.listening import WebServer, address_of, listening_socket
from feedbot.service.web import create_app
from feedbot.wire.loop import run

log = logging.getLogger("feedbot")


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen.  [default: serve.host of the config: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 is any that is free.  [default: serve.port of the config: 8080]",
)
@click.option("--access-log", is_flag=True, help="Log every answer, with the address of who asked.")
@click.pass_obj
def command(told: Told, host: str | None, port: int | None, access_log: bool) -> int:
    """Serve the feeds, and /healthz, /readyz and /metrics, until SIGTERM or ctrl-C.

    Feeds are served under the path of feeds.url. Without options nobody but this machine can ask; put
    nginx or Caddy in front for the world (docs/serving.md).

    \b
    Examples:
      feedbot serve
      feedbot serve --port 8000 --access-log
      feedbot serve --host 0.0.0.0            others than this machine can ask too
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    start_logging(told)
    listening = listening_socket(host or config.serve.host, config.serve.port if port is None else port)
    run(serve_until_signalled(config, listening, access_log=access_log))
    return 0


async def serve_until_signalled(config: Config, listening: socket.socket, *, access_log: bool = False) -> None:
    """Serve the feeds folder until SIGTERM or SIGINT."""
    server = WebServer(create_app(config, SystemClock(), access_log=access_log), listening)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    log.info("serving %s at http://%s%s", config.feeds_path, address_of(listening), split_url(config.feeds.url).path)
    if not config.feeds_path.is_dir():
        log.warning("%s is not there yet; `feedbot build` writes it", config.feeds_path)
    if not ipaddress.ip_address(listening.getsockname()[0]).is_loopback:
        log.warning(
            "others than this machine can ask, for /readyz and /metrics too; a firewall or a proxy keeps them out"
        )
    await server.run()
    log.info("stopped")
