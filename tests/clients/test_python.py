"""Python's http.client and aiohttp through the sidecar to an aiohttp server."""
import asyncio
import http.client
import os

import aiohttp
import pytest
from aiohttp import web

from harness import ACCOUNT, TOKEN
from harness.wait import Lines, eventually
from tools import api
from tools.curl import sha256

BEARER = {"Authorization": "Bearer " + TOKEN}
LIMIT = aiohttp.ClientTimeout(total=120)


@pytest.fixture
def gone():
    """Counts the requests to /endless that their client has given up."""
    return []


@pytest.fixture
def closes():
    """The codes with which WebSockets were closed, as the server saw them."""
    return Lines()


@pytest.fixture
def upstream(start_aiohttp, tmp_path, gone, closes):
    async def websocket(request):
        socket = web.WebSocketResponse(protocols=("chat",), max_msg_size=1 << 26)
        await socket.prepare(request)
        await socket.send_str("hello " + request.headers["X-Gate-Account-Id"])
        async for message in socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                await socket.send_str(message.data)
            else:
                await socket.send_bytes(message.data)
        closes.append(socket.close_code)
        return socket

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(api.DATA)
        except ConnectionError:
            gone.append(request.path)
            raise
    return start_aiohttp({**api.routes(tmp_path), "/ws": websocket, "/endless": endless})


# ---- http.client ---------------------------------------------------------------------------------------------------
@pytest.fixture
def connection(sidecar):
    connection = http.client.HTTPConnection("127.0.0.1", sidecar.port, timeout=60)
    yield connection
    connection.close()


def ask(connection, method, path, body=None, fields=None, **how):
    connection.request(method, path, body, {**BEARER, **(fields or {})}, **how)
    return connection.getresponse()


def test_http_client_sends_and_gets_bodies_over_one_connection(connection, upstream):
    for size in (0, 1, 65_536, len(api.DATA)):
        answer = ask(connection, "POST", "/echo", api.DATA[:size])
        assert answer.status == 200 and answer.read() == api.DATA[:size]
    assert upstream.connections == 1


def test_http_client_uploads_an_iterator_in_chunks(connection):
    pieces = (api.DATA[at:at + 99_999] for at in range(0, len(api.DATA), 99_999))
    with ask(connection, "PUT", "/digest", pieces, encode_chunked=True) as answer:
        assert answer.status == 200 and b'"%s"' % sha256(api.DATA).encode() in answer.read()


def test_http_client_reads_a_stream_bit_by_bit(connection):
    answer = ask(connection, "GET", "/streamed")
    assert answer.chunked and b"".join(iter(lambda: answer.read(10_007), b"")) == api.DATA


def test_http_client_goes_on_after_answers_without_a_body(connection):
    for method, path, status in (("HEAD", "/file", 200), ("GET", "/status/204", 204), ("GET", "/status/304", 304), ("DELETE", "/status/404", 404)):
        answer = ask(connection, method, path)
        assert answer.status == status and answer.read() == (b"code 404" if status == 404 else b"")
    assert ask(connection, "GET", "/whole").read() == api.DATA


def test_http_client_is_refused_and_goes_on(connection):
    connection.request("POST", "/digest", b"x" * 1000)
    refusal = connection.getresponse()
    assert refusal.status == 401 and refusal.headers["WWW-Authenticate"].startswith("Bearer") and b"error" in refusal.read()
    assert ask(connection, "GET", "/whole").read() == api.DATA


REFUSALS = {"401 of our own": ("/digest", {}, 401), "413 of the upstream": ("/early?status=413", BEARER, 413)}


@pytest.mark.parametrize("name", REFUSALS)
def test_http_client_reads_a_refusal_after_sending_all_of_its_body(connection, name):
    """Most clients look for an answer only when they have sent everything; 10 MB here."""
    path, fields, status = REFUSALS[name]
    connection.request("POST", path, api.DATA, fields)
    answer = connection.getresponse()
    assert answer.status == status and answer.read()


# ---- aiohttp -------------------------------------------------------------------------------------------------------
@pytest.fixture
def in_session(sidecar):
    """in_session(f): awaits f(session) with a session of aiohttp's client that talks to the sidecar with the token."""
    def run(talk):
        async def whole():
            async with aiohttp.ClientSession("http://127.0.0.1:%d" % sidecar.port, headers=BEARER, timeout=LIMIT) as session:
                await talk(session)
        asyncio.run(whole())
    return run


def test_aiohttp_get_and_post(in_session):
    async def talk(session):
        async with session.get("/streamed") as answer:
            assert await answer.read() == api.DATA
        async with session.post("/digest?q=%20x", json={"a": [1, 2]}) as answer:
            told = await answer.json()
        assert (told["account"], told["target"], told["sha256"]) == (ACCOUNT, "/digest?q=%20x", sha256(b'{"a": [1, 2]}'))
        async with session.post("/digest", data=api.DATA, expect100=True) as answer:
            assert (await answer.json())["sha256"] == sha256(api.DATA)
        async with session.post("/digest", data=api.DATA, chunked=True, compress="gzip") as answer:
            assert (await answer.json())["sha256"] == sha256(api.DATA)  # the server unzips what it digests
    in_session(talk)


def test_aiohttp_streams_both_ways_at_once(in_session):
    """Each piece comes back before the next one is sent."""
    async def talk(session):
        came = asyncio.Queue()

        async def pieces():
            for number in range(50):
                piece = os.urandom(1 + number * 300)
                yield piece
                back = b""
                while len(back) < len(piece):
                    back += await came.get()
                assert back == piece

        async def receive(answer):
            async for piece in answer.content.iter_any():
                came.put_nowait(piece)
        async with session.post("/echo", data=pieces()) as answer:
            await asyncio.wait_for(receive(answer), 60)
            assert answer.status == 200 and came.empty()
    in_session(talk)


def test_aiohttp_many_at_once(in_session):
    async def one(session, number):
        body = b"%d " % number * 1000
        async with session.post("/echo", data=body) as answer:
            assert answer.status == 200 and await answer.read() == body

    async def talk(session):
        await asyncio.gather(*(one(session, number) for number in range(500)))
    in_session(talk)


def test_aiohttp_gives_up_in_the_middle(in_session, sidecar, gone):
    """The upstream learns of it, and nothing is left under way."""
    async def talk(session):
        for _ in range(10):
            async with session.get("/endless") as answer:
                await answer.content.readexactly(100_000)
                answer.close()
    in_session(talk)
    eventually(lambda: len(gone) == 10, "the upstream to see ten clients go", within=30)
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request", within=30)


def test_aiohttp_websocket(in_session, sidecar, closes):
    async def talk(session):
        async with session.ws_connect("/ws", protocols=("chat",), compress=15, max_msg_size=1 << 26) as socket:
            assert socket.protocol == "chat" and socket.compress == 15
            assert await socket.receive_str() == "hello " + ACCOUNT
            for text in ("", "a", "ü" * 100_000):
                await socket.send_str(text)
                assert await socket.receive_str() == text
            for size in (0, 1, 125, 126, 65_535, 65_536, 1 << 20):
                await socket.send_bytes(api.DATA[:size])
                assert await socket.receive_bytes() == api.DATA[:size]
            await socket.close(code=4000)
    in_session(talk)
    assert closes.wait_for(lambda _: True, "the close at the server", within=30) == 4000
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request", within=30)
