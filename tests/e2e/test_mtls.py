"""Client certificates: a condition in addition to the token, on each request and on each kind of connection."""
import base64
import hashlib
import os
import socket
import ssl

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.admin import WITH_TOKEN
from harness.certificates import Authority, client_context, names_der
from harness.http import DEADLINE, Connection, request
from harness.reload import Reloadable
from harness.sidecar import run_cli
from harness.wait import eventually

SPIFFE = "spiffe://mesh.test/ns/agents/sa/worker"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Pki:
    """Authorities and certificates of the tests of this file."""

    def __init__(self, directory):
        self.servers = Authority(directory / "servers")
        self.clients = Authority(directory / "clients")
        self.strangers = Authority(directory / "strangers")
        self.server = self.servers.issue("server", "DNS:api.test,DNS:other.test")
        self.agent = self.clients.issue("agent", "DNS:agent.test,URI:" + SPIFFE)
        self.other = self.clients.issue("other", "DNS:somebody.test")
        self.stranger = self.strangers.issue("stranger", "DNS:agent.test")

    def listener(self, **more):
        """A listener's `tls` that asks for certificates."""
        return {"certificates": [{"cert_file": str(self.server[0]), "key_file": str(self.server[1])}],
                "client_ca_file": str(self.clients.ca_file), "client_auth": "required", **more}

    def context(self, certificate=None, version=None):
        return client_context(self.servers.ca_file, certificate, version)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


def connect(port, context, server_name="api.test", session=None):
    """A connection over TLS; errors of the handshake are raised here or, with TLS 1.3, by the first answer."""
    context.check_hostname = server_name is not None
    plain = socket.create_connection(("127.0.0.1", port), DEADLINE)
    try:
        return Connection(context.wrap_socket(plain, server_hostname=server_name, session=session))
    except BaseException:
        plain.close()
        raise


def ask(port, context, target="/", token=TOKEN, fields=(), host="api.test", **how):
    """One request on a connection of its own."""
    with connect(port, context, **how) as connection:
        return connection.exchange(request("GET", target, token, [*fields, ("Connection", "close")], host=host))


def is_refused_in_handshake(port, context, **how):
    try:
        ask(port, context, **how)
    except (ssl.SSLError, ConnectionError, EOFError):
        return True
    return False


@pytest.fixture
def start(start_sidecar, pki):
    """start(tls, sections) -> a sidecar whose listener asks for certificates."""
    def run(tls=None, sections=None, **how):
        return start_sidecar({"listener": {"address": "127.0.0.1:0", "tls": pki.listener(**(tls or {}))}, **(sections or {})}, **how)
    return run


# ---- who may come --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_without_a_certificate_of_the_authority_there_is_no_connection(start, pki, upstream, version):
    sidecar = start()
    assert is_refused_in_handshake(sidecar.port, pki.context(None, version))
    assert is_refused_in_handshake(sidecar.port, pki.context(pki.stranger, version))
    assert upstream.requests == []
    assert ask(sidecar.port, pki.context(pki.agent, version)).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT


def test_a_certificate_is_no_token(start, pki, upstream):
    sidecar = start({"client_names": ["agent.test"]})
    for token, code in ((None, "token_missing"), ("agt_unknown", "token_invalid")):
        answer = ask(sidecar.port, pki.context(pki.agent), token=token)
        assert (answer.status, answer.error["code"]) == (401, code)
    assert upstream.requests == []


@pytest.mark.parametrize("names", [["agent.test"], ["AGENT.test"], ["spiffe://mesh.test/ns/agents/sa/*"],
                                   ["nobody.test", "spiffe://mesh.test/ns/*/sa/worker"], []])
def test_a_name_that_may_come_comes(start, pki, names):
    assert ask(start({"client_names": names}).port, pki.context(pki.agent)).status == 200


@pytest.mark.parametrize("names", [["nobody.test"], ["test"], ["spiffe://mesh.test/ns/*"], ["spiffe://mesh.test/ns/agents/sa/worker/*"],
                                   ["spiffe://mesh.test/ns/agents/sa/other"]])
def test_another_name_is_refused_on_each_request(start, pki, upstream, names):
    sidecar = start({"client_names": names})
    with connect(sidecar.port, pki.context(pki.agent)) as connection:
        for token in (TOKEN, None, TOKEN):  # not even told what its token is worth
            answer = connection.exchange(request("GET", "/refused", token))
            assert (answer.status, answer.error["code"]) == (403, "client_name_refused")
    assert upstream.requests == []
    assert sidecar.access_line("/refused")["error.type"] == "client_name_refused"
    eventually(lambda: sidecar.metric("gate_request_failures_total", reason="client_name_refused") == 3)


def test_neither_shadow_mode_nor_an_open_route_lets_another_name_come(start, pki, upstream):
    sidecar = start({"client_names": ["nobody.test"]}, {"auth": {"shadow": True, "public_paths": ["/open"]}})
    for target in ("/", "/open"):
        assert ask(sidecar.port, pki.context(pki.agent), target).status == 403
    assert upstream.requests == []


@pytest.mark.parametrize("name", [(2, b"agent.test\0.evil.test"), (2, b"agent.test\r"), (6, SPIFFE.encode() + b"\0"), (6, b"urn:a\nb")])
def test_a_certificate_with_a_control_byte_in_a_name_is_refused_as_a_whole(start, pki, upstream, name):
    """It also has a name that may come."""
    hostile = pki.clients.issue("hostile-%d-%d" % (name[0], len(name[1])), names_der((2, b"agent.test"), name))
    sidecar = start({"client_names": ["agent.test", SPIFFE]})
    assert is_refused_in_handshake(sidecar.port, pki.context(hostile))
    assert upstream.requests == []


def test_where_a_certificate_is_optional_one_that_is_shown_counts(start, pki, upstream):
    sidecar = start({"client_auth": "optional", "client_names": ["agent.test"]}, {"forwarded": {"client_cert": "set"}})
    assert ask(sidecar.port, pki.context()).status == 200
    assert upstream.last.one("X-Forwarded-Client-Cert") is None
    assert ask(sidecar.port, pki.context(pki.agent)).status == 200
    assert upstream.last.one("X-Forwarded-Client-Cert") is not None
    assert ask(sidecar.port, pki.context(pki.other)).status == 403
    assert is_refused_in_handshake(sidecar.port, pki.context(pki.stranger))


# ---- resumed sessions ----------------------------------------------------------------------------------------------
def session_of(port, context, **how):
    with connect(port, context, **how) as connection:
        assert connection.exchange(request("GET", "/first", TOKEN)).status in (200, 403)
        return connection.sock.session


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_resumed_session_is_held_to_its_certificate(start, pki, upstream, version):
    sidecar = start({"client_names": ["agent.test"]}, {"forwarded": {"client_cert": "set"}})
    for certificate, status in ((pki.agent, 200), (pki.other, 403)):
        context = pki.context(certificate, version)
        session = session_of(sidecar.port, context)
        assert session is not None
        with connect(sidecar.port, context, session=session) as connection:
            assert connection.exchange(request("GET", "/", TOKEN)).status == status
            assert connection.sock.session_reused
    assert [seen.one("X-Forwarded-Client-Cert") for seen in upstream.requests] == 2 * [xfcc_of(pki.agent)]


@pytest.mark.parametrize("loose", [{"client_auth": "none", "client_ca_file": ""}, {"client_auth": "optional"}], ids=["none", "optional"])
@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_session_of_a_looser_listener_does_not_open_a_stricter_one(start_sidecar, pki, upstream, tmp_path, version, loose):
    """CVE-2025-23419: both share their ticket keys."""
    keys = tmp_path / "tickets"
    keys.write_text(base64.b64encode(os.urandom(80)).decode() + "\n", encoding="ascii")
    keys.chmod(0o600)
    shared = {"ticket_key_file": str(keys)}
    sidecar = start_sidecar({"listeners": [
        {"name": "open", "address": "127.0.0.1:0", "tls": pki.listener(**shared, **loose)},
        {"name": "strict", "address": "127.0.0.1:0", "tls": pki.listener(**shared)}]})
    context = pki.context(None, version)
    session = session_of(sidecar.ports["open"], context)
    with connect(sidecar.ports["open"], context, session=session) as connection:  # it is a good one
        assert connection.exchange(request("GET", "/", TOKEN)).status == 200
        assert connection.sock.session_reused
    before = len(upstream.requests)
    assert is_refused_in_handshake(sidecar.ports["strict"], context, session=session)
    assert len(upstream.requests) == before


def test_each_listener_has_names_of_its_own(start_sidecar, pki):
    sidecar = start_sidecar({"listeners": [
        {"name": "agents", "address": "127.0.0.1:0", "tls": pki.listener(client_names=["agent.test"])},
        {"name": "others", "address": "127.0.0.1:0", "tls": pki.listener(client_names=["somebody.test"])}]})
    for certificate, listener, status in ((pki.agent, "agents", 200), (pki.agent, "others", 403),
                                          (pki.other, "agents", 403), (pki.other, "others", 200)):
        assert ask(sidecar.ports[listener], pki.context(certificate)).status == status


# ---- which host ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host, server_name, status", [
    ("api.test", "api.test", 200), ("API.test:8443", "api.test", 200), ("api.test.", "api.test", 200),
    ("other.test", "api.test", 421), ("api.test", "other.test", 421), ("x.api.test", "api.test", 421), ("127.0.0.1", "api.test", 421),
    ("other.test", None, 200)])
def test_with_a_certificate_the_host_is_the_one_of_the_handshake(start, pki, upstream, host, server_name, status):
    sidecar = start()
    answer = ask(sidecar.port, pki.context(pki.agent), host=host, server_name=server_name)
    assert answer.status == status
    assert (len(upstream.requests) == 1) == (status == 200)
    if status == 421:
        assert answer.error["code"] == "host_not_served_here"
        assert answer.one("Connection") == "close"


def test_without_a_certificate_every_host_may_be_asked_for(start, pki):
    sidecar = start({"client_auth": "optional"})
    assert ask(sidecar.port, pki.context(), host="other.test").status == 200
    assert ask(sidecar.port, pki.context(pki.agent), host="other.test").status == 421


def test_the_target_names_the_host_where_it_is_absolute(start, pki):
    sidecar = start()
    assert ask(sidecar.port, pki.context(pki.agent), "https://other.test/").status == 421
    assert ask(sidecar.port, pki.context(pki.agent), "https://api.test/", host="other.test").status == 200


def test_http_10_needs_no_host(start, pki):
    with connect(start().port, pki.context(pki.agent)) as connection:
        connection.send(("GET / HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n" % TOKEN).encode())
        assert connection.response().status == 200


# ---- what the upstream and the log are told ------------------------------------------------------------------------
def xfcc_of(certificate, names=";URI=" + SPIFFE + ";DNS=agent.test"):
    with open(certificate[0], encoding="ascii") as file:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
    return "Hash=" + digest + names


FORGED = [("X-Forwarded-Client-Cert", "Hash=00;URI=spiffe://mesh.test/admin"), ("x_forwarded_client_cert", "a"),
          ("X.Forwarded.Client.Cert", "b"), ("X-Forwarded_Client-Cert", "c"), ("X-Forwarded-Client-Cert", "d")]


def told(upstream):
    return [value for name, value in upstream.last.fields
            if name.lower().replace("_", "-").replace(".", "-") == "x-forwarded-client-cert"]


@pytest.mark.parametrize("option", ["none", "set"])
@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]], ids=["stranger", "trusted proxy"])
def test_a_forged_certificate_field_never_reaches_the_upstream(start, start_sidecar, pki, upstream, option, trusted):
    sections = {"forwarded": {"client_cert": option, "trusted_proxies": trusted}}
    secured = start({"client_auth": "optional"}, sections)
    for fields in (FORGED, [("Connection", "X-Forwarded-Client-Cert"), *FORGED]):
        assert ask(secured.port, pki.context(pki.agent), fields=fields).status == 200
        assert told(upstream) == ([xfcc_of(pki.agent)] if option == "set" else [])
        assert ask(secured.port, pki.context(), fields=fields).status == 200
        assert told(upstream) == []
    clear = start_sidecar(sections)
    assert clear.ask("/", TOKEN, fields=FORGED).status == 200
    assert told(upstream) == []


def test_a_name_that_could_end_its_element_stands_in_quotes(start, pki, upstream):
    hostile = pki.clients.issue("quoted", names_der((6, b'urn:a";Hash=00;URI=urn:b,DNS=c'), (2, b"agent.test"), (6, b"urn:a\\b")))
    assert ask(start(sections={"forwarded": {"client_cert": "set"}}).port, pki.context(hostile)).status == 200
    assert told(upstream) == [xfcc_of(hostile, ';URI="urn:a\\";Hash=00;URI=urn:b,DNS=c";DNS=agent.test')]


def test_the_upstream_is_told_that_the_client_came_over_tls(start, start_sidecar, pki, upstream):
    assert ask(start().port, pki.context(pki.agent), fields=[("X-Forwarded-Proto", "http")]).status == 200
    assert upstream.last.one("X-Forwarded-Proto") == "https"
    assert start_sidecar().ask("/", TOKEN, fields=[("X-Forwarded-Proto", "https")]).status == 200
    assert upstream.last.one("X-Forwarded-Proto") == "http"


@pytest.mark.parametrize("version, number, cipher", [(VERSIONS[0], "1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
                                                     (VERSIONS[1], "1.3", "TLS_AES_128_GCM_SHA256")])
def test_the_access_log_names_version_cipher_and_client(start, pki, version, number, cipher):
    sidecar = start()
    assert ask(sidecar.port, pki.context(pki.agent, version), "/logged").status == 200
    line = sidecar.access_line("/logged")
    assert line["tls.protocol.version"] == number
    assert line["tls.cipher"] == cipher
    assert line["tls.client.subject"] == "CN=agent"
    assert line["tls.client.san"] == "URI:" + SPIFFE + ", DNS:agent.test"


def test_a_token_in_a_certificate_is_not_logged(start, pki):
    """Rule 25."""
    secret = "agt_" + "s" * 40
    shown = pki.clients.issue("leak", "URI:urn:" + secret + ",DNS:agent.test")
    sidecar = start()
    assert ask(sidecar.port, pki.context(shown), "/leak").status == 200
    assert "agt_***" in sidecar.access_line("/leak")["tls.client.san"]
    assert secret not in sidecar.everything_written()


# ---- other listeners, reload, explain ------------------------------------------------------------------------------
def test_who_may_ask_for_answers_is_known_by_certificate(start_sidecar, pki):
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0", "original": "x-original",
                                        "tls": pki.listener(client_names=["agent.test"])}})
    original = [("X-Original-Method", "GET"), ("X-Original-URI", "/")]
    def answer(certificate, **how):
        return ask(sidecar.ports["answer"], pki.context(certificate), "/auth", fields=original, **how)
    assert answer(pki.agent).status == 200
    # nginx and others send the Host of the original request
    assert answer(pki.agent, host="shop.test").status == 200
    refused = answer(pki.other)
    assert (refused.status, refused.error["code"]) == (403, "client_name_refused")
    assert is_refused_in_handshake(sidecar.ports["answer"], pki.context(), target="/auth", fields=original)


def test_other_names_hold_from_the_reload_on_for_connections_that_are_open(start, pki):
    sidecar = Reloadable(start({"client_names": ["agent.test"]}, env=WITH_TOKEN))
    tls = pki.listener(client_names=["somebody.test"])
    with connect(sidecar.port, pki.context(pki.agent)) as connection:
        assert connection.exchange(request("GET", "/", TOKEN)).status == 200
        sidecar.reload({"listener": {"address": "127.0.0.1:0", "tls": tls}})
        assert connection.exchange(request("GET", "/", TOKEN)).status == 403
    assert ask(sidecar.port, pki.context(pki.other)).status == 200


def test_explain_holds_a_certificate_against_the_request(pki, tmp_path):
    path = tmp_path / "explain.yaml"
    tls = pki.listener(client_names=["spiffe://mesh.test/ns/agents/sa/*"])
    path.write_text(yaml.safe_dump({"listener": {"tls": tls}}), encoding="utf-8")
    def explain(*over):
        return run_cli("explain", "--request", "--config", path, *over, text="GET / HTTP/1.1\nHost: api.test\nAuthorization: Bearer agt_x\n")
    code, out, _ = explain("--server-name", "api.test", "--client-name", SPIFFE)
    assert code == 0 and "Gate is asked" in out and SPIFFE in out
    code, out, _ = explain("--server-name", "api.test", "--client-name", "agent.test")
    assert code == 1 and "403 client_name_refused" in out
    code, out, _ = explain("--server-name", "other.test", "--client-name", SPIFFE)
    assert code == 1 and "421 host_not_served_here" in out
    assert explain("--server-name", "other.test")[0] == 0
    assert run_cli("explain", "--client-name", "a")[0] == 2


def test_explain_knows_the_names_of_each_listener(pki, tmp_path):
    path = tmp_path / "explain.yaml"
    listeners = [{"name": name, "address": "127.0.0.1:%d" % port, "tls": pki.listener(client_names=[may_come])}
                 for name, port, may_come in (("agents", 1, "agent.test"), ("others", 2, "somebody.test"))]
    path.write_text(yaml.safe_dump({"listeners": listeners}), encoding="utf-8")
    def explain(*over):
        return run_cli("explain", "--request", "--config", path, "--client-name", "somebody.test", *over,
                       text="GET / HTTP/1.1\nHost: api.test\nAuthorization: Bearer agt_x\n")
    assert explain()[0] == explain("--listener", "agents")[0] == 1
    assert explain("--listener", "others")[0] == 0
    code, _, err = explain("--listener", "nobody")
    assert code == 2 and "no listener is named 'nobody'" in err
