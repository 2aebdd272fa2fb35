"""The exceptions of httpx and of what it stands on, as kinds of failure.

In a file of its own, because a run over libcurl loads none of these packages (wire/failures.py).
"""

import h11
import httpcore
import httpx

from feedbot.core.observation import FailureKind

Row = tuple[FailureKind, str]

# First row that fits.
_BY_CLASS: tuple[tuple[type[BaseException], Row], ...] = (
    (httpx.PoolTimeout, (FailureKind.OURSELVES, "no connection of ours became free")),
    (httpcore.PoolTimeout, (FailureKind.OURSELVES, "no connection of ours became free")),
    (httpx.ConnectTimeout, (FailureKind.CONNECT_TIMEOUT, "connection timed out")),
    (httpcore.ConnectTimeout, (FailureKind.CONNECT_TIMEOUT, "connection timed out")),
    (httpx.TimeoutException, (FailureKind.TIMEOUT, "no answer in time")),
    (httpcore.TimeoutException, (FailureKind.TIMEOUT, "no answer in time")),
    (httpx.ConnectError, (FailureKind.CONNECT_UNREACHABLE, "could not connect")),
    (httpcore.ConnectError, (FailureKind.CONNECT_UNREACHABLE, "could not connect")),
    (httpx.NetworkError, (FailureKind.RESET, "connection broke off")),
    (httpcore.NetworkError, (FailureKind.RESET, "connection broke off")),
    (httpx.ProxyError, (FailureKind.OURSELVES, "proxy")),
    (httpcore.ProxyError, (FailureKind.OURSELVES, "proxy")),
    (httpx.UnsupportedProtocol, (FailureKind.POLICY_SCHEME, "scheme is not http or https")),
    (httpcore.UnsupportedProtocol, (FailureKind.POLICY_SCHEME, "scheme is not http or https")),
    # Local: what we were about to send is not HTTP; the server has said nothing yet.
    (httpx.LocalProtocolError, (FailureKind.OURSELVES, "could not be asked")),
    (httpcore.LocalProtocolError, (FailureKind.OURSELVES, "could not be asked")),
    (h11.LocalProtocolError, (FailureKind.OURSELVES, "could not be asked")),
    (httpx.ProtocolError, (FailureKind.PROTOCOL, "not HTTP")),
    (httpcore.ProtocolError, (FailureKind.PROTOCOL, "not HTTP")),
    (h11.ProtocolError, (FailureKind.PROTOCOL, "not HTTP")),
    (httpx.TooManyRedirects, (FailureKind.REDIRECT_LIMIT, "too many redirects")),
    (httpx.DecodingError, (FailureKind.PROTOCOL, "body cannot be decoded")),
    (httpx.TransportError, (FailureKind.PROTOCOL, "exchange failed")),
    # The rest of httpx is raised at its user: a mistake of ours, or a URL that only httpx refuses.
    (httpx.HTTPError, (FailureKind.OURSELVES, "exchange failed")),
    (httpx.InvalidURL, (FailureKind.OURSELVES, "could not be asked")),
    (httpx.StreamError, (FailureKind.OURSELVES, "exchange failed")),
    (httpx.CookieConflict, (FailureKind.OURSELVES, "exchange failed")),
    (httpcore.ConnectionNotAvailable, (FailureKind.OURSELVES, "no connection of ours became free")),
)

# httpcore tells these two by their text only; a test holds the texts to the installed version.
_CLOSED_EARLY = (
    ("Server disconnected", "closed the connection without an answer"),
    ("peer closed connection", "closed the connection before the end of the body"),
)


def closed_early(error: BaseException) -> str | None:
    """How a server broke its answer off, in words; None where this is something else."""
    if isinstance(error, httpx.RemoteProtocolError | httpcore.RemoteProtocolError):
        return next((words for start, words in _CLOSED_EARLY if str(error).startswith(start)), None)
    return None


def of_class(error: BaseException) -> Row | None:
    """The kind and words of an exception of these packages; None where it is not theirs."""
    return next((row for cls, row in _BY_CLASS if isinstance(error, cls)), None)
