"""Several listeners, by name; what may stand beside what; what a reload can change of them."""
import ssl

import pytest

from harness import TOKEN
from harness.certificates import Authority, client_context
from harness.http import Connection, request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.sidecar import run_cli
from harness.wait import eventually

TWO = {"listeners": [{"name": "public", "address": "127.0.0.1:0"}, {"name": "internal", "address": "127.0.0.1:0"}]}


def test_each_listener_serves_and_is_counted_by_its_name(start_sidecar):
    sidecar = start_sidecar(TWO)
    for name, times in (("public", 1), ("internal", 3)):
        for _ in range(times):
            assert sidecar.ask("/" + name, TOKEN, listener=name).status == 200

    def requests(name):
        return sidecar.metric("http_server_request_duration_seconds_count", listener=name)
    eventually(lambda: (requests("public"), requests("internal")) == (1, 3), "the requests by listener")


def test_a_list_and_the_short_form_are_refused_together(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("listeners: [{name: a, address: '127.0.0.1:1'}]\nlistener: {address: '127.0.0.1:2'}\n", encoding="utf-8")
    code, _, err = run_cli("--config", path, "validate", env={"FOIL_SECRET_KEY": "sk_test_x"})
    assert code == 78 and "%s:2:1: listener: must not stand beside listeners" % path in err
    path.write_text("listeners: [{name: a, address: '127.0.0.1:1'}]\n", encoding="utf-8")
    code, _, err = run_cli("--config", path, "validate",
                           env={"FOIL_SECRET_KEY": "sk_test_x", "GATE_SIDECAR_LISTENER_ADDRESS": "127.0.0.1:2"})
    assert code == 78 and "GATE_SIDECAR_LISTENER_ADDRESS: must not stand beside listeners" in err


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def over_tls(authority, name="api.test"):
    certificate, key = authority.issue(name, "DNS:" + name)
    return {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}


def connect_tls(sidecar, authority, listener=None, name="api.test"):
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = sidecar.connect(listener).sock
    return Connection(context.wrap_socket(plain, server_hostname=name))


def test_a_listener_with_certificates_speaks_tls_and_nothing_else(start_sidecar, authority):
    sidecar = start_sidecar({"listeners": [{"name": "public", "address": "127.0.0.1:0", "tls": over_tls(authority)},
                                           {"name": "internal", "address": "127.0.0.1:0"}]})
    with connect_tls(sidecar, authority) as connection:
        assert connection.sock.selected_alpn_protocol() == "http/1.1"
        for _ in range(3):
            assert connection.exchange(request("GET", "/over-tls", TOKEN)).status == 200
    assert sidecar.access_line("/over-tls")["tls.protocol.version"] == "1.3"
    with sidecar.connect("public") as clear:
        clear.send(request("GET", "/", TOKEN))
        assert b"HTTP/" not in clear.rest()
    assert sidecar.ask("/", TOKEN, listener="internal").status == 200
    eventually(lambda: sidecar.metric("tls_handshakes_total", listener="public", result="ok") == 1 and
               sidecar.metric("tls_handshakes_total", listener="public", result="error") == 1, "both handshakes")
    assert sidecar.metric("tls_handshake_duration_seconds_count", listener="public") == 1
    assert sidecar.metric("tls_handshakes_total", listener="internal") == 0


def test_a_handshake_has_a_time_of_its_own(start_sidecar, authority):
    sidecar = start_sidecar({"listener": {"address": "127.0.0.1:0", "tls": over_tls(authority)},
                             "limits": {"header_timeout": "300ms"}})
    with sidecar.connect() as silent:
        silent.send(b"\x16\x03\x01")
        assert silent.rest() == b""
    eventually(lambda: sidecar.metric("tls_handshakes_total", listener="proxy", result="timeout") == 1, "the time-out")


class SlowClient:
    """Speaks TLS step by step, when the test says so."""

    def __init__(self, sidecar, authority, version, before=b""):
        context = client_context(authority.ca_file, version=version)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname="api.test")
        self.connection = sidecar.connect()
        self.connection.send(before)
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self.connection.send(self._out.read())
        self._take()

    def _take(self):
        data = self.connection.sock.recv(1 << 16)
        assert data, "the connection has ended"
        self._in.write(data)

    def _until_done(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.connection.send(self._out.read())
                self._take()

    def go_on(self, data):
        """Finishes the handshake, and sends `data`; the first part of the answer."""
        self._until_done(self._tls.do_handshake)
        self._tls.write(data)
        self.connection.send(self._out.read())
        return self._until_done(lambda: self._tls.read(1 << 14))


@pytest.mark.parametrize("header", [b"", b"PROXY TCP4 192.0.2.7 198.51.100.1 1 1\r\n"], ids=["clear", "proxied"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_handshake_under_way_and_its_request_are_not_lost_when_the_program_ends(start_sidecar, authority, version, header):
    proxied = {"proxy_protocol": "required", "proxy_protocol_from": ["127.0.0.1"]} if header else {}
    sidecar = start_sidecar({"listener": {"address": "127.0.0.1:0", "tls": over_tls(authority), **proxied},
                             "shutdown": {"grace": "60s"}})
    with sidecar.connect() as silent:
        client = SlowClient(sidecar, authority, version, header)
        sidecar.terminate()
        assert silent.is_closed()
        answer = client.go_on(request("GET", "/", TOKEN))
        assert answer.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close\r\n" in answer
    assert sidecar.wait() == 0


def test_the_answering_listener_speaks_tls(start_sidecar, authority):
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0", "tls": over_tls(authority)}})
    with connect_tls(sidecar, authority, "answer") as connection:
        assert connection.exchange(request("GET", "/auth", TOKEN)).status == 200


def test_handshakes_of_the_answering_listener_take_no_place_of_another(start_sidecar, authority):
    """Each worker has 64 of the listeners for requests and 16 of this one; of more, the oldest goes."""
    sidecar = start_sidecar({"workers": 1, "listener": {"address": "127.0.0.1:0", "tls": over_tls(authority)},
                             "answer": {"address": "127.0.0.1:0", "tls": over_tls(authority, "answer.test")},
                             "limits": {"header_timeout": "60s"}})

    def handshakes(listener, result):
        return sidecar.metric("tls_handshakes_total", listener=listener, result=result)
    held = [sidecar.connect("proxy") for _ in range(30)] + [sidecar.connect("answer") for _ in range(40)]
    try:
        eventually(lambda: handshakes("answer", "refused") + handshakes("answer", "timeout") >= 24, "the ones that are too many")
        with connect_tls(sidecar, authority, "answer", "answer.test") as connection:
            assert connection.exchange(request("GET", "/auth", TOKEN)).status == 200
        assert handshakes("proxy", "refused") == handshakes("proxy", "timeout") == 0
    finally:
        for each in held:
            each.close()


def test_reload_says_what_needs_a_restart(start_sidecar):
    sidecar = start_sidecar(TWO, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    live = Reloadable(sidecar)
    told = live.reload({"listeners": TWO["listeners"] + [{"name": "third", "address": "127.0.0.1:0"}]})
    assert told["restart_needed"] == ["listeners (one was added, removed or moved)"]
    assert sidecar.ask("/", TOKEN, listener="internal").status == 200


def test_names_of_clients_are_those_of_their_listener(start_sidecar, authority):
    def mutual(name):
        return {**over_tls(authority), "client_ca_file": str(authority.ca_file), "client_auth": "required",
                "client_names": [name]}
    sidecar = start_sidecar({"listeners": [{"name": "first", "address": "127.0.0.1:0", "tls": mutual("one.test")},
                                           {"name": "second", "address": "127.0.0.1:0", "tls": mutual("two.test")}]})
    certificate, key = authority.issue("client", "DNS:two.test")
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    context.load_cert_chain(certificate, key)

    def status(listener):
        with Connection(context.wrap_socket(sidecar.connect(listener).sock, server_hostname="api.test")) as connection:
            return connection.exchange(request("GET", "/", TOKEN)).status
    assert (status("first"), status("second")) == (403, 200)


def test_a_list_takes_new_certificates_without_a_restart(start_sidecar, authority):
    tls = over_tls(authority)
    sidecar = start_sidecar({"listeners": [{"name": "public", "address": "127.0.0.1:0", "tls": tls}]},
                            env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    with connect_tls(sidecar, authority) as connection:
        before = connection.sock.getpeercert(True)
    certificate, key = authority.issue("next", "DNS:api.test")
    files = {"cert_file": str(certificate), "key_file": str(key)}
    Reloadable(sidecar).reload({"listeners": [{"name": "public", "address": "127.0.0.1:0", "tls": {"certificates": [files]}}]})
    with connect_tls(sidecar, authority) as connection:
        assert connection.sock.getpeercert(True) != before
        assert connection.exchange(request("GET", "/", TOKEN)).status == 200
