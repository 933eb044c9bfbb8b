"""Answering other proxies over HTTP: what they may ask, what the original request is read from, and what they are told."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, request

PATH, FORWARDED, ORIGINAL = "path", "x-forwarded", "x-original"
DENY = "/admin/**"


def answering(original, **more):
    return {"answer": {"address": "127.0.0.1:0", "original": original, **more}}


def forwarded(method="GET", uri="/v1/x", host="api.test"):
    return [("X-Forwarded-Method", method), ("X-Forwarded-Uri", uri), ("X-Forwarded-Host", host)]


def by_original(method="GET", uri="/v1/x"):
    return [("X-Original-Method", method), ("X-Original-URI", uri)]


# How a request for `uri` is asked about, for each place that the original is read from.
def question(original, uri="/v1/x", method="GET", endpoint="/auth"):
    if original == PATH:
        return {"target": endpoint + uri, "method": method}
    return {"target": endpoint, "fields": forwarded(method, uri) if original == FORWARDED else by_original(method, uri)}


@pytest.mark.parametrize("original", [PATH, FORWARDED, ORIGINAL])
def test_a_good_token_gets_200_with_the_identity(start_sidecar, original):
    sidecar = start_sidecar(answering(original))
    answer = sidecar.answers(token=TOKEN, **question(original))
    assert answer.status == 200 and answer.body == b""
    assert answer.one("X-Gate-Account-Id") == ACCOUNT
    assert answer.one("Cache-Control") == "no-store" and answer.one("Content-Length") == "0"
    assert answer.one("X-Request-Id") and answer.one("x-envoy-auth-headers-to-remove") == "authorization"
    assert sorted(answer.names()) == ["cache-control", "connection", "content-length", "date",
                                      "x-envoy-auth-headers-to-remove", "x-gate-account-id", "x-request-id"]


@pytest.mark.parametrize("original", ["none", PATH, FORWARDED, ORIGINAL])
def test_refusals_are_those_in_front_of_an_api(start_sidecar, original):
    sidecar = start_sidecar(answering(original))
    for token, code, challenge in ((None, "token_missing", 'Bearer realm="gate"'),
                                   ("agt_unknown", "token_invalid", 'Bearer realm="gate", error="invalid_token"'),
                                   ("agt_\x7f", None, None)):
        answer = sidecar.answers(token=token, **question(original))
        if code is None:
            assert answer.status == 400  # no field value
            continue
        assert answer.status == 401 and answer.error["code"] == code
        assert answer.one("WWW-Authenticate") == challenge
        assert len(answer.body) < 1024 and answer.one("X-Gate-Account-Id") is None


def test_routes_decide_by_the_original_request(start_sidecar):
    routes = [{"path": "/open/**", "auth": "none"}, {"path": "/maybe/**", "auth": "optional"}, {"path": DENY, "auth": "deny"}]
    for original in (PATH, FORWARDED, ORIGINAL):
        sidecar = start_sidecar({**answering(original), "routes": routes})
        for uri, token, status, identity in (("/open/x", None, 200, None), ("/maybe/x?y", None, 200, None),
                                             ("/maybe/x", TOKEN, 200, ACCOUNT), ("/v1/x", None, 401, None),
                                             ("/admin/x", TOKEN, 403, None), ("/x/../admin", TOKEN, 403, None),
                                             ("/open/%2e%2e/admin", TOKEN, 403, None), ("/ADMIN/", TOKEN, 403, None)):
            answer = sidecar.answers(token=token, **question(original, uri))
            assert (answer.status, answer.one("X-Gate-Account-Id")) == (status, identity), (original, uri)


def test_without_an_original_every_request_needs_a_token(start_sidecar):
    sidecar = start_sidecar({**answering("none"), "auth": {"mode": "optional", "public_paths": ["/auth", "/open"]}})
    assert sidecar.answers(target="/auth/open").status == 401
    assert sidecar.answers(forwarded(uri="/open")).status == 401
    preflight = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET")]
    assert sidecar.answers(preflight, method="OPTIONS").status == 401
    assert sidecar.answers(token=TOKEN).status == 200


def test_all_else_is_404(start_sidecar):
    sidecar = start_sidecar(answering(PATH))
    for target in ("/", "/authx", "/v1/auth", "/metrics", "/Auth", "/%61uth"):
        answer = sidecar.answers(token=TOKEN, target=target)
        assert answer.status == 404 and answer.error["code"] == "path_unknown", target


def test_a_connection_answers_many_questions(start_sidecar):
    sidecar = start_sidecar(answering(FORWARDED))
    with Connection.to(sidecar.ports["answer"]) as connection:
        for _ in range(50):
            for token, status in ((TOKEN, 200), (None, 401), ("agt_unknown", 401)):
                answer = connection.exchange(request("GET", "/auth", token, forwarded()))
                assert answer.status == status and answer.one("Connection") is None
            answer = connection.exchange(request("GET", "/auth", TOKEN))
            assert answer.status == 400 and answer.error["code"] == "original_missing"
