"""Pages that live and look, to a careless eye, like walls, errors, parked names or nothing at all."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator
from urllib.parse import quote

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.pages import PROSE, article, front_page, notice
from tests.site.server import Reply

ALIVE = VerdictKind.ALIVE


def _lives(
    url: str,
    title: str,
    why: str,
    body: bytes,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    elsewhere: Reply | None = None,
) -> Case:
    answers = {url: Reply(status, body, headers=headers)}
    if elsewhere is not None:
        answers["/".join([*url.split("/")[:3], "*"])] = elsewhere
    return Case(url=url, expect=ALIVE, why=why, answers=answers, titles=(title,), living=True)


def _words_of_errors() -> Iterator[Case]:
    def about(
        url: str, title: str, why: str, *paragraphs: str, lang: str = "en", site: str = "The Harbour Post"
    ) -> Case:
        return _lives(url, title, why, article(title, lang=lang, site=site, paragraphs=(*paragraphs, *PROSE[lang])))

    yield about(
        "https://webcraft.test/blog/designing-404-pages",
        "How to design a 404 page that people like",
        "an article about 404 pages",
        "“Page not found” is the shortest apology on the web. We looked at ninety of them.",
        "The best say what was sought, offer a search, and never redirect to the home page with a 200.",
    )
    yield about(
        "https://webcraft-two.test/blog/404-not-found-explained",
        "404 Not Found: what it means and how to fix it",
        "an article whose title begins with the very words",
        "When a server answers 404 Not Found, the page you are looking for does not exist, or no longer exists.",
    )
    yield about(
        "https://404media.test/deck-cameras-sold-to-police/",
        "Deck cameras were sold to the police",
        "a newspaper with 404 in its name",
        "The contract, which 404 Media obtained, names eleven ports.",
        site="404 Media",
    )
    yield about(
        "https://bookclub.test/reviews/not-found",
        "Not Found",
        "a review of a novel with that title",
        "Nora Vale’s second novel begins where the first one stopped: a woman reads her own name on a list of the lost.",
        site="The Book Club",
    )
    yield about(
        "https://filmhouse.test/reviews/page-not-found-2023",
        "Page Not Found (2023) – review",
        "a review of a film with that title",
        "A librarian, a missing page, and ninety minutes of rain.",
        site="Filmhouse",
    )
    yield about(
        "https://kulturkreis.test/buch/seite-nicht-gefunden",
        "Seite nicht gefunden: Ein Roman über das Netz",
        "the same in German",
        "Der Roman erzählt von einer Archivarin, die eine gelöschte Seite sucht.",
        lang="de",
        site="Kulturkreis",
    )
    yield about(
        "https://portnews.test/2024/ship-gone",
        "Gone: the freighter nobody misses",
        "a headline that says gone",
        "It is no longer available for salvage, the harbour master says; it does not exist on any register.",
    )
    yield about(
        "https://lostfound.test/found/dog",
        "Dog not found after storm, owners offer reward",
        "a headline that says not found",
        "The page in the town’s paper has been read by thousands.",
    )
    yield about(
        "https://errorlog.test/http/410-gone",
        "410 Gone or 404? Which to choose for removed content",
        "advice on codes",
        "Content that has been removed on purpose may say 410.",
    )
    yield about(
        "https://cinephile.test/access-denied",
        "Access Denied: the story of a locked archive",
        "a title that says access denied",
        "For forty years nobody could enter the film vault without a letter.",
    )
    yield about(
        "https://moments.test/just-a-moment",
        "Just a moment in the harbour: a photo essay",
        "a title that begins as a challenge page’s does",
        "Checking your browser history, says the photographer, is like looking through old negatives.",
    )
    yield about(
        "https://netguide.test/403-forbidden",
        "403 Forbidden error: seven ways to fix it",
        "advice on a code that is a wall",
        "If you are blocked, you may have been taken for a robot. Are you a human? Press and hold, say some sites.",
    )
    yield about(
        "https://techhelp.test/attention-required-cloudflare",
        "“Attention Required! | Cloudflare”: what it means",
        "advice that quotes a challenge page",
        "The text “Please enable cookies. Sorry, you have been blocked” appears with a Ray ID.",
    )
    yield about(
        "https://shipyard.test/maintenance-windows",
        "Down for maintenance: the dry dock’s ten quiet days",
        "maintenance in a headline",
        "We will be back soon, says the sign on the gate.",
    )
    yield about(
        "https://namesmith.test/blog/this-domain-is-for-sale",
        "“This domain is for sale”: how I bought my own name back",
        "an article about the trade in names",
        "The page said buy this domain, and a broker wanted four figures. The domain is for sale again today.",
    )
    yield about(
        "https://clubnews.test/expired-name",
        "The name expired, and so the club lost its site",
        "an article that quotes a registrar’s page",
        "This domain has expired, said the page. This account has been suspended, said the next one.",
    )
    yield about(
        "https://piers.test/under-construction",
        "Under construction: the new pier is coming soon",
        "an article about a building site",
        "It works, says the engineer of the first pile. Our new pier is on its way.",
    )
    yield about(
        "https://homes.test/for-sale/quay-street-12",
        "Quay Street 12, house for sale with a view of the bridge",
        "an offer of a house",
        "Offered for sale by its second owner. Make an offer.",
    )
    yield about(
        "https://passwords.test/sign-in-safely",
        "Log in safely: a guide to passkeys",
        "an article about signing in",
        "A sign-in form should ask for one thing at a time.",
    )
    yield about(
        "https://privacywatch.test/before-you-continue",
        "Before you continue: what cookie banners really ask",
        "an article about consent walls",
        "“We value your privacy” stands above eleven hundred partners.",
    )
    yield about(
        "https://videostore.test/region-locks",
        "“Not available in your country”: a short history of region locks",
        "an article about geo-blocks",
        "This content is not available in your region, said the player in 1999 already.",
    )
    yield about(
        f"https://shinbun.test/{quote('404-ページが見つかりません')}",
        "「ページが見つかりません」の歴史",
        "the words of a Japanese 404 in a headline",
        "四百四番の誤りは、どこから来たのか。",
        lang="ja",
        site="港新聞",
    )
    yield about(
        "https://gazeta.test/stranica-ne-najdena",
        "Страница не найдена: выставка потерянных сайтов",
        "the name of an exhibition in Russian",
        "В музее открылась выставка о сайтах, которых больше нет.",
        lang="ru",
        site="Газета",
    )
    yield about(
        "https://correo.test/cultura/pagina-no-encontrada",
        "«Página no encontrada», la novela del año",
        "the title of a novel in Spanish",
        "La autora imagina una biblioteca que pierde una página cada noche.",
        lang="es",
        site="El Correo del Puerto",
    )


def _paths_of_errors() -> Iterator[Case]:
    rows = (
        ("https://paths-a.test/blog/404-errors-explained/", "Errors, explained"),
        ("https://paths-b.test/news/404", "Flight 404 has landed"),
        ("https://paths-c.test/not-found/season-2/episode-4", "Season two, episode four"),
        ("https://paths-d.test/errors/and-how-to-make-them", "Errors and how to make them"),
        ("https://paths-e.test/login-problems-at-the-bank", "Login problems at the bank"),
        ("https://paths-f.test/consent/a-play-in-three-acts", "Consent, a play in three acts"),
        ("https://paths-g.test/captcha/history", "A history of the captcha"),
        ("https://login-magazine.test/issues/7", "The seventh issue"),
        ("https://paths-h.test/story?from=/login&error=404", "A story with a long way behind it"),
    )
    for url, title in rows:
        yield _lives(url, title, "an address with a word of errors or walls in it", article(title))


def _furniture() -> Iterator[Case]:
    """Things on ordinary pages that walls and errors have too."""

    def with_part(url: str, title: str, why: str, *, head: str = "", top: str = "", after: str = "") -> Case:
        return _lives(url, title, why, article(title, head=head, top=top, after=after))

    yield with_part(
        "https://cookiebar.test/story",
        "Rain over the estuary",
        "a cookie banner over the page",
        top='<div id="onetrust-banner-sdk" role="dialog"><h2>We value your privacy</h2><p>Before you continue: we and our '
        "1,144 partners store information.</p><button>Accept all</button><button>Reject</button></div>",
    )
    yield with_part(
        "https://consent-sdk.test/story",
        "Rain over the estuary, day two",
        "a consent script in the head",
        head='<script src="https://sdk.privacy-center.org/loader.js"></script><script>window.didomiConfig={"notice":{}}</script>',
    )
    yield with_part(
        "https://loginbox.test/story",
        "The ferry timetable, explained",
        "a login box in the page’s head",
        top='<form class="login" action="/login" method="post"><label>Log in <input name="user"></label>'
        '<input type="password" name="password"><button>Sign in</button> <a href="/register">Register</a></form>',
    )
    yield with_part(
        "https://forum.test/t/tide-tables/991",
        "Tide tables: which app do you use?",
        "a forum with a login form at its foot",
        after='<section><h3>Log in to reply</h3><form action="/session" method="post"><input name="login">'
        '<input type="password" name="pw"></form></section>',
    )
    yield with_part(
        "https://commentbox.test/story",
        "Benches for the promenade",
        "a captcha in the comment form",
        after='<form action="/comment" method="post"><textarea name="text"></textarea><div class="g-recaptcha" '
        'data-sitekey="6Lc"></div><p>Please verify that you are human.</p></form>'
        '<script src="https://www.google.com/recaptcha/api.js" async defer></script>',
    )
    yield with_part(
        "https://newsletterbox.test/story",
        "A lighthouse keeper retires",
        "hCaptcha in the newsletter form",
        after='<form action="/subscribe"><input type="email"><div class="h-captcha" data-sitekey="x"></div></form>'
        '<script src="https://js.hcaptcha.com/1/api.js" async defer></script>',
    )
    yield with_part(
        "https://turnstile-form.test/contact-us",
        "Write to the editors",
        "Turnstile in a contact form",
        after='<form action="/contact" method="post"><textarea></textarea><div class="cf-turnstile" data-sitekey="0x4"></div></form>'
        '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer></script>',
    )
    yield with_part(
        "https://cf-jsd.test/story",
        "The old crane comes down",
        "the script that Cloudflare adds to ordinary pages",
        after="<script>(function(){window.__CF$cv$params={r:'8c1',t:'MTcz'};var a=document.createElement('script');"
        "a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';document.body.appendChild(a);})();</script>",
    )
    yield with_part(
        "https://incapsula-tag.test/story",
        "The new crane goes up",
        "the script that Imperva adds to ordinary pages",
        head='<script type="text/javascript" src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3"></script>',
    )
    yield with_part(
        "https://px-tag.test/story",
        "A market on the pier",
        "HUMAN’s script on an ordinary page",
        head="<script>window._pxAppId='PXa1b2c3';(function(){var s=document.createElement('script');"
        "s.src='//client.perimeterx.net/PXa1b2c3/main.min.js';})();</script>",
    )
    for number, (name, value) in enumerate(
        (("X-DataDome", "protected"), ("X-DataDome-Cid", "AHrlqA"), ("X-Sucuri-ID", "14005"), ("CF-Ray", "8c1d-FRA"))
    ):
        title = f"A market on the pier, part {number + 2}"
        yield _lives(
            f"https://guarded-{number}.test/story",
            title,
            f"{name}: {value} on a page that was let through",
            article(title),
            headers=((name, value),),
        )
    yield with_part(
        "https://noscript.test/story",
        "The lamp at the end of the mole",
        "a notice for those without scripts",
        top="<noscript><div>JavaScript is disabled. Please enable JavaScript and cookies to continue.</div></noscript>",
    )
    yield with_part(
        "https://sidebar404.test/story",
        "A walk along the breakwater",
        "a hidden template for errors in the page",
        after='<template id="error-404"><h1>Page not found</h1><p>The page you requested does not exist.</p></template>'
        '<div hidden class="toast">404 – not found</div>',
    )
    yield with_part(
        "https://nothing-found.test/story",
        "What the tide leaves behind",
        "an empty search result beside the story",
        after="<aside><h2>Related</h2><p>Nothing found. Sorry, no results matched.</p></aside>",
    )
    yield with_part(
        "https://videogone.test/story",
        "The launch, on film",
        "a removed video inside the story",
        after='<figure class="embed"><p>This video is no longer available.</p></figure>',
    )
    yield with_part(
        "https://paywalled.test/story",
        "Inside the port authority",
        "a teaser before a paywall",
        after='<div class="paywall"><h2>Subscribe to continue reading</h2><p>Already a subscriber? <a href="/login">Log in</a></p>'
        "</div>",
    )
    yield with_part(
        "https://shop.test/products/brass-lamp",
        "Brass lamp, 30 cm",
        "a product that is sold out",
        after="<p class=stock>This product is currently unavailable. Sold out.</p>",
    )
    yield with_part(
        "https://oldjob.test/jobs/deckhand",
        "Deckhand wanted",
        "a job that is filled, whose page stays",
        top='<p class="flash">This position has been filled.</p>',
    )
    yield with_part(
        "https://ticker.test/live",
        "Live: the bridge opens",
        "a page that loads itself anew every minute",
        head='<meta http-equiv="refresh" content="60">',
    )
    yield with_part(
        "https://ticker-self.test/live",
        "Live: the bridge opens, evening",
        "the same, with its own address",
        head='<meta http-equiv="refresh" content="300; url=https://ticker-self.test/live">',
    )
    yield with_part(
        "https://slow-refresh.test/archive/9",
        "From the archive: the flood",
        "a page that leads to the front page after half an hour",
        head='<meta http-equiv="refresh" content="1800; url=/">',
    )
    yield with_part(
        "https://noscript-refresh.test/story",
        "From the archive: the frost",
        "a meta refresh for those without scripts",
        head='<noscript><meta http-equiv="refresh" content="0; url=/nojs"></noscript>',
    )
    yield with_part(
        "https://canonical-root.test/story",
        "From the archive: the thaw",
        "a canonical link that names the front page by mistake",
        head='<link rel="canonical" href="https://canonical-root.test/">',
    )


def _little() -> Iterator[Case]:
    """Pages with hardly anything on them."""
    yield _lives(
        "https://onepicture.test/day/91",
        "Day 91",
        "a page with one picture and no word",
        b'<!doctype html><title>Day 91</title><body><img src="/91.jpg" width="1600" height="900" alt=""></body>',
    )
    yield _lives(
        "https://untitled.test/day/92",
        "Day 92",
        "a page with one picture and no title",
        b'<html><body style="margin:0"><img src="/92.jpg"></body></html>',
    )
    yield _lives(
        "https://oneword.test/",
        "Is it open?",
        "a page that says yes",
        b"<!doctype html><title>Is it open?</title><h1>YES</h1>",
    )
    yield _lives(
        "https://note.test/n/4", "Note to self", "a short note", b"<title>Note</title><p>Buy rope. The blue one."
    )
    yield _lives(
        "https://frames.test/museum",
        "The harbour museum",
        "a page of frames",
        b'<html><head><title>The harbour museum</title></head><frameset cols="20%,80%"><frame src="menu.html">'
        b'<frame src="main.html"></frameset></html>',
    )
    yield _lives(
        "https://iframed.test/map",
        "Map of the harbour",
        "a page that is one embedded map",
        b'<!doctype html><title>Map of the harbour</title><iframe src="https://maps.test/embed?z=12" width="100%"></iframe>',
    )
    yield _lives(
        "https://canvas.test/play",
        "Steer the ferry",
        "a game drawn by a script",
        b'<!doctype html><title>Steer the ferry</title><canvas id="game"></canvas><script src="/game.js"></script>',
    )
    yield _lives(
        "https://player.test/watch?v=h4rb0ur",
        "The launch, uncut",
        "a page that is one video",
        b'<!doctype html><title>The launch, uncut</title><video src="/h4rb0ur.mp4" controls poster="/h.jpg"></video>',
    )
    yield _lives("https://homepage.test/", "The Low Tide", "a front page", front_page("The Low Tide"))
    yield _lives(
        "https://homepage-big.test/", "The High Tide", "a large front page", front_page("The High Tide", weight_kb=50)
    )


def _among_soft_errors() -> Iterator[Case]:
    """Real pages of hosts that answer 200 for every path."""
    soft = Reply(
        200,
        notice("Page not found", "Page not found", "We could not find what you were looking for.", site="Lamplight"),
    )
    title = "Lamps of the coast"
    yield _lives(
        "https://lamplight.test/stories/lamps",
        title,
        "a real story on a host whose errors are soft",
        article(title, site="Lamplight"),
        elsewhere=soft,
    )
    title = "Not Found: the list of the lost"
    yield _lives(
        "https://lamplight-two.test/stories/not-found",
        title,
        "a title with those words, on a host whose errors are soft",
        article(title, site="Lamplight", weight_kb=6),
        elsewhere=soft,
    )
    title = "Page not found, a play"
    yield _lives(
        "https://stagedoor.test/plays/page-not-found",
        title,
        "a title with those words, on a host that shows its front page for every other path",
        article(title, site="Stage Door"),
        elsewhere=Reply(200, front_page("Stage Door")),
    )
    title = "Three lines on a large site"
    frame = {"site": "The Colossus", "weight_kb": 40}
    yield _lives(
        "https://colossus.test/briefs/8812",
        title,
        "a short text within 40 kB that all pages of the site have, errors too",
        article(title, paragraphs=("The crane is back.", "It is yellow now.", "Nobody asked why."), **frame),
        elsewhere=Reply(200, article("Sorry, page not found", paragraphs=("The page does not exist.",), **frame)),
    )
    yield _lives(
        "https://wiki.test/wiki/Bascule_bridge",
        "Bascule bridge",
        "a wiki, where every name has a page",
        article("Bascule bridge", site="Wharfpedia"),
        elsewhere=Reply(
            200, article("New page", site="Wharfpedia", paragraphs=("There is no text in this page yet.",))
        ),
    )
    yield _lives(
        "https://anypath.test/hello",
        "Hello",
        "a toy that greets everybody by the same page, which says nothing of errors",
        article("Hello", paragraphs=("Hello. This machine says hello to every path.",)),
        elsewhere=Reply(200, article("Hello", paragraphs=("Hello. This machine says hello to every path.",))),
    )


FAMILIES: tuple[Family, ...] = (
    family("words of errors", "stories that speak of errors, walls and names for sale", _words_of_errors()),
    family("paths of errors", "addresses with 404, login or consent in them", _paths_of_errors()),
    family("furniture", "banners, login boxes, captchas, guards' scripts on living pages", _furniture()),
    family("hardly anything", "pages with little on them", _little()),
    family("among soft errors", "living pages of hosts that answer 200 to every path", _among_soft_errors()),
)
