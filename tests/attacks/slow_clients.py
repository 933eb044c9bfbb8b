"""Clients that are slow on purpose, and those who want to be served meanwhile."""
import collections
import errno
import selectors
import socket
import threading
import time

from harness.http import request
from harness.wait import pause


class SlowClients:
    """`number` connections in one thread. Each sends `head`, then a byte (or, as a reader, takes `takes` bytes) every `every` seconds.

    Whoever is refused or cut off comes back. `answers` counts the statuses.
    """

    def __init__(self, port, head, number, every, takes=0):
        self.answers = collections.Counter()
        self._port, self._head, self._number, self._every, self._takes = port, head, number, every, takes
        self._selector, self._heads = selectors.DefaultSelector(), {}
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        due = collections.deque()
        while not self._enough.is_set():
            while len(self._heads) < self._number and not self._enough.is_set():
                due.append((time.monotonic() + self._every, self._connect()))
            for key, _ in self._selector.select(0.02) if self._selector.get_map() else []:
                self._hear(key.fileobj)
            while due and due[0][0] <= time.monotonic():
                _, sock = due.popleft()
                if sock in self._heads:
                    self._act(sock)
                    due.append((time.monotonic() + self._every, sock))
            pause(0.01)
        for sock in list(self._heads):
            self._end(sock)

    def _connect(self):
        sock = socket.socket()
        if self._takes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(60)
        sock.connect(("127.0.0.1", self._port))
        sock.sendall(self._head)
        sock.setblocking(False)
        self._heads[sock] = b""
        if not self._takes:
            self._selector.register(sock, selectors.EVENT_READ)
        return sock

    def _act(self, sock):
        """Its byte, or its sip."""
        try:
            if self._takes:
                self._note(sock, sock.recv(self._takes))
            else:
                sock.send(b"x")
        except OSError as failure:
            if failure.errno != errno.EAGAIN:
                self._note(sock, b"")

    def _hear(self, sock):
        try:
            self._note(sock, sock.recv(4096))
        except OSError:
            self._note(sock, b"")

    def _note(self, sock, data):
        began = self._heads[sock]
        self._heads[sock] = (began + data)[:13]
        if len(began) < 12 <= len(self._heads[sock]):
            self.answers[self._heads[sock][9:12].decode()] += 1
        if not data or (not self._takes and len(self._heads[sock]) >= 12):
            self._end(sock)

    def _end(self, sock):
        del self._heads[sock]
        if not self._takes:
            self._selector.unregister(sock)
        sock.close()

    def stop(self):
        self._enough.set()
        self._thread.join()


def ask_in_turn(sidecar, tokens, seconds):
    """Asks with each of the tokens in turn for so long: the statuses, with how often each was the answer."""
    statuses = collections.Counter()
    until = time.monotonic() + seconds
    number = 0
    while number < len(tokens) or time.monotonic() < until:
        try:
            statuses[sidecar.ask("/wanted", tokens[number % len(tokens)]).status] += 1
        except (EOFError, OSError):
            statuses["no answer"] += 1
        number += 1
    return statuses


def drip(token=None, target="/drip"):
    """The head of a request whose body will take for ever."""
    return request("POST", target, token, [("Content-Length", "1000000")])
