"""Running out of file descriptors: said in advance where it would happen, and nobody else's fault where it does."""
import contextlib
import os
import resource

import pytest

from harness import TOKEN
from harness.http import Connection, request
from harness.server import then_close, vouch_for
from harness.sidecar import Sidecar, parse_metrics
from harness.wait import SANITIZER, eventually

# Root may raise its limits: what runs under this may not.
BOUND = ["setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource"] if os.geteuid() == 0 else []


@pytest.fixture
def start_limited(started, tmp_path, gate, upstream):
    """start_limited(soft, hard, connections) -> a sidecar that was started with these limits of RLIMIT_NOFILE."""
    def start(soft, hard, connections):
        class Limited(Sidecar):
            def launch(self, argv, environment):
                return super().launch([*BOUND, "prlimit", "--nofile=%d:%d" % (soft, hard), *argv], environment)
        config = {"upstream": {"url": upstream.url}, "gate": {"base_url": gate.url}, "workers": 2, "limits": {"connections": connections},
                  **{name: {"address": "127.0.0.1:0"} for name in ("listener", "status", "admin")}}
        return started.add(Limited(tmp_path, config))
    return start


def warnings_of(sidecar):
    return [line["message"] for line in sidecar.log() if "limits.connections" in line.get("message", "")]


def test_a_limit_that_can_be_raised_is_raised(start_limited):
    sidecar = start_limited(256, 8192, connections=2000)
    assert sidecar.metric("process_max_fds") >= 2000 + 1000
    assert not warnings_of(sidecar)


def test_a_limit_that_is_too_low_lowers_the_connections_and_says_so(start_limited):
    """The rest is for the status listener and for Gate, however many come."""
    sidecar = start_limited(256, 512, connections=10000)
    said, = warnings_of(sidecar)
    held = int(said.split("limits.connections is ")[1].split()[0])
    assert 100 < held < 256 and "instead of 10000" in said and "may open 512 files" in said
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(sidecar.connect()).send(request("GET", "/"))
        eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the others to be answered, and to make room")
        assert sidecar.operate("/livez").status == 200
        assert sidecar.metric("process_open_fds") < 512 - 16
        assert sidecar.metric("downstream_connections") <= held + 64


def lowest_free_descriptor(pid):
    taken = {int(name) for name in os.listdir("/proc/%d/fd" % pid)}
    return next(number for number in range(len(taken) + 1) if number not in taken)


@pytest.mark.skipif(bool(SANITIZER), reason="UBSan looks at memory through a pipe, and reports what it cannot look at")
def test_our_own_lack_of_descriptors_is_not_held_against_gate(start_server, start_sidecar):
    """The circuit stays closed: as soon as there are descriptors again, Gate is asked again."""
    gate = start_server(then_close(vouch_for(fields=[("Connection", "close")])))
    sidecar = start_sidecar({"cache": {"refresh_ahead": False}, "gate": {"circuit": {"failures": 3, "probe_interval": "60s"}}},
                            gate=gate, env={"GATE_SIDECAR_DUMPABLE": "1"})
    pid = sidecar.process.popen.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with sidecar.connect() as client, Connection.to(sidecar.ports["status"]) as scraper:
        assert client.exchange(request("GET", "/", TOKEN)).status == 200
        assert scraper.exchange(request("GET", "/livez")).status == 200
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free_descriptor(pid), before[1]))
        for number in range(10):
            answer = client.exchange(request("GET", "/", "agt_other%d" % number))
            assert answer.status == 503 and answer.error["code"] == "gate_busy", answer
        shown = parse_metrics(scraper.exchange(request("GET", "/metrics")).body.decode())
        assert {value for (name, _), value in shown.items() if name == "gate_circuit_open"} == {0}
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert client.exchange(request("GET", "/", "agt_another")).status == 200
