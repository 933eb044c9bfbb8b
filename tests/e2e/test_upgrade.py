"""WebSockets: bytes both ways, but only after the upstream's 101."""
import asyncio

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request

HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def switch_and_echo(exchange):
    connection = exchange.connection
    connection.send(SWITCH)
    while True:
        if not connection.buffer:
            connection.more()
        data, connection.buffer = connection.buffer, b""
        connection.send(data)


def test_an_accepted_upgrade_carries_bytes_both_ways(sidecar, upstream):
    upstream.handler = switch_and_echo
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, [*HANDSHAKE, ("X_Gate_Account_Id", "forged")])).status == 101
        for message in (b"hello", b"\x00\xff" * 50_000, b"bye"):
            client.send(message)
            assert client.exactly(len(message)) == message
    assert upstream.last.all("X-Gate-Account-Id") == [ACCOUNT] and upstream.last.all("X_Gate_Account_Id") == []
    assert upstream.last.one("Upgrade") == "websocket"


def test_an_upgrade_needs_a_token_like_anything_else(sidecar, upstream):
    """Rule 2."""
    upstream.handler = switch_and_echo
    assert sidecar.ask("/ws", fields=HANDSHAKE[1:]).status == 401
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", fields=HANDSHAKE)).status == 401
    assert upstream.requests == []


def test_an_upgrade_that_the_upstream_declines_is_no_tunnel(sidecar, upstream):
    """What follows a declined upgrade is a request like any other: rule 20."""
    with sidecar.connect() as client:
        client.send(request("GET", "/ws", TOKEN, HANDSHAKE) + request("GET", "/secret"))
        assert client.response().status == 200
        try:
            assert client.response().status == 401
        except EOFError:
            pass
    assert [r.target for r in upstream.requests] == ["/ws"]


def test_an_upgrade_with_a_body_is_refused(sidecar, upstream):
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE, b"body")).status == 400
    assert upstream.requests == []


def test_a_tunnel_ends_when_either_side_ends(sidecar, upstream):
    def one_word(exchange):
        exchange.connection.send(SWITCH + b"word")
        exchange.keep = False
    upstream.handler = one_word
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        assert client.until_end() == b"word"


def test_a_websocket_library_talks_through_the_proxy(start_sidecar):
    websockets = pytest.importorskip("websockets")

    async def echo(socket, *_):
        async for message in socket:
            await socket.send(message)

    async def talk():
        async with websockets.serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            behind = type("Behind", (), {"url": "http://127.0.0.1:%d" % port})
            proxy = await asyncio.get_running_loop().run_in_executor(None, lambda: start_sidecar(upstream=behind))
            async with websockets.connect("ws://127.0.0.1:%d/" % proxy.port,
                                          extra_headers={"Authorization": "Bearer " + TOKEN}) as client:
                for message in ("hello", "x" * 100_000, b"\x00\x01"):
                    await client.send(message)
                    assert await client.recv() == message
    asyncio.run(talk())
