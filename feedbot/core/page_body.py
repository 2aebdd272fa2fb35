"""The bytes of an answer as text: media type, content coding, character encoding. Everything is bounded.

Rules: media types and their sniffing by the WHATWG MIME Sniffing standard, encodings by the WHATWG
Encoding and HTML standards, content codings by RFC 9110, section 8.4.
"""

import codecs
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache

MAX_BYTES = 65_536
"""What is read of a page, before and after a content coding is undone."""

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

_MEDIA = re.compile(r"[\t\n\r ]*([!#$%&'*+.^_`|~0-9a-z-]{1,80}/[!#$%&'*+.^_`|~0-9a-z-]{1,80})[\t\n\r ]*(?:;|$)")
_CHARSET = re.compile(r"charset[\t\n\f\r ]*=[\t\n\f\r ]*[\"']?([^\"'\s;,]{1,40})", re.IGNORECASE)
# The HTML standard looks for a declaration in the first 1,024 bytes only; browsers go on a little, and so does this.
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,400}?charset[\t\n\f\r ]*=[\t\n\f\r ]*[\"']?([^\"'\s;,/>]{1,40})", re.IGNORECASE
)
_XML_ENCODING = re.compile(rb"<\?xml[^<>]{0,100}?encoding[\t\n\r ]*=[\t\n\r ]*[\"']([^\"'\s>]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 4096

# Types that say nothing (MIME Sniffing, 5.1).
_UNKNOWN = frozenset({"unknown/unknown", "application/unknown", "*/*"})

# MIME Sniffing, 7.1: a tag that begins the resource, followed by a space or ">".
_HTML_START = re.compile(
    rb"[\t\n\f\r ]{0,1024}(?:<!--|<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b"
    rb"|body|br|p)[ >])",
    re.IGNORECASE,
)
_OTHER_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
)

_NOT_ASCII = bytes(range(128, 256))

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))

# Where the Encoding standard reads a label otherwise than Python does: a superset, most often.
_LABELS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "korean": "cp949",
    "windows-949": "cp949",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
}
# What the standard knows. Python knows more, of which some is no text (base64) and some is a danger (utf-7).
_KNOWN = frozenset(
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp866", "cp874"]
    + ["koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "iso2022_jp", "iso8859-16", "hz"]
    + [f"cp125{n}" for n in range(9)]
    + [f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15)]
)


def media_type(headers: Mapping[str, str], body: bytes) -> str:
    """The media type in lower case: as the header says, else as the first bytes show, else empty.

    A picture is one even where it is called HTML: browsers show it where a picture should be.
    """
    said = _MEDIA.match(headers.get("content-type", "").lower())
    begun = _begun_as(body)
    if said is not None and said[1] in HTML_TYPES and begun.startswith("image/"):
        return begun
    if said is not None and said[1] not in _UNKNOWN:
        return said[1]
    body = body.removeprefix(codecs.BOM_UTF8)
    if _HTML_START.match(body):
        return "text/html"
    if body.lstrip(b"\t\n\f\r ").startswith(b"<?xml"):
        return "text/xml"
    return begun


def _begun_as(body: bytes) -> str:
    """What the first bytes are the mark of; empty where they are none's."""
    if body.startswith(b"RIFF") and body[8:14] == b"WEBPVP":
        return "image/webp"
    return next((media for start, media in _OTHER_STARTS if body.startswith(start)), "")


def plain_bytes(headers: Mapping[str, str], body: bytes) -> bytes | None:
    """The first 64 kB of a body whose content coding is undone; None where the coding is not read.

    gzip and deflate are read, as far as they go, though nobody asked for them; a body that is
    declared so and is not is taken as it comes.
    """
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return body[:MAX_BYTES]
    if coding not in ("gzip", "x-gzip", "deflate"):
        return None
    # Window bits: 47 takes a gzip or a zlib wrapper, -15 the bare deflate that some servers send.
    for window_bits in (47, -15) if coding == "deflate" else (47,):
        try:
            return zlib.decompressobj(window_bits).decompress(body[:MAX_BYTES], MAX_BYTES)
        except zlib.error:
            continue
    return body[:MAX_BYTES] if b"<" in body[:1024] else None


def decoded(headers: Mapping[str, str], body: bytes) -> str:
    """The text of a page: by its byte-order mark, the header's charset, its own declaration, else UTF-8.

    What declares nothing and is hardly UTF-8 is read as windows-1252, as browsers do. What an
    encoding cannot read becomes U+FFFD.
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, "replace")
    said = _CHARSET.search(headers.get("content-type", "")[:500])
    codec_said = _codec(said[1]) if said is not None else None
    if codec_said is not None:
        return body.decode(codec_said, "replace")
    head = body[:_DECLARED_WITHIN]
    declared = _META_CHARSET.search(head) or _XML_ENCODING.match(head)
    codec_said = _codec(declared[1].decode("ascii", "replace")) if declared is not None else None
    if codec_said is not None:
        # A page whose declaration could be read in ASCII is not in UTF-16, whatever it says.
        return body.decode("utf-8" if codec_said.startswith("utf-16") else codec_said, "replace")
    return _undeclared(body)


def _undeclared(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    unread = text.count("\ufffd")
    if unread == 0:
        return text
    # A few bad bytes in UTF-8 (a teaser cut in the middle of a letter) are no reason to misread the rest.
    read = len(text) - unread - len(body.translate(None, _NOT_ASCII))
    return text if read >= unread else body.decode("cp1252", "replace")


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    """Python's codec for an encoding label; None where the Encoding standard knows no such label."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
    except (LookupError, ValueError):
        return None
    return name if name in _KNOWN else None
