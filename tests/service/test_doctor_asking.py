"""How the doctor asks, over a scripted wire: within which bounds, and what it learns on the way."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedbot.core.doctor import Level
from feedbot.core.feed_answers import Answer
from feedbot.core.observation import Failure, FailureKind
from feedbot.service.doctor import network
from feedbot.service.doctor.asking import ENDS_WITHIN_S, Asker
from feedbot.service.doctor.case import Case
from feedbot.service.doctor.feeds import over_http
from feedbot.wire.wire import Request, Response
from tests.publication import SteppedClock
from tests.service.served import config_of
from tests.wire.scripted import ScriptedClock, ScriptedResolver, ScriptedWire, response

URL = "https://news.test/feeds/all.rss"


def asker(wire: ScriptedWire, clock: ScriptedClock | None = None) -> Asker:
    return Asker(wire, ScriptedResolver(), clock or ScriptedClock(), "https://me.test/")


async def test_it_says_who_asks_and_what_it_was_told_to_say() -> None:
    wire = ScriptedWire(lambda request: response(200))
    await asker(wire).ask(URL, accept_encoding="gzip", if_none_match='"1"')
    (request,) = wire.asked
    headers = dict(request.headers)
    assert "feedbot" in headers["User-Agent"]
    assert (headers["Accept-Encoding"], headers["If-None-Match"]) == ("gzip", '"1"')
    assert [name.lower() for name, _ in request.headers].count("accept-encoding") == 1


async def test_three_redirects_are_followed_and_no_fourth() -> None:
    def script(request: Request) -> Response | Failure:
        number = int(request.url.rpartition("/")[2])
        return response(200) if number == last else response(301, location=f"/{number + 1}")

    wire = ScriptedWire(script)
    last = 3
    answer = await asker(wire).ask("https://news.test/0")
    assert isinstance(answer, Answer)
    assert (answer.url, len(wire.asked)) == ("https://news.test/3", 4)
    last = 4
    answer = await asker(wire).ask("https://news.test/0")
    assert isinstance(answer, Failure)
    assert answer.kind is FailureKind.REDIRECT_LIMIT


async def test_a_redirect_leads_nowhere_where_no_link_would() -> None:
    for location in ("ftp://news.test/", "http://news.test:25/", "http://["):
        wire = ScriptedWire(lambda request, location=location: response(302, location=location))  # type: ignore[misc]
        answer = await asker(wire).ask(URL)
        assert isinstance(answer, Failure)
        assert (answer.kind, len(wire.asked)) == (FailureKind.REDIRECT_INVALID, 1)


async def test_a_host_that_is_silent_twice_is_not_asked_again_and_others_are() -> None:
    def script(request: Request) -> Response | Failure:
        return response(200) if "up" in request.url else Failure(FailureKind.TIMEOUT, "no full answer in 10 s")

    wire = ScriptedWire(script)
    one = asker(wire)
    answers = [await one.ask(f"https://down.test/{number}") for number in range(4)]
    assert all(isinstance(answer, Failure) for answer in answers)
    assert len(wire.asked) == 2
    assert isinstance(await one.ask("https://up.test/"), Answer)


async def test_a_closed_port_says_nothing_of_another_one() -> None:
    def script(request: Request) -> Response | Failure:
        is_open = request.url.startswith("https:")
        return response(200) if is_open else Failure(FailureKind.CONNECT_REFUSED, "refused")

    one = asker(ScriptedWire(script))
    for _ in range(3):
        assert isinstance(await one.ask("http://news.test/"), Failure)
    assert isinstance(await one.ask("https://news.test/"), Answer)


@pytest.mark.parametrize(
    ("feeds_url", "answers", "mend"),
    [
        ("https://news.test/f/", {"http": response(301, location=URL), "https": response(200)}, None),
        ("https://news.test/f/", {"http": Failure(FailureKind.CONNECT_REFUSED, "refused")}, None),
        ("https://news.test/f/", {"http": response(200, server="Caddy")}, "Caddy: name the site"),
        ("https://news.test/f/", {"http": response(404, server="Apache")}, "nginx: a server block"),
        ("https://news.test/f/", {"http": response(200, server="cloudflare")}, "Cloudflare: SSL/TLS"),
        ("https://news.test:8443/f/", {}, None),
        ("http://news.test/f/", {}, None),
    ],
)
async def test_who_asks_with_http_is_to_be_led_to_https(
    tmp_path: Path, feeds_url: str, answers: dict[str, Response | Failure], mend: str | None
) -> None:
    config = config_of(tmp_path)
    feeds = config.feeds.model_copy(update={"url": feeds_url})
    case = Case(config.model_copy(update={"feeds": feeds}), SteppedClock())
    wire = ScriptedWire(lambda request: answers[request.url.partition(":")[0]])
    found = await over_http(case, asker(wire))
    assert [one.mend.startswith(mend or "") for one in found] == ([] if mend is None else [True])
    assert not wire.asked or wire.asked[0].url == "http://news.test/f/all.rss"


async def test_a_refusal_of_ours_is_no_silence() -> None:
    wire = ScriptedWire(lambda request: Failure(FailureKind.POLICY_ADDRESS, "10.0.0.1 is not public"))
    one = asker(wire)
    for _ in range(3):
        answer = await one.ask(URL)
        assert isinstance(answer, Failure)
        assert answer.kind is FailureKind.POLICY_ADDRESS


async def test_when_its_time_is_over_nothing_more_is_asked() -> None:
    clock = ScriptedClock()
    wire = ScriptedWire(lambda request: response(200))
    one = asker(wire, clock)
    await clock.sleep(ENDS_WITHIN_S - 4)
    await one.ask(URL)
    assert wire.asked[0].timeout_s == 4
    await clock.sleep(4)
    assert isinstance(await one.ask(URL), Failure)
    assert len(wire.asked) == 1


async def test_a_certificate_that_ends_soon_is_found_before_it_ends() -> None:
    ends_at = datetime(2026, 12, 1, tzinfo=UTC)

    def script(request: Request) -> Response | Failure:
        return Response(200, {}, b"", None, "HTTP/1.1", 1, certificate_expires_at=ends_at.isoformat())

    one = asker(ScriptedWire(script))
    await one.ask(URL)
    await one.ask("https://canary.test/")
    for day, level in ((27, None), (29, Level.PROBLEM)):
        clock = SteppedClock(datetime(2026, 11, day, tzinfo=UTC))
        found = network.certificates(clock, one, {"news.test"})
        assert [(finding.about, finding.level) for finding in found] == (
            [("certificate of news.test", level)] if level else []
        )
