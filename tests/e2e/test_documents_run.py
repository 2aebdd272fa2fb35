"""Every command line of the documents is run: here, or by the test that follows its document."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.cycle import run_once
from feedbot.state.database import open_state
from tests.documents import PROJECT, Block, Document, blocks
from tests.publication import SteppedClock
from tests.whole_web import WholeWeb, whole_web

FOLLOWED = {
    "docs/getting-started.md": "tests/e2e/test_getting_started.py",
    "docs/state.md": "tests/test_state_docs.py",
    "docs/ci.md": "tests/ci/test_recipes.py",
}
"""Documents whose blocks tell a story, each with the test that goes through it."""
NOT_RUN = {
    "feedbot init": "asks; tests/e2e/test_init_questions.py answers",
    "make run": "installs feedbot, from the network; all else here is run by what it installs",
    "make test": "is these tests",
    "python3 -m venv /opt/feedbot": "is the machine's, and needs root",
    "/opt/feedbot/bin/pip install": "is the machine's, and needs root",
    "mkdir -p /var/lib/feedbot/": "is the machine's, and needs root",
    "/opt/feedbot/bin/feedbot init": "is run in docs/getting-started.md",
    "/opt/feedbot/bin/feedbot systemd --system": "needs root; tests/cli/test_systemd_command.py installs elsewhere",
    "systemctl enable --now feedbot@news": "needs systemd",
    "journalctl -u feedbot@news": "needs systemd",
    "feedbot serve": "stays; tests/service/test_serve_command.py starts it",
    "curl -I https://news.example/": "asks the reader's own server; tests/serving has servers of its own",
    "podman ": "needs an engine for containers; tests/ci/test_container.py runs what is in the Containerfile",
    "dask ": "stays; tests/wire/clusters.py starts both",
    "mkdir news": "is the machine's",
    "FEEDBOT__": "are variables, set by tests/test_documents.py",
    "{ printf 'To: %s": "is a program of the reader's",
}
"""Beginnings of lines, each with its reason."""
MAY_END_WITH = {
    "feedbot lint": {0, 1},  # some of the articles are bad on purpose
    "feedbot doctor": {0, 1},  # nobody serves the feeds
}


def lines() -> list[tuple[Block, str]]:
    return [
        (block, line)
        for block in blocks()
        if block.is_shell and block.document not in FOLLOWED
        for line in (line.partition("  #")[0].strip() for line in block.text.replace("\\\n", "").splitlines())
        if line and not line.startswith("#!")
    ]


def is_run(line: str) -> bool:
    return not any(line.startswith(beginning) for beginning in NOT_RUN)


RUN = [(block, line) for block, line in lines() if is_run(line)]
ELSEWHERE = "/var/lib/"
"""Folders of the machine, in whose place the test's own is taken."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeWeb]:
    with whole_web(tmp_path_factory.mktemp("authority")) as web:
        web.answers["https://example.org/old-page"] = 301, "https://example.org/a-new-page"
        yield web


@pytest.fixture(scope="module")
def publication(web: WholeWeb, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the documents speak of: an article, links, one of which has moved for good, and a branch on a server."""
    folder = tmp_path_factory.mktemp("whole") / "news"
    shutil.copytree(PROJECT / "examples" / "articles", folder / "articles" / "2020")
    (example,) = [one for one in Document("docs/articles.md").blocks if one.text.startswith("---")]
    (folder / "articles" / "2020-01-24-police.md").write_text(example.text, encoding="utf-8")
    for name in ("page", "old-page"):
        (folder / "articles" / f"{name}.md").write_text(
            f"---\ntitle: About the {name}\ndate: 2026-11-02\nsourceUrl: https://example.org/{name}\n"
            "topics: [AI]\n---\n",
            encoding="utf-8",
        )
    (folder / "config.yaml").write_text(
        "site: {title: News, url: https://example.org/}\nfeeds: {url: https://example.org/feeds/}\n", encoding="utf-8"
    )
    in_shell("git init -q -b main && git add . && git commit -q -m Articles", folder, {})
    in_shell("git update-ref refs/remotes/origin/main main", folder, {})
    config = load_config(folder / "config.yaml", environment=web.variables)
    clock = SteppedClock(SystemClock().now() - timedelta(days=11))
    for _ in range(4):
        with open_state(config.state_path, who="a test") as state:
            asyncio.run(run_once(config, state, clock))
        clock.step(days=3.5)
    return folder


def in_shell(line: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    who = {f"GIT_{role}_{what}": "a.test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["sh", "-e", "-c", line],
        cwd=folder,
        env={**os.environ, **who, **path, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("block", "line"), RUN, ids=[f"{block.place}:{line}" for block, line in RUN])
def test_a_command_line_of_a_document_does_what_it_says(
    block: Block, line: str, publication: Path, web: WholeWeb, tmp_path: Path
) -> None:
    folder = tmp_path / "news"
    shutil.copytree(publication, folder)
    for path in folder.glob("articles/**/*.md"):
        shutil.copystat(publication / path.relative_to(folder), path)
    line = line.replace(ELSEWHERE, f"{tmp_path}/")
    done = in_shell(line, folder, web.variables)
    expected = next((codes for beginning, codes in MAY_END_WITH.items() if line.startswith(beginning)), {0})
    assert done.returncode in expected, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_that_is_run_touches_more_than_its_folder() -> None:
    for block, line in RUN:
        assert line.startswith("feedbot "), f"{block.place}: needs a reason: {line}"
        assert not re.search(r"\s[/~]", line.replace(f" {ELSEWHERE}", " ")), f"{block.place}: {line}"


def test_every_document_that_is_followed_is_named_by_its_test() -> None:
    for document, test in FOLLOWED.items():
        assert Path(document).name in (PROJECT / test).read_text(encoding="utf-8")


def test_every_reason_is_still_needed() -> None:
    every = [line for block in blocks() for line in block.text.splitlines()]
    assert [one for one in NOT_RUN if not any(line.startswith(one) for line in every)] == []
    assert [one for one in MAY_END_WITH if not any(line.startswith(one) for _, line in RUN)] == []
