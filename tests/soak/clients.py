"""Clients that mean well: each answer is checked byte for byte."""
import asyncio
import os
import time

from asks import GOOD, WEBSOCKET
from wire import Cut, Nonsense, Wire

NO_END = 90.0  # seconds: an exchange that takes longer is an error


class Client:
    """What a client works with: its own random generator, and the world that it lives in."""

    def __init__(self, world, rng, asks):
        self.world, self.rng, self.asks, self.book = world, rng, asks, world.book

    async def connect(self, **how):
        try:
            return await Wire.to(self.world.port, **how)
        except OSError as failure:
            raise Nonsense("the sidecar does not listen: %r" % failure) from None

    async def think(self):
        await asyncio.sleep(self.rng.expovariate(1 / self.world.pause))

    def good(self):
        names, weights = zip(*GOOD)
        return getattr(self.asks, self.rng.choices(names, weights)[0])()

    def settle(self, ask, outcome, began, is_fresh, idle_since):
        self.book.settle(ask.kind, outcome, ask.allowed, began, is_fresh, repr(ask.head()[:700]), idle_since)

    async def receive(self, wire, ask, began, on_interim=None):
        """The answer to the ask, judged and settled; None when there was none."""
        is_fresh, idle_since, response = not wire.answered, wire.idle_since, None
        try:
            response = await asyncio.wait_for(wire.response(ask.method == "HEAD", on_interim), NO_END)
            outcome = ask.judge(response)
        except Cut as cut:
            outcome = str(cut)
        except Nonsense as nonsense:
            outcome = "WRONG: %s" % nonsense
        except asyncio.TimeoutError:
            outcome = "no end"
        self.settle(ask, outcome, began, is_fresh, idle_since)
        # A connection that is refused has no request yet; the answer to HEAD does not tell whether it was that.
        is_request = not outcome.endswith("too_many_connections") and outcome != "503 ?"
        if response and is_request and ask.has_path and ask.kind != "public":
            self.book.answered(ask.path, response.status)
        return response

    async def exchange(self, wire, ask, send=None):
        """One request and its answer; true when the connection can take another."""
        go_on, began = asyncio.Event(), time.monotonic()
        sender = asyncio.ensure_future(self.send(wire, ask, go_on, send or wire.send))
        response = await self.receive(wire, ask, began, lambda r: go_on.set() if r.status == 100 else None)
        is_sent = sender.done() and not sender.cancelled() and sender.exception() is None
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        return response is not None and is_sent and not response.closes

    @staticmethod
    async def send(wire, ask, go_on, send):
        head = ask.head()
        if ask.waits:
            await send(head)
            await go_on.wait()
        elif ask.pieces:
            head += ask.pieces[0]
            await send(head)
        else:
            await send(head)
        for piece in ask.pieces if ask.waits else ask.pieces[1:]:
            await send(piece)


async def session(client):
    """Some requests, one after the other."""
    wire = await client.connect()
    for _ in range(client.rng.randint(1, 20)):
        if not await client.exchange(wire, client.good()):
            break
        await client.think()
    wire.close()


async def single(client):
    """One request that is the last of its connection, which the sidecar then closes."""
    wire, ask = await client.connect(), client.good()
    ask.fields = (*(f for f in ask.fields if f[0] != "Connection" or f[1] != "keep-alive"), ("Connection", "close"))
    await client.exchange(wire, ask)
    wire.close()


async def slow_session(client):
    """Sends in small pieces, and reads so slowly that the sidecar has to wait."""
    rng, wire = client.rng, await client.connect(receive_buffer=8192)
    wire.pause = 0.002

    async def dribble(data):
        step = max(rng.randint(20, 60), len(data) // 20)
        for at in range(0, len(data), step):
            await wire.send(data[at:at + step])
            await asyncio.sleep(0.005)
    for _ in range(rng.randint(1, 4)):
        if not await client.exchange(wire, client.good(), dribble):
            break
    wire.close()


async def pipeline(client):
    """Some requests at once, cut into pieces anywhere; the answers come in order."""
    rng, asks, wire = client.rng, client.asks, await client.connect()
    makers = (asks.counted, asks.counted, asks.chunked, asks.echo, asks.status, asks.denied, asks.head, asks.http10)
    batch = [rng.choice(makers)() for _ in range(rng.randint(2, 12))]
    data = b"".join(ask.head() + b"".join(ask.pieces) for ask in batch)

    async def send():
        cuts = sorted(rng.randint(0, len(data)) for _ in range(rng.choice((0, 0, 1, 5))))
        for first, last in zip([0, *cuts], [*cuts, len(data)]):
            await wire.send(data[first:last])
            await asyncio.sleep(0.001)
    began, sender = time.monotonic(), asyncio.ensure_future(send())
    for ask in batch:
        response = await client.receive(wire, ask, began)
        if response is None or response.closes:
            break
    sender.cancel()
    await asyncio.gather(sender, return_exceptions=True)
    wire.close()


async def half_close(client):
    """Ends its side after the request: still gets its answer."""
    wire, ask = await client.connect(), client.rng.choice((client.asks.counted, client.asks.echo, client.asks.slow, client.asks.big))()

    async def send_and_end(data):
        await wire.send(data)
        if data == (ask.pieces[-1] if len(ask.pieces) > 1 else ask.head() + b"".join(ask.pieces)):
            wire.end_sending()
    await client.exchange(wire, ask, send_and_end)
    wire.close()


async def idle(client):
    """Waits after an answer until the sidecar ends the connection, which it does without a word."""
    wire, ask = await client.connect(), client.asks.counted()
    if await client.exchange(wire, ask):
        ended = await asyncio.wait_for(wire.is_ended(), NO_END)
        client.book.count("idle", "closed" if ended else "ERROR")
        if not ended:
            client.book.error("bytes on an idle connection")
    wire.close()


async def revoked(client):
    """A token that Gate revokes is believed no longer than the TTL."""
    world, token = client.world, "agt_" + client.book.new_id() + "revoked"
    await world.control(world.gate.add, token, "gacct_soak_revoked")
    wire = await client.connect()

    def ask(allowed):
        made = client.asks.counted(size=10, token=token, account="gacct_soak_revoked", allowed=frozenset(allowed))
        made.kind = "counted"
        return made
    keep = await client.exchange(wire, ask({"ok"}))
    await world.control(world.gate.revoke, token)
    last = time.monotonic() + world.ttl
    while keep:
        late = time.monotonic() > last
        keep = await client.exchange(wire, ask({"401 token_revoked"} if late else {"ok", "401 token_revoked"}))
        if late:
            client.book.count("revoked", "denied after the TTL")
            break
        await asyncio.sleep(0.3)
    wire.close()


# WebSockets
def masked(first, data):
    mask, size = os.urandom(4), len(data)
    full = (mask * (size // 4 + 1))[:size]
    covered = (int.from_bytes(data, "big") ^ int.from_bytes(full, "big")).to_bytes(size, "big")
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < 1 << 16 else b"\xff" + size.to_bytes(8, "big")
    return bytes([first]) + length + mask + covered


async def read_frame(wire):
    first, size = await wire.exactly(2)
    if size >= 126:
        size = int.from_bytes(await wire.exactly(2 if size == 126 else 8), "big")
    return first, await wire.exactly(size)


def upgrade(client, before=0):
    return client.asks.make("ws", lambda _: lambda r: "" if r.status == 101 and (r.fields.one("Upgrade") or "").lower() == "websocket"
                            else "no upgrade", parameters="?before=%d" % before, fields=WEBSOCKET)


async def websocket(client):
    """Frames of all sizes, several under way at once, each echoed; some stay until the sidecar ends their life with 1001."""
    wire, ask, rng = await client.connect(), upgrade(client), client.rng
    began = time.monotonic()
    await wire.send(ask.head())
    response = await client.receive(wire, ask, began)
    if response is None or response.status != 101:
        wire.close()
        return
    outlives = rng.random() < 0.1
    outcome, frames = "closed by us", 0
    while outcome == "closed by us" and (outlives or frames < rng.randint(1, 30)):
        frames += 1
        outcome = await echoed_frames(wire, rng)
        await asyncio.sleep(rng.random() * 0.1)
    if outcome == "closed by us":
        outcome = await say_goodbye(wire)
    age = time.monotonic() - began
    allowed = {"closed by us"} if age < client.world.websocket_life - 0.5 else {"closed by us", "closed by the sidecar"}
    client.book.settle("websocket frames", outcome, allowed, began, False, "age %.1f s" % age)
    wire.close()


async def echoed_frames(wire, rng):
    sent = [(rng.choice((0x81, 0x82, 0x82, 0x89)), os.urandom(rng.choice((0, 5, 125, 126, 4000, 70_000)))) for _ in range(rng.randint(1, 4))]
    sent = [(first, data[:125] if first == 0x89 else data) for first, data in sent]
    try:
        await wire.send(b"".join(masked(first, data) for first, data in sent))
        for first, data in sent:
            came, back = await asyncio.wait_for(read_frame(wire), NO_END)
            if came == 0x88:
                await wire.send(masked(0x88, back))
                return "closed by the sidecar" if back[:2] == b"\x03\xe9" and await wire.is_ended() else "WRONG: close %r" % back
            if (came, back) != (0x8A if first == 0x89 else first, data):
                return "WRONG: another frame"
    except (Cut, OSError):
        return "cut"
    except asyncio.TimeoutError:
        return "no end"
    return "closed by us"


async def say_goodbye(wire):
    try:
        await wire.send(masked(0x88, b"\x03\xe8"))
        while True:
            came, back = await asyncio.wait_for(read_frame(wire), NO_END)
            if came == 0x88:
                break
        if back[:2] == b"\x03\xe9":
            return "closed by the sidecar"
        if back[:2] != b"\x03\xe8":
            return "WRONG: close %r" % back
        return "closed by us" if await asyncio.wait_for(wire.is_ended(), NO_END) else "WRONG: bytes after the close"
    except (Cut, OSError):
        return "cut"
    except asyncio.TimeoutError:
        return "no end"
