"""What docs/serving.md promises, asked of real servers that run its snippets, whole and with a line taken out.

The built-in server is asked the same.
"""

import gzip
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
import pytest

from feedbot.config import FeedsConfig, load_config
from feedbot.publish.files import publish_file
from tests.publication import Publication, loopback_site
from tests.service.served import serving as built_in
from tests.serving.servers import Server, put_in, serving, snippet, with_hub

NGINX = pytest.param("nginx", marks=pytest.mark.debian("nginx"))
CADDY = pytest.param("caddy", marks=pytest.mark.debian("caddy"))

# RSS has no registered type; this is the one that all use. RFC 4287, JSON Feed 1.1, OPML 2.0 name the others.
TYPES = {
    "all.rss": "application/rss+xml; charset=utf-8",
    "all.atom": "application/atom+xml; charset=utf-8",
    "all.json": "application/feed+json",
    "feeds.opml": "text/x-opml; charset=utf-8",
    "index.html": "text/html; charset=utf-8",
}
MAX_AGE = "max-age=3600"
HIDDEN = [".all.rss.feedbot-tmp", "archive/.all.rss.feedbot-tmp", "ids.json", "ids.json.gz"]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feeds folder as feedbot writes it, with a file of every kind that may be there."""
    with loopback_site() as site:
        news = Publication(tmp_path_factory.mktemp("publication") / "news", site)
        for name in ("kürbis", "tomate"):
            news.article(name)
        news.build()
    folder = news.folder / "feeds"
    assert {"all.rss", "all.atom", "ids.json"} <= {path.name for path in folder.iterdir()}
    (folder / "archive").mkdir(exist_ok=True)
    for name in [*TYPES, *HIDDEN, "all.2026-10.atom", "archive/all-2026-10.atom"]:
        if not (folder / name).exists():
            (folder / name).write_text(f"This is {name}: überall. " * 50, encoding="utf-8")
    for name in TYPES:
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes(), mtime=0))
    return folder


@pytest.fixture(scope="module", params=[NGINX, CADDY, "feedbot"])
def server(request: pytest.FixtureRequest, feeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    name = request.param
    if name == "feedbot":
        config = load_config(feeds.parent / "config.yaml")
        serve = config.serve.model_copy(update={"redirects": {"/feed.xml": "all.rss"}})
        with built_in(config.model_copy(update={"serve": serve})) as server:
            yield server
        return
    with serving(name, snippet(name), feeds, tmp_path_factory.mktemp(name) / "scratch") as server:
        yield server


# The promises, one a function; each is also asked of a server that should fail it, further down.


def every_format_has_its_media_type(server: Server) -> None:
    for name, media_type in {**TYPES, "": TYPES["index.html"], "archive/all-2026-10.atom": TYPES["all.atom"]}.items():
        answer = server.ask(f"/feeds/{name}")
        assert (answer.status, answer.header("Content-Type")) == (200, media_type), name
        assert answer.body == (server.folder / (name or "index.html")).read_bytes()
        compressed = server.ask(f"/feeds/{name}", accept_encoding="gzip")
        assert (compressed.status, compressed.header("Content-Type")) == (200, media_type), name


def an_answer_may_be_kept_for_the_ttl(server: Server) -> None:
    for name in TYPES:
        first = server.ask(f"/feeds/{name}")
        again = server.ask(f"/feeds/{name}", if_none_match=first.header("ETag") or "")
        assert (first.status, again.status) == (200, 304)
        assert (first.header("Cache-Control"), again.header("Cache-Control")) == (MAX_AGE, MAX_AGE)


def what_is_not_there_may_not_be_kept(server: Server) -> None:
    for name in ["none.rss", *HIDDEN]:
        answer = server.ask(f"/feeds/{name}")
        assert (answer.status, answer.header("Cache-Control"), answer.header("ETag")) == (404, None, None)


def a_second_poll_gets_304_without_a_body(server: Server) -> None:
    for name in TYPES:
        for encoding in ("identity", "gzip"):
            first = server.ask(f"/feeds/{name}", accept_encoding=encoding)
            tag, modified = first.header("ETag"), first.header("Last-Modified")
            assert first.status == 200
            assert tag is not None
            assert tag.startswith('"')
            assert modified is not None
            by_tag = server.ask(f"/feeds/{name}", accept_encoding=encoding, if_none_match=tag)
            by_time = server.ask(f"/feeds/{name}", accept_encoding=encoding, if_modified_since=modified)
            assert (by_tag.status, by_tag.body, by_tag.header("ETag")) == (304, b"", tag)
            assert (by_time.status, by_time.body) == (304, b"")
            other = server.ask(f"/feeds/{name}", accept_encoding=encoding, if_none_match='"another"')
            assert (other.status, other.body) == (200, first.body)


def head_says_what_get_says_without_the_body(server: Server) -> None:
    told = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control", "Access-Control-Allow-Origin")
    for name in TYPES:
        get, head = server.ask(f"/feeds/{name}"), server.ask(f"/feeds/{name}", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert [head.header(header) for header in told] == [get.header(header) for header in told]
        assert None not in [head.header(header) for header in told]


def who_accepts_gzip_gets_the_file_beside(server: Server) -> None:
    for name in TYPES:
        answer = server.ask(f"/feeds/{name}", accept_encoding="gzip, deflate, br")
        assert (answer.status, answer.header("Content-Encoding")) == (200, "gzip")
        assert answer.body == (server.folder / f"{name}.gz").read_bytes()
        plain = server.ask(f"/feeds/{name}")
        assert (plain.status, plain.header("Content-Encoding")) == (200, None)
        assert plain.header("ETag") != answer.header("ETag")
    alone = server.ask("/feeds/archive/all-2026-10.atom", accept_encoding="gzip")
    assert (alone.status, alone.header("Content-Encoding")) == (200, None)


def caches_are_told_of_the_two_forms(server: Server) -> None:
    for name in TYPES:
        for encoding in ("identity", "gzip"):
            assert server.ask(f"/feeds/{name}", accept_encoding=encoding).header("Vary") == "Accept-Encoding"


def a_proxy_gets_it_compressed_too(server: Server) -> None:
    answer = server.ask("/feeds/all.rss", accept_encoding="gzip", via="1.1 proxy.example")
    assert answer.header("Content-Encoding") == "gzip"


def web_pages_may_read_it(server: Server) -> None:
    for name in TYPES:
        first = server.ask(f"/feeds/{name}", origin="https://reader.example")
        again = server.ask(f"/feeds/{name}", origin="https://reader.example", if_none_match=first.header("ETag") or "")
        assert (first.status, again.status) == (200, 304)
        for answer in (first, again):
            assert answer.header("Access-Control-Allow-Origin") == "*"
            assert answer.header("Access-Control-Expose-Headers") == "ETag"


def web_pages_may_ask_whether_it_has_changed(server: Server) -> None:
    answer = server.ask(
        "/feeds/all.rss",
        "OPTIONS",
        origin="https://reader.example",
        access_control_request_method="GET",
        access_control_request_headers="if-none-match",
    )
    # Fetch, CORS-preflight fetch: an ok status, the origin, and the header by its name, in any case.
    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (204, "*")
    assert "if-none-match" in (answer.header("Access-Control-Allow-Headers") or "").lower().split(", ")


def a_folder_is_not_listed(server: Server) -> None:
    answer = server.ask("/feeds/archive/")
    assert answer.status in {403, 404}
    assert b"all-2026-10" not in answer.body


def unfinished_files_are_not_served(server: Server) -> None:
    for path in (".all.rss.feedbot-tmp", "%2eall.rss.feedbot-tmp", "archive/.all.rss.feedbot-tmp"):
        answer = server.ask(f"/feeds/{path}")
        assert (answer.status, b"This is" in answer.body) == (404, False)


def the_ledger_is_not_served(server: Server) -> None:
    for path in ("ids.json", "ids%2ejson", "./ids.json", "ids.json.gz"):
        assert server.ask(f"/feeds/{path}", accept_encoding="gzip").status == 404


def nothing_outside_of_the_folder_is_served(server: Server) -> None:
    assert (server.folder / "../config.yaml").exists()
    for path in ("/feeds/../config.yaml", "/feeds/%2e%2e/config.yaml", "/feeds../config.yaml", "/config.yaml"):
        assert b"Test News" not in server.ask(path).body


def an_old_address_leads_to_the_feed_for_good(server: Server) -> None:
    for old, new in {"/feed.xml": "/feeds/all.rss", "/feeds": "/feeds/"}.items():
        answer = server.ask(old)
        # Without scheme and host, so that it is right behind a proxy that speaks TLS.
        assert (answer.status, answer.header("Location")) == (301, new)
        assert server.ask(new).status == 200


PROMISES = [
    every_format_has_its_media_type,
    an_answer_may_be_kept_for_the_ttl,
    what_is_not_there_may_not_be_kept,
    a_second_poll_gets_304_without_a_body,
    head_says_what_get_says_without_the_body,
    who_accepts_gzip_gets_the_file_beside,
    caches_are_told_of_the_two_forms,
    a_proxy_gets_it_compressed_too,
    web_pages_may_read_it,
    web_pages_may_ask_whether_it_has_changed,
    a_folder_is_not_listed,
    unfinished_files_are_not_served,
    the_ledger_is_not_served,
    nothing_outside_of_the_folder_is_served,
    an_old_address_leads_to_the_feed_for_good,
]
Promise = Callable[[Server], None]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_server_keeps_what_the_page_promises(server: Server, promise: Promise) -> None:
    promise(server)


# Server, what is taken out of its snippet, what is put there instead, and the promise that is then broken.
BROKEN = {
    "nginx": [
        ("application/rss+xml rss;", "", every_format_has_its_media_type),
        ("charset utf-8;", "", every_format_has_its_media_type),
        ("charset_types application/rss+xml application/atom+xml text/x-opml;", "", every_format_has_its_media_type),
        ('add_header Cache-Control "max-age=3600";', "", an_answer_may_be_kept_for_the_ttl),
        ('"max-age=3600";', '"max-age=3600" always;', what_is_not_there_may_not_be_kept),
        ("autoindex off;", "etag off;", a_second_poll_gets_304_without_a_body),
        ("gzip_static on;", "", who_accepts_gzip_gets_the_file_beside),
        ("gzip_vary on;", "", caches_are_told_of_the_two_forms),
        ("gzip_proxied any;", "", a_proxy_gets_it_compressed_too),
        ('add_header Access-Control-Allow-Origin "*";', "", web_pages_may_read_it),
        ('add_header Access-Control-Expose-Headers "ETag";', "", web_pages_may_read_it),
        ("$request_method = OPTIONS", "$request_method = NONE", web_pages_may_ask_whether_it_has_changed),
        ("If-None-Match, ", "", web_pages_may_ask_whether_it_has_changed),
        ("autoindex off;", "autoindex on;", a_folder_is_not_listed),
        (r"location ~ /\.", "location ~ ^/none", unfinished_files_are_not_served),
        (r"location ~ ^/feeds/ids\.json", "location ~ ^/none", the_ledger_is_not_served),
        ("location ^~ /feeds/ {", "location ^~ /feeds {", nothing_outside_of_the_folder_is_served),
        ("absolute_redirect off;", "", an_old_address_leads_to_the_feed_for_good),
        ("return 301 /feeds/all.rss;", "return 302 /feeds/all.rss;", an_old_address_leads_to_the_feed_for_good),
    ],
    "caddy": [
        ("header @rss Content-Type", "header @rss X-Type", every_format_has_its_media_type),
        ("header @json Content-Type", "header @json X-Type", every_format_has_its_media_type),
        ('header Cache-Control "max-age=3600"', "", an_answer_may_be_kept_for_the_ttl),
        ("\t\t@public {\n\t\t\tfile {path} {path}/index.html\n", "\t\t@public {\n", what_is_not_there_may_not_be_kept),
        ('header ?Vary "Accept-Encoding"', "header -ETag", a_second_poll_gets_304_without_a_body),
        ("precompressed gzip", "", who_accepts_gzip_gets_the_file_beside),
        ('header ?Vary "Accept-Encoding"', "header -Vary", caches_are_told_of_the_two_forms),
        ('header Access-Control-Allow-Origin "*"', "", web_pages_may_read_it),
        ('header Access-Control-Expose-Headers "ETag"', "", web_pages_may_read_it),
        ("respond @preflight 204", "", web_pages_may_ask_whether_it_has_changed),
        ("If-None-Match, ", "", web_pages_may_ask_whether_it_has_changed),
        ("respond 404", "file_server browse", a_folder_is_not_listed),
        ("*/.* ", "", unfinished_files_are_not_served),
        (" /ids.json*", "", the_ledger_is_not_served),
        ("redir /feed.xml /feeds/all.rss 301", "", an_old_address_leads_to_the_feed_for_good),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "line", "instead", "promise"),
    [
        pytest.param(name, *case, marks=pytest.mark.debian(name), id=f"{name}-{case[0].strip()}-{case[2].__name__}")
        for name, cases in BROKEN.items()
        for case in cases
    ],
)
def test_without_its_line_the_promise_is_broken(
    feeds: Path, tmp_path: Path, name: str, line: str, instead: str, promise: Promise
) -> None:
    with serving(name, put_in(snippet(name), line, instead), feeds, tmp_path / "scratch") as server:
        with pytest.raises(AssertionError):
            promise(server)


def test_the_types_are_those_of_all_files_that_a_build_writes(feeds: Path) -> None:
    visible = [path for path in feeds.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {path.suffix for path in visible} - {".gz"} == {Path(name).suffix for name in TYPES}


def test_how_long_an_answer_may_be_kept_is_the_default_of_the_ttl() -> None:
    assert FeedsConfig(url="https://news.example/feeds/").ttl == int(MAX_AGE.removeprefix("max-age="))


def hub_links(server: Server, name: str) -> list[str | None]:
    """The Link headers of an answer whole, of one that says that nothing changed, and of one to HEAD."""
    first = server.ask(f"/feeds/{name}")
    answers = [
        first,
        server.ask(f"/feeds/{name}", if_none_match=first.header("ETag") or ""),
        server.ask(f"/feeds/{name}", "HEAD"),
    ]
    assert [answer.status for answer in answers] == [200, 304, 200]
    return [answer.header("Link") for answer in answers]


@contextmanager
def with_a_hub(name: str, feeds: Path, scratch: Path) -> Iterator[Server]:
    """The server as somebody has it who has a hub."""
    if name == "feedbot":
        config = load_config(feeds.parent / "config.yaml")
        told = {"hub": ("https://hub.example/",), "url": "https://news.example/feeds/"}
        with built_in(config.model_copy(update={"feeds": config.feeds.model_copy(update=told)})) as server:
            yield server
        return
    with serving(name, with_hub(name, snippet(name)), feeds, scratch) as server:
        yield server


@pytest.mark.parametrize("name", [NGINX, CADDY, "feedbot"])
def test_who_has_a_hub_names_it_and_the_feed_itself_with_every_feed(feeds: Path, tmp_path: Path, name: str) -> None:
    with with_a_hub(name, feeds, tmp_path / "scratch") as server:
        for feed in ("all.rss", "all.atom", "all.json"):
            link = f'<https://hub.example/>; rel="hub", <https://news.example/feeds/{feed}>; rel="self"'
            assert hub_links(server, feed) == [link] * 3
        for other in ("feeds.opml", "index.html", "all.2026-10.atom", "archive/all-2026-10.atom"):
            assert hub_links(server, other) == [None] * 3
        # What a header of its own in an inner place would switch off.
        web_pages_may_read_it(server)
        an_answer_may_be_kept_for_the_ttl(server)
        what_is_not_there_may_not_be_kept(server)


def test_without_a_hub_none_is_named(server: Server) -> None:
    for name in TYPES:
        assert hub_links(server, name) == [None] * 3


def test_a_poll_after_a_change_gets_the_new_feed(server: Server) -> None:
    publish_file(server.folder, "new.rss", b"<rss/>")
    first = server.ask("/feeds/new.rss")
    publish_file(server.folder, "new.rss", b"<rss/>")
    unchanged = server.ask("/feeds/new.rss", if_none_match=first.header("ETag") or "")
    publish_file(server.folder, "new.rss", b"<rss><channel/></rss>")
    changed = server.ask("/feeds/new.rss", if_none_match=first.header("ETag") or "")
    assert (first.body, unchanged.status, changed.status) == (b"<rss/>", 304, 200)
    assert changed.body == b"<rss><channel/></rss>"
    (server.folder / "new.rss").unlink()


def test_last_modified_is_the_time_of_the_file(server: Server) -> None:
    said = server.ask("/feeds/all.rss").header("Last-Modified")
    assert said is not None
    assert parsedate_to_datetime(said).timestamp() == int((server.folder / "all.rss").stat().st_mtime)


@pytest.mark.parametrize("name", ["all.rss", "all.atom"])
def test_feedparser_reads_the_feed_and_gets_304_the_second_time(server: Server, name: str) -> None:
    address = f"http://127.0.0.1:{server.port}/feeds/{name}"
    first = feedparser.parse(address)
    assert (first.status, first.bozo, first.encoding) == (200, False, "utf-8")
    assert sorted(entry.title for entry in first.entries) == ["About kürbis", "About tomate"]
    assert feedparser.parse(address, etag=first.etag).status == 304
    assert feedparser.parse(address, modified=first.modified).status == 304


def test_feedparser_follows_the_old_address(server: Server) -> None:
    read = feedparser.parse(f"http://127.0.0.1:{server.port}/feed.xml")
    assert (read.status, read.href) == (301, f"http://127.0.0.1:{server.port}/feeds/all.rss")
    assert len(read.entries) == 2


@pytest.mark.debian("nginx")
@pytest.mark.debian("newsboat")
def test_newsboat_gets_304_where_nothing_changed(feeds: Path, tmp_path: Path) -> None:
    with serving("nginx", snippet("nginx"), feeds, tmp_path / "scratch") as server:
        (tmp_path / "urls").write_text(f"http://127.0.0.1:{server.port}/feeds/all.atom\n", encoding="utf-8")
        (tmp_path / "config").touch()
        words = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
        # Three times: newsboat 2.21 stores the validators of a feed that is new to it at its second poll only.
        for _ in range(3):
            home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
            subprocess.run(words, cwd=tmp_path, env=home, check=True, timeout=60, capture_output=True)
    polls = server.log.read_text(encoding="utf-8").splitlines()
    assert (len(polls), polls[0], polls[-1]) == (3, "200 /feeds/all.atom", "304 /feeds/all.atom")
