"""HTTP/1.x at a client's end, over asyncio: what is sent is exactly what was written, what comes back is parsed strictly."""
import asyncio
import re
import socket
import struct
import time

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
START = re.compile(r"HTTP/1\.1 \d\d\d( |$)")


class Cut(Exception):
    """The connection ended before the message had; `began`: a part of a response had come."""

    def __init__(self, began):
        super().__init__("cut" if began else "closed")
        self.began = began


class Nonsense(Exception):
    """What came is no answer, or one that contradicts itself."""


class Fields(list):
    """(name, value) pairs in order."""

    def all(self, name):
        return [v for n, v in self if n.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        if len(values) > 1:
            raise Nonsense("%s occurs %d times" % (name, len(values)))
        return values[0] if values else None


class Response:
    """A response with its body and trailers; the 1xx before it are in `interim`."""

    def __init__(self, start, fields, interim):
        self.start, self.fields, self.interim = start, fields, interim
        self.body, self.trailers, self.until_close = b"", Fields(), False

    @property
    def status(self):
        return int(self.start[9:12])

    @property
    def closes(self):
        """No further response can come on this connection."""
        return self.until_close or (self.fields.one("Connection") or "").lower() == "close"

    def __repr__(self):
        return "%s %s %r (%d bytes)" % (self.start, list(self.fields), bytes(self.body[:120]), len(self.body))


def fields_of(lines):
    fields = Fields()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not NAME.fullmatch(name):
            raise Nonsense("bad field line %r" % line)
        fields.append((name, value.strip(" \t")))
    return fields


class Wire:
    """One connection. `answered`: a whole response has come on it; `idle_since`: when the last one had.

    Plain socket calls: a stream of asyncio forgets what has come when a reset comes behind it, or when a write fails.
    """

    def __init__(self, sock):
        self.sock, self.buffer, self.loop = sock, bytearray(), asyncio.get_running_loop()
        self.answered, self.began, self.pause = False, False, 0.0
        self.idle_since = time.monotonic()

    @classmethod
    async def to(cls, port, receive_buffer=None):
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            raise
        return cls(sock)

    # sending
    async def send(self, data):
        await self.loop.sock_sendall(self.sock, data)

    def end_sending(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def is_open(self):
        """Whether the other end has not ended it."""
        try:
            return self.sock.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    # receiving
    async def more(self, most=1 << 16):
        """Reads into the buffer; false at the end. A pause before each makes a slow reader."""
        if self.pause:
            await asyncio.sleep(self.pause)
        try:
            data = await self.loop.sock_recv(self.sock, 4096 if self.pause else most)
        except OSError:
            raise Cut(self.began) from None
        self.buffer += data
        self.began = self.began or bool(data)
        return bool(data)

    def taken(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def line(self):
        while True:
            end = self.buffer.find(b"\r\n")
            if end >= 0:
                return self.taken(end + 2)[:-2].decode("latin-1")
            if len(self.buffer) > 1 << 17:
                raise Nonsense("a line without end")
            if not await self.more():
                raise Cut(self.began)

    async def exactly(self, count):
        while len(self.buffer) < count:
            if not await self.more():
                raise Cut(self.began)
        return self.taken(count)

    async def until_end(self):
        while await self.more():
            pass
        return self.taken(len(self.buffer))

    async def is_ended(self):
        """Waits for the end; false if bytes come instead."""
        try:
            return not self.buffer and not await self.more()
        except Cut:
            return True

    async def lines(self):
        out = []
        while True:
            line = await self.line()
            if not line:
                return out
            out.append(line)

    async def chunked(self, response):
        pieces = []
        while True:
            size = await self.line()
            if not re.fullmatch(r"[0-9a-fA-F]+", size):
                raise Nonsense("bad chunk size %r" % size)
            if int(size, 16) == 0:
                break
            pieces.append(await self.exactly(int(size, 16)))
            if await self.exactly(2) != b"\r\n":
                raise Nonsense("a chunk that does not end")
        response.trailers = fields_of(await self.lines())
        return b"".join(pieces)

    async def response(self, to_head=False, on_interim=None):
        """The next final response, whole. Raises Cut and Nonsense."""
        self.began, interim = bool(self.buffer), []
        while True:
            start, *lines = await self.lines() or [""]
            if not START.match(start):
                raise Nonsense("no status line: %r" % start)
            response = Response(start, fields_of(lines), interim)
            if response.status >= 200 or response.status == 101:
                break
            interim.append(response)
            if on_interim:
                on_interim(response)
        length, coding = response.fields.one("Content-Length"), response.fields.one("Transfer-Encoding")
        if length is not None and coding is not None:
            raise Nonsense("both framings: %r" % response)
        if not (to_head or response.status in (101, 204, 304)):
            if coding is not None:
                response.body = await self.chunked(response)
            elif length is not None:
                response.body = await self.exactly(int(length))
            else:
                response.until_close = True
                response.body = await self.until_end()
        self.answered, self.idle_since = True, time.monotonic()
        return response


def chunks(*pieces, trailers=b""):
    """A body in chunks, as it is sent."""
    return [b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p] + [b"0\r\n" + trailers + b"\r\n"]


def pattern(unique, size):
    """`size` bytes that only the request with this id can have asked for."""
    unit = unique.encode() + b"|"
    return (unit * (size // len(unit) + 1))[:size]
