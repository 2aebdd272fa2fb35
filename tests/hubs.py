"""A WebSub hub on loopback that answers publishers as a test says, and remembers what it was told."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl

from tests.loopback import Quiet, loopback


@dataclass
class Hub:
    """`answers` maps the end of a topic's address to a status and headers; `answer` is for all others."""

    url: str = ""
    answer: tuple[int, Mapping[str, str]] = (202, {})
    answers: dict[str, tuple[int, Mapping[str, str]]] = field(default_factory=dict)
    forms: list[list[tuple[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    """Done once, while the next publisher waits for the answer."""

    @property
    def names(self) -> set[str]:
        """The addresses that it was told of, by file name."""
        return set(self._names())

    @property
    def topics(self) -> list[str]:
        """Those since this was last asked, as often as each was told."""
        told = self._names()
        self.forms.clear()
        return told

    def _names(self) -> list[str]:
        return sorted(dict(form)["hub.topic"].rpartition("/")[2] for form in list(self.forms))

    def told(self, form: list[tuple[str, str]], headers: dict[str, str]) -> tuple[int, Mapping[str, str]]:
        self.forms.append(form)
        self.headers.append(headers)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        topic = dict(form).get("hub.topic", "")
        return next((answer for end, answer in self.answers.items() if topic.endswith(end)), self.answer)


@contextmanager
def loopback_hub() -> Iterator[Hub]:
    """A hub that takes everything unless told otherwise."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, headers = hub.told(parse_qsl(body), {name.lower(): text for name, text in self.headers.items()})
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

    with loopback(Handler) as host:
        hub = Hub(f"http://{host}/hub")
        yield hub
