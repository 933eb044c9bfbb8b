"""New connections that ask for /metrics again and again must not keep the probes of an orchestrator from being answered."""
import multiprocessing
import os
import socket
import time

import pytest

from harness.http import Connection, request
from harness.wait import SANITIZER, eventually, pause

# An orchestrator gives a probe 1 s. In a test suite, others use the processors too; a sanitizer makes the program ten
# times slower.
IN_TIME = 20.0 if SANITIZER else 1.0 if float(os.environ.get("GATE_ATTACK_SECONDS", "3")) > 30 else 2.0
AT_ONCE = 150
PIPELINED = request("GET", "/metrics") * 50
LAST = request("GET", "/metrics", fields=[("Connection", "close")])


def churn(port, words, reads, opened):
    """Opens connections as fast as it can, says `words` on each, and keeps the youngest AT_ONCE of them."""
    held = []
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", port), 0.5)
            sock.setblocking(False)
            sock.send(words)
            held.append(sock)
            with opened.get_lock():
                opened.value += 1
        except OSError:
            pass  # it has been closed, or the queue is full: the next one
        if len(held) > AT_ONCE:
            held.pop(0).close()
        for sock in held if reads else ():
            try:
                sock.recv(1 << 16)
            except OSError:
                pass


class Churn:
    """Two processes that do it."""

    def __init__(self, port, words, reads):
        context = multiprocessing.get_context("fork")
        self._opened = context.Value("L", 0)
        self._processes = [context.Process(target=churn, args=(port, words, reads, self._opened), daemon=True) for _ in range(2)]
        for process in self._processes:
            process.start()

    @property
    def opened(self):
        return self._opened.value

    def stop(self):
        for process in self._processes:
            process.kill()
            process.join()


def probe(port):
    """How long the answer to GET /livez takes on a new connection; None: there is none."""
    begin = time.monotonic()
    try:
        with Connection.to(port) as connection:
            connection.sock.settimeout(IN_TIME)
            if connection.exchange(request("GET", "/livez", fields=[("Connection", "close")])).status != 200:
                return None
    except (EOFError, OSError):
        return None
    return time.monotonic() - begin


@pytest.mark.parametrize("words, reads", [(PIPELINED, False), (PIPELINED, True), (LAST, True), (b"", False)],
                         ids=["pipelined, unread", "pipelined, read", "one by one", "silent"])
def test_churn_on_the_status_listener_starves_no_probe(sidecar, started, attack_seconds, words, reads):
    """Rule 27: of the accept queue, too, nobody holds more than a share."""
    attack = started.add(Churn(sidecar.ports["status"], words, reads))
    eventually(lambda: attack.opened > 2 * AT_ONCE, "the attack")
    begin, took = time.monotonic(), []
    while len(took) < 300 and time.monotonic() < begin + attack_seconds or len(took) < 20:
        took.append(probe(sidecar.ports["status"]))
        pause(0.01)
    answered = sorted(t for t in took if t is not None)
    late = [t for t in answered if t > IN_TIME]
    print("%d of %d probes unanswered, %d late, median %.1f ms, slowest %.1f ms; %d connections in %.1f s"
          % (len(took) - len(answered), len(took), len(late), 1000 * answered[len(answered) // 2] if answered else 0,
             1000 * answered[-1] if answered else 0, attack.opened, time.monotonic() - begin))
    assert len(answered) == len(took) and not late
