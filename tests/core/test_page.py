"""What a page says: title, head, forms, walls, and what is missing; and what living pages must not be taken for."""

from datetime import UTC, datetime

import pytest

from feedbot.core.context import Context
from feedbot.core.observation import Answered, Exchange, Observation
from feedbot.core.page import RULES, PageSignals, read_page
from feedbot.core.page_markup import read_markup
from feedbot.core.soft_death import wants_sibling

HTML = {"content-type": "text/html; charset=utf-8"}
URL = "https://example.org/news/story"
ARTICLE = "The council met on Tuesday and agreed on a plan for the old harbour. " * 40
WATCHED = (
    "<script>(function(){var a=document.createElement('script');"
    "a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';window.__CF$cv$params={r:'8a1b'}})();</script>"
)


def read(markup, url=URL, status=200, headers=HTML):
    body = markup if isinstance(markup, bytes) else markup.encode()
    return read_page(url, status, headers, body)


def page(title="Example", h1="", text="", head=""):
    heading = f"<h1>{h1}</h1>" if h1 else ""
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{heading}<p>{text}</p></body></html>"


def said(signals):
    """Everything that would keep a page from counting as alive."""
    names = ("login", "challenge", "wall", "parked", "not_found", "default_page")
    return {name: getattr(signals, name) for name in names if getattr(signals, name) is not None}


# The head.


def test_the_head_of_an_ordinary_page_is_read():
    signals = read(
        """<!doctype html><html lang=en><head><title>  A story
        of news - Example </title>
        <meta property="og:title" content="A story of news">
        <link rel="shortlink canonical" href="/news/story#top"><link rel=amphtml href="../amp/story">
        </head><body><h1>A <b>story</b> of news</h1><p>Four words of text.</p></body></html>"""
    )
    assert signals == PageSignals(
        RULES,
        media="text/html",
        title="A story of news - Example",
        h1="A story of news",
        og_title="A story of news",
        canonical="https://example.org/news/story",
        amphtml="https://example.org/amp/story",
        words=8,
        fingerprint=signals.fingerprint,
    )


def test_character_references_are_read():
    assert read(page("Caf&eacute; &amp; &#8220;cr&egrave;me&#8221;")).title == "Café & “crème”"


def test_a_title_is_cut_at_300_characters():
    assert read(page("x" * 9_000)).title == "x" * 300


def test_the_title_of_a_drawing_is_not_the_title_of_the_page():
    assert read("<body><svg><title>Menu</title></svg><h1>Story</h1>").title == ""
    assert read("<body><svg><title>Menu</title></svg><title>Story</title>").title == "Story"


def test_a_heading_is_what_is_read_of_it():
    assert read("<h1><style>.a{}</style>A <b>bold</b> story<script>x()</script></h1>").h1 == "A bold story"


def test_the_first_h1_that_says_something_counts():
    assert read('<h1> <img src="logo.png" alt=""></h1><h1>Story</h1><h1>More</h1>').h1 == "Story"


@pytest.mark.parametrize("tag", ["<html amp>", "<html ⚡>", "<html lang=en ⚡>", "<HTML AMP lang=de>", '<html amp="">'])
def test_an_amp_page_is_known_by_its_html_element(tag):
    assert read(f"<!doctype html>{tag}<title>x</title>").is_amp


@pytest.mark.parametrize("tag", ["<html>", "<html lang=amp>", "<html data-amp>", "<div amp>"])
def test_another_page_is_no_amp_page(tag):
    assert not read(f"<!doctype html>{tag}<title>x</title>").is_amp


def test_links_resolve_against_the_base():
    signals = read("<base href='https://cdn.example.net/a/'><link rel=canonical href=b>")
    assert signals.canonical == "https://cdn.example.net/a/b"


@pytest.mark.parametrize("href", ["", "javascript:alert(1)", "mailto:a@example.org", "http://[", "data:text/html,x"])
def test_a_canonical_that_is_no_address_of_a_page_is_none(href):
    assert read(f'<link rel=canonical href="{href}">').canonical is None


def test_alternates_are_not_canonical():
    assert read("<link rel=alternate href=/x><link rel='canonical-of' href=/y>").canonical is None


def test_only_the_first_headings_and_pictures_are_looked_at():
    assert read("<h1>" + "<i>a</i>" * 1_000 + "</h1>").h1 == " ".join("a" * 127)
    assert read_markup("<h1>a</h1>" * 9).h1s == ["a"] * 4
    assert len(read_markup("<img src=a.png>" * 3_000).sources) == 64


# Refresh.


@pytest.mark.parametrize(
    "content",
    [
        "0;url=/x",
        "0; URL='/x'",
        '0; url="/x"',
        "5,/x",
        "0 url=/x",
        "0;/x",
        "10;url=/x",
        ".5;url=/x",
        " 0 ; url = /x",
        "0;url=/x#part",
        "0.9;url=//example.org/x",
    ],
)
def test_a_refresh_within_seconds_leads_away(content):
    content = content.replace('"', "&quot;")
    assert read(f'<meta http-equiv=Refresh content="{content}">').refresh == "https://example.org/x"


@pytest.mark.parametrize(
    "content", ["11;url=/x", "600", "0", "0;url=/news/story#x", "x;url=/x", ";url=/x", "0;url=javascript:go()", "0;"]
)
def test_another_refresh_does_not(content):
    assert read(f'<meta http-equiv=refresh content="{content}">').refresh is None


def test_a_refresh_for_browsers_without_scripts_is_not_for_readers():
    hint = "<noscript><meta http-equiv=refresh content='0;url=/no-script'></noscript>"
    assert read(f"<head>{hint}</head>" + ARTICLE).refresh is None


def test_a_refresh_header_counts_and_comes_first():
    signals = read("<meta http-equiv=refresh content='0;url=/y'>", headers=HTML | {"refresh": "3; url=/x"})
    assert signals.refresh == "https://example.org/x"


# Sign-in.


def form(*fields):
    return "<form>" + "".join(f"<input type={kind}>" for kind in fields) + "<button>Go</button></form>"


@pytest.mark.parametrize(
    ("title", "fields", "reason"),
    [
        ("Sign in – Example", ("text", "password"), "a password field and the title says 'Sign in'"),
        ("Anmelden | Beispiel", ("email", "password"), "a password field and the title says 'Anmelden'"),
        ("ログイン｜サンプル", ("text", "password"), "a password field and the title says 'ログイン'"),
        ("Log in to Example", ("text", "password"), "a password field and the title says 'Log in to Example'"),
        ("Intranet", ("text", "password"), "a password field and hardly anything else"),
        ("Sign in - Google Accounts", ("email",), "a field to fill in and the title says 'Sign in'"),
    ],
)
def test_a_sign_in_page_is_known_by_its_form(title, fields, reason):
    assert read(page(title, text=form(*fields))).login == reason


def test_a_sign_in_page_is_known_by_its_h1():
    assert (
        read(page("Example", "Sign in", form("text", "password"))).login == "a password field and the h1 says 'Sign in'"
    )


@pytest.mark.parametrize(
    "markup",
    [
        page("A story", "A story", form("text", "password") + ARTICLE),
        page("Sign in with a key: what it means", text=form("search") + ARTICLE),
        page("Login", "Login", ARTICLE + form("text", "password")),
        page("Login - Encyclopedia", "Login", form("search") + ARTICLE),
        page("Sign in", "Sign in", "The new exhibition opens on Sunday."),
        page("Welcome", text=form("text") + "Search our archive"),
    ],
)
def test_a_page_that_has_something_else_to_say_is_no_sign_in_page(markup):
    assert read(markup).login is None


# Walls.


@pytest.mark.parametrize("status", [200, 202, 403, 405, 429, 503])
def test_a_challenge_is_one_at_any_status(status):
    signals = read(page("Just a moment...", text="Enable JavaScript and cookies to continue"), status=status)
    assert signals.challenge == "Cloudflare: title says 'Just a moment...'"


def test_a_challenge_is_known_by_a_header_alone_whatever_the_media():
    for headers in (
        {"x-amzn-waf-action": "challenge"},
        {"content-type": "image/png", "x-amzn-waf-action": "challenge"},
    ):
        signals = read(b"", status=202, headers=headers)
        assert signals.challenge == "AWS WAF: header x-amzn-waf-action: challenge"


def test_akamai_turns_away_with_a_reference():
    signals = read(
        "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to access"
        ' "http&#58;&#47;&#47;example&#46;org&#47;" on this server.<P>Reference&#32;&#35;18&#46;2b3c&#46;17</BODY>',
        status=403,
    )
    assert signals.challenge == "title says 'Access Denied'"


@pytest.mark.parametrize(
    "markup",
    [
        page("Rates", "Rates", "The savings rate is 4.5 percent." + WATCHED),
        page("Contact", "Write to us", "<div class=cf-turnstile></div>" + form("email") + "We answer within a day."),
        page(
            "Contact",
            "Write to us",
            "<div class=g-recaptcha></div><script src=//www.google.com/recaptcha/api.js></script>",
        ),
        page(
            "Story",
            "Story",
            "Text.<script src='/_Incapsula_Resource?SWJIYLWA=719d&ns=2'></script> Six words are enough here.",
        ),
        page("Story", "Story", "A text of some words.<script src=https://js.datadome.co/tags.js></script>"),
        page(
            "Story", "Story", "A text of some words.<script src=https://client.px-cloud.net/PX1/main.min.js></script>"
        ),
        page("Just a moment: why pauses help", text=ARTICLE),
        page("Just a moment...", text=ARTICLE),
        page("Are you a robot? | Philosophy today", "Are you a robot?", ARTICLE + "Please verify you are a human."),
        page("How _cf_chl_opt works", text=ARTICLE + "<pre>window._cf_chl_opt</pre>"),
        page("Access Denied: maps of a closed land", text=ARTICLE),
    ],
)
def test_an_ordinary_page_of_a_protected_site_is_no_challenge(markup):
    assert read(markup).challenge is None


def test_an_application_behind_a_wall_that_only_watches_is_no_challenge():
    signals = read('<div id="root"></div><script src="/_Incapsula_Resource?SWJIYLWA=719d"></script>')
    assert (signals.is_app, signals.challenge) == (True, None)


def test_the_protected_of_datadome_is_a_challenge_only_where_a_visitor_is_turned_away():
    headers = HTML | {"x-datadome": "protected"}
    assert read(page(text=ARTICLE), headers=headers).challenge is None
    assert read(page(), headers=headers, status=403).challenge == "DataDome: header x-datadome: protected"


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        (page("Before you continue to YouTube"), "consent"),
        (page("DPG Media Privacy Gate"), "consent"),
        (page(text="451: Unavailable due to legal reasons"), "region"),
        (page(text="Dieser Inhalt ist in Ihrem Land nicht verfügbar."), "region"),
        (page(text="Briefly unavailable for scheduled maintenance. Check back in a minute."), "maintenance"),
        (page("Wartungsarbeiten | Beispiel"), "maintenance"),
        (page("Example", "We’ll be back soon!"), "maintenance"),
    ],
)
def test_a_wall_is_told_by_its_kind(markup, kind):
    assert read(markup).wall.startswith(f"{kind}: ")


BANNER = (
    "<div class=cookie-banner>We use cookies and similar technologies. Accept all. Reject all. Manage preferences. "
    "Wir verwenden Cookies. Zustimmen und weiter.</div>"
)


@pytest.mark.parametrize(
    "markup",
    [
        page("Story", "Story", BANNER + "A short text of its own."),
        page("Story", "Story", BANNER + ARTICLE),
        page(
            "Why so much content is not available in your country", text=ARTICLE + "It is not available in your region."
        ),
        page("Car maintenance", "Car maintenance", "Change the oil once a year."),
        page("Scheduled maintenance on 3 March", "Scheduled maintenance on 3 March", ARTICLE),
        page("We'll be back soon, says the band", text=ARTICLE),
    ],
)
def test_an_ordinary_page_is_no_wall(markup):
    assert said(read(markup)) == {}


# Parked, and a server's own page.


def test_a_parked_domain_is_known_by_its_wording_or_what_it_loads():
    assert read(page("example.com", text="This domain may be for sale!")).parked == (
        "text says 'this domain may be for sale'"
    )
    lander = '<html><head><script>window.onload=function(){window.location.href="/lander"}</script></head></html>'
    assert read(lander).parked == "GoDaddy: source has 'window.location.href=\"/lander'"


@pytest.mark.parametrize(
    "markup",
    [
        page(
            "The trade in domains",
            "The trade in domains",
            ARTICLE + "This domain is for sale, they say. Buy this domain!",
        ),
        page("House for sale", "House for sale", "This house is for sale. Make an offer."),
        page("Index of /pub", "Index of /pub", "<a href=a.txt>a.txt</a> 2026-01-01 12:00 4.0K"),
    ],
)
def test_a_page_about_sales_is_not_parked(markup):
    assert said(read(markup)) == {}


def test_the_page_of_a_bare_server_is_told_apart():
    signals = read(page("Welcome to nginx!", "Welcome to nginx!", "If you see this page, nginx is working."))
    assert said(signals) == {"default_page": "nginx: title says 'Welcome to nginx!'"}


# Not found.


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("404 Not Found", "title says '404 Not Found'"),
        ("Page not found - Example News", "title says 'Page not found'"),
        ("Example News | Page Not Found", "title says 'Page Not Found'"),
        ("Oops! That page can’t be found. – Example", "title says 'Oops! That page can’t be found.'"),
        ("HTTP Status 404 – Not Found", "title says 'HTTP Status 404'"),
        ("Error 404 (Not Found)!!1", "title says 'Error 404 (Not Found)!!1'"),
        (
            "The page you were looking for doesn't exist (404)",
            "title says 'The page you were looking for doesn't exist (404)'",
        ),
        ("404: This page could not be found", "title says '404: This page could not be found'"),
        ("Page not found: /news/story", "title says 'Page not found: /news/story'"),
        ("Example News: page not found", "title says 'Example News: page not found'"),
        ("Страница не найдена — Пример", "title says 'Страница не найдена'"),
        ("页面不存在_示例网", "title says '页面不存在'"),
        ("404エラー｜サンプル", "title says '404エラー'"),
        ("Pagina niet gevonden | Voorbeeld", "title says 'Pagina niet gevonden'"),
    ],
)
def test_not_found_wording_is_told_with_its_place(title, reason):
    assert read(page(title)).not_found == reason


def test_not_found_wording_in_an_h1_counts():
    assert read(page("Example News", "Sorry, we couldn’t find that page", ARTICLE)).not_found == (
        "h1 says 'Sorry, we couldn’t find that page'"
    )


@pytest.mark.parametrize("h1", ["", "<h1>404</h1>", "<h1>Oops!</h1>", "<h1>Error 404</h1>", "<h1>Ошибка</h1>"])
def test_not_found_wording_in_an_h2_counts_where_no_h1_says_more(h1):
    signals = read(f"<title>Example</title>{h1}<h2>Page not found</h2>" + ARTICLE)
    assert signals.not_found == "h2 says 'Page not found'"


def test_not_found_wording_in_an_h2_does_not_count_below_a_heading():
    assert read("<title>Example</title><h1>Story</h1><h2>Page not found</h2>" + ARTICLE).not_found is None


def test_not_found_wording_in_the_text_does_not():
    assert read(page("Example News", "Story", "Page not found. 404 Not Found. " + ARTICLE)).not_found is None


@pytest.mark.parametrize(
    "title",
    [
        "404 Media",
        "ICE bought the data of your phone - 404 Media",
        "404 Media: ICE bought the data of your phone",
        "The 404 Media Podcast | 404 Media",
        "Area code 404 - Example",
        "Why Atlanta celebrates 404 Day | Atlanta Example",
        "Error 404 explained",
        "What is a 404 error? | Example",
        "How to fix “Page Not Found” errors - Example",
        "Page not found: the art of the 404 page | Example",
        "Lost and not found: the art of the 404 page",
        "Not Found: a novel",
        "Not Found - a novel by N. N. | Publisher",
        "Page Not Found – a short history of the 404 | Example",
        "The page you were looking for",
        "Missing",
        "Missing - Example",
        "Gone",
        "Gone Girl - Wikipedia",
        "HTTP 404 explained – Wikipedia",
        "Suspect not found, police say",
        "Body of missing hiker not found - Example News",
        "Seite nicht gefunden: die schönsten Fehlerseiten",
        "La página que buscas: cómo encontrar libros antiguos",
        "Страница не найдена: почему сайты исчезают",
        "ページが見つかりませんと表示される原因",
        "Nothing found in the search for the plane",
        "Room 404: the hotel that never was",
        "Not Found | Chapter 3 | A novel",
        "Page not found – and eight other things that nobody ever tells you online",
        "How we built a website that never says: page not found",
        "Home | News | Local | Harbour | Page not found",
        "The Page",
        "Error",
    ],
)
@pytest.mark.parametrize("text", [ARTICLE, "A short text of its own."], ids=["long", "short"])
def test_a_living_page_about_what_is_missing_is_alive(title, text):
    assert read(page(title, title, text)).not_found is None


@pytest.mark.parametrize(
    "title", ["404", "404 - Example", "Not Found", "HTTP 404 - Encyclopedia", "Not found | Example"]
)
def test_a_title_that_may_be_a_name_counts_only_where_nothing_else_is_said(title):
    assert read(page(title, title, "The page is not here.")).not_found is not None
    assert read(page(title, title, ARTICLE)).not_found is None


# What a cut page lacks says nothing.


def test_of_a_page_that_is_cut_only_its_title_and_headings_tell_of_a_wall():
    more = "<style>" + "a{}" * 25_000 + "</style>"
    assert read(page("Intranet", text=form("password"))).login is not None
    assert read(page("Intranet", text=form("password")) + more).login is None
    assert read(page("404", text="Short.")).not_found is not None
    assert read(page("404", text="Short.") + more).not_found is None
    assert read(page("Story", text="This domain is for sale.")).parked is not None
    assert read(page("Story", text="This domain is for sale.") + more).parked is None
    assert read(page("Just a moment...") + more).challenge is not None
    assert read(page("Page not found - Example") + more).not_found is not None


# Applications, and nothing.


@pytest.mark.parametrize(
    "markup",
    [
        '<title>App</title><div id="root"></div><script src=/main.js></script>',
        "<div id=app></div><script type=module src=/assets/index.js></script>",
        '<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{}</script>',
        '<noscript>You need to enable JavaScript to run it.</noscript><div id="root"></div><script src=a.js></script>',
        "<app-root></app-root><script src=runtime.js></script>",
        '<div id="root">Loading...</div><script src=/main.js></script>',
    ],
)
def test_the_shell_of_an_application_is_known(markup):
    signals = read(markup)
    assert signals.is_app
    assert not signals.is_empty


@pytest.mark.parametrize(
    "markup",
    [
        '<div id="root"></div>',
        "<div></div><script src=/main.js></script>",
        f'<div id="root">{ARTICLE}</div><script src=/main.js></script>',
        '<div data-id="root"></div><script src=/main.js></script>',
    ],
)
def test_another_page_is_no_shell(markup):
    assert not read(markup).is_app


@pytest.mark.parametrize(
    "markup",
    [
        "",
        " \n",
        "<!-- nothing -->",
        "<input type=hidden>",
        "<html><head><title>x</title></head><body> <div>&nbsp;</div></body></html>",
    ],
)
def test_a_page_without_anything_to_see_is_empty(markup):
    assert read(markup).is_empty


@pytest.mark.parametrize(
    "markup",
    [
        "x",
        "<img src=a.png>",
        "<video src=a.mp4></video>",
        "<iframe src=/inner></iframe>",
        "<frameset><frame src=a.html></frameset>",
        "<script>document.write('text')</script>",
        "<svg></svg>",
        "<form><input type=search></form>",
        "<style>" + "a{}" * 8_000 + "</style>",
    ],
)
def test_a_page_with_something_is_not_empty(markup):
    assert not read(markup).is_empty


def test_words_are_those_that_a_visitor_sees():
    signals = read(
        "<title>not these</title><style>nor these</style><script>nor these</script><noscript>nor these</noscript>"
        "<template>nor these</template><!-- nor these --><p>but <b>these</b> four words"
    )
    assert signals.words == 4


def test_words_that_are_not_spaced_are_counted_too():
    assert 7 <= read("<p>これは日本語で書かれた短い文章です。</p>").words <= 20


# What is no page.


@pytest.mark.parametrize(
    "media", ["image/png", "application/pdf", "application/json", "text/plain", "application/rss+xml"]
)
def test_of_other_media_only_emptiness_is_said(media):
    headers = {"content-type": f"{media}; charset=utf-8"}
    assert read("<title>Page not found</title>", headers=headers) == PageSignals(RULES, media=media)
    assert read("", headers=headers) == PageSignals(RULES, media=media, is_empty=True)


@pytest.mark.parametrize(
    "markup",
    [
        "<title>Page not found</title><p>Nothing here.",
        "<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>",
        "<title>example.org is for sale</title><h1>example.org is for sale</h1>",
        '<title>News</title><link rel=canonical href="/"><p>All the news.',
        '<meta http-equiv=refresh content="0; url=/"><p>One moment.',
        "<title></title>",
    ],
)
def test_a_page_that_a_made_up_address_may_decide_on_has_a_fingerprint(markup):
    signals = read_page(URL, 200, HTML, markup.encode())
    answer = Exchange(0, "GET", URL, status=200, signals=signals)
    observation = Observation(URL, datetime(2026, 1, 1, tzinfo=UTC), 1, (answer,), Answered(200, URL))
    assert wants_sibling(observation, Context(titles=("Harbour plan agreed",)))
    assert signals.fingerprint is not None


def test_a_plain_page_has_a_fingerprint_only_where_it_is_to_be_compared():
    plain = b"<title>The vote</title><p>What was said."
    assert read_page(URL, 200, HTML, plain).fingerprint is None
    assert read_page(URL, 200, HTML, plain, compared=True).fingerprint is not None
