"""Load balancers that stand before a sidecar, sound and broken."""
import itertools
import re
import socket
import threading

from harness.http import DEADLINE
from harness.listening import Listening
from harness.tls import TlsStream

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"


def drop_unusual(head):
    """A request head without the fields whose names are unusual."""
    return re.sub(rb"(?m)^[A-Za-z-]*[_.][^\r\n:]*:[^\r\n]*\r\n", b"", head)


def without(name):
    """Changes a head: takes that field out."""
    return lambda head: re.sub(rb"(?im)^%s:[^\r\n]*\r\n" % name.encode(), b"", head)


def instead_of(status, head):
    """Changes a response head: another one where it has that status."""
    return lambda received: head if received.split(b" ")[1] == b"%d" % status else received


class Balancer:
    """Passes one request for each connection on to a port, or to several by turns, and what comes back; `request` and `response` change the heads, and
    where `request` makes nothing of one, it is refused. `buffers`: a response is held back until it is whole."""

    def __init__(self, *targets, request=drop_unusual, response=lambda head: head, buffers=False, tls=None):
        self.targets, self.request, self.response, self.buffers, self.tls = itertools.cycle(targets), request, response, buffers, tls
        self.open = []
        self.listening = Listening(self._serve)
        self.port = self.listening.port

    @property
    def url(self):
        return "%s://localhost:%d" % ("https" if self.tls else "http", self.port)

    def _serve(self, plain):
        self.open.append(plain)
        try:
            client = TlsStream(plain, self.tls, server_side=True) if self.tls else plain
            head, rest = self._head(client)
            head = self.request(head)
            if head is None:
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            server = socket.create_connection(("127.0.0.1", next(self.targets)), DEADLINE)
            self.open.append(server)
            server.sendall(head + rest)
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
            head, rest = self._head(server)
            if self.buffers:
                while data := server.recv(1 << 16):
                    rest += data
            client.sendall(self.response(head) + rest)
            self._pump(server, client)
        except (OSError, EOFError):
            pass
        finally:
            plain.close()

    @staticmethod
    def _head(sock):
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(1 << 16)
            if not more:
                raise EOFError
            data += more
        head, end, rest = data.partition(b"\r\n\r\n")
        return head + end, rest

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listening.stop()
        for each in self.open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
