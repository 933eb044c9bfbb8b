"""What befalls the store: no request fails by it, and everything recovers by itself."""
import itertools
import pathlib
import re
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import in_parallel, is_connected, one_call, revoke, status, wait_for_fleet
from harness.relay import Relay
from harness.store import Client, StoreError
from harness.wait import PATIENCE, eventually


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_new")


@pytest.fixture
def fleet(start_fleet):
    return start_fleet(2)


def is_shared(fleet, gate, tokens):
    """Another token each time: one call for both replicas."""
    token = next(tokens)
    assert [status(each, token) for each in fleet] == [200] * len(fleet)
    return gate.calls(token) == 1


def must_be_shared(fleet, gate, tokens, first=lambda: None):
    """Immediately, without time to recover. `first` is done before each of one_call's tries."""
    def ask(token):
        first()
        assert [status(each, token) for each in fleet] == [200] * len(fleet)
    one_call(fleet, gate, tokens, ask)


def everything_recovers(fleet, gate, tokens):
    eventually(lambda: is_shared(fleet, gate, tokens), "one call for all again", within=3)


def test_without_a_store_each_replica_calls_as_if_there_were_none(fleet, store, gate):
    store.kill()
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert gate.calls(TOKEN) == 2
    eventually(lambda: not any(is_connected(each) for each in fleet), "the metric")
    assert all(each.operate("/readyz").status == 200 for each in fleet)


def test_readyz_says_that_the_store_is_away_and_stays_200(fleet, store):
    def told(sidecar):
        ready = sidecar.operate("/readyz")
        assert ready.status == 200
        return ready.json().get("detail", "")
    assert not any(told(each) for each in fleet)
    store.kill()
    for each in fleet:
        eventually(lambda it=each: "the store of the fleet is away" in told(it), "the detail")
    store.start()
    for each in fleet:
        eventually(lambda it=each: not told(it), "the end of the trouble", within=3)


def test_a_sidecar_starts_with_a_store_that_stands_still(start_fleet, store, gate, tokens):
    """It waits for the log for 1 s at most; the slack is for the start of the program itself."""
    store.freeze()
    began = time.monotonic()
    alone, = start_fleet(1, {"fleet": {"timeout": "250ms"}}, wait=False)
    assert alone.operate("/readyz").status == 200
    took = time.monotonic() - began
    assert took < 1.0 + 0.5 * PATIENCE, took
    assert [status(alone, token) for token in (TOKEN, next(tokens), "agt_unknown")] == [200, 200, 401]
    assert not is_connected(alone)
    store.thaw()
    wait_for_fleet([alone])


def test_a_sidecar_starts_without_the_store(start_fleet, store, gate):
    store.kill()
    alone, = start_fleet(1, wait=False)
    assert status(alone, TOKEN) == 200
    store.start()
    wait_for_fleet([alone])


def test_a_store_that_comes_back_empty_is_shared_again(fleet, store, gate, tokens):
    must_be_shared(fleet, gate, tokens)
    store.kill()
    assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    store.start()
    everything_recovers(fleet, gate, tokens)


def test_a_store_that_stands_still_delays_a_miss_by_three_commands_at_most(start_fleet, store, gate, tokens):
    fleet = start_fleet(2, {"fleet": {"timeout": "250ms"}})
    everything_recovers(fleet, gate, tokens)
    store.freeze()
    began = time.monotonic()
    assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    took = time.monotonic() - began
    store.thaw()
    assert took < 2 * (3 * 0.25 + 0.2 * PATIENCE), took
    everything_recovers(fleet, gate, tokens)


def test_a_wiped_store_keeps_no_revocation_from_a_new_replica(fleet, store, start_fleet, gate):
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    revoke(fleet[0], TOKEN)
    store("FLUSHALL")
    eventually(lambda: store.log_length() >= 1, "the revocation to be sent again")
    calls = gate.calls(TOKEN)
    newcomer, = start_fleet(1)
    assert status(newcomer, TOKEN) == 401
    assert gate.calls(TOKEN) == calls, "the newcomer had to ask"


def test_a_store_wiped_again_and_again_breaks_nothing(fleet, store, gate, tokens):
    for token in itertools.islice(tokens, 20):
        store("FLUSHALL")
        assert in_parallel([lambda it=each, t=token: status(it, t) for each in fleet]) == [200] * 2
    everything_recovers(fleet, gate, tokens)


def test_a_revocation_without_the_store_is_pending_and_arrives(fleet, store):
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    store.kill()
    eventually(lambda: not is_connected(fleet[0]), "the metric")
    assert revoke(fleet[0], TOKEN)["fleet"] == "pending"
    assert status(fleet[0], TOKEN) == 401 and status(fleet[1], TOKEN) == 200
    store.start()
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)


def test_a_block_without_the_store_arrives(fleet, store):
    store.kill()
    eventually(lambda: not is_connected(fleet[0]), "the metric")
    assert operate(fleet[0], "POST", "/block", {"account": "gacct_valid"}).json()["fleet"] == "pending"
    store.start()
    eventually(lambda: status(fleet[1], TOKEN) == 403, "the block", within=3)


def test_a_lifting_without_the_store_is_pending_and_arrives(fleet, store):
    assert "fleet" not in operate(fleet[0], "POST", "/block", {"account": ACCOUNT}).json()
    eventually(lambda: status(fleet[1], TOKEN) == 403, "the block")
    store.kill()
    eventually(lambda: not is_connected(fleet[0]), "the metric")
    assert operate(fleet[0], "POST", "/unblock", {"account": ACCOUNT}).json()["fleet"] == "pending"
    assert status(fleet[0], TOKEN) == 200 and status(fleet[1], TOKEN) == 403
    store.start()
    eventually(lambda: status(fleet[1], TOKEN) == 200, "the lifting", within=3)
    assert status(fleet[0], TOKEN) == 200


def test_a_purge_without_the_store_is_pending_and_arrives(fleet, store, gate):
    """The other replica keeps what it knows until it hears of the purge: then it has to ask."""
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    store.kill()
    eventually(lambda: not is_connected(fleet[0]), "the metric")
    assert operate(fleet[0], "POST", "/purge", {"all": True}).json()["fleet"] == "pending"
    before = gate.calls(TOKEN)
    assert status(fleet[1], TOKEN) == 200 and gate.calls(TOKEN) == before
    store.start()
    eventually(lambda: status(fleet[1], TOKEN) == 200 and gate.calls(TOKEN) > before, "the purge", within=3)


def test_a_full_store_costs_calls_and_nothing_else(fleet, store, gate, tokens):
    store("CONFIG", "SET", "maxmemory", "1")
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    answer = revoke(fleet[0], TOKEN)
    assert answer["fleet"] == "pending" and status(fleet[0], TOKEN) == 401
    store("CONFIG", "SET", "maxmemory", "0")
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)
    everything_recovers(fleet, gate, tokens)


def evict_the_log(store):
    """Others fill the store, with keys that live longer than ours, until it has thrown the fleet's log away."""
    for number in itertools.count():
        assert number < 5000, "the log is still there"
        store("SET", "filler%d" % number, b"x" * 65536, "EX", 100_000)
        if not store.keys(":ev"):
            return


@pytest.mark.parametrize("policy", ["allkeys-random", "volatile-ttl"])
def test_a_store_that_evicts_costs_calls_and_nothing_else(fleet, store, start_fleet, gate, tokens, policy):
    must_be_shared(fleet, gate, tokens)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    used = int(re.search(r"used_memory:(\d+)", store("INFO", "memory").decode())[1])
    store("CONFIG", "SET", "maxmemory-policy", policy)
    store("CONFIG", "SET", "maxmemory", used + (1 << 20))
    evict_the_log(store)
    for token in itertools.islice(tokens, 20):
        assert [status(each, token) for each in fleet] == [200] * 2
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=3)
    evict_the_log(store)
    store("CONFIG", "SET", "maxmemory", "0")
    eventually(lambda: store.log_length() >= 1, "the revocation to be sent again")
    calls = gate.calls(TOKEN)
    newcomer, = start_fleet(1)
    assert [status(each, TOKEN) for each in [*fleet, newcomer]] == [401] * 3
    assert gate.calls(TOKEN) == calls, "the newcomer had to ask"
    everything_recovers(fleet, gate, tokens)


def test_a_read_only_store_costs_calls_and_nothing_else(fleet, store, gate, tokens):
    store("REPLICAOF", "127.0.0.1", "1")
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    store("REPLICAOF", "NO", "ONE")
    everything_recovers(fleet, gate, tokens)


def test_scripts_that_the_store_has_forgotten_are_sent_again(fleet, store, gate, tokens):
    must_be_shared(fleet, gate, tokens)
    must_be_shared(fleet, gate, tokens, first=lambda: store("SCRIPT", "FLUSH"))


def test_connections_that_the_store_closes_are_made_again(fleet, store, gate, tokens):
    for _ in range(3):
        store("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    everything_recovers(fleet, gate, tokens)


def test_an_owner_that_is_frozen_is_waited_for_no_longer_than_its_lock(fleet, store, gate):
    gate.fault(latency="500ms")
    first, second = fleet
    with first.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN.encode())
        eventually(lambda: store.keys(":l:"), "the lock")
        first.process.freeze()
        gate.heal()
        assert status(second, TOKEN) == 200
        first.process.thaw()
        assert connection.response().status == 200
    assert gate.calls(TOKEN) == 2


def test_a_store_that_asks_for_a_password_gets_it(start_store, start_fleet, gate):
    store = start_store()
    store("ACL", "SETUSER", "gate", "on", ">pass", "resetkeys", "~{gate:*", "+@all")
    store("ACL", "SETUSER", "default", "off")
    fleet = start_fleet(2, {"fleet": {"username": "gate"}}, store=store, env={"GATE_SIDECAR_FLEET_PASSWORD": "pass"})
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert gate.calls(TOKEN) == 1
    stranger = Client.to_socket(store.socket)
    with pytest.raises(StoreError):
        stranger("PING")
    stranger.close()


def test_a_password_that_the_store_repeats_is_not_logged(start_store, start_fleet, gate):
    """Rule 25. A store that does not know a command answers with its arguments."""
    store = start_store("--rename-command", "AUTH", "")
    alone, = start_fleet(1, store=store, wait=False, env={"GATE_SIDECAR_FLEET_PASSWORD": "open-sesame"})
    event = alone.wait_for_log(lambda e: e.get("error.type") == "login_refused")
    assert event["error.message"] == "ERR"
    assert status(alone, TOKEN) == 200
    alone.terminate()
    alone.wait()
    assert "open-sesame" not in "\n".join(alone.process.out.all())


def test_a_user_without_a_password_is_not_the_default_user(start_store, start_fleet, gate):
    store = start_store()
    store("ACL", "SETUSER", "gate", "on", "nopass", "resetkeys", "~{gate:*", "+@all")
    fleet = start_fleet(2, {"fleet": {"username": "gate"}}, store=store)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    users = [line.split("user=")[1].split()[0] for line in store("CLIENT", "LIST").decode().splitlines()]
    assert sorted(users) == ["default"] + ["gate"] * 4


def acl_line():
    """The README's, as words."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^```\n(ACL SETUSER gate .*?)^```", text, re.M | re.S).group(1)
    return block.replace(">PASSWORD", ">pass").split()


def test_the_rights_that_the_readme_gives_are_enough_and_no_more(start_store, start_fleet, gate, tokens):
    store = start_store()
    store(*acl_line())
    rights = {word[1:].partition("|")[0].upper() for word in acl_line() if word.startswith("+")}
    fleet = start_fleet(2, {"fleet": {"username": "gate"}}, store=store, env={"GATE_SIDECAR_FLEET_PASSWORD": "pass"})
    must_be_shared(fleet, gate, tokens)
    for suffix in (":c", ":k", ":n", ":b", ":ev"):
        key = store.log()[:-len(":ev")] + suffix.encode()
        store("DEL", key)
        store("SET", key, "of a wrong type")
        assert [status(each, next(tokens)) for each in fleet] == [200] * 2
    assert status(fleet[0], TOKEN) == 401 or revoke(fleet[0], TOKEN)
    assert operate(fleet[0], "POST", "/block", {"account": "gacct_number"}).status == 200
    everything_recovers(fleet, gate, tokens)
    assert not store("ACL", "LOG"), "a command was refused"
    used = {line.split(":")[0].removeprefix("cmdstat_").partition("|")[0].upper()
            for line in store("INFO", "commandstats").decode().splitlines() if line.startswith("cmdstat_")}
    ours = {"ACL", "INFO", "PING", "KEYS", "DEL", "SET", "AUTH", "HELLO", "CLIENT", "CONFIG", "COMMAND"}
    assert used - ours <= rights


@pytest.fixture
def relay(started, store):
    return started.add(Relay(store.port))


@pytest.fixture
def relayed(relay, start_fleet):
    return start_fleet(2, {"fleet": {"url": relay.url, "timeout": "50ms"}})


def test_a_store_that_is_40_ms_away_is_shared(relay, start_fleet, gate, tokens):
    """With time left for a busy machine: what comes after fleet.timeout is late, and each replica goes on alone."""
    fleet = start_fleet(2, {"fleet": {"url": relay.url}})
    relay.delay = 0.04
    everything_recovers(fleet, gate, tokens)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    revoke(fleet[0], TOKEN)
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=1)


def test_a_store_that_takes_2_s_is_done_without(relayed, relay, gate, tokens):
    relay.delay = 2.0
    began = time.monotonic()
    assert [status(each, next(tokens)) for each in relayed for _ in range(5)] == [200] * 10
    assert time.monotonic() - began < 10 * (0.15 + 0.1 * PATIENCE)
    relay.delay = 0.0
    everything_recovers(relayed, gate, tokens)


def test_replies_that_end_in_their_middle_fail_no_request(relayed, relay, gate, tokens):
    for length in (1, 7, 40, 200, 900):
        cuts = relay.cuts
        relay.cut_after = length
        assert [status(each, next(tokens)) for each in relayed] == [200] * 2
        eventually(lambda before=cuts: relay.cuts > before, "the cut")
    everything_recovers(relayed, gate, tokens)


def test_an_address_that_leads_to_another_store_is_followed(relayed, relay, start_store, store, gate, tokens):
    """A fail-over behind one name: what was the store lives on, and may only be read."""
    everything_recovers(relayed, gate, tokens)
    other = start_store()
    store("REPLICAOF", "127.0.0.1", "1")
    relay.target = other.port
    everything_recovers(relayed, gate, tokens)
    revoke(relayed[0], TOKEN)
    eventually(lambda: status(relayed[1], TOKEN) == 401, "the revocation", within=3)
    assert other.log_length() >= 1
