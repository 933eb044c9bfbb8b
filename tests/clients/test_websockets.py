"""The websockets library on both sides."""
import asyncio

import pytest
import websockets

from harness import ACCOUNT, TOKEN
from harness.wait import Lines, eventually
from tools import api


class Handler:
    """Echoes; "close CODE" makes it close; what it met is in `closes` and `accounts`."""

    def __init__(self):
        self.closes, self.accounts = Lines(), []

    async def __call__(self, socket, *_):
        self.accounts.append(socket.request_headers["X-Gate-Account-Id"])
        try:
            async for message in socket:
                if isinstance(message, str) and message.startswith("close "):
                    await socket.close(int(message[6:]), "as you wish")
                else:
                    await socket.send(message)
        except websockets.ConnectionClosedError:
            pass  # a close code other than 1000 and 1001
        self.closes.append((socket.close_code, socket.close_reason))


@pytest.fixture
def handler():
    return Handler()


@pytest.fixture
def upstream(start_websockets, handler):
    return start_websockets(handler, subprotocols=["chat", "superchat"])


@pytest.fixture
def in_socket(sidecar):
    """in_socket(f): awaits f(socket) with a connected client."""
    def run(talk, **how):
        async def whole():
            url = "ws://127.0.0.1:%d/ws" % sidecar.port
            async with websockets.connect(url, extra_headers={"Authorization": "Bearer " + TOKEN}, max_size=1 << 26, open_timeout=60, **how) as socket:
                await asyncio.wait_for(talk(socket), 120)
        asyncio.run(whole())
    return run


def test_messages_of_every_size_come_back(in_socket, handler):
    async def talk(socket):
        for size in (0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20):
            await socket.send(api.DATA[:size])
            assert await socket.recv() == api.DATA[:size]
            await socket.send("ä" * size)
            assert await socket.recv() == "ä" * size
    in_socket(talk)
    assert handler.accounts == [ACCOUNT]


def test_fragments_make_one_message(in_socket):
    async def talk(socket):
        await socket.send(["one ", "two ", "", "three"])
        assert await socket.recv() == "one two three"
        await socket.send(api.DATA[at:at + 10_000] for at in range(0, 1 << 20, 10_000))
        assert await socket.recv() == api.DATA[:(1 << 20) // 10_000 * 10_000 + 10_000]
    in_socket(talk)


def test_many_messages_without_waiting_for_an_answer(in_socket):
    """Back-pressure in both directions: 30 MB each way."""
    async def talk(socket):
        async def send():
            for at in range(1000):
                await socket.send(api.DATA[at * 1000:at * 1000 + 30_000])
        sending = asyncio.ensure_future(send())
        for at in range(1000):
            assert await socket.recv() == api.DATA[at * 1000:at * 1000 + 30_000]
        await sending
    in_socket(talk, compression=None)


def test_pings_are_answered_by_the_other_side(in_socket):
    async def talk(socket):
        for payload in (b"", b"x", b"y" * 125):
            await asyncio.wait_for(await socket.ping(payload), 60)
    in_socket(talk, ping_interval=None)


@pytest.mark.parametrize("code, reason", [(1000, ""), (1001, "away"), (4999, "ü" * 40)])
def test_the_client_s_close_code_arrives(in_socket, handler, code, reason):
    in_socket(lambda socket: socket.close(code, reason))
    assert handler.closes.wait_for(lambda _: True, "the close at the server", within=30) == (code, reason)


@pytest.mark.parametrize("code", [1000, 1011, 4001])
def test_the_server_s_close_code_arrives(in_socket, code):
    async def talk(socket):
        await socket.send("close %d" % code)
        await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (code, "as you wish")
    in_socket(talk)


def test_the_subprotocol_is_chosen_by_the_server(in_socket):
    async def talk(socket):
        assert socket.subprotocol == "superchat"
    in_socket(talk, subprotocols=["superchat", "other"])


def test_compression_is_agreed_on_end_to_end(in_socket, sidecar):
    """permessage-deflate: a megabyte of one letter crosses the sidecar as a few kilobytes."""
    async def talk(socket):
        assert [extension.name for extension in socket.extensions] == ["permessage-deflate"]
        await socket.send("a" * (1 << 20))
        assert await socket.recv() == "a" * (1 << 20)
    in_socket(talk, compression="deflate")
    assert sidecar.access_line("/ws")["http.response.status_code"] == 101


def test_without_an_offer_nothing_is_compressed(in_socket):
    async def talk(socket):
        assert socket.extensions == []
        await socket.send("plain")
        assert await socket.recv() == "plain"
    in_socket(talk, compression=None)


def test_a_client_without_a_token_is_refused(sidecar, handler):
    async def talk():
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            await websockets.connect("ws://127.0.0.1:%d/ws" % sidecar.port)
        assert refused.value.status_code == 401
    asyncio.run(talk())
    assert handler.accounts == []


def test_draining_says_going_away(in_socket, sidecar):
    """Close 1001 to a client whose sidecar is told to end."""
    async def talk(socket):
        await socket.send("before")
        assert await socket.recv() == "before"
        sidecar.terminate()
        await socket.wait_closed()
        assert socket.close_code == 1001
    in_socket(talk)


def test_a_client_that_vanishes_ends_the_tunnel(in_socket, sidecar, handler):
    async def talk(socket):
        socket.transport.abort()
    in_socket(talk)
    assert handler.closes.wait_for(lambda _: True, "the end at the server", within=30)[0] == 1006
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request", within=30)
