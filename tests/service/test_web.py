"""The feeds folder over the built-in server: what is sent, what never is, and what a slow or hostile client gets.

What docs/serving.md asks of any server, tests/serving/ asks of this one too.
"""

import gzip
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.publish.files import publish_file, publish_files
from feedbot.publish.gzipped import gzipped
from feedbot.service.feed_files import FeedFiles
from feedbot.service.listening import MOST_HEADER_BYTES
from tests.service.served import Later, config_of, serving
from tests.serving.servers import Answer, Server

SECRET = b"secret: hidden from everybody"
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication's folder whose feeds folder holds one feed, and much that is nobody's business."""
    top = tmp_path_factory.mktemp("news")
    feeds = top / "feeds"
    for name in ("all.rss", "all.atom", "index.html"):
        data = f"<{name}/>".encode() * 100
        publish_files(feeds, [(name, data), (f"{name}.gz", gzipped(data))])
    publish_file(feeds / "reports", "links.html", b"<h1>Links</h1>")
    publish_file(feeds / "deep" / "er", "all.rss", b"<rss/>")
    (top / "config.yaml").write_bytes(SECRET)
    (top / "outside.rss").write_bytes(SECRET)
    (top / "feedsx").mkdir()
    (top / "feedsx" / "all.rss").write_bytes(SECRET)
    for name in (".hidden.rss", "state.db", "notes.txt", "all.rss~", "all.rss.bak", "ids.json", "noname", "a b.rss"):
        (feeds / name).write_bytes(SECRET)
    (feeds / "link.rss").symlink_to("../outside.rss")
    (feeds / "linked").symlink_to("../feedsx")
    (feeds / "folder.rss").mkdir()
    os.mkfifo(feeds / "pipe.rss")
    return top


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = config_of(tmp_path_factory.mktemp("config"), feeds=f", directory: {folder / 'feeds'}")
    with serving(config) as server:
        yield server


def sent(server: Server, data: bytes) -> bytes:
    """The whole answer to these bytes, on a connection that the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(data)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def asked_raw(server: Server, target: str, method: str = "GET") -> bytes:
    return sent(
        server, f"{method} {target} HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n".encode("latin-1")
    )


OUTSIDE = [
    *[
        r"../config.yaml",
        r"..%2fconfig.yaml",
        r"%2e%2e/config.yaml",
        r"%2e%2e%2fconfig.yaml",
        r"%252e%252e%252fconfig.yaml",
        r"..%5cconfig.yaml",
        r"..\config.yaml",
        r"..%c0%afconfig.yaml",
        r"..%00/config.yaml",
        r"./../outside.rss",
        r"..;/outside.rss",
        r"deep/../../outside.rss",
        r"deep/..%2f..%2foutside.rss",
        r"/outside.rss",
        r"//outside.rss",
        r"%2foutside.rss",
        r".hidden.rss",
        r"%2ehidden.rss",
        r"state.db",
        r"notes.txt",
        r"all.rss~",
        r"all.rss.bak",
        r"noname",
        r"a%20b.rss",
        r"ids.json",
        r"ids%2ejson",
        r"IDS.JSON",
        r"ids.json.gz",
        r"ids.json%00.rss",
        r"all.rss%00",
        r"all.rss%0a",
        r"all.rss/",
        r"all.rss/.",
        r"all.rss.gz",
        r"link.rss",
        r"linked/all.rss",
        r"linked/",
        r"folder.rss",
        r"folder.rss/",
        r"pipe.rss",
        r"reports",
        r"reports/",
        r"deep",
        r"deep/",
        r"deep/er/all.rss",
        r"index.html/",
        r"~root/all.rss",
        r"C:%5call.rss",
        r"con.rss%2e",
        r"%ff.rss",
        r"%",
        r"%zz.rss",
        r"*",
    ],
    "a b.rss",
    "x" * 300 + ".rss",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_is_served_but_what_feedbot_writes_for_readers(server: Server, path: str) -> None:
    answer = asked_raw(server, f"/feeds/{path}")
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), answer
    assert SECRET not in answer
    assert b"location" not in answer.lower()


@pytest.mark.parametrize(
    "target",
    [
        r"/feedsx/all.rss",
        r"//evil.example/",
        r"//evil.example/feeds",
        r"/feeds//evil.example/",
        r"/%2f/evil.example",
        r"/\evil.example",
        r"http://evil.example/",
        r"http://evil.example/feeds/all.rss",
        r"/feeds%2fall.rss/",
        r"/feeds/..",
        r"/etc/passwd",
        r"/feeds.",
        r"?x",
    ],
)
def test_no_path_leads_anywhere_else(server: Server, target: str) -> None:
    answer = asked_raw(server, target)
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), answer
    assert b"evil" not in answer
    assert SECRET not in answer


def test_the_root_leads_to_the_feeds_and_the_folder_is_the_index(server: Server) -> None:
    for path, code in (("/", 302), ("/feeds", 301)):
        answer = server.ask(path, host="evil.example")
        assert (answer.status, answer.header("Location"), answer.header("Cache-Control")) == (code, "/feeds/", None)
    assert server.ask("/feeds/").body == server.ask("/feeds/index.html").body == b"<index.html/>" * 100


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_only_reading_is_allowed(server: Server, method: str) -> None:
    for path in ("/feeds/all.rss", "/", "/nowhere"):
        answer = server.ask(path, method)
        assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD, OPTIONS")
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = server.ask(path, method)
        assert answer.status == 405
        assert set((answer.header("Allow") or "").split(", ")) == {"GET", "HEAD"}


def test_what_is_asked_after_the_path_changes_nothing(server: Server) -> None:
    assert server.ask("/feeds/all.rss?utm=1&../x").body == b"<all.rss/>" * 100


def test_every_answer_is_guarded_and_names_no_server(server: Server) -> None:
    feeds = ("/feeds/all.rss", "/feeds/", "/feeds/none.rss", "/", "/feeds/reports/links.html")
    for path in (*feeds, "/healthz", "/readyz", "/metrics"):
        answer = server.ask(path)
        assert {name: answer.header(name) for name in GUARDS} == GUARDS
        policy = answer.header("Content-Security-Policy") or ""
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.header("Server") is None
        assert answer.header("Date") is not None


def test_only_the_report_has_a_script(server: Server) -> None:
    policies = {path: server.ask(f"/feeds/{path}").header("Content-Security-Policy") or "" for path in ("", "all.atom")}
    assert not any("script-src" in policy for policy in policies.values())
    assert "style-src" in policies[""]
    assert "style-src" not in policies["all.atom"]
    report = server.ask("/feeds/reports/links.html").header("Content-Security-Policy") or ""
    assert "script-src 'sha256-" in report


def test_feeds_at_the_root_of_a_host_and_under_an_encoded_path(tmp_path: Path) -> None:
    for url, base in (("https://feeds.example.org/", "/"), ("https://example.org/k%C3%BCrbis/x/", "/k%C3%BCrbis/x/")):
        folder = tmp_path / str(len(base))
        publish_file(folder / "feeds", "all.rss", b"<rss/>")
        publish_file(folder / "feeds", "index.html", b"<html/>")
        config = config_of(folder, "serve: {redirects: {/old.xml: all.rss}}")
        config = config.model_copy(update={"feeds": config.feeds.model_copy(update={"url": url})})
        with serving(config) as server:
            assert server.ask(f"{base}all.rss").body == b"<rss/>"
            assert server.ask(base).body == b"<html/>"
            assert server.ask("//evil.example/").status == 404
            assert server.ask("/healthz").status == 200
            old = server.ask("/old.xml")
            assert (old.status, old.header("Location")) == (301, f"{base}all.rss")


def test_an_alias_has_the_type_of_its_feed(tmp_path: Path) -> None:
    publish_file(tmp_path / "feeds", "feed.xml", b"<feed/>")
    publish_file(tmp_path / "feeds", "rss", b"<rss/>")
    publish_file(tmp_path / "feeds", "other.xml", b"<x/>")
    with serving(config_of(tmp_path, feeds=", aliases: {feed.xml: all.atom, rss: all.rss}")) as server:
        assert server.ask("/feeds/feed.xml").header("Content-Type") == "application/atom+xml; charset=utf-8"
        assert server.ask("/feeds/rss").header("Content-Type") == "application/rss+xml; charset=utf-8"
        assert server.ask("/feeds/other.xml").status == 404


# What a version is known by.


def test_an_alias_names_the_hubs_and_the_feed_as_what_to_subscribe_to(tmp_path: Path) -> None:
    hubs = "['https://hub.example/?a=1', 'https://push.example']"
    config = config_of(tmp_path, feeds=f", hub: {hubs}, aliases: {{feed.xml: all.atom}}")
    publish_files(
        tmp_path / "feeds", [("all.atom", b"<feed/>"), ("feed.xml", b"<feed/>"), ("all.2026-10.atom", b"<feed/>")]
    )
    with serving(config) as server:
        links = {server.ask(f"/feeds/{name}").header("Link") for name in ("all.atom", "feed.xml")}
        assert links == {
            '<https://hub.example/?a=1>; rel="hub", <https://push.example/>; rel="hub",'
            ' <https://example.org/feeds/all.atom>; rel="self"'
        }
        assert server.ask("/feeds/feed.xml", "OPTIONS").header("Link") is None
        assert server.ask("/feeds/all.2026-10.atom").header("Link") is None, "of an archive document no hub tells"


def test_the_tag_is_of_the_bytes(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    place = tmp_path / "feeds" / "all.rss"
    with serving(config) as server:
        publish_file(place.parent, "all.rss", b"<rss>one</rss>")
        first = server.ask("/feeds/all.rss").header("ETag")
        # Written anew, at another time, by a restore or a checkout: readers need not fetch it again.
        place.unlink()
        publish_file(place.parent, "all.rss", b"<rss>one</rss>")
        os.utime(place, (1, 1))
        assert server.ask("/feeds/all.rss", if_none_match=first or "").status == 304
        publish_file(place.parent, "all.rss", b"<rss>two</rss>")
        os.utime(place, (1, 1))
        assert server.ask("/feeds/all.rss", if_none_match=first or "").body == b"<rss>two</rss>"


def coarse(descriptor: int) -> os.stat_result:
    """What a file system tells whose clock ticks once a second."""
    fields = [*os.fstat(descriptor)][:10]
    fields[1] = 1  # the inode of a file that is gone may be the next one's
    return os.stat_result(fields)


def test_a_file_that_changes_within_a_tick_of_the_clock_is_another(tmp_path: Path) -> None:
    """The stamp stays the same where a file system's clock has not moved on; so that of a young file proves nothing."""
    files = FeedFiles(tmp_path, SystemClock(), fstat=coarse)
    tags = set()
    for number in range(50):
        publish_file(tmp_path, "all.rss", f"<rss>{number:03}</rss>".encode())
        opened = files.open(("all.rss",), gzip=False)
        assert opened is not None
        opened.close()
        tags.add(opened.etag)
        # A reader that knows no tags would keep the earlier one, for as long as nothing changes in another second.
        assert opened.modified_at is None
    assert len(tags) == 50


def test_the_time_is_told_once_the_file_has_settled(tmp_path: Path) -> None:
    publish_file(tmp_path / "feeds", "all.rss", b"<rss/>")
    clock = Later(0)
    with serving(config_of(tmp_path), clock) as server:
        assert server.ask("/feeds/all.rss").header("Last-Modified") is None
        clock.step(3)
        told = server.ask("/feeds/all.rss").header("Last-Modified")
        assert told is not None
        assert server.ask("/feeds/all.rss", if_modified_since=told).status == 304
        assert server.ask("/feeds/all.rss", if_modified_since=told, if_none_match='"other"').status == 200


def test_a_gz_of_other_bytes_is_not_sent(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    data = b"<rss>now</rss>"
    with serving(config_of(tmp_path)) as server:
        for packed in (
            gzipped(b"<rss>old</rss>"),
            gzipped(data)[:-1],
            b"",
            gzipped(data) + b"\0",
            b"<rss>now</rss>" * 9,
        ):
            publish_files(feeds, [("all.rss", data), ("all.rss.gz", packed)])
            answer = server.ask("/feeds/all.rss", accept_encoding="gzip")
            assert (answer.header("Content-Encoding"), answer.body) == (None, data)
            assert answer.header("Vary") == "Accept-Encoding"
        publish_files(feeds, [("all.rss", data), ("all.rss.gz", gzipped(data))])
        answer = server.ask("/feeds/all.rss", accept_encoding="gzip")
        assert (answer.header("Content-Encoding"), gzip.decompress(answer.body)) == ("gzip", data)
        # A link is followed no more here than elsewhere.
        (feeds / "all.rss.gz").rename(feeds / "kept")
        (feeds / "all.rss.gz").symlink_to("kept")
        assert server.ask("/feeds/all.rss", accept_encoding="gzip").header("Content-Encoding") is None


def test_each_form_has_a_tag_of_its_own_and_is_asked_for_by_it(server: Server) -> None:
    plain, packed = (server.ask("/feeds/all.rss", accept_encoding=one) for one in ("gzip;q=0", "gzip"))
    tags = [one.header("ETag") or "" for one in (plain, packed)]
    assert tags[0] != tags[1]
    for tag, form, code in ((tags[0], "gzip;q=0", 304), (tags[0], "gzip", 200), (tags[1], "gzip", 304)):
        assert server.ask("/feeds/all.rss", accept_encoding=form, if_none_match=tag).status == code
    assert server.ask("/feeds/all.rss", accept_encoding="gzip", if_none_match=f"W/{tags[1]}").status == 304


def test_a_304_says_what_the_file_would_have_said(server: Server) -> None:
    first = server.ask("/feeds/all.rss")
    again = server.ask("/feeds/all.rss", if_none_match="*")
    assert (again.status, again.body, again.header("Content-Length")) == (304, b"", None)
    for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy", "Access-Control-Allow-Origin"):
        assert again.header(name) == first.header(name) is not None


def test_a_head_reads_no_body_of_a_file_that_is_known(server: Server) -> None:
    head = asked_raw(server, "/feeds/all.rss", "HEAD")
    assert head.endswith(b"\r\n\r\n")
    assert b"content-length: 1000\r\n" in head


# Clients that are slow, greedy or confused.


def test_headers_have_a_bound(server: Server) -> None:
    fits = b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: %s\r\n\r\n"
    assert sent(server, fits % (b"x" * (MOST_HEADER_BYTES // 2))).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        # Not at its end yet, and longer than any may be.
        connection.sendall(b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\nX: " + b"y" * MOST_HEADER_BYTES)
        assert connection.recv(13) == b"HTTP/1.1 400 "


def closed_after(connection: socket.socket) -> bool:
    """True where the server closes or cuts the connection."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /feeds/all.rss HT",
        b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\n\r\nGET /fe",
        b"POST /feeds/all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_who_does_not_finish_a_request_is_not_waited_for(tmp_path: Path, begun: bytes) -> None:
    publish_file(tmp_path / "feeds", "all.rss", b"<rss/>")
    with serving(config_of(tmp_path), patience_s=0.1) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(begun)
            assert closed_after(connection)


def test_who_takes_no_answer_is_not_waited_for(tmp_path: Path) -> None:
    publish_file(tmp_path / "feeds", "all.rss", b"x" * 20_000_000)
    with serving(config_of(tmp_path), send_within_s=0.2) as server:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            connection.settimeout(60)
            connection.sendall(b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\n\r\n")
            start = connection.recv(17)
            # Others are answered meanwhile, and the file is not kept open for who does not read.
            assert server.ask("/healthz").status == 200
            deadline = time.monotonic() + 30
            place = os.path.realpath(tmp_path / "feeds" / "all.rss")
            while place in open_files() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert place not in open_files()
            assert start.startswith(b"HTTP/1.1 200 ")
            assert closed_after(connection)


def test_connections_have_a_bound_and_those_within_it_are_served(tmp_path: Path) -> None:
    publish_file(tmp_path / "feeds", "all.rss", b"<rss/>")
    request = b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(config_of(tmp_path), most_connections=2) as server, ExitStack() as stack:
        first, second, third = (
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60)) for _ in range(3)
        )
        assert closed_after(third)
        for connection in (first, second):
            connection.sendall(request)
            assert connection.recv(12) == b"HTTP/1.1 200"


def open_files() -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except OSError:
            continue  # closed meanwhile
    return found


def test_no_answer_leaves_a_descriptor_open(server: Server) -> None:
    def ask_all() -> list[Answer]:
        etag = server.ask("/feeds/all.rss").header("ETag") or ""
        return [
            server.ask("/feeds/all.rss", accept_encoding="gzip"),
            server.ask("/feeds/all.rss", if_none_match=etag),
            server.ask("/feeds/all.rss", "HEAD"),
            server.ask("/feeds/all.rss", "OPTIONS"),
            server.ask("/feeds/none.rss"),
            server.ask("/feeds/folder.rss"),
            server.ask("/feeds/pipe.rss"),
            server.ask("/feeds/deep/none.rss"),
        ]

    ask_all()
    inside = [name for name in open_files() if str(server.folder) in name]
    assert [one.status for one in ask_all()] == [200, 304, 200, 204, 404, 404, 404, 404]
    assert [name for name in open_files() if str(server.folder) in name] == inside == []


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /feeds/all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /f\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_the_connection(server: Server, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(nonsense)
        connection.shutdown(socket.SHUT_WR)
        assert closed_after(connection)
    assert server.ask("/healthz").status == 200
