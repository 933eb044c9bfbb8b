"""slowhttptest: clients that are slow on purpose are cut off, keep nobody waiting and cost little memory."""
import subprocess
import threading

import pytest

from harness import TOKEN
from harness.wait import SANITIZER, eventually, pause
from tools import api

ATTACKERS, SECONDS = 400, 8
# Resident memory that an attacker may cost: the sockets' buffers are the kernel's, ours are two blocks of 64 KiB at most.
BOUND = 128 << 10
LIMITS = {"header_timeout": "2s", "body_timeout": "2s", "keep_alive_timeout": "2s", "upstream_wait": "5s"}

ATTACKS = {
    "headers": ["-H", "-i", "1", "-x", "20"],
    "body": ["-B", "-i", "5", "-s", "1000000", "-x", "20"],
    "read": ["-X", "-k", "1", "-n", "5", "-w", "10", "-y", "20", "-z", "32"],
}


class NormalClient:
    """Asks again and again until it is told to end; `answers` are its answers, `failures` what went wrong."""

    def __init__(self, sidecar):
        self.sidecar, self.answers, self.failures = sidecar, 0, []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._enough.wait(0.02):
            try:
                answer = self.sidecar.ask("/echo", TOKEN, "POST", body=b"honest")
                assert answer.status == 200 and answer.body == b"honest", answer
                self.answers += 1
            except (AssertionError, OSError, EOFError) as failure:
                self.failures.append(failure)

    def stop(self):
        self._enough.set()
        self._thread.join()


@pytest.fixture
def upstream(start_aiohttp, tmp_path):
    return start_aiohttp(api.routes(tmp_path))


@pytest.mark.parametrize("kind", ATTACKS)
def test_a_slow_attack_keeps_nobody_waiting(start_sidecar, started, kind):
    """Rule 24. The attackers are let in (auth.mode: optional), as an anonymous route would."""
    sidecar = start_sidecar({"auth": {"mode": "optional"}, "limits": LIMITS})
    assert sidecar.ask("/streamed").status == 200
    before, most = sidecar.rss(), 0
    client = started.add(NormalClient(sidecar))
    attack = subprocess.Popen(["slowhttptest", *ATTACKS[kind], "-c", str(ATTACKERS), "-r", "200", "-l", str(SECONDS), "-p", "5",
                               "-u", "http://127.0.0.1:%d/%s" % (sidecar.port, "streamed" if kind == "read" else "digest")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while attack.poll() is None:
        most = max(most, sidecar.rss())
        peak = max(peak, sidecar.metric("downstream_connections"))
        pause(0.05)
    client.stop()
    print("%s: %d attackers at once, RSS +%.1f MB, %d answers" % (kind, peak, (most - before) / 2**20, client.answers))
    assert peak > ATTACKERS / 4, "that was no attack"
    assert not client.failures, client.failures[:3]
    assert client.answers > 0
    assert SANITIZER or most - before < ATTACKERS * BOUND
    eventually(lambda: sidecar.metric("downstream_connections") <= 1, "the attackers to be gone", within=30)
    eventually(lambda: sidecar.metric("http_server_active_requests") == 0, "no active request", within=30)
