"""What callers see when the API behind the proxy fails."""
import time

import pytest

from harness import TOKEN
from harness.http import request
from harness.server import Server, raw, reply, silent, then_close
from harness.wait import eventually


def assert_failed(answer, status, *codes):
    assert answer.status == status
    assert answer.error["code"] in codes and answer.error["status"] == status


def test_an_upstream_that_refuses_is_a_502_until_it_comes_back(start_sidecar, start_server, started):
    away = start_server()
    away.stop()
    sidecar = start_sidecar(upstream=away)
    assert_failed(sidecar.ask("/refused", TOKEN), 502, "upstream_refused")
    line = sidecar.access_line("/refused")
    assert line["http.response.status_code"] == 502 and line["error.type"] == "upstream_refused"
    started.add(Server(port=away.port))
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the upstream to be tried again")


def test_an_upstream_that_never_answers_is_a_504(start_sidecar, upstream):
    upstream.handler = silent
    sidecar = start_sidecar({"upstream": {"response_timeout": "300ms"}})
    began = time.monotonic()
    assert_failed(sidecar.ask("/", TOKEN), 504, "upstream_timeout")
    assert 0.25 < time.monotonic() - began < 5
    assert upstream.exchanges.all()[0].gone.wait(20)


@pytest.mark.parametrize("answer", [
    b"garbage\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 OK 200\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"])
def test_an_answer_that_is_not_http_is_a_502(sidecar, upstream, answer):
    """Rules 19 and 20: an unasked 101 is one of them."""
    upstream.handler = then_close(raw(answer))
    assert_failed(sidecar.ask("/", TOKEN), 502, "upstream_bad_response")
    upstream.handler = reply()
    assert sidecar.ask("/", TOKEN).status == 200


def test_an_upstream_that_hangs_up_without_an_answer_is_a_502(sidecar, upstream):
    """Rule 23: a fresh connection that fails is not tried again."""
    upstream.handler = then_close(lambda exchange: exchange.read_body())
    read = sidecar.ask("/", TOKEN)
    assert_failed(read, 502, "upstream_reset")
    assert read.error["retryable"] is True and read.error["details"]["next_action"] == "retry"
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"])
def test_an_answer_that_ends_early_never_looks_complete(sidecar, upstream, answer):
    upstream.handler = then_close(raw(answer))
    with sidecar.connect() as client:
        client.send(request("GET", "/cut", TOKEN))
        try:
            assert client.response().status == 502  # nothing had been passed on yet
        except (EOFError, ConnectionResetError):
            pass
    assert sidecar.access_line("/cut")["error.type"] in ("upstream_truncated", "upstream_bad_response")


def hang_up_on_reuse(upstream):
    """The second and later requests of a connection find it closed."""
    served = set()

    def handler(exchange):
        if exchange.connection in served:
            raise EOFError
        served.add(exchange.connection)
        reply()(exchange)
    upstream.handler = handler


def test_a_pooled_connection_that_turns_out_dead_is_replaced_once(start_sidecar, upstream):
    """Rule 23."""
    hang_up_on_reuse(upstream)
    sidecar = start_sidecar({"workers": 1})
    for _ in range(3):
        assert sidecar.ask("/", TOKEN).status == 200
    assert len(upstream.requests) == 5 and upstream.connections == 3


def test_a_request_that_could_do_harm_twice_is_not_sent_twice(start_sidecar, upstream):
    """Rule 23."""
    hang_up_on_reuse(upstream)
    sidecar = start_sidecar({"workers": 1})
    assert sidecar.ask("/", TOKEN).status == 200
    paid = sidecar.ask("/pay", TOKEN, "POST", body=b"once")
    assert_failed(paid, 502, "upstream_reset")
    assert paid.error["retryable"] is False and "next_action" not in paid.error["details"]  # the API may have acted
    assert [r.target for r in upstream.requests].count("/pay") == 1


def test_a_connection_that_the_upstream_has_closed_is_not_used_again(start_sidecar, upstream):
    sidecar = start_sidecar({"workers": 1})
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 1, "the connection to be pooled")
    upstream.drop_connections()
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 0, "the pool to notice")
    assert sidecar.ask("/", TOKEN, "POST", body=b"x").status == 200


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra",
    b"HTTP/1.1 204 None\r\n\r\nsurplus", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nWWW-Authenticate: NTLM\r\n\r\nok"])
def test_a_connection_with_something_left_over_is_not_used_again(start_sidecar, upstream, answer):
    """Rule 21."""
    upstream.handler = raw(answer)
    sidecar = start_sidecar({"workers": 1})
    with sidecar.connect() as client:
        for _ in range(3):
            reached = client.exchange(request("GET", "/", TOKEN))
            assert reached.body in (b"ok", b"")
    assert upstream.connections == 3


def test_idle_upstream_connections_are_dropped_after_their_time(start_sidecar, upstream):
    sidecar = start_sidecar({"upstream": {"idle_timeout": "500ms"}})
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 1, "the connection to be pooled")
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 0, "the idle connection to be dropped")


def test_an_unread_body_does_not_poison_the_connection(sidecar, upstream):
    """A small rest is drained, a large one costs the connection; never is it read as a request: rule 22."""
    smuggled = request("GET", "/smuggled", TOKEN)
    with sidecar.connect() as client:
        client.send(request("POST", "/", body=smuggled) + request("GET", "/next", TOKEN))
        assert client.response().status == 401
        assert client.response().status == 200
    assert [r.target for r in upstream.requests] == ["/next"]
    with sidecar.connect() as client:
        client.send(request("POST", "/", fields=[("Content-Length", "100000000")]))
        assert client.response().status == 401
        with pytest.raises((EOFError, OSError)):
            while True:
                client.send(b"x" * 65536)
                client.sock.setblocking(False)
                try:
                    client.more()
                except BlockingIOError:
                    pass
                client.sock.settimeout(20)
