"""Who gets the packed form (RFC 9110, section 12.5.3)."""

import pytest

from feedbot.core.content_coding import prefers_gzip


@pytest.mark.parametrize(
    "value",
    [
        "gzip",
        "gzip, deflate, br",
        "GZip;Q=0.5",
        "x-gzip",
        "*",
        "deflate, gzip;q=1.0, *;q=0.5",
        "gzip;q=0.001",
        "identity;q=0, gzip",
        "identity;q=0.5, gzip;q=0.5",
        "br;q=1 , gzip ; q = 0.8 ",
        "*;q=0.1, identity;q=0",
    ],
)
def test_it_is_sent_to_who_accepts_it(value: str) -> None:
    assert prefers_gzip(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "identity",
        "br, deflate",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip;q=0, *",
        "*;q=0",
        "identity;q=1, gzip;q=0.5",
        "gzip;q=nonsense",
        "gzip;level=9",
        "gzip;q=2",
        "gzip;q=0.0001",
        "notgzip",
        ",".join(["br"] * 40 + ["gzip"]),
    ],
)
def test_it_is_not_sent_to_who_does_not_or_would_rather_have_it_plain(value: str | None) -> None:
    assert not prefers_gzip(value)
