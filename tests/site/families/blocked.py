"""Walls by code and challenges by header or by what the page says."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, notice
from tests.site.server import Asked, Reply, Script, turns

BLOCKED = VerdictKind.BLOCKED


def _wall(url: str, why: str, script: Script, **also: Script) -> Case:
    return Case(url, BLOCKED, why, {url: script, **also})


def _codes() -> Iterator[Case]:
    rows: tuple[tuple[int, str, tuple[tuple[str, str], ...]], ...] = (
        (400, "a firewall that answers robots with 400", ()),
        (401, "a password for the whole site", (("WWW-Authenticate", 'Basic realm="staff"'),)),
        (402, "a paywall that uses the code", ()),
        (403, "a plain 403", ()),
        (405, "405 to GET, a wall of an old kind", ()),
        (406, "406 from mod_security", ()),
        (407, "a proxy that wants a name", (("Proxy-Authenticate", "Basic"),)),
        (418, "a teapot, which some firewalls are", ()),
        (429, "429 each time", ()),
        (430, "430, a shop system’s word for too many requests", ()),
        (451, "withheld for legal reasons", (("Link", '<https://authority.test>; rel="blocked-by"'),)),
        (600, "a code beyond HTTP", ()),
        (666, "a code of somebody’s own", ()),
        (999, "999, a network of professionals to robots", ()),
    )
    for status, why, headers in rows:
        body = notice(f"{status}", "Request denied", "Your request cannot be served.")
        yield _wall(f"https://wall-{status}.test/in/story", why, Reply(status, body, headers=headers))
    yield _wall(
        "https://later.test/a", "429 each time, with Retry-After", Reply(429, headers=(("Retry-After", "3600"),))
    )
    yield _wall(
        "https://later-soon.test/a",
        "429 each time, with a short Retry-After",
        Reply(429, headers=(("Retry-After", "1"),)),
    )
    yield _wall(
        "https://apidoor.test/v2/story",
        "401 in JSON",
        Reply(401, b'{"error":"unauthorized","message":"Not found or not authorized"}', "application/json"),
    )
    yield _wall(
        "https://apache-wall.test/story",
        "403 that adds that an error document was not found",
        Reply(
            403,
            notice(
                "403 Forbidden",
                "Forbidden",
                "You don't have permission to access this resource. Additionally, a 404 Not Found error was encountered "
                "while trying to use an ErrorDocument to handle the request.",
                around=False,
            ),
        ),
    )
    yield _wall(
        "https://behind.test/old",
        "403 behind a redirect",
        to(301, "https://behind.test/new"),
        **{"https://behind.test/new": Reply(403, b"Forbidden", "text/plain")},
    )
    yield _wall("https://headwall.test/a", "404 to HEAD and 403 to GET", turns(Reply(403), head=Reply(404)))
    yield _wall(
        "https://cf-1020.test/a",
        "a rule of the operator’s at Cloudflare",
        Reply(
            403,
            notice(
                "Attention Required! | Cloudflare",
                "Sorry, you have been blocked",
                "You are unable to access cf-1020.test",
                around=False,
            ),
            headers=(("Server", "cloudflare"), ("CF-Ray", "8c1d2-AMS")),
        ),
    )

    def to_agents(asked: Asked) -> Reply:
        page = article("For browsers only")
        return Reply(403) if "feedbot" in asked.headers.get("user-agent", "") else Reply(200, page)

    yield _wall("https://agents.test/a", "403 to robots that say who they are", to_agents)


CLOUDFLARE = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta http-equiv="Content-Type" '
    b'content="text/html; charset=UTF-8"><meta name="robots" content="noindex,nofollow"><meta http-equiv="refresh" '
    b'content="390"></head><body class="no-js"><div class="main-wrapper" role="main"><div class="main-content"><noscript>'
    b'<div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div></noscript></div>'
    b'</div><script>(function(){window._cf_chl_opt={cvId:"3",cType:"managed",cRay:"8c1d"};var a=document.createElement("script");'
    b'a.src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=8c1d";})();</script></body></html>'
)


def _by_header() -> Iterator[Case]:
    mitigated = (("cf-mitigated", "challenge"), ("Server", "cloudflare"))
    for status in (200, 403, 404, 429, 503):
        yield _wall(
            f"https://cf-{status}.test/story",
            f"Cloudflare’s challenge at {status}",
            Reply(status, CLOUDFLARE, headers=mitigated),
        )
    waf = "x-amzn-waf-action"
    yield _wall(
        "https://waf-202.test/story",
        "AWS WAF’s challenge: 202 and nothing",
        Reply(202, b"", headers=((waf, "challenge"),)),
    )
    yield _wall(
        "https://waf-405.test/story",
        "AWS WAF’s captcha: 405",
        Reply(405, notice("Human Verification", "Human Verification", "", around=False), headers=((waf, "captcha"),)),
    )
    datadome = (
        b'<html lang="en"><head><title>ports.test</title><style>#cmsg{animation: A 1.5s;}</style></head><body style="margin:0">'
        b"<p id=\"cmsg\">Please enable JS and disable any ad blocker</p><script data-cfasync=\"false\">var dd={'rt':'c','cid':"
        b"'AHrlq','hsh':'2211','host':'geo.captcha-delivery.com'}</script><script src=\"https://ct.captcha-delivery.com/c.js\">"
        b"</script></body></html>"
    )
    guard = (("X-DataDome", "protected"), ("X-DD-B", "1"))
    yield _wall("https://dd-403.test/story", "DataDome’s challenge at 403", Reply(403, datadome, headers=guard))
    yield _wall("https://dd-200.test/story", "DataDome’s challenge at 200", Reply(200, datadome, headers=guard))
    yield _wall("https://dd-405.test/story", "DataDome’s challenge at 405", Reply(405, datadome, headers=guard))
    yield _wall(
        "https://cf-redirected.test/old",
        "a challenge behind a redirect",
        to(301, "https://cf-redirected.test/new"),
        **{"https://cf-redirected.test/new": Reply(403, CLOUDFLARE, headers=mitigated)},
    )
    yield _wall(
        "https://vercel-429.test/story",
        "Vercel’s checkpoint at 429",
        Reply(
            429,
            notice(
                "Vercel Security Checkpoint",
                "We're verifying your browser",
                "Website owner? Click here to fix",
                around=False,
            ),
            headers=(("x-vercel-mitigated", "challenge"),),
        ),
    )
    yield _wall(
        "https://kasada.test/story",
        "Kasada’s script at 429",
        Reply(
            429,
            b"<!DOCTYPE html><html><head></head><body><script>window.KPSDK={};KPSDK.now=Date.now.bind(Date);</script>"
            b'<script src="/149e9513-01fa-4fb0-aad4-566afd725d1b/2d206a39/ips.js?KP_UIDz=1"></script></body></html>',
            headers=(("x-kpsdk-ct", "0c1b"),),
        ),
    )


def _by_page() -> Iterator[Case]:
    """Challenges that only the page gives away, most of them with success for a code."""
    yield _wall(
        "https://cf-nohead.test/story",
        "Cloudflare’s challenge, its header taken by a cache",
        Reply(200, CLOUDFLARE),
    )
    yield _wall(
        "https://cf-older.test/story",
        "Cloudflare’s older five seconds, at 503",
        Reply(
            503,
            b'<!DOCTYPE HTML><html><head><title>Just a moment...</title></head><body><h1><span data-translate="checking_browser">'
            b"Checking your browser before accessing</span> cf-older.test.</h1><p>This process is automatic. Your browser will "
            b'redirect to your requested content shortly.</p><form id="challenge-form" action="/?__cf_chl_jschl_tk__=1" '
            b'method="POST"></form></body></html>',
        ),
    )
    rows: tuple[tuple[str, int, str, bytes], ...] = (
        (
            "imperva",
            200,
            "Imperva’s frame",
            b'<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body style="margin:0px;'
            b'height:100%"><iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=24&xinfo=9-1&incident_id=877" '
            b'frameborder=0 width="100%" height="100%">Request unsuccessful. Incapsula incident ID: 877000450-1</iframe></body></html>',
        ),
        (
            "human",
            200,
            "HUMAN’s press and hold",
            b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Access to this page has been denied</title>'
            b'<meta name="description" content="px-captcha"></head><body><div id="px-captcha"></div><h1>Press &amp; Hold to confirm '
            b"you are a human (and not a bot).</h1><script>window._pxAppId='PXu6b0';</script></body></html>",
        ),
        (
            "bigip",
            200,
            "F5’s refusal",
            b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your "
            b"administrator.<br><br>Your support ID is: 1034566423<br><br><a href='javascript:history.back();'>[Go Back]</a></body></html>",
        ),
        (
            "anubis",
            200,
            "Anubis, which weighs souls",
            b'<!doctype html><html lang="en"><head><title>Making sure you&#39;re not a bot!</title><link rel="stylesheet" '
            b'href="/.within.website/x/xess/xess.min.css"></head><body><main><h1 id="title">Making sure you&#39;re not a bot!</h1>'
            b'<p id="status">Loading...</p><p>Protected by Anubis</p></main></body></html>',
        ),
        (
            "sucuri",
            200,
            "Sucuri’s cookie by script",
            b"<html><title>You are being redirected...</title><noscript>Javascript is required. Please enable javascript before you "
            b"are allowed to see this page.</noscript><script>var s={},u,c,U,r,i,l=0,S='dD0n';sucuri_cloudproxy_js=''</script></html>",
        ),
        (
            "sgcaptcha",
            202,
            "SiteGround’s meta refresh",
            b'<html><head><link rel="icon" href="data:;"><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2Fstory&'
            b'y=ipc:203.0.113.4:1730"></meta></head></html>',
        ),
        (
            "imunify",
            200,
            "Imunify360’s splash",
            b'<html><head><title>One moment, please...</title><meta http-equiv="refresh" content="5"></head><body><h1>Please wait '
            b'while your request is being verified...</h1><form id="wsidchk-form" action="/z0f76a1d14fd21a8fb5fd0d03e0fdc3d3cedae52f">'
            b"</form></body></html>",
        ),
        (
            "testcookie",
            200,
            "a free host’s cookie by script",
            b'<html><body><script type="text/javascript" src="/aes.js" ></script><script>function toNumbers(d){}var a=toNumbers('
            b'"f655ba9d09a112d4");document.cookie="__test="+a+"; path=/";location.href="/story?i=1";</script><noscript>This site '
            b"requires Javascript to work, please enable Javascript in your browser</noscript></body></html>",
        ),
        (
            "sorry",
            200,
            "unusual traffic",
            b"<html><head><title>Sorry...</title></head><body><h1>We're sorry...</h1><p>... but your computer or network may be "
            b"sending automated queries. Our systems have detected unusual traffic from your computer network.</p>"
            b'<form action="CaptchaRedirect"><div class="g-recaptcha"></div></form></body></html>',
        ),
        (
            "robotcheck",
            200,
            "a shop that wants the letters typed",
            b"<html><head><title>Robot Check</title></head><body><h4>Enter the characters you see below</h4><p>Sorry, we just need to "
            b'make sure you\'re not a robot.</p><form method="get" action="/errors/validateCaptcha"><img src="/captcha/x.jpg"></form>'
            b"</body></html>",
        ),
        (
            "hcaptcha",
            200,
            "a page that is one captcha",
            b'<!doctype html><html><head><title>Verification required</title><script src="https://js.hcaptcha.com/1/api.js"></script>'
            b'</head><body><h1>Are you human?</h1><form method="post"><div class="h-captcha" data-sitekey="1"></div></form></body></html>',
        ),
        (
            "turnstile",
            200,
            "a page that is one Turnstile",
            b'<!doctype html><html><head><title>Security check</title><script src="https://challenges.cloudflare.com/turnstile/v0/'
            b'api.js"></script></head><body><h1>Verify you are human</h1><div class="cf-turnstile" data-sitekey="0x"></div></body></html>',
        ),
        (
            "ddosguard",
            200,
            "DDoS-Guard’s check",
            b'<!doctype html><html><head><title>DDoS-Guard</title><meta name="robots" content="noindex"></head><body><h1>Checking your '
            b'browser before accessing</h1><p>Protected by DDoS-Guard</p><script src="/.well-known/ddos-guard/js-challenge/index.js">'
            b"</script></body></html>",
        ),
        (
            "akamai",
            200,
            "Akamai’s refusal, its code lost on the way",
            b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to access "
            b'"http&#58;&#47;&#47;akamai&#46;test&#47;story" on this server.<P>Reference&#32;&#35;18&#46;2f1c&#46;1730</BODY></HTML>',
        ),
        (
            "wordfence",
            503,
            "Wordfence’s refusal",
            b"<!DOCTYPE html><html><head><title>Your access to this site has been limited</title></head><body><h1>Your access to this "
            b"site has been limited by the site owner</h1><p>HTTP response code 503. Block Reason: Access from your area has been "
            b"temporarily limited for security reasons. Generated by Wordfence</p></body></html>",
        ),
        (
            "sgbrowser",
            200,
            "a plain check of the browser that refreshes itself",
            b'<html><head><title>Checking your browser</title><meta http-equiv="refresh" content="3"></head><body><p>Please wait while '
            b"we check your browser. This is an automatic process and takes a few seconds.</p></body></html>",
        ),
    )
    for name, status, why, body in rows:
        url = f"https://{name}.test/story"
        yield _wall(url, why, Reply(status, body), **{f"https://{name}.test/*": Reply(status, body)})
    yield _wall(
        "https://refresh-check.test/story",
        "a meta refresh to a page that sets a cookie",
        Reply(
            200,
            b'<html><head><title>Please wait</title><meta http-equiv="refresh" content="1;url=/verify-human?return=%2Fstory"></head>'
            b"<body>Verifying that you are not a robot...</body></html>",
        ),
    )
    yield _wall(
        "https://captcha-redirect.test/story",
        "a redirect to a captcha",
        to(302, "https://captcha-redirect.test/captcha?next=%2Fstory"),
        **{
            "https://captcha-redirect.test/captcha?next=%2Fstory": Reply(
                200,
                notice(
                    "Captcha", "Are you a robot?", "Type the letters.", more='<img src="/c.png"><input name="letters">'
                ),
            )
        },
    )


FAMILIES: tuple[Family, ...] = (
    family("walls by code", "codes that turn bots away", _codes()),
    family("challenges by header", "challenges that a header gives away, at any code", _by_header()),
    family("challenges by page", "challenges that only the page gives away", _by_page()),
)
