import pytest

from feedbot.core.proxy import Proxy, parse_proxy

ENVIRONMENT = {"USER_NAME": "me", "PROXY_PASSWORD": "s:e@c/ret%"}


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.test:3128", Proxy("proxy.test", 3128)),
        ("http://Proxy.TEST:3128/", Proxy("proxy.test", 3128)),
        ("http://127.0.0.1:1", Proxy("127.0.0.1", 1)),
        ("http://[::1]:65535", Proxy("[::1]", 65535)),
        ("http://me@proxy.test:3128", Proxy("proxy.test", 3128, ("me", ""))),
        ("http://m%40e:${PROXY_PASSWORD}@proxy.test:3128", Proxy("proxy.test", 3128, ("m@e", "s:e@c/ret%"))),
        ("http://${USER_NAME}:${PROXY_PASSWORD}@proxy.test:3128", Proxy("proxy.test", 3128, ("me", "s:e@c/ret%"))),
    ],
)
def test_a_proxy_and_its_credentials_from_the_environment(text, proxy):
    assert parse_proxy(text, ENVIRONMENT) == proxy


@pytest.mark.parametrize(
    "text",
    [
        *("", "proxy.test:3128", "http://proxy.test", "https://proxy.test:1", "socks5://proxy.test:1", "http://:1"),
        *("http://proxy.test:0", "http://proxy.test:65536", "http://proxy.test:1/path", "http://proxy.test:1?q"),
        *("http://a b:1", "http://a@b@c:1", "http://[::1:1", "http://::1:1"),
    ],
)
def test_what_is_no_proxy_is_refused(text):
    with pytest.raises(ValueError, match="must be an HTTP proxy"):
        parse_proxy(text, ENVIRONMENT)


@pytest.mark.parametrize(
    "credentials", ["me:secret", "me:${A}secret", "me:x${PROXY_PASSWORD}", ":${PROXY_PASSWORD}", "me:${1}"]
)
def test_a_password_that_is_written_down_is_refused_and_not_repeated(credentials):
    with pytest.raises(ValueError, match="leave the password to the environment") as raised:
        parse_proxy(f"http://{credentials}@proxy.test:3128", ENVIRONMENT)
    assert "secret" not in str(raised.value)


def test_a_variable_that_is_not_set_is_named():
    text = "http://me:${NOT_SET}@proxy.test:3128"
    with pytest.raises(ValueError, match="the environment has no NOT_SET"):
        parse_proxy(text, ENVIRONMENT)
    # Where only the form is asked about, it stays as it is.
    assert parse_proxy(text) == Proxy("proxy.test", 3128, ("me", "${NOT_SET}"))


def test_what_is_shown_of_it_has_no_credentials():
    proxy = parse_proxy("http://me:${PROXY_PASSWORD}@proxy.test:3128", ENVIRONMENT)
    assert proxy.url == "http://proxy.test:3128"
    assert "s:e" not in repr(proxy)
