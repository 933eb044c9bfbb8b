"""A fleet whose store is a cluster, of one node that holds all slots."""
import pytest

from harness import TOKEN
from harness.fleet import one_call, revoke, status
from harness.server import port_kept
from harness.wait import eventually


@pytest.fixture
def store(start_store):
    with port_kept(("127.0.0.1", 0)) as bus:  # the default, 10000 above the other port, may be no port at all
        node = start_store("--cluster-enabled", "yes", "--cluster-port", bus.getsockname()[1])
        node("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        eventually(lambda: b"cluster_state:ok" in node("CLUSTER", "INFO"), "the cluster")
        yield node


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_new")


def test_one_call_and_one_revocation_for_all(start_fleet, store, gate, tokens):
    fleet = start_fleet(3, {"fleet": {"url": "redis+cluster://127.0.0.1:%d" % store.port}})

    def ask(token):
        assert [status(each, token) for each in fleet] == [200] * 3
    one_call(fleet, gate, tokens, ask)
    ask(TOKEN)
    assert revoke(fleet[0], TOKEN).get("fleet") != "pending"
    for each in fleet:
        eventually(lambda it=each: status(it, TOKEN) == 401, "the revocation", within=1)
