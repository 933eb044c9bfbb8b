"""Replicas that share a store: one call for a token, one revocation, one block for all."""
import itertools
import signal

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import in_parallel, one_call, revoke, status, wait_for_fleet
from harness.sidecar import merged
from harness.store import Client
from harness.wait import eventually
from test_streams import is_aborted, open_stream, sends_without_end  # noqa: F401


@pytest.fixture
def fleet(start_fleet):
    return start_fleet(3)


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_new")


def test_one_call_is_enough_for_all(fleet, gate, tokens):
    def ask(token):
        assert [status(each, token, "/" + token.removeprefix("agt_")) for each in fleet] == [200] * 3
    path = "/" + one_call(fleet, gate, tokens, ask).removeprefix("agt_")
    assert fleet[0].access_line(path)["gate.cache"] == "miss"
    assert all(each.access_line(path)["gate.cache"] in ("fleet", "hit") for each in fleet[1:])


def test_replicas_count_one_another(fleet):
    wait_for_fleet(fleet, counted=True)


def test_requests_at_all_replicas_in_the_same_moment_are_one_call(fleet, gate, tokens):
    gate.fault(latency="300ms")

    def ask(token):
        assert in_parallel([lambda it=each: status(it, token) for each in fleet for _ in range(5)]) == [200] * 15
    one_call(fleet, gate, tokens, ask)
    assert sum(each.metric("gate_cache_lookups_total", result="fleet") for each in fleet) >= 1


def test_a_refusal_is_shared_too(fleet, gate):
    def ask(token):
        assert [status(each, token) for each in fleet] == [401] * 3
    one_call(fleet, gate, ("agt_unknown%d" % number for number in itertools.count()), ask)


def test_a_call_that_takes_longer_than_a_lock_lives_is_still_one_call(fleet, gate, tokens):
    gate.fault(latency="1200ms")

    def ask(token):
        assert in_parallel([lambda it=each: status(it, token) for each in fleet]) == [200] * 3
    one_call(fleet, gate, tokens, ask)


def test_a_failed_call_is_not_repeated_by_each_replica_for_ever(fleet, gate):
    gate.fault(status=400)
    assert set(in_parallel([lambda it=each: status(it, TOKEN) for each in fleet])) == {503}
    assert gate.calls(TOKEN) <= 2 * len(fleet)


def test_a_token_is_revoked_for_all(fleet, gate):
    assert [status(each, TOKEN) for each in fleet] == [200] * 3
    answer = revoke(fleet[0], TOKEN)
    assert answer.get("fleet") != "pending", answer
    for each in fleet:
        eventually(lambda it=each: status(it, TOKEN) == 401, "the revocation", within=1)
    assert gate.calls(TOKEN) == 1


def test_a_revocation_beats_an_answer_that_comes_after_it(fleet, gate):
    """Rule 13, for the fleet: Gate said yes, but too late."""
    gate.fault(latency="800ms")
    asked = in_parallel([lambda: status(fleet[0], TOKEN), lambda: eventually(lambda: gate.calls(TOKEN) == 1) and revoke(fleet[1], TOKEN)])
    gate.heal()
    assert asked[0] in (200, 401)
    for each in fleet:
        eventually(lambda it=each: status(it, TOKEN) == 401, "the revocation", within=1)
    assert all(status(each, TOKEN) == 401 for each in fleet * 3)


def test_streams_end_at_all_replicas(fleet, upstream, open_stream):  # noqa: F811
    upstream.handler = sends_without_end
    streams = [open_stream(each) for each in fleet]
    revoke(fleet[2], TOKEN)
    for each in streams:
        assert is_aborted(each)


def test_a_purge_is_for_all(fleet, gate, tokens):
    def purges(sidecar):
        return sidecar.metric("gate_fleet_events_total", kind="purge", direction="received")

    def ask(token):
        assert [status(each, token) for each in fleet] == [200] * 3
        before = [purges(each) for each in fleet[::2]]
        assert operate(fleet[1], "POST", "/purge", {"all": True}).status == 200
        eventually(lambda: all(purges(each) > old for each, old in zip(fleet[::2], before)), "the purge")
        eventually(lambda: [status(each, token) for each in fleet] and gate.calls(token) >= 2, "another call")
        assert [status(each, token) for each in fleet] == [200] * 3
    one_call(fleet, gate, tokens, ask, calls=2)


def test_a_block_and_its_lifting_are_for_all_and_for_replicas_that_come(fleet, start_fleet):
    assert operate(fleet[0], "POST", "/block", {"account": ACCOUNT}).status == 200
    for each in fleet:
        eventually(lambda it=each: status(it, TOKEN) == 403, "the block")
    newcomer, = start_fleet(1)
    assert status(newcomer, TOKEN) == 403
    assert operate(newcomer, "POST", "/unblock", {"account": ACCOUNT}).status == 200
    for each in [*fleet, newcomer]:
        eventually(lambda it=each: status(it, TOKEN) == 200, "the lifting")


def test_a_new_replica_knows_what_the_others_know(fleet, start_fleet, gate):
    assert status(fleet[0], TOKEN) == 200
    revoke(fleet[1], "agt_revoked")
    newcomer, = start_fleet(1)
    assert status(newcomer, TOKEN) == 200
    assert status(newcomer, "agt_revoked") == 401
    assert gate.calls(TOKEN) == 1 and gate.calls("agt_revoked") == 0


def test_a_rolling_restart_costs_no_call(start_fleet, gate):
    fleet = start_fleet(3)
    assert [status(each, TOKEN) for each in fleet] == [200] * 3
    for number in range(3):
        fleet[number].terminate()
        fleet[number].wait()
        fleet[number], = start_fleet(1, wait=False)
        wait_for_fleet([fleet[number]])
        assert status(fleet[number], TOKEN) == 200
    assert gate.calls(TOKEN) == 1


def test_a_rate_limit_that_a_revocation_meets_stops_the_calls_of_all(fleet, gate):
    gate.fault(status=429, retry_after=60, path="revoke")
    assert operate(fleet[0], "POST", "/revoke", {"agent_token": TOKEN}).status == 503
    gate.heal()
    eventually(lambda: fleet[1].metric("gate_fleet_events_total", kind="pause", direction="received"), "the pause")
    assert status(fleet[1], "agt_unknown") == 503
    assert gate.calls("agt_unknown") == 0


def test_the_log_lives_as_long_as_another_ttl_needs(start_fleet, store):
    alone, = start_fleet(1)
    config = yaml.safe_load(alone.path.read_text(encoding="utf-8"))
    alone.path.write_text(yaml.safe_dump(merged(config, {"cache": {"ttl": "300s"}})), encoding="utf-8")
    alone.process.signal(signal.SIGHUP)
    eventually(lambda: alone.metric("gate_config_generation") == 2, "the reload")
    monitor = Client.to_socket(store.socket)
    monitor("MONITOR")
    assert status(alone, TOKEN) == 200
    script = next(line for line in monitor.file if b'"evalsha"' in line.lower() and b":l:" in line and b":ev" in line)
    assert b'"%d"' % (2 * 300_000 + 10_000) in script
    monitor.close()


def test_no_token_and_no_account_stands_in_the_store(fleet, store):
    assert [status(each, TOKEN) for each in fleet] == [200] * 3
    operate(fleet[0], "POST", "/block", {"account": "gacct_blocked"})
    eventually(lambda: store.log_length() >= 2, "the answer and the block")
    dump = b"".join(store("DUMP", key) or b"" for key in store("KEYS", "*"))
    for secret in (TOKEN, ACCOUNT, "gacct_blocked"):
        assert secret.encode() not in dump
    assert all(key.startswith(b"{gate:") for key in store("KEYS", "*"))
