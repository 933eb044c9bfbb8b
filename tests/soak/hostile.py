"""Clients that mean harm, are broken, or go away: what they may get, and that they end."""
import asyncio
import time

from asks import Ask, own_reply
from clients import NO_END, read_frame, masked, upgrade
from wire import Cut, Nonsense, Wire, chunks

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer %s\r\n\r\n"

# (status, start line, fields, what follows the head); the start line None: GET /malformed. Host and token are added.
MALFORMED = (
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    (400, b"POST /malformed HTTP/1.1", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
    (None, b"POST /malformed HTTP/1.1", b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    (None, b"POST /malformed HTTP/1.1", b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    (None, b"POST /malformed HTTP/1.1", b"Transfer-Encoding: identity\r\n", b""),
    (None, b"POST /malformed HTTP/1.1", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    (400, b"POST /malformed HTTP/1.1", b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    (400, b"POST /malformed HTTP/1.0", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: 5, 5\r\n", b"hello"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: 5\r\nContent-Length: 0\r\n", b"hello"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: +5\r\n", b"hello"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: -1\r\n", b"hello"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: 0x5\r\n", b"hello"),
    (400, b"POST /malformed HTTP/1.1", b"Content-Length: 99999999999999999999999\r\n", b"hello"),
    (400, None, b"X-Folded: a\r\n b\r\n", b""),
    (400, None, b"X-Nul: a\0b\r\n", b""),
    (400, None, b"X-Return: a\rb\r\n", b""),
    (400, None, b"X-Line: a\nX-Smuggled: b\r\n", b""),
    (400, None, b": empty name\r\n", b""),
    (400, None, b"no colon\r\n", b""),
    (400, None, b"Bad[Name]: x\r\n", b""),
    (400, None, b"Host: other.test\r\n", b""),
    (400, None, b"Authorization: Bearer agt_other\r\n", b""),
    (400, b"GET  /malformed HTTP/1.1", b"", b""),
    (400, b"GET /malformed\tHTTP/1.1", b"", b""),
    (400, b"GET /malformed#fragment HTTP/1.1", b"", b""),
    (400, b"GET malformed HTTP/1.1", b"", b""),
    (400, b"G@T /malformed HTTP/1.1", b"", b""),
    (None, b"GET /malformed HTTP/3.0", b"", b""),
    (None, b"GET /malformed http/1.1", b"", b""),
    (None, b"PRI * HTTP/2.0", b"", b"SM\r\n\r\n"),
    (405, b"CONNECT api.test:443 HTTP/1.1", b"", b""),
    (405, b"TRACE /malformed HTTP/1.1", b"", b""),
    (414, b"GET /malformed/" + b"a" * 9000 + b" HTTP/1.1", b"", b""),
    (431, None, b"X-Filler: " + b"f" * 17_000 + b"\r\n", b""),
    (431, None, b"".join(b"X-F%d: f\r\n" % n for n in range(120)), b""),
    (417, b"POST /malformed HTTP/1.1", b"Expect: 200-maybe\r\nConnection: close\r\nContent-Length: 2\r\n", b"ok"),
    (400, None, b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n", b"abc"),
)
# Bodies that turn out to be malformed when the upstream has the head already.
BAD_BODIES = (b"zz\r\nhello\r\n", b"5;" + b"e" * 300 + b"\r\nhello\r\n0\r\n\r\n", b"-1\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
              b"fffffffffffffffff\r\nhello\r\n", b"5\nhello\r\n0\r\n\r\n", b"0\r\nX-Trailer: " + b"t" * 9000 + b"\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n")


def asked(client, kind, method="POST", target="/malformed", allowed=(), **how):
    """What the book needs to know of a request that is made by hand."""
    token, account = client.rng.choice(client.asks.tokens)
    made = Ask(kind, client.book.new_id(), token, account, lambda _: "it was answered", method, path=target, allowed=frozenset(allowed), **how)
    return made


async def malformed(client):
    """Is refused with the right status, and the connection ended; what lies behind it is never read as a request."""
    rng, wire = client.rng, await client.connect()
    status, start, fields, behind = rng.choice(MALFORMED)
    ask = asked(client, "malformed")
    if rng.random() < 0.3:
        if not await client.exchange(wire, client.asks.counted(size=100)):
            return wire.close()
    data = (start or b"GET /malformed HTTP/1.1") + b"\r\nHost: api.test\r\n" + fields
    data += b"Authorization: Bearer " + ask.token.encode() + b"\r\n"
    began, is_fresh, idle_since = time.monotonic(), not wire.answered, wire.idle_since
    try:
        await wire.send(data + b"\r\n" + behind + SMUGGLED % ask.token.encode())
    except OSError:
        pass  # refused before all of it was sent: the answer can still be read
    outcome = await refusal(wire, status)
    client.book.settle("malformed", outcome, {"refused"}, began, is_fresh, repr(data[:300]), idle_since)
    wire.close()


async def refusal(wire, status):
    """ "refused": one answer of the sidecar's own with this status (None: any that is 4xx, 501 or 505), and the end."""
    try:
        response = await asyncio.wait_for(wire.response(), NO_END)
        own = own_reply(response, "GET")
        fits = response.status == status if status else response.status // 100 == 4 or response.status in (501, 505)
        if not fits or own.startswith("WRONG"):
            return own if own.startswith("503 too_many") else "WRONG: %r, where %s was due" % (response, status)
        ended = await asyncio.wait_for(wire.is_ended(), NO_END)
        return "refused" if ended else "WRONG: more than one answer"
    except Cut as cut:
        return str(cut)
    except Nonsense as nonsense:
        return "WRONG: %s" % nonsense
    except asyncio.TimeoutError:
        return "no end"


async def bad_body(client):
    """A malformed chunk, or one after a good one."""
    wire, ask = await client.connect(), asked(client, "bad body", target="/echo/bad", allowed={"400 bad_chunk"},
                                              fields=(("Transfer-Encoding", "chunked"),))
    before = chunks(b"good")[0] if client.rng.random() < 0.5 else b""
    ask.pieces = (before + client.rng.choice(BAD_BODIES), SMUGGLED % ask.token.encode())
    await client.exchange(wire, ask)
    wire.close()


async def slow_head(client):
    """Slowloris: a head without end is answered with 408, or the connection is closed."""
    wire = await client.connect()
    ask, began = asked(client, "slow head", allowed={"408 head_timeout", "closed"}, has_path=False), time.monotonic()

    async def dribble():
        await wire.send(b"GET /slow HTTP/1.1\r\nHost: api.test\r\n")
        while time.monotonic() - began < NO_END:
            await wire.send(b"X-More: x\r\n")
            await asyncio.sleep(0.4)
    sender = asyncio.ensure_future(dribble())
    await client.receive(wire, ask, began)
    sender.cancel()
    await asyncio.gather(sender, return_exceptions=True)
    wire.close()


async def slow_body(client):
    """A body that stops coming: 408."""
    wire, ask = await client.connect(), asked(client, "slow body", target="/echo/slow", allowed={"408 body_timeout"},
                                              fields=(("Content-Length", 1000),))
    ask.pieces = (b"never the whole",)
    await client.exchange(wire, ask)
    wire.close()


async def slow_reader(client):
    """Asks for much and takes nothing: is cut when limits.body_timeout has passed."""
    wire = await client.connect(receive_buffer=4096)
    ask = client.asks.counted(size=12_000_000)
    began = time.monotonic()
    await wire.send(ask.head())
    await asyncio.sleep(client.world.body_timeout + 1.5)
    ask.kind, ask.allowed = "slow reader", frozenset({"cut", "ok"})  # ok: the kernel's buffers were large enough
    await client.receive(wire, ask, began)
    wire.close()


async def go_away(client):
    """Leaves at any point, in any manner."""
    rng, wire = client.rng, await client.connect()
    where = rng.choice((in_head, in_body, in_response, before_response, in_upgrade, in_frames))
    await where(client, wire)
    how = rng.choice(("reset", "close", "half-close"))
    client.book.count("left", "%s by %s" % (where.__name__.replace("_", " "), how))
    if how == "reset":
        return wire.reset()
    if how == "half-close":
        wire.end_sending()
        try:
            await asyncio.wait_for(wire.until_end(), NO_END)
        except Cut:
            pass
    wire.close()


async def in_head(client, wire):
    head = client.asks.counted().head()
    await wire.send(head[:client.rng.randint(0, len(head) - 1)])
    await asyncio.sleep(client.rng.random() * 0.05)


async def in_body(client, wire):
    asks, size = client.asks, client.rng.randint(100, 500_000)
    ask = asks.early() if client.rng.random() < 0.3 else asks.echo(client.rng.choice(("echo", "stream")), size)
    data = b"".join(ask.pieces)
    await wire.send(ask.head() + data[:client.rng.randint(0, len(data) - 1)])
    await asyncio.sleep(client.rng.random() * 0.05)


async def in_response(client, wire):
    asks = client.asks
    await wire.send(client.rng.choice((asks.big, asks.sse, asks.slow, asks.chunked, asks.counted))().head())
    try:
        await asyncio.wait_for(wire.exactly(client.rng.randint(1, 300)), NO_END)
    except (Cut, asyncio.TimeoutError):
        pass


async def before_response(client, wire):
    asks = client.asks
    ask = client.rng.choice((asks.slow, asks.broken, asks.echo))()
    await wire.send(ask.head() + b"".join(ask.pieces)[:100_000])
    await asyncio.sleep(client.rng.choice((0, 0.01, 0.3)))


async def in_upgrade(client, wire):
    await wire.send(upgrade(client, client.rng.choice((0, 100))).head())
    await asyncio.sleep(client.rng.random() * 0.1)


async def in_frames(client, wire):
    await wire.send(upgrade(client).head())
    data = masked(0x82, b"f" * client.rng.randint(1, 100_000))
    await wire.send(data + data[:client.rng.randint(1, len(data) - 1)])
    try:
        await asyncio.wait_for(wire.lines(), NO_END)
        await asyncio.wait_for(read_frame(wire), NO_END)
    except (Cut, asyncio.TimeoutError):
        pass


async def flood(client, number):
    """More connections than limits.connections: those that are too many get 503 or the end, the others their answers. Where they
    come slowly, all are answered, and those that wait for nothing are closed for the next ones."""
    held = []

    async def one():
        wire = await Wire.to(client.world.port)
        held.append(wire)
        ask, began = client.asks.counted(size=50), time.monotonic()
        try:
            await wire.send(ask.head())
        except OSError:
            pass  # what was said before can still be read
        ask.kind, ask.allowed = "flood", frozenset({"ok", "503 too_many_connections", "closed", "cut"})
        response = await client.receive(wire, ask, began)
        return wire if response is not None and response.status != 503 else None
    answered = await asyncio.gather(*(one() for _ in range(number)), return_exceptions=True)
    failures = [r for r in answered if isinstance(r, BaseException)]
    still_open = sum(r.is_open() for r in answered if isinstance(r, Wire))
    for wire in held:
        client.rng.choice((wire.close, wire.reset))()
    if failures:
        client.book.error("flood: %r" % failures[0])
    elif still_open > client.world.connections:
        client.book.error("flood: %d of %d connections were open at once" % (still_open, number))
