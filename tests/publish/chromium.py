"""Headless Chromium as a test needs it: a page is opened, and what it did is told.

Spoken to by the Chrome DevTools Protocol over two pipes, where each message ends in a zero byte.
"""

import base64
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE_S = 60

# Nothing is asked but 127.0.0.1: no other name is found, and Chromium's own errands are off.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)
# Chromium reads from descriptor 3 and writes to 4.
_EXEC = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execvp(sys.argv[3], sys.argv[3:])"
)


@dataclass
class Visit:
    """What an open page has done so far."""

    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What stands in the console: errors, what the page's policy refused, what scripts wrote."""
    requests: list[str] = field(default_factory=list)


class Chromium:
    """A running browser with one page open at a time."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._last_id = 0
        self._unread = b""
        self._session: str | None = None
        self._loaded = False
        self.visit = Visit()

    def open(self, url: str, *, width: int = 1280, height: int = 800, dark: bool = False) -> Visit:
        """Open a page in a new tab and wait until it and its pictures are there."""
        self.visit, self._loaded, self._session = Visit(), False, None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False  # of about:blank
        self.ask("Page.navigate", url=url)
        until = time.monotonic() + _PATIENCE_S
        while not self._loaded:
            self._take(self._read(until))
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
        return self.visit

    def run(self, script: str) -> object:
        """The value of an expression in the page, also where its own policy allows no script."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press_tab(self) -> None:
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def screenshot(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def ask(self, method: str, **params: object) -> dict:
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        awaited, until = self._last_id, time.monotonic() + _PATIENCE_S
        while True:
            answer = self._read(until)
            if answer.get("id") == awaited:
                assert "result" in answer, answer
                return answer["result"]
            self._take(answer)

    def _read(self, until: float) -> dict:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0, until - time.monotonic()))
            chunk = os.read(self._from, 1 << 20) if ready else b""
            assert chunk, "Chromium ended or says nothing"
            self._unread += chunk
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def _take(self, event: dict) -> None:
        if "method" not in event or event.get("sessionId") != self._session:
            return
        told = event["params"]
        match event["method"]:
            case "Page.loadEventFired":
                self._loaded = True
            case "Page.javascriptDialogOpening":
                self.visit.dialogs.append(told["message"])
                self.ask("Page.handleJavaScriptDialog", accept=True)
            case "Network.requestWillBeSent":
                self.visit.requests.append(told["request"]["url"])
            case "Log.entryAdded":
                self.visit.complaints.append(told["entry"]["text"])
            case "Runtime.consoleAPICalled":
                self.visit.complaints.append(str(told["args"]))
            case "Runtime.exceptionThrown":
                self.visit.complaints.append(told["exceptionDetails"]["text"])


@contextmanager
def running_chromium(folder: Path) -> Iterator[Chromium]:
    """A browser that keeps its profile in that folder and ends with the block."""
    ends = [*os.pipe(), *os.pipe()]
    # Above 3 and 4, which are overwritten on the way.
    theirs_in, ours_out, ours_in, theirs_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    command = [sys.executable, "-c", _EXEC, str(theirs_in), str(theirs_out), "chromium", *_FLAGS]
    process = subprocess.Popen(
        [*command, f"--user-data-dir={folder}"],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Chromium(ours_out, ours_in)
    finally:
        # With its pipes closed it ends by itself, and its own processes with it.
        os.close(ours_out)
        os.close(ours_in)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
