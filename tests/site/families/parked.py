"""Names that are for sale, or waiting."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import notice
from tests.site.server import Asked, Reply, Script

PARKED = VerdictKind.PARKED


def _parked(url: str, why: str, script: Script, **also: Script) -> Case:
    everywhere = "/".join([*url.split("/")[:3], "*"])
    return Case(url, PARKED, why, {url: script, everywhere: script, **also})


def _to_a_market() -> Iterator[Case]:
    offer = Reply(200, notice("Buy this domain", "This domain is for sale", "Buy now or pay in instalments."))
    rows = (
        ("oldpaper-a", "https://www.hugedomains.com/domain_profile.cfm?d=oldpaper-a.test", 302),
        ("oldpaper-b", "https://sedo.com/search/details/?domain=oldpaper-b.test", 302),
        ("oldpaper-c", "https://dan.com/buy-domain/oldpaper-c.test", 301),
        ("oldpaper-d", "https://www.afternic.com/forsale/oldpaper-d.test?traffic_type=TDFS", 302),
        ("oldpaper-e", "https://www.godaddy.com/forsale/oldpaper-e.test", 301),
        ("oldpaper-f", "https://www.buydomains.com/lander/oldpaper-f.test?domain=oldpaper-f.test", 302),
    )
    for name, market, status in rows:
        host = market.split("/")[2]
        yield _parked(f"http://{name}.test/2012/story", f"a redirect to {host}", to(status, market), **{market: offer})


def _for_sale() -> Iterator[Case]:
    rows = (
        ("en", "oldpress-en.test is for sale", "This domain is for sale", "Make an offer for oldpress-en.test today."),
        ("buy", "Buy oldpress-buy.test", "Buy this domain", "The owner of oldpress-buy.test has offered it for sale."),
        ("de", "oldpress-de.test steht zum Verkauf", "Diese Domain steht zum Verkauf", "Jetzt Angebot abgeben."),
        ("fr", "Nom de domaine à vendre", "Ce nom de domaine est à vendre", "Faites une offre."),
        ("es", "Dominio en venta", "Este dominio está en venta", "Haga una oferta."),
        ("it", "Dominio in vendita", "Questo dominio è in vendita", "Fai un’offerta."),
        ("zh", "域名出售", "该域名正在出售", "如需购买请联系我们。"),
        ("ja", "ドメイン販売中", "このドメインは販売中です", "お問い合わせください。"),
    )
    for name, title, headline, text in rows:
        lang = "en" if name == "buy" else name
        page = Reply(200, notice(title, headline, text, lang=lang, around=False))
        yield _parked(f"http://oldpress-{name}.test/2012/story", f"for sale under every path: “{headline}”", page)


def _waiting() -> Iterator[Case]:
    def with_links(asked: Asked) -> Reply:
        searches = "".join(
            f'<li><a href="/search?q={word}">{word.title()}</a></li>' for word in ("loans", "insurance", "hotels")
        )
        host = asked.headers["host"]
        more = f"<h2>Related searches</h2><ul>{searches}</ul><p>The domain owner maintains no relationship with advertisers.</p>"
        return Reply(200, notice(host, host, "This domain is parked free of charge.", more=more, around=False))

    yield _parked("http://oldradio.test/2012/story", "related searches, parked by the registrar", with_links)
    courtesy = notice(
        "oldtheatre.test",
        "Welcome to oldtheatre.test",
        "This web page is parked free, courtesy of the registrar.",
        around=False,
    )
    yield _parked("http://oldtheatre.test/2012/story", "parked, courtesy of the registrar", Reply(200, courtesy))
    expired = notice(
        "Domain expired", "This domain has expired", "If you are the owner, renew it at your registrar.", around=False
    )
    yield _parked("http://oldmuseum.test/2012/story", "expired, says the registrar", Reply(200, expired))
    lander = b'<!DOCTYPE html><html><head><script>window.onload=function(){window.location.href="/lander"}</script></head></html>'
    yield _parked(
        "http://oldlibrary.test/2012/story", "a script to /lander, as a registrar parks names", Reply(200, lander)
    )
    said = notice(
        "oldopera.test", "oldopera.test is for sale!", "Click here to inquire about this domain.", around=False
    )
    redirected = to(302, "http://ww25.oldopera.test/2012/story?subid1=2026")
    yield _parked(
        "http://oldopera.test/2012/story",
        "a redirect to ww25., where the name is for sale",
        redirected,
        **{"http://ww25.oldopera.test/*": Reply(200, said)},
    )


FAMILIES: tuple[Family, ...] = (
    family("to a market", "redirects to where names are sold", _to_a_market()),
    family("for sale", "sale wording under every path", _for_sale()),
    family("waiting", "parked by a registrar", _waiting()),
)
