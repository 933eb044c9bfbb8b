"""Many clients, many tokens, a slow Gate."""
import math
import time

import pytest

from harness.load import Load, UpstreamProcess
from harness.wait import SANITIZER

TOTAL = 10_000 if SANITIZER else 100_000
TOKENS = {"agt_load%04d" % n: "gacct_load%04d" % n for n in range(1000)}
TTL = 2.0


@pytest.fixture
def quick_upstream(started):
    return started.add(UpstreamProcess())


def test_many_requests_with_many_tokens_cost_one_call_per_token_and_ttl(start_sidecar, start_gate, quick_upstream):
    gate = start_gate("--latency", "50ms", tokens=TOKENS)
    sidecar = start_sidecar({
        "cache": {"ttl": "%gs" % TTL, "refresh_ahead": False},
        "limits": {"verifications": 1000, "verification_queue": 1000},
        "gate": {"budget": {"limit": 1_000_000, "unknown": 1_000_000}},
    }, gate=gate, upstream=quick_upstream)
    began = time.monotonic()
    statuses = Load(sidecar.port, list(TOKENS), TOTAL, connections=64).run(within=120)
    took = time.monotonic() - began
    print("%d requests in %.1f s, %s calls to Gate" % (TOTAL, took, gate.calls()))
    assert statuses == {"200": TOTAL}
    periods = math.ceil(took / TTL)
    calls = gate.state()["calls_per_token"]
    assert set(calls) == set(TOKENS)
    assert max(calls.values()) <= periods
    quick_upstream.stop()
    assert quick_upstream.without_identity == []
    assert sidecar.metric("gate_decisions_total", verdict="allow") == TOTAL
