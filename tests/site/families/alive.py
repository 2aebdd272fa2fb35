"""Links that live, whatever their servers do on the way to saying so."""

import zlib
from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.pages import article
from tests.site.server import Asked, Raw, Reply, Script, chunked, head, turns

ALIVE = VerdictKind.ALIVE


def _lives(url: str, title: str, why: str, script: Script, expect: VerdictKind = ALIVE) -> Case:
    return Case(url=url, expect=expect, why=why, answers={url: script}, titles=(title,), living=True)


def _story(title: str) -> Reply:
    return Reply(200, article(title))


def _head_is_broken() -> Iterator[Case]:
    rows = (
        (
            "https://gull-courier.test/2024/05/bridge",
            Reply(405, headers=(("Allow", "GET"),)),
            "405, as Django views do",
        ),
        ("http://tinyserve.test/notes/ferry.html", Reply(501), "501, as small servers without do_HEAD"),
        ("https://upland-mail.test/a/1024", Reply(404), "404, as routers that know GET only"),
        ("https://bastion-news.test/article/77", Reply(403), "403 by a firewall rule against HEAD"),
        ("https://oldforge.test/story.jsp?id=9", Reply(500), "500, a handler that expects to write a body"),
        ("https://strict-api.test/docs/start", Reply(400), "400 by a gateway that validates methods"),
        ("https://lockgate.test/read/me", Reply(401), "401 to every method but GET"),
        ("https://crowded.test/today", Reply(429), "429 for HEAD alone, which robots send"),
        ("https://halfway.test/essay", Reply(503), "503, where only GET is routed to a back end that lives"),
        ("https://slamdoor.test/columns/12", Raw(end="reset"), "a reset by a middlebox"),
        ("https://quiet-hall.test/minutes", Raw(end="silence"), "silence: the server waits for a body to send"),
        ("https://hangup.test/letters/3", Raw(end="close"), "a connection that is closed without a word"),
        ("https://curt.test/letters/4", Raw(end="cut"), "a connection that is cut without TLS's goodbye"),
        ("https://mumble.test/essays/4", Raw((b"garbage\r\n\r\n",)), "garbage in place of a status line"),
        ("https://detour.test/path/5", Reply(302, headers=(("Location", "/"),)), "a redirect to the front page"),
    )
    for number, (url, to_head, why) in enumerate(rows):
        title = f"A harbour story told {number + 2} times"
        case = _lives(url, title, f"HEAD is answered with {why}", turns(_story(title), head=to_head))
        if "detour" in url:
            case = Case(
                case.url, ALIVE, case.why, {**case.answers, "https://detour.test/": _story("Home")}, (title,), True
            )
        yield case
    title = "Bodies where none belong"
    body = article(title)
    said = head("HTTP/1.1 200 OK", (("Content-Type", "text/html"), ("Content-Length", str(len(body))))) + body
    yield _lives(
        "http://chatty-head.test/weekend",
        title,
        "HEAD is answered with the whole body, which RFC 9110 forbids",
        turns(Reply(200, body), head=Raw((said,))),
    )


def _bad_moments() -> Iterator[Case]:
    def once(url: str, why: str, *before: Reply | Raw) -> Case:
        title = f"Back in a moment: {url.partition('//')[2].partition('.')[0]}"
        return _lives(url, title, why, turns(*before, _story(title)))

    yield once("https://wobble.test/news/1", "500 once: a worker was being replaced", Reply(500))
    yield once("https://wobble-two.test/news/2", "502 twice: a deploy", Reply(502), Reply(502))
    yield once("https://gateway.test/blog/three", "504 once: a cold cache", Reply(504))
    yield once("https://edge-error.test/blog/four", "520 once: Cloudflare could not read its origin", Reply(520))
    yield once("https://backsoon.test/x", "503 once, without a time", Reply(503))
    yield once(
        "https://backsoon-timed.test/x", "503 once, with Retry-After", Reply(503, headers=(("Retry-After", "2"),))
    )
    yield once("https://ratelimit.test/p/1", "429 once, with Retry-After", Reply(429, headers=(("Retry-After", "5"),)))
    yield once("https://ratelimit-mute.test/p/1", "429 once, without a time", Reply(429))
    yield once(
        "https://ratelimit-date.test/p/1",
        "429 once, with a date for Retry-After",
        Reply(429, headers=(("Retry-After", "Sun, 01 Nov 2026 12:00:30 GMT"),)),
    )
    yield once("https://snapped.test/long-read", "a reset once: a proxy was restarted", Raw(end="reset"))
    yield once("https://dropped.test/long-read", "closed once without an answer", Raw(end="close"))
    yield once("https://dozing.test/first-visit", "silence once: a machine that wakes on demand", Raw(end="silence"))
    title = "Worth the wait"
    yield _lives(
        "https://unhurried.test/report",
        title,
        "most of a second to the first byte",
        Reply(200, article(title), after_s=0.7),
    )
    body = article("Drop by drop")
    pieces = tuple(body[at : at + 700] for at in range(0, len(body), 700))
    said = head("HTTP/1.1 200 OK", (("Content-Type", "text/html"), ("Content-Length", str(len(body)))))
    yield _lives(
        "http://trickle.test/report",
        "Drop by drop",
        "a page that comes in small pieces",
        turns(Raw((said, *pieces), "stay", 0.04), head=Raw((said,), "stay")),
    )
    title = "Busy at the other end"
    yield Case(
        "https://gosouth.test/old",
        ALIVE,
        "a redirect to a page that answers 429 once",
        {
            "https://gosouth.test/old": Reply(302, headers=(("Location", "https://gosouth.test/new"),)),
            "https://gosouth.test/new": turns(Reply(429, headers=(("Retry-After", "1"),)), _story(title)),
        },
        (title,),
        living=True,
    )


def _unusual_codes() -> Iterator[Case]:
    names = {
        201: "a framework's default for new pages",
        202: "an old mailing list archive that accepts every request",
        203: "a proxy that changed the page on its way",
        206: "a cache that answers a part although none was asked for",
        207: "a WebDAV server before a blog",
        226: "a server with delta encoding",
        299: "a code of somebody's own within 2xx",
    }
    for status, why in names.items():
        title = f"Numbers of the web, part {status}"
        yield _lives(f"https://numbers-{status}.test/essay", title, f"{status}: {why}", Reply(status, article(title)))
    title = "Nothing new under the sun"
    page = article(title)

    def by_etag(asked: Asked) -> Reply:
        known = asked.headers.get("if-none-match") == '"v7"'
        return Reply(304 if known else 200, page, headers=(("ETag", '"v7"'),))

    yield _lives("https://validators.test/essay", title, "304 to the validators of the first look", by_etag)
    title = "Early hints"
    length = ("Content-Length", str(len(article(title))))
    early = head("HTTP/1.1 103 Early Hints", (("Link", "</site.css>; rel=preload"),))
    final = head("HTTP/1.1 200 OK", (("Content-Type", "text/html"), length))
    yield _lives(
        "http://hints.test/essay",
        title,
        "103 before the answer proper",
        turns(Raw((early, final + article(title)), "stay"), head=Raw((early, final), "stay")),
    )


def _shapes() -> Iterator[Case]:
    """Bodies that are hard to read, and headers that say little of them."""
    title = "Pieces of unknown size"
    said = head("HTTP/1.1 200 OK", (("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")))
    page = article(title)
    body = chunked(page[:500], page[500:501], page[501:])
    yield _lives(
        "http://chunks.test/a", title, "a chunked body", turns(Raw((said + body,), "stay"), head=Raw((said,), "stay"))
    )
    title = "Until the line goes dead"
    plain = head("HTTP/1.0 200 OK")
    yield _lives(
        "http://http-one-o.test/a",
        title,
        "HTTP/1.0 without a length: the end of the connection is the end of the page",
        turns(Raw((plain + article(title),)), head=Raw((plain,))),
    )
    title = "Lines ended by hand"
    bare = b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: %d\nConnection: close\n\n" % len(article(title))
    yield _lives(
        "http://handmade.test/a",
        title,
        "header lines that end in LF only",
        turns(Raw((bare + article(title),)), head=Raw((bare,))),
    )
    title = "Squeezed although nobody asked"
    for name, coding, squeezed in (
        ("gzip", "gzip", _gzip(article(title))),
        ("deflate", "deflate", zlib.compress(article(title))),
        ("brotli", "br", b"\x0b\x02\x80" + bytes(range(200))),
    ):
        yield _lives(
            f"https://always-{name}.test/a",
            title,
            f"{coding} in spite of Accept-Encoding: identity",
            Reply(200, squeezed, headers=(("Content-Encoding", coding),)),
        )
    title = "A very long read"
    long_read = article(title, weight_kb=900)
    yield _lives(
        "https://longreads.test/everything",
        title,
        "close to a megabyte, of which 64 kB are read",
        Reply(200, long_read),
    )
    endless = head("HTTP/1.1 200 OK", (("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")))
    lines = tuple(b"2000\r\n%s\r\n" % (b"<li>another line of the log</li>" * 256) for _ in range(400))
    yield _lives(
        "http://live-ticker.test/log",
        "The ticker",
        "a page that never ends",
        turns(Raw((endless, *lines), "silence"), head=Raw((endless,), "stay")),
    )
    title = "Style before substance"
    heavy = "<style>" + ".a{color:red}\n" * 6000 + "</style>"
    yield _lives(
        "https://inline-styles.test/a",
        title,
        "more than 64 kB of styles before the first word",
        Reply(200, b"<!doctype html><html><head>" + heavy.encode() + article(title)),
    )
    title = "Dozens of headers"
    many = tuple((f"X-Trace-{number}", "a" * 200) for number in range(60)) + (("Set-Cookie", "id=" + "b" * 3000),)
    yield _lives("https://verbose.test/a", title, "some 15 kB of headers", Reply(200, article(title), headers=many))
    title = "Unlabelled"
    yield _lives("https://unlabelled.test/a", title, "no Content-Type", Reply(200, article(title), content_type=None))
    yield _lives(
        "https://mislabelled.test/a",
        title,
        "HTML called text/plain",
        Reply(200, article(title), content_type="text/plain"),
    )
    for name, charset, lang, words in (
        ("latin", "iso-8859-1", "de", "Die Brücke ist offen"),
        ("kyrill", "windows-1251", "ru", "Мост открыт"),
        ("shift", "shift_jis", "ja", "橋が開通した"),
        ("guobiao", "gb18030", "zh", "大桥恢复通车"),
    ):
        page = article(words, lang=lang).decode().replace("utf-8", charset).encode(charset, "xmlcharrefreplace")
        yield _lives(
            f"https://charset-{name}.test/a",
            words,
            f"a page in {charset}",
            Reply(200, page, f"text/html; charset={charset}"),
        )
    title = "Two bytes for every letter"
    yield _lives(
        "https://charset-wide.test/a",
        title,
        "UTF-16 with a mark",
        Reply(200, article(title).decode().encode("utf-16"), "text/html"),
    )
    title = "Broken markup"
    broken = f"<title>{title}</title><p>No html, no head<p><b>never closed <table><tr><td>{'words ' * 200}".encode()
    yield _lives("https://tagsoup.test/a", title, "markup from 1996", Reply(200, broken, "text/html"))
    title = "By the book"
    xhtml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
        '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml"><head>'
        f"<title>{title}</title></head><body><h1>{title}</h1><p>{'A sentence of the book. ' * 40}</p></body></html>"
    )
    yield _lives("https://xhtml.test/a", title, "XHTML as XML", Reply(200, xhtml.encode(), "application/xhtml+xml"))


def _no_pages() -> Iterator[Case]:
    """Things other than pages that articles link to."""
    rows = (
        (
            "https://ministry.test/report-2024.pdf",
            "application/pdf",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj\n" * 4000,
        ),
        ("https://ministry-disk.test/table.xlsx", "application/octet-stream", b"PK\x03\x04" + bytes(5000)),
        ("https://podcast.test/episodes/41.mp3", "audio/mpeg", b"ID3\x04" + bytes(90_000)),
        ("https://clips.test/bridge.mp4", "video/mp4", b"\x00\x00\x00\x20ftypisom" + bytes(90_000)),
        ("https://openapi.test/v1/bridges/7", "application/json", b'{"bridge": {"id": 7, "open": true}}'),
        (
            "https://feedmaker.test/feed.xml",
            "application/rss+xml",
            b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>',
        ),
        ("https://plaintext.test/rfc/rfc9110.txt", "text/plain; charset=us-ascii", b"HTTP Semantics\n" * 900),
        ("https://downloads.test/tool-1.2.tar.gz", "application/gzip", b"\x1f\x8b\x08" + bytes(5000)),
        ("https://calendar.test/town.ics", "text/calendar", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"),
        ("https://short-answer.test/status", "text/plain", b"ok"),
    )
    for url, content_type, body in rows:
        yield _lives(url, "A document to download", f"a link to {content_type}", Reply(200, body, content_type))


def _gzip(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=31)
    return squeeze.compress(body) + squeeze.flush()


FAMILIES: tuple[Family, ...] = (
    family("HEAD is broken", "GET is fine; HEAD is refused, wrong, reset or silent", _head_is_broken()),
    family("bad moments", "one bad answer, then good ones", _bad_moments()),
    family("unusual codes", "success by a rare code", _unusual_codes()),
    family("odd shapes", "bodies and headers that are hard to read", _shapes()),
    family("no pages", "documents, media, data", _no_pages()),
)
