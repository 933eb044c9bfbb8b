"""Connections that never send a whole ClientHello, or a whole PROXY header, must not keep others out or slow them down."""
import selectors
import socket
import ssl
import threading
import time

import pytest

from harness import TOKEN
from harness.certificates import Authority
from harness.http import Connection, request
from harness.wait import PATIENCE, pause

NUMBER = 1000
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64
HALF_A_HEADER = b"PROXY TCP4 192.0.2.7 "


class Silent:
    """Holds `number` connections on which `words` have been said, and opens others in place of those that end."""

    def __init__(self, port, number, words):
        self._port, self._number, self._words = port, number, words
        self._selector, self.opened = selectors.DefaultSelector(), 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopped.is_set():
            missing = self._number - len(self._selector.get_map())
            for _ in range(min(missing, 100)):
                self._open()
            for key, _ in self._selector.select(0.02) if self._selector.get_map() else []:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()
            pause(0.01)

    def _open(self):
        sock = socket.create_connection(("127.0.0.1", self._port), 60)
        self.opened += 1
        try:
            sock.sendall(self._words)
            self._selector.register(sock, selectors.EVENT_READ)
        except OSError:
            sock.close()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def connect(sidecar, authority, header):
    plain = sidecar.connect()
    plain.send(header)
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    return Connection(context.wrap_socket(plain.sock, server_hostname="api.test"))


@pytest.mark.parametrize("words,header", [(HALF_A_HELLO, b""), (b"", b""), (HALF_A_HEADER, b"PROXY UNKNOWN\r\n")],
                         ids=["half a hello", "nothing", "half a header"])
def test_clients_are_served_while_others_never_finish(start_sidecar, authority, attack_seconds, words, header):
    certificate, key = authority.issue("api.test", "DNS:api.test")
    tls = {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}
    proxy = {"proxy_protocol": "required", "proxy_protocol_from": ["127.0.0.1"]} if header else {}
    sidecar = start_sidecar({"listener": {"tls": tls, **proxy}, "limits": {"header_timeout": "10s"}, "log": {"access": False}})
    with connect(sidecar, authority, header) as known:
        assert known.exchange(request("GET", "/", TOKEN)).status == 200
        silent = Silent(sidecar.port, NUMBER, words)
        try:
            newcomers, end = [], time.monotonic() + attack_seconds
            while time.monotonic() < end:
                began = time.monotonic()
                with connect(sidecar, authority, header) as newcomer:
                    assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200
                newcomers.append(time.monotonic() - began)
                assert known.exchange(request("GET", "/", TOKEN)).status == 200
                pause(0.02)
        finally:
            silent.stop()
    assert silent.opened > 128, "the attack did not fill the places of two workers"
    assert sorted(newcomers)[len(newcomers) * 9 // 10] < 1.0 * PATIENCE, newcomers
