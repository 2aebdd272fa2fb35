"""The built-in web server's application: the feeds, and for those who watch over it /healthz, /readyz and /metrics."""

import logging
from functools import partial

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.service.feeds_app import SEND_WITHIN_S, FeedsApp
from feedbot.service.headers import plain_headers
from feedbot.service.health import readiness
from feedbot.service.metrics import metrics_text
from feedbot.service.requests import Requests
from feedbot.service.shared import Shared

log = logging.getLogger("feedbot")

_LOOKED_AT_EVERY_S = 2.0
_COUNTED_EVERY_S = 10.0
"""Counting 240,000 targets takes tenths of a second; Prometheus asks every 15 to 60."""


def create_app(
    config: Config, clock: Clock, *, access_log: bool = False, send_within_s: float = SEND_WITHIN_S
) -> ASGIApp:
    """The application that answers for one config; it runs in any ASGI server and any event loop.

    With `access_log` every answer is logged, with the address of who asked.
    """
    requests = Requests()
    ready = Shared(partial(readiness, config, clock), clock, _LOOKED_AT_EVERY_S)
    figures = Shared(lambda: metrics_text(config, clock, requests.counts()), clock, _COUNTED_EVERY_S)

    async def healthz(_: Request) -> Response:
        return _plain(200, b"ok\n")

    async def readyz(_: Request) -> Response:
        found = await ready.get()
        told = {"ready": found.is_ready, "reasons": found.reasons, "last_good_run": found.last_good_run_at}
        return _plain(200 if found.is_ready else 503, msgspec.json.encode(told) + b"\n", "application/json")

    async def metrics(_: Request) -> Response:
        return _plain(200, await figures.get(), CONTENT_TYPE_LATEST)

    router = Router(
        [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)],
        # Starlette would make the address of a redirect from the Host that a client names.
        redirect_slashes=False,
        default=FeedsApp(config, clock, requests, send_within_s=send_within_s),
    )
    return _Guarded(router, access_log=access_log)


def _plain(code: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> Response:
    response = Response(body, code)
    response.raw_headers += [*plain_headers(content_type), (b"cache-control", b"no-store")]
    return response


class _Guarded:
    """Every error of feedbot's own becomes a line in the log, and 500 where no answer has begun."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        code = 0

        async def watched(message: Message) -> None:
            nonlocal code
            code = code or message.get("status", 0)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except OSError as error:
            log.error("a request could not be answered: %s", error.strerror or error)
            await self._apologise(watched, has_begun=code > 0)
        except Exception:
            log.exception("an error of feedbot's own in answering a request")
            await self._apologise(watched, has_begun=code > 0)
        if self._access_log:
            who = (scope.get("client") or ("-",))[0]
            # As it was sent: decoded it could hold line breaks.
            path = scope["raw_path"].decode("latin-1")
            log.info("%s %s %s %d", who, scope["method"], path, code)

    async def _apologise(self, send: Send, *, has_begun: bool) -> None:
        if has_begun:
            return  # the answer ends early, and the server closes the connection
        await send({"type": "http.response.start", "status": 500, "headers": plain_headers()})
        await send({"type": "http.response.body", "body": b"this cannot be answered just now\n"})
