import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from feedbot.articles.find import FileStamp, Found, FoundFile, Stamps, compare_files, find_files
from feedbot.articles.read import PARALLEL_FROM, UNREAD, KnownFile, read_changed
from feedbot.config import DEFAULT_EXCLUDE
from feedbot.core.article import Article, Rejected
from feedbot.errors import ArticlesError
from tests.articles.written import NEEDED, RULES

CONTENT = f"---\n{NEEDED}---\n"
OLD_NS = 1_600_000_000 * 10**9
NOW_NS = OLD_NS + 3600 * 10**9


def write(path: Path, content: str = CONTENT, mtime_ns: int = OLD_NS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def paths(root: Path, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = find_files(root, patterns, exclude)
    assert found.rejected == ()
    return [file.path for file in found.files]


class TestFinding:
    def test_files_are_sorted_by_path_below_the_root(self, tmp_path):
        for name in ("b.md", "a.md", "sub/deep/c.md", "sub/d.txt"):
            write(tmp_path / "articles" / name)
        assert paths(tmp_path, "articles/**/*.md") == ["articles/a.md", "articles/b.md", "articles/sub/deep/c.md"]

    def test_a_file_has_its_stamp_and_can_be_opened(self, tmp_path):
        file = write(tmp_path / "articles" / "a.md")
        [found] = find_files(tmp_path, ["articles/*.md"], []).files
        assert found.stamp == FileStamp(OLD_NS, len(CONTENT), file.stat().st_ino)
        assert Path(found.full_path).read_text(encoding="utf-8") == CONTENT

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ("*.md", ["a.md"]),
            ("*/*.md", ["x/b.md", "y/c.md"]),
            ("**/*.md", ["a.md", "x/b.md", "x/z/d.md", "y/c.md"]),
            ("x/**", ["x/b.md", "x/z/d.md"]),
            ("[xw]/?.md", ["x/b.md"]),
            ("[!x]/?.md", ["y/c.md"]),
            ("./x/b.md", ["x/b.md"]),
            ("x/missing.md", []),
            ("**/z/*", ["x/z/d.md"]),
        ],
    )
    def test_a_pattern_finds_what_it_names(self, tmp_path, pattern, expected):
        for name in ("a.md", "x/b.md", "y/c.md", "x/z/d.md"):
            write(tmp_path / name)
        assert paths(tmp_path, pattern) == expected

    def test_a_file_that_two_patterns_name_is_found_once(self, tmp_path):
        write(tmp_path / "articles" / "a.md")
        assert paths(tmp_path, "articles/*.md", "**/*.md") == ["articles/a.md"]

    def test_patterns_may_be_absolute_or_lead_upwards(self, tmp_path):
        write(tmp_path / "posts" / "a.md")
        (tmp_path / "site").mkdir()
        assert paths(tmp_path / "site", "../posts/*.md") == ["../posts/a.md"]
        assert paths(tmp_path / "site", f"{tmp_path}/posts/*.md") == ["../posts/a.md"]
        assert paths(tmp_path, f"{tmp_path}/posts/*.md") == ["posts/a.md"]

    def test_hidden_names_are_found_only_where_the_pattern_has_the_dot(self, tmp_path):
        for name in (".a.md", ".b/c.md", "._d.md", "e.md"):
            write(tmp_path / name)
        assert paths(tmp_path, "**/*.md") == ["e.md"]
        assert paths(tmp_path, ".b/*.md") == [".b/c.md"]

    def test_the_default_exclusions_leave_out_what_is_no_article(self, tmp_path):
        for name in ("_site/a.md", "x/node_modules/y/a.md", "_drafts/a.md", "README.md", "x/README.md", "x/a.md"):
            write(tmp_path / "articles" / name)
        assert paths(tmp_path, "articles/**/*.md", exclude=DEFAULT_EXCLUDE) == ["articles/x/a.md"]

    @pytest.mark.parametrize("above", ["public", ".cache", "vendor/_site"])
    def test_exclusions_do_not_look_at_the_folders_above_a_patterns_base(self, tmp_path, above):
        root = tmp_path / above
        write(root / "articles" / "a.md")
        assert paths(root, "articles/**/*.md", exclude=DEFAULT_EXCLUDE) == ["articles/a.md"]
        assert paths(tmp_path, f"{above}/**/*.md", exclude=DEFAULT_EXCLUDE) == [f"{above}/articles/a.md"]

    def test_an_exclusion_may_be_relative_to_the_root(self, tmp_path):
        for name in ("old/a.md", "new/a.md", "new/b.md"):
            write(tmp_path / "articles" / name)
        exclude = ("articles/old/**", "articles/new/b.md")
        assert paths(tmp_path, "articles/**/*.md", exclude=exclude) == ["articles/new/a.md"]

    @pytest.mark.parametrize("pattern", ["missing/**/*.md", "missing/deep/*.md", "/no/such/folder/*.md"])
    def test_a_base_that_is_not_there_is_an_operators_fault(self, tmp_path, pattern):
        with pytest.raises(ArticlesError, match=r"articles\.paths: the folder .* does not exist; make it"):
            find_files(tmp_path, [pattern], [])

    def test_a_base_that_is_a_file_is_an_operators_fault(self, tmp_path):
        write(tmp_path / "articles")
        with pytest.raises(ArticlesError, match=r"articles\.paths: .* is not a folder"):
            find_files(tmp_path, ["articles/*.md"], [])

    def test_a_pattern_that_is_none_is_an_operators_fault(self, tmp_path):
        with pytest.raises(ArticlesError, match=r"articles\.paths: '\[z-a\]\.md' is no glob pattern"):
            find_files(tmp_path, ["[z-a].md"], [])

    def test_a_link_that_stays_in_the_base_is_a_file(self, tmp_path):
        write(tmp_path / "articles" / "a.md")
        (tmp_path / "articles" / "b.md").symlink_to("a.md")
        assert paths(tmp_path, "articles/*.md") == ["articles/a.md", "articles/b.md"]
        found = find_files(tmp_path, ["articles/*.md"], [])
        assert all(isinstance(file.outcome, Article) for file in read_changed(found.files, {}, RULES, NOW_NS))

    def test_a_base_may_itself_be_a_link(self, tmp_path):
        write(tmp_path / "real" / "a.md")
        (tmp_path / "articles").symlink_to("real")
        (tmp_path / "real" / "b.md").symlink_to("a.md")
        assert paths(tmp_path, "articles/*.md") == ["articles/a.md", "articles/b.md"]

    @pytest.mark.parametrize("target", ["../secret.md", "../articles-2/a.md", "/etc/passwd", "../missing.md"])
    def test_a_link_that_leads_out_of_the_base_is_rejected(self, tmp_path, target):
        write(tmp_path / "secret.md")
        write(tmp_path / "articles-2" / "a.md")
        (tmp_path / "articles").mkdir()
        (tmp_path / "articles" / "b.md").symlink_to(target)
        reason = "a symbolic link that leads out of the article folder"
        rejected = Rejected("articles/b.md", 0, reason, code="symlink-leads-out")
        assert find_files(tmp_path, ["articles/*.md"], []) == Found((), (rejected,))

    def test_a_link_to_nothing_is_rejected_and_not_taken_for_gone(self, tmp_path):
        write(tmp_path / "articles" / "a.md")
        (tmp_path / "articles" / "b.md").symlink_to("gone.md")
        reason = "a symbolic link to a file that is not there"
        found = find_files(tmp_path, ["articles/*.md"], [])
        assert [file.path for file in found.files] == ["articles/a.md"]
        assert found.rejected == (Rejected("articles/b.md", 0, reason, code="file-unreadable"),)

    def test_a_folder_that_is_a_link_out_of_the_base_is_rejected_and_not_entered(self, tmp_path):
        write(tmp_path / "other" / "a.md")
        (tmp_path / "articles").mkdir()
        (tmp_path / "articles" / "sub").symlink_to("../other")
        found = find_files(tmp_path, ["articles/**/*.md"], [])
        assert found.files == ()
        assert [rejected.path for rejected in found.rejected] == ["articles/sub"]
        assert find_files(tmp_path, ["articles/*.md"], []).rejected == ()

    def test_a_folder_that_links_to_its_parent_is_no_endless_walk(self, tmp_path):
        write(tmp_path / "articles" / "a.md")
        (tmp_path / "articles" / "sub").mkdir()
        (tmp_path / "articles" / "sub" / "loop").symlink_to("../sub")
        (tmp_path / "articles" / "here").symlink_to(".")
        found = find_files(tmp_path, ["articles/**/*.md"], [])
        assert ([file.path for file in found.files], found.rejected) == (["articles/a.md"], ())

    def test_links_in_a_circle_are_rejected(self, tmp_path):
        (tmp_path / "a.md").symlink_to("b.md")
        (tmp_path / "b.md").symlink_to("a.md")
        found = find_files(tmp_path, ["*.md"], [])
        assert found.files == ()
        assert [rejected.path for rejected in found.rejected] == ["a.md", "b.md"]

    def test_what_is_no_regular_file_is_left_out(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.md")
        (tmp_path / "folder.md").mkdir()
        found = find_files(tmp_path, ["*.md"], [])
        rejected = Rejected("pipe.md", 0, "the file is not a regular file", code="file-not-regular")
        assert found == Found((), (rejected,))

    def test_a_name_that_is_not_utf_8_is_rejected_in_readable_words(self, tmp_path):
        try:
            with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "wb"):  # noqa: PTH123 - a name that pathlib has no bytes for
                pass
        except OSError:
            pytest.skip("may be skipped: this file system takes UTF-8 names only")
        assert find_files(tmp_path, ["*.md"], []).rejected == (
            Rejected("caf\\xe9.md", 0, "the file's name is not UTF-8", code="file-name"),
        )


class TestComparing:
    PATTERNS = ("articles/*.md", "articles/**/*.md", "more/*.md")

    @pytest.fixture
    def known(self, tmp_path: Path) -> Stamps:
        for name in ("a.md", "b.md", "sub/c.md"):
            write(tmp_path / "articles" / name)
        (tmp_path / "more").mkdir()
        files = find_files(tmp_path, self.PATTERNS, ()).files
        return {one.path: (one.stamp.mtime_ns, one.stamp.size, one.stamp.inode) for one in files}

    def test_files_as_they_are_known_are_counted_once_each_and_not_made(self, tmp_path, known):
        found = compare_files(tmp_path, self.PATTERNS, (), known)
        assert (found.changed, found.count, found.rejected) == ((), 3, ())
        assert known == {}

    @pytest.mark.parametrize("stamp", [(OLD_NS + 1, None, None), (None, 1, None), (None, None, 1), None, "new"])
    def test_a_file_that_is_new_or_has_another_stamp_has_changed_once(self, tmp_path, known, stamp):
        before = known.pop("articles/b.md")
        if stamp != "new":
            known["articles/b.md"] = stamp and tuple(new or old for new, old in zip(stamp, before, strict=True))
        found = compare_files(tmp_path, self.PATTERNS, (), known)
        assert [one.path for one in found.changed] == ["articles/b.md"]
        assert (found.count, known) == (3, {})

    def test_what_is_gone_stays_known_and_a_folder_without_any_is_told(self, tmp_path, known):
        for path in ("a.md", "b.md", "sub/c.md"):
            (tmp_path / "articles" / path).unlink()
        write(tmp_path / "more" / "d.md")
        found = compare_files(tmp_path, self.PATTERNS, (), known)
        assert known.keys() == {"articles/a.md", "articles/b.md", "articles/sub/c.md"}
        assert found.empty == {"articles/*.md": "articles/", "articles/**/*.md": "articles/"}
        assert found.count == 1

    def test_a_file_in_a_folder_below_is_enough_for_the_folder_above(self, tmp_path, known):
        for path in ("a.md", "b.md"):
            (tmp_path / "articles" / path).unlink()
        assert compare_files(tmp_path, self.PATTERNS, (), known).empty == {"more/*.md": "more/"}

    def test_what_one_pattern_refuses_and_another_has_as_it_was_is_not_rejected(self, tmp_path, known):
        (tmp_path / "articles" / "sub" / "link.md").symlink_to(tmp_path / "articles" / "a.md")
        patterns = ("articles/sub/*.md", "articles/**/*.md")
        known = {
            one.path: (one.stamp.mtime_ns, one.stamp.size, one.stamp.inode)
            for one in find_files(tmp_path, patterns, ()).files
        }
        assert "articles/sub/link.md" in known
        found = compare_files(tmp_path, patterns, (), known)
        assert (found.changed, found.rejected, found.count) == ((), (), 4)


class TestReading:
    @pytest.fixture
    def file(self, tmp_path) -> Path:
        return write(tmp_path / "a.md")

    def found(self, file: Path) -> tuple[FoundFile, ...]:
        return find_files(file.parent, ["*.md"], []).files

    def read(self, file: Path, known: dict[str, KnownFile] | None = None, now_ns: int = NOW_NS) -> list:
        return list(read_changed(self.found(file), known or {}, RULES, now_ns))

    def known(self, file: Path) -> dict[str, KnownFile]:
        return {one.path: KnownFile(one.stamp, one.sha256) for one in self.read(file)}

    def test_a_new_file_is_read_and_understood(self, file):
        [one] = self.read(file)
        assert (one.path, one.stamp, len(one.sha256)) == ("a.md", self.found(file)[0].stamp, 64)
        assert isinstance(one.outcome, Article)
        assert one.outcome.path == "a.md"
        assert one.remarks == ()

    def test_a_file_that_cannot_be_used_is_rejected_and_known(self, file):
        write(file, "no front matter")
        [one] = self.read(file)
        assert isinstance(one.outcome, Rejected)
        assert self.read(file, self.known(file)) == []

    def test_a_file_with_its_known_stamp_is_not_even_opened(self, file):
        known = self.known(file)
        found = [replace(one, full_path="/no/such/file") for one in self.found(file)]
        assert list(read_changed(found, known, RULES, NOW_NS)) == []

    def test_a_file_with_equal_content_has_a_new_stamp_and_no_outcome(self, file):
        known = self.known(file)
        write(file, mtime_ns=OLD_NS + 1)
        [one] = self.read(file, known)
        assert one.outcome is None
        assert one.stamp.mtime_ns == OLD_NS + 1
        assert one.sha256 == known["a.md"].sha256

    def test_a_changed_file_is_read_again(self, file):
        known = self.known(file)
        write(file, CONTENT.replace("A story", "B story"), OLD_NS + 1)
        [one] = self.read(file, known)
        assert one.outcome.title == "B story"

    @pytest.mark.parametrize(
        ("age_ns", "is_read"), [(0, False), (1_999_999_999, False), (2_000_000_000, True), (-1, True)]
    )
    def test_a_known_file_that_is_open_for_writing_keeps_its_last_good_version_for_two_seconds(
        self, file, age_ns, is_read
    ):
        known = self.known(file)
        write(file, CONTENT[:20], NOW_NS - age_ns)
        with file.open("a"):
            assert bool(self.read(file, known)) is is_read

    @pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
    @pytest.mark.parametrize(("age_ns", "is_read"), [(0, False), (49_999_999, False), (50_000_000, True)])
    def test_a_known_file_that_nobody_has_open_for_writing_is_read_after_a_tick(self, file, age_ns, is_read):
        known = self.known(file)
        write(file, CONTENT[:20], NOW_NS + 1 - age_ns)
        assert bool(self.read(file, known, NOW_NS + 1)) is is_read

    def test_where_stamps_are_in_whole_seconds_a_known_file_waits_for_two_of_them(self, file):
        known = self.known(file)
        second = NOW_NS // 1_000_000_000 * 1_000_000_000
        write(file, CONTENT[:20], second)
        assert not self.read(file, known, second + 1_999_999_999)

    def test_a_known_file_that_changed_since_it_was_found_keeps_its_last_good_version(self, file):
        known = self.known(file)
        write(file, CONTENT.replace("A story", "B story"), OLD_NS + 1)
        found = self.found(file)
        write(file, CONTENT[:20], NOW_NS)
        assert list(read_changed(found, known, RULES, NOW_NS)) == []

    def test_a_new_file_is_read_however_young(self, file):
        write(file, mtime_ns=NOW_NS)
        assert len(self.read(file)) == 1

    def test_a_file_that_vanished_is_passed_over(self, file):
        found = self.found(file)
        file.unlink()
        assert list(read_changed(found, {}, RULES, NOW_NS)) == []

    def test_a_file_that_became_a_link_is_rejected_and_looked_at_again(self, file):
        found = self.found(file)
        file.unlink()
        file.symlink_to("/etc/passwd")
        [one] = read_changed(found, {}, RULES, NOW_NS)
        reason = "the file cannot be read: it has become a symbolic link"
        assert one.outcome == Rejected("a.md", 0, reason, code="file-unreadable")
        assert (one.stamp, one.sha256) == (UNREAD, "")

    def test_a_file_that_became_a_pipe_does_not_hold_the_run(self, file):
        found = self.found(file)
        file.unlink()
        os.mkfifo(file)
        [one] = read_changed(found, {}, RULES, NOW_NS)
        assert isinstance(one.outcome, Rejected)
        assert "not a regular file" in one.outcome.reason

    def test_a_file_that_may_not_be_read_is_rejected_and_looked_at_again(self, file):
        file.chmod(0)
        if os.access(file, os.R_OK):
            pytest.skip("may be skipped: root may read everything")
        [one] = self.read(file)
        assert isinstance(one.outcome, Rejected)
        assert one.stamp == UNREAD
        file.chmod(stat.S_IRUSR)

    def test_a_file_larger_than_the_bound_is_rejected(self, file):
        write(file, CONTENT + "x" * 1024 * 1024)
        [one] = self.read(file)
        assert one.outcome == Rejected("a.md", 0, "the file is larger than 1,048,576 bytes", code="file-too-large")

    def test_a_file_that_changes_while_it_is_read_is_passed_over(self, file):
        file.write_bytes(bytes(1024 * 1024))
        done = threading.Event()

        def touch() -> None:
            mtime_ns = OLD_NS
            while not done.is_set():
                mtime_ns += 1
                os.utime(file, ns=(mtime_ns, mtime_ns))

        toucher = threading.Thread(target=touch)
        toucher.start()
        try:
            # Each attempt races with the thread; that all of 2,000 win is out of the question.
            assert any(self.read(file) == [] for _ in range(2_000))
        finally:
            done.set()
            toucher.join()

    def test_files_are_read_one_after_the_other(self, file):
        write(file.with_name("b.md"))
        reading = read_changed(self.found(file), {}, RULES, NOW_NS)
        assert next(reading).path == "a.md"
        file.with_name("b.md").unlink()
        assert list(reading) == []


def test_many_changed_files_are_read_on_every_core_in_the_same_order(tmp_path):
    number = PARALLEL_FROM + 10
    for one in range(number):
        front = f"title: Number {one}\ndate: 2026-01-01\nsourceUrl: https://example.org/{one}\n"
        (tmp_path / f"{one:05}.md").write_text(f"---\n{front}---\n" if one % 100 else "---\n", encoding="utf-8")
    found = find_files(tmp_path, ["*.md"], ()).files
    together = list(read_changed(found, {}, RULES, NOW_NS))
    apart = [one for file in found for one in read_changed([file], {}, RULES, NOW_NS)]
    assert together == apart
    assert len(together) == number
