"""What answers for a feed file come to, case by case, and the line that mends it."""

import gzip
from collections.abc import Mapping

import pytest

from feedbot.core.feed_answers import LEVELS, Answer, Asked, Fault, faults_of
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.remedies import LINES, TYPE_LINES, Server, mend, server_of
from tests.serving.servers import snippet

URL = "https://news.test/feeds/all.rss"
FEED = b"<?xml version='1.0'?><rss version='2.0'/>"
WELL = {
    "content-type": "application/rss+xml; charset=utf-8",
    "etag": '"1"',
    "last-modified": "Sun, 22 Nov 2026 00:00:00 GMT",
    "access-control-allow-origin": "*",
    "cache-control": "max-age=3600",
}
NOT_MODIFIED = Answer(URL, 304, {})


def asked(
    plain: Answer | Failure | None = None,
    *,
    headers: Mapping[str, str | None] | None = None,
    body: bytes = FEED,
    by_tag: Answer | None = NOT_MODIFIED,
    by_time: Answer | None = NOT_MODIFIED,
    packed: Answer | None = None,
    age_s: float = 7200,
    url: str = URL,
) -> Asked:
    told = {name: value for name, value in {**WELL, **(headers or {})}.items() if value is not None}
    return Asked(
        name="all.rss",
        url=url,
        media_type="application/rss+xml",
        on_disk=(FEED, b"the next version"),
        age_s=age_s,
        ttl_s=3600,
        plain=plain or Answer(URL, 200, told, body),
        by_tag=by_tag,
        by_time=by_time,
        packed=packed,
    )


def compressed(body: bytes, coding: str = "gzip") -> Answer:
    return Answer(URL, 200, {"content-encoding": coding}, body)


def test_well_served_is_nothing() -> None:
    assert faults_of(asked(packed=compressed(gzip.compress(FEED)))) == []


def test_a_file_that_changed_while_it_was_asked_is_no_other_one() -> None:
    assert faults_of(asked(body=b"the next version", packed=compressed(gzip.compress(FEED)))) == []


@pytest.mark.parametrize(
    ("what", "faults"),
    [
        (asked(Failure(FailureKind.TIMEOUT, "no full answer in 10 s")), [Fault.SILENT]),
        (asked(Failure(FailureKind.POLICY_ADDRESS, "10.0.0.1 is private")), [Fault.REFUSED]),
        (asked(Answer(URL, 404, WELL, b"gone")), [Fault.STATUS]),
        (asked(body=b""), [Fault.STATUS]),
        (asked(body=b"<html>Hello", headers={"content-type": "text/html"}), [Fault.STATUS]),
        (asked(Answer(URL, 403, {"cf-mitigated": "challenge"}, b"")), [Fault.CHALLENGE]),
        (asked(Answer(URL, 200, {"content-type": "text/html"}, b"<title>Just a moment...</title>")), [Fault.CHALLENGE]),
        (asked(body=b"<rss>older"), [Fault.BYTES]),
        (asked(headers={"content-type": "text/xml"}), [Fault.TYPE]),
        (asked(headers={"content-type": None}), [Fault.TYPE]),
        (asked(headers={"content-type": "application/rss+xml; charset=iso-8859-1"}), [Fault.TYPE]),
        (asked(headers={"content-type": "application/rss+xml"}), []),
        (asked(headers={"cf-mitigated": "challenge"}), []),
        (asked(headers={"etag": None}), [Fault.NOT_MODIFIED]),
        (asked(headers={"last-modified": None}), [Fault.NOT_MODIFIED]),
        (asked(by_tag=Answer(URL, 200, WELL, FEED)), [Fault.NOT_MODIFIED]),
        (asked(by_time=Answer(URL, 200, WELL, FEED)), [Fault.NOT_MODIFIED]),
        (asked(packed=Answer(URL, 200, WELL, FEED)), [Fault.GZIP_NONE]),
        (asked(packed=compressed(gzip.compress(b"older"))), [Fault.GZIP_OTHER]),
        (asked(packed=compressed(FEED)), [Fault.GZIP_OTHER]),
        (asked(packed=compressed(gzip.compress(FEED)[:20])), [Fault.GZIP_OTHER]),
        (asked(headers={"access-control-allow-origin": "https://news.test"}), [Fault.CORS]),
        (asked(headers={"cache-control": None}), [Fault.CACHE]),
        (asked(headers={"cache-control": "private, max-age=60"}), [Fault.CACHE]),
        (asked(headers={"cache-control": "public, max-age=691200"}), [Fault.CACHE]),
        (asked(headers={"cache-control": "public, max-age=604800"}), []),
        (asked(url="http://news.test/feeds/all.rss"), [Fault.MOVED]),
        (asked(Answer("http://news.test/feeds/all.rss", 200, WELL, FEED)), [Fault.UNSAFE]),
    ],
)
def test_each_fault_is_told_apart(what: Asked, faults: list[Fault]) -> None:
    assert [fault for fault, _ in faults_of(what)] == faults


def test_a_cache_may_be_behind_for_as_long_as_the_ttl() -> None:
    old = {"body": b"<rss>older", "headers": {"age": "1800"}}
    assert faults_of(asked(**old, age_s=3599)) == []  # type: ignore[arg-type]
    assert [fault for fault, _ in faults_of(asked(**old, age_s=3601))] == [Fault.BYTES]  # type: ignore[arg-type]
    assert [fault for fault, _ in faults_of(asked(body=b"<rss>older", age_s=3599))] == [Fault.BYTES]


def test_every_fault_has_its_level_and_something_to_change() -> None:
    assert set(LEVELS) == set(Fault)
    for fault in Fault:
        told = mend(fault, {}, media_type="application/rss+xml", folder="/srv/f", path="/feeds/", max_age=3600)
        assert told, fault


def test_the_lines_to_put_in_are_those_of_the_documentation() -> None:
    for lines in [*LINES.values(), *TYPE_LINES.values()]:
        assert set(lines) == {Server.NGINX, Server.CADDY}
        for server, some in lines.items():
            assert not [line for line in some if line not in snippet(server.lower())]


def test_a_line_has_the_folder_the_path_and_the_ttl_of_this_installation() -> None:
    def told(fault: Fault, server: str) -> str:
        return mend(fault, {"server": server}, media_type="", folder="/var/f", path="/news/", max_age=600)

    assert told(Fault.STATUS, "nginx/1.22.1").endswith("nginx: put in `location ^~ /news/ {` `alias /var/f/;`")
    assert told(Fault.STATUS, "Caddy").endswith("Caddy: put in `handle_path /news/* {` `root * /var/f`")
    assert told(Fault.CACHE, "Caddy") == 'Caddy: put in `header Cache-Control "max-age=600"`'


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"server": "nginx/1.22.1"}, Server.NGINX),
        ({"server": "Caddy"}, Server.CADDY),
        ({"server": "uvicorn", "via": "1.1 Caddy"}, Server.CADDY),
        ({"server": "cloudflare"}, Server.CLOUDFLARE),
        ({"server": "nginx", "cf-ray": "8e2"}, Server.CLOUDFLARE),
        ({"server": "Apache"}, Server.OTHER),
        ({}, Server.OTHER),
    ],
)
def test_the_server_is_known_by_its_headers(headers: dict[str, str], server: Server) -> None:
    assert server_of(headers) is server


def test_who_stands_behind_cloudflare_is_told_both_lines() -> None:
    told = mend(Fault.CORS, {"cf-ray": "8e2"}, media_type="", folder="/f", path="/feeds/", max_age=60)
    assert "nginx: put in" in told
    assert "Caddy: put in" in told
    assert "behind Cloudflare" in told
