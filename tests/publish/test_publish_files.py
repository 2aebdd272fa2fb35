import gzip
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedbot.errors import PublishError
from feedbot.publish.files import Published, Unchanged, publish_file, publish_files, remove_files
from feedbot.publish.gzipped import gzipped
from tests.guest import not_writable


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_and_its_folders_made(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "feeds"
    assert publish_file(folder, "ai.rss", b"x") == Published("ai.rss")
    assert (folder / "ai.rss").read_bytes() == b"x"
    assert names_in(folder) == ["ai.rss"]


def test_equal_bytes_leave_the_file_untouched(tmp_path: Path) -> None:
    publish_file(tmp_path, "ai.rss", b"x")
    before = (tmp_path / "ai.rss").stat()
    assert publish_file(tmp_path, "ai.rss", b"x") == Unchanged("ai.rss")
    after = (tmp_path / "ai.rss").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("data", [b"", b"y", b"xx", b"longer than it was"])
def test_other_bytes_replace_it(tmp_path: Path, data: bytes) -> None:
    publish_file(tmp_path, "ai.rss", b"x")
    assert publish_file(tmp_path, "ai.rss", data) == Published("ai.rss")
    assert (tmp_path / "ai.rss").read_bytes() == data


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0, 0o644)])
def test_the_mode_is_for_web_servers_less_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    old = os.umask(umask)
    try:
        publish_file(tmp_path, "ai.rss", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "ai.rss").stat().st_mode & 0o777 == mode


def test_a_batch_is_written_in_order_from_a_lazy_source(tmp_path: Path) -> None:
    def files() -> Iterator[tuple[str, bytes]]:
        yield "ids.json", b"{}"
        assert (tmp_path / "ids.json").exists()
        yield "ai.rss", b"x"

    assert publish_files(tmp_path, files()) == [Published("ids.json"), Published("ai.rss")]


def test_what_an_interrupted_run_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".ai.rss.feedbot-tmp").write_bytes(b"half")
    (tmp_path / ".gone.rss.feedbot-tmp").write_bytes(b"half")
    for name in (".htaccess", "mine.feedbot-tmp"):
        (tmp_path / name).write_bytes(b"the operator's")
    publish_files(tmp_path, [("ai.rss", b"x")])
    assert names_in(tmp_path) == [".htaccess", "ai.rss", "mine.feedbot-tmp"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "/etc/passwd"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        publish_file(tmp_path, name, b"x")
    assert names_in(tmp_path) == []


def test_a_symbolic_link_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (tmp_path / "ai.rss").symlink_to(target)
    with pytest.raises(PublishError, match=r"ai\.rss: is a symbolic link"):
        publish_file(tmp_path, "ai.rss", b"x")
    assert target.read_bytes() == b"theirs"


def test_a_folder_is_not_replaced_and_those_before_it_are_published(tmp_path: Path) -> None:
    (tmp_path / "b.rss").mkdir()
    with pytest.raises(PublishError, match=r"b\.rss: is a folder"):
        publish_files(tmp_path, [("a.rss", b"a"), ("b.rss", b"b"), ("c.rss", b"c")])
    assert names_in(tmp_path) == ["a.rss", "b.rss"]


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_bytes(b"")
    with pytest.raises(PublishError, match="feeds: is not a folder"):
        publish_file(tmp_path / "feeds", "ai.rss", b"x")
    with pytest.raises(PublishError, match="feeds/below: cannot be used as a folder: Not a directory"):
        publish_file(tmp_path / "feeds" / "below", "ai.rss", b"x")


def test_a_folder_that_is_not_writable_is_told_with_whose_it_must_be(tmp_path: Path) -> None:
    with (
        not_writable(tmp_path),
        pytest.raises(PublishError, match="Permission denied; the folder must belong to the user who runs feedbot"),
    ):
        publish_file(tmp_path, "ai.rss", b"x")


def test_a_folder_that_vanishes_meanwhile_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "feeds"

    def files() -> Iterator[tuple[str, bytes]]:
        folder.rmdir()
        yield "ai.rss", b"x"

    with pytest.raises(PublishError, match=r"feeds/ai\.rss: cannot be written: No such file or directory$"):
        publish_files(folder, files())


def test_a_folder_in_place_of_the_temporary_file_is_told(tmp_path: Path) -> None:
    (tmp_path / ".ai.rss.feedbot-tmp").mkdir()
    with pytest.raises(PublishError, match=r"ai\.rss: cannot be written: File exists"):
        publish_file(tmp_path, "ai.rss", b"x")


def test_a_full_disk_leaves_the_earlier_version_and_nothing_else(tmp_path: Path) -> None:
    # A limit on the size of files fails in mid-write, as a full disk does, and needs no mount.
    publish_file(tmp_path, "ai.rss", b"earlier")
    script = (
        "import sys; from pathlib import Path; from feedbot.errors import PublishError\n"
        "from feedbot.publish.files import publish_file\n"
        "try: publish_file(Path(sys.argv[1]), 'ai.rss', b'x' * 100_000)\n"
        "except PublishError as error: print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{tmp_path}/ai.rss: cannot be written: File too large; readers keep the earlier version\n"
    assert (tmp_path / "ai.rss").read_bytes() == b"earlier"
    assert names_in(tmp_path) == ["ai.rss"]


def torn_reads(path: Path, versions: list[bytes], write: "object") -> int:
    """How many of the reads made beside 300 rewrites saw none of the versions."""
    torn, stop = [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                seen = path.read_bytes()
            except FileNotFoundError:
                seen = b"missing"
            if seen not in versions:
                torn.append(len(seen))

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(300):
        write(versions[turn % 2])  # type: ignore[operator]
    stop.set()
    for reader in readers:
        reader.join()
    return len(torn)


def test_readers_never_see_a_torn_file(tmp_path: Path) -> None:
    versions = [b"a" * 200_000, b"b" * 300_000]
    publish_file(tmp_path, "ai.rss", versions[1])
    assert torn_reads(tmp_path / "ai.rss", versions, lambda data: publish_file(tmp_path, "ai.rss", data)) == 0


def test_readers_of_a_naive_writer_do(tmp_path: Path) -> None:
    # The negative control of the test above.
    path = tmp_path / "ai.rss"
    versions = [b"a" * 200_000, b"b" * 300_000]
    path.write_bytes(versions[1])
    assert torn_reads(path, versions, path.write_bytes) > 0


def test_a_kill_at_any_moment_leaves_a_whole_file_and_the_next_run_clears_up(tmp_path: Path) -> None:
    versions = [b"a" * 200_000, b"b" * 300_000]
    publish_file(tmp_path, "ai.rss", versions[0])
    script = (
        "import sys; from pathlib import Path; from feedbot.publish.files import publish_file\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for data in (b'a' * 200_000, b'b' * 300_000): publish_file(Path(sys.argv[1]), 'ai.rss', data)\n"
    )
    for moment in range(12):
        with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Event().wait(0.003 * moment)
            process.kill()
        assert (tmp_path / "ai.rss").read_bytes() in versions
    publish_file(tmp_path, "ai.rss", b"x")
    assert names_in(tmp_path) == ["ai.rss"]


def test_a_file_is_replaced_only_when_the_gz_of_the_earlier_version_is_gone(tmp_path: Path) -> None:
    publish_files(tmp_path, [("ai.rss", b"1"), ("ai.rss.gz", gzipped(b"1"))])

    def files() -> Iterator[tuple[str, bytes]]:
        yield "ai.rss", b"2"
        assert names_in(tmp_path) == ["ai.rss"]
        yield "ai.rss.gz", gzipped(b"2")

    assert publish_files(tmp_path, files()) == [Published("ai.rss"), Published("ai.rss.gz")]
    assert gzip.decompress((tmp_path / "ai.rss.gz").read_bytes()) == b"2"


def test_the_gz_of_a_file_that_stays_is_left_alone(tmp_path: Path) -> None:
    files = [("ai.rss", b"1"), ("ai.rss.gz", gzipped(b"1"))]
    publish_files(tmp_path, files)
    before = (tmp_path / "ai.rss.gz").stat()
    assert publish_files(tmp_path, files) == [Unchanged("ai.rss"), Unchanged("ai.rss.gz")]
    assert publish_file(tmp_path, "ai.rss", b"1") == Unchanged("ai.rss")
    after = (tmp_path / "ai.rss.gz").stat()
    # When it was read last may have changed.
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_a_gz_that_cannot_be_removed_keeps_the_file_that_belongs_to_it(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(gzipped(b"1"))
    (tmp_path / "ai.rss").write_bytes(b"1")
    (tmp_path / "ai.rss.gz").symlink_to(theirs)
    with pytest.raises(PublishError, match=r"ai\.rss\.gz: is a symbolic link"):
        publish_file(tmp_path, "ai.rss", b"2")
    assert (tmp_path / "ai.rss").read_bytes() == b"1"


def test_a_kill_at_any_moment_leaves_no_gz_of_another_version(tmp_path: Path) -> None:
    script = (
        "import random, sys; from pathlib import Path\n"
        "from feedbot.publish.files import publish_files\n"
        "from feedbot.publish.gzipped import gzipped\n"
        "print(flush=True)\n"
        "versions = [random.Random(n).randbytes(300_000) for n in range(5)]\n"
        "while True:\n"
        "    for data in versions:\n"
        "        publish_files(Path(sys.argv[1]), [('ai.rss', data), ('ai.rss.gz', gzipped(data))])\n"
    )
    for moment in range(24):
        with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Event().wait(0.03 + 0.003 * moment)
            process.kill()
        packed = tmp_path / "ai.rss.gz"
        if packed.exists():
            assert gzip.decompress(packed.read_bytes()) == (tmp_path / "ai.rss").read_bytes()


def test_removed_files_are_gone_and_those_that_are_not_there_do_not_matter(tmp_path: Path) -> None:
    publish_files(tmp_path, [("a.gz", b"a"), ("b.gz", b"b")])
    remove_files(tmp_path, ["a.gz", "c.gz"])
    assert names_in(tmp_path) == ["b.gz"]
    with pytest.raises(ValueError):
        remove_files(tmp_path, ["../b.gz"])
    (tmp_path / "d.gz").mkdir()
    with pytest.raises(PublishError, match=r"d\.gz: is a folder"):
        remove_files(tmp_path, ["d.gz", "b.gz"])
    assert names_in(tmp_path) == ["b.gz", "d.gz"]


def test_one_file_in_a_folder_of_others_leaves_their_unfinished_files_alone(tmp_path: Path) -> None:
    """Two publications may leave their figures in the one folder that node_exporter reads."""
    for name in (".other.prom.feedbot-tmp", ".news.prom.feedbot-tmp"):
        (tmp_path / name).write_bytes(b"unfinished")
    publish_file(tmp_path, "news.prom", b"1")
    assert names_in(tmp_path) == [".other.prom.feedbot-tmp", "news.prom"]
