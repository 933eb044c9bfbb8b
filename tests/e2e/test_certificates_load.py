"""Swaps of certificates and of authorities under wrk over TLS: no request fails, and what is new is served in time.

`wrk` has 100 connections: most are kept, and some end with each answer, so that there are handshakes all the time.
"""
import re
import signal
import subprocess

import pytest

from harness.certificates import Authority
from harness.load import UpstreamProcess
from harness import TOKEN
from harness.wait import eventually
from test_certificates import Files, ask, reloads, served, tls_of

KEPT, ENDING = 92, 8
AFTER_A_SIGNAL, AFTER_A_SWAP = 1, 12  # seconds


class Wrk:
    def __init__(self, port, connections, *fields):
        words = ["wrk", "-t1", "-c%d" % connections, "-d3600s", "--timeout", "60s", "-H", "Authorization: Bearer " + TOKEN]
        for field in fields:
            words += ["-H", field]
        self.process = subprocess.Popen([*words, "https://localhost:%d/load" % port], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def end(self):
        """How many answers there were, all of them good."""
        self.process.send_signal(signal.SIGINT)
        told = self.process.communicate(timeout=120)[0]
        assert "Non-2xx" not in told and "Socket errors" not in told, told
        return int(re.search(r"(\d+) requests in", told).group(1))


class Load:
    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.parts = [Wrk(sidecar.port, KEPT), Wrk(sidecar.port, ENDING, "Connection: close")]

    def answers(self):
        return self.sidecar.metric("gate_decisions_total", verdict="allow")

    def goes_on(self):
        """Some more answers, and handshakes among them."""
        seen, shaken = self.answers(), self.sidecar.metric("tls_handshakes_total", result="ok")
        eventually(lambda: self.answers() > seen + 500 and self.sidecar.metric("tls_handshakes_total", result="ok") > shaken + ENDING,
                   "some more answers", within=20)
        assert [each.process.poll() for each in self.parts] == [None, None]

    def end(self):
        answers = [each.end() for each in self.parts]
        print(answers, "answers on kept connections, and on connections of their own")
        assert min(answers) > ENDING
        assert self.sidecar.metric("tls_handshakes_total", result="ok") > KEPT + ENDING
        assert self.sidecar.metric("tls_handshakes_total", result="timeout") == 0


@pytest.fixture
def files(tmp_path, authority):
    out = Files(tmp_path / "tls", authority)
    out.put()
    return out


@pytest.fixture
def upstream(started):
    return started.add(UpstreamProcess())


def test_another_certificate_under_load(start_sidecar, files):
    sidecar = start_sidecar({"listener": tls_of(files), "log": {"access": False}})
    load = Load(sidecar)
    load.goes_on()
    for _ in range(3):
        new = files.put()
        sidecar.process.signal(signal.SIGHUP)
        eventually(lambda wanted=new: served(sidecar.port) == wanted, "the new certificate", within=AFTER_A_SIGNAL)
        load.goes_on()
    new = files.put()
    eventually(lambda: served(sidecar.port) == new, "the new certificate without a signal", within=AFTER_A_SWAP, every=0.1)
    load.goes_on()
    good = reloads(sidecar, "success")
    files.spoil()
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: reloads(sidecar, "failure") >= 1, "the bad pair to be refused", within=AFTER_A_SIGNAL)
    load.goes_on()
    assert served(sidecar.port) == new
    load.end()
    assert reloads(sidecar, "success") == good


def test_other_authorities_of_clients_under_load(start_sidecar, files, authority, tmp_path):
    """wrk has no certificate of its own, which `optional` allows; the clients that have one are of the one authority, then the other."""
    names = ("first", "second")
    clients = {name: Authority(tmp_path / name) for name in names}
    own = {name: clients[name].issue("agent", "DNS:agent.test") for name in names}
    bundle = tmp_path / "clients.pem"

    def put(text):
        being_written = bundle.with_suffix(".new")
        being_written.write_bytes(text)
        being_written.rename(bundle)

    def is_trusted(name):
        try:
            return ask(sidecar.port, ca_file=authority.ca_file, own=own[name]).status == 200
        except (OSError, EOFError):
            return False
    put(clients["first"].ca_file.read_bytes())
    sidecar = start_sidecar({"listener": tls_of(files, client_auth="optional", client_ca_file=str(bundle)), "log": {"access": False}})
    load = Load(sidecar)
    load.goes_on()
    assert is_trusted("first") and not is_trusted("second")
    put(clients["second"].ca_file.read_bytes())
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: is_trusted("second"), "the other authority", within=AFTER_A_SIGNAL)
    assert not is_trusted("first")
    load.goes_on()
    put(clients["first"].ca_file.read_bytes())
    eventually(lambda: is_trusted("first"), "the first authority without a signal", within=AFTER_A_SWAP, every=0.1)
    assert not is_trusted("second")
    put(b"no certificate")
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: reloads(sidecar, "failure") >= 1, "the bad file to be refused", within=AFTER_A_SIGNAL)
    assert is_trusted("first")
    load.goes_on()
    load.end()
