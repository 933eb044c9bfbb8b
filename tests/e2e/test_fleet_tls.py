"""A store behind TLS: the replicas show a certificate of theirs, trust one authority, and use renewed files."""
import shutil
import signal

import pytest
import yaml

from harness import TOKEN
from harness.certificates import Authority
from harness.fleet import FLEET_KEY, is_connected, revoke, status, wait_for_fleet
from harness.server import port_kept
from harness.sidecar import run_cli
from harness.wait import eventually


class Files:
    """The files of the store and of its clients, which are renewed in their places."""

    def __init__(self, folder):
        self.folder, self.generation = folder, 0
        self.owner = port_kept(("127.0.0.1", 0))
        self.port = self.owner.getsockname()[1]
        self.renew()

    def __getitem__(self, name):
        return str(self.folder / name)

    def renew(self):
        """All of them, of another authority."""
        self.generation += 1
        authority = Authority(self.folder / ("ca%d" % self.generation))
        shutil.copy(authority.ca_file, self["ca.pem"])
        for name in ("localhost", "sidecar"):
            for made, kind in zip(authority.issue(name, "DNS:" + name), ("crt", "key")):
                shutil.copy(made, self["%s.%s" % (name, kind)])

    def of_store(self):
        return ("--tls-port", self.port, "--tls-cert-file", self["localhost.crt"], "--tls-key-file", self["localhost.key"],
                "--tls-ca-cert-file", self["ca.pem"], "--tls-auth-clients", "yes")

    def of_replica(self):
        return {"fleet": {"url": "rediss://localhost:%d" % self.port,
                          "tls": {"ca_file": self["ca.pem"], "client_cert_file": self["sidecar.crt"],
                                  "client_key_file": self["sidecar.key"]}}}


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.fixture
def store(start_store, files):
    return start_store(*files.of_store())


@pytest.fixture
def fleet(start_fleet, files):
    return start_fleet(2, files.of_replica())


def test_one_call_and_one_revocation_for_all_over_tls(fleet, gate):
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert gate.calls(TOKEN) == 1
    assert revoke(fleet[0], TOKEN).get("fleet") != "pending"
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=1)


def test_renewed_files_are_used_for_the_next_connection(fleet, store, files, gate):
    files.renew()
    store.kill()
    eventually(lambda: not any(is_connected(each) for each in fleet), "the metric")
    store.start()
    for each in fleet:
        each.process.signal(signal.SIGHUP)
    wait_for_fleet(fleet)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert gate.calls(TOKEN) == 1


def test_a_wrong_file_is_a_problem_of_the_configuration_with_its_place(files, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(files.of_replica()), encoding="utf-8")
    line = 1 + next(n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines()) if "ca_file" in text)
    code, out, err = run_cli("validate", "--config", path, env={"FOIL_SECRET_KEY": "sk_test_emulator", "GATE_SIDECAR_FLEET_KEY": FLEET_KEY})
    assert (code, out) == (78, "")
    assert err.startswith("%s:%d:14: fleet.tls.ca_file: %s: " % (path, line, files["ca.pem"])), err


def test_a_cache_too_small_for_the_fleet_is_warned_of(start_fleet, files):
    alone, = start_fleet(1, {**files.of_replica(), "cache": {"max_entries": 1199}})
    alone.wait_for_log(lambda e: "cache.max_entries: 1199 is too small for a fleet" in e.get("message", ""))
