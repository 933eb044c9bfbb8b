"""What goes wrong around the sidecar now and then, each in a window of time that the book knows."""
import asyncio
import json
import socket
import subprocess
import sys
import time
import pathlib

from hostile import flood
from wire import Wire

HERE = pathlib.Path(__file__).parent
# gate.circuit.probe_interval, by default; for how long unknown tokens wait when Gate is back
PROBE_INTERVAL, HEAD_START = 1.0, 2.0

GATE_FAULTS = (
    {"status": 503}, {"status": 500, "probability": 0.5}, {"status": 429, "retry_after": 1}, {"reset": True}, {"close": True},
    {"hang": True}, {"latency": "400ms", "jitter": "400ms"}, {"slow_bytes": "2ms"}, {"malformed": "truncated"},
    {"malformed": "not_json"}, {"malformed": "account_crlf"}, {"malformed": "valid_string"}, {"malformed": "huge"})


class Upstream:
    """upstream.py in a process of its own, always on the same port."""

    def __init__(self, book):
        self.book, self.starts, self._process, self._reader = book, 0, None, None
        self._reserved = socket.socket()  # bound, not listening: nobody else gets the port while the upstream is away
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = self._reserved.getsockname()[1]

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-B", str(HERE / "upstream.py"), str(self.port),
                                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert "port" in json.loads(await self._process.stdout.readline())
        self.starts += 1
        self._reader = asyncio.ensure_future(self._listen(self._process.stdout))

    async def _listen(self, lines):
        async for line in lines:
            told = json.loads(line)
            if "complaint" in told:
                self.book.error("the upstream got " + told["complaint"])
            else:
                self.book.windows.begin("stall", time.monotonic() - told["stall"])
                self.book.windows.end("stall", 1.0)

    async def stop(self):
        self._process.kill()
        await self._process.wait()
        await self._reader


async def restarts(world, rng, every):
    """The upstream dies in the middle of what it does, is away for a moment, and comes back."""
    windows = world.book.windows
    while await world.is_on_after(rng.uniform(0.5, 1.5) * every):
        windows.begin("restart")
        await world.upstream.stop()
        await asyncio.sleep(rng.uniform(0.05, 1.0))
        await world.upstream.start()
        windows.end("restart", slack=1.0)


async def gate_faults(world, rng, every):
    """Gate fails for a moment."""
    windows = world.book.windows
    faults = list(GATE_FAULTS)
    rng.shuffle(faults)
    while await world.is_on_after(rng.uniform(0.5, 1.5) * every):
        fault = faults.pop(0)
        faults.append(fault)
        world.book.count("gate faults", str(next(iter(fault.items()))))
        windows.begin("gate")
        windows.begin("head start")
        await world.control(lambda: world.gate.fault(**fault))
        await asyncio.sleep(rng.uniform(0.3, 2.0))
        await world.control(world.gate.heal)
        windows.end("gate", slack=world.gate_timeout + 2.0)
        # The last call that hangs can open the circuit, a probe closes it, and then known tokens go first.
        windows.end("head start", slack=world.gate_timeout + PROBE_INTERVAL + HEAD_START + 1.0)


async def floods(world, client, every):
    """More connections than there may be."""
    windows = world.book.windows
    while await world.is_on_after(client.rng.uniform(0.5, 1.5) * every):
        windows.begin("flood")
        await flood(client, world.connections + 40)
        await room_again(world)
        windows.end("flood", slack=1.0)


async def room_again(world):
    """Until those that have left are known to have left: a new connection is not refused any more."""
    while True:
        wire = await Wire.to(world.port)
        await wire.send(b"GET / HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
        answer = await wire.until_end()
        wire.close()
        if b" 401 " in answer.split(b"\r\n")[0]:
            return
        await asyncio.sleep(0.1)


async def stalls(world):
    """Times in which this process itself did not get to run."""
    last = time.monotonic()
    while True:
        await asyncio.sleep(0.1)
        now = time.monotonic()
        world.worst_stall = max(world.worst_stall, now - last - 0.1)
        if now - last > 1.0:
            world.book.windows.begin("stall", last)
            world.book.windows.end("stall", 1.0)
        last = now
