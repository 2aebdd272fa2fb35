"""Applications that draw their pages by script: one shell for every path, and nothing wrong with it."""

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.pages import shell
from tests.site.server import Asked, Reply, Script


def _apps() -> Iterator[Case]:
    def app(name: str, why: str, script: Script) -> Case:
        url = f"https://{name}.test/watch/harbour-41"
        return Case(
            url, VerdictKind.ALIVE, why, {url: script, f"https://{name}.test/*": script}, ("Harbour 41",), living=True
        )

    yield app("app-react", "a React shell", Reply(200, shell("Harbourline")))
    yield app(
        "app-vue",
        "a Vue shell",
        Reply(200, shell("Harbourline", '<div id="app"></div>', '<script src="/js/chunk-vendors.1a.js"></script>')),
    )
    yield app(
        "app-angular",
        "an Angular shell",
        Reply(
            200, shell("Harbourline", "<app-root></app-root>", '<script src="/runtime.6f.js" type="module"></script>')
        ),
    )
    yield app("app-untitled", "a shell without a title", Reply(200, shell("")))
    yield app(
        "app-noscript",
        "a shell that asks for scripts",
        Reply(
            200,
            shell(
                "Harbourline",
                '<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>',
            ),
        ),
    )
    texts = '<script>window.__I18N__={"notFound":"Page not found","error":"404 - this page does not exist"}</script>'
    yield app("app-texts", "a shell with the texts of its errors inside", Reply(200, shell("Harbourline", head=texts)))
    yield app(
        "app-spinner",
        "a shell with a spinner",
        Reply(200, shell("Loading…", '<div id="root"><div class="spinner" aria-label="Loading">Loading…</div></div>')),
    )
    yield app(
        "app-flutter",
        "a shell of Flutter",
        Reply(200, shell("harbourline", "", '<script src="flutter_bootstrap.js" async></script>')),
    )
    state = '<script id="__NEXT_DATA__" type="application/json">{"page":"/watch/[id]","query":{},"props":{}}</script>'
    yield app("app-next", "a shell of Next", Reply(200, shell("Harbourline", '<div id="__next"></div>', state)))

    def with_head(asked: Asked) -> Reply:
        name = "Harbour 41" if asked.path == "/watch/harbour-41" else "Harbourline"
        return Reply(200, shell(name, head=f'<meta property="og:title" content="{name}">'))

    yield app("app-cards", "a shell whose head is filled in for cards", with_head)


FAMILIES: tuple[Family, ...] = (family("applications", "one shell for every path, drawn by script", _apps()),)
