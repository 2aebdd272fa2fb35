"""What in config.yaml is allowed and hardly meant."""

import ipaddress
import os

from feedbot.config import CLEARED, STAGING, Config, variables_set
from feedbot.core.doctor import Finding, Level, Part
from feedbot.core.url import host_of, split_url
from feedbot.service.doctor.case import Case

# RFC 2606 and RFC 6761: names for examples and tests, which nobody can reach.
_PLACEHOLDERS = ("example", "invalid", "test", "localhost", "example.com", "example.net", "example.org")
_ANYTHING = 2
"""A network with as short a prefix, or a shorter one, is a good part of all addresses."""


def settings(case: Case) -> list[Finding]:
    """Placeholders that were left, folders that others clear, addresses that keep a secret from nobody."""
    config = case.config
    findings = [
        *_placeholders(config),
        *_contact(config),
        *_folder(config),
        *_scheme(config),
        *_networks(config),
    ]
    return [
        *(findings or [Finding(Part.CONFIG, "settings", Level.OK, "nothing in the config looks unmeant")]),
        *_staging(config),
        *_variables(),
    ]


def _warning(about: str, sentence: str, mend: str) -> Finding:
    return Finding(Part.CONFIG, about, Level.WARNING, sentence, mend)


def _staging(config: Config) -> list[Finding]:
    return [Finding(Part.CONFIG, "staging", Level.OK, STAGING)] if config.is_staging else []


def _variables() -> list[Finding]:
    # What they hold may be a secret, and is not shown.
    names = variables_set(os.environ)
    if not names:
        return []
    sentence = f"the environment comes before the file for {', '.join(names)}"
    return [Finding(Part.CONFIG, "variables", Level.OK, sentence)]


def _placeholders(config: Config) -> list[Finding]:
    told = {"site.url": config.site.url, "feeds.url": config.feeds.url, "checker.contact": config.checker.contact or ""}
    return [
        _warning(
            key, f"{key} is {url}, a name for examples that no reader can reach", f"{key}: the address of your own"
        )
        for key, url in told.items()
        if url and _is_placeholder(host_of(url))
    ]


def _is_placeholder(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in _PLACEHOLDERS)


def _contact(config: Config) -> list[Finding]:
    if config.checker.contact is not None:
        return []
    sentence = f"every request names {config.site.url} as the page that says who asks: checker.contact names none"
    return [_warning("checker.contact", sentence, f"checker.contact: {config.feeds.url}about.html")]


def _folder(config: Config) -> list[Finding]:
    cleared = [part for part in config.feeds.directory.parts if part.lower() in CLEARED]
    if not cleared:
        return []
    sentence = f"feeds.directory lies in {cleared[0]!r}, which Jekyll or Hugo clears when it builds the site"
    return [_warning("feeds.directory", sentence, "feeds.directory: a folder of its own, which the web server serves")]


def _scheme(config: Config) -> list[Finding]:
    if split_url(config.feeds.url).scheme == "https" or _is_loopback(host_of(config.feeds.url)):
        return []
    sentence = f"feeds.url is {config.feeds.url}, which anybody on the way can read and change"
    return [_warning("feeds.url and http", sentence, "feeds.url: https://... once the server has a certificate")]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _networks(config: Config) -> list[Finding]:
    wide = [one for one in config.checker.allow_addresses if ipaddress.ip_network(one).prefixlen <= _ANYTHING]
    if not wide:
        return []
    sentence = f"checker.allow_addresses holds {wide[0]}: a link in an article can reach whatever this machine can"
    return [_warning("checker.allow_addresses", sentence, "checker.allow_addresses: your own networks alone, or []")]
