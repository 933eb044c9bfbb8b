"""What upstreams do that is nasty, allowed, or both."""
import pytest

from harness import TOKEN
from harness.http import request
from harness.server import raw, reply
from harness.wait import eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_what_came_before_the_request_was_sent_is_not_its_response(start_sidecar, upstream):
    """Rule 21, RFC 9112 9.2: both lie in the kernel when the worker gets to them, the request first."""
    sidecar = start_sidecar({"workers": 1, "upstream": {"idle_timeout": "10m"}})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/1", TOKEN)).body == b"ok"
        eventually(lambda: sidecar.metric("upstream_connections", state="idle") == 1)
        sidecar.process.freeze()
        try:
            client.send(request("GET", "/2", TOKEN))
            upstream.wait_for_request(1).connection.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 6\r\n\r\npoison")
        finally:
            sidecar.process.thaw()
        assert client.response().body == b"ok"


@pytest.mark.parametrize("value", ['Basic realm="a", Negotiate abc', 'Digest nonce="x,y", qop="auth", NTLM', ",Negotiate"])
def test_a_connection_of_somebody_is_nobody_elses(start_sidecar, upstream, value):
    """Rule 21."""
    upstream.handler = reply(200, b"ok", [("WWW-Authenticate", value)])
    sidecar = start_sidecar({"workers": 1})
    for target in ("/1", "/2"):
        assert sidecar.ask(target, TOKEN).status == 200
    assert upstream.connections == 2


def test_a_date_that_is_taken_away_is_replaced(sidecar, upstream):
    """RFC 9110 6.6.1."""
    upstream.handler = reply(200, b"ok", [("Connection", "Date"), ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])
    assert sidecar.ask("/", TOKEN).one("Date")


@pytest.mark.parametrize("start", ["HTTP/1.1 099 X", "HTTP/1.1 1000 X", "HTTP/1.1 20 X", "HTTP/1.1 +20 X", "http/1.1 200 OK", "HTTP/2 200",
                                   "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200 a\x00b", "HTTP/1.1 200 a\rb",
                                   "ICY 200 OK", "\r\nHTTP/1.1 200 OK"])
def test_a_status_line_that_is_none_is_a_502(sidecar, upstream, start):
    upstream.handler = raw(start.encode() + b"\r\nContent-Length: 2\r\n\r\nok")
    assert sidecar.ask("/", TOKEN).status == 502


@pytest.mark.parametrize("start", ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 OK", "HTTP/1.1 200 \xe9\xff", "HTTP/1.1 600 X", "HTTP/1.1 999 X"])
def test_an_odd_status_line_passes(sidecar, upstream, start):
    upstream.handler = raw(start.encode("latin-1") + b"\r\nContent-Length: 2\r\n\r\nok")
    answer = sidecar.ask("/", TOKEN)
    assert (answer.status, answer.body) == (int(start.split(" ")[1]), b"ok")


@pytest.mark.parametrize("line", ["Transfer-Encoding: identity", "Transfer-Encoding: gzip", "Content-Length: 2, 2", "Content-Length: +2",
                                  "Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2\r\nTransfer-Encoding: chunked",
                                  "X: a\r\n b", "X : a", ": a", "X", "X: a\x00b", "X: a\nY: b"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_head_that_can_be_read_in_two_ways_is_a_502(sidecar, upstream, line, method):
    upstream.handler = raw(b"HTTP/1.1 200 OK\r\n" + line.encode() + b"\r\n\r\nok")
    assert sidecar.ask("/", TOKEN, method).status == 502


@pytest.mark.parametrize("framing", ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("status, method", [(204, "GET"), (304, "GET"), (200, "HEAD"), (404, "HEAD")])
def test_a_response_without_a_body_is_one_under_any_framing(start_sidecar, upstream, framing, status, method):
    """RFC 9112 6.3: and the next response is another; on the same connection, unless a body was announced that may yet come."""
    sidecar = start_sidecar({"workers": 1})
    with sidecar.connect() as client:
        upstream.handler = raw(b"HTTP/1.1 %d X\r\n%s\r\n" % (status, framing.encode()))
        answer = client.exchange(request(method, "/", TOKEN), to_head=True)
        assert answer.status == status and not answer.all("Transfer-Encoding")
        assert answer.one("Content-Length") == ("5" if "5" in framing and status != 204 else None)
        upstream.handler = raw(OK)
        assert client.exchange(request("GET", "/", TOKEN)).body == b"ok"
    assert upstream.connections == (2 if framing else 1)


def test_a_response_keeps_its_fields_but_those_of_its_connection(sidecar, upstream):
    """RFC 9110 5.3, 7.6.1."""
    kept = [("Set-Cookie", "a=1"), ("X-A", "1"), ("set-cookie", "b=2, c"), ("X-Empty", ""), ("Set-Cookie", "a=1"), ("Via", "1.1 x"), ("Age", "5")]
    dropped = [("Connection", "keep-alive, X-Mine, upgrade"), ("X-Mine", "x"), ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"),
               ("Upgrade", "h2c"), ("TE", "x"), ("Trailer", "X")]
    upstream.handler = reply(200, b"ok", [kept[0], *dropped, *kept[1:]])
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/", TOKEN))
    ours = ("Content-Length", "X-Request-Id", "Date")
    assert [f for f in answer.fields if f[0] not in ours] == kept


def test_only_harmless_trailers_reach_a_client_that_takes_them(sidecar, upstream):
    """RFC 9110 6.5.1."""
    lines = b"X-T: 1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\nConnection: close\r\nX-Gate-Account-Id: e\r\nServer-Timing: t\r\n"
    upstream.handler = raw(CHUNKED + b"2\r\nhi\r\n0\r\n" + lines + b"\r\n")
    with sidecar.connect() as client:
        answer = client.exchange(request("GET", "/", TOKEN, [("TE", "trailers"), ("Connection", "TE")]))
        assert (answer.body, answer.trailers) == (b"hi", [("X-T", "1"), ("Server-Timing", "t")])
        assert client.exchange(request("GET", "/", TOKEN)).trailers == []


@pytest.mark.parametrize("answer", [CHUNKED + b"2\r\nhi\r\n0\r\nX: y\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhi"])
def test_a_body_without_a_length_ends_a_kept_http_1_0_connection(sidecar, upstream, answer):
    def handler(exchange):
        exchange.connection.send(answer)
        exchange.keep = False
    upstream.handler = handler
    with sidecar.connect() as client:
        got = client.exchange(request("GET", "/", TOKEN, [("Connection", "keep-alive")], version="1.0"))
        assert got.body == b"hi" and got.one("Connection") == "close" and not got.all("Transfer-Encoding")
        assert client.is_closed()
