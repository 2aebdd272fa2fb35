import socket

import pytest

from feedbot.service.notify import Notifier, notifier
from tests.service.daemons import systemd, until


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_each_message_is_one_datagram(tmp_path, kind):
    address = str(tmp_path / "notify") if kind == "path" else f"@feedbot-test{tmp_path}"
    with systemd(address) as heard:
        notify = Notifier(address, None)
        notify.ready()
        notify.status("a line\nWATCHDOG=1")
        notify.alive()
        notify.reloading(12.5)
        notify.stopping()
        until(lambda: len(heard.told) == 5)
    assert heard.told == [
        "READY=1",
        "STATUS=a line WATCHDOG=1",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1",
    ]


def test_nobody_is_waited_for(tmp_path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(address)
        for _ in range(3000):
            Notifier(address, None).alive()
    Notifier(address, None).alive()
    Notifier(str(tmp_path / "nowhere"), None).alive()
    Notifier(None, None).alive()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Notifier(None, None)),
        ({"NOTIFY_SOCKET": ""}, Notifier(None, None)),
        ({"WATCHDOG_USEC": "1000000"}, Notifier(None, None)),
        ({"NOTIFY_SOCKET": "@x"}, Notifier("@x", None)),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1500000"}, Notifier("/x", 1.5)),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "7"}, Notifier("/x", 1.5)),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "8"}, Notifier("/x", None)),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"}, Notifier("/x", None)),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, Notifier("/x", None)),
        ({"NOTIFY_SOCKET": "vsock:2:9"}, Notifier(None, None)),
    ],
)
def test_the_environment_says_whom_to_tell(environment, expected):
    assert notifier(environment, 7) == expected
