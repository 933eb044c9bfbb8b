"""The API that the tests of curl, http.client and aiohttp call: routes of an aiohttp server."""
import asyncio
import gzip
import hashlib
import random

from aiohttp import web

DATA = random.Random(1).randbytes(10 << 20)


async def digest(request):
    """Tells what came: method, account, framing, size and SHA-256 of the body."""
    sha, size = hashlib.sha256(), 0
    async for piece in request.content.iter_any():
        sha.update(piece)
        size += len(piece)
    return web.json_response({
        "method": request.method, "target": request.path_qs, "account": request.headers.get("X-Gate-Account-Id"),
        "authorization": request.headers.get("Authorization"), "host": request.host, "size": size, "sha256": sha.hexdigest(),
        "type": request.headers.get("Content-Type"), "length": request.headers.get("Content-Length"),
        "coding": request.headers.get("Transfer-Encoding")})


async def echo(request):
    """Each piece of the body goes back as soon as it has come."""
    response = web.StreamResponse()
    await response.prepare(request)
    async for piece in request.content.iter_any():
        await response.write(piece)
    return response


async def whole(_):
    """DATA with a Content-Length."""
    return web.Response(body=DATA)


async def streamed(request):
    """DATA in chunks; to HTTP/1.0 its end is that of the connection."""
    response = web.StreamResponse()
    if request.version >= (1, 1):
        response.enable_chunked_encoding()
    await response.prepare(request)
    for at in range(0, len(DATA), 50_000):
        await response.write(DATA[at:at + 50_000])
    return response


async def zipped(request):
    assert "gzip" in request.headers["Accept-Encoding"]
    return web.Response(body=gzip.compress(DATA[:100_000]), headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


async def early(request):
    """Answers with the status in the query without reading the body, and ends the connection."""
    response = web.Response(status=int(request.query["status"]), text="no more, please")
    response.force_close()
    return response


async def status(request):
    code = int(request.match_info["code"])
    return web.Response(status=code) if code in (204, 304) else web.Response(status=code, text="code %d" % code)


class Events:
    """An event stream whose next event is sent when the test says so: `events.send(b"...")`, `events.end()`."""

    def __init__(self):
        self._loop = self._queue = None

    async def __call__(self, request):
        self._loop, self._queue = asyncio.get_running_loop(), asyncio.Queue()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        while (event := await self._queue.get()) is not None:
            await response.write(event)
        return response

    def send(self, event):
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    def end(self):
        self.send(None)


def routes(folder):
    """All of them. /file has ranges and conditions, and is DATA too."""
    path = folder / "data.bin"
    path.write_bytes(DATA)

    async def file(_):
        return web.FileResponse(path)
    return {"/digest": digest, "/echo": echo, "/whole": whole, "/streamed": streamed, "/zipped": zipped, "/early": early,
            "/status/{code}": status, "/file": file}
