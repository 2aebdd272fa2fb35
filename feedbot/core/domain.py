"""Which hosts belong together: the registrable domain, by the Public Suffix List."""

from functools import cache, lru_cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=16384)
def registrable_domain(host: str) -> str:
    """The part of a host name that somebody registered; an IP address or a name without one is its own.

    A name that no entry of the list covers ends in one label that is nobody's, as the list's algorithm says
    (https://publicsuffix.org/list, "Formal Algorithm").
    """
    name = host.rstrip(".").lower()
    return name if _is_address(name) else _suffixes().privatesuffix(name) or name


@cache
def _suffixes() -> PublicSuffixList:
    # The list that comes with the package, never a download; without its private part, so that all of
    # *.cdn.ampproject.org is one host, and so is all of github.io.
    return PublicSuffixList(only_icann=True)


def _is_address(name: str) -> bool:
    if name[-1:].isalpha():
        return False  # most names, without the cost of an exception
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
