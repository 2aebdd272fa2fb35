"""An article without the links that were taken down, as if its file had never held them."""

from collections.abc import Iterable

from msgspec.structs import replace

from feedbot.articles.body import without_links
from feedbot.core.article import Article, Image, Related
from feedbot.core.forgotten import Forgotten
from feedbot.core.url import canonical_url


def leave_out(article: Article, forgotten: Forgotten) -> Article:
    """The article without what leads to a forgotten URL; equal to what it was where nothing does.

    A related article whose source is forgotten goes whole, with its title; of a link in the body the words stay.
    The article's own source is not looked at.
    """
    if not forgotten:
        return article
    gone = [
        number for number, related in enumerate(article.related, start=1) if _is_gone(related.source_url, forgotten)
    ]
    links = tuple(
        replace(link, item=link.item - sum(number < link.item for number in gone))
        for link in article.links
        if link.url not in forgotten and link.item not in gone
    )
    return replace(
        article,
        amp_url=_kept(article.amp_url, forgotten),
        cdn_amp_url=_kept(article.cdn_amp_url, forgotten),
        images=_pictures(article.images, forgotten),
        related=tuple(
            _related(one, forgotten) for number, one in enumerate(article.related, start=1) if number not in gone
        ),
        body_html=without_links(article.body_html, lambda url: _is_gone(url, forgotten)),
        links=links,
    )


def _related(related: Related, forgotten: Forgotten) -> Related:
    return replace(
        related,
        amp_url=_kept(related.amp_url, forgotten),
        cdn_amp_url=_kept(related.cdn_amp_url, forgotten),
        images=_pictures(related.images, forgotten),
    )


def _pictures(images: Iterable[Image], forgotten: Forgotten) -> tuple[Image, ...]:
    return tuple(image for image in images if not _is_gone(image.url, forgotten))


def _kept(url: str | None, forgotten: Forgotten) -> str | None:
    return None if _is_gone(url, forgotten) else url


def _is_gone(url: str | None, forgotten: Forgotten) -> bool:
    return url is not None and canonical_url(url) in forgotten
