"""The text of /metrics, byte for byte: names, HELP, TYPE, order and labels stand in metrics.txt."""
import pathlib
import re

from harness import TOKEN
from harness.wait import eventually

EXPECTED = pathlib.Path(__file__).with_name("metrics.txt")

# What depends on the machine, the build and the time.
VOLATILE = re.compile(r"^((?:process_\w+|gate_verify_last_success_timestamp_seconds|config_last_reload_success_timestamp_seconds\S*|(?:\w+_duration|gate_overhead|gate_token_age)_seconds_(?:bucket|sum)\S*|"
                      r"http_server_\w+_bytes_total|http_server_active_requests|(?:up|down)stream_connections\S*) )\S+$", re.M)
BUILD = re.compile(r'^build_info\{version="[^"]*",revision="[^"]*"\}', re.M)


def steady(text):
    return BUILD.sub('build_info{version="-",revision="-"}', VOLATILE.sub(r"\1-", text))


def test_the_text_of_the_metrics(sidecar):
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.ask("/").status == 401
    # An exchange is counted after its response has gone.
    eventually(lambda: sidecar.metric("http_server_request_duration_seconds_count") == 2, "both requests to be counted")
    seen = steady(sidecar.metrics_text())
    assert seen == EXPECTED.read_text(encoding="utf-8"), "a metric has changed: so must metrics.txt and README"
