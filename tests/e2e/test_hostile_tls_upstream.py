"""Upstreams that speak TLS as no library does: nobody else is harmed, and nothing that was cut looks whole."""
import contextlib
import random
import socket
import struct

import pytest

from harness import TOKEN
from harness.certificates import server_context
from harness.server import Server
from harness.tls_records import DATA, FLOOD, HANDSHAKE, HELLO_REQUEST, VERSIONS, WRONG_RECORDS, Forge
from harness.wait import eventually


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("upstream", "IP:127.0.0.1")


class ForgingUpstream(Server):
    """Speaks TLS; what its handler sends with exchange.forge is sealed by hand."""

    def __init__(self, certificate, directory, version="1.3"):
        context = server_context(*certificate)
        context.num_tickets = 0
        context.minimum_version = context.maximum_version = VERSIONS[version]
        self.key_log = directory / "upstream-keys"
        context.keylog_filename = str(self.key_log)
        super().__init__(tls=context)

    def forge(self, exchange):
        stream = exchange.connection.sock
        if not hasattr(stream, "forge"):
            stream.forge = Forge(stream, self.key_log, is_server=True)
        return stream.forge


@pytest.fixture
def behind(started, start_sidecar, authority, certificate, tmp_path):
    """behind(version, handler(exchange, forge)) -> (the sidecar, its upstream)."""
    def start(handler, version="1.3"):
        upstream = started.add(ForgingUpstream(certificate, tmp_path, version))
        upstream.handler = lambda exchange: handler(exchange, upstream.forge(exchange))
        trusting = {"url": "https://127.0.0.1:%d" % upstream.port, "tls": {"ca_file": str(authority.ca_file)}}
        sidecar = start_sidecar({"workers": 1, "upstream": trusting}, upstream=upstream)   # one pool
        return sidecar, upstream
    return start


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_answer_in_records_of_one_byte_and_without_data_is_passed_on(behind, version):
    def answer(exchange, forge):
        exchange.read_body()
        forge.send(forge.record(DATA, b"") + forge.data(OK, 1) + forge.record(DATA, b""))
    sidecar, upstream = behind(answer, version)
    for _ in range(2):
        got = sidecar.ask("/", TOKEN)
        assert (got.status, got.body) == (200, b"whole")
    assert upstream.failures == []


def test_an_answer_in_records_that_are_cut_anywhere_arrives_whole(behind):
    body = random.Random(7).randbytes(100_000)

    def answer(exchange, forge):
        exchange.read_body()
        wire = forge.data(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        for at in range(0, len(wire), 4099):
            forge.send(wire[at:at + 4099])
    sidecar, _ = behind(answer)
    assert sidecar.ask("/", TOKEN).body == body


QUIET_RECORDS = {
    "KeyUpdate": ("1.3", lambda forge: forge.key_update()),
    "KeyUpdate, an answer wanted": ("1.3", lambda forge: forge.key_update(requested=True)),
    "a record without data": ("1.3", lambda forge: forge.record(DATA, b"")),
    "a record without data in TLS 1.2": ("1.2", lambda forge: forge.record(DATA, b"")),
    "a ticket": ("1.3", lambda forge: forge.record(HANDSHAKE, b"\x04\x00\x00\x12" + struct.pack("!II", 7200, 1) + b"\x01n" +
                                                   struct.pack("!H", 4) + b"late" + b"\x00\x00")),
}


@pytest.mark.parametrize("what", QUIET_RECORDS)
def test_records_without_data_are_no_news_of_a_kept_connection(behind, what):
    """It stays in the pool, and serves the next request."""
    version, quiet = QUIET_RECORDS[what]

    def answer(exchange, forge):
        exchange.read_body()
        forge.send(forge.data(OK))
        forge.send(quiet(forge))
    sidecar, upstream = behind(answer, version)
    for number in range(4):
        assert sidecar.ask("/%d" % number, TOKEN).status == 200
    assert upstream.connections == 1


def test_a_flood_on_a_kept_connection_ends_it_and_no_request(behind):
    def answer(exchange, forge):
        exchange.read_body()
        forge.send(forge.data(OK))
        try:
            for _ in range(FLOOD):
                forge.send(forge.key_update(requested=True))
        except OSError:
            pass
    sidecar, upstream = behind(answer)
    for number in range(3):
        assert sidecar.ask("/%d" % number, TOKEN).status == 200
        eventually(lambda: sidecar.metric("upstream_connections") == 0, "the end of the connection")
    assert upstream.connections == 3


def test_surplus_on_a_kept_connection_is_nobodys_answer(behind):
    """Rule 21."""
    def answer(exchange, forge):
        exchange.read_body()
        forge.send(forge.data(OK) + forge.record(DATA, b"") + forge.data(OK.replace(b"whole", b"wrong")))
    sidecar, upstream = behind(answer)
    for _ in range(3):
        assert sidecar.ask("/", TOKEN).body == b"whole"
    assert upstream.connections == 3


def test_an_upstream_may_not_renegotiate(behind):
    def answer(exchange, forge):
        exchange.read_body()
        forge.send(forge.record(HANDSHAKE, HELLO_REQUEST) + forge.data(OK))
    sidecar, upstream = behind(answer, "1.2")
    assert sidecar.ask("/", TOKEN).status in (200, 502)
    assert sidecar.ask("/", TOKEN).status in (200, 502)
    assert sidecar.process.running() and upstream.failures == []


UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nX-Until: close\r\n\r\nall of it"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_body_until_close_needs_close_notify(behind, version):
    """Rule 16: without it anybody on the way could have cut the body."""
    def answer(exchange, forge):
        exchange.read_body()
        exchange.keep = False
        forge.send(forge.data(UNTIL_CLOSE))
        if exchange.head.target == "/whole":
            forge.send(forge.close_notify())
        exchange.connection.sock.raw.shutdown(socket.SHUT_RDWR)
    sidecar, _ = behind(answer, version)
    got = sidecar.ask("/whole", TOKEN)
    assert (got.status, got.body) == (200, b"all of it")
    with pytest.raises((EOFError, ConnectionResetError)):
        sidecar.ask("/cut", TOKEN)
    assert sidecar.access_line("/cut")["error.type"] == "upstream_truncated"


@pytest.mark.parametrize("what", WRONG_RECORDS)
def test_a_wrong_record_of_an_upstream_fails_one_request(behind, what):
    def answer(exchange, forge):
        exchange.read_body()
        if exchange.head.target == "/good":
            return forge.send(forge.data(OK))
        exchange.keep = False
        forge.send(WRONG_RECORDS[what](forge) + forge.data(OK))
    sidecar, _ = behind(answer)
    got = sidecar.ask("/wrong", TOKEN)
    assert got.status == 502 and got.error["code"].startswith("upstream_")
    assert sidecar.ask("/good", TOKEN).status == 200


class InClear(Server):
    """Says the same to every connection, and nothing else."""

    def __init__(self, says):
        self.says = says
        super().__init__()

    def _serve(self, sock):
        with sock, contextlib.suppress(OSError):
            sock.sendall(self.says)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(1 << 16):
                pass


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\xff\xff" + bytes(70_000)],
                         ids=["nothing", "HTTP", "an alert", "too long"])
def test_an_upstream_without_tls_fails_the_request(start_sidecar, started, authority, says):
    upstream = started.add(InClear(says))
    trusting = {"url": "https://127.0.0.1:%d" % upstream.port, "tls": {"ca_file": str(authority.ca_file)}}
    sidecar = start_sidecar({"upstream": trusting}, upstream=upstream)
    answer = sidecar.ask("/", TOKEN)
    assert (answer.status, answer.error["code"]) == (502, "upstream_tls_failed")
