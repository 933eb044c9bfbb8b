"""How long an event takes through the sidecar, and that it waits for no other."""
import statistics
import threading
import time

import pytest

from harness import TOKEN
from harness.http import request

EVENTS, ROUNDS, LIMIT = 200, 3, 0.002
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
           ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]


def median_of_best_round(sender, receiver, chunks):
    """Seconds from the sending of an event to its arrival. The next one is sent when the last has come, unchanged."""
    rounds = []
    for _ in range(ROUNDS):
        times = []
        for number in range(EVENTS):
            event = b"id: %d\ndata: %s\n\n" % (number, b"x" * (number * 10))
            piece = b"%x\r\n%s\r\n" % (len(event), event) if chunks else event
            began = time.perf_counter()
            sender.send(piece)
            came = receiver.exactly(len(piece))
            times.append(time.perf_counter() - began)
            assert came == piece and receiver.buffer == b""
        rounds.append(statistics.median(times))
    print("medians of the rounds in ms: " + ", ".join("%.3f" % (r * 1000) for r in rounds))
    return min(rounds)


@pytest.mark.parametrize("kind", ["event stream", "websocket down", "websocket up"])
def test_an_event_takes_less_than_two_milliseconds(sidecar, upstream, kind):
    over = threading.Event()
    upstream.handler = lambda _: over.wait()
    with sidecar.connect() as client:
        client.send(request("GET", "/events", TOKEN, UPGRADE if kind != "event stream" else ()))
        server = upstream.wait_for_request().connection
        server.send(HEAD if kind == "event stream" else SWITCH)
        assert client.head().status == (200 if kind == "event stream" else 101)
        if kind == "websocket up":
            client, server = server, client
        try:
            assert median_of_best_round(server, client, chunks=kind == "event stream") < LIMIT
        finally:
            over.set()
