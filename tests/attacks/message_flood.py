"""Messages that no replica has sealed, written to a fleet's log by a process of its own, so many in a second."""
import os
import pathlib
import select
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness.store import Client  # noqa: E402

STEP = 0.01  # seconds


class MessageFlood:
    def __init__(self, store, log, rate):
        self._process = subprocess.Popen([sys.executable, "-B", __file__, store.socket, log.decode(), str(rate)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "it has begun\n"
        self.rate = None  # messages a second that the store has taken

    def stop(self):
        if self.rate is not None:
            return
        try:
            said = self._process.communicate(timeout=120)[0]
        finally:
            self._process.kill()
        assert self._process.returncode == 0, "the flood has ended by itself"
        self.rate = float(said)


def flood(path, log, rate):
    """Until standard input ends."""
    store, written, began = Client.to_socket(path), 0, time.monotonic()
    print("it has begun", flush=True)
    while not select.select([sys.stdin], [], [], STEP)[0]:
        due = int((time.monotonic() - began) * rate) - written
        if due > 0:
            # As a real message looks: the version, 28 random bytes, and what is sealed.
            store.at_once([("XADD", log, "MAXLEN", "~", 20_000, "*", "m", b"\x01" + os.urandom(250)) for _ in range(due)])
            written += due
    print(written / (time.monotonic() - began), flush=True)


if __name__ == "__main__":
    os.nice(10)  # an attacker has a machine of its own
    flood(sys.argv[1], sys.argv[2], float(sys.argv[3]))
