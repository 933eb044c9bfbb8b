"""Trust rules about connections and what they carry; each fails when its rule is taken out."""
import threading

import pytest

from harness import TOKEN
from harness.http import request
from harness.server import raw, reply, silent

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
CLOSE_FROM_CLIENT = b"\x88\x82\x00\x00\x00\x00\x03\xe9"  # masked, as RFC 6455 asks of clients


@pytest.fixture
def one_worker(start_sidecar):
    """A gate-sidecar whose connections to the upstream are all in one pool."""
    return start_sidecar({"workers": 1, "upstream": {"idle_timeout": "60s", "response_timeout": "20s"}})


def only_first_answers(first):
    """The first request of a connection gets the answer `first`, any further one none at all."""
    served = set()

    def handler(exchange):
        if exchange.connection in served:
            silent(exchange)
        else:
            served.add(exchange.connection)
            raw(first)(exchange)
    return handler


@pytest.mark.parametrize("fields", [b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b""])
def test_a_101_to_something_else_is_a_502(sidecar, upstream, fields):
    """Rule 20: only the upgrade that was asked for."""
    upstream.handler = raw(b"HTTP/1.1 101 Switching Protocols\r\n" + fields + b"\r\n")
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE))
        assert answer.status == 502 and answer.error["code"] == "upstream_bad_response"


def test_what_comes_behind_a_request_for_an_upgrade_waits_for_the_101(sidecar, upstream):
    """Rule 20: until then it could be read as the next request."""
    came_early = []

    def switch_and_read(exchange):
        came_early.append(exchange.connection.buffer)
        exchange.connection.send(SWITCH)
        exchange.connection.send(exchange.connection.exactly(5))
        exchange.wait_until_gone()
    upstream.handler = switch_and_read
    with sidecar.connect() as client:
        client.send(request("GET", "/ws", TOKEN, HANDSHAKE) + b"frame")
        assert client.response().status == 101
        assert client.exactly(5) == b"frame"
    assert came_early == [b""]


def test_a_connection_that_was_a_tunnel_is_not_used_again(start_sidecar, upstream):
    """Rule 20: not even one that the upstream leaves open."""
    def switch_and_wait(exchange):
        exchange.connection.send(SWITCH)
        exchange.wait_until_gone()
    upstream.handler = switch_and_wait
    sidecar = start_sidecar({"workers": 1, "limits": {"websocket_lifetime": "300ms"},
                             "upstream": {"idle_timeout": "60s", "response_timeout": "20s"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        assert client.exactly(2)[:1] == b"\x88"  # we are told that it is over
        client.send(CLOSE_FROM_CLIENT)
        client.until_end()
    upstream.handler = reply()
    assert sidecar.ask("/next", TOKEN).status == 200
    assert upstream.connections == 2


def test_a_connection_whose_request_was_not_sent_whole_is_not_used_again(one_worker, upstream):
    """Rule 21: what is left of the body would be read as the next request."""
    upstream.handler = lambda exchange: exchange.connection.send(OK)
    with one_worker.connect() as first, one_worker.connect() as second:
        first.send(request("POST", "/early", TOKEN, [("Content-Length", "100000")]))
        assert first.response().status == 200
        upstream.handler = reply()
        assert second.exchange(request("GET", "/next", TOKEN)).status == 200
    assert [r.target for r in upstream.requests] == ["/early", "/next"]
    assert upstream.connections == 2


@pytest.mark.parametrize("answer", [
    OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), OK.replace(b"OK\r\n", b"OK\r\nConnection: x, Close\r\n"),
    OK.replace(b"HTTP/1.1", b"HTTP/1.0")])
def test_a_connection_that_the_upstream_wants_closed_is_not_used_again(one_worker, upstream, answer):
    """Rule 21: although it does not close it itself."""
    upstream.handler = only_first_answers(answer)
    for number in range(3):
        assert one_worker.ask("/%d" % number, TOKEN).body == b"ok"
    assert upstream.connections == 3


@pytest.mark.parametrize("fields", [
    b"WWW-Authenticate: Negotiate\r\n", b"WWW-Authenticate: negotiate YII=\r\n",
    b"WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: NTLM\r\n", b"WWW-Authenticate: Basic realm=\"x\", NTLM\r\n"])
def test_a_connection_that_is_bound_to_a_user_is_not_used_again(one_worker, upstream, fields):
    """Rule 21."""
    upstream.handler = only_first_answers(b"HTTP/1.1 401 No\r\n" + fields + b"Content-Length: 2\r\n\r\nok")
    for number in range(3):
        assert one_worker.ask("/%d" % number, TOKEN).status == 401
    assert upstream.connections == 3


@pytest.mark.parametrize("value", ["Negotiate YIIabc", "NTLM TlRMTVNTUAAB"])
def test_a_connection_to_which_a_client_bound_itself_is_not_used_again(start_sidecar, upstream, value):
    """Rule 21: the upstream need not say a word about it."""
    sidecar = start_sidecar({"workers": 1, "auth": {"mode": "optional"}})
    upstream.handler = only_first_answers(OK)
    assert sidecar.ask("/mine", fields=[("Authorization", value)]).status == 200
    assert sidecar.ask("/other").status == 200
    assert upstream.connections == 2


@pytest.mark.parametrize("method, head", [
    ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"), ("GET", b"HTTP/1.1 204 None\r\n\r\n"),
    ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\n")])
def test_bytes_behind_a_response_without_a_body_are_thrown_away(one_worker, upstream, method, head):
    """The framing table: the response is delivered, and the connection is closed."""
    upstream.handler = raw(head + b"EVIL")
    with one_worker.connect() as client:
        for _ in range(2):
            answer = client.exchange(request(method, "/", TOKEN), to_head=method == "HEAD")
            assert answer.status == int(head[9:12]) and client.buffer == b""
    assert upstream.connections == 2


@pytest.mark.parametrize("method, head, connections", [
    ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", 2), ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 2),
    ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\n", 2), ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1),
    ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n", 1), ("GET", b"HTTP/1.1 204 None\r\n\r\n", 1)])
def test_a_connection_on_which_a_missing_body_may_follow_is_not_used_again(one_worker, upstream, method, head, connections):
    """Rule 21: some upstreams send the body that they announce, a moment later; it would begin the next response."""
    upstream.handler = raw(head)
    with one_worker.connect() as client:
        for _ in range(2):
            assert client.exchange(request(method, "/", TOKEN), to_head=method == "HEAD").status == int(head[9:12])
    assert upstream.connections == connections


def test_a_response_that_ends_early_is_cut_for_the_client(sidecar, upstream):
    """The framing table: where only the end of the connection ends a body, it must not look like one."""
    passed_on = threading.Event()

    def half(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        passed_on.wait(60)
        exchange.keep = False
    upstream.handler = half
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN, version="1.0"))
        while not client.buffer.endswith(b"half"):
            client.more()
        passed_on.set()
        with pytest.raises(ConnectionResetError):
            client.more()


def test_a_refusal_with_a_large_unread_body_closes(start_sidecar, upstream):
    """Rule 22: limits.drain is the bound."""
    sidecar = start_sidecar({"limits": {"drain": "1KiB"}})
    for length, kept in ((1024, True), (1025, False)):
        with sidecar.connect() as client:
            client.send(request("POST", "/", fields=[("Content-Length", str(length))]) + b"x" * 10)
            answer = client.response()
            assert answer.status == 401
            assert (answer.one("Connection") != "close") == kept
            if kept:
                client.send(b"x" * (length - 10) + request("GET", "/next", TOKEN))
                assert client.response().status == 200
            else:
                assert client.is_closed()
    assert [r.target for r in upstream.requests] == ["/next"]


def test_a_refusal_before_a_body_was_asked_for_closes(sidecar, upstream):
    """Rule 22: whether the body comes now is the client's to choose (RFC 9110 10.1.1)."""
    with sidecar.connect() as client:
        client.send(request("POST", "/", fields=[("Content-Length", "4"), ("Expect", "100-continue")]))
        answer = client.response()
        assert answer.status == 401 and answer.one("Connection") == "close"
        assert client.is_closed()
    assert upstream.requests == []


class TestRetry:
    """Rule 23: once, on a fresh connection, and only where nothing can come of it."""

    @staticmethod
    def fails_on_reuse(upstream, failure):
        """`failure` is what further requests of a connection meet."""
        served, lock = set(), threading.Lock()

        def handler(exchange):
            with lock:
                again = exchange.connection in served
                served.add(exchange.connection)
            (failure if again else raw(OK))(exchange)
        upstream.handler = handler

    @staticmethod
    def hang_up(exchange):
        exchange.keep = False

    def assert_asked_once(self, sidecar, upstream, method, status, body=b"", fields=()):
        assert sidecar.ask("/first", TOKEN).status == 200
        assert sidecar.ask("/it", TOKEN, method, fields, body).status == status
        assert [r.target for r in upstream.requests] == ["/first", "/it"]
        assert upstream.connections == 1

    @pytest.mark.parametrize("method", ["POST", "PATCH", "LOCK"])
    def test_no_retry_of_a_method_that_is_not_idempotent(self, one_worker, upstream, method):
        """Rule 23."""
        self.fails_on_reuse(upstream, self.hang_up)
        self.assert_asked_once(one_worker, upstream, method, 502, fields=[("Content-Length", "0")])

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
    def test_no_retry_of_a_request_with_a_body(self, one_worker, upstream, method):
        """Rule 23."""
        self.fails_on_reuse(upstream, self.hang_up)
        self.assert_asked_once(one_worker, upstream, method, 502, body=b"once")

    def test_no_retry_after_the_first_byte_of_a_response(self, one_worker, upstream):
        """Rule 23: an interim response is one."""
        def begin_and_hang_up(exchange):
            exchange.connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            exchange.keep = False
        self.fails_on_reuse(upstream, begin_and_hang_up)
        self.assert_asked_once(one_worker, upstream, "GET", 502)

    def test_no_retry_after_a_time_out(self, start_sidecar, upstream):
        """Rule 23: it may still be at work."""
        self.fails_on_reuse(upstream, silent)
        sidecar = start_sidecar({"workers": 1, "upstream": {"response_timeout": "500ms", "idle_timeout": "60s"}})
        self.assert_asked_once(sidecar, upstream, "GET", 504)

    def test_there_is_one_retry_and_it_takes_a_fresh_connection(self, one_worker, upstream):
        """Rule 23."""
        arrived = threading.Barrier(3)

        def together(exchange):
            arrived.wait(60)
            raw(OK)(exchange)
        upstream.handler = together
        clients = [one_worker.connect() for _ in range(3)]
        for client in clients:
            client.send(request("GET", "/together", TOKEN))
        for client in clients:
            assert client.response().status == 200
            client.close()
        known = {e.connection for e in upstream.exchanges.all()}
        upstream.handler = lambda exchange: (self.hang_up if exchange.connection in known else raw(OK))(exchange)
        assert one_worker.ask("/it", TOKEN).status == 200
        asked = [e.connection in known for e in upstream.exchanges.all() if e.head.target == "/it"]
        assert asked == [True, False]
