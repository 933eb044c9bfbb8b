"""Sockets that systemd has opened: taken by name, kept by whoever opened them."""
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest
import yaml

from harness import TOKEN
from harness.admin import WITH_TOKEN
from harness.http import Connection, request
from harness.sidecar import BINARY, FOR_SANITIZERS, SECRET_KEY, run_cli
from harness.wait import eventually

# Hands its own descriptors over as systemd does, with the process ID that they are for.
LAUNCHER = """
import os, sys
names, count, pid, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
os.environ.update(LISTEN_FDS=str(count), LISTEN_FDNAMES=names, LISTEN_PID=pid if pid != "own" else str(os.getpid()))
os.execv(argv[0], argv)
"""


class Opened:
    """Listening sockets, in the place of systemd."""

    def __init__(self):
        self.all = []

    def tcp(self):
        one = socket.create_server(("127.0.0.1", 0))
        self.all.append(one)
        return one.getsockname()[1]

    def unix(self, path):
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(path))
        one.listen()
        self.all.append(one)
        return path

    def datagrams(self):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        self.all.append(one)

    def launch(self, names, config_file, pid="own"):
        """A sidecar that finds them as 3, 4, ..."""
        environment = {**{k: v for k, v in os.environ.items() if not k.startswith(("GATE_SIDECAR_", "FOIL_"))},
                       "FOIL_SECRET_KEY": SECRET_KEY, **FOR_SANITIZERS}
        places = [one.fileno() for one in self.all]

        def put_in_place():
            for number, descriptor in enumerate([os.dup(each) for each in places]):
                spare = os.dup2(descriptor, 100 + number)
                os.dup2(spare, 3 + number)
        return subprocess.Popen([sys.executable, "-c", LAUNCHER, ":".join(names), str(len(names)), str(pid),
                                 os.path.abspath(shutil.which(BINARY) or BINARY), "--config", str(config_file)],
                                env=environment, preexec_fn=put_in_place, close_fds=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def close(self):
        for each in self.all:
            each.close()


@pytest.fixture
def opened():
    sockets = Opened()
    yield sockets
    sockets.close()


@pytest.fixture
def write(tmp_path, gate, upstream):
    def to(**sections):
        path = tmp_path / "sidecar.yaml"
        config = {"status": {"address": "127.0.0.1:0"}, "admin": {"address": "127.0.0.1:0"}, "workers": 2,
                  "gate": {"base_url": gate.url}, "upstream": {"url": upstream.url}, **sections}
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path
    return to


def status_at(place):
    try:
        with (Connection.to(place) if isinstance(place, int) else Connection.to_socket(place)) as connection:
            return connection.exchange(request("GET", "/", TOKEN, [("Connection", "close")])).status
    except (OSError, EOFError):
        return 0


def end(process):
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    return out


def test_sockets_are_taken_by_name(opened, write, tmp_path):
    port, status, path = opened.tcp(), opened.tcp(), opened.unix(tmp_path / "http.sock")
    config = write(listener={"address": "systemd:http"}, status={"address": "systemd:status"})
    process = opened.launch(["http", "status", "http"], config)
    try:
        eventually(lambda: status_at(port) == 200, "an answer")
        for _ in range(10):
            assert status_at(port) == status_at(path) == 200
        with Connection.to(status) as connection:
            assert connection.exchange(request("GET", "/readyz", host="localhost")).status == 200
    finally:
        out = end(process)
    assert path.exists(), "the file is systemd's"
    assert '"listener":"http' not in out and str(path) in out


def test_no_connection_is_lost_while_the_program_is_replaced(opened, write):
    port = opened.tcp()
    config = write(listener={"address": "systemd:http"})
    first = opened.launch(["http"], config)
    eventually(lambda: status_at(port) == 200, "an answer")
    end(first)
    with Connection.to(port) as waiting:  # the socket still listens
        waiting.send(request("GET", "/", TOKEN))
        second = opened.launch(["http"], config)
        try:
            assert waiting.response().status == 200
        finally:
            end(second)


def test_commands_are_told_where_a_socket_of_systemd_is(opened, write):
    port = opened.tcp()
    config = write(listener={"address": "127.0.0.1:0"}, status={"address": "systemd:status"}, admin={"address": "systemd:admin"})
    opened.tcp()
    process = opened.launch(["status", "admin"], config)
    try:
        healthcheck = ("--config", config, "healthcheck")
        eventually(lambda: run_cli(*healthcheck, "--status", "127.0.0.1:%d" % port)[0] == 0, "the process to be ready")
        code, _, err = run_cli(*healthcheck)
        assert code == 1 and "where the socket status of systemd is: name its address by --status" in err
        code, _, err = run_cli(*healthcheck, "--status", "nowhere")
        assert code == 2 and err.startswith("--status: needs an address")
        code, _, err = run_cli("--config", config, "reload", env=WITH_TOKEN)
        assert code == 1 and "where the socket admin of systemd is: name its address by --admin" in err
    finally:
        end(process)


def refused(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 78, (out, err)
    return err


def test_a_name_that_is_not_there_is_a_wrong_configuration(opened, write):
    opened.tcp(), opened.tcp()
    config = write(listener={"address": "systemd:http"})
    err = refused(opened.launch(["web", "status"], config))
    assert "listener proxy: systemd has handed over no socket named http; those that it has: web, status" in err


def test_sockets_for_another_process_are_not_ours(opened, write):
    opened.tcp()
    config = write(listener={"address": "systemd:http"})
    assert "it has handed over none" in refused(opened.launch(["http"], config, pid=1))


def test_a_socket_without_streams_is_refused(opened, write):
    opened.datagrams()
    process = opened.launch(["http"], write(listener={"address": "systemd:http"}))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot listen: Socket operation on non-socket" in out and "systemd:http" in out


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="there is no systemd-socket-activate here")
def test_the_real_launcher_hands_over(write, tmp_path):
    path = tmp_path / "http.sock"
    config = write(listener={"address": "systemd:http"})
    environment = {**os.environ, "FOIL_SECRET_KEY": SECRET_KEY, **FOR_SANITIZERS}
    with subprocess.Popen(["systemd-socket-activate", "--listen=%s" % path, "--fdname=http", "-E", "FOIL_SECRET_KEY",
                           os.path.abspath(shutil.which(BINARY) or BINARY), "--config", str(config)],
                          env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(path.exists, "the launcher's socket")
            eventually(lambda: status_at(path) == 200, "an answer")
        finally:
            process.terminate()
