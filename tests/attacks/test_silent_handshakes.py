"""Connections that never send a whole ClientHello, or a whole PROXY header, must not keep others out or slow them down."""
import ssl
import time

import pytest

from harness import TOKEN
from harness.certificates import Authority
from harness.http import Connection, request
from harness.wait import PATIENCE
from side_by_side import FLOOR, ask_on_all, percentile
from silent_clients import SilentClients

NUMBER = 1000
KNOWN = 4  # connections that have been there before
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64
HALF_A_HEADER = b"PROXY TCP4 192.0.2.7 "


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
    sidecar, neighbour = (start_sidecar({"listener": {"tls": tls, **proxy}, "limits": {"header_timeout": "10s"}, "log": {"access": False}})
                          for _ in range(2))
    known, elsewhere = ([connect(of, authority, header) for _ in range(KNOWN)] for of in (sidecar, neighbour))
    newcomers = []

    def come():
        began = time.monotonic()
        with connect(sidecar, authority, header) as newcomer:
            assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200
        newcomers.append(time.monotonic() - began)
    try:
        ask_on_all([known, elsewhere], 0.5, come)  # what is done once only
        undisturbed, _ = ask_on_all([known, elsewhere], attack_seconds, come)
        newcomers.clear()
        silent = SilentClients(sidecar.port, NUMBER, words)
        try:
            attacked, besides = ask_on_all([known, elsewhere], attack_seconds, come)
        finally:
            silent.stop()
    finally:
        for each in known + elsewhere:
            each.close()
    before, during, aside = (percentile(times, 0.99) for times in (undisturbed, attacked, besides))
    print("%d connections opened; p99 of %d requests: %.1f ms, of %d undisturbed: %.1f ms, of the other sidecar: %.1f ms; "
          "newcomers: p50 %.0f ms, p90 %.0f ms" % (
              silent.opened, len(attacked), during * 1000, len(undisturbed), before * 1000, aside * 1000,
              percentile(newcomers, 0.5) * 1000, percentile(newcomers, 0.9) * 1000))
    assert silent.opened > 128, "the attack did not fill the places of two workers"
    assert percentile(newcomers, 0.9) < 1.0 * PATIENCE, newcomers
    assert during <= max(2 * before, 2 * aside, FLOOR), (during, before, aside)
