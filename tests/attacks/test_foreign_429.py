"""Rule 28: only Gate's 429 is Gate's 429. What a firewall before Gate says to one call stops no other.

Before this was so one such page, with a Retry-After of a day, kept every new token out for an hour.
"""
import collections
import itertools
import threading
import time

import pytest

from harness import TOKEN
from harness.server import reply, vouch_for

A_DAY = ("Retry-After", "86400")
FOREIGN = {
    "a page": reply(429, b"<html><h1>Too many requests</h1></html>", [A_DAY, ("Content-Type", "text/html")]),
    "nothing": reply(429, b"", [A_DAY]),
    "an error of its own": reply(429, b'{"error": "rate limited"}', [A_DAY, ("X-RateLimit-Limit", "100")]),
}
# The one client of this test is not to be held up for the tokens that it invents.
PATIENT = {"gate": {"budget": {"limit": 1_000_000, "unknown": 1_000_000}}, "limits": {"failed_tokens": 1_000_000}}


def behind_a_firewall(page):
    def handler(exchange):
        exchange.read_body()
        exchange.read_body = lambda: None
        (page if exchange.head.json()["agent_token"].startswith("agt_..") else vouch_for())(exchange)
    return handler


@pytest.mark.parametrize("page", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_firewalls_429_pauses_nothing(start_sidecar, start_server, attack_seconds, page):
    scripted = start_server(behind_a_firewall(page))
    sidecar = start_sidecar(PATIENT, gate=scripted)
    answers, over = collections.Counter(), threading.Event()

    def attack():
        for number in itertools.count():
            if over.wait(0.02):
                return
            sidecar.ask("/", "agt_../%d" % number)

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        first = sidecar.ask("/", "agt_../etc/passwd")
        assert first.status == 503 and first.error["code"] == "gate_bad_answer"
        assert int(first.one("Retry-After")) < 60
        end = time.monotonic() + attack_seconds
        for number in itertools.count():
            if time.monotonic() > end:
                break
            answer = sidecar.ask("/", "agt_new%d" % number)
            answers[answer.status if answer.status == 200 else answer.error["code"]] += 1
    finally:
        over.set()
        attacker.join()
    print("\nnew good tokens: %s" % dict(answers))
    assert answers[200] > 0 and set(answers) == {200}


@pytest.mark.parametrize("fields", [[A_DAY], [A_DAY, ("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0")]])
def test_gates_own_is_obeyed_to_its_end_without_a_probe(start_sidecar, start_server, attack_seconds, fields):
    """At most for an hour; whether its circuit is open or not."""
    scripted = start_server(vouch_for())
    sidecar = start_sidecar({"gate": {"circuit": {"probe_interval": "100ms"}}}, gate=scripted)
    assert sidecar.ask("/", TOKEN).status == 200
    body = b"" if len(fields) > 1 else b'{"error": {"code": "rate_limit.exceeded"}}'
    scripted.handler = reply(429, body, fields)
    assert sidecar.ask("/", "agt_first").error["code"] == "gate_rate_limited"
    scripted.handler = vouch_for()
    end = time.monotonic() + attack_seconds
    for number in itertools.count():
        if time.monotonic() > end:
            break
        answer = sidecar.ask("/", "agt_%d" % number)
        assert answer.status == 503 and answer.error["code"] == "gate_rate_limited"
        assert 3500 < int(answer.one("Retry-After")) <= 3600 + 10
    assert len(scripted.requests) == 2
