"""PROXY headers, versions 1 and 2: what is taken, what is not, and what the address in one counts for."""
import shutil
import socket
import ssl
import struct
import subprocess

import pytest

from harness import TOKEN
from harness.certificates import Authority
from harness.http import Connection, request
from harness.wait import eventually

FROM_HERE = {"proxy_protocol": "required", "proxy_protocol_from": ["127.0.0.0/8"]}
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
UNKNOWN = "127.0.0.1"  # where the header says nothing of the client, the socket does
CLIENT = "192.0.2.7"


def version_2(family=0x11, body=None, command=0x21, size=None, extensions=b""):
    if body is None:
        body = socket.inet_aton(CLIENT) + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 4711, 443)
    body += extensions
    return SIGNATURE + struct.pack("!BBH", command, family, len(body) if size is None else size) + body


def extension(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


SIX = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + b"\x12\x67\x01\xbb"
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.7") + socket.inet_pton(socket.AF_INET6, "::1") + b"\x12\x67\x01\xbb"

# The address that each of them gives to its connection.
TAKEN = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n", CLIENT),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n", CLIENT),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 65535 65535\r\n", CLIENT),
    (b"PROXY TCP4 0.0.0.0 255.255.255.255 1 1\r\n", "0.0.0.0"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "2001:db8::7"),
    (b"PROXY TCP6 ::1 ::1 4711 443\r\n", "::1"),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 443\r\n", CLIENT),
    (b"PROXY UNKNOWN\r\n", UNKNOWN),
    (b"PROXY UNKNOWN 192.0.2.7 198.51.100.1 4711 443\r\n", UNKNOWN),
    (b"PROXY UNKNOWN " + b"f" * 91 + b"\r\n", UNKNOWN),
    (version_2(), CLIENT),
    (version_2(0x21, SIX), "2001:db8::7"),
    (version_2(0x21, MAPPED), CLIENT),
    (version_2(command=0x20), UNKNOWN),
    (version_2(0x00, b"", command=0x20), UNKNOWN),
    (version_2(0x00, b""), UNKNOWN),
    (version_2(0x00, b"anything"), UNKNOWN),
    (version_2(0x31, b"/a".ljust(108, b"\0") + b"/b".ljust(108, b"\0")), UNKNOWN),
    (version_2(extensions=extension(0x01, b"h2")), CLIENT),
    (version_2(extensions=extension(0x02, b"api.test") + extension(0x05, b"x" * 128)), CLIENT),
    (version_2(extensions=extension(0x20, b"\x01\0\0\0\0" + extension(0x21, b"TLSv1.3"))), CLIENT),
    (version_2(extensions=extension(0x04, b"")), CLIENT),
    (version_2(extensions=extension(0x04, b"\0" * 505)), CLIENT),  # 536 bytes in all
]

BROKEN = [
    b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"proxy TCP4 192.0.2.7 198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\r\n",
    b"PROXY  TCP4 192.0.2.7 198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 192.0.2.7  198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443 \r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443 80\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 65536\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 04711 443\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 0x1bb\r\n",
    b"PROXY TCP4 192.0.2.256 198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 192.0.2 198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 0xc0000207 198.51.100.1 4711 443\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 4711 443\r\n",
    b"PROXY TCP6 192.0.2.7 198.51.100.1 4711 443\r\n",
    b"PROXY TCP6 fe80::1%lo fe80::1 4711 443\r\n",
    b"PROXY TCP5 192.0.2.7 198.51.100.1 4711 443\r\n",
    b"PROXY UDP4 192.0.2.7 198.51.100.1 4711 443\r\n",
    b"PROXY UNKNOWNX\r\n",
    b"PROXY UNKNOWN " + b"f" * 92 + b"\r\n",  # 108 bytes
    b"PROXY UNKNOWN " + b"f" * 5000,
    b"PROXY \0\r\n",
    version_2(command=0x22),
    version_2(command=0x11),
    version_2(command=0x31),
    version_2(0x12),
    version_2(0x10),
    version_2(0x41),
    version_2(0x21),  # IPv6 with the addresses of IPv4
    version_2(size=11),
    version_2(size=521),  # 537 bytes in all
    version_2(size=65535),
    version_2(0x31, b"/a".ljust(108, b"\0")),
    version_2(extensions=b"\x01"),
    version_2(extensions=b"\x01\0\x05abc"),
    version_2(extensions=extension(0x01, b"h2") + b"\0\0"),
    version_2(extensions=b"\x01\xff\xff" + b"x" * 64),
    SIGNATURE[:-1] + b"\r" + version_2()[12:],
]

assert len(TAKEN) + len(BROKEN) >= 60


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar({"listener": FROM_HERE})


def headers(sidecar, result):
    return sidecar.metric("proxy_headers_total", listener="proxy", result=result)


def lines_about(sidecar, words):
    """They are there: each worker tells once in a while."""
    def is_one(line):
        return words in line.get("message", "")
    first = sidecar.wait_for_log(is_one, "a line about it")
    assert (first["level"], first["listener"], first["network.peer.address"]) == ("warn", "proxy", "127.0.0.1")
    return [line for line in sidecar.log() if is_one(line)]


def ask_after(connection, header, path, pieces=None):
    whole = header + request("GET", path, TOKEN)
    for piece in pieces(whole) if pieces else [whole]:
        connection.send(piece)
    return connection.response()


def test_the_header_says_whose_connection_it_is(sidecar, upstream):
    for number, (header, address) in enumerate(TAKEN):
        path = "/%d" % number
        with sidecar.connect() as connection:
            assert ask_after(connection, header, path).status == 200, header
            assert connection.exchange(request("GET", path + "/again", TOKEN)).status == 200
        assert upstream.last.one("X-Forwarded-For") == address, header
        assert sidecar.access_line(path)["client.address"] == address
        assert sidecar.access_line(path + "/again")["client.address"] == address


def test_whatever_is_no_header_ends_without_an_answer(sidecar, upstream):
    for header in BROKEN:
        with sidecar.connect() as connection:
            connection.send(header)
            try:
                connection.send(request("GET", "/", TOKEN))
            except OSError:  # it has ended already
                pass
            assert connection.rest() == b"", header
    assert upstream.requests == []
    eventually(lambda: headers(sidecar, "error") == len(BROKEN), "the count of all of them")
    assert len(lines_about(sidecar, "does not begin with a valid PROXY header")) < len(BROKEN)


def test_the_check_of_a_balancer_is_counted_without_a_line(sidecar):
    for _ in range(3):
        sidecar.connect().close()
    eventually(lambda: headers(sidecar, "error") == 3, "the count of all of them")
    with sidecar.connect() as connection:
        assert ask_after(connection, TAKEN[0][0], "/").status == 200
    assert headers(sidecar, "ok") == 1
    assert [e for e in sidecar.log() if "PROXY header" in e.get("message", "")] == []


def test_a_header_that_never_ends_is_not_waited_for(start_sidecar):
    sidecar = start_sidecar({"listener": FROM_HERE, "limits": {"header_timeout": "200ms"}})
    for beginning in (b"", b"PROXY", b"PROXY TCP4 192.0.2.7 ", SIGNATURE[:5], version_2()[:20]):
        with sidecar.connect() as connection:
            connection.send(beginning)
            assert connection.rest() == b"", beginning
        with sidecar.connect() as connection:
            connection.send(beginning)
            connection.end_sending()
            assert connection.rest() == b"", beginning
    eventually(lambda: (headers(sidecar, "timeout"), headers(sidecar, "error")) == (5, 5), "the counts")
    assert lines_about(sidecar, "its PROXY header did not come in time")


@pytest.mark.parametrize("header", [TAKEN[0][0], version_2(extensions=extension(0x04, b"\0" * 100))])
def test_single_bytes_work(sidecar, header):
    def pieces(whole):
        return (whole[i:i + 1] for i in range(len(whole)))
    with sidecar.connect() as connection:
        assert ask_after(connection, header, "/slowly", pieces).status == 200
    assert sidecar.access_line("/slowly")["client.address"] == CLIENT


def test_only_those_who_may_send_one(start_sidecar):
    sidecar = start_sidecar({"listener": {"proxy_protocol": "required", "proxy_protocol_from": ["10.0.0.0/8", "unix"]}})
    for data in (TAKEN[0][0] + request(), request(), b""):
        with sidecar.connect() as connection:
            try:
                connection.send(data)
            except OSError:
                pass
            assert connection.rest() == b""
    eventually(lambda: headers(sidecar, "untrusted") == 3, "the count of all of them")
    assert len(lines_about(sidecar, "its address is not in proxy_protocol_from")) <= 2
    assert headers(sidecar, "ok") == 0


def test_a_listener_without_it_takes_no_header(start_sidecar, upstream):
    sidecar = start_sidecar()
    with sidecar.connect() as connection:
        connection.send(TAKEN[0][0] + request("GET", "/", TOKEN))
        assert connection.response().status == 400
    assert upstream.requests == []


CLAIMS = [("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-Proto", "https")]


def test_forwarded_fields_are_believed_by_the_socket_not_by_the_header(start_sidecar, upstream):
    sidecar = start_sidecar({"listener": FROM_HERE, "forwarded": {"trusted_proxies": ["192.0.2.0/24"]}})
    with sidecar.connect() as connection:
        connection.send(TAKEN[0][0] + request("GET", "/", TOKEN, CLAIMS))
        assert connection.response().status == 200
    assert upstream.last.one("X-Forwarded-For") == CLIENT and upstream.last.one("X-Forwarded-Proto") == "http"
    trusting = start_sidecar({"listener": FROM_HERE, "forwarded": {"trusted_proxies": ["127.0.0.1"]}})
    with trusting.connect() as connection:
        connection.send(TAKEN[0][0] + request("GET", "/", TOKEN, CLAIMS))
        assert connection.response().status == 200
    assert upstream.last.one("X-Forwarded-For") == "203.0.113.1, " + CLIENT
    assert upstream.last.one("X-Forwarded-Proto") == "https"


def header_of(address):
    return b"PROXY TCP4 %s 198.51.100.1 4711 443\r\n" % address.encode()


def test_connections_are_limited_by_the_address_in_the_header(start_sidecar):
    sidecar = start_sidecar({"listener": FROM_HERE, "limits": {"connections_per_client": 2}})
    held = []
    for _ in range(2):
        held.append(sidecar.connect())
        assert ask_after(held[-1], header_of("192.0.2.1"), "/").status == 200
    with sidecar.connect() as third:
        third.send(header_of("192.0.2.1"))
        assert third.response().status == 503
    with sidecar.connect() as other:
        assert ask_after(other, header_of("192.0.2.2"), "/").status == 200
    for each in held:
        each.close()

    def has_room():
        with sidecar.connect() as connection:
            return ask_after(connection, header_of("192.0.2.1"), "/").status == 200
    eventually(has_room, "room for the first client again")


def test_refused_tokens_count_against_the_address_in_the_header(start_sidecar):
    sidecar = start_sidecar({"listener": FROM_HERE, "limits": {"failed_tokens": 2}})

    def status(address, number):
        with sidecar.connect() as connection:
            connection.send(header_of(address) + request("GET", "/", "agt_wrong%d" % number))
            return connection.response().status
    assert [status("192.0.2.1", n) for n in range(3)] == [401, 401, 429]
    assert status("192.0.2.2", 3) == 401


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def over_tls(start_sidecar, authority):
    certificate, key = authority.issue("api.test", "DNS:api.test")
    files = [{"cert_file": str(certificate), "key_file": str(key)}]
    return start_sidecar({"listener": {**FROM_HERE, "tls": {"certificates": files}}})


@pytest.mark.parametrize("together", [True, False])
def test_tls_comes_after_the_header(over_tls, authority, together):
    """In one piece with the ClientHello, too: not a byte of that is lost."""
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(received, sent, server_hostname="api.test")
    with over_tls.connect() as connection:
        if not together:
            connection.send(version_2())
        first = version_2() if together else b""
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.send(first + sent.read())
                first = b""
                received.write(connection.sock.recv(1 << 16))
        client.write(request("GET", "/inside", TOKEN, [("Connection", "close")]))
        connection.send(sent.read())
        received.write(connection.sock.recv(1 << 16))
        while True:
            try:
                assert client.read().startswith(b"HTTP/1.1 200 ")
                break
            except ssl.SSLWantReadError:
                received.write(connection.sock.recv(1 << 16))
    assert over_tls.access_line("/inside")["client.address"] == CLIENT


HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen version1
    bind 127.0.0.1:{port1}
    server it 127.0.0.1:{to} send-proxy
listen version2
    bind 127.0.0.1:{port2}
    server it 127.0.0.1:{to} send-proxy-v2 send-proxy-v2-ssl check-send-proxy
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def start_haproxy(tmp_path):
    """start_haproxy(port): its ports, one for each version of the header, from which it passes on to that port."""
    running = []

    def start(to):
        ports = free_port(), free_port()
        path = tmp_path / "haproxy.cfg"
        path.write_text(HAPROXY.format(port1=ports[0], port2=ports[1], to=to), encoding="utf-8")
        running.append(subprocess.Popen(["haproxy", "-db", "-f", str(path)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        return ports
    yield start
    for each in running:
        each.terminate()
        each.wait(timeout=60)


def answered(by, secure=lambda sock: sock):
    """Whether a request by this port is answered."""
    try:
        with Connection.to(by) as plain, Connection(secure(plain.sock)) as connection:
            return connection.exchange(request("GET", "/by-%d" % by, TOKEN)).status == 200
    except OSError:
        return False


needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no HAProxy here")


@needs_haproxy
def test_haproxy_sends_both_versions(sidecar, start_haproxy):
    for port in start_haproxy(sidecar.port):
        eventually(lambda by=port: answered(by), "an answer by HAProxy")
        assert sidecar.access_line("/by-%d" % port)["client.address"] == "127.0.0.1"


@needs_haproxy
def test_haproxy_passes_tls_on_with_both_versions(over_tls, authority, start_haproxy):
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    for port in start_haproxy(over_tls.port):
        eventually(lambda by=port: answered(by, lambda sock: context.wrap_socket(sock, server_hostname="api.test")), "an answer by HAProxy")
        line = over_tls.access_line("/by-%d" % port)
        assert (line["client.address"], line["tls.protocol.version"]) == ("127.0.0.1", "1.3")
