"""The alerts of config/monitoring: each has a unit test, a paragraph of the runbook, and metrics that exist."""
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import MONITORING, ROOT, names_in, sidecar_metrics
from harness.wait import eventually

RULES = MONITORING / "gate-sidecar.rules.yaml"
UNIT_TESTS = ROOT / "tests" / "monitoring" / "rules.test.yaml"

ALERTS = [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


@pytest.fixture
def promtool():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")

    def run(*arguments):
        done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
    return run


def test_the_rules_are_valid(promtool):
    code, said = promtool("check", "rules", RULES)
    assert code == 0 and "SUCCESS: %d rules found" % len(ALERTS) in said, said


def test_the_unit_tests_of_the_alerts_pass(promtool):
    code, said = promtool("test", "rules", UNIT_TESTS)
    assert code == 0 and "SUCCESS" in said, said


def firing(test):
    """The alerts that fire at some time of a unit test."""
    return {name for check in test["promql_expr_test"] for sample in check["exp_samples"]
            for name in re.findall(r'alertname="(\w+)"', sample["labels"])}


@pytest.mark.parametrize("alert", [rule["alert"] for rule in ALERTS])
def test_each_alert_has_a_test_that_fires_it_and_one_that_does_not(alert):
    tests = [test for test in yaml.safe_load(UNIT_TESTS.read_text(encoding="utf-8"))["tests"] if test["name"].startswith(alert + ":")]
    assert any(firing(test) == {alert} for test in tests)
    assert any(not firing(test) for test in tests)


def test_each_alert_has_its_paragraph_in_the_runbook():
    headings = re.findall(r"^## (\w+)$", (MONITORING / "README.md").read_text(encoding="utf-8"), re.M)
    assert headings == [rule["alert"] for rule in ALERTS]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_says_what_it_is_about(rule):
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == "config/monitoring/README.md#" + rule["alert"].lower()
    assert "$labels.instance" in rule["annotations"]["summary"] or rule["alert"] in ("GateBudgetLow",)


def test_the_alerts_use_metrics_that_exist(whole_sidecar):
    whole_sidecar.ask("/")
    for rule in ALERTS:
        needed = names_in(rule["expr"])
        eventually(lambda: needed <= sidecar_metrics(whole_sidecar), "the metrics of " + rule["alert"])


def test_the_pod_monitor_scrapes_the_status_port():
    monitor, = yaml.safe_load_all((MONITORING / "pod-monitor.yaml").read_text(encoding="utf-8"))
    assert (monitor["apiVersion"], monitor["kind"]) == ("monitoring.coreos.com/v1", "PodMonitor")
    assert set(monitor["spec"]) == {"selector", "podMetricsEndpoints"}
    endpoint, = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("status", "/metrics")
