"""What is done while a call fails: each scenario is a client's script, an upstream's, and the one right outcome."""
import inspect
import sys

from bench import SHARED, text
from harness.http import chunked, request
from wire import Expected, Part

HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def counted(body, start=b"HTTP/1.1 200 OK"):
    return start + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


STEPS = 4  # at which an upstream waits for its client


# The upstream's scripts.
def plain(bench, exchange, token):
    exchange.read_body()
    exchange.connection.send(counted(text(exchange.head.target, token, body=exchange.head.body)))


def head(bench, exchange, token):
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")


def ask_first(bench, exchange, token):
    exchange.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    plain(bench, exchange, token)


def early(bench, exchange, token):
    exchange.connection.send(counted(text(exchange.head.target, token)))
    exchange.read_body()


def chunks_back(bench, exchange, token):
    exchange.read_body()
    whole = text(exchange.head.target, token, 2500, exchange.head.body)
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
    exchange.connection.send(chunked(whole[:1], whole[1:900], whole[900:], trailers=[(b"X-Sum", b"42")]))


def large(bench, exchange, token):
    exchange.connection.send(counted(text(exchange.head.target, token, bench.large_size)))


def events(bench, exchange, token):
    """One event after the other: the next when the client has got the one before."""
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number, event in enumerate(events_of(exchange.head.target)):
        exchange.connection.send(b"%x\r\n%s\r\n" % (len(event), event))
        bench.step(exchange.head.target, number).wait()
    exchange.connection.send(b"0\r\n\r\n")


def events_of(target):
    return [b"data: %d of %s\n\n" % (i, target.encode()) for i in range(STEPS)]


def until_close(bench, exchange, token):
    exchange.read_body()
    exchange.connection.send(b"HTTP/1.0 200 OK\r\n\r\n" + text(exchange.head.target, token, 3000))
    exchange.keep = False


def surplus(bench, exchange, token):
    """The end of the body comes, in one segment with a response nobody asked for, when its head has been passed on."""
    answer = counted(text(exchange.head.target, token))
    exchange.connection.send(answer[:-1])
    bench.step(exchange.head.target, 0).wait()
    exchange.connection.send(answer[-1:] + counted(b"EVIL"))


def echo_until_quit(bench, exchange, token):
    """Echoes; says "bye" and ends when told to quit, or when the client has ended its side."""
    connection = exchange.connection
    connection.send(SWITCH + exchange.head.target.encode())
    try:
        said = b""
        while not said.endswith(b"quit"):
            connection.more()
            ready, connection.buffer = connection.buffer, b""
            connection.send(ready)
            said += ready
    except EOFError:
        pass
    connection.send(b"bye")
    exchange.keep = False


SCRIPTS = {"plain": plain, "head": head, "ask": ask_first, "early": early, "chunks": chunks_back, "large": large,
           "events": events, "old": until_close, "surplus": surplus, "ws": echo_until_quit}


# The clients'.
class Scenario:
    """`reuses`: over an upstream connection that was used before; `repeats`: may be sent twice (rule 23)."""
    script, method, reuses, repeats, own_token, config, gate_keeps = "plain", "GET", True, True, False, {}, True
    gate_tls, keeps_client, faulty = False, False, ("downstream", "upstream")

    def target(self, name):
        return "/%s/%s" % (self.script, name)

    def token(self, name):
        return "agt_" + name if self.own_token else SHARED

    def request(self, name, fields=(), body=b"", **how):
        return request(self.method, self.target(name), self.token(name), fields, body, **how)

    def talk(self, bench, client, name):
        client.send(self.request(name))
        client.response(to_head=self.method == "HEAD")

    def expected(self, bench, name):
        return [Expected(text(self.target(name), self.token(name)))]


class get_on_kept_connections(Scenario):
    keeps_client = True


class get_on_a_fresh_upstream_connection(Scenario):
    reuses, config = False, {"upstream": {"idle_timeout": "0s"}}


class head_request(Scenario):
    script, method = "head", "HEAD"

    def expected(self, bench, name):
        return [Expected(to_head=True)]


class post_without_a_body(Scenario):
    method, repeats = "POST", False


class post_counted(Scenario):
    """A body larger than the buffer of a head."""
    method, repeats = "POST", False

    def body(self, name):
        return (name.encode() + b"-") * 1000

    def talk(self, bench, client, name):
        client.send(self.request(name, body=self.body(name)))
        client.response()

    def expected(self, bench, name):
        return [Expected(text(self.target(name), body=self.body(name)))]


class post_counted_on_a_fresh_upstream_connection(post_counted):
    reuses, config = False, {"upstream": {"idle_timeout": "0s"}}


class post_chunked_both_ways(post_counted):
    script = "chunks"

    def talk(self, bench, client, name):
        body = self.body(name)
        client.send(self.request(name, [("Transfer-Encoding", "chunked"), ("TE", "trailers"), ("Connection", "TE")]) +
                    chunked(body[:3], body[3:2000], body[2000:], trailers=[(b"X-Gate-Account-Id", b"forged")]))
        client.response()

    def expected(self, bench, name):
        return [Expected(text(self.target(name), size=2500, body=self.body(name)), trailers=[("X-Sum", "42")])]


class expect_100_continue(post_counted):
    script = "ask"

    def talk(self, bench, client, name):
        body = self.body(name)
        client.send(self.request(name, [("Expect", "100-continue"), ("Content-Length", str(len(body)))]))
        if client.begins_with(100):
            client.send(body)
            client.response()

    def expected(self, bench, name):
        return [Expected(text(self.target(name), body=self.body(name)), interim=(100,))]


class early_answer(post_counted):
    """The final response comes while the body is still on its way."""
    script = "early"

    def talk(self, bench, client, name):
        body = self.body(name)
        client.send(self.request(name, [("Content-Length", str(len(body)))]) + body[:100])
        client.response()
        client.send(body[100:])

    def expected(self, bench, name):
        return [Expected(text(self.target(name)))]


class large_download(Scenario):
    script = "large"

    def talk(self, bench, client, name):
        client.send(self.request(name))
        client.response(keep=False)

    def expected(self, bench, name):
        return [Expected(text(self.target(name), size=bench.large_size))]


class event_stream(Scenario):
    script = "events"

    def talk(self, bench, client, name):
        client.send(self.request(name))
        if not client.begins_with(200):
            return
        for number, event in enumerate(events_of(self.target(name))):
            while not Part(client.received, client.end, False).body.endswith(event):
                client.more()
            bench.step(self.target(name), number).set()
        while not client.received.endswith(b"0\r\n\r\n"):
            client.more()

    def expected(self, bench, name):
        return [Expected(b"".join(events_of(self.target(name))))]


class surplus_behind_a_response(Scenario):
    """Rule 21."""
    script = "surplus"

    def talk(self, bench, client, name):
        client.send(self.request(name))
        if client.begins_with(200):
            bench.step(self.target(name), 0).set()
            client.exactly(300)


class websocket_that_the_client_ends(Scenario):
    script, reuses = "ws", True

    def talk(self, bench, client, name):
        client.send(self.request(name, HANDSHAKE))
        if client.response().status != 101:
            return
        client.exactly(len(self.target(name)))
        for message in (b"hello", b"x" * 3000):
            client.send(message)
            client.exactly(len(message))
        self.leave(client)
        client.until_end()

    def leave(self, client):
        client.end_sending()

    def expected(self, bench, name):
        return [Expected(status=101, stream=self.target(name).encode() + b"hello" + b"x" * 3000 + b"bye", farewell=b"bye")]


class websocket_that_the_upstream_ends(websocket_that_the_client_ends):
    def leave(self, client):
        client.send(b"quit")

    def expected(self, bench, name):
        return [Expected(status=101, stream=self.target(name).encode() + b"hello" + b"x" * 3000 + b"quitbye", farewell=b"bye")]


class pipelined_requests(Scenario):
    """A POST between two GETs, all sent at once."""
    repeats = False

    def talk(self, bench, client, name):
        post = request("POST", "/plain/%s/b" % name, SHARED, body=b"posted")
        client.send(request("GET", "/plain/%s/a" % name, SHARED) + post + request("GET", "/plain/%s/c" % name, SHARED))
        for _ in range(3):
            if client.response().one("Connection") == "close":
                break

    def expected(self, bench, name):
        bodies = (b"", b"posted", b"")
        return [Expected(text("/plain/%s/%s" % (name, part), body=body)) for part, body in zip("abc", bodies)]


class answer_until_close(Scenario):
    """From an HTTP/1.0 upstream, for a client of 1.1."""
    script = "old"

    def expected(self, bench, name):
        return [Expected(text(self.target(name), size=3000))]


class answer_until_close_for_an_old_client(answer_until_close):
    def talk(self, bench, client, name):
        client.send(self.request(name, version="1.0"))
        client.response()


class post_with_an_answer_until_close(post_counted):
    script = "old"

    def expected(self, bench, name):
        return [Expected(text(self.target(name), size=3000))]


class verification(Scenario):
    """The token is not in the cache; the connection to Gate was used before."""
    own_token, faulty = True, ("gate",)


class verification_on_a_fresh_connection(verification):
    gate_keeps = False


class verification_over_tls(verification):
    gate_tls = True


class verification_over_a_fresh_tls_connection(verification_on_a_fresh_connection):
    gate_tls = True


ALL = [it for _, it in inspect.getmembers(sys.modules[__name__], inspect.isclass)
       if issubclass(it, Scenario) and it is not Scenario]
