"""What operators may change while the sidecar runs, and who may: POST /revoke and POST /purge on the admin listener."""
import json

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, request
from harness.sidecar import SECRET_KEY

ADMIN_TOKEN = "hunter2-hunter2-hunter2"
CHANGES = [("/revoke", {"agent_token": TOKEN}), ("/purge", {"all": True})]


def post(sidecar, target, body, token=ADMIN_TOKEN, listener="admin", fields=()):
    """A request that would change something."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Connection.to(sidecar.ports[listener]) as connection:
        return connection.exchange(request("POST", target, token, [*fields, ("Connection", "close")], data, host="localhost"))


@pytest.fixture
def start_admin(start_sidecar, tmp_path):
    """start_admin(config) -> a sidecar with an admin token."""
    def start(config=None, **how):
        path = tmp_path / "admin-token"
        path.write_text(ADMIN_TOKEN + "\n", encoding="utf-8")
        whole = dict(config or {})
        whole["admin"] = {"address": "127.0.0.1:0", "token_file": str(path)}
        return start_sidecar(whole, **how)
    return start


@pytest.fixture
def admin(start_admin):
    return start_admin()


# ---- who may (rule 18) ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("target, body", CHANGES)
def test_nothing_changes_without_an_admin_token_in_the_configuration(sidecar, gate, target, body):
    """Rule 18."""
    assert sidecar.ask("/", TOKEN).status == 200
    for token in (None, "", "x", ADMIN_TOKEN):
        refused = post(sidecar, target, body, token)
        assert refused.status == 403
        assert refused.error["code"] == "admin.disabled" and "admin.token_file" in refused.error["message"]
    assert sidecar.ask("/", TOKEN).status == 200
    assert gate.calls(TOKEN) == 1 and gate.state()["revoke"]["total"] == 0


@pytest.mark.parametrize("target, body", CHANGES)
def test_nothing_changes_for_who_does_not_show_the_admin_token(admin, gate, target, body):
    """Rule 18."""
    assert admin.ask("/", TOKEN).status == 200
    shown = [None, ADMIN_TOKEN[:-1], ADMIN_TOKEN + "x", ADMIN_TOKEN.upper(), TOKEN, SECRET_KEY]
    answers = [post(admin, target, body, token) for token in shown]
    answers += [post(admin, target, body, None, fields=[("Authorization", value)]) for value in
                ("", ADMIN_TOKEN, "Basic " + ADMIN_TOKEN, "Bearer", "Bearer ", "Bearer  " + ADMIN_TOKEN)]
    answers.append(post(admin, target, body, fields=[("Authorization", "Bearer " + ADMIN_TOKEN)]))
    answers.append(post(admin, target + "?token=" + ADMIN_TOKEN, body, None))
    for refused in answers:
        assert refused.status == 401, refused
        assert refused.one("WWW-Authenticate").startswith('Bearer realm="admin"')
        assert refused.error["code"] in ("admin.missing_token", "admin.invalid_token")
        assert refused.error["status"] == 401 and refused.error["request_id"].startswith("req_")
    assert admin.ask("/", TOKEN).status == 200
    assert gate.calls(TOKEN) == 1 and gate.state()["revoke"]["total"] == 0


@pytest.mark.parametrize("target, body", CHANGES)
def test_the_status_listener_and_the_proxy_do_not_know_the_endpoints(admin, gate, upstream, target, body):
    """Rule 18."""
    assert admin.ask("/", TOKEN).status == 200
    assert post(admin, target, body, listener="status").status == 404
    assert post(admin, target, body, listener="proxy").status == 401
    assert admin.ask("/", TOKEN).status == 200
    assert gate.calls(TOKEN) == 1 and gate.state()["revoke"]["total"] == 0
    assert [seen.target for seen in upstream.requests] == ["/", "/"]


@pytest.mark.parametrize("target, body", CHANGES)
def test_other_methods_change_nothing(admin, target, body):
    for method in ("GET", "PUT", "DELETE"):
        with Connection.to(admin.ports["admin"]) as connection:
            data = request(method, target, ADMIN_TOKEN, [("Connection", "close")], json.dumps(body).encode(), host="localhost")
            assert connection.exchange(data).status == 405


def test_the_admin_token_may_come_from_the_environment(start_sidecar):
    sidecar = start_sidecar(env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    assert post(sidecar, "/purge", {"all": True}).status == 200


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("LocalHost:9901", 200), ("localhost.", 200), ("localhost.:9901", 200), ("ops.example.", 200), ("127.0.0.1:9901", 200), ("10.1.2.3", 200), ("[::1]:9901", 200), ("Ops.Example:9901", 200),
    ("evil.example", 421), ("localhost..", 421), (".", 421), ("localhost.evil.example", 421), ("ops.example.evil.example:9901", 421), ("127.0.0.1.evil.example", 421),
    ("127.0.0.1@evil.example", 421), ("[evil.example]", 421), ("[::1].evil.example", 421), ("0x7f000001", 421), ("", 421)])
def test_the_admin_listener_answers_for_its_own_hosts_alone(start_sidecar, host, status):
    """Rule 18: a page whose name has become our address (DNS rebinding) can make a browser ask, but only for that name."""
    sidecar = start_sidecar({"admin": {"hosts": ["ops.example"]}})
    for target in ("/livez", "/metrics", "http://localhost/readyz"):
        with Connection.to(sidecar.ports["admin"]) as connection:
            assert connection.exchange(request("GET", target, host=host)).status == status
    with Connection.to(sidecar.ports["admin"]) as connection:
        assert connection.exchange(request("GET", "http://evil.example/livez", host=host)).status == 421
    with Connection.to(sidecar.ports["status"]) as connection:  # scrapers use names
        assert connection.exchange(request("GET", "/livez", host=host)).status == 200


# ---- revoking ------------------------------------------------------------------------------------------------------
def test_a_revoked_token_is_refused_at_once_everywhere(admin, gate):
    assert admin.ask("/", TOKEN).status == 200
    done = post(admin, "/revoke", {"agent_token": TOKEN})
    assert done.status == 200
    answer = done.json()
    assert answer["revoked"] is True and answer["known_to_gate"] is True
    refused = admin.ask("/refused", TOKEN)
    assert refused.status == 401 and refused.error["code"] == "token_revoked"
    assert admin.access_line("/refused")["gate.token_fingerprint"] == answer["fingerprint"]
    assert gate.state()["revoke"]["revoked"] == 1
    assert admin.metric("gate_revocations_total", result="revoked") == 1


def test_a_token_that_gate_does_not_know_is_said_to_be_so(admin):
    done = post(admin, "/revoke", {"agent_token": "agt_unheard_of"})
    assert done.status == 200 and done.json()["known_to_gate"] is False
    assert admin.metric("gate_revocations_total", result="unknown_token") == 1


@pytest.mark.parametrize("fault, code", [({"status": 500}, "gate_failing"), ({"status": 401}, "gate_key_refused"),
                                         ({"status": 403}, "gate_key_refused"), ({"status": 422}, "gate_form_refused"),
                                         ({"reset": True}, "gate_unreachable"), ({"malformed": "not_json"}, "gate_bad_answer")])
def test_where_gate_does_not_revoke_the_token_is_refused_here_all_the_same(admin, gate, fault, code):
    assert admin.ask("/", TOKEN).status == 200
    gate.fault(**fault, path="revoke")
    failed = post(admin, "/revoke", {"agent_token": TOKEN})
    assert failed.status == 503 and failed.error["code"] == code and failed.error["retryable"] is True
    assert int(failed.one("Retry-After")) >= 1
    assert "refuses the token" in failed.error["message"] and "not revoked at Gate" in failed.error["message"]
    assert admin.ask("/", TOKEN).error["code"] == "token_revoked"
    assert admin.metric("gate_revocations_total", result="failed") == 1
    gate.heal()
    assert post(admin, "/revoke", {"agent_token": TOKEN}).status == 200
    assert gate.state()["revoke"]["revoked"] == 1


def test_a_refused_key_at_revoking_says_nothing_about_verifying(start_admin, start_gate):
    """Its scope may be the one for verifying alone."""
    gate = start_gate("--scope", "verify", tokens={TOKEN: ACCOUNT, "agt_other": "gacct_other"})
    admin = start_admin(gate=gate)
    failed = post(admin, "/revoke", {"agent_token": TOKEN})
    assert failed.status == 503 and failed.error["code"] == "gate_key_refused"
    assert "gate:agent_tokens:revoke" in failed.error["message"]
    assert admin.ask("/", "agt_other").status == 200


def test_a_gate_that_hangs_is_waited_for_no_longer_than_its_time_out(start_admin, gate):
    admin = start_admin({"gate": {"timeout": "200ms"}})
    gate.fault(hang=True, path="revoke")
    failed = post(admin, "/revoke", {"agent_token": TOKEN})
    assert failed.status == 503 and failed.error["code"] == "gate_timeout"


def test_no_call_is_made_before_retry_after_has_passed(admin, gate):
    gate.fault(status=429, retry_after=600, path="revoke", count=1)
    first = post(admin, "/revoke", {"agent_token": TOKEN})
    assert first.status == 503 and first.error["code"] == "gate_rate_limited"
    assert 500 < int(first.one("Retry-After")) <= 602  # Gate's, and a little: when we would try
    again = post(admin, "/revoke", {"agent_token": "agt_other"})
    assert again.status == 503 and 500 < int(again.one("Retry-After")) <= 602
    assert gate.state()["revoke"]["total"] == 1
    waiting = admin.ask("/", "agt_another")
    assert waiting.status == 503 and waiting.error["code"] == "gate_rate_limited"
    assert gate.calls() == 0


# ---- purging -------------------------------------------------------------------------------------------------------
def test_what_is_purged_is_asked_for_again(admin, gate):
    gate.add("agt_other", "gacct_other")
    for path, token in (("/first", TOKEN), ("/other", "agt_other")):
        assert admin.ask(path, token).status == 200
    fingerprint = admin.access_line("/first")["gate.token_fingerprint"]
    for body in ({"fingerprint": fingerprint}, {"account_id": ACCOUNT}, {"all": True}):
        before, others = gate.calls(TOKEN), gate.calls("agt_other")
        purged = post(admin, "/purge", body)
        assert purged.status == 200
        assert purged.json() == {"purged": 2 if "all" in body else 1}
        assert admin.ask("/", TOKEN).status == admin.ask("/", "agt_other").status == 200
        assert gate.calls(TOKEN) == before + 1
        assert gate.calls("agt_other") == others + (1 if "all" in body else 0)


def test_what_is_not_there_cannot_be_purged(admin):
    for body in ({"fingerprint": "0" * 12}, {"account_id": "gacct_nobody"}, {"all": True}):
        assert post(admin, "/purge", body).json() == {"purged": 0}


# ---- bodies --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("target, body", [
    ("/revoke", b""), ("/revoke", b"agt_valid"), ("/revoke", b"{}"), ("/revoke", b'{"agent_token": "sk_test_x"}'),
    ("/revoke", b'{"agent_token": "agt_a b"}'), ("/revoke", b'{"agent_token": "agt_valid", "agent_token": "agt_valid"}'),
    ("/revoke", b'{"agent_token": "agt_valid", "x": true}'), ("/revoke", b'{"token": "agt_valid"}'),
    ("/revoke", b'{"agent_token": true}'), ("/revoke", b'{"agent_token": "agt_' + b"x" * 509 + b'"}'),
    ("/purge", b""), ("/purge", b"{}"), ("/purge", b'{"all": false}'), ("/purge", b'{"all": "true"}'), ("/purge", b'{"all": 1}'),
    ("/purge", b'{"all": true, "account_id": "gacct_valid"}'), ("/purge", b'{"fingerprint": "0123456789AB"}'),
    ("/purge", b'{"fingerprint": "0123"}'), ("/purge", b'{"fingerprint": true}'), ("/purge", b'{"account_id": ""}'),
    ("/purge", b'{"account_id": "a b"}'), ("/purge", b'{"everything": true}'), ("/purge", b'{"all": true} ,')])
def test_other_bodies_are_refused_and_change_nothing(admin, gate, target, body):
    assert admin.ask("/", TOKEN).status == 200
    refused = post(admin, target, body)
    assert refused.status == 422 and refused.error["code"] == "request.validation_failed"
    assert "agt_valid" not in json.dumps(refused.json())
    assert admin.ask("/", TOKEN).status == 200
    assert gate.calls(TOKEN) == 1 and gate.state()["revoke"]["total"] == 0


def test_a_body_that_is_too_large_is_refused_unread(admin):
    refused = post(admin, "/revoke", b" " * 2000)
    assert (refused.status, refused.error["code"]) == (413, "request.too_large")
    assert refused.error["request_id"] == refused.one("X-Request-Id")


def test_no_secret_is_written_by_revoking_and_purging(start_admin, gate):
    """Rule 25."""
    admin = start_admin({"log": {"level": "debug"}})
    secret = "agt_secretsecretsecret"
    gate.add(secret, "gacct_x")
    answers = []
    for fault in ({"status": 500}, {"malformed": "not_json"}, None):
        if fault:
            gate.fault(**fault, path="revoke")
        else:
            gate.heal()
        answers.append(post(admin, "/revoke", {"agent_token": secret}))
        answers.append(post(admin, "/revoke", {"agent_token": secret, "x": secret}))
        answers.append(post(admin, "/purge", {"account_id": secret, "x": secret}))
        answers.append(post(admin, "/revoke", {"agent_token": secret}, "wrong-" + ADMIN_TOKEN))
    answers.append(admin.operate("/metrics"))
    admin.stop()
    for text in (admin.everything_written(), *(repr(a) + a.body.decode() for a in answers)):
        for hidden in ("secretsecretsecret", SECRET_KEY, ADMIN_TOKEN):
            assert hidden not in text
