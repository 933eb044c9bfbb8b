"""What replicas count in their store: calls, wasted calls, and what they had to remove."""
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import one_call, status
from harness.wait import eventually

LATER = "agt_later"
FOR_BAD_TOKENS = 5
BUDGET = {"gate": {"budget": {"unknown": FOR_BAD_TOKENS}}, "limits": {"failed_tokens": 100}}


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_new", tokens={TOKEN: ACCOUNT, LATER: "gacct_later"})


def key(store, suffix):
    return store.log()[:-len(":ev")] + suffix.encode()


def counted(store, kind):
    """The calls ("c") or the wasted ones ("w") that the store knows of."""
    fields = store("HGETALL", key(store, ":c"))
    return sum(int(count) for name, count in zip(fields[::2], fields[1::2]) if name.startswith(kind.encode()))


def spend_on_bad_tokens(sidecar, calls=FOR_BAD_TOKENS):
    assert [status(sidecar, "agt_bad%d" % number) for number in range(calls)] == [401] * calls


def test_each_call_is_counted_and_a_refused_one_as_wasted_too(start_fleet, store, gate, tokens):
    fleet = start_fleet(2, {"gate": {"budget": {"unknown": 20}}, "limits": {"failed_tokens": 100}})
    one_call(fleet, gate, tokens, lambda token: [status(each, token) for each in fleet])
    before = gate.calls()
    spend_on_bad_tokens(fleet[0], 2)
    assert status(fleet[1], "agt_bad_elsewhere") == 401
    eventually(lambda: counted(store, "w") == 3, "the waste")
    assert gate.calls() == before + 3
    eventually(lambda: counted(store, "c") == gate.calls(), "each call")


def test_what_one_replica_wastes_is_held_against_new_tokens_at_all_and_against_no_known_one(start_fleet, store, gate):
    fleet = start_fleet(2, {**BUDGET, "cache": {"refresh_ahead": False}})
    assert status(fleet[0], TOKEN) == 200
    spend_on_bad_tokens(fleet[0])
    eventually(lambda: counted(store, "w") == FOR_BAD_TOKENS, "the waste")
    eventually(lambda: fleet[1].metric("gate_fleet_events_total", kind="verdict", direction="received") == 1 + FOR_BAD_TOKENS, "the log")
    answer = fleet[1].ask("/", LATER)
    assert answer.status == 503 and int(answer.one("Retry-After")) >= 1
    assert gate.calls(LATER) == 0
    assert operate(fleet[1], "POST", "/purge", {"all": True}).status == 200
    assert status(fleet[1], TOKEN) == 200
    assert gate.calls(TOKEN) == 2


def test_waste_that_only_the_store_knows_of_keeps_no_new_token_out(start_fleet, store, gate):
    """[6] of the fleet's rules: whoever fills the counters achieves nothing."""
    alone, = start_fleet(1, BUDGET)
    assert status(alone, TOKEN) == 200
    store("HSET", key(store, ":c"), "w%d" % time.time(), 1000)
    assert status(alone, LATER) == 200
    assert alone.metric("gate_fleet_rejected_total", what="budget") >= 1


def test_what_is_healed_is_counted(start_fleet, store, gate):
    alone, = start_fleet(1, BUDGET)
    assert status(alone, TOKEN) == 200
    store("HSET", key(store, ":c"), "c", 5, "c1700000000x", 5, "w%d" % (time.time() + 1), "many")
    spend_on_bad_tokens(alone, 1)
    eventually(lambda: alone.metric("gate_fleet_rejected_total", what="malformed") == 3, "the counters")
    known = key(store, ":k")
    store("DEL", known)
    store("SET", known, "of a wrong type")
    assert status(alone, LATER) == 200
    eventually(lambda: alone.metric("gate_fleet_rejected_total", what="type") == 1, "the type")
    eventually(lambda: store("TYPE", known) == b"zset", "a table again")
