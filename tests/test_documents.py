"""What the documents name is there: files, headings, keys, options, commands; and what they show is understood."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
import yaml

from feedbot.articles.understand import understand
from feedbot.cli.main import main
from feedbot.config import Config, load_config
from feedbot.config.problems import section_in
from feedbot.core.article import Article
from tests.articles.written import RULES
from tests.documents import PROJECT, Block, Document, blocks, documents

LANGUAGES = {
    *("sh", "text", "yaml", "json", "xml", "toml", "ini"),
    *("nginx", "caddy", "dockerfile", "liquid", "go-html-template"),
}
YAML_OF_OTHERS = {
    "groups": "rules of Prometheus",
    "exclude": "Jekyll's _config.yml",
    "run": "steps of a workflow",
    "uses": "steps of a workflow",
    "name": "a workflow",
    "on": "a workflow",
    "jobs": "a workflow",
    "repos": "pre-commit's config",
    "stages": "GitLab's pipelines",
    "services": "a compose file",
    "apiVersion": "a resource of Kubernetes",
}
"""By the first key."""
OPTIONS_OF_OTHERS = {
    *("--unidiff-zero", "--theirs", "--force-with-lease"),  # git
    *("--publish", "--env", "--init", "--rm", "--format"),  # podman
    *("--host-request-interval", "--cache", "--suggest"),  # lychee
    *("--list-plugins",),  # linkchecker
    *("--unsafe",),  # hugo
    *("--nonblocking",),  # py-spy
    *("--checksum", "--cache-control", "--content-type", "--exclude", "--include"),  # rclone, aws
    *("--host", "--local-directory", "--memory-limit", "--no-dashboard", "--nthreads", "--nworkers"),  # dask
    *("--urgent",),  # a program of the reader's own
}
FILES_NAMED_FEEDS = {"feeds.opml"}
NEEDED = {"site": {"title": "News", "url": "https://example.org/"}, "feeds": {"url": "https://example.org/feeds/"}}


def every(kind: str) -> list[Block]:
    return [block for block in blocks() if block.language == kind]


def place(block: Block) -> str:
    return block.place


# Links


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.path)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Document) -> None:
    for link in document.links:
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (PROJECT / document.path).parent / path if path else PROJECT / document.path
            assert target.exists(), link
            if anchor:
                assert anchor in Document(str(target.resolve().relative_to(PROJECT))).anchors, link


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[str] = set()
    ahead = ["README.md"]
    while ahead:
        path = ahead.pop()
        if path not in reached:
            reached.add(path)
            ahead += linked_documents(Document(path))
    assert reached == {document.path for document in documents()}


def linked_documents(document: Document) -> Iterator[str]:
    for link in document.links:
        path = link.partition("#")[0]
        if "://" not in link and path.endswith(".md"):
            yield str(((PROJECT / document.path).parent / path).resolve().relative_to(PROJECT))


# Names


def test_every_file_of_the_project_that_is_named_is_there() -> None:
    for document in documents():
        for span in document.spans:
            path = span.partition(" ")[0]
            if path.startswith(("tests/", "benchmarks/", "docs/", "examples/")) or path.endswith(".py"):
                found = [*PROJECT.glob(path), *(PROJECT / "feedbot").glob(path), *PROJECT.glob(f"*/*/{path}")]
                assert found, f"{document.path}: {span}"


def test_every_key_of_the_config_that_is_named_is_one() -> None:
    for document in documents():
        for span in document.spans:
            if re.fullmatch(r"[a-z_]+(\.\w+)+", span) and is_section(span.partition(".")[0]):
                assert is_key(span) or span in FILES_NAMED_FEEDS or span.endswith(".md"), f"{document.path}: {span}"


def is_section(name: str) -> bool:
    return name in Config.model_fields and section_in(Config.model_fields[name].annotation) is not None


def is_key(path: str) -> bool:
    section = Config
    for part in path.split("."):
        if section is None:
            return False
        if part.isupper():
            continue
        if part not in section.model_fields:
            return False
        section = section_in(section.model_fields[part].annotation)
    return True


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    named = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return named | dict.fromkeys(("-h", "--help"), click.Option(["--help"], is_flag=True))


def commands_below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from commands_below(command.get_command(ctx, name))


def test_every_option_that_is_named_is_one() -> None:
    known = {name for command in commands_below(main) for name in options_of(command)} | OPTIONS_OF_OTHERS
    for document in documents():
        for span in document.spans:
            for option in re.findall(r"(?:^|[\s\[])(--[a-z][a-z-]*)", span):
                assert option in known, f"{document.path}: {span}"


def test_every_command_that_is_named_is_one_and_has_the_options_that_it_is_given() -> None:
    for document in documents():
        lines = [line for block in document.blocks if block.is_shell for line in block.command_lines]
        for line in (*document.spans, *lines):
            if line.startswith("feedbot "):
                words = shlex.split(line.replace("[", " ").replace("]", " "))
                assert why_no_command(words[1:]) == "", f"{document.path}: {line}"


def why_no_command(words: Iterable[str]) -> str:
    """What is wrong with a command line up to a pipe; empty where nothing is. FILE and the like stand for words."""
    command: click.Command = main
    known = options_of(main)
    left = iter(words)
    for word in left:
        if word in {"|", "&&", ">", "&"}:
            break
        name, is_set, _ = word.partition("=")
        if word.startswith("-") and len(word) > 1:
            if name not in known:
                return f"{command.name} has no {name}"
            option = known[name]
            if not is_set and isinstance(option, click.Option) and not option.is_flag and not option.count:
                next(left, None)
        elif isinstance(command, click.Group):
            # `feedbot db check|backup` is several.
            found = [command.get_command(click.Context(command), one) for one in word.split("|")]
            if None in found:
                return f"{command.name} has no {word}"
            command = found[0]
            known |= options_of(command)
    return ""


def test_a_command_or_an_option_that_is_not_there_is_found() -> None:
    assert why_no_command(["chekc"]) == "main has no chekc"
    assert why_no_command(["check", "--al"]).endswith(" has no --al")
    assert why_no_command(["--config", "FILE", "db", "check|backup"]) == ""
    assert why_no_command(["db", "chekc"]).endswith(" has no chekc")


# What is shown


def test_every_block_says_what_it_is() -> None:
    assert [block.place for block in blocks() if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("block", every("yaml"), ids=place)
def test_yaml_is_an_article_or_a_config_that_is_understood(block: Block, tmp_path: Path) -> None:
    if block.text.startswith("---\n"):
        outcome, said = understand("articles/2026-11-02-shown.md", block.text.encode(), replace(RULES))
        assert isinstance(outcome, Article), outcome
        assert said == ()
    elif (shown := yaml.safe_load(block.text)) and first_key(shown) not in YAML_OF_OTHERS:
        assert load(shown, tmp_path)


def first_key(shown: object) -> str:
    # YAML 1.1 takes a key `on` for true.
    key = next(iter(shown[0] if isinstance(shown, list) else shown))
    return "on" if key is True else key


def load(shown: dict, folder: Path) -> Config:
    """The config that a part of it makes with what is needed; raises ConfigError."""
    whole = shown | {name: needed | (shown.get(name) or {}) for name, needed in NEEDED.items()}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return load_config(path, environment={})


def test_config_between_words_is_understood(tmp_path: Path) -> None:
    found = 0
    for document in documents():
        for span in document.spans:
            if re.match(rf"({'|'.join(Config.model_fields)}): \{{", span):
                assert load(yaml.safe_load(span), tmp_path), f"{document.path}: {span}"
                found += 1
    assert found


def test_variables_that_are_shown_are_understood(project: Path, tmp_path: Path) -> None:
    found = [block for block in every("sh") if block.text.startswith("FEEDBOT__")]
    assert found
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(NEEDED), encoding="utf-8")
    for block in found:
        variables = dict(one.split("=", 1) for one in shlex.split(block.text))
        assert load_config(path, environment=variables)


# Figures

FIGURES = {"README.md": "Beside others", "docs/scaling.md": "What was measured"}
"""Sections whose tables have figures; each is one of those that benchmarks/README.md tells how to repeat."""


@pytest.mark.parametrize("path", FIGURES)
def test_every_figure_was_measured(project: Path, path: str) -> None:
    text = (project / path).read_text(encoding="utf-8")
    section = text.partition(f"\n## {FIGURES[path]}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    figures = re.findall(r"\d[\d,]*(?:\.\d+)?(?= (?:/ [\d,.]+ )*(?:s|MB|a year|a second)\b)", "\n".join(rows))
    measured = re.findall(r"\d[\d,]*(?:\.\d+)?", (project / "benchmarks" / "README.md").read_text(encoding="utf-8"))
    assert len(figures) > 5
    assert set(figures) <= set(measured)
