"""Values that stand in several sections: durations, sizes, URLs, hosts, zones, names and folders."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from feedbot.core.url import InvalidUrl, resolve_url, split_url

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB)")
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9}
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION_SCHEMA = {"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?\s*(s|m|h|d)$", "minimum": 0}
_SIZE_SCHEMA = {"type": ["string", "integer"], "pattern": r"^\d+(\.\d+)?\s*(kB|MB|GB)$", "minimum": 0}
URL_SCHEMA = {"type": "string", "format": "uri", "pattern": "^https?://"}
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FEED_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*\.(rss|atom|json)$"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value of a type is called in the reference (reference.py), and how one is written there."""

    name: str
    shown: Callable[[Any], str] | None = None


def _duration(value: object) -> object:
    """Seconds of a duration such as `30s`, `5m`, `1h` or `7d`; a bare number is seconds."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"must be a duration such as 30s, 5m, 1h or 7d, not {value!r}")
        return float(match[1]) * _SECONDS[match[2]]
    return value


def _size(value: object) -> object:
    """Bytes of a size such as `200MB` or `1.5GB`; a bare number is bytes."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"must be a size such as 500kB, 200MB or 1GB, not {value!r}")
        return round(float(match[1]) * _BYTES[match[2]])
    return value


def _shown_duration(seconds: float) -> str:
    """A duration in the largest unit that it is a whole number of, such as 7d."""
    unit = max((one for one in _SECONDS if seconds % _SECONDS[one] == 0), key=_SECONDS.__getitem__, default="s")
    return f"{seconds / _SECONDS[unit]:g}{unit}"


def _shown_size(size: int) -> str:
    """A size in the largest unit that it is a whole number of, such as 200MB."""
    unit = max((one for one in _BYTES if size % _BYTES[one] == 0), key=_BYTES.__getitem__, default="")
    return f"{size // _BYTES.get(unit, 1)}{unit}"


def http_url(value: object) -> object:
    """An http or https URL, normalised; raises ValueError, saying what is expected instead."""
    if not isinstance(value, str):
        raise ValueError("must be a URL such as https://example.org/")
    try:
        url = resolve_url(value)
        scheme = split_url(url).scheme
    except InvalidUrl as error:
        raise ValueError(f"must be a URL such as https://example.org/ ({error})") from None
    if scheme not in {"http", "https"}:
        raise ValueError(f"must be an http or https URL, not {value!r}")
    return url


def _folder_url(value: object) -> object:
    """A URL under which files lie: it ends in a slash, so that names can be joined to it."""
    url = http_url(value)
    return url if isinstance(url, str) and url.endswith("/") else f"{url}/"


def host_name(value: object) -> object:
    """A host as it stands in canonical URLs: lower case, punycode, no dot at the end."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parts = split_url(resolve_url(f"https://{text}/"))
    except InvalidUrl:
        parts = None
    if parts is None or (parts.port, parts.path) != (443, "/") or set("@#*") & set(text):
        raise ValueError(f"must be a host such as example.org, not {value!r}")
    return parts.host.rstrip(".")


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"must be a time zone such as UTC or Europe/London, not {value!r}") from None
    return value


def _variable_name(value: object) -> object:
    # What was given may be the secret itself, so it is not repeated.
    if not isinstance(value, str) or not VARIABLE.fullmatch(value.strip()):
        raise ValueError("must be the name of an environment variable, such as NEWS_TOKEN")
    return value


def one_or_more(value: object) -> object:
    """A list, also where its only item was given without brackets."""
    return (value,) if isinstance(value, str) else value


def _maybe_folder(value: object) -> object:
    return None if value == "" else value


DurationS = Annotated[
    float, BeforeValidator(_duration), Field(gt=0), WithJsonSchema(_DURATION_SCHEMA), Kind("duration", _shown_duration)
]
SizeBytes = Annotated[int, BeforeValidator(_size), Field(ge=0), WithJsonSchema(_SIZE_SCHEMA), Kind("size", _shown_size)]
HttpUrl = Annotated[str, BeforeValidator(http_url), WithJsonSchema(URL_SCHEMA), Kind("URL")]
FolderUrl = Annotated[str, BeforeValidator(_folder_url), WithJsonSchema(URL_SCHEMA), Kind("URL of a folder")]
HostName = Annotated[str, BeforeValidator(host_name), WithJsonSchema({"type": "string"}), Kind("host")]
ZoneName = Annotated[str, AfterValidator(_known_zone), Kind("time zone")]
MaybeFolder = Annotated[Path | None, BeforeValidator(_maybe_folder)]
TopicName = Annotated[str, Field(min_length=1), Kind("text")]
VariableName = Annotated[
    str,
    BeforeValidator(_variable_name),
    WithJsonSchema({"type": "string", "pattern": VARIABLE.pattern}),
    Kind("name of a variable"),
]
