"""Clients that speak TLS as no library does: nobody else is harmed, and nothing that was cut looks whole."""
import random
import socket
import ssl
import struct

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, request
from harness.tls import TlsStream, client_context
from harness.tls_records import ALERT, DATA, FLOOD, HANDSHAKE, USER_CANCELED, VERSIONS, WRONG_RECORDS, Forge
from harness.wait import eventually


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("both", "DNS:localhost,DNS:api.test")


@pytest.fixture
def sidecar(start_sidecar, certificate):
    cert_file, key_file = map(str, certificate)
    return start_sidecar({"listener": {"tls": {"certificates": [{"cert_file": cert_file, "key_file": key_file}]}},
                          "limits": {"header_timeout": "60s", "body_timeout": "60s"}})


@pytest.fixture
def connect_to(authority, tmp_path):
    """connect_to(port, version) -> (a client's connection, the forge of its records)."""
    opened = []

    def open_one(port, version="1.3", forged=True, **how):
        context = client_context(authority.ca_file, **how)
        context.minimum_version = context.maximum_version = VERSIONS[version]
        key_log = tmp_path / ("keys%d" % len(opened))
        context.keylog_filename = str(key_log)
        client = Connection(TlsStream(socket.create_connection(("127.0.0.1", port), 20), context, "api.test"))
        opened.append(client)
        return (client, Forge(client.sock, key_log)) if forged else client
    yield open_one
    for client in opened:
        client.sock.raw.close()


@pytest.fixture
def connect(sidecar, connect_to):
    """connect(version): the same for the listener of the sidecar."""
    return lambda *what, **how: connect_to(sidecar.port, *what, **how)


def tells_of_failure(line):
    return line.get("message") == "a TLS handshake with a client has failed"


def ends(client):
    """Whether the peer has ended the connection, whatever it has said before."""
    try:
        while client.sock.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except (OSError, ssl.SSLError):
        pass
    return True


def serves(sidecar, connect):
    """Everybody else is served as ever."""
    assert sidecar.process.running()
    client = connect(forged=False)
    assert client.exchange(request("GET", "/else", TOKEN)).status == 200
    return True


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_in_records_of_one_byte_and_without_data_is_served(sidecar, connect, upstream, version):
    client, forge = connect(version)
    body = b"x" * 3000
    for piece in (request("POST", "/pieces", TOKEN, body=body), request("POST", "/again", TOKEN, body=body)):
        forge.send(forge.record(DATA, b"") + forge.data(piece, 1) + forge.record(DATA, b""))
        assert client.response().status == 200
        assert upstream.last.body == body and upstream.last.one("X-Gate-Account-Id") == ACCOUNT


@pytest.mark.parametrize("version", VERSIONS)
def test_records_of_16_kib_may_be_cut_anywhere(connect, upstream, version):
    pieces = random.Random(13)
    body = pieces.randbytes(100_000)
    client, forge = connect(version)
    wire = forge.data(request("POST", "/cut", TOKEN, body=body))
    ends_of_records, at = [0], 0
    while at < len(wire):
        at += 5 + struct.unpack("!H", wire[at + 3:at + 5])[0]
        ends_of_records.append(at)
    # In the head of a record, one byte before and after its end, and wherever else.
    cuts = {end + more for end in ends_of_records for more in (-1, 1, 3, 5)} | {pieces.randrange(len(wire)) for _ in range(50)}
    cuts = sorted(cut for cut in cuts if 0 < cut < len(wire))
    for begin, end in zip([0, *cuts], [*cuts, len(wire)]):
        forge.send(wire[begin:end])
    assert client.response().status == 200
    assert upstream.last.body == body


def test_padding_is_no_data(connect, upstream):
    client, forge = connect()
    for byte in request("GET", "/padded", TOKEN):
        forge.send(forge.record(DATA, bytes([byte]), padding=500))
    assert client.response().status == 200
    assert upstream.last.target == "/padded"


def test_a_client_may_change_its_keys(connect, upstream):
    client, forge = connect()
    for number in range(3):
        forge.send(forge.key_update(requested=number == 1) + forge.data(request("GET", "/%d" % number, TOKEN)))
        assert client.response().status == 200


FLOODS = {
    "KeyUpdate": ("1.3", lambda forge: b"".join(forge.key_update(requested=False) for _ in range(FLOOD))),
    "KeyUpdate, an answer wanted": ("1.3", lambda forge: b"".join(forge.key_update(requested=True) for _ in range(FLOOD))),
    "records without data": ("1.3", lambda forge: b"".join(forge.record(DATA, b"") for _ in range(FLOOD))),
    "records without data in TLS 1.2": ("1.2", lambda forge: b"".join(forge.record(DATA, b"") for _ in range(FLOOD))),
    "warnings": ("1.2", lambda forge: b"".join(forge.record(ALERT, USER_CANCELED) for _ in range(FLOOD))),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_ends_the_connection(sidecar, connect, upstream, what):
    version, flood = FLOODS[what]
    client, forge = connect(version)
    forge.send(forge.data(request("GET", "/before", TOKEN)))
    assert client.response().status == 200
    try:
        forge.send(flood(forge))
    except OSError:
        pass   # it has ended already
    assert ends(client)
    assert serves(sidecar, connect)
    assert [seen.target for seen in upstream.requests] == ["/before", "/else"]


@pytest.mark.parametrize("listener, target", [("status", "/livez"), ("admin", "/livez"), ("answer", "/auth")])
def test_a_flood_ends_a_connection_of_the_other_listeners(start_sidecar, certificate, connect_to, listener, target):
    cert_file, key_file = map(str, certificate)
    tls = {"tls": {"certificates": [{"cert_file": cert_file, "key_file": key_file}]}}
    sidecar = start_sidecar({listener: {"address": "127.0.0.1:0", **tls}})
    asked = request("GET", target, TOKEN, host="localhost")
    client, forge = connect_to(sidecar.ports[listener])
    for number in range(3):
        forge.send(forge.key_update(requested=number == 1) + forge.data(asked))
        assert client.response().status == 200
    try:
        forge.send(b"".join(forge.key_update(requested=False) for _ in range(FLOOD)) + forge.data(asked))
    except OSError:
        pass   # it has ended already
    with pytest.raises((EOFError, OSError, ssl.SSLError)) as raised:
        client.response()
    assert not isinstance(raised.value, TimeoutError)
    other, forge = connect_to(sidecar.ports[listener])
    forge.send(forge.data(asked))
    assert other.response().status == 200
    shown = sidecar.metrics_text("admin" if listener == "status" else "status").splitlines()
    assert 'tls_handshakes_total{listener="%s",result="ok"} 2' % listener in shown
    assert 'tls_handshake_duration_seconds_count{listener="%s"} 2' % listener in shown


def test_renegotiation_is_refused(sidecar, connect, upstream):
    """RFC 5746, CVE-2009-3555: what was sent before a second handshake is no beginning of what comes after it."""
    client, forge = connect("1.2")
    half = request("GET", "/half", TOKEN)
    forge.send(forge.data(half[:30]) + forge.record(HANDSHAKE, client.sock.hello()) + forge.data(half[30:]))
    try:
        answered = client.response().status == 200
    except (EOFError, OSError, ssl.SSLError):
        answered = False
    # Either the attempt is ignored, and the request is what one client has sent, or the connection is over.
    assert [seen.target for seen in upstream.requests] == ["/half"] * answered
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="ok") == 1, "the only handshake")
    assert serves(sidecar, connect)


def test_a_flood_of_renegotiations_ends_or_costs_nothing(sidecar, connect):
    client, forge = connect("1.2")
    try:
        for _ in range(FLOOD):
            forge.send(forge.record(HANDSHAKE, client.sock.hello()))
        client.sock.raw.shutdown(socket.SHUT_WR)
    except OSError:
        pass   # it has ended already
    assert ends(client)
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="ok") == 1, "the only handshake")
    assert serves(sidecar, connect)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what", WRONG_RECORDS)
def test_a_wrong_record_ends_the_connection(sidecar, connect, upstream, version, what):
    client, forge = connect(version)
    forge.send(forge.data(request("POST", "/open", TOKEN, [("Content-Length", "10")]) + b"12345"))
    try:
        forge.send(WRONG_RECORDS[what](forge))
        forge.send(forge.data(b"67890"))
    except OSError:
        pass
    assert ends(client)
    assert not [seen for seen in upstream.requests if seen.body == b"1234567890"]
    assert serves(sidecar, connect)


CUT_REQUESTS = {
    "in the head": request("GET", "/cut", TOKEN)[:-4],
    "in a counted body": request("POST", "/cut", TOKEN, [("Content-Length", "10")]) + b"12345",
    "in a chunked body": request("POST", "/cut", TOKEN, [("Transfer-Encoding", "chunked")]) + b"5\r\n12345\r\n",
}


@pytest.mark.parametrize("how", ["FIN", "RST", "half a record and FIN", "close_notify"])
@pytest.mark.parametrize("what", CUT_REQUESTS)
def test_a_request_that_is_cut_is_not_taken_for_whole(sidecar, connect, upstream, what, how):
    """Rules 5 and 16."""
    client, forge = connect()
    forge.send(forge.data(CUT_REQUESTS[what]))
    if how == "half a record and FIN":
        forge.send(forge.data(b"67890")[:9])
    if how == "close_notify":
        forge.send(forge.close_notify())
    if how == "RST":
        client.sock.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sock.raw.close()
    else:
        client.sock.raw.shutdown(socket.SHUT_WR)
        assert ends(client)
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "the end of the request")
    assert [exchange for exchange in upstream.exchanges.all() if exchange.complete] == []
    assert serves(sidecar, connect)


def test_close_notify_after_a_whole_request_is_a_half_close(connect, upstream):
    client, forge = connect()
    forge.send(forge.data(request("GET", "/half-closed", TOKEN)) + forge.close_notify())
    assert client.response().status == 200
    assert upstream.last.target == "/half-closed"
    assert client.sock.recv(1) == b""   # close_notify


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked", "X-Until: close"])
def test_an_answer_that_is_cut_does_not_end_with_close_notify(connect, upstream, framing):
    """Rule 16: whoever reads until the end must see that it is none."""
    def cut(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n3e8\r\nabc" % framing.encode())
        exchange.connection.reset()
        exchange.keep = False
    upstream.handler = cut
    client = connect(forged=False)
    client.send(request("GET", "/", TOKEN))
    with pytest.raises((ConnectionResetError, ssl.SSLError)):
        while client.sock.recv(1 << 16):
            pass


def test_an_answer_until_close_ends_with_close_notify(connect, upstream):
    def until_close(exchange):
        exchange.connection.send(b"HTTP/1.0 200 OK\r\n\r\nwhole")
        exchange.keep = False
    upstream.handler = until_close
    client = connect(forged=False)
    client.send(request("GET", "/", TOKEN, version="1.0"))
    assert client.until_end().endswith(b"whole")   # a missing close_notify is a ConnectionResetError


def test_who_offers_other_protocols_only_is_refused(sidecar, connect):
    """RFC 7301 3.2; ALPACA: no client of another protocol can be led here."""
    assert connect(forged=False, alpn=["h2", "http/1.1"]).sock.tls.selected_alpn_protocol() == "http/1.1"
    with pytest.raises((ssl.SSLError, OSError)):
        connect(forged=False, alpn=["ftp", "imap"])
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="ok") == 1, "the only handshake")
    assert serves(sidecar, connect)

NO_HELLOS = {"HTTP": request("GET", "/", TOKEN), "HTTP's DELETE": request("DELETE", "/", TOKEN), "nothing": b"", "a record of nothing": b"\x16\x03\x01\x00\x00",
             "an alert": b"\x15\x03\x03\x00\x02\x02\x28", "too long": b"\x16\x03\x01\xff\xff" + bytes(70_000),
             "half a hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(30), "bytes": bytes(range(256)) * 40}


@pytest.mark.parametrize("what", NO_HELLOS)
def test_what_is_no_client_hello_is_refused(sidecar, connect, upstream, what):
    with socket.create_connection(("127.0.0.1", sidecar.port), 20) as raw:
        try:
            raw.sendall(NO_HELLOS[what])
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(1 << 16):
                pass
        except OSError:
            pass
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="error") == 1, "the count of the handshake")
    assert upstream.requests == []
    assert serves(sidecar, connect)
    if what == "nothing":  # as a balancer's check
        assert not any(tells_of_failure(line) for line in sidecar.log())
        return
    line = sidecar.wait_for_log(tells_of_failure)
    assert (line["level"], line["listener"], line["network.peer.address"]) == ("warn", "proxy", "127.0.0.1")
    assert line["connections_not_logged"] == 0
    assert (line["client.address"], line["error.message"] == "it does not speak TLS") == ("127.0.0.1", what == "bytes" or what.startswith("HTTP")), line


def test_failed_handshakes_are_logged_now_and_then(sidecar, connect_to):
    for _ in range(20):
        with pytest.raises((ssl.SSLError, OSError)):
            connect_to(sidecar.port, forged=False, alpn=["ftp"])
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="error") == 20, "the counts of the handshakes")
    sidecar.wait_for_log(tells_of_failure)
    assert sum(tells_of_failure(line) for line in sidecar.log()) < 10


def test_a_hello_in_single_bytes_is_understood(sidecar, authority, upstream):
    class Slow(socket.socket):
        def sendall(self, data, *_):
            for at in range(len(data)):
                super().sendall(data[at:at + 1])
    slow = Slow(socket.AF_INET)
    slow.settimeout(20)
    slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    slow.connect(("127.0.0.1", sidecar.port))
    client = Connection(TlsStream(slow, client_context(authority.ca_file), "api.test"))
    assert client.exchange(request("GET", "/slow", TOKEN)).status == 200
    client.close()
