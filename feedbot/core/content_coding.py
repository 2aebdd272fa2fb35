"""Which form of a file is sent: as it is, or packed with gzip (RFC 9110, section 12.5.3)."""

import re

# A weight (12.4.2).
_WEIGHT = re.compile(r"(?i)\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*")
_MOST_CODINGS = 32


def prefers_gzip(accept_encoding: str | None) -> bool:
    """True where gzip may be sent, and the file as it is was not asked for before it.

    Without the header anything may be sent, and as it is is what everybody understands. A weight that cannot be
    read counts as 0. Only the first 32 codings are looked at.
    """
    if accept_encoding is None:
        return False
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(",", _MOST_CODINGS)[:_MOST_CODINGS]:
        coding, has_weight, said = part.partition(";")
        weight = _WEIGHT.fullmatch(said)
        weights.setdefault(coding.strip(), float(weight[1]) if weight else 0.0 if has_weight else 1.0)
    # 8.4.1.3: x-gzip is the same. What is not named has the weight of the star.
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)
