"""What systemd is told of the service: sd_notify(3), one datagram a message."""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

log = logging.getLogger("feedbot")

_USEC = 1_000_000


@dataclass(frozen=True, slots=True)
class Notifier:
    """The socket that NOTIFY_SOCKET names; without one nothing is sent, and every call costs nothing.

    `watchdog_s` is how long systemd waits for a sign of life before it ends the service; None where it does not.
    """

    address: str | None
    watchdog_s: float | None

    def ready(self) -> None:
        """The service does its work: after the start, and after a reload."""
        self._send("READY=1")

    def status(self, line: str) -> None:
        """What `systemctl status` shows a person."""
        # A line more would be an assignment of its own.
        self._send(f"STATUS={' '.join(line.splitlines())}")

    def alive(self) -> None:
        """The sign of life."""
        self._send("WATCHDOG=1")

    def reloading(self, monotonic_s: float) -> None:
        """The config is read again, since this moment of CLOCK_MONOTONIC; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic_s * _USEC)}")

    def stopping(self) -> None:
        """The service ends."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self.address is None:
            return
        # "@" stands for the NUL that begins a name in the abstract namespace (unix(7)).
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                # Nobody is waited for: this is sent by the loop that answers signals.
                sender.setblocking(False)
                sender.sendto(message.encode(), address)
        except OSError as error:
            log.debug("systemd was not told %s: %s", message, error)


def notifier(environment: Mapping[str, str], process: int) -> Notifier:
    """What the environment says of systemd; WATCHDOG_USEC counts where WATCHDOG_PID is this process, or not given."""
    address = environment.get("NOTIFY_SOCKET") or None
    if address is not None and address[0] not in "/@":
        log.warning("NOTIFY_SOCKET=%s is of a kind that feedbot does not know; systemd is told nothing", address)
        address = None
    text = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", str(process)) == str(process)
    watched = address is not None and is_ours and text.isascii() and text.isdecimal() and int(text) > 0
    return Notifier(address, int(text) / _USEC if watched else None)


def own_notifier() -> Notifier:
    """The same for this process."""
    return notifier(os.environ, os.getpid())
