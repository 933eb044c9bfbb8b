"""KEY and GATE: what is wrong between a deployment and Gate."""
import email.utils
import json
import socket
import time

import pytest

from harness.certificates import server_context
from harness.server import reply

LOOKS_AT = ("key", "gate")
UNKNOWN_TOKEN = json.dumps({"data": {"valid": False}}).encode()


def saying(*fields, status=200, body=UNKNOWN_TOKEN):
    return reply(status, body, [("Content-Type", "application/json"), *fields])


def rates(remaining, limit=600):
    return ("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", str(remaining))


def date(seconds):
    return "Date", email.utils.formatdate(time.time() + seconds, usegmt=True)


def error(status):
    return json.dumps({"error": {"code": "some.error", "message": "no", "status": status, "retryable": False,
                                 "request_id": "req_" + "0" * 32}}).encode()


def test_a_gate_that_is_well_is_called_once_for_a_token_that_does_not_exist(examined, gate):
    report = examined()
    report.check({})
    assert gate.calls() == 1 and gate.calls("agt_00000000000000000000000000") == 1
    assert report.state("key.accepted") == report.state("gate.form") == report.state("gate.clock") == "pass"


def test_the_upstream_gets_neither_a_token_nor_an_identity(examined, upstream):
    examined(None, "--section", "upstream").check({})
    assert "X-Gate-Account-Id" not in upstream.last.names() and upstream.last.one("Authorization") is None


def test_a_key_without_the_scope_is_found(examined, start_gate):
    examined({"gate": {"base_url": start_gate("--scope", "revoke").url}}).check({"key.accepted": "fail"}, "gate:agent_tokens:verify")


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_found(examined, start_gate, status):
    gate = start_gate("--bad-key-status", status)
    report = examined({"gate": {"base_url": gate.url}}, env={"FOIL_SECRET_KEY": "sk_live_another"})
    report.check({"key.accepted": "fail"}, "another key")
    assert gate.calls() == 1
    assert "sk_live_another" not in report.text


def test_a_form_that_gate_does_not_know_is_found_with_the_one_that_it_knows(examined, start_gate):
    gate = start_gate("--form", "guide")
    report = examined({"gate": {"base_url": gate.url}})
    report.check({"gate.form": "fail"}, "/gate/agent-tokens/verify")
    assert report.state("key.accepted") == "pass" and gate.calls() <= 2


def test_a_gate_that_knows_no_form_is_asked_twice(examined, start_server):
    gate = start_server(saying(status=404, body=error(404)))
    report = examined({"gate": {"base_url": gate.url}})
    assert report.wrong() == {"gate.form": "fail"} and "gate.base_url" in report.of("gate.form")["fix"]
    assert len(gate.requests) == 2


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_off_by_an_hour_is_found(examined, start_server, seconds):
    gate = start_server(saying(date(seconds)))
    examined({"gate": {"base_url": gate.url}}).check({"gate.clock": "fail"}, "NTP")


@pytest.mark.parametrize("remaining, expected", [(300, {}), (12, {"gate.budget": "warn"}), (0, {"gate.budget": "fail"})])
def test_a_budget_that_is_nearly_used_up_is_found(examined, start_server, remaining, expected):
    gate = start_server(saying(*rates(remaining)))
    report = examined({"gate": {"base_url": gate.url}})
    report.check(expected, "fleet.url") if expected else report.check(expected)


def test_a_budget_that_is_used_up_is_found_and_not_asked_again(examined, start_server):
    gate = start_server(saying(*rates(0), ("Retry-After", "30"), status=429, body=error(429)))
    report = examined({"gate": {"base_url": gate.url}})
    assert report.wrong() == {"gate.budget": "fail"} and "30 s" in report.of("gate.budget")["message"]
    assert len(gate.requests) == 1


def test_a_gate_that_fails_is_found(examined, start_server):
    gate = start_server(saying(status=500, body=b"oops"))
    examined({"gate": {"base_url": gate.url}}).check({"gate.answers": "fail"}, "status page")


def test_a_gate_whose_answer_makes_no_sense_is_found(examined, start_server):
    gate = start_server(saying(body=b"<html>"))
    examined({"gate": {"base_url": gate.url}}).check({"gate.answers": "fail"}, "between this host and Gate")


def test_a_gate_that_accepts_a_token_that_does_not_exist_is_found(examined, start_gate):
    gate = start_gate("--accept-all", "agt_")
    examined({"gate": {"base_url": gate.url}}).check({"gate.answers": "fail"}, "gate.base_url")


def test_a_slow_gate_is_found(examined, gate):
    gate.fault(latency="100ms")
    examined({"gate": {"circuit": {"slow_after": "50ms"}}}).check({"gate.latency": "warn"}, "gate.circuit.slow_after")


def test_a_gate_that_does_not_listen_is_found(examined):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    examined({"gate": {"base_url": "http://127.0.0.1:%d" % port}}).check({"gate.connect": "fail"}, "firewall")


def test_a_name_that_cannot_be_resolved_is_found(examined):
    examined({"gate": {"base_url": "https://gate.invalid"}}).check({"gate.dns": "fail"}, "gate.base_url")


def over_tls(examined, start_server, authority, name, alternative, ca_file=None, **dates):
    server = start_server(saying(), tls=server_context(*authority.issue(name, alternative, **dates)))
    gate = {"base_url": "https://localhost:%d" % server.port, "ca_file": str(ca_file or authority.ca_file)}
    return examined({"gate": gate}), server


def refused(report, server, problem):
    """Neither the key nor a token is sent to it."""
    report.check({"gate.tls": "fail"}, "gate.ca_file")
    assert problem in report.of("gate.tls")["message"]
    assert server.requests == []
    server.failures.clear()


def test_a_certificate_that_is_trusted_is_well(examined, start_server, authority):
    report, _ = over_tls(examined, start_server, authority, "gate", "DNS:localhost")
    report.check({})
    assert report.state("gate.tls") == "pass"


def test_an_expired_certificate_is_found(examined, start_server, authority):
    refused(*over_tls(examined, start_server, authority, "expired", "DNS:localhost", not_after="20210101000000Z"), "expired")


def test_a_certificate_of_another_name_is_found(examined, start_server, authority):
    refused(*over_tls(examined, start_server, authority, "another", "DNS:gate.example"), "hostname mismatch")


def test_a_certificate_of_an_unknown_authority_is_found(examined, start_server, authority, stranger):
    refused(*over_tls(examined, start_server, stranger, "unknown", "DNS:localhost", authority.ca_file), "certificate")


def test_a_certificate_that_expires_soon_is_found(examined, start_server, authority):
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3 * 86400 + 3600))
    report, _ = over_tls(examined, start_server, authority, "soon", "DNS:localhost", not_after=soon)
    report.check({"gate.tls": "warn"}, "tell the operator of that server")
    assert "in 3 days" in report.of("gate.tls")["message"]
