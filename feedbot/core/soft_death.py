"""Pages that answer with success and are not there all the same: what speaks for it, and when it is enough."""

from dataclasses import dataclass

from feedbot.core.context import Context, Sibling
from feedbot.core.observation import Exchange, Observation
from feedbot.core.page import PageSignals, alike, carries_title, is_front_page, not_found_url
from feedbot.core.page_body import HTML_TYPES
from feedbot.core.page_words import folded

ENOUGH = 2
"""So many signs make a page soft-dead; one that leaves no doubt counts for two."""

_NOT_THERE = frozenset({404, 410})
# Of a notice, with what a site has around it.
_FEW_WORDS = 300


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that speaks for soft death, in words; `weight` is 2 where it leaves no doubt."""

    text: str
    weight: int = 1


def signs(observation: Observation, final: Exchange, context: Context) -> tuple[Sign, ...]:
    """What speaks for soft death in an answer of success; `final` is the exchange that decided."""
    page, sibling = final.signals, context.sibling
    found = [*_signs_of_redirect(observation, final)]
    if page is None:
        return tuple(found)
    found += _signs_of_page(page, final.url, context)
    if sibling is not None and _is_same(page, final, sibling):
        found.append(Sign("a made-up address beside it shows the same page"))
    return tuple(found)


def weight(found: tuple[Sign, ...]) -> int:
    """What the signs weigh together."""
    return sum(sign.weight for sign in found)


def wants_sibling(observation: Observation, context: Context) -> bool:
    """True where what a made-up address beside an answered target says would decide."""
    final = observation.exchanges[-1]
    page = final.signals
    if context.sibling is not None or page is None or context.is_cache:
        return False
    found = weight(signs(observation, final, context))
    return 0 < found < ENOUGH or (page.parked is not None and not found)


def is_wildcard(final: Exchange, context: Context) -> bool:
    """True where a made-up address beside the page shows the same page as the page itself."""
    sibling = context.sibling
    return sibling is not None and final.signals is not None and _is_same(final.signals, final, sibling)


def _signs_of_redirect(observation: Observation, final: Exchange) -> list[Sign]:
    if final.hop == 0 or final.url == observation.url:
        return []
    if not_found_url(final.url) and not not_found_url(observation.url):
        return [Sign(f"leads to {final.url}, an address that says not found", weight=ENOUGH)]
    if is_front_page(final.url) and not is_front_page(observation.url):
        return [Sign("leads to the front page of the site")]
    return []


def _signs_of_page(page: PageSignals, url: str, context: Context) -> list[Sign]:
    found = []
    if page.not_found is not None:
        if page.words <= _FEW_WORDS and _says_it_twice(page) and _is_another(page, context):
            found.append(Sign(f"{page.not_found}, in its title and its h1 alike", weight=ENOUGH))
        else:
            found.append(Sign(page.not_found))
    if page.canonical and is_front_page(page.canonical) and not is_front_page(url) and _is_another(page, context):
        found.append(Sign("the page calls itself the front page of the site"))
    if page.default_page is not None:
        found.append(Sign(f"{page.default_page}, as a server's own page does where no site is"))
    if page.is_empty and not page.is_app and not page.title:
        found.append(Sign("the page is empty"))
    if page.refresh is not None and is_front_page(page.refresh) and not is_front_page(url):
        found.append(Sign("the page sends on to the front page of the site"))
    if context.is_image and page.media in HTML_TYPES:
        # Whatever it says, it cannot be shown as a picture.
        found.append(Sign("a page of HTML where a picture should be", weight=ENOUGH))
    return found


def _is_another(page: PageSignals, context: Context) -> bool:
    """True where the page is known not to be the article's: it carries none of the titles that it should."""
    return bool(context.titles) and not any(carries_title(page, title) for title in context.titles)


def _says_it_twice(page: PageSignals) -> bool:
    """True where title and h1 say the same; what they say is not-found wording then."""
    heading = folded(page.h1)
    return bool(heading) and heading in folded(page.title)


def _is_same(page: PageSignals, final: Exchange, sibling: Sibling) -> bool:
    """True where a made-up address beside the page shows the same page, which a site of one shell does by design."""
    if sibling.status is None or sibling.status in _NOT_THERE or sibling.signals is None or page.is_app:
        return False
    if final.hop > 0 and sibling.final_url == final.url:
        return True
    return sibling.status == final.status and alike(page, sibling.signals)
