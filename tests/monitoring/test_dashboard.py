"""The Grafana dashboard: made by its script, well-formed, and each expression finds something in a real Prometheus."""
import json
import re
import shutil
import subprocess
import sys

import pytest
from conftest import MONITORING, ROOT, names_in, sidecar_metrics
from prometheus import Prometheus

from harness import TOKEN
from harness.reload import Reloadable
from harness.wait import eventually

DASHBOARD = MONITORING / "gate-sidecar.dashboard.json"
HERE = ROOT / "tests" / "monitoring"


def expressions():
    whole = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in whole["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for note in whole["annotations"]["list"]:
        yield note["name"], note["expr"]


def test_the_file_is_what_its_script_makes():
    made = subprocess.run([sys.executable, HERE / "make_dashboard.py"], capture_output=True, text=True, check=True).stdout
    assert made == DASHBOARD.read_text(encoding="utf-8"), "./run dashboard writes the file again"


def test_the_dashboard_is_well_formed():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([sys.executable, HERE / "dashboard-check.py", DASHBOARD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "%d expressions" % len(list(expressions())) in done.stdout


def test_no_panel_covers_another():
    covered = set()
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & covered, panel["title"]
        covered |= cells


# What Prometheus' clients add or Grafana's readers look for elsewhere: metrics that no panel needs.
WITHOUT_PANEL = {"process_start_time_seconds", "process_virtual_memory_bytes", "gate_key_change_refused", "gate_verify_retries_total",
                 "config_reloads_total", "config_last_reload_success_timestamp_seconds", "tls_handshake_duration_seconds"}


def family(name):
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_each_metric_has_a_panel(whole_sidecar):
    whole_sidecar.ask("/", TOKEN)

    def known_now():
        return {family(name) for name in sidecar_metrics(whole_sidecar)}
    eventually(lambda: "http_server_request_duration_seconds" in known_now(), "the request to be counted")
    known = known_now()
    shown = {family(name) for _, expr in expressions() for name in names_in(expr)}
    assert shown - known == set()
    assert known - shown == WITHOUT_PANEL


def test_each_expression_finds_something_in_a_real_scrape(whole_sidecar, started, tmp_path):
    if shutil.which("prometheus") is None:
        pytest.skip("promtool is not installed, nor is Prometheus")
    sidecar = whole_sidecar
    assert sidecar.ask("/", TOKEN).status == 200 and sidecar.ask("/").status == 401
    prometheus = started.add(Prometheus(tmp_path, sidecar.ports["status"]))

    prometheus.wait_for_scrapes(2)
    sidecar.ask("/", TOKEN)
    blocked = tmp_path / "blocked"
    blocked.write_text("acct_blocked\n", encoding="utf-8")
    # What the annotations tell of.
    Reloadable(sidecar).write({"auth": {"blocked_accounts_file": str(blocked)}})
    eventually(lambda: sidecar.metric("gate_block_changes_total") > 0, "the list to be read")
    prometheus.wait_for_scrapes(5)
    empty = []
    for title, expr in expressions():
        asked = expr.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
        if not prometheus.query(asked):
            empty.append((title, asked))
    assert empty == []
