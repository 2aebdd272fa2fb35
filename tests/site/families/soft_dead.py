"""Links that are dead and answer with success."""

# ruff: noqa: E501 - pages are written as they are served

from collections.abc import Iterator

from feedbot.core.verdict import VerdictKind
from tests.site.case import Case, Family, family
from tests.site.families.moved import to
from tests.site.pages import article, front_page, notice
from tests.site.server import Answer, Asked, Reply, Script

SOFT_DEAD = VerdictKind.SOFT_DEAD


def _dead(url: str, why: str, script: Script, elsewhere: Script | None = None, **also: Script) -> Case:
    answers: dict[str, Script] = {url: script, **also}
    if elsewhere is not None:
        answers["/".join([*url.split("/")[:3], "*"])] = elsewhere
    return Case(url, SOFT_DEAD, why, answers)


_IN_WORDS = (
    ("en", "Page not found | Seaview", "Page not found", "Sorry, the page you are looking for does not exist."),
    ("de", "Seite nicht gefunden – Seeblick", "Seite nicht gefunden", "Die angeforderte Seite existiert nicht mehr."),
    ("fr", "Page introuvable | Vue mer", "Page introuvable", "La page que vous recherchez n’existe pas ou plus."),
    ("es", "Página no encontrada - Vista", "Página no encontrada", "La página que buscas no existe."),
    ("it", "Pagina non trovata | Vista", "Pagina non trovata", "La pagina che cerchi non esiste più."),
    ("pt", "Página não encontrada – Vista", "Página não encontrada", "A página que procura não existe."),
    ("nl", "Pagina niet gevonden | Zeezicht", "Pagina niet gevonden", "De pagina die u zoekt bestaat niet meer."),
    ("pl", "Nie znaleziono strony – Widok", "Nie znaleziono strony", "Strona, której szukasz, nie istnieje."),
    ("ru", "Страница не найдена | Вид", "Страница не найдена", "Запрашиваемая страница не существует."),
    ("uk", "Сторінку не знайдено | Вид", "Сторінку не знайдено", "Такої сторінки не існує."),
    ("ja", "ページが見つかりません | 海景", "ページが見つかりません", "お探しのページは存在しないか、移動しました。"),
    ("zh", "页面不存在 - 海景", "页面不存在", "您访问的页面不存在或已被删除。"),
    ("ko", "페이지를 찾을 수 없습니다 | 바다", "페이지를 찾을 수 없습니다", "요청하신 페이지가 존재하지 않습니다."),
    ("tr", "Sayfa bulunamadı | Manzara", "Sayfa bulunamadı", "Aradığınız sayfa mevcut değil."),
    ("sv", "Sidan kunde inte hittas | Utsikt", "Sidan kunde inte hittas", "Sidan du söker finns inte."),
    ("da", "Siden blev ikke fundet | Udsigt", "Siden blev ikke fundet", "Siden findes ikke længere."),
    ("no", "Siden ble ikke funnet | Utsikt", "Siden ble ikke funnet", "Siden du leter etter finnes ikke."),
    ("fi", "Sivua ei löytynyt | Näkymä", "Sivua ei löytynyt", "Etsimääsi sivua ei löytynyt."),
    ("cs", "Stránka nenalezena | Výhled", "Stránka nenalezena", "Požadovaná stránka neexistuje."),
    ("hu", "Az oldal nem található | Kilátás", "Az oldal nem található", "A keresett oldal nem létezik."),
    ("el", "Η σελίδα δεν βρέθηκε | Θέα", "Η σελίδα δεν βρέθηκε", "Η σελίδα που αναζητάτε δεν υπάρχει."),
    ("ro", "Pagina nu a fost găsită | Vedere", "Pagina nu a fost găsită", "Pagina căutată nu există."),
    ("vi", "Không tìm thấy trang | Biển", "Không tìm thấy trang", "Trang bạn tìm kiếm không tồn tại."),
    ("id", "Halaman tidak ditemukan | Pantai", "Halaman tidak ditemukan", "Halaman yang Anda cari tidak ada."),
    ("ar", "الصفحة غير موجودة | منظر", "الصفحة غير موجودة", "الصفحة التي تبحث عنها غير موجودة."),
    ("he", "הדף לא נמצא | נוף", "הדף לא נמצא", "הדף שחיפשת אינו קיים."),
)


def _in_words() -> Iterator[Case]:
    for lang, title, headline, text in _IN_WORDS:
        page = Reply(200, notice(title, headline, text, lang=lang, site=title.split()[-1]))
        yield _dead(
            f"https://seaview-{lang}.test/2019/bridge.html",
            f"200 and “{headline}” for every path",
            page,
            elsewhere=page,
        )


def _in_other_words() -> Iterator[Case]:
    rows = (
        ("number", "404", "404", "Oops."),
        (
            "number-word",
            "Error 404 (Not Found)!!1",
            "404. That’s an error.",
            "The requested URL was not found on this server.",
        ),
        ("sorry", "Sorry, we can’t find that page", "We can’t find that page", "It may have been moved or deleted."),
        (
            "oops",
            "Oops! That page can’t be found.",
            "Oops! That page can’t be found.",
            "It looks like nothing was found here.",
        ),
        ("nolonger", "This page is no longer available", "This page is no longer available", "It has been removed."),
        ("noexist", "The page does not exist", "The page you requested does not exist", "Check the address."),
        ("fehler", "Fehler 404", "Fehler 404 – Seite nicht gefunden", "Bitte prüfen Sie die Adresse."),
        ("article", "Article not found", "Article not found", "The article you requested could not be found."),
        ("lost", "Lost at sea?", "404: this page has sailed", "We could not find what you were looking for."),
        ("invalid", "HTTP 404", "The resource cannot be found.", "Description: HTTP 404."),
        ("robot", "Nothing found for Story", "Nothing Found", "It seems we can’t find what you’re looking for."),
        ("expired", "Listing not found", "This listing no longer exists", "The page has expired or was removed."),
    )
    for name, title, headline, text in rows:
        page = Reply(200, notice(title, headline, text, site="Quayside"))
        yield _dead(f"https://quayside-{name}.test/2018/story", f"200 and “{headline}”", page, elsewhere=page)


def _never_quite_the_same() -> Iterator[Case]:
    """Not-found pages that differ from request to request."""

    def echoing(asked: Asked) -> Reply:
        return Reply(
            200,
            notice("Page not found", "Page not found", f"We looked for {asked.path} and found nothing.", site="Echo"),
        )

    yield _dead("https://echo.test/2017/story", "the path is on the page", echoing, elsewhere=echoing)

    def titled(asked: Asked) -> Reply:
        return Reply(200, notice(f"{asked.path} not found", "Not found", "No such page.", site="Echo"))

    yield _dead("https://echo-title.test/2017/story", "the path is in the title", titled, elsewhere=titled)

    def stamped(asked: Asked) -> Reply:
        token = (
            f'<input type="hidden" name="csrf" value="{hash(asked.path) & 0xFFFFFFFF:08x}"><!-- {hash(asked.path)} -->'
        )
        return Reply(
            200,
            notice("Page not found", "Page not found", "Nothing here.", more=f'<form action="/search">{token}</form>'),
        )

    yield _dead("https://stamped.test/2017/story", "a token and a comment that change", stamped, elsewhere=stamped)

    def with_teasers(asked: Asked) -> Reply:
        start = len(asked.path) % 7
        teasers = "".join(
            f'<li><a href="/s/{number}">Popular story {number}</a></li>' for number in range(start, start + 12)
        )
        return Reply(
            200,
            notice(
                "Page not found",
                "Page not found",
                "You may like these stories.",
                more=f"<h2>Popular</h2><ul>{teasers}</ul>",
            ),
        )

    yield _dead(
        "https://teasing.test/2017/story", "a list of stories that changes", with_teasers, elsewhere=with_teasers
    )
    with_all = Reply(
        200,
        article("Page not found", paragraphs=("Sorry, the page you were looking for does not exist.",), weight_kb=30),
    )
    yield _dead("https://dressed.test/2017/story", "all of the site around it", with_all, elsewhere=with_all)
    honest_elsewhere = Reply(404, b"Not Found")
    rows = (
        (
            "tombstone",
            "en",
            "Article no longer available",
            "Article no longer available",
            "This article has been removed.",
        ),
        (
            "tombstone-de",
            "de",
            "Artikel nicht mehr verfügbar",
            "Artikel nicht mehr verfügbar",
            "Dieser Artikel wurde gelöscht.",
        ),
    )
    for name, lang, title, headline, text in rows:
        yield _dead(
            f"https://{name}.test/2017/story",
            f"a stone on the grave of one story, in title and heading, while other paths have honest errors ({lang})",
            Reply(200, notice(title, headline, text, lang=lang)),
            elsewhere=honest_elsewhere,
        )


def _to_the_root() -> Iterator[Case]:
    def root(name: str, place: str, why: str, status: int = 302, scheme: str = "https") -> Case:
        host = f"{scheme}://{name}.test"
        end = place if "://" in place else f"{host}{place}"
        answers = {end: Reply(200, front_page(name.title()))}
        return _dead(f"{host}/2016/05/story.html", why, to(status, place), elsewhere=to(status, place), **answers)

    yield root("homeward", "/", "302 to the front page, from every path")
    yield root("homeward-good", "/", "301 to the front page, from every path", 301)
    yield root("homeward-seven", "/", "307 to the front page, from every path", 307)
    yield root("homeward-secure", "https://homeward-secure.test/", "301 to the front page over https", 301, "http")
    yield root("homeward-www", "https://www.homeward-www.test/", "301 to the front page of www", 301)
    yield root("homeward-index", "/index.html", "302 to the front page by its file")
    yield root("homeward-query", "/?ref=404", "302 to the front page with a mark")
    yield root("homeward-php", "/index.php", "301 to the front page by its script", 301)
    yield root("homeward-lang", "/en/", "302 to the front page in a language")
    host = "https://homeward-steps.test"
    yield _dead(
        f"{host}/2016/05/story.html",
        "to the front page in two steps",
        to(301, "/home"),
        elsewhere=to(301, "/home"),
        **{f"{host}/home": to(302, "/"), f"{host}/": Reply(200, front_page("Homeward"))},
    )


def _to_an_error() -> Iterator[Case]:
    words = Reply(200, notice("Page not found", "Page not found", "The page you requested was not found."))
    rows = (
        ("a", "/404"),
        ("b", "/404.html"),
        ("c", "/not-found"),
        ("d", "/page-not-found?aspxerrorpath=/story"),
        ("e", "/error/404"),
        ("f", "/errors/notfound.aspx"),
        ("g", "/en/404"),
    )
    for letter, place in rows:
        host = f"https://errorward-{letter}.test"
        yield _dead(
            f"{host}/story",
            f"302 to {place.partition('?')[0]}, which answers 200 and says so",
            to(302, place),
            elsewhere=to(302, place),
            **{f"{host}{place}": words},
        )
    seite = Reply(200, notice("Nicht gefunden", "Seite nicht gefunden", "Leider nichts.", lang="de"))
    yield _dead(
        "https://errorward-de.test/artikel",
        "the same in German",
        to(302, "/seite-nicht-gefunden"),
        elsewhere=to(302, "/seite-nicht-gefunden"),
        **{"https://errorward-de.test/seite-nicht-gefunden": seite},
    )
    plain = Reply(200, notice("Seaside Radio", "Seaside Radio", "Music from the pier."))
    yield _dead(
        "https://errorward-plain.test/story",
        "302 to /404, which says nothing of it, from every path",
        to(302, "/404"),
        elsewhere=to(302, "/404"),
        **{"https://errorward-plain.test/404": plain},
    )


def _nothing() -> Iterator[Case]:
    def hollow(name: str, why: str, reply: Answer) -> Case:
        return _dead(f"https://{name}.test/2015/story", why, reply, elsewhere=reply)

    yield hollow("hollow", "200 and nothing, for every path", Reply(200))
    yield hollow("hollow-space", "200 and white space, for every path", Reply(200, b"\r\n \n\t\r\n"))
    yield hollow(
        "hollow-html",
        "200 and a page with nothing on it, for every path",
        Reply(200, b"<html><head></head><body></body></html>"),
    )
    yield hollow(
        "refresh-root",
        "a meta refresh to the front page, for every path",
        Reply(
            200,
            b'<html><head><title>Redirecting</title><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>',
        ),
    )
    yield hollow(
        "refresh-root-full",
        "the same with the whole address and some words",
        Reply(
            200,
            notice(
                "Moved",
                "We have a new site",
                "You will be taken to our new home page.",
                head='<meta http-equiv="Refresh" content="3;URL=\'https://refresh-root-full.test/\'">',
            ),
        ),
    )
    yield hollow(
        "front-everywhere",
        "the front page under every path; its canonical link names the root",
        Reply(200, front_page("Everywhere", head='<link rel="canonical" href="https://front-everywhere.test/">')),
    )
    words = notice(
        "404 Not Found", "404 Not Found", "nginx", head='<meta http-equiv="refresh" content="2;url=/">', around=False
    )
    yield _dead(
        "https://refresh-words.test/2015/story",
        "not-found wording and a meta refresh to the front page",
        Reply(200, words),
        elsewhere=Reply(404, words),
    )


def _no_site() -> Iterator[Case]:
    rows = (
        (
            "nginx",
            "a web server that was only just set up",
            "Welcome to nginx!",
            "Welcome to nginx!",
            "If you see this page, the nginx web server is successfully installed and working.",
        ),
        (
            "apache",
            "another",
            "Apache2 Debian Default Page: It works",
            "Debian Default Page",
            "If you can read this page, it means that the Apache HTTP server installed at this site is working properly.",
        ),
        (
            "suspended",
            "a customer who did not pay",
            "Account Suspended",
            "Account Suspended",
            "This Account has been suspended. Contact your hosting provider for more information.",
        ),
        (
            "cpanel",
            "a host’s page for a name without a site",
            "Default Web Site Page",
            "SORRY!",
            "If you are the owner of this website, please contact your hosting provider.",
        ),
        (
            "builder",
            "a site of a builder whose time is up",
            "Website Expired",
            "Website Expired",
            "This account has expired. If you are the site owner, click below to login.",
        ),
    )
    for name, why, title, headline, text in rows:
        page = Reply(200, notice(title, headline, text, around=False))
        yield _dead(f"http://nosite-{name}.test/2015/story", f"{why}: “{title}” for every path", page, elsewhere=page)


FAMILIES: tuple[Family, ...] = (
    family("soft in many tongues", "200 and “not found” in 26 languages", _in_words()),
    family("soft in other words", "200 and “not found” in other words", _in_other_words()),
    family("soft and changing", "not-found pages that differ from request to request", _never_quite_the_same()),
    family("to the root", "sites that send every lost path to their front page", _to_the_root()),
    family("to an error", "redirects to an error page that answers 200", _to_an_error()),
    family("nothing there", "empty pages, refreshes to the root, one page for everything", _nothing()),
    family("no site", "pages of servers and hosts where a site was", _no_site()),
)
