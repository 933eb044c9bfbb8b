"""HTTP/1.x as clients and APIs speak it."""
import socket
import threading

import pytest

from harness import TOKEN
from harness.http import chunked, request
from harness.server import raw, reply, silent, then_close


def echo(exchange):
    """Answers with the method, the target and the body of the request."""
    exchange.read_body()
    head = exchange.head
    body = ("%s %s " % (head.method, head.target)).encode() + head.body
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_one_connection_serves_many_requests(sidecar, upstream):
    upstream.handler = echo
    with sidecar.connect() as client:
        for number in range(20):
            answer = client.exchange(request("POST", "/%d" % number, TOKEN, body=b"x" * number))
            assert answer.body == b"POST /%d " % number + b"x" * number
    assert len(upstream.requests) == 20


def test_upstream_connections_are_kept_and_shared(start_sidecar, upstream):
    sidecar = start_sidecar({"workers": 1})
    for number in range(10):
        assert sidecar.ask("/%d" % number, token=TOKEN).status == 200
    assert len(upstream.requests) == 10 and upstream.connections == 1


def test_pipelined_requests_are_answered_in_order(sidecar, upstream):
    upstream.handler = echo
    with sidecar.connect() as client:
        client.send(b"".join(request("POST", "/%d" % n, TOKEN, body=b"b%d" % n) for n in range(20)))
        for number in range(20):
            assert client.response().body == b"POST /%d b%d" % (number, number)


def test_a_pipelined_request_with_a_bad_token_is_refused_in_its_place(sidecar, upstream):
    upstream.handler = echo
    with sidecar.connect() as client:
        tokens = [TOKEN, "agt_bad", TOKEN]
        client.send(b"".join(request("GET", "/%d" % n, token) for n, token in enumerate(tokens)))
        assert [client.response().status for _ in tokens] == [200, 401, 200]
    assert [r.target for r in upstream.requests] == ["/0", "/2"]


def test_http_1_0_is_answered_and_the_connection_closed(sidecar, upstream):
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/", TOKEN, version="1.0"))
        assert (answer.status, answer.body) == (200, b"ok")
        assert client.is_closed()
    assert upstream.last.version == "HTTP/1.1"


def test_http_1_0_keeps_the_connection_when_asked(sidecar):
    with sidecar.connect() as client:
        for _ in range(3):
            answer = client.exchange(request("GET", "/", TOKEN, [("Connection", "keep-alive")], version="1.0"))
            assert answer.status == 200 and answer.one("Connection").lower() == "keep-alive"


def test_http_1_0_never_gets_a_chunked_body(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"one ", b"two"))
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/", TOKEN, version="1.0"))
        assert answer.one("Transfer-Encoding") is None and answer.body == b"one two"
        assert client.is_closed()


def test_connection_close_is_honoured(sidecar):
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/", TOKEN, [("Connection", "close")]))
        assert answer.status == 200 and answer.one("Connection").lower() == "close"
        assert client.is_closed()


def test_a_chunked_request_arrives_whole(sidecar, upstream):
    """Rule 19: decoded and encoded again; extensions and trailers end here."""
    upstream.handler = echo
    body = b"3;a=b\r\nabc\r\n" + chunked(b"defg", b"h" * 70_000, trailers=[(b"X-Sum", b"1")])
    with sidecar.connect() as client:
        answer = client.exchange(request("PUT", "/up", TOKEN, [("Transfer-Encoding", "chunked")], body))
        assert answer.body == b"PUT /up abcdefg" + b"h" * 70_000
        assert client.exchange(request("GET", "/next", TOKEN)).body == b"GET /next "
    assert upstream.requests[0].one("Transfer-Encoding") == "chunked"
    assert upstream.requests[0].trailers == []


def test_a_chunked_response_arrives_whole(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"abc", b"d" * 70_000))
    with sidecar.connect() as client:
        for _ in range(2):
            answer = client.exchange(request("GET", "/", TOKEN))
            assert answer.one("Transfer-Encoding") == "chunked" and answer.body == b"abc" + b"d" * 70_000


def test_a_response_that_ends_with_the_connection_arrives_whole(sidecar, upstream):
    upstream.handler = then_close(raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"e" * 100_000))
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN)).body == b"e" * 100_000
    assert sidecar.ask("/", token=TOKEN).body == b"e" * 100_000


def test_head_has_the_fields_of_get_and_no_body(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n")
    with sidecar.connect() as client:
        for _ in range(3):
            answer = client.exchange(request("HEAD", "/", TOKEN), to_head=True)
            assert (answer.status, answer.one("Content-Length"), answer.one("ETag")) == (200, "1234", '"x"')
    assert [r.method for r in upstream.requests] == ["HEAD"] * 3


def test_a_refused_head_has_no_body_either(sidecar):
    with sidecar.connect() as client:
        assert client.exchange(request("HEAD", "/"), to_head=True).status == 401
        assert client.exchange(request("GET", "/", TOKEN)).status == 200


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_does_not_upset_what_follows(sidecar, upstream, status):
    def answer(exchange):
        bare = exchange.head.target == "/bare"
        (raw(b"HTTP/1.1 %d Bare\r\nX-Bare: 1\r\n\r\n" % status) if bare else reply())(exchange)
    upstream.handler = answer
    with sidecar.connect() as client:
        for _ in range(2):
            assert client.exchange(request("GET", "/bare", TOKEN)).status == status
            assert client.exchange(request("GET", "/full", TOKEN)).body == b"ok"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH", "X"])
def test_every_ordinary_method_passes(sidecar, upstream, method):
    assert sidecar.ask("/", TOKEN, method).status == 200
    assert upstream.last.method == method


@pytest.mark.parametrize("method, target", [("CONNECT", "api.test:443"), ("TRACE", "/")])
def test_connect_and_trace_do_not(sidecar, upstream, method, target):
    answer = sidecar.ask(target, TOKEN, method)
    assert (answer.status, answer.error["code"]) == (405, "method_refused")
    assert upstream.requests == []


def test_an_answer_that_comes_before_the_body_has_ended_is_passed_on_at_once(sidecar, upstream):
    def early(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly")
        exchange.read_body()
    upstream.handler = early
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "10")]))
        assert client.response().body == b"early"
        client.send(b"0123456789")
        assert upstream.wait_for_request(1)


def test_both_directions_stream_at_the_same_time(sidecar, upstream):
    def parrot(exchange):
        connection = exchange.connection
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in connection.chunks([]):
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
    upstream.handler = parrot
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Transfer-Encoding", "chunked")]))
        head = client.head()
        assert head.status == 200
        echoed = client.chunks([])
        for number in range(10):
            piece = b"piece %d" % number
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            assert next(echoed) == piece
        client.send(b"0\r\n\r\n")
        assert list(echoed) == []


def test_events_are_passed_on_one_by_one(sidecar, upstream):
    proceed = threading.Semaphore(0)

    def events(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            proceed.acquire(timeout=20)
            exchange.connection.send(b"data: %d\n\n" % number)
        exchange.keep = False
    upstream.handler = events
    with sidecar.connect() as client:
        client.send(request("GET", "/events", TOKEN))
        assert client.head().status == 200
        for number in range(3):
            proceed.release()
            while b"data: %d\n\n" % number not in client.buffer:
                client.more()


def silent_but(data):
    """A handler that sends these bytes and then nothing more."""
    def handler(exchange):
        exchange.connection.send(data)
        exchange.wait_until_gone()
    return handler


def test_100_continue_comes_from_the_upstream(sidecar, upstream):
    def agree(exchange):
        assert exchange.head.one("Expect") == "100-continue"
        exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        echo(exchange)
    upstream.handler = agree
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]))
        assert client.head().status == 100
        client.send(b"body")
        assert client.response().body == b"POST / body"


def test_a_client_may_wait_for_100_longer_than_a_body_may_stall(start_sidecar, upstream):
    """limits.body_timeout is for bodies that have been asked for."""
    go = threading.Event()

    def agree_late(exchange):
        go.wait(60)
        exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        echo(exchange)
    upstream.handler = agree_late
    sidecar = start_sidecar({"limits": {"body_timeout": "100ms"}})
    with sidecar.connect() as client, sidecar.connect() as other:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]))
        upstream.wait_for_request()
        # Another client's body stalls meanwhile, for longer than is allowed.
        other.send(request("POST", "/", TOKEN, [("Content-Length", "4")]))
        assert other.response().status == 408
        go.set()
        assert client.head().status == 100
        client.send(b"body")
        assert client.response().body == b"POST / body"


@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "not asked for"])
def test_what_a_stalled_100_continue_ends_with(start_sidecar, upstream, asked):
    """The upstream is at fault until it has asked for the body, then the client."""
    upstream.handler = silent_but(b"HTTP/1.1 100 Continue\r\n\r\n" if asked else b"")
    sidecar = start_sidecar({"limits": {"body_timeout": "300ms"}, "upstream": {"response_timeout": "300ms"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]))
        assert client.response().status == (408 if asked else 504)


def test_a_body_that_comes_unasked_has_its_own_time_out(start_sidecar, upstream):
    upstream.handler = echo
    sidecar = start_sidecar({"limits": {"body_timeout": "60s"}, "upstream": {"response_timeout": "300ms"}})
    with sidecar.connect() as client, sidecar.connect() as other:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]) + b"b")
        upstream.wait_for_request()
        other.send(request("POST", "/", TOKEN, [("Content-Length", "4"), ("Expect", "100-continue")]))
        assert other.response().status == 504
        client.send(b"ody")
        assert client.response().body == b"POST / body"


def test_an_upstream_that_declines_the_body_is_heard(sidecar, upstream):
    upstream.handler = lambda exchange: exchange.connection.send(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, [("Content-Length", "400000"), ("Expect", "100-continue")]))
        answer = client.response()
        assert answer.status == 413 and answer.interim == []


def test_no_100_is_sent_to_a_request_that_is_refused(sidecar, upstream):
    with sidecar.connect() as client:
        client.send(request("POST", "/", fields=[("Content-Length", "4"), ("Expect", "100-continue")]))
        answer = client.response()
        assert answer.status == 401 and answer.interim == []
    assert upstream.requests == []


def test_a_client_that_resets_cancels_its_upstream_exchange(sidecar, upstream):
    upstream.handler = silent
    client = sidecar.connect()
    client.send(request("GET", "/slow", TOKEN))
    exchange = upstream.wait_for_request()
    client.reset()
    assert exchange.gone.wait(20)
    line = sidecar.access_line("/slow")
    assert line["gate.verdict"] == "allow" and line.get("error.type") == "client_gone"


def test_a_client_that_has_finished_sending_still_gets_its_answer(sidecar, upstream):
    proceed = threading.Event()

    def later(exchange):
        exchange.read_body()
        proceed.wait(20)
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
    upstream.handler = later
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        client.end_sending()
        upstream.wait_for_request()
        proceed.set()
        assert client.response().body == b"late"


@pytest.mark.parametrize("head", [
    b"POST / HTTP/1.1\r\nHost: a\r\n@Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\n@Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\n@Content-Length: 2, 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nHost: a\r\n@Content-Length: +2\r\n\r\nab",
    b"POST / HTTP/1.0\r\nHost: a\r\n@Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n@\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n@\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n@X: a\r\n b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\r\n@X : 1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n@X: \x01\r\n\r\n"])
def test_a_malformed_request_is_refused_and_the_connection_closed(sidecar, upstream, head):
    """The framing table of the trust rules; the probes go through it in full."""
    with sidecar.connect() as client:
        answer = client.exchange(head.replace(b"@", b"Authorization: Bearer %s\r\n" % TOKEN.encode()))
        assert answer.status in (400, 501)
        assert answer.error["code"].startswith(("bad_", "unsupported_"))
        assert client.is_closed()
    assert upstream.requests == []


def test_a_head_that_is_too_large_is_refused(sidecar, upstream):
    """Rule 24."""
    assert sidecar.ask("/", TOKEN, fields=[("X-Big", "a" * 20_000)]).status == 431
    assert sidecar.ask("/", TOKEN, fields=[("X-%d" % n, "1") for n in range(120)]).status == 431
    assert sidecar.ask("/" + "a" * 9_000, TOKEN).status == 414
    assert upstream.requests == []


def test_a_head_that_does_not_end_is_given_up(start_sidecar):
    """Rule 24."""
    sidecar = start_sidecar({"limits": {"header_timeout": "500ms"}})
    with sidecar.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert client.until_end().startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_closed_after_its_time(start_sidecar):
    """Rule 24."""
    sidecar = start_sidecar({"limits": {"keep_alive_timeout": "500ms"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN)).status == 200
        assert client.is_closed()


def test_curl_and_aiohttp_are_served(sidecar, upstream):
    import asyncio
    import subprocess

    import aiohttp
    upstream.handler = echo
    url = "http://127.0.0.1:%d/lib" % sidecar.port
    done = subprocess.run(["curl", "-sS", "-H", "Authorization: Bearer " + TOKEN, "-d", "form=1", url, url],
                          capture_output=True, check=True)
    assert done.stdout == b"POST /lib form=1" * 2

    async def talk():
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer " + TOKEN}) as session:
            async def one(number):
                async with session.put(url, data=b"%d" % number) as answer:
                    return answer.status, await answer.read()
            return await asyncio.gather(*(one(n) for n in range(50)))
    assert asyncio.run(talk()) == [(200, b"PUT /lib %d" % n) for n in range(50)]


def test_more_clients_than_workers_are_served_at_once(sidecar, upstream):
    everyone = threading.Barrier(16)

    def together(exchange):
        everyone.wait(20)
        reply()(exchange)
    upstream.handler = together
    clients = [sidecar.connect() for _ in range(16)]
    for client in clients:
        client.send(request("GET", "/", TOKEN))
    assert [client.response().status for client in clients] == [200] * 16
    for client in clients:
        client.sock.shutdown(socket.SHUT_RDWR)
        client.close()
