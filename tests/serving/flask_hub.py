"""Flask-WebSub's hub on a loopback port, which it prints; started by test_websub.py with the Python of the peers.

What the hub gives to Celery is done by one thread here, in order.
"""

import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server

Jobs = queue.SimpleQueue[Callable[[], Any]]


class Task:
    """A function that `delay` has done later; a bound one is given the task first, as Celery does."""

    def __init__(
        self, jobs: "queue.SimpleQueue[Callable[[], Any]]", function: Callable[..., Any], *, bind: bool
    ) -> None:
        self._jobs = jobs
        self._function = function
        self._first = (self,) if bind else ()

    def delay(self, *arguments: Any) -> None:
        self._jobs.put(lambda: self._function(*self._first, *arguments))

    def retry(self, **_: Any) -> None:
        raise RuntimeError("a subscriber did not take what it was sent")

    @property
    def request(self) -> Any:
        """How often it was tried."""
        return type("Request", (), {"retries": 0})


class Tasks:
    """The part of Celery that the hub uses."""

    def __init__(self) -> None:
        self.jobs: Jobs = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def task(self, *, bind: bool = False, **_: Any) -> Callable[[Callable[..., Any]], Task]:
        return lambda function: Task(self.jobs, function, bind=bind)

    def _work(self) -> None:
        while True:
            try:
                self.jobs.get()()
            except Exception as error:  # noqa: BLE001 - the test sees what does not come, and the log why
                sys.stderr.write(f"{error!r}\n")


app = Flask(__name__)
app.config["PUBLISH_SUPPORTED"] = True
hub = Hub(SQLite3HubStorage(sys.argv[1]), Tasks(), REQUEST_TIMEOUT=20)
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
server = make_server("127.0.0.1", 0, app, threaded=True)
sys.stdout.write(f"{server.port}\n")
sys.stdout.flush()
server.serve_forever()
