"""The one proxy that links may be asked through, as the config names it; its secrets are the environment's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

_FORM = re.compile(
    r"http://(?:(?P<credentials>[^/?#@]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+):(?P<port>[0-9]{1,5})/?"
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where an HTTP proxy listens; `credentials` are name and password. The host of an IPv6 literal has brackets."""

    host: str
    port: int
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address without the credentials."""
        return f"http://{self.host}:{self.port}"


def parse_proxy(text: str, environment: Mapping[str, str] | None = None) -> Proxy:
    """The proxy that `http://[NAME:${VARIABLE}@]HOST:PORT` names, with its password from the environment.

    Without an environment the variables stay as they are written. Raises ValueError where the form is
    another, where a password stands in it, or where a variable is not set.
    """
    form = _FORM.fullmatch(text)
    if form is None or not 0 < int(form["port"]) < 65536:
        raise ValueError("must be an HTTP proxy with its port, such as http://proxy.example.org:3128")
    host = form["host"].lower()
    if form["credentials"] is None:
        return Proxy(host, int(form["port"]))
    name, _, password = form["credentials"].partition(":")
    if not name or (password and not _VARIABLE.fullmatch(password)):
        raise ValueError(
            "must leave the password to the environment: http://NAME:${PROXY_PASSWORD}@HOST:PORT, where"
            " PROXY_PASSWORD is a variable's name"
        )
    return Proxy(host, int(form["port"]), (_told(unquote(name), environment), _told(password, environment)))


def _told(text: str, environment: Mapping[str, str] | None) -> str:
    variable = _VARIABLE.fullmatch(text)
    if environment is None or variable is None:
        return text
    if variable[1] not in environment:
        raise ValueError(f"names {text}, and the environment has no {variable[1]}")
    return environment[variable[1]]
