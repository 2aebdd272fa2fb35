"""Pages in the way of a page: logins, consent, countries, maintenance."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import notice
from tests.site.server import Reply, Script

BLOCKED = VerdictKind.BLOCKED

_FORM = (
    '<form action="/session" method="post"><label>E-mail <input type="email" name="user"></label>'
    '<label>Password <input type="password" name="password"></label><button type="submit">Continue</button></form>'
)


def _login_page(title: str, headline: str, text: str = "", lang: str = "en", form: str = _FORM) -> Reply:
    return Reply(200, notice(title, headline, text, lang=lang, more=form))


def _wall(url: str, why: str, script: Script, **also: Script) -> Case:
    return Case(url, BLOCKED, why, {url: script, **also})


def _logins() -> Iterator[Case]:
    ways = (
        ("https://members.test/story/4", "/login?next=/story/4", 302, "to the login page"),
        ("https://members-two.test/story/4", "/signin?returnUrl=%2Fstory%2F4", 302, "to a sign-in page"),
        ("https://members-three.test/story/4", "/users/sign_in", 302, "to the sign-in page of a framework"),
        ("https://members-four.test/p/Cx9", "/accounts/login/?next=/p/Cx9/", 302, "to a network’s login"),
        ("https://members-five.test/wp/story", "/wp-login.php?redirect_to=%2Fwp%2Fstory", 302, "to WordPress’s login"),
        (
            "https://members-six.test/doc/1",
            "https://accounts.members-six.test/ServiceLogin?continue=x",
            302,
            "to accounts.",
        ),
        (
            "https://members-seven.test/wiki/x",
            "https://sso.idp-house.test/adfs/ls/?wa=wsignin1.0",
            302,
            "to another domain’s single sign-on",
        ),
        ("https://members-eight.test/old", "/login?next=/old", 301, "to the login page, for good as it says"),
        ("https://members-nine.test/artikel/9", "/anmelden?ziel=%2Fartikel%2F9", 302, "to a German login"),
        ("https://members-ten.test/checkpoint/story", "/authwall?trk=x&sessionRedirect=y", 302, "to an authwall"),
    )
    for url, place, status, why in ways:
        end = place if place.startswith("https:") else "/".join(url.split("/")[:3]) + place
        yield _wall(
            url,
            f"a redirect {why}",
            to(status, place),
            **{end: _login_page("Log in", "Log in to continue", "Members only.")},
        )
    rows = (
        ("en", "Log in", "Log in to your account", "You must be logged in to view this page."),
        ("de", "Anmelden", "Bitte melden Sie sich an", "Dieser Inhalt ist nur für Mitglieder."),
        ("fr", "Connexion", "Connectez-vous pour continuer", "Cette page est réservée aux abonnés."),
        ("es", "Iniciar sesión", "Inicia sesión para continuar", "Contenido exclusivo para miembros."),
        ("ja", "ログイン", "ログインしてください", "このページを見るにはログインが必要です。"),
    )
    for lang, title, headline, text in rows:
        url = f"https://inplace-{lang}.test/story"
        page = _login_page(title, headline, text, lang)
        yield _wall(url, f"a login in place of the page ({lang})", page, **{f"https://inplace-{lang}.test/*": page})


def _consents() -> Iterator[Case]:
    button = '<form action="/save" method="post"><button>Accept all</button><button>Reject all</button></form>'
    text = "We and our partners use cookies. Choose what you allow, then continue to the site."
    wall = Reply(200, notice("Before you continue", "Before you continue", text, more=button))
    ways = (
        ("https://portal.test/news/1", "https://consent.portal.test/v2/collectConsent?sessionId=3_cc", "consent."),
        ("https://searcher.test/a", "https://consent.searcher.test/ml?continue=x&gl=DE", "consent., a search engine’s"),
        ("https://privacygate.test/a", "/privacy-gate?redirect=%2Fa", "a privacy gate of the same site"),
        ("https://cookiewall.test/a", "/cookie-consent?return=/a", "a page for consent"),
        ("https://zustimmung.test/a", "/zustimmung?ziel=/a", "a German one"),
    )
    for url, place, why in ways:
        end = place if place.startswith("https:") else "/".join(url.split("/")[:3]) + place
        yield _wall(url, f"a redirect to {why}", to(302, place), **{end: wall})
    yield _wall(
        "https://consent-inplace.test/a",
        "a consent page in place of the page",
        wall,
        **{"https://consent-inplace.test/*": wall},
    )


def _countries() -> Iterator[Case]:
    rows = (
        (
            "region",
            "This content is not available in your region",
            "We are sorry, this site is not available in your region.",
        ),
        ("country", "Not available in your country", "This video is not available in your country."),
        (
            "gdpr",
            "Unavailable in Europe",
            "Unfortunately our website is currently unavailable in most European countries. We recognise you are attempting to "
            "access this website from a country belonging to the European Economic Area.",
        ),
        ("legal", "Unavailable for legal reasons", "This page is unavailable for legal reasons in your location."),
    )
    for name, title, text in rows:
        page = Reply(200, notice(title, title, text, around=False))
        yield _wall(
            f"https://geo-{name}.test/story",
            f"not for this country: {title}",
            page,
            **{f"https://geo-{name}.test/*": page},
        )
    yield Case(
        "https://geo-cdn.test/story",
        BLOCKED,
        "CloudFront’s words for a country",
        {
            "https://geo-cdn.test/story": Reply(
                403,
                notice(
                    "ERROR: The request could not be satisfied",
                    "403 ERROR",
                    "The Amazon CloudFront distribution is configured to block access from your country.",
                ),
            )
        },
    )
    yield _wall(
        "https://geo-redirect.test/story",
        "a redirect to a page for other countries",
        to(302, "/not-available-in-your-region"),
        **{
            "https://geo-redirect.test/not-available-in-your-region": Reply(
                200,
                notice("Not available", "Not available in your region", "Our service is not available in your region."),
            )
        },
    )


def _maintenance() -> Iterator[Case]:
    after = (("Retry-After", "7200"),)
    body = notice(
        "Down for maintenance", "We’ll be back soon", "We are performing scheduled maintenance.", around=False
    )
    yield Case(
        "https://upkeep.test/a",
        BLOCKED,
        "503 with Retry-After",
        {"https://upkeep.test/a": Reply(503, body, headers=after)},
    )
    yield Case(
        "https://upkeep-date.test/a",
        BLOCKED,
        "503 with a date to come back at",
        {"https://upkeep-date.test/a": Reply(503, body, headers=(("Retry-After", "Sun, 01 Nov 2026 18:00:00 GMT"),))},
    )
    yield _wall("https://upkeep-mute.test/a", "503 that says maintenance on its page only", Reply(503, body))
    rows = (
        (
            "en",
            "Site under maintenance",
            "Down for maintenance",
            "We will be back shortly. Thank you for your patience.",
        ),
        ("wp", "Maintenance", "Briefly unavailable for scheduled maintenance.", "Check back in a minute."),
        (
            "de",
            "Wartungsarbeiten",
            "Wartungsarbeiten",
            "Wegen Wartungsarbeiten ist unsere Seite derzeit nicht erreichbar.",
        ),
        (
            "fr",
            "Site en maintenance",
            "Site en maintenance",
            "Le site est en cours de maintenance. Nous revenons bientôt.",
        ),
        ("ja", "メンテナンス中", "ただいまメンテナンス中です", "しばらくお待ちください。"),
    )
    for name, title, headline, text in rows:
        page = Reply(200, notice(title, headline, text, lang="en" if name == "wp" else name, around=False))
        yield _wall(
            f"https://upkeep-{name}.test/a",
            f"maintenance with 200 ({name})",
            page,
            **{f"https://upkeep-{name}.test/*": page},
        )
    yield _wall(
        "https://upkeep-redirect.test/a",
        "a redirect to a page about maintenance",
        to(302, "/maintenance.html"),
        **{
            "https://upkeep-redirect.test/*": to(302, "/maintenance.html"),
            "https://upkeep-redirect.test/maintenance.html": Reply(200, body),
        },
    )


FAMILIES: tuple[Family, ...] = (
    family("logins", "a login in the way, by redirect or in place", _logins()),
    family("consent", "a consent wall in the way", _consents()),
    family("countries", "pages that are not for where the request comes from", _countries()),
    family("maintenance", "sites that are shut for a while", _maintenance()),
)
