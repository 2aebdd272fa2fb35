"""Which hosts belong together: the registrable domain, by the Public Suffix List."""

from functools import lru_cache
from ipaddress import ip_address

import tldextract

# The list that comes with the package, never a download; without its private part, so that all of
# *.cdn.ampproject.org is one host, and so is all of github.io.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=16384)
def registrable_domain(host: str) -> str:
    """The part of a host name that somebody registered; an IP address or a name without one is its own.

    A name that no entry of the list covers ends in one label that is nobody's, as the list's algorithm says.
    """
    name = host.rstrip(".").lower()
    if _is_address(name):
        return name
    found = _SUFFIXES(name)
    if not found.suffix:
        return ".".join(name.split(".")[-2:])
    return found.top_domain_under_public_suffix or name


def _is_address(name: str) -> bool:
    if name[-1:].isalpha():
        return False  # most names, without the cost of an exception
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
