"""Prometheus' own tool reads the metrics. `./run test` fetches it; where it is missing ctest shows this as skipped."""
import shutil
import subprocess

import pytest

from harness import TOKEN


def test_metrics_please_promtool(sidecar):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    sidecar.ask("/", TOKEN)
    sidecar.ask("/", method="BREW")
    checked = subprocess.run([promtool, "check", "metrics"], input=sidecar.metrics_text(), capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
