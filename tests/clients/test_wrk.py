"""wrk: two seconds of as many requests as it can send."""
import re
import subprocess

import pytest

from harness import TOKEN
from harness.load import UpstreamProcess


@pytest.fixture
def upstream(started):
    return started.add(UpstreamProcess())


def test_wrk_gets_nothing_but_answers(sidecar, upstream):
    done = subprocess.run(["wrk", "-t1", "-c32", "-d2s", "--timeout", "30s", "--latency", "-H", "Authorization: Bearer " + TOKEN,
                           "http://127.0.0.1:%d/wrk" % sidecar.port], capture_output=True, text=True, timeout=120, check=True)
    print(done.stdout)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout
    answered = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    assert answered > 1000
    assert sidecar.metric("gate_decisions_total", verdict="allow") >= answered
    upstream.stop()
    assert upstream.without_identity == []
