"""The n-th socket call fails, for every n: nobody gets a wrong answer, nobody waits for ever, nothing is left behind."""
import errno
import itertools
import os

import pytest

import scenarios
from faults import (ACCEPT, CONNECT, DOWNSTREAM, END, EPOLL, GATE, OPTION, OUTCOME, PEEK, POLL, READ, SHUTDOWN, SOCKET,
                    UNCONNECTED, UPSTREAM, WRITE, Fault)
from transports import CHOSEN
from wire import judge

TRANSFERS = [
    Fault(READ, END), Fault(READ, errno.ECONNRESET), Fault(READ, errno.ECONNRESET, fails_once=True), Fault(READ, errno.ETIMEDOUT),
    Fault(READ, errno.EAGAIN, transparent=True), Fault(READ, errno.EINTR, transparent=True),
    Fault(WRITE, errno.EPIPE), Fault(WRITE, errno.ECONNRESET, fails_once=True), Fault(WRITE, errno.ENOBUFS),
    Fault(WRITE, errno.EAGAIN, transparent=True), Fault(WRITE, errno.EINTR, transparent=True),
    Fault(OPTION, errno.ENOPROTOOPT, transparent=True), Fault(SHUTDOWN, errno.ENOTCONN), Fault(POLL, errno.ENOMEM),
]
ACCEPTS = [Fault(ACCEPT, errno.EMFILE, transparent=True), Fault(ACCEPT, errno.EINTR, transparent=True),
           Fault(ACCEPT, errno.ECONNABORTED), Fault(EPOLL, errno.ENOSPC)]
CONNECTS = [Fault(SOCKET, errno.EMFILE), Fault(SOCKET, errno.ENOBUFS), Fault(EPOLL, errno.ENOSPC),
            Fault(OUTCOME, errno.ECONNREFUSED, slow_connect=True), Fault(OUTCOME, errno.ETIMEDOUT, slow_connect=True),
            *[Fault(CONNECT, error) for error in (errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EADDRNOTAVAIL, errno.EHOSTUNREACH)]]
PEEKS = [Fault(PEEK, END), Fault(PEEK, errno.ECONNRESET)]

SIDES = {"downstream": DOWNSTREAM, "upstream": UPSTREAM | UNCONNECTED, "gate": GATE | UNCONNECTED}
FAULTS = {"downstream": TRANSFERS + ACCEPTS, "upstream": TRANSFERS + CONNECTS, "gate": TRANSFERS + CONNECTS + PEEKS}
EXHAUSTION = (errno.EMFILE, errno.ENOBUFS)  # ours: it is not Gate's failure
# What the client may be told instead: codes by status.
ERRORS = {
    "downstream": {400: ("bad_request_line", "bad_chunk")},
    "upstream": {502: ("upstream_refused", "upstream_unreachable", "upstream_reset", "upstream_truncated",
                       *(("upstream_tls_failed",) if CHOSEN.tls_upstream else ())),
                 504: ("upstream_connect_timeout",)},
    "gate": {503: ("gate_unreachable",)},
}


def errors_of(side, fault):
    """What we lack ourselves is nobody else's failure."""
    if fault.error not in EXHAUSTION and not (side == "upstream" and fault.calls == EPOLL):
        return ERRORS[side]
    if side == "gate":
        return {503: ("gate_busy",)}
    return {**ERRORS[side], 503: (*ERRORS[side].get(503, ()), "upstream_busy")} if side == "upstream" else ERRORS[side]


def one_run(bench, scenario, side, fault, at):
    """One exchange with a failing call: (what the client got, whether the call failed)."""
    name = bench.new_name(scenario.own_token)
    peers = SIDES[side] & (~UNCONNECTED if fault.calls == OPTION and scenario.reuses else ~0)
    client = None
    if scenario.keeps_client:
        client = bench.connect()
        bench.plain(client)
    bench.wait_for_connections(1 if client else 0)
    bench.control.arm(peers, fault, at)
    client = client or bench.connect()
    client.received = b""
    try:
        scenario.talk(bench, client, name)
    except EOFError:
        pass
    for step in range(scenarios.STEPS):
        bench.step(scenario.target(name), step).set()
    if client.end != "open":
        client.close()
    bench.settle()
    fired = bench.control.disarm()
    came, goes_on = judge(client, scenario.expected(bench, name), errors_of(side, fault))
    if goes_on and client.end == "open" and not (fired and side == "downstream"):
        client.buffer = b""
        bench.plain(client)
    client.close()
    check_counts(bench, scenario, name, fired)
    bench.plain()
    return came, fired


def check_counts(bench, scenario, name, fired):
    """Rule 23."""
    most = 2 if fired and scenario.reuses and scenario.repeats else 1
    assert bench.arrivals[scenario.target(name)] <= most, "sent %d times" % bench.arrivals[scenario.target(name)]
    for part in "abc":
        target = "/plain/%s/%s" % (name, part)
        assert bench.arrivals[target] <= (2 if part != "b" and fired else 1), target
    assert bench.calls["agt_" + name] <= (2 if fired else 1)  # what is lost is asked once more


def check_outcome(came, expected, side, fault, fired):
    if not fired or fault.transparent:
        assert came == ["ok"] * len(expected), came
    if side != "downstream":
        assert "nothing" not in came, "the client was told nothing"


def exhaust(bench, scenario, side, fault):
    """The set of what clients got, over all places where the call can fail."""
    outcomes = set()
    for at in itertools.count(1):
        try:
            came, fired = one_run(bench, scenario, side, fault, at)
            check_outcome(came, scenario.expected(bench, ""), side, fault, fired)
        except AssertionError as problem:
            raise AssertionError("%s call %d: %s\n%s" % (fault, at, problem, "\n".join(bench.sidecar.process.err.all()[-60:]))) from None
        outcomes.add(" ".join(came))
        if not fired:
            return outcomes, at
        assert at < 3000


CASES = [(scenario, side) for scenario in scenarios.ALL for side in scenario.faulty if side in CHOSEN.sides]


@pytest.mark.parametrize("scenario, side", CASES, ids=["%s-%s" % (c.__name__, side) for c, side in CASES])
def test_every_call_may_fail(start_bench, scenario, side):
    it = scenario()
    bench = start_bench(it)
    problems = []
    for fault in FAULTS[side]:
        try:
            outcomes, runs = exhaust(bench, it, side, fault)
            if os.environ.get("IO_FAULTS_VERBOSE"):
                print("%-40s %-10s %-28s %4d runs: %s" % (scenario.__name__, side, fault, runs, sorted(outcomes)))
        except AssertionError as problem:
            problems.append(str(problem))
            if not bench.sidecar.process.running() or "in vain" in str(problem):
                break
    assert not problems, "\n\n".join(problems)
    bench.check_resources()
