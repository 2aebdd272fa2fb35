"""What a robots.txt says to feedbot (RFC 9309)."""

import re
from dataclasses import dataclass

from protego import Protego

PRODUCT = "feedbot"
"""The product token by which a group names us."""

# As generously as protego reads them: "User agent: x" and "useragent x" begin a group as well.
_USER_AGENT = re.compile(r"\s*user[\s-]*agent\b\s*:?\s*([^\s#/]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules that hold for feedbot; `crawl_delay_s` is None where they ask for none."""

    rules: Protego
    crawl_delay_s: float | None

    def allow(self, url: str) -> bool:
        """True where the longest rule that matches the URL allows it, or none matches."""
        return self.rules.can_fetch(url, PRODUCT)


def read_robots(text: str, *, everybody: bool) -> RobotsRules | None:
    """The rules of the groups that name feedbot; None where there are none.

    With `everybody` those of the groups for `*` count where no group names us (RFC 9309, 2.2.1).
    """
    lines = _lines_for(PRODUCT, text)
    if lines is None and everybody:
        lines = _lines_for("*", text)
    if not lines:
        return None
    rules = Protego.parse("\n".join((f"User-agent: {PRODUCT}", *lines)))
    return RobotsRules(rules, rules.crawl_delay(PRODUCT))


def _lines_for(product: str, text: str) -> list[str] | None:
    """What stands in the groups with this product token; None where there is no such group.

    Groups are told apart here and not by protego, which would keep each rule once for every name that
    a hostile file can think of.
    """
    found: list[str] | None = None
    applies = in_names = False
    for line in text.removeprefix("\ufeff").splitlines():
        name = _USER_AGENT.match(line)
        if name is not None:
            applies = (in_names and applies) or name[1].lower() == product
            in_names = True
            if applies and found is None:
                found = []
        elif line.strip() and not line.lstrip().startswith("#"):
            in_names = False
            if applies and found is not None:
                found.append(line)
    return found
