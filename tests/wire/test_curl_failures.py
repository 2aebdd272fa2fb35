"""libcurl's exit codes, told apart: every one is a Failure, and what is not known is never the link's fault."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pycurl", reason="may be skipped: there is no pycurl")

import pycurl

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.curl_failures import TIMED_OUT, failure_of_curl
from feedbot.wire.failures import MAX_TEXT


def failure(code, text="words", *, os_errno=0, verify_result=0):
    return failure_of_curl(code, text, os_errno=os_errno, verify_result=verify_result)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("E_UNSUPPORTED_PROTOCOL", FailureKind.PROTOCOL, "not HTTP"),
        ("E_URL_MALFORMAT", FailureKind.OURSELVES, "could not be asked"),
        ("E_COULDNT_RESOLVE_PROXY", FailureKind.OURSELVES, "proxy"),
        ("E_COULDNT_RESOLVE_HOST", FailureKind.OURSELVES, "not told the address"),
        ("E_COULDNT_CONNECT", FailureKind.CONNECT_UNREACHABLE, "could not connect"),
        ("E_PARTIAL_FILE", FailureKind.RESET, "before the end of the body"),
        ("E_OUT_OF_MEMORY", FailureKind.OURSELVES, "memory"),
        ("E_OPERATION_TIMEDOUT", FailureKind.TIMEOUT, "in time"),
        ("E_SSL_CONNECT_ERROR", FailureKind.TLS, "handshake"),
        ("E_GOT_NOTHING", FailureKind.RESET, "without an answer"),
        ("E_SEND_ERROR", FailureKind.RESET, "broke off"),
        ("E_RECV_ERROR", FailureKind.RESET, "broke off"),
        ("E_SSL_CERTPROBLEM", FailureKind.OURSELVES, "our own"),
        ("E_SSL_CIPHER", FailureKind.TLS, "cipher"),
        ("E_PEER_FAILED_VERIFICATION", FailureKind.TLS, "not accepted"),
        ("E_BAD_CONTENT_ENCODING", FailureKind.PROTOCOL, "not HTTP"),
        ("E_SSL_CACERT_BADFILE", FailureKind.OURSELVES, "trusted certificates"),
        ("E_SSL_ISSUER_ERROR", FailureKind.TLS, "not accepted"),
        ("E_SSL_INVALIDCERTSTATUS", FailureKind.TLS, "status"),
    ],
)
def test_each_code_by_libcurls_own_name(name, kind, words):
    known = failure(getattr(pycurl, name))
    assert known.kind == kind
    assert words in known.text
    assert f"(curl {getattr(pycurl, name)}: words)" in known.text


def test_the_number_of_a_timeout_is_libcurls():
    assert pycurl.E_OPERATION_TIMEDOUT == TIMED_OUT


# What libcurl can end with where nobody asked for it: mail, files, redirects, uploads, callbacks.
@pytest.mark.parametrize("code", [2, 4, 9, 22, 23, 33, 42, 43, 47, 63, 78, 93, 97, 101, 500, -1, 10**9])
def test_a_code_that_no_row_knows_is_our_own_fault(code):
    assert failure(code) == Failure(FailureKind.OURSELVES, f"exchange failed (curl {code}: words)")


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ECONNREFUSED, FailureKind.CONNECT_REFUSED, "connection refused"),
        (errno.ETIMEDOUT, FailureKind.CONNECT_TIMEOUT, "timed out"),
        (errno.EHOSTUNREACH, FailureKind.CONNECT_UNREACHABLE, "no route"),
        (errno.ENETUNREACH, FailureKind.CONNECT_UNREACHABLE, "unreachable"),
        (errno.ECONNRESET, FailureKind.RESET, "reset"),
        (errno.EPIPE, FailureKind.RESET, "closed"),
        (errno.EADDRNOTAVAIL, FailureKind.OURSELVES, "no local address"),
        (errno.EMFILE, FailureKind.OURSELVES, "open files"),
    ],
)
@pytest.mark.parametrize("code", [7, 35, 55, 56])
def test_the_sockets_error_says_more_than_the_code_above_it(code, number, kind, words):
    known = failure(code, os_errno=number)
    assert known.kind == kind
    assert words in known.text
    assert "curl" not in known.text


def test_an_error_of_the_socket_says_nothing_of_other_codes():
    assert failure(60, os_errno=errno.ECONNRESET).kind == FailureKind.TLS
    assert failure(52, os_errno=errno.EMFILE).kind == FailureKind.RESET
    # One that belongs to no failing.
    assert failure(56, os_errno=errno.EINPROGRESS).kind == FailureKind.RESET


@pytest.mark.parametrize(
    "text", ["Illegal chunk size", "Invalid status line", "Nul byte in header", "bad Content-Length"]
)
def test_bytes_that_are_no_http_are_told_from_a_connection_that_broke(text):
    assert failure(56, text).kind == FailureKind.PROTOCOL
    assert failure(56, text, os_errno=errno.ECONNRESET).kind == FailureKind.RESET


@pytest.mark.parametrize(
    ("verify_result", "text", "words"),
    [
        (9, "", "not valid yet"),
        (10, "", "expired"),
        (18, "", "self-signed"),
        (19, "", "unknown authority"),
        (20, "", "unknown authority"),
        (23, "", "revoked"),
        (1, "SSL: no alternative certificate subject name matches target host name 'a.test'", "another name"),
        (0, "SSL: certificate subject name 'b.test' does not match target host name 'a.test'", "another name"),
        (1, "SSL: unable to obtain common name from peer certificate", "another name"),
        (7, "certificate signature failure", "not accepted (curl 60: certificate signature failure)"),
    ],
)
def test_what_is_wrong_with_a_certificate(verify_result, text, words):
    known = failure(60, text, verify_result=verify_result)
    assert known.kind == FailureKind.TLS
    assert words in known.text


def test_what_is_known_of_a_certificate_is_not_told_twice():
    text = "SSL certificate OpenSSL verify result: certificate has expired (10)"
    assert failure(60, text, verify_result=10).text == "certificate has expired"


@given(st.integers(), st.text(), st.integers(), st.integers())
def test_anything_is_a_failure_with_a_text_on_one_line(code, text, os_errno, verify_result):
    known = failure(code, text, os_errno=os_errno, verify_result=verify_result)
    assert isinstance(known, Failure)
    assert 0 < len(known.text) <= MAX_TEXT
    assert "\n" not in known.text
