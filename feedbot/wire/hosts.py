"""What the config says of single hosts: a name covers its subdomains, and the most specific name counts."""

import base64
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

from feedbot.core.checker import CheckerPolicy, HostPolicy
from feedbot.core.observation import Failure
from feedbot.core.url import UrlParts
from feedbot.errors import ConfigError
from feedbot.wire.identity import Headers, identity_headers
from feedbot.wire.wire import Response


def covering(names: Container[str], host: str) -> str | None:
    """The longest of these names that is the host itself or a domain above it; None where there is none."""
    name = host.rstrip(".")
    while name not in names:
        _, dot, name = name.partition(".")
        if not dot:
            return None
    return name


@dataclass(frozen=True, slots=True)
class HostRule:
    """What is different for a host and its subdomains; `headers` are all that a request carries."""

    headers: Headers
    accepted: frozenset[int] = frozenset()
    never_head: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one https origin is sent: `headers` are all that a request carries, `secrets` what nobody may read."""

    headers: Headers = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, answer: Response | Failure) -> Response | Failure:
        """The answer without the secrets, which a server may send back to us."""
        if not self.secrets:
            return answer
        if isinstance(answer, Failure):
            return Failure(answer.kind, self._without(answer.text))
        headers = {name: self._without(value) for name, value in answer.headers.items()}
        body = answer.body
        for secret in self.secrets:
            body = body.replace(secret.encode(), _SCRUBBED.encode())
        return replace(answer, headers=headers, body=body)

    def _without(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, _SCRUBBED)
        return text


_SCRUBBED = "***"


@dataclass(frozen=True, slots=True)
class HostRules:
    """The rules by the names of hosts, and the credentials by the host and port of an https origin."""

    rules: Mapping[str, HostRule] = field(default_factory=dict)
    origins: Mapping[tuple[str, int], Credentials] = field(default_factory=dict)

    def of(self, host: str) -> HostRule | None:
        """The rule for a host; None where it is like every other."""
        name = covering(self.rules, host) if self.rules else None
        return None if name is None else self.rules[name]

    def credentials(self, parts: UrlParts) -> Credentials | None:
        """What is sent to the origin of a URL; None for all but an https origin that the config names."""
        return self.origins.get((parts.host, parts.port)) if parts.scheme == "https" else None


def read_hosts(config: CheckerPolicy, contact: str, environment: Mapping[str, str]) -> HostRules:
    """The config's section `hosts`, with the secrets that the environment holds.

    Raises ConfigError with every variable that is missing or holds what cannot be sent, by its name.
    """
    problems: list[str] = []
    rules: dict[str, HostRule] = {}
    origins: dict[tuple[str, int], Credentials] = {}
    for name, host in config.hosts.items():
        headers = identity_headers(contact, host.user_agent)
        rules[name] = HostRule(headers, frozenset(host.accepted), never_head=host.method == "GET")
        scheme, secret = _secret(name, host, environment, problems)
        if not host.headers and secret is None:
            continue
        told = dict(host.headers)
        secrets: tuple[str, ...] = ()
        if secret is not None:
            sent = base64.b64encode(secret.encode()).decode() if scheme == "Basic" else secret
            told["Authorization"] = f"{scheme} {sent}"
            password = secret.partition(":")[2] if scheme == "Basic" else ""
            secrets = tuple(one for one in (secret, sent, password) if one)
        origins[name, host.port] = Credentials(_with(headers, told), secrets)
    if problems:
        raise ConfigError("\n".join(problems))
    return HostRules(rules, origins)


def _secret(name: str, host: HostPolicy, environment: Mapping[str, str], problems: list[str]) -> tuple[str, str | None]:
    """The scheme of an Authorization header and the secret for it; None where the host has none."""
    scheme, key, variable = ("Bearer", "bearer_env", host.bearer_env)
    if host.basic_auth_env is not None:
        scheme, key, variable = ("Basic", "basic_auth_env", host.basic_auth_env)
    if variable is None:
        return scheme, None
    secret = environment.get(variable, "").strip()
    place = f"checker.hosts.{name}.{key}: the environment variable {variable}"
    if not secret:
        problems.append(f"{place} is not set")
    elif scheme == "Basic" and not secret.partition(":")[1]:
        problems.append(f"{place} must hold NAME:PASSWORD")
    elif not (secret.isascii() and secret.isprintable()):
        problems.append(f"{place} holds characters that no header may")
    return scheme, secret


def _with(headers: Headers, more: Mapping[str, str]) -> Headers:
    """The headers with others added, or in the place of those of the same name."""
    replaced = {name.lower() for name in more}
    return (*((name, value) for name, value in headers if name.lower() not in replaced), *more.items())


NO_RULES = HostRules()
