"""Rule 27: clients that send or take a body as slowly as they can must not keep others from the API."""
import pytest

from harness import TOKEN, ACCOUNT
from harness.http import request
from harness.wait import eventually

from slow_clients import SlowClients, ask_in_turn, drip

# As 1300 clients are to the 1000 connections of the defaults, and time runs 20 times as fast.
CONNECTIONS, ATTACKERS = 64, 200
OTHERS = {"agt_other%d" % i: "gacct_other%d" % i for i in range(20)}
PUBLIC = "/health"


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, **OTHERS})


def endless(exchange):
    """A response of which there is always more."""
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.connection.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")


def serve(exchange):
    if exchange.head.target == "/endless":
        endless(exchange)
    exchange.read_body()
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def limits(**more):
    return {"upstream_connections": CONNECTIONS, **more}


def attack(sidecar, started, head, seconds, **how):
    """Others' answers while the attackers are at work, and the attackers."""
    attackers = started.add(SlowClients(sidecar.port, head, ATTACKERS, **how))
    eventually(lambda: sidecar.metric("upstream_connections", state="active") >= CONNECTIONS // 2, "the attack to be one", within=20)
    statuses = ask_in_turn(sidecar, list(OTHERS), seconds)
    print("others were told %s, the attackers %s" % (dict(statuses), dict(attackers.answers)))
    return statuses, attackers


@pytest.mark.parametrize("head", [drip(TOKEN), drip(target=PUBLIC)], ids=["one token", "one public path"])
def test_slow_uploads_leave_connections_to_others(start_sidecar, started, upstream, attack_seconds, head):
    """Rule 27: whoever holds more than his share is refused while few connections are free."""
    upstream.handler = serve
    sidecar = start_sidecar({"auth": {"public_paths": [PUBLIC]}, "limits": limits()})
    statuses, attackers = attack(sidecar, started, head, attack_seconds, every=1.0)
    assert set(statuses) == {200}
    assert attackers.answers["503"] > 0
    assert sidecar.metric("gate_request_failures_total", reason="upstream_share_exceeded") > 0


def test_slow_downloads_leave_connections_to_others(start_sidecar, started, upstream, attack_seconds):
    """Rule 27."""
    upstream.handler = serve
    sidecar = start_sidecar({"limits": limits()})
    statuses, _ = attack(sidecar, started, request("GET", "/endless", TOKEN), attack_seconds, every=1.0, takes=10)
    assert set(statuses) == {200}
    assert sidecar.metric("gate_request_failures_total", reason="upstream_share_exceeded") > 0


def test_slow_uploads_end(start_sidecar, started, upstream, attack_seconds):
    """Rule 27: a byte now and then is not enough."""
    upstream.handler = serve
    sidecar = start_sidecar({"limits": limits(body_timeout="1500ms")})
    statuses, attackers = attack(sidecar, started, drip(TOKEN), attack_seconds, every=1.0)
    assert set(statuses) == {200}
    eventually(lambda: attackers.answers["408"] >= CONNECTIONS // 2, "the end of the slow uploads", within=20)
    assert sidecar.metric("gate_request_failures_total", reason="body_too_slow") > 0


def test_slow_downloads_end(start_sidecar, started, upstream, attack_seconds):
    """Rule 27: and the client does not take them for whole."""
    upstream.handler = serve
    sidecar = start_sidecar({"limits": limits(body_timeout="1500ms")})
    statuses, attackers = attack(sidecar, started, request("GET", "/endless", TOKEN), attack_seconds, every=1.0, takes=10)
    assert set(statuses) == {200}
    eventually(lambda: sidecar.metric("gate_request_failures_total", reason="client_too_slow") >= CONNECTIONS // 2,
               "the end of the slow downloads", within=20)
