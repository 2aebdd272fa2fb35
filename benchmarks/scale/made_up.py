"""A made-up publication's articles and what its links answer; the same numbers give the same rows.

Each article has 25 links in the roles of the real input: a source with AMP page and cache's copy, a picture, and seven
related articles with a picture and an AMP page each. Every link is a target of its own; hosts are shared by all.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from feedbot.core.article import Article, Image, Link, LinkRole, Provider, Related
from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation, Phases
from feedbot.core.page import RULES, PageSignals

LINKS = 25
RELATED = 7
TOPICS = 500
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
TEXT = (
    "the city says it will use technology to tackle crime in real time with cameras across streets while researchers"
    " warn that systems trained on narrow data fail where light and angle change and regulators ask who will answer"
)
WORDS = TEXT.split()


def words(seed: int, number: int) -> str:
    return " ".join(WORDS[(seed * 7 + step * 13 + step * step) % len(WORDS)] for step in range(number)).capitalize()


def title_of(article: int, item: int) -> str:
    return words(article * 11 + item, 9)


def article(number: int, hosts: int) -> Article:
    """An article with its links; half of the articles are younger than a year."""
    host = f"news{number % hosts}.example"
    links, line = [], 5
    published_at = FIRST + timedelta(minutes=number * 24)
    related = []
    for item in range(RELATED + 1):
        slug = f"{number}-{item}-{words(number + item, 4).replace(' ', '-').lower()}"
        site = host if item == 0 else f"news{(number * 31 + item * 977) % hosts}.example"
        source, amp = f"https://www.{site}/stories/{slug}/", f"https://www.{site}/amp/{slug}/"
        picture = f"https://img.{site}/pictures/{slug}.jpg"
        roles = (LinkRole.SOURCE, LinkRole.AMP, LinkRole.IMAGE)
        if item:
            roles = (LinkRole.RELATED_SOURCE, LinkRole.RELATED_AMP, LinkRole.RELATED_IMAGE)
            related.append(Related(title_of(number, item), source, amp, images=(Image(picture, 1050, 549),)))
        links += [
            Link(role, url, line + place, item)
            for place, (role, url) in enumerate(zip(roles, (source, amp, picture), strict=True))
        ]
        line += 9
    cache = f"https://www-{host.replace('.', '-')}.cdn.ampproject.org/c/s/www.{host}/amp/{number}/"
    links.append(Link(LinkRole.CDN_AMP, cache, 8))
    return Article(
        path=f"articles/{number:06}.md",
        title=title_of(number, 0),
        source_url=links[0].url,
        published_at=published_at,
        excerpt=words(number + 1, 40),
        provider=Provider(f"News {number % hosts}", host),
        topics=tuple(sorted({f"Topic {number * factor % TOPICS}" for factor in (1, 7, 11)})),
        images=(Image(links[2].url, 1050, 549),),
        related=tuple(related),
        links=tuple(links),
        heat=float(number % 200),
    )


def observation(number: int, url: str, title: str, role: LinkRole, look: int, at: datetime) -> Observation:
    """What one of ten looks (from 0) at target `number` sees.

    Of a hundred targets 74 are well all the time (a third of them say later that nothing has changed), 12 lead on, 6
    are behind a wall, 5 are not found any more from some look on, and 3 do not answer from some look on.
    """
    kind = number * 7919 % 100
    first = _exchange(number, url, at, look)
    if kind >= 97 and look >= number // 7 % 10:
        failure = Failure(FailureKind.CONNECT_TIMEOUT, "no connection within 10 s")
        tries = tuple(Exchange(0, "GET", url, failure=failure, peer=_peer(number), elapsed_ms=10_000) for _ in range(2))
        return Observation(url, at, 20_000 + number % 500, tries, Failed(failure, url))
    if 92 <= kind < 97 and look >= number // 7 % 10:
        page = PageSignals(
            RULES,
            media="text/html",
            title="Page not found",
            h1="404",
            words=60,
            not_found="title says 'Page not found'",
            fingerprint=f"{number % 97:016x}",
        )
        return _answered(url, at, (_with(first, status=404, signals=page),))
    if 86 <= kind < 92:
        page = PageSignals(RULES, media="text/html", title="Just a moment...", challenge="cf-mitigated", words=12)
        return _answered(url, at, (_with(first, status=403, challenge="cf-mitigated", signals=page),))
    if 74 <= kind < 86:
        there = url.replace("://www.", "://").rstrip("/") + "/index.html"
        led = _with(first, status=301, location=there, etag=None, last_modified=None, signals=None)
        last = _with(_exchange(number + 1, there, at, look), hop=1, signals=_page(number, there, title, role, look))
        return _answered(url, at, (led, last))
    if kind < 25 and look:
        return _answered(url, at, (_with(first, status=304, length=None, bytes_read=0),))
    return _answered(url, at, (_with(first, signals=_page(number, url, title, role, look)),))


def _answered(url: str, at: datetime, exchanges: tuple[Exchange, ...]) -> Observation:
    last = exchanges[-1]
    assert last.status is not None
    return Observation(url, at, sum(one.elapsed_ms for one in exchanges), exchanges, Answered(last.status, last.url))


def _with(exchange: Exchange, **fields: object) -> Exchange:
    said = {name: getattr(exchange, name) for name in exchange.__struct_fields__}
    return Exchange(**{**said, **fields})


def _peer(number: int) -> str:
    return f"198.{18 + number % 2}.{number * 131 % 256}.{number * 17 % 256}"


def _exchange(number: int, url: str, at: datetime, look: int) -> Exchange:
    varied = (number * 31 + look * 7877) % 1000
    has_validators = number % 2 == 0
    return Exchange(
        0,
        "GET",
        url,
        status=200,
        peer=_peer(number + look % 2),
        http_version="HTTP/2",
        elapsed_ms=100 + varied,
        bytes_read=20_000 + number % 40_000,
        etag=f'W/"{number * 2654435761 % 2**32:08x}-{number % 65_521:x}"' if has_validators else None,
        last_modified="Wed, 21 Oct 2026 07:28:00 GMT" if has_validators else None,
        length=20_000 + number % 40_000 if number % 3 else None,
        phases=Phases(varied % 40, 20 + varied % 60, 30 + varied % 70, 50 + varied // 2),
        certificate_expires_at=f"{at + timedelta(days=30 + number % 50):%Y-%m-%d}T00:00:00Z" if look % 2 else None,
    )


def _page(number: int, url: str, title: str, role: LinkRole, look: int) -> PageSignals:
    if role in {LinkRole.IMAGE, LinkRole.RELATED_IMAGE}:
        return PageSignals(RULES, media="image/jpeg")
    is_amp = role in {LinkRole.AMP, LinkRole.RELATED_AMP, LinkRole.CDN_AMP}
    return PageSignals(
        RULES,
        media="text/html",
        title=f"{title} | News",
        h1=title,
        og_title=title,
        canonical=url,
        is_amp=is_amp,
        words=300 + number % 900 + look % 3,
    )


def moments(number: int, begin: datetime, looks: int) -> Iterator[datetime]:
    """When a target is looked at: so many times over a year, each at its own hour."""
    for look in range(looks):
        yield begin + timedelta(days=365 / looks * look, minutes=number * 7919 % (365 * 1440 // looks))
