"""Spans over OTLP: what a collector gets of each request, and that no request waits for it."""
import re
import threading
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.certificates import server_context
from harness.collector import Collector, accepted
from harness.http import request
from harness.names import NAME, was_asked
from harness.server import reply, silent
from harness.wait import PATIENCE, SANITIZER, eventually
from test_upgrade import HANDSHAKE, switch_and_echo

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = ("00-%s-%s-%s" % (TRACE, PARENT, flags) for flags in ("01", "00"))


@pytest.fixture
def start_collector(started):
    def start(handler=accepted, **how):
        return started.add(Collector(handler, **how))
    return start


@pytest.fixture
def collector(start_collector):
    return start_collector()


def exporting(collector, **otlp):
    return {"telemetry": {"otlp": {"endpoint": collector.url, **otlp}}}


@pytest.fixture
def traced(start_sidecar, collector):
    """A sidecar that exports the spans of every request."""
    return start_sidecar(exporting(collector))


def of(spans, kind, path=None):
    """The only span of that kind; of the request for that path."""
    server = [each for each in spans if each.kind == "SERVER" and path in (None, each["url.path"])]
    found = server if kind == "SERVER" else [
        each for each in spans if each.kind == kind and server and each.parent == server[0].id
        and (each.get("url.full") or "").find("/agent-tokens/") < 0]
    assert len(found) == 1, spans
    return found[0]


def of_gate(spans):
    """The spans of the time that Gate was waited for."""
    return [each for each in spans if each.name == "wait for verification" or "/agent-tokens/verify" in (each.get("url.full") or "")]


def served(*paths):
    """Whether each has a span: those of different workers come in any order."""
    return lambda spans: set(paths) <= {each.get("url.path") for each in spans if each.kind == "SERVER"}


def test_a_request_has_spans_that_fit_the_log_and_the_upstreams_traceparent(traced, collector, upstream, gate):
    answer = traced.ask("/items?secret=query", TOKEN, "POST", [("traceparent", SAMPLED), ("User-Agent", "test/1")], b"12345")
    assert answer.status == 200
    line = traced.access_line("/items")
    spans = collector.wait_for(served("/items"))
    server, client = of(spans, "SERVER"), of(spans, "CLIENT")
    verify, = of_gate(spans)
    assert {each.trace_id for each in spans} == {TRACE} == {line["trace_id"]}
    assert (server.id, server.parent) == (line["span_id"], PARENT) and server.parent == line["parent_span_id"]
    assert upstream.last.one("traceparent") == "00-%s-%s-01" % (TRACE, client.id)
    assert client.parent == verify.parent == server.id and len({server.id, client.id, verify.id}) == 3
    assert server.begin <= verify.begin <= verify.end <= client.begin <= client.end <= server.end
    assert (server.flags, client.flags) == (0x301, 0x101)
    assert server.name == "POST" and not server.is_error and server["http.response.status_code"] == 200
    assert server["http.request.method"] == "POST" and server["url.path"] == "/items" and server["url.scheme"] == "http"
    assert server["server.address"] == "api.test" and server["client.address"] == "127.0.0.1"
    assert server["user_agent.original"] == "test/1" and server["http.request.body.size"] == 5
    assert server["gate.account_id"] == ACCOUNT == line["gate.account_id"]
    assert server["gate.token_fingerprint"] == line["gate.token_fingerprint"]
    assert (server["gate.verdict"], server["gate.reason"], server["gate.cache"]) == ("allow", "token_verified", "miss")
    assert client["url.full"] == upstream.url + "/items" and client["server.port"] == upstream.port
    assert verify["http.response.status_code"] == 200
    assert verify.kind == "CLIENT" and verify["url.full"].startswith(gate.url)
    assert server.resource["service.name"] == "gate-sidecar" and re.fullmatch(r"[0-9a-f-]{36}", server.resource["service.instance.id"])
    sent = b"".join(each.head.body for each in collector.requests)
    assert b"secret" not in sent and TOKEN.encode() not in sent


def test_a_hit_of_the_cache_has_no_span_of_gate(traced, collector):
    for path in ("/miss", "/hit"):
        assert traced.ask(path, TOKEN).status == 200
    spans = collector.wait_for(served("/miss", "/hit"))
    hit = of(spans, "SERVER", "/hit")
    assert hit["gate.cache"] == "hit"
    assert [each.parent for each in of_gate(spans)] == [of(spans, "SERVER", "/miss").id]


def test_a_refused_request_has_a_span_without_an_upstream(traced, collector, upstream):
    answer = traced.ask("/refused", "agt_unknown")
    assert answer.status == 401
    assert traced.ask("/missing").status == 401
    spans = collector.wait_for(served("/refused", "/missing"))
    refused, missing = of(spans, "SERVER", "/refused"), of(spans, "SERVER", "/missing")
    assert (refused["gate.verdict"], refused["gate.reason"]) == ("deny", "token_invalid") and not refused.is_error
    assert missing["gate.reason"] == "token_missing" and not missing.is_error
    assert refused["http.response.body.size"] == len(answer.body) > 0
    assert traced.access_line("/refused")["http.response.body.size"] == len(answer.body)
    assert [each.parent for each in of_gate(spans)] == [refused.id] and not upstream.requests
    assert not [each for each in spans if each.kind == "CLIENT" and each not in of_gate(spans)]


def test_a_servers_span_is_an_error_only_where_the_server_failed(start_sidecar, collector, upstream):
    sidecar = start_sidecar(exporting(collector))
    upstream.handler = lambda exchange: reply(int(exchange.head.target[1:]))(exchange)
    for status in (404, 500):
        assert sidecar.ask("/%d" % status, TOKEN).status == status
    spans = collector.wait_for(served("/404", "/500"))
    for status, is_error in ((404, False), (500, True)):
        server, client = of(spans, "SERVER", "/%d" % status), of(spans, "CLIENT", "/%d" % status)
        assert server.is_error == is_error and client.is_error
        assert client["error.type"] == str(status) and client["http.response.status_code"] == status
        assert server.get("error.type") == ("500" if is_error else None)


def test_a_gate_that_is_away_is_an_error_of_both_spans(traced, collector, gate):
    gate.go_away()
    assert traced.ask("/undecided", TOKEN).status == 503
    spans = collector.wait_for(served("/undecided"))
    server, (verify,) = of(spans, "SERVER"), of_gate(spans)
    assert server.is_error and verify.is_error and server["error.type"] == verify["error.type"] == "gate_unreachable"


@pytest.mark.parametrize("ratio", [0, 1])
def test_the_flag_of_the_client_decides_over_any_ratio(start_sidecar, collector, upstream, ratio):
    sidecar = start_sidecar({**exporting(collector, ratio=ratio), "workers": 1})  # spans leave a worker in their order
    for path, parent in (("/unsampled", UNSAMPLED), ("/sampled", SAMPLED)):
        assert sidecar.ask(path, TOKEN, fields=[("traceparent", parent)]).status == 200
    assert [each.one("traceparent")[-2:] for each in upstream.requests] == ["00", "01"]
    assert not served("/unsampled")(collector.wait_for(served("/sampled")))
    line = sidecar.access_line("/unsampled")
    assert upstream.requests[0].one("traceparent") == "00-%s-%s-00" % (TRACE, line["span_id"])


@pytest.mark.parametrize("ratio, least, most", [(0, 0, 0), (0.5, 60, 140), (1, 200, 200)])
def test_the_ratio_decides_where_a_trace_begins(start_sidecar, collector, upstream, ratio, least, most):
    sidecar = start_sidecar(exporting(collector, ratio=ratio))
    with sidecar.connect() as client:
        for _ in range(200):
            assert client.exchange(request("GET", "/", TOKEN)).status == 200
        assert client.exchange(request("GET", "/last", TOKEN, [("traceparent", SAMPLED)])).status == 200
    flags = [each.one("traceparent")[-2:] for each in upstream.requests[:-1]]
    assert least <= flags.count("01") <= most and flags.count("00") == 200 - flags.count("01")
    spans = collector.wait_for(lambda found: len([s for s in found if s.kind == "SERVER"]) == flags.count("01") + 1)
    seen = {each.one("traceparent")[36:52] for each in upstream.requests if each.one("traceparent").endswith("01")}
    assert {s.id for s in spans if s.kind == "CLIENT" and s not in of_gate(spans)} == seen


def test_the_ratio_can_be_changed_by_a_reload(start_sidecar, collector, upstream):
    sidecar = start_sidecar(exporting(collector, ratio=0))
    sidecar.path.write_text(sidecar.path.read_text().replace("ratio: 0", "ratio: 1"))

    def is_sampled():
        assert sidecar.ask("/", TOKEN).status == 200
        return upstream.last.one("traceparent").endswith("-01")
    eventually(is_sampled, "the new ratio", within=15)
    collector.wait_for(served("/"))


def test_without_export_nothing_is_different(sidecar, upstream):
    assert sidecar.ask("/", TOKEN, fields=[("traceparent", SAMPLED)]).status == 200
    assert upstream.last.one("traceparent") == "00-%s-%s-01" % (TRACE, sidecar.access_line("/")["span_id"])
    assert "gate_span" not in sidecar.metrics_text()


def test_an_account_is_named_only_where_the_log_names_it(start_sidecar, collector):
    sidecar = start_sidecar({**exporting(collector), "log": {"access": False}})
    assert sidecar.ask("/quiet", TOKEN).status == 200
    server = of(collector.wait_for(served("/quiet")), "SERVER")
    assert server.get("gate.account_id") is None and server.get("gate.token_fingerprint") is None


def test_a_websocket_has_spans_when_it_ends(traced, collector, upstream):
    upstream.handler = switch_and_echo
    with traced.connect() as client:
        assert client.exchange(request("GET", "/ws", TOKEN, HANDSHAKE)).status == 101
        client.send(b"hello")
        assert client.exactly(5) == b"hello"
    spans = collector.wait_for(lambda found: any(s.get("http.response.status_code") == 101 for s in found))
    server, client_span = of(spans, "SERVER"), of(spans, "CLIENT")
    assert client_span["http.response.status_code"] == 101 and server["http.response.body.size"] >= 5
    assert upstream.last.one("traceparent")[36:52] == client_span.id


def test_a_stream_that_breaks_off_is_an_error(traced, collector, upstream):
    def break_off(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        exchange.keep = False
    upstream.handler = break_off
    with traced.connect() as client:
        client.send(request("GET", "/stream", TOKEN))
        assert client.head().status == 200
        spans = collector.wait_for(served("/stream"))
    server, client_span = of(spans, "SERVER"), of(spans, "CLIENT")
    assert server.is_error and server["error.type"] == "upstream_truncated" and server["http.response.status_code"] == 200
    assert client_span.is_error and client_span["error.type"] == "upstream_truncated"


def test_a_question_of_another_proxy_has_a_span(start_sidecar, collector):
    sidecar = start_sidecar({**exporting(collector), "answer": {"address": "127.0.0.1:0", "original": "x-forwarded"}})
    fields = [("X-Forwarded-Method", "PUT"), ("X-Forwarded-Uri", "/asked?secret=1"), ("X-Forwarded-Host", "api.test"),
              ("X-Forwarded-Proto", "https")]
    assert sidecar.answers([*fields, ("traceparent", SAMPLED)], TOKEN).status == 200
    spans = collector.wait_for(served("/asked"))
    server, (verify,) = of(spans, "SERVER"), of_gate(spans)
    assert server["url.scheme"] == "https" and server.get("http.response.body.size") is None
    line = sidecar.access_line("/asked")
    assert server["gate.mode"] == "answer" and server.id == line["span_id"] and verify.parent == server.id


@pytest.mark.parametrize("trusted, scheme, address", [(["127.0.0.1/32"], "https", "shop.test"), ([], "http", "api.test")])
def test_scheme_and_host_are_those_that_a_trusted_proxy_tells(start_sidecar, collector, trusted, scheme, address):
    sidecar = start_sidecar({**exporting(collector), "forwarded": {"trusted_proxies": trusted}})
    fields = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.test")]
    assert sidecar.ask("/behind", TOKEN, fields=fields).status == 200
    server = of(collector.wait_for(served("/behind")), "SERVER")
    assert (server["url.scheme"], server["server.address"]) == (scheme, address)


# ---- where the collector is, and as whom it sees us ------------------------------------------------------------------
def test_opentelemetrys_variables_switch_it_on(start_sidecar, collector):
    sidecar = start_sidecar(env={
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url + "/base/", "OTEL_SERVICE_NAME": "orders",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=a%20test", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=sec%20ret"})
    assert sidecar.ask("/", TOKEN).status == 200
    server = of(collector.wait_for(served("/")), "SERVER")
    assert server.resource["service.name"] == "orders" and server.resource["deployment.environment.name"] == "a test"
    assert collector.requests[0].head.target == "/base/v1/traces" and collector.requests[0].head.one("x-key") == "sec ret"
    assert "sec ret" not in sidecar.everything_written()


def test_the_key_in_opentelemetrys_variables_is_for_no_other_collector(start_sidecar, collector):
    sidecar = start_sidecar(exporting(collector), env={"OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret"})
    assert sidecar.ask("/", TOKEN).status == 200
    collector.wait_for(served("/"))
    assert collector.requests[0].head.one("x-key") is None


@pytest.mark.parametrize("variable, value", [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"), ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem")])
def test_a_variable_of_opentelemetry_that_cannot_be_used_stops_nothing(start_sidecar, variable, value):
    sidecar = start_sidecar(env={"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1", variable: value})
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.wait_for_log(lambda e: "no spans are exported" in e.get("message", "") or variable in e.get("message", ""), "a warning")
    assert "gate_span" not in sidecar.metrics_text() and "secret\"" not in sidecar.everything_written()


def test_a_changed_file_of_header_fields_needs_a_restart_and_a_broken_one_is_refused(start_sidecar, collector, tmp_path):
    headers = tmp_path / "headers"
    headers.write_text("x-key=one")
    sidecar = start_sidecar(exporting(collector, headers_file=str(headers)))
    assert sidecar.ask("/", TOKEN).status == 200  # by now it watches
    headers.write_text("x-key=two")
    eventually(lambda: sidecar.metric("gate_config_restart_needed") == 1, "the notice", within=25)
    headers.write_text("broken")
    eventually(lambda: sidecar.metric("config_reloads_total", what="config", result="failure") == 1, "the refusal", within=25)


def test_a_collector_with_tls_must_have_a_certificate_that_is_trusted(start_sidecar, start_collector, authority, stranger):
    tls = server_context(*authority.issue("collector", "DNS:collector.test"))
    collector = start_collector(tls=tls)
    good = start_sidecar(exporting(collector, tls={"ca_file": str(authority.ca_file), "server_name": "collector.test"}))
    assert good.ask("/good", TOKEN).status == 200
    collector.wait_for(served("/good"))
    for tls in ({"ca_file": str(stranger.ca_file), "server_name": "collector.test"}, {"ca_file": str(authority.ca_file)}):
        bad = start_sidecar(exporting(collector, tls=tls))
        assert bad.ask("/bad", TOKEN).status == 200
        bad.wait_for_log(lambda e: e.get("message") == "spans cannot be exported", "a failed call", within=10)
    assert not served("/bad")(collector.spans)


# ---- a collector that is no help -------------------------------------------------------------------------------------
def trickle(exchange):
    """A response without end."""
    exchange.read_body()
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.connection.send(b"1000\r\n" + b" " * 0x1000 + b"\r\n")


def garbage(exchange):
    exchange.read_body()
    exchange.connection.send(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    exchange.keep = False


TROUBLES = {
    "slow": (silent, "timeout"),
    "throttling": (reply(429, b"", [("Retry-After", "600")]), "throttled"),
    "failing": (reply(503), "throttled"),
    "refusing": (reply(400), "refused"),
    "garbage": (garbage, "bad_answer"),
    "login page": (reply(200, b"<html>log in</html>"), "bad_answer"),
    "endless": (trickle, "bad_answer"),
}


def unread(status, *fields):
    """Answers what it has not read, and closes."""
    def handler(exchange):
        exchange.connection.send(b"HTTP/1.1 %d No\r\n%sContent-Length: 2\r\n\r\nno" % (
            status, b"".join(b"%s: %s\r\n" % each for each in fields)))
        exchange.keep = False
    return handler


def ask_many(sidecar, count):
    with sidecar.connect() as client:
        for _ in range(count):
            assert client.exchange(request("GET", "/" + "x" * 1000, TOKEN)).status == 200


@pytest.mark.parametrize("trouble", [t for t in TROUBLES if t != "slow"])
def test_a_collector_in_trouble_costs_no_request_anything(start_sidecar, start_collector, trouble):
    handler, reason = TROUBLES[trouble]
    collector = start_collector(handler)
    sidecar = start_sidecar({**exporting(collector), "workers": 1, "log": {"access": False}})
    ask_many(sidecar, 200)
    eventually(lambda: sidecar.metric("gate_span_export_failures_total", reason=reason) >= 1, "a failed call", within=15)
    ask_many(sidecar, 200)
    assert sidecar.metric("gate_spans_exported_total") == 0
    if trouble == "refusing":
        eventually(lambda: sidecar.metric("gate_spans_dropped_total", reason="refused") > 0, "drops")
    sidecar.wait_for_log(lambda e: e.get("message") == "spans cannot be exported" and e["reason"] == reason, "a line of it")


@pytest.mark.parametrize("status, fields, reason", [
    (413, [], "refused"), (401, [], "refused"), (429, [(b"Retry-After", b"60")], "throttled"), (200, [], None)])
def test_a_refusal_of_what_was_not_read_is_understood(start_sidecar, start_collector, status, fields, reason):
    collector = start_collector(unread(status, *fields))
    collector.server.use_small_buffers()
    sidecar = start_sidecar({**exporting(collector), "workers": 1, "log": {"access": False}})
    ask_many(sidecar, 200)
    line = sidecar.wait_for_log(lambda e: e.get("message") == "spans cannot be exported", "a line of it", within=15)
    if reason is None:  # it cannot have taken them
        assert line["reason"] in ("bad_answer", "unreachable")
        return
    assert (line["reason"], line["http.response.status_code"]) == (reason, status), line
    if reason == "refused":
        eventually(lambda: sidecar.metric("gate_spans_dropped_total", reason="refused") > 0, "drops")


@pytest.mark.parametrize("trouble", ["down", "slow"])
def test_memory_is_bounded_while_the_collector_takes_nothing(start_sidecar, start_collector, trouble):
    collector = start_collector(silent)
    if trouble == "down":
        collector.server.stop()
    sidecar = start_sidecar({**exporting(collector), "workers": 1, "log": {"access": False}})
    ask_many(sidecar, 100)
    before = sidecar.rss()
    asked = 100
    while not sidecar.metric("gate_spans_dropped_total", reason="no_room"):
        ask_many(sidecar, 500)
        asked += 500
        assert asked < 20000, "nothing is dropped"
    at_bound = sidecar.rss()
    ask_many(sidecar, 1000)
    if not SANITIZER:  # its quarantine keeps what has been freed
        assert sidecar.rss() - before < 8 << 20 and sidecar.rss() - at_bound < 2 << 20
    assert sidecar.metric("gate_spans_exported_total") == 0


def test_a_collector_that_comes_back_gets_what_is_left(start_sidecar, start_collector):
    is_back = threading.Event()
    collector = start_collector(lambda exchange: (accepted if is_back.is_set() else reply(503))(exchange))
    sidecar = start_sidecar(exporting(collector))
    assert sidecar.ask("/early", TOKEN).status == 200
    eventually(lambda: sidecar.metric("gate_span_export_failures_total", reason="throttled") >= 1, "a failed call", within=15)
    is_back.set()
    eventually(lambda: sidecar.metric("gate_spans_exported_total") == 3, "the spans to arrive", within=30)
    assert sidecar.metric("gate_spans_dropped_total") == 0
    assert sidecar.metric("gate_span_export_last_success_timestamp_seconds") > 0
    sidecar.wait_for_log(lambda e: e.get("message") == "spans are exported again", "a line of it")


def test_what_the_collector_rejects_is_counted(start_sidecar, start_collector):
    collector = start_collector(reply(200, b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too \\u001b[31m old"}}'))
    sidecar = start_sidecar(exporting(collector))
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: sidecar.metric("gate_spans_dropped_total", reason="rejected") == 2, "the count")
    assert sidecar.metric("gate_spans_exported_total") == 1
    line = sidecar.wait_for_log(lambda e: e.get("message") == "the collector has a complaint about spans" or "rejected_spans" in e, "it")
    assert line["rejected_spans"] == 2


# ---- the end ---------------------------------------------------------------------------------------------------------
def test_at_the_end_the_last_spans_are_sent(start_sidecar, collector):
    sidecar = start_sidecar(exporting(collector))
    assert sidecar.ask("/last", TOKEN).status == 200
    sidecar.terminate()
    assert sidecar.wait() == 0
    assert served("/last")(collector.spans)


@pytest.mark.parametrize("trouble", ["slow", "throttling"])
def test_the_end_does_not_wait_for_a_collector_beyond_the_grace(start_sidecar, start_collector, trouble):
    collector = start_collector(TROUBLES[trouble][0])
    sidecar = start_sidecar({**exporting(collector), "shutdown": {"grace": "1s"}})
    assert sidecar.ask("/last", TOKEN).status == 200
    collector.server.wait_for_request()
    began = time.monotonic()
    sidecar.terminate()
    assert sidecar.wait() == 0
    assert time.monotonic() - began < 5 * PATIENCE, "Retry-After was waited for"
    line = sidecar.wait_for_log(lambda e: "spans were lost at the end" in e.get("message", ""), "a line of it")
    assert line["spans"] == 3


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer wants to be loaded first")
def test_the_end_does_not_wait_for_a_silent_name_server(start_sidecar, collector, name, names_environment, tmp_path):
    path = tmp_path / "answers"
    sidecar = start_sidecar({"telemetry": {"otlp": {"endpoint": "http://%s:%d" % (NAME, collector.server.port)}},
                             "answer": {"address": "unix:%s" % path, "original": "x-forwarded"}, "shutdown": {"grace": "1s"}},
                            env=names_environment)
    assert sidecar.ask("/last", TOKEN).status == 200
    eventually(lambda: was_asked(name), "the look-up to begin")
    sidecar.terminate()
    assert sidecar.wait() == 0  # the name is never resolved
    line = sidecar.wait_for_log(lambda e: "spans were lost at the end" in e.get("message", ""), "a line of it")
    assert line["spans"] == 3 and not path.exists()
