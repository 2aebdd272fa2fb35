"""A file replaced while it is what was judged."""

import os
import stat
import struct

import pytest

from feedbot.articles.find import find_files
from feedbot.articles.replace import NotReplaced, read_whole, replace_file, temp_name

BEFORE, AFTER = b"before\n", b"after\r\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "an article.md"
    path.write_bytes(BEFORE)
    return path


def names(file):
    return [path.name for path in file.parent.iterdir()]


def test_the_new_bytes_are_there_with_the_mode_that_was_there(file):
    for mode in (0o644, 0o600, 0o664, 0o444):
        file.chmod(mode)
        replace_file(str(file), read_whole(str(file)), AFTER)
        assert read_whole(str(file)) == AFTER
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert names(file) == ["an article.md"]


@pytest.mark.skipif(os.geteuid() != 0, reason="may be skipped: only root can give files away")
def test_its_owner_stays(file):
    os.chown(file, 1234, 4321)
    replace_file(str(file), BEFORE, AFTER)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


def test_its_extended_attributes_stay(file):
    try:
        os.setxattr(file, "user.editor", b"night shift")
    except OSError:
        pytest.skip("may be skipped: this file system has no extended attributes")
    replace_file(str(file), BEFORE, AFTER)
    assert os.getxattr(file, "user.editor") == b"night shift"
    assert read_whole(str(file)) == AFTER


def test_its_access_control_list_stays(file):
    # As the kernel keeps one (acl(5)): version 2, then the owner, user 1234, the group, the mask, and others.
    entries = [(1, 6, -1), (2, 4, 1234), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("may be skipped: this file system has no access control lists")
    replace_file(str(file), BEFORE, AFTER)
    assert os.getxattr(file, "system.posix_acl_access") == acl


def test_a_file_that_is_not_what_was_judged_is_left(file):
    with pytest.raises(NotReplaced, match="was changed meanwhile") as caught:
        replace_file(str(file), b"judged\n", AFTER)
    assert not caught.value.is_fault
    assert read_whole(str(file)) == BEFORE
    assert names(file) == ["an article.md"]


def test_a_file_that_is_gone_is_not_made_anew(file):
    file.unlink()
    with pytest.raises(NotReplaced, match="gone"):
        replace_file(str(file), BEFORE, AFTER)
    assert names(file) == []


def test_a_file_with_a_second_name_is_left(file):
    os.link(file, file.with_name("second.md"))
    with pytest.raises(NotReplaced, match="hard link"):
        replace_file(str(file), BEFORE, AFTER)
    assert read_whole(str(file)) == BEFORE


def test_a_symbolic_link_in_its_place_is_left(file):
    other = file.with_name("other.md")
    file.rename(other)
    file.symlink_to(other)
    with pytest.raises(NotReplaced):
        replace_file(str(file), BEFORE, AFTER)
    assert read_whole(str(other)) == BEFORE
    assert file.is_symlink()


def test_what_an_end_in_the_middle_left_behind_is_no_obstacle_and_no_article(file):
    orphan = file.with_name(temp_name(file.name))
    orphan.write_bytes(b"left behind")
    assert find_files(file.parent, ["**/*"], []).files == find_files(file.parent, ["an article.md"], []).files
    replace_file(str(file), BEFORE, AFTER)
    assert names(file) == ["an article.md"]
    assert read_whole(str(file)) == AFTER


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    with pytest.raises(NotReplaced, match="cannot be opened") as caught:
        replace_file(str(tmp_path / "none" / "a.md"), BEFORE, AFTER)
    assert caught.value.is_fault


def test_a_long_name_is_no_obstacle(tmp_path):
    path = tmp_path / ("a" * 252 + ".md")
    path.write_bytes(BEFORE)
    replace_file(str(path), BEFORE, AFTER)
    assert path.read_bytes() == AFTER
