"""Listeners on Unix sockets: their files, who connects, what is said of clients that have no address."""
import os
import signal
import stat

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request
from harness.reload import ADMIN_TOKEN
from harness.sidecar import run_cli
from harness.wait import eventually


@pytest.fixture
def place(tmp_path):
    return tmp_path / "http.sock"


@pytest.fixture
def at(place):
    return {"listener": {"address": "unix:%s" % place}}


def test_requests_come_in_by_a_unix_socket(start_sidecar, upstream, at, place):
    sidecar = start_sidecar(at)
    with sidecar.connect() as connection:
        for _ in range(3):
            assert connection.exchange(request("POST", "/a", TOKEN, body=b"x" * 100_000)).status == 200
    seen = upstream.last
    assert seen.one("X-Gate-Account-Id") == ACCOUNT and len(seen.body) == 100_000
    assert seen.one("X-Forwarded-For") is None and seen.one("X-Forwarded-Host") == "api.test"
    line = sidecar.access_line("/a")
    assert line["client.address"] == "unix" and line["client.process.uid"] == os.getuid()
    assert line["server.address"] == str(place) and line["http.request.header.host"] == "api.test"


@pytest.mark.parametrize("mode", ["0600", "0660", "0666"])
def test_the_socket_has_its_mode_and_goes_at_the_end(start_sidecar, at, place, mode):
    at["listener"]["socket_mode"] = mode
    sidecar = start_sidecar(at)
    assert stat.S_IMODE(place.stat().st_mode) == int(mode, 8)
    sidecar.terminate()
    assert sidecar.wait() == 0
    assert not place.exists()


def test_a_socket_that_is_not_ours_any_more_stays(start_sidecar, at, place):
    sidecar = start_sidecar(at)
    place.unlink()
    place.write_text("another one", encoding="utf-8")
    sidecar.terminate()
    assert sidecar.wait() == 0
    assert place.read_text(encoding="utf-8") == "another one"


def test_what_a_crash_has_left_is_replaced(start_sidecar, at, place):
    first = start_sidecar(at)
    first.process.exit_code_matters = False
    first.process.signal(signal.SIGKILL)
    first.wait()
    assert place.exists()
    assert start_sidecar(at).ask("/", TOKEN).status == 200


@pytest.mark.parametrize("what", ["a socket in use", "a file"])
def test_what_somebody_needs_is_left_alone(start_sidecar, tmp_path, at, place, what):
    other = start_sidecar(at) if what == "a socket in use" else place.write_text("precious", encoding="utf-8") and None
    path = tmp_path / "second.yaml"
    path.write_text("listener: {address: 'unix:%s'}\nstatus: {address: '127.0.0.1:0'}\nadmin: {address: '127.0.0.1:0'}\n" % place,
                    encoding="utf-8")
    code, out, _ = run_cli("--config", path, env={"FOIL_SECRET_KEY": "sk_test_x"})
    assert code == 1 and "cannot listen: " in out and str(place) in out
    assert other is None or other.ask("/", TOKEN).status == 200
    assert other is not None or place.read_text(encoding="utf-8") == "precious"


def test_a_trusted_peer_tells_the_address_of_a_client(start_sidecar, upstream, at):
    sidecar = start_sidecar({**at, "forwarded": {"trusted_proxies": ["unix"]}})
    assert sidecar.ask("/for", TOKEN, fields=[("X-Forwarded-For", "192.0.2.1, 198.51.100.7")]).status == 200
    assert upstream.last.one("X-Forwarded-For") == "192.0.2.1, 198.51.100.7"
    assert sidecar.access_line("/for")["client.address"] == "198.51.100.7"


def test_a_stranger_tells_nothing(start_sidecar, upstream, at):
    sidecar = start_sidecar({**at, "forwarded": {"trusted_proxies": ["0.0.0.0/0", "::/0"]}})
    assert sidecar.ask("/for", TOKEN, fields=[("X-Forwarded-For", "192.0.2.1"), ("X-Real-IP", "192.0.2.1")]).status == 200
    assert upstream.last.one("X-Forwarded-For") is None and upstream.last.one("X-Real-IP") is None
    assert sidecar.access_line("/for")["client.address"] == "unix"


def test_clients_without_an_address_count_as_one(start_sidecar, at):
    sidecar = start_sidecar({**at, "limits": {"connections_per_client": 2}})
    held = [sidecar.connect() for _ in range(2)]
    for each in held:
        assert each.exchange(request("GET", "/", TOKEN)).status == 200
    assert sidecar.ask("/", TOKEN).status == 503
    for each in held:
        each.close()
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "room again")


def test_refused_tokens_of_clients_without_an_address_count_together(start_sidecar, at):
    sidecar = start_sidecar({**at, "limits": {"failed_tokens": 3}})
    assert [sidecar.ask("/", "agt_wrong%d" % number).status for number in range(4)] == [401, 401, 401, 429]


def test_operators_come_in_by_unix_sockets(start_sidecar, tmp_path):
    sidecar = start_sidecar({"status": {"address": "unix:%s" % (tmp_path / "s.sock")},
                             "admin": {"address": "unix:%s" % (tmp_path / "a.sock")}},
                            env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    environment = {"FOIL_SECRET_KEY": "sk_test_x", "GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN}
    assert run_cli("--config", sidecar.path, "healthcheck", env=environment)[0] == 0
    code, out, err = run_cli("--config", sidecar.path, "reload", env=environment)
    assert (code, out) == (0, "reloaded: nothing has changed (generation 1)\n"), err
    assert "process_open_fds" in sidecar.metrics_text()
    code, _, _ = run_cli("drain", "--pid", sidecar.process.popen.pid, env=environment)
    assert code == 0
    sidecar.wait_for_log(lambda e: e["message"] == "draining")
    assert run_cli("--config", sidecar.path, "healthcheck", env=environment)[0] == 1


def test_other_proxies_ask_by_a_unix_socket(start_sidecar, tmp_path):
    where = {"address": "unix:%s" % (tmp_path / "answer.sock")}
    assert start_sidecar({"answer": where}).answers(token=TOKEN).status == 200
    where = {"address": "unix:%s" % (tmp_path / "other.sock"), "trusted_peers": ["127.0.0.0/8"]}
    assert start_sidecar({"answer": where}).answers(token=TOKEN).status == 403


def test_all_workers_take_connections_from_one_socket(start_sidecar, at):
    sidecar = start_sidecar({**at, "workers": 4})
    held = [sidecar.connect() for _ in range(64)]
    for each in held:
        each.send(request("GET", "/", TOKEN))
    assert [each.response().status for each in held] == [200] * 64
    for each in held:
        each.close()
