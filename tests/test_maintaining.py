"""state.db is looked after once a day: checked, copied, and freed of what is old."""

import gzip
import os
from datetime import timedelta

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.core.alerts import Found
from feedbot.errors import LockHeld
from feedbot.state.database import maintenance, open_for_reading
from feedbot.steps.maintaining import Maintenance, maintain, maintain_when_due
from tests.publication import START, Publication


@pytest.fixture
def story(news: Publication) -> Publication:
    news.article("story")
    news.run()
    return news


def maintained(news: Publication) -> Maintenance:
    with news.state() as state:
        return maintain(news.config, state, news.clock)


def when_due(news: Publication) -> Maintenance:
    with news.state() as state:
        return maintain_when_due(news.config, state, news.clock)


def configure(news: Publication, more: str) -> None:
    news.config_file.write_text(news.config_file.read_text(encoding="utf-8") + more, encoding="utf-8")


def backups(news: Publication) -> list[str]:
    return sorted(one.name for one in (news.folder / "backups").glob("*")) + sorted(
        one.name for one in (news.folder / "backups").glob(".*")
    )


def unpacked(news: Publication, name: str, to: str = "copy.db"):
    copy = news.folder / to
    copy.write_bytes(gzip.decompress((news.folder / "backups" / name).read_bytes()))
    return copy


def damage(news: Publication) -> None:
    """Flip bytes of the page where the articles begin; the file still opens."""
    path = news.folder / "state.db"
    connection = sqlite3.connect(path)
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'articles'").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(64 * [0xA5]))


def test_a_day_after_the_first_run_it_is_due_and_then_once_a_day(story):
    assert when_due(story) == Maintenance()
    story.clock.step(hours=23)
    assert when_due(story).backup is not None
    assert when_due(story) == Maintenance()
    story.clock.step(hours=22)
    assert when_due(story) == Maintenance()
    story.clock.step(hours=1)
    assert when_due(story).backup is not None


def test_after_a_clock_that_was_ahead_it_is_due(story):
    story.clock.step(days=365)
    when_due(story)
    story.clock.step(days=-364)
    assert when_due(story).backup is not None


def test_before_the_first_run_nothing_is_due(news):
    assert when_due(news) == Maintenance()


def test_two_at_once_are_one(story):
    story.clock.step(days=2)
    with story.state() as other, maintenance(other):
        assert when_due(story) == Maintenance()
        with pytest.raises(LockHeld, match=r"maintenance\.lock: held by a test"):
            maintained(story)


def test_a_backup_holds_what_the_database_did_and_nothing_else_lies_there(story):
    done = maintained(story)
    assert done.problems == []
    assert backups(story) == ["state-2026-11-01.db.gz"]
    assert done.backup.path.name == "state-2026-11-01.db.gz"
    with open_for_reading(unpacked(story, "state-2026-11-01.db.gz"), who="a test") as state:
        assert state.value("SELECT url FROM targets") == story.site.link("/story")
        assert state.value("SELECT count(*) FROM observations") == 1


def test_the_same_database_is_packed_to_the_same_bytes(story):
    maintained(story)
    first = (story.folder / "backups" / "state-2026-11-01.db.gz").read_bytes()
    story.clock.step(days=1)
    with story.state() as state, state.write() as connection:
        connection.execute("DELETE FROM care WHERE deed <> 'reading'")
    maintained(story)
    assert (story.folder / "backups" / "state-2026-11-02.db.gz").read_bytes() == first


def test_seven_days_are_kept_and_the_oldest_go(story):
    for _ in range(9):
        story.clock.step(days=1)
        maintained(story)
    assert backups(story) == [f"state-2026-11-{day:02}.db.gz" for day in range(4, 11)]


def test_what_is_too_much_together_goes_and_the_newest_stays(story):
    configure(story, "backup: {max_bytes: 1}\n")
    maintained(story)
    story.clock.step(days=1)
    done = maintained(story)
    assert backups(story) == ["state-2026-11-02.db.gz"]
    assert "more than backup.max_bytes" in done.problems[0]


def test_a_backup_of_a_later_day_by_a_wrong_clock_does_not_push_out_the_new_one(story):
    configure(story, "backup: {keep: 1}\n")
    story.clock.step(days=30)
    maintained(story)
    story.clock.step(days=-30)
    maintained(story)
    assert "state-2026-11-01.db.gz" in backups(story)


def test_no_backup_is_made_where_the_disk_is_short_and_the_earlier_ones_stay(story):
    maintained(story)
    story.clock.step(days=1)
    configure(story, "disk: {low: 999999GB}\n")
    done = maintained(story)
    assert backups(story) == ["state-2026-11-01.db.gz"]
    assert "no backup is made, for the disk has" in done.problems[0]
    assert done.backup is None
    assert done.found == {"damage": None, "backup": Found("there is no new backup", done.problems[0])}


def test_backups_can_be_switched_off(story):
    configure(story, "backup: {directory: null}\n")
    assert maintained(story) == Maintenance(damage="", no_backup="")
    assert not (story.folder / "backups").exists()


def test_of_a_damaged_database_no_backup_is_made_and_the_way_back_is_told(story):
    maintained(story)
    before = backups(story)
    damage(story)
    story.clock.step(days=1)
    done = maintained(story)
    assert done.backup is None
    assert backups(story) == before
    assert "is damaged" in done.problems[0]
    assert done.problems[-1].endswith(f"feedbot db restore {story.folder}/backups/state-2026-11-01.db.gz")
    assert done.found == {"damage": Found("state.db is damaged", "; ".join(done.problems))}


def test_what_is_well_is_found_well_and_where_nobody_looked_nothing_is(story):
    assert maintained(story).found == {"damage": None, "backup": None}
    assert when_due(story).found == {}


def test_indexes_and_references_are_checked_once_a_week(story):
    whole = []
    for _ in range(15):
        story.clock.step(days=1)
        whole.append(maintained(story).was_whole_check)
    assert whole == [*[False] * 6, True, *[False] * 6, True, False]


def test_an_index_that_lacks_a_row_is_found_by_the_weekly_check(story):
    connection = sqlite3.connect(story.folder / "state.db")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("INSERT INTO targets (url, host_id, next_check_at) SELECT 'u', min(id), 0 FROM host_names")
    connection.execute("DELETE FROM sqlite_master WHERE name = 'targets_host'")
    connection.commit()
    connection.close()
    story.clock.step(days=8)
    done = maintained(story)
    assert any("targets_host" in one for one in done.problems), done.problems
    assert done.backup is None


def test_rows_that_belong_to_nothing_are_found_by_the_weekly_check(story):
    connection = sqlite3.connect(story.folder / "state.db")
    connection.execute("INSERT INTO items (file_id, item, title) VALUES (99, 1, 'x')")
    connection.commit()
    connection.close()
    story.clock.step(days=8)
    assert any("1 rows of items belong to no row of files" in one for one in maintained(story).problems)


def test_links_that_another_program_took_away_are_counted_anew_by_the_weekly_check(story):
    connection = sqlite3.connect(story.folder / "state.db")
    connection.execute("DELETE FROM article_links")
    connection.commit()
    connection.close()
    story.clock.step(days=8)
    assert any("not say how articles link there" in one for one in maintained(story).problems)
    story.clock.step(days=1)
    done = maintained(story)
    assert (done.was_whole_check, done.problems) == (True, [])


def test_old_looks_are_rolled_up_by_the_config(story):
    story.clock.step(days=40)
    story.run()
    story.clock.step(days=52)
    assert maintained(story).looks == 1
    assert maintained(story).looks == 0


def test_targets_that_no_article_links_to_go_after_the_time_of_the_config(story):
    story.article("other")
    story.run()
    (story.folder / "articles" / "other.md").unlink()
    story.build()
    for days, gone in ((31, 0), (60, 0), (31, 1)):
        story.clock.step(days=days)
        assert maintained(story).unlinked == gone


def test_copies_from_before_old_migrations_go(story):
    for version, age in ((5, 91), (6, 89)):
        copy = story.folder / f"state.db.before-v{version}"
        copy.write_bytes(b"x")
        at = (START - timedelta(days=age)).timestamp()
        os.utime(copy, (at, at))
    maintained(story)
    assert [one.name for one in story.folder.glob("state.db.before-*")] == ["state.db.before-v6"]


def test_a_database_that_is_mostly_free_says_how_to_shrink_it(story):
    with story.state() as state:
        with state.write() as connection:
            connection.execute("CREATE TABLE large (x BLOB) STRICT")
            connection.execute("INSERT INTO large VALUES (zeroblob(70000000))")
        with state.write() as connection:
            connection.execute("DROP TABLE large")
    assert "feedbot db vacuum" in maintained(story).notes[0]
