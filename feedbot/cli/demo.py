"""`feedbot demo`: a month of links that live and die, told in seconds, without a network."""

import fcntl
import logging
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import click

from feedbot.cli.diary import Diary
from feedbot.cli.running import run_until_signalled
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.status import StatusKind
from feedbot.core.url import split_url
from feedbot.demo.month import is_as_written, live
from feedbot.demo.story import DIED, SUSPECT
from feedbot.errors import FeedbotError, LockHeld, Stopped, UsageError
from feedbot.state import targets
from feedbot.state.database import open_for_reading
from feedbot.wire.loop import run

_MARK = ".feedbot-demo"
"""The file that tells a demo's folder from any other, with the config as the demo wrote it."""

_OURS = ("articles", "feeds", "reports", "backups", "config.yaml", "state.db*", _MARK)
"""What a demo and runs after it write, as patterns."""

_INTRODUCTION = """\
Thirty days of The Lamplighter, a newspaper that leads its readers to others.
Every six hours feedbot asks the links that are due. Where nothing is said of
readers, they get the link as before."""

_LOOK_AT = (
    ("feeds/index.html", "where readers subscribe, and a page for each topic"),
    ("feeds/all.html", "what they read; the tram's entry leads to its AMP page"),
    ("feeds/all.atom", "the same as a feed"),
    ("reports/links.html", "where every link stands, and what readers get instead"),
    ("reports/links.atom", "what became of links, for your own feed reader"),
)
_ASK = (
    ("feedbot status", "where things stand"),
    (f"feedbot why {DIED}", "why it is dead"),
    ("feedbot fix", "what moved for good, in its article"),
    (f"feedbot mark {SUSPECT} dead", "your word on a doubtful one"),
    ("feedbot build", "the feeds by that word"),
)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("feedbot-demo"))
@click.option("--serve", is_flag=True, help="Stay, and serve the feeds and their pages on this machine until ctrl-C.")
def command(folder: Path, serve: bool) -> int:
    """Show a month of links that live and die, in seconds and without a network.

    It makes FOLDER [default: feedbot-demo], with the articles of an invented newspaper, and runs feedbot there on a
    clock that jumps from run to run. The links lead to a small web on this machine, whose pages move, vanish and come
    back; what became of them is told day by day. A folder in which an earlier demo is as it was
    is made anew.

    \b
    Examples:
      feedbot demo
      feedbot demo --serve
    """  # noqa: D301 - \b keeps click from folding the examples
    end = SystemClock().now().replace(microsecond=0)
    with _made(folder):
        click.echo(f"{_INTRODUCTION}\n")
        with _without_warnings():
            try:
                run_until_signalled(_tell(folder, end))
            except Stopped:
                raise Stopped("stopped; what the demo had written is removed again") from None
    for line in _what_to_look_at(folder):
        click.echo(line)
    if serve:
        _serve(folder)
    return 0


async def _tell(folder: Path, end: datetime) -> None:
    diary = Diary()
    async with aclosing(live(folder, end)) as moments:
        async for moment in moments:
            for line in diary.lines(moment):
                click.echo(line)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """The diary tells of the outage, and the log need not."""
    log = logging.getLogger("feedbot")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _serve(folder: Path) -> None:
    from feedbot.cli.serve import serve_until_signalled  # noqa: PLC0415 - a server takes its time to load
    from feedbot.service.listening import address_of, listening_socket  # noqa: PLC0415

    config = load_config(folder / "config.yaml", {})
    listening = listening_socket("127.0.0.1", 0)
    click.echo(f"\nServing the feeds until ctrl-C: http://{address_of(listening)}{split_url(config.feeds.url).path}")
    run(serve_until_signalled(config, listening))


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A new folder of a demo, for as long as the block; it stays, unless the block raises.

    Raises UsageError where something else is there, LockHeld where another demo is being made there, FeedbotError where
    it cannot be written.
    """
    text = files("feedbot.demo").joinpath("config.yaml").read_text(encoding="utf-8")
    with ExitStack() as made:
        try:
            is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
            made.enter_context(_alone_in(folder))
            _require_no_others(folder)
            _clear(folder)
            (folder / "articles").mkdir()
            for name in (_MARK, "config.yaml"):
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise FeedbotError(f"{plain(str(folder))}: cannot be made: {error.strerror}") from None
        try:
            yield
        except BaseException:
            _clear(folder)
            if is_new:
                folder.rmdir()
            raise


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other demos from a folder for the block; raises LockHeld where one is there, OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            # The folder itself is locked: a demo makes all files in it anew.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(
                f"{plain(str(folder))}: another demo is being made there; wait until that has ended, or name another:"
                " `feedbot demo FOLDER`"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _require_no_others(folder: Path) -> None:
    """Raise UsageError for a folder that is neither empty nor an earlier demo as it was."""
    if not any(folder.iterdir()):
        return
    mark, config = folder / _MARK, folder / "config.yaml"
    if not (mark.is_file() and config.is_file() and config.read_bytes() == mark.read_bytes()):
        raise UsageError(
            f"{plain(str(folder))}: is there already, and holds other things than a demo;"
            " name another: `feedbot demo FOLDER`"
        )
    for path in sorted(folder.glob("articles/*")):
        if not is_as_written(path):
            raise UsageError(
                f"{plain(str(path))}: is not as the demo wrote it, and would be lost; remove {plain(str(folder))},"
                " or name another: `feedbot demo FOLDER`"
            )


def _clear(folder: Path) -> None:
    """Remove what a demo and runs after it wrote into the folder, and nothing else."""
    for pattern in _OURS:
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _what_to_look_at(folder: Path) -> Iterator[str]:
    """Where things stand at the end, and what to do next."""
    config = load_config(folder / "config.yaml", {})
    with open_for_reading(config.state_path, who="feedbot demo") as state:
        by_status = targets.by_status(state)
    stand = ", ".join(f"{by_status[kind]:,} {kind}" for kind in StatusKind if kind in by_status)
    yield ""
    yield f"The month ends now, with {count(sum(by_status.values()), 'link')}:"
    yield f"  {stand}"
    yield "Names that end in .example lead nowhere outside of the demo."
    yield f"Look at these in {plain(str(folder))}/:"
    yield from _table(_LOOK_AT)
    yield "And ask there:"
    yield from _table((("cd " + shlex.quote(str(folder)), ""), *_ASK))


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    width = max(len(first) for first, _ in rows)
    for first, second in rows:
        yield f"  {plain(first):<{width}}  {second}".rstrip()
