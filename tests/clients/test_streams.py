"""A thousand event streams and a thousand WebSockets on one worker."""
import asyncio
import resource

import aiohttp
import pytest
from aiohttp import web

from harness import ACCOUNT, TOKEN
from harness.wait import SANITIZER, eventually

STREAMS, EVENTS = 1000, 5
BOUND = 64 << 10  # resident memory that one open stream may cost
CONFIG = {"workers": 1, "limits": {"upstream_connections": 2 * STREAMS}}


@pytest.fixture(autouse=True)
def enough_descriptors():
    """Two for each stream here, and as many in the sidecar, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 5 * STREAMS)
    assert hard == resource.RLIM_INFINITY or hard >= wanted, "too few file descriptors are allowed: %d" % hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Rounds:
    """An API that streams: event n goes to all streams when begin(n) is called."""

    def __init__(self):
        self._begun = [asyncio.Event() for _ in range(EVENTS)]
        self.loop, self.accounts = None, set()

    def begin(self, number):
        self.loop.call_soon_threadsafe(self._begun[number].set)

    async def events(self, request):
        self.loop = asyncio.get_running_loop()
        self.accounts.add(request.headers["X-Gate-Account-Id"])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for number, begun in enumerate(self._begun):
            await begun.wait()
            await response.write(event_of(request.query["stream"], number))
        return response

    async def echo(self, request):
        self.accounts.add(request.headers["X-Gate-Account-Id"])
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket


def event_of(stream, number):
    return b"id: %d\ndata: event %d for stream %s\n\n" % (number, number, str(stream).encode())


@pytest.fixture
def rounds():
    return Rounds()


@pytest.fixture
def upstream(start_aiohttp, rounds):
    return start_aiohttp({"/events": rounds.events, "/echo": rounds.echo})


async def event_streams(session, rounds, sidecar):
    async def read(answer, number):
        expected = event_of(answer.url.query["stream"], number)
        assert await answer.content.readexactly(len(expected)) == expected
    answers = await asyncio.gather(*(session.get("/events?stream=%d" % n) for n in range(STREAMS)))
    assert {answer.status for answer in answers} == {200}
    rss = sidecar.rss()
    for number in range(EVENTS):
        rounds.begin(number)
        await asyncio.gather(*(read(answer, number) for answer in answers))
    ends = await asyncio.gather(*(answer.content.read() for answer in answers))
    assert set(ends) == {b""}
    return rss


async def websockets(session, _, sidecar):
    async def say(socket, text):
        await socket.send_str(text)
        assert await socket.receive_str() == text
    sockets = await asyncio.gather(*(session.ws_connect("/echo") for _ in range(STREAMS)))
    rss = sidecar.rss()
    for number in range(EVENTS):
        await asyncio.gather(*(say(socket, "message %d of socket %d" % (number, n)) for n, socket in enumerate(sockets)))
    assert all(await asyncio.gather(*(socket.close() for socket in sockets)))
    return rss


@pytest.mark.parametrize("talk", [event_streams, websockets])
def test_a_thousand_at_once(start_sidecar, rounds, talk):
    sidecar = start_sidecar(CONFIG)
    assert sidecar.ask("/events?stream=0").status == 401
    before = sidecar.rss()

    async def whole():
        async with aiohttp.ClientSession("http://127.0.0.1:%d" % sidecar.port, headers={"Authorization": "Bearer " + TOKEN},
                                         connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=300)) as session:
            return await talk(session, rounds, sidecar)
    each = (asyncio.run(whole()) - before) / STREAMS
    print("%s: %.1f KB of resident memory each" % (talk.__name__, each / 1024))
    assert SANITIZER or each <= BOUND
    assert rounds.accounts == {ACCOUNT}
    for gauge in ("http_server_active_requests", "downstream_connections", "upstream_connections"):
        eventually(lambda name=gauge: sidecar.metric(name) == 0, gauge + " to be 0 again", within=30)
