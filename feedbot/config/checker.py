"""`checker`: how links are asked."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from feedbot.config.hosts import HostConfig, PerHostConfig
from feedbot.config.section import Section, not_this
from feedbot.config.values import URL_SCHEMA, HostName, HttpUrl, Kind, host_name
from feedbot.core.checker import CheckerPolicy
from feedbot.core.proxy import parse_proxy


class CanaryConfig(Section):
    """A well-known address that answers when our own network is up."""

    url: HttpUrl = Field(description="The address; a canary may be given as an address alone.")
    status: int = Field(200, ge=200, le=599, description="The code it answers with.")


DEFAULT_CANARIES = (
    CanaryConfig(url="https://www.google.com/generate_204", status=204),
    CanaryConfig(url="https://www.cloudflare.com/cdn-cgi/trace", status=200),
    CanaryConfig(url="https://www.wikipedia.org/", status=200),
)
_PROXY_SCHEMA = {"type": "string", "pattern": "^http://"}
_CANARY_SCHEMA = {
    "anyOf": [
        URL_SCHEMA,
        {
            "type": "object",
            "properties": {"url": URL_SCHEMA, "status": {"type": "integer", "minimum": 200, "maximum": 599}},
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}
_CLUSTER = re.compile(r"(tcp|tls)://[^\s/@:]+:[0-9]{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:[0-9]{1,5}")
_CLUSTER_SCHEMA = {"type": "string", "pattern": "^(local|(tcp|tls)://.+:[0-9]+)$"}
_MOST_WORKERS = 64
_KIND_OF_WORKERS = f"`auto` or whole number, 1 to {_MOST_WORKERS}"
_WORKERS_SCHEMA = {
    "anyOf": [{"const": "auto", "type": "string"}, {"type": "integer", "minimum": 1, "maximum": _MOST_WORKERS}]
}


def _canary(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


def _proxy(value: str) -> str:
    parse_proxy(value)
    return value


def _robots(value: object) -> object:
    if value is not True and value is not False and value != "never":
        raise ValueError(not_this("must be true, false or never", value))
    return value


def _workers(value: object) -> object:
    # The library would tell twice what is wrong, once for either kind; and true is 1 to it.
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_WORKERS):
        return value
    raise ValueError(not_this(f"must be auto or a whole number from 1 to {_MOST_WORKERS}", value))


def cluster_address(value: str) -> str:
    """The value, where it is `local` or the address of a Dask scheduler; raises ValueError."""
    if value != "local" and not _CLUSTER.fullmatch(value):
        raise ValueError(not_this("must be local, or the address of a scheduler such as tcp://10.0.0.5:8786", value))
    return value


Robots = Annotated[
    bool | Literal["never"],
    BeforeValidator(_robots),
    WithJsonSchema({"enum": [True, False, "never"]}),
    Kind("`true`, `false` or `never`"),
]
Workers = Annotated[
    int | Literal["auto"], BeforeValidator(_workers), WithJsonSchema(_WORKERS_SCHEMA), Kind(_KIND_OF_WORKERS)
]


class CheckerConfig(Section):
    """How links are asked."""

    contact: HttpUrl | None = Field(
        None, description="A page that says who runs this; it is in the User-Agent. Default: site.url."
    )
    allow_addresses: tuple[str, ...] = Field(
        (),
        description="Networks (CIDR) that may be asked although they are not public, such as an intranet.",
        examples=[["10.1.0.0/16"]],
    )
    canaries: tuple[Annotated[CanaryConfig, BeforeValidator(_canary), WithJsonSchema(_CANARY_SCHEMA)], ...] = Field(
        DEFAULT_CANARIES, description="Asked before a run, to know that our own network is up; [] = never."
    )
    concurrency: int = Field(100, ge=1, le=2000, description="Requests at once, over all hosts.")
    workers: Workers = Field(
        "auto",
        description="Processes that ask; auto = one below 2,000 links, then one for each thousand, up to one a core.",
    )
    cluster: (
        Annotated[
            str,
            AfterValidator(cluster_address),
            WithJsonSchema(_CLUSTER_SCHEMA),
            Kind("`local` or address of a scheduler"),
        ]
        | None
    ) = Field(
        None,
        description="A Dask cluster whose workers ask instead of this machine, with `concurrency` requests at once for"
        " each of their threads; local = one of processes of this machine. Needs `feedbot[cluster]`.",
        examples=["tcp://10.0.0.5:8786"],
    )
    per_host: PerHostConfig = Field(
        PerHostConfig(), description="How gently each registrable domain is asked, and each host."
    )
    optout: tuple[HostName, ...] = Field(
        (),
        description="Hosts that asked not to be checked, each with its subdomains: never asked, and kept as links.",
        examples=[["example.com"]],
    )
    robots: Robots = Field(
        False,
        description="Whose groups in a robots.txt are obeyed: false = feedbot's own, true = those for everybody (*)"
        " and their Crawl-delay as well, never = robots.txt is not asked for.",
    )
    hosts: dict[Annotated[str, Kind("host")], HostConfig] = Field(
        default_factory=dict,
        description="What is different for single hosts.",
        examples=[{"news.example": {"delay_s": 10, "method": "GET"}}],
    )
    ca_bundle: Path | None = Field(
        None, description="The authorities (PEM) that certificates are judged by; default: certifi's, as browsers know."
    )
    proxy: Annotated[str, AfterValidator(_proxy), WithJsonSchema(_PROXY_SCHEMA), Kind("URL of a proxy")] | None = Field(
        None,
        description="An HTTP proxy that is asked instead: http://[NAME:${VARIABLE}@]HOST:PORT, with the password"
        " in the environment. Which addresses may be asked is then the proxy's to decide.",
        examples=["http://feedbot:${PROXY_PASSWORD}@proxy.example.org:3128"],
    )
    connect_timeout_s: float = Field(10.0, gt=0, le=120, description="A connection, with TLS, may take so long.")
    exchange_timeout_s: float = Field(30.0, gt=0, le=300, description="One request and its answer may take so long.")
    probe_timeout_s: float = Field(
        60.0, gt=0, le=600, description="All requests for one link, with redirects and further tries, may take so long."
    )
    back_off_s: tuple[Annotated[float, Field(gt=0, le=60)], ...] = Field(
        (2.0, 8.0),
        max_length=3,
        description="Seconds before a link is asked again after 429, 5xx, a reset or a timeout; [] = never.",
    )
    max_redirects: int = Field(5, ge=0, le=20, description="So many redirects in a row are followed.")
    max_run_s: float = Field(600.0, gt=0, description="A checking run ends after this; what is left stays due.")
    max_requests_per_run: int | None = Field(
        None,
        ge=1,
        description="About so many requests a run, where most is to be learnt and on hot articles; null = no limit.",
    )

    @field_validator("hosts", mode="before")
    @classmethod
    def _by_canonical_name(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        named = {host_name(name): told for name, told in value.items()}
        if len(named) < len(value):
            raise ValueError("names a host twice, in two spellings")
        return named

    @field_validator("ca_bundle")
    @classmethod
    def _beside_the_config(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return None if value is None else (info.context or {}).get("root", Path()) / value

    @field_validator("allow_addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ipaddress.ip_network(text)
            except ValueError:
                raise ValueError(f"must be networks such as 127.0.0.0/8, not {text!r}") from None
        return value

    def policy(self) -> CheckerPolicy:
        """The view of those who ask, in plain records."""
        return msgspec.convert(self.model_dump(mode="json"), CheckerPolicy)
