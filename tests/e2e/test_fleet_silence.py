"""A store that says nothing any more and refuses nobody: after 750 ms of that, the connection that reads the log is a dead one."""
import time

import pytest

from harness import TOKEN
from harness.fleet import is_connected, revoke, status
from harness.relay import Relay
from harness.wait import PATIENCE, eventually

SILENCE = 0.75  # seconds
EARLY, LATE = 0.01, 0.125 * PATIENCE  # as much as a timer may be early, and a busy machine late
WHOLE_AGAIN = 3.0 * max(1.0, PATIENCE / 6)


@pytest.fixture
def relay(started, store):
    return started.add(Relay(store.port))


@pytest.fixture
def relayed(start_fleet, relay):
    """Its connections to the store are all that come over TCP."""
    return start_fleet(1, {"fleet": {"url": relay.url, "timeout": "250ms"}})[0]


@pytest.fixture
def other(start_fleet):
    return start_fleet(1)[0]


def relayed_ports(store):
    """{port: what its client has asked last}"""
    return {int(each["addr"].rpartition(":")[2]): each["cmd"] for each in store.clients() if each["addr"].startswith("127.")}


def one_reader(store):
    """(the port of who reads the log, the port of who sends commands), once the former waits for an entry."""
    ports = relayed_ports(store)
    readers = [port for port, command in ports.items() if command == "xread"]
    return len(ports) == 2 and len(readers) == 1 and (*readers, *(ports.keys() - readers))


def silence_of(relay, port):
    """For how long nothing had come when its client gave it up."""
    eventually(lambda: port in relay.ended, "the end of the connection")
    return relay.ended[port] - relay.last_reply[port]


def must_be_about(seconds, promised):
    assert promised - EARLY <= seconds <= promised + LATE, seconds


def test_a_silent_connection_is_given_up_and_the_log_read_over_another(relayed, other, relay, store, gate):
    assert [status(each, TOKEN) for each in (relayed, other)] == [200] * 2
    reader, commands = eventually(lambda: one_reader(store), "the reader")
    relay.silent.add(reader)
    revoke(other, TOKEN)
    eventually(lambda: status(relayed, TOKEN) == 401, "the revocation")
    heard = time.monotonic()
    must_be_about(silence_of(relay, reader), SILENCE)
    assert SILENCE - EARLY <= heard - relay.last_reply[reader] and heard - relay.ended[reader] < WHOLE_AGAIN
    new, same = eventually(lambda: one_reader(store), "the new reader")
    assert new != reader and same == commands and is_connected(relayed)


def test_a_store_that_stands_still_is_left_and_found_again(relayed, other, relay, store, gate):
    assert [status(each, TOKEN) for each in (relayed, other)] == [200] * 2
    before = eventually(lambda: one_reader(store), "the reader")
    store.freeze()
    must_be_about(silence_of(relay, before[0]), SILENCE)
    eventually(lambda: before[1] in relay.ended, "the end of the other connection")
    eventually(lambda: not any(is_connected(each) for each in (relayed, other)), "the metric")
    assert revoke(other, TOKEN)["fleet"] == "pending" and status(relayed, TOKEN) == 200
    store.thaw()
    began = time.monotonic()
    eventually(lambda: all(is_connected(each) for each in (relayed, other)), "the metric")
    eventually(lambda: status(relayed, TOKEN) == 401, "the revocation")
    after = eventually(lambda: len(store.clients()) == 4 and one_reader(store), "two connections of each")
    assert time.monotonic() - began < WHOLE_AGAIN
    assert not set(after) & set(before)
