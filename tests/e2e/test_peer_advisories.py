"""How peers were broken by paths and by forward-auth: one test for each advisory, named after it.

The tables of routes have unit tests of the same names (tests/unit/auth/path_cve_test.cpp). Here the real program stands in
front of a real upstream, and what counts is what arrives there. Each test names the code that protects.
"""
import re

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, request
from harness.server import vouch_for

OPEN = {"path": "/**", "auth": "none"}
PUBLIC = {"path": "/public/**", "auth": "none"}


@pytest.fixture
def routed(start_sidecar):
    """routed(route...) -> a sidecar with these routes."""
    def start(*routes, **config):
        return start_sidecar({"workers": 1, "routes": list(routes), **config})
    return start


def check_refused(sidecar, upstream, targets, statuses, token=None, **how):
    """Each of these targets is refused with one of the statuses, and none reaches the upstream. One connection for all."""
    with sidecar.connect() as client:
        for target in targets:
            answer = client.exchange(request("GET", target, token, **how))
            assert answer.status in statuses, "%s: %r" % (target, answer)
            if "close" in (answer.one("Connection") or ""):
                client.close()
                client.sock, client.buffer = sidecar.connect().sock, b""
    assert upstream.requests == []


def identities(head):
    return [(name, value) for name, value in head.fields if re.match(r"x[-_.]gate[-_.]", name.lower())]


# ---- paths ---------------------------------------------------------------------------------------------------------
def test_oauth2_proxy_ghsa_7rh7_c77v_6434_a_skip_rule_does_not_match_the_query(routed, upstream):
    """http::read_target ends the path at the question mark."""
    sidecar = routed(PUBLIC, {"path": ["/health", "/*/ping"], "auth": "none"})
    assert sidecar.ask("/public/x?y=/secret").status == 200
    assert upstream.last.target == "/public/x?y=/secret"
    before = len(upstream.requests)
    for target in ("/secret?/public/x", "/secret?x=/health", "/secret?/../public/x", "/secret?/ping", "/secret/?/public/", "/?/health"):
        assert sidecar.ask(target).status == 401, target
    assert len(upstream.requests) == before


@pytest.mark.parametrize("name", ["X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Path",
                                  "X-Auth-Request-Redirect", "X_Original_URL", "X-Replaced-Path"])
def test_oauth2_proxy_cve_2026_40575_a_field_of_the_client_does_not_name_the_path(routed, upstream, name):
    """rule_on reads the path of the target alone, also behind a trusted proxy; read_overrides adds what would reach the API."""
    sidecar = routed(PUBLIC, {"path": "/admin/**", "auth": "deny"},
                     forwarded={"trusted_proxies": ["127.0.0.0/8"], "pass": ["X-Original-URL", "X-Original-URI", "X-Rewrite-URL"]})
    for value in ("/public/x", "http://api.test/public/x"):
        assert sidecar.ask("/secret", fields=[(name, value)]).status == 401
        assert sidecar.ask("/admin/x", TOKEN, fields=[(name, value)]).status == 403
    assert upstream.requests == []
    for value in ("/admin/x", "/public/../admin/x", "http://api.test/admin/x"):
        answer = sidecar.ask("/public/x", fields=[(name, value)])
        if answer.status == 200:
            passed = [n for n, v in upstream.last.fields if n.lower() in ("x-original-url", "x-original-uri", "x-rewrite-url")]
            assert passed == [], "the API would serve %s" % value
        else:
            assert answer.status == 403
    if name in ("X-Original-URL", "X-Original-URI", "X-Rewrite-URL"):
        assert upstream.requests == []


def test_oathkeeper_ghsa_p224_6x5r_fjpm_public_and_back_up_is_not_public(routed, upstream):
    """route_table::decide: no looser route for an ambiguous path, and readings without dot segments."""
    sidecar = routed(PUBLIC, {"path": "/admin/**", "auth": "required"}, auth={"mode": "optional"})
    check_refused(sidecar, upstream, [
        "/public/../admin", "/public/../admin/secrets", "/public/%2e%2e/admin", "/public/.%2E/admin", "/public/x/../../admin",
        "/public/..;/admin", "/public/..%2fadmin", "/public/..%5cadmin", "/public/..\\admin"], {400, 401})
    check_refused(sidecar, upstream, ["/public/../admin/secrets"], {401}, "agt_unknown")


def test_envoy_cve_2019_9901_a_path_that_is_not_normal_meets_the_rule_on_the_normal_one(routed, upstream):
    """http::path_readings: dot segments removed, slashes merged."""
    sidecar = routed({"path": "/admin/**", "auth": "deny"}, OPEN)
    check_refused(sidecar, upstream, [
        "/something/../admin", "/./admin", "//admin", "/something//..//admin", "/something/..//admin/x", "///admin/x",
        "/a/b/../../admin/x", "/admin/../admin/x"], {400, 403}, TOKEN)


def test_envoy_cve_2021_29492_escaped_slashes_do_not_hide_a_segment(routed, upstream):
    """http::path_readings: decoded with and without the slashes, up to three times."""
    sidecar = routed({"path": "/admin/**", "auth": "deny"}, OPEN)
    check_refused(sidecar, upstream, [
        "/something%2F..%2Fadmin", "/something%2f..%2fadmin", "/something%5c..%5cadmin", "/something/..%2Fadmin", "/admin%2Fx",
        "/%2Fadmin", "/something%252F..%252Fadmin", "/something%25252F..%25252Fadmin"], {400, 403}, TOKEN)


@pytest.mark.parametrize("escape", ["%2f", "%5c", "%00", "%3b", "%3f", "%23"])
def test_traefik_cve_2025_66490_encoded_characters_do_not_pass_a_matcher(routed, upstream, escape):
    """http::path_readings: cut at an encoded NUL, question mark or number sign, and at parameters."""
    sidecar = routed({"path": "/admin/**", "auth": "deny"}, OPEN)
    check_refused(sidecar, upstream, [
        "/admin" + escape, "/admin" + escape + "x", "/admin" + escape.upper() + "x/y", "/x/" + escape + "/../../admin",
        "/admin" + escape.replace("%", "%25") + "x"], {400, 403}, TOKEN)


def test_traefik_cve_2026_40912_dot_segments_at_the_beginning_do_not_pass_a_matcher(routed, upstream):
    """http::path_readings and, for what is looser than auth.mode, http::find_ambiguous_piece."""
    sidecar = routed({"path": "/admin/**", "auth": "required"}, OPEN, auth={"mode": "optional"})
    check_refused(sidecar, upstream, ["/./admin", "/././admin/x", "/%2e/admin", "/.//admin", "/x/.././admin", "/.%2fadmin"], {400, 401})


def test_caddy_cve_2026_27587_an_escape_does_not_change_how_case_is_compared(routed, upstream):
    """http::path_readings: lower case after every other step."""
    sidecar = routed({"path": ["/admin/**", "/caf%C3%A9/**"], "auth": "deny"}, OPEN)
    check_refused(sidecar, upstream, [
        "/ADMIN", "/Admin/x", "/%41dmin", "/%41DMIN", "/%61DMIN", "/Admin%2F", "/ADMIN/%61", "/ADM%49N/x%20y", "/CAF%C3%A9",
        "/caf%c3%a9/x", "/Caf%C3%89/x"], {400, 403}, TOKEN)


def test_apisix_cve_2021_43557_the_policy_holds_for_the_path_that_the_api_routes_by(routed, upstream):
    """http::path_readings; and the bytes that were judged are the bytes that are forwarded (http::rewrite_upstream)."""
    sidecar = routed({"path": "/internal/**", "auth": "deny"}, {"path": "/public-service/**", "auth": "none"})
    check_refused(sidecar, upstream, [
        "/public-service/../internal/x", "/public-service/..%2Finternal/x", "/public-service/%2e%2e/internal",
        "/public-service/..;a=b/internal/x"], {400, 403}, TOKEN)
    for target in ("/public-service//a", "/public-service/./a", "/public-service/a%2Fb?c=%2e%2e", "/public-service/%41"):
        assert sidecar.ask(target, TOKEN).status == 200
        assert upstream.last.target == target


# ---- identity ------------------------------------------------------------------------------------------------------
KINDS = [{"path": "/none/**", "auth": "none"}, {"path": "/optional/**", "auth": "optional"}, {"path": "/required/**", "auth": "required"},
         {"path": "/shadow/**", "auth": "required", "shadow": True}]


def test_traefik_cve_2026_39858_twins_of_identity_fields_do_not_arrive(routed, upstream):
    """identity_names::match folds hyphen, underscore and dot; http::rewrite_upstream drops what matched, on every route."""
    sidecar = routed(*KINDS)
    twins = [("X_Gate_Account_Id", "gacct_forged"), ("x_gate-account_id", "gacct_forged"), ("X.Gate.Account.Id", "gacct_forged"),
             ("X_Gate_Verification", "fresh"), ("x_gate_assertion", "forged")]
    for path, token, accounts in (("/none/x", None, []), ("/none/x", TOKEN, []), ("/optional/x", None, []), ("/optional/x", TOKEN, [ACCOUNT]),
                                  ("/required/x", TOKEN, [ACCOUNT]), ("/shadow/x", None, []), ("/other", TOKEN, [ACCOUNT])):
        assert sidecar.ask(path, token, fields=twins).status == 200
        assert [value for _, value in identities(upstream.last)] == accounts, path


def test_caddy_cve_2026_30851_a_field_of_the_client_is_not_kept_where_there_is_no_identity(routed, upstream):
    """http::rewrite_upstream drops identity fields whether or not one of our own follows."""
    sidecar = routed(*KINDS)
    forged = [("X-Gate-Account-Id", "gacct_forged"), ("X-Gate-Verification", "stale; age=1"), ("X-Gate-Assertion", "forged")]
    for path in ("/none/x", "/optional/x", "/shadow/x"):
        assert sidecar.ask(path, fields=forged).status == 200
        assert identities(upstream.last) == [], path
    assert sidecar.ask("/optional/x", fields=[*forged, ("Authorization", "Basic dTpw")]).status == 200
    assert identities(upstream.last) == []


def test_apisix_cve_2026_31908_identity_fields_do_not_pass_where_gates_answer_omits_them(start_sidecar, start_server, upstream):
    """verify::parse_answer: without a usable account the answer is no answer (rule 6), so that nothing can be left standing."""
    gate = start_server(vouch_for(None))
    sidecar = start_sidecar({"workers": 1, "routes": KINDS}, gate=gate)
    forged = [("X-Gate-Account-Id", "gacct_forged"), ("X_Gate_Account_Id", "gacct_forged")]
    for path in ("/optional/x", "/required/x", "/other"):
        answer = sidecar.ask(path, TOKEN, fields=forged)
        assert answer.status == 503 and answer.one("Retry-After"), path
    assert upstream.requests == []
    assert sidecar.ask("/none/x", TOKEN, fields=forged).status == 200
    assert identities(upstream.last) == []


# ---- answering other proxies ---------------------------------------------------------------------------------------
@pytest.fixture
def ask_about(start_sidecar):
    """ask_about(original) -> ask(target, fields, token, method): a question to a sidecar that answers and has KINDS."""
    def start(original):
        sidecar = start_sidecar({"workers": 1, "answer": {"address": "127.0.0.1:0", "original": original},
                                 "routes": [*KINDS, {"path": "/admin/**", "auth": "deny"}]})

        def ask(target="/auth", fields=(), token=None, method="GET"):
            with Connection.to(sidecar.ports["answer"]) as client:
                return client.exchange(request(method, target, token, fields))
        return ask
    return start


PLACES = {
    "path": lambda path: ("/auth" + path, []),
    "x-forwarded": lambda path: ("/auth", [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", path), ("X-Forwarded-Host", "api.test")]),
    "x-original": lambda path: ("/auth", [("X-Original-Method", "GET"), ("X-Original-URI", path), ("X-Forwarded-Host", "api.test")])}


@pytest.mark.parametrize("original", PLACES)
def test_oauth2_proxy_cve_2026_40575_the_original_path_has_one_source(ask_about, original):
    """answer::read_original reads the one configured place, and refuses what stands there twice."""
    ask = ask_about(original)
    open_elsewhere = {place: make("/none/x")[1] for place, make in PLACES.items() if place != original}
    target, fields = PLACES[original]("/required/x")
    assert ask(target, fields, TOKEN).status == 200 and ask(*PLACES[original]("/none/x")).status == 200
    for place, foreign in open_elsewhere.items():
        assert ask(target, [*fields, *foreign]).status in (400, 401), place
        denied, own = PLACES[original]("/admin/x")
        assert ask(denied, [*own, *foreign], TOKEN).status in (400, 403), place
        if original != "path":
            assert ask("/auth", foreign, TOKEN).status == 400, "no fallback to " + place
    for name, value in fields:
        assert ask(target, [*fields, (name, value)], TOKEN).status == 400, "doubled " + name
        assert ask(target, [(name, "/none/x"), *fields] if "Uri" in name or "URI" in name else [*fields, (name, value)]).status == 400


@pytest.mark.parametrize("path, fields", [
    ("/none/x", []), ("/optional/x", []), ("/shadow/x", []), ("/optional/x", [("Authorization", "Basic dTpw")])])
def test_caddy_cve_2026_30851_apisix_cve_2026_31908_an_answer_without_identity(ask_about, path, fields):
    """answer::append_removed_fields names all of our fields where the answer sets none."""
    answer = ask_about("path")("/auth" + path, fields)
    assert answer.status == 200 and identities(answer) == []
    removed = answer.one("x-envoy-auth-headers-to-remove").lower().replace(" ", "").split(",")
    assert {"x-gate-account-id", "x-gate-verification", "x-gate-assertion"} <= set(removed) and "authorization" not in removed


@pytest.mark.parametrize("path, token", [("/none/x", TOKEN), ("/optional/x", None), ("/optional/x", TOKEN), ("/required/x", TOKEN)])
def test_traefik_cve_2026_39858_an_answer_names_the_twins_that_it_has_seen(ask_about, path, token):
    """answer::append_removed_fields folds as identity_names::match does."""
    twins = ["X_Gate_Account_Id", "x_gate-account_id", "X.Gate.Account.Id", "X_Gate_Verification", "x_gate_assertion", "X-Gate-Anything"]
    answer = ask_about("path")("/auth" + path, [(name, "forged") for name in twins], token)
    assert answer.status == 200
    removed = answer.one("x-envoy-auth-headers-to-remove").lower().replace(" ", "").split(",")
    assert {name.lower() for name in twins} <= set(removed)
    assert "x-gate-account-id" not in removed or identities(answer) == []


@pytest.mark.parametrize("original", PLACES)
def test_ingress_nginx_cve_2026_24513_an_error_page_never_says_200(ask_about, original, gate):
    """answer::exchange::conclude makes decision_changed of what would pass at /refuse."""
    ask = ask_about(original)
    for path in ("/none/x", "/optional/x", "/required/x", "/shadow/x", "/admin/x", "/other"):
        for token in (None, TOKEN, "agt_unknown", "agt_a!b"):
            target, fields = PLACES[original](path)
            asked = ask(target, fields, token)
            page = ask(target.replace("/auth", "/refuse", 1), fields, token)
            assert page.status == (503 if asked.status == 200 else asked.status), (path, token)
            assert page.error["code"] == ("decision_changed" if asked.status == 200 else asked.error["code"])
            assert page.one("Retry-After") or asked.status != 200
    assert ask("/refuse").status != 200 and ask("/refuse/none/x").status != 200
