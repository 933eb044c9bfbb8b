"""A relay before a server: replies come late, or end in their middle."""
import queue
import socket
import threading
import time

from .wait import pause


class Relay:
    """Forwards what comes to `port`. `delay`: seconds that each piece of a reply is on its way, as on a long line: none waits for
    the one before it. `cut_after`: bytes of replies, over all connections, after which the connection that carries the next one
    ends; None: never. `cut_every`: what cut_after is after that. `rate`: bytes of replies a second, of each connection; None: as
    many as there are.

    The server knows each connection by a port of ours. `silent`: those ports whose replies are not delivered any more. `last_reply`
    and `ended`: by port, when the last reply was delivered, and when the client has given the connection up."""

    def __init__(self, target):
        self.target, self.delay, self.rate, self.cut_after, self.cut_every, self.cuts = target, 0.0, None, None, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.silent, self.last_reply, self.ended = set(), {}, {}
        self.lock, self.sockets = threading.Lock(), []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # it is away
                client.close()
                continue
            self.sockets += [client, server]
            on_the_way = queue.SimpleQueue()
            for run, arguments in ((self._forward_requests, (client, server)), (self._take_replies, (server, on_the_way)),
                                   (self._deliver_replies, (on_the_way, server, client))):
                threading.Thread(target=run, args=arguments, daemon=True).start()

    def _forward_requests(self, client, server):
        port = server.getsockname()[1]
        try:
            while data := client.recv(1 << 16):
                server.sendall(data)
        except OSError:
            pass
        self.ended[port] = time.monotonic()
        self._end(client, server)

    def _take_replies(self, server, on_the_way):
        try:
            while data := server.recv(1 << 16):
                on_the_way.put((time.monotonic() + self.delay, data))
        except OSError:
            pass
        on_the_way.put((0.0, b""))

    def _deliver_replies(self, on_the_way, server, client):
        port = server.getsockname()[1]
        try:
            while (piece := on_the_way.get())[1]:
                due, data = piece
                if due > time.monotonic():
                    pause(due - time.monotonic())
                if self.rate:
                    pause(len(data) / self.rate)
                if port in self.silent:
                    continue
                self.last_reply[port] = time.monotonic()
                if not self._may_pass(data):
                    client.sendall(data[:len(data) // 2])
                    break
                client.sendall(data)
        except OSError:
            pass
        self._end(client, server)

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _may_pass(self, data):
        with self.lock:
            if self.cut_after is None:
                return True
            self.cut_after -= len(data)
            if self.cut_after > 0:
                return True
            self.cut_after, self.cuts = self.cut_every, self.cuts + 1
            return False

    def stop(self):
        self.listener.close()
        for each in self.sockets:
            each.close()
