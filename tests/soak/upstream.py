"""The upstream of the soak, in a process of its own. The target tells what it does: /KIND/ID?PARAMETERS.

Prints its port, then a line of JSON for whatever must not have reached it ("complaint"), and for each time that its own
loop stood still ("stall"). Serves until its input ends.
"""
import asyncio
import json
import sys
import time
import urllib.parse

from upstream_broken import BROKEN
from upstream_good import GOOD
from wire import Cut, Fields, Nonsense, fields_of

HANDLERS = {**GOOD, **BROKEN}
STALL = 1.0


def tell(**what):
    print(json.dumps(what), flush=True)


class Request:
    """One request whose head has been read."""

    def __init__(self, start, fields, reader, writer):
        self.start, self.fields, self.reader, self.writer = start, fields, reader, writer
        self.method, self.target, self.version = start.split(" ")
        parts = urllib.parse.urlsplit(self.target)
        _, self.kind, self.id = (parts.path + "//").split("/")[:3]
        self.parameters = {k: int(v) for k, v in urllib.parse.parse_qsl(parts.query) if v.isdigit()}
        self.account = fields.one("X-Gate-Account-Id")
        self.trailers = Fields()

    def complaint(self):
        """What is wrong with a request that came through the sidecar; None if nothing is."""
        if self.kind not in HANDLERS:
            return "a request that nobody may have sent on"
        family = [n for n, _ in self.fields if n.lower().replace("_", "-").replace(".", "-").startswith("x-gate")]
        if self.kind == "public":
            if family or self.fields.all("Authorization"):
                return "an identity on a public path"
        elif family != ["X-Gate-Account-Id"] or not self.account.startswith("gacct_soak"):
            return "a wrong identity"
        elif self.fields.all("Authorization"):
            return "a token"
        if len(self.fields.all("Host")) != 1:
            return "not one Host"
        if self.fields.all("Content-Length") and self.fields.all("Transfer-Encoding"):
            return "both framings"
        return None

    def head(self, status=200, *fields, version="1.1"):
        """A response head that names the request that it answers."""
        lines = ["HTTP/%s %d Soak" % (version, status), "X-Id: " + self.id, "X-Account: %s" % self.account,
                 *("%s: %s" % pair for pair in fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def send(self, *pieces):
        self.writer.write(b"".join(pieces))
        await self.writer.drain()

    async def body_pieces(self):
        """The body, piece by piece as it comes. Raises Cut when it ends early, Nonsense when its framing is broken."""
        if self.fields.one("Transfer-Encoding"):
            while True:
                size = int((await self.line()).split(";")[0], 16)
                if size == 0:
                    break
                yield await self.exactly(size)
                if await self.exactly(2) != b"\r\n":
                    raise Nonsense("a chunk that does not end")
            self.trailers = fields_of([line async for line in self.lines()])
        else:
            left = int(self.fields.one("Content-Length") or 0)
            while left:
                piece = await self.exactly(min(left, 1 << 16))
                left -= len(piece)
                yield piece

    async def body(self):
        return b"".join([piece async for piece in self.body_pieces()])

    async def line(self):
        return (await self.reader.readuntil(b"\r\n"))[:-2].decode("latin-1")

    async def lines(self):
        while line := await self.line():
            yield line

    async def exactly(self, count):
        return await self.reader.readexactly(count)


async def serve_one(reader, writer):
    """Reads and answers one request; true if another may follow."""
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1").split("\r\n")
    request = Request(head[0], fields_of(head[1:]), reader, writer)
    wrong = request.complaint()
    if wrong:
        tell(complaint="%s: %r" % (wrong, head))
        return False
    return await HANDLERS[request.kind](request)


async def serve(reader, writer):
    try:
        while await serve_one(reader, writer):
            pass
    except (asyncio.IncompleteReadError, OSError, Cut):
        pass  # the sidecar has gone, because its client has
    except asyncio.CancelledError:
        pass
    except Exception as failure:  # not HTTP, or a handler at fault
        tell(complaint="%s: %r" % (type(failure).__name__, failure))
    finally:
        writer.close()


async def watch_for_stalls():
    last = time.monotonic()
    while True:
        await asyncio.sleep(0.1)
        now = time.monotonic()
        if now - last > STALL:
            tell(stall=now - last)
        last = now


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 18, backlog=512)
    tell(port=server.sockets[0].getsockname()[1])
    watcher = asyncio.ensure_future(watch_for_stalls())
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    watcher.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
