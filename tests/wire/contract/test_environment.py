"""What the environment of the process says about proxies, trust and passwords is nothing to a wire."""

import pytest

from feedbot.core.observation import FailureKind
from tests.wire.contract.kits import Kit
from tests.wire.servers import reply, serve


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_proxies_are_not_asked(kit, authority, monkeypatch, scheme):
    tls = authority.server("a.test", "127.0.0.1") if scheme == "https" else None
    async with serve(lambda asked: reply(418)) as proxy, serve(lambda asked: reply(200), ssl=tls) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "nothing.test")
        for name in ("a.test", "127.0.0.1"):
            answer = await kit.ask(server.url(name, scheme=scheme), ca_bundle=authority.bundle)
            assert answer.status == 200
    assert proxy.connections == 0


async def test_files_of_trust_are_not_read(kit, authority, monkeypatch, tmp_path):
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.bundle))
    for name in ("SSL_CERT_DIR", "CURL_CA_PATH"):
        monkeypatch.setenv(name, str(authority.bundle.parent))
    async with serve(lambda asked: reply(200), ssl=authority.server("a.test")) as server:
        # As production makes it: with no bundle and no context of a test's.
        answer = await Kit(kit.name, is_plain=True).ask(server.url(scheme="https"))
        assert answer.kind == FailureKind.TLS
        assert "unknown authority" in answer.text
        # And one that points nowhere takes nothing away.
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        answer = await kit.ask(server.url(scheme="https"), ca_bundle=authority.bundle)
        assert answer.status == 200


async def test_passwords_of_netrc_are_not_sent_and_curlrc_is_not_read(kit, home):
    (home / ".netrc").write_text("default login me password secret\n")
    (home / ".netrc").chmod(0o600)
    for name in (".curlrc", "curlrc"):
        (home / name).write_text('user = "me:secret"\nheader = "X-From: curlrc"\nuser-agent = "curlrc"\n')
    async with serve(lambda asked: reply(200)) as server:
        answer = await kit.ask(server.url())
    assert answer.status == 200
    assert sorted(server.asked[0].headers) == ["host"]
