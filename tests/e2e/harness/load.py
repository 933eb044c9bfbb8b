"""Load from one asyncio process, and an upstream that keeps up with it in another."""
import asyncio
import collections
import json
import subprocess
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class QuickUpstream(asyncio.Protocol):
    """Answers every request head with ANSWER and keeps the first that carry no identity. For requests without bodies."""
    without_identity = []

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        *heads, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for head in heads:
            if b"\r\nx-gate-account-id: gacct_" not in head.lower():
                QuickUpstream.without_identity = (QuickUpstream.without_identity + [head.decode("latin-1")])[:10]
        self.transport.write(ANSWER * len(heads))


async def serve():
    """Prints its port, serves until its input ends, then prints the requests that came without an identity."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(QuickUpstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(QuickUpstream.without_identity), flush=True)


class UpstreamProcess:
    """QuickUpstream in a process of its own. `without_identity` is known when it has been stopped."""

    def __init__(self):
        self._process = subprocess.Popen([sys.executable, "-B", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:%d" % int(self._process.stdout.readline())
        self.without_identity = None

    def stop(self):
        if self.without_identity is None:
            self.without_identity = json.loads(self._process.communicate(timeout=20)[0])


class LoadClient(asyncio.Protocol):
    """One connection in a closed loop: sends the next request when the last has been answered."""

    def __init__(self, load):
        self.load, self.buffer, self.left = load, b"", 0

    def connection_made(self, transport):
        self.transport = transport
        self.next()

    def next(self):
        request = self.load.take()
        if request is None:
            self.transport.close()
        else:
            self.transport.write(request)

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if not self.left:
            lower = head.lower()
            at = lower.find(b"content-length:")
            self.left = int(lower[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) >= self.left:
            self.load.statuses[head[9:12].decode()] += 1
            self.buffer, self.left = b"", 0
            self.next()

    def connection_lost(self, _):
        self.load.closed()


class Load:
    """Sends `total` GET requests over `connections` connections, the tokens in turn. `statuses` counts the answers."""

    def __init__(self, port, tokens, total, connections):
        self._requests = [b"GET /load HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer " + t.encode() + b"\r\n\r\n" for t in tokens]
        self._port, self._total, self._connections = port, total, connections
        self._sent, self._open = 0, 0
        self.statuses = collections.Counter()

    def take(self):
        if self._sent == self._total:
            return None
        self._sent += 1
        return self._requests[self._sent % len(self._requests)]

    def closed(self):
        self._open -= 1
        if self._open == 0:
            self._done.set_result(None)

    async def _run(self, within):
        loop = asyncio.get_running_loop()
        self._done, self._open = loop.create_future(), self._connections
        for _ in range(self._connections):
            await loop.create_connection(lambda: LoadClient(self), "127.0.0.1", self._port)
        await asyncio.wait_for(self._done, within)

    def run(self, within):
        asyncio.run(self._run(within))
        return self.statuses


if __name__ == "__main__":
    asyncio.run(serve())
