"""Connections that show nothing, held by strangers until no more are allowed, must not keep agents out (rule 27)."""
import contextlib
import select
import socket
import threading
import time

import pytest

from harness import TOKEN
from harness.http import request
from harness.wait import eventually, pause

ALLOWED = 200

NOTHING = b""
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: api.test\r\nX-Slow: "
REFUSED = request("GET", "/", "agt_unknown")
REFUSED_FOR_GOOD = b"nonsense\r\n\r\n"
REFUSED_WITHOUT_ITS_BODY = request("POST", "/", fields=[("Content-Length", "1000")])
# Its answers fill every buffer between the sidecar and a client that does not read them.
REFUSED_AGAIN_AND_AGAIN = request("GET", "/") * 20000


class Strangers:
    """Holds `number` connections and says `words` on each; opens others for those that are closed, four times a second."""

    def __init__(self, port, number, words):
        self._port, self._number, self._words = port, number, words
        self._held, self.opened = {}, 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopped.is_set():
            for _ in range(self._number - len(self._held)):
                self._open()
            next_wave = time.monotonic() + 0.25
            while time.monotonic() < next_wave and not self._stopped.is_set():
                for sock in select.select(list(self._held), [], [], 0.05)[0]:
                    self._read(sock)

    def _open(self):
        sock = socket.create_connection(("127.0.0.1", self._port), 60)
        self._held[sock] = True
        self.opened += 1
        try:
            sock.sendall(self._words)
        except OSError:
            self._close(sock)

    def _read(self, sock):
        try:
            if not sock.recv(1 << 16):
                self._close(sock)
        except OSError:
            self._close(sock)

    def _close(self, sock):
        del self._held[sock]
        sock.close()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for sock in list(self._held):
            self._close(sock)


class DeafStrangers:
    """Holds `number` connections, sends `words` on each as far as they are taken, and reads nothing. Those that end are replaced."""

    def __init__(self, port, number, words):
        self._port, self._number, self._words = port, number, words
        self._held, self._ends, self.opened = {}, select.poll(), 0
        self._left = {}  # what each has still to say
        self._stopped, self._resting = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stopped.is_set():
            while len(self._held) < self._number and not self._resting.is_set():
                self._open()
            for sock in list(self._held.values()):
                self._say(sock)
            for number, _ in self._ends.poll(50):
                self._ends.unregister(number)
                self._held.pop(number).close()

    def _open(self):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self._port))
        sock.setblocking(False)
        self._held[sock.fileno()] = sock
        self._ends.register(sock, 0)  # errors, and nothing else
        self._left[sock] = self._words
        self.opened += 1

    def held(self):
        return len(self._held)

    @contextlib.contextmanager
    def resting(self):
        """While it lasts, those that end are not replaced."""
        self._resting.set()
        yield
        self._resting.clear()

    def _say(self, sock):
        try:
            while self._left[sock]:
                self._left[sock] = self._left[sock][sock.send(self._left[sock]):]
        except OSError:
            pass  # no more is taken, or it is over: that shows by itself

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for sock in self._held.values():
            sock.close()


def has_come_to_rest(sidecar):
    """It has answered something, and answers nothing more, whenever one looks."""
    before = sidecar.metric("gate_decisions_total")
    for _ in range(5 if before else 0):
        pause(0.3)
        if sidecar.metric("gate_decisions_total") != before:
            return False
    return before > 0


def outcome_of(ask):
    """The status of the answer, or what came in place of one."""
    try:
        return ask().status
    except (EOFError, OSError) as failure:
        return type(failure).__name__


@pytest.mark.parametrize("words", [NOTHING, HALF_A_HEAD, REFUSED, REFUSED + HALF_A_HEAD, REFUSED_FOR_GOOD, REFUSED_WITHOUT_ITS_BODY],
                         ids=["silent", "half a head", "refused", "half a head after a refusal", "refused for good", "a body is missing"])
def test_strangers_that_fill_the_house_keep_no_agent_out(start_sidecar, started, attack_seconds, words):
    """Rule 27: who has shown nothing goes first; an agent's connection stays, and a new agent is let in."""
    sidecar = start_sidecar({"limits": {"connections": ALLOWED, "failed_tokens": 0}})
    with sidecar.connect() as kept:
        assert kept.exchange(request("GET", "/", TOKEN)).status == 200
        # While Gate is asked about their token, all of them are busy: they go after that.
        assert sidecar.ask("/", "agt_unknown").status == 401
        strangers = started.add(Strangers(sidecar.port, ALLOWED, words))
        eventually(lambda: strangers.opened >= ALLOWED, "the strangers")
        newcomers, regulars = [], []
        end = time.monotonic() + attack_seconds
        while time.monotonic() < end or len(newcomers) < 20:
            newcomers.append(outcome_of(lambda: sidecar.ask("/", TOKEN)))
            regulars.append(outcome_of(lambda: kept.exchange(request("GET", "/", TOKEN))))
            pause(0.02)
        failed = [o for o in newcomers if o != 200], [o for o in regulars if o != 200]
        print("new agents refused: %d of %d; regulars cut: %d of %d; %d connections of strangers"
              % (len(failed[0]), len(newcomers), len(failed[1]), len(regulars), strangers.opened))
        assert failed == ([], [])


def test_strangers_that_read_no_answer_keep_no_agent_out(start_sidecar, started, attack_seconds):
    """Rule 27: whoever does not take what he was told is no busier than one who says nothing."""
    allowed = 20
    sidecar = start_sidecar({"limits": {"connections": allowed, "failed_tokens": 0}})
    strangers = started.add(DeafStrangers(sidecar.port, allowed, REFUSED_AGAIN_AND_AGAIN))
    newcomers = []
    end = time.monotonic() + attack_seconds
    while time.monotonic() < end or len(newcomers) < 20:
        eventually(lambda: strangers.held() == allowed and has_come_to_rest(sidecar), "answers that nobody reads", within=20)
        # A stranger that takes the place of one is busy until it is deaf, too: they come back when these have gone.
        with strangers.resting(), contextlib.ExitStack() as agents:
            for _ in range(allowed - 1):
                agent = agents.enter_context(sidecar.connect())
                newcomers.append(outcome_of(lambda: agent.exchange(request("GET", "/", TOKEN))))
    failed = [o for o in newcomers if o != 200]
    print("new agents refused: %d of %d; %d connections of strangers" % (len(failed), len(newcomers), strangers.opened))
    assert not failed
