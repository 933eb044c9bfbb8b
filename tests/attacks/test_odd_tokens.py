"""Tokens that something before Gate does not like: whoever sends them gets neither Gate taken for broken, nor a token
of his own kept alive.

A firewall lets good tokens pass, and closes, resets, or answers for, a call with `agt_../../etc/passwd`. It is the
verifier of the tests: Gate's answers with a cut where the token is odd.
"""
import json
import threading
import time

import pytest

from harness.http import request
from harness.server import Server
from harness.wait import eventually, pause

BEHIND_PROXY = {"forwarded": {"trusted_proxies": ["127.0.0.1"]}}
ATTACKER = "192.0.2.66"
WAYS = ["close", "reset", "500", "502", "503 retryable", "429 of a firewall"]


def send(exchange, status, body, fields=()):
    lines = ["HTTP/1.1 %d Answer" % status, "Content-Length: %d" % len(body), *fields]
    exchange.connection.send("\r\n".join(lines + ["", ""]).encode() + body)


class Firewall:
    """The handler of a Gate behind a firewall."""

    def __init__(self, way):
        self.way, self.odd, self.revoked, self.asked = way, 0, set(), []

    def __call__(self, exchange):
        exchange.read_body()
        token = exchange.head.json()["agent_token"]
        self.asked.append(token)
        if "../" in token:
            self.odd += 1
            return self.dislike(exchange)
        data = {"valid": token not in self.revoked, "gate_account_id": "gacct_" + token[4:]}
        send(exchange, 200, json.dumps({"data": data}).encode())

    def dislike(self, exchange):
        if self.way == "close":
            exchange.keep = False
        elif self.way == "reset":
            exchange.connection.reset()
            exchange.keep = False
        elif self.way == "503 retryable":
            send(exchange, 503, b'{"error": {"code": "x", "message": "x", "status": 503, "retryable": true}}')
        elif self.way == "429 of a firewall":
            send(exchange, 429, b"<html>Too many requests</html>", ["Retry-After: 86400"])
        else:
            send(exchange, int(self.way), b"<html>Not this one</html>")


class Attack:
    """One address that sends odd tokens, each a new one, ten in a second. Stops at the end of its block."""

    def __init__(self, sidecar, pace=0.1):
        self.sidecar, self.pace, self.sent = sidecar, pace, 0
        self.statuses = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.wait(self.pace):
            self.sent += 1
            token = "agt_../../etc/passwd%d" % self.sent
            answer = self.sidecar.ask("/odd", token, fields=[("X-Forwarded-For", ATTACKER)])
            self.statuses.append(answer.status)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def fine(sidecar, token, number):
    return sidecar.ask("/", token, fields=[("X-Forwarded-For", "198.51.100.%d" % (number % 250))]).status


@pytest.fixture
def firewall(started, request):
    handler = Firewall(getattr(request, "param", "close"))
    handler.server = started.add(Server(handler))
    return handler


@pytest.mark.parametrize("firewall", WAYS, indirect=True)
def test_new_tokens_of_others_are_served_while_an_address_sends_odd_ones(start_sidecar, firewall, attack_seconds):
    """Rule 28. Each newcomer has an address of his own, and there is hardly anything else to compare with."""
    sidecar = start_sidecar(BEHIND_PROXY, gate=firewall.server)
    statuses = []
    with Attack(sidecar) as attack:
        eventually(lambda: firewall.odd >= 5, "the attack to begin")
        until = time.monotonic() + attack_seconds
        while time.monotonic() < until:
            statuses.append(fine(sidecar, "agt_new%d" % len(statuses), len(statuses)))
            pause(1.3 if attack_seconds > 10 else 0.3)
    print("\n%s: %d of %d new tokens refused; %d odd tokens sent, %d calls for them" % (
        firewall.way, len([s for s in statuses if s != 200]), len(statuses), attack.sent, firewall.odd))
    assert len(statuses) >= 3 and statuses == [200] * len(statuses)
    assert 200 not in attack.statuses
    assert sidecar.metric("gate_circuit_open", lane="known") == 0


@pytest.mark.parametrize("firewall", ["close", "500", "429 of a firewall"], indirect=True)
def test_known_tokens_are_renewed_while_an_address_sends_odd_ones(start_sidecar, firewall, attack_seconds):
    """Rule 28: what fails in the unknown lane closes that lane alone."""
    sidecar = start_sidecar({**BEHIND_PROXY, "cache": {"ttl": "1s", "refresh_ahead": False}}, gate=firewall.server)
    assert fine(sidecar, "agt_known", 1) == 200
    statuses = []
    with Attack(sidecar):
        eventually(lambda: firewall.odd >= 5, "the attack to begin")
        until = time.monotonic() + attack_seconds
        while time.monotonic() < until:
            statuses.append(fine(sidecar, "agt_known", 1))
            pause(0.05)
    assert statuses == [200] * len(statuses)
    assert firewall.asked.count("agt_known") >= 2


@pytest.mark.parametrize("firewall", ["close", "reset"], indirect=True)
def test_a_client_does_not_keep_his_revoked_token_alive_by_odd_ones(start_sidecar, firewall, attack_seconds):
    """Rule 28: cache.grace is for a Gate that cannot answer, and a client cannot bring that about.

    His odd tokens open the circuit, and are the probes that find Gate still failing; between two of them he uses his
    token, of which Gate then hears nothing.
    """
    sidecar = start_sidecar({**BEHIND_PROXY, "cache": {"ttl": "1s", "grace": "1h", "refresh_ahead": False},
                             "limits": {"failed_tokens": 0}}, gate=firewall.server)
    assert fine(sidecar, "agt_mine", 1) == 200
    firewall.revoked.add("agt_mine")
    before, sent, last_call = len(firewall.asked), 0, 0
    fields = [("X-Forwarded-For", ATTACKER)]
    until = time.monotonic() + attack_seconds + 1
    with sidecar.connect() as client:
        while time.monotonic() < until:
            sent += 1
            odd = client.exchange(request("GET", "/odd", "agt_../%d" % sent, fields))
            if odd.error["code"] != "gate_failing":
                last_call = time.monotonic()
            elif time.monotonic() - last_call < 0.8:
                client.exchange(request("GET", "/mine", "agt_mine", fields))
            pause(0.02)
    stale = sidecar.metric("gate_decisions_total", reason="token_grace")
    print("\n%s: %d stale passes; Gate was asked %d times about the revoked token, %d odd tokens sent" % (
        firewall.way, stale, firewall.asked[before:].count("agt_mine"), sent))
    assert stale == 0
    assert sidecar.ask("/mine", "agt_mine").status == 401


@pytest.mark.parametrize("firewall", ["close", "500"], indirect=True)
def test_odd_tokens_count_against_their_address(start_sidecar, firewall):
    """Rule 28: like refused ones, while the tokens of others are answered."""
    sidecar = start_sidecar({**BEHIND_PROXY, "limits": {"failed_tokens": 6}}, gate=firewall.server)
    number = iter(range(1, 10_000))

    def is_throttled():
        for _ in range(3):
            sidecar.ask("/odd", "agt_../%d" % next(number), fields=[("X-Forwarded-For", ATTACKER)])
        assert fine(sidecar, "agt_fine%d" % next(number), next(number)) == 200
        answer = sidecar.ask("/odd", "agt_../%d" % next(number), fields=[("X-Forwarded-For", ATTACKER)])
        return answer.status == 429 and answer.error["code"] == "token_throttled"
    eventually(is_throttled, "the address to be told to wait", within=10)
    assert firewall.odd <= 12
    assert fine(sidecar, "agt_last", 1) == 200


@pytest.mark.parametrize("firewall", ["close", "500"], indirect=True)
def test_an_odd_token_is_asked_about_less_and_less_often(start_sidecar, firewall, attack_seconds):
    """Rule 12: while others are answered, what failed for one token delays its next call, and its answer stays 503."""
    sidecar = start_sidecar({**BEHIND_PROXY, "limits": {"failed_tokens": 0}, "gate": {"budget": {"limit": 100000}}},
                            gate=firewall.server)
    answers = []
    until = time.monotonic() + attack_seconds
    while time.monotonic() < until:
        answers.append(sidecar.ask("/odd", "agt_../same", fields=[("X-Forwarded-For", ATTACKER)]))
        assert fine(sidecar, "agt_fine%d" % len(answers), len(answers)) == 200
        pause(0.05)
    assert {a.status for a in answers} == {503}
    delayed = [a for a in answers if a.error["code"] == "gate_call_delayed"]
    assert delayed and all(int(a.one("Retry-After")) >= 1 for a in delayed)
    # The pause doubles; a call on a kept connection is made once more where that is closed.
    assert firewall.asked.count("agt_../same") <= 2 * (4 + attack_seconds / 8)


def test_a_gate_that_is_away_is_left_alone_in_both_lanes(start_sidecar, gate, attack_seconds):
    """What an outage looks like: nobody is answered. Then few calls are made, and no address is blamed."""
    sidecar = start_sidecar({**BEHIND_PROXY, "cache": {"ttl": "1s", "refresh_ahead": False},
                             "gate": {"circuit": {"probe_interval": "60s"}}, "limits": {"failed_tokens": 3}})
    for name in ("agt_a", "agt_b"):
        gate.add(name, "gacct_" + name)
        assert fine(sidecar, name, 1) == 200
    gate.fault(status=503)
    before = gate.calls()
    eventually(lambda: fine(sidecar, "agt_a", 1) == 503 and fine(sidecar, "agt_b", 1) == 503, "the TTL to end")
    for number in range(50):
        assert fine(sidecar, "agt_new%d" % number, number) == 503
    eventually(lambda: fine(sidecar, "agt_a", 1) == 503 and fine(sidecar, "agt_b", 1) == 503
               and sidecar.metric("gate_circuit_open", lane="known") == 1, "the circuit to open")
    calls = gate.calls()
    for number in range(50):
        assert fine(sidecar, "agt_newer%d" % number, number) == 503
        assert fine(sidecar, "agt_a", 1) == 503
    assert gate.calls() == calls
    assert calls - before <= 5 + 12 + 4
    assert sidecar.metric("gate_circuit_open", lane="unknown") == 1
    assert sidecar.metric("gate_decisions_total", reason="token_throttled") == 0
