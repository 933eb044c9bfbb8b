"""The configuration is reloaded while the program runs: what changes, what stays, and what is refused."""
import os
import shutil
import signal
import threading

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness import sidecar as sidecar_module
from harness.certificates import Authority, server_context
from harness.http import request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.server import silent, vouch_for
from harness.sidecar import merged, run_cli
from harness.wait import eventually
from test_streams import sends_events
from test_upgrade import HANDSHAKE, switch_and_echo

OTHER = "agt_other"


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, OTHER: "gacct_other"})


@pytest.fixture
def admin_token(tmp_path):
    path = tmp_path / "admin-token"
    path.write_text(ADMIN_TOKEN + "\n", encoding="utf-8")
    return path


@pytest.fixture
def start(start_sidecar, admin_token):
    def start(config=None, **how):
        admin = {"admin": {"address": "127.0.0.1:0", "token_file": str(admin_token)}}
        return Reloadable(start_sidecar(merged(admin, config or {}), **how))
    return start


@pytest.fixture
def sidecar(start):
    return start()


@pytest.fixture
def client(sidecar):
    """One connection for all requests of a test: no reload closes it."""
    with sidecar.connect() as connection:
        yield lambda target="/", token=None, fields=(), body=b"", method="GET": connection.exchange(
            request(method, target, token, fields, body))


# ---- what changes, on a connection that stays ----------------------------------------------------------------------
def test_the_mode(sidecar, client):
    assert client().status == 401
    said = sidecar.reload({"auth": {"mode": "optional"}})
    assert said == {"reloaded": True, "generation": 2, "changes": ["auth.mode: required -> optional"], "restart_needed": []}
    assert client().status == 200
    sidecar.reload({"auth": {"mode": "required"}})
    assert client().status == 401


def test_public_paths(sidecar, client):
    assert client("/open").status == 401
    sidecar.reload({"auth": {"public_paths": ["/open"]}})
    assert (client("/open").status, client("/closed").status) == (200, 401)


def test_the_identity_header_and_with_it_what_is_stripped(sidecar, client, upstream):
    """Rules 1 and 2."""
    assert client(token=TOKEN, fields=[("X-Org", "liar")]).status == 200
    assert (upstream.last.one("X-Gate-Account-Id"), upstream.last.all("X-Org")) == (ACCOUNT, ["liar"])
    sidecar.reload({"auth": {"header_name": "X-Org"}})
    assert client(token=TOKEN, fields=[("X-Org", "liar"), ("X-Gate-Account-Id", "liar")]).status == 200
    assert (upstream.last.all("X-Org"), upstream.last.all("X-Gate-Account-Id")) == ([ACCOUNT], [])


def test_a_request_that_waits_for_gate_keeps_the_header_that_it_was_searched_for(start, start_gate, upstream):
    """Rule 2: under the new name it would stand beside the client's own."""
    gate = start_gate("--latency", "1s")
    sidecar = start({"workers": 1}, gate=gate)
    with sidecar.connect() as connection:
        connection.send(request("GET", "/", TOKEN, [("X-Org", "liar")]))
        eventually(lambda: sidecar.metric("gate_verify_inflight") == 1, "the call to Gate")
        sidecar.reload({"auth": {"header_name": "X-Org"}})
        assert connection.response().status == 200
    assert (upstream.last.all("X-Org"), upstream.last.one("X-Gate-Account-Id")) == (["liar"], ACCOUNT)


def test_the_upstream_while_a_request_is_under_way(sidecar, client, upstream, start_server):
    release = threading.Event()

    def late(exchange):
        exchange.read_body()
        release.wait(60)
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")
    assert client(token=TOKEN).body == b"ok"
    upstream.handler = late
    other = start_server(lambda exchange: exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"))
    with sidecar.connect() as waiting:
        waiting.send(request("GET", "/slow", TOKEN))
        eventually(lambda: upstream.last.target == "/slow", "the request at the old upstream")
        sidecar.reload({"upstream": {"url": other.url}})
        assert client(token=TOKEN).body == b"new"
        release.set()
        assert waiting.response().body == b"old"
        waiting.send(request("GET", "/", TOKEN))
        assert waiting.response().body == b"new"
    eventually(lambda: sidecar.metric("upstream_connections", state="active") == 0, "the end of what is in use")
    assert sidecar.metric("upstream_connections", state="idle") <= 2


def test_an_upstream_by_name(sidecar, client, start_server):
    other = start_server()
    assert client(token=TOKEN).status == 200
    sidecar.reload({"upstream": {"url": "http://localhost:%d" % other.port}})
    assert client(token=TOKEN).status == 200
    assert len(other.requests) == 1


def test_limits_of_a_head(sidecar, client):
    long = "/" + "x" * 200
    assert client(long, TOKEN).status == 200
    sidecar.reload({"limits": {"target_length": "100B"}})
    assert client(long[:50], TOKEN).status == 200
    assert client(long, TOKEN).status == 414


def test_requests_per_connection(sidecar, client):
    assert client(token=TOKEN).one("Connection") is None
    sidecar.reload({"limits": {"requests_per_connection": 2}})
    assert client(token=TOKEN).one("Connection") == "close"


def test_connections_per_client(sidecar, client):
    assert client(token=TOKEN).status == 200
    sidecar.reload({"limits": {"connections_per_client": 1}})
    with sidecar.connect() as first:
        assert first.exchange(request("GET", "/", TOKEN)).status == 200
        assert sidecar.ask("/", TOKEN).status == 503
        sidecar.reload({"limits": {"connections_per_client": 0}})
        assert sidecar.ask("/", TOKEN).status == 200
    assert client(token=TOKEN).status == 200


def test_response_timeout(sidecar, client, upstream):
    assert client(token=TOKEN).status == 200
    sidecar.reload({"upstream": {"response_timeout": "50ms"}})
    upstream.handler = silent
    assert client(token=TOKEN).status == 504


def test_forward_token(sidecar, client, upstream):
    client(token=TOKEN)
    assert upstream.last.one("Authorization") is None
    sidecar.reload({"upstream": {"forward_token": True}})
    client(token=TOKEN)
    assert upstream.last.one("Authorization") == "Bearer " + TOKEN


def test_trusted_proxies(sidecar, client, upstream):
    told = [("X-Forwarded-For", "192.0.2.1")]
    client(token=TOKEN, fields=told)
    assert upstream.last.one("X-Forwarded-For") == "127.0.0.1"
    sidecar.reload({"forwarded": {"trusted_proxies": ["127.0.0.1"]}})
    client(token=TOKEN, fields=told)
    assert upstream.last.one("X-Forwarded-For") == "192.0.2.1, 127.0.0.1"
    sidecar.reload({"forwarded": {"trusted_proxies": []}})
    client(token=TOKEN, fields=told)
    assert upstream.last.one("X-Forwarded-For") == "127.0.0.1"


def test_the_ttl_also_of_what_is_cached(sidecar, client, gate):
    for _ in range(3):
        assert client(token=TOKEN).status == 200
    assert gate.calls(TOKEN) == 1
    sidecar.reload({"cache": {"ttl": "0s"}})
    assert client(token=TOKEN).status == 200
    assert gate.calls(TOKEN) == 2


def test_the_negative_ttl_also_of_what_is_cached(sidecar, client, gate):
    for _ in range(2):
        assert client(token="agt_unknown").status == 401
    assert gate.calls("agt_unknown") == 1
    sidecar.reload({"cache": {"negative_ttl": "0s"}})
    assert client(token="agt_unknown").status == 401
    assert gate.calls("agt_unknown") == 2


def test_the_path_of_the_call_with_what_the_old_one_has_told(sidecar, client, gate):
    assert client(token=TOKEN).status == 200
    sidecar.reload({"gate": {"verify_path": "/elsewhere"}})
    assert client(token=TOKEN).status == 503
    sidecar.reload({"gate": {"verify_path": "/v1/gate/agent-tokens/verify"}})
    eventually(lambda: client(token=TOKEN).status == 200, "the call under the right path", within=10, every=0.2)


def test_the_time_for_a_call(start, start_gate):
    sidecar = start({"cache": {"ttl": "0s"}}, gate=start_gate("--latency", "300ms"))
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.reload({"gate": {"timeout": "20ms"}})
    assert sidecar.ask("/", TOKEN).error["code"] == "gate_timeout"


def test_failed_tokens(sidecar, client):
    assert client(token="agt_bad1").status == 401
    sidecar.reload({"limits": {"failed_tokens": 1}})
    assert client(token="agt_bad2").status == 429
    sidecar.reload({"limits": {"failed_tokens": 0}})
    assert client(token="agt_bad2").status == 401


def test_the_log(sidecar, client):
    client("/one", TOKEN)
    sidecar.access_line("/one")
    sidecar.reload({"log": {"access": False}})
    client("/two", TOKEN)
    sidecar.reload({"log": {"access": True, "format": "text"}})
    client("/three", TOKEN)
    sidecar.access_line("/three")
    assert not [e for e in sidecar.log() if e.get("url.path") == "/two"]
    assert not sidecar.process.out.all()[-1].startswith("{")
    sidecar.reload({"log": {"level": "error"}})
    before = len(sidecar.process.out.all())
    client("/four", TOKEN)
    sidecar.reload()
    assert len(sidecar.process.out.all()) == before


def test_the_time_that_a_shutdown_leaves(start, start_server):
    def never(exchange):
        exchange.read_body()
        exchange.wait_until_gone()
    sidecar = start({"shutdown": {"grace": "1h"}}, upstream=start_server(never))
    with sidecar.connect() as waiting:
        waiting.send(request("GET", "/", TOKEN))
        eventually(lambda: sidecar.metric("upstream_connections", state="active") == 1, "the request at the upstream")
        sidecar.reload({"shutdown": {"grace": "0s"}})
        sidecar.terminate()
        assert sidecar.wait() == 0


def test_the_admin_token_and_hosts(sidecar, admin_token):
    assert sidecar.post("/config", "GET", "other-other-other-other").status == 401
    admin_token.write_text("other-other-other-other\n", encoding="utf-8")
    sidecar.reload({"admin": {"hosts": ["ops.test"]}})
    assert sidecar.post("/config", "GET").status == 401
    assert sidecar.post("/config", "GET", "other-other-other-other").status == 200
    with sidecar.connect().to(sidecar.ports["admin"]) as connection:
        assert connection.exchange(request("GET", "/livez", host="ops.test")).status == 200


def test_the_authorities_for_gate(start, start_server, tmp_path, upstream):
    """Rule 17."""
    right, wrong = Authority(tmp_path / "right"), Authority(tmp_path / "wrong")
    gate = start_server(vouch_for("gacct_tls"), tls=server_context(*right.issue("gate", "DNS:localhost")))
    bundle = tmp_path / "bundle.pem"
    shutil.copy(wrong.ca_file, bundle)
    sidecar = start({"gate": {"base_url": "https://localhost:%d" % gate.port, "ca_file": str(bundle)},
                     "cache": {"ttl": "0s"}}, gate=gate)
    assert sidecar.ask("/", TOKEN).error["code"] == "gate_unreachable"
    shutil.copy(right.ca_file, bundle)  # the same path
    assert sidecar.reload()["changes"] == ["the content of gate.ca_file"]
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.reload({"gate": {"ca_file": str(wrong.ca_file)}})
    assert sidecar.ask("/", TOKEN).error["code"] == "gate_unreachable"
    (tmp_path / "none.pem").write_text("none\n", encoding="utf-8")
    sidecar.write({"gate": {"ca_file": str(tmp_path / "none.pem")}})
    assert sidecar.post().status == 422


def test_the_file_of_the_secret_key(start, start_gate, tmp_path):
    gate = start_gate()
    gate.control("PUT", "/_control/keys", ["sk_test_second"])
    key = tmp_path / "key"
    key.write_text("sk_test_second\n", encoding="utf-8")
    sidecar = start({"cache": {"ttl": "0s"}}, gate=gate)
    assert sidecar.ask("/", TOKEN).error["code"] == "gate_key_refused"
    sidecar.reload({"gate": {"secret_key_file": str(key)}})
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the key in the file", within=10, every=0.2)


def test_the_secret_key_file_is_read_with_every_reload_and_its_problem_told(start, start_gate, tmp_path):
    """Rule 17. The configuration and the key are reloaded together, and fail each for itself."""
    gate = start_gate()
    gate.control("PUT", "/_control/keys", ["sk_test_first", "sk_test_second"])
    key = tmp_path / "key"
    key.write_text("sk_test_first\n", encoding="utf-8")
    sidecar = start({"cache": {"ttl": "0s"}, "gate": {"secret_key_file": str(key)}}, gate=gate)
    failures = {"what": "secret_key", "result": "failure"}
    assert (sidecar.reload()["changes"], sidecar.metric("config_reloads_total", **failures)) == ([], 0)

    key.unlink()
    sidecar.write({"auth": {"mode": "optional"}})
    answer = sidecar.post()
    assert (answer.status, answer.error["code"]) == (422, "secret_key.refused")
    assert [p for p in answer.error["details"]["problems"] if p.startswith(str(key) + ": ")]
    assert sidecar.ask("/").status == 200  # the configuration is in force
    assert sidecar.metric("config_reloads_total", **failures) >= 1
    assert sidecar.metric("config_last_reload_successful", what="secret_key") == 0
    ready = sidecar.operate("/readyz")
    assert (ready.status, "secret key file" in ready.json()["detail"]) == (200, True)
    code, out, err = command(sidecar)
    assert (code, out) == (78, "")
    assert str(key) in err and "last good secret key" in err

    sidecar.replace("none: true\n")
    answer = sidecar.post()
    assert (answer.status, answer.error["code"]) == (422, "config.refused")
    assert len(answer.error["details"]["problems"]) == 2
    sidecar.write({})
    key.write_text("sk_test_second\n", encoding="utf-8")
    assert "the secret key: the new one is used once Gate accepts it" in sidecar.reload()["changes"]
    assert sidecar.metric("config_last_reload_successful", what="secret_key") == 1
    assert sidecar.ask("/", TOKEN).status == 200


# ---- streams that would be refused now -----------------------------------------------------------------------------
def test_a_stream_on_a_path_that_is_public_no_more_ends(start, upstream):
    upstream.handler = sends_events
    sidecar = start({"auth": {"public_paths": ["/events"]}})
    with sidecar.connect() as stranger, sidecar.connect() as other:
        stranger.send(request("GET", "/events"))
        other.send(request("GET", "/private", TOKEN))
        assert (stranger.head().status, other.head().status) == (200, 200)
        sidecar.reload({"auth": {"public_paths": ["/else"]}})
        line = sidecar.access_line("/events")
        assert line["error.type"] == "token_missing"
        with pytest.raises((EOFError, OSError)):  # rule 26: cut, not ended
            for _ in stranger.chunks([]):
                pass
        chunks = other.chunks([])
        assert next(chunks) and next(chunks)


def test_a_websocket_without_a_token_ends_when_one_is_required(start, upstream):
    upstream.handler = switch_and_echo
    sidecar = start({"auth": {"mode": "optional"}})
    with sidecar.connect() as stranger, sidecar.connect() as account:
        assert stranger.exchange(request("GET", "/ws", None, HANDSHAKE)).status == 101
        assert account.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        sidecar.reload({"auth": {"mode": "required"}})
        assert stranger.exactly(4) == b"\x88\x02\x03\xf0"
        account.send(b"ping")
        assert account.exactly(4) == b"ping"


def test_a_stream_whose_head_comes_after_the_reload_is_refused(start, upstream):
    go = threading.Event()

    def late(exchange):
        exchange.read_body()
        go.wait(60)
        sends_events(exchange)
    upstream.handler = late
    sidecar = start({"auth": {"mode": "optional"}})
    with sidecar.connect() as stranger:
        stranger.send(request("GET", "/events"))
        eventually(lambda: upstream.requests, "the request at the upstream")
        sidecar.reload({"auth": {"mode": "required"}})
        go.set()
        assert sidecar.access_line("/events")["error.type"] == "token_missing"


def test_a_download_without_a_token_runs_to_its_end(start, upstream):
    go = threading.Event()

    def slow(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        go.wait(60)
        exchange.connection.send(b"k")
    upstream.handler = slow
    sidecar = start({"auth": {"mode": "optional"}})
    with sidecar.connect() as stranger:
        stranger.send(request("GET", "/file"))
        assert stranger.head().status == 200
        sidecar.reload({"auth": {"mode": "required"}})
        go.set()
        assert stranger.exactly(2) == b"ok"


# ---- what is told --------------------------------------------------------------------------------------------------
def test_what_is_loosened_is_a_warning_with_old_and_new(sidecar):
    sidecar.reload({"auth": {"mode": "optional", "public_paths": ["/x"]}, "forwarded": {"trusted_proxies": ["10.0.0.0/8"]}})
    eventually(lambda: len(sidecar.lines("allows more", "warn")) == 3, "the warnings")  # the log's thread writes them
    told = [e["change"] for e in sidecar.lines("allows more", "warn")]
    assert told == ["auth.mode: required -> optional", "forwarded.trusted_proxies: 10.0.0.0/8 is trusted now",
                    "/x: required -> none"]
    assert [e["gate.config_generation"] for e in sidecar.lines("was reloaded")] == [2]
    sidecar.reload({"auth": {"mode": "required", "public_paths": []}, "forwarded": {"trusted_proxies": []}})
    eventually(lambda: len(sidecar.lines("was reloaded")) == 2, "the line about the second")
    assert len(sidecar.lines("allows more")) == 3


def test_what_needs_a_restart_is_named_and_the_rest_applies(sidecar, client):
    said = sidecar.reload({"workers": 1, "cache": {"max_entries": 5}, "auth": {"mode": "optional"}})
    assert said["restart_needed"] == ["cache.max_entries", "workers"]
    assert client().status == 200
    assert sidecar.metric("gate_config_restart_needed") == 1
    eventually(lambda: sidecar.lines("only after a restart"), "the warning")
    warned, = sidecar.lines("only after a restart")
    assert warned["options"] == "cache.max_entries, workers"
    sidecar.reload({"workers": 2, "cache": {"max_entries": 100000}})
    assert sidecar.metric("gate_config_restart_needed") == 0


def test_the_configuration_in_force_with_its_sources(start):
    sidecar = start({"cache": {"ttl": "9s"}}, env={"GATE_SIDECAR_CACHE_NEGATIVE_TTL": "7s"})
    answer = sidecar.post("/config", "GET")
    page = answer.json()
    assert page["generation"] == 1 and page["hash"].startswith("sha256:") and page["since"].endswith("Z")
    options = page["options"]
    assert (options["cache.ttl"]["value"], options["cache.ttl"]["source"]) == ("9s", "file")
    assert options["cache.negative_ttl"] == {"value": "7s", "source": "environment",
                                             "where": "GATE_SIDECAR_CACHE_NEGATIVE_TTL", "applies": "live"}
    assert options["workers"]["applies"] == "restart" and options["cache.grace"]["source"] == "default"
    assert page["secrets"]["secret_key"]["set"] and page["secrets"]["admin_token"]["set"]
    assert ADMIN_TOKEN not in answer.body.decode() and "sk_test" not in answer.body.decode()
    sidecar.reload({"cache": {"negative_ttl": "1s", "ttl": "8s"}})  # the environment of the start stays above
    options = sidecar.post("/config", "GET").json()["options"]
    assert (options["cache.negative_ttl"]["value"], options["cache.ttl"]["value"]) == ("7s", "8s")


@pytest.mark.parametrize("target, method", [("/reload", "POST"), ("/config", "GET")])
def test_who_does_not_show_the_admin_token_is_refused(sidecar, start_sidecar, target, method):
    """Rule 18."""
    for token in (None, "x", ADMIN_TOKEN + "x"):
        assert sidecar.post(target, method, token).status == 401
    assert Reloadable(start_sidecar()).post(target, method).status == 403
    assert sidecar.operate(target, "status", method).status == 404


# ---- what is refused -----------------------------------------------------------------------------------------------
def test_a_bad_file_changes_nothing_and_is_told(sidecar, client):
    good = sidecar.path.read_text(encoding="utf-8")
    problems = sidecar.refused("auth: {mode: optional, publc_paths: []}\ncache:\n  ttl: 5\n")
    assert len(problems) == 2
    assert problems[0].startswith("%s:1:24: unknown key" % sidecar.path) and ":3:8: cache.ttl" in problems[1]
    assert client().status == 401
    eventually(lambda: sidecar.lines("not reloaded"), "the line about it")
    told, = sidecar.lines("not reloaded")
    assert all(each in told["problems"] for each in problems) and told["gate.config_generation"] == 1
    assert sidecar.metric("config_reloads_total", what="config", result="failure") == 1
    assert sidecar.metric("config_last_reload_successful", what="config") == 0
    ready = sidecar.operate("/readyz")
    assert ready.status == 200 and "unknown key" in ready.json()["detail"]
    sidecar.replace(good)
    assert sidecar.reload()["generation"] == 1
    assert sidecar.metric("config_last_reload_successful", what="config") == 1
    assert "detail" not in sidecar.operate("/readyz").json()


@pytest.mark.parametrize("text", ["", "# all of it\n", "auth: {mode: [", "\x00\x01"])
def test_a_half_written_file_changes_nothing(sidecar, client, text):
    assert sidecar.refused(text)
    assert client().status == 401 and client(token=TOKEN).status == 200


def test_a_file_that_is_gone_changes_nothing(sidecar, client):
    text = sidecar.path.read_text(encoding="utf-8")
    sidecar.path.unlink()
    assert sidecar.post().status == 422
    assert client(token=TOKEN).status == 200
    sidecar.replace(text)
    assert sidecar.reload()["reloaded"]


def test_a_mixture_that_would_go_round_in_circles_is_refused(sidecar, client):
    """The new upstream is the listener that cannot change now."""
    free = yaml.safe_dump(merged(sidecar.config, {"upstream": {"url": "http://127.0.0.1:9"}, "status": {"address": "127.0.0.1:9"}}))
    assert any("is this program's own" in each or "is the address of" in each for each in sidecar.refused(free))
    assert client(token=TOKEN).status == 200


# ---- what brings a reload about ------------------------------------------------------------------------------------
def wait_for_generation(sidecar, generation):
    eventually(lambda: sidecar.metric("gate_config_generation") == generation, "generation %d" % generation, within=10)


def test_a_file_that_takes_the_place_of_the_old_one(sidecar, client):
    sidecar.write({"auth": {"mode": "optional"}})
    wait_for_generation(sidecar, 2)
    assert client().status == 200


def test_a_file_that_is_written_in_pieces_counts_when_it_rests(sidecar, client):
    text = yaml.safe_dump(merged(sidecar.config, {"auth": {"mode": "optional"}}), sort_keys=False)
    with open(sidecar.path, "w", encoding="utf-8") as file:
        for at in range(0, len(text), 20):
            file.write(text[at:at + 20])
            file.flush()
            os.utime(sidecar.path)  # a sign of a change
    wait_for_generation(sidecar, 2)
    assert client().status == 200
    assert sidecar.metric("config_reloads_total", what="config", result="failure") == 0


def test_a_mounted_file_whose_data_link_is_swapped(sidecar, start_sidecar, tmp_path, monkeypatch):
    mount = tmp_path / "mount"
    mount.mkdir()

    def publish(version, config):
        (mount / version).mkdir()
        (mount / version / "sidecar.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        (mount / "..data_tmp").symlink_to(version)
        (mount / "..data_tmp").rename(mount / "..data")
    publish("..1", sidecar.config)
    (mount / "sidecar.yaml").symlink_to("..data/sidecar.yaml")

    class Mounted(sidecar_module.Sidecar):
        def launch(self, argv, environment):
            return super().launch([mount / "sidecar.yaml" if a == self.path else a for a in argv], environment)
    monkeypatch.setattr(sidecar_module, "Sidecar", Mounted)
    mounted = start_sidecar()
    assert mounted.ask("/").status == 401
    for number, mode in ((2, "optional"), (3, "required")):
        publish("..%d" % number, merged(sidecar.config, {"auth": {"mode": mode}}))
        wait_for_generation(mounted, number)
        shutil.rmtree(mount / ("..%d" % (number - 1)))
        assert mounted.ask("/").status == (200 if mode == "optional" else 401)


def test_hup(sidecar, client):
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: sidecar.lines("nothing has changed"), "the reload")
    assert sidecar.generation() == 1
    sidecar.write({"auth": {"mode": "optional"}})
    sidecar.process.signal(signal.SIGHUP)
    wait_for_generation(sidecar, 2)
    assert client().status == 200


def test_many_at_the_same_time_are_all_answered(sidecar):
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(sidecar.post())) for _ in range(20)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    assert [a.status for a in answers] == [200] * 20


# ---- gate-sidecar reload -------------------------------------------------------------------------------------------
def command(sidecar, *arguments, path=None, env=None):
    admin = ["--admin", "127.0.0.1:%d" % sidecar.ports["admin"]]
    return run_cli("-c", path or sidecar.path, "reload", *(arguments or admin), env={"FOIL_SECRET_KEY": "sk_test_x", **(env or {})})


def test_the_command_waits_and_tells(sidecar, client):
    sidecar.write({"auth": {"mode": "optional"}, "workers": 7})
    code, out, err = command(sidecar)
    told = {"reloaded (generation 2)\n  auth.mode: required -> optional\n",
            "reloaded: nothing has changed (generation 2)\n"}   # where the watch of the directory was faster
    assert code == 0 and out in told
    sidecar.wait_for_log(lambda e: e.get("changes") == "auth.mode: required -> optional" and e["gate.config_generation"] == 2)
    assert err == "workers: takes effect only after a restart\n"
    assert client().status == 200


def test_the_command_prints_the_problems(sidecar):
    sidecar.replace("admin: {token_file: %s}\ncache: {ttl: 5}\nnonsense: 1\n" % sidecar.config["admin"]["token_file"])
    code, out, err = command(sidecar)
    assert (code, out) == (78, "")
    assert ":2:14: cache.ttl" in err and ":3:1: unknown key" in err and "keeps the last good configuration" in err


def test_the_command_finds_the_listener_by_a_file_whose_rest_is_broken(sidecar):
    other = sidecar.path.with_name("other.yaml")
    other.write_text("nonsense: 1\nadmin: {address: '127.0.0.1:%d', token_file: %s}\n" % (
        sidecar.ports["admin"], sidecar.config["admin"]["token_file"]), encoding="utf-8")
    code, out, _ = run_cli("-c", other, "reload")
    assert (code, out) == (0, "reloaded: nothing has changed (generation 1)\n")


def test_the_command_without_a_process_or_a_token_fails(sidecar, tmp_path, admin_token):
    code, _, err = command(sidecar, "--admin", "127.0.0.1:1")
    assert code == 1 and "nothing answers at 127.0.0.1:1" in err
    bare = tmp_path / "bare.yaml"
    bare.write_text("{}\n", encoding="utf-8")
    code, _, err = command(sidecar, path=bare)
    assert code == 1 and "there is no admin token" in err
    code, _, err = command(sidecar, path=bare, env={"GATE_SIDECAR_ADMIN_TOKEN": "wrong-wrong-wrong-wrong"})
    assert code == 1 and "refuses the admin token" in err
    assert command(sidecar, "--admin", "nowhere")[0] == 2
