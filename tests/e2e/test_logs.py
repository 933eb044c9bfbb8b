"""The access log: one JSON object a line, with the fields that operators rely on, and without secrets."""
import base64
import datetime
import re

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import chunked, request
from harness.server import reply
from harness.sidecar import SECRET_KEY
from harness.wait import eventually

ALWAYS = {"http.request.method", "url.path", "http.response.status_code", "client.address", "network.protocol.version",
          "gate.verdict", "gate.reason", "request_id", "duration_ms", "level", "trace_id", "span_id"}


def test_an_allowed_request_leaves_one_full_line(sidecar, upstream, gate):
    upstream.handler = reply(201, b"created")
    gate.fault(latency="20ms")
    answer = sidecar.ask("/items?secret=query", TOKEN, "POST", [("User-Agent", "test/1.0")], b"12345")
    line = sidecar.access_line("/items")
    assert ALWAYS <= line.keys()
    assert line["http.request.method"] == "POST" and line["http.response.status_code"] == 201
    assert line["client.address"] == "127.0.0.1" and line["user_agent.original"] == "test/1.0"
    assert line["network.protocol.version"] == "1.1" and line["server.address"] == "api.test"
    assert (line["gate.verdict"], line["gate.reason"], line["gate.cache"]) == ("allow", "token_verified", "miss")
    assert line["gate.account_id"] == ACCOUNT
    assert re.fullmatch(r"[0-9a-f]{12}", line["gate.token_fingerprint"])
    assert 0 <= line["upstream_ms"] <= line["duration_ms"] and 19 <= line["gate_ms"] <= line["duration_ms"]
    assert line["level"] == "info" and "error.type" not in line
    assert line["request_id"] == answer.one("X-Request-Id")
    assert re.fullmatch(r"req_[0-9a-f]{32}", line["gate.request_id"])
    assert "secret=query" not in sidecar.everything_written()


def test_each_line_tells_what_is_left_of_the_budget(start_gate, start_sidecar):
    sidecar = start_sidecar(gate=start_gate("--limit", 600))
    for path, token, left in (("/miss", TOKEN, 599), ("/hit", TOKEN, 599), ("/denied", "agt_unknown", 598)):
        sidecar.ask(path, token)
        assert sidecar.access_line(path)["gate.budget_remaining"] == left


def test_a_denied_request_leaves_the_same_fields(sidecar):
    answer = sidecar.ask("/denied", "agt_unknown")
    line = sidecar.access_line("/denied")
    assert ALWAYS <= line.keys()
    assert (line["gate.verdict"], line["gate.reason"]) == ("deny", "token_invalid")
    assert line["http.response.status_code"] == 401
    assert re.fullmatch(r"[0-9a-f]{12}", line["gate.token_fingerprint"])
    assert line["request_id"] == answer.error["request_id"]


def test_a_request_that_gate_could_not_decide_says_so(sidecar, gate):
    gate.go_away()
    sidecar.ask("/undecided", TOKEN)
    line = sidecar.access_line("/undecided")
    assert (line["gate.verdict"], line["gate.reason"]) == ("unavailable", "gate_unreachable")
    assert line["http.response.status_code"] == 503


def test_the_verdict_of_the_log_is_the_one_of_the_metrics(sidecar):
    for token in (TOKEN, TOKEN, "agt_unknown", None):
        sidecar.ask("/counted", token)
    lines = eventually(lambda: (found := [x for x in sidecar.log() if x.get("url.path") == "/counted"])[3:] and found, "four lines")
    for verdict in ("allow", "deny", "unavailable"):
        assert sidecar.metric("gate_decisions_total", verdict=verdict) == sum(x["gate.verdict"] == verdict for x in lines)


def test_time_stamps_are_utc_with_milliseconds(sidecar):
    sidecar.ask("/", TOKEN)
    line = sidecar.access_line("/")
    stamps = [v for v in line.values() if isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", v)]
    assert len(stamps) == 1
    written = datetime.datetime.strptime(stamps[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    assert abs((datetime.datetime.now(datetime.timezone.utc) - written).total_seconds()) < 60


@pytest.mark.parametrize("path", ["/%22quoted%22", "/back\\slash\"quote", "/\xe9\xff", "/\u007e{}"])
def test_nothing_that_a_client_sends_breaks_a_line(sidecar, path):
    with sidecar.connect() as client:
        agent = "a\"b\\c\xff\t{}"
        client.send(request("GET", path, TOKEN, [("User-Agent", agent), ("Connection", "close")]))
        client.response()
    sidecar.ask("/after", TOKEN)
    eventually(lambda: len([line for line in sidecar.log() if "http.response.status_code" in line]) == 2, "two lines")


def test_one_line_for_each_request_of_a_connection(sidecar):
    with sidecar.connect() as client:
        for number in range(10):
            client.exchange(request("GET", "/%d" % number, TOKEN))
    sidecar.access_line("/9")
    assert [x["url.path"] for x in sidecar.log() if "url.path" in x] == ["/%d" % n for n in range(10)]


def test_the_access_log_can_be_turned_off(start_sidecar):
    sidecar = start_sidecar({"log": {"access": False}})
    assert sidecar.ask("/quiet", TOKEN).status == 200
    sidecar.stop()
    assert "/quiet" not in sidecar.everything_written()


def test_every_line_is_an_object_with_a_level(start_sidecar):
    sidecar = start_sidecar({"log": {"level": "debug"}})
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.stop()
    assert all(line["level"] in ("debug", "info", "warn", "error") for line in sidecar.log())


def test_no_secret_is_ever_written(start_sidecar, gate, upstream):
    """Rule 25: whatever happens, at the most talkative level."""
    sidecar = start_sidecar({"log": {"level": "debug"}, "cache": {"ttl": "0s"}})
    secret = "agt_secretsecretsecret"
    gate.add(secret, "gacct_secret")
    ask = sidecar.ask
    ask("/", secret)
    ask("/" + secret, secret, fields=[("User-Agent", "agent/" + secret), ("X-Request-Id", secret)])
    ask("/?access_token=" + secret, secret)
    ask("/", secret + "!")
    ask("/", secret + ", Bearer x")
    ask("/", fields=[("Authorization", "Basic c2VjcmV0"), ("Cookie", "session=secretsecretsecret")])
    ask("/", secret, "POST", [("Transfer-Encoding", "chunked")], chunked(b"secretsecretsecret"))
    upstream.stop()
    ask("/", secret)
    for fault in ({"status": 401}, {"status": 500}, {"malformed": "not_json"}, {"reset": True}):
        gate.fault(**fault)
        ask("/", secret)
    metrics = sidecar.metrics_text()
    for listener in ("status", "admin"):
        for target in ("/config", "/readyz", "/livez"):
            metrics += sidecar.operate(target, listener).body.decode()
    sidecar.stop()
    for text in (sidecar.everything_written(), metrics):
        for hidden in ("secretsecretsecret", "agt_secret", SECRET_KEY, "c2VjcmV0"):
            assert hidden not in text


ENCODED = "".join("%%%02x" % ord(c) for c in "agt_") + "secretsecret"
BASE64 = base64.b64encode(b"user:agt_secretsecret")
MISPLACED = {
    "Host": b"GET /variant HTTP/1.1\r\nHost: agt_secretsecret.api.test\r\n",
    "authority": b"GET http://agt_secretsecret/variant HTTP/1.1\r\nHost: a\r\n",
    "method": b"agt_secretsecret /variant HTTP/1.1\r\nHost: a\r\n",
    "path": b"GET /agt_secretsecret HTTP/1.1\r\nHost: a\r\n",
    "encoded path": b"GET /" + ENCODED.encode() + b" HTTP/1.1\r\nHost: a\r\n",
    "path encoded twice": b"GET /" + ENCODED.replace("%", "%25").encode() + b" HTTP/1.1\r\nHost: a\r\n",
    "encoded query": b"GET /variant?t=" + ENCODED.encode() + b" HTTP/1.1\r\nHost: a\r\n",
    "User-Agent": b"GET /variant HTTP/1.1\r\nHost: a\r\nUser-Agent: xagt_secretsecret\r\n",
    "encoded User-Agent": b"GET /variant HTTP/1.1\r\nHost: a\r\nUser-Agent: a b/" + ENCODED.encode() + b"\r\n",
    "base64 in the path": b"GET /Basic%20" + BASE64 + b" HTTP/1.1\r\nHost: a\r\n",
    "base64 in the User-Agent": b"GET /variant HTTP/1.1\r\nHost: a\r\nUser-Agent: Authorization: Basic " + BASE64 + b"\r\n",
    "base64 in the query": b"GET /variant?t=" + BASE64 + b" HTTP/1.1\r\nHost: a\r\n",
    "JSON in the User-Agent": b'GET /variant HTTP/1.1\r\nHost: a\r\nUser-Agent: {"t":"\\u0061gt_secretsecret"}\r\n',
    "X-Request-Id": b"GET /variant HTTP/1.1\r\nHost: a\r\nX-Request-Id: AGT_secretsecret\r\n",
    "traceparent": b"GET /variant HTTP/1.1\r\nHost: a\r\ntraceparent: agt_secretsecret\r\n",
}


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("place", MISPLACED)
def test_a_token_out_of_place_is_masked(start_sidecar, place, style):
    """Rule 25: in the words of whoever misplaced it, in either format."""
    sidecar = start_sidecar({"log": {"level": "debug", "format": style}})
    with sidecar.connect() as client:
        assert client.exchange(MISPLACED[place] + b"Connection: close\r\n\r\n").status == 401
    sidecar.stop()
    written = sidecar.everything_written()
    assert "token_missing" in written and "secretsecret" not in written and BASE64[-8:].decode() not in written
    if "query" not in place and place != "traceparent":
        assert "agt_***" in written


def test_no_secret_is_in_the_process_list(sidecar):
    """Rule 25."""
    with open("/proc/%d/cmdline" % sidecar.process.popen.pid, "rb") as arguments:
        assert SECRET_KEY.encode() not in arguments.read()


def test_a_fingerprint_is_the_same_for_the_same_token_and_another_in_another_process(start_sidecar):
    """Rules 10 and 25: keyed with a random key of the process."""
    first, second = start_sidecar(), start_sidecar()
    seen = []
    for sidecar in (first, second):
        for path in ("/1", "/2"):
            sidecar.ask(path, TOKEN)
            seen.append(sidecar.access_line(path)["gate.token_fingerprint"])
    assert seen[0] == seen[1] and seen[2] == seen[3] and seen[0] != seen[2]


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_reorders_or_breaks_a_shown_line_is_escaped(start_sidecar, form):
    """A client's text must not make its line look like another one."""
    sidecar = start_sidecar({"log": {"format": form}})
    odd = "\u202e\u2066\u200f\u061c\u2028\u2029"
    with sidecar.connect() as client:
        client.send(request("GET", "/odd", fields=[("User-Agent", "a%sz")]).replace(b"%s", odd.encode()))
        assert client.response().status == 401
    assert sidecar.access_line("/odd")["user_agent.original"] == "a" + odd + "z"
    written = sidecar.everything_written()
    assert not any(character in written for character in odd)
    assert all("\\u%04x" % ord(character) in written for character in odd)
