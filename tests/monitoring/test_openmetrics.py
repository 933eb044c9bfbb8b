"""OpenMetrics of the whole program: a strict reader takes all of it, and a real Prometheus keeps its exemplars."""
import shutil
import time

import pytest
from conftest import sidecar_metrics
from prometheus import Prometheus

from harness import TOKEN
from harness.http import request
from harness.openmetrics import parse
from harness.wait import eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
DURATION = "http_server_request_duration_seconds"


def ask_with_trace(sidecar):
    assert sidecar.ask("/", TOKEN, fields=[("traceparent", "00-%s-00f067aa0ba902b7-01" % TRACE)]).status == 200
    eventually(lambda: sidecar.metric(DURATION + "_count") == 1, "the request to be counted")


def test_a_strict_reader_takes_every_metric(whole_sidecar):
    ask_with_trace(whole_sidecar)
    with whole_sidecar.connect("status") as connection:
        answer = connection.exchange(request("GET", "/metrics", fields=[("Accept", "application/openmetrics-text")]))
    families = parse(answer.body.decode())
    assert {each.name for family in families.values() for each in family.samples} == sidecar_metrics(whole_sidecar)
    assert "unknown" not in {family.type for family in families.values()}
    assert all(family.help for family in families.values())


def test_prometheus_scrapes_it_with_exemplars(whole_sidecar, started, tmp_path):
    if shutil.which("prometheus") is None:
        pytest.skip("promtool is not installed, nor is Prometheus")
    ask_with_trace(whole_sidecar)
    prometheus = started.add(Prometheus(tmp_path, whole_sidecar.ports["status"], "--enable-feature=exemplar-storage"))
    prometheus.wait_for_scrapes(1)
    found = prometheus.ask("query_exemplars", query=DURATION + "_bucket", start=time.time() - 3600, end=time.time() + 3600)
    assert [each["seriesLabels"]["http_response_status_code"] for each in found] == ["200"]
    shown, = found[0]["exemplars"]
    assert shown["labels"] == {"trace_id": TRACE}
    total = prometheus.query(DURATION + "_sum")[0]["value"][1]
    assert float(shown["value"]) == pytest.approx(float(total))
    assert prometheus.query(DURATION + "_bucket{le=\"1.0\"}") and not prometheus.query(DURATION + "_bucket{le=\"1\"}")
