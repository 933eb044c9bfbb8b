"""Trust rules about what a stranger can grow, hold or read; each fails when its rule is taken out."""
import contextlib
import select
import socket
import threading
import time

import pytest

from harness import TOKEN
from harness.http import Connection, request
from harness.server import silent
from harness.wait import eventually, pause


def status_of_one_more(sidecar):
    """What a further connection is told; None when it is closed without a word."""
    with sidecar.connect() as client:
        try:
            client.send(request("GET", "/", TOKEN))
            return client.response().status
        except (EOFError, OSError):
            return None


def test_connections_of_one_client_are_bounded(start_sidecar):
    """Rule 24: and each that ends makes room for another."""
    sidecar = start_sidecar({"limits": {"connections_per_client": 2}})
    held = [sidecar.connect() for _ in range(2)]
    for client in held:
        assert client.exchange(request("GET", "/", TOKEN)).status == 200
    assert status_of_one_more(sidecar) in (None, 503)
    for client in held:
        client.close()
        eventually(lambda: status_of_one_more(sidecar) == 200, "the freed place")


def wait_until_idle(sidecar, number):
    """A client has its answer before its connection counts as idle."""
    eventually(lambda: sidecar.metric("downstream_connections", state="idle") == number, "%d idle connections" % number)


def test_the_stranger_goes_before_who_has_shown_a_token(start_sidecar):
    """Rule 27: although it has come later."""
    sidecar = start_sidecar({"limits": {"connections": 2}})
    with sidecar.connect() as known, sidecar.connect() as stranger:
        assert known.exchange(request("GET", "/", TOKEN)).status == 200
        assert stranger.exchange(request("GET", "/", "agt_unknown")).status == 401
        wait_until_idle(sidecar, 2)
        with sidecar.connect() as newcomer:
            assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200
            assert stranger.is_closed()
            for client in (known, newcomer):
                assert client.exchange(request("GET", "/", TOKEN)).status == 200
    assert sidecar.metric("downstream_connections_evicted_total") == 1


def test_of_equals_the_one_that_has_been_idle_longest_goes(start_sidecar):
    """Rule 27."""
    sidecar = start_sidecar({"limits": {"connections": 3}})
    with sidecar.connect() as first, sidecar.connect() as second, sidecar.connect() as third:
        for client in (first, second, third, first):
            assert client.exchange(request("GET", "/", TOKEN)).status == 200
            wait_until_idle(sidecar, 3)
        with sidecar.connect() as newcomer:
            assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200
            assert second.is_closed()
            for client in (first, third, newcomer):
                assert client.exchange(request("GET", "/", TOKEN)).status == 200


@pytest.mark.parametrize("words", [request("POST", "/", fields=[("Content-Length", "1000")]), b"nonsense\r\n\r\n",
                                   request("GET", "/") + b"GET / HTTP/1.1\r\nHost: api."], ids=["its body is missing", "nonsense", "half a head more"])
def test_who_makes_way_can_still_read_its_answer(start_sidecar, words):
    """Rule 22: and gives up its place nevertheless."""
    sidecar = start_sidecar({"workers": 1, "limits": {"connections": 1}})
    with sidecar.connect() as slow:
        slow.send(words)
        assert select.select([slow.sock], [], [], 10)[0]
        with sidecar.connect() as newcomer:
            assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200
            if not words.endswith(b"api."):  # a head that nobody waits for any more is answered by a reset
                slow.send(b"x" * 10)
                pause(0.05)
            assert slow.response().status in (400, 401)
            assert slow.sock.recv(1) == b""  # rather than a reset
            assert newcomer.exchange(request("GET", "/", TOKEN)).status == 200


def test_who_is_refused_for_being_too_many_closes_nobody(start_sidecar):
    """Rule 27: a client that has as many connections as it may cannot make others go."""
    sidecar = start_sidecar({"limits": {"connections": 2, "connections_per_client": 1}})
    with Connection(socket.create_connection(("127.0.0.1", sidecar.port), 60, ("127.0.0.2", 0))) as other, sidecar.connect() as own:
        for client in (other, own):
            assert client.exchange(request("GET", "/", TOKEN)).status == 200
        assert status_of_one_more(sidecar) in (None, 503)
        for client in (other, own):
            assert client.exchange(request("GET", "/", TOKEN)).status == 200


def test_waiting_for_the_upstream_has_an_end(start_sidecar, upstream):
    """Rule 24: refuse quickly, never queue blindly."""
    upstream.handler = silent
    sidecar = start_sidecar({"workers": 1, "limits": {"upstream_connections": 1, "upstream_wait": "200ms"}})
    with sidecar.connect() as first:
        first.send(request("GET", "/first", TOKEN))
        upstream.wait_for_request()
        answer = sidecar.ask("/second", TOKEN)
        assert answer.status == 503 and answer.error["code"] == "upstream_busy"
        assert int(answer.one("Retry-After")) >= 1
    assert [r.target for r in upstream.requests] == ["/first"]


@pytest.mark.parametrize("number, status", [(10, 200), (100, 502)])
def test_interim_responses_are_bounded(sidecar, upstream, number, status):
    """Rule 24."""
    def hint(exchange):
        exchange.connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * number + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    upstream.handler = hint
    assert sidecar.ask("/", TOKEN).status == status


def test_a_connection_on_which_nothing_comes_is_closed(start_sidecar):
    """Rule 24."""
    sidecar = start_sidecar({"limits": {"header_timeout": "300ms"}})
    with sidecar.connect() as client:
        assert client.is_closed()


def test_a_head_that_drips_is_given_up(start_sidecar):
    """Rule 24: a byte now and then does not buy more time."""
    sidecar = start_sidecar({"limits": {"header_timeout": "1s"}})
    given_up_at = time.monotonic() + 60
    with sidecar.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        while not select.select([client.sock], [], [], 0.05)[0]:
            client.send(b"x")
            assert time.monotonic() < given_up_at, "the head may take for ever"
        client.more()
        assert client.buffer.startswith(b"HTTP/1.1 408 ")


def test_connections_to_the_status_listener_are_bounded(sidecar):
    """Rule 24: who has waited longest makes room for those who ask."""
    def descriptors():
        return sidecar.metric("process_open_fds")
    before = descriptors()
    with contextlib.ExitStack() as held:
        for _ in range(150):
            client = held.enter_context(Connection.to(sidecar.ports["status"]))
            assert client.exchange(request("GET", "/livez")).status == 200
        assert descriptors() <= before + 105  # 100, and a few that the program opens for itself


def test_a_body_that_stalls_is_given_up(start_sidecar, upstream):
    """Rule 24."""
    sidecar = start_sidecar({"limits": {"body_timeout": "300ms"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "10")]) + b"x")
        answer = client.response()
        assert answer.status == 408 and answer.error["code"] == "body_timeout"
        assert client.is_closed()
    assert not upstream.exchanges.all()[0].complete


def test_a_client_that_does_not_read_is_given_up(start_sidecar, upstream):
    """Rule 24."""
    given_up = threading.Event()

    def endless(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                exchange.connection.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        except OSError:
            given_up.set()
            raise
    upstream.handler = endless
    sidecar = start_sidecar({"limits": {"body_timeout": "500ms", "body_rate": 0}})
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        assert given_up.wait(60)


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/grpc", "text/event-stream"])
def test_a_client_that_sends_slowly_is_given_up(start_sidecar, upstream, kind):
    """Rule 27: on average over the time that it is waited for, however often a byte comes, and whatever the client calls it."""
    sidecar = start_sidecar({"limits": {"body_rate": "1KiB/s", "body_timeout": "2s"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/dripping", TOKEN, [("Content-Type", kind), ("Content-Length", "1000000")]))
        until = time.monotonic() + 60
        while not select.select([client.sock], [], [], 0.05)[0]:
            client.send(b"x")
            assert time.monotonic() < until, "the body may take for ever"
        answer = client.response()
        assert answer.status == 408 and answer.error["code"] == "body_too_slow"
    line = sidecar.access_line("/dripping")
    assert line["error.type"] == "body_too_slow" and line["gate.verdict"] == "allow"
    assert sidecar.metric("gate_request_failures_total", reason="body_too_slow") == 1
    assert upstream.exchanges.all()[0].complete is False


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/event-stream", "application/grpc-web+proto"])
def test_a_client_that_reads_slowly_is_given_up(start_sidecar, upstream, kind):
    """Rule 27: unless it reads events or gRPC, which have a limit of their own."""
    given_up = threading.Event()

    def endless(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % kind.encode())
        try:
            while True:
                exchange.connection.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        except OSError:
            given_up.set()
            raise
    upstream.handler = endless
    sidecar = start_sidecar({"limits": {"body_rate": "1GiB/s", "body_timeout": "2s"}})
    with sidecar.connect() as client:
        client.send(request("GET", "/endless", TOKEN))
        is_held_to_the_rate = kind == "application/octet-stream"
        until = time.monotonic() + (40 if is_held_to_the_rate else 4)
        while not given_up.wait(0.01) and time.monotonic() < until:
            client.sock.recv(1 << 16)
        assert given_up.is_set() == is_held_to_the_rate
        if not is_held_to_the_rate:
            return
        with pytest.raises(ConnectionResetError):
            client.until_end()
    line = sidecar.access_line("/endless")
    assert line["error.type"] == "client_too_slow" and line["http.response.status_code"] == 200
    assert sidecar.metric("gate_request_failures_total", reason="client_too_slow") == 1


def test_a_client_that_reads_our_own_answers_slowly_is_given_up(start_sidecar):
    """Rule 27: like one that reads the upstream's."""
    sidecar = start_sidecar({"limits": {"body_rate": "1GiB/s", "body_timeout": "2s"}})
    with sidecar.connect() as client:
        client.sock.setblocking(False)
        words, until = request("GET", "/") * 1000, time.monotonic() + 40
        while sidecar.metric("gate_request_failures_total", reason="client_too_slow") == 0 and time.monotonic() < until:
            with contextlib.suppress(OSError):  # it is full, or cut
                while True:
                    client.sock.send(words)
            with contextlib.suppress(OSError):
                client.sock.recv(1 << 12)
            pause(0.1)
        client.sock.settimeout(10)
        with pytest.raises(ConnectionResetError):
            client.until_end()
    line = sidecar.wait_for_log(lambda e: e.get("error.type") == "client_too_slow")
    assert line["http.response.status_code"] == 401


def test_an_upload_that_the_upstream_keeps_waiting_is_not_slow(start_sidecar, upstream):
    """Rule 27: while the word to go on is the upstream's to say."""
    def late(exchange):
        pause(4)
        exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    upstream.handler = late
    sidecar = start_sidecar({"limits": {"body_rate": "1GiB/s", "body_timeout": "2s"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]))
        assert client.head().status == 100
        client.send(b"body")
        assert client.response().status == 200


def test_without_a_rate_no_client_is_too_slow(start_sidecar, upstream):
    sidecar = start_sidecar({"limits": {"body_rate": 0, "body_timeout": "2s"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "10")]))
        for _ in range(10):
            pause(0.3)
            client.send(b"x")
        assert client.response().status == 200


def test_one_account_may_use_nearly_all_upstream_connections(start_sidecar, start_gate, upstream):
    """Rule 27: its share is enforced while fewer than an eighth are free, and then a newcomer is served."""
    upstream.handler = silent
    gate = start_gate(tokens={TOKEN: "gacct_greedy", "agt_same": "gacct_greedy", "agt_other": "gacct_other"})
    sidecar = start_sidecar({"workers": 1, "limits": {"upstream_connections": 16}}, gate=gate)
    with contextlib.ExitStack() as held:
        for number in range(15):
            client = held.enter_context(sidecar.connect())
            client.send(request("GET", "/held", TOKEN))
            upstream.wait_for_request(number + 1)
        for token in (TOKEN, "agt_same"):
            answer = sidecar.ask("/refused", token)
            assert answer.status == 503 and answer.error["code"] == "upstream_share_exceeded"
            assert answer.one("Retry-After") == "1" and answer.error["retryable"] is True
        client = held.enter_context(sidecar.connect())
        client.send(request("GET", "/newcomer", "agt_other"))
        assert upstream.wait_for_request(16).head.target == "/newcomer"
    line = sidecar.access_line("/refused")
    assert line["error.type"] == "upstream_share_exceeded" and line["gate.account_id"] == "gacct_greedy"


def test_a_response_that_stalls_is_given_up(start_sidecar, upstream):
    """Rule 24: and the client does not take it for whole."""
    def stall(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart")
        exchange.wait_until_gone()
    upstream.handler = stall
    sidecar = start_sidecar({"limits": {"stream_idle_timeout": "500ms"}})
    with sidecar.connect() as client:
        client.send(request("GET", "/stalled", TOKEN))
        with pytest.raises((EOFError, ConnectionResetError)):
            client.response()
    assert upstream.exchanges.all()[0].gone.wait(60)
    assert sidecar.access_line("/stalled")["error.type"] == "upstream_timeout"


def test_no_answer_shows_the_token(start_sidecar, gate, upstream):
    """Rule 25: whatever the refusal, its text tells nothing that the log may not show either."""
    sidecar = start_sidecar({
        "cache": {"ttl": "0s", "negative_ttl": "0s"},
        "gate": {"circuit": {"failures": 1000}},
    })
    secret = "agt_secretsecretsecret"
    answers = [sidecar.ask("/", secret), sidecar.ask("/", secret + "!"), sidecar.ask("/", secret + ", Bearer x")]
    for fault in ({"status": 401}, {"status": 500}, {"malformed": "not_json"}, {"reset": True}):
        gate.fault(**fault)
        answers.append(sidecar.ask("/", secret))
    gate.heal()
    gate.add(secret, "gacct_secret")
    upstream.stop()
    answers.append(sidecar.ask("/", secret))
    assert [a.status for a in answers] == [401, 401, 400, 503, 503, 503, 503, 502]
    for answer in answers:
        assert b"secretsecret" not in answer.body
        assert "secretsecret" not in repr(answer.fields)
