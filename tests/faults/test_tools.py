"""The tools of these tests: the library fails what it is told to fail, and the judge refuses what is wrong."""
import errno
import json

import pytest

import scenarios
from faults import ACCEPT, CONNECT, DOWNSTREAM, END, READ, UNCONNECTED, UPSTREAM, WRITE, Fault
from harness import http
from wire import Expected, judge


@pytest.fixture
def bench(start_bench):
    it = start_bench(scenarios.Scenario())
    it.wait_for_connections(0)
    return it


def ask(bench, target="/plain/x"):
    with bench.connect() as client:
        client.send(http.request("GET", target, "agt_shared"))
        try:
            client.response()
        except EOFError:
            pass
        return client


def test_calls_are_counted_and_none_fails_unasked(bench):
    bench.control.arm(DOWNSTREAM, Fault(READ | WRITE | ACCEPT, errno.EPIPE), 0)
    assert ask(bench).received.startswith(b"HTTP/1.1 200")
    bench.settle()
    assert not bench.control.disarm() and bench.control.fields.seen >= 3


def test_the_chosen_call_fails_and_no_other(bench):
    bench.control.arm(DOWNSTREAM, Fault(READ, errno.ECONNRESET), 1)
    client = ask(bench)
    assert client.received == b"" and client.end in ("reset", "eof")  # which of them depends on what had come by then
    assert ask(bench).received.startswith(b"HTTP/1.1 200")
    bench.settle()
    assert bench.control.disarm() and bench.control.fields.fired == 1


def test_nothing_fails_for_other_peers(bench):
    bench.control.arm(UPSTREAM, Fault(CONNECT | ACCEPT, errno.ECONNREFUSED), 1)
    assert ask(bench).received.startswith(b"HTTP/1.1 200")
    bench.settle()
    assert not bench.control.disarm()


@pytest.mark.parametrize("fault, code", [
    (Fault(CONNECT, errno.ECONNREFUSED), "upstream_refused"), (Fault(CONNECT, errno.ETIMEDOUT), "upstream_connect_timeout"),
    (Fault(CONNECT, errno.EHOSTUNREACH), "upstream_unreachable"), (Fault(READ, errno.ECONNRESET), "upstream_reset"),
    (Fault(READ, END), "upstream_reset")], ids=str)
def test_the_cause_is_a_reason_in_the_reply_the_log_and_the_metrics(bench, fault, code):
    bench.upstream.drop_connections()
    bench.check_resources()
    bench.control.arm(UPSTREAM | UNCONNECTED, fault, 1)
    client = ask(bench, "/plain/cause")
    assert bench.control.disarm()
    error = json.loads(client.received.partition(b"\r\n\r\n")[2])["error"]
    assert error["code"] == code
    assert bench.sidecar.access_line("/plain/cause")["error.type"] == code


class Recorded:
    def __init__(self, received, end="open"):
        self.received, self.end = received, end


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize("tape", [
    Recorded(HEAD + b"mine" + b"x"), Recorded(HEAD + b"his!"), Recorded(HEAD + b"mi"), Recorded(b""),
    Recorded(HEAD + b"mine" + HEAD + b"mine"), Recorded(HEAD.replace(b"4", b"2") + b"mi"),
    Recorded(b"HTTP/1.1 200 OK\r\n\r\nmi", "eof"), Recorded(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
    Recorded(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nmi\r\n0\r\n\r\n"),
    Recorded(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"mine")],
    ids=["surplus", "foreign", "cut but open", "nothing but open", "doubled", "short but whole", "short until close", "wrong status",
         "short in chunks", "unasked interim"])
def test_the_judge_refuses_what_is_wrong(tape):
    with pytest.raises(AssertionError):
        judge(tape, [Expected(b"mine")], {})


@pytest.mark.parametrize("tape, came", [(Recorded(HEAD + b"mine"), "ok"), (Recorded(HEAD + b"mi", "eof"), "cut"),
                                        (Recorded(b"", "reset"), "nothing"), (Recorded(b"HTTP/1.1 200 OK\r\n\r\nmi", "reset"), "cut")],
                         ids=["whole", "cut", "nothing", "reset"])
def test_the_judge_accepts_what_is_right(tape, came):
    assert judge(tape, [Expected(b"mine")], {})[0] == [came]
