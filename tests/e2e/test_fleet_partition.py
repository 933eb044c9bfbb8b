"""A network that keeps one replica from the store that the others reach."""
import socket

import pytest

from harness import ACCOUNT, TOKEN
from harness.fleet import is_connected, one_call, revoke, status, wait_for_fleet
from harness.listening import Listening
from harness.relay import Relay
from harness.wait import eventually

OTHER = "agt_other"


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_new", tokens={TOKEN: ACCOUNT, OTHER: ACCOUNT})


class Line:
    """A replica's own way to the store. While it is cut, nothing comes through in either direction, and nobody refuses: what the
    replica is connected to takes everything and says nothing."""

    def __init__(self, store):
        self._store = store
        self._nowhere = Listening(self._swallow)
        self.relay = Relay(store.port)

    @staticmethod
    def _swallow(connection):
        try:
            while connection.recv(1 << 16):
                pass
        except OSError:
            pass
        connection.close()

    def cut(self):
        self.relay.target = self._nowhere.port
        for each in list(self.relay.sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # of a connection that has ended before

    def heal(self):
        self.relay.target = self._store.port

    def stop(self):
        self.relay.stop()
        self._nowhere.stop()


def test_a_cut_replica_calls_for_itself_and_hears_of_every_revocation_afterwards(started, start_fleet, store, gate, tokens):
    lines = [started.add(Line(store)) for _ in range(3)]
    fleet = [start_fleet(1, {"fleet": {"url": line.relay.url, "timeout": "250ms"}})[0] for line in lines]
    alone, *others = fleet
    known = one_call(fleet, gate, tokens, lambda token: [status(each, token) for each in fleet])

    lines[0].cut()
    eventually(lambda: not is_connected(alone), "the metric")

    def ask(token):
        assert [status(each, token) for each in fleet * 2] == [200] * 6
    one_call(fleet, gate, tokens, ask, calls=2)  # one on each side
    ask(known)
    assert gate.calls(known) == 1
    for token in (TOKEN, OTHER):
        ask(token)
    assert revoke(others[0], TOKEN).get("fleet") != "pending" and revoke(alone, OTHER)["fleet"] == "pending"
    eventually(lambda: status(others[1], TOKEN) == 401, "the revocation", within=1)
    assert status(alone, TOKEN) == 200 and [status(each, OTHER) for each in fleet] == [401, 200, 200]

    lines[0].heal()
    eventually(lambda: status(alone, TOKEN) == 401, "the revocation", within=3)
    for each in others:
        eventually(lambda it=each: status(it, OTHER) == 401, "the other revocation", within=3)
    wait_for_fleet(fleet)
    one_call(fleet, gate, tokens, ask)
