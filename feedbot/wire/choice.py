"""Which Wire asks: libcurl's where it is installed, else httpx's."""

import importlib.util
import ipaddress
import ssl

from feedbot.config import CheckerConfig
from feedbot.wire.resolver import Resolver
from feedbot.wire.wire import Wire, WireLimits


def curl_is_here() -> bool:
    """True where feedbot[fast] is installed."""
    return importlib.util.find_spec("pycurl") is not None


def make_wire(config: CheckerConfig, resolver: Resolver, ssl_context: ssl.SSLContext | None = None) -> Wire:
    """A wire within the config's limits; one that is given a context of its own is httpx's."""
    limits = WireLimits(connect_timeout_s=config.connect_timeout_s, exchange_timeout_s=config.exchange_timeout_s)
    allowed = [ipaddress.ip_network(network) for network in config.allow_addresses]
    # Imported here: only one of the two is needed, and either takes its time.
    if ssl_context is None and curl_is_here():
        from feedbot.wire.curl_wire import CurlWire  # noqa: PLC0415

        return CurlWire(resolver, limits, allowed)
    from feedbot.wire.httpx_wire import HttpxWire  # noqa: PLC0415

    return HttpxWire(resolver, limits, allowed, ssl_context=ssl_context)
