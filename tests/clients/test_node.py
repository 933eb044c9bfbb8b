"""Node's http, undici, ws and eventsource through the sidecar to Node's http server: the tests of node/*.mjs."""
import pytest

from harness import TOKEN
from harness.wait import eventually
from tools.node import NodeTest, names_in

TESTS = [pytest.param(module, name) for module in ("http", "undici", "ws", "eventsource") for name in names_in(module)]


@pytest.mark.parametrize("module, name", TESTS)
def test_node(start_sidecar, started, module, name):
    test = started.add(NodeTest(module, name))
    sidecar = start_sidecar(upstream=test)
    test.run(sidecar, TOKEN)
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request", within=30)
