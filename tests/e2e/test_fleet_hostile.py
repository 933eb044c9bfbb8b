"""A store that floods, or that somebody has filled with what nobody can want to read: the fleet goes on."""
import time

import pytest

from harness import TOKEN
from harness.fleet import is_connected, revoke, status
from harness.listening import Listening
from harness.relay import Relay
from harness.wait import PATIENCE, eventually

# As large as a text that a replica keeps.
LARGE = "x" * 4096


class Flood:
    """Answers whatever comes with a reply that never ends, as fast as it can."""

    def __init__(self):
        self.sent = 0
        self.listening = Listening(self._flood)
        self.url = "redis://127.0.0.1:%d" % self.listening.port

    def _flood(self, client):
        piece = b":1\r\n" * (1 << 18)
        try:
            client.recv(1 << 16)
            client.sendall(b"*1099511627776\r\n")
            while True:
                client.sendall(piece)
                self.sent += len(piece)
        except OSError:
            client.close()

    def stop(self):
        self.listening.stop()


def test_a_reply_that_never_ends_keeps_nobody_waiting(started, start_fleet, gate):
    flood = started.add(Flood())
    alone, = start_fleet(1, {"fleet": {"url": flood.url}}, wait=False)
    eventually(lambda: flood.sent > 1 << 22, "the flood")
    for number in range(20):
        began = time.monotonic()
        assert status(alone, TOKEN if number % 2 else "agt_unknown%d" % number) in (200, 401)
        assert time.monotonic() - began < 1.0 * PATIENCE
    before = flood.sent
    eventually(lambda: flood.sent > before + (1 << 20), "another flood", within=10)
    alone.terminate()
    assert alone.wait(10 * PATIENCE) == 0


def many_fields(store, log):
    """One entry, which XINFO STREAM shows as the oldest of the log to replicas that come back."""
    store("MULTI")
    store("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    store("XTRIM", log, "MAXLEN", 0)
    store("XADD", log, "*", *[part for number in range(1100) for part in ("f%d" % number, LARGE)])
    store("EXEC")


def many_entries(store, log):
    """More than one reply brings, each as large as one may be that is read."""
    add = "for i = 1, 300 do redis.call('XADD', KEYS[1], '*', unpack(ARGV)) end"
    store("EVAL", add, 1, log, *[LARGE] * 8)


@pytest.mark.parametrize("fill", [many_fields, many_entries])
def test_a_log_full_of_what_is_not_ours_hides_no_revocation(start_fleet, store, gate, fill):
    fleet = start_fleet(2)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    fill(store, store.log())
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)


def test_a_log_that_may_not_be_read_is_no_fleet(start_store, start_fleet, gate):
    store = start_store()
    store("ACL", "SETUSER", "default", "-xread")
    fleet = start_fleet(2, store=store, wait=False)
    for each in fleet:
        each.wait_for_log(lambda e: "log" in e.get("message", "") and "NOPERM" in e.get("error.message", ""), "why", within=15)
        eventually(lambda it=each: not is_connected(it), "the metric", within=15)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert revoke(fleet[0], TOKEN)["fleet"] == "pending"
    store("ACL", "SETUSER", "default", "+xread")
    for each in fleet:
        eventually(lambda it=each: is_connected(it), "the metric", within=15)
    assert [status(each, TOKEN) for each in fleet] == [401] * 2


def test_an_entry_that_takes_long_to_arrive_is_read_past(started, store, start_fleet, gate):
    """The network between is slower than somebody's entry is large."""
    relay = started.add(Relay(store.port))
    fleet = start_fleet(2, {"fleet": {"url": relay.url}})
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    relay.rate = 500_000
    store("XADD", store.log(), "*", "m", "x" * (1 << 20))
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)
