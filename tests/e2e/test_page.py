"""The page of the admin listener, without a browser: who may see what (rule 18), and that looking costs nobody anything.
tests/page has the browser."""
import json
import re

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN, operate
from harness.http import Connection, request
from harness.reload import Reloadable
from harness.server import raw
from harness.wait import SANITIZER, eventually

OPEN = ("/", "/page/page.css", "/page/main.js", "/page/state", "/page/history")
UNKNOWN = "agt_nobody_knows_this_one"


def ask(sidecar, target, host="localhost", listener="admin", method="GET", fields=(), token=None, body=b""):
    with Connection.to(sidecar.ports[listener]) as connection:
        data = request(method, target, token, [*fields, ("Connection", "close")], body, host=host)
        return connection.exchange(data, to_head=method == "HEAD")


def refusals(sidecar):
    answer = operate(sidecar, "GET", "/page/refusals")
    assert answer.status == 200
    return answer.json()["refusals"]


def refused(sidecar, count):
    """By reason: a request is noted at its end, which is after its response, so that two of them may change places."""
    return eventually(lambda: len(now := refusals(sidecar)) == count and sorted(now, key=lambda each: each["reason"]), "the refusals")


@pytest.fixture
def watched(start_sidecar):
    return start_sidecar(env=WITH_TOKEN)


# ---- what it is made of --------------------------------------------------------------------------------------------
def test_the_page_and_all_that_it_names_are_there(watched):
    page = ask(watched, "/")
    assert page.status == 200 and page.one("Content-Type") == "text/html; charset=utf-8"
    types = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
    found = set(re.findall(r'(?:src|href)="(/page/[^"]+)"', page.body.decode()))
    seen = set()
    while found - seen:
        name = (found - seen).pop()
        seen.add(name)
        file = ask(watched, name)
        assert file.status == 200 and file.one("Content-Type") == types[name.rpartition(".")[2]], name
        found |= {"/page/" + each for each in re.findall(r'from "?\'?\./([\w.]+)', file.body.decode())}
    assert len(seen) > 5 and "/page/charts.js" in seen


@pytest.mark.parametrize("target", OPEN)
def test_a_browser_is_told_to_run_nothing_else_and_to_keep_nothing(watched, target):
    answer = ask(watched, target)
    policy = dict(each.strip().split(" ", 1) for each in answer.one("Content-Security-Policy").split(";"))
    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'" and policy["trusted-types"] == "'none'"
    assert answer.one("X-Frame-Options") == "DENY" and answer.one("X-Content-Type-Options") == "nosniff"
    assert answer.one("Cache-Control") == "no-store" and answer.one("Referrer-Policy") == "no-referrer"
    assert answer.one("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.one("Set-Cookie") is None


def test_nothing_in_the_page_needs_more_than_the_policy_allows(watched):
    text = ask(watched, "/").body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! type=\"module\" src=\"/page/)", text)
    assert not re.search(r'(?:src|href|action)="(?![/#])', text)


def test_the_page_is_not_on_other_listeners(watched, upstream):
    for target in OPEN[1:]:
        assert ask(watched, target, listener="status").status == 404
    assert ask(watched, "/", listener="status").status == 404
    assert watched.ask("/page/state").status == 401
    assert upstream.requests == []


@pytest.mark.parametrize("target", ("/", "/page/state"))
def test_only_reading_is_served(watched, target):
    assert ask(watched, target, method="HEAD").status == 200
    assert ask(watched, target, method="POST").status == 405


# ---- who may see what (rule 18) ------------------------------------------------------------------------------------
def test_without_the_token_there_is_no_account_no_fingerprint_and_no_configuration(watched, gate):
    """Rule 18."""
    assert watched.ask("/allowed/path", TOKEN).status == 200
    assert watched.ask("/refused/path", UNKNOWN, fields=[("X-Request-Id", "id-of-the-request")]).status == 401
    assert operate(watched, "POST", "/block", {"account": ACCOUNT}).status == 200
    prints = [watched.access_line(path)["gate.token_fingerprint"] for path in ("/allowed/path", "/refused/path")]
    hidden = [ACCOUNT, TOKEN, UNKNOWN, *prints, "id-of-the-request", "/allowed", "/refused", "127.0.0.1", gate.url, ADMIN_TOKEN,
              str(watched.path), "upstream.url", "log.level", "not.an.option"]
    watched.path.write_text(watched.path.read_text() + "\nnot.an.option: 1\n")
    assert operate(watched, "POST", "/reload").status != 200 and "not.an.option" in watched.operate("/readyz").body.decode()

    def has_both():
        counts = {each["reason"]: each["count"] for each in ask(watched, "/page/state").json()["reasons"]}
        return counts.get("token_verified") == counts.get("token_invalid") == 1
    eventually(has_both, "both reasons in the state")
    assert ask(watched, "/page/state").json()["detail"]
    for target in OPEN:
        for token in (None, "wrong-" + ADMIN_TOKEN):
            text = ask(watched, target, token=token).body.decode()
            assert [each for each in hidden if each in text] == [], target


@pytest.mark.parametrize("target", ["/metrics", "/page/refusals", "/nowhere", "/config"])
def test_no_reply_of_an_operator_is_for_other_sites(watched, target):
    for token in (None, ADMIN_TOKEN):
        answer = ask(watched, target, token=token)
        assert (answer.one("X-Content-Type-Options"), answer.one("Cross-Origin-Resource-Policy")) == ("nosniff", "same-origin")


def test_what_the_page_tells_without_the_token_is_open_anyway(watched):
    """Rule 18: a name that is not in /metrics does not belong here."""
    state = ask(watched, "/page/state").json()
    text = watched.metrics_text()
    for name, samples in state["metrics"].items():
        assert "# TYPE %s " % name in text
        for sample in samples:
            assert all('%s="%s"' % (key, value) in text for key, value in sample.items() if key != "value")


def test_the_refusals_need_the_token(start_sidecar):
    """Rule 18."""
    closed = start_sidecar()
    assert closed.ask("/").status == 401
    for token in (None, "x", ADMIN_TOKEN):
        refused = ask(closed, "/page/refusals", token=token)
        assert refused.status == 403 and refused.error["code"] == "admin.disabled"
    opened = start_sidecar(env=WITH_TOKEN)
    assert opened.ask("/some/path").status == 401
    for token in (None, ADMIN_TOKEN[:-1], ADMIN_TOKEN + "x", TOKEN):
        refused = ask(opened, "/page/refusals", token=token)
        assert refused.status == 401 and "/some/path" not in refused.body.decode()
    assert [each["path"] for each in refusals(opened)] == ["/some/path"]
    assert ask(closed, "/page/state").json()["has_token"] is False
    assert ask(opened, "/page/state").json()["has_token"] is True


def test_the_page_is_for_its_own_hosts_alone(start_sidecar):
    """Rule 18: DNS rebinding."""
    sidecar = start_sidecar({"admin": {"hosts": ["ops.example"]}}, env=WITH_TOKEN)
    for target in (*OPEN, "/page/refusals"):
        refused = ask(sidecar, target, host="evil.example", token=ADMIN_TOKEN)
        assert refused.status == 421, target
        for host in ("ops.example", "ops.example:9901", "127.0.0.1:9901", "[::1]:9901", "localhost"):
            assert ask(sidecar, target, host=host, token=ADMIN_TOKEN).status == 200


@pytest.mark.parametrize("fields, status", [
    ([], 200), ([("Sec-Fetch-Site", "same-origin")], 200), ([("Sec-Fetch-Site", "none")], 200),
    ([("Origin", "http://localhost")], 200), ([("Origin", "https://LOCALHOST"), ("Sec-Fetch-Site", "same-origin")], 200),
    ([("Sec-Fetch-Site", "cross-site")], 403), ([("Sec-Fetch-Site", "same-site")], 403), ([("Sec-Fetch-Site", "")], 403),
    ([("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], 403),
    ([("Origin", "http://evil.example")], 403), ([("Origin", "null")], 403), ([("Origin", "")], 403),
    ([("Origin", "http://localhost:3000")], 403), ([("Origin", "http://localhost.evil.example")], 403),
    ([("Origin", "http://localhost"), ("Origin", "http://evil.example")], 403),
    ([("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")], 403),
    ([("Origin", "http://localhost"), ("Sec-Fetch-Site", "same-site")], 403)])
def test_pages_from_elsewhere_change_nothing(watched, gate, fields, status):
    """Rule 18: not even with the token, which such a page might have been given."""
    assert watched.ask("/", TOKEN).status == 200
    for method, target, body in (("POST", "/purge", {"all": True}), ("PUT", "/log-level", {"level": "info"}), ("POST", "/reload", None)):
        data = json.dumps(body).encode() if body else b""
        assert ask(watched, target, method=method, fields=fields, token=ADMIN_TOKEN, body=data).status == status, target
    assert ask(watched, "/page/state", fields=fields).status == 200  # a link may lead here; what is read stays with the browser
    assert watched.ask("/", TOKEN).status == 200
    assert gate.calls(TOKEN) == (2 if status == 200 else 1)


def test_admin_page_false_switches_it_off_and_on_again(start_sidecar):
    sidecar = start_sidecar({"admin": {"page": False}}, env=WITH_TOKEN)
    assert sidecar.ask("/while/off").status == 401
    for target in (*OPEN, "/page/refusals"):
        assert ask(sidecar, target, token=ADMIN_TOKEN).status == 404, target
    assert ask(sidecar, "/metrics").status == 200 and operate(sidecar, "GET", "/config").status == 200
    changing = Reloadable(sidecar)
    changing.reload({"admin": {"page": True}})
    assert ask(sidecar, "/").status == 200
    assert sidecar.ask("/while/on").status == 401
    assert [each["path"] for each in eventually(lambda: refusals(sidecar), "the refusal")] == ["/while/on"]
    changing.reload({"admin": {"page": False}})
    assert ask(sidecar, "/").status == 404


# ---- what it shows -------------------------------------------------------------------------------------------------
def test_a_refusal_is_shown_with_all_that_is_known_of_it(watched):
    refused = watched.ask("/orders/17?secret=query", UNKNOWN, method="DELETE", fields=[("X-Request-Id", "abc-123")])
    line = watched.access_line("/orders/17")
    one, = eventually(lambda: refusals(watched), "the refusal")
    assert one == {"time": one["time"], "reason": "token_invalid", "status": 401, "method": "DELETE", "path": "/orders/17", "client": "127.0.0.1",
                   "fingerprint": line["gate.token_fingerprint"], "request_id": "abc-123", "error_id": refused.error["request_id"]}
    texts = operate(watched, "GET", "/page/refusals").json()["reasons"]
    assert texts == {"token_invalid": {"text": "The agent token is not valid.", "acts": "caller"}}


def test_what_is_allowed_and_what_fails_at_the_upstream_is_no_refusal(watched, upstream):
    assert watched.ask("/fine", TOKEN).status == 200
    upstream.handler = raw(b"not HTTP at all\r\n\r\n")
    assert watched.ask("/broken", TOKEN).status == 502
    assert watched.ask("/refused").status == 401
    with watched.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert connection.response().status == 400
    assert [each["reason"] for each in refused(watched, 2)] == ["bad_host", "token_missing"]


def test_routes_blocks_and_shadow_are_told_apart(start_sidecar):
    sidecar = start_sidecar({"routes": [{"path": "/admin/**", "auth": "deny", "name": "admin"}, {"path": "/trial/**", "shadow": True}]}, env=WITH_TOKEN)
    assert sidecar.ask("/admin/users", TOKEN).status == 403
    assert sidecar.ask("/trial/x").status == 200
    assert sidecar.ask("/", TOKEN).status == 200
    assert operate(sidecar, "POST", "/block", {"account": ACCOUNT}).status == 200
    assert sidecar.ask("/", TOKEN).status == 403
    blocked, denied, trial = refused(sidecar, 3)
    assert blocked["reason"] == "account_blocked" and blocked["account"] == ACCOUNT
    assert trial["shadow"] is True and (trial["reason"], trial["status"]) == ("token_missing", 200)
    assert denied["route"] == "admin" and denied["reason"] == "path_denied" and "shadow" not in denied


def test_refused_questions_of_other_proxies_are_shown_too(start_sidecar):
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0", "original": "x-original"}, "log": {"access": False}}, env=WITH_TOKEN)
    asked = [("X-Original-URI", "/orders"), ("X-Original-Method", "PUT"), ("X-Original-Host", "api.example")]
    answer = sidecar.answers([*asked, ("X-Forwarded-For", "203.0.113.9")], UNKNOWN)
    assert answer.status == 401
    one, = eventually(lambda: refusals(sidecar), "the refusal")
    assert (one["reason"], one["method"], one["path"], one["client"]) == ("token_invalid", "PUT", "/orders", "203.0.113.9")


def test_refusals_are_kept_even_where_requests_are_not_logged(start_sidecar):
    sidecar = start_sidecar({"log": {"access": False}}, env=WITH_TOKEN)
    assert sidecar.ask("/quiet").status == 401
    assert [each["path"] for each in eventually(lambda: refusals(sidecar), "the refusal")] == ["/quiet"]


def test_agent_tokens_are_masked_wherever_they_stand(watched):
    """Rule 25."""
    secret = "agt_secretsecretsecret"
    watched.ask("/x/" + secret, secret, fields=[("X-Request-Id", secret)])
    watched.ask("/" + secret.replace("a", "%61"), None)
    text = operate(watched, "GET", "/page/refusals").body.decode()
    assert "secretsecret" not in text and "agt_***" in text


def test_the_charts_count_each_request_once(watched):
    before = ask(watched, "/page/state").json()
    for _ in range(20):
        assert watched.ask("/", TOKEN).status == 200
    assert watched.ask("/").status == 401

    def counted():
        history = ask(watched, "/page/history").json()
        sums = {name: sum(point[at] for point in history["points"]) for at, name in enumerate(history["columns"])}
        return sums if sums.get("succeeded") == 20 and sums.get("client_errors") == 1 else None
    sums = eventually(counted, "all of them in the charts")
    assert (sums["client_errors"], sums["allowed"], sums["denied"], sums["calls"]) == (1, 20, 1, 1)
    assert ask(watched, "/page/state").json()["at"] >= before["at"]


def test_the_points_are_a_second_apart_and_the_state_has_the_newest(watched):
    def points():
        found = ask(watched, "/page/history").json()["points"]
        return found if len(found) >= 3 else None
    found = eventually(points, "three points", within=10)
    times = [each[0] for each in found]
    assert times == sorted(times) and all(each[1] >= 900 for each in found)
    assert ask(watched, "/page/state").json()["points"][-1][0] >= times[-1]


# ---- what strangers can do to it -----------------------------------------------------------------------------------
def test_a_scanner_without_tokens_does_not_hide_whose_token_was_refused(watched):
    assert watched.ask("/hidden", UNKNOWN).status == 401
    with watched.connect() as connection:
        for number in range(300):
            connection.send(request("GET", "/scan/%d" % number))
            assert connection.response().status == 401
    shown = refusals(watched)
    assert len(shown) == 100 and "/hidden" in [each["path"] for each in shown]
    assert shown[0]["path"] == "/scan/299"


def test_memory_is_bounded_whatever_comes(start_sidecar):
    """Rule 24."""
    watched = start_sidecar({"log": {"access": False}}, env=WITH_TOKEN)  # lines on their way out take memory too

    def flood(count):
        long = "x" * 4000
        with watched.connect() as connection:
            for number in range(count):
                connection.send(request("GET", "/%d%s" % (number, long), fields=[("X-Request-Id", "i" * 120)]))
                assert connection.response().status == 401
    flood(500 if SANITIZER else 2500)  # the process has its size by then
    assert len(refusals(watched)) == 100
    before = watched.rss()
    flood(500 if SANITIZER else 2500)
    answer = operate(watched, "GET", "/page/refusals")
    assert len(answer.json()["refusals"]) == 100
    assert len(answer.body) < 100 * 1000
    if not SANITIZER:
        assert watched.rss() - before < 1 << 20
