"""Pages that Jekyll and Hugo make with what docs/site.md says, of links that died and moved in real runs."""

import json
import re
import shutil
import subprocess

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.debian import find_program

NASTY = "R&D <b>\"x\"</b> 'y'"


@pytest.fixture
def aged(news, site):
    """A publication with a link for each thing that pages can be told."""
    news.article("healed", more=f"ampUrl: {site.link('/healed.amp?a=1&b=2')}\n")
    news.article("dead")
    news.article("moved")
    site.answers |= {"/healed": 410, "/dead": 410, "/moved": (301, "/new")}
    return news


def snippets(project, language):
    """The code blocks of one language in docs/site.md."""
    text = (project / "docs" / "site.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def shown(page):
    """Tag, target, class and text of each link, live or dead."""
    found = LexborHTMLParser(page.read_text(encoding="utf-8")).css("a, span")
    return [(one.tag, one.attributes.get("href"), one.attributes.get("class"), one.text()) for one in found]


def expected(site):
    return [
        ("a", site.link("/new"), "link-moved", "moved"),
        ("a", site.link("/healed.amp?a=1&b=2"), "link-copy", "healed"),
        ("span", None, "link-dead", "dead"),
        ("a", site.link("/fine?a=1&b=2#part"), None, "fine"),
        ("a", "mailto:news@example.org", None, "mail"),
        ("a", "/about/", None, "about"),
    ]


def as_written(site):
    links = [("moved", "/moved#part"), ("healed", "/healed"), ("dead", "/dead")]
    return [("a", site.link(path), None, text) for text, path in links] + expected(site)[3:]


def build(program, folder, *arguments):
    done = subprocess.run(
        [find_program(program), *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def hugo_site(project, news):
    site = news.site
    shutil.copytree(project / "docs/site/hugo/layouts", news.folder / "layouts")
    (front,) = snippets(project, "go-html-template")
    (news.folder / "layouts/_default/single.html").write_text(f"{{{{ .Content }}}}<hr>{front}")
    (news.folder / "hugo.toml").write_text(
        'baseURL = "https://example.org/"\ncontentDir = "articles"\n'
        'disableKinds = ["taxonomy", "term", "home", "section"]\n'
    )
    links = [(text, url) for _, url, _, text in as_written(site)]
    body = " ".join(f"[{text}]({url})" for text, url in links)
    page = news.article("page", more=f"draft: false\ndate: 2026-01-01\nsourceUrl: {site.link('/dead')}\n")
    front = page.read_text().replace(f"sourceUrl: {site.link('/page')}\n", "").replace("About page", json.dumps(NASTY))
    page.write_text(f"{front}{body}\n")
    news.age(page)


def jekyll_site(project, news):
    site = news.site
    shutil.copytree(project / "docs/site/jekyll/_includes", news.folder / "_includes")
    (exclude,) = [one for one in snippets(project, "yaml") if one.startswith("exclude:")]
    (news.folder / "_config.yml").write_text(exclude)
    (front,) = snippets(project, "liquid")
    links = [(text, url) for _, url, _, text in as_written(site)]
    body = "\n".join(f'{{% include link.html url="{url}" text="{text}" %}}' for text, url in links)
    (news.folder / "page.html").write_text(
        f"---\ntitle: {json.dumps(NASTY)}\nsourceUrl: {site.link('/dead')}\n---\n{body}<hr>{front}"
    )


@pytest.mark.debian("hugo")
def test_hugo_shows_what_the_data_file_says_and_without_it_links_as_they_are(project, aged):
    hugo_site(project, aged)
    aged.run()
    aged.pass_days(10)
    for generator, links in ((None, as_written), ("hugo", expected)):
        if generator:
            aged.configure_feeds(f"site_data: {generator}")
            aged.build()
        build("hugo", aged.folder, "--noBuildLock", "--cacheDir", str(aged.folder / "cache"))
        *body, front = shown(aged.folder / "public/page/index.html")
        assert body == links(aged.site)
        assert front[2:] == ("link-dead" if generator else None, NASTY)


@pytest.mark.debian("hugo")
def test_hugo_leaves_out_what_it_leaves_out_without_the_hook(project, news):
    hugo_site(project, news)
    page = news.folder / "articles" / "page.md"
    page.write_text(page.read_text() + "\n[bad](javascript:alert(1)) [Bad](JavaScript:alert(1)) [call](tel:+49301)\n")
    build("hugo", news.folder, "--noBuildLock", "--cacheDir", str(news.folder / "cache"))
    *_, bad, worse, call, _ = shown(news.folder / "public/page/index.html")
    assert [one[1] or "" for one in (bad, worse, call)] == ["", "", "tel:+49301"]


@pytest.mark.debian("jekyll")
def test_jekyll_shows_what_the_data_file_says_and_without_it_links_as_they_are(project, aged):
    jekyll_site(project, aged)
    aged.run()
    aged.pass_days(10)
    for generator, links in ((None, as_written), ("jekyll", expected)):
        if generator:
            aged.configure_feeds(f"site_data: {generator}")
            aged.build()
        build("jekyll", aged.folder, "build", "--quiet", "--disable-disk-cache")
        *body, front = shown(aged.folder / "_site/page.html")
        assert body == links(aged.site)
        assert front[2:] == ("link-dead" if generator else None, NASTY)
    assert not [path for path in (aged.folder / "_site").iterdir() if path.name.startswith(("state.db", "config"))]
