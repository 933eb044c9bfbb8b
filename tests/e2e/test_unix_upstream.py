"""The API on a Unix socket: all that holds over TCP holds here."""
import re
import signal

import pytest

from harness import TOKEN
from harness.http import request
from harness.server import Exchange, reply, silent, then_close


@pytest.fixture
def api(start_server, tmp_path):
    return start_server(unix=tmp_path / "api.sock")


@pytest.fixture
def proxy(start_sidecar, api):
    return start_sidecar(upstream=api)


def test_requests_pass_with_identity_and_bodies(proxy, api):
    api.handler = reply(200, b"x" * 100_000)
    answer = proxy.ask("/a?b", TOKEN, method="POST", body=b"y" * 300_000, fields=[("X-Gate-Account-Id", "gacct_forged")])
    assert answer.status == 200 and len(answer.body) == 100_000
    seen = api.last
    assert seen.one("X-Gate-Account-Id") == "gacct_valid"
    assert len(seen.body) == 300_000
    assert seen.one("Host") == "api.test"


def test_connections_are_kept(proxy, api):
    with proxy.connect() as connection:
        for _ in range(20):
            assert connection.exchange(request("GET", "/", TOKEN)).status == 200
    assert api.connections == 1


def test_a_kept_connection_that_has_ended_is_replaced(proxy, api):
    assert proxy.ask("/", TOKEN).status == 200
    api.drop_connections()
    assert proxy.ask("/", TOKEN).status == 200


def test_an_api_that_is_not_there_is_a_502(start_sidecar, start_server, tmp_path):
    api = start_server(unix=tmp_path / "gone.sock")
    proxy = start_sidecar(upstream=api)
    api.stop()
    answer = proxy.ask("/", TOKEN)
    assert answer.status == 502 and answer.error["code"] == "upstream_refused"
    (tmp_path / "gone.sock").unlink()
    answer = proxy.ask("/", TOKEN)
    assert answer.status == 502 and answer.error["code"] == "upstream_unreachable"


def test_a_response_that_ends_early_looks_cut(proxy, api):
    def cut(exchange: Exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        exchange.keep = False
    api.handler = cut
    with proxy.connect() as connection, pytest.raises((EOFError, OSError)):
        connection.exchange(request("GET", "/", TOKEN))


def test_a_client_that_leaves_is_seen_by_the_api(proxy, api):
    api.handler = silent
    with proxy.connect() as connection:
        connection.send(request("GET", "/", TOKEN))
        exchange = api.wait_for_request()
        connection.reset()
    assert exchange.gone.wait(10)


def test_a_reload_moves_from_tcp_to_a_unix_socket(start_sidecar, start_server, upstream, tmp_path):
    api = start_server(then_close(reply(200, b"unix")), unix=tmp_path / "new.sock")
    proxy = start_sidecar()
    assert proxy.ask("/", TOKEN).body == b"ok"
    text = proxy.path.read_text(encoding="utf-8")
    proxy.path.write_text(re.sub(r"http://127.0.0.1:%d\b" % upstream.port, api.url, text), encoding="utf-8")
    proxy.process.signal(signal.SIGHUP)
    proxy.wait_for_log(lambda e: e.get("message") == "the configuration was reloaded", "the reload", within=20)
    assert proxy.ask("/", TOKEN).body == b"unix"
