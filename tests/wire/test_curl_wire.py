"""What only CurlWire has: an event loop that it shares with libcurl. All else is in the contract."""

import asyncio
import errno

import certifi
import pytest

pytest.importorskip("pycurl", reason="may be skipped: there is no pycurl")

import pycurl

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.proxy import Proxy
from feedbot.core.url import split_url
from feedbot.wire.curl_transfer import Transfer
from feedbot.wire.curl_wire import CurlWire
from feedbot.wire.wire import Request, Response, WireLimits
from tests.wire.contract.kits import Door, eventually
from tests.wire.scripted import LOOPBACK, PUBLIC, ScriptedResolver
from tests.wire.servers import dripping, reply, serve


class FullLoop(asyncio.SelectorEventLoop):
    """A loop that cannot watch libcurl's sockets for a while, as where the system has no room for it."""

    refusing = False

    def add_writer(self, fd, callback, *args):
        if self.refusing:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().add_writer(fd, callback, *args)


def test_a_loop_that_cannot_watch_a_socket_is_our_own_fault_and_the_wire_goes_on(capfd):
    async def main():
        loop = asyncio.get_running_loop()
        wire = CurlWire(ScriptedResolver(), allowed=LOOPBACK)
        async with serve(lambda asked: dripping(b"", 0.01) if asked.target == "/silent" else reply(200)) as server:
            waiting = asyncio.create_task(wire.exchange(Request("GET", server.url(path="/silent"))))
            assert await eventually(lambda: server.asked)
            loop.refusing = True
            failed = await asyncio.wait_for(wire.exchange(Request("GET", server.url("b.test"))), 60)
            loop.refusing = False
            # What was under way beside it ends as well: libcurl gives up all at once.
            beside = await asyncio.wait_for(waiting, 60)
            after = await asyncio.wait_for(wire.exchange(Request("GET", server.url("c.test"))), 60)
        await wire.aclose()
        return failed, beside, after

    with asyncio.Runner(loop_factory=FullLoop) as runner:
        failed, beside, after = runner.run(main())
    assert isinstance(failed, Failure)
    assert failed.kind == FailureKind.OURSELVES
    assert "No space left" in failed.text
    assert beside == failed
    assert isinstance(after, Response)
    assert capfd.readouterr().err == ""


# What holds where all else failed: libcurl was told of an address that nobody vetted, or was not told of a name.


def carried_out(url, addresses, door):
    request = Request("GET", url)
    transfer = Transfer(WireLimits(), (), certifi.where(), door.open)
    transfer.prepare(request, split_url(url), addresses)
    try:
        transfer.curl.perform()
    except pycurl.error as error:
        return transfer.answer(error.args, 0.0)
    finally:
        transfer.curl.close()
    raise AssertionError("it was answered")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_socket_is_the_last_check(address, scheme):
    door = Door(leads_to=())
    answer = carried_out(f"{scheme}://a.test/", (address,), door)
    assert answer.kind == FailureKind.POLICY_ADDRESS
    assert door.addresses == []
    # The check, and not a lack of addresses.
    assert carried_out(f"{scheme}://a.test/", (PUBLIC,), door).kind == FailureKind.CONNECT_REFUSED
    assert door.addresses == [PUBLIC]


def test_libcurl_looks_no_name_up_by_itself():
    door = Door(leads_to=())
    transfer = Transfer(WireLimits(), (), certifi.where(), door.open)
    transfer.prepare(Request("GET", "http://a.test/"), split_url("http://a.test/"), (PUBLIC,))
    transfer.curl.setopt(pycurl.URL, "http://not-told.invalid/")
    with pytest.raises(pycurl.error) as raised:
        transfer.curl.perform()
    answer = transfer.answer(raised.value.args, 0.0)
    transfer.curl.close()
    assert answer == Failure(FailureKind.OURSELVES, "libcurl was about to look a name up by itself")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_a_proxy_the_socket_is_to_the_proxy_or_to_nobody(scheme):
    door = Door(leads_to=())
    url = f"{scheme}://a.test/"
    transfer = Transfer(WireLimits(), LOOPBACK, certifi.where(), door.open, Proxy("proxy.test", 3128))
    transfer.prepare(Request("GET", url), split_url(url), ("127.0.0.1",))
    # As if libcurl had taken another address for the proxy's: one that a link may be asked at.
    transfer.curl.setopt(pycurl.RESOLVE, ["+proxy.test:3128:127.0.0.2"])
    with pytest.raises(pycurl.error) as raised:
        transfer.curl.perform()
    answer = transfer.answer(raised.value.args, 0.0)
    transfer.curl.close()
    assert answer == Failure(FailureKind.POLICY_ADDRESS, "127.0.0.2 is not the proxy's")
    assert door.addresses == []
