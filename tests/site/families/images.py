"""Pictures of articles."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, front_page, notice, shell
from tests.site.server import Reply, Script

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(range(256)) * 300 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(2000)
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(3000)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><title>Not found</title><path d="M0 0h9"/></svg>'


def _picture(url: str, expect: VerdictKind, why: str, script: Script, **also: Script) -> Case:
    living = expect in {VerdictKind.ALIVE, VerdictKind.MOVED}
    return Case(url, expect, why, {url: script, **also}, living=living, role="image")


def _pictures() -> Iterator[Case]:
    rows = (
        ("https://pictures-a.test/bridge.jpg", "image/jpeg", JPEG, "a JPEG"),
        ("https://pictures-b.test/bridge.png", "image/png", PNG, "a PNG"),
        ("https://pictures-c.test/pixel.gif", "image/gif", GIF, "a GIF of one pixel"),
        ("https://pictures-d.test/bridge.webp", "image/webp", WEBP, "a WebP"),
        ("https://pictures-e.test/map.svg", "image/svg+xml", SVG, "an SVG whose title says not found"),
        ("https://pictures-f.test/bridge.jpg", "application/octet-stream", JPEG, "a JPEG called octet-stream"),
        ("https://pictures-g.test/bridge.jpg", "binary/octet-stream", JPEG, "a JPEG called binary, as a bucket does"),
        (
            "https://pictures-h.test/render?w=900&id=41",
            "image/avif",
            b"\x00\x00\x00\x1cftypavif" + bytes(900),
            "an AVIF made on demand",
        ),
    )
    for url, content_type, body, why in rows:
        yield _picture(url, VerdictKind.ALIVE, why, Reply(200, body, content_type))
    yield _picture(
        "https://pictures-i.test/bridge.jpg",
        VerdictKind.ALIVE,
        "a JPEG called text/html",
        Reply(200, JPEG, "text/html"),
    )
    yield _picture(
        "https://pictures-j.test/bridge.jpg", VerdictKind.ALIVE, "a JPEG without a type", Reply(200, JPEG, None)
    )
    yield _picture(
        "https://pictures-k.test/bridge.jpg",
        VerdictKind.ALIVE,
        "for now to a network of another name that keeps pictures",
        to(302, "https://picture-cdn.test/k/bridge.jpg"),
        **{"https://picture-cdn.test/k/bridge.jpg": Reply(200, JPEG, "image/jpeg")},
    )
    yield _picture(
        "https://pictures-l.test/bridge.jpg",
        VerdictKind.MOVED,
        "for good to a network of another name that keeps pictures",
        to(301, "https://picture-cdn.test/l/bridge.jpg"),
        **{"https://picture-cdn.test/l/bridge.jpg": Reply(200, JPEG, "image/jpeg")},
    )


def _no_pictures() -> Iterator[Case]:
    def html(name: str, expect: VerdictKind, why: str, script: Script, **also: Script) -> Case:
        return _picture(f"https://{name}.test/img/bridge.jpg", expect, why, script, **also)

    soft = Reply(200, notice("Page not found", "Page not found", "No such page."))
    dead = VerdictKind.SOFT_DEAD
    yield html(
        "unpictured-soft", dead, "a soft error in place of a picture", soft, **{"https://unpictured-soft.test/*": soft}
    )
    front = Reply(200, front_page("Unpictured"))
    yield html(
        "unpictured-front",
        dead,
        "the front page in place of a picture",
        front,
        **{"https://unpictured-front.test/*": front},
    )
    app = Reply(200, shell("Unpictured"))
    yield html(
        "unpictured-app",
        dead,
        "an application’s shell in place of a picture",
        app,
        **{"https://unpictured-app.test/*": app},
    )
    yield html("unpictured-story", dead, "a story in place of a picture", Reply(200, article("The bridge")))
    yield html(
        "unpictured-root",
        dead,
        "the front page by redirect in place of a picture",
        to(302, "/"),
        **{
            "https://unpictured-root.test/*": to(302, "/"),
            "https://unpictured-root.test/": Reply(200, front_page("Unpictured")),
        },
    )
    yield _picture(
        "https://unpictured-404.test/img/bridge.jpg", VerdictKind.MISSING, "404", Reply(404, b"", "image/jpeg")
    )
    yield _picture(
        "https://unpictured-hotlink.test/img/bridge.jpg",
        VerdictKind.BLOCKED,
        "403 to those who show it elsewhere",
        Reply(403, b"Hotlinking is not allowed", "text/plain"),
    )


FAMILIES: tuple[Family, ...] = (
    family("pictures", "images in every format and under every label", _pictures()),
    family("no pictures", "image links that answer something else", _no_pictures()),
)
