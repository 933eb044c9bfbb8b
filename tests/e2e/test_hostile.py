"""What clients do that is nasty, allowed, or both."""
import resource
import select
import signal
import time

import pytest

from harness import TOKEN
from harness.http import Connection, chunked, request
from harness.server import raw
from harness.wait import SANITIZER, eventually, pause
from test_upgrade import HANDSHAKE, SWITCH

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def says_nothing(client, seconds):
    return not client.buffer and not select.select([client.sock], [], [], seconds)[0]


def test_a_flood_of_refused_requests_takes_turns_with_others(start_sidecar):
    """Rule 24: both have spoken before the only worker looks; how many of the flood come before the other's one?"""
    sidecar = start_sidecar({"workers": 1})
    with sidecar.connect() as flood, sidecar.connect() as other:
        for client in (flood, other):
            assert client.exchange(request("GET", "/first")).status == 401
        sidecar.process.freeze()
        try:
            flood.sock.setblocking(False)
            assert flood.sock.send(request("GET", "/flood") * 1000) > 30000
            other.send(request("GET", "/other"))
        finally:
            sidecar.process.thaw()
        assert other.response().status == 401
        sidecar.access_line("/other")
    paths = [line.get("url.path") for line in sidecar.log()]
    assert paths[:paths.index("/other")].count("/flood") <= 200


def test_slow_clients_of_the_status_listener_do_not_fail_the_probes(sidecar):
    """Rules 18 and 24: a kubelet that gets no answer kills the Pod."""
    slow = [Connection.to(sidecar.ports["status"]) for _ in range(100)]
    try:
        for client in slow:
            client.send(b"GET /li")
        assert sidecar.operate("/livez").status == 200
    except (EOFError, ConnectionError) as refused:
        raise AssertionError("/livez was refused") from refused
    finally:
        for client in slow:
            client.close()


def test_an_empty_line_behind_a_request_is_not_the_beginning_of_another(start_sidecar):
    """RFC 9112 2.2: old clients send one after a POST."""
    sidecar = start_sidecar({"limits": {"header_timeout": "500ms", "keep_alive_timeout": "10m"}})
    with sidecar.connect() as client:
        assert client.exchange(request("POST", "/", TOKEN, body=b"x") + b"\r\n").status == 200
        assert says_nothing(client, 3), client.sock.recv(100)
        assert client.exchange(request("GET", "/", TOKEN)).status == 200


def test_a_request_that_came_before_the_end_of_the_last_response_is_served_in_a_drain(start_sidecar, upstream):
    """The head of the response had promised nothing of a close; a POST cannot be repeated."""
    def answer_slowly(exchange):
        exchange.read_body()
        exchange.connection.send(OK[:-2])
        if exchange.head.target == "/1":
            eventually(lambda: "/2 may go" in notes, "the word to go on")
        exchange.connection.send(OK[-2:])
    notes = []
    upstream.handler = answer_slowly
    sidecar = start_sidecar({"workers": 1})
    with sidecar.connect() as client:
        client.send(request("GET", "/1", TOKEN))
        while b"\r\n\r\n" not in client.buffer:
            client.more()
        sidecar.process.signal(signal.SIGUSR1)
        eventually(lambda: sidecar.ask("/probe").one("Connection") == "close", "the drain")
        client.send(request("POST", "/2", TOKEN, body=b"x"))
        notes.append("/2 may go")
        first = client.response()
        try:
            assert first.one("Connection") == "close" or client.response().status == 200
        except EOFError as lost:
            raise AssertionError("the request was thrown away") from lost


def test_a_refused_client_that_goes_on_sending_does_not_hold_up_the_end(start_sidecar):
    """Its answer has gone: nothing is left to be finished."""
    sidecar = start_sidecar({"shutdown": {"grace": "10m"}})
    with sidecar.connect() as client:
        client.send(request("POST", "/", fields=[("Content-Length", "1000000000")]))
        assert client.response().status == 401
        sidecar.terminate()
        began = time.monotonic()
        while sidecar.process.running() and time.monotonic() - began < 60:
            try:
                client.send(b"x")
            except OSError:
                pass
            pause(0.2)
        assert time.monotonic() - began < 15


def test_a_client_that_goes_on_talking_cannot_hold_an_idle_websocket(start_sidecar, upstream):
    """Rule 24: the end of an idle one has its limit, whatever the client does."""
    def switch_and_close(exchange):
        exchange.connection.send(SWITCH)
        exchange.connection.exactly(8)
        exchange.keep = False
    upstream.handler = switch_and_close
    sidecar = start_sidecar({"limits": {"stream_idle_timeout": "200ms", "websocket_lifetime": "0s"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        assert client.exactly(4) == b"\x88\x02\x03\xe9"
        with pytest.raises(OSError):
            for _ in range(45):
                client.send(b"\x89\x80abcd")
                pause(1)


def test_an_unknown_expectation_beside_100_continue_ends_the_connection(sidecar, upstream):
    """Rule 22, RFC 9110 10.1.1: who waits for 100 and gets 417 goes on with its next request, whose beginning would be the body."""
    expecting = request("POST", "/", TOKEN, [("Expect", "100-continue, x"), ("Content-Length", "20")])
    with sidecar.connect() as client:
        refusal = client.exchange(expecting)
        assert refusal.status == 417 and refusal.one("Connection") == "close" and client.is_closed()
    assert not upstream.requests


@pytest.mark.parametrize("second", ["100-continue", "x"])
def test_two_expectations_are_none_that_can_be_met(sidecar, upstream, second):
    fields = [("Expect", "100-continue"), ("Expect", second), ("Content-Length", "4")]
    with sidecar.connect() as client:
        assert client.exchange(request("POST", "/", TOKEN, fields)).status == 417
    assert not upstream.requests


@pytest.mark.parametrize("head, status", [
    (b"GET /livez HTTP/1.1\r\n\r\n", 400), (b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), (b"GET /livez HTTP/1.0\r\n\r\n", 200),
    (b"GET http://a.test/livez?x HTTP/1.1\r\nHost: a.test\r\n\r\n", 200), (b"GET http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n", 404)])
def test_the_status_listener_speaks_http(sidecar, head, status):
    """RFC 9112 3.2."""
    with Connection.to(sidecar.ports["status"]) as client:
        assert client.exchange(head).status == status


@pytest.mark.parametrize("left, arrives", [("0", None), ("5", "4")])
def test_options_goes_no_further_than_it_may(sidecar, upstream, left, arrives):
    """RFC 9110 7.6.2: at 0, an intermediary answers itself; else it counts down."""
    assert sidecar.ask("/", TOKEN, "OPTIONS", [("Max-Forwards", left)]).status in (200, 204)
    assert [r.one("Max-Forwards") for r in upstream.requests] == ([arrives] if arrives else [])


def test_a_higher_minor_version_is_taken_for_1_1(sidecar):
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN, version="1.2")).status == 200


@pytest.mark.parametrize("host", ["api.test:", "[::1]:", "a%41.test", "a+b&c.test"])
def test_every_host_of_the_grammar_passes(sidecar, upstream, host):
    """RFC 9110 7.2 and RFC 3986 3.2: reg-name has escapes and sub-delims, and a port may be empty."""
    assert sidecar.ask("/", TOKEN, host=host).status == 200
    assert upstream.last.one("Host") == host


@pytest.mark.parametrize("value", ['"Bearer" agt_bad', ",Bearer agt_bad", "=agt_bad"])
def test_a_token_behind_no_scheme_goes_nowhere(start_sidecar, upstream, value):
    """Rule 4: a malformed or denied token never passes, where the mode is optional either."""
    sidecar = start_sidecar({"auth": {"mode": "optional"}})
    assert sidecar.ask("/", fields=[("Authorization", value)]).status == 401
    assert not upstream.requests


@pytest.mark.parametrize("name", ["X-GATE-ACCOUNT-ID", "x_gate_account_id", "X.Gate-Account_Id", "X-Gate-", "X~Gate!Account#Id", "X-Gate-Account-Id-2"])
def test_no_spelling_of_the_identity_arrives_on_any_way(start_sidecar, upstream, name):
    """Rules 1 to 3: verified, anonymous, public, nominated, in a trailer, and in an upgrade."""
    sidecar = start_sidecar({"auth": {"mode": "optional", "public_paths": ["/public"]}})
    forged = [(name, "evil"), ("Connection", "close, " + name)]
    for target, token in (("/1", TOKEN), ("/2", None), ("/public", TOKEN), ("http://b.test/public", None)):
        assert sidecar.ask(target, token, fields=forged).status == 200
    body = chunked(b"hi", trailers=[(name.encode(), b"evil")])
    assert sidecar.ask("/3", TOKEN, "POST", [("Transfer-Encoding", "chunked")], body).status == 200
    assert sidecar.ask("/4", TOKEN, fields=[*HANDSHAKE, (name, "evil")]).status == 200
    assert len(upstream.requests) == 6
    assert not [f for seen in upstream.requests for f in [*seen.fields, *seen.trailers] if "evil" in f[1]]


@pytest.mark.parametrize("path", ["/public/", "//public", "/./public", "/x/../public", "/%70ublic", "/PUBLIC", "/public%00",
                                  "/public%2F", "/public;x", "/public\\", "/public/.", "/public%3F", "/public%23"])
def test_only_the_very_path_is_public(start_sidecar, upstream, path):
    """Rule 8."""
    sidecar = start_sidecar({"auth": {"public_paths": ["/public"]}})
    assert sidecar.ask("/public?" + path).status == 200
    assert sidecar.ask(path).status == 401 and sidecar.ask("http://b.test" + path).status == 401
    assert len(upstream.requests) == 1


def test_a_client_that_leaves_while_gate_is_asked_leaves_nothing_behind(start_sidecar, gate):
    sidecar = start_sidecar({"workers": 1})
    gate.process.freeze()
    try:
        for number in range(60):
            client = sidecar.connect()
            client.send(request("GET", "/", "agt_%d" % (number % 7)) + b"more of it" * (number % 3))
            client.reset() if number % 2 else client.close()
    finally:
        gate.process.thaw()
    eventually(lambda: sidecar.metric("downstream_connections") == 0 and sidecar.metric("http_server_active_requests") == 0)
    assert sidecar.ask("/", TOKEN).status == 200


@pytest.mark.skipif(bool(SANITIZER), reason="UBSan looks at memory through a pipe, and reports what it cannot look at")
def test_it_serves_on_after_descriptors_had_run_out(start_sidecar):
    sidecar = start_sidecar({"workers": 1})
    resource.prlimit(sidecar.process.popen.pid, resource.RLIMIT_NOFILE, (40, 40))
    crowd = [sidecar.connect() for _ in range(60)]
    assert crowd[0].exchange(request("GET", "/")).status == 401
    for client in crowd:
        client.close()
    assert sidecar.ask("/", TOKEN).status == 200


def test_a_late_1xx_or_a_second_head_is_never_the_next_response(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 103 Early\r\nContent-Length: 3\r\nConnection: link\r\nLink: x\r\n\r\n" + OK)
    with sidecar.connect() as client:
        for _ in range(3):
            answer = client.exchange(request("GET", "/", TOKEN))
            assert answer.body == b"ok" and [i.names() for i in answer.interim] == [[]]
