"""Bytes of state.db are flipped: no command is led astray, damage is found, and a backup brings back the most.

Pages are taken evenly from the whole database; the places in them, and the bits, are drawn with a seed.
"""

import random  # noqa: TID251 - seeded
import shutil
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.faults.how_many import number, spread
from tests.faults.loaded_command import Loaded, loaded
from tests.faults.test_system_calls import NOW, feeds_of
from tests.publication import Publication

pytestmark = pytest.mark.debian("faketime")

SEED = 20261101
PAGE = 4096
BACKUP = "before.db.gz"
COMMANDS = (("build",), ("check", "--all"), ("status",), ("db", "check"), ("db", "backup"))
TELLS_NOTHING = """
from feedbot.state import soundness
soundness.damage = lambda state, whole=False: []
"""


def backed_up(command: Loaded, folder: Path, site) -> Publication:
    """A publication with a backup, and with an article and its look that the backup does not know."""
    news = Publication(folder, site)
    for name in ("one", "two", "three"):
        news.article(name)
    assert command.run(folder, "run", "--once", learns=True).err == ""
    assert command.run(folder, "db", "backup", learns=True).err == ""
    # Aside: SQLite does not notice bits that flip within a text, and the backup of the day would hold them too.
    (backup,) = (folder / "backups").iterdir()
    shutil.copy(backup, folder / BACKUP)
    news.article("late")
    assert command.run(folder, "run", "--once").err == ""
    # So that there is no page whose bytes mean nothing.
    connection = sqlite3.connect(folder / "state.db")
    connection.execute("VACUUM")
    connection.close()
    return news


def pages(folder: Path) -> int:
    return (folder / "state.db").stat().st_size // PAGE


def place_of(folder: Path, name: str) -> int:
    """The page in which an index begins, counted from 0."""
    connection = sqlite3.connect(folder / "state.db")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchone()
    connection.close()
    return int(page) - 1


def overwritten(folder: Path, page: int) -> None:
    """The first bytes of a page, which say what it is, are others."""
    with (folder / "state.db").open("r+b") as file:
        file.seek(page * PAGE)
        file.write(bytes(64 * [0xA5]))


def flipped(folder: Path, page: int, drawn: random.Random) -> None:
    """Eight bits of a page are others."""
    with (folder / "state.db").open("r+b") as file:
        for _ in range(8):
            place = page * PAGE + drawn.randrange(PAGE)
            file.seek(place)
            (byte,) = file.read(1)
            file.seek(place)
            file.write(bytes([byte ^ 1 << drawn.randrange(8)]))


def is_found(command: Loaded, folder: Path) -> bool:
    """True where the damage of a database is told, and how to mend it."""
    found = command.run(folder, "db", "check")
    return found.code == 1 and "feedbot db restore backups/" in found.err


def astray(command: Loaded, folder: Path, before: dict[str, bytes]) -> list[str]:
    """What commands do to a publication with a damaged database that they should not."""
    wrong = []
    for words in COMMANDS:
        done = command.run(folder, *words)
        if done.code not in {0, 1, 75} or "feedbot's own" in done.err or "Traceback" in done.err:
            wrong.append(f"{' '.join(words)} ends with {done.code}: {done.err}")
        if done.code == 1 and not done.err.startswith("feedbot: "):
            wrong.append(f"{' '.join(words)} fails and says nothing")
    after = feeds_of(folder)
    missing = [name for name in before if name not in after and not name.endswith(".gz")]
    if missing:
        wrong.append(f"{missing} are gone from the feeds")
    return wrong


def restored(command: Loaded, folder: Path, before: dict[str, bytes]) -> list[str]:
    """What is not as it should be once the backup is brought back."""
    done = command.run(folder, "db", "restore", BACKUP)
    wrong = [] if (done.code, done.err) == (0, "") else [f"it is not restored: {done.err}"]
    if "Lost       what was seen and said of links since, up to " not in done.out:
        wrong.append(f"what is lost is not named: {done.out}")
    built = command.run(folder, "build")
    if (built.code, built.err) != (0, "") or feeds_of(folder) != before:
        wrong.append(f"the feeds are others than before: {built.err}")
    if command.run(folder, "db", "check").code != 0:
        wrong.append("what was restored is not sound")
    return wrong


def harm(command: Loaded, news: Publication, page: int, drawn: random.Random) -> list[str]:
    """What is wrong with how a page is taken whose beginning is others, and then one of which some bits are."""
    before = feeds_of(news.folder)
    wrong = []
    for name, spoil in (("overwritten", overwritten), ("flipped", lambda one, page: flipped(one, page, drawn))):
        folder = news.folder.with_name(name)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(news.folder, folder)
        spoil(folder, page)
        if name == "overwritten" and not is_found(command, folder):
            wrong.append(f"page {page}: its damage is not found, or not how to mend it")
        wrong += [f"page {page}, {name}: {one}" for one in astray(command, folder, before)]
        wrong += [f"page {page}, {name}: {one}" for one in restored(command, folder, before)]
    return wrong


def test_bytes_that_are_flipped_anywhere_lead_no_command_astray_and_a_backup_is_brought_back(tmp_path, site):
    drawn = random.Random(SEED)
    with loaded(NOW) as command:
        news = backed_up(command, tmp_path / "news", site)
        chosen = spread(pages(news.folder), number(1))
        wrong = [one for page in chosen for one in harm(command, news, page, drawn)]
        print(f"{2 * len(chosen)} databases of {pages(news.folder)} pages, seed {SEED}")  # noqa: T201 - of a long run
    assert wrong == [], "\n".join(wrong)


def test_a_product_that_does_not_look_for_damage_is_found_out(tmp_path, site):
    """The negative control of the test above; what nothing but the look for damage reads is damaged."""
    with loaded(NOW, TELLS_NOTHING) as command:
        news = backed_up(command, tmp_path / "news", site)
        overwritten(news.folder, place_of(news.folder, "targets_due"))
        assert not is_found(command, news.folder)
