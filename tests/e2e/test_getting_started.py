"""docs/getting-started.md, followed to the letter: from an empty folder to a feed that a reader has subscribed to."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e import sites
from tests.ports import own_port

PROGRAMS = Path(sys.executable).parent
NO_NETWORK = {"FEEDBOT__CHECKER__CANARIES": "['http://127.0.0.1:10/']"}
"""Nothing answers there, so that no link is asked."""


@pytest.fixture
def page(project):
    return (project / "docs" / "getting-started.md").read_text(encoding="utf-8")


def blocks(page, heading, language="sh"):
    """The code blocks of a section, in order."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


class Terminal:
    """A shell that remembers its folder, in which a newcomer types."""

    def __init__(self, folder, home):
        self.folder = folder
        path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
        self.environment = {**os.environ, **NO_NETWORK, "HOME": str(home), "PATH": path}

    def type(self, commands):
        done = subprocess.run(
            ["/bin/sh", "-ec", f"{commands}\npwd > {self.environment['HOME']}/folder"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        self.folder = Path(Path(self.environment["HOME"], "folder").read_text(encoding="utf-8").strip())
        return done.stdout


@pytest.fixture
def terminal(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    return Terminal(tmp_path / "here", tmp_path / "home")


@pytest.fixture
def port():
    with own_port() as port:
        yield port


@pytest.mark.debian("newsboat")
def test_a_newcomer_gets_from_an_empty_folder_to_a_subscribed_feed(page, terminal, port):
    terminal.environment["FEEDBOT__SERVE__PORT"] = str(port)
    *before, serve, subscribe = blocks(page, "A new publication")
    said = "".join(map(terminal.type, before))
    assert "wrote config.yaml" in said
    assert "1 article" in said
    assert serve == "feedbot serve\n"
    with subprocess.Popen(
        [PROGRAMS / "feedbot", "serve"],
        cwd=terminal.folder,
        env=terminal.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            wait_until_it_listens(port, server)
            assert ":8080/" in subscribe
            assert terminal.type(subscribe.replace(":8080/", f":{port}/")).strip() == "1 unread articles"
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)
    kept = [path.name for path in Path(terminal.folder, "feeds").iterdir()]
    assert {"all.atom", "beginnings.rss", "index.html", "about.html"} <= set(kept)


def wait_until_it_listens(port, server):
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("feedbot serve does not listen")


@pytest.mark.debian("jekyll")
def test_a_jekyll_site_has_its_feeds_and_nothing_that_is_nobodys_business(page, terminal):
    init, build = blocks(page, "A Jekyll site")
    (told,) = blocks(page, "A Jekyll site", "text")
    (exclude,) = blocks(page, "A Jekyll site", "yaml")
    sites.jekyll(terminal.folder, "pretty", "exclude: [vendor]")
    assert terminal.type(init) == told
    settings = terminal.folder / "_config.yml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("exclude: [vendor]", exclude), encoding="utf-8")
    terminal.type(build)
    made = {path.name for path in Path(terminal.folder, "_site").iterdir()}
    assert {"feeds", "urls.txt"} <= made
    assert not [name for name in made if name.startswith(("state", "config", "reports", "backups"))]
    assert Path(terminal.folder, "_site", "feeds", "all.atom").exists()


@pytest.mark.debian("hugo")
def test_a_hugo_site_has_its_feeds(page, terminal):
    sites.hugo(terminal.folder)
    terminal.environment["HUGO_CACHEDIR"] = terminal.environment["HOME"]
    for commands in blocks(page, "A Hugo site"):
        terminal.type(commands)
    assert Path(terminal.folder, "public", "feeds", "all.atom").exists()


def test_an_eleventy_site_and_a_folder_of_files_have_their_feeds(page, terminal, tmp_path, project):
    for heading, make in (("An Eleventy site", sites.eleventy), ("A folder of article files", None)):
        terminal.folder = tmp_path / heading.replace(" ", "-")
        terminal.folder.mkdir()
        if make is None:
            sites.seed(terminal.folder, project)
        else:
            make(terminal.folder)
        for commands in blocks(page, heading):
            terminal.type(commands)
        assert Path(terminal.folder, "feeds", "all.atom").exists()


def test_every_command_of_the_page_is_run_here(page):
    headings = ["A new publication", "A Jekyll site", "A Hugo site", "An Eleventy site", "A folder of article files"]
    run = [block for heading in headings for block in blocks(page, heading)]
    assert re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL) == run
