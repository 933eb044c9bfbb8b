"""systemd's Type=notify and Type=notify-reload, with a real datagram socket in systemd's place."""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from harness import TOKEN
from harness.sidecar import BINARY, run_cli
from harness.wait import eventually


class Manager:
    """What systemd has for a service: a datagram socket, and the lines that came to it."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(10)

    def next(self):
        """The next message as {name: value}."""
        lines = self.socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def next_but(self, *names):
        """The next message that has none of these."""
        while True:
            message = self.next()
            if not set(names) & set(message):
                return message

    def close(self):
        self.socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    it = Manager(str(tmp_path / "notify") if request.param == "path" else "@gate-sidecar-test-%d" % os.getpid())
    yield it
    it.close()


def test_the_whole_life_of_a_service_is_told(start_sidecar, manager):
    sidecar = start_sidecar(env={"NOTIFY_SOCKET": manager.name})
    assert manager.next() == {"READY": "1", "STATUS": "serving"}
    before = time.monotonic_ns() // 1000
    sidecar.process.signal(signal.SIGHUP)
    reloading = manager.next()
    assert reloading["RELOADING"] == "1" and reloading["STATUS"] == "reloading"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert manager.next() == {"READY": "1", "STATUS": "serving"}

    sidecar.path.write_text("nonsense: 1\n", encoding="utf-8")
    sidecar.process.signal(signal.SIGHUP)
    assert manager.next_but("READY")["RELOADING"] == "1"
    assert "refused" in manager.next()["STATUS"]

    sidecar.process.signal(signal.SIGUSR1)
    assert manager.next_but("RELOADING", "READY")["STATUS"].startswith("draining")
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.terminate()
    assert manager.next() == {"STOPPING": "1", "STATUS": "shutting down"}
    assert sidecar.wait() == 0


def test_ready_means_that_requests_are_served(start_sidecar, manager):
    sidecar = start_sidecar(env={"NOTIFY_SOCKET": manager.name})
    assert manager.next()["READY"] == "1"
    assert sidecar.operate("/readyz").status == 200


def test_what_cannot_listen_is_never_ready(start_sidecar, start_server, manager):
    taken = start_server()
    with pytest.raises(AssertionError):
        start_sidecar({"listener": {"address": "127.0.0.1:%d" % taken.port}}, env={"NOTIFY_SOCKET": manager.name})
    manager.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        manager.next()


def test_the_watchdog_hears_twice_in_its_interval_that_all_workers_answer(start_sidecar, manager):
    start_sidecar(env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "400000"})
    assert manager.next()["READY"] == "1"
    begin = time.monotonic()
    for _ in range(5):
        assert manager.next() == {"WATCHDOG": "1"}
    assert time.monotonic() - begin >= 0.7  # four times half of it: not more often than needed


def test_a_process_that_hangs_is_not_covered_for(start_sidecar, manager):
    sidecar = start_sidecar(env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "100000"})
    assert manager.next()["READY"] == "1"
    assert manager.next() == {"WATCHDOG": "1"}
    sidecar.process.signal(signal.SIGSTOP)
    manager.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(50):  # what was under way when it stopped
            manager.next()
    sidecar.process.signal(signal.SIGCONT)
    manager.socket.settimeout(10)
    assert manager.next() == {"WATCHDOG": "1"}


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
SEIZE, INTERRUPT, DETACH, ANY_CHILD = 0x4206, 0x4207, 17, 0x40000000


@contextlib.contextmanager
def one_thread_frozen(thread):
    """As a debugger stops it, while the others go on."""
    if LIBC.ptrace(SEIZE, thread, None, None) != 0:
        pytest.skip("threads cannot be stopped here: " + os.strerror(ctypes.get_errno()))
    assert LIBC.ptrace(INTERRUPT, thread, None, None) == 0
    os.waitpid(thread, ANY_CHILD)
    try:
        yield
    finally:
        assert LIBC.ptrace(DETACH, thread, None, None) == 0


def test_one_worker_that_hangs_is_not_covered_for_by_the_others(start_sidecar, manager):
    sidecar = start_sidecar({"workers": 2}, env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "100000"})
    assert manager.next()["READY"] == "1"
    process = sidecar.process.popen.pid
    hung = []
    for thread in sorted(int(name) for name in os.listdir("/proc/%d/task" % process)):
        if thread == process:
            continue
        with one_thread_frozen(thread):
            manager.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:  # what has been sent before
                    manager.next()
            manager.socket.settimeout(2)
            try:
                manager.next()  # this may have been under way, the next one is not
                manager.next()
            except TimeoutError:
                hung.append(thread)
        manager.socket.settimeout(10)
        assert manager.next() == {"WATCHDOG": "1"}
    assert len(hung) == 2  # the workers, and no other thread


def test_a_watchdog_that_is_meant_for_another_process_is_left_alone(start_sidecar, manager):
    sidecar = start_sidecar(env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"})
    assert manager.next()["READY"] == "1"
    sidecar.process.signal(signal.SIGUSR1)
    assert manager.next()["STATUS"].startswith("draining")


@pytest.mark.parametrize("name, words", [("relative", "NOTIFY_SOCKET"), ("vsock:2:1", "NOTIFY_SOCKET"),
                                         ("/nowhere/notify", "cannot be told")])
def test_a_service_manager_that_cannot_be_told_is_no_reason_to_fail(start_sidecar, name, words):
    sidecar = start_sidecar(env={"NOTIFY_SOCKET": name})
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: any(words in entry.get("message", "") for entry in sidecar.log()))


UNITS = pathlib.Path(__file__).parents[2] / "config" / "systemd"


@pytest.fixture
def analyzed(tmp_path):
    """analyzed(unit, verb, ...) -> what systemd-analyze says of a unit that starts the program under test."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")

    def run(unit, verb, *flags):
        for each in UNITS.glob("gate-sidecar.*"):
            text = each.read_text(encoding="utf-8").replace("/usr/bin/gate-sidecar", os.path.abspath(shutil.which(BINARY) or BINARY))
            (tmp_path / each.name).write_text(text, encoding="utf-8")
        done = subprocess.run(["systemd-analyze", verb, *flags, str(tmp_path / unit)], capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr
    return run


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("gate-sidecar.*")))
def test_the_units_are_valid(analyzed, unit):
    assert analyzed(unit, "verify", "--man=no") == (0, "")


def test_the_service_is_confined(analyzed):
    code, said = analyzed("gate-sidecar.service", "security", "--offline=true", "--threshold=15")
    if "offline" in said:
        pytest.skip("this systemd-analyze is too old")
    assert code == 0, said


def test_the_service_has_time_for_its_shutdown():
    unit = (UNITS / "gate-sidecar.service").read_text(encoding="utf-8")
    stop = int(re.search(r"^TimeoutStopSec=(\d+)s$", unit, re.M).group(1))
    _, options, _ = run_cli("print-config")
    delay, grace = (int(re.search(r"^ +%s: (\d+)s" % name, options, re.M).group(1)) for name in ("delay", "grace"))
    assert stop > delay + grace
    assert "RestartPreventExitStatus=78" in unit
