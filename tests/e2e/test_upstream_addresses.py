"""An API whose name has several addresses: which one is tried first, what an absent one costs, and what happens when they change.

All addresses are on the loopback, at one port; a preloaded library resolves the name, and takes its time while it has none.
"""
import socket
import threading
import time

import pytest

from harness import TOKEN
from harness.names import NAME, set_addresses
from harness.wait import SANITIZER, eventually

HEAD_START = 0.25

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer wants to be loaded first")


@pytest.fixture
def start(start_sidecar, upstream, name, names_environment):
    """A sidecar of one worker whose upstream is NAME at the port of `upstream`, with these addresses; none: see set_addresses."""
    def start_with(*addresses, **options):
        if addresses:
            set_addresses(name, *addresses)
        config = {"workers": 1, "upstream": {"url": "http://%s:%d" % (NAME, upstream.port), "connect_timeout": "20s",
                                             "idle_timeout": "0s", **options}}
        return start_sidecar(config, env=names_environment)
    return start_with


@pytest.fixture
def silent(upstream):
    """An address that answers no SYN at the port of `upstream`."""
    host = "127.0.0.2"
    listener = socket.create_server((host, upstream.port), backlog=0)
    waiting = []
    for _ in range(4):  # more than its queue takes
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((host, upstream.port))
        waiting.append(one)
    yield host
    for each in (*waiting, listener):
        each.close()


def seconds_of_answer(sidecar):
    began = time.monotonic()
    assert sidecar.ask("/", TOKEN).status == 200
    return time.monotonic() - began


class Asking(threading.Thread):
    """A request whose answer may be late."""

    def __init__(self, sidecar):
        super().__init__(daemon=True)
        self.sidecar, self.answer = sidecar, None
        self.start()

    def run(self):
        self.answer = self.sidecar.ask("/", TOKEN)


def test_the_first_requests_wait_until_the_name_has_been_resolved(start, name, upstream):
    sidecar = start()
    asking = [Asking(sidecar) for _ in range(3)]
    eventually(lambda: sidecar.metric("upstream_connections", state="active") == 3, "the requests to wait for the upstream")
    assert not any(each.answer for each in asking) and upstream.connections == 0
    set_addresses(name, "127.0.0.1")
    eventually(lambda: all(each.answer for each in asking), "the answers")
    assert [each.answer.status for each in asking] == [200] * 3


def test_a_name_that_is_not_resolved_in_time_is_a_502(start, name):
    sidecar = start(connect_timeout="400ms")
    began = time.monotonic()
    answer = sidecar.ask("/", TOKEN)
    assert (answer.status, answer.error["code"]) == (502, "upstream_unreachable")
    assert time.monotonic() - began >= 0.4
    set_addresses(name, "127.0.0.1")
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the name to be resolved")


def test_a_name_that_has_no_address_is_a_502_immediately(start, name):
    name.touch()
    sidecar = start()
    began = time.monotonic()
    answer = sidecar.ask("/", TOKEN)
    assert (answer.status, answer.error["code"]) == (502, "upstream_unreachable")
    assert time.monotonic() - began < 15
    set_addresses(name, "127.0.0.1")
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the name to be resolved")


def test_an_address_that_does_not_answer_costs_a_head_start_once(start, silent, upstream):
    sidecar = start(silent, "127.0.0.1")
    assert HEAD_START <= seconds_of_answer(sidecar) < 15
    assert min(seconds_of_answer(sidecar) for _ in range(10)) < HEAD_START
    assert upstream.connections >= 11  # each request had a connection of its own


def test_an_address_that_refuses_costs_nothing(start):
    assert seconds_of_answer(start("127.0.0.3", "127.0.0.4", "127.0.0.1")) < 15


def test_both_families_are_tried(start):
    seconds_of_answer(start("::1", "127.0.0.1"))
    seconds_of_answer(start("127.0.0.3", "::1", "127.0.0.4", "127.0.0.1"))


def test_only_silent_addresses_are_a_504(start, silent):
    sidecar = start(silent, silent, connect_timeout="400ms")
    answer = sidecar.ask("/", TOKEN)
    assert answer.status == 504 and answer.error["code"] == "upstream_connect_timeout"


def test_connections_to_an_address_that_has_gone_are_closed(start, start_server, upstream, name):
    other = start_server(port=upstream.port, host="127.0.0.2")
    sidecar = start("127.0.0.1", idle_timeout="10m")
    seconds_of_answer(sidecar)
    before = upstream.connections
    assert sidecar.ask("/", TOKEN).status == 200 and upstream.connections == before
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 1, "the connection to be given back")
    set_addresses(name, "127.0.0.2")
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 0, "the idle connection to be closed", within=15)
    assert sidecar.ask("/", TOKEN).status == 200
    assert other.connections == 1 and upstream.connections == before
