"""A scripted HTTP server: the upstream of a test, or a Gate that misbehaves."""
import json
import socket
import threading

from .http import Connection
from .tls import TlsStream
from .wait import Lines


def reply(status=200, body=b"ok", fields=(), reason="Answer"):
    """A handler that reads the request and answers with a counted body."""
    lines = ["HTTP/1.1 %d %s" % (status, reason)] + ["%s: %s" % f for f in fields]
    if status >= 200 and status not in (204, 304):
        lines.append("Content-Length: %d" % len(body))
    return raw("\r\n".join(lines + ["", ""]).encode("latin-1") + body)


def raw(data):
    """A handler that reads the request and answers with these very bytes."""
    def handler(exchange):
        exchange.read_body()
        exchange.connection.send(data)
    return handler


def held(until, handler):
    """The handler, once the event is set: what waits for the answer waits until the test has seen what it wants to see."""
    def waiting(exchange):
        assert until.wait(60), "the test has not let the server answer"
        handler(exchange)
    return waiting


def accepts(account):
    """A handler for a Gate that accepts every token."""
    body = json.dumps({"data": {"valid": True, "gate_account_id": account, "status": "active"}}).encode()
    return reply(200, body, [("Content-Type", "application/json")])


def then_close(handler):
    """The handler, and the end of the connection after it."""
    def closing(exchange):
        handler(exchange)
        exchange.keep = False
    return closing


def silent(exchange):
    """Reads the request and never answers: waits until the peer has gone."""
    exchange.read_body()
    exchange.wait_until_gone()


def port_kept(address):
    """A socket that has the port and does not listen: connections are refused, and nobody else is given the port."""
    owner = socket.socket()
    owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # who names the port may listen there again
    owner.bind(address)
    return owner


class Exchange:
    """One request at the server. `gone` is set when the peer ended the connection before the handler did."""

    def __init__(self, head, connection):
        self.head, self.connection = head, connection
        self.keep, self.complete, self.gone = True, False, threading.Event()

    def read_body(self):
        head = self.head
        if head.one("Transfer-Encoding"):
            head.body = b"".join(self.connection.chunks(head.trailers))
        elif head.one("Content-Length"):
            head.body = self.connection.exactly(int(head.one("Content-Length")))
        self.complete = True

    def wait_until_gone(self):
        """Returns when the peer has closed or reset the connection; the server's stop() ends the wait, too."""
        try:
            while True:
                if not self.connection.sock.recv(1 << 16):
                    break
        except OSError:
            pass
        self.gone.set()
        self.keep = False


class Server:
    """Serves 127.0.0.1 on a free port, or a Unix socket, a thread for each connection. `handler(exchange)` answers each request.

    `requests` records the heads (with bodies) in the order of arrival, `exchanges` the same with their connections.
    """

    def __init__(self, handler=None, tls=None, port=0, unix=None, host="127.0.0.1"):
        self.handler = handler or reply()
        self.exchanges, self.failures = Lines(), []
        self.connections = 0
        self._tls, self._open, self._lock = tls, set(), threading.Lock()
        self.unix, self._owner = unix, None
        if unix:
            self._listener = socket.create_server(str(unix), family=socket.AF_UNIX, backlog=256)
        else:
            self._listener = socket.create_server((host, port), backlog=256)
            self._address = self._listener.getsockname()
            self.port = self._address[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return "unix:%s" % self.unix if self.unix else "%s://127.0.0.1:%d" % ("https" if self._tls else "http", self.port)

    @property
    def requests(self):
        return [e.head for e in self.exchanges.all()]

    @property
    def last(self):
        return self.requests[-1]

    def wait_for_request(self, number=1):
        """The exchange of the number-th request, when it has arrived."""
        count = iter(range(1, 1 << 30))
        return self.exchanges.wait_for(lambda _: next(count) == number, "request %d at the server" % number)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        plain = sock
        try:
            if self._tls:
                sock = TlsStream(sock, self._tls, server_side=True)
            connection = Connection(sock)
            connection.sock.settimeout(None)
            keep = True
            while keep:
                exchange = Exchange(connection.head(), connection)
                self.exchanges.append(exchange)
                self.handler(exchange)
                keep = exchange.keep and "close" not in (exchange.head.one("Connection") or "").lower()
        except (EOFError, OSError):
            pass
        except Exception as failure:  # a request that is not HTTP, or a fault in the test's handler
            self.failures.append(failure)
        finally:
            with self._lock:
                self._open.discard(plain)
            sock.close()

    def use_small_buffers(self):
        """From the next connection on, what nobody reads stays with the peer."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def drop_connections(self):
        """Ends every open connection; the next requests need new ones."""
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _keep_port(self):
        if self._owner is None:
            self._owner = port_kept(self._address)

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        if not self.unix:
            self._keep_port()
        self.drop_connections()
        assert not self.failures, "the server got something else than HTTP, or its handler failed: %r" % self.failures


def vouch_for(account="gacct_scripted", fields=(), **data):
    """A Gate's answer for a valid token."""
    answer = {"valid": True, "gate_account_id": account, "status": "active", **data}
    return reply(200, json.dumps({"data": {k: v for k, v in answer.items() if v is not None}}).encode(),
                 [("Content-Type", "application/json"), *fields])
