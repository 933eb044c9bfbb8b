"""Who gets through, and what the API learns about them."""
import base64
import re

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request

SPELLINGS = ["X-Gate-Account-Id", "x_gate_account_id", "x.gate.account.id", "X-GATE-ACCOUNT-ID", "X_Gate-Account.Id",
             "x-gate_account-id"]


def identity_fields(head):
    """Every field that a careless API could take for the identity."""
    return [(n, v) for n, v in head.fields if re.sub(r"[^a-z0-9]", "-", n.lower()) == "x-gate-account-id"]


def test_a_request_without_a_token_is_refused(sidecar, upstream, gate):
    """Rule 14: 401 says how to authenticate; neither the API nor Gate hears of it."""
    answer = sidecar.ask("/")
    assert answer.status == 401
    assert answer.error["code"] == "token_missing"
    assert answer.error["status"] == 401 and answer.error["retryable"] is False
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.error["request_id"])
    assert answer.one("WWW-Authenticate") == 'Bearer realm="gate"'
    assert upstream.requests == [] and gate.calls() == 0


def test_a_token_that_gate_does_not_know_is_refused(sidecar, upstream):
    """Rule 14."""
    answer = sidecar.ask("/", token="agt_unknown")
    assert answer.status == 401
    assert answer.error["code"] == "token_invalid"
    assert 'error="invalid_token"' in answer.one("WWW-Authenticate")
    assert upstream.requests == []


@pytest.mark.parametrize("token", ["agt_", "agt_" + "a" * 509, "agt_a!b", "agt_a\xe9", "agt_a=b", "agt_\"x\"", "agt_a b"])
def test_a_malformed_token_is_refused_without_asking_gate(sidecar, gate, upstream, token):
    """Rule 16: the client cannot cause a verifier error."""
    answer = sidecar.ask("/", token=token)
    assert answer.status == 401
    assert answer.error["code"] == "token_malformed"
    assert gate.calls() == 0 and upstream.requests == []


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer sk_live_other", "Bearer AGT_valid", "Bearer", "agt_valid", ""])
def test_authorization_without_an_agent_token_is_refused(sidecar, upstream, value):
    answer = sidecar.ask("/", fields=[("Authorization", value)])
    assert answer.status == 401
    assert upstream.requests == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_passes_with_its_account_and_without_itself(sidecar, upstream, scheme):
    answer = sidecar.ask("/items?n=1", fields=[("Authorization", "%s %s" % (scheme, TOKEN))])
    assert (answer.status, answer.body) == (200, b"ok")
    assert identity_fields(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)]
    assert upstream.last.all("Authorization") == []
    assert upstream.last.target == "/items?n=1"


def test_a_token_of_the_greatest_length_passes(start_gate, start_sidecar, upstream):
    longest = "agt_" + "aZ0._~+/-" * 56 + "===="
    assert len(longest) == 512
    sidecar = start_sidecar(gate=start_gate(tokens={longest: "gacct_long"}))
    assert sidecar.ask("/", token=longest).status == 200
    assert identity_fields(upstream.last) == [("X-Gate-Account-Id", "gacct_long")]


def test_the_token_stays_in_the_request_where_it_is_configured(start_sidecar, upstream):
    sidecar = start_sidecar({"upstream": {"forward_token": True}})
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert upstream.last.all("Authorization") == ["Bearer " + TOKEN]


@pytest.mark.parametrize("second", ["Bearer agt_valid", "Bearer agt_other", "Basic eA=="])
def test_two_authorization_fields_are_refused(sidecar, upstream, second):
    """Rule 4."""
    answer = sidecar.ask("/", token=TOKEN, fields=[("authorization", second)])
    assert answer.status == 400
    assert answer.error["code"] == "bad_authorization"
    assert upstream.requests == []


def test_a_bearer_field_with_a_comma_is_refused(sidecar, upstream):
    """Rule 4."""
    answer = sidecar.ask("/", token=TOKEN + ", Bearer agt_other")
    assert answer.status == 400
    assert answer.error["code"] == "bad_authorization"
    assert upstream.requests == []


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_forged_identity_never_arrives(sidecar, upstream, name):
    """Rule 1."""
    forged = [(name, "gacct_forged"), ("X-Other", "1"), (name.swapcase(), "gacct_forged_too")]
    assert sidecar.ask("/", token=TOKEN, fields=forged).status == 200
    assert identity_fields(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)]
    assert upstream.last.one("X-Other") == "1"
    assert sidecar.metric("gate_headers_stripped_total") >= 2


def test_the_whole_family_of_gate_headers_is_ours(sidecar, upstream):
    """Rule 1."""
    forged = [("X-Gate-Grace", "1"), ("x_gate_status", "active"), ("X.Gate.Anything", "1"), ("X-Gateway", "mine")]
    assert sidecar.ask("/", token=TOKEN, fields=forged).status == 200
    assert [n for n in upstream.last.names() if re.match(r"x[-_.]gate[-_.]", n)] == ["x-gate-account-id"]
    assert upstream.last.one("X-Gateway") == "mine"


@pytest.mark.parametrize("name", ["X Gate Account Id", "X-Gate-Account-Id ", " X-Gate-Account-Id"])
def test_an_identity_with_a_space_in_its_name_is_refused(sidecar, upstream, name):
    """Rule 1."""
    with sidecar.connect() as client:
        data = request(token=TOKEN, fields=[("X-First", "1"), (name, "gacct_forged")])
        assert client.exchange(data).status == 400
    assert upstream.requests == []


def test_a_configured_identity_header_is_guarded_like_the_default_one(start_sidecar, upstream):
    """Rule 2: the strip list is the configuration plus the defaults."""
    sidecar = start_sidecar({"auth": {"header_name": "X-Customer"}})
    forged = [("x_customer", "evil"), ("X-Customer", "evil"), ("X-Gate-Account-Id", "evil")]
    assert sidecar.ask("/", token=TOKEN, fields=forged).status == 200
    assert upstream.last.all("X-Customer") == [ACCOUNT]
    assert "evil" not in [v for _, v in upstream.last.fields]


def test_connection_cannot_remove_the_identity(sidecar, upstream):
    """Rule 3."""
    with sidecar.connect() as client:
        fields = [("Connection", "X-Gate-Account-Id, x-mine"), ("X-Mine", "1")]
        assert client.exchange(request(token=TOKEN, fields=fields)).status == 200
    assert identity_fields(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)]
    assert upstream.last.all("X-Mine") == []
    assert "x-gate-account-id" not in (upstream.last.one("Connection") or "").lower()


def test_an_identity_in_a_trailer_never_arrives(sidecar, upstream):
    """Rule 5."""
    body = b"2\r\nhi\r\n0\r\nX-Gate-Account-Id: gacct_forged\r\n\r\n"
    answer = sidecar.ask("/", TOKEN, "POST", [("Transfer-Encoding", "chunked")], body)
    assert answer.status == 200
    assert upstream.last.body == b"hi" and upstream.last.trailers == []
    assert identity_fields(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)]


class TestPublicPaths:
    @pytest.fixture
    def sidecar(self, start_sidecar):
        return start_sidecar({"auth": {"public_paths": ["/health", "/open/"]}})

    @pytest.mark.parametrize("target", ["/health", "/health?deep=1", "/open/"])
    def test_a_public_path_needs_no_token(self, sidecar, upstream, target):
        assert sidecar.ask(target).status == 200
        assert upstream.last.target == target
        assert identity_fields(upstream.last) == []

    @pytest.mark.parametrize("name", SPELLINGS)
    def test_a_forged_identity_never_arrives_on_a_public_path(self, sidecar, upstream, name):
        """Rule 2."""
        assert sidecar.ask("/health", fields=[(name, "gacct_forged"), (name, "again")]).status == 200
        assert identity_fields(upstream.last) == []

    @pytest.mark.parametrize("target", [
        "/", "/healthy", "/health/", "/HEALTH", "/x?p=/health", "//health", "/health/../secret", "/./health", "/%68ealth",
        "/health%2F", "/health%00", "/health;x", "/health\\", "/open/../secret", "/open", "/health%3Fx", "/health%23"])
    def test_any_other_path_is_protected(self, sidecar, upstream, target):
        """Rule 8: an ambiguous path is a protected path."""
        assert sidecar.ask(target).status in (400, 401)
        assert upstream.requests == []

    def test_a_fragment_in_the_target_is_refused(self, sidecar, upstream):
        """Rule 8."""
        assert sidecar.ask("/health#x").status == 400
        assert upstream.requests == []

    @pytest.mark.parametrize("field", [("User-Agent", "kube-probe/1.29"), ("X-Original-URL", "/health"),
                                       ("X-Forwarded-Uri", "/health"), ("X-Forwarded-For", "127.0.0.1")])
    def test_no_header_makes_a_request_public(self, sidecar, upstream, field):
        """Only the path and the policy do: rule 9."""
        assert sidecar.ask("/secret", fields=[field]).status == 401
        assert upstream.requests == []


class TestOptionalMode:
    @pytest.fixture
    def sidecar(self, start_sidecar):
        return start_sidecar({"auth": {"mode": "optional"}})

    @pytest.mark.parametrize("value", [
        "Bearer sk_own_key", "Basic dXNlcjpwYXNz", 'Digest username="u", realm="r", nonce="n"', "ApiKey a,b"])
    def test_the_apis_own_keys_pass_untouched(self, sidecar, upstream, value):
        """Rule 4: other schemes are opaque."""
        assert sidecar.ask("/", fields=[("Authorization", value)]).status == 200
        assert upstream.last.all("Authorization") == [value]
        assert identity_fields(upstream.last) == []

    def test_a_request_without_any_token_passes_without_an_identity(self, sidecar, upstream):
        forged = [(name, "gacct_forged") for name in SPELLINGS]
        assert sidecar.ask("/", fields=forged).status == 200
        assert identity_fields(upstream.last) == []

    def test_a_good_token_still_gives_an_identity(self, sidecar, upstream):
        assert sidecar.ask("/", token=TOKEN, fields=[("X_Gate_Account_Id", "forged")]).status == 200
        assert identity_fields(upstream.last) == [("X-Gate-Account-Id", ACCOUNT)]

    @pytest.mark.parametrize("token", ["agt_unknown", "agt_", "agt_a!b"])
    def test_a_bad_agent_token_never_passes(self, sidecar, upstream, token):
        """Rule 4."""
        assert sidecar.ask("/", token=token).status == 401
        assert upstream.requests == []

    @pytest.mark.parametrize("value", [
        "Token " + TOKEN, "token AGT_x", "Bearer AGT_x", "bearer Agt_" + TOKEN, 'Token token="%s"' % TOKEN, "Basic " + base64.b64encode((TOKEN + ":").encode()).decode(),
        "basic " + base64.b64encode(("user:" + TOKEN).encode()).decode(), 'Digest username="%s"' % TOKEN])
    def test_an_agent_token_under_another_scheme_or_in_another_case_is_removed(self, sidecar, upstream, gate, value):
        """Rule 4: nobody verifies it."""
        assert sidecar.ask("/removed", fields=[("Authorization", value)]).status == 200
        assert upstream.last.all("Authorization") == [] and identity_fields(upstream.last) == []
        assert sidecar.access_line("/removed")["gate.reason"] == "no_token" and gate.calls() == 0

    def test_two_authorization_fields_are_refused_here_too(self, sidecar, upstream):
        """Rule 4."""
        answer = sidecar.ask("/", fields=[("Authorization", "Basic eA=="), ("Authorization", "Basic eQ==")])
        assert answer.status == 400
        assert upstream.requests == []
