"""Connections on which a beginning is said and nothing more, held by a process of its own, so that the test goes on undisturbed."""
import os
import selectors
import socket
import subprocess
import sys
import time

AT_ONCE = 10  # that are opened in a hundredth of a second in place of those that have ended


class SilentClients:
    """Holds `number` connections on which `words` have been said, and opens others in place of those that end."""

    def __init__(self, port, number, words):
        self._process = subprocess.Popen([sys.executable, "-B", __file__, str(port), str(number), words.hex()],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "all are open\n"
        self.opened = None

    def stop(self):
        if self.opened is None:
            self.opened = int(self._process.communicate(timeout=120)[0])


class Crowd:
    def __init__(self, port, number, words):
        self.port, self.number, self.words = port, number, words
        self.selector, self.opened = selectors.DefaultSelector(), 0
        self.selector.register(sys.stdin, selectors.EVENT_READ)

    def missing(self):
        return self.number - (len(self.selector.get_map()) - 1)

    def open(self):
        sock = socket.create_connection(("127.0.0.1", self.port), 60)
        self.opened += 1
        try:
            sock.sendall(self.words)
            self.selector.register(sock, selectors.EVENT_READ)
        except OSError:
            sock.close()

    def run(self):
        while self.opened < self.number:
            self.open()
        print("all are open", flush=True)
        while True:
            for key, _ in self.selector.select(0.02):
                if key.fileobj is sys.stdin:
                    return self.opened
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
            for _ in range(min(self.missing(), AT_ONCE)):
                self.open()
            time.sleep(0.01)


if __name__ == "__main__":
    os.nice(10)  # an attacker has a machine of its own
    print(Crowd(int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3])).run(), flush=True)
