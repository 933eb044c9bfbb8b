"""What the process holds in memory is nobody else's to read (rule 25): no dumps, no tokens left behind, no secrets in the environment."""
import os
import subprocess
import sys

import pytest

from harness import TOKEN
from harness.http import Connection, chunked, request
from harness.sidecar import SECRET_KEY, Sidecar, run_cli
from harness.wait import SANITIZER

ADMIN_TOKEN = "hunter2-hunter2-hunter2"
SENTINEL_PASSWORD = "hunter3-hunter3"
DEBUGGED = {"GATE_SIDECAR_DUMPABLE": "1"}
WARNING = "GATE_SIDECAR_DUMPABLE is set: core dumps and debuggers may show tokens and keys"

# Root may read everything: what runs under this has none of its permissions.
POWERLESS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
LOOK = "import sys; open('/proc/%s/mem' % sys.argv[1], 'rb').close(); open('/proc/%s/environ' % sys.argv[1], 'rb').read()"


class PowerlessSidecar(Sidecar):
    def launch(self, argv, environment):
        return super().launch([*POWERLESS, *argv], environment)


@pytest.fixture
def start_powerless(started, tmp_path, gate, upstream):
    def start(env=None):
        wiring = {"upstream": {"url": upstream.url}, "gate": {"base_url": gate.url}}
        listeners = {name: {"address": "127.0.0.1:0"} for name in ("listener", "status", "admin")}
        return started.add(PowerlessSidecar(tmp_path, {**wiring, **listeners}, env))
    return start


def can_look_into(sidecar):
    """Whether another process of the same user may read its memory."""
    looking = subprocess.run([*POWERLESS, sys.executable, "-c", LOOK, str(sidecar.process.popen.pid)],
                             capture_output=True, text=True, check=False)
    assert looking.returncode == 0 or "PermissionError" in looking.stderr, looking.stderr
    return looking.returncode == 0


def core_limit(sidecar):
    with open("/proc/%d/limits" % sidecar.process.popen.pid, encoding="ascii") as limits:
        return next(line for line in limits if line.startswith("Max core file size")).split()[4:6]


@pytest.mark.skipif(bool(SANITIZER), reason="the sanitizer looks into the process")
def test_nobody_may_look_into_the_process(start_powerless):
    """Rule 25."""
    sidecar = start_powerless(env={"GATE_SIDECAR_DUMPABLE": "0"})
    assert not can_look_into(sidecar)
    assert core_limit(sidecar) == ["0", "0"]
    assert all(WARNING not in line.get("message", "") for line in sidecar.log())
    assert sidecar.metric("process_open_fds") > 5  # it may look at itself


@pytest.mark.parametrize("value", ["1", "true"])
def test_a_debugger_may_when_the_operator_wants_it_and_is_warned(start_powerless, value):
    sidecar = start_powerless(env={"GATE_SIDECAR_DUMPABLE": value})
    assert can_look_into(sidecar)
    assert sidecar.wait_for_log(lambda line: line.get("message") == WARNING)["level"] == "warn"


@pytest.mark.parametrize("value", ["yes", "True", "2", "on"])
def test_a_switch_for_dumps_that_is_no_boolean_is_refused_by_name(value):
    code, _, problems = run_cli("validate", env={"GATE_SIDECAR_DUMPABLE": value})
    assert code == 78 and "GATE_SIDECAR_DUMPABLE: needs true or false, not" in problems and value in problems


def test_the_environment_does_not_show_the_secrets_any_more(start_sidecar):
    """Rule 25."""
    others = {"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN, "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD": SENTINEL_PASSWORD}
    sidecar = start_sidecar(env={**DEBUGGED, **others})
    with open("/proc/%d/environ" % sidecar.process.popen.pid, "rb") as environment:
        shown = environment.read()
    assert b"FOIL_SECRET_KEY=" in shown and b"GATE_SIDECAR_ADMIN_TOKEN=" in shown and b"GATE_SIDECAR_DUMPABLE=1" in shown
    for secret in (SECRET_KEY, ADMIN_TOKEN, SENTINEL_PASSWORD):
        assert secret.encode() not in shown
    assert sidecar.ask("/", TOKEN).status == 200


def memory_of(pid):
    """All that the process can write to and has written to, region by region."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for line in maps:
            place, access = line.split()[:2]
            begin, end = (int(part, 16) for part in place.split("-"))
            if not access.startswith("rw"):
                continue
            memory.seek(begin)
            try:
                yield memory.read(end - begin)
            except OSError:
                pass  # such as [vvar]


def times_in_memory(sidecar, text):
    return sum(region.count(text.encode()) for region in memory_of(sidecar.process.popen.pid))


SENT = {
    "no body": lambda token: request("GET", "/", token),
    "a counted body": lambda token: request("POST", "/", token, body=b"x" * 3000),
    "a chunked body": lambda token: request("POST", "/", token, [("Transfer-Encoding", "chunked")], chunked(b"body")),
    "pipelined": lambda token: request("GET", "/", token) * 2,
    "pipelined behind a body": lambda token: request("POST", "/", token, [("Transfer-Encoding", "chunked")], chunked(b"body")) + request("GET", "/", token),
    "a large counted body": lambda token: request("POST", "/", token, body=b"x" * 12000),
    "pipelined behind a large body": lambda token: request("POST", "/", token, body=b"x" * 3000) + request("GET", "/", token),
    "known, with a large body": lambda token: request("POST", "/", token, body=b"x" * 12000),
    "pipelined behind a large counted body": lambda token: request("POST", "/", token, body=b"x" * 12000) + request("GET", "/", token),
    "pipelined behind a large chunked body": lambda token: request("POST", "/", token, [("Transfer-Encoding", "chunked")], chunked(b"x" * 12000)) + request("GET", "/", token),
    "pipelined, known, behind a large chunked body": lambda token: request("POST", "/", token, [("Transfer-Encoding", "chunked")], chunked(b"x" * 12000)) + request("GET", "/", token),
    "refused before its large body": lambda token: request("POST", "/", token, [("Upgrade", "websocket"), ("Connection", "upgrade")], body=b"x" * 3000),
    "a large head": lambda token: request("GET", "/", token, [("X-Large", "y" * 5000)]),
    "behind a large field": lambda token: request("GET", "/", fields=[("X-Large", "y" * 5000), ("Authorization", "Bearer " + token)]),
    "malformed": lambda token: request("GET", "/", token, [("Content-Length", "+1")]),
    "nothing but a head without end": lambda token: request("GET", "/", token)[:-2],
}

REFUSED = ("malformed", "refused before its large body")


@pytest.mark.skipif(bool(SANITIZER), reason="the sanitizer keeps what has been freed")
@pytest.mark.parametrize("forwarded", [False, True], ids=["taken off", "forwarded"])
@pytest.mark.parametrize("sent", SENT)
def test_no_token_is_left_in_memory(start_sidecar, gate, sent, forwarded):
    """Rule 25: not while its connection is idle, and not when it has gone."""
    token = "agt_left_in_memory_" + "0123456789abcdef" * 2
    gate.add(token, "gacct_left")
    sidecar = start_sidecar({"workers": 1, "upstream": {"forward_token": forwarded}}, env=DEBUGGED)
    if "known" in sent:
        assert sidecar.ask("/", token).status == 200
    with sidecar.connect() as client:
        client.send(SENT[sent](token))
        if sent.startswith("nothing"):
            client.end_sending()
            client.until_end()
        else:
            for _ in range(2 if sent.startswith("pipelined") else 1):
                assert client.response().status == (400 if sent in REFUSED else 200)
        assert sidecar.ask("/without").status == 401  # on the same worker: it has finished with the other
        assert times_in_memory(sidecar, token) == 0


@pytest.mark.skipif(bool(SANITIZER), reason="the sanitizer keeps what has been freed")
@pytest.mark.parametrize("framing", ["counted", "chunked"])
def test_no_token_is_left_in_memory_by_the_admin_listener(start_sidecar, gate, framing):
    """Rule 25: not while its connection is idle, and not when it has gone."""
    token, wrong = "agt_left_by_revoke_" + "0123456789abcdef" * 2, "wrong-admin-token-" + "0123456789abcdef" * 2
    gate.add(token, "gacct_left")
    sidecar = start_sidecar({"workers": 1}, env={**DEBUGGED, "GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    body = b'{"agent_token": "%s"}' % token.encode()
    fields = [("Content-Type", "application/json")]
    if framing == "chunked":
        fields, body = [*fields, ("Transfer-Encoding", "chunked")], chunked(body[:20], body[20:])
    with Connection.to(sidecar.ports["admin"]) as client:
        for shown, status in ((wrong, 401), (ADMIN_TOKEN, 200)):
            client.send(request("POST", "/revoke", host="localhost", fields=[*fields, ("Authorization", "Bearer " + shown)], body=body))
            assert client.response().status == status
        assert times_in_memory(sidecar, wrong) == 0 and times_in_memory(sidecar, token) == 0
    assert times_in_memory(sidecar, token) == 0


@pytest.mark.skipif(bool(SANITIZER), reason="the sanitizer keeps what has been freed")
@pytest.mark.parametrize("size", [9, 13, 14, 17, 29, 41, 57, 73, 200])
def test_no_token_of_any_size_is_left_by_a_revocation(start_sidecar, gate, size):
    """Rule 25: it is the first that this process sees, so that nothing has been overwritten by chance."""
    token = ("agt_" + "zyxwvutsrqponmlkjihgfedcba" * 8)[:size]
    gate.add(token, "gacct_left")
    sidecar = start_sidecar({"workers": 1}, env={**DEBUGGED, "GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    with Connection.to(sidecar.ports["admin"]) as client:
        client.send(request("POST", "/revoke", host="localhost", fields=[("Authorization", "Bearer " + ADMIN_TOKEN)],
                            body=b'{"agent_token": "%s"}' % token.encode()))
        assert client.response().status == 200
        client.send(request("GET", "/unknown", host="localhost"))
        assert client.response().status == 404  # it has finished with the other
        assert times_in_memory(sidecar, token) == 0
    assert times_in_memory(sidecar, token) == 0
