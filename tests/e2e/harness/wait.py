"""Waiting on conditions, never for a fixed time."""
import os
import threading
import time

# Sanitizer builds are several times slower: every deadline of the tests is stretched by this factor.
SANITIZER = os.environ.get("GATE_SANITIZE", "")
PATIENCE = float(os.environ.get("GATE_PATIENCE") or (12.0 if SANITIZER else 6.0))

_never = threading.Event()


def pause(seconds):
    """Lets others run between two looks at a condition."""
    _never.wait(seconds)


def eventually(condition, what="the condition", within=5.0, every=0.01):
    """The first true value of condition(); fails after `within` seconds (stretched)."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain for " + what)
        pause(every)


class Lines:
    """Lines that a thread appends and tests wait for."""

    def __init__(self):
        self._lines = []
        self._changed = threading.Condition()
        self._ended = False

    def append(self, line):
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def end(self):
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def all(self):
        with self._changed:
            return list(self._lines)

    def wait_for(self, predicate, what, within=5.0):
        """The first line, old or new, for which predicate(line) holds. Fails at the deadline or when no more can come."""
        deadline = time.monotonic() + within * PATIENCE
        seen = 0
        with self._changed:
            while True:
                while seen < len(self._lines):
                    seen += 1
                    if predicate(self._lines[seen - 1]):
                        return self._lines[seen - 1]
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError("waited in vain for %s; the output was:\n%s" % (what, "\n".join(map(str, self._lines[-40:]))))
                self._changed.wait(left)
