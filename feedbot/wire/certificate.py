"""When a server's certificate expires, as an observation keeps it."""

import ssl
from datetime import UTC, datetime


def certificate_date(text: str) -> str | None:
    """A date as OpenSSL writes it (`May  9 00:00:00 2030 GMT`) in ISO 8601 and UTC; None where it is none."""
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC).isoformat()
    except (ValueError, OverflowError):
        return None
