"""`alerts`: who is told of what."""

from datetime import time
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from feedbot.config.section import Section
from feedbot.config.values import URL_SCHEMA, VARIABLE, Kind, VariableName, ZoneName, http_url, one_or_more

HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _hour_in_quotes(value: object) -> object:
    # YAML 1.1 counts in sixties: 18:30 is 1110.
    if isinstance(value, int | float):
        raise ValueError('must be an hour such as "08:00", in quotes, or YAML takes it for a number')
    return value


def _secret_url(value: object) -> object:
    # It may hold a token, so it is not repeated.
    try:
        return http_url(value)
    except ValueError:
        raise ValueError("must be an http or https URL, such as https://monitor.example/ping/feedbot") from None


Receivers = Annotated[
    tuple[VariableName, ...],
    BeforeValidator(one_or_more),
    WithJsonSchema({"type": "array", "items": {"type": "string", "pattern": VARIABLE.pattern}}),
]
SecretUrl = Annotated[str, BeforeValidator(_secret_url), WithJsonSchema(URL_SCHEMA), Kind("URL")]
Argument = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]*$")]


class OperatorAlertsConfig(Section):
    """Who is told at once of what the operator must see to."""

    apprise: Receivers = Field(
        (),
        description="Environment variables, each with an apprise URL (feedbot[alerts]).",
        examples=[["OPS_APPRISE_URL"]],
    )
    command: tuple[Argument, ...] = Field(
        (),
        description="A program and its arguments, run without a shell; the text is on its standard input.",
        examples=[["./tell-operator", "--urgent"]],
    )


class EditorAlertsConfig(Section):
    """Who is told once a day of the links that died, came back, moved or cannot be verified."""

    at: Annotated[str, BeforeValidator(_hour_in_quotes)] = Field(
        "08:00", pattern=HOUR, description="The hour; in quotes, or YAML takes it for a number."
    )
    timezone: ZoneName = Field("UTC", description="The zone of that hour, such as Europe/London.")
    apprise: Receivers = Field(
        (),
        description="Environment variables, each with an apprise URL (feedbot[alerts]).",
        examples=[["OPS_APPRISE_URL"]],
    )
    command: tuple[Argument, ...] = Field(
        (),
        description="A program and its arguments, run without a shell; the text is on its standard input.",
        examples=[["./tell-operator", "--urgent"]],
    )

    @property
    def time(self) -> time:
        """The hour."""
        return time.fromisoformat(self.at)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of that hour."""
        return ZoneInfo(self.timezone)


class AlertsConfig(Section):
    """Who is told of what."""

    operator: OperatorAlertsConfig = Field(
        OperatorAlertsConfig(), description="Who is told at once of what must be seen to."
    )
    editor: EditorAlertsConfig = Field(EditorAlertsConfig(), description="Who is told once a day of links.")
    heartbeat_url: SecretUrl | None = Field(
        None,
        description="Asked after each good run, for a service that tells when none came.",
        examples=["https://monitor.example/ping/feedbot"],
    )
    heartbeat_url_env: VariableName | None = Field(None, description="The environment variable that holds it instead.")

    @model_validator(mode="after")
    def _one_heartbeat(self) -> Self:
        if self.heartbeat_url and self.heartbeat_url_env:
            raise ValueError("has heartbeat_url and heartbeat_url_env; one of them is asked")
        return self

    @property
    def tells_operator(self) -> bool:
        """True where the operator is told."""
        return bool(self.operator.apprise or self.operator.command)

    @property
    def tells_editor(self) -> bool:
        """True where an editor is told."""
        return bool(self.editor.apprise or self.editor.command)

    @property
    def tells(self) -> bool:
        """True where anybody is told anything."""
        return self.tells_operator or self.tells_editor

    @property
    def has_heartbeat(self) -> bool:
        """True where an address is asked after each good run."""
        return bool(self.heartbeat_url or self.heartbeat_url_env)
