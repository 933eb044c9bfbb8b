"""What the fleet adds to a request: one round trip to a miss, and nothing to a hit."""
import itertools
import re
import time

import pytest

from harness import TOKEN
from harness.fleet import status
from harness.server import vouch_for
from harness.store import Client
from harness.wait import eventually

MISSES = 20
BETWEEN_EXTENSIONS = 0.09  # of a lock whose call is under way: 100 ms, but for what a timer is early
SCRIPTS = {(":l", ":c", ":k"): "begin", (":l",): "extend", (":l", ":c", ":k", ":ev"): "finish", (":n", ":ev"): "beat"}


class Command:
    """A line of MONITOR. `name`: of our script, which its keys tell, or the store's of another command."""

    def __init__(self, line):
        self.time = float(line.split()[0].lstrip("+"))
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
        self.name, self.keys = words[0].lower(), ()
        if self.name in ("eval", "evalsha"):
            self.keys = words[3:3 + int(words[2])]
            kinds = tuple(re.sub(r"^{gate:[^}]*}(:[a-z]+).*", r"\1", key) for key in self.keys)
            self.name = SCRIPTS.get(kinds, line)

    def is_of_no_request(self):
        """The reader's, the beat, and the blocks that are compared once a minute."""
        return self.name in ("xread", "xinfo", "beat", "hscan")


@pytest.fixture
def sent(store):
    """sent() -> what replicas have sent to the store because of requests, since it was called before."""
    monitor, marker = Client.to_socket(store.socket), Client.to_socket(store.socket)
    monitor("MONITOR")

    def sent_since():
        marker("ECHO", "until here")
        lines = iter(lambda: monitor.file.readline().decode(), "")
        of_clients = (line for line in lines if " lua]" not in line)
        seen = [Command(line) for line in itertools.takewhile(lambda line: '"until here"' not in line, of_clients)]
        return [each for each in seen if not each.is_of_no_request()]
    yield sent_since
    monitor.close()
    marker.close()


def until_all_have_finished(sent):
    """The commands up to the end of the last call, which comes after the response."""
    seen = []
    eventually(lambda: seen.extend(sent()) or sum(each.name == "finish" for each in seen) >= MISSES, "the ends of the calls")
    return seen


def test_a_miss_costs_one_round_trip_and_a_hit_none(start_server, start_fleet, store, sent, tokens):
    calls, vouch = [], vouch_for()

    def answer(exchange):
        calls.append(time.time())
        vouch(exchange)
    alone, = start_fleet(1, gate=start_server(answer))
    assert status(alone, TOKEN) == 200
    eventually(lambda: store.log_length() == 1, "the end of its call")  # from now on the store knows the scripts
    sent()

    fresh = list(itertools.islice(tokens, MISSES))
    assert [status(alone, token) for token in fresh] == [200] * MISSES
    by_token = {}
    for each in [*until_all_have_finished(sent), *sent()]:
        assert each.name in ("begin", "extend", "finish"), each.name
        by_token.setdefault(each.keys[0], []).append(each)
    assert len(by_token) == MISSES == len(calls) - 1
    for (first, *between, last), call in zip(by_token.values(), calls[1:]):
        assert (first.name, last.name) == ("begin", "finish")
        assert first.time < call < last.time
        assert all(each.name == "extend" for each in between)
        assert len(between) * BETWEEN_EXTENSIONS <= last.time - first.time  # none, unless the machine is crowded

    assert [status(alone, token) for token in fresh] == [200] * MISSES
    assert not sent()
