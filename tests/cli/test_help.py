"""What --help says: one sentence for each command, examples that are right, in 80 columns, and at once."""

import re
import shlex
import subprocess
import sys

import click
import pytest

from feedbot.cli.main import main
from tests.cli.test_everywhere import commands

EVERY = [(" ".join(words), command) for words, command in commands() if words]
_WIDTH = 80


def help_of(name, command):
    context = click.Context(main, info_name="feedbot", terminal_width=_WIDTH)
    for word in name.split()[:-1]:
        context = click.Context(main.get_command(context, word), parent=context, info_name=word, terminal_width=_WIDTH)
    context = click.Context(command, parent=context, info_name=name.split()[-1], terminal_width=_WIDTH)
    return command.get_help(context)


def examples(command):
    """Each call of feedbot in the examples of a command: what stands behind two spaces says what it does."""
    _, _, block = (command.help or "").partition("Examples:\n")
    for line in block.splitlines():
        typed = re.split(r"\s{2,}", line.strip())[0].partition(" #")[0]
        yield from re.findall(r"\bfeedbot [^|>)]*", typed)


@pytest.mark.parametrize(("name", "command"), EVERY, ids=[name for name, _ in EVERY])
def test_every_command_says_what_it_does_in_a_sentence_and_shows_examples(name, command):
    first = (command.help or "").split("\n\n", maxsplit=1)[0].replace("\b", "").strip()
    assert first.endswith("."), first
    assert command.get_short_help_str(limit=100).endswith("."), command.get_short_help_str(limit=100)
    assert "..." not in command.get_short_help_str(limit=100)
    found = list(examples(command))
    assert found, "has no examples"
    assert any(one.split()[1 : 1 + len(name.split())] == name.split() for one in found) or name in {"alert", "db"}


@pytest.mark.parametrize(("name", "command"), EVERY, ids=[name for name, _ in EVERY])
def test_every_example_is_taken_by_the_command_line(tmp_path, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old-feed.xml").touch()
    for example in examples(command):
        words = shlex.split(example)[1:]
        called, context = main, click.Context(main, info_name="feedbot")
        while isinstance(called, click.Group):
            called = called.get_command(context, words.pop(0))
            assert called is not None, example
            if isinstance(called, click.Group):
                context = click.Context(called, parent=context)
        with called.make_context(example, words, parent=context):
            pass


@pytest.mark.parametrize(("name", "command"), [("", main), *EVERY], ids=["feedbot", *(name for name, _ in EVERY)])
def test_help_fits_into_80_columns(name, command):
    text = help_of(name, command) if name else main.get_help(click.Context(main, terminal_width=_WIDTH))
    assert [line for line in text.splitlines() if len(line) > _WIDTH] == []


def test_the_help_loads_nothing_that_takes_its_time():
    loads = (
        "import sys; from feedbot.cli.main import main\n"
        "try: main(['--help'], standalone_mode=False)\nfinally: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "feedbot.cli.main" in loaded
    dear = {"pydantic", "httpx", "rich", "sqlite_utils", "sqlite3", "asyncio", "yaml", "msgspec", "feedbot.config"}
    assert not loaded & dear
