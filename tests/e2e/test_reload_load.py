"""Reloads under load, good and bad files in turn: no request fails, no connection is closed, and memory stays.

GATE_RELOADS=100 is the whole measure; ctest makes fewer. And two route tables in turn: no request sees a mixture.
"""
import collections
import os
import re
import subprocess
import threading

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request
from harness.load import UpstreamProcess
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.sidecar import merged
from harness.server import reply
from harness.wait import SANITIZER, eventually

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


# ---- two route tables in turn ---------------------------------------------------------------------------------------
TABLE_RELOADS = int(os.environ.get("GATE_RELOADS") or (30 if SANITIZER else 100))
CLIENTS = 4
# What one table says of a path, the other one says otherwise in every part: access, upstream, identity field and name.
TABLES = {
    "a": {"auth": {"header_name": "X-Account-A"},
          "routes": [{"path": "/x", "auth": "none", "upstream": "one", "name": "a"},
                     {"path": "/y", "auth": "required", "upstream": "two", "name": "a"},
                     {"path": "/z", "auth": "deny", "upstream": "one", "name": "a"}]},
    "b": {"auth": {"header_name": "X-Account-B"},
          "routes": [{"path": "/x", "auth": "required", "upstream": "two", "name": "b"},
                     {"path": "/y", "auth": "none", "upstream": "one", "name": "b"},
                     {"path": "/z", "auth": "optional", "upstream": "two", "name": "b"}]},
}
# (path, with a token) -> what each table as a whole makes of it: status, upstream and identity field.
WHOLE = {
    ("/x", False): {"a": "200 one -", "b": "401"},
    ("/x", True): {"a": "200 one -", "b": "200 two x-account-b"},
    ("/y", False): {"a": "401", "b": "200 one -"},
    ("/y", True): {"a": "200 two x-account-a", "b": "200 one -"},
    ("/z", False): {"a": "403", "b": "200 two -"},
    ("/z", True): {"a": "403", "b": "200 two x-account-b"},
}
# The same, as the access log tells it.
REASONS = {("/x", "a"): {"public_path"}, ("/x", "b"): {"token_missing", "token_verified"},
           ("/y", "a"): {"token_missing", "token_verified"}, ("/y", "b"): {"public_path"},
           ("/z", "a"): {"path_denied"}, ("/z", "b"): {"no_token", "token_verified"}}


def tells_what_has_arrived(name):
    def handler(exchange):
        fields = [n.lower() for n, value in exchange.head.fields if value == ACCOUNT]
        reply(200, ("%s %s" % (name, ",".join(fields) or "-")).encode())(exchange)
    return handler


class Client(threading.Thread):
    """Asks for every path in turn on one connection, and counts the answers."""

    def __init__(self, sidecar, stop):
        super().__init__(daemon=True)
        self.sidecar, self.stop, self.seen, self.failure = sidecar, stop, collections.Counter(), None

    def run(self):
        try:
            with self.sidecar.connect() as connection:
                while not self.stop.is_set():
                    for path, has_token in WHOLE:
                        answer = connection.exchange(request("GET", path, TOKEN if has_token else None))
                        told = " " + answer.body.decode() if answer.status == 200 else ""
                        self.seen[path, has_token, "%d%s" % (answer.status, told)] += 1
        except (AssertionError, EOFError, OSError) as problem:
            self.failure = problem


def test_each_request_is_decided_by_one_of_two_route_tables_as_a_whole(start_sidecar, start_server, tmp_path):
    path = tmp_path / "admin-token"
    path.write_text(ADMIN_TOKEN, encoding="utf-8")
    upstreams = {name: {"url": start_server(tells_what_has_arrived(name)).url} for name in ("one", "two")}
    sidecar = Reloadable(start_sidecar(merged({"admin": {"address": "127.0.0.1:0", "token_file": str(path)}, "upstreams": upstreams},
                                              TABLES["a"])))
    assert sidecar.ask("/y", TOKEN).status == 200  # the token is known
    stop = threading.Event()
    clients = [Client(sidecar, stop) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    for number in range(TABLE_RELOADS):
        before = sum(sum(each.seen.values()) for each in clients)
        assert sidecar.reload(TABLES["ba"[number % 2]])["generation"] == 2 + number
        eventually(lambda count=before: sum(sum(each.seen.values()) for each in clients) > count + 2 * len(WHOLE)
                   or any(each.failure for each in clients), "requests by this table")
    stop.set()
    for each in clients:
        each.join(60)
    assert [each.failure for each in clients] == [None] * CLIENTS
    seen = sum((each.seen for each in clients), collections.Counter())
    print(sum(seen.values()), "requests over", TABLE_RELOADS, "reloads")
    whole = {(path, has_token, told) for (path, has_token), tables in WHOLE.items() for told in tables.values()}
    assert set(seen) == whole, set(seen) ^ whole
    logged = [e for e in sidecar.log() if e.get("url.path") in ("/x", "/y", "/z")]
    assert len(logged) > 100
    for line in logged:
        assert line["gate.reason"] in REASONS[line["url.path"], line["gate.route"]], line
