"""What a wire is made of, as the config says."""

import pytest

from feedbot.config import CheckerConfig
from feedbot.errors import ConfigError
from feedbot.wire.choice import curl_is_here, make_wire
from feedbot.wire.wire import Request
from tests.wire.contract.proxying import loopback_proxy
from tests.wire.scripted import TLS, ScriptedResolver
from tests.wire.servers import reply, serve


async def asked(url, config):
    """One exchange over each wire that there is."""
    answers = []
    for context in (None, TLS) if curl_is_here() else (None,):
        wire = make_wire(config, ScriptedResolver(), context)
        answers.append(await wire.exchange(Request("GET", url)))
        await wire.aclose()
    return answers


async def test_libcurl_asks_where_it_is_installed():
    for context, module in ((None, "curl_wire" if curl_is_here() else "httpx_wire"), (TLS, "httpx_wire")):
        wire = make_wire(CheckerConfig().policy(), ScriptedResolver(), context)
        assert type(wire).__module__ == f"feedbot.wire.{module}"
        await wire.aclose()


async def test_the_authorities_of_the_config_are_believed(authority):
    config = CheckerConfig(allow_addresses=("127.0.0.0/8",), ca_bundle=authority.bundle).policy()
    async with serve(lambda asked: reply(200), ssl=authority.server("a.test")) as server:
        wire = make_wire(config, ScriptedResolver())
        assert (await wire.exchange(Request("GET", server.url(scheme="https")))).status == 200
        await wire.aclose()


async def test_the_proxy_of_the_config_is_asked_with_the_password_of_the_environment(monkeypatch):
    monkeypatch.setenv("PROXY_PASSWORD", "open sesame")
    async with loopback_proxy(password="open sesame") as proxy, serve(lambda asked: reply(200)) as server:
        config = CheckerConfig(proxy=f"http://me:${{PROXY_PASSWORD}}@127.0.0.1:{proxy.port}").policy()
        answers = await asked(server.url(), config)
    assert [answer.status for answer in answers] == [200] * len(answers)
    assert proxy.trail == [f"GET http://a.test:{server.port}/ HTTP/1.1"] * len(answers)


def test_a_password_that_the_environment_lacks_is_told_before_anything_is_asked(monkeypatch):
    monkeypatch.delenv("PROXY_PASSWORD", raising=False)
    config = CheckerConfig(proxy="http://me:${PROXY_PASSWORD}@127.0.0.1:3128").policy()
    with pytest.raises(ConfigError, match=r"checker\.proxy: .* the environment has no PROXY_PASSWORD"):
        make_wire(config, ScriptedResolver())


def test_authorities_that_cannot_be_read_are_told_before_anything_is_asked(tmp_path):
    with pytest.raises(ConfigError, match=r"checker\.ca_bundle: .*none\.pem: cannot be read: No such file"):
        make_wire(CheckerConfig(ca_bundle=tmp_path / "none.pem").policy(), ScriptedResolver())
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    with pytest.raises(ConfigError, match=r"empty\.pem: holds no certificate"):
        make_wire(CheckerConfig(ca_bundle=empty).policy(), ScriptedResolver())
