"""Reads and writes of a few bytes each: everything arrives as it was sent."""
import pytest

import scenarios
from faults import EVERY_PEER, GATE, UPSTREAM
from harness.wait import SANITIZER
from wire import judge

# (peers, at most so many bytes read, and written, whether the number varies)
PIECES = [(EVERY_PEER, 1, 1, False), (EVERY_PEER, 3, 3, True), (UPSTREAM | GATE, 7, 0, False), (EVERY_PEER, 0, 7, False)]


# Coroutines that do not suspend resume each other on the stack where the compiler makes no tail calls, as in a sanitizer's
# build; the relay and the tunnel go on for as long as there are bytes.
DEEP = [scenarios.post_counted, scenarios.large_download, scenarios.answer_until_close, scenarios.websocket_that_the_client_ends]
TOO_DEEP = pytest.mark.xfail(bool(SANITIZER), strict=True, reason="the stack overflows after some thousand pieces")


@pytest.mark.parametrize("scenario", [
    pytest.param(it, id=it.__name__, marks=[TOO_DEEP] if issubclass(it, tuple(DEEP)) and it is not scenarios.early_answer else [])
    for it in scenarios.ALL])
def test_bytes_may_come_and_go_in_any_pieces(start_bench, scenario):
    it = scenario()
    bench = start_bench(it, large_size=20_000)
    try:
        send_in_pieces(bench, it)
    finally:
        bench.stop()


def send_in_pieces(bench, it):
    for peers, most_read, most_written, varies in PIECES:
        bench.control.shorten(peers, most_read, most_written, varies)
        for _ in range(2):  # the second time on connections that were used before
            name = bench.new_name(it.own_token)
            client = bench.connect()
            it.talk(bench, client, name)
            came, goes_on = judge(client, it.expected(bench, name), {})
            assert set(came) == {"ok"}, (came, most_read, most_written)
            if goes_on:
                client.buffer = b""
                bench.plain(client)
            client.close()
            bench.settle()
            assert bench.arrivals[it.target(name)] <= 1
        assert bench.control.fields.shortened > 100, "nothing was cut into pieces"
        bench.control.fields.shortened = 0
        bench.control.shorten(0, 0, 0)
        bench.plain()
    bench.check_resources()
