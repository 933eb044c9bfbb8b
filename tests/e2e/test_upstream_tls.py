"""An API behind TLS: its chain and its name are verified, each failure has a reason of its own, and a cut looks like one."""
import os
import shutil
import signal
import socket
import ssl
import threading

import pytest

from harness import TOKEN
from harness.certificates import server_context
from harness.http import request
from harness.process import Process
from harness.server import Exchange, reply, silent
from harness.wait import eventually
from test_upgrade import HANDSHAKE, switch_and_echo

OF_LOOPBACK = "IP:127.0.0.1"
IN_THE_PAST = ("20200101000000Z", "20210101000000Z")
IN_THE_FUTURE = ("20480101000000Z", "20491231235959Z")
SYSTEM_PATHS = "/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin"


@pytest.fixture(scope="module")
def context(authority):
    """Of an API that is who it says."""
    return server_context(*authority.issue("good", OF_LOOPBACK))


@pytest.fixture
def api(start_server, context):
    return start_server(tls=context)


@pytest.fixture
def start(start_sidecar, authority):
    """start(api, ca_file=..., ...): a sidecar in front of that API; `tls` and other options of the upstream."""
    def start_with(api, tls=None, config=None, **options):
        upstream = {"url": api.url.replace("http://", "https://"), "connect_timeout": "20s",
                    "tls": {"ca_file": str(authority.ca_file), **(tls or {})}, **options}
        return start_sidecar({"upstream": upstream, **(config or {})}, upstream=api)
    return start_with


@pytest.fixture
def sidecar(start, api):
    return start(api)


def end_with_notice(exchange):
    """The end of the connection with a close_notify."""
    exchange.keep = False
    exchange.connection.sock.shutdown(socket.SHUT_WR)


def end_without_notice(exchange):
    """FIN, and no close_notify."""
    exchange.keep = False
    exchange.connection.sock.raw.shutdown(socket.SHUT_RDWR)


def test_requests_pass_with_identity_and_bodies(sidecar, api):
    api.handler = reply(200, b"x" * 300_000)
    answer = sidecar.ask("/a?b", TOKEN, method="POST", body=b"y" * 300_000, fields=[("X-Gate-Account-Id", "gacct_forged")])
    assert answer.status == 200 and answer.body == b"x" * 300_000
    seen = api.last
    assert seen.one("X-Gate-Account-Id") == "gacct_valid"
    assert seen.body == b"y" * 300_000
    assert seen.one("Host") == "api.test"


def test_connections_are_kept(sidecar, api):
    with sidecar.connect() as client:
        for _ in range(20):
            assert client.exchange(request("GET", "/", TOKEN)).status == 200
    assert api.connections == 1


def refused(sidecar, code, *whys):
    """A 502 with that code in the answer, the access log and the metrics; the log says what is wrong."""
    answer = sidecar.ask("/refused", TOKEN)
    assert (answer.status, answer.error["code"]) == (502, code)
    line = sidecar.access_line("/refused")
    assert line["error.type"] == code and line["http.response.status_code"] == 502
    told = sidecar.wait_for_log(lambda e: e.get("error.type") == code and "exception.message" in e, "what is wrong")
    assert any(why in told["exception.message"] for why in whys), told
    eventually(lambda: sidecar.metric("gate_request_failures_total", reason=code) == 1, "the failure to be counted")


@pytest.mark.parametrize("dates, why", [(IN_THE_PAST, "expired"), (IN_THE_FUTURE, "not yet valid")], ids=["expired", "too early"])
def test_a_certificate_out_of_its_time_is_not_trusted(start, start_server, authority, dates, why):
    """Rule 17."""
    api = start_server(tls=server_context(*authority.issue("out-of-time", OF_LOOPBACK, *dates)))
    refused(start(api), "upstream_tls_untrusted", why)
    assert api.requests == []


def test_an_unknown_authority_is_not_trusted(start, start_server, stranger):
    """Rule 17."""
    api = start_server(tls=server_context(*stranger.issue("unknown", OF_LOOPBACK)))
    refused(start(api), "upstream_tls_untrusted", "issuer")
    assert api.requests == []


def test_without_a_ca_file_only_the_systems_authorities_are_trusted(start, api):
    """Rule 17."""
    refused(start(api, {"ca_file": ""}), "upstream_tls_untrusted", "issuer")
    assert api.requests == []


@pytest.mark.parametrize("alternative", ["IP:127.0.0.2", "DNS:localhost", "DNS:127.0.0.1"])
def test_a_wrong_name_is_not_trusted(start, start_server, authority, alternative):
    """Rule 17."""
    api = start_server(tls=server_context(*authority.issue("wrong-name", alternative)))
    refused(start(api), "upstream_tls_name", "mismatch")
    assert api.requests == []


class Plain:
    """Answers whatever comes without TLS."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with self.listener.accept()[0] as sock:
            sock.recv(1 << 16)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def stop(self):
        self.thread.join(60)
        self.listener.close()


def test_a_server_without_tls_is_a_failure(start, started):
    refused(start(started.add(Plain())), "upstream_tls_failed", "it does not speak TLS", "packet length")


def test_a_server_with_an_old_version_only_is_a_failure(start, start_server, authority):
    old = server_context(*authority.issue("old", OF_LOOPBACK))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    refused(start(start_server(tls=old)), "upstream_tls_failed", "protocol version", "unsupported protocol", "version")


def test_a_server_that_never_shakes_hands_is_a_504(start, api):
    listener = socket.create_server(("127.0.0.1", 0))
    quiet = type("Quiet", (), {"url": "https://127.0.0.1:%d" % listener.getsockname()[1]})
    answer = start(quiet, connect_timeout="500ms").ask("/", TOKEN)
    assert (answer.status, answer.error["code"]) == (504, "upstream_connect_timeout")
    listener.close()


def test_the_name_is_that_of_the_url_or_the_one_that_is_configured(start, start_server, authority):
    asked = []
    inner = server_context(*authority.issue("inner", "DNS:inner.test,DNS:localhost"))
    inner.sni_callback = lambda _, name, __: asked.append(name)
    api = start_server(tls=inner)
    assert start(api, {"server_name": "inner.test"}).ask("/", TOKEN).status == 200
    by_name = start(api, url="https://localhost:%d" % api.port)
    assert by_name.ask("/", TOKEN).status == 200
    refused(start(api), "upstream_tls_name", "mismatch")
    assert asked == ["inner.test", "localhost", None]


@pytest.fixture
def demanding(authority):
    """Wants a certificate of the authority."""
    made = server_context(*authority.issue("demanding", OF_LOOPBACK))
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(authority.ca_file)
    return made


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_server_that_demands_a_certificate_gets_it(start, start_server, authority, demanding, version):
    demanding.maximum_version = version
    api = start_server(tls=demanding)
    certificate, key = authority.issue("client", "DNS:sidecar.test")
    ours = {"client_cert_file": str(certificate), "client_key_file": str(key)}
    assert start(api, ours).ask("/", TOKEN).status == 200
    refused(start(api), "upstream_tls_failed", "certificate required", "handshake failure", "ended")
    assert len(api.requests) == 1


def test_an_end_without_close_notify_is_a_truncation(sidecar, api):
    """Only close_notify ends a body that lasts until the end of the connection (RFC 8446 6.1)."""
    def part(exchange: Exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\n\r\nthis is all")

    def cut(exchange: Exchange):
        part(exchange)
        end_without_notice(exchange)
    api.handler = cut
    with sidecar.connect() as client, pytest.raises((EOFError, OSError)):
        client.exchange(request("GET", "/cut", TOKEN))
    assert sidecar.access_line("/cut")["error.type"] == "upstream_truncated"

    def whole(exchange: Exchange):
        part(exchange)
        end_with_notice(exchange)
    api.handler = whole
    assert sidecar.ask("/whole", TOKEN).body == b"this is all"
    assert "error.type" not in sidecar.access_line("/whole")


def test_a_kept_connection_that_ends_leaves_the_pool(start, api):
    sidecar = start(api, idle_timeout="10m")

    def answer_and_end(exchange: Exchange):
        reply()(exchange)
        end_with_notice(exchange)
    api.handler = answer_and_end
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 0, "the pool to notice")
    assert sidecar.ask("/", TOKEN, "POST", body=b"not twice").status == 200
    assert len(api.requests) == 2


def test_a_client_that_leaves_is_seen_by_the_api(sidecar, api):
    api.handler = silent
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        exchange = api.wait_for_request()
        client.reset()
    assert exchange.gone.wait(60)


def test_a_half_closed_client_gets_its_answer(sidecar, api):
    with sidecar.connect() as client:
        client.send(request("POST", "/", TOKEN, body=b"all of it"))
        client.end_sending()
        assert client.response().body == b"ok"
    assert api.last.body == b"all of it"


def test_an_upgraded_connection_goes_through(sidecar, api):
    api.handler = switch_and_echo
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        for size in (1, 1000, 100_000):
            client.send(b"\x82\xff" + size.to_bytes(8, "big") + b"\0\0\0\0" + b"x" * size)
            assert client.exactly(size + 14)[-size:] == b"x" * size


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_sessions_are_resumed(start, start_server, authority, version):
    resuming = server_context(*authority.issue("resuming", OF_LOOPBACK))
    resuming.maximum_version = version
    resumed = []

    def note(exchange: Exchange):
        resumed.append(exchange.connection.sock.tls.session_reused)
        reply()(exchange)
    api = start_server(note, tls=resuming)
    sidecar = start(api, config={"workers": 1}, idle_timeout="0s")
    for _ in range(5):
        assert sidecar.ask("/", TOKEN).status == 200
    assert resumed == [False, True, True, True, True]


def test_connections_go_from_one_worker_to_another(start, api):
    """There is one connection, which all workers need."""
    sidecar = start(api, config={"workers": 4, "limits": {"upstream_connections": 1, "upstream_wait": "60s", "upstream_share": "100%"}})
    statuses = []

    def ask_often():
        with sidecar.connect() as client:
            statuses.extend(client.exchange(request("GET", "/", TOKEN)).status for _ in range(20))
    clients = [threading.Thread(target=ask_often) for _ in range(8)]
    for each in clients:
        each.start()
    for each in clients:
        each.join(300)
    assert statuses == [200] * 160


def replace(path, text):
    """In one step: the program reads the file whenever it likes."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="ascii")
    new.rename(path)


def reload(sidecar):
    sidecar.process.signal(signal.SIGHUP)


def test_another_ca_file_takes_effect_with_a_reload(start, api, authority, stranger, tmp_path):
    ca_file = tmp_path / "trusted.pem"
    shutil.copy(authority.ca_file, ca_file)
    sidecar = start(api, {"ca_file": str(ca_file)}, config={"workers": 1}, idle_timeout="10m")
    with sidecar.connect() as client:
        def outcome():
            answer = client.exchange(request("GET", "/", TOKEN))
            return answer.status if answer.status == 200 else answer.error["code"]

        assert (outcome(), outcome(), api.connections) == (200, 200, 1)
        replace(ca_file, stranger.ca_file.read_text(encoding="ascii"))  # neither the connection nor its session is of use any more
        reload(sidecar)
        eventually(lambda: outcome() == "upstream_tls_untrusted", "the other authority to be in force", within=20)

        replace(ca_file, "not a certificate\n")
        reload(sidecar)
        sidecar.wait_for_log(lambda e: "certificates were not reloaded" in e.get("message", ""), "the refusal", within=20)
        assert outcome() == "upstream_tls_untrusted"

        replace(ca_file, authority.ca_file.read_text(encoding="ascii"))
        reload(sidecar)
        eventually(lambda: outcome() == 200, "the first authority to be in force again", within=20)


def test_a_connection_in_use_does_not_outlive_a_change_of_its_ca_file(start, api, authority, stranger, tmp_path):
    """It ends what it has begun, and then it is closed."""
    ca_file, proceed = tmp_path / "trusted.pem", threading.Event()
    shutil.copy(authority.ca_file, ca_file)

    def wait(exchange: Exchange):
        proceed.wait(120)
        reply()(exchange)
    api.handler = wait
    sidecar = start(api, {"ca_file": str(ca_file)}, config={"workers": 1}, idle_timeout="10m")
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        api.wait_for_request()
        replace(ca_file, stranger.ca_file.read_text(encoding="ascii"))
        reload(sidecar)
        sidecar.wait_for_log(lambda e: "the configuration was reloaded" in e.get("message", ""), "the reload", within=20)
        proceed.set()
        assert client.response().status == 200
        eventually(lambda: sidecar.metric("upstream_connections", state="active") == 0, "the connection to be given back")
        assert client.exchange(request("GET", "/", TOKEN)).error["code"] == "upstream_tls_untrusted"


def test_each_named_upstream_has_a_tls_of_its_own(start_sidecar, start_server, upstream, api, authority, stranger):
    other = start_server(reply(200, b"other"), tls=server_context(*stranger.issue("other", "DNS:other.test")))
    sidecar = start_sidecar({
        "upstreams": {"good": {"url": api.url, "tls": {"ca_file": str(authority.ca_file)}},
                      "other": {"url": other.url, "tls": {"ca_file": str(stranger.ca_file), "server_name": "other.test"}},
                      "wrong": {"url": other.url, "tls": {"ca_file": str(authority.ca_file), "server_name": "other.test"}}},
        "routes": [{"path": "/%s/**" % name, "upstream": name} for name in ("good", "other", "wrong")]})
    assert sidecar.ask("/good/", TOKEN).body == b"ok"
    assert sidecar.ask("/other/", TOKEN).body == b"other"
    assert sidecar.ask("/wrong/", TOKEN).error["code"] == "upstream_tls_untrusted"
    assert sidecar.ask("/", TOKEN).status == 200 and upstream.last.target == "/"
    told = sidecar.wait_for_log(lambda e: e.get("error.type") == "upstream_tls_untrusted" and "exception.message" in e, "what is wrong")
    assert told["gate.upstream"] == "wrong"


class Behind:
    """A real server behind the sidecar, at a free port of its own choosing."""

    def __init__(self, program, directory, certificate, key):
        self.port = free_port()
        self.url = "https://127.0.0.1:%d" % self.port
        found = shutil.which(program, path=SYSTEM_PATHS)
        if not found:
            pytest.skip(program + " is not installed")
        directory.mkdir()
        pair = directory / "pair.pem"
        pair.write_bytes(certificate.read_bytes() + key.read_bytes())
        path = directory / "conf"
        path.write_text(CONFIGURATIONS[program].format(port=self.port, pair=pair, directory=directory), encoding="ascii")
        as_root = ["-g", "user root;"] if os.geteuid() == 0 else []  # pytest's folder is closed to others
        arguments = ["-p", directory, "-c", path, "-e", "stderr", *as_root] if program == "nginx" else ["-f", path]
        self.process = Process([found, *arguments], {"HOME": str(directory)})
        eventually(self.accepts, "%s to listen" % program, within=10)

    def accepts(self):
        assert self.process.running(), self.process.output()
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.exit_code_matters = False
        self.process.stop(within=15)


CONFIGURATIONS = {
    "nginx": """
daemon off; pid {directory}/pid; error_log stderr;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {pair}; ssl_certificate_key {pair};
    location / {{ return 200 "$http_x_gate_account_id $ssl_session_reused"; }}
  }}
}}
""",
    "haproxy": """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend it
  bind 127.0.0.1:{port} ssl crt {pair}
  http-request return status 200 content-type text/plain lf-string "%[req.hdr(x-gate-account-id)] %[ssl_fc_is_resumed,iif(r,.)]"
""",
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("program", CONFIGURATIONS)
def test_real_servers_behind(start, started, authority, stranger, tmp_path, program):
    good = started.add(Behind(program, tmp_path / "good", *authority.issue("real", OF_LOOPBACK)))
    sidecar = start(good, config={"workers": 1}, idle_timeout="0s")
    bodies = [sidecar.ask("/", TOKEN).body for _ in range(3)]
    assert bodies == [b"gacct_valid .", b"gacct_valid r", b"gacct_valid r"]
    with start(good).connect() as client:
        assert [client.exchange(request("GET", "/", TOKEN)).status for _ in range(10)] == [200] * 10
    refused(start(good, {"ca_file": str(stranger.ca_file)}), "upstream_tls_untrusted", "issuer")
    refused(start(good, {"server_name": "other.test"}), "upstream_tls_name", "mismatch")
    expired = started.add(Behind(program, tmp_path / "expired", *authority.issue("expired", OF_LOOPBACK, *IN_THE_PAST)))
    refused(start(expired), "upstream_tls_untrusted", "expired")


# ---- other files while it runs -------------------------------------------------------------------------------------------------
def put(target, source):
    being_written = target.with_name(target.name + ".new")
    being_written.write_bytes(source.read_bytes())
    being_written.rename(target)


def certificate_swaps(sidecar, result):
    return sidecar.metric("config_reloads_total", what="certificate", result=result)


def test_our_certificate_for_the_upstream_is_shown_with_its_date_and_swapped(start, start_server, authority, demanding, tmp_path):
    api = start_server(tls=demanding)
    certificate, key, names = tmp_path / "own.crt", tmp_path / "own.key", []

    def note_name(exchange):
        names.append(exchange.connection.sock.tls.getpeercert()["subjectAltName"][0][1])
        reply(200)(exchange)
    api.handler = note_name

    def use(pair):
        for target, source in zip((certificate, key), pair):
            put(target, source)
    use(authority.issue("first", "DNS:first.test", not_after="20400101000000Z"))
    own = {"client_cert_file": str(certificate), "client_key_file": str(key)}
    sidecar = start(api, own, {"workers": 1}, idle_timeout="10m")

    def shown():
        """The name in the certificate that a request has come with, and when the gauge says that it ends."""
        assert sidecar.ask("/", TOKEN).status == 200
        return names[-1], sidecar.metric("tls_certificate_not_after_seconds", use="upstream", certificate=names[-1], key="ecdsa")
    assert shown() == ("first.test", 2208988800)
    connections = api.connections
    assert shown() == ("first.test", 2208988800) and api.connections == connections
    use(authority.issue("second", "DNS:second.test", not_after="20410101000000Z"))
    sidecar.process.signal(signal.SIGHUP)
    sidecar.wait_for_log(lambda e: "the certificate of upstream second.test" in e.get("changes", ""))
    assert shown() == ("second.test", 2240611200)
    assert api.connections == connections + 1, "the kept connections have shown the certificate of before"
    assert sidecar.metric("tls_certificate_not_after_seconds", use="upstream", certificate="first.test") == 0
    put(certificate, authority.issue("third", "DNS:third.test")[0])  # of another key
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: certificate_swaps(sidecar, "failure") == 1, "the bad pair to be refused")
    assert shown() == ("second.test", 2240611200) and api.connections == connections + 1
