"""Whom a replica believes: its own fleet, with the same secret keys, and nobody who can only write to the store."""
import itertools
import os
import threading
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import FLEET_KEY, in_parallel, one_call, revoke, status, wait_for_fleet
from harness.http import request
from harness.server import held, reply, vouch_for
from harness.wait import PATIENCE, eventually

OTHER_KEY = "b" * 43 + "="
TOKENS = ["agt_number%d" % number for number in range(30)]


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, **{token: "gacct_of_" + token[4:] for token in TOKENS}})


def test_two_fleets_share_a_store_and_nothing_else(start_fleet, store, gate):
    one, other = start_fleet(1, key=FLEET_KEY)[0], start_fleet(1, key=OTHER_KEY, wait=False)[0]
    assert status(one, TOKEN) == 200 and status(other, TOKEN) == 200
    assert gate.calls(TOKEN) == 2
    revoke(one, TOKEN)
    assert status(one, TOKEN) == 401 and status(other, TOKEN) == 200
    eventually(lambda: len({key[:key.index(b"}")] for key in store.keys(":ev")}) == 2, "a log of each")


@pytest.fixture(params=["sk_test_two", "sk_live_two"])
def other_secret(request):
    """The secret key of another organization, or ours for another environment."""
    return request.param


def foreign(sidecar):
    return sidecar.metric("gate_fleet_rejected_total", what="foreign")


def test_two_organizations_with_one_fleet_key_never_believe_each_other(start_gate, start_fleet, other_secret):
    """[8]: what Gate says to the one is nothing to the other, whose key it is not. Both are in one fleet: they ask one Gate, that
    has said yes to the one before it says no to the other."""
    tokens = iter(TOKENS)
    gate = start_gate("--secret-key", other_secret, tokens={token: ACCOUNT for token in TOKENS})
    ours, theirs = start_fleet(1, gate=gate)[0], start_fleet(1, env={"FOIL_SECRET_KEY": other_secret}, gate=gate)[0]
    wait_for_fleet([ours, theirs])

    def have_heard_each_other():
        token = next(tokens)
        assert status(theirs, token) == 200
        gate.revoke(token)
        assert status(ours, token) == 401
        assert status(theirs, token) == 200 and status(ours, token) == 401
        assert gate.calls(token) == 2
        return foreign(ours) and foreign(theirs)
    # Not by the first token, where the store or a replica stood still: what was verified without the other is told to nobody.
    eventually(have_heard_each_other, "each to hear what the other was told", every=0.5)


def begun(sidecar):
    """How often the store has told it whether it may call."""
    return sidecar.metric("gate_fleet_operations_total", op="begin", result="ok")


def test_who_waits_for_the_call_of_another_organization_makes_its_own(start_server, start_fleet, other_secret):
    """[8], where the lock is one for both: the yes that ends the waiting is not ours."""
    may_answer, refuse = threading.Event(), reply(200, b'{"data": {"valid": false}}')
    vouch = held(may_answer, vouch_for())

    def answer(exchange):
        is_theirs = exchange.head.one("Authorization") == "Bearer " + other_secret
        (vouch if is_theirs else refuse)(exchange)
    gate = start_server(answer)
    ours, theirs = start_fleet(1, gate=gate)[0], start_fleet(1, env={"FOIL_SECRET_KEY": other_secret}, gate=gate)[0]
    wait_for_fleet([ours, theirs])

    def ask_ours():
        gate.wait_for_request()
        return status(ours, TOKEN)

    def answer_theirs():
        eventually(lambda: begun(ours) >= 1, "ours to find the lock taken")
        may_answer.set()
    assert in_parallel([lambda: status(theirs, TOKEN), ask_ours, answer_theirs])[:2] == [200, 401]
    assert status(theirs, TOKEN) == 200 and status(ours, TOKEN) == 401
    assert len(gate.requests) == 2


def test_a_yes_of_a_frozen_replica_is_not_believed_after_a_later_no(start_fleet, store, gate):
    """Its lock has ended while it stood still: the token was revoked at Gate in between, and another replica was told so. The yes
    would live for longer than the no, but not beat it."""
    timeout = 0.25
    frozen, other = start_fleet(2, {"fleet": {"timeout": "250ms"}, "cache": {"negative_ttl": "1s"}})
    gate.fault(latency="1s")  # of the answer: Gate decides when the call arrives
    with frozen.connect() as connection:
        connection.send(request(token=TOKEN))
        eventually(lambda: gate.calls(TOKEN) == 1, "the call")
        frozen.process.freeze()
        gate.heal()
        gate.revoke(TOKEN)
        began = time.monotonic()
        answer = status(other, TOKEN)
        took = time.monotonic() - began
        frozen.process.thaw()
        assert answer == 401
        assert took < 0.3 + 3 * timeout + 0.2 * PATIENCE, took
        assert connection.response().status in (200, 401)
    assert status(other, TOKEN) == 401
    eventually(lambda: status(frozen, TOKEN) == 401, "the no", within=1)
    calls = gate.calls(TOKEN)

    def is_renewed_twice():
        assert [status(each, TOKEN) for each in (frozen, other)] == [401] * 2
        return gate.calls(TOKEN) >= calls + 2
    eventually(is_renewed_twice, "two renewals")


def test_a_new_secret_key_in_the_file_costs_no_call(start_fleet, start_gate, tokens, tmp_path):
    new = "sk_test_an0therKey"
    gate = start_gate("--secret-key", new, "--accept-all", "agt_new")
    path = tmp_path / "secret"
    path.write_text("sk_test_emulator\n", encoding="ascii")
    config = {"gate": {"secret_key_file": str(path), "base_url": gate.url}}
    fleet = start_fleet(2, config, gate=gate, env={"FOIL_SECRET_KEY": ""})

    def ask(token):
        assert [status(each, token) for each in fleet] == [200] * 2
    known = one_call(fleet, gate, tokens, ask)
    other = path.with_name("secret.new")
    other.write_text(new + "\n", encoding="ascii")
    os.rename(other, path)
    for each in fleet:
        each.wait_for_log(lambda e: "secret key" in e.get("message", "") and e.get("message") != "listening", "the new key", within=10)
    ask(known)
    assert gate.calls(known) == 1
    for _ in range(2):
        one_call(fleet, gate, tokens, ask)


def test_the_only_secret_key_swapped_by_a_restart_costs_one_call_for_each_live_token(start_fleet, start_gate, tokens):
    """What the old key was told counts for nothing, and what the new one is told counts for all that have it."""
    new = "sk_test_an0therKey"
    gate = start_gate("--secret-key", new, "--accept-all", "agt_new")
    fleet = start_fleet(2, gate=gate)

    def ask(token):
        assert [status(each, token) for each in fleet] == [200] * 2
    live = [one_call(fleet, gate, tokens, ask) for _ in range(3)]
    for number in range(2):
        fleet[number].terminate()
        fleet[number].wait()
        fleet[number], = start_fleet(1, gate=gate, env={"FOIL_SECRET_KEY": new})
        for token in live:
            ask(token)
    calls = [gate.calls(token) for token in live]
    assert min(calls) == 2, calls  # more where a replica that stands still was taken for dead: see one_call


def test_a_refused_secret_key_is_told_to_those_that_have_it(start_gate, start_fleet):
    """They find out for themselves: the others' word for it stops no call."""
    gate = start_gate("--secret-key", "sk_test_two", tokens={TOKEN: ACCOUNT})
    first, second = start_fleet(2, gate=gate)
    stranger, = start_fleet(1, env={"FOIL_SECRET_KEY": "sk_test_two"}, gate=gate)
    gate.control("PUT", "/_control/keys", ["sk_test_two"])
    told = "Gate refuses the secret key of another replica of the fleet"

    def is_told():
        assert status(first, TOKEN) == 503
        return any(e["message"] == told and e["level"] == "warn" for e in second.log()) and foreign(stranger) >= 2
    eventually(is_told, "the alarm, and the stranger to have read past it", every=0.5)
    assert first.metric("gate_key_refused") == 1 and second.metric("gate_key_refused") == 0
    assert not any(e.get("message") == told for each in (first, stranger) for e in each.log())
    gate.control("PUT", "/_control/keys", ["sk_test_emulator"])
    assert status(second, TOKEN) == 200


HOSTILE_VALUES = [  # each makes another thing of a key
    ("SET", "KEY", "x"), ("RPUSH", "KEY", "x"), ("SADD", "KEY", "x"), ("HSET", "KEY", "f", "x" * 1000), ("ZADD", "KEY", "+inf", "x"),
    ("XADD", "KEY", "*", "m", "x" * (1 << 20)), ("SET", "KEY", "x" * (1 << 20))]


def spoil(store, key, command):
    """In one step, between which no replica makes the key again."""
    store("MULTI")
    store("DEL", key)
    store(*(key if word == "KEY" else word for word in command))
    assert store("EXEC")[0] in (0, 1)


def test_keys_of_every_wrong_type_are_healed(start_fleet, store, gate):
    fleet = start_fleet(2)
    tokens = iter(TOKENS)
    assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    place = store.log()[:-len(":ev")]
    for suffix in (b":ev", b":c", b":k", b":b", b":n"):
        for command in HOSTILE_VALUES:
            spoil(store, place + suffix, command)
        assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    eventually(lambda: [status(each, t) for each in fleet for t in [next(tokens)]] == [200] * 2, "good answers")
    eventually(lambda: store("TYPE", place + b":ev") == b"stream", "the log")


def test_what_a_writer_without_the_key_says_counts_for_nothing(start_fleet, store, gate):
    fleet = start_fleet(2)
    assert status(fleet[0], TOKEN) == 200
    log = store.log()
    before = store("XREVRANGE", log, "+", "-", "COUNT", 1)[0][1][1]
    for junk in (b"", b"\x01", b"x" * 1000, b"\x02" + before[1:], before[:-1] + bytes([before[-1] ^ 1])):
        store("XADD", log, "*", "m", junk)
    store("XADD", log, "*", "other", "field")
    for each in fleet:
        eventually(lambda it=each: it.metric("gate_fleet_rejected_total") >= 5, "the count")
    assert status(fleet[1], "agt_forged") == 401
    assert status(fleet[1], TOKEN) == 200 and gate.calls(TOKEN) == 1


def test_forged_locks_keep_nobody_out(start_fleet, store, gate):
    """[5]"""
    fleet, locks = start_fleet(2), set()
    for each, token in zip(itertools.cycle(fleet), TOKENS):
        status(each, token)
        eventually(lambda: locks.update(store.keys(":l:")) or locks, "a lock")
    assert operate(fleet[0], "POST", "/purge", {"all": True}).status == 200
    for each in fleet:
        eventually(lambda it=each: it.metric("gate_fleet_events_total", kind="purge", direction="received"), "the purge")
    for key in locks:
        store("SET", key, "forged")
    answers = [status(each, token) for each in fleet for token in TOKENS]
    assert answers == [200] * len(answers)
    assert sum(each.metric("gate_fleet_rejected_total", what="lock") for each in fleet) >= 1


def test_a_log_that_a_writer_wipes_costs_calls_only(start_fleet, store, gate):
    fleet = start_fleet(2)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    for key in store.keys(":ev"):
        store("DEL", key)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)


def test_old_messages_that_are_sent_again_bring_nothing_back(start_fleet, store, gate):
    fleet = start_fleet(2)
    assert status(fleet[0], TOKEN) == 200
    log = store.log()
    old = [entry[1][1] for entry in store("XRANGE", log, "-", "+")]
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation")
    for message in old * 3:
        store("XADD", log, "*", "m", message)
    assert status(fleet[1], "agt_unknown") == 401  # the reader has gone past them
    assert [status(each, TOKEN) for each in fleet] == [401] * 2


def test_a_history_that_is_set_back_hides_no_revocation(start_fleet, store, gate):
    """[3]"""
    fleet = start_fleet(2)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    store.set_history_back()
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=2)
