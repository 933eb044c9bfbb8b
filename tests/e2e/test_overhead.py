"""What the proxy adds to a request (gate_overhead_seconds), and how old the answers are that it uses (gate_token_age_seconds).

What is not ours is held up by the test for as long as HELD, and then must not be in our time; what is ours must be. A machine that is slow
makes both sides of each comparison longer, and none of them wrong.
"""
import threading
import time

from harness import TOKEN
from harness.http import request
from harness.server import accepts, held, raw, reply
from harness.wait import eventually, pause
from test_upgrade import HANDSHAKE, switch_and_echo

HELD = 0.25
OVERHEAD, AGE = "gate_overhead_seconds", "gate_token_age_seconds"
DURATION = "http_server_request_duration_seconds"


class Times:
    """How long all requests took, and how much of it is ours, once `count` of them have ended."""

    def __init__(self, sidecar, count):
        eventually(lambda: sidecar.metric(DURATION + "_count") == count, "%d requests to be counted" % count)
        self.whole, self.ours = sidecar.metric(DURATION + "_sum"), sidecar.metric(OVERHEAD + "_sum")
        self.count = sidecar.metric(OVERHEAD + "_count")

    @property
    def others(self):
        return self.whole - self.ours


def waiting(handler):
    """The handler, HELD after the request has come."""
    def later(exchange):
        pause(HELD)
        handler(exchange)
    return later


def test_the_time_of_the_upstream_is_not_ours(sidecar, upstream):
    upstream.handler = waiting(reply())
    assert sidecar.ask("/", TOKEN).status == 200
    times = Times(sidecar, 1)
    assert times.count == 1 and times.ours > 0 and times.others >= HELD


def test_the_time_of_a_body_is_not_ours(sidecar, upstream):
    def in_two_parts(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        pause(HELD)
        exchange.connection.send(b"k")
    upstream.handler = in_two_parts
    assert sidecar.ask("/", TOKEN).body == b"ok"
    times = Times(sidecar, 1)
    assert times.count == 1 and times.others >= HELD


def test_the_time_of_an_upload_is_not_ours(sidecar, upstream):
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "2")]) + b"a")
        upstream.wait_for_request()
        pause(HELD)
        client.send(b"b")
        assert client.response().status == 200
    times = Times(sidecar, 1)
    assert times.count == 1 and times.others >= HELD


def test_the_time_that_a_client_takes_for_its_head_is_not_ours(sidecar):
    whole = request("GET", "/", TOKEN)
    with sidecar.connect() as client:
        client.send(whole[:20])
        eventually(lambda: sidecar.metric("downstream_connections", state="active") == 1, "the first part to be read")
        pause(HELD)
        client.send(whole[20:])
        assert client.response().status == 200
    times = Times(sidecar, 1)
    assert times.count == 1 and times.others >= HELD


def test_of_a_websocket_the_handshake_counts_and_not_its_life(sidecar, upstream):
    upstream.handler = switch_and_echo
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        pause(HELD)
    times = Times(sidecar, 1)
    assert times.count == 1 and times.others >= HELD


def test_the_wait_for_gate_is_ours(start_server, start_sidecar):
    gate = start_server(waiting(accepts("gacct_1")))
    sidecar = start_sidecar(gate=gate)
    assert sidecar.ask("/", TOKEN).status == 200
    assert Times(sidecar, 1).ours >= HELD


def test_what_is_answered_here_does_not_count(start_sidecar, upstream):
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0"}})
    upstream.handler = raw(b"no HTTP at all\r\n\r\n")
    assert sidecar.ask("/").status == 401
    assert sidecar.ask("/", TOKEN).status == 502
    asked = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/"), ("X-Forwarded-Host", "api.test")]
    assert sidecar.answers(asked, TOKEN).status == 200
    assert Times(sidecar, 3).count == 0


def test_the_age_of_each_answer_that_is_used_is_counted(sidecar):
    began = time.monotonic()
    assert sidecar.ask("/", TOKEN).status == 200  # waited for it
    assert sidecar.metric(AGE + "_sum") == 0
    pause(HELD)
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.ask("/", "agt_unknown").status == 401
    assert sidecar.ask("/").status == 401  # no token, no answer
    eventually(lambda: sidecar.metric(DURATION + "_count") == 4, "all requests to be counted")
    assert sidecar.metric(AGE + "_count") == 3
    assert HELD <= sidecar.metric(AGE + "_sum") <= time.monotonic() - began


def test_a_refusal_from_the_cache_is_an_answer_too(sidecar):
    assert [sidecar.ask("/", "agt_unknown").status for _ in range(2)] == [401, 401]
    assert sidecar.metric(AGE + "_count") == 2


def test_a_request_that_got_no_answer_counts_no_age(start_server, start_sidecar):
    sidecar = start_sidecar(gate=start_server(reply(500)))
    assert sidecar.ask("/", TOKEN).status == 503
    assert sidecar.metric("gate_cache_lookups_total", result="miss") == 1
    assert sidecar.metric(AGE + "_count") == 0


def test_calls_are_counted_by_lane(sidecar):
    assert sidecar.ask("/", "agt_never_seen").status == 401
    assert sidecar.metric("gate_governor_calls_total", lane="unknown") == 1
    assert sidecar.metric("gate_governor_calls_total") == sidecar.metric("gate_verify_calls_total") == 1


def test_a_request_that_waits_for_others_is_counted_with_its_age(start_server, start_sidecar):
    """Coalesced: it waited, too, so its answer is new."""
    may_answer = threading.Event()
    gate = start_server(held(may_answer, accepts("gacct_1")))
    sidecar = start_sidecar(gate=gate)
    asking = [threading.Thread(target=sidecar.ask, args=("/", TOKEN)) for _ in range(3)]
    for each in asking:
        each.start()
    eventually(lambda: sidecar.metric("http_server_active_requests") == 3, "all to wait")
    may_answer.set()
    for each in asking:
        each.join()
    eventually(lambda: sidecar.metric(AGE + "_count") == 3, "all to be counted")
    assert sidecar.metric(AGE + "_sum") == 0
