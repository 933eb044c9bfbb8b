"""Trust rules about identity and policy that live in the whole flow; each fails when its rule is taken out."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.http import chunked, request

HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]


@pytest.mark.parametrize("token", ["agt_unknown", "agt_a!b"])
def test_an_upgrade_with_a_bad_token_is_refused(sidecar, upstream, token):
    """Rule 2."""
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", token, HANDSHAKE)).status == 401
    assert upstream.requests == []


def test_trailers_of_a_request_are_dropped(sidecar, upstream):
    """Rule 5: harmless ones, too."""
    body = chunked(b"hi", trailers=[(b"X-Checksum", b"1"), (b"X-Other", b"2")])
    fields = [("Transfer-Encoding", "chunked"), ("TE", "trailers"), ("Connection", "TE"), ("Trailer", "X-Checksum")]
    with sidecar.connect() as client:
        assert client.exchange(request("POST", "/", TOKEN, fields, body)).status == 200
    assert upstream.last.body == b"hi" and upstream.last.trailers == []
    assert upstream.last.all("X-Checksum") == [] and upstream.last.all("Trailer") == []


def test_only_the_configured_proxies_are_trusted(start_sidecar, upstream):
    """Rule 7."""
    sidecar = start_sidecar({"forwarded": {"trusted_proxies": ["192.0.2.0/24", "::1"]}})
    forged = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.test")]
    assert sidecar.ask("/forged", TOKEN, fields=forged).status == 200
    assert upstream.last.all("X-Forwarded-For") == ["127.0.0.1"]
    assert upstream.last.all("X-Forwarded-Proto") == ["http"]
    assert upstream.last.all("X-Forwarded-Host") == ["api.test"]
    assert sidecar.access_line("/forged")["client.address"] == "127.0.0.1"


def test_the_policy_is_asked_for_every_request(start_sidecar, upstream):
    """On one connection, and with a token that is cached as good or as bad: rule 11."""
    sidecar = start_sidecar({"workers": 1, "auth": {"public_paths": ["/health"]}})
    with sidecar.connect() as client:
        for _ in range(2):
            assert client.exchange(request("GET", "/health")).status == 200
            assert client.exchange(request("GET", "/secret")).status == 401
            assert client.exchange(request("GET", "/secret", "agt_unknown")).status == 401
            assert client.exchange(request("GET", "/health", "agt_unknown")).status == 200
            assert client.exchange(request("GET", "/secret", TOKEN)).status == 200
            assert client.exchange(request("GET", "/health", TOKEN)).status == 200
    accounts = [r.all("X-Gate-Account-Id") for r in upstream.requests]
    assert accounts == [[], [], [ACCOUNT], []] * 2


def test_a_token_on_a_public_path_goes_nowhere(start_sidecar, upstream, gate):
    """Rule 25: nobody has verified it, and nobody needs it. Nor a malformed one (rule 4)."""
    sidecar = start_sidecar({"auth": {"public_paths": ["/health"]}})
    for token in (TOKEN, "agt_unknown", "agt_a!b"):
        assert sidecar.ask("/health", token).status == 200
        assert upstream.last.all("Authorization") == []
    assert sidecar.ask("/health", fields=[("Authorization", "Token " + TOKEN)]).status == 200
    assert upstream.last.all("Authorization") == []
    assert gate.calls() == 0
