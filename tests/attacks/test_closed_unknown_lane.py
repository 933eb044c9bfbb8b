"""Somebody with many addresses sends tokens that something before Gate does not like, to a replica that has nothing
else to ask Gate about: his failures are all that it sees. He must not keep the new tokens of others out.
"""
import itertools
import threading
import time

import pytest

from harness.server import Server
from harness.wait import eventually, pause
from test_odd_tokens import BEHIND_PROXY, Firewall

OPTIONS = {**BEHIND_PROXY, "limits": {"failed_tokens": 0}, "gate": {"budget": {"limit": 100_000, "unknown": 100_000}}}


class Crowd:
    """Sends odd tokens from its addresses in turn, forty in a second. Stops at the end of its block."""

    def __init__(self, sidecar, addresses):
        self.sidecar, self.addresses, self.sent = sidecar, itertools.cycle(addresses), 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.wait(0.025):
            self.sent += 1
            self.sidecar.ask("/odd", "agt_../%d" % self.sent, fields=[("X-Forwarded-For", next(self.addresses))])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def new_token(sidecar, number, tries):
    """The status that a client gets who comes back when he is told to, and how often he has asked."""
    fields = [("X-Forwarded-For", "203.%d.%d.9" % (number // 250, number % 250))]
    for asked in range(1, tries + 1):
        answer = sidecar.ask("/", "agt_new%d" % number, fields=fields)
        if answer.status == 200 or asked == tries:
            return answer.status, asked
        pause(int(answer.one("Retry-After")))
    raise AssertionError("no try at all")


@pytest.fixture
def firewall(started):
    handler = Firewall("close")
    handler.server = started.add(Server(handler))
    return handler


def test_the_addresses_of_one_network_do_not_close_the_unknown_lane_to_others(start_sidecar, firewall):
    """Rule 28: a customer of any provider has thousands of IPv6 /64s, and a hundred IPv4 addresses are cheap."""
    sidecar = start_sidecar(OPTIONS, gate=firewall.server)
    addresses = ["2001:db8:77:%x::1" % number for number in range(200)] + ["192.0.2.%d" % n for n in range(1, 200)]
    for number, address in enumerate(addresses):
        sidecar.ask("/odd", "agt_../%d" % number, fields=[("X-Forwarded-For", address)])
    assert sidecar.metric("gate_circuit_open", lane="unknown") == 1  # to those two networks
    assert new_token(sidecar, 1, tries=1) == (200, 1)


def test_new_tokens_have_their_share_of_the_probes_of_a_closed_lane(start_sidecar, firewall, attack_seconds):
    """Rule 27. Each round begins with a lane that the attack has closed to all."""
    sidecar = start_sidecar(OPTIONS, gate=firewall.server)
    addresses = ["198.51.%d.66" % number for number in range(24)]
    seen, total_odd = [], 0
    until = time.monotonic() + attack_seconds + 3
    with Crowd(sidecar, addresses) as crowd:
        while time.monotonic() < until:
            before = firewall.odd
            eventually(lambda: firewall.odd >= before + 12, "the lane to be closed, and probes to be taken", within=120)
            seen.append(new_token(sidecar, len(seen), tries=5))
            total_odd = firewall.odd
    print("\n%d new tokens: %s (status, tries); %d odd tokens sent, %d calls for them" % (
        len(seen), seen, crowd.sent, total_odd))
    assert seen and {status for status, _ in seen} == {200}
