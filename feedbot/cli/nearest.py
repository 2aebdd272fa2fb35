"""Which known URL a wrong one was probably meant to be."""

from difflib import get_close_matches

from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.state import targets
from feedbot.state.database import State

_SHOWN = 3
_LOOKED_AT = 2000
"""URLs of a host that are compared; it takes a tenth of a second."""


def nearest(state: State, url: str) -> list[str]:
    """The known URLs that are most like a canonical one, three at most: of its host, or else of one spelt like it."""
    hosts = targets.host_names(state)
    host = host_of(url)
    if host not in hosts:
        alike = [one for one in hosts if registrable_domain(one) == registrable_domain(host)]
        host = next(iter(alike or get_close_matches(host, hosts, n=1, cutoff=0.8)), "")
    known = targets.of_host(state, host, _LOOKED_AT)
    # What comes before the path is as good as right by now.
    paths = {one.partition("://")[2].partition("/")[2]: one for one in known}
    found = get_close_matches(url.partition("://")[2].partition("/")[2], paths, n=_SHOWN, cutoff=0.65)
    return [paths[path] for path in found] or known[:_SHOWN]
