"""Start, health, metrics, drain and end."""
import signal
import socket
import threading

import pytest

from harness import TOKEN
from harness.http import Connection, request
from harness.server import raw, reply, silent
from harness.sidecar import run_cli
from harness.wait import eventually


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Gated:
    """A handler that answers only when it is let to."""

    def __init__(self):
        self.proceed = threading.Event()

    def __call__(self, exchange):
        exchange.read_body()
        self.proceed.wait(30)
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")


def test_it_is_alive_and_ready_while_gate_and_upstream_are_away(start_sidecar, start_server):
    away, gone = start_server(), start_server()
    away.stop()
    gone.stop()
    sidecar = start_sidecar(gate=away, upstream=gone)
    assert sidecar.operate("/livez").status == 200
    assert sidecar.operate("/readyz").status == 200
    assert sidecar.ask("/", TOKEN).status == 503
    assert sidecar.operate("/readyz").status == 200


@pytest.mark.parametrize("target", ["/", "/metrics/", "/config", "/log-level", "/tokens", "/livezz", "//livez", "/drain"])
def test_the_status_listener_serves_nothing_else(sidecar, target):
    """Rule 18."""
    assert sidecar.operate(target).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_on_the_status_listener_changes_state(sidecar, method):
    """Rule 18."""
    assert sidecar.operate("/readyz", method=method).status in (404, 405)
    assert sidecar.operate("/readyz").status == 200


@pytest.mark.parametrize("method, target", [("POST", "/drain"), ("PUT", "/log-level"), ("POST", "/revoke"), ("POST", "/quitquitquit")])
def test_nothing_on_the_admin_listener_changes_state_without_a_token(sidecar, method, target):
    """Rule 18."""
    assert sidecar.operate(target, "admin", method).status in (401, 403, 404, 405)
    assert sidecar.operate("/readyz").status == 200


@pytest.mark.parametrize("target", ["/livez", "/readyz", "/metrics"])
def test_health_endpoints_are_not_on_the_proxy_listener(sidecar, upstream, target):
    """They are on the status listener alone: rule 9."""
    assert sidecar.ask(target).status == 401
    assert upstream.requests == []


def test_metrics_tell_what_happened(sidecar):
    sidecar.ask("/", TOKEN)
    sidecar.ask("/", TOKEN)
    sidecar.ask("/", "agt_unknown")
    sidecar.ask("/")
    assert sidecar.metric("gate_decisions_total", verdict="allow", reason="token_verified") == 2
    assert sidecar.metric("gate_decisions_total", verdict="deny", reason="token_invalid") == 1
    assert sidecar.metric("gate_decisions_total", verdict="deny", reason="token_missing") == 1
    assert sidecar.metric("gate_cache_lookups_total", result="hit") == 1
    assert sidecar.metric("gate_cache_lookups_total", result="miss") == 2
    assert sidecar.metric("gate_verify_calls_total") == 2
    assert sidecar.metric("http_server_request_duration_seconds_count") == 4
    assert sidecar.metric("http_client_request_duration_seconds_count", peer="upstream") == 2
    assert sidecar.metric("http_client_request_duration_seconds_count", peer="gate") == 2
    assert sidecar.metric("gate_cache_entries", kind="positive") == 1 or sidecar.metric("gate_cache_entries") == 2
    assert sidecar.metric("build_info") == 1
    assert sidecar.metric("process_resident_memory_bytes") > 1_000_000
    assert sidecar.metrics_text("admin").startswith("#")


def test_an_unknown_method_is_one_label_and_a_path_is_none(sidecar):
    """Rule 24: a stranger cannot grow the metrics."""
    for number in range(20):
        sidecar.ask("/secret-path-%d" % number, TOKEN, "BREW%d" % number)
    text = sidecar.metrics_text()
    assert "_OTHER" in text and "BREW" not in text and "secret-path" not in text and "gacct_" not in text


def test_term_lets_the_running_exchange_finish_and_exits_cleanly(start_sidecar, upstream):
    sidecar = start_sidecar({"workers": 1})  # so that the end of the idle connection tells that draining has begun
    upstream.handler = gated = Gated()
    idle, busy = sidecar.connect(), sidecar.connect()
    assert idle.exchange(request("GET", "/")).status == 401
    busy.send(request("GET", "/busy", TOKEN))
    upstream.wait_for_request()
    sidecar.terminate()
    assert idle.is_closed()
    gated.proceed.set()
    answer = busy.response()
    assert (answer.status, answer.body) == (200, b"done")
    assert answer.one("Connection").lower() == "close" and busy.is_closed()
    assert sidecar.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        sidecar.connect()


def test_what_outlives_the_grace_period_is_cut(start_sidecar, upstream):
    upstream.handler = Gated()
    sidecar = start_sidecar({"shutdown": {"grace": "300ms"}})
    client = sidecar.connect()
    client.send(request("GET", "/", TOKEN))
    upstream.wait_for_request()
    sidecar.terminate()
    assert sidecar.wait() == 0
    with pytest.raises((EOFError, ConnectionResetError)):
        client.response()
    upstream.handler.proceed.set()


def test_it_is_not_ready_but_still_serves_during_the_delay(start_sidecar):
    """And a second signal ends it at once."""
    sidecar = start_sidecar({"shutdown": {"delay": "10m", "grace": "10m"}})
    sidecar.terminate()
    eventually(lambda: sidecar.operate("/readyz").status == 503, "/readyz to turn 503")
    assert sidecar.operate("/livez").status == 200
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.terminate_again()


def test_a_second_term_does_not_wait_for_the_running_exchange(start_sidecar, upstream):
    upstream.handler = Gated()
    sidecar = start_sidecar({"shutdown": {"grace": "10m"}})
    client = sidecar.connect()
    client.send(request("GET", "/", TOKEN))
    upstream.wait_for_request()
    sidecar.terminate()
    eventually(lambda: refuses_connections(sidecar), "the listener to close")
    sidecar.terminate_again()
    upstream.handler.proceed.set()


def refuses_connections(sidecar):
    try:
        sidecar.connect().close()
        return False
    except ConnectionResetError:
        return False  # it was still in the backlog when the listener closed
    except ConnectionRefusedError:
        return True


def test_usr1_drains(start_sidecar):
    """Rule 18: draining goes by signal, and needs no token."""
    sidecar = start_sidecar({"shutdown": {"delay": "10m"}})
    sidecar.process.signal(signal.SIGUSR1)
    eventually(lambda: sidecar.operate("/readyz").status == 503, "/readyz to turn 503")
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.terminate()
    sidecar.wait_for_log(lambda e: e.get("message") == "shutting down", "the shutdown")
    sidecar.terminate_again()


def test_the_drain_command_drains(start_sidecar):
    sidecar = start_sidecar({"shutdown": {"delay": "10m"}})
    code, out, err = run_cli("drain", "--pid", sidecar.process.popen.pid)
    assert code == 0, out + err
    eventually(lambda: sidecar.operate("/readyz").status == 503, "/readyz to turn 503")
    sidecar.terminate()
    sidecar.wait_for_log(lambda e: e.get("message") == "shutting down", "the shutdown")
    sidecar.terminate_again()


def test_the_drain_command_wants_one_process(start_sidecar):
    sidecars = [start_sidecar(), start_sidecar()]
    code, _, err = run_cli("drain")
    assert code == 1 and "several" in err and "--pid" in err
    assert all(sidecar.operate("/readyz").status == 200 for sidecar in sidecars)
    sidecars[0].terminate()
    assert sidecars[0].wait() == 0
    code, _, err = run_cli("drain", "--pid", sidecars[0].process.popen.pid)
    assert code == 1 and "cannot signal" in err


def test_the_healthcheck_command_asks_readyz(start_sidecar):
    address = "127.0.0.1:%d" % free_port()
    sidecar = start_sidecar({"status": {"address": address}, "shutdown": {"delay": "10m"}})
    assert run_cli("healthcheck", "--config", sidecar.path)[0] == 0
    sidecar.terminate()
    eventually(lambda: sidecar.operate("/readyz").status == 503, "/readyz to turn 503")
    assert run_cli("healthcheck", "--config", sidecar.path)[0] == 1
    sidecar.terminate_again()
    assert run_cli("healthcheck", "--config", sidecar.path)[0] == 1


def healthcheck(port, tmp_path):
    path = tmp_path / "health.yaml"
    path.write_text("status: {address: 127.0.0.1:%d}\n" % port, encoding="utf-8")
    return run_cli("healthcheck", "--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})


@pytest.mark.parametrize("status, code", [(b"200 OK", 0), (b"503 Service Unavailable", 1)])
def test_the_healthcheck_command_reads_an_answer_that_comes_in_pieces(start_server, tmp_path, status, code):
    def drip(exchange):
        for byte in b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok" % status:
            exchange.connection.send(bytes([byte]))
    server = start_server(drip)
    assert healthcheck(server.port, tmp_path) == (code, "", "" if code == 0 else "HTTP/1.1 %s\n" % status.decode())


def test_the_healthcheck_command_waits_for_an_answer_no_longer_than_its_deadline(start_server, tmp_path):
    server = start_server(silent)
    said = "no answer at 127.0.0.1:%d (status.address): is the sidecar running?\n" % server.port
    assert healthcheck(server.port, tmp_path) == (1, "", said)


def test_an_address_in_use_is_fatal_at_start(sidecar, tmp_path):
    path = tmp_path / "second.yaml"
    path.write_text("listener: {address: 127.0.0.1:%d}\nstatus: {address: 127.0.0.1:0}\nadmin: {address: 127.0.0.1:0}\n" % sidecar.port,
                    encoding="utf-8")
    code, out, err = run_cli("--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})
    assert code == 1 and str(sidecar.port) in out + err


def test_connections_over_the_limit_are_refused(start_sidecar, upstream):
    """Rule 24: where none of them is idle."""
    upstream.handler = silent
    sidecar = start_sidecar({"limits": {"connections": 4}})
    held = [sidecar.connect() for _ in range(4)]
    for number, client in enumerate(held, 1):
        client.send(request("GET", "/", TOKEN))
        upstream.wait_for_request(number)
    upstream.handler = reply()

    def one_more():
        with sidecar.connect() as client:
            client.send(request("GET", "/", TOKEN))
            try:
                return client.response().status
            except (EOFError, ConnectionResetError):
                return None
    assert one_more() in (None, 503)
    held.pop().reset()
    eventually(lambda: one_more() == 200, "the freed place")
    for client in held:
        client.close()


def test_the_idle_process_is_small(start_sidecar):
    from harness.wait import SANITIZER
    sidecar = start_sidecar({"workers": 1})
    most = 8 << 20
    eventually(lambda: SANITIZER or sidecar.rss() <= most, "the memory of the start to be given back")
    assert sidecar.ask("/", TOKEN).status == 200
    assert SANITIZER or sidecar.rss() <= most


def test_hundreds_of_idle_connections_do_not_matter(start_sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    sidecar = start_sidecar({"workers": 1})
    idle = [Connection.to(sidecar.port) for _ in range(400)]
    for client in idle:
        assert client.exchange(request("GET", "/", TOKEN)).status == 200
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.metric("downstream_connections") >= 400
    for client in idle:
        client.close()
    eventually(lambda: sidecar.metric("downstream_connections") < 10, "the connections to be forgotten")
