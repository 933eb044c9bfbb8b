"""Routes and named upstreams: what they decide, where requests go, and what operators see of them."""
import threading

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.http import request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.server import reply, silent
from harness.sidecar import BASE, merged, run_cli
from harness.wait import eventually
from test_streams import sends_events
from test_upgrade import HANDSHAKE, switch_and_echo

PREFLIGHT = [("Origin", "https://app.test"), ("Access-Control-Request-Method", "PUT")]


@pytest.fixture
def start(start_sidecar, tmp_path):
    """start(routes, **sections) -> a running sidecar that can be reloaded."""
    def start(routes, **sections):
        path = tmp_path / "admin-token"
        path.write_text(ADMIN_TOKEN, encoding="utf-8")
        admin = {"admin": {"address": "127.0.0.1:0", "token_file": str(path)}, "routes": routes}
        return Reloadable(start_sidecar(merged(admin, sections)))
    return start


def code_of(answer):
    return answer.status, answer.error["code"] if answer.status >= 400 else None


# ---- access ---------------------------------------------------------------------------------------------------------
TABLE = [
    {"path": ["/health", "/ready"], "methods": ["GET", "HEAD"], "auth": "none"},
    {"path": "/catalog/**", "auth": "optional"},
    {"path": "/catalog/*/price", "auth": "required"},
    {"path": "/internal/**", "auth": "deny"},
    {"host": "*.open.test", "path": "/**", "auth": "none"},
    {"host": "closed.open.test", "auth": "required"},
    {"path": "/hook/", "methods": ["POST"], "auth": "none"},
]
DECISIONS = [
    # method, target, host, without a token, with TOKEN: (status, code), whether an identity arrives
    ("GET", "/health", "api.test", (200, None), (200, None), False),
    ("HEAD", "/ready?x=/internal/", "api.test", (200, None), (200, None), False),
    ("POST", "/health", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/health/", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/Health", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/else", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/catalog", "api.test", (200, None), (200, None), True),
    ("GET", "/catalog/7/pictures", "api.test", (200, None), (200, None), True),
    ("GET", "/catalog/7/price", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/catalog/7/%70rice", "api.test", (401, "token_missing"), (200, None), True),
    ("GET", "/internal", "api.test", (403, "path_denied"), (403, "path_denied"), False),
    ("GET", "/internal/a", "api.test", (403, "path_denied"), (403, "path_denied"), False),
    ("GET", "/INTERNAL/a", "api.test", (403, "path_denied"), (403, "path_denied"), False),
    ("GET", "/catalog/%2e%2e/internal", "api.test", (403, "path_denied"), (403, "path_denied"), False),
    ("GET", "/catalog/../internal", "api.test", (403, "path_denied"), (403, "path_denied"), False),
    ("GET", "/any", "a.open.test:8080", (200, None), (200, None), False),
    ("GET", "/any", "A.B.Open.Test.", (200, None), (200, None), False),
    ("GET", "/any", "open.test", (401, "token_missing"), (200, None), True),
    ("GET", "/any", "closed.open.test", (401, "token_missing"), (200, None), True),
    ("GET", "/internal/a", "a.open.test", (403, "path_denied"), (403, "path_denied"), False),
    ("POST", "/hook/", "api.test", (200, None), (200, None), False),
    ("GET", "/hook/", "api.test", (401, "token_missing"), (200, None), True),
]


def test_access_by_path_host_and_method(start, upstream):
    sidecar = start(TABLE)
    for method, target, host, without, with_token, has_identity in DECISIONS:
        for token, expected in ((None, without), (TOKEN, with_token)):
            before = len(upstream.requests)
            forged = [("X_Gate-Account-Id", "gacct_forged")]
            answer = sidecar.ask(target, token, method, forged, host=host)
            seen = (method, target, host, token)
            assert (answer.status if method == "HEAD" else code_of(answer)) == (expected[0] if method == "HEAD" else expected), seen
            if expected[0] != 200:
                assert len(upstream.requests) == before, seen
                continue
            arrived = upstream.last
            assert (arrived.method, arrived.target) == (method, target), seen  # the very bytes
            assert arrived.all("X-Gate-Account-Id") == ([ACCOUNT] if has_identity and token else []), seen
            assert not [n for n in arrived.names() if n.replace("_", "-") == "x-gate-account-id" and "_" in n], seen
            assert TOKEN not in str(arrived.fields), seen


def test_a_bad_token_is_refused_where_one_may_be_absent(start, upstream):
    sidecar = start(TABLE)
    assert code_of(sidecar.ask("/catalog/a", "agt_unknown")) == (401, "token_invalid")
    assert code_of(sidecar.ask("/catalog/a", "agt_a!b")) == (401, "token_malformed")
    assert sidecar.ask("/health", "agt_unknown").status == 200
    assert upstream.last.all("Authorization") == []


def test_the_host_of_an_absolute_target_counts(start):
    sidecar = start(TABLE)
    assert sidecar.ask("http://a.open.test/any", host="api.test").status == 200
    assert sidecar.ask("http://api.test/any", host="a.open.test").status == 401


def test_a_route_may_be_stricter_or_looser_than_an_optional_mode(start):
    sidecar = start([{"path": "/me", "auth": "required"}, {"path": "/open", "auth": "none"}], auth={"mode": "optional"})
    assert [sidecar.ask(t).status for t in ("/me", "/open", "/else")] == [401, 200, 200]


def test_a_path_that_can_be_read_in_too_many_ways_is_not_acceptable(start, upstream):
    sidecar = start([{"path": "/admin/**", "auth": "deny"}])
    assert code_of(sidecar.ask("/" * 80 + "x", TOKEN)) == (400, "bad_target")
    assert upstream.requests == []


def test_a_field_that_moves_the_request_is_judged_too_where_it_passes(start, upstream):
    moving = {"forwarded": {"pass": ["X-Original-URL", "X-HTTP-Method-Override"]}}
    sidecar = start([{"path": "/open", "methods": ["GET"], "auth": "none"}, {"path": "/admin/**", "auth": "deny"}], **moving)
    assert sidecar.ask("/open").status == 200
    assert code_of(sidecar.ask("/open", fields=[("X-Original-URL", "/admin/x")])) == (403, "path_denied")
    assert code_of(sidecar.ask("/open", fields=[("X-Original-URL", "http://h/%61dmin/x?y")])) == (403, "path_denied")
    assert code_of(sidecar.ask("/open", fields=[("X-HTTP-Method-Override", "POST")])) == (401, "token_missing")
    assert sidecar.ask("/open", fields=[("X-Original-URL", "/open")]).status == 200
    assert len(upstream.requests) == 2


def test_the_same_fields_do_nothing_where_they_are_removed(start, upstream):
    sidecar = start([{"path": "/open", "auth": "none"}, {"path": "/admin/**", "auth": "deny"}])
    assert sidecar.ask("/open", fields=[("X-Original-URL", "/admin/x")]).status == 200
    assert upstream.last.all("X-Original-URL") == []


# ---- preflights -----------------------------------------------------------------------------------------------------
def test_preflights_pass_without_a_token_where_they_may(start, upstream):
    sidecar = start([{"path": "/api/**", "preflight": True}, {"path": "/api/admin/**", "auth": "deny", "preflight": True},
                     {"path": "/api/v2/**", "preflight": False}])
    assert sidecar.ask("/api/x", None, "OPTIONS", PREFLIGHT).status == 200
    assert upstream.last.all("X-Gate-Account-Id") == []
    assert sidecar.access_line("/api/x")["gate.reason"] == "preflight"
    for target, method, fields, body in [("/api/x", "GET", PREFLIGHT, b""), ("/api/x", "OPTIONS", PREFLIGHT[:1], b""),
                                         ("/api/x", "OPTIONS", PREFLIGHT[1:], b""), ("/api/x", "OPTIONS", PREFLIGHT, b"x"),
                                         ("/api/v2/x", "OPTIONS", PREFLIGHT, b""), ("/else", "OPTIONS", PREFLIGHT, b""),
                                         ("/api/v2/../x", "OPTIONS", PREFLIGHT, b"")]:
        assert code_of(sidecar.ask(target, None, method, fields, body)) == (401, "token_missing"), (target, method)
    assert code_of(sidecar.ask("/api/admin/x", None, "OPTIONS", PREFLIGHT)) == (403, "path_denied")
    assert code_of(sidecar.ask("/api/x", "agt_unknown", "OPTIONS", PREFLIGHT)) == (401, "token_invalid")


def test_preflights_everywhere_also_with_a_route_for_another_method(start):
    sidecar = start([{"path": "/only-post", "methods": ["POST"]}, {"path": "/no", "preflight": False}], auth={"preflight": True})
    assert [sidecar.ask(t, None, "OPTIONS", PREFLIGHT).status for t in ("/", "/only-post", "/no")] == [200, 200, 401]


# ---- shadow ---------------------------------------------------------------------------------------------------------
def test_a_route_in_shadow_refuses_nothing_and_tells_what_it_would_do(start, upstream):
    sidecar = start([{"path": "/trial/**", "auth": "required", "shadow": True}, {"path": "/no/**", "auth": "deny", "shadow": True}])
    assert sidecar.ask("/trial/a", fields=[("X-Gate-Account-Id", "forged")]).status == 200
    assert upstream.last.all("X-Gate-Account-Id") == []
    line = sidecar.access_line("/trial/a")
    assert (line["gate.shadow"], line["gate.verdict"], line["gate.reason"]) == (True, "deny", "token_missing")
    assert sidecar.ask("/trial/b", TOKEN).status == 200 and upstream.last.all("X-Gate-Account-Id") == [ACCOUNT]
    # Stricter than auth.mode: the trial opens nothing.
    assert code_of(sidecar.ask("/no/a")) == (401, "token_missing")
    assert sidecar.ask("/no/a", TOKEN).status == 200


def test_a_route_may_be_enforced_while_all_else_is_in_shadow(start):
    sidecar = start([{"path": "/real", "shadow": False}], auth={"shadow": True})
    assert [sidecar.ask(t).status for t in ("/real", "/else")] == [401, 200]


# ---- where requests go ----------------------------------------------------------------------------------------------
def test_named_upstreams(start, upstream, start_server):
    files, billing = start_server(reply(200, b"files")), start_server(reply(200, b"billing"))
    sidecar = start([{"path": "/files/**", "upstream": "files"}, {"host": "billing.test", "upstream": "billing", "auth": "none"}],
                    upstreams={"files": {"url": files.url, "forward_token": True}, "billing": {"url": billing.url}})
    assert sidecar.ask("/files/a", TOKEN).body == b"files"
    assert files.last.one("Authorization") == "Bearer " + TOKEN and files.last.one("X-Gate-Account-Id") == ACCOUNT
    assert sidecar.ask("/", TOKEN, host="billing.test", fields=[("X.Gate.Account.Id", "x")]).body == b"billing"
    assert billing.last.all("Authorization") == [] and billing.last.names().count("x-gate-account-id") == 0
    assert "x.gate.account.id" not in billing.last.names()
    assert sidecar.ask("/", TOKEN).body == b"ok" and upstream.last.all("Authorization") == []


def test_the_raw_path_alone_chooses_the_upstream(start, upstream, start_server):
    files = start_server(reply(200, b"files"))
    sidecar = start([{"path": "/files/**", "upstream": "files"}], upstreams={"files": {"url": files.url}})
    assert sidecar.ask("/%66iles/a", TOKEN).body == b"ok"
    assert upstream.last.target == "/%66iles/a" and files.requests == []


# ---- time-outs, name and log ----------------------------------------------------------------------------------------
def test_time_outs_of_a_route(start, upstream):
    upstream.handler = silent
    sidecar = start([{"path": "/quick", "timeouts": {"response": "50ms"}}], limits={"body_timeout": "1h"})
    assert code_of(sidecar.ask("/quick", TOKEN)) == (504, "upstream_timeout")


def test_the_time_for_a_body_of_a_route(start):
    sidecar = start([{"path": "/upload", "timeouts": {"body": "50ms"}}], limits={"body_timeout": "1h"})
    with sidecar.connect() as client:
        client.send(request("POST", "/upload", TOKEN, [("Content-Length", "5")], b"a"))
        assert code_of(client.response()) == (408, "body_timeout")


def test_the_idle_time_of_a_stream_of_a_route(start, upstream):
    def stalls(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
        exchange.wait_until_gone()
    upstream.handler = stalls
    sidecar = start([{"path": "/stream", "timeouts": {"stream_idle": "50ms"}}], limits={"stream_idle_timeout": "1h"})
    with sidecar.connect() as client:
        client.send(request("GET", "/stream", TOKEN))
        assert client.head().status == 200
        with pytest.raises((EOFError, OSError)):
            client.exactly(9)
    assert sidecar.access_line("/stream")["error.type"] == "upstream_timeout"


def test_name_and_log_of_a_route(start, upstream):
    sidecar = start([{"path": "/health", "auth": "none", "log": False, "name": "health"}, {"path": "/x", "name": "my.x"}])
    assert sidecar.ask("/health").status == 200
    assert sidecar.ask("/x", TOKEN).status == 200
    assert sidecar.access_line("/x")["gate.route"] == "my.x"
    assert sidecar.ask("/y", TOKEN).status == 200
    assert "gate.route" not in sidecar.access_line("/y")
    upstream.handler = reply(500, b"")
    assert sidecar.ask("/health").status == 500
    line = sidecar.access_line("/health")  # the first one of that path
    assert (line["http.response.status_code"], line["gate.route"]) == (500, "health")


# ---- wrong tables ---------------------------------------------------------------------------------------------------
@pytest.fixture
def checked(tmp_path):
    """checked(text, command) -> (exit code, stdout, stderr) with "FILE" in place of the file's name."""
    def run(text, command="validate", *arguments, stdin=None):
        path = tmp_path / "checked.yaml"
        path.write_text(text, encoding="utf-8")
        code, out, err = run_cli(command, *arguments, "--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"}, text=stdin)
        return code, out.replace(str(path), "FILE"), err.replace(str(path), "FILE")
    return run


TIES = {
    "routes:\n  - {path: /a}\n  - {path: [/b, /a]}\n":
        "FILE:2:5: routes[0] (line 2) and routes[1] (line 3) both match '/a', and none is more specific: no request could choose\n",
    "routes:\n  - {host: h, path: /a, methods: [GET]}\n  - {host: h, path: /a, methods: [HEAD, GET]}\n":
        "FILE:2:5: routes[0] (line 2) and routes[1] (line 3) both match '/a' for the host h, and none is more specific: "
        "no request could choose\n",
    "auth:\n  public_paths:\n    - /x\n    - /a\nroutes: [{path: /a}]\n":
        "FILE:5:10: routes[0] (line 5) and auth.public_paths (line 4) both match '/a', and none is more specific: "
        "no request could choose\n",
}


@pytest.mark.parametrize("text", TIES)
def test_a_tie_is_an_error_with_both_positions(checked, text):
    assert checked(text) == (78, "", TIES[text])


def test_a_table_with_ties_does_not_start_and_is_no_reload(start, checked):
    tie = "routes: [{path: /a}, {path: /a}]\n"
    assert checked(tie, "print-config")[0] == 78
    sidecar = start([])
    whole = yaml.safe_dump({**sidecar.config, "routes": [{"path": "/a", "auth": "none"}, {"path": "/a"}]}, sort_keys=False)
    problems = sidecar.refused(whole)
    assert len(problems) == 1 and "both match '/a'" in problems[0]
    assert sidecar.ask("/a").status == 401


def test_what_is_not_supported_yet_is_refused(checked):
    assert checked("rates: {a: {requests: 1/m}}\nroutes: [{rate: a}]\nupstreams: {g: {url: 'http://h', protocol: http2}}\n") == (
        78, "", "FILE:1:1: rates: is not supported yet; remove the key\n"
                "FILE:2:11: routes[0].rate: is not supported yet; remove the key\n"
                "FILE:3:34: upstreams.g.protocol: is not supported yet; remove the key\n")


# ---- what operators see ---------------------------------------------------------------------------------------------
def test_warnings_come_with_validation_start_and_reload(start, checked):
    loose = [{"host": "open.test", "path": "/**", "auth": "none"}]
    code, out, err = checked(yaml.safe_dump({"routes": loose}))
    assert (code, out) == (0, "the configuration is valid\n")
    assert err.startswith("warning: routes[0] (line 2): auth: none holds for a host that shares its upstream with")
    sidecar = start(loose)
    eventually(lambda: len(sidecar.lines("holds for a host that shares its upstream", "warn")) == 1, "the warning of the start")
    sidecar.reload({"routes": [*loose, {"path": "/admin", "auth": "deny", "methods": ["GET"]}]})
    eventually(lambda: len(sidecar.lines("holds for a host that shares its upstream", "warn")) == 2, "the warning of the reload")
    assert sidecar.lines("auth: deny holds for some methods alone", "warn")


def test_print_config_prints_what_loads_to_the_same_and_the_order(checked):
    text = yaml.safe_dump({
        "upstreams": {"files": {"url": "http://127.0.0.1:3001", "forward_token": True}},
        "routes": [{"path": "/**", "auth": "optional"}, {"path": "/a/*", "methods": ["POST", "GET"], "upstream": "files"},
                   {"path": "/a/b", "auth": "deny", "shadow": True}, {"host": "*.x.test", "auth": "none"},
                   {"host": "y.x.test", "path": ["/p", "/q/**"], "timeouts": {"body": "0s"}, "log": False, "name": "n"}],
        "auth": {"public_paths": ["/open"]}})
    code, printed, _ = checked(text, "print-config")
    assert code == 0
    order = [line for line in printed.splitlines() if line.startswith("#")]
    assert [line.split("  (")[0] for line in order] == [
        "# The order in which these rules are tried:",
        "#   host y.x.test", "#     /p: auth: required", "#     /q/**: auth: required",
        "#   host *.x.test", "#     /**: auth: none",
        "#   every host", "#     /a/b: auth: deny, in shadow", "#     /open: auth: none",
        "#     /a/* POST GET: auth: required, upstream files", "#     /**: auth: optional",
        "#   no rule: auth: required"]
    again = checked(printed, "print-config")
    assert again[0] == 0
    assert yaml.safe_load(again[1]) == yaml.safe_load(printed)
    assert [line.split("  (")[0] for line in again[1].splitlines() if line.startswith("#")] == [line.split("  (")[0] for line in order]


def test_get_config_shows_routes_and_upstreams(start, start_server):
    other = start_server()
    sidecar = start([{"path": "/a/**", "methods": ["GET"], "auth": "optional", "upstream": "other", "timeouts": {"body": "2s"}},
                     {"host": "h.test", "shadow": True, "preflight": False, "log": False, "name": "n"}],
                    upstreams={"other": {"url": other.url}})
    page = sidecar.post("/config", "GET").json()
    for each in (*page["routes"], *page["upstreams"].values()):
        assert each.pop("line") > 0
    assert page["routes"] == [
        {"path": ["/a/**"], "methods": ["GET"], "auth": "optional", "upstream": "other", "timeouts.body": "2s"},
        {"name": "n", "host": ["h.test"], "shadow": "true", "preflight": "false", "log": "false"}]
    assert page["upstreams"] == {"other": {"url": other.url, "forward_token": "false", "connect_timeout": "2s",
                                           "response_timeout": "60s", "idle_timeout": "4s", "tls.ca_file": "",
                                           "tls.server_name": "", "tls.client_cert_file": "", "tls.client_key_file": ""}}


def explain(checked, config, head):
    """(exit code, {name: the lines of that name})"""
    code, out, _ = checked(yaml.safe_dump(config), "explain", "--request", stdin=head)
    told = {}
    for line in out.splitlines():
        name, text = line.split(None, 1)
        told.setdefault(name, []).append(text)
    return code, told


def test_explain_names_the_winner_why_others_lost_and_the_upstream(checked):
    config = {"upstreams": {"files": {"url": "http://127.0.0.1:3001"}},
              "routes": [{"path": "/a/*", "upstream": "files"}, {"path": "/**", "auth": "none"}, {"path": "/a/b", "methods": ["POST"]},
                         {"host": "h.test", "path": "/a/b"}]}
    code, told = explain(checked, config, "GET /a/b HTTP/1.1\nHost: api.test\n\n")
    assert code == 1
    assert told["upstream"] == ["files: http://127.0.0.1:3001"]
    assert told["route"][0].startswith("routes[0]") and " is chosen: auth: required" in told["route"][0]
    lost = {line.split(" ")[0]: line.split(" lost: ")[1] for line in told["route"] if " lost: " in line}
    assert lost["routes[1]"].endswith("has a more specific path")
    assert lost["routes[2]"] == "the method is not among its methods" and lost["routes[3]"] == "the host does not match"
    assert told["decision"][0].startswith("refused with 401 token_missing")


def test_explain_tells_denials_readings_preflights_and_shadow(checked):
    config = {"routes": [{"path": "/open/**", "auth": "none"}, {"path": "/admin/**", "auth": "deny"},
                         {"path": "/cors/**", "preflight": True}, {"path": "/trial/**", "shadow": True}]}
    code, told = explain(checked, config, "GET /open/../admin/x HTTP/1.1\nHost: a\n\n")
    assert code == 1 and told["decision"][0].startswith("refused with 403 path_denied")
    assert any("which meets '/admin/**'" in line for line in told["route"])
    code, told = explain(checked, config, "OPTIONS /cors/x HTTP/1.1\nHost: a\nOrigin: b\nAccess-Control-Request-Method: PUT\n\n")
    assert code == 0 and told["decision"][0].startswith("passed on without an identity (preflight)")
    code, told = explain(checked, config, "GET /trial/x HTTP/1.1\nHost: a\nX-Gate-Account-Id: b\n\n")
    assert code == 0
    assert told["decision"] == ["passed on in shadow without an identity; without shadow it would be refused with 401 token_missing"]
    assert "X-Gate-Account-Id" in told["removed"][0]
    code, told = explain(checked, config, "GET %sx HTTP/1.1\nHost: a\n\n" % ("/" * 80))
    assert code == 1 and told["decision"][0].startswith("refused with 400 bad_target")
    assert any("more than 64 ways" in line for line in told["route"])


def test_explain_and_the_proxy_agree_on_routes_of_each_kind(start, checked):
    sidecar = start(TABLE)
    for method, target, host, *_ in DECISIONS:
        for token in (None, TOKEN, "agt_a!b"):
            answer = sidecar.ask(target, token, method, host=host)
            authorization = "Authorization: Bearer %s\n" % token if token else ""
            head = "%s %s HTTP/1.1\nHost: %s\n%s\n" % (method, target, host, authorization)
            code, told = explain(checked, {**BASE, "routes": TABLE}, head)
            said = told["decision"][0]
            assert (code == 1) == (answer.status >= 400), (head, said, answer)
            if code == 1 and method != "HEAD":
                assert said.startswith("refused with %d %s:" % code_of(answer)), (head, said)


# ---- reload ---------------------------------------------------------------------------------------------------------
def test_routes_and_upstreams_are_live_and_told(start, start_server):
    one, two = start_server(reply(200, b"one")), start_server(reply(200, b"two"))
    sidecar = start([], upstreams={"a": {"url": one.url}})
    with sidecar.connect() as client:
        ask = lambda: client.exchange(request("GET", "/x"))  # noqa: E731
        assert ask().status == 401
        said = sidecar.reload({"routes": [{"path": "/x", "auth": "none", "upstream": "a"}]})
        assert said["generation"] == 2
        assert said["changes"] == ['routes: added {path: ["/x"], auth: none, upstream: "a"}']
        assert ask().body == b"one"
        said = sidecar.reload({"upstreams": {"a": {"url": two.url}}})
        assert said["changes"] == ["upstreams.a.url: %s -> %s" % (one.url, two.url)]
        assert ask().body == b"two"
        assert sidecar.reload({"routes": [{"path": "/x", "auth": "none", "upstream": "a"}]})["generation"] == 3
        assert sidecar.reload({"routes": [{"path": "/x", "auth": "deny"}]})["generation"] == 4
        assert ask().status == 403


def test_what_routes_loosen_is_a_warning_with_the_route(start):
    sidecar = start([{"path": "/x", "auth": "required"}, {"path": "/admin/**", "auth": "deny"}])
    sidecar.reload({"routes": [{"path": "/x", "auth": "none"}, {"path": "/y", "shadow": True}]})
    eventually(lambda: len(sidecar.lines("allows more", "warn")) == 3, "the warnings")
    told = [e["change"] for e in sidecar.lines("allows more", "warn")]
    assert [line.split(" (line")[0] for line in told] == [
        "/admin/**: deny -> required, by auth.mode", "/x: required -> none, by routes[0]", "/y: required -> in shadow, by routes[1]"]
    sidecar.reload({"routes": [{"path": "/x", "auth": "required"}, {"path": "/admin/**", "auth": "deny"}]})
    eventually(lambda: len(sidecar.lines("was reloaded")) == 2, "the line about the second")
    assert len(sidecar.lines("allows more")) == 3


def test_streams_of_a_route_that_has_become_stricter_end(start, upstream):
    upstream.handler = sends_events
    sidecar = start([{"path": "/a/**", "auth": "none"}, {"path": "/b/**", "auth": "none"}, {"path": "/c/**"}])
    with sidecar.connect() as a, sidecar.connect() as b, sidecar.connect() as c:
        for client, target, token in ((a, "/a/1", None), (b, "/b/1", None), (c, "/c/1", TOKEN)):
            client.send(request("GET", target, token))
            assert client.head().status == 200
        sidecar.reload({"routes": [{"path": "/a/**", "auth": "required"}, {"path": "/b/**", "auth": "optional"},
                                   {"path": "/c/**", "auth": "deny"}]})
        assert sidecar.access_line("/a/1")["error.type"] == "token_missing"
        assert sidecar.access_line("/c/1")["error.type"] == "path_denied"
        for client in (a, c):
            with pytest.raises((EOFError, OSError)):  # rule 26: cut, not ended
                for _ in client.chunks([]):
                    pass
        chunks = b.chunks([])
        assert next(chunks) and next(chunks)


def test_websockets_of_a_route_that_has_become_stricter_end(start, upstream):
    upstream.handler = switch_and_echo
    sidecar = start([{"path": "/ws/a", "auth": "none"}, {"path": "/ws/b", "auth": "none"}])
    with sidecar.connect() as a, sidecar.connect() as b:
        assert a.exchange(request("GET", "/ws/a", None, HANDSHAKE)).status == 101
        assert b.exchange(request("GET", "/ws/b", None, HANDSHAKE)).status == 101
        sidecar.reload({"routes": [{"path": "/ws/a", "auth": "deny"}, {"path": "/ws/b", "auth": "optional"}]})
        assert a.exactly(4) == b"\x88\x02\x03\xf0"
        b.send(b"ping")
        assert b.exactly(4) == b"ping"


def test_a_download_of_a_route_that_has_become_stricter_runs_to_its_end(start, upstream):
    go = threading.Event()

    def slow(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        go.wait(60)
        exchange.connection.send(b"k")
    upstream.handler = slow
    sidecar = start([{"path": "/file", "auth": "none"}])
    with sidecar.connect() as client:
        client.send(request("GET", "/file"))
        assert client.head().status == 200
        sidecar.reload({"routes": [{"path": "/file", "auth": "deny"}]})
        go.set()
        assert client.exactly(2) == b"ok"
