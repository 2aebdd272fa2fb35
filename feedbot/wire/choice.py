"""Which Wire asks: libcurl's where it is installed, else httpx's."""

import importlib.util
import ipaddress
import os
import ssl
from dataclasses import replace

from feedbot.core.address import Network
from feedbot.core.checker import CheckerPolicy
from feedbot.core.proxy import Proxy, parse_proxy
from feedbot.errors import ConfigError
from feedbot.wire.hosts import read_hosts
from feedbot.wire.resolver import Resolver
from feedbot.wire.wire import Wire, WireLimits


def curl_is_here() -> bool:
    """True where feedbot[fast] is installed."""
    return importlib.util.find_spec("pycurl") is not None


def make_wire(config: CheckerPolicy, resolver: Resolver, ssl_context: ssl.SSLContext | None = None) -> Wire:
    """A wire within the config's limits; one that is given a context of its own is httpx's.

    Raises ConfigError as `require_usable` does.
    """
    # Imported where needed: only one of the two is, and either takes its time.
    if ssl_context is None and curl_is_here():
        require_usable(config)
        from feedbot.wire.curl_wire import KEPT_CONNECTIONS, CurlWire  # noqa: PLC0415

        # At least one for each that is under way: else hosts that take turns lose theirs.
        connections = max(KEPT_CONNECTIONS, config.concurrency)
        limits, allowed, proxy = _told(config)
        return CurlWire(resolver, limits, allowed, config.ca_bundle, proxy, connections)
    return make_httpx_wire(config, resolver, ssl_context)


def make_httpx_wire(
    config: CheckerPolicy,
    resolver: Resolver,
    ssl_context: ssl.SSLContext | None = None,
    *,
    max_body_bytes: int | None = None,
) -> Wire:
    """The same over httpx, whatever is installed: for what asks little, and reads bodies to another limit.

    Raises ConfigError as `require_usable` does.
    """
    require_usable(config)
    from feedbot.wire.httpx_wire import HttpxWire  # noqa: PLC0415

    limits, allowed, proxy = _told(config)
    if max_body_bytes is not None:
        limits = replace(limits, max_body_bytes=max_body_bytes)
    return HttpxWire(resolver, limits, allowed, config.ca_bundle, proxy, ssl_context)


def _told(config: CheckerPolicy) -> tuple[WireLimits, list[Network], Proxy | None]:
    """The limits of an exchange, the addresses that may be asked although they are not public, and the proxy."""
    limits = WireLimits(connect_timeout_s=config.connect_timeout_s, exchange_timeout_s=config.exchange_timeout_s)
    allowed = [ipaddress.ip_network(network) for network in config.allow_addresses]
    return limits, allowed, None if config.proxy is None else parse_proxy(config.proxy, os.environ)


def require_usable(config: CheckerPolicy) -> None:
    """Raise ConfigError where the environment lacks what the config names, or the authorities are none.

    Told at once: a wire would have the fault to tell at each link, and the daemon at each run.
    """
    read_hosts(config, "", os.environ)
    try:
        if config.proxy is not None:
            parse_proxy(config.proxy, os.environ)
    except ValueError as error:
        raise ConfigError(f"checker.proxy: {error}") from None
    try:
        if config.ca_bundle is not None:
            ssl.create_default_context(cafile=config.ca_bundle)
    except ssl.SSLError:
        raise ConfigError(f"checker.ca_bundle: {config.ca_bundle}: holds no certificate in PEM") from None
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"checker.ca_bundle: {config.ca_bundle}: cannot be read: {why}") from None


def proxy_notice(config: CheckerPolicy) -> str | None:
    """What is to be said at the start where a proxy is asked, in a sentence without its credentials."""
    if config.proxy is None:
        return None
    return (
        f"links are asked through the proxy {parse_proxy(config.proxy).url}, which decides what addresses may be asked"
    )
