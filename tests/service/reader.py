"""A reader who looks at all feeds all the time, and notes what no reader should ever see."""

import gzip
import json
import threading
import zlib
from contextlib import contextmanager

from lxml import etree

from tests.publish.profile import faults


class Reader:
    """What was seen of the files in a feeds folder; `wrong` are sentences."""

    def __init__(self, folder):
        self.wrong = []
        self.looks = 0
        self._folder = folder
        self._there = set()
        self._judged = {}
        self._ids = {}

    def look(self):
        """Look at each feed once."""
        self.looks += 1
        if not self._folder.exists():
            return
        for name in sorted(self._there | {path.name for path in self._folder.iterdir()}):
            if name.startswith(".") or not name.removesuffix(".gz").endswith((".atom", ".rss", ".json")):
                continue
            try:
                content = (self._folder / name).read_bytes()
            except FileNotFoundError:
                # Before a feed is replaced, its earlier .gz goes away: servers then send the feed itself.
                if not name.endswith(".gz"):
                    self.wrong.append(f"{name} is gone")
                continue
            self._there.add(name)
            if self._judged.get(name) != content:
                self._judged[name] = content
                self.wrong += [f"{name}: {one}" for one in self._problems(name, content)]

    def _problems(self, name, content):
        try:
            if name.endswith(".gz"):
                name, content = name.removesuffix(".gz"), gzip.decompress(content)
            if name.endswith(".json"):
                json.loads(content)
                return []
        except (OSError, EOFError, zlib.error, ValueError) as error:
            return [f"is torn: {error}"]
        found = [f"{fault.rule}: {fault.what}" for fault in faults(content)]
        return found or (self._other_ids(content) if name == "all.atom" else [])

    def _other_ids(self, content):
        """An entry with another id than before is a new one for readers, though they have read it."""
        for entry in etree.fromstring(content).iterfind("{*}entry"):
            title, entry_id = entry.findtext("{*}title"), entry.findtext("{*}id")
            if self._ids.setdefault(title, entry_id) != entry_id:
                yield f"{title!r} has become another entry"


@contextmanager
def reading_all_the_time(folder):
    """A reader in a thread of its own; what it finds wrong fails the block."""
    reader, over = Reader(folder), threading.Event()

    def go_on():
        # Now and then: the machine is the daemon's as well.
        while not over.wait(0.05):
            reader.look()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield reader
        assert not reader.wrong, reader.wrong
    finally:
        over.set()
        thread.join()
