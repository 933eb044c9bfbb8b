"""OpenMetrics where a scraper asks for it: the same numbers as in Prometheus' text, with exemplars of sampled traces."""
import time

import pytest

from harness import TOKEN
from harness.http import request
from harness.openmetrics import Malformed, parse
from harness.sidecar import parse_metrics
from harness.wait import eventually

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
DURATION = "http_server_request_duration_seconds"
TRACE, OTHER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"


def scrape(sidecar, accept="application/openmetrics-text", method="GET"):
    fields = [("Connection", "close"), *([("Accept", accept)] if accept is not None else [])]
    with sidecar.connect("status") as connection:
        return connection.exchange(request(method, "/metrics", fields=fields, host="localhost"), to_head=method == "HEAD")


def open_metrics(sidecar):
    return parse(scrape(sidecar).body.decode())


def traced(trace, flags="01"):
    return [("traceparent", "00-%s-00f067aa0ba902b7-%s" % (trace, flags))]


def exemplars(sidecar, **labels):
    """The trace ids that the buckets of requests show."""
    return {each.exemplar.labels["trace_id"] for each in open_metrics(sidecar)[DURATION].samples
            if each.exemplar and set(labels.items()) <= set(each.labels.items())}


def counted(sidecar, count):
    eventually(lambda: sidecar.metric(DURATION + "_count") == count, "%d requests to be counted" % count)


@pytest.mark.parametrize("accept, expected", [
    (None, PROMETHEUS), ("*/*", PROMETHEUS), ("text/plain", PROMETHEUS), ("text/html,application/xhtml+xml,*/*;q=0.8", PROMETHEUS),
    ("application/openmetrics-text", OPENMETRICS), ("application/openmetrics-text;q=0.4, text/plain;q=0.5", PROMETHEUS),
    ("application/openmetrics-text;version=0.0.1", PROMETHEUS), ("application/openmetrics-text;q=broken", PROMETHEUS),
    ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     OPENMETRICS)])
def test_the_form_is_the_one_that_is_preferred(sidecar, accept, expected):
    answer = scrape(sidecar, accept)
    assert (answer.status, answer.one("Content-Type"), answer.one("Vary")) == (200, expected, "Accept")
    assert answer.body.endswith(b"\n# EOF\n") == (expected == OPENMETRICS)
    head = scrape(sidecar, accept, "HEAD")
    assert (head.status, head.one("Content-Type")) == (200, expected)


def test_both_forms_have_the_same_numbers(sidecar):
    assert sidecar.ask("/", TOKEN).status == 200 and sidecar.ask("/").status == 401
    counted(sidecar, 2)
    in_text = {(name, frozenset((k, v if k != "le" or v == "+Inf" else float(v)) for k, v in labels)): value
               for (name, labels), value in parse_metrics(sidecar.metrics_text()).items()}
    in_open = {(each.name, frozenset((k, v if k != "le" or v == "+Inf" else float(v)) for k, v in each.labels.items())): each.value
               for family in open_metrics(sidecar).values() for each in family.samples}
    assert set(in_text) == set(in_open)
    moving = ("process_", "downstream_connections", "upstream_connections")
    assert {key for key in in_text if in_text[key] != in_open[key] and not key[0].startswith(moving)} == set()


def test_each_counter_says_that_it_is_a_total(sidecar):
    types = {family.name: family.type for family in open_metrics(sidecar).values()}
    assert "unknown" not in types.values()
    assert types["gate_decisions"] == "counter" and "gate_decisions_total" not in types


def test_a_sampled_request_is_shown_with_its_trace(sidecar):
    before = time.time()
    assert sidecar.ask("/", TOKEN, fields=traced(TRACE)).status == 200
    counted(sidecar, 1)
    shown, = [each.exemplar for each in open_metrics(sidecar)[DURATION].samples if each.exemplar]
    total = sidecar.metric(DURATION + "_sum")
    assert shown.labels == {"trace_id": TRACE} and shown.value == pytest.approx(total)
    assert before - 1 < shown.at < time.time() + 1  # two clocks of one machine, of which one may be set
    assert TRACE not in sidecar.metrics_text()


def test_a_trace_that_nobody_keeps_is_not_shown(sidecar):
    assert sidecar.ask("/", TOKEN, fields=traced(TRACE, "00")).status == 200
    counted(sidecar, 1)
    assert exemplars(sidecar) == set()


def test_each_status_has_exemplars_of_its_own(sidecar):
    assert sidecar.ask("/", TOKEN, fields=traced(TRACE)).status == 200
    assert sidecar.ask("/", fields=traced(OTHER_TRACE)).status == 401
    counted(sidecar, 2)
    assert exemplars(sidecar, http_response_status_code="200") == {TRACE}
    assert exemplars(sidecar, http_response_status_code="401") == {OTHER_TRACE}


def test_the_answering_listener_shows_its_requests_too(start_sidecar):
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0"}})
    asked = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/"), ("X-Forwarded-Host", "api.test"), *traced(TRACE)]
    assert sidecar.answers(asked, TOKEN).status == 200
    counted(sidecar, 1)
    assert exemplars(sidecar, listener="answer") == {TRACE}


def test_there_are_no_more_exemplars_than_buckets(sidecar):
    """However many traces come: the number of a trace is not a label."""
    with sidecar.connect() as connection:
        for number in range(1, 101):
            assert connection.exchange(request("GET", "/", TOKEN, traced("%032x" % number))).status == 200
    counted(sidecar, 100)
    samples = open_metrics(sidecar)[DURATION].samples
    assert len([each for each in samples if each.exemplar]) <= len([each for each in samples if each.name.endswith("_bucket")]) == 17


GOOD = """# TYPE a counter
a_total 1 # {trace_id="1"} 1 2.5
# HELP b Say \\"b\\".
# TYPE b histogram
b_bucket{le="1.0"} 1 # {} 0.5
b_bucket{le="+Inf"} 2
b_sum 3
b_count 2
# EOF
"""


@pytest.mark.parametrize("old, new", [
    ("# EOF\n", ""), ("# EOF\n", "# EOF"), ("# EOF\n", "# EOF\n\n"), ("a_total 1", "\na_total 1"), ("a_total", "a"), ("a_total 1", "a_total -1"),
    ("a_total 1", "a_total one"), ("a_total 1", "a_total{x=\"1\",x=\"2\"} 1"), ("a_total 1", "a_total{x=\"\\x\"} 1"), ("counter", "total"),
    ("# TYPE b", "# TYPE a"), ('Say \\"b\\".', 'Say "b".'), ('le="1.0"', 'le="1"'), ('le="1.0"', 'le="+Inf"'), ('le="+Inf"', 'le="2.0"'),
    ("b_count 2", "b_count 3"), ("b_bucket{le=\"+Inf\"} 2", "b_bucket{le=\"+Inf\"} 0"), ("{} 0.5", "{} 1.5"), ("b_sum 3", "b_sum 3 # {} 3"),
    ('trace_id="1"', 'trace_id="%s"' % ("1" * 121)), ("b_sum 3\n", ""), ("b_sum 3", "b_sum 3\nb_sum 3"), ("# TYPE a", "# TYPE b_sum"), ("# HELP b", "# NOTE b")])
def test_the_reader_of_these_tests_is_strict(old, new):
    parse(GOOD)
    assert old in GOOD
    with pytest.raises(Malformed):
        parse(GOOD.replace(old, new, 1))
