"""The trust rules in answering mode: who may ask, what is believed, and what must never be answered with 200."""
import json

import pytest

from harness import ACCOUNT, TOKEN
from harness.answering import FORWARDED, ORIGINAL, PATH, answering, by_original, forwarded, question
from harness.http import Connection, request

OPEN = [{"path": "/open/**", "auth": "none"}, {"path": "/admin/**", "auth": "deny"}]


def test_a_peer_that_is_not_trusted_is_told_nothing(start_sidecar, gate):
    sidecar = start_sidecar({**answering(PATH, trusted_peers=["192.0.2.0/24"]), "routes": OPEN})
    for target in ("/auth/open/x", "/auth/v1/x", "/refuse/v1/x", "/other"):
        answer = sidecar.answers(token=TOKEN, target=target)
        assert answer.status == 403 and answer.error["code"] == "peer_not_trusted"
        assert answer.one("X-Gate-Account-Id") is None
    assert gate.calls() == 0


def test_no_peer_may_ask_where_the_list_is_empty(start_sidecar):
    sidecar = start_sidecar(answering("none", trusted_peers=[]))
    assert sidecar.answers(token=TOKEN).status == 403


# What the proxy is configured to send for the one form, with what is wrong with it; a client may have added the rest.
WRONG_FORWARDED = [
    [],
    [("X-Forwarded-Method", "GET")],
    [("X-Forwarded-Uri", "/open/x")],
    [*forwarded(uri="/open/x"), ("X-Forwarded-Uri", "/admin/x")],
    [*forwarded(uri="/open/x"), ("X-Forwarded-Method", "POST")],
    [*forwarded(uri="/open/x"), ("X-Forwarded-Host", "other.test")],
    [*forwarded(uri="/open/x"), ("X_Forwarded_Uri", "/admin/x")],
    [*forwarded(uri="/open/x"), ("x_forwarded-method", "POST")],
    forwarded(uri="http://api.test/open/x"),
    forwarded(uri="open/x"),
    forwarded(uri="/open/x#y"),
    forwarded(method="G T"),
    forwarded(method="TRACE"),
    forwarded(uri="/open/x", host="a.test, b.test"),
    by_original(uri="/open/x"),
]
WRONG_ORIGINAL = [
    [],
    [("X-Original-URI", "/open/x")],
    [("X-Original-Method", "GET")],
    [*by_original(uri="/open/x"), ("X-Original-URI", "/admin/x")],
    [*by_original(uri="/open/x"), ("X-Original-URL", "http://api.test/open/x")],
    [*by_original(uri="/open/x"), ("X_Original_URI", "/open/x")],
    [*by_original(uri="/open/x"), ("X-Original-Method", "GET")],
    [*by_original(uri="/open/x"), ("X-Forwarded-Host", "a.test"), ("X-Forwarded-Host", "a.test")],
    by_original(uri="http://api.test/open/x"),
    [("X-Original-Method", "GET"), ("X-Original-URL", "/open/x")],
    forwarded(uri="/open/x"),
]


@pytest.mark.parametrize("original, fields", [*((FORWARDED, each) for each in WRONG_FORWARDED),
                                              *((ORIGINAL, each) for each in WRONG_ORIGINAL)])
def test_an_original_that_is_missing_doubled_or_contradicts_itself_is_400(start_sidecar, original, fields):
    sidecar = start_sidecar({**answering(original), "routes": OPEN})
    for endpoint in ("/auth", "/auth/open/x", "/refuse"):
        answer = sidecar.answers(fields, TOKEN, endpoint)
        assert answer.status == 400 and answer.error["code"] == "original_missing"
        assert answer.one("X-Gate-Account-Id") is None


def test_cve_2026_40575_a_field_that_the_client_set_is_not_the_original(start_sidecar):
    """oauth2-proxy took the path from X-Forwarded-Uri although the proxy in front had not set it."""
    client_set = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/open/x"), ("X-Forwarded-Host", "open.test")]
    sidecar = start_sidecar({**answering(PATH), "routes": OPEN})
    assert sidecar.answers(client_set, target="/auth/v1/x").status == 401
    sidecar = start_sidecar({**answering(ORIGINAL), "routes": OPEN})
    assert sidecar.answers([*client_set, *by_original(uri="/v1/x")]).status == 401
    sidecar = start_sidecar({**answering(FORWARDED), "routes": OPEN})
    assert sidecar.answers([*by_original(uri="/open/x"), *forwarded(uri="/v1/x")]).status == 401


@pytest.mark.parametrize("original", [PATH, FORWARDED])
def test_a_field_that_moves_the_request_can_only_tighten(start_sidecar, original):
    sidecar = start_sidecar({**answering(original), "routes": OPEN})
    asked = question(original, "/open/x")
    for field in (("X-Original-URL", "/admin/x"), ("X_Rewrite_Url", "/admin/x"), ("X-Original-URI", "/admin/x")):
        answer = sidecar.answers([*asked.get("fields", []), field], target=asked["target"])
        assert answer.status == 403 and answer.error["code"] == "path_denied", field


def test_cve_2026_39858_every_spelling_of_the_identity_is_taken_out(start_sidecar):
    """Traefik kept underscore twins of the fields that its authentication service sets."""
    sidecar = start_sidecar(answering(PATH))
    spoofed = [("X_Gate_Account_Id", "a"), ("x.gate.account.id", "b"), ("X-GATE-ACCOUNT-ID", "c"), ("X-Gate_Other", "d"),
               ("X-Gate-Verification", "fresh")]
    answer = sidecar.answers(spoofed, TOKEN, "/auth/x")
    assert answer.status == 200 and answer.one("X-Gate-Account-Id") == ACCOUNT
    assert answer.one("x-envoy-auth-headers-to-remove") == \
        "authorization, X_Gate_Account_Id, x.gate.account.id, X-Gate_Other, X-Gate-Verification"


def test_cve_2026_30851_an_identity_is_taken_out_where_the_answer_has_none(start_sidecar):
    """Caddy kept a client's field when the authentication service's answer lacked it."""
    config = {**answering(PATH), "routes": OPEN, "auth": {"header_name": "Agent-Account"}}
    sidecar = start_sidecar(config)
    answer = sidecar.answers([("agent_account", "a")], "agt_whatever", "/auth/open/x")
    assert answer.status == 200 and answer.one("Agent-Account") is None
    assert answer.one("x-envoy-auth-headers-to-remove") == \
        "authorization, agent_account, Agent-Account, X-Gate-Verification, X-Gate-Assertion, X-Gate-Account-Id"


@pytest.mark.parametrize("value", ["Bearer agt_valid, Bearer agt_other", "Bearer agt_valid,Basic eDp5",
                                   "Basic eDp5, Bearer agt_valid", "Digest a=b, Bearer agt_valid"])
def test_joined_authorization_fields_are_400(start_sidecar, gate, value):
    sidecar = start_sidecar({**answering(PATH), "auth": {"mode": "optional"}, "routes": OPEN})
    for target in ("/auth/v1/x", "/auth/open/x", "/refuse/v1/x"):
        answer = sidecar.answers([("Authorization", value)], target=target)
        assert answer.status == 400 and answer.error["code"] == "bad_authorization", value
    assert gate.calls() == 0


def test_two_authorization_fields_are_400(start_sidecar):
    sidecar = start_sidecar(answering(PATH))
    answer = sidecar.answers([("Authorization", "Bearer agt_other")], TOKEN, "/auth/x")
    assert answer.status == 400 and answer.error["code"] == "bad_authorization"


def test_refuse_never_says_200(start_sidecar):
    sidecar = start_sidecar({**answering(PATH), "routes": OPEN})
    for target, token in (("/refuse/v1/x", TOKEN), ("/refuse/open/x", None), ("/refuse/open/x", TOKEN)):
        answer = sidecar.answers(token=token, target=target)
        assert answer.status == 503 and answer.error["code"] == "decision_changed"
        assert answer.one("Retry-After") == "1" and answer.one("X-Gate-Account-Id") is None
    assert sidecar.answers(target="/refuse/v1/x").error["code"] == "token_missing"
    assert sidecar.answers(token=TOKEN, target="/refuse/admin/x").error["code"] == "path_denied"
    assert sidecar.answers(target="/refuse").status == 401


@pytest.mark.parametrize("framing", [[("Content-Length", "5"), ("Transfer-Encoding", "chunked")], [("Content-Length", "5, 5")],
                                     [("Transfer-Encoding", "gzip")], [("Content_Length", "5")]])
def test_framing_is_as_strict_as_in_front_of_an_api(start_sidecar, framing):
    sidecar = start_sidecar(answering(PATH))
    with Connection.to(sidecar.ports["answer"]) as connection:
        answer = connection.exchange(request("POST", "/auth/x", TOKEN, framing))
        assert answer.status in (400, 501) and answer.one("Connection") == "close"
        assert connection.is_closed()


def test_an_address_is_held_to_account_only_where_the_proxy_names_it(start_sidecar, gate):
    limits = {"failed_tokens": 3, "failed_tokens_window": "1h"}
    sidecar = start_sidecar({**answering(PATH), "limits": limits})

    def ask(number, *fields):
        return sidecar.answers(fields, "agt_bad%d" % number, "/auth/x").status

    attacker = ("X-Forwarded-For", "203.0.113.9, 198.51.100.1")
    assert [ask(n, attacker) for n in range(4)] == [401, 401, 401, 429]
    # the entry before the last is the client's word, and another last one is another client
    assert ask(10, ("X-Forwarded-For", "198.51.100.1, 203.0.113.9")) == 401
    # nobody is named: nobody is throttled, however many there were
    assert [ask(n) for n in range(20, 26)] == [401] * 6
    assert [ask(n, ("X-Forwarded-For", "unknown")) for n in range(30, 36)] == [401] * 6
    assert ask(40, attacker) == 429


def test_error_bodies_are_json_and_small(start_sidecar):
    sidecar = start_sidecar(answering(FORWARDED))
    for answer in (sidecar.answers(forwarded()), sidecar.answers(), sidecar.answers(target="/x")):
        assert answer.one("Content-Type") == "application/json" and len(answer.body) < 1024
        assert set(json.loads(answer.body)["error"]) == {"code", "message", "status", "retryable", "request_id", "details"}
