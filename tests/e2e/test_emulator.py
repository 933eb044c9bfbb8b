"""gate-emulator as its users meet it: the real binary (environment GATE_EMULATOR), real sockets, port 0.

Self-contained: the standard library and pytest only.
"""

import base64
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

BINARY = os.environ.get("GATE_EMULATOR")
pytestmark = pytest.mark.skipif(not BINARY, reason="GATE_EMULATOR does not name the binary")

KEY = "sk_test_emulator"
VERIFY = "/v1/gate/agent-tokens/verify"
REVOKE = "/v1/gate/agent-tokens/revoke"
PATIENCE = 10.0  # seconds until a condition that should hold soon counts as failed


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error"]["code"]


class Emulator:
    """A running gate-emulator."""

    def __init__(self, process, tls=None):
        self.process = process
        self.tls = tls
        self.port = self._announced("listening on")
        self.control_port = self._announced("control on")

    def _announced(self, what):
        line = self.process.stdout.readline()
        match = re.fullmatch(rf"gate-emulator {what} 127\.0\.0\.1:(\d+)\n", line)
        assert match, f"unexpected line {line!r}"
        return int(match.group(1))

    def connect(self, timeout=PATIENCE):
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(self, path, body, key=KEY, method="POST", timeout=PATIENCE, connection=None):
        own = connection or self.connect(timeout)
        try:
            headers = {"Content-Type": "application/json"}
            if key is not None:
                headers["Authorization"] = f"Bearer {key}"
            own.request(method, path, body if isinstance(body, (str, bytes)) else json.dumps(body), headers)
            return Answer(own.getresponse())
        finally:
            if connection is None:
                own.close()

    def verify(self, token, **more):
        return self.call(VERIFY, {"agent_token": token}, **more)

    def revoke(self, token, **more):
        return self.call(REVOKE, {"agent_token": token}, **more)

    def control(self, method, path, body=None):
        plain = not self.tls or self.control_port != self.port
        kind = http.client.HTTPConnection if plain else http.client.HTTPSConnection
        options = {} if plain else {"context": self.tls}
        connection = kind("localhost" if self.tls else "127.0.0.1", self.control_port, timeout=PATIENCE, **options)
        connection.request(method, "/_control/" + path, None if body is None else json.dumps(body))
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def set(self, path, body):
        answer = self.control("PUT", path, body)
        assert answer.status == 204, answer.body

    @property
    def state(self):
        return self.control("GET", "state").json

    def wait_for(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition(state := self.state):
            assert time.monotonic() < deadline, state
            time.sleep(0.01)

    def raw(self, payload):
        """Sends bytes and returns all that comes back until the emulator closes."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as peer:
            peer.sendall(payload)
            received = b""
            while chunk := peer.recv(65536):
                received += chunk
            return received


@contextmanager
def running(*arguments, tls=None, env=None):
    environment = {k: v for k, v in os.environ.items() if k != "FOIL_SECRET_KEY"} | (env or {})
    process = subprocess.Popen(
        [BINARY, "--listen", "127.0.0.1:0", *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield Emulator(process, tls)
        assert process.poll() is None, "the emulator died"
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE)
        process.stdout.close()
    assert status == 0


@pytest.fixture
def gate():
    with running("--control", "127.0.0.1:0", "--token", "agt_good=gacct_1") as emulator:
        yield emulator


# --- verify and revoke -------------------------------------------------------------------------------------------


def test_a_good_token_is_verified_with_the_documented_answer(gate):
    answer = gate.verify("agt_good")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    data = answer.json["data"]
    assert (data["valid"], data["gate_account_id"], data["status"]) == (True, "gacct_1", "active")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["created_at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["expires_at"])
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.json["meta"]["request_id"])


def test_the_guides_form_takes_its_own_field_and_answers_less(gate):
    answer = gate.call("/gate/agent-tokens/verify", {"token": "agt_good"})
    assert set(answer.json) == {"data"}
    assert set(answer.json["data"]) == {"valid", "gate_account_id", "status", "created_at"}
    assert gate.call("/gate/agent-tokens/verify", {"agent_token": "agt_good"}).status == 422
    assert gate.call("/gate/agent-tokens/revoke", {"token": "agt_good"}).status == 204


@pytest.mark.parametrize("form, v1, guide", [("v1", 200, 404), ("guide", 404, 200)])
def test_one_form_alone_can_be_served(form, v1, guide):
    with running("--form", form, "--token", "agt_good=gacct_1") as gate:
        assert gate.verify("agt_good").status == v1
        assert gate.call("/gate/agent-tokens/verify", {"token": "agt_good"}).status == guide


def test_an_unknown_token_is_not_valid(gate):
    answer = gate.verify("agt_nobody")
    assert answer.status == 200
    assert answer.json["data"] == {"valid": False}


def test_a_revoked_token_is_not_valid_any_more(gate):
    answer = gate.revoke("agt_good")
    assert (answer.status, answer.body) == (204, b"")
    assert gate.verify("agt_good").json["data"] == {"valid": False, "status": "revoked"}


def test_revoking_an_unknown_token_is_404(gate):
    answer = gate.revoke("agt_nobody")
    assert (answer.status, answer.code) == (404, "request.not_found")


def test_errors_have_the_full_envelope(gate):
    error = gate.verify("agt_good", key=None).json["error"]
    assert re.fullmatch(r"req_[0-9a-f]{32}", error.pop("request_id"))
    assert error.pop("docs_url").startswith("https://")
    assert error.pop("message")
    assert error == {
        "code": "auth.missing_api_key",
        "status": 401,
        "retryable": False,
        "details": {"header_name": "Authorization"},
    }


def test_calls_that_gate_refuses(gate):
    def outcome(answer):
        return answer.status, answer.code

    assert outcome(gate.call("/v1/gate/agent-tokens", "{}")) == (404, "request.not_found")
    assert outcome(gate.call(VERIFY, "", method="GET")) == (405, "request.method_not_allowed")
    assert outcome(gate.verify("agt_good", key="sk_test_wrong")) == (401, "auth.invalid_api_key")
    for body in ("", "{", "{}", '{"agent_token": "nope"}', '{"agent_token": 7}', "[" * 30000):
        assert outcome(gate.call(VERIFY, body)) == (422, "request.validation_failed"), body[:40]
    refused = gate.state["verify"]["4xx"]
    assert refused == 7


def test_a_bad_key_can_be_403():
    with running("--bad-key-status", "403") as gate:
        assert gate.verify("agt_x", key="wrong").status == 403
        assert gate.verify("agt_x", key=None).status == 401


def test_keys_come_from_arguments_or_the_environment_and_can_be_rotated():
    with running("--secret-key", "sk_a", "--secret-key", "sk_b", env={"FOIL_SECRET_KEY": "sk_env"}) as gate:
        assert [gate.verify("agt_x", key=k).status for k in ("sk_a", "sk_b", "sk_env")] == [200, 200, 401]
        gate.set("keys", ["sk_c"])
        assert [gate.verify("agt_x", key=k).status for k in ("sk_a", "sk_c")] == [401, 200]
    with running(env={"FOIL_SECRET_KEY": "sk_env"}) as gate:
        assert [gate.verify("agt_x", key=k).status for k in (KEY, "sk_env")] == [401, 200]


def test_a_key_without_the_scope_is_403():
    with running("--scope", "verify", "--token", "agt_good=gacct_1") as gate:
        assert gate.verify("agt_good").status == 200
        assert gate.revoke("agt_good").status == 403


def test_tokens_from_a_file_and_by_prefix(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("# token account\nagt_a gacct_a\n\nagt_b== gacct_b\n")
    with running("--tokens-file", str(tokens), "--accept-all", "agt_load") as gate:
        accounts = [gate.verify(t).json["data"].get("gate_account_id") for t in ("agt_a", "agt_b==", "agt_load7", "agt_c")]
        assert accounts == ["gacct_a", "gacct_b", "gacct_load7", None]


def test_a_token_expires(gate):
    gate.set("limit", {"limit": 0})
    gate.set("tokens/agt_short", {"account": "gacct_short", "expires_in": "200ms"})
    assert gate.verify("agt_short").json["data"]["valid"] is True
    deadline = time.monotonic() + PATIENCE
    while gate.verify("agt_short").json["data"] != {"valid": False}:
        assert time.monotonic() < deadline


def test_the_life_of_tokens_can_be_chosen():
    def expiry(*arguments):
        with running("--token", "agt_good=gacct_1", *arguments) as gate:
            return gate.verify("agt_good").json["data"].get("expires_at")

    assert expiry("--expires-in", "0") is None
    assert expiry("--expires-in", "1h") < expiry("--expires-in", "2h") < expiry()


def test_cache_control_is_sent_when_asked_for(gate):
    assert gate.verify("agt_good").headers["Cache-Control"] is None
    for value in ("max-age=60", "no-store"):
        with running("--cache-control", value) as other:
            assert other.verify("agt_x").headers["Cache-Control"] == value


# --- limit ---------------------------------------------------------------------------------------------------------


def test_the_limit_is_announced_and_then_enforced():
    with running("--limit", "2", "--window", "30s") as gate:
        assert gate.verify("agt_x", key=None).headers["X-RateLimit-Limit"] is None
        seen = [gate.verify("agt_x") for _ in range(3)]
        assert [a.status for a in seen] == [200, 200, 429]
        assert [a.headers["X-RateLimit-Remaining"] for a in seen] == ["1", "0", "0"]
        assert {a.headers["X-RateLimit-Limit"] for a in seen} == {"2"}
        assert seen[2].code == "rate_limit.exceeded"
        assert seen[2].json["error"]["retryable"] is True
        assert 28 <= int(seen[2].headers["Retry-After"]) <= 30
        assert gate.verify("agt_x").status == 429
        state = gate.state
        assert (state["verify"]["429"], state["early_calls"]) == (2, 1)
        gate.set("limit", {"limit": 0})
        assert gate.verify("agt_x").status == 200


def test_retry_after_can_be_a_date():
    with running("--limit", "1", "--retry-after-format", "date") as gate:
        gate.verify("agt_x")
        date = gate.verify("agt_x").headers["Retry-After"]
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", date)


# --- faults --------------------------------------------------------------------------------------------------------


def test_status_faults_strike_so_many_calls_and_no_more(gate):
    gate.set("faults", {"status": 503, "count": 2})
    assert [gate.verify("agt_good").status for _ in range(3)] == [503, 503, 200]
    gate.set("faults", {"status": 429, "retry_after": 30, "count": 1})
    answer = gate.verify("agt_good")
    assert (answer.status, answer.headers["Retry-After"], answer.code) == (429, "30", "rate_limit.exceeded")
    assert gate.verify("agt_good").status == 200
    state = gate.state
    assert (state["verify"]["faulted"], state["early_calls"]) == (3, 1)


def test_faults_keep_to_their_path_and_go_when_deleted(gate):
    gate.set("faults", {"status": 500, "path": "revoke"})
    assert gate.verify("agt_good").status == 200
    assert gate.revoke("agt_good").status == 500
    assert gate.control("DELETE", "faults").status == 204
    assert gate.revoke("agt_good").status == 204


def test_a_probability_strikes_some_calls(gate):
    gate.set("faults", {"status": 500, "probability": 0.5})
    connection = gate.connect()
    seen = {gate.verify("agt_good", connection=connection).status for _ in range(100)}
    assert seen == {200, 500}


def test_latency_and_faults_on_the_command_line():
    with running("--latency", "150ms", "--fault", "status=503,count=1") as gate:
        assert gate.verify("agt_x").status == 503
        start = time.monotonic()
        assert gate.verify("agt_x").status == 200
        assert time.monotonic() - start >= 0.15


def test_a_hanging_call_ends_when_the_caller_goes(gate):
    gate.set("faults", {"hang": True, "count": 1})
    connection = gate.connect(timeout=0.3)
    with pytest.raises(TimeoutError):
        gate.verify("agt_good", connection=connection)
    state = gate.state
    assert (state["in_flight"], state["connections"]["open"]) == (1, 1)
    connection.close()
    gate.wait_for(lambda s: s["in_flight"] == 0 and s["connections"]["open"] == 0)


def test_a_reset_is_an_rst(gate):
    gate.set("faults", {"reset": True})
    with pytest.raises(ConnectionResetError):
        gate.verify("agt_good")


def test_a_close_is_a_fin_without_an_answer(gate):
    gate.set("faults", {"close": True})
    with pytest.raises(http.client.RemoteDisconnected):
        gate.verify("agt_good")


@pytest.mark.parametrize("kind", ["truncated", "not_json", "empty"])
def test_malformed_answers_that_are_no_json(gate, kind):
    gate.set("faults", {"malformed": kind})
    answer = gate.verify("agt_good")
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json


@pytest.mark.parametrize(
    "kind, account",
    [
        ("valid_string", "gacct_string"),
        ("no_account", None),
        ("account_crlf", "gacct_a\r\nX-Injected: yes"),
        ("account_control", "gacct_\0\x01\x7f\t"),
        ("account_long", "gacct_" + "a" * 4096),
        ("huge", "gacct_huge"),
    ],
)
def test_malformed_answers_that_parse(gate, kind, account):
    gate.set("faults", {"malformed": kind})
    answer = gate.verify("agt_good")
    assert answer.json["data"].get("gate_account_id") == account
    assert (len(answer.body) > 4 << 20) == (kind == "huge")
    assert (answer.json["data"]["valid"] == "true") == (kind == "valid_string")


def test_malformed_answers_of_the_wrong_shape(gate):
    gate.set("faults", {"malformed": "wrong_types"})
    assert isinstance(gate.verify("agt_good").json["data"], list)
    gate.set("faults", {"malformed": "deep"})
    assert gate.verify("agt_good").body.count(b"[") == 20000


def test_slow_bytes_come_one_by_one(gate):
    gate.set("faults", {"slow_bytes": "1ms", "status": 500})
    start = time.monotonic()
    answer = gate.verify("agt_good")
    assert answer.status == 500
    assert time.monotonic() - start >= 0.001 * len(answer.body)


def test_raw_bytes_are_sent_as_they_are(gate):
    payload = b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n\x00\xff{}}"
    gate.set("faults", {"raw": base64.b64encode(payload).decode()})
    body = json.dumps({"agent_token": "agt_good"})
    request = f"POST {VERIFY} HTTP/1.1\r\nHost: gate\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    assert gate.raw(request.encode()) == payload


def test_a_long_raw_fault_fits_the_control_listener(gate):
    gate.set("faults", {"raw": base64.b64encode(b"x" * 1_000_000).decode()})
    assert gate.raw(f"POST {VERIFY} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode()) == b"x" * 1_000_000


def test_a_redirect_fault_leads_back_to_the_emulator(gate):
    gate.set("faults", {"status": 302})
    answer = gate.verify("agt_good")
    assert (answer.status, answer.headers["Location"]) == (302, VERIFY)


def test_an_answer_on_its_way_is_not_overtaken_by_a_revocation(gate):
    gate.set("faults", {"latency": "300ms", "path": "verify"})
    late = []
    caller = threading.Thread(target=lambda: late.append(gate.verify("agt_good")))
    caller.start()
    gate.wait_for(lambda s: s["in_flight"] == 1)
    assert gate.control("POST", "tokens/agt_good/revoke").status == 204
    caller.join()
    assert late[0].json["data"]["valid"] is True
    assert gate.verify("agt_good").json["data"]["valid"] is False


# --- control -------------------------------------------------------------------------------------------------------


def test_tokens_are_put_changed_and_deleted(gate):
    gate.set("tokens/agt_new", {"account": "gacct_new", "expires_at": "2099-01-01T00:00:00Z"})
    assert gate.verify("agt_new").json["data"]["expires_at"] == "2099-01-01T00:00:00.000Z"
    gate.set("tokens/agt_new", {"account": "gacct_new", "status": "revoked"})
    assert gate.verify("agt_new").json["data"] == {"valid": False, "status": "revoked"}
    assert gate.control("GET", "tokens/agt_new").json["calls"] == 2
    assert gate.control("DELETE", "tokens/agt_new").status == 204
    assert gate.verify("agt_new").json["data"] == {"valid": False}
    assert gate.control("GET", "tokens/agt_new").status == 404


def test_calls_are_counted_by_result_and_by_token(gate):
    gate.verify("agt_good")
    gate.verify("agt_good")
    gate.verify("agt_nobody")
    gate.verify("agt_good", key="wrong")
    gate.revoke("agt_good")
    state = gate.state
    assert state["verify"] == {"total": 4, "valid": 2, "invalid": 1, "4xx": 1, "429": 0, "faulted": 0}
    assert state["revoke"] == {"total": 1, "revoked": 1, "unknown": 0, "4xx": 0, "429": 0, "faulted": 0}
    assert state["calls_per_token"] == {"agt_good": 3, "agt_nobody": 1}
    assert state["connections"]["accepted"] == 5
    assert gate.control("POST", "reset").status == 204
    state = gate.state
    assert (state["verify"]["total"], state["revoke"]["total"], state["calls_per_token"]) == (0, 0, {})


def test_connections_are_kept_alive_and_counted(gate):
    connections = [gate.connect() for _ in range(3)]
    for connection in connections * 2:
        assert gate.verify("agt_good", connection=connection).status == 200
    assert gate.state["connections"] == {"open": 3, "accepted": 3, "tls_failures": 0}
    for connection in connections:
        connection.close()
    gate.wait_for(lambda s: s["connections"]["open"] == 0)


def test_the_control_api_stays_off_the_apis_port_when_it_has_its_own(gate):
    assert gate.port != gate.control_port
    assert gate.call("/_control/state", "", method="GET").status == 404


def test_the_control_api_is_on_the_apis_port_by_default():
    with running() as gate:
        assert gate.port == gate.control_port
        assert gate.state["verify"]["total"] == 0
        assert gate.control("PUT", "faults", {"typo": 1}).status == 422


# --- TLS -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    return str(cert), str(key)


@pytest.mark.parametrize("separate_control", [False, True])
def test_the_api_speaks_tls(certificate, separate_control):
    cert, key = certificate
    trust = ssl.create_default_context(cafile=cert)
    arguments = ["--tls-cert", cert, "--tls-key", key, "--token", "agt_good=gacct_1"]
    if separate_control:
        arguments += ["--control", "127.0.0.1:0"]
    with running(*arguments, tls=trust) as gate:
        connection = gate.connect()
        for _ in range(3):
            assert gate.verify("agt_good", connection=connection).json["data"]["valid"] is True
        assert gate.state["verify"]["valid"] == 3
        gate.set("faults", {"reset": True})
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            gate.verify("agt_good", connection=connection)
        connection.close()


def test_plain_http_on_the_tls_port_is_a_failed_handshake(certificate):
    cert, key = certificate
    with running("--tls-cert", cert, "--tls-key", key, "--control", "127.0.0.1:0") as gate:
        with pytest.raises((http.client.BadStatusLine, ConnectionError)):
            gate.verify("agt_good")
        gate.wait_for(lambda s: s["connections"]["tls_failures"] == 1)


# --- hostile callers -----------------------------------------------------------------------------------------------


def test_pipelined_calls_are_answered_in_order(gate):
    def call(token, last=False):
        body = json.dumps({"agent_token": token})
        close = "Connection: close\r\n" if last else ""
        head = f"POST {VERIFY} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n{close}Content-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    answers = gate.raw(call("agt_good") + call("agt_nobody") + call("agt_good", last=True))
    assert re.findall(rb'"valid":(\w+)', answers) == [b"true", b"false", b"true"]


def test_a_caller_that_expects_100_continue_gets_it(gate):
    with socket.create_connection(("127.0.0.1", gate.port), PATIENCE) as peer:
        body = b'{"agent_token": "agt_good"}'
        head = f"POST {VERIFY} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\nExpect: 100-continue\r\n"
        peer.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        assert peer.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(body)
        assert peer.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "payload, status",
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000, b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"11170\r\n" + b"x" * 70000, b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_hostile_requests_are_refused_and_the_emulator_lives_on(gate, payload, status):
    assert gate.raw(payload).startswith(b"HTTP/1.1 " + status + b" ")
    assert gate.verify("agt_good").status == 200


def test_callers_that_leave_in_the_middle_are_forgotten(gate):
    for payload in (b"", b"POST ", f"POST {VERIFY} HTTP/1.1\r\nContent-Length: 10\r\n\r\n{{".encode()):
        with socket.create_connection(("127.0.0.1", gate.port), PATIENCE) as peer:
            peer.sendall(payload)
    gate.wait_for(lambda s: s["connections"] == {"open": 0, "accepted": 3, "tls_failures": 0})


def test_an_idle_connection_is_closed():
    with running("--idle-timeout", "100ms") as gate:
        with socket.create_connection(("127.0.0.1", gate.port), PATIENCE) as peer:
            assert peer.recv(1) == b""


def test_thousands_of_connections_stay_open(gate):
    peers = [socket.create_connection(("127.0.0.1", gate.port), PATIENCE) for _ in range(900)]
    gate.wait_for(lambda s: s["connections"]["open"] == 900)
    assert gate.verify("agt_good").status == 200
    for peer in peers:
        peer.close()


# --- the program ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_even_in_the_middle_of_calls(number):
    process = subprocess.Popen(
        [BINARY, "--listen", "127.0.0.1:0", "--fault", "hang"], stdout=subprocess.PIPE, text=True
    )
    gate = Emulator(process)
    connection = gate.connect()
    connection.request("POST", VERIFY, "{}")
    gate.wait_for(lambda s: s["in_flight"] == 1)
    process.send_signal(number)
    assert process.wait(2) == 0
    process.stdout.close()
    connection.close()


@pytest.mark.parametrize(
    "arguments", [["--limit", "many"], ["--fault", "statsu=503"], ["--listen", "nowhere"], ["--nonsense"]]
)
def test_bad_arguments_end_with_2_and_a_message(arguments):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert arguments[0] in done.stderr


def test_an_address_in_use_ends_with_1_and_a_message(gate):
    address = f"127.0.0.1:{gate.port}"
    done = subprocess.run([BINARY, "--listen", address], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert address in done.stderr


def test_a_certificate_that_cannot_be_read_ends_with_1(tmp_path):
    missing = str(tmp_path / "none.pem")
    arguments = ["--listen", "127.0.0.1:0", "--tls-cert", missing, "--tls-key", missing]
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert missing in done.stderr


@pytest.mark.parametrize("option, expected", [("--help", "/_control/state"), ("--version", "gate-emulator ")])
def test_help_and_version(option, expected):
    done = subprocess.run([BINARY, option], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert expected in done.stdout
