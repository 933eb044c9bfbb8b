"""Proxies that Debian does not have: the requests that their documentation describes, sent to the real answering listener.

The proxies themselves are not run. A caller makes the question out of a client's request, and treats the answer, as the
documentation of its proxy says; what is left would reach the API.
"""
import itertools
import pathlib
import re

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import Connection, request

SPELLINGS = ["X%sGate%sAccount%sId" % separators for separators in itertools.product("-_.", repeat=3)]
IDENTITY = ["X-Gate-Account-Id", "X-Gate-Verification", "X-Gate-Assertion"]


def without(fields, *names):
    gone = {name.lower() for name in names}
    return [(name, value) for name, value in fields if name.lower() not in gone]


class Traefik:
    """v3 forwardAuth: GET; 2xx passes; the fields of authResponseHeaders are removed, then copied from the answer."""
    original, unavailable, passes = "x-forwarded", 503, range(200, 300)

    def question(self, method, target, fields):
        told = [("X-Forwarded-Method", method), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "api.test"),
                ("X-Forwarded-Uri", target), ("X-Forwarded-For", "203.0.113.7")]
        return "GET", "/auth", [field for field in fields if field[0] in ("Authorization", "Accept")] + told

    def passed(self, fields, answer):
        kept = [(n, v) for n, v in without(fields, "Authorization") if not re.match(r"(?i)X[-_.]Gate[-_.]", n)]
        return kept + [(n, v) for n, v in answer.fields if n.lower().startswith("x-gate-")]


class Apisix(Traefik):
    """forward-auth: below 300 passes. X-Gate-* is removed in the rewrite phase, an agent token after the answer."""
    passes = range(0, 300)

    def passed(self, fields, answer):
        kept = [(n, v) for n, v in fields if not n.lower().replace("_", "-").replace(".", "-").startswith("x-gate-")]
        kept = [(n, v) for n, v in kept if not (n == "Authorization" and "agt_" in v.lower())]
        return kept + [(n, v) for name in IDENTITY for n, v in answer.fields if n.lower() == name.lower()]


class Envoy:
    """ext_authz over HTTP: method and path behind the prefix; 200 alone passes; a status of 500 or more is a failure.

    Nothing is removed early here, so that all depends on x-envoy-auth-headers-to-remove: as with Contour and the Gateway API.
    """
    original, unavailable, passes = "path", 429, range(200, 201)

    def question(self, method, target, fields):
        allowed = [(n, v) for n, v in fields if n == "Authorization" or re.match(r"(?i)x[-_.]gate[-_.]", n)]
        return method, "/auth" + target, [*allowed, ("Content-Length", "0"), ("X-Forwarded-For", "203.0.113.7")]

    def passed(self, fields, answer):
        removed = (answer.one("x-envoy-auth-headers-to-remove") or "").replace(" ", "").split(",")
        set_here = [(n, v) for name in IDENTITY for n, v in answer.fields if n.lower() == name.lower()]
        return without(fields, *removed, *(n for n, _ in set_here)) + set_here


CALLERS = [Traefik, Apisix, Envoy]


class Client:
    """A client of the proxy: ask() -> (status, fields that the API gets or None)."""

    def __init__(self, caller, sidecar):
        self.caller, self.sidecar = caller, sidecar

    def ask(self, target="/orders", token=None, method="GET", fields=()):
        fields = [*([("Authorization", "Bearer " + token)] if token else []), *fields]
        asked_method, asked_target, asked_fields = self.caller.question(method, target, fields)
        with Connection.to(self.sidecar.ports["answer"]) as connection:
            self.answer = connection.exchange(request(asked_method, asked_target, fields=asked_fields), to_head=asked_method == "HEAD")
        if self.answer.status in self.caller.passes:
            return 200, self.caller.passed(fields, self.answer)
        return (403 if self.answer.status >= 500 and self.caller.original == "path" else self.answer.status), None


@pytest.fixture(params=CALLERS, ids=[c.__name__.lower() for c in CALLERS])
def client(request, answering):
    caller = request.param()
    return Client(caller, answering(caller.original, {"answer": {
        "address": "127.0.0.1:0", "original": caller.original, "unavailable": caller.unavailable}}))


def identities(fields):
    return [(n.lower(), v) for n, v in fields if re.match(r"x[-_.]gate[-_.]", n.lower())]


def test_a_good_token_passes_with_the_identity_and_without_the_token(client):
    for method, target in (("GET", "/orders?a=1"), ("POST", "/orders"), ("DELETE", "/a%20b/c"), ("HEAD", "/")):
        status, fields = client.ask(target, TOKEN, method)
        assert status == 200 and identities(fields) == [("x-gate-account-id", ACCOUNT)]
        assert "authorization" not in [n.lower() for n, _ in fields]
        assert client.answer.body == b"" and client.answer.one("Content-Length") == "0"
        assert client.answer.one("Cache-Control") == "no-store"


def test_a_refusal_has_a_status_that_the_proxy_passes_on(client, gate):
    for token, code in ((None, "token_missing"), ("agt_unknown", "token_invalid"), ("agt_a!b", "token_malformed")):
        status, fields = client.ask(token=token)
        assert (status, fields) == (401, None) and client.answer.error["code"] == code
        assert client.answer.one("WWW-Authenticate").startswith("Bearer ") and len(client.answer.body) < 1024
    assert client.ask("/denied/x", TOKEN) == (403, None)
    assert client.ask("/read/x", TOKEN, "POST") == (403, None) and client.ask("/read/x", TOKEN)[0] == 200
    gate.fault(status=503)
    status, _ = client.ask(token="agt_newcomer")
    assert status == client.caller.unavailable and int(client.answer.one("Retry-After")) >= 1
    gate.heal()


@pytest.mark.parametrize("target, token, accounts", [
    ("/orders", TOKEN, [ACCOUNT]), ("/either/x", TOKEN, [ACCOUNT]), ("/either/x", None, []), ("/open/x", None, []), ("/open/x", TOKEN, [])])
def test_a_forged_identity_never_arrives(client, target, token, accounts):
    """APISIX CVE-2026-31908, Caddy CVE-2026-30851 and Traefik CVE-2026-39858, where the answer says what to remove."""
    forged = [(name, "gacct_forged") for name in [*SPELLINGS, "X-Gate-Verification", "x_gate_assertion"]]
    for fields in (forged, *[[field] for field in forged]):
        status, arrived = client.ask(target, token, fields=fields)
        assert status == 200
        assert [value for _, value in identities(arrived)] == accounts, fields


def test_no_spelling_of_a_denied_path_passes(client):
    for target in ("/denied/x", "/DENIED/x", "/%64enied/x", "/open/../denied/x", "/open/%2e%2e/denied/x", "//denied/x", "/denied;a/x",
                   "/denied/x?to=/open/x", "/open/..%2fdenied/x", "/./denied/x"):
        status, fields = client.ask(target, TOKEN)
        assert status in (400, 403) and fields is None, target


def test_other_credentials_stay_where_they_may_pass(client):
    status, fields = client.ask("/either/x", fields=[("Authorization", "Basic dTpw")])
    assert status == 200 and identities(fields) == []
    assert isinstance(client.caller, Traefik) and not isinstance(client.caller, Apisix) or ("Authorization", "Basic dTpw") in fields


def test_two_authorization_fields_that_a_proxy_has_joined_are_refused(client):
    assert client.ask(token=TOKEN + ", Bearer agt_other") == (400, None)


FOLDERS = sorted(path for path in (pathlib.Path(__file__).parents[2] / "config" / "answering").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_each_folder_leads_to_what_an_agent_reads(folder):
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()).replace("\\.", ".")
    for path in ("/.well-known/oauth-protected-resource", "/auth.md", "/errors/"):
        assert path in text
