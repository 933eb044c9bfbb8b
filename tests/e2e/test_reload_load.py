"""Reloads under load, good and bad files in turn: no request fails, no connection is closed, and memory stays.

GATE_RELOADS=100 is the whole measure; ctest makes fewer.
"""
import os
import re
import subprocess

import pytest

from harness import TOKEN
from harness.load import UpstreamProcess
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.sidecar import merged
from harness.wait import SANITIZER

RELOADS = int(os.environ.get("GATE_RELOADS") or (10 if SANITIZER else 24))
CONNECTIONS = 32
SETTLED = 10  # reloads after which nothing is taken for the first time any more
MOST_GROWTH = 2 * 1024 * 1024
# In turn: what a reload takes over, and what it refuses.
GOOD = [{"cache": {"ttl": "50s"}, "log": {"access": False}},
        {"cache": {"ttl": "60s"}, "log": {"access": True}, "auth": {"public_paths": ["/open"]}},
        {"limits": {"upstream_connections": 500, "keep_alive_timeout": "60s"}, "gate": {"timeout": "4s"}},
        {"limits": {"upstream_connections": 1000}, "auth": {"public_paths": []}, "upstream": {"response_timeout": "50s"}}]
BAD = ["", "auth: {mode: none}\n", "cache: [\n"]


@pytest.fixture
def upstreams(started):
    return [started.add(UpstreamProcess()) for _ in range(2)]


@pytest.fixture
def sidecar(start_sidecar, upstreams, tmp_path):
    path = tmp_path / "admin-token"
    path.write_text(ADMIN_TOKEN, encoding="utf-8")
    config = {"admin": {"address": "127.0.0.1:0", "token_file": str(path)}}
    return Reloadable(start_sidecar(config, upstream=upstreams[0]))


def start_load(sidecar, seconds):
    return subprocess.Popen(
        ["wrk", "-t1", "-c%d" % CONNECTIONS, "-d%ds" % seconds, "-H", "Authorization: Bearer " + TOKEN,
         "http://127.0.0.1:%d/load" % sidecar.port], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ports_of_clients(port):
    """From which the connections to `port` come that are open: one that was closed and opened again has another."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    ends = [(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16), row[3]) for row in rows]
    return {own for own, other, state in ends if other == port and state == "01"}


def test_reloads_under_load(sidecar, upstreams):
    assert sidecar.ask("/", TOKEN).status == 200
    load = start_load(sidecar, 3600)
    try:
        resident = []
        for number in range(RELOADS):
            if number % 2 == 0:
                good = merged(GOOD[number // 2 % len(GOOD)], {"upstream": {"url": upstreams[number // 4 % 2].url}})
                assert sidecar.reload(good)["generation"] == 2 + number // 2
            else:
                sidecar.refused(BAD[number // 2 % len(BAD)])
            resident.append(sidecar.rss())
            if number == 0:
                at_first = ports_of_clients(sidecar.port)
            assert load.poll() is None, load.stdout.read()
        assert len(at_first) == CONNECTIONS and ports_of_clients(sidecar.port) == at_first
    finally:
        load.send_signal(2)
        told = load.communicate(timeout=60)[0]
    growth = max(resident[SETTLED - 1:]) - resident[min(SETTLED, len(resident)) - 1]
    print(told)
    print("RSS after reload %d: %d KiB; at most %d KiB more after that" % (SETTLED, resident[SETTLED - 1] // 1024, growth // 1024))
    assert int(re.search(r"(\d+) requests in", told).group(1)) > RELOADS
    assert "Non-2xx" not in told and "Socket errors" not in told, told
    assert growth <= MOST_GROWTH or SANITIZER
    assert sidecar.metric("config_reloads_total", what="config", result="success") == (RELOADS + 1) // 2
    assert sidecar.metric("config_reloads_total", what="config", result="failure") == RELOADS // 2
