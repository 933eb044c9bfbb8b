"""What a client got, byte by byte, and whether that is what it may get when something breaks on the way."""
import json
import os
import re

from harness.http import DEADLINE, Connection

# How long nothing may happen, in seconds.
HANG = float(os.environ.get("IO_FAULTS_HANG", "0")) or DEADLINE


class Hang(AssertionError):
    """Nobody sent anything, and nobody ended the connection."""


class Tape(Connection):
    """A client's connection that records what it receives and how it ended: open, eof or reset."""

    def __init__(self, sock):
        super().__init__(sock)
        self.received, self.end = b"", "open"
        sock.settimeout(HANG)

    def more(self):
        try:
            data = self.sock.recv(1 << 16)
        except TimeoutError:
            raise Hang("waited in vain behind %r" % self.received[-200:]) from None
        except OSError:
            self.end = "reset"
            raise EOFError from None
        if not data:
            self.end = "eof"
            raise EOFError
        self.buffer += data
        self.received += data

    def send(self, data):
        """A peer that takes nothing more may still have said something."""
        try:
            super().send(data)
        except TimeoutError:
            raise Hang("waited in vain to send behind %r" % self.received[-200:]) from None
        except OSError:
            pass

    def begins_with(self, status):
        """Whether the next head has this status; if not, it is a reply of the proxy's own, and is read to its end."""
        head = self.head()
        if head.status != status:
            self.exactly(int(head.one("Content-Length")))
        return head.status == status

    def end_sending(self):
        try:
            super().end_sending()
        except OSError:
            pass


class Expected:
    """The one right answer. `interim`: statuses that may come before; `stream`: what follows a 101, `farewell`: its end."""

    def __init__(self, body=b"", status=200, to_head=False, interim=(), trailers=(), stream=b"", farewell=b""):
        self.body, self.status, self.to_head = body, status, to_head
        self.interim, self.trailers, self.stream, self.farewell = interim, list(trailers), stream, farewell


class Part:
    """The first message in `data`, as far as it is there."""

    def __init__(self, data, end, to_head):
        self.body, self.complete, self.has_head, self.trailers = b"", False, False, []
        head, found, self.rest = data.partition(b"\r\n\r\n")
        if not found:
            assert data == b"" or b"HTTP/1.1 "[:len(data)] == data[:9], "not a response: %r" % data[:100]
            self.rest = b""
            return
        self.has_head = True
        start, *lines = head.decode("latin-1").split("\r\n")
        assert re.match(r"HTTP/1\.1 \d\d\d( |$)", start), start
        self.status = int(start.split(" ")[1])
        self.fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self._take_body(end, to_head)

    def field(self, name):
        values = [v for n, v in self.fields if n == name]
        assert len(values) < 2, "%s occurs %d times" % (name, len(values))
        return values[0] if values else None

    def _take_body(self, end, to_head):
        length, coding = self.field("content-length"), self.field("transfer-encoding")
        assert not (length and coding), "both framings"
        if to_head or self.status < 200 or self.status in (204, 304):
            self.complete = True
        elif coding:
            self._take_chunks()
        elif length is not None:
            self.body, self.rest = self.rest[:int(length)], self.rest[int(length):]
            self.complete = len(self.body) == int(length)
        else:
            self.body, self.rest, self.complete = self.rest, b"", end == "eof"

    def _take_chunks(self):
        while True:
            line, found, rest = self.rest.partition(b"\r\n")
            if not found:
                return self._stop()
            size = int(line, 16)
            if size == 0:
                return self._take_trailers(rest)
            self.body += rest[:size]
            if len(rest) < size + 2:
                return self._stop()
            assert rest[size:size + 2] == b"\r\n", "no end behind a chunk"
            self.rest = rest[size + 2:]

    def _take_trailers(self, rest):
        while True:
            line, found, rest = rest.partition(b"\r\n")
            if not found:
                return self._stop()
            if not line:
                self.rest, self.complete = rest, True
                return
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers.append((name, value.strip()))

    def _stop(self):
        self.rest = b""


def judge_one(data, end, want, errors):
    """(what came: ok, a status, cut or nothing; what is left of data; whether the connection goes on)."""
    part = Part(data, end, want.to_head)
    while part.has_head and part.status < 200 and part.status != 101:
        assert part.status in want.interim, "an unexpected %d" % part.status
        part = Part(part.rest, end, want.to_head)
    if not part.has_head:
        return "nothing", b"", False
    goes_on = part.field("connection") != "close"
    if part.status != want.status:
        assert part.status in errors, "status %d with %r" % (part.status, part.body)
        if part.complete and not want.to_head:
            error = json.loads(part.body)["error"]
            assert error["status"] == part.status and error["code"] in errors[part.status], error
        return (str(part.status) if part.complete else "cut"), part.rest, goes_on
    if part.status == 101:
        came = part.rest.removesuffix(want.farewell)  # comes early where the tunnel ends early
        assert want.stream.startswith(came), "foreign bytes in the tunnel: %r" % part.rest[-200:]
        return ("ok" if part.rest == want.stream else "cut"), b"", False
    assert want.body.startswith(part.body), "not the right body: %r ..." % part.body[-300:]
    if not part.complete:
        return "cut", b"", False
    assert want.to_head or part.body == want.body, "a part of the body that looks whole: %d bytes" % len(part.body)
    assert part.trailers == want.trailers, part.trailers
    return "ok", part.rest, goes_on


def judge(tape, expected, errors):
    """(what came for each request, whether the connection goes on). `errors`: {status: codes} that are right, too."""
    data, came, goes_on = tape.received, [], True
    for want in expected:
        what, data, goes_on = judge_one(data, tape.end, want, errors)
        came.append(what)
        if what in ("cut", "nothing"):
            assert tape.end != "open", "an unfinished answer on an open connection: %r" % tape.received[-300:]
        if not goes_on:
            break
    assert data == b"", "more than was asked for: %r" % data[:300]
    return came, goes_on and tape.end == "open"
