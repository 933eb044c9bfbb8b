"""What one exchange leaves on a connection never becomes a part of another."""
import threading

from harness import TOKEN
from harness.http import request
from harness.server import raw
from harness.wait import eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"


def late_body_with_surplus(exchange):
    """The head first; its body, when the proxy has passed the head on, in one segment with a response nobody asked for."""
    exchange.read_body()
    exchange.connection.send(OK[:-2])
    late_body_with_surplus.go.wait(10)
    exchange.connection.send(OK[-2:] + EVIL)
    exchange.wait_until_gone()


def test_a_response_behind_a_response_reaches_nobody(sidecar, upstream):
    """Rule 21."""
    late_body_with_surplus.go = threading.Event()
    upstream.handler = late_body_with_surplus
    with sidecar.connect() as first, sidecar.connect() as second:
        first.send(request("GET", "/1", TOKEN))
        while b"\r\n\r\n" not in first.buffer:
            first.more()
        late_body_with_surplus.go.set()
        assert first.response().body == b"ok"
        upstream.handler = raw(OK)
        assert second.exchange(request("GET", "/2", TOKEN)).body == b"ok"
    assert upstream.connections == 2


def test_an_end_that_came_with_the_answer_is_noticed(start_sidecar, upstream):
    """Rules 21 and 23: or a POST would be lost on that connection."""
    def answer_and_close(exchange):
        exchange.read_body()
        exchange.keep = False
        exchange.connection.send(OK)
    upstream.handler = answer_and_close
    sidecar = start_sidecar({"upstream": {"idle_timeout": "60s"}})
    for number in range(20):
        assert sidecar.ask("/%d" % number, TOKEN, "POST", body=b"x").status == 200
        eventually(lambda: sidecar.metric("upstream_connections") == 0, "the connection to be dropped")


def test_what_lies_behind_a_body_survives_an_upstream_that_fails(sidecar, upstream):
    """Rule 23: the POST is not sent twice; and the bytes behind it are the next request, whole."""
    def reset_posts(exchange):
        exchange.read_body()
        if exchange.head.method == "POST":
            exchange.connection.reset()
            exchange.keep = False
        else:
            exchange.connection.send(OK)
    upstream.handler = reset_posts
    with sidecar.connect() as client:
        client.send(request("GET", "/1", TOKEN) + request("POST", "/2", TOKEN, body=b"hello") +
                    request("GET", "/3", TOKEN)[:-20])
        assert client.response().status == 200
        assert client.response().status == 502
        client.send(request("GET", "/3", TOKEN)[-20:])
        assert client.response().status == 200
    assert [r.target for r in upstream.requests] == ["/1", "/2", "/3"]


def test_a_reset_behind_an_interim_response_is_seen_at_once(start_sidecar, upstream):
    """Rule 24: and such exchanges give their place at the upstream back."""
    def hundred_and_reset(exchange):
        if exchange.head.one("Expect"):
            exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            exchange.connection.reset()
            exchange.keep = False
        else:
            exchange.connection.send(OK)
    upstream.handler = hundred_and_reset
    sidecar = start_sidecar({"limits": {"upstream_connections": 4, "body_timeout": "0s"}, "upstream": {"response_timeout": "0s"}})
    for _ in range(40):
        with sidecar.connect() as client:
            client.send(request("POST", "/", TOKEN, [("Expect", "100-continue"), ("Content-Length", "5")]))
            client.send(b"hello")
            assert client.response().status == 502
    assert sidecar.ask("/after", TOKEN).status == 200
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request")


def test_there_are_never_more_upstream_connections_than_allowed(start_sidecar, upstream):
    """Rule 24."""
    upstream.handler = raw(OK)
    sidecar = start_sidecar({"workers": 1, "limits": {"upstream_connections": 1, "upstream_wait": "10s"}})
    clients = [sidecar.connect() for _ in range(8)]
    for client in clients:
        client.send(request("GET", "/", TOKEN) * 20)
    for client in clients:
        for _ in range(20):
            assert client.response().status == 200
        client.close()
    assert upstream.connections == 1


def test_a_malformed_body_that_comes_with_its_head_is_a_502(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    answer = sidecar.ask("/", TOKEN)
    assert answer.status == 502 and answer.error["code"] == "upstream_bad_response"


def test_the_last_response_of_a_connection_says_so(start_sidecar, upstream):
    upstream.handler = raw(OK)
    sidecar = start_sidecar({"limits": {"requests_per_connection": 2}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN)).one("Connection") is None
        assert client.exchange(request("GET", "/", TOKEN)).one("Connection") == "close"
        assert client.is_closed()
    sidecar = start_sidecar({"limits": {"keep_alive_timeout": "0s"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN)).one("Connection") == "close"
        assert client.is_closed()


def test_a_client_that_sent_more_and_then_went_away_cancels_its_exchange(sidecar, upstream):
    def wait(exchange):
        exchange.read_body()
        exchange.wait_until_gone()
    upstream.handler = wait
    client = sidecar.connect()
    client.send(request("GET", "/", TOKEN))
    exchange = upstream.wait_for_request()
    client.send(b"G")
    eventually(lambda: sidecar.metric("http_server_active_requests") == 1, "the request to be under way")
    client.reset()
    assert exchange.gone.wait(10)
