"""The HTML of an entry: lead image, excerpt, body, note, related links; no markup but feedbot's and the clean body."""

import re
from html import escape

from feedbot.core.article import Image
from feedbot.core.feed import Entry, RelatedLink
from feedbot.publish.xml_text import xml_line, xml_text

# Also no character that XML forbids: a URL cannot be mended by leaving some of it out.
_LEGAL = r"[^\s<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_WEB_URL = re.compile(rf"https?://(?![/\\?#:@]){_LEGAL}+", re.IGNORECASE)  # a host comes first


def is_web_url(url: str) -> bool:
    """True where a link or an image may point there: http or https, whole, without spaces or markup."""
    return _WEB_URL.fullmatch(url) is not None


def content_html(entry: Entry, lead_image: bool) -> str:
    """The entry as HTML that may stand in any page; empty where the article has nothing but a title.

    `entry.body_html` is taken as it is: it was sanitised where the article was read. Everything
    else is escaped, and only http and https URLs become links or images.
    """
    parts = []
    if lead_image:
        parts += [_image_html(image) for image in web_images(entry)[:1]]
    if excerpt := xml_text(entry.excerpt).strip():
        parts.append(f"<p>{escape(excerpt)}</p>")
    if body := xml_text(entry.body_html).strip():
        parts.append(body)
    if note := xml_line(entry.note):
        parts.append(f"<p><em>{escape(note)}</em></p>")
    if related := web_related(entry):
        items = "".join(f'<li><a href="{escape(r.url)}">{escape(related_title(r))}</a></li>' for r in related)
        parts.append(f"<p>Related</p>\n<ul>{items}</ul>")
    return "\n".join(parts)


def web_images(entry: Entry) -> list[Image]:
    """The entry's images with a web address, each address once; the first is the lead image."""
    unique: dict[str, Image] = {}
    for image in entry.images:
        if is_web_url(image.url):
            unique.setdefault(image.url, image)
    return list(unique.values())


def web_related(entry: Entry) -> list[RelatedLink]:
    """The entry's related links with a web address."""
    return [related for related in entry.related if is_web_url(related.url)]


def related_title(related: RelatedLink) -> str:
    """What a related link is called; its address where it has no title."""
    return xml_line(related.title) or related.url


def _image_html(image: Image) -> str:
    size = "".join(
        f' {name}="{pixels}"' for name, pixels in (("width", image.width), ("height", image.height)) if pixels
    )
    return f'<p><img src="{escape(image.url)}" alt="{escape(xml_line(image.title))}"{size}></p>'
