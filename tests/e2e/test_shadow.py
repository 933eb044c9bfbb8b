"""Shadow mode: everything is decided, logged and counted, and nothing is refused for its token or its route."""
import threading

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import WITH_TOKEN, operate
from harness.reload import Reloadable
from harness.server import accepts, held
from harness.wait import eventually
from test_streams import is_aborted, open_stream, sends_events, still_sends  # noqa: F401

SHADOW = {"auth": {"shadow": True}}
SPOOFED = [("X-Gate-Account-Id", "gacct_liar"), ("x_gate_verification", "liar")]


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar(SHADOW, env=WITH_TOKEN)


def passed(upstream, authorization):
    """What the upstream got last: the client's Authorization, and no identity in any spelling."""
    seen = upstream.last
    assert seen.all("Authorization") == ([authorization] if authorization else [])
    assert not [name for name in seen.names() if name.lower().replace("_", "-").startswith("x-gate-")]
    return True


def would_have_been(sidecar, path, verdict, reason):
    line = sidecar.access_line(path)
    assert line["gate.shadow"] is True
    assert (line["gate.verdict"], line["gate.reason"]) == (verdict, reason)
    assert line["http.response.status_code"] == 200 and "error.type" not in line
    return line


# ---- what would be refused -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("authorization, reason", [
    (None, "token_missing"), ("Basic dXNlcjpwYXNz", "token_missing"), ("Bearer agt_unknown", "token_invalid"), ("Bearer agt_!", "token_malformed")])
def test_what_would_be_refused_passes_as_it_came_and_without_an_identity(sidecar, upstream, authorization, reason):
    """Rules 1, 2 and 4."""
    fields = SPOOFED + ([("Authorization", authorization)] if authorization else [])
    assert sidecar.ask("/refused", fields=fields).status == 200
    assert passed(upstream, authorization)
    would_have_been(sidecar, "/refused", "deny", reason)
    assert sidecar.metric("gate_decisions_total", verdict="deny", reason=reason) == 1


def test_a_good_token_gets_its_identity_as_ever(sidecar, upstream):
    for path in ("/miss", "/hit"):
        assert sidecar.ask(path, TOKEN, fields=SPOOFED).status == 200
        assert upstream.last.all("X-Gate-Account-Id") == [ACCOUNT]
        assert upstream.last.all("Authorization") == [] and upstream.last.all("x_gate_verification") == []
        assert would_have_been(sidecar, path, "allow", "token_verified")["gate.account_id"] == ACCOUNT


def test_a_token_that_is_revoked_passes_without_an_identity(sidecar, gate, upstream):
    assert sidecar.ask("/before", TOKEN).status == 200
    assert operate(sidecar, "POST", "/revoke", {"agent_token": TOKEN}).status == 200
    assert sidecar.ask("/after", TOKEN, fields=SPOOFED).status == 200
    assert passed(upstream, "Bearer " + TOKEN)
    would_have_been(sidecar, "/after", "deny", "token_revoked")


def test_a_blocked_account_passes_without_an_identity(sidecar, upstream):
    assert operate(sidecar, "POST", "/block", {"account": ACCOUNT}).status == 200
    for path in ("/miss", "/hit"):
        assert sidecar.ask(path, TOKEN, fields=SPOOFED).status == 200
        assert passed(upstream, "Bearer " + TOKEN)
        assert would_have_been(sidecar, path, "deny", "account_blocked")["gate.account_id"] == ACCOUNT


def test_what_runs_is_not_cut(sidecar, gate, upstream, open_stream):  # noqa: F811
    upstream.handler = sends_events
    client = open_stream(sidecar)
    assert operate(sidecar, "POST", "/revoke", {"agent_token": TOKEN}).status == 200
    assert still_sends(client)
    assert operate(sidecar, "POST", "/block", {"account": ACCOUNT}).status == 200
    assert still_sends(client)
    assert sidecar.metric("gate_streams_ended_total") == 0


def test_what_is_not_acceptable_http_is_refused_as_ever(sidecar, upstream):
    """Rule 4."""
    two = [("Authorization", "Bearer " + TOKEN), ("Authorization", "Bearer agt_other")]
    for fields in (two, [("Authorization", "Bearer agt_a, Bearer agt_b")]):
        refused = sidecar.ask("/", fields=fields)
        assert (refused.status, refused.error["code"]) == (400, "bad_authorization")
    with sidecar.connect() as connection:
        assert connection.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400
    assert upstream.requests == []


# ---- Gate ----------------------------------------------------------------------------------------------------------
def test_nobody_waits_long_for_gate_and_the_verification_goes_on(start_sidecar, start_server, upstream):
    answers = threading.Event()
    gate = start_server(held(answers, accepts(ACCOUNT)))
    sidecar = start_sidecar({**SHADOW, "gate": {"timeout": "60s"}}, gate=gate)
    assert sidecar.ask("/waits", TOKEN, fields=SPOOFED).status == 200
    assert passed(upstream, "Bearer " + TOKEN)
    line = would_have_been(sidecar, "/waits", "unavailable", "gate_timeout")
    assert line["gate_ms"] >= 100  # and not until Gate has answered, which it has not yet
    assert len(gate.requests) == 1
    answers.set()
    eventually(lambda: sidecar.metric("gate_cache_entries", kind="positive") == 1, "the answer", within=30)
    assert sidecar.ask("/hit", TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT
    assert would_have_been(sidecar, "/hit", "allow", "token_verified")["gate.cache"] == "hit"
    assert len(gate.requests) == 1


def test_while_gate_is_away_requests_pass(start_sidecar, start_server, upstream):
    gate = start_server(lambda exchange: exchange.connection.reset())
    sidecar = start_sidecar(SHADOW, gate=gate)
    assert sidecar.ask("/away", TOKEN, fields=SPOOFED).status == 200
    assert passed(upstream, "Bearer " + TOKEN)
    line = sidecar.access_line("/away")
    assert (line["gate.shadow"], line["gate.verdict"]) == (True, "unavailable")


# ---- routes --------------------------------------------------------------------------------------------------------
def test_a_denial_on_trial_refuses_nothing_and_opens_nothing(start_sidecar, upstream):
    sidecar = start_sidecar({"routes": [{"path": "/old/**", "auth": "deny", "shadow": True, "name": "old"}]})
    assert sidecar.ask("/old/good", TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT
    line = would_have_been(sidecar, "/old/good", "deny", "path_denied")
    assert line["gate.route"] == "old"
    assert sidecar.metric("gate_decisions_total", verdict="deny", reason="path_denied") == 1
    for path in ("/old/none", "/new/none"):
        refused = sidecar.ask(path)
        assert (refused.status, refused.error["code"]) == (401, "token_missing")
        assert "gate.shadow" not in sidecar.access_line(path)
    assert sidecar.ask("/new/good", TOKEN).status == 200
    assert "gate.shadow" not in sidecar.access_line("/new/good")


def test_a_route_is_enforced_under_shadow(start_sidecar, upstream):
    sidecar = start_sidecar({**SHADOW, "routes": [{"path": "/strict/**", "shadow": False}, {"path": "/never/**", "auth": "deny", "shadow": False}]})
    assert sidecar.ask("/loose").status == 200
    for target in ("/strict/x", "/strict/x/../y", "/STRICT/x", "/%73trict/x"):
        refused = sidecar.ask(target)
        assert (refused.status, refused.error["code"]) == (401, "token_missing"), target
    assert sidecar.ask("/strict/good", TOKEN).status == 200
    refused = sidecar.ask("/never/x", TOKEN)
    assert (refused.status, refused.error["code"]) == (403, "path_denied")
    assert [seen.target for seen in upstream.requests] == ["/loose", "/strict/good"]
    assert "gate.shadow" not in sidecar.access_line("/strict/x")


def test_too_many_readings_are_only_logged(start_sidecar, upstream):
    sidecar = start_sidecar({**SHADOW, "routes": [{"path": "/x/**", "auth": "deny"}]})
    target = "/" * 70 + "b"
    assert sidecar.ask(target, TOKEN).status == 200
    assert upstream.last.target == target and passed(upstream, "Bearer " + TOKEN)
    would_have_been(sidecar, target, "deny", "bad_target")


# ---- loud ----------------------------------------------------------------------------------------------------------
def test_shadow_mode_is_loud(start_sidecar):
    sidecar = Reloadable(start_sidecar(env=WITH_TOKEN))
    assert sidecar.metric("gate_shadow_mode") == 0
    assert sidecar.lines("shadow mode") == [] and "detail" not in sidecar.operate("/readyz").json()
    assert sidecar.ask("/").status == 401
    sidecar.reload(SHADOW)
    assert sidecar.ask("/").status == 200
    assert sidecar.metric("gate_shadow_mode") == 1
    assert len(sidecar.lines("shadow mode is on", "warn")) == 1
    ready = sidecar.operate("/readyz")
    assert ready.status == 200 and "shadow mode is on (auth.shadow)" in ready.json()["detail"]
    sidecar.reload({"auth": {"shadow": False}, "routes": [{"path": "/trial/**", "auth": "deny", "shadow": True}]})
    assert sidecar.ask("/").status == 401
    assert sidecar.metric("gate_shadow_mode") == 1
    assert "shadow mode is on (1 route)" in sidecar.operate("/readyz").json()["detail"]
    sidecar.reload({"routes": [], "cache": {"ttl": "50s"}})
    assert sidecar.metric("gate_shadow_mode") == 0
    assert "detail" not in sidecar.operate("/readyz").json()


def test_shadow_mode_is_warned_of_at_the_start(start_sidecar):
    sidecar = start_sidecar(SHADOW)
    sidecar.wait_for_log(lambda e: e.get("level") == "warn" and "shadow mode is on" in e.get("message", ""))
    assert sidecar.metric("gate_shadow_mode") == 1


def test_what_runs_in_shadow_ends_when_shadow_ends(start_sidecar, upstream, open_stream):  # noqa: F811
    sidecar = Reloadable(start_sidecar(SHADOW, env=WITH_TOKEN))
    upstream.handler = sends_events
    client = open_stream(sidecar, None)
    sidecar.reload({"auth": {"shadow": False}})
    assert is_aborted(client)
    eventually(lambda: sidecar.metric("gate_streams_ended_total", reason="token_missing") == 1, "the end of the stream")
