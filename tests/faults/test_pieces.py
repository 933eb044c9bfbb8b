"""Reads and writes of a few bytes each: everything arrives as it was sent."""
import pytest

import scenarios
from faults import EVERY_PEER, GATE, UPSTREAM
from wire import judge

# (peers, at most so many bytes read, and written, whether the number varies)
PIECES = [(EVERY_PEER, 1, 1, False), (EVERY_PEER, 3, 3, True), (UPSTREAM | GATE, 7, 0, False), (EVERY_PEER, 0, 7, False)]


@pytest.mark.parametrize("scenario", scenarios.ALL, ids=lambda it: it.__name__)
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
