"""Answering other proxies over HTTP: what they may ask, what the original request is read from, and what they are told."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.answering import FORWARDED, ORIGINAL, PATH, answering, forwarded, question
from harness.http import Connection, request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.sidecar import run_cli
from harness.wait import eventually

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
    routes = [{"path": "/open/**", "auth": "none"}, {"path": "/maybe/**", "auth": "optional"},
              {"path": "/admin/**", "auth": "deny"}]
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


def test_the_address_of_another_listener_is_refused(start_sidecar, tmp_path):
    path = tmp_path / "clash.yaml"
    path.write_text("answer: {address: '127.0.0.1:9901'}\n", encoding="utf-8")
    code, out, err = run_cli("validate", "--config", path, env={"FOIL_SECRET_KEY": "sk"})
    assert code == 78 and "answer.address: is the same address and port as admin.address" in out + err


def test_a_deny_route_needs_an_original(start_sidecar, tmp_path):
    path = tmp_path / "deny.yaml"
    path.write_text("answer: {address: '127.0.0.1:0'}\nroutes:\n  - {path: /admin/**, auth: deny}\n", encoding="utf-8")
    code, out, err = run_cli("validate", "--config", path, env={"FOIL_SECRET_KEY": "sk"})
    assert code == 78 and "deny has no effect on answers while answer.original is none" in out + err
    sidecar = start_sidecar({**answering("none"), "auth": {"mode": "optional"}})
    sidecar.wait_for_log(lambda e: e["message"].startswith("auth.mode: optional has no effect on answers"))


def test_nobody_waits_longer_than_answer_wait_and_the_retry_is_a_hit(start_sidecar, gate):
    sidecar = start_sidecar(answering(PATH, wait="50ms"))
    gate.fault(latency="700ms")
    answer = sidecar.answers(token=TOKEN, target="/auth/x")
    assert answer.status == 503 and answer.error["code"] == "gate_timeout" and answer.one("Retry-After") == "1"
    gate.heal()
    eventually(lambda: sidecar.answers(token=TOKEN, target="/auth/x").status == 200, "the answer of the call under way")
    assert gate.calls(TOKEN) == 1


def test_a_token_whose_turn_does_not_come_is_not_told_that_gate_was_silent(start_sidecar, gate):
    sidecar = start_sidecar({**answering(PATH, wait="50ms"), "gate": {"timeout": "60s"}})
    gate.fault(latency="2s")
    with Connection.to(sidecar.ports["answer"]) as first:
        first.send(request("GET", "/auth/x", "agt_unknown"))  # of tokens that are not known, one is tried first
        eventually(lambda: sidecar.metric("gate_verify_inflight") == 1, "the call that has its turn")
        answer = sidecar.answers(token=TOKEN, target="/auth/x")
        assert answer.status == 503 and answer.error["code"] == "gate_busy" and answer.one("Retry-After")
        gate.heal()
    eventually(lambda: sidecar.answers(token=TOKEN, target="/auth/x").status == 200, "the answer to the call that waited")
    assert gate.calls(TOKEN) == 1


def test_unavailable_is_503_or_429(start_sidecar, start_gate):
    gate = start_gate()
    gate.fault(status=500)
    for status in (503, 429):
        sidecar = start_sidecar(answering(PATH, unavailable=status), gate=gate)
        for endpoint in ("/auth", "/refuse"):
            answer = sidecar.answers(token=TOKEN, target=endpoint)
            assert answer.status == status and answer.one("Retry-After"), endpoint
            assert answer.error["code"].startswith("gate_") and answer.error["status"] == status


def test_a_stale_identity_says_so(start_sidecar, gate):
    sidecar = start_sidecar({**answering(PATH), "cache": {"ttl": "50ms", "grace": "1h", "refresh_ahead": False}})
    assert sidecar.answers(token=TOKEN, target="/auth/x").one("X-Gate-Verification") is None
    gate.fault(status=500)
    answers = []

    def is_stale():
        answers.append(sidecar.answers(token=TOKEN, target="/auth/x"))
        return answers[-1].one("X-Gate-Verification") is not None
    eventually(is_stale, "an answer by cache.grace")
    assert answers[-1].status == 200 and answers[-1].one("X-Gate-Account-Id") == ACCOUNT
    assert answers[-1].one("X-Gate-Verification").startswith("stale; age=")


def test_the_token_stays_where_it_is_to_be_forwarded(start_sidecar):
    sidecar = start_sidecar({**answering(PATH), "upstream": {"forward_token": True}})
    answer = sidecar.answers(token=TOKEN, target="/auth/x")
    assert answer.status == 200 and answer.one("x-envoy-auth-headers-to-remove") is None


def test_other_credentials_stay(start_sidecar):
    sidecar = start_sidecar({**answering(PATH), "auth": {"mode": "optional"}})
    answer = sidecar.answers([("Authorization", "Basic eDp5")], target="/auth/x")
    assert answer.status == 200
    assert answer.one("x-envoy-auth-headers-to-remove") == "X-Gate-Account-Id, X-Gate-Verification, X-Gate-Assertion"


def test_bodies_upgrades_and_expectations_are_no_part_of_the_question(start_sidecar):
    sidecar = start_sidecar({**answering(PATH), "limits": {"drain": "64KiB"}})
    with Connection.to(sidecar.ports["answer"]) as connection:
        for size in (1, 60000):
            assert connection.exchange(request("POST", "/auth/x", TOKEN, [], b"b" * size)).status == 200
        upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
        assert connection.exchange(request("GET", "/auth/x", TOKEN, upgrade)).status == 200
        head = connection.exchange(request("HEAD", "/auth/x"), to_head=True)
        assert head.status == 401 and head.body == b"" and head.one("WWW-Authenticate")
        assert connection.exchange(request("GET", "/auth/x", TOKEN)).status == 200
    chunked = b"POST /auth/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Connection.to(sidecar.ports["answer"]) as connection:  # its size is not known beforehand
        connection.send(chunked + b"4\r\nbody\r\n0\r\n\r\n")
        assert connection.response().status == 401
        connection.send(chunked + b"4\r\nbo")
        assert connection.response().one("Connection") is None
        connection.send(b"dy\r\n0\r\nA-Trailer: x\r\n\r\n" + request("GET", "/auth/x", TOKEN))
        assert connection.response().status == 200
        connection.send(chunked + b"fffff\r\n")  # more than limits.drain
        assert connection.response().status == 401
        connection.send(b"b" * 80000)
        assert connection.is_closed()
    with Connection.to(sidecar.ports["answer"]) as connection:  # not a chunk
        connection.send(chunked + b"x\r\n")
        assert connection.response().status == 401 and connection.is_closed()
    with Connection.to(sidecar.ports["answer"]) as connection:  # more than limits.drain
        connection.send(b"POST /auth/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        answer = connection.response()
        assert answer.status == 401 and answer.one("Connection") == "close"
    with Connection.to(sidecar.ports["answer"]) as connection:  # whether the body comes is not known
        connection.send(b"POST /auth/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        answer = connection.response()
        assert answer.status == 401 and answer.one("Connection") == "close" and not answer.interim


def test_a_question_is_logged_and_counted_as_one(start_sidecar):
    sidecar = start_sidecar(answering(FORWARDED))
    sidecar.answers([*forwarded("DELETE", "/v1/logged?secret=1"), ("X-Forwarded-For", "198.51.100.7")], TOKEN)
    line = sidecar.access_line("/v1/logged")
    assert line["gate.mode"] == "answer" and line["http.request.method"] == "DELETE"
    assert line["server.address"] == "api.test" and line["client.address"] == "198.51.100.7"
    assert line["gate.reason"] == "token_verified" and line["gate.account_id"] == ACCOUNT
    sidecar.ask("/v1/proxied", TOKEN)
    assert "gate.mode" not in sidecar.access_line("/v1/proxied")
    assert sidecar.metric("gate_decisions_total", listener="answer", reason="token_verified") == 1
    assert sidecar.metric("gate_decisions_total", listener="proxy", reason="token_verified") == 1
    assert sidecar.metric("http_server_request_duration_seconds_count", listener="answer") == 1


def test_a_reload_changes_how_questions_are_answered(start_sidecar):
    sidecar = Reloadable(start_sidecar(answering(PATH), env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN}))
    with Connection.to(sidecar.ports["answer"]) as connection:
        assert connection.exchange(request("GET", "/auth/x", TOKEN)).status == 200
        sidecar.reload({"answer": {"original": FORWARDED}})
        assert connection.exchange(request("GET", "/auth/x", TOKEN)).error["code"] == "original_missing"
        assert connection.exchange(request("GET", "/auth", TOKEN, forwarded())).status == 200
        sidecar.reload({"answer": {"trusted_peers": ["192.0.2.1"]}})
        assert connection.exchange(request("GET", "/auth", TOKEN, forwarded())).status == 403
        sidecar.reload({"answer": {"trusted_peers": ["127.0.0.1"]}})
        loosened = "answer.trusted_peers: 127.0.0.1/32 may ask now"
        eventually(lambda: loosened in [e.get("change") for e in sidecar.log()], "the warning")
        assert connection.exchange(request("GET", "/auth", TOKEN, forwarded())).status == 200


def test_answers_end_with_the_program(start_sidecar, gate):
    sidecar = start_sidecar({**answering(PATH), "shutdown": {"grace": "5s"}})
    gate.fault(latency="300ms")
    idle, busy = (Connection.to(sidecar.ports["answer"]) for _ in range(2))
    with idle, busy:
        assert idle.exchange(request("GET", "/auth/x")).status == 401
        busy.send(request("GET", "/auth/x", TOKEN))
        eventually(lambda: gate.calls(TOKEN) == 1, "the call to Gate")
        sidecar.terminate()
        assert busy.response().status == 200
        assert idle.is_closed()
    assert sidecar.wait() == 0


def test_in_shadow_a_refusal_passes_with_its_authorization_and_without_identity(start_sidecar):
    routes = [{"path": "/trial/**", "auth": "required", "shadow": True}, {"path": "/quiet/**", "auth": "none", "log": False,
                                                                         "name": "quiet"}]
    sidecar = start_sidecar({**answering(PATH), "routes": routes})
    answer = sidecar.answers([("X_Gate_Account_Id", "me")], "agt_unknown", "/auth/trial/x")
    assert answer.status == 200 and answer.one("X-Gate-Account-Id") is None
    assert answer.one("x-envoy-auth-headers-to-remove") == \
        "X_Gate_Account_Id, X-Gate-Account-Id, X-Gate-Verification, X-Gate-Assertion"
    assert sidecar.access_line("/trial/x")["gate.reason"] == "token_invalid"
    good = sidecar.answers(token=TOKEN, target="/auth/trial/x")
    assert good.status == 200 and good.one("X-Gate-Account-Id") == ACCOUNT
    assert sidecar.answers(target="/auth/quiet/x").status == 200
    assert sidecar.metric("gate_decisions_total", listener="answer", route="quiet", reason="public_path") == 1
    sidecar.answers(target="/auth/last")
    sidecar.access_line("/last")
    assert not [e for e in sidecar.log() if e.get("url.path") == "/quiet/x"]


def test_agents_are_told_how_to_sign_up(start_sidecar):
    discovery = {"public_url": "https://api.test", "service_id": "things"}
    for original in ("none", PATH):
        sidecar = start_sidecar({**answering(original), "discovery": discovery})
        page = sidecar.answers(target="/.well-known/oauth-protected-resource")
        assert page.status == 200 and page.one("Cache-Control") == "max-age=3600"
        assert page.json()["resource"] == "https://api.test"
        refused = sidecar.answers(target="/auth/v1/x")
        assert refused.status == 401 and "resource_metadata=" in refused.one("WWW-Authenticate")
        assert len(refused.body) < 1024
    allowed = sidecar.answers(target="/auth/auth.md")
    assert allowed.status == 200 and allowed.one("X-Gate-Account-Id") is None
    assert allowed.one("x-envoy-auth-headers-to-remove") == "X-Gate-Account-Id, X-Gate-Verification, X-Gate-Assertion"


def test_a_document_that_a_route_denies_is_denied_here_too(start_sidecar):
    discovery = {"public_url": "https://api.example.com", "service_id": "yourproduct"}
    routes = [{"path": "/auth.md", "auth": "deny"}, {"path": "/errors/**", "auth": "deny"}]
    sidecar = start_sidecar({**answering(PATH), "discovery": discovery, "routes": routes})
    for target in ("/auth.md", "/errors/token_missing", "/auth/auth.md"):
        answer = sidecar.answers(target=target)
        assert (answer.status, answer.error["code"]) == (403, "path_denied"), target
    assert sidecar.answers(target="/.well-known/oauth-protected-resource").status == 200


def test_a_trusted_proxy_is_no_single_client(start_sidecar):
    """limits.connections_per_client would else throttle all the clients of the proxy together."""
    sidecar = start_sidecar({**answering(FORWARDED), "limits": {"connections_per_client": 2}})
    connections = [Connection.to(sidecar.ports["answer"]) for _ in range(6)]
    for connection in connections:
        assert connection.exchange(request("GET", "/auth", TOKEN, forwarded())).status == 200
    for connection in connections:
        connection.close()


def test_a_request_that_is_not_acceptable_has_its_reason_in_log_and_metrics(start_sidecar):
    routes = [{"path": "/open/**", "auth": "none"}]
    sidecar = start_sidecar({**answering(PATH), "routes": routes})
    target = "/auth/open/" + "%252e%2f".join("A.;b%5C/" for _ in range(9))
    assert sidecar.answers(target=target).status == 400
    eventually(lambda: sidecar.metric("gate_request_failures_total", reason="bad_target") == 1, "the failure to be counted")
    assert sidecar.wait_for_log(lambda e: e.get("error.type") == "bad_target", "the line")["gate.mode"] == "answer"
