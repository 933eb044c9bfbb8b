"""gate-sidecar revoke, verify and explain."""
import pathlib

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.server import silent
from harness.sidecar import BASE, SECRET_KEY, merged, run_cli

ADMIN_TOKEN = "hunter2-hunter2-hunter2"
KEY = {"FOIL_SECRET_KEY": SECRET_KEY}
REASONS = pathlib.Path(__file__).parents[2] / "config" / "reasons.md"


@pytest.fixture
def config(tmp_path):
    """config(sections) -> the path of a file with them."""
    def write(sections):
        path = tmp_path / "command.yaml"
        path.write_text(yaml.safe_dump(merged(BASE, sections)), encoding="utf-8")
        return path
    return write


@pytest.fixture
def admin(start_sidecar):
    """A sidecar with an admin token."""
    return start_sidecar(env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})


def revoke(path, token=TOKEN, admin_token=None, **how):
    env = {**KEY, **({"GATE_SIDECAR_ADMIN_TOKEN": admin_token} if admin_token else {})}
    code, out, err = run_cli("revoke", "--config", path, env=env, text=token, **how)
    assert not [secret for secret in (SECRET_KEY, ADMIN_TOKEN, TOKEN) if secret in out + err]
    return code, out, err


def of(sidecar, gate):
    """The configuration that a command of this sidecar and Gate needs."""
    return {"gate": {"base_url": gate.url}, "admin": {"address": "127.0.0.1:%d" % sidecar.ports["admin"]}}


# ---- revoke --------------------------------------------------------------------------------------------------------
def test_revoke_goes_through_the_running_sidecar(admin, gate, config):
    assert admin.ask("/", TOKEN).status == 200
    code, out, _ = revoke(config(of(admin, gate)), TOKEN + "\n", ADMIN_TOKEN)
    assert code == 0 and "through the running sidecar" in out
    assert admin.ask("/", TOKEN).error["code"] == "token_revoked"
    assert gate.state()["revoke"]["revoked"] == 1
    assert admin.metric("gate_revocations_total", result="revoked") == 1


@pytest.mark.parametrize("shown, words", [(None, "no admin token is configured"), ("wrong-" + ADMIN_TOKEN, "refuses the admin token")])
def test_revoke_asks_gate_where_the_sidecar_may_not_be_told(admin, gate, config, shown, words):
    code, out, err = revoke(config(of(admin, gate)), admin_token=shown)
    assert code == 0 and "at Gate directly" in out and "cache.ttl (60s)" in out and words in err
    assert gate.state()["revoke"]["revoked"] == 1
    assert admin.metric("gate_revocations_total") == 0


def test_revoke_asks_gate_where_the_sidecar_has_no_admin_token(sidecar, gate, config):
    code, out, err = revoke(config(of(sidecar, gate)), admin_token=ADMIN_TOKEN)
    assert code == 0 and "at Gate directly" in out and "has no admin token" in err


def test_revoke_asks_gate_where_no_sidecar_runs(gate, config, start_server):
    gone = start_server()
    gone.stop()
    path = config({"gate": {"base_url": gate.url}, "admin": {"address": "127.0.0.1:%d" % gone.port}})
    code, out, err = revoke(path, admin_token=ADMIN_TOKEN)
    assert code == 0 and "at Gate directly" in out and "nothing answers" in err
    assert gate.state()["revoke"]["revoked"] == 1


def test_a_token_that_gate_does_not_know_is_told_either_way(admin, gate, config):
    for admin_token in (ADMIN_TOKEN, None):
        code, out, _ = revoke(config(of(admin, gate)), "agt_unheard_of", admin_token)
        assert code == 1 and "does not know this token" in out


@pytest.mark.parametrize("admin_token", [ADMIN_TOKEN, None])
@pytest.mark.parametrize("fault, words", [({"status": 500}, "not revoked"), ({"status": 403}, "gate:agent_tokens:revoke"),
                                          ({"status": 429, "retry_after": 600}, "not revoked")])
def test_what_gate_does_not_revoke_is_a_failure(admin, gate, config, fault, words, admin_token):
    gate.fault(**fault)
    code, out, err = revoke(config(of(admin, gate)), admin_token=admin_token)
    assert code == 3 and out == "" and words in err


@pytest.mark.parametrize("text", ["", "\n", "sk_test_x", "agt_a b", "agt_a\nagt_b\n", "x" * 5000, "agt_" + "x" * 600])
def test_what_is_no_token_is_not_sent_anywhere(gate, config, text):
    code, _, err = revoke(config({"gate": {"base_url": gate.url}}), text)
    assert code == 2 and "standard input" in err
    assert gate.state()["revoke"]["total"] == 0


def test_a_token_is_no_argument(config):
    assert run_cli("revoke", TOKEN, "--config", config({}), env=KEY, text="")[0] == 2


def test_revoke_without_a_key_is_a_bad_configuration(gate, config):
    code, _, err = run_cli("revoke", "--config", config({"gate": {"base_url": gate.url}}), text=TOKEN)
    assert code == 78 and "FOIL_SECRET_KEY" in err
    assert run_cli("revoke", "--config", config({"workers": "many"}), env=KEY, text=TOKEN)[0] == 78


# ---- verify --------------------------------------------------------------------------------------------------------
def verify(gate, config, text="", key=SECRET_KEY, **options):
    code, out, err = run_cli("verify", "--config", config({"gate": {"base_url": gate.url, **options}}),
                             env={"FOIL_SECRET_KEY": key}, text=text)
    assert key not in out + err and TOKEN not in out + err
    return code, out, err


@pytest.mark.parametrize("arguments", [("verify", TOKEN), ("revoke", "--token", TOKEN), (TOKEN,)])
def test_a_token_among_the_arguments_is_not_repeated(arguments):
    """Rule 25."""
    code, out, err = run_cli(*arguments)
    assert code == 2 and "agt_***" in err and TOKEN not in out + err


def test_verify_says_that_form_and_key_work(gate, config):
    code, out, _ = verify(gate, config)
    assert code == 0 and "understood" in out and "the secret key is accepted" in out
    assert gate.calls() == 1


@pytest.mark.parametrize("token, code, words", [(TOKEN + "\n", 0, "valid: account " + ACCOUNT),
                                                ("agt_unheard_of", 1, "refused: token_invalid"),
                                                ("agt_revoked", 1, "refused: token_revoked")])
def test_verify_says_what_gate_says_of_a_token(gate, config, token, code, words):
    gate.add("agt_revoked", ACCOUNT, "revoked")
    found, out, _ = verify(gate, config, token)
    assert found == code and words in out


@pytest.mark.parametrize("text", ["sk_test_x", "agt_a b", "agt_a\nagt_b\n", "x" * 5000])
def test_verify_asks_nothing_about_what_is_no_token(gate, config, text):
    code, _, err = verify(gate, config, text)
    assert code == 2 and "standard input" in err
    assert gate.calls() == 0


def test_verify_says_when_gate_is_away(start_server, config):
    gone = start_server()
    gone.stop()
    code, out, _ = verify(gone, config, TOKEN)
    assert code == 3 and "gate_unreachable" in out


def test_verify_without_a_good_configuration(config):
    assert run_cli("verify", "--config", config({"workers": "many"}), env=KEY, text="")[0] == 78
    assert run_cli("verify", "--config", config({}), text="")[0] == 78


def test_without_a_usable_ca_file_gate_is_not_asked(config, tmp_path):
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("no certificate", encoding="utf-8")
    path = config({"gate": {"base_url": "https://localhost:1", "ca_file": str(ca_file)}})
    for command in ("verify", "revoke"):
        code, _, err = run_cli(command, "--config", path, env=KEY, text=TOKEN)
        assert code == 3 and "cannot set up TLS to Gate" in err


@pytest.mark.parametrize("served, configured, found", [
    ("guide", {}, "verify_path: /gate/agent-tokens/verify\n    token_field: token\n"),
    ("v1", {"verify_path": "/gate/agent-tokens/verify", "token_field": "token"},
     "verify_path: /v1/gate/agent-tokens/verify\n    token_field: agent_token\n"),
    ("v1", {"token_field": "token"}, "token_field: agent_token\n"),
    ("v1", {"verify_path": "/v2/verify"}, "verify_path: /v1/gate/agent-tokens/verify\n")])
def test_verify_finds_the_form_that_gate_understands(start_gate, config, served, configured, found):
    code, out, _ = verify(start_gate("--form", served), config, TOKEN, **configured)
    assert code == 3 and "gate_form_refused" in out and found in out


def test_verify_says_when_no_form_is_understood(gate, config):
    code, out, _ = verify(gate, config, verify_path="/v1", base_url=gate.url + "/elsewhere")
    assert code == 3 and "none of the known forms" in out and "gate.base_url" in out


@pytest.mark.parametrize("flags, key", [(("--bad-key-status", "401"), "sk_test_wrong"), (("--bad-key-status", "403"), "sk_test_wrong"),
                                        (("--scope", "revoke"), SECRET_KEY)])
def test_verify_says_when_the_key_is_refused(start_gate, config, flags, key):
    code, out, _ = verify(start_gate(*flags), config, key=key)
    assert code == 3 and "secret key is refused" in out and "gate:agent_tokens:verify" in out


@pytest.mark.parametrize("fault, words", [({"status": 500}, "gate_failing"), ({"status": 429, "retry_after": 9}, "try again in 9 s"),
                                          ({"reset": True}, "gate_unreachable"), ({"malformed": "not_json"}, "gate_bad_answer")])
def test_verify_says_when_gate_cannot_be_asked(gate, config, fault, words):
    gate.fault(**fault)
    code, out, _ = verify(gate, config)
    assert code == 3 and words in out and "accepted" not in out


def test_verify_waits_no_longer_than_gate_timeout(start_server, config):
    code, out, _ = verify(start_server(silent), config, timeout="200ms")
    assert code == 3 and "gate_timeout" in out


def test_a_token_that_gate_finds_malformed_is_told_from_a_wrong_form(start_server, config):
    def strict(exchange):
        exchange.read_body()
        body = b'{"data": {"valid": false}}' if exchange.head.json()["agent_token"].startswith("agt_0") \
            else b'{"error": {"code": "request.failed"}}'
        status = b"200 OK" if b"valid" in body else b"422 No"
        exchange.connection.send(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
    code, out, _ = verify(start_server(strict), config, TOKEN)
    assert code == 1 and "the token is refused: token_rejected" in out


# ---- explain -------------------------------------------------------------------------------------------------------
def test_explain_lists_all_reasons_or_the_ones_named():
    code, out, _ = run_cli("explain")
    assert code == 0 and len(out.splitlines()) > 30 and "token_missing" in out
    code, out, _ = run_cli("explain", "gate_key_refused", "upstream_reset")
    assert code == 0
    head, first, second = out.splitlines()
    assert head.split() == ["CODE", "STATUS", "GRPC", "FROM", "ACTS", "MEANING"]
    assert first.split()[:5] == ["gate_key_refused", "503", "14", "Gate", "operator"]
    assert second.split()[:5] == ["upstream_reset", "502", "14", "upstream", "upstream"]
    assert run_cli("explain", "no_such_reason")[0] == 2


def test_the_page_of_reasons_is_what_the_program_says():
    code, out, _ = run_cli("explain", "--markdown")
    assert code == 0
    assert REASONS.read_text(encoding="utf-8") == out, "write it again: gate-sidecar explain --markdown > config/reasons.md"


def explain(config, data, sections=None):
    code, out, err = run_cli("explain", "--request", "--config", config(sections or {}), text=data)
    assert TOKEN not in out + err
    return code, dict(line.split(None, 1) for line in out.splitlines())


def test_explain_tells_what_becomes_of_a_request(config):
    head = ("GET /things?token=agt_valid HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_valid\r\nX_Gate_Account_Id: me\r\n"
            "Connection: X-Hop\r\nX-Hop: 1\r\nAccept: */*\r\n\r\n")
    for text in (head, head.replace("\r\n", "\n"), head.replace("\r\n", "\n").rstrip("\n")):
        code, told = explain(config, text)
        assert code == 0
        assert told["request"] == "'GET' '/things', HTTP/1.1"
        assert told["policy"].startswith("required") and told["token"] == "an agent token of 9 characters"
        assert told["decision"].startswith("Gate is asked")
        for name in ("Authorization", "X_Gate_Account_Id", "Connection", "X-Hop"):
            assert name in told["removed"]
        assert "Accept" not in told["removed"] and "Host" not in told["removed"]


def test_explain_follows_the_configuration(config):
    head = "GET /health HTTP/1.1\nHost: a\n\n"
    assert explain(config, head)[1]["decision"].startswith("refused with 401 token_missing")
    assert "no_token" in explain(config, head, {"auth": {"mode": "optional"}})[1]["decision"]
    assert "public_path" in explain(config, head, {"auth": {"public_paths": ["/health"]}})[1]["decision"]


# What explain says is what the proxy does: each head goes to both.
HEADS = {
    "plain": (200, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_valid\r\n\r\n"),
    "no token": (401, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "other token": (401, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer other\r\n\r\n"),
    "malformed token": (401, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a!b\r\n\r\n"),
    "two tokens": (400, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\nAuthorization: Bearer agt_a\r\n\r\n"),
    "two hosts": (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    "no host": (400, "GET / HTTP/1.1\r\n\r\n"),
    "bare LF": (400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    "obs-fold": (400, "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"),
    "space in a name": (400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    "two framings": (400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "gzip": (501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
    "connect": (405, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
    "trace": (405, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "fragment": (400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"),
    "version": (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    "long target": (414, "GET /" + "x" * 9000 + " HTTP/1.1\r\nHost: a\r\n\r\n"),
    "many fields": (431, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n" * 100 + "\r\n"),
    "expectation": (417, "GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n"),
    "upgrade with a body": (400, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx"),
    "connection option": (400, "GET / HTTP/1.1\r\nHost: a\r\nConnection: a b\r\n\r\n"),
}


def test_explain_and_the_proxy_say_the_same(sidecar, config):
    for name, (status, head) in HEADS.items():
        with sidecar.connect() as connection:
            answer = connection.exchange(head.encode())
        code, told = explain(config, head)
        assert answer.status == status, name
        if status == 200:
            assert code == 0 and told["decision"].startswith("Gate is asked"), name
        else:
            assert code == 1 and told["decision"].startswith("refused with %d %s:" % (status, answer.error["code"])), name


@pytest.mark.parametrize("field, fields, body", [
    ("Accept", "Accept: */*\r\n", ""),
    ("X-Hop", "Connection: X-Hop\r\nX-Hop: 1\r\n", ""),
    ("Expect", "Expect: 100-continue\r\nContent-Length: 4\r\n", "body"),
    ("Expect", "Expect: 100-continue\r\n", ""),
    ("Max-Forwards", "Max-Forwards: 3\r\n", ""),
    ("X-Original-URL", "X-Original-URL: /admin\r\n", ""),
    ("X_HTTP_Method", "X_HTTP_Method: PUT\r\n", ""),
    ("Client-IP", "Client-IP: 192.0.2.9\r\n", ""),
    ("tracestate", "tracestate: a=1\r\n", ""),
    ("tracestate", "tracestate: a=1\r\ntraceparent: 00-%s-%s-01\r\n" % ("a" * 32, "b" * 16), ""),
])
def test_explain_names_the_fields_that_the_upstream_does_not_get(sidecar, upstream, config, field, fields, body):
    head = "PUT / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_valid\r\n" + fields + "\r\n"
    with sidecar.connect() as connection:
        assert connection.exchange((head + body).encode()).status == 200
    arrived = {name.lower() for name, _ in upstream.requests[0].fields}
    removed = explain(config, head)[1]["removed"]
    assert ("'%s'" % field in removed) == (field.lower() not in arrived)


def test_explain_knows_that_a_request_may_go_no_further(sidecar, upstream, config):
    """RFC 9110 7.6.2: the answer to `Max-Forwards: 0` is the proxy's own, once the token is known to be good."""
    head = "OPTIONS / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_valid\r\nMax-Forwards: 0\r\n\r\n"
    with sidecar.connect() as connection:
        assert connection.exchange(head.encode()).status == 204
    assert not upstream.requests
    assert "204" in explain(config, head)[1]["decision"]


def test_explain_knows_what_may_move_a_request_elsewhere(config):
    """Rule 7: a field that forwarded.pass names goes on, and leaves no public path."""
    sections = {"auth": {"public_paths": ["/open"]}, "forwarded": {"pass": ["X-Original-URL"]}}
    head = "GET /open HTTP/1.1\nHost: a\n%s: /admin\n\n"
    code, told = explain(config, head % "X-Original-URL", sections)
    assert code == 1 and told["decision"].startswith("refused with 401 token_missing:")
    code, told = explain(config, head % "X-Rewrite-URL", sections)
    assert code == 0 and "public_path" in told["decision"] and told["removed"].startswith("'X-Rewrite-URL'")


def test_explain_finds_a_token_under_another_scheme(config):
    code, told = explain(config, "GET / HTTP/1.1\nHost: a\nAuthorization: Token agt_valid\n\n", {"auth": {"mode": "optional"}})
    assert code == 0 and told["token"].startswith("misplaced") and told["removed"].startswith("'Authorization'")


def test_explain_needs_a_request(config):
    assert run_cli("explain", "--request", "--config", config({}), text="")[0] == 2
    assert run_cli("explain", "--request", "--config", config({"workers": "many"}), text="GET / HTTP/1.1\r\n\r\n")[0] == 78


def test_explain_calls_nobody(gate, config):
    explain(config, "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer agt_valid\n\n", {"gate": {"base_url": gate.url}})
    assert gate.calls() == 0
