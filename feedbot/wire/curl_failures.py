"""libcurl's exit codes as Failures: the code is the class of a failure, the text says what was met."""

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import of_certificate, of_errno, shortened

_Row = tuple[FailureKind, str]

# https://curl.se/libcurl/c/libcurl-errors.html; as numbers, for not every version of pycurl names them all.
_CONNECT, _HANDSHAKE, _SEND, _RECV, _VERIFICATION = 7, 35, 55, 56, 60
TIMED_OUT = 28

# What an exchange over http(s) can end with; any other code is about something that we never ask for.
_BY_CODE: dict[int, _Row] = {
    1: (FailureKind.PROTOCOL, "not HTTP"),  # HTTP/0.9, which is not allowed
    3: (FailureKind.OURSELVES, "could not be asked"),
    5: (FailureKind.OURSELVES, "the proxy's name cannot be resolved"),
    6: (FailureKind.OURSELVES, "was not told the address"),
    7: (FailureKind.CONNECT_UNREACHABLE, "could not connect"),
    8: (FailureKind.PROTOCOL, "not HTTP"),
    16: (FailureKind.PROTOCOL, "not HTTP"),
    18: (FailureKind.RESET, "closed the connection before the end of the body"),
    27: (FailureKind.OURSELVES, "out of memory"),
    28: (FailureKind.TIMEOUT, "no full answer in time"),
    35: (FailureKind.TLS, "TLS handshake failed"),
    52: (FailureKind.RESET, "closed the connection without an answer"),
    55: (FailureKind.RESET, "connection broke off"),
    56: (FailureKind.RESET, "connection broke off"),
    58: (FailureKind.OURSELVES, "our own certificate"),
    59: (FailureKind.TLS, "no common cipher"),
    60: (FailureKind.TLS, "certificate is not accepted"),
    61: (FailureKind.PROTOCOL, "not HTTP"),
    65: (FailureKind.RESET, "connection broke off"),
    77: (FailureKind.OURSELVES, "the file of trusted certificates cannot be read"),
    83: (FailureKind.TLS, "certificate is not accepted"),
    90: (FailureKind.TLS, "certificate is not accepted"),
    91: (FailureKind.TLS, "certificate status is not valid"),
    92: (FailureKind.PROTOCOL, "not HTTP"),
    100: (FailureKind.PROTOCOL, "not HTTP"),
}

# Code 56 is said of a connection that breaks and of bytes that are not HTTP; only the words differ.
_NOT_HTTP = ("chunk", "header", "status", "content-length", "transfer-encoding", "nul byte", "invalid")

_ANOTHER_NAME = ("subject name", "does not match", "matches target", "common name")

# Errors of the socket below a code that says only that sending, receiving or the handshake failed.
_SOCKET_CODES = frozenset({_CONNECT, _SEND, _RECV, _HANDSHAKE})


def failure_of_curl(code: int, text: str, *, os_errno: int, verify_result: int) -> Failure:
    """The Failure that an exit code stands for; total.

    `os_errno` is the socket's last error, `verify_result` OpenSSL's X509_V_ERR_*, each 0 for none. Where
    one of them says what was met, that is the text; libcurl's own words would say it again, with times that
    differ from look to look. What no row knows is OURSELVES, so that it never counts against a link.
    """
    if code == _VERIFICATION and (known_fault := _certificate_words(verify_result, text)) is not None:
        return Failure(FailureKind.TLS, known_fault)
    # A timeout of the connecting is told by its code; ETIMEDOUT below it says no more.
    if code in _SOCKET_CODES and os_errno and (known := of_errno(os_errno)) is not None:
        return Failure(*known)
    kind, words = _BY_CODE.get(code, (FailureKind.OURSELVES, "exchange failed"))
    if code == _RECV and not os_errno and any(word in text.lower() for word in _NOT_HTTP):
        kind, words = FailureKind.PROTOCOL, "not HTTP"
    return Failure(kind, shortened(f"{words} (curl {code}: {' '.join(text.split()) or 'no text'})"))


def _certificate_words(verify_result: int, text: str) -> str | None:
    """What is wrong with a certificate; None where only libcurl's text can tell."""
    if (known := of_certificate(verify_result)) is not None:
        return known
    # libcurl compares names by itself, before it asks what OpenSSL thought of the rest.
    if any(words in text for words in _ANOTHER_NAME):
        return "certificate is for another name"
    return None
