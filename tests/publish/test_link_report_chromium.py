"""The operator's page of links in the browser that most people use: it looks right, and does only what it is to do."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest

from feedbot.core.status import StatusKind
from feedbot.publish.link_report import HostRow, LinkReport, ReadersGet, render_report
from tests.publication import Site
from tests.publish.chromium import Chromium, running_chromium
from tests.publish.link_samples import DEAD, REPORT
from tests.publish.test_pages_chromium import HOSTILE, LOWEST_CONTRAST

pytestmark = [
    pytest.mark.debian("chromium"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium (Debian package chromium)"),
]

PATH = "/reports/links.html"
SHOWN = "[...document.querySelectorAll('tbody tr')].filter(row => row.offsetHeight).map(row => row.className)"
HOSTS = (
    "[...document.querySelectorAll('tbody tr')].filter(row => row.offsetHeight)"
    ".map(row => row.cells[0].dataset.key.split('.')[0])"
)


def hostile_report() -> LinkReport:
    kinds = cycle(StatusKind)
    rows = tuple(
        replace(
            DEAD,
            url=f"https://x.org/{text}",
            host=text,
            status=next(kinds),
            reason=text,
            places=(text, text),
            topics=(text, text),
            remarks=(text,),
            readers_get=(ReadersGet("the copy", text), ReadersGet("its new address", "javascript:alert(1)")),
        )
        for text in HOSTILE
    )
    hosts = tuple(HostRow(text, 2, 1, REPORT.hosts[0].history) for text in HOSTILE)
    topics = tuple((text, 1) for text in HOSTILE)
    return replace(REPORT, title="".join(HOSTILE), rows=rows, rows_count=5000, hosts=hosts, topics=topics)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with running_chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def calm(site: Site) -> Site:
    site.pages[PATH] = render_report(REPORT)
    return site


@pytest.fixture
def hostile(site: Site) -> Site:
    site.pages[PATH] = render_report(hostile_report())
    return site


def test_a_report_of_hostile_texts_does_nothing(chromium: Chromium, hostile: Site) -> None:
    visit = chromium.open(hostile.link(PATH), height=20_000)
    assert visit.dialogs == []
    assert visit.complaints == []
    assert set(visit.requests) <= {hostile.link(PATH), hostile.link("/favicon.ico")}
    # Sorting and finding put no text anywhere as markup.
    chromium.run("document.querySelectorAll('th button').forEach(button => button.click())")
    chromium.run(
        "(() => { const box = document.querySelector('#find'); box.value = '<script>';"
        " box.dispatchEvent(new Event('input')); })()"
    )
    assert (visit.dialogs, visit.complaints) == ([], [])
    assert len(chromium.run(SHOWN)) == sum("<script>" in text for text in HOSTILE)  # type: ignore[arg-type]


def test_a_script_that_slipped_through_would_not_run(chromium: Chromium, calm: Site) -> None:
    slipped = b"<script>alert(1)</script><img src=x onerror=alert(2)>"
    calm.pages[PATH] = calm.pages[PATH].replace(b"<h1>", slipped + b"<h1>")
    visit = chromium.open(calm.link(PATH))
    assert visit.dialogs == []
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    # The page's own script still does.
    assert chromium.run("document.documentElement.className") == "scripted"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(chromium: Chromium, hostile: Site, width: int) -> None:
    chromium.open(hostile.link(PATH), width=width)
    assert chromium.run("document.documentElement.scrollWidth") == width
    wide = (
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert chromium.run(wide) == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_what_is_behind_it(
    chromium: Chromium, hostile: Site, width: int, dark: bool
) -> None:
    chromium.open(hostile.link(PATH), width=width, dark=dark)
    paper = chromium.run("getComputedStyle(document.documentElement).backgroundColor")
    assert (paper == "rgb(22, 24, 28)") is dark
    texts, lowest = chromium.run(LOWEST_CONTRAST)  # type: ignore[misc] - a list of two
    assert texts > 50
    assert lowest >= 4.5


def test_where_the_table_is_a_list_nothing_is_shown_of_what_a_row_does_not_have(chromium: Chromium, calm: Site) -> None:
    chromium.open(calm.link(PATH), width=390)
    topics = "document.querySelector('tbody tr.{} [data-label=Topics]').offsetHeight > 0"
    assert [chromium.run(topics.format(kind)) for kind in ("blocked", "moved")] == [True, False]


def test_a_status_is_chosen_without_any_script(chromium: Chromium, calm: Site) -> None:
    page = calm.pages[PATH]
    calm.pages[PATH] = page[: page.index(b"<script>")]
    chromium.open(calm.link(PATH))
    assert chromium.run("document.querySelector('#find').offsetHeight") == 0
    assert chromium.run(SHOWN) == ["dead", "failing", "blocked", "moved"]
    for kind in ("dead", "failing", "blocked", "moved"):
        chromium.run(f"document.querySelector('#only-{kind}').checked = true")
        assert chromium.run(SHOWN) == [kind]
    chromium.run("document.querySelector('#only-all').checked = true")
    assert len(chromium.run(SHOWN)) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_table_is_sorted_by_any_column(chromium: Chromium, calm: Site, width: int) -> None:
    chromium.open(calm.link(PATH), width=width)
    press = "[...document.querySelectorAll('th button')].find(one => one.textContent === '{}').click()"
    assert chromium.run(HOSTS) == ["news", "other", "walls", "old"]
    chromium.run(press.format("Link"))
    assert chromium.run(HOSTS) == ["news", "old", "other", "walls"]
    chromium.run(press.format("Strikes"))
    # As numbers: 3 comes before 10.
    assert chromium.run(HOSTS)[2:] == ["news", "other"]  # type: ignore[index]
    chromium.run(press.format("Strikes"))
    assert chromium.run(HOSTS)[:2] == ["other", "news"]  # type: ignore[index]
    chromium.run(press.format("Since"))
    assert chromium.run(HOSTS) == ["walls", "news", "old", "other"]
    sorts = "[...document.querySelectorAll('th')].map(head => head.getAttribute('aria-sort')).filter(one => one)"
    assert chromium.run(sorts) == ["ascending"]


def test_links_are_found_by_host_topic_article_and_verdict(chromium: Chromium, calm: Site) -> None:
    chromium.open(calm.link(PATH))
    find = (
        "(() => {{ const box = document.querySelector('#find'); box.value = '{}';"
        " box.dispatchEvent(new Event('input')); }})()"
    )
    for text, hosts in {
        "walls.example": ["walls"],
        "computer vision": ["news"],
        "ROBOTS.md": ["other"],
        "missing": ["news"],
        "ai 403": ["walls"],
        "nowhere": [],
        "": ["news", "other", "walls", "old"],
    }.items():
        chromium.run(find.format(text))
        assert chromium.run(HOSTS) == hosts
    chromium.run(find.format("example"))
    chromium.run("document.querySelector('#only-dead').checked = true")
    assert chromium.run(HOSTS) == ["news"]


def test_who_goes_by_keyboard_sees_where_they_are(chromium: Chromium, calm: Site) -> None:
    chromium.open(calm.link(PATH))
    focus = """(() => {
      const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
      const isInView = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
      return [at.id || at.textContent, style.outlineStyle, parseFloat(style.outlineWidth) >= 2, isInView];
    })()"""
    seen = []
    for _ in range(5):
        chromium.press_tab()
        name, *how = chromium.run(focus)  # type: ignore[misc] - a list
        assert how == ["solid", True, True]
        seen.append(name)
    assert seen == ["Skip to the content", "Subscribe to what changes", "only-all", "find", "Link"]
