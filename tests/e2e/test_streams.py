"""Exchanges that outlive the TTL: verified again with everybody else's refresh, ended when their token is refused."""
import asyncio
import contextlib
import threading
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import DEADLINE, request
from harness.server import reply, silent
from harness.wait import eventually
from test_admin import ADMIN_TOKEN, post
from test_upgrade import HANDSHAKE, SWITCH, switch_and_echo
from test_websocket import masked, unmasked_close

OTHER = "agt_other"
GOODBYE = b"\x88\x02\x03\xf0"  # 1008: policy violation
EVENT = b"data: x\n\n"
EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def with_ttl(ttl, **cache):
    return {"cache": {"ttl": ttl, **cache}}


def send_until_gone(exchange, head, piece, pause):
    exchange.read_body()
    stop = threading.Event()

    def send():
        with contextlib.suppress(OSError):
            exchange.connection.send(head)
            while not stop.wait(pause):
                exchange.connection.send(piece)
    sender = threading.Thread(target=send)
    sender.start()
    exchange.wait_until_gone()
    stop.set()
    sender.join()


def sends_events(exchange):
    """An event stream without an end."""
    head = EVENT_STREAM + b"Transfer-Encoding: chunked\r\n\r\n"
    send_until_gone(exchange, head, b"%x\r\n%s\r\n" % (len(EVENT), EVENT), 0.05)


def sends_without_end(exchange):
    """A download as fast as its reader."""
    send_until_gone(exchange, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n", b"x" * 65536, 0)


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, OTHER: "gacct_other"})


@pytest.fixture
def open_stream():
    """open_stream(sidecar, ...) -> a connection on which a response has begun."""
    with contextlib.ExitStack() as connections:
        def start(sidecar, token=TOKEN, target="/events", **how):
            client = connections.enter_context(sidecar.connect())
            client.send(request("GET", target, token, **how))
            assert client.head().status == (101 if "fields" in how else 200)
            return client
        yield start


def wait_for_calls(gate, count, token=TOKEN):
    eventually(lambda: gate.calls(token) >= count, "%d calls for %s" % (count, token), within=20)


def still_sends(client, events=10):
    client.buffer = b""
    client.exactly(events * len(EVENT))
    return True


def is_aborted(client):
    """Reads until the connection ends; whether that is a reset, so that nobody takes the response for whole."""
    deadline = time.monotonic() + DEADLINE
    try:
        while client.sock.recv(1 << 16):
            assert time.monotonic() < deadline, "it goes on and on"
    except ConnectionResetError:
        return True
    return False


def test_many_streams_of_a_good_token_cost_one_call_in_a_ttl(start_sidecar, gate, upstream, open_stream):
    upstream.handler = switch_and_echo
    sidecar = start_sidecar(with_ttl("1s"))
    began = time.monotonic()
    clients = [open_stream(sidecar, target="/ws", fields=HANDSHAKE) for _ in range(50)]
    wait_for_calls(gate, 5)
    calls, lasted = gate.calls(), time.monotonic() - began
    assert calls <= 3 + 1.25 * lasted  # the product renews at 15/16 of the TTL
    for client in clients:
        client.send(masked(1, b"hello"))
        assert client.exactly(11) == masked(1, b"hello")
    assert sidecar.metric("gate_streams_ended_total") == 0


def test_a_download_and_an_event_stream_outlive_many_ttls(start_sidecar, gate, upstream, open_stream):
    sidecar = start_sidecar(with_ttl("1s"))
    upstream.handler = sends_events
    events = open_stream(sidecar)
    upstream.handler = sends_without_end
    download = open_stream(sidecar, target="/download")
    wait_for_calls(gate, 4)
    assert still_sends(events)
    download.exactly(10_000_000, keep=False)


def test_websockets_of_a_refused_token_are_told_1008_and_those_of_others_stay(start_sidecar, gate):
    websockets = pytest.importorskip("websockets")

    async def echo(socket, *_):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in socket:
                await socket.send(message)

    async def talk():
        loop = asyncio.get_running_loop()
        async with websockets.serve(echo, "127.0.0.1", 0) as server, contextlib.AsyncExitStack() as opened:
            behind = type("Behind", (), {"url": "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]})
            proxy = await loop.run_in_executor(None, lambda: start_sidecar(with_ttl("1s"), upstream=behind))

            def connect(token):
                return opened.enter_async_context(websockets.connect(
                    "ws://127.0.0.1:%d/ws" % proxy.port, extra_headers={"Authorization": "Bearer " + token}))
            refused, other = [await connect(TOKEN) for _ in range(5)], await connect(OTHER)
            await loop.run_in_executor(None, gate.revoke, TOKEN)
            for socket in refused:
                await asyncio.wait_for(socket.wait_closed(), 60)
                assert socket.close_code == 1008
            await other.send("hello")
            assert await other.recv() == "hello"
            return proxy
    proxy = asyncio.run(talk())
    # Workers write their lines apart: the one of the other socket, closed last, may come first.
    line = proxy.wait_for_log(lambda e: e.get("url.path") == "/ws" and "error.type" in e, "the line of a socket that was ended")
    assert (line["gate.verdict"], line["error.type"], line["http.response.status_code"]) == ("allow", "token_revoked", 101)
    assert proxy.metric("gate_streams_ended_total", reason="token_revoked") == 5


def test_the_upstream_of_a_websocket_is_told_1008_too(start_sidecar, gate, upstream, open_stream):
    seen = []

    def collect(exchange):
        exchange.connection.send(SWITCH)
        seen.append(exchange.connection.exactly(8))
        exchange.wait_until_gone()
    upstream.handler = collect
    sidecar = start_sidecar(with_ttl("1s"))
    client = open_stream(sidecar, target="/ws", fields=HANDSHAKE)
    gate.revoke(TOKEN)
    assert client.exactly(4) == GOODBYE
    client.send(masked(8, b"\x03\xf0"))
    assert client.is_closed()
    assert unmasked_close(eventually(lambda: seen and seen[0], "the upstream to hear of it")) == b"\x03\xf0"


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_an_event_stream_of_a_refused_token_is_cut_and_that_of_another_stays(start_sidecar, gate, upstream, open_stream, version):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1s"))
    refused = open_stream(sidecar, target="/refused", version=version)
    other = open_stream(sidecar, OTHER)
    gate.revoke(TOKEN)
    assert is_aborted(refused)
    assert upstream.exchanges.all()[0].gone.wait(60)
    assert still_sends(other)
    line = sidecar.access_line("/refused")
    assert (line["gate.verdict"], line["gate.reason"], line["error.type"]) == ("allow", "token_verified", "token_revoked")
    assert line["http.response.status_code"] == 200
    assert sidecar.metric("gate_streams_ended_total", reason="token_revoked") == 1
    assert sidecar.metric("gate_request_failures_total", reason="token_revoked") == sidecar.metric("gate_request_failures_total") == 1


def test_a_download_that_nobody_reads_is_cut_all_the_same(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_without_end
    sidecar = start_sidecar({**with_ttl("1s"), "limits": {"body_timeout": "0s", "body_rate": "0"}})
    client = open_stream(sidecar)
    wait_for_calls(gate, 2)
    gate.revoke(TOKEN)
    eventually(lambda: sidecar.metric("gate_streams_ended_total") == 1, "the exchange to end while nobody reads", within=10)
    assert is_aborted(client)


def test_an_upload_under_way_is_refused(start_sidecar, gate, upstream):
    upstream.handler = silent
    sidecar = start_sidecar(with_ttl("1s"))
    with sidecar.connect() as client:
        client.send(request("POST", "/upload", TOKEN, [("Content-Length", "1000000")]) + b"x" * 1000)
        upstream.wait_for_request()
        gate.revoke(TOKEN)
        answer = client.response()
        assert (answer.status, answer.error["code"]) == (401, "token_revoked")
        assert 'error="invalid_token"' in answer.one("WWW-Authenticate") and answer.one("Connection") == "close"
    line = sidecar.access_line("/upload")
    assert (line["error.type"], line["http.response.status_code"]) == ("token_revoked", 401)
    assert sidecar.metric("upstream_connections") == 0


def test_a_request_that_still_waits_for_its_response_is_refused(start_sidecar, gate, upstream):
    upstream.handler = silent
    sidecar = start_sidecar(with_ttl("1s"))
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        upstream.wait_for_request()
        gate.revoke(TOKEN)
        assert client.response().status == 401


def test_a_refusal_that_may_not_be_cached_ends_streams_too(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1s", negative_ttl="0s"))
    client = open_stream(sidecar)
    gate.revoke(TOKEN)
    assert is_aborted(client)


def test_while_gate_is_away_streams_stay(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar({**with_ttl("1s"), "gate": {"timeout": "200ms"}})
    client = open_stream(sidecar)
    gate.fault(status=503)
    wait_for_calls(gate, 4)
    assert still_sends(client, 40)
    assert sidecar.metric("gate_streams_ended_total") == 0
    gate.heal()
    upstream.handler = reply()
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "Gate to be asked again", within=20)
    assert still_sends(client)


def test_what_cannot_be_verified_for_too_long_ends(start_sidecar, gate, upstream, open_stream):
    sidecar = start_sidecar({**with_ttl("1s", stream_max_unverified="1s"), "gate": {"timeout": "200ms"}})
    upstream.handler = sends_events
    client = open_stream(sidecar)
    upstream.handler = silent
    with sidecar.connect() as waiting:
        waiting.send(request("GET", "/waiting", TOKEN))
        upstream.wait_for_request(2)
        gate.fault(status=503)
        assert is_aborted(client)
        answer = waiting.response()
        assert (answer.status, answer.error["code"]) == (503, "gate_unconfirmed")
        assert int(answer.one("Retry-After")) > 0
    assert sidecar.access_line("/events")["error.type"] == "gate_unconfirmed"
    assert sidecar.metric("gate_streams_ended_total", reason="gate_unconfirmed") == 2


def test_streams_need_not_be_verified_again(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1s", verify_streams=False))
    client = open_stream(sidecar)
    upstream.handler = reply()
    gate.revoke(TOKEN)
    eventually(lambda: sidecar.ask("/", TOKEN).status == 401, "the token to be refused", within=20)
    assert still_sends(client, 40)


def test_a_revocation_made_here_ends_streams_that_are_not_verified_again(start_sidecar, gate, upstream, open_stream):
    """Rule 29: and asks Gate about no other."""
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1s", verify_streams=False), env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    client, other = open_stream(sidecar), open_stream(sidecar, OTHER)
    assert still_sends(other, 60)
    calls = gate.calls(OTHER)
    assert post(sidecar, "/revoke", {"agent_token": TOKEN}).status == 200
    assert is_aborted(client)
    assert still_sends(other, 40) and gate.calls(OTHER) == calls
    assert sidecar.metric("gate_streams_ended_total", reason="token_revoked") == 1


def test_who_came_without_a_verified_token_is_left_alone(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar({**with_ttl("1s"), "auth": {"mode": "optional", "public_paths": ["/public"]}})
    public, without = open_stream(sidecar, target="/public"), open_stream(sidecar, None)
    assert still_sends(public, 30) and still_sends(without, 30)
    assert gate.calls() == 0


def test_without_a_cache_streams_are_not_verified_all_the_time(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("0s"))
    client = open_stream(sidecar)
    assert still_sends(client, 60)
    assert gate.calls() == 1


def test_a_revocation_made_here_ends_streams_long_before_the_ttl(start_sidecar, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1h"), env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    client, other = open_stream(sidecar), open_stream(sidecar, OTHER)
    assert post(sidecar, "/revoke", {"agent_token": TOKEN}).status == 200
    assert is_aborted(client)
    assert still_sends(other)
    assert sidecar.metric("gate_streams_ended_total", reason="token_revoked") == 1


def test_what_is_purged_is_verified_again_at_once(start_sidecar, gate, upstream, open_stream):
    upstream.handler = sends_events
    sidecar = start_sidecar(with_ttl("1h"), env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    client, other = open_stream(sidecar), open_stream(sidecar, OTHER)
    gate.revoke(TOKEN)
    assert post(sidecar, "/purge", {"all": True}).status == 200
    assert is_aborted(client)
    assert still_sends(other)
    assert gate.calls(OTHER) <= 2


@pytest.mark.parametrize("revoke", ["/revoke", "/purge"])
def test_a_request_that_waits_for_a_connection_is_not_sent_once_its_token_is_revoked(start_sidecar, gate, upstream, revoke):
    """Rule 13: it was decided before the revocation, and is sent after it. No round of streams comes in between."""
    sidecar = start_sidecar({
        "workers": 1, "limits": {"upstream_connections": 1, "upstream_wait": "60s"}, **with_ttl("1h", verify_streams=False),
    }, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    assert sidecar.ask("/before", TOKEN).status == 200
    answers = threading.Event()

    def answer_later(exchange):
        answers.wait(DEADLINE)
        reply()(exchange)
    upstream.handler = answer_later
    with sidecar.connect() as first, sidecar.connect() as waiting, sidecar.connect() as last:
        first.send(request("GET", "/first", OTHER))
        upstream.wait_for_request(2)
        waiting.send(request("GET", "/waiting", TOKEN))
        last.send(request("GET", "/last", OTHER))
        eventually(lambda: sidecar.metric("http_server_active_requests") == 3, "two requests that wait")
        if revoke == "/purge":
            gate.revoke(TOKEN)
        body = {"agent_token": TOKEN} if revoke == "/revoke" else {"all": True}
        assert post(sidecar, revoke, body).status == 200
        answers.set()
        refused = waiting.response()
        assert refused.status == 401 and refused.error["code"] in ("token_revoked", "token_invalid")
        assert first.response().status == 200 and last.response().status == 200
    assert [seen.target for seen in upstream.requests] == ["/before", "/first", "/last"]
    line = sidecar.access_line("/waiting")
    assert (line["gate.verdict"], line["http.response.status_code"]) == ("deny", 401)
