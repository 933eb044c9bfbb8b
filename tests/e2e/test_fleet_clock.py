"""A replica whose first replies from the store took longer than tells the store's time (250 ms): it hears all the same."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import revoke, status, wait_for_fleet
from harness.relay import Relay
from harness.wait import eventually


@pytest.fixture
def relay(started, store):
    return started.add(Relay(store.port))


@pytest.fixture
def other(start_fleet):
    return start_fleet(1)[0]


@pytest.fixture
def start_slowly(start_fleet, relay):
    """start_slowly() -> a replica whose store was slow while it started, and is not any more."""
    def start():
        relay.delay = 0.3
        slow, = start_fleet(1, {"fleet": {"url": relay.url}}, wait=False)
        wait_for_fleet([slow])
        relay.delay = 0.0
        return slow
    return start


def test_a_revocation_is_heard_after_a_slow_start(other, start_slowly, gate):
    slow = start_slowly()
    assert status(slow, TOKEN) == 200
    revoke(other, TOKEN)
    eventually(lambda: status(slow, TOKEN) == 401, "the revocation", within=1)


def test_a_block_is_in_force_after_a_slow_start(other, start_slowly, gate):
    assert operate(other, "POST", "/block", {"account": ACCOUNT}).status == 200
    slow = start_slowly()
    eventually(lambda: status(slow, TOKEN) == 403, "the block", within=1)


def test_what_was_verified_before_a_slow_start_costs_no_call(other, start_slowly, gate):
    assert status(other, TOKEN) == 200
    slow = start_slowly()
    assert status(slow, TOKEN) == 200
    assert gate.calls(TOKEN) == 1


def test_a_revocation_is_heard_where_each_reply_is_slow(other, start_slowly, relay, gate):
    slow = start_slowly()
    relay.delay = 0.3
    assert status(slow, TOKEN) == 200
    revoke(other, TOKEN)
    eventually(lambda: status(slow, TOKEN) == 401, "the revocation", within=1)
