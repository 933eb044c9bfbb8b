"""What agents are told: links in errors, the documents of discovery, and error bodies by Accept."""
import json

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, chunked, request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.sidecar import merged, run_cli

URL = "https://api.example.com"
METADATA = "/.well-known/oauth-protected-resource"
DISCOVERY = {"discovery": {"public_url": URL, "service_id": "yourproduct", "name": "Your Product API",
                           "documentation": "https://docs.example.com/agents"}}
PATHS = [METADATA, "/auth.md", "/errors/token_missing"]
SIGN_UP = {"next_action": "sign_up", "header_name": "Authorization",
           "sign_up": {"command": "npx signup yourproduct", "documentation": "https://docs.example.com/agents"}}
PROBLEM = [("Accept", "application/problem+json")]


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar(DISCOVERY)


def reached(upstream):
    """The paths that have reached the API, which a test compares."""
    return [head.target for head in upstream.requests]


# ---- errors --------------------------------------------------------------------------------------------------------
def test_a_refusal_without_a_token_says_how_to_sign_up(sidecar):
    got = sidecar.ask("/x")
    assert got.status == 401
    assert got.one("WWW-Authenticate") == 'Bearer realm="gate", resource_metadata="%s%s"' % (URL, METADATA)
    assert got.error["details"] == SIGN_UP
    assert got.error["docs_url"] == URL + "/errors/token_missing"
    assert len(got.body) < 1024


def test_a_refused_token_keeps_its_challenge(sidecar, gate):
    gate.add("agt_revoked", ACCOUNT, "revoked")
    for token, code in (("agt_unknown", "token_invalid"), ("agt_revoked", "token_revoked")):
        got = sidecar.ask("/x", token)
        assert (got.status, got.error["code"]) == (401, code)
        assert got.one("WWW-Authenticate") == \
            'Bearer realm="gate", error="invalid_token", resource_metadata="%s%s"' % (URL, METADATA)
        assert got.error["details"] == SIGN_UP


def test_other_errors_have_a_link_and_no_sign_up(sidecar):
    got = sidecar.ask("/x", "agt_")
    assert (got.error["code"], got.error["docs_url"]) == ("token_malformed", URL + "/errors/token_malformed")
    assert got.error["details"] == {"header_name": "Authorization"}
    with sidecar.connect() as client:
        got = client.exchange(b"GET /x HTTP/1.1\r\n\r\n")
    assert (got.error["code"], got.error["docs_url"]) == ("bad_host", URL + "/errors/bad_host")


def test_the_link_of_an_error_leads_to_its_page(sidecar):
    link = sidecar.ask("/x").error["docs_url"]
    got = sidecar.ask(link[len(URL):])
    assert (got.status, got.one("Content-Type")) == (200, "text/plain; charset=utf-8")
    assert got.body.decode() == run_cli("explain", "token_missing")[1]


def test_without_discovery_nothing_is_said_and_nothing_is_answered(start_sidecar, upstream):
    sidecar = start_sidecar()
    got = sidecar.ask("/x")
    assert got.one("WWW-Authenticate") == 'Bearer realm="gate"'
    assert got.error["details"] == {"header_name": "Authorization"} and "docs_url" not in got.error
    for path in PATHS:
        assert sidecar.ask(path).status == 401
        assert sidecar.ask(path, TOKEN).status == 200
    assert reached(upstream) == PATHS


# ---- the documents -------------------------------------------------------------------------------------------------
def test_the_metadata(sidecar):
    got = sidecar.ask(METADATA)
    assert (got.status, got.one("Content-Type")) == (200, "application/json")
    assert got.json() == {"resource": URL, "resource_name": "Your Product API", "bearer_methods_supported": ["header"],
                          "resource_documentation": "https://docs.example.com/agents"}


def test_the_page_for_agents(sidecar):
    got = sidecar.ask("/auth.md")
    assert (got.status, got.one("Content-Type")) == (200, "text/markdown; charset=utf-8")
    text = got.body.decode()
    for words in ("# Your Product API", URL, "npx signup yourproduct", "Authorization: Bearer agt_", "`gate_timeout`"):
        assert words in text


def test_documents_need_no_token_and_tell_nothing_to_the_api(sidecar, upstream, gate):
    for path in PATHS:
        for token in (None, TOKEN, "agt_unknown"):
            got = sidecar.ask(path + "?query=%2F..", token, host="other.test")
            assert got.status == 200 and got.one("Cache-Control") == "max-age=3600"
            assert int(got.one("Content-Length")) == len(got.body)
            assert got.one("X-Request-Id") and got.one("WWW-Authenticate") is None
    assert reached(upstream) == [] and gate.calls() == 0


def test_head_has_the_fields_and_no_body(sidecar):
    for path in PATHS:
        whole, head = sidecar.ask(path), sidecar.ask(path, method="HEAD")
        assert head.status == 200 and head.body == b""
        for name in ("Content-Type", "Content-Length", "Cache-Control"):
            assert head.one(name) == whole.one(name)


def test_documents_keep_the_connection_and_drain_a_body(sidecar, upstream):
    with sidecar.connect() as client:
        for path in PATHS:
            assert client.exchange(request("GET", path, body=b"x" * 3000)).status == 200
        assert client.exchange(request("GET", "/after", TOKEN)).status == 200
    with sidecar.connect() as client:  # as after a refusal, a chunked body is not drained
        fields = [("Transfer-Encoding", "chunked")]
        assert client.exchange(request("GET", "/auth.md", fields=fields, body=chunked(b"x" * 100))).one("Connection") == "close"
    assert reached(upstream) == ["/after"]


def test_other_methods_go_their_way(sidecar, upstream):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert sidecar.ask("/auth.md", method=method).status == 401
        assert sidecar.ask("/auth.md", TOKEN, method=method).status == 200
    assert len(reached(upstream)) == 5


@pytest.mark.parametrize("target", [
    "/auth.md/", "//auth.md", "/./auth.md", "/x/../auth.md", "/AUTH.MD", "/auth%2Emd", "/auth%2emd", "/%61uth.md", "/auth.md;x",
    "/auth.md%00", "/auth.md.", "/auth.md%20", "/auth.md\\", "/auth.md/x", "/auth.mdx", "/x/auth.md", "/errors", "/errors/",
    "/errors/none", "/errors/unknown_code", "/errors/token_missing/", "/errors/../auth.md", "/errors/TOKEN_MISSING",
    METADATA + "/", METADATA + "/v1", "/.WELL-KNOWN/oauth-protected-resource", "/.well-known//oauth-protected-resource"])
def test_another_spelling_is_not_ours(sidecar, target):
    got = sidecar.ask(target)
    assert got.status in (400, 401), got


def test_an_ambiguous_request_for_a_document_is_refused_as_ever(sidecar):
    assert sidecar.ask("/auth.md", fields=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")]).status == 400
    with sidecar.connect() as client:
        assert client.exchange(b"GET /auth.md HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-Host"])
def test_nothing_is_derived_from_a_request(sidecar, name):
    fields = [(name, "evil.test")]
    how = {"host": None} if name == "Host" else {}
    for path in (*PATHS, "/x"):
        got = sidecar.ask(path, fields=fields, **how)
        assert got.status == (401 if path == "/x" else 200)
        assert b"evil" not in got.body and "evil" not in repr(got.fields)


def test_the_path_of_the_public_url(start_sidecar, upstream):
    sidecar = start_sidecar(merged(DISCOVERY, {"discovery": {"public_url": URL + "/v1"}}))
    got = sidecar.ask("/x")
    assert 'resource_metadata="%s%s/v1"' % (URL, METADATA) in got.one("WWW-Authenticate")
    for path in (METADATA, METADATA + "/v1"):
        assert sidecar.ask(path).json()["resource"] == URL + "/v1"
    assert got.error["docs_url"] == URL + "/v1/errors/token_missing"
    for path in ("/auth.md", "/v1/auth.md", "/errors/token_missing", "/v1/errors/token_missing"):
        assert sidecar.ask(path).status == 200
    for path in ("/v1" + METADATA, "/v2/auth.md", METADATA + "/v2"):
        assert sidecar.ask(path).status == 401
    assert reached(upstream) == []


def test_the_log_and_the_metrics_name_the_reason(sidecar):
    before = sidecar.metric("gate_decisions_total", reason="discovery")
    assert sidecar.ask("/auth.md", fields=[("X-Request-Id", "theirs")]).one("X-Request-Id") == "theirs"
    line = sidecar.access_line("/auth.md")
    assert (line["gate.reason"], line["gate.verdict"], line["http.response.status_code"]) == ("discovery", "allow", 200)
    assert line["request_id"] == "theirs" and line.get("gate.account_id") is None
    assert sidecar.metric("gate_decisions_total", reason="discovery") == before + 1


# ---- routes, and rule 9 --------------------------------------------------------------------------------------------
def test_a_route_that_names_the_very_path_has_it(start_sidecar, upstream):
    sidecar = start_sidecar({**DISCOVERY, "routes": [{"path": "/auth.md", "auth": "required"},
                                                     {"path": METADATA, "methods": ["GET"], "auth": "none"}]})
    assert sidecar.ask("/auth.md").status == 401
    assert sidecar.ask("/auth.md", TOKEN).body == b"ok"
    assert sidecar.ask(METADATA).body == b"ok"
    assert sidecar.ask(METADATA, method="HEAD").status == 401
    assert sidecar.ask("/errors/token_missing").status == 200
    assert reached(upstream) == ["/auth.md", METADATA]


def test_a_public_path_is_named_too(start_sidecar, upstream):
    sidecar = start_sidecar({**DISCOVERY, "auth": {"public_paths": ["/auth.md"]}})
    assert sidecar.ask("/auth.md").body == b"ok"
    assert reached(upstream) == ["/auth.md"]


def test_a_route_for_another_host_or_method_does_not_name_it(start_sidecar, upstream):
    sidecar = start_sidecar({**DISCOVERY, "routes": [{"host": "other.test", "path": "/auth.md", "auth": "none"},
                                                     {"path": METADATA, "methods": ["POST"], "auth": "none"}]})
    assert b"npx signup" in sidecar.ask("/auth.md").body
    assert sidecar.ask(METADATA).json()["resource"] == URL
    assert sidecar.ask("/auth.md", host="other.test").body == b"ok"
    assert reached(upstream) == ["/auth.md"]


@pytest.mark.parametrize("path", ["/**", "/*", "/.well-known/**", "/.well-known/*", "/errors/**", "/errors/*"])
@pytest.mark.parametrize("auth", ["required", "optional", "none"])
def test_a_wider_pattern_does_not_take_a_document(start_sidecar, upstream, path, auth):
    sidecar = start_sidecar({**DISCOVERY, "routes": [{"path": path, "auth": auth}]})
    for target in PATHS:
        assert sidecar.ask(target).status == 200
    assert reached(upstream) == []


@pytest.mark.parametrize("pattern, refused", [
    ("/**", PATHS), ("/auth.md", ["/auth.md"]), ("/auth.md/**", ["/auth.md"]), ("/AUTH.md", ["/auth.md"]),
    ("/errors/**", ["/errors/token_missing"]), ("/.well-known/**", [METADATA])])
def test_a_denied_document_is_refused(start_sidecar, upstream, pattern, refused):
    sidecar = start_sidecar({**DISCOVERY, "routes": [{"path": pattern, "auth": "deny"}]})
    for path in PATHS:
        for token in (None, TOKEN):
            got = sidecar.ask(path, token)
            assert got.status == (403 if path in refused else 200), path
            assert path not in refused or got.error["code"] == "path_denied"
    assert reached(upstream) == []


def test_a_denial_of_another_path_in_a_field_that_moves_the_request_counts(start_sidecar, upstream):
    sidecar = start_sidecar({**DISCOVERY, "routes": [{"path": "/admin/**", "auth": "deny"}],
                             "forwarded": {"pass": ["X-Original-URL"]}})
    assert sidecar.ask("/auth.md", fields=[("X-Original-URL", "/admin/x")]).status == 403
    assert sidecar.ask("/auth.md", fields=[("X-Original-URL", "/x")]).status == 200
    assert reached(upstream) == []


def test_documents_make_nothing_of_the_api_public(sidecar, upstream):
    """Rule 9: no field and no agent exempts a request from its token."""
    exempt = [("User-Agent", "kube-probe/1.30"), ("X-Original-URL", "/auth.md"), ("X-Rewrite-URL", "/auth.md"),
              ("X-Forwarded-Uri", "/auth.md"), ("X-HTTP-Method-Override", "GET"), ("Referer", URL + "/auth.md"),
              ("Accept", "text/markdown"), ("X-Gate-Discovery", "1")]
    for field in exempt:
        for method in ("GET", "POST"):
            assert sidecar.ask("/x", method=method, fields=[field]).status == 401
        assert sidecar.ask("/auth.md", method="POST", fields=[field]).status == 401
    for target in ("/auth.md/x", "/x?/auth.md", "/x?path=/auth.md", "/errors/token_missing/x", METADATA + "/x"):
        assert sidecar.ask(target).status == 401
    assert reached(upstream) == []


# ---- configuration -------------------------------------------------------------------------------------------------
def test_one_option_alone_is_an_error(tmp_path):
    path = tmp_path / "sidecar.yaml"
    for text, words in (("public_url: 'https://a.test'", "public_url: needs service_id"),
                        ("service_id: a", "service_id: needs public_url")):
        path.write_text("discovery: {%s}\n" % text, encoding="utf-8")
        code, _, errors = run_cli("validate", "--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})
        assert code == 78 and words in errors


def test_explain_shows_the_decision(tmp_path):
    path = tmp_path / "sidecar.yaml"
    denied = [{"path": "/auth.md", "auth": "deny"}]
    for routes, code, words in (([], 0, "answered with 200"), (denied, 1, "refused with 403 path_denied")):
        path.write_text(json.dumps({**DISCOVERY, "routes": routes}), encoding="utf-8")
        done = run_cli("explain", "--request", "--config", path, text="GET /auth.md HTTP/1.1\nHost: a\n")
        assert done[0] == code and words in done[1]


def test_a_reload_switches_discovery(start_sidecar, tmp_path):
    token_file = tmp_path / "admin-token"
    token_file.write_text(ADMIN_TOKEN + "\n", encoding="utf-8")
    admin = {"admin": {"address": "127.0.0.1:0", "token_file": str(token_file)}}
    sidecar = Reloadable(start_sidecar(admin))
    with Connection.to(sidecar.port) as client:
        assert client.exchange(request("GET", "/auth.md")).status == 401
        sidecar.reload(DISCOVERY)
        assert b"yourproduct" in client.exchange(request("GET", "/auth.md")).body
        sidecar.reload({"discovery": {"service_id": "other"}})
        assert b"npx signup other" in client.exchange(request("GET", "/auth.md")).body
        assert client.exchange(request("GET", "/x")).error["details"]["sign_up"]["command"] == "npx signup other"
        sidecar.reload({"discovery": {name: "" for name in DISCOVERY["discovery"]}})
        assert client.exchange(request("GET", "/auth.md")).status == 401


# ---- error bodies by Accept ----------------------------------------------------------------------------------------
def test_a_problem_where_the_client_prefers_it(start_sidecar):
    sidecar = start_sidecar()
    plain, problem = sidecar.ask("/x"), sidecar.ask("/x", fields=PROBLEM)
    assert (plain.one("Content-Type"), problem.one("Content-Type")) == ("application/json", "application/problem+json")
    assert problem.one("WWW-Authenticate") == plain.one("WWW-Authenticate")
    said = problem.json()
    assert said.pop("request_id").startswith("req_")
    assert said == {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": plain.error["message"],
                    "code": "token_missing", "retryable": False, "details": plain.error["details"]}


def test_a_problem_links_to_its_page(sidecar):
    said = sidecar.ask("/x", fields=PROBLEM).json()
    assert said["type"] == URL + "/errors/token_missing"
    assert said["details"] == SIGN_UP


def test_a_problem_for_what_fails_later(start_sidecar, start_server):
    away = start_server()
    away.stop()
    got = start_sidecar(upstream=away).ask("/x", TOKEN, fields=PROBLEM)
    assert (got.status, got.one("Content-Type"), got.json()["code"]) == (502, "application/problem+json", "upstream_refused")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, application/problem+json",
                                    "application/problem+json;q=0.5, application/json", "application/problem+json;q=9",
                                    "application/problem+json, \x80", "text/html", "", "application/problem+json;q=0"])
def test_otherwise_an_error_is_as_ever(sidecar, accept):
    got = sidecar.ask("/x", fields=[("Accept", accept)])
    assert got.one("Content-Type") == "application/json" and got.error["code"] == "token_missing"


@pytest.mark.parametrize("value", ["theirs", "a\"b", "a\\b", "\xff\xfe", "<script>", "a" * 200])
def test_bodies_are_json_whatever_a_client_sends(sidecar, value):
    for fields in ([], PROBLEM):
        got = sidecar.ask("/" + "x" * 50, fields=[("X-Request-Id", value), ("X-Odd", value), *fields])
        assert got.status == 401
        assert json.loads(got.body.decode("ascii"))
