"""What the rooms that ask are told: the config's section `checker` in plain records, which a worker is sent as well.

The bounds are the config's, which made them; apart from it so that a worker starts without loading what
validates a config.
"""

from typing import Literal

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """How a host is asked: so many requests at once, so many seconds between two starts."""

    concurrency: int = 2
    delay_s: float = 1.0


class Canary(msgspec.Struct, frozen=True):
    """A well-known address, and the code it answers with."""

    url: str
    status: int = 200


class HostPolicy(msgspec.Struct, frozen=True):
    """What is different for one host and its subdomains; None and empty where it is as everywhere."""

    delay_s: float | None = None
    concurrency: int | None = None
    method: Literal["GET", "HEAD"] | None = None
    user_agent: str | None = None
    accepted: tuple[int, ...] = ()
    headers: dict[str, str] = {}
    basic_auth_env: str | None = None
    """The name of an environment variable, as is `bearer_env`; never a secret."""
    bearer_env: str | None = None
    port: int = 443
    """The https port that headers and credentials are for."""


class CheckerPolicy(msgspec.Struct, frozen=True):
    """How links are asked; durations in seconds, addresses and networks as written."""

    allow_addresses: tuple[str, ...]
    canaries: tuple[Canary, ...]
    concurrency: int
    workers: int | Literal["auto"]
    per_host: Pace
    optout: tuple[str, ...]
    robots: bool | Literal["never"]
    hosts: dict[str, HostPolicy]
    ca_bundle: str | None
    proxy: str | None
    connect_timeout_s: float
    exchange_timeout_s: float
    probe_timeout_s: float
    back_off_s: tuple[float, ...]
    max_redirects: int
    max_run_s: float
