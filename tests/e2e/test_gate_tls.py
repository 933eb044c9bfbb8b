"""TLS to Gate: the chain and the host name are verified, and a failure fails closed."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.certificates import server_context
from harness.server import vouch_for
from harness.sidecar import run_cli


def trusting(server, ca_file, host="localhost"):
    gate = {"base_url": "https://%s:%d" % (host, server.port)}
    return {"gate": {**gate, "ca_file": str(ca_file)} if ca_file else gate}


@pytest.mark.parametrize("host, alternative", [("localhost", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.1")])
def test_a_certificate_of_the_configured_authority_is_trusted(start_sidecar, start_server, upstream, authority, host, alternative):
    server = start_server(vouch_for("gacct_tls"), tls=server_context(*authority.issue("good-" + host, alternative)))
    sidecar = start_sidecar(trusting(server, authority.ca_file, host), gate=server)
    for number in range(3):
        assert sidecar.ask("/", token="agt_%d" % number).status == 200
        assert upstream.last.one("X-Gate-Account-Id") == "gacct_tls"


def test_the_emulator_speaks_tls(start_sidecar, start_gate, upstream, authority):
    certificate, key = authority.issue("emulator", "DNS:localhost")
    gate = start_gate("--tls-cert", certificate, "--tls-key", key)
    sidecar = start_sidecar(trusting(gate, authority.ca_file), gate=gate)
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT


def refused(start_sidecar, start_server, upstream, context, ca_file):
    """Rule 17: no verified connection, no call: the token and the secret key stay here."""
    server = start_server(vouch_for(), tls=context)
    sidecar = start_sidecar(trusting(server, ca_file), gate=server)
    answer = sidecar.ask("/", token=TOKEN)
    assert (answer.status, answer.error["code"]) == (503, "gate_unreachable")
    assert server.requests == [] and upstream.requests == []


def test_an_unknown_authority_is_refused(start_sidecar, start_server, upstream, authority, stranger):
    """Rule 17."""
    context = server_context(*stranger.issue("unknown", "DNS:localhost"))
    refused(start_sidecar, start_server, upstream, context, authority.ca_file)


def test_without_a_ca_file_only_the_systems_authorities_are_trusted(start_sidecar, start_server, upstream, authority):
    """Rule 17."""
    context = server_context(*authority.issue("system", "DNS:localhost"))
    refused(start_sidecar, start_server, upstream, context, None)


@pytest.mark.parametrize("alternative", ["DNS:gate.example", "DNS:localhost.example", "IP:127.0.0.1", "DNS:*.localhost"])
def test_a_wrong_host_name_is_refused(start_sidecar, start_server, upstream, authority, alternative):
    """Rule 17."""
    context = server_context(*authority.issue("wrong-name", alternative))
    refused(start_sidecar, start_server, upstream, context, authority.ca_file)


@pytest.mark.parametrize("dates", [("20200101000000Z", "20210101000000Z"), ("20480101000000Z", "20491231235959Z")],
                         ids=["expired", "not valid yet"])
def test_a_certificate_out_of_its_time_is_refused(start_sidecar, start_server, upstream, authority, dates):
    """Rule 17."""
    context = server_context(*authority.issue("out-of-time", "DNS:localhost", *dates))
    refused(start_sidecar, start_server, upstream, context, authority.ca_file)


def test_a_server_without_tls_is_refused(start_sidecar, start_server, upstream, authority):
    """Rule 17."""
    server = start_server(vouch_for())
    sidecar = start_sidecar({**trusting(server, authority.ca_file), "gate": {
        **trusting(server, authority.ca_file)["gate"], "timeout": "1s"}}, gate=server)
    assert sidecar.ask("/", token=TOKEN).status == 503
    server.failures.clear()  # a ClientHello is not HTTP
    assert upstream.requests == []


@pytest.mark.parametrize("url", ["http://gate.example", "http://192.0.2.1:80", "http://localhost.example"])
def test_plain_http_to_gate_is_only_for_the_loopback(tmp_path, url):
    """Rule 17."""
    path = tmp_path / "sidecar.yaml"
    path.write_text("gate:\n  base_url: %s\n" % url, encoding="utf-8")
    code, out, err = run_cli("validate", "--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})
    assert code == 78 and "gate.base_url" in out + err


@pytest.mark.parametrize("content", [None, "", "not a certificate"], ids=["absent", "empty", "garbage"])
def test_a_ca_file_that_cannot_be_used_is_fatal_at_start(tmp_path, content):
    """Rule 17."""
    ca_file, path = tmp_path / "ca.pem", tmp_path / "sidecar.yaml"
    if content is not None:
        ca_file.write_text(content, encoding="utf-8")
    path.write_text("listener: {address: 127.0.0.1:0}\nstatus: {address: 127.0.0.1:0}\nadmin: {address: 127.0.0.1:0}\n"
                    "gate: {base_url: 'https://localhost:1', ca_file: %s}\n" % ca_file, encoding="utf-8")
    code, out, err = run_cli("--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})
    assert code in (1, 78) and "ca_file" in out + err
