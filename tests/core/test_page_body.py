"""Bytes become text as a browser would read them, within bounds."""

import codecs
import gzip
import zlib

import pytest

from feedbot.core.page import read_page
from feedbot.core.page_body import MAX_BYTES, decoded, media_type, plain_bytes

URL = "https://example.org/story"


def title_of(body, content_type="text/html", **headers):
    return read_page(URL, 200, {"content-type": content_type, **headers}, body).title


def declared(title, label):
    return (
        f'<!doctype html><html><head><meta charset="{label}"><title>{title}</title></head><body>{title}</body></html>'
    )


TITLES = [
    ("Ärger über Größe", ["iso-8859-1", "ISO-8859-15", "windows-1252", "latin1", "utf-8", "macintosh"]),
    ("Żółć i łąka", ["iso-8859-2", "windows-1250", "utf-8"]),
    ("Новости дня", ["windows-1251", "koi8-r", "iso-8859-5", "utf-8", "ibm866"]),
    ("Новини та їжа", ["windows-1251", "koi8-u"]),
    ("Ειδήσεις", ["iso-8859-7", "windows-1253"]),
    ("Günün haberleri", ["iso-8859-9", "windows-1254"]),
    ("שלום עולם", ["windows-1255", "iso-8859-8"]),
    ("أخبار اليوم", ["windows-1256", "iso-8859-6"]),
    ("ข่าววันนี้", ["tis-620", "windows-874", "iso-8859-11"]),
    ("今日のニュース", ["shift_jis", "Shift-JIS", "x-sjis", "euc-jp", "iso-2022-jp", "utf-8"]),
    ("①髙橋～", ["shift_jis"]),
    ("今天的新闻", ["gb2312", "gbk", "gb18030", "GB_2312-80"]),
    ("镕", ["gb2312"]),
    ("今天的新聞", ["big5", "big5-hkscs"]),
    ("오늘의 뉴스", ["euc-kr", "ks_c_5601-1987", "utf-8"]),
    ("똠방각하", ["euc-kr"]),
]


def encoded(text, label):
    """As pages are encoded in truth: what the Encoding standard makes of the label."""
    as_browsers = {"shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "gb2312": "gbk", "gb_2312-80": "gbk"}
    as_browsers |= {"euc-kr": "cp949", "ks_c_5601-1987": "cp949", "big5-hkscs": "big5hkscs", "iso-8859-11": "cp874"}
    as_browsers |= {"windows-874": "cp874", "tis-620": "cp874", "ibm866": "cp866", "macintosh": "mac-roman"}
    return text.encode(as_browsers.get(label.lower(), label))


@pytest.mark.parametrize(("title", "label"), [(title, label) for title, labels in TITLES for label in labels])
def test_a_title_is_right_in_the_declared_encoding(title, label):
    plain = f"<html><head><title>{title}</title></head><body>{title}"
    assert title_of(encoded(declared(title, label), label)) == title
    assert title_of(encoded(plain, label), f"text/html; charset={label}") == title
    assert title_of(encoded(plain, label), f"text/html;charset='{label}'") == title
    equiv = f"<meta http-equiv=Content-Type content='text/html; charset={label}'><title>{title}</title>"
    assert title_of(encoded(equiv, label)) == title


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_beats_every_declaration(codec):
    body = declared("Größe", "windows-1251").encode(codec)
    assert title_of(body, "text/html; charset=iso-8859-7") == "Größe"


def test_the_header_beats_the_page():
    assert title_of(declared("Größe", "windows-1251").encode(), "text/html; charset=utf-8") == "Größe"


def test_xml_declares_its_encoding_as_well():
    body = '<?xml version="1.0" encoding="iso-8859-1"?><html><title>Größe</title></html>'.encode("latin-1")
    assert title_of(body, "application/xhtml+xml") == "Größe"


def test_a_declaration_of_utf_16_that_can_be_read_is_wrong():
    assert title_of(declared("Größe", "utf-16").encode()) == "Größe"


@pytest.mark.parametrize(
    "label", ["utf-7", "base64", "rot13", "hex", "idna", "unicode_escape", "no such", "x" * 500, "é"]
)
def test_what_the_standard_does_not_know_as_an_encoding_is_not_used(label):
    assert title_of(declared("Größe +AGE-", label).encode(), f"text/html; charset={label}") == "Größe +AGE-"


def test_undeclared_text_is_utf_8_and_else_windows_1252():
    assert title_of("<title>Größe “x”</title>".encode()) == "Größe “x”"
    assert title_of("<title>Größe “x”</title>".encode("cp1252")) == "Größe “x”"


def test_a_few_bad_bytes_do_not_spoil_the_rest():
    assert title_of("<title>Größe über alles</title>".encode() + b"\xe2\x80") == "Größe über alles"
    assert title_of("<title>Größe".encode() + b"\xff" + " über</title>".encode()) == "Größe\ufffd über"


@pytest.mark.parametrize("label", ["utf-8", "shift_jis", "gb18030", "euc-jp", "iso-2022-jp", "utf-16-le"])
def test_a_body_may_be_cut_anywhere(label):
    body = encoded(declared("今日の話", "utf-8" if label == "utf-16-le" else label), label)
    for end in range(len(body)):
        signals = read_page(URL, 200, {"content-type": f"text/html; charset={label}"}, body[:end])
        assert "今日の話".startswith(signals.title.rstrip("\ufffd").partition("<")[0])


def test_only_the_first_64_kb_are_read():
    late = b"<title>first</title>" + b" " * MAX_BYTES + b"<h1>late</h1>"
    assert read_page(URL, 200, {"content-type": "text/html"}, late).h1 == ""


# Content codings that nobody asked for.


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("identity", bytes),
    ],
)
def test_a_coding_is_undone(coding, encode):
    body = encode(b"<title>Story</title>" + b"<p>some text</p>" * 100)
    assert title_of(body, **{"content-encoding": coding}) == "Story"


def test_a_coded_body_may_be_cut():
    body = gzip.compress(b"<title>Story</title>" + bytes(range(256)) * 500)
    assert title_of(body[: len(body) // 2], **{"content-encoding": "gzip"}) == "Story"


def test_a_bomb_is_inflated_no_further_than_64_kb():
    bomb = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    headers = {"content-encoding": "gzip"}
    assert len(plain_bytes(headers, gzip.compress(b"\0" * 50_000_000))) == MAX_BYTES
    assert len(plain_bytes(headers, bomb)) <= MAX_BYTES


def test_a_body_that_is_not_coded_as_it_says_is_taken_as_it_comes():
    assert title_of(b"<title>Story</title>", **{"content-encoding": "gzip"}) == "Story"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "aes128gcm"])
def test_another_coding_is_not_read_and_nothing_is_said_of_the_page(coding):
    signals = read_page(
        URL, 200, {"content-type": "text/html", "content-encoding": coding}, b"\x0b\x02\x80<title>x</title>"
    )
    assert (signals.media, signals.title, signals.is_empty, signals.fingerprint) == ("text/html", "", False, None)


# Media types.


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("text/html", "text/html"),
        ("Text/HTML; Charset=UTF-8", "text/html"),
        (" text/html ;x=y", "text/html"),
        ("application/xhtml+xml", "application/xhtml+xml"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/plain", "text/plain"),
        ("html", "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("application/unknown", "text/html"),
        ("unknown/unknown", "text/html"),
        ("text /html", "text/html"),
    ],
)
def test_the_media_type_is_as_said_and_else_as_the_first_bytes_show(content_type, media):
    assert media_type({"content-type": content_type}, b"<!DOCTYPE html><title>x</title>") == media


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"<!DOCTYPE HTML>", "text/html"),
        (b" \r\n\t<html >", "text/html"),
        (b"<!-- x -->", "text/html"),
        (b"<p>x", "text/html"),
        (b"<script>", "text/html"),
        (b"<?xml version='1.0'?><rss>", "text/xml"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"GIF89a\1", "image/gif"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP", "image/webp"),
        (b"PK\x03\x04", "application/zip"),
        (b"<pre>", ""),
        (b"<html", ""),
        (b"{}", ""),
        (b"plain words", ""),
        (b"", ""),
        (codecs.BOM_UTF8 + b"<html>", "text/html"),
    ],
)
def test_the_first_bytes_show_what_a_body_is(body, media):
    assert media_type({}, body) == media


def test_text_is_decoded_within_the_time_of_its_length():
    assert decoded({}, b"<meta charset " * 4_000).startswith("<meta charset <meta")
