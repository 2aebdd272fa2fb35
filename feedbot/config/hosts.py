"""How feedbot treats hosts: all of them, and single ones."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from feedbot.config.section import Section
from feedbot.config.values import VariableName

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")


class PerHostConfig(Section):
    """How feedbot treats one host, and one registrable domain as a whole."""

    concurrency: int = Field(2, ge=1, le=32, description="Requests at once.")
    delay_s: float = Field(1.0, ge=0, le=3600, description="Seconds between the starts of two requests.")


# What the wire writes by itself, or what a key of its own is for.
_NO_HEADERS_OF_A_HOST = {
    "authorization": "is a secret: name its variable in bearer_env or basic_auth_env",
    "proxy-authorization": "is not for a host",
    "user-agent": "has a key of its own: user_agent",
    **dict.fromkeys(
        (
            "accept-encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ),
        "is written by feedbot itself",
    ),
}


class HostConfig(Section):
    """What is different for one host and its subdomains; headers and credentials are for that very host, over https."""

    delay_s: float | None = Field(None, ge=0, le=3600, description="Seconds between the starts of two requests.")
    concurrency: int | None = Field(None, ge=1, le=32, description="Requests at once.")
    method: Literal["GET", "HEAD"] | None = Field(
        None, description="GET: never ask with HEAD; HEAD: ask a living link with HEAD even where its page is due."
    )
    user_agent: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="The User-Agent that this host is asked with.",
        json_schema_extra={"pattern": rf"^{_HEADER_VALUE.pattern}$"},
    )
    accepted: tuple[Annotated[int, Field(ge=100, le=999)], ...] = Field(
        (), description="Codes that count as alive here, such as 403 or 999."
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Headers sent to this very host, over https only, and never after a redirect.",
        examples=[{"Accept-Language": "de"}],
    )
    basic_auth_env: VariableName | None = Field(
        None, description="The environment variable that holds NAME:PASSWORD; sent as the headers are."
    )
    bearer_env: VariableName | None = Field(
        None, description="The environment variable that holds a token; sent as the headers are."
    )
    port: int = Field(443, ge=1, le=65535, description="The https port that headers and credentials are for.")

    @field_validator("user_agent")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if not _HEADER_VALUE.fullmatch(value or ""):
            raise ValueError("holds characters that no header may")
        return value

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
            if name.lower() in _NO_HEADERS_OF_A_HOST:
                raise ValueError(f"{name} {_NO_HEADERS_OF_A_HOST[name.lower()]}")
            if not _HEADER_VALUE.fullmatch(text):
                raise ValueError(f"{name} holds characters that no header may")
        return value

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        if self.basic_auth_env and self.bearer_env:
            raise ValueError("has basic_auth_env and bearer_env; a request can carry one of them")
        return self
