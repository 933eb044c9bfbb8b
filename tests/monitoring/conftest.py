"""Fixtures of the end-to-end tests, and the names of the metrics that a running sidecar has."""
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MONITORING = ROOT / "config" / "monitoring"

sys.path.insert(0, str(ROOT / "tests" / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())

from harness.certificates import Authority  # noqa: E402: the fixtures make it known
from harness.collector import Collector  # noqa: E402
from harness.fleet import fleet_of, wait_for_fleet  # noqa: E402
from harness.sidecar import parse_metrics  # noqa: E402


@pytest.fixture
def whole_sidecar(start_sidecar, start_gate, started, store, tmp_path):
    """One that has each metric of the program: two listeners, of which the second has a certificate, a fleet's store, and a collector."""
    certificate, key = Authority(tmp_path / "ca").issue("api.test", "DNS:api.test")
    tls = {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}
    fleet, environment = fleet_of(store)
    collector = started.add(Collector())
    sidecar = start_sidecar({**fleet, "telemetry": {"otlp": {"endpoint": collector.url}}, "listeners": [{"name": "plain", "address": "127.0.0.1:0"},
                                                    {"name": "secure", "address": "127.0.0.1:0", "tls": tls}]},
                            gate=start_gate("--limit", 600), env=environment)
    wait_for_fleet([sidecar])
    return sidecar


def sidecar_metrics(sidecar):
    return {name for name, _ in parse_metrics(sidecar.metrics_text())}


def names_in(expression):
    """The metrics that an expression of PromQL reads: the words before a selector or a comparison, but no functions."""
    without_labels = re.sub(r"\{[^}]*\}|\[[^]]*\]|(by|without|on|ignoring) ?\([^)]*\)", " ", expression)
    words = re.findall(r"[a-z][a-z0-9_]*(?![a-z0-9_ ]*\()", without_labels)
    return {word for word in words if "_" in word and not word.startswith("le_")}
