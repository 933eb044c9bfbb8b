"""A sidecar whose socket calls fail on command, between a scripted upstream and a scripted Gate."""
import collections
import hashlib
import itertools
import json
import os
import re
import socket
import threading

from faults import Control
from harness.http import Connection, request
from harness.server import Server, vouch_for
from harness.sidecar import BASE, Sidecar, merged
from harness.wait import eventually
from wire import Tape, judge, Expected

SHARED = "agt_shared"  # verified once, and then cached

# No time-out may end what hangs, and no number of failures opens the circuit: how many calls there are to fail depends
# on the pieces in which bytes come. One worker, so that the n-th call is the same one in each run.
CONFIG = {
    "workers": 1,
    "upstream": {"idle_timeout": "10m", "response_timeout": "10m", "connect_timeout": "60s"},
    "gate": {"timeout": "60s", "circuit": {"failures": 1000, "slow_after": "60s"}},
    "cache": {"ttl": "1h"},
    "limits": {"head_size": "2KiB", "header_timeout": "10m", "body_timeout": "10m", "stream_idle_timeout": "10m",
               "keep_alive_timeout": "10m"},
}


def account_of(token):
    return "gacct_" + token[len("agt_"):]


def text(target, token=SHARED, size=300, body=b""):
    """The body of the one right answer: nobody else's looks like it."""
    start = "%s %s %d %s\n" % (target, account_of(token), len(body), hashlib.sha1(body).hexdigest())
    filler = hashlib.sha256(start.encode()).hexdigest().encode()
    return (start.encode() + filler * (size // len(filler) + 1))[:max(size, len(start))]


class Bench:
    """Programs, and a client's view of them. `scripts`: {first segment of a target: handler(bench, exchange, token)};
    `over`: of transports.py."""

    def __init__(self, directory, scripts, over, config=None, gate_tls=None, gate_host="127.0.0.1", gate_keeps=True):
        self.scripts, self.arrivals, self.calls = scripts, collections.Counter(), collections.Counter()
        self._steps, self._lock, self._stopped = {}, threading.Lock(), False
        self.gate_keeps, self._names = gate_keeps, itertools.count(1)
        self.over = over
        self.upstream = Server(self._answer, **over.server())
        self.gate = Server(self._vouch, tls=gate_tls)
        self.control = Control(directory / "faults")
        wiring = {"upstream": over.upstream(self.upstream), "listener": over.listener(),
                  "gate": {"base_url": self.gate.url.replace("127.0.0.1", gate_host)}}
        whole = merged(merged(merged(BASE, CONFIG), wiring), config or {})
        self.sidecar = Sidecar(directory, whole, env=self.control.environment())
        self.control.peers_are(over.downstream_place(self.sidecar), over.upstream_place(self.upstream), self.gate.port)
        self.status = Connection.to(self.sidecar.ports["status"])
        self.plain()
        self.at_rest = self._resources()
        self.plain()

    # the servers
    def _answer(self, exchange):
        target = exchange.head.target
        self.arrivals[target] += 1
        name = target.split("/")[2]
        token = SHARED if not name.startswith("own") else "agt_" + name
        assert exchange.head.all("X-Gate-Account-Id") == [account_of(token)], exchange.head
        self.scripts[target.split("/")[1]](self, exchange, token)

    def _vouch(self, exchange):
        exchange.read_body()
        token = json.loads(exchange.head.body)["agent_token"]
        self.calls[token] += 1
        exchange.keep = self.gate_keeps
        exchange.read_body = lambda: None  # has been read
        vouch_for(account_of(token), [] if self.gate_keeps else [("Connection", "close")])(exchange)

    def step(self, target, number):
        """What the upstream waits for and the client sets."""
        with self._lock:
            return self._steps.setdefault((target, number), threading.Event())

    # the client
    def new_name(self, own_token=False):
        return "%s%d" % ("own" if own_token else "n", next(self._names))

    def connect(self):
        try:
            return Tape(self.over.connect(self.sidecar))
        except ConnectionError:  # accepted and gone, all while we connect
            return Tape(socket.socket())

    def plain(self, client=None):
        """A request that nothing may disturb, with an answer that is nobody else's."""
        target = "/plain/" + self.new_name()
        connection = client or self.connect()
        start = len(connection.received)
        connection.send(request("GET", target, SHARED))
        try:
            connection.response()
        except EOFError:
            pass
        connection.received = connection.received[start:]
        came, _ = judge(connection, [Expected(text(target))], {})
        assert came == ["ok"], "the next request got: %s, %s, %r" % (came, connection.end, connection.received[:300])
        if client is None:
            connection.close()

    # what the sidecar tells
    def gauge(self, name):
        try:
            body = self.status.exchange(request("GET", "/metrics")).body.decode()
        except (EOFError, ConnectionError):  # it was idle for too long
            self.status = Connection.to(self.sidecar.ports["status"])
            return self.gauge(name)
        return sum(float(v) for v in re.findall(r"^%s(?:\{.*\})? (\S+)$" % name, body, re.M))

    def wait_for_connections(self, number):
        """Until no client but so many is there; what is left of the others would be counted, too."""
        eventually(lambda: self.gauge("downstream_connections") == number, "%d clients" % number, within=20)

    def settle(self):
        eventually(lambda: self.gauge("http_server_active_requests") == 0, "the end of the exchange", within=20)

    def _resources(self):
        """When nothing is under way: (downstream connections, upstream connections, open descriptors)."""
        self.upstream.drop_connections()
        self.settle()
        for name in ("downstream_connections", "upstream_connections"):
            eventually(lambda it=name: self.gauge(it) == 0, "the end of all " + name, within=20)
        return len(os.listdir("/proc/%d/fd" % self.sidecar.process.popen.pid))

    def check_resources(self):
        eventually(lambda: self._resources() <= self.at_rest, "the descriptors to be closed", within=20)

    def stop(self):
        if self._stopped:
            return
        self._stopped = True
        self.control.disarm()
        self.status.close()
        problems = []
        for thing in (self.sidecar, self.gate, self.upstream):
            try:
                thing.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        assert not problems, "\n".join(problems)
