"""Which fields travel, which end here, and which we add."""
import re

import pytest

from harness import TOKEN
from harness.http import request
from harness.server import raw, reply


def test_end_to_end_fields_travel_unchanged_in_both_directions(sidecar, upstream):
    upstream.handler = reply(201, b"made", [("ETag", '"1"'), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("x-MiXed", "  v  ")])
    fields = [("Accept", "text/html"), ("Cookie", "a=1; b=2"), ("X-Twice", "1"), ("X-Twice", "2"), ("X-8bit", "\xe9\xff"),
              ("X-Empty", "")]
    answer = sidecar.ask("/x?y=%2F&z", TOKEN, fields=fields)
    assert (answer.status, answer.body) == (201, b"made")
    assert answer.all("Set-Cookie") == ["a=1", "b=2"] and ("x-MiXed", "v") in answer.fields
    head = upstream.last
    assert head.target == "/x?y=%2F&z" and head.one("Host") == "api.test"
    assert [pair for pair in head.fields if pair[0] in dict(fields)] == fields


def test_hop_by_hop_fields_end_here(sidecar, upstream):
    """Rules 3 and 19."""
    fields = [("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=9"), ("Proxy-Connection", "keep-alive"),
              ("TE", "trailers, deflate"), ("Proxy-Authorization", "Basic eA=="), ("Trailer", "X-T"), ("X-Stays", "1")]
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN, fields)).status == 200
    names = upstream.last.names()
    for gone in ("x-hop", "keep-alive", "proxy-connection", "proxy-authorization", "trailer", "te"):
        assert gone not in names
    assert upstream.last.one("X-Stays") == "1"
    assert "x-hop" not in (upstream.last.one("Connection") or "").lower()


def test_hop_by_hop_fields_of_the_upstream_end_here(sidecar, upstream):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\nConnection: X-Up, keep-alive\r\nX-Up: 1\r\nKeep-Alive: timeout=5\r\n"
                           b"Proxy-Connection: close\r\nX-Stays: 1\r\nContent-Length: 2\r\n\r\nok")
    with sidecar.connect() as client:
        for _ in range(2):
            answer = client.exchange(request("GET", "/", TOKEN))
            assert answer.one("X-Stays") == "1"
            for gone in ("X-Up", "Keep-Alive", "Proxy-Connection"):
                assert answer.all(gone) == []


@pytest.mark.parametrize("fields", [
    [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")],
    [("Connection", "Upgrade"), ("Upgrade", "TLS/1.0")], [("Upgrade", "h2c")]])
def test_an_upgrade_that_we_do_not_know_is_ignored(sidecar, upstream, fields):
    """Rule 20."""
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/", TOKEN, fields)).status == 200
    assert upstream.last.all("Upgrade") == [] and upstream.last.all("HTTP2-Settings") == []


def test_the_upstream_learns_who_the_client_is(sidecar, upstream):
    assert sidecar.ask("/", TOKEN).status == 200
    assert upstream.last.one("X-Forwarded-For") == "127.0.0.1"
    assert upstream.last.one("X-Forwarded-Proto") == "http"
    assert upstream.last.one("X-Forwarded-Host") == "api.test"


def test_via_is_added_where_it_is_asked_for(start_sidecar, upstream):
    """RFC 9110 7.6.3: at the end of what others have said, in both directions."""
    upstream.handler = reply(200, b"ok", [("Via", "1.1 inner")])
    answer = start_sidecar({"forwarded": {"via": True}}).ask("/", TOKEN, fields=[("Via", "1.0 outer")])
    assert upstream.last.all("Via") == ["1.0 outer", "1.1 gate-sidecar"]
    assert answer.all("Via") == ["1.1 inner", "1.1 gate-sidecar"]


def test_via_is_left_alone_by_default(sidecar, upstream):
    upstream.handler = reply(200, b"ok", [("Via", "1.1 inner")])
    answer = sidecar.ask("/", TOKEN, fields=[("Via", "1.0 outer")])
    assert upstream.last.all("Via") == ["1.0 outer"] and answer.all("Via") == ["1.1 inner"]


FORGED = [("X-Forwarded-For", "203.0.113.9"), ("x_forwarded_for", "203.0.113.8"), ("X-Forwarded-Proto", "https"),
          ("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Port", "1"), ("Forwarded", "for=203.0.113.9"), ("X-Real-IP", "203.0.113.9")]


def test_what_a_stranger_says_about_the_client_is_dropped(sidecar, upstream):
    """Rule 7."""
    assert sidecar.ask("/forged", TOKEN, fields=FORGED).status == 200
    assert upstream.last.one("X-Forwarded-For") == "127.0.0.1"
    assert upstream.last.one("X-Forwarded-Proto") == "http"
    assert upstream.last.one("X-Forwarded-Host") == "api.test"
    told = " ".join(v for _, v in upstream.last.fields)
    assert "203.0.113" not in told and "evil.test" not in told
    assert sidecar.access_line("/forged")["client.address"] == "127.0.0.1"


REROUTING = [("X-Original-URL", "/admin"), ("X-Original-URI", "/admin"), ("X-Rewrite-URL", "/admin"),
             ("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE"),
             ("x_original_url", "/admin"), ("X_HTTP_METHOD_OVERRIDE", "DELETE"), ("X.Rewrite.URL", "/admin")]


def test_what_moves_a_request_elsewhere_is_dropped(sidecar, upstream):
    """Rule 7."""
    assert sidecar.ask("/", TOKEN, "POST", REROUTING, b"x").status == 200
    told = " ".join(v for _, v in upstream.last.fields)
    assert "admin" not in told and "DELETE" not in told


def test_a_field_that_moves_requests_passes_where_it_is_named(start_sidecar, upstream):
    """Rule 7: with a warning at start, and without a public path."""
    sidecar = start_sidecar({"forwarded": {"pass": ["x-http-method-override"]}, "auth": {"public_paths": ["/open"]}})
    assert sidecar.ask("/", TOKEN, "POST", REROUTING, b"x").status == 200
    assert upstream.last.all("X-HTTP-Method-Override") == ["DELETE"]
    assert [v for _, v in upstream.last.fields if "admin" in v] == []
    warning = sidecar.wait_for_log(lambda e: e.get("option") == "forwarded.pass", "the warning")
    assert (warning["level"], warning["field"]) == ("warn", "x-http-method-override")
    assert sidecar.ask("/open").status == 200
    assert sidecar.ask("/open", fields=[("X-Original-URL", "/admin")]).status == 200
    assert sidecar.ask("/open", fields=[("X-HTTP-Method-Override", "DELETE")]).status == 401


CLIENT_IP = ["True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "X-Appengine-User-IP",
             "X-Azure-ClientIP", "X-Envoy-External-Address", "X-Original-Forwarded-For", "Fastly-Client-IP", "Fly-Client-IP",
             "DO-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "Appengine-User-IP", "X-Forwarded", "Forwarded-For"]


def test_the_address_in_the_words_of_other_proxies_comes_from_a_trusted_one_only(start_sidecar, upstream):
    """Rule 7: their other spellings never do."""
    fields = [(name, "203.0.113.9") for name in CLIENT_IP] + [(name.replace("-", "_"), "203.0.113.8") for name in CLIENT_IP]
    for trusted, passed in (("192.0.2.1", []), ("127.0.0.1", ["203.0.113.9"] * len(CLIENT_IP))):
        sidecar = start_sidecar({"forwarded": {"trusted_proxies": [trusted]}})
        assert sidecar.ask("/", TOKEN, fields=fields).status == 200
        assert [v for _, v in upstream.last.fields if "203.0.113" in v] == passed


def test_what_a_trusted_proxy_says_about_the_client_is_believed(start_sidecar, upstream):
    """Rule 7."""
    sidecar = start_sidecar({"forwarded": {"trusted_proxies": ["127.0.0.0/8"]}})
    fields = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "public.test")]
    assert sidecar.ask("/trusted", TOKEN, fields=fields).status == 200
    addresses = [a.strip() for a in upstream.last.one("X-Forwarded-For").split(",")]
    assert addresses == ["203.0.113.9", "127.0.0.1"]
    assert upstream.last.one("X-Forwarded-Proto") == "https"
    assert upstream.last.one("X-Forwarded-Host") == "public.test"
    assert sidecar.access_line("/trusted")["client.address"] == "203.0.113.9"


def test_a_sane_request_id_is_kept_passed_on_echoed_and_logged(sidecar, upstream):
    answer = sidecar.ask("/kept", TOKEN, fields=[("X-Request-Id", "abc-123")])
    assert answer.one("X-Request-Id") == "abc-123"
    assert upstream.last.one("X-Request-Id") == "abc-123"
    assert "abc-123" in sidecar.access_line("/kept").values()


@pytest.mark.parametrize("fields", [[], [("X-Request-Id", "")], [("X-Request-Id", "a b\tc")], [("X-Request-Id", "a" * 2000)],
                                    [("X-Request-Id", "\xe9")], [("X-Request-Id", "one"), ("X-Request-Id", "two")]])
def test_a_request_id_is_made_where_there_is_no_sane_one(sidecar, upstream, fields):
    answer = sidecar.ask("/", TOKEN, fields=fields)
    made = answer.one("X-Request-Id")
    assert re.fullmatch(r"req_[0-9a-f]{32}", made)
    assert upstream.last.all("X-Request-Id") == [made]


def test_each_request_has_an_id_of_its_own(sidecar):
    with sidecar.connect() as client:
        ids = {client.exchange(request("GET", "/", TOKEN)).one("X-Request-Id") for _ in range(20)}
    assert len(ids) == 20


def test_a_refusal_carries_both_ids(sidecar):
    answer = sidecar.ask("/refused", fields=[("X-Request-Id", "theirs")])
    assert answer.status == 401 and answer.one("X-Request-Id") == "theirs"
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.error["request_id"])
    line = sidecar.access_line("/refused")
    assert line["request_id"] == "theirs" and line["error.request_id"] == answer.error["request_id"]
    assert answer.one("Content-Type").startswith("application/json")


TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("version, flags, passed", [("00", "01", "01"), ("00", "00", "00"), ("01", "01", "01"), ("cc", "00-more", "00")])
def test_a_trace_is_continued_with_a_span_of_our_own(sidecar, upstream, version, flags, passed):
    fields = [("traceparent", "-".join((version, TRACE, PARENT, flags))), ("tracestate", "v=1"), ("tracestate", "w=2")]
    assert sidecar.ask("/traced", TOKEN, fields=fields).status == 200
    made = re.fullmatch("00-%s-([0-9a-f]{16})-%s" % (TRACE, passed), upstream.last.one("traceparent"))
    assert made and made.group(1) not in (PARENT, "0" * 16)
    assert upstream.last.all("tracestate") == ["v=1", "w=2"]
    line = sidecar.access_line("/traced")
    assert (line["trace_id"], line["span_id"], line["parent_span_id"]) == (TRACE, made.group(1), PARENT)


@pytest.mark.parametrize("parents", [[], ["nonsense"], ["ff-%s-%s-01" % (TRACE, PARENT)], ["00-%s-%s-01" % (TRACE, PARENT)] * 2,
                                     ["00-%s-%s-01-more" % (TRACE, PARENT)], ["00-%s-%s-01" % ("0" * 32, PARENT)]])
def test_a_trace_is_begun_where_there_is_no_valid_one(sidecar, upstream, parents):
    fields = [("traceparent", parent) for parent in parents] + [("tracestate", "v=1")]
    assert sidecar.ask("/untraced", TOKEN, fields=fields).status == 200
    made = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", upstream.last.one("traceparent"))
    assert made and made.group(1) != TRACE and upstream.last.all("tracestate") == []
    line = sidecar.access_line("/untraced")
    assert (line["trace_id"], line["span_id"]) == made.groups() and "parent_span_id" not in line


def test_each_request_of_a_trace_has_a_span_of_its_own(sidecar, upstream):
    parent = "00-%s-%s-01" % (TRACE, PARENT)
    with sidecar.connect() as client:
        for _ in range(20):
            client.exchange(request("GET", "/", TOKEN, [("traceparent", parent)]))
    assert len({r.one("traceparent") for r in upstream.requests}) == 20


def test_a_refused_request_names_its_trace(sidecar):
    assert sidecar.ask("/refused", fields=[("traceparent", "00-%s-%s-00" % (TRACE, PARENT))]).status == 401
    line = sidecar.access_line("/refused")
    assert (line["trace_id"], line["parent_span_id"]) == (TRACE, PARENT) and line["span_id"] != PARENT


def test_an_absolute_target_replaces_the_host(sidecar, upstream):
    assert sidecar.ask("http://other.test/abs?q=1", TOKEN).status == 200
    assert upstream.last.target == "/abs?q=1" and upstream.last.one("Host") == "other.test"


def test_options_for_the_whole_server_passes(sidecar, upstream):
    assert sidecar.ask("*", TOKEN, "OPTIONS").status == 200
    assert (upstream.last.method, upstream.last.target) == ("OPTIONS", "*")
