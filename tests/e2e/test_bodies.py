"""Bodies of any size, in constant memory."""
import threading

import pytest

from harness import TOKEN
from harness.http import chunked as in_chunks, request
from harness.wait import SANITIZER

MB = 1 << 20
SIZE = (10 if SANITIZER else 50) * MB
ALLOWED_GROWTH = 4_000_000
NO_BUFFER = 50 * MB  # more than the kernel keeps of one connection on both sides
PIECE = bytes(range(256)) * 4096


def assert_small_growth(sidecar, before):
    if not SANITIZER:  # a sanitizer's shadow and quarantine grow with use
        assert sidecar.peak_rss() - before < ALLOWED_GROWTH


def send_body(connection, size, chunked=False):
    for _ in range(size // MB):
        connection.send(b"%x\r\n%s\r\n" % (MB, PIECE) if chunked else PIECE)
    if chunked:
        connection.send(b"0\r\n\r\n")


def swallow(exchange):
    """Reads a body of any size without keeping it, and answers with its length."""
    head, connection, length = exchange.head, exchange.connection, 0
    if head.one("Content-Length"):
        length = int(head.one("Content-Length"))
        connection.exactly(length, keep=False)
    else:
        for piece in connection.chunks([]):
            length += len(piece)
    text = b"%d" % length
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


def pour(exchange):
    """Answers with a body of the size that the target names; chunked for /chunked/N."""
    kind, size = exchange.head.target.split("/")[1:]
    framing = b"Transfer-Encoding: chunked" if kind == "chunked" else b"Content-Length: " + size.encode()
    exchange.connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
    send_body(exchange.connection, int(size), kind == "chunked")


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar({"workers": 1})


@pytest.mark.parametrize("kind", ["counted", "chunked"])
def test_a_big_upload_passes_in_constant_memory(sidecar, upstream, kind):
    upstream.handler = swallow

    def upload(client, size):
        framing = ("Transfer-Encoding", "chunked") if kind == "chunked" else ("Content-Length", str(size))
        client.send(request("POST", "/upload", TOKEN, [framing]))
        send_body(client, size, kind == "chunked")
        assert client.response().body == b"%d" % size

    with sidecar.connect() as client:
        upload(client, 2 * MB)
        before = sidecar.peak_rss()
        upload(client, SIZE)
        assert_small_growth(sidecar, before)


@pytest.mark.parametrize("kind", ["counted", "chunked"])
def test_a_big_download_passes_in_constant_memory(sidecar, upstream, kind):
    upstream.handler = pour

    def download(client, size):
        client.send(request("GET", "/%s/%d" % (kind, size), TOKEN))
        assert client.head().status == 200
        if kind == "counted":
            client.exactly(size, keep=False)
        else:
            assert sum(map(len, client.chunks([]))) == size

    with sidecar.connect() as client:
        download(client, 2 * MB)
        before = sidecar.peak_rss()
        download(client, SIZE)
        assert_small_growth(sidecar, before)


def echo(exchange):
    exchange.read_body()
    body = exchange.head.body
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("size", [3000, 5000, 12000, 30000])
@pytest.mark.parametrize("kind", ["counted", "chunked"])
def test_a_body_that_comes_with_its_head_arrives_whole_and_so_does_what_follows(sidecar, upstream, kind, size):
    """The first time Gate is waited for, and a connection to the upstream."""
    upstream.handler = echo
    body = bytes((n * n) % 251 for n in range(size))
    if kind == "counted":
        first = request("POST", "/", TOKEN, body=body)
    else:
        first = request("POST", "/", TOKEN, [("Transfer-Encoding", "chunked")], in_chunks(body[:size // 3], body[size // 3:]))
    for _ in range(3):
        with sidecar.connect() as client:
            client.send(first + request("POST", "/", TOKEN, body=b"next"))
            assert client.response().body == body
            assert client.response().body == b"next"


@pytest.mark.parametrize("kind", ["counted", "chunked"])
def test_a_refused_body_that_comes_with_its_head_reaches_nobody(sidecar, upstream, kind):
    """A counted one is thrown away, and the next request is served."""
    upstream.handler = echo
    body = b"x" * 9000
    fields, sent = ([("Transfer-Encoding", "chunked")], in_chunks(body)) if kind == "chunked" else ([], body)
    with sidecar.connect() as client:
        client.send(request("POST", "/refused", "agt_" + "0" * 32, fields, sent) + request("POST", "/next", TOKEN, body=b"next"))
        assert client.response().status == 401
        if kind == "counted":
            assert client.response().body == b"next"
        else:
            client.until_end()
    assert "/refused" not in [each.target for each in upstream.requests]


def test_every_byte_arrives_as_it_was_sent(sidecar, upstream):
    upstream.handler = echo
    body = bytes((n * n) % 251 for n in range(3_000_001))
    assert sidecar.ask("/", TOKEN, "POST", body=body).body == body


def test_a_client_that_does_not_read_holds_the_upstream_back(sidecar, upstream):
    held_back = threading.Event()

    def endless(exchange):
        connection = exchange.connection
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1000 * MB))
        if exchange.head.method == "HEAD":
            return
        connection.sock.settimeout(1.0)
        try:
            for _ in range(1000):
                connection.send(PIECE)
        except TimeoutError:
            held_back.set()
            raise EOFError from None
    upstream.handler = endless
    with sidecar.connect() as client:
        assert sidecar.ask("/warm", TOKEN, "HEAD").status == 200
        before = sidecar.peak_rss()
        client.send(request("GET", "/endless", TOKEN))
        assert client.head().status == 200
        assert held_back.wait(60)
        assert_small_growth(sidecar, before)


def test_an_upstream_that_does_not_read_holds_the_client_back(sidecar, upstream):
    proceed = threading.Event()
    upstream.handler = lambda exchange: (proceed.wait(60), swallow(exchange))
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", str(NO_BUFFER))]))
        upstream.wait_for_request()
        before = sidecar.peak_rss()
        client.sock.settimeout(1.0)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < NO_BUFFER:
                sent += client.sock.send(PIECE)
        assert sent < NO_BUFFER
        assert_small_growth(sidecar, before)
        client.sock.settimeout(60)
        proceed.set()
        data = PIECE[sent % MB:] + PIECE
        while sent < NO_BUFFER:
            sent += client.sock.send(data[:min(len(data) - 1, NO_BUFFER - sent)])
            data = PIECE[sent % MB:] + PIECE
        assert client.response().body == b"%d" % NO_BUFFER
