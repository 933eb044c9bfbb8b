"""What the upstream answers where it does its duty. Each handler returns whether the connection can be kept."""
import asyncio
import base64
import hashlib
import zlib

from wire import pattern


async def counted(request):
    """`n` bytes of the request's own pattern; for HEAD the head alone."""
    await request.body()
    body = pattern(request.id, request.parameters["n"])
    await request.send(request.head(200, ("Content-Length", len(body))), b"" if request.method == "HEAD" else body)
    return True


async def public(request):
    """Like counted, without a token. The id is in the query: only the exact path is public."""
    body = pattern("public", request.parameters["n"])
    await request.send(request.head(200, ("Content-Length", len(body))), body)
    return True


async def echo(request):
    """The body of the request."""
    body = await request.body()
    await request.send(request.head(200, ("Content-Length", len(body)), ("X-Method", request.method)), body)
    return True


async def stream(request):
    """The body of the request, each piece sent back as soon as it has come."""
    await request.send(request.head(200, ("Transfer-Encoding", "chunked")))
    async for piece in request.body_pieces():
        await request.send(b"%x\r\n" % len(piece), piece, b"\r\n")
    await request.send(b"0\r\n\r\n")
    return True


async def chunked(request):
    """`n` bytes in chunks of `size`, and a check sum in the trailer."""
    n, size = request.parameters["n"], request.parameters["size"]
    body = pattern(request.id, n)
    out = [request.head(200, ("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum"))]
    for at in range(0, n, size):
        piece = body[at:at + size]
        out.append(b"%x\r\n%s\r\n" % (len(piece), piece))
        if len(out) > 16:
            await request.send(*out)
            out = []
    await request.send(*out, b"0\r\nX-Sum: %d\r\n\r\n" % zlib.crc32(body))
    return True


async def slow(request):
    """Waits `before` ms, then sends `n` bytes in four parts with pauses between them."""
    n, before = request.parameters["n"], request.parameters["before"] / 1000
    await asyncio.sleep(before)
    await request.send(request.head(200, ("Content-Length", n)))
    body = pattern(request.id, n)
    for at in range(0, n, n // 4 + 1):
        await asyncio.sleep(before / 4)
        await request.send(body[at:at + n // 4 + 1])
    return True


def event(unique, number):
    return b"id: %d\r\ndata: %s event %d\r\n\r\n" % (number, unique.encode(), number)


async def sse(request):
    """`n` events with `pause` ms between them."""
    await request.send(request.head(200, ("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")))
    for number in range(request.parameters["n"]):
        data = event(request.id, number)
        await request.send(b"%x\r\n%s\r\n" % (len(data), data))
        await asyncio.sleep(request.parameters["pause"] / 1000)
    await request.send(b"0\r\n\r\n")
    return True


async def linger(request):
    """Ends our side, and reads until the other has gone: closing at once could destroy what has just been sent."""
    request.writer.write_eof()
    while await request.reader.read(1 << 16):
        pass
    return False


async def early(request):
    """Answers at once, then reads the body; with `hang_up` it ends the connection instead."""
    body = pattern(request.id, request.parameters["n"])
    hangs_up = request.parameters.get("hang_up")
    await request.send(request.head(200, ("Content-Length", len(body)), *([("Connection", "close")] if hangs_up else [])), body)
    if hangs_up:
        return await linger(request)
    await request.body()
    return True


async def go_on(request):
    """Asks for the body with a 100, then sends it back; with `refuse` it is a 413 instead."""
    if request.parameters.get("refuse"):
        await request.send(request.head(413, ("Content-Length", 2), ("Connection", "close")), b"no")
        return await linger(request)
    await request.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await echo(request)


async def http10(request):
    """An HTTP/1.0 answer whose body ends with the connection."""
    await request.body()
    await request.send(request.head(200, version="1.0"), pattern(request.id, request.parameters["n"]))
    return False


async def interim(request):
    """Two 103 before the answer."""
    await request.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 2)
    return await counted(request)


async def status(request):
    """The status `code`, bodyless where it has to be."""
    code = request.parameters["code"]
    if code in (204, 304):
        await request.send(request.head(code))
        return True
    body = pattern(request.id, 20)
    await request.send(request.head(code, ("Content-Length", len(body))), body)
    return True


async def read_frame(request):
    """(first byte, payload) of a WebSocket frame of a client."""
    first, size = await request.exactly(2)
    size &= 0x7F
    if size >= 126:
        size = int.from_bytes(await request.exactly(2 if size == 126 else 8), "big")
    mask, data = await request.exactly(4), await request.exactly(size)
    full = (mask * (size // 4 + 1))[:size]
    return first, (int.from_bytes(data, "big") ^ int.from_bytes(full, "big")).to_bytes(size, "big")


def frame(first, data):
    size = len(data)
    return bytes([first]) + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 1 << 16 else
                             b"\x7f" + size.to_bytes(8, "big")) + data


async def ws(request):
    """A WebSocket that sends back what it gets."""
    await asyncio.sleep(request.parameters.get("before", 0) / 1000)
    key = request.fields.one("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    await request.send(request.head(101, ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)))
    while True:
        first, data = await read_frame(request)
        if first == 0x88:
            await request.send(frame(first, data))
            return await linger(request)
        await request.send(frame(0x8A if first == 0x89 else first, data))


GOOD = {h.__name__: h for h in (counted, public, echo, stream, chunked, slow, sse, early, go_on, http10, interim, status, ws)}
