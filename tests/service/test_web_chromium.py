"""The pages and the public report over the built-in server, in the browser that most people use.

Under the headers of the server, which are stricter than what the pages say of themselves.
"""

import shutil
from collections.abc import Iterator

import pytest

from tests.publication import Publication, Site
from tests.publish.chromium import Chromium, Visit, running_chromium
from tests.publish.test_link_report_chromium import HOSTS, SHOWN
from tests.service.served import serving
from tests.serving.servers import Server

pytestmark = [
    pytest.mark.debian("chromium"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium (Debian package chromium)"),
]

BACKGROUND = "getComputedStyle(document.body).maxWidth"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with running_chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def server(news: Publication, site: Site) -> Iterator[Server]:
    """A publication after a week in which some of its links died."""
    news.configure_feeds("public_report: true")
    site.answers |= {"/gone": 410, "/lost": 404, "/walled": 403, "/old": (301, "/new")}
    for name in ("gone", "lost", "walled", "old", "well"):
        news.article(name, topics=f"AI, {name.title()}", more=f"images: [{{url: '{site.link('/x.jpg')}'}}]\n")
    news.run()
    news.pass_days(8)
    with serving(news.config) as server:
        yield server


# A browser looks for an icon by itself, and there is none.
NO_ICON = "Failed to load resource: the server responded with a status of 404 (Not Found)"


def faults(visit: Visit) -> list[str]:
    return visit.dialogs + [complaint for complaint in visit.complaints if complaint != NO_ICON]


def link(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def test_pages_look_as_they_should_and_break_no_rule(chromium: Chromium, server: Server, site: Site) -> None:
    for path in ("/", "/feeds/", "/feeds/ai.html", "/feeds/about.html"):
        visit = chromium.open(link(server, path))
        assert faults(visit) == []
        # The style of the page came through: without it a body has no greatest width.
        assert chromium.run(BACKGROUND) != "none"
        assert all(url.startswith((link(server, "/"), site.url)) for url in visit.requests)
    chromium.open(link(server, "/feeds/ai.html"))
    assert chromium.run("[...document.images].length") != 0
    assert link(server, "/feeds/about.html") == chromium.run("document.querySelectorAll('footer a')[1].href")


def test_the_report_is_filtered_found_in_and_sorted(chromium: Chromium, server: Server) -> None:
    visit = chromium.open(link(server, "/feeds/reports/links.html"))
    assert chromium.run("document.documentElement.className") == "scripted"
    assert chromium.run(SHOWN) == ["dead", "dead", "blocked", "moved"]
    chromium.run("document.querySelector('#only-dead').checked = true")
    assert chromium.run(SHOWN) == ["dead", "dead"]
    chromium.run("document.querySelector('#only-all').checked = true")
    find = (
        "(() => { const box = document.querySelector('#find'); box.value = 'walled';"
        " box.dispatchEvent(new Event('input')); })()"
    )
    chromium.run(find)
    assert chromium.run(SHOWN) == ["blocked"]
    chromium.run(find.replace("walled", ""))
    chromium.run("[...document.querySelectorAll('th button')].find(one => one.textContent === 'Status').click()")
    assert chromium.run(SHOWN) == ["blocked", "dead", "dead", "moved"]
    assert len(chromium.run(HOSTS)) == 4  # type: ignore[arg-type]
    assert faults(visit) == []


def test_no_other_site_can_put_a_page_into_a_frame(chromium: Chromium, server: Server, site: Site) -> None:
    site.pages["/framing"] = f"<iframe src='{link(server, '/feeds/')}'></iframe>".encode()
    visit = chromium.open(site.link("/framing"))
    assert any("frame" in complaint.lower() for complaint in visit.complaints)


def test_a_script_in_a_feed_does_not_run_where_a_browser_shows_it(
    chromium: Chromium, server: Server, news: Publication
) -> None:
    script = b'<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'
    feed = b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">' + script + b"</feed>"
    (news.folder / "feeds" / "all.atom").write_bytes(feed)
    (news.folder / "feeds" / "ai.html").write_bytes(b"<!DOCTYPE html><script>alert(2)</script>")
    for path in ("/feeds/all.atom", "/feeds/ai.html"):
        assert chromium.open(link(server, path)).dialogs == []
