"""One minute of random tokens, 2 000 a second, from everywhere: those whose tokens are good do not notice."""
import os
import subprocess
import threading
import time

import pytest

from harness.load import UpstreamProcess
from harness.wait import SANITIZER

GOOD = {"agt_good%03d" % n: "gacct_good%03d" % n for n in range(200)}
SECONDS = 10 if SANITIZER else 60
LIMIT, UNKNOWN = 600, 240

# Each thread of wrk runs a copy: the seeds differ. With a pause of 20 ms, 40 connections make 2 000 requests a second.
RANDOM_TOKENS = """
local letters = "abcdefghijklmnopqrstuvwxyz0123456789"
function setup(thread) thread:set("seed", tonumber(tostring(thread):match("0x(%x+)"), 16) % 1000000007) end
function init() math.randomseed(seed) end
function delay() return 20 end
function request()
  local token = {}
  for i = 1, 26 do local at = math.random(#letters); token[i] = letters:sub(at, at) end
  return wrk.format("GET", "/flood", {
    ["Authorization"] = "Bearer agt_" .. table.concat(token),
    ["X-Forwarded-For"] = string.format("10.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(1, 254)),
  })
end
"""


class Users:
    """Whoever holds a good token, one request after the other, until told to stop."""

    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.statuses = {}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        tokens = list(GOOD)
        number = 0
        while not self.stopped.is_set():
            status = self.sidecar.ask("/good", tokens[number % len(tokens)]).status
            self.statuses[status] = self.statuses.get(status, 0) + 1
            number += 1
            self.stopped.wait(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


@pytest.fixture
def upstream(started):
    return started.add(UpstreamProcess())


def test_a_flood_of_random_tokens_costs_its_lane_and_nobody_else(start_gate, start_sidecar, upstream, tmp_path):
    gate = start_gate("--limit", LIMIT, "--latency", "20ms", tokens=GOOD)
    sidecar = start_sidecar({
        "workers": 1,
        "forwarded": {"trusted_proxies": ["127.0.0.1"]},
        "log": {"access": False},
    }, gate=gate, upstream=upstream)
    for token in GOOD:
        assert sidecar.ask("/warm", token).status == 200

    script = tmp_path / "random.lua"
    script.write_text(RANDOM_TOKENS, encoding="utf-8")
    began = time.monotonic()
    with Users(sidecar) as users:
        flood = subprocess.run(["wrk", "-t2", "-c40", "-d%ds" % SECONDS, "-s", script, "--timeout", "30s",
                                "http://127.0.0.1:%d/" % sidecar.port], capture_output=True, text=True, check=True,
                               timeout=SECONDS + 60, env={**os.environ, "LC_ALL": "C"})
    took = time.monotonic() - began
    state = gate.state()
    good_calls = sum(calls for token, calls in state["calls_per_token"].items() if token in GOOD)
    unknown_calls = state["verify"]["total"] - good_calls
    print(flood.stdout)
    print("%.0f s; good tokens: %s, %d calls; unknown tokens: %d calls" % (took, users.statuses, good_calls, unknown_calls))

    assert set(users.statuses) == {200}
    assert users.statuses[200] > SECONDS
    assert 0 < unknown_calls <= UNKNOWN
    assert state["verify"]["429"] == 0
    assert state["early_calls"] == 0
    assert sidecar.metric("gate_decisions_total", reason="gate_budget_spent") > 0
    assert sidecar.rss() < (500_000_000 if SANITIZER else 100_000_000)
