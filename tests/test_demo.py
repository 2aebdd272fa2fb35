"""The parts of the demo: its clock, its names, its web, and that its diary depends on no date."""

import asyncio
import shutil
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta

import pytest

from feedbot.cli.diary import Diary
from feedbot.clock import StoryClock
from feedbot.core.observation import Failure, FailureKind
from feedbot.demo.month import live
from feedbot.demo.network import LoopbackWire, Names
from feedbot.demo.site import Answer, Site
from feedbot.wire.wire import Request

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def diary(folder, project, end):
    (folder / "articles").mkdir(parents=True)
    shutil.copy(project / "feedbot/demo/config.yaml", folder)
    told = Diary()
    lines = []
    async with aclosing(live(folder, end)) as moments:
        async for moment in moments:
            lines += told.lines(moment)
    return "\n".join(lines)


@pytest.mark.parametrize("end", [datetime(2028, 3, 1, tzinfo=UTC), datetime(2031, 1, 2, 23, 59, 59, tzinfo=UTC)])
async def test_the_diary_is_the_same_whenever_the_month_ends(tmp_path, project, end):
    assert await diary(tmp_path, project, end) in (project / "docs/tour.md").read_text(encoding="utf-8")


# The clock


async def test_a_story_s_clock_stands_until_it_is_set_and_passes_waits_over():
    clock = StoryClock(AT)
    began = clock.monotonic()
    await clock.sleep(3600)
    assert clock.now() == AT
    assert clock.monotonic() - began >= 3600
    clock.set(AT + timedelta(days=1))
    assert clock.now() == AT + timedelta(days=1)


async def test_who_waits_at_the_same_time_waits_together():
    clock = StoryClock(AT)
    began = clock.monotonic()
    await asyncio.gather(*(clock.sleep(1000) for _ in range(5)))
    assert 1000 <= clock.monotonic() - began < 2000


# Names


async def test_names_of_the_story_lead_to_this_machine_and_no_others_anywhere():
    names = Names(lost={"lost.example"})
    assert await names.resolve("tramways.example") == ("127.0.0.1",)
    assert await names.resolve("192.168.7.20") == ("192.168.7.20",)
    for host in ("lost.example", "example.org", "localhost"):
        found = await names.resolve(host)
        assert isinstance(found, Failure)
        assert found.kind is FailureKind.DNS_NXDOMAIN


async def test_no_name_is_found_while_the_network_is_down():
    found = await Names(is_cut_off=True).resolve("tramways.example")
    assert isinstance(found, Failure)
    assert found.kind is FailureKind.DNS_SERVFAIL


class Noting:
    """A wire that notes what it is asked."""

    most_at_once = 7

    def __init__(self):
        self.asked = []
        self.is_closed = False

    async def exchange(self, request):
        self.asked.append(request.url)
        return Failure(FailureKind.RESET, "nobody there")

    async def aclose(self):
        self.is_closed = True


async def test_the_demo_s_wire_asks_its_site_whatever_a_url_says():
    noting = Noting()
    wire = LoopbackWire(noting, 4711)
    for url in ("https://a.example/b?c=d", "http://a.example:8080/", "http://192.168.7.20/"):
        await wire.exchange(Request("GET", url))
    await wire.aclose()
    assert noting.asked == ["http://a.example:4711/b?c=d", "http://a.example:4711/", "http://192.168.7.20:4711/"]
    assert (wire.most_at_once, noting.is_closed) == (7, True)


# The site


async def asked(port, request):
    """All that the site sends to one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def get(host, path, method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: {host}:80\r\n\r\n".encode()


async def test_the_site_answers_by_host_and_path_as_it_stands_now():
    site = Site()
    site.answers |= {"a.example/x": Answer(body="here"), "b.example/*": Answer(301, location="https://a.example/x")}
    async with site.served() as port:
        assert (await asked(port, get("a.example", "/x"))).endswith(b"\r\n\r\nhere")
        head = await asked(port, get("a.example", "/x", "HEAD"))
        assert head.endswith(b"Content-Length: 4\r\n\r\n")
        assert b"404 Not Found" in await asked(port, get("a.example", "/y"))
        assert b"Location: https://a.example/x\r\n" in await asked(port, get("b.example", "/anything"))
        assert (await asked(port, 2 * get("a.example", "/x"))).count(b"200 OK") == 2
        site.answers["a.example/x"] = Answer(410)
        assert b"410 Gone" in await asked(port, get("a.example", "/x"))


@pytest.mark.parametrize("garbage", [b"", b"\r\n\r\n", b"GET /\r\n\r\n", b"x" * 100_000])
async def test_who_sends_no_request_gets_no_answer_and_others_still_do(garbage):
    site = Site()
    async with site.served() as port:
        # It may be closed before all of it was read.
        with suppress(ConnectionError):
            assert await asked(port, garbage) == b""
        assert b"404" in await asked(port, get("a.example", "/"))


async def test_no_connection_outlives_the_site():
    async with Site().served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get("a.example", "/"))
        await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 60) is not None
    writer.close()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", port)
