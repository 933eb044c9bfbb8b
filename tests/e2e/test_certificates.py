"""Certificates of listeners: what is wrong with them at the start, and what becomes of them while the program runs."""
import base64
import contextlib
import hashlib
import os
import signal
import socket
import ssl
import threading
import time

import pytest
import yaml

from harness import TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN
from harness.certificates import RSA, Authority, openssl
from harness.http import DEADLINE, Connection, request
from harness.sidecar import BASE, SECRET_KEY, merged, run_cli
from harness.wait import PATIENCE, eventually

KEY = {"FOIL_SECRET_KEY": SECRET_KEY}
EXPIRED = ("20200101000000Z", "20210101000000Z")
SECOND = 1.0 * PATIENCE


class Files:
    """The pair that a listener is configured with, in a directory of its own."""

    def __init__(self, directory, authority):
        self.directory, self.authority, self.count = directory, authority, 0
        self.cert, self.key = directory / "tls.crt", directory / "tls.key"
        directory.mkdir(exist_ok=True)

    def pair(self):
        return {"cert_file": str(self.cert), "key_file": str(self.key)}

    def put(self, name="DNS:localhost,DNS:api.test,IP:127.0.0.1", dates=()):
        """Another certificate in the same files, each in one step; its digest."""
        self.count += 1
        made = self.authority.issue("%s-%d" % (self.directory.name, self.count), name, *dates)
        for source, target in zip(made, (self.cert, self.key)):
            being_written = target.with_name(target.name + ".new")
            being_written.write_bytes(source.read_bytes())
            being_written.rename(target)
        return digest(self.cert)

    def spoil(self):
        """The certificate of another key."""
        self.count += 1
        other, _ = self.authority.issue("spoilt-%d" % self.count, "DNS:localhost")
        being_written = self.cert.with_name("spoilt.new")
        being_written.write_bytes(other.read_bytes())
        being_written.rename(self.cert)
        return digest(self.cert)


def digest(file):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text(encoding="ascii"))).hexdigest()


@pytest.fixture
def files(tmp_path, authority):
    out = Files(tmp_path / "tls", authority)
    out.put()
    return out


def tls_of(files, **more):
    return {"tls": {"certificates": [files.pair()], **more}}


@contextlib.contextmanager
def connected(port, ca_file=None, name="localhost", own=None, session=None, version=None, context=None):
    """A connection over TLS; without a ca_file nothing is verified."""
    context = context or client_context(ca_file, own, version)
    plain = socket.create_connection(("127.0.0.1", port), DEADLINE)
    try:
        secured = context.wrap_socket(plain, server_hostname=name, session=session)
    except BaseException:
        plain.close()
        raise
    with Connection(secured) as connection:
        yield connection


def client_context(ca_file=None, own=None, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if ca_file is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca_file)
    if own:
        context.load_cert_chain(*own)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def served(port, name="localhost"):
    """The digest of the certificate that this port shows for a name."""
    with connected(port, name=name) as connection:
        return hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()


def ask(port, target="/", token=TOKEN, ca_file=None, **how):
    with connected(port, ca_file, **how) as connection:
        return connection.exchange(request("GET", target, token, [("Connection", "close")], host="localhost"))


def get(connection=None):
    """A request for the host that the handshake has named (else 421)."""
    return request("GET", "/", TOKEN, [("Connection", connection)] if connection else [], host="localhost")


def reloads(sidecar, result):
    return sidecar.metric("config_reloads_total", what="certificate", result=result)


# ---- the start -----------------------------------------------------------------------------------------------------
def validated(tmp_path, config):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(merged(BASE, config), sort_keys=False), encoding="utf-8")
    outcomes = [run_cli(*words, "--config", path, env=KEY) for words in (("validate",), ())]
    assert [code for code, _, _ in outcomes] == [78, 78], outcomes
    assert outcomes[0][2] == outcomes[1][2]
    return outcomes[0][2]


def test_a_pair_that_does_not_fit_is_refused_at_the_start_with_its_files(tmp_path, files):
    files.spoil()
    told = validated(tmp_path, {"listener": tls_of(files)})
    assert "listener.tls.certificates[0]: %s: is not the key of the certificate in %s\n" % (files.key, files.cert) in told


def test_every_file_that_is_wrong_is_told_at_once_and_none_is_waited_for(tmp_path, files):
    os.mkfifo(tmp_path / "pipe")
    config = {"listener": tls_of(files, client_auth="required", client_ca_file=str(tmp_path / "pipe"),
                                 ticket_key_file=str(files.key), ciphers="RC5"),
              "status": {"tls": {"certificates": [{"cert_file": str(files.cert), "key_file": str(tmp_path)}]}},
              "admin": {"tls": {"certificates": [{"cert_file": "/nowhere", "key_file": str(files.key)}]}}}
    told = validated(tmp_path, config)
    assert "listener.tls.client_ca_file: %s: is not a regular file\n" % (tmp_path / "pipe") in told
    assert "listener.tls.ticket_key_file: %s: line 1 is not base64 of 80 bytes" % files.key in told
    assert "listener.tls.ciphers: 'RC5' is no cipher of TLS 1.2 that OpenSSL knows\n" in told
    assert "status.tls.certificates[0]: %s: is a directory\n" % tmp_path in told
    assert "admin.tls.certificates[0]: /nowhere: cannot be read: No such file or directory\n" in told
    assert "PRIVATE KEY" not in told


def test_a_key_with_a_pass_phrase_is_refused_with_the_way_to_remove_it(tmp_path, files):
    locked = files.key.with_name("locked.key")
    openssl("pkey", "-in", files.key, "-out", locked, "-aes256", "-passout", "pass:word")
    locked.rename(files.key)
    assert "openssl pkey -in KEY -out NEW" in validated(tmp_path, {"listener": tls_of(files)})


def test_an_expired_pair_is_served_with_an_error_and_its_date(start_sidecar, files):
    shown = files.put(dates=EXPIRED)
    sidecar = start_sidecar({"listener": tls_of(files)})
    assert served(sidecar.port) == shown
    assert ask(sidecar.port).status == 200
    line = sidecar.wait_for_log(lambda e: e.get("message") == "a certificate in use has expired")
    assert (line["level"], line["certificate"]) == ("error", "localhost")
    assert sidecar.metric("tls_certificate_not_after_seconds", use="listener", certificate="localhost", key="ecdsa") == 1609459200


def test_a_certificate_that_expires_while_it_is_served_is_told_of_then(start_sidecar, files):
    for seconds in (3, 10, 60):  # until the program has been started in that time
        ends = int(time.time()) + seconds
        files.put(dates=("20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(ends))))
        sidecar = start_sidecar({"listener": tls_of(files)})
        told_at_once = [e for e in sidecar.log() if e.get("message") == "a certificate in use has expired"]
        if time.time() < ends:
            break
    assert told_at_once == []
    line = sidecar.wait_for_log(lambda e: e.get("message") == "a certificate in use has expired", within=seconds + 5)
    assert (line["level"], line["use"], line["not_after"]) == ("error", "listener", ends)


# ---- swaps ---------------------------------------------------------------------------------------------------------
class Load:
    """Clients that ask all the time, some on kept connections and some on new ones."""

    def __init__(self, port, ca_file):
        self.port, self.ca_file, self.ended, self.answers, self.failures = port, ca_file, threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.run, args=(kept,)) for kept in (True, True, False, False)]
        for each in self.threads:
            each.start()

    def run(self, kept):
        context = client_context(self.ca_file)
        try:
            while not self.ended.is_set():
                with connected(self.port, context=context) as connection:
                    for _ in range(50 if kept else 1):
                        answer = connection.exchange(get())
                        assert answer.status == 200
                        self.answers += 1
                        if answer.one("Connection") == "close" or self.ended.is_set():
                            break
        except Exception as problem:  # noqa: BLE001: any of them is a lost request
            self.failures.append(repr(problem))

    def end(self):
        self.ended.set()
        for each in self.threads:
            each.join()
        return self.failures


def test_swaps_under_load_lose_no_request(start_sidecar, files, authority):
    sidecar = start_sidecar({"listener": tls_of(files)})
    load = Load(sidecar.port, authority.ca_file)
    try:
        for _ in range(3):
            eventually(lambda seen=load.answers: load.answers > seen + 50 or load.failures, "some answers", within=20)
            new = files.put()
            sidecar.process.signal(signal.SIGHUP)
            eventually(lambda wanted=new: served(sidecar.port) == wanted, "the new certificate", within=1)
        seen = load.answers
        eventually(lambda: load.answers > seen + 50 or load.failures, "some more answers", within=20)
    finally:
        failures = load.end()
    assert failures == []
    assert reloads(sidecar, "success") == 3 and reloads(sidecar, "failure") == 0


def test_a_swap_is_seen_without_a_signal(start_sidecar, files):
    sidecar = start_sidecar({"listener": tls_of(files)})
    new = files.put()
    eventually(lambda: served(sidecar.port) == new, "the new certificate", within=12, every=0.1)


def test_the_swap_of_a_mounted_secret_is_seen(start_sidecar, tmp_path, authority):
    """As Kubernetes does it: the files are links through ..data, which is renamed to another directory."""
    mount = tmp_path / "mount"
    mount.mkdir()
    versions = [Files(mount / ("..version%d" % i), authority) for i in (1, 2)]
    digests = [each.put() for each in versions]
    (mount / "..data").symlink_to("..version1")
    for name in ("tls.crt", "tls.key"):
        (mount / name).symlink_to("..data/" + name)
    pair = {"cert_file": str(mount / "tls.crt"), "key_file": str(mount / "tls.key")}
    sidecar = start_sidecar({"listener": {"tls": {"certificates": [pair]}}})
    assert served(sidecar.port) == digests[0]
    (mount / "..data_tmp").symlink_to("..version2")
    (mount / "..data_tmp").rename(mount / "..data")
    eventually(lambda: served(sidecar.port) == digests[1], "the new certificate", within=12, every=0.1)


def test_a_bad_pair_keeps_the_old_one_of_every_listener_loudly_and_once(start_sidecar, files, tmp_path, authority):
    other = Files(tmp_path / "other", authority)
    first = other.put()
    sidecar = start_sidecar({"listener": tls_of(files), "status": tls_of(other)})
    old = served(sidecar.port)
    other.put()
    files.spoil()
    sidecar.process.signal(signal.SIGHUP)
    line = sidecar.wait_for_log(lambda e: "certificates were not reloaded" in e.get("message", ""))
    assert line["level"] == "error" and str(files.key) in line["problems"]
    assert served(sidecar.port) == old and served(sidecar.ports["status"]) == first
    status = sidecar.ports["status"]

    def failures():
        text = ask(status, "/metrics", token=None).body.decode()
        return [line for line in text.splitlines() if line.startswith('config_reloads_total{what="certificate",result="failure"}')]
    assert failures() == ['config_reloads_total{what="certificate",result="failure"} 1']
    ready = ask(status, "/readyz", token=None)
    assert ready.status == 200 and "certificates were not reloaded" in ready.json()["detail"]
    new = files.put()
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: served(sidecar.port) == new, "the new certificate", within=1)
    eventually(lambda: "detail" not in ask(status, "/readyz", token=None).json(), "the end of the trouble")
    assert failures() == ['config_reloads_total{what="certificate",result="failure"} 1']


def test_certificates_are_renewed_also_while_the_file_is_refused(start_sidecar, files):
    sidecar = start_sidecar({"listener": tls_of(files)})
    sidecar.path.write_text(sidecar.path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    sidecar.process.signal(signal.SIGHUP)
    sidecar.wait_for_log(lambda e: "nonsense" in e.get("problems", ""))
    new = files.put()
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: served(sidecar.port) == new, "the new certificate", within=1)
    eventually(lambda: reloads(sidecar, "success") >= 2, "both reloads to be counted")  # the watch may have been faster, and count one more
    assert "nonsense" in sidecar.operate("/readyz").json()["detail"]
    assert sidecar.metric("config_last_reload_successful", what="config") == 0


def test_an_expired_pair_does_not_replace_one_in_date(start_sidecar, files):
    sidecar = start_sidecar({"listener": tls_of(files)})
    old = served(sidecar.port)
    files.put(dates=EXPIRED)
    sidecar.process.signal(signal.SIGHUP)
    line = sidecar.wait_for_log(lambda e: "certificates were not reloaded" in e.get("message", ""))
    assert "has expired, and the one in use has not" in line["problems"]
    assert served(sidecar.port) == old and reloads(sidecar, "failure") == 1


def test_running_connections_keep_what_they_began_with(start_sidecar, files, authority):
    sidecar = start_sidecar({"listener": tls_of(files)})
    with connected(sidecar.port, authority.ca_file) as connection:
        assert connection.exchange(get()).status == 200
        new = files.put()
        sidecar.process.signal(signal.SIGHUP)
        eventually(lambda: served(sidecar.port) == new, "the new certificate", within=1)
        answer = connection.exchange(get())
        assert answer.status == 200 and answer.one("Connection") != "close"


def test_switching_tls_on_or_off_needs_a_restart(start_sidecar, files):
    sidecar = start_sidecar({"listener": tls_of(files)})
    text = yaml.safe_load(sidecar.path.read_text(encoding="utf-8"))
    del text["listener"]["tls"]
    sidecar.path.write_text(yaml.safe_dump(text), encoding="utf-8")
    sidecar.process.signal(signal.SIGHUP)
    line = sidecar.wait_for_log(lambda e: "only after a restart" in e.get("message", ""))
    assert line["options"] == "listener.tls.certificates"
    assert ask(sidecar.port).status == 200


# ---- which certificate ---------------------------------------------------------------------------------------------
@pytest.fixture
def several(tmp_path, authority):
    names = {"default": "DNS:default.test", "exact": "DNS:a.wild.test", "wild": "DNS:*.wild.test"}
    out = {name: Files(tmp_path / name, authority) for name in names}
    return {name: (each, each.put(names[name])) for name, each in out.items()}


@pytest.mark.parametrize("name, expected", [("a.wild.test", "exact"), ("A.WILD.TEST", "exact"), ("b.wild.test", "wild"),
                                            ("default.test", "default"), ("wild.test", "default"),
                                            ("a.b.wild.test", "default"), (None, "default")])
def test_the_name_that_is_asked_for_chooses_the_certificate(start_sidecar, several, name, expected):
    def tls():
        return {"tls": {"certificates": [several[each][0].pair() for each in ("default", "wild", "exact")]}}
    sidecar = start_sidecar({"listener": tls(), "status": tls()})
    for listener in ("proxy", "status"):
        assert served(sidecar.ports[listener], name) == several[expected][1], listener


def test_a_name_that_no_certificate_has_ends_the_handshake_where_names_are_strict(start_sidecar, several):
    pairs = [several[each][0].pair() for each in ("default", "wild")]
    sidecar = start_sidecar({"listener": {"tls": {"certificates": pairs, "strict_sni": True}}})
    assert served(sidecar.port, "b.wild.test") == several["wild"][1]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served(sidecar.port, "stranger.test")


# ---- sessions ------------------------------------------------------------------------------------------------------
def session_of(port, context):
    """A session that can be resumed."""
    with connected(port, context=context) as connection:
        assert connection.exchange(get()).status == 200
        return connection.sock.session


def resumes(port, context, session):
    with connected(port, context=context, session=session) as connection:
        assert connection.exchange(get("close")).status == 200
        return connection.sock.session_reused


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ticket_is_good_for_every_process_with_the_same_keys(start_sidecar, files, authority, tmp_path, version):
    tickets = tmp_path / "tickets"
    tickets.write_bytes(b"".join(ticket_key(each) for each in b"ab"))
    shared = {"listener": tls_of(files, ticket_key_file=str(tickets))}
    context = client_context(authority.ca_file, version=version)
    first = start_sidecar(shared)
    session = session_of(first.port, context)
    assert resumes(start_sidecar(shared).port, context, session)
    assert not resumes(start_sidecar({"listener": tls_of(files)}).port, context, session_of(first.port, context))


@pytest.mark.parametrize("version", VERSIONS)
def test_another_key_in_front_of_the_file_encrypts_and_the_one_before_is_still_good(start_sidecar, files, authority, tmp_path, version):
    tickets = tmp_path / "tickets"
    tickets.write_bytes(ticket_key(b"a"[0]))
    sidecar = start_sidecar({"listener": tls_of(files, ticket_key_file=str(tickets))})
    context = client_context(authority.ca_file, version=version)
    session = session_of(sidecar.port, context)
    tickets.write_bytes(ticket_key(b"b"[0]) + ticket_key(b"a"[0]))
    sidecar.process.signal(signal.SIGHUP)
    sidecar.wait_for_log(lambda e: "listener.tls.ticket_key_file" in e.get("changes", ""))
    assert resumes(sidecar.port, context, session)
    tickets.write_bytes(ticket_key(b"c"[0]))
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: not resumes(sidecar.port, context, session_of(sidecar.port, context) and session), "the old key to be gone")


def ticket_key(fill):
    return base64.b64encode(bytes([fill]) * 80) + b"\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_survive_another_certificate_but_not_another_authority(start_sidecar, files, authority, tmp_path, version):
    clients, other = Authority(tmp_path / "clients"), Authority(tmp_path / "other-clients")
    bundle = tmp_path / "clients.pem"
    bundle.write_bytes(clients.ca_file.read_bytes())
    sidecar = start_sidecar({"listener": tls_of(files, client_auth="required", client_ca_file=str(bundle))})
    context = client_context(authority.ca_file, clients.issue("agent", "DNS:agent.test"), version)
    session = session_of(sidecar.port, context)
    files.put()
    sidecar.process.signal(signal.SIGHUP)
    sidecar.wait_for_log(lambda e: "the certificate of listener localhost" in e.get("changes", ""))
    assert resumes(sidecar.port, context, session)
    session = session_of(sidecar.port, context)
    bundle.write_bytes(clients.ca_file.read_bytes() + other.ca_file.read_bytes())
    sidecar.process.signal(signal.SIGHUP)
    sidecar.wait_for_log(lambda e: "listener.tls.client_ca_file" in e.get("changes", ""))
    assert not resumes(sidecar.port, context, session)


# ---- client_auth ---------------------------------------------------------------------------------------------------
def rewrite(sidecar, change):
    sidecar.path.write_text(yaml.safe_dump(merged(yaml.safe_load(sidecar.path.read_text(encoding="utf-8")), change)), encoding="utf-8")
    sidecar.process.signal(signal.SIGHUP)


def test_a_stricter_client_auth_ends_kept_connections_with_their_next_answer(start_sidecar, files, authority, tmp_path):
    clients = Authority(tmp_path / "clients")
    asks = {"client_ca_file": str(clients.ca_file)}
    sidecar = start_sidecar({"listener": tls_of(files, client_auth="optional", **asks)})
    with connected(sidecar.port, authority.ca_file) as before:
        assert before.exchange(get()).one("Connection") is None
        rewrite(sidecar, {"listener": {"address": "127.0.0.1:0", **tls_of(files, client_auth="required", **asks)}})
        sidecar.wait_for_log(lambda e: "client_auth: optional -> required" in e.get("changes", ""))
        answer = before.exchange(get())
        assert (answer.status, answer.one("Connection")) == (200, "close")
        assert before.is_closed()
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        ask(sidecar.port)
    own = clients.issue("agent", "DNS:agent.test")
    with connected(sidecar.port, authority.ca_file, own=own) as after:
        assert after.exchange(get()).one("Connection") is None
        rewrite(sidecar, {"listener": {"address": "127.0.0.1:0", **tls_of(files)}})
        line = sidecar.wait_for_log(lambda e: "client_auth: required -> none" in e.get("change", ""))
        assert line["level"] == "warn"
        answer = after.exchange(get())
        assert (answer.status, answer.one("Connection")) == (200, None)
    assert ask(sidecar.port).status == 200


def test_each_listener_asks_for_certificates_of_its_own(start_sidecar, files, authority, tmp_path):
    """Rule 8: what one of them lets in is nothing to the others."""
    clients = Authority(tmp_path / "clients")
    mutual = {"client_auth": "required", "client_ca_file": str(clients.ca_file)}
    sidecar = start_sidecar({"listeners": [
        {"name": "agents", "address": "127.0.0.1:0", **tls_of(files, **mutual, client_names=["agent.test"])},
        {"name": "others", "address": "127.0.0.1:0", **tls_of(files, **mutual, client_names=["other.test"])},
        {"name": "open", "address": "127.0.0.1:0", **tls_of(files)}]})
    own = clients.issue("agent", "DNS:agent.test")
    for name, status in (("agents", 200), ("others", 403), ("open", 200)):
        assert ask(sidecar.ports[name], ca_file=authority.ca_file, own=own).status == status, name
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
        ask(sidecar.ports["others"])
    assert ask(sidecar.ports["open"]).status == 200


# ---- the operating listeners and the commands that speak to them ---------------------------------------------------
@pytest.fixture
def operated(start_sidecar, files):
    """A sidecar whose operating listeners speak TLS, and the arguments with which commands find it."""
    sidecar = start_sidecar({"status": tls_of(files), "admin": tls_of(files)}, env=WITH_TOKEN)
    text = yaml.safe_load(sidecar.path.read_text(encoding="utf-8"))
    for listener in ("status", "admin"):
        text[listener]["address"] = "127.0.0.1:%d" % sidecar.ports[listener]
    command = sidecar.path.with_name("command.yaml")
    command.write_text(yaml.safe_dump(text), encoding="utf-8")
    sidecar.command = ["--config", command]
    return sidecar


@pytest.mark.parametrize("version", VERSIONS)
def test_the_operating_listeners_speak_tls(operated, authority, version):
    status, admin = operated.ports["status"], operated.ports["admin"]
    assert ask(status, "/readyz", None, authority.ca_file, version=version).status == 200
    assert b"build_info" in ask(status, "/metrics", None, authority.ca_file, version=version).body
    assert ask(admin, "/config", ADMIN_TOKEN, authority.ca_file, version=version).status == 200
    with connected(status, authority.ca_file, version=version) as connection:
        for _ in range(3):
            assert connection.exchange(request("GET", "/livez", host="localhost")).status == 200
    with Connection.to(status) as plain:
        plain.send(request("GET", "/livez", host="localhost"))
        assert b"200" not in plain.until_end()


@pytest.mark.parametrize("listener", ["status", "admin", "listener"])
def test_each_client_is_shown_the_kind_of_key_that_it_knows(start_sidecar, authority, listener):
    """Of the pairs for the name that it asks for; no other name is theirs."""
    pairs = [authority.issue("default", "DNS:default.test"), authority.issue("ecdsa", "DNS:api.test"),
             authority.issue("rsa", "DNS:*.test,DNS:api.test", key_kind=RSA)]
    files = [{"cert_file": str(cert), "key_file": str(key)} for cert, key in pairs]
    sidecar = start_sidecar({listener: {"tls": {"certificates": files}}})
    port = sidecar.ports.get(listener, sidecar.port)

    def shown(name, kind):
        context = client_context(authority.ca_file, version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("ECDHE-%s-AES128-GCM-SHA256" % kind)
        with connected(port, context=context, name=name) as connection:
            return hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()
    default, ecdsa, rsa = (digest(cert) for cert, _ in pairs)
    assert (shown("api.test", "ECDSA"), shown("API.test", "RSA"), shown("other.test", "RSA")) == (ecdsa, rsa, rsa)
    assert (shown("default.test", "ECDSA"), shown("localhost", "ECDSA")) == (default, default)


def test_the_operating_listeners_take_another_certificate(operated, files):
    new = files.put()
    operated.process.signal(signal.SIGHUP)
    for listener in ("status", "admin"):
        eventually(lambda port=operated.ports[listener]: served(port) == new, "the new certificate", within=1)


def test_connections_that_never_shake_hands_do_not_keep_others_out(operated, authority):
    status = operated.ports["status"]
    silent = [socket.create_connection(("127.0.0.1", status), DEADLINE) for _ in range(150)]
    try:
        before = time.monotonic()
        assert ask(status, "/livez", None, authority.ca_file).status == 200
        assert time.monotonic() - before < SECOND
    finally:
        for each in silent:
            each.close()


def test_healthcheck_takes_any_certificate_of_this_machine(operated, files):
    files.put()  # is not loaded yet
    files.key.unlink()
    code, _, err = run_cli("healthcheck", *operated.command)
    assert (code, err) == (0, "")


def test_commands_know_the_process_by_its_certificate(operated, gate):
    code, out, err = run_cli("reload", *operated.command, env={**KEY, **WITH_TOKEN})
    assert code == 0 and "reloaded" in out, err
    assert operated.ask("/", TOKEN).status == 200
    code, out, err = run_cli("revoke", *operated.command, env={**KEY, **WITH_TOKEN}, text=TOKEN)
    assert code == 0 and "through the running sidecar" in out, err
    assert gate.state()["revoke"]["revoked"] == 1


def test_a_command_refuses_another_certificate_and_tells_both(operated, files, gate):
    """While the process still serves the one before, nobody can know who it is that answers."""
    old = digest(files.cert)
    new = files.spoil()  # which the process refuses
    code, out, err = run_cli("revoke", *operated.command, env={**KEY, **WITH_TOKEN}, text=TOKEN)
    assert code == 1 and out == ""
    assert old in err and new in err and "admin.tls.certificates" in err
    assert gate.state()["revoke"]["revoked"] == 0
    assert ADMIN_TOKEN not in err


def test_reload_tries_until_the_process_has_the_new_certificate(operated, files):
    new = files.put()
    threading.Timer(0.5, lambda: operated.process.signal(signal.SIGHUP)).start()
    code, out, err = run_cli("reload", *operated.command, env={**KEY, **WITH_TOKEN})
    assert code == 0 and "reloaded" in out, err
    assert served(operated.ports["admin"]) == new
