"""Links that no answer comes from, or only answers that say nothing of the page; and those that are not asked."""

from collections.abc import Iterator

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, notice
from tests.site.server import CLOSED_PORT, FULL_PORT, Fault, Raw, Reply, Script, head, turns

UNREACHABLE, REFUSED = VerdictKind.UNREACHABLE, VerdictKind.REFUSED


def _silent(url: str, why: str, script: Script, failure: FailureKind | None = None, **also: Script) -> Case:
    return Case(url, UNREACHABLE, why, {url: script, **also}, failure=failure)


def _names() -> Iterator[Case]:
    rows = (
        (
            "https://nxdomain.test/a",
            Failure(FailureKind.DNS_NXDOMAIN, "name look-up failed: no such name"),
            "no such name",
        ),
        (
            "https://noaddress.test/a",
            Failure(FailureKind.DNS_NO_ADDRESS, "name look-up failed: no address"),
            "a name without an address",
        ),
        (
            "https://servfail.test/a",
            Failure(FailureKind.DNS_SERVFAIL, "name look-up failed: server failure"),
            "a name server that fails",
        ),
        (
            "https://slowdns.test/a",
            Failure(FailureKind.DNS_TIMEOUT, "no answer from the name server in 10 s"),
            "a silent name server",
        ),
    )
    for url, answer, why in rows:
        yield Case(url, UNREACHABLE, why, {}, failure=answer.kind, names={url.split("/")[2]: answer})
    url = "https://to-nowhere.test/a"
    yield Case(
        url,
        UNREACHABLE,
        "a redirect to a name that is no more",
        {url: to(301, "https://was-here.test/a")},
        failure=FailureKind.DNS_NXDOMAIN,
        names={"was-here.test": Failure(FailureKind.DNS_NXDOMAIN, "name look-up failed: no such name")},
    )


def _connections() -> Iterator[Case]:
    yield _silent(
        f"http://shutport.test:{CLOSED_PORT}/a", "nobody listens at the port", Reply(200), FailureKind.CONNECT_REFUSED
    )
    yield _silent(
        f"http://fullport.test:{FULL_PORT}/a",
        "a connection that never comes about",
        Reply(200),
        FailureKind.CONNECT_TIMEOUT,
    )
    yield _silent("https://reset-always.test/a", "a reset each time", Raw(end="reset"), FailureKind.RESET)
    yield _silent(
        "http://reset-late.test/a",
        "a reset in the middle of the head",
        Raw((b"HTTP/1.1 200 O",), "reset"),
        FailureKind.RESET,
    )
    yield _silent(
        "https://closed-always.test/a", "closed without an answer, each time", Raw(end="close"), FailureKind.RESET
    )
    yield _silent(
        "http://cut-short.test/a",
        "a body that breaks off",
        Raw((head("HTTP/1.1 200 OK", (("Content-Length", "9000"),)) + b"<p>and then",)),
        FailureKind.RESET,
    )
    yield _silent("https://mute.test/a", "silence", Raw(end="silence"), FailureKind.TIMEOUT)
    yield _silent(
        "http://mute-after-head.test/a",
        "silence after the head",
        Raw((head("HTTP/1.1 200 OK", (("Content-Length", "9000"),)),), "silence"),
        FailureKind.TIMEOUT,
    )
    yield _silent(
        "http://dripper.test/a",
        "a header every while, without end",
        Raw((b"HTTP/1.1 200 OK\r\n", *(b"X-A: b\r\n",) * 400), "silence", 0.1),
        FailureKind.TIMEOUT,
    )
    yield _silent(
        "http://endless-hints.test/a",
        "one interim answer after another",
        Raw((b"HTTP/1.1 103 Early Hints\r\n\r\n",) * 400, "silence", 0.1),
        FailureKind.TIMEOUT,
    )
    yield _silent(
        "https://redirect-mute.test/a",
        "silence behind a redirect",
        to(301, "https://redirect-mute.test/b"),
        FailureKind.TIMEOUT,
        **{"https://redirect-mute.test/b": Raw(end="silence")},
    )


def _garbage() -> Iterator[Case]:
    rows = (
        ("garbage", b"\x00\x01\x02 not a protocol of this world\r\n\r\n", "bytes without sense"),
        ("ssh", b"SSH-2.0-OpenSSH_9.6\r\n", "an SSH server at the port"),
        ("smtp", b"220 mail.test ESMTP ready\r\n", "a mail server at the port"),
        ("http-nine", b"<html>no head at all</html>", "HTTP/0.9: a page without a head"),
        ("badcode", b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "a code that is no number"),
        ("badlength", b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nhello", "a length that is no number"),
        (
            "badchunk",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
            "a chunk size that is no number",
        ),
    )
    for name, said, why in rows:
        # Some of it never becomes a line, and whoever sent it hangs up: a wire may call that a reset.
        failure = FailureKind.PROTOCOL if said.startswith(b"HTTP/") or b"\r\n\r\n" in said else None
        yield _silent(f"http://{name}.test/a", why, Raw((said,)), failure)
    yield _silent(
        "http://hugehead.test/a",
        "headers without end",
        Raw((b"HTTP/1.1 200 OK\r\n", *(b"X-Fill: " + b"a" * 8000 + b"\r\n",) * 40)),
        FailureKind.PROTOCOL,
    )


def _tls() -> Iterator[Case]:
    rows: tuple[tuple[str, Fault, str], ...] = (
        ("expired", "expired", "a certificate that has expired"),
        ("wrongname", "other name", "a certificate for another name"),
        ("selfsigned", "self-signed", "a certificate signed by itself"),
        ("untrusted", "unknown authority", "a certificate of an unknown authority"),
        ("noname", "refuses", "a server that hangs up where it knows no such name"),
    )
    for name, fault, why in rows:
        url = f"https://tls-{name}.test/a"
        yield Case(
            url,
            UNREACHABLE,
            why,
            {url: Reply(200, article("Secure?"))},
            faults={f"tls-{name}.test": fault},
            failure=None if fault == "refuses" else FailureKind.TLS,
        )
    yield Case(
        "https://tls-plain.test:8443/a",
        UNREACHABLE,
        "plain HTTP at a port for TLS",
        {"http://tls-plain.test:8443/a": Reply(200)},
        failure=FailureKind.TLS,
    )
    url = "http://tls-later.test/a"
    yield Case(
        url,
        UNREACHABLE,
        "a redirect to https with a certificate for another name",
        {url: to(301, "https://tls-later.test/a"), "https://tls-later.test/a": Reply(200)},
        faults={"tls-later.test": "other name"},
        failure=FailureKind.TLS,
    )


def _codes() -> Iterator[Case]:
    for status, why in (
        (500, "an error each time"),
        (502, "a bad gateway each time"),
        (503, "unavailable each time, without a time"),
        (504, "a gateway that waits in vain"),
        (520, "Cloudflare cannot read the origin"),
        (522, "Cloudflare cannot reach the origin"),
        (530, "Cloudflare cannot find the origin"),
        (408, "a server that says it waited"),
        (409, "a conflict"),
        (421, "misdirected"),
        (422, "a request it cannot process"),
        (300, "several choices, none taken"),
    ):
        yield _silent(
            f"https://code-{status}.test/a", f"{status}: {why}", Reply(status, notice(str(status), str(status), why))
        )
    yield _silent("https://code-turns.test/a", "errors that differ", turns(Reply(500), Reply(502), Reply(504)))
    hidden = Reply(500, notice("Page not found", "Page not found", "Fatal error."))
    yield _silent("https://code-words.test/a", "500 that says not found", hidden)


def _redirects() -> Iterator[Case]:
    yield _silent("https://loop-self.test/a", "a redirect to itself", to(302, "/a"), FailureKind.REDIRECT_LOOP)
    yield _silent(
        "https://loop-two.test/a",
        "two that lead to each other",
        to(301, "/b"),
        FailureKind.REDIRECT_LOOP,
        **{"https://loop-two.test/b": to(301, "/a")},
    )
    yield _silent(
        "http://loop-scheme.test/a",
        "http to https and back",
        to(301, "https://loop-scheme.test/a"),
        FailureKind.REDIRECT_LOOP,
        **{"https://loop-scheme.test/a": to(301, "http://loop-scheme.test/a")},
    )
    yield _silent(
        "https://loop-www.test/a",
        "www and back",
        to(301, "https://www.loop-www.test/a"),
        FailureKind.REDIRECT_LOOP,
        **{"https://www.loop-www.test/a": to(301, "https://loop-www.test/a")},
    )
    steps = {f"https://toomany.test/{number}": to(302, f"/{number + 1}") for number in range(6)}
    yield Case(
        "https://toomany.test/0",
        UNREACHABLE,
        "more redirects than are followed",
        steps,
        failure=FailureKind.REDIRECT_LIMIT,
    )
    yield _silent("https://locationless.test/a", "301 without Location", Reply(301), FailureKind.REDIRECT_INVALID)
    yield _silent(
        "https://badlocation.test/a",
        "a Location that is no URL",
        to(302, "http://[half-an-address/"),
        FailureKind.REDIRECT_INVALID,
    )


def _refused() -> Iterator[Case]:
    def one(
        url: str,
        why: str,
        script: Script | None = None,
        failure: FailureKind = FailureKind.POLICY_ADDRESS,
        **names: str,
    ) -> Case:
        return Case(url, REFUSED, why, {url: script} if script else {}, names=names, failure=failure)

    for name, place in (
        ("ten", "http://10.0.0.1/"),
        ("metadata", "http://169.254.169.254/latest/meta-data/"),
        ("router", "http://192.168.1.1/admin"),
        ("mapped", "http://[::ffff:10.0.0.1]/"),
        ("decimal", "http://167772161/"),
        ("ula", "http://[fd00::1]/"),
        ("cgnat", "http://100.64.0.1/"),
        ("zero", "http://0.0.0.0/"),
    ):
        yield one(f"https://leads-to-{name}.test/a", f"a redirect to {place}", to(302, place))
    yield one(
        "https://leads-to-port.test/a",
        "a redirect to a port for mail",
        to(302, "http://leads-to-port.test:25/"),
        FailureKind.POLICY_PORT,
    )
    yield one(
        "https://leads-to-file.test/a", "a redirect to a file", to(302, "file:///etc/passwd"), FailureKind.POLICY_SCHEME
    )
    yield one(
        "https://leads-to-ftp.test/a",
        "a redirect to FTP",
        to(302, "ftp://ftp.leads-to-ftp.test/a"),
        FailureKind.POLICY_SCHEME,
    )
    yield one(
        "https://leads-to-app.test/a",
        "a redirect into an app",
        to(302, "intent://open#Intent;scheme=app;end"),
        FailureKind.POLICY_SCHEME,
    )
    yield one("https://intranet-name.test/a", "a name with a private address", **{"intranet-name.test": "10.1.2.3"})
    yield one("http://172.16.0.9/a", "a private address in the article")
    yield one("http://ircport.test:6667/a", "a port that is not for pages", None, FailureKind.POLICY_PORT)
    yield one(
        "https://leads-to-inside.test/a",
        "a redirect to a name with a private address",
        to(302, "https://inside.leads-to-inside.test/"),
        **{"inside.leads-to-inside.test": "192.168.7.7"},
    )


FAMILIES: tuple[Family, ...] = (
    family("names", "what name servers say", _names()),
    family("connections", "refused, reset, silent, broken off", _connections()),
    family("garbage", "answers that are not HTTP", _garbage()),
    family("TLS", "certificates and handshakes that are wrong", _tls()),
    family("errors", "codes that say nothing of the page", _codes()),
    family("going round", "redirects that end nowhere", _redirects()),
    family("refused", "places that are not asked", _refused()),
)
