"""Diffs that git takes."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.core.patch import Edit, applied, unified_diff

TEN = b"".join(b"line %d\n" % number for number in range(1, 11))


def diff_of(before, *edits, path="a.md", hidden=()):
    diff = unified_diff(path, before, edits, hidden)
    assert diff is not None
    return diff


def replaced(before, old, new):
    start = before.index(old)
    return Edit(start, start + len(old), new)


def git_applies(folder, path, before, diff, *options):
    """The file after `git apply`."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", *options], check=False, cwd=folder, input=diff, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return file.read_bytes()


def test_a_change_is_shown_with_three_lines_around_it():
    diff = diff_of(TEN, replaced(TEN, b"line 5", b"LINE 5"))
    assert diff.text.decode() == (
        "--- a/a.md\n+++ b/a.md\n@@ -2,7 +2,7 @@\n"
        " line 2\n line 3\n line 4\n-line 5\n+LINE 5\n line 6\n line 7\n line 8\n"
    )
    assert diff.is_anchored


def test_a_line_that_is_hidden_is_in_no_context_and_no_change():
    edit = replaced(TEN, b"line 5", b"LINE 5")
    assert b"line 3" not in diff_of(TEN, edit, hidden={3}).text
    assert b"@@ -4,5 +4,5 @@" in diff_of(TEN, edit, hidden={3}).text
    assert unified_diff("a.md", TEN, [edit], {5}) is None
    beside = diff_of(TEN, edit, hidden={6})
    assert b"line 6" not in beside.text
    assert not beside.is_anchored


def test_a_hidden_line_between_two_changes_parts_them():
    edits = [replaced(TEN, b"line 3", b"LINE 3"), replaced(TEN, b"line 7", b"LINE 7")]
    assert diff_of(TEN, *edits).text.count(b"@@ -") == 1
    apart = diff_of(TEN, *edits, hidden={5})
    assert apart.text.count(b"@@ -") == 2
    assert b"line 5" not in apart.text


@pytest.mark.debian("git", "git")
@pytest.mark.parametrize(
    "path", ["a.md", "posts/two words.md", 'posts/"quoted".md', "posts/schön.md", "posts/tab\there.md", "a\\b.md"]
)
def test_git_takes_it_whatever_the_name(tmp_path, path):
    edit = replaced(TEN, b"line 5", b"LINE 5")
    assert git_applies(tmp_path, path, TEN, diff_of(TEN, edit, path=path).text) == applied(TEN, [edit])


@pytest.mark.debian("git", "git")
def test_git_takes_a_diff_without_anchor_where_it_is_told_to(tmp_path):
    edit = replaced(TEN, b"line 5", b"LINE 5")
    diff = diff_of(TEN, edit, hidden={6})
    assert git_applies(tmp_path, "a.md", TEN, diff.text, "--unidiff-zero") == applied(TEN, [edit])


LINES = st.lists(st.sampled_from([b"a\n", b"b\r\n", b"\n", b"long line\n"]), max_size=30)


@pytest.mark.debian("git", "git")
@settings(max_examples=40)
@given(LINES, st.sampled_from([b"", b"end"]), st.data())
def test_git_makes_of_it_what_was_meant(tmp_path_factory, lines, end, data):
    before = b"".join(lines) + end
    cuts = sorted(data.draw(st.lists(st.integers(0, len(before)), max_size=6, unique=True)))
    new = st.sampled_from([b"", b"x", b"x\n", b"x\r\ny\n"])
    edits = [Edit(start, stop, data.draw(new)) for start, stop in zip(cuts[::2], cuts[1::2], strict=False)]
    after = applied(before, edits)
    if not edits or after == before or not before or not after:
        return
    diff = diff_of(before, *edits)
    assert git_applies(tmp_path_factory.mktemp("git"), "a.md", before, diff.text) == after
