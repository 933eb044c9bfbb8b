"""A relay before a server: replies come late, or end in their middle."""
import socket
import threading

from .wait import pause


class Relay:
    """Forwards what comes to `port`. `delay`: seconds until each piece of a reply goes on. `cut_after`: bytes of replies, over
    all connections, after which the connection that carries the next one ends; None: never."""

    def __init__(self, target):
        self.target, self.delay, self.cut_after, self.cuts = target, 0.0, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock, self.sockets = threading.Lock(), []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.sockets += [client, server]
            threading.Thread(target=self._forward, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, True), daemon=True).start()

    def _forward(self, source, sink, replies):
        try:
            while data := source.recv(1 << 16):
                if replies and self.delay:
                    pause(self.delay)
                if replies and not self._may_pass(data):
                    sink.sendall(data[:len(data) // 2])
                    break
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
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
            self.cut_after, self.cuts = None, self.cuts + 1
            return False

    def stop(self):
        self.listener.close()
        for each in self.sockets:
            each.close()
