"""Fixtures of the fault tests; the harness is that of the end-to-end tests."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from bench import Bench  # noqa: E402
from harness.certificates import Authority, server_context  # noqa: E402
from scenarios import SCRIPTS  # noqa: E402
from transports import CHOSEN  # noqa: E402


def pytest_collection_modifyitems(items):
    if not os.environ.get("IO_FAULTS_PRELOAD"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="IO_FAULTS_PRELOAD does not name the library"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    it = Authority(tmp_path_factory.mktemp("pki") / "ca")
    return it, it.issue("gate", "DNS:localhost,IP:127.0.0.1")


@pytest.fixture
def start_bench(tmp_path, request):
    """start_bench(scenario) -> the programs that it needs."""
    benches = []

    def start(scenario, large_size=1 << 20):
        config, tls = dict(scenario.config), {}
        if scenario.gate_tls:
            ca, certificate = request.getfixturevalue("authority")
            config["gate"] = {"ca_file": str(ca.ca_file)}
            tls = {"gate_tls": server_context(*certificate), "gate_host": "localhost"}
        over = CHOSEN(tmp_path, lambda: request.getfixturevalue("authority"))
        bench = Bench(tmp_path, SCRIPTS, over, config, gate_keeps=scenario.gate_keeps, **tls)
        benches.append(bench)
        bench.large_size = large_size
        return bench
    yield start
    for bench in benches:
        bench.stop()
