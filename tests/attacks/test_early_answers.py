"""Rule 30: what Gate says unasked is no answer, neither before the first request of a connection nor after an answer.

Before this was so each answer that was sent before the request was believed, plain and over TLS, and of 10 766 requests
7 647 passed as another account.
"""
import collections
import itertools
import json
import pathlib
import subprocess
import sys
import threading
import time

import pytest

from harness.http import request

GATE = pathlib.Path(__file__).parent / "early_gate.py"
CALLERS = 16
# Nothing but the look at the connection is to decide.
UNBOUNDED = {"budget": {"limit": 1_000_000, "unknown": 1_000_000}, "circuit": {"failures": 1000}}


class EarlyGate:
    def __init__(self, mode, *tls):
        self.tls = bool(tls)
        self._process = subprocess.Popen([sys.executable, "-B", GATE, mode, *map(str, tls)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())
        self.url = "%s://localhost:%d" % ("https" if tls else "http", self.port)
        self.report = None

    def stop(self):
        if self.report is None:
            self.report = json.loads(self._process.communicate(timeout=60)[0])
        return self.report


@pytest.fixture(params=["plain", "TLSv1_2", "TLSv1_3"])
def start_early_gate(request, started, authority):
    """start_early_gate(mode) -> an EarlyGate, plain or over TLS."""
    def start(mode):
        if request.param == "plain":
            return started.add(EarlyGate(mode))
        return started.add(EarlyGate(mode, *authority.issue("early", "DNS:localhost"), request.param))
    return start


def trusting(gate, authority):
    tls = {"ca_file": str(authority.ca_file)} if gate.tls else {}
    return {"gate": {"base_url": gate.url, **tls, **UNBOUNDED}}


def wrong_accounts(upstream):
    """Of the requests that have passed as somebody else."""
    seen = [(head.target[1:], head.one("X-Gate-Account-Id")) for head in upstream.requests]
    return [account for number, account in seen if account != "gacct_" + number]


def test_an_answer_before_the_request_vouches_for_nobody(start_sidecar, start_early_gate, authority, upstream, attack_seconds):
    gate = start_early_gate("before")
    sidecar = start_sidecar(trusting(gate, authority), gate=gate)
    statuses, end = collections.Counter(), time.monotonic() + attack_seconds
    for number in itertools.count():
        if time.monotonic() > end:
            break
        statuses[sidecar.ask("/%d" % number, "agt_%d" % number).status] += 1
    report = gate.stop()
    wrong = wrong_accounts(upstream)
    print("\nsent before the request: %d, crossed it: %d, wrong accounts: %d, %s" %
          (report["sent"], len(report["crossed"]), len(wrong), dict(statuses)))
    assert not set(wrong) - set(report["crossed"])
    assert report["sent"] >= 3 and statuses[503] >= 3
    # What has said something unasked was not asked at all.
    assert report["asked_after"] == 0


@pytest.mark.parametrize("delay", ["0", "0.002"])
def test_a_second_answer_is_not_the_next_ones(start_sidecar, start_early_gate, authority, upstream, attack_seconds, delay):
    gate = start_early_gate("after:" + delay)
    sidecar = start_sidecar(trusting(gate, authority), gate=gate)
    statuses, numbers, end = collections.Counter(), itertools.count(), time.monotonic() + attack_seconds

    def call():
        with sidecar.connect() as connection:
            while time.monotonic() < end:
                number = next(numbers)
                statuses[connection.exchange(request("GET", "/%d" % number, "agt_%d" % number)).status] += 1

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    report = gate.stop()
    wrong = wrong_accounts(upstream)
    print("\n%d requests, unasked answers: %d, of which crossed a request: %d, wrong accounts: %d, %s" %
          (len(upstream.requests), report["sent"], len(report["crossed"]), len(wrong), dict(statuses)))
    assert report["sent"] > 20 and statuses[200] > 20
    assert not set(wrong) - set(report["crossed"])
