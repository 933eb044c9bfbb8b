#!/usr/bin/env python3
"""Fires every probe at a gate-sidecar of its own; further arguments go to run_probes.py.

  GATE_SIDECAR=... GATE_EMULATOR=... probe_sidecar.py [unix | tls] [--only REGEX] [-v]

unix: the upstream is on a Unix socket. tls: the listener speaks TLS.

Exit status 0 if every MUST probe passes (expect-fail.txt is empty, and stays so), and every SHOULD probe but those of
not-met.txt.
"""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness.certificates import Authority  # noqa: E402
from harness.emulator import Emulator  # noqa: E402
from harness.sidecar import BASE, Sidecar, merged  # noqa: E402
from harness.wait import SANITIZER  # noqa: E402

TOKEN, ACCOUNT = "agt_valid", "acct_123"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def listed(name):
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines} - {""}


def probe(sidecar, upstream, results, arguments):
    command = [sys.executable, "-B", HERE / "run_probes.py", "--target", "127.0.0.1:%d" % sidecar.port,
               *upstream, "--token", TOKEN, "--account", ACCOUNT, "--strip-authorization",
               "--slow", "-q", "--timeout", 8 if SANITIZER else 6,
               "--expect-fail", HERE / "expect-fail.txt", "--json", results, *arguments]
    return subprocess.run([str(part) for part in command], check=False).returncode


def main(arguments):
    kind = arguments[0] if arguments[:1] in (["unix"], ["tls"]) else ""
    arguments = arguments[1:] if kind else arguments
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        gate = Emulator({TOKEN: ACCOUNT})
        is_unix = kind == "unix"
        upstream = ["--upstream-unix", str(directory / "api.sock")] if is_unix else ["--upstream-port", free_port()]
        url = "unix:%s" % upstream[1] if is_unix else "http://127.0.0.1:%d" % upstream[1]
        wiring = {"upstream": {"url": url}, "gate": {"base_url": gate.url}}
        if kind == "tls":
            authority = Authority(directory / "ca")
            certificate, key = authority.issue("listener", "DNS:gate.test")
            wiring["listener"] = {"tls": {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}}
            arguments = ["--tls", str(authority.ca_file), *arguments]
        sidecar = Sidecar(directory, merged(BASE, wiring))
        code = probe(sidecar, upstream, directory / "results.json", arguments)
        sidecar.stop()
        gate.stop()
        results = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    assert not listed("expect-fail.txt"), "a MUST is a MUST"
    missed = {p["id"] for p in results if not p["ok"] and p["level"] == "SHOULD"}
    surplus = listed("not-met.txt") & {p["id"] for p in results if p["ok"]}
    if missed - listed("not-met.txt"):
        print("these SHOULD pass: " + " ".join(sorted(missed - listed("not-met.txt"))))
        return 1
    if surplus and not SANITIZER:
        print("these pass now, take them off not-met.txt: " + " ".join(sorted(surplus)))
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
