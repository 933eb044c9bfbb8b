"""HTTP/1.x by hand: what is sent is exactly what the test wrote, what comes back is parsed strictly."""
import json
import re
import socket
import struct

from .wait import PATIENCE

DEADLINE = 10.0 * PATIENCE


class Message:
    """A parsed head with its body: a response (status) or a request (method, target)."""

    def __init__(self, start, fields):
        self.start, self.fields, self.body, self.trailers, self.interim = start, fields, b"", [], []

    @property
    def version(self):
        return self.start.split(" ")[-1 if not self.start.startswith("HTTP/") else 0]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]

    def all(self, name):
        """Every value of the field, in order."""
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def one(self, name):
        """The value of a field that occurs at most once; None when it is absent."""
        values = self.all(name)
        assert len(values) < 2, "%s occurs %d times" % (name, len(values))
        return values[0] if values else None

    def names(self):
        return [n.lower() for n, _ in self.fields]

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The `error` object of a reply that the proxy made itself."""
        return self.json()["error"]

    def __repr__(self):
        return "<%s %s %r>" % (self.start, self.fields, self.body[:200])


class Connection:
    """A socket with a read buffer; parses messages from it. Reads fail after DEADLINE."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""
        sock.settimeout(DEADLINE)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @classmethod
    def to(cls, port, host="127.0.0.1"):
        return cls(socket.create_connection((host, port), DEADLINE))

    @classmethod
    def to_socket(cls, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(str(path))
        return cls(sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def end_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def more(self):
        data = self.sock.recv(1 << 16)
        if not data:
            raise EOFError
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def exactly(self, count, keep=True):
        """count bytes; with keep=False they are thrown away (large bodies)."""
        kept, left = [], count
        while left:
            if not self.buffer:
                self.more()
            piece, self.buffer = self.buffer[:left], self.buffer[left:]
            left -= len(piece)
            if keep:
                kept.append(piece)
        return b"".join(kept)

    def until_end(self):
        """Everything up to the peer's close."""
        try:
            while True:
                self.more()
        except EOFError:
            data, self.buffer = self.buffer, b""
            return data

    def rest(self):
        """Everything up to the peer's close, be that orderly or an abort."""
        try:
            return self.until_end()
        except ConnectionResetError:
            data, self.buffer = self.buffer, b""
            return data

    def is_closed(self):
        """Waits until the peer has closed; false if it sends something instead."""
        if self.buffer:
            return False
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def head(self):
        start, fields = self.line(), []
        while True:
            line = self.line()
            if not line:
                return Message(start, fields)
            name, colon, value = line.partition(":")
            assert colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name), "bad field line %r" % line
            fields.append((name, value.strip(" \t")))

    def chunks(self, trailers):
        while True:
            size = int(self.line().split(";")[0], 16)
            if size == 0:
                break
            yield self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        while True:
            line = self.line()
            if not line:
                return
            name, _, value = line.partition(":")
            trailers.append((name, value.strip()))

    def response(self, to_head=False, keep=True):
        """The next final response with its body; the 1xx before it are in .interim."""
        interim = []
        while True:
            message = self.head()
            assert re.match(r"HTTP/1\.[01] \d\d\d( |$)", message.start), message.start
            if message.status >= 200 or message.status == 101:
                break
            interim.append(message)
        message.interim = interim
        length, coding = message.one("Content-Length"), message.one("Transfer-Encoding")
        assert not (length and coding), "both framings: %r" % message
        if to_head or message.status in (101, 204, 304):
            return message
        if coding:
            message.body = b"".join(self.chunks(message.trailers))
        elif length is not None:
            message.body = self.exactly(int(length), keep)
        else:
            message.body = self.until_end()
        return message

    def exchange(self, data, **how):
        self.send(data)
        return self.response(**how)


def request(method="GET", target="/", token=None, fields=(), body=b"", host="api.test", version="1.1"):
    """The bytes of a request. A body gets a Content-Length unless a framing field is given."""
    lines = ["%s %s HTTP/%s" % (method, target, version)]
    if host is not None:
        lines.append("Host: " + host)
    if token is not None:
        lines.append("Authorization: Bearer " + token)
    lines += ["%s: %s" % pair for pair in fields]
    framed = any(n.lower() in ("content-length", "transfer-encoding") for n, _ in fields)
    if body and not framed:
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines + ["", ""]).encode("latin-1") + body


def chunked(*pieces, trailers=()):
    """A body in chunks."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
    return data + b"0\r\n" + b"".join(b"%s: %s\r\n" % t for t in trailers) + b"\r\n"
