"""What the config says of single hosts: a name covers its subdomains, and the most specific name counts."""

from collections.abc import Container


def covering(names: Container[str], host: str) -> str | None:
    """The longest of these names that is the host itself or a domain above it; None where there is none."""
    name = host.rstrip(".")
    while name not in names:
        _, dot, name = name.partition(".")
        if not dot:
            return None
    return name
