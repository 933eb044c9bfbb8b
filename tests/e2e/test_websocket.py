"""How a WebSocket ends when it is the proxy that ends it (RFC 6455 5.5.1, 7.4.1)."""
import struct
import threading

from harness import TOKEN
from harness.http import request
from harness.wait import eventually
from test_upgrade import HANDSHAKE, SWITCH, switch_and_echo

GOING_AWAY = b"\x88\x02\x03\xe9"
KEY = b"\x01\x02\x03\x04"


def masked(opcode, payload):
    """A final frame as a client sends it."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
    return bytes([0x80 | opcode]) + length + KEY + bytes(c ^ KEY[i % 4] for i, c in enumerate(payload))


def unmasked_close(frame):
    assert frame[:2] == b"\x88\x82"
    return bytes(c ^ frame[2 + i] for i, c in enumerate(frame[6:]))




def echo_then_note_the_end(ends):
    def handler(exchange):
        try:
            switch_and_echo(exchange)
        except (EOFError, OSError):
            ends.set()
            raise
    return handler


def test_both_sides_are_told_that_the_program_ends(sidecar, upstream):
    seen = []

    def collect(exchange):
        exchange.connection.send(SWITCH)
        seen.append(exchange.connection.exactly(8))
        exchange.wait_until_gone()
    upstream.handler = collect
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        sidecar.terminate()
        assert client.exactly(4) == GOING_AWAY
        client.send(masked(8, b"\x03\xe9"))
        assert client.is_closed()
    assert sidecar.wait() == 0
    assert unmasked_close(seen[0]) == b"\x03\xe9"


def refuses_connections(sidecar):
    try:
        sidecar.connect().close()
    except OSError:
        return True
    return False


def test_a_frame_under_way_is_finished_before_the_goodbye(start_sidecar, upstream):
    proceed = threading.Event()
    frame = b"\x82\x7f" + struct.pack(">Q", 100_000) + b"x" * 100_000

    def slowly(exchange):
        exchange.connection.send(SWITCH + frame[:50_000])
        proceed.wait(60)
        exchange.connection.send(frame[50_000:] + b"\x81\x04late")
        exchange.wait_until_gone()
    upstream.handler = slowly
    sidecar = start_sidecar({"workers": 1, "shutdown": {"grace": "60s"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        client.send(masked(1, b"half a frame")[:5])
        assert client.exactly(50_000) == frame[:50_000]
        sidecar.terminate()
        eventually(lambda: refuses_connections(sidecar), "the worker to drain")
        client.send(masked(1, b"half a frame")[5:] + masked(1, b"too late"))
        proceed.set()
        assert client.exactly(len(frame) - 50_000) == frame[50_000:]
        assert client.exactly(4) == GOING_AWAY
        client.send(masked(8, b"\x03\xe9"))
        assert client.is_closed()
    assert sidecar.wait() == 0


def test_a_client_that_does_not_answer_is_left_after_a_while(start_sidecar, upstream):
    upstream.handler = switch_and_echo
    sidecar = start_sidecar({"shutdown": {"grace": "60s"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        sidecar.terminate()
        assert client.exactly(4) == GOING_AWAY
        assert sidecar.wait(within=30) == 0


def test_a_websocket_that_says_goodbye_itself_is_left_alone(sidecar, upstream):
    """Both Close frames pass as they are; none is added."""
    upstream.handler = switch_and_echo
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        goodbye = masked(8, b"\x03\xe8")
        client.send(goodbye)
        assert client.exactly(len(goodbye)) == goodbye
        sidecar.terminate()
        client.end_sending()
        assert client.until_end() == b""
    assert sidecar.wait() == 0


def test_a_websocket_has_a_life_time(start_sidecar, upstream):
    upstream.handler = switch_and_echo
    sidecar = start_sidecar({"limits": {"websocket_lifetime": "300ms"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        ended = threading.Event()

        def chatter():
            while not ended.wait(0.02):
                try:
                    client.send(masked(1, b"hello"))
                except OSError:
                    return
        talker = threading.Thread(target=chatter)
        talker.start()
        try:
            while GOING_AWAY not in client.buffer:
                client.more()
        finally:
            ended.set()
            talker.join()
        assert client.buffer.endswith(GOING_AWAY)


def test_an_idle_websocket_is_told(start_sidecar, upstream):
    ends = threading.Event()
    upstream.handler = echo_then_note_the_end(ends)
    sidecar = start_sidecar({"limits": {"stream_idle_timeout": "200ms"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        client.send(masked(1, b"hello"))
        assert client.exactly(11) == masked(1, b"hello")
        assert client.exactly(4) == GOING_AWAY
        client.send(masked(8, b"\x03\xe9"))
        assert client.is_closed()
    assert ends.wait(60)
    eventually(lambda: sidecar.metric("upstream_connections") == 0, "the upstream connection to be dropped")
