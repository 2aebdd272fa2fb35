"""The doctor's look from outside: real servers, well configured and not, and a site's own pages."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.config import Config
from feedbot.core.doctor import Finding, Level, worst
from feedbot.core.observation import Failure, FailureKind
from feedbot.service.doctor.examine import examine
from feedbot.service.doctor.site import link_tags
from tests.publication import Publication, Site, SteppedClock, loopback_site
from tests.service.served import serving as built_in
from tests.serving.servers import put_in, serving, snippet
from tests.wire.scripted import ScriptedResolver

NXDOMAIN = Failure(FailureKind.DNS_NXDOMAIN, "no such name")
NGINX = pytest.param("nginx", marks=pytest.mark.debian("nginx"))
CADDY = pytest.param("caddy", marks=pytest.mark.debian("caddy"))


@dataclass(frozen=True)
class Installation:
    """A publication that ran once, and the site of its own pages."""

    news: Publication
    site: Site

    def config(self, feeds_url: str, **feeds: object) -> Config:
        config = self.news.config
        told = {"url": feeds_url, **feeds}
        checker = {"contact": f"{self.site.url}/about"}
        return config.model_copy(
            update={
                "site": config.site.model_copy(update={"url": f"{self.site.url}/"}),
                "feeds": config.feeds.model_copy(update=told),
                "checker": config.checker.model_copy(update=checker),
            }
        )

    def name_the_feeds(self, feeds_url: str) -> None:
        self.site.pages["/"] = f'<link rel=alternate type="application/atom+xml" href="{feeds_url}all.atom">'.encode()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with loopback_site() as site:
        news = Publication(tmp_path_factory.mktemp("doctor") / "news", site)
        news.clock.at = SystemClock().now()
        for number in range(3):
            news.article(f"one-{number}", topics="AI, Robots, Space")
        # The month of this one is over: it stands in an archive document as well, all.2026-09, which is no feed.
        news.article("earlier", topics="AI, Robots, Space", date="2026-09-01T08:00:00Z")
        news.run()
        site.pages["/about"] = b"<p>We check links with feedbot."
        # Its folder is under one of pytest's, which nobody else may enter.
        yield Installation(news, site)


def look(config: Config, clock: SystemClock | SteppedClock | None = None, **more: object) -> list[Finding]:
    resolver = more.pop("resolver", None) or ScriptedResolver(default=NXDOMAIN)
    return asyncio.run(examine(config, clock or SystemClock(), resolver=resolver, **more))  # type: ignore[arg-type]


def found(findings: list[Finding], about: str) -> Finding:
    (one,) = (one for one in findings if one.about == about)
    return one


def wrong(findings: list[Finding], *parts: str) -> list[str]:
    return [one.about for one in findings if one.level is not Level.OK and one.part in parts]


@pytest.mark.parametrize("name", [NGINX, CADDY, "feedbot"])
def test_of_a_server_that_follows_the_documentation_nothing_is_found(
    installation: Installation, tmp_path: Path, name: str
) -> None:
    folder = installation.news.folder / "feeds"
    server = (
        built_in(installation.config("http://127.0.0.1/feeds/"))
        if name == "feedbot"
        else serving(name, snippet(name), folder, tmp_path / "scratch")
    )
    with server as one:
        url = f"http://127.0.0.1:{one.port}/feeds/"
        installation.name_the_feeds(url)
        findings = look(installation.config(url))
    assert wrong(findings, "Feeds", "Site", "Network", "state.db", "Config", "Versions") == []
    assert worst(findings) is not Level.PROBLEM
    assert found(findings, "served").sentence.endswith(
        "all.rss, ai.rss, robots.rss, all.atom, ai.atom, robots.atom, all.json, ai.json, robots.json"
    )


CHALLENGE = (
    "add_header CF-RAY 8e2 always; add_header cf-mitigated challenge always; default_type text/html;"
    ' return 403 "<title>Just a moment...</title>";'
)

# Server, what is taken out of its snippet and put in instead, what is found, and what the remedy says.
BROKEN = [
    ("nginx", "application/rss+xml rss;", "text/plain rss;", "the type of application/rss+xml",
     "nginx: put in `application/rss+xml rss;` `charset utf-8;`"),
    ("nginx", "autoindex off;", "etag off;", "304", "take out `etag off;`"),
    ("nginx", "autoindex off;", "if_modified_since off;", "304", "`if_modified_since off;`"),
    ("nginx", "gzip_static on;", "gzip off;", "compression", "nginx: put in `gzip_static on;`"),
    ("nginx", 'add_header Access-Control-Allow-Origin "*";', "", "reading by web pages",
     'nginx: put in `add_header Access-Control-Allow-Origin "*";`'),
    ("nginx", '"max-age=3600"', '"no-store"', "Cache-Control",
     'nginx: put in `add_header Cache-Control "max-age=3600";`'),
    ("nginx", '"max-age=3600"', '"max-age=31536000"', "Cache-Control", "max-age=3600"),
    ("nginx", "autoindex off;", CHALLENGE, "a challenge", 'starts_with(http.request.uri.path, "/feeds/")'),
    ("nginx", "location ^~ /feeds/ {", "location ^~ /other/ {", "the code",
     "nginx: put in `location ^~ /feeds/ {` `alias "),
    ("caddy", '"application/rss+xml; charset=utf-8"', "text/plain", "the type of application/rss+xml",
     'Caddy: put in `header @rss Content-Type "application/rss+xml; charset=utf-8"`'),
    ("caddy", 'header ?Vary "Accept-Encoding"', "header -ETag", "304", "take out `header -ETag`"),
    ("caddy", "precompressed gzip", "", "compression", "Caddy: put in `precompressed gzip`"),
    ("caddy", 'header Access-Control-Allow-Origin "*"', "", "reading by web pages",
     'Caddy: put in `header Access-Control-Allow-Origin "*"`'),
    ("caddy", 'header Cache-Control "max-age=3600"', "", "Cache-Control",
     'Caddy: put in `header Cache-Control "max-age=3600"`'),
    ("caddy", "handle_path /feeds/*", "handle_path /other/*", "the code",
     "Caddy: put in `handle_path /feeds/* {` `root * "),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "line", "instead", "about", "mend"),
    [pytest.param(*case, marks=pytest.mark.debian(case[0]), id=f"{case[0]}-{case[2] or case[1]}") for case in BROKEN],
)
def test_what_is_wrong_with_a_server_is_found_with_the_line_to_change(
    installation: Installation, tmp_path: Path, name: str, line: str, instead: str, about: str, mend: str
) -> None:
    folder = installation.news.folder / "feeds"
    with serving(name, put_in(snippet(name), line, instead), folder, tmp_path / "scratch") as server:
        findings = look(installation.config(f"http://127.0.0.1:{server.port}/feeds/"))
    assert wrong(findings, "Feeds") == [about]
    assert mend in found(findings, about).mend
    other = "Caddy" if name == "nginx" else "nginx"
    assert other not in found(findings, about).mend or "a challenge" in about


@pytest.mark.debian("nginx")
@pytest.mark.parametrize("stale", ["all.atom", "all.atom.gz"])
def test_an_older_version_is_found(installation: Installation, tmp_path: Path, stale: str) -> None:
    folder = installation.news.folder / "feeds"
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    old = (folder / "all.atom").read_bytes().replace(b"About", b"Concerning")
    (copy / stale).write_bytes(gzip.compress(old) if stale.endswith(".gz") else old)
    with serving("nginx", snippet("nginx"), copy, tmp_path / "scratch") as server:
        findings = look(installation.config(f"http://127.0.0.1:{server.port}/feeds/"))
    if stale.endswith(".gz"):
        assert wrong(findings, "Feeds") == ["the compressed form"]
        return
    bytes_ = found(findings, "the bytes")
    assert (bytes_.level, "all.atom is answered with" in bytes_.sentence) == (Level.PROBLEM, True)
    assert f"nginx: put in `alias {folder}/;`" in bytes_.mend


def test_a_home_page_without_the_feeds_brings_the_tags_to_paste(installation: Installation) -> None:
    url = f"{installation.site.url}/feeds/"
    installation.site.pages["/"] = b'<link rel=alternate type="application/rss+xml" href="/old.xml">'
    finding = found(look(installation.config(url)), "autodiscovery")
    assert finding.level is Level.WARNING
    assert finding.sentence.endswith(f"it names {installation.site.url}/old.xml")
    assert finding.mend.endswith("into the head of each page")
    tags = link_tags(installation.config(url))
    assert f'href="{url}all.json"' in tags[2]
    installation.site.pages["/"] = tags[2].encode()
    assert found(look(installation.config(url)), "autodiscovery").level is Level.OK
    installation.name_the_feeds("feeds/")
    assert found(look(installation.config(url)), "autodiscovery").level is Level.OK


def test_a_contact_page_that_says_nothing_of_feedbot_is_found(installation: Installation) -> None:
    config = installation.config(f"{installation.site.url}/feeds/")
    silent = config.model_copy(
        update={"checker": config.checker.model_copy(update={"contact": f"{installation.site.url}/else"})}
    )
    assert found(look(config), "contact page").level is Level.OK
    finding = found(look(silent), "contact page")
    assert (finding.level, finding.mend.split(" names ")[0]) == (
        Level.WARNING,
        f"checker.contact: {installation.site.url}/feeds/about.html",
    )


def test_a_hub_that_does_not_answer_is_found(installation: Installation) -> None:
    site = installation.site
    site.answers["/down"] = 503
    site.answers["/hub"] = 400
    hub = (f"{site.url}/down", f"{site.url}/hub")
    findings = look(installation.config(f"{site.url}/feeds/", hub=hub))
    levels = [found(findings, f"hub {one}").level for one in hub]
    assert levels == [Level.WARNING, Level.OK]


@pytest.mark.parametrize(("hours", "way"), [(1, "ahead of"), (-1, "behind")])
def test_a_clock_that_is_off_is_found(installation: Installation, hours: int, way: str) -> None:
    clock = SteppedClock(SystemClock().now() + timedelta(hours=hours))
    finding = found(look(installation.config(f"{installation.site.url}/feeds/"), clock), "clock")
    assert (finding.level, way in finding.sentence, finding.mend[:9]) == (Level.PROBLEM, True, "have the ")


def test_a_name_server_that_has_an_address_for_everything_is_found(installation: Installation) -> None:
    config = installation.config(f"{installation.site.url}/feeds/")
    assert found(look(config), "names").level is Level.OK
    everything = look(config, resolver=ScriptedResolver(default="127.0.0.1"))
    assert found(everything, "wildcard names").level is Level.PROBLEM
    silent = ScriptedResolver(default=Failure(FailureKind.DNS_TIMEOUT, "no answer"))
    assert found(look(config, resolver=silent), "names").level is Level.WARNING


def test_canaries_that_do_not_answer_as_they_should_are_found(installation: Installation) -> None:
    config = installation.config(f"{installation.site.url}/feeds/")
    installation.site.answers["/lost"] = 404
    canaries = [{"url": f"{installation.site.url}/{name}", "status": 200} for name in ("well", "lost")]
    checker = type(config.checker)(allow_addresses=("127.0.0.0/8",), canaries=canaries)
    finding = found(look(config.model_copy(update={"checker": checker})), "canaries")
    assert (finding.level, "/lost: 404 instead of 200" in finding.sentence) == (Level.PROBLEM, True)
    checker = type(config.checker)(allow_addresses=("127.0.0.0/8",), canaries=canaries[:1])
    finding = found(look(config.model_copy(update={"checker": checker})), "canaries")
    assert (finding.level, finding.sentence) == (Level.OK, "canaries answer: 1 of 1")


def test_a_redirect_is_followed_and_told(installation: Installation) -> None:
    site = installation.site
    for name in ("all", "ai", "robots"):
        for suffix in ("rss", "atom", "json"):
            site.answers[f"/moved/{name}.{suffix}"] = (301, f"{site.url}/feeds/{name}.{suffix}")
    finding = found(look(installation.config(f"{site.url}/moved/")), "a redirect")
    assert finding.sentence.startswith(f"{site.url}/moved/all.rss leads to {site.url}/feeds/all.rss")


def test_a_site_that_hangs_is_asked_a_few_times_and_no_more(installation: Installation) -> None:
    site = installation.site
    site.hold()
    before = len(site.asked)
    findings = look(installation.config(f"{site.url}/feeds/"), within_s=0.1)
    asked = len(site.asked) - before
    site.go_on()
    # Four checks begin at once, and a host that was silent twice is asked nothing more.
    assert asked <= 5
    assert wrong(findings, "Feeds") == ["no answer"]
    assert found(findings, "no answer").level is Level.PROBLEM
    assert set(wrong(findings, "Site")) == {"home page", "contact page"}


def test_an_address_that_is_not_public_is_not_asked(installation: Installation) -> None:
    config = installation.config(f"{installation.site.url}/feeds/")
    strict = config.model_copy(update={"checker": config.checker.model_copy(update={"allow_addresses": ()})})
    before = len(installation.site.asked)
    findings = look(strict)
    assert len(installation.site.asked) == before
    assert "checker.allow_addresses" in found(findings, "the address").mend


def test_offline_asks_nobody(installation: Installation) -> None:
    before = len(installation.site.asked)
    findings = look(installation.config(f"{installation.site.url}/feeds/"), offline=True)
    assert len(installation.site.asked) == before
    assert {one.part for one in findings} == {"Files", "state.db", "Config", "Versions"}
    assert json.dumps([one.sentence for one in findings])
