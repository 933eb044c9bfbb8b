"""What every proxy that asks the sidecar must do, whichever it is. One subclass in each test_<proxy>.py."""
import contextlib
import itertools
import json
import re
import socket

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, chunked, request
from harness.load import Load, UpstreamProcess
from harness.wait import SANITIZER
from rig import ADMIN_TOKEN
from test_upgrade import HANDSHAKE, switch_and_echo

SPELLINGS = ["X%sGate%sAccount%sId" % separators for separators in itertools.product("-_.", repeat=3)]
FAMILY = ["X-Gate-Verification", "X-Gate-Assertion", "X_Gate_Verification", "x.gate.assertion"]
REROUTING = ["X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]


def folded(name):
    return re.sub(r"[-_. ]", "-", name.lower())


def identities(head):
    """Every field of the X-Gate family that the API received, in any spelling."""
    return [(name, value) for name, value in head.fields if folded(name).startswith("x-gate-")]


def forged(spellings):
    return [(name, "gacct_forged%d" % number) for number, name in enumerate(spellings)]


@contextlib.contextmanager
def reserved(port):
    """Nobody else answers at the port meanwhile: it has an owner who does not listen."""
    with socket.socket() as owner:
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        owner.bind(("127.0.0.1", port))
        yield


class Contract:
    proxy = None

    @pytest.fixture
    def front(self, protect):
        return protect(self.proxy)

    # ---- what passes -----------------------------------------------------------------------------------------------
    def test_a_good_token_passes_with_the_identity_and_without_the_token(self, front, upstream):
        assert front.ask("/orders/7?a=%2F&b", TOKEN).status == 200
        assert identities(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)] or \
            identities(upstream.last) == [("x-gate-account-id", ACCOUNT)]
        assert upstream.last.all("Authorization") == []
        assert (upstream.last.method, upstream.last.target) == ("GET", "/orders/7?a=%2F&b")

    def test_a_head_request_passes(self, front, upstream):
        assert front.ask("/orders", TOKEN, method="HEAD").status == 200
        assert upstream.last.method == "HEAD"

    def test_a_body_passes_whole(self, front, upstream):
        body = bytes(range(256)) * 400
        assert front.ask("/upload", TOKEN, "POST", body=body).status == 200
        assert (upstream.last.method, upstream.last.body) == ("POST", body)
        with front.connect() as client:
            data = request("POST", "/upload", TOKEN, [("Transfer-Encoding", "chunked")], chunked(b"ab" * 4000, b"c"))
            assert client.exchange(data).status == 200
        assert upstream.last.body == b"ab" * 4000 + b"c"

    def test_other_credentials_pass_on_optional_and_open_routes(self, front, upstream):
        for target in ("/either/x", "/open/x"):
            assert front.ask(target, fields=[("Authorization", "Basic dTpw")]).status == 200
            assert upstream.last.all("Authorization") == ["Basic dTpw"] and identities(upstream.last) == []

    def test_an_optional_route_passes_with_and_without_a_token(self, front, upstream):
        assert front.ask("/either/x").status == 200
        assert identities(upstream.last) == []
        assert front.ask("/either/x", TOKEN).status == 200
        assert [value for _, value in identities(upstream.last)] == [ACCOUNT]
        assert front.ask("/either/x", "agt_unknown").status == 401

    def test_an_open_route_needs_no_token_and_passes_none_on(self, front, upstream):
        assert front.ask("/open/x", TOKEN).status == 200
        assert upstream.last.all("Authorization") == [] and identities(upstream.last) == []

    def test_in_shadow_what_would_be_refused_passes_with_its_credentials(self, front, upstream):
        for value in (None, "Bearer agt_unknown", "Bearer agt_a!b", "Basic dTpw"):
            fields = [("Authorization", value)] if value else []
            assert front.ask("/trial/x", fields=[*fields, ("X-Gate-Account-Id", "gacct_forged")]).status == 200
            assert upstream.last.all("Authorization") == [v for _, v in fields] and identities(upstream.last) == []
        assert front.ask("/trial/x", TOKEN).status == 200
        assert upstream.last.all("Authorization") == [] and [value for _, value in identities(upstream.last)] == [ACCOUNT]

    # ---- what is refused -------------------------------------------------------------------------------------------
    def refused(self, front, status, code, *what, **how):
        """Asks, and checks the refusal; nothing reaches the API."""
        before = len(front.api.requests)
        answer = front.ask(*what, **how)
        assert (answer.status, answer.error["code"]) == (status, code)
        assert answer.one("Content-Type") == "application/json" and answer.one("X-Request-Id")
        assert len(front.api.requests) == before
        return answer

    def test_without_a_token(self, front):
        answer = self.refused(front, 401, "token_missing", "/orders")
        assert answer.one("WWW-Authenticate").startswith("Bearer ")

    def test_with_a_bad_token(self, front):
        for token, code in (("agt_unknown", "token_invalid"), ("agt_a!b", "token_malformed")):
            answer = self.refused(front, 401, code, "/orders", token)
            assert answer.one("WWW-Authenticate").startswith("Bearer ")

    def test_with_a_revoked_token(self, front):
        assert front.ask("/orders", TOKEN).status == 200
        with Connection.to(front.sidecar.ports["admin"]) as admin:
            body = json.dumps({"agent_token": TOKEN}).encode()
            assert admin.exchange(request("POST", "/revoke", ADMIN_TOKEN, body=body, host="localhost")).status == 200
        self.refused(front, 401, "token_revoked", "/orders", TOKEN)

    def test_on_a_denied_route(self, front):
        for target in ("/denied/x", "/DENIED/x", "/%64enied/x", "/open/../denied/x", "/open/%2e%2e/denied/x", "//denied/x",
                       "/denied;a/x", "/denied/x?to=/open/x"):
            assert front.ask(target, TOKEN).status in (400, 403), target
        self.refused(front, 403, "path_denied", "/denied/x", TOKEN)
        assert front.api.requests == []

    def test_by_the_host(self, front):
        for host in ("closed.test", "CLOSED.test", "closed.test:8081"):
            self.refused(front, 403, "path_denied", "/orders", TOKEN, host=host)
            self.refused(front, 403, "path_denied", "/orders", TOKEN, host=host, fields=[("X-Forwarded-Host", "api.test")])

    def test_by_the_host_of_an_absolute_target(self, front, upstream):
        """The host that is judged is the host that the API would get."""
        assert front.ask("http://closed.test/orders", TOKEN).status in (400, 403)
        assert front.ask("http://api.test/denied/x", TOKEN).status in (400, 403)
        assert upstream.requests == []
        if front.ask("http://api.test/orders", TOKEN, host="closed.test").status == 200:
            assert upstream.last.all("Host") == ["api.test"]

    def test_by_the_method(self, front):
        assert front.ask("/read/x", TOKEN).status == 200
        for method in ("POST", "PUT", "DELETE"):
            self.refused(front, 403, "path_denied", "/read/x", TOKEN, method, body=b"abc")

    def test_with_two_authorization_fields(self, front, upstream):
        with front.connect() as client:
            fields = [("Authorization", "Bearer " + TOKEN), ("Authorization", "Bearer agt_unknown"), ("Connection", "close")]
            assert client.exchange(request("GET", "/either/x", fields=fields)).status == 400
        assert upstream.requests == []

    def test_with_a_body_without_harm_to_what_follows(self, front, upstream):
        body = b"GET /denied/x HTTP/1.1\r\nHost: api.test\r\n\r\n" * 2000
        for fields, sent in (((), body), ([("Transfer-Encoding", "chunked")], chunked(body[:5000], body[5000:]))):
            assert front.ask("/orders", None, "POST", fields, sent).status == 401
            for number in range(5):
                assert front.ask("/orders/%d" % number, TOKEN).status == 200
        assert [head.method for head in upstream.requests] == ["GET"] * 10

    def test_while_gate_is_away(self, front, gate):
        gate.fault(status=503)
        answer = self.refused(front, 503, "gate_failing", "/orders", "agt_newcomer")
        assert int(answer.one("Retry-After")) >= 1
        gate.heal()

    def test_while_the_sidecar_is_away(self, front, upstream):
        front.sidecar.terminate()
        front.sidecar.wait()
        with reserved(front.sidecar.ports["answer"]):
            for target in ("/orders", "/open/x", "/either/x"):
                answer = front.ask(target, TOKEN)
                assert answer.status == self.proxy.without_sidecar
            assert answer.status == 502 or answer.one("Retry-After") and answer.error["code"] == "gate_sidecar_unreachable"
        assert upstream.requests == []

    def test_after_too_many_bad_tokens(self, protect):
        """The sidecar counts by the address that the proxy names."""
        front = protect(self.proxy, {"limits": {"failed_tokens": 3}})
        statuses = [front.ask("/orders", "agt_bad%d" % number).status for number in range(6)]
        assert statuses[0] == 401 and statuses[-1] == 429
        answer = self.refused(front, 429, "token_throttled", "/orders", "agt_another")
        assert int(answer.one("Retry-After")) >= 1

    # ---- what a client cannot set (rules 1, 2 and 7) ---------------------------------------------------------------
    @pytest.mark.parametrize("target, token, accounts", [
        ("/orders", TOKEN, [ACCOUNT]), ("/either/x", TOKEN, [ACCOUNT]), ("/either/x", None, []), ("/open/x", None, []),
        ("/open/x", TOKEN, [])])
    def test_a_forged_identity_never_arrives(self, front, upstream, target, token, accounts):
        fields = [*forged(SPELLINGS), *forged(FAMILY), *forged(["X-Gate-Account-Id", "x-gate-account-id"])]
        assert front.ask(target, token, fields=fields).status == 200
        assert [value for _, value in identities(upstream.last)] == accounts
        for field in fields:
            assert front.ask(target, token, fields=[field]).status == 200
            assert [value for _, value in identities(upstream.last)] == accounts, field

    def test_a_forged_identity_never_arrives_with_an_upgrade(self, front, upstream):
        upstream.handler = switch_and_echo
        with front.connect() as client:
            assert client.exchange(request("GET", "/ws", TOKEN, [*HANDSHAKE, *forged(SPELLINGS)])).status == 101
        assert [value for _, value in identities(upstream.last)] == [ACCOUNT]

    def test_connection_does_not_remove_the_identity(self, front, upstream):
        """Rule 3."""
        with front.connect() as client:
            fields = [("Connection", "close, X-Gate-Account-Id, Authorization")]
            client.exchange(request("GET", "/orders", TOKEN, fields))
        assert [[value for _, value in identities(head)] for head in upstream.requests] in ([], [[ACCOUNT]])

    @pytest.mark.parametrize("name", REROUTING)
    def test_no_field_asks_the_api_for_another_path_or_method(self, front, upstream, name):
        value = "DELETE" if "Method" in name else "/denied/x"
        assert front.ask("/orders", TOKEN, fields=[(name, value)]).status == 200
        assert upstream.last.all(name) == []

    def test_the_question_is_not_the_clients_to_write(self, front, upstream):
        """CVE-2026-40575: fields that name the original request are the proxy's own."""
        told = [("X-Original-Method", "GET"), ("X-Original-URI", "/open/x"), ("X-Original-URL", "http://api.test/open/x"),
                ("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/open/x"), ("X-Forwarded-Host", "open.test")]
        for fields in ([], *[[field] for field in told], told):
            assert front.ask("/orders", fields=fields).status == 401, fields
            assert front.ask("/denied/x", TOKEN, fields=fields).status == 403, fields
        assert upstream.requests == []

    @pytest.mark.parametrize("path", ["/a//b", "/a/./b", "/a/../b", "/a%2Fb", "/a/%2e%2e/b", "/a;x=1/b", "/%41", "/a%20b", "/a/%2E/"])
    def test_the_api_gets_the_path_that_was_judged(self, front, upstream, path):
        """Rule 8: a proxy that changes the path changes it before it asks."""
        answer = front.ask(path + "?q=%2F..%2F", TOKEN)
        assert answer.status == 200
        arrived, _, query = upstream.last.target.partition("?")
        assert query == "q=%2F..%2F"
        front.sidecar.wait_for_log(lambda e: e.get("gate.mode") == "answer" and e.get("url.path") == arrived, "a question about " + arrived)

    def test_a_cors_preflight_passes_where_the_configuration_says_so(self, protect, upstream):
        front = protect(self.proxy, {"auth": {"preflight": True}})
        asks = [("Origin", "https://app.test"), ("Access-Control-Request-Method", "PUT")]
        assert front.ask("/orders", method="OPTIONS", fields=asks).status == 200
        assert (upstream.last.method, upstream.last.one("Origin")) == ("OPTIONS", "https://app.test")
        assert front.ask("/orders", method="OPTIONS", fields=asks[:1]).status == 401
        assert front.ask("/denied/x", method="OPTIONS", fields=asks).status == 403

    # ---- discovery ---------------------------------------------------------------------------------------------------
    def test_an_agent_without_a_token_reads_how_to_sign_up(self, protect, upstream):
        front = protect(self.proxy, {"discovery": {"public_url": "https://api.example.com", "service_id": "yourproduct"}})
        assert "resource_metadata=" in self.refused(front, 401, "token_missing", "/orders").one("WWW-Authenticate")
        assert front.ask("/.well-known/oauth-protected-resource").json()["resource"] == "https://api.example.com"
        for target in ("/auth.md", "/errors/token_missing"):
            assert front.ask(target).status == 200 and front.ask(target).body
        assert upstream.requests == []

    def test_without_discovery_its_paths_belong_to_the_api(self, front, upstream):
        for target in ("/auth.md", "/errors/token_missing", "/.well-known/oauth-protected-resource"):
            self.refused(front, 401, "token_missing", target)
            assert front.ask(target, TOKEN).status == 200 and upstream.last.target == target

    # ---- streams and many requests ---------------------------------------------------------------------------------
    def test_a_websocket_passes_with_a_token_only(self, front, upstream):
        upstream.handler = switch_and_echo
        with front.connect() as client:
            assert client.exchange(request("GET", "/ws?room=1", fields=HANDSHAKE)).status == 401
        assert upstream.requests == []
        with front.connect() as client:
            assert client.exchange(request("GET", "/ws?room=1", TOKEN, HANDSHAKE)).status == 101
            client.send(b"hello")
            assert client.exactly(5) == b"hello"
        assert upstream.last.target == "/ws?room=1" and upstream.last.all("Authorization") == []

    def test_many_requests_over_kept_connections(self, protect, started):
        api = started.add(UpstreamProcess())
        front = protect(self.proxy, upstream=api)
        total = 1000 if SANITIZER else 10_000
        statuses = Load(front.port, [TOKEN], total, 20).run(within=300)
        api.stop()
        assert statuses == {"200": total} and api.without_identity == []
