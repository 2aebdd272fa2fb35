"""What feedbot says of itself in every request."""

from feedbot import __version__

Headers = tuple[tuple[str, str], ...]


def identity_headers(contact: str, user_agent: str | None = None) -> Headers:
    """The headers of every request: who asks (with the page that says more) and what a browser sends too.

    `user_agent` is said instead of feedbot's own, as the operator may want it for a host.

    Without Accept and Accept-Language many servers answer 403. `identity` because a body is read up
    to a limit and never decoded.
    """
    return (
        ("User-Agent", user_agent or f"Mozilla/5.0 (compatible; feedbot/{__version__}; +{contact})"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Language", "en;q=0.9,*;q=0.5"),
        ("Accept-Encoding", "identity"),
    )
