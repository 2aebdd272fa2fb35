from pathlib import Path

import pytest

from feedbot.state.disk import is_read_only, network_type, read_mounts

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /mnt/share rw,relatime shared:2 - nfs4 server:/export rw,vers=4.2
31 22 0:26 / /mnt/share/local rw - tmpfs tmpfs rw
32 22 0:27 / /mnt/with\040space rw - cifs //server/x rw
33 22 0:28 / /mnt/over rw - nfs server:/a rw
34 22 8:2 / /mnt/over rw - xfs /dev/sdb rw
35 22 0:29 / /home/me/box rw - fuse.sshfs me@host: rw
36 22 0:30 / /mnt/nfsish rw - ext4 /dev/sdc rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/news", None),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/deep/er", "nfs4"),
        ("/mnt/shared", None),
        ("/mnt/share/local/x", None),
        ("/mnt/with space/x", "cifs"),
        ("/mnt/over/x", None),
        ("/home/me/box/news", "fuse.sshfs"),
        ("/mnt/nfsish", None),
    ],
)
def test_the_nearest_mount_tells_whether_a_folder_is_on_the_network(folder, kind):
    assert network_type(Path(folder), MOUNTS) == kind


def test_a_system_that_tells_nothing_is_taken_at_its_word():
    assert network_type(Path("/srv/news"), "") is None


def test_this_test_runs_on_a_disk_of_this_machine(tmp_path):
    assert network_type(tmp_path, read_mounts()) is None


def test_a_folder_that_can_be_written_is_on_no_read_only_disk(tmp_path):
    assert not is_read_only(tmp_path)
    assert not is_read_only(tmp_path / "nowhere")
