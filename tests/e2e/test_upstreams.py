"""Several upstreams by name: each request at the right one, and each upstream with connections, limits and time-outs of its own."""
import contextlib
import re
import socket
import threading

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request
from harness.reload import ADMIN_TOKEN, Reloadable
from harness.server import Server, reply, silent
from harness.sidecar import merged
from harness.wait import eventually
from test_upgrade import HANDSHAKE, switch_and_echo

OTHER = "agt_other"
ROUTES = [
    {"path": "/orders/**", "upstream": "orders", "name": "orders"},
    {"path": "/search/**", "upstream": "search"},
    {"path": "/orders/open/**", "upstream": "orders", "auth": "none", "name": "open"},
    {"path": "/search/maybe/**", "upstream": "search", "auth": "optional"},
    {"host": "search.test", "path": "/**", "upstream": "search"},
]
# A path for each of the upstreams.
PATHS = {"default": "/", "orders": "/orders/1", "search": "/search/1"}
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, OTHER: "gacct_other"})


@pytest.fixture
def servers(upstream, start_server):
    return {"default": upstream, "orders": start_server(), "search": start_server()}


@pytest.fixture
def start(start_sidecar, servers, tmp_path):
    """start(config, orders={...}) -> a sidecar with the three upstreams; what follows are options of one of them."""
    def start(config=None, orders=None, search=None, routes=()):
        token = tmp_path / "admin-token"
        token.write_text(ADMIN_TOKEN + "\n", encoding="utf-8")
        named = {"orders": {"url": servers["orders"].url, **(orders or {})}, "search": {"url": servers["search"].url, **(search or {})}}
        whole = {"upstreams": named, "routes": [*ROUTES, *routes], "admin": {"address": "127.0.0.1:0", "token_file": str(token)}}
        return Reloadable(start_sidecar(merged(whole, config or {})))
    return start


def counts(servers):
    return {name: len(server.requests) for name, server in servers.items()}


def hold(stack, sidecar, server, target, token=TOKEN):
    """A request that its upstream has and does not answer, until the end of the test."""
    number = len(server.requests) + 1
    client = sidecar.connect()
    stack.callback(client.reset)
    client.send(request("GET", target, token))
    server.wait_for_request(number)


# ---- each at the right one -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("target, host, goes_to", [
    ("/", "api.test", "default"), ("/ordersx", "api.test", "default"), ("/ORDERS/1", "api.test", "default"),
    ("/orders", "api.test", "orders"), ("/orders/1?to=/search/1", "api.test", "orders"), ("/orders/%2e%2e/search", "api.test", "orders"),
    ("/search/1", "api.test", "search"), ("/anything", "search.test", "search"), ("/orders/1", "SEARCH.test:80", "search"),
    ("http://search.test/orders/1", "api.test", "search")])
def test_a_request_goes_to_the_upstream_of_its_route(start, servers, target, host, goes_to):
    """And its bytes are those that were received."""
    sidecar = start()
    assert sidecar.ask(target, TOKEN, host=host).status == 200
    assert counts(servers) == {name: int(name == goes_to) for name in servers}
    assert servers[goes_to].last.target == (target if target.startswith("/") else "/orders/1")


def test_requests_on_one_connection_go_to_different_upstreams(start, servers):
    sidecar = start()
    for name, server in servers.items():
        server.handler = reply(body=name.encode())
    with sidecar.connect() as client:
        for _ in range(3):
            for name, path in PATHS.items():
                assert client.exchange(request("GET", path, TOKEN)).body == name.encode()


# ---- rules hold at each of them ------------------------------------------------------------------------------------
SPOOFED = [("X-Gate-Account-Id", "liar"), ("x_gate_account_id", "liar"), ("X.Gate.Account.Id", "liar"), ("X-Gate-Verification", "liar")]


@pytest.mark.parametrize("name", PATHS)
def test_identity_is_stripped_and_set(start, servers, name):
    """Rule 2: and so is the token taken off."""
    sidecar = start()
    assert sidecar.ask(PATHS[name], TOKEN, fields=SPOOFED).status == 200
    seen = servers[name].last
    assert [v for n, v in seen.fields if re.match("(?i)x.gate", n)] == [ACCOUNT]
    assert seen.all("X-Gate-Account-Id") == [ACCOUNT] and seen.all("Authorization") == []


@pytest.mark.parametrize("name, path", [("orders", "/orders/open/1"), ("search", "/search/maybe/1")])
def test_without_a_token_there_is_no_identity(start, servers, name, path):
    """Rule 2: where a route lets it pass."""
    sidecar = start()
    assert sidecar.ask(path, fields=SPOOFED).status == 200
    assert [n for n in servers[name].last.names() if re.match("x.gate", n)] == []
    assert sidecar.ask(PATHS[name], fields=SPOOFED).status == 401
    assert len(servers[name].requests) == 1


@pytest.mark.parametrize("name", PATHS)
def test_ids_are_continued(start, servers, name):
    sidecar = start()
    ids = [("traceparent", "00-%s-%s-01" % (TRACE, PARENT)), ("X-Request-Id", "mine")]
    assert sidecar.ask(PATHS[name], TOKEN, fields=ids).one("X-Request-Id") == "mine"
    span, = re.fullmatch("00-%s-([0-9a-f]{16})-01" % TRACE, servers[name].last.one("traceparent")).groups()
    assert span != PARENT and servers[name].last.one("X-Request-Id") == "mine"


@pytest.mark.parametrize("name", PATHS)
def test_an_idempotent_request_is_sent_again_when_a_kept_connection_fails(start, servers, name):
    """Rule 23: once, on a fresh one."""
    kept = {}

    def break_the_second(exchange):
        number = kept[exchange.connection] = kept.get(exchange.connection, 0) + 1
        exchange.read_body()
        if number == 2:
            exchange.keep = False
            return exchange.connection.reset()
        return exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    servers[name].handler = break_the_second
    sidecar = start({"workers": 1})
    with sidecar.connect() as client:
        for _ in range(2):
            assert client.exchange(request("GET", PATHS[name], TOKEN)).status == 200
    assert (len(servers[name].requests), servers[name].connections) == (3, 2)
    assert sidecar.metric("upstream_retries_total") == 1


def test_a_token_goes_on_only_to_the_upstream_that_asks_for_it(start, servers):
    sidecar = start(orders={"forward_token": True})
    for path in PATHS.values():
        assert sidecar.ask(path, TOKEN).status == 200
    shown = {name: server.last.all("Authorization") for name, server in servers.items()}
    assert shown == {"default": [], "orders": ["Bearer " + TOKEN], "search": []}


def test_a_websocket_at_a_named_upstream(start, servers):
    servers["search"].handler = switch_and_echo
    sidecar = start()
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/search/ws", TOKEN, HANDSHAKE)).status == 101
        client.send(b"hello")
        assert client.exactly(5) == b"hello"


# ---- none hinders another ------------------------------------------------------------------------------------------
def test_one_whose_connections_are_all_busy_hinders_no_other(start, servers):
    """limits.upstream_connections is for each of them."""
    servers["orders"].handler = silent
    sidecar = start({"limits": {"upstream_connections": 2, "upstream_share": "100%", "upstream_wait": "0s"}})
    with contextlib.ExitStack() as held:
        for _ in range(2):
            hold(held, sidecar, servers["orders"], "/orders/held")
        refused = sidecar.ask("/orders/1", TOKEN)
        assert (refused.status, refused.error["code"]) == (503, "upstream_busy")
        for name in ("default", "search"):
            assert sidecar.ask(PATHS[name], TOKEN).status == 200
        servers["search"].handler = silent
        for _ in range(2):
            hold(held, sidecar, servers["search"], "/search/held")
        assert sidecar.ask("/search/1", TOKEN).error["code"] == "upstream_busy"
        assert sidecar.ask("/", TOKEN).status == 200


def test_an_account_that_has_its_share_of_one_has_none_of_another(start, servers):
    """Rule 27: limits.upstream_share is for each of them."""
    sidecar = start({"workers": 1, "limits": {"upstream_connections": 16}})
    for server in servers.values():
        server.handler = silent
    with contextlib.ExitStack() as held:
        for name in ("orders", "search"):
            for _ in range(15):
                hold(held, sidecar, servers[name], PATHS[name])
            assert sidecar.ask(PATHS[name], TOKEN).error["code"] == "upstream_share_exceeded"
        hold(held, sidecar, servers["default"], "/")
        hold(held, sidecar, servers["orders"], "/orders/newcomer", OTHER)


def test_what_an_account_holds_of_one_does_not_count_at_another(start, servers):
    """Rule 27: its share of the other is its own, down to the last connection."""
    sidecar = start({"workers": 1, "limits": {"upstream_connections": 16}})
    for server in servers.values():
        server.handler = silent
    with contextlib.ExitStack() as held:
        for _ in range(15):  # so few are left that they are counted
            hold(held, sidecar, servers["orders"], PATHS["orders"])
        for token in (OTHER, TOKEN):
            for _ in range(8):
                hold(held, sidecar, servers["search"], PATHS["search"], token)


def test_one_that_is_down_is_a_502_for_its_routes_alone(start, servers, started):
    port = servers["orders"].port
    servers["orders"].stop()
    sidecar = start()
    for _ in range(3):
        answer = sidecar.ask("/orders/1", TOKEN)
        assert (answer.status, answer.error["code"]) == (502, "upstream_refused")
        assert sidecar.ask("/", TOKEN).status == 200
        assert sidecar.ask("/search/1", TOKEN).status == 200
    assert sidecar.operate("/readyz").status == 200
    started.add(Server(port=port))
    eventually(lambda: sidecar.ask("/orders/1", TOKEN).status == 200, "the upstream to be tried again")


def test_one_whose_name_cannot_be_resolved_is_a_502_for_its_routes_alone(start):
    sidecar = start(orders={"url": "http://orders.gate.invalid:80"})
    answer = sidecar.ask("/orders/1", TOKEN)
    assert (answer.status, answer.error["code"]) == (502, "upstream_unreachable")
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.ask("/search/1", TOKEN).status == 200
    sidecar.wait_for_log(lambda e: "orders.gate.invalid" in e.get("message", ""), "a warning that names it")


# ---- time-outs -----------------------------------------------------------------------------------------------------
def test_each_has_a_response_time_out_of_its_own(start, servers):
    for server in servers.values():
        server.handler = silent
    sidecar = start({"upstream": {"response_timeout": "1h"}}, orders={"response_timeout": "300ms"}, search={"response_timeout": "1h"},
                    routes=[{"path": "/search/quick", "upstream": "search", "timeouts": {"response": "300ms"}},
                            {"path": "/orders/slow", "upstream": "orders", "timeouts": {"response": "1h"}}])
    with contextlib.ExitStack() as held:
        hold(held, sidecar, servers["default"], "/")
        hold(held, sidecar, servers["search"], "/search/1")
        hold(held, sidecar, servers["orders"], "/orders/slow")
        for path in ("/orders/1", "/search/quick"):
            answer = sidecar.ask(path, TOKEN)
            assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")
        assert [server.exchanges.all()[0].gone.is_set() for server in servers.values()] == [False] * 3


def test_each_has_an_idle_time_out_of_its_own(start, servers):
    sidecar = start({"workers": 1, "upstream": {"idle_timeout": "1h"}}, orders={"idle_timeout": "0s"}, search={"idle_timeout": "1h"})
    with sidecar.connect() as client:
        for _ in range(3):
            for path in PATHS.values():
                assert client.exchange(request("GET", path, TOKEN)).status == 200
    assert {name: server.connections for name, server in servers.items()} == {"default": 1, "orders": 3, "search": 1}


# ---- reload --------------------------------------------------------------------------------------------------------
def answer_when(go, body=b"late"):
    """The answer comes when `go` is set."""
    def handler(exchange):
        exchange.read_body()
        go.wait(60)
        reply(body=body)(exchange)
    return handler


def write(sidecar, change=None, without=()):
    """The file with other upstreams."""
    sidecar.config["upstreams"] = {name: at for name, at in sidecar.config["upstreams"].items() if name not in without}
    sidecar.config["routes"] = [route for route in sidecar.config["routes"] if route.get("upstream") not in without]
    sidecar.write(change or {})
    return sidecar.reload()


def test_an_upstream_is_added(start, start_server, servers):
    new = start_server()
    sidecar = start({"workers": 1})
    with sidecar.connect() as client:
        assert client.exchange(request("GET", "/new/1", TOKEN)).status == 200
        assert client.exchange(request("GET", "/orders/1", TOKEN)).status == 200
        write(sidecar, {"upstreams": {"new": {"url": new.url}}, "routes": [*ROUTES, {"path": "/new/**", "upstream": "new"}]})
        assert client.exchange(request("GET", "/new/1", TOKEN)).status == 200
        assert client.exchange(request("GET", "/orders/1", TOKEN)).status == 200
    assert [len(server.requests) for server in (new, servers["default"], servers["orders"])] == [1, 1, 2]
    assert servers["orders"].connections == 1


def test_requests_at_an_upstream_that_is_removed_end_well(start, servers):
    go = threading.Event()
    sidecar = start({"workers": 1, "upstream": {"idle_timeout": "1h"}}, orders={"idle_timeout": "1h"})
    with sidecar.connect() as client, sidecar.connect() as late:
        for path in ("/orders/idle", "/"):
            assert client.exchange(request("GET", path, TOKEN)).status == 200
        servers["orders"].handler = answer_when(go)
        held = sidecar.connect()  # so that the idle connection is used, and another one opened
        for number, one in enumerate((held, late)):
            one.send(request("GET", "/orders/late", TOKEN))
            servers["orders"].wait_for_request(number + 2)
        write(sidecar, without=["orders"])
        assert client.exchange(request("GET", "/orders/1", TOKEN)).status == 200
        assert servers["default"].last.target == "/orders/1"
        assert sidecar.metric("upstream_connections", upstream="orders", state="active") == 2
        go.set()
        assert [one.response().body for one in (held, late)] == [b"late"] * 2
        held.close()
    eventually(lambda: sidecar.metric("upstream_connections", upstream="orders") == 0, "the connections to the removed one to be closed")
    assert servers["default"].connections == 1


def test_idle_connections_to_an_upstream_that_is_removed_are_closed(start, servers):
    sidecar = start({"workers": 1}, orders={"idle_timeout": "1h"})
    assert sidecar.ask("/orders/1", TOKEN).status == 200
    eventually(lambda: sidecar.metric("upstream_connections", upstream="orders", state="idle") == 1, "the connection to be kept")
    write(sidecar, without=["orders"])
    assert sidecar.metric("upstream_connections", upstream="orders") == 0


def test_an_upstream_moves(start, start_server, servers):
    """What has begun ends where it has begun; what comes then goes to the new place. Others keep their connections."""
    go, new = threading.Event(), start_server(reply(body=b"new"))
    sidecar = start({"workers": 1, "upstream": {"idle_timeout": "1h"}}, search={"idle_timeout": "1h"})
    with sidecar.connect() as client, sidecar.connect() as late:
        for path in ("/", "/search/1"):
            assert client.exchange(request("GET", path, TOKEN)).status == 200
        servers["orders"].handler = answer_when(go)
        late.send(request("GET", "/orders/late", TOKEN))
        servers["orders"].wait_for_request()
        sidecar.config["upstreams"]["orders"]["url"] = new.url
        write(sidecar)
        for path, body in ("/orders/1", b"new"), ("/", b"ok"), ("/search/1", b"ok"):
            assert client.exchange(request("GET", path, TOKEN)).body == body
        go.set()
        assert late.response().body == b"late"
        assert late.exchange(request("GET", "/orders/2", TOKEN)).body == b"new"
    assert [servers[name].connections for name in servers] == [1, 1, 1]


def test_an_upstream_is_renamed(start, servers):
    go = threading.Event()
    sidecar = start({"workers": 1})
    with sidecar.connect() as client, sidecar.connect() as late:
        servers["orders"].handler = answer_when(go)
        late.send(request("GET", "/orders/late", TOKEN))
        servers["orders"].wait_for_request()
        named = sidecar.config["upstreams"]
        named["purchases"] = named.pop("orders")
        sidecar.config["routes"] = [{**route, "upstream": route["upstream"].replace("orders", "purchases")} for route in ROUTES]
        write(sidecar)
        servers["orders"].handler = reply(body=b"renamed")
        assert client.exchange(request("GET", "/orders/1", TOKEN)).body == b"renamed"
        go.set()
        assert late.response().body == b"late"
    eventually(lambda: sidecar.metric("upstream_connections", upstream="orders") == 0, "the old connections to be closed")
    for name in ("orders", "purchases"):
        eventually(lambda it=name: sidecar.metric("http_client_request_duration_seconds_count", upstream=it) == 1, "one at " + name)


def test_upstreams_change_places_in_the_file(start, servers):
    """Each keeps its connections."""
    sidecar = start({"workers": 1}, orders={"idle_timeout": "1h"}, search={"idle_timeout": "1h"})
    with sidecar.connect() as client:
        for path in PATHS.values():
            assert client.exchange(request("GET", path, TOKEN)).status == 200
        named = sidecar.config["upstreams"]
        sidecar.config["upstreams"] = {name: named[name] for name in ("search", "orders")}
        write(sidecar)
        for path in PATHS.values():
            assert client.exchange(request("GET", path, TOKEN)).status == 200
    assert counts(servers) == {"default": 2, "orders": 2, "search": 2}
    assert [server.connections for server in servers.values()] == [1, 1, 1]


def test_a_new_upstream_that_is_down_or_unknown_does_not_stop_a_reload(start, start_server):
    away = start_server()
    away.stop()
    sidecar = start()
    named = {"away": {"url": away.url}, "lost": {"url": "http://lost.gate.invalid:80"}}
    routes = [*ROUTES, {"path": "/away", "upstream": "away"}, {"path": "/lost", "upstream": "lost"}]
    write(sidecar, {"upstreams": named, "routes": routes})
    assert [sidecar.ask(path, TOKEN).status for path in ("/away", "/lost", "/orders/1", "/")] == [502, 502, 200, 200]


def test_while_upstreams_change_each_request_is_answered(start, start_server, servers):
    """Under reloads that move one of two upstreams back and forth: no failure, and no answer of the wrong one."""
    places = [servers["orders"], start_server()]
    for server in places:
        server.handler = reply(body=b"orders")
    sidecar = start()
    failures, ends = [], threading.Event()

    def ask(path, body):
        with sidecar.connect() as client:
            while not ends.is_set():
                answer = client.exchange(request("GET", path, TOKEN))
                if (answer.status, answer.body) != (200, body):
                    failures.append(answer)
    threads = [threading.Thread(target=ask, args=pair) for pair in (("/orders/1", b"orders"), ("/search/1", b"ok"), ("/", b"ok"))]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            before = len(places[(number + 1) % 2].requests)
            sidecar.config["upstreams"]["orders"]["url"] = places[(number + 1) % 2].url
            write(sidecar)
            eventually(lambda at=places[(number + 1) % 2], seen=before: len(at.requests) > seen, "a request at the new place")
    finally:
        ends.set()
        for thread in threads:
            thread.join(60)
    assert failures == []


# ---- what is told --------------------------------------------------------------------------------------------------
def test_metrics_tell_routes_and_upstreams_apart_by_their_names(start):
    sidecar = start()
    for path in ("/orders/1", "/orders/1", "/search/1", "/"):
        assert sidecar.ask(path, TOKEN).status == 200
    assert sidecar.ask("/orders/1").status == 401
    eventually(lambda: sidecar.metric("http_server_request_duration_seconds_count") == 5, "all requests to be counted")
    assert sidecar.metric("gate_decisions_total", route="orders", verdict="allow", reason="token_verified") == 2
    assert sidecar.metric("gate_decisions_total", route="orders", verdict="deny", reason="token_missing") == 1
    assert sidecar.metric("gate_decisions_total", verdict="allow", reason="token_verified") == 4
    assert sidecar.metric("http_server_request_duration_seconds_count", route="orders", http_response_status_code="200") == 2
    assert sidecar.metric("http_server_request_duration_seconds_count", route="orders", http_response_status_code="401") == 1
    for name, number in ("orders", 2), ("search", 1):
        assert sidecar.metric("http_client_request_duration_seconds_count", peer="upstream", upstream=name) == number
    assert sidecar.metric("http_client_request_duration_seconds_count", peer="upstream") == 4
    assert 'listener="' not in sidecar.metrics_text()


def test_counts_of_a_route_go_on_over_reloads(start):
    sidecar = start()
    assert sidecar.ask("/orders/open/1").status == 200
    routes = list(sidecar.config["routes"])
    sidecar.config["routes"] = [{**route, "name": "renamed"} if route.get("name") == "open" else route for route in routes]
    write(sidecar)
    assert sidecar.ask("/orders/open/1").status == 200
    sidecar.config["routes"] = routes
    write(sidecar)
    assert sidecar.ask("/orders/open/1").status == 200
    assert sidecar.metric("gate_decisions_total", route="open", reason="public_path") == 2
    assert sidecar.metric("gate_decisions_total", route="renamed", reason="public_path") == 1


def test_a_configuration_without_names_shows_the_same_series_as_ever(sidecar):
    assert sidecar.ask("/", TOKEN).status == 200
    text = sidecar.metrics_text()
    for label in ("route=", "listener=", "upstream="):
        assert label not in text


def test_each_has_a_connect_time_out_of_its_own(start):
    """A listener whose queue is full takes no further connection: the kernel answers nothing."""
    with contextlib.ExitStack() as open_sockets:
        full = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = "http://127.0.0.1:%d" % full.getsockname()[1]
        sidecar = start(orders={"url": url, "connect_timeout": "300ms"}, search={"url": url, "connect_timeout": "60s"})
        with sidecar.connect() as patient:
            patient.send(request("GET", "/search/1", TOKEN))
            eventually(lambda: sidecar.metric("upstream_connections", upstream="search", state="active") == 1, "the attempt to connect")
            assert sidecar.ask("/orders/1", TOKEN).status == 504
            assert sidecar.access_line("/orders/1")["error.type"] == "upstream_connect_timeout"
            assert sidecar.metric("upstream_connections", upstream="search", state="active") == 1
