"""What the upstream answers where it is broken. Each handler returns whether the connection can be kept."""
import asyncio
import socket
import struct

from wire import pattern

NO_READER_STAYS = 20.0  # seconds: longer than limits.body_timeout


async def wait_until_gone(request):
    while await request.reader.read(1 << 16):
        pass
    return False


def reset(request):
    sock = request.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.writer.transport.abort()
    return False


async def reset_before(request):
    return reset(request)


async def reset_in_head(request):
    await request.send(b"HTTP/1.1 200 OK\r\nX-Id: " + request.id.encode())
    return reset(request)


async def reset_in_body(request):
    await request.send(request.head(200, ("Content-Length", 5000)), pattern(request.id, 700))
    return reset(request)


async def short(request):
    """Less than the Content-Length promised."""
    await request.body()
    await request.send(request.head(200, ("Content-Length", 5000)), pattern(request.id, 700))
    return False


async def short_chunked(request):
    """No last chunk."""
    await request.body()
    await request.send(request.head(200, ("Transfer-Encoding", "chunked")), b"a\r\n0123456789\r\n")
    return False


async def long(request):
    """More than the Content-Length promised: a forged response."""
    await request.body()
    body = pattern(request.id, 100)
    await request.send(request.head(200, ("Content-Length", len(body))), body,
                       b"HTTP/1.1 200 OK\r\nX-Id: forged\r\nContent-Length: 6\r\n\r\nforged")
    return True


async def garbage(request):
    await request.send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    return False


async def both(request):
    await request.send(request.head(200, ("Content-Length", 10), ("Transfer-Encoding", "chunked")), b"0\r\n\r\n")
    return False


async def bad_chunk(request):
    await request.send(request.head(200, ("Transfer-Encoding", "chunked")), b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n")
    return False


async def big_head(request):
    await request.send(request.head(200, ("X-Filler", "f" * 40_000), ("Content-Length", 0)))
    return False


async def hang(request):
    """No answer, ever."""
    return await wait_until_gone(request)


async def hang_in_body(request):
    await request.send(request.head(200, ("Content-Length", 5000)), pattern(request.id, 700))
    return await wait_until_gone(request)


async def no_reader(request):
    """Neither reads the body nor answers."""
    request.writer.transport.pause_reading()
    await asyncio.sleep(NO_READER_STAYS)
    return False


async def interim_flood(request):
    """1xx without end."""
    while True:
        await request.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 10)


async def unasked_101(request):
    await request.send(request.head(101, ("Upgrade", "websocket"), ("Connection", "Upgrade")), b"\x81\x02hi")
    return False


async def refuse_upgrade(request):
    """No WebSocket here."""
    body = pattern(request.id, 50)
    await request.send(request.head(403, ("Content-Length", len(body))), body)
    return True


BROKEN = {h.__name__: h for h in (
    reset_before, reset_in_head, reset_in_body, short, short_chunked, long, garbage, both, bad_chunk, big_head, hang,
    hang_in_body, no_reader, interim_flood, unasked_101, refuse_upgrade)}
