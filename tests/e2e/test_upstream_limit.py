"""limits.upstream_connections counts over all workers, and what one worker does not need goes to another that does."""
import collections
import contextlib
import functools
import threading

import pytest

from harness import TOKEN
from harness.http import request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.server import reply, silent
from harness.wait import eventually, pause

ROUNDS, CONNECTIONS = 20, 8
ASK = request("GET", "/", TOKEN)


def start(start_sidecar, workers, connections, **limits):
    return start_sidecar({"workers": workers, "upstream": {"idle_timeout": "0s"},
                          "limits": {"upstream_connections": connections, "upstream_wait": "0s", "upstream_share": "100%", **limits}})


def held_of(sidecar, asked):
    """How many of `asked` requests hold a connection to the upstream; the others were refused."""
    def held():
        return int(sidecar.metric("upstream_connections", state="active"))
    eventually(lambda: held() + sidecar.metric("gate_request_failures_total", reason="upstream_busy") >= asked, "an answer to each request")
    return held()


def test_more_workers_than_upstream_connections_do_not_exceed_them(start_sidecar, upstream):
    upstream.handler = silent
    sidecar = start(start_sidecar, workers=4, connections=1)
    with contextlib.ExitStack() as held:
        for _ in range(16):
            held.enter_context(sidecar.connect()).send(ASK)
        assert held_of(sidecar, 16) == 1


def test_no_worker_refuses_while_another_has_connections_to_spare(start_sidecar, upstream):
    """In one round of four, both workers get the same number of requests by chance: in twenty rounds they do not."""
    upstream.handler = silent
    sidecar = start(start_sidecar, workers=2, connections=CONNECTIONS)
    for _ in range(ROUNDS):
        with contextlib.ExitStack() as held:
            before = sidecar.metric("gate_request_failures_total", reason="upstream_busy")
            for _ in range(CONNECTIONS):
                client = sidecar.connect()
                held.callback(client.reset)  # who only ends its own side still waits for its answer
                client.send(ASK)
            assert held_of(sidecar, before + CONNECTIONS) == CONNECTIONS
        eventually(lambda: sidecar.metric("upstream_connections", state="active") == 0, "the end of the round")


@pytest.mark.parametrize("connections", [1, 3])
def test_an_idle_connection_goes_to_the_worker_that_needs_it(start_sidecar, upstream, connections):
    """It is handed over as it is: nothing is refused although nothing may wait, and nothing is opened anew."""
    sidecar = start_sidecar({"workers": 2, "upstream": {"idle_timeout": "60s"},
                             "limits": {"upstream_connections": connections, "upstream_wait": "0s"}})
    for _ in range(24):
        with contextlib.ExitStack() as held:
            clients = [held.enter_context(sidecar.connect()) for _ in range(4)]
            assert [client.exchange(ASK).status for client in clients] == [200] * 4
    assert upstream.connections <= connections


class Peak:
    """How many connections have been in use at the same time."""

    def __init__(self):
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __enter__(self):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self._lock:
            self.now -= 1


def clients_in_turn(sidecar, number, requests, target):
    """The statuses of `number` clients, of which each asks `requests` times."""
    statuses = collections.Counter()

    def ask():
        with sidecar.connect() as client:
            for _ in range(requests):
                statuses[client.exchange(request("GET", target, TOKEN)).status] += 1
    threads = [threading.Thread(target=ask) for _ in range(number)]
    for thread in threads:
        thread.start()
    return statuses, threads


@pytest.mark.parametrize("connections", [1, 3, 7])
def test_slow_and_fast_requests_share_the_connections_of_all_workers(start_sidecar, upstream, connections):
    """Never more than the limit, and everybody is served, whichever worker has the connections."""
    used, answer = Peak(), reply()

    def serve(exchange):
        with used:
            if exchange.head.target == "/slow":
                pause(0.03)
            answer(exchange)
    upstream.handler = serve
    sidecar = start_sidecar({"workers": 2, "limits": {"upstream_connections": connections, "upstream_share": "100%", "upstream_wait": "60s"}})
    slow, slow_threads = clients_in_turn(sidecar, 6, 10, "/slow")
    fast, fast_threads = clients_in_turn(sidecar, 6, 40, "/fast")
    for thread in slow_threads + fast_threads:
        thread.join(60)
    assert (slow, fast) == ({200: 60}, {200: 240})
    assert used.most <= connections
    eventually(lambda: sidecar.metric("upstream_connections", state="active") == 0, "the end of the last requests")
    assert sidecar.metric("upstream_connections", state="idle") <= connections


@pytest.fixture
def reloadable(start_sidecar, tmp_path):
    token = tmp_path / "admin-token"
    token.write_text(ADMIN_TOKEN + "\n", encoding="utf-8")

    def start_it(**limits):
        return Reloadable(start_sidecar({"workers": 2, "admin": {"address": "127.0.0.1:0", "token_file": str(token)},
                                         "limits": {"upstream_wait": "0s", "upstream_share": "100%", **limits}}))
    return start_it


def test_a_reload_of_something_else_does_not_start_the_count_anew(reloadable, upstream):
    upstream.handler = silent
    sidecar = reloadable(upstream_connections=2)
    with contextlib.ExitStack() as held:
        for asked, level in (8, "debug"), (16, "warn"), (24, "info"):
            for _ in range(8):
                held.enter_context(sidecar.connect()).send(ASK)
            assert held_of(sidecar, asked) == 2
            sidecar.reload({"log": {"level": level}})


def test_a_reload_changes_the_limit_of_all_workers(reloadable, upstream):
    """A higher one is there immediately; of a lower one, idle connections beyond it are closed."""
    sidecar = reloadable(upstream_connections=1)
    idle = functools.partial(sidecar.metric, "upstream_connections", state="idle")
    sidecar.reload({"limits": {"upstream_connections": 6}})
    upstream.handler = silent
    with contextlib.ExitStack() as held:
        for _ in range(12):
            client = sidecar.connect()
            held.callback(client.reset)
            client.send(ASK)
        assert held_of(sidecar, 12) == 6
    eventually(lambda: sidecar.metric("upstream_connections", state="active") == 0, "the end of these requests")
    upstream.handler = reply()
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(sidecar.connect()) for _ in range(6)]
        for client in clients:
            client.send(ASK)
        assert [client.response().status for client in clients] == [200] * 6
    sidecar.reload({"limits": {"upstream_connections": 1}})
    eventually(lambda: idle() <= 1, "idle connections beyond the limit to be closed")
    with sidecar.connect() as client:
        assert client.exchange(ASK).status == 200
